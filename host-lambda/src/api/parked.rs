//! `GET /parked`, `POST /parked/{cart}/resume`: carts at which a subscription stands still, and trying one again.

use serde::{Deserialize, Serialize};
use serde_json::json;
use tillroll_core::id::{EventId, StreamId};
use tillroll_core::time::Timestamp;

use super::dead_letters::known_subscription;
use super::motive::motive;
use super::{Answer, Api, ApiRequest, ApiResponse, Ports, Problem};
use crate::functions::project::Tried;
use crate::functions::project::by_name::SUBSCRIPTIONS;
use crate::generations;
use crate::operations::{self, Operation, OperationKind};
use crate::ports::Fault;
use crate::subscriptions::layout::{Layout, Parked};
use crate::subscriptions::reading::parked_page;

/// Carts on a page when the caller does not say, and at most.
const PARKED_PAGE: u32 = 100;
const PARKED_PAGE_MAX: u32 = 1_000;

/// A cart at which a subscription stands still.
#[derive(Clone, Debug, Serialize)]
pub(super) struct ParkedCart {
    subscription: &'static str,
    generation: u32,
    cart_id: StreamId,
    /// The version that could not be applied.
    version: u64,
    /// Its event, unless the table does not have it.
    event_id: Option<EventId>,
    reason: String,
    /// The build that could not.
    build: String,
    /// When the event was recorded: the row shows the cart as it was just before.
    since: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ResumeBody {
    subscription: Option<String>,
    reason: Option<String>,
    by: Option<String>,
}

/// What became of a cart in one subscription.
#[derive(Debug, Serialize)]
struct Resumed {
    subscription: &'static str,
    generation: u32,
    outcome: Outcome,
    /// The version applied last.
    version: u64,
    /// Why it stands still again.
    #[serde(skip_serializing_if = "Option::is_none")]
    parked: Option<Parked>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    /// It has caught up with the table.
    Resumed,
    /// It is parked again, or still.
    Parked,
}

/// Where a page begins: behind this cart of this generation of this subscription.
struct Cursor {
    subscription: usize,
    generation: u32,
    cart: StreamId,
}

impl<P: Ports> Api<P> {
    pub(super) async fn parked(&self, request: &ApiRequest) -> Answer {
        let query = request.query(&["subscription", "limit", "cursor"])?;
        let limit = query.limit(PARKED_PAGE, PARKED_PAGE_MAX)?;
        let of = query.text("subscription").map(known_subscription).transpose()?;
        let bad_cursor = || Problem::invalid_query("cursor is none that a page of this list has given");
        let cursor = query.text("cursor").map(|text| Cursor::read(text).ok_or_else(bad_cursor)).transpose()?;
        let limit = limit.try_into().unwrap_or(usize::MAX);
        let (parked, cursor) = self.parked_carts(of, cursor, limit).await?;
        Ok(ApiResponse::json(200, &json!({"parked": parked, "cursor": cursor})))
    }

    /// The first parked carts of all subscriptions.
    pub(super) async fn first_parked(&self, limit: usize) -> Result<Vec<ParkedCart>, Problem> {
        Ok(self.parked_carts(None, None, limit).await?.0)
    }

    async fn parked_carts(
        &self,
        of: Option<&str>,
        mut cursor: Option<Cursor>,
        limit: usize,
    ) -> Result<(Vec<ParkedCart>, Option<String>), Fault> {
        let rows = self.ports.rows();
        let mut found = Vec::new();
        let first = cursor.as_ref().map_or(0, |cursor| cursor.subscription);
        for (number, subscription) in SUBSCRIPTIONS.into_iter().enumerate().skip(first) {
            if of.is_some_and(|of| of != subscription) {
                continue;
            }
            for generation in generations::read(rows, subscription).await?.fed() {
                let layout = Layout::new(subscription, generation);
                let here = cursor.take_if(|at| at.subscription == number && at.generation == generation);
                let mut after = here.map(|at| at.cart);
                if cursor.as_ref().is_some_and(|at| at.subscription == number) {
                    // The cursor stands in a later generation of this subscription.
                    continue;
                }
                loop {
                    let page = parked_page(rows, &layout, after).await?;
                    let Some((last, _)) = page.last() else { break };
                    after = Some(*last);
                    for (cart, parked) in page {
                        if found.len() == limit {
                            let cursor = found.last().map(|last| Cursor::behind(number, last));
                            return Ok((found, cursor));
                        }
                        found.push(ParkedCart::of(subscription, generation, cart, parked));
                    }
                }
            }
            // A generation that is not fed any more has no further carts.
            cursor = None;
        }
        Ok((found, None))
    }

    pub(super) async fn resume_parked(&self, request: &ApiRequest, cart: StreamId) -> Answer {
        request.query(&[])?;
        let ResumeBody { subscription, reason, by } = request.json()?;
        let of = subscription.as_deref().map(known_subscription).transpose()?;
        let motive = motive(&request.caller, reason, by)?;
        if !self.is_parked(cart, of).await? {
            // Nothing to do and nothing to record.
            return Ok(ApiResponse::json(200, &json!({"cart_id": cart, "results": [], "operation": null})));
        }
        let subject = json!({"cart_id": cart, "subscription": of});
        let (rows, clock) = (self.ports.rows(), self.ports.clock());
        let operation: Operation = operations::begin(rows, clock, OperationKind::Resume, motive, subject).await?;
        let mut results = Vec::new();
        for subscription in SUBSCRIPTIONS.into_iter().filter(|subscription| of.is_none_or(|of| of == *subscription)) {
            if let Some(projector) = self.projector(subscription) {
                let tried = projector.resume(cart).await?;
                results.extend(tried.into_iter().map(|tried| Resumed::of(subscription, tried)));
            }
        }
        let operation = operations::end(rows, operation, json!({"results": results})).await?;
        Ok(ApiResponse::json(200, &json!({"cart_id": cart, "results": results, "operation": operation})))
    }

    async fn is_parked(&self, cart: StreamId, of: Option<&str>) -> Result<bool, Fault> {
        let rows = self.ports.rows();
        for subscription in SUBSCRIPTIONS.into_iter().filter(|subscription| of.is_none_or(|of| of == *subscription)) {
            for generation in generations::read(rows, subscription).await?.fed() {
                let key = Layout::new(subscription, generation).parked_key(cart);
                if crate::ports::Rows::get(rows, &key).await?.is_some() {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}

impl ParkedCart {
    fn of(subscription: &'static str, generation: u32, cart_id: StreamId, parked: Parked) -> Self {
        let Parked { version, event_id, reason, build, since } = parked;
        Self { subscription, generation, cart_id, version, event_id, reason, build, since }
    }
}

impl Resumed {
    fn of(subscription: &'static str, tried: Tried) -> Self {
        let Tried { generation, version, parked } = tried;
        let outcome = if parked.is_some() { Outcome::Parked } else { Outcome::Resumed };
        Self { subscription, generation, outcome, version, parked }
    }
}

impl Cursor {
    fn behind(subscription: usize, last: &ParkedCart) -> String {
        // The last one may be of an earlier subscription than the one that the page ended in.
        let number = SUBSCRIPTIONS.iter().position(|known| *known == last.subscription).unwrap_or(subscription);
        format!("{number}.{}.{}", last.generation, last.cart_id)
    }

    fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let subscription = parts.next()?.parse().ok().filter(|number| *number < SUBSCRIPTIONS.len())?;
        let (generation, cart) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        parts.next().is_none().then_some(Self { subscription, generation, cart })
    }
}
