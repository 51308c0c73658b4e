//! `GET /carts/{id}/diff?from=&to=`: what is different between two versions of a cart.
//!
//! `changes` is a list of `{path, from, to}`: JSON Pointers into the State JSON with lines and discounts under their
//! keys. Version 0 is before the first event, and `from` may be the later one.

use serde::Serialize;
use tillroll_core::aggregate::Versioned;
use tillroll_core::cart::{Cart, CartView};
use tillroll_core::id::StreamId;
use tillroll_core::timeline::value::Shown as _;
use tillroll_core::timeline::{Change, diff};

use super::carts::{FOR_EVER, version_not_found};
use super::response::etag;
use super::{Answer, Api, ApiRequest, ApiResponse, Ports, Problem};
use crate::ports::Fault;

/// What is different between two versions of a cart.
#[derive(Debug, Serialize)]
pub struct Difference<'a> {
    /// The cart.
    pub cart_id: StreamId,
    /// ISO 4217 code of every amount.
    pub currency: Option<&'a str>,
    /// The one version.
    pub from: u64,
    /// The other.
    pub to: u64,
    /// What must be done to the state at `from` to get the one at `to`.
    pub changes: &'a [Change<'a>],
}

impl<P: Ports> Api<P> {
    pub(super) async fn diff(&self, request: &ApiRequest, cart: StreamId) -> Answer {
        let query = request.query(&["from", "to"])?;
        let version = |name| -> Result<u64, Problem> {
            let missing =
                || Problem::invalid_query(format!("{name} is missing: it is a version, 0 for before the first event"));
            query.number(name, 0..=u64::MAX)?.ok_or_else(missing)
        };
        let (from, to) = (version("from")?, version("to")?);
        let (before, after) = (self.then(cart, from).await?, self.then(cart, to).await?);
        if self.settings.check_owner || before.is_none() || after.is_none() || from.max(to) == 0 {
            // Who owns the cart now decides, not who did then.
            self.admit(request, &self.carts().load(cart).await?)?;
        }
        let view = |then: Option<Versioned<Cart>>| Ok::<_, Problem>(CartView::of(&then.ok_or_else(version_not_found)?));
        let (before, after) = (view(before)?, view(after)?);
        let changes = diff(&Cart::value(&before), &Cart::value(&after));
        let currency = after.as_ref().or(before.as_ref()).and_then(|view| view.currency.as_deref());
        let tag = etag(format_args!("{from}-{to}"));
        let response = if request.none_match(&tag) {
            ApiResponse::empty(304)
        } else {
            ApiResponse::json(200, &Difference { cart_id: cart, currency, from, to, changes: &changes })
        };
        // Both versions are stored history. A newer build would fold the events that this one does not know.
        let settled = [&before, &after].into_iter().flatten().all(|view| view.unknown_events == 0);
        let response = response.with("etag", tag);
        Ok(if settled { response.with("cache-control", FOR_EVER) } else { response })
    }

    /// The cart at a version, 0 being before its first event; `None` when it never came that far.
    async fn then(&self, cart: StreamId, version: u64) -> Result<Option<Versioned<Cart>>, Fault> {
        if version == 0 { Ok(Some(Versioned::new(cart))) } else { self.carts().load_at(cart, version).await }
    }
}
