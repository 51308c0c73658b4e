//! `GET /carts/{id}/events`: the events of a cart, and waiting for the next one.
//!
//! `cursor` is what `after` will be for the next page, or null when the page reached the newest event. A caller who
//! waits for more goes on after the last version it has seen.
//!
//! With `Accept: application/vnd.tillroll.packed` the same page comes packed, and where there is another one a `Link`
//! says where.

use std::time::Duration;

use serde_json::json;
use tillroll_core::id::StreamId;
use tillroll_core::packed::{Header, MEDIA_TYPE};

use super::commands::events_json;
use super::{Answer, Api, ApiRequest, ApiResponse, Ports, Problem};
use crate::packing::pack;
use crate::ports::{EventTable as _, Fault, FaultKind, News as _};
use crate::record::EventRecord;

/// Most events on a page.
pub const EVENTS_PAGE_MAX: u32 = 1_000;
/// Events on a page when the caller does not say.
const EVENTS_PAGE: u32 = 100;
/// Longest wait in seconds: below the 30 s after which gateways give up.
pub const WAIT_S_MAX: u64 = 25;

/// What a page of events can be had as.
const FORMS: &[&str] = &["application/json", MEDIA_TYPE];

impl<P: Ports> Api<P> {
    pub(super) async fn events(&self, request: &ApiRequest, cart: StreamId) -> Answer {
        let form = request.accepted(FORMS)?;
        let query = request.query(&["after", "limit", "wait"])?;
        let after = query.number("after", 0..=u64::MAX)?.unwrap_or(0);
        let limit = query.limit(EVENTS_PAGE, EVENTS_PAGE_MAX)?;
        let wait = Duration::from_secs(query.number("wait", 0..=WAIT_S_MAX)?.unwrap_or(0));
        if self.settings.check_owner {
            self.admit(request, &self.carts().load(cart).await?)?;
        }
        let news = self.ports.news().wait_for(cart, after, wait);
        let mut events = self.page(cart, after, limit).await?;
        if events.is_empty() {
            // Nobody may wait for a cart that does not exist.
            if self.ports.table().load(cart, 0, Some(1)).await?.is_empty() {
                return Err(Problem::cart_not_found());
            }
            if !wait.is_zero() && news.await {
                events = self.page(cart, after, limit).await?;
            }
        }
        let page: usize = limit.try_into().unwrap_or(usize::MAX);
        let more = events.len() > page;
        events.truncate(page);
        let cursor = events.last().filter(|_| more).map(|last| last.version.to_string());
        let response = if form == MEDIA_TYPE {
            let packed = ApiResponse::text(200, MEDIA_TYPE, packed(cart, after, &events)?);
            let next =
                cursor.map(|cursor| format!("</carts/{cart}/events?after={cursor}&limit={limit}>; rel=\"next\""));
            next.into_iter().fold(packed, |packed, next| packed.with("link", next))
        } else {
            ApiResponse::json(200, &json!({"events": events_json(&events), "cursor": cursor}))
        };
        Ok(response.with("vary", "accept"))
    }

    /// One event more than asked for, which says that there is another page.
    async fn page(&self, cart: StreamId, after: u64, limit: u32) -> Result<Vec<EventRecord>, Fault> {
        self.ports.table().load(cart, after, Some(limit.saturating_add(1))).await
    }
}

fn packed(cart: StreamId, after: u64, events: &[EventRecord]) -> Result<Vec<u8>, Fault> {
    pack(&Header { stream: cart, after, beside: Vec::new() }, events)
        .map_err(|error| Fault::new(FaultKind::Permanent, "pack the events of cart", cart.to_string(), error))
}
