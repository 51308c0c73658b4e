//! `POST /carts` opens one, `GET /carts/{id}` shows one, now or as it was.

use std::str::FromStr;

use serde::Deserialize;
use serde_json::{Value, json};
use tillroll_core::aggregate::Versioned;
use tillroll_core::cart::request::OpenCart;
use tillroll_core::cart::view::Status;
use tillroll_core::cart::{Cart, CartRequest, CartView};
use tillroll_core::id::StreamId;
use tillroll_core::judge::Atomicity;
use tillroll_core::time::Timestamp;

use super::commands::id_of;
use super::request::invalid_command_id;
use super::response::etag;
use super::{Answer, Api, ApiRequest, ApiResponse, Ports, Problem};
use crate::functions::command::{CommandRequest, Sent, Verdict};
use crate::ports::EventTable as _;
use crate::record::EventRecord;
use crate::repository::Repository;

/// What never changes may be kept for a year, by the caller alone.
pub(super) const FOR_EVER: &str = "private, max-age=31536000, immutable";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OpenBody {
    #[serde(default)]
    command_id: Value,
    cart_id: Option<String>,
    currency: Option<String>,
    owner_ref: Option<String>,
    token_hash: Option<String>,
}

/// Which state of a cart is asked for.
enum Moment {
    Now,
    Version(u64),
    At(Timestamp),
}

impl<P: Ports> Api<P> {
    pub(super) async fn open_cart(&self, request: &ApiRequest) -> Answer {
        request.query(&[])?;
        let OpenBody { command_id, cart_id, currency, owner_ref, token_hash } = request.json()?;
        let id = id_of(&command_id, request.idempotency_key()?)
            .ok_or_else(|| invalid_command_id().at("/command_id", "missing, or not an id"))?;
        let cart = match cart_id.as_deref().map(StreamId::from_str) {
            None => StreamId::opened_by(id),
            Some(Ok(cart)) if !cart.uuid().is_nil() => cart,
            Some(_) => {
                let problem = Problem::new(400, "malformed_json", "a cart id is a UUID in lower case, and not nil");
                return Err(problem.at("/cart_id", "not a cart id"));
            }
        };
        let opening = CartRequest::OpenCart(OpenCart { currency, owner_ref, token_hash });
        let asked = CommandRequest {
            cart,
            commands: vec![Sent { id, request: opening }],
            atomicity: Atomicity::EachOnItsOwn,
            dry_run: false,
            if_match: request.if_match()?,
            origin: self.origin(request),
        };
        let reply = self.command(request, asked).await?;
        if let Some(Verdict::Refused(refusal)) = reply.results.first().map(|result| &result.verdict) {
            return Err(Problem::refused(refusal));
        }
        let mut json = self.reply_json(&reply);
        // Who opens a cart for somebody else, or resends after it was claimed, learns that it is open and no more.
        let view = self.admit(request, &reply.cart).ok().and_then(|()| CartView::of(&reply.cart));
        json.insert("cart_id".to_owned(), json!(cart));
        json.insert("state".to_owned(), json!(view));
        let version = reply.cart.head().version;
        Ok(ApiResponse::json(201, &json).with("location", format!("/carts/{cart}")).with("etag", etag(version)))
    }

    pub(super) async fn cart(&self, request: &ApiRequest, cart: StreamId) -> Answer {
        let query = request.query(&["version", "at"])?;
        let moment = match (query.number("version", 0..=u64::MAX)?, query.text("at")) {
            (None, None) => Moment::Now,
            (Some(version), None) => Moment::Version(version),
            (None, Some(at)) => {
                Moment::At(at.parse().map_err(|not_a_time| Problem::invalid_query(format!("at is {not_a_time}")))?)
            }
            (Some(_), Some(_)) => return Err(Problem::invalid_query("version and at exclude each other")),
        };
        match moment {
            Moment::Now => self.cart_now(request, cart).await,
            Moment::Version(version) => self.cart_at_version(request, cart, version).await,
            Moment::At(at) => self.cart_at_time(request, cart, at).await,
        }
    }

    async fn cart_now(&self, request: &ApiRequest, cart: StreamId) -> Answer {
        let loaded = self.carts().load(cart).await?;
        self.admit(request, &loaded)?;
        let view = CartView::of(&loaded).ok_or_else(Problem::cart_not_found)?;
        if view.status == Status::Closed {
            let problem = Problem::new(410, "cart_closed", "the cart is closed").with("state", json!(view));
            return Err(problem.with_header("etag", etag(view.version)));
        }
        Ok(state(request, &view))
    }

    async fn cart_at_version(&self, request: &ApiRequest, cart: StreamId, version: u64) -> Answer {
        let carts = self.carts();
        let then = if version == 0 { None } else { carts.load_at(cart, version).await? };
        if self.settings.check_owner || then.is_none() {
            // Who owns the cart now decides, not who did then.
            self.admit(request, &carts.load(cart).await?)?;
        }
        past_state(request, &then.ok_or_else(version_not_found)?)
    }

    async fn cart_at_time(&self, request: &ApiRequest, cart: StreamId, at: Timestamp) -> Answer {
        let mut records = self.ports.table().load(cart, 0, None).await?;
        self.admit(request, &Repository::<Cart, &P::Table>::fold(cart, records.clone())?)?;
        records.truncate(recorded_until(&records, at));
        if records.is_empty() {
            return Err(version_not_found());
        }
        let then = Repository::<Cart, &P::Table>::fold(cart, records)?;
        let response = past_state(request, &then)?;
        // Which version a moment in the future means is not settled yet.
        Ok(response.with("cache-control", "no-store"))
    }
}

/// How many events of a stream were recorded until `at`. Clocks of writers differ and may step back, versions do not:
/// an event counts as recorded no earlier than those before it. Events without a time, as the Ruby system wrote them,
/// count with the one before.
fn recorded_until(records: &[EventRecord], at: Timestamp) -> usize {
    let mut newest = Timestamp::MIN;
    let until = records.iter().take_while(|record| {
        newest = record.circumstances.recorded_at.map_or(newest, |recorded| recorded.max(newest));
        newest <= at
    });
    until.count()
}

pub(super) fn version_not_found() -> Problem {
    Problem::new(404, "version_not_found", "the cart has no such version")
}

fn past_state(request: &ApiRequest, then: &Versioned<Cart>) -> Answer {
    let view = CartView::of(then).ok_or_else(version_not_found)?;
    let response = state(request, &view);
    // A newer build would fold the events that this one does not know.
    Ok(if view.unknown_events == 0 { response.with("cache-control", FOR_EVER) } else { response })
}

fn state(request: &ApiRequest, view: &CartView) -> ApiResponse {
    let etag = etag(view.version);
    let response = if request.none_match(&etag) { ApiResponse::empty(304) } else { ApiResponse::json(200, view) };
    response.with("etag", etag)
}
