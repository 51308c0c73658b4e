//! `GET /carts/{id}/refusals`: what was asked of a cart and refused, newest first, for whoever wonders why.
//!
//! Refusals are no events: nothing follows from them, and a refused command is judged again when it comes again. They
//! are kept beside the event table, as well as it goes: the newest of each cart, in a ring of rows, so that nobody can
//! fill the table with them, and none for a cart that does not exist. A refusal that could not be kept is logged and
//! counted, and its command is answered all the same.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tillroll_core::id::{CommandId, StreamId};
use tillroll_core::time::Timestamp;

use super::{Answer, Api, ApiRequest, ApiResponse, Ports};
use crate::functions::command::{CommandReply, CommandRequest, Verdict};
use crate::ports::{By, Clock as _, Fault, FaultKind, Order, Row, RowKey, RowQuery, RowWrite, Rows, RowsError};

/// Refusals kept of a cart. More than a person reads, and some 50 KB at most.
pub const KEPT_MAX: u32 = 100;
/// For how long a refusal is shown.
const SHOWN_MS_MAX: i64 = 30 * 24 * 60 * 60 * 1_000;
/// How often keeping is tried when another request of the cart does it at the same time.
const TRIES_MAX: u32 = 3;
/// The row that counts; the others are `slot#…`.
const COUNT: &str = "count";

/// Refusals that this process could not keep.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    lost: AtomicU64,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RefusalList {
    /// Newest first, at most [`KEPT_MAX`], none older than 30 days.
    pub refusals: Vec<Refused>,
    /// Refusals of any cart that this process could not keep since it was started.
    pub lost: u64,
}

/// A command that was refused, as it is kept and shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Refused {
    /// When.
    pub time: Timestamp,
    /// Its id.
    pub command_id: CommandId,
    /// Its name: `AddItem`.
    pub r#type: String,
    /// The refusal's code.
    pub code: String,
    /// The same as a sentence.
    pub message: String,
    /// What a person needs to understand it.
    pub details: Value,
    /// The cart's version it was judged on.
    pub version: u64,
    /// Who asked, as an opaque reference, where that is known.
    pub actor: Option<String>,
}

impl<P: Ports> Api<P> {
    pub(super) async fn refusals(&self, request: &ApiRequest, cart: StreamId) -> Answer {
        let limit = request.query(&["limit"])?.limit(KEPT_MAX, KEPT_MAX)?;
        self.admit(request, &self.carts().load(cart).await?)?;
        let query = RowQuery {
            by: By::Key,
            partition: partition(cart),
            after: Some(COUNT.to_owned()),
            until: None,
            order: Order::Ascending,
            limit: KEPT_MAX,
        };
        let mut rows = self.ports.rows().query(&query).await?;
        rows.sort_by_key(|row| std::cmp::Reverse(row.revision));
        let oldest = self.ports.clock().now().plus_ms(-SHOWN_MS_MAX);
        let mut refusals = Vec::with_capacity(rows.len());
        for row in rows {
            let refused: Refused = serde_json::from_str(&row.body)
                .map_err(|error| Fault::new(FaultKind::Permanent, "read refusal", row.key.to_string(), error))?;
            if refused.time >= oldest {
                refusals.push(refused);
            }
        }
        refusals.truncate(limit.try_into().unwrap_or(usize::MAX));
        let lost = self.refusals.lost.load(Ordering::Relaxed);
        Ok(ApiResponse::json(200, &RefusalList { refusals, lost }))
    }

    /// Keeps what was refused, if somebody who may see the cart asked for it in earnest. Never fails the request.
    pub(super) async fn keep_refusals(&self, request: &ApiRequest, asked: &CommandRequest, reply: &CommandReply) {
        if asked.dry_run || reply.judged_on == 0 || self.admit(request, &reply.cart).is_err() {
            return;
        }
        let refused = refused(asked, reply, self.ports.clock().now());
        if refused.is_empty() {
            return;
        }
        let cart = asked.cart;
        if let Err(error) = keep(self.ports.rows(), cart, &refused).await {
            let count = u64::try_from(refused.len()).unwrap_or(u64::MAX);
            let lost = self.refusals.lost.fetch_add(count, Ordering::Relaxed).saturating_add(count);
            tracing::warn!(%cart, trace_id = request.trace_id(), %error, lost, "refusals of a cart were not kept");
        }
    }
}

/// What was refused, in request order.
fn refused(asked: &CommandRequest, reply: &CommandReply, time: Timestamp) -> Vec<Refused> {
    let mut version = reply.judged_on;
    let mut refused = Vec::new();
    for (sent, result) in asked.commands.iter().zip(&reply.results) {
        match &result.verdict {
            // Later commands of a request are judged on what the earlier ones left.
            Verdict::Accepted { version: accepted, .. } => version = version.max(*accepted),
            Verdict::Refused(refusal) => refused.push(Refused {
                time,
                command_id: sent.id,
                r#type: sent.request.name().to_owned(),
                code: refusal.code().to_owned(),
                message: refusal.to_string(),
                details: serde_json::to_value(refusal).unwrap_or_default(),
                version,
                actor: asked.origin.actor.clone(),
            }),
            Verdict::Noop { .. } | Verdict::Skipped => {}
        }
    }
    refused
}

fn partition(cart: StreamId) -> String {
    format!("refusals#{cart}")
}

/// Puts refusals in the next places of the cart's ring. The revision of the row that counts is how many there have
/// been, so that two requests never take the same place.
async fn keep<R: Rows>(rows: &R, cart: StreamId, refused: &[Refused]) -> Result<(), RowsError> {
    let count_key = RowKey { partition: partition(cart), sort: COUNT.to_owned() };
    for _ in 0..TRIES_MAX {
        let expected = rows.get(&count_key).await?.map_or(0, |row| row.revision);
        let mut number = expected;
        let mut writes = Vec::with_capacity(refused.len() + 1);
        for refused in refused {
            let sort = format!("slot#{:02}", number % u64::from(KEPT_MAX));
            number += 1;
            let key = RowKey { partition: partition(cart), sort };
            // Plain members always serialize.
            let body = serde_json::to_string(refused).unwrap_or_default();
            writes.push(RowWrite::Set(Row { key, revision: number, body, index: None }));
        }
        let count = Row { key: count_key.clone(), revision: number, body: "{}".to_owned(), index: None };
        writes.push(RowWrite::Put { expected, row: count });
        match rows.write(&writes).await {
            Err(RowsError::Conflict) => {}
            written => return written,
        }
    }
    Err(RowsError::Conflict)
}
