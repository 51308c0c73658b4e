//! Who may do what, and on whose behalf it is done.

use tillroll_core::aggregate::Versioned;
use tillroll_core::cart::catalogue::Actor;
use tillroll_core::cart::{Cart, Tariff, Terms};

use super::routes::Method;
use super::{Api, ApiRequest, Caller, Ports, Problem};
use crate::functions::command::Origin;

/// `source` of events that come in here.
pub const SOURCE: &str = "tillroll:api";

impl<P: Ports> Api<P> {
    /// Only operators may, where callers are checked; what methods there are everybody may ask.
    pub(super) fn admit_operator(&self, request: &ApiRequest, method: Method) -> Result<(), Problem> {
        if !self.settings.check_owner || method == Method::Options {
            return Ok(());
        }
        match request.caller {
            Caller::Operator { .. } => Ok(()),
            Caller::Shopper { .. } => Err(Problem::not_an_operator()),
            Caller::Unknown => Err(Problem::token_needed()),
        }
    }

    /// Whether an operator may have references to persons shown: where callers are checked, that is not everybody who
    /// runs the shop.
    pub(super) fn admit_disclosure(&self, request: &ApiRequest) -> Result<(), Problem> {
        match request.caller {
            _ if !self.settings.check_owner => Ok(()),
            Caller::Operator { discloses: true, .. } => Ok(()),
            Caller::Operator { .. } | Caller::Shopper { .. } | Caller::Unknown => {
                Err(Problem::disclosure_not_allowed())
            }
        }
    }

    pub(super) fn terms<'a>(&'a self, caller: &'a Caller, token_hash: Option<&'a str>) -> Terms<'a> {
        let tariff = self.settings.catalogue.as_ref().map_or(Tariff::AsGiven, Tariff::Catalogue);
        Terms { tariff, actor: self.actor(caller, token_hash) }
    }

    pub(super) fn actor<'a>(&self, caller: &'a Caller, token_hash: Option<&'a str>) -> Actor<'a> {
        match caller {
            _ if !self.settings.check_owner => Actor::Trusted,
            Caller::Operator { .. } => Actor::Trusted,
            Caller::Shopper { owner_ref } => Actor::Shopper { owner_ref: Some(owner_ref), token_hash },
            Caller::Unknown => Actor::Shopper { owner_ref: None, token_hash },
        }
    }

    /// Whether the cart exists and its caller may see it. A missing cart and a foreign one get the same answer.
    pub(super) fn admit(&self, request: &ApiRequest, cart: &Versioned<Cart>) -> Result<(), Problem> {
        let token_hash = request.cart_token_hash();
        let Some(contents) = cart.state().contents() else { return Err(Problem::cart_not_found()) };
        if self.actor(&request.caller, token_hash.as_deref()).may_see(contents) {
            return Ok(());
        }
        tracing::warn!(cart = %cart.head().stream, trace_id = request.trace_id(), "a foreign cart was asked for");
        Err(Problem::cart_not_found())
    }

    pub(super) fn origin(&self, request: &ApiRequest) -> Origin {
        Origin {
            source: SOURCE.to_owned(),
            correlation_id: request.correlation_id(),
            traceparent: request.traceparent().map(str::to_owned),
            actor: match &request.caller {
                Caller::Shopper { owner_ref } => Some(owner_ref.clone()),
                Caller::Operator { .. } | Caller::Unknown => None,
            },
            reducer: Some(self.settings.reducer.clone()),
        }
    }
}
