//! `GET /dead-letters`, `GET /dead-letters/{id}`, `POST /dead-letters/redrive`: messages of the replay queues that were
//! given up, what would become of them now, and sending them back.
//!
//! A redrive is recorded before it begins. One request moves a bounded number of letters and says how many are left;
//! sent again it moves the next ones, and none twice.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;
use tillroll_core::id::StreamId;
use tillroll_core::time::Timestamp;

use super::motive::motive;
use super::{Answer, Api, ApiRequest, ApiResponse, Ports, Problem};
use crate::functions::project::DryRun;
use crate::functions::project::by_name::{AnyProjector, SUBSCRIPTIONS};
use crate::functions::project::message::ReplayMessage;
use crate::operations::{self, Operation, OperationKind};
use crate::ports::{Clock as _, DeadLetter, DeadLetterQueue as _, Letters, ReplayQueue as _};

/// Letters on a page when the caller does not say.
const LETTERS_PAGE: u32 = 20;
/// Most letters on a page: each may have a megabyte, and is read to say what is in it.
const LETTERS_PAGE_MAX: u32 = 100;
/// Carts that are named for each letter of a page.
const CARTS_NAMED_MAX: usize = 10;
/// Most letters that one request moves.
const REDRIVEN_MAX: u32 = 1_000;
/// Most letters a second that can be asked for.
const RATE_MAX: u32 = 1_000;
/// How long one request moves letters at a rate, in seconds. The caller asks again for the rest.
const REDRIVE_S_MAX: u32 = 10;

/// A dead letter as lists show it.
#[derive(Debug, Serialize)]
struct Head {
    id: String,
    subscription: String,
    group: String,
    sent_at: Option<Timestamp>,
    given_up_at: Timestamp,
    receive_count: u32,
    /// Why it was given up; of a message that does not read, why it does not.
    reason: String,
    #[serde(flatten)]
    inside: Option<Inside>,
}

/// What a message of ours holds.
#[derive(Debug, Serialize)]
struct Inside {
    run: String,
    generation: u32,
    events: usize,
    carts: usize,
    /// The first of them.
    cart_ids: Vec<StreamId>,
    first_version: Option<u64>,
    last_version: Option<u64>,
}

/// One dead letter whole.
#[derive(Debug, Serialize)]
struct Letter {
    #[serde(flatten)]
    head: Head,
    dry_run: DryRun,
    /// Messages that wait in the queue, behind which a redriven one goes.
    queue_depth: u64,
    ordering: &'static str,
    /// The message, if it is JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Box<RawValue>>,
    /// The message, if it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

/// What is true of every redrive.
const ORDERING: &str = "A redriven message goes behind those that wait, and interleaves with newer ones. The gate of \
    each cart sorts it: events at or below the applied version are dropped, and what is missing before a newer one is \
    read from the table.";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RedriveBody {
    ids: Option<Vec<String>>,
    subscription: Option<String>,
    #[serde(default)]
    all: bool,
    rate: Option<u32>,
    reason: Option<String>,
    by: Option<String>,
}

/// What a redrive did.
#[derive(Debug, Serialize)]
struct Redriven {
    /// Letters that are in their queue again.
    #[serde(rename = "redriven")]
    moved: Vec<String>,
    /// Letters that were named and are not there, or not any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    gone: Option<Vec<String>>,
    /// Letters that were asked for and lie there still; ask again for them.
    left: u64,
    operation: Operation,
}

impl<P: Ports> Api<P> {
    pub(super) async fn dead_letters(&self, request: &ApiRequest) -> Answer {
        let query = request.query(&["subscription", "limit", "cursor"])?;
        let limit = query.limit(LETTERS_PAGE, LETTERS_PAGE_MAX)?;
        let of = query.text("subscription").map(known_subscription).transpose()?;
        let after = query.text("cursor");
        if after.is_some_and(|after| !is_letter_id(after)) {
            return Err(Problem::invalid_query("cursor is none that a page of this list has given"));
        }
        // One more tells whether the list goes on.
        let mut letters = self.ports.dead_letters().list(of, after, limit + 1).await?;
        let goes_on = letters.len() > limit.try_into().unwrap_or(usize::MAX);
        letters.truncate(limit.try_into().unwrap_or(usize::MAX));
        let cursor = letters.last().filter(|_| goes_on).map(|letter| letter.id.clone());
        let heads: Vec<Head> = letters.iter().map(Head::of).collect();
        Ok(ApiResponse::json(200, &json!({"dead_letters": heads, "cursor": cursor})))
    }

    pub(super) async fn dead_letter(&self, request: &ApiRequest, id: &str) -> Answer {
        request.query(&[])?;
        let gone = || Problem::not_found("there is no such dead letter, or not any more");
        let letter = self.ports.dead_letters().get(id).await?.ok_or_else(gone)?;
        let dry_run = match self.projector(&letter.subscription) {
            Some(projector) => projector.dry_run(&letter.body).await?,
            None => DryRun::of_no_subscription(),
        };
        let queue_depth = self.ports.queue().depth(&letter.subscription).await?;
        let head = Head::of(&letter);
        let message: Option<Box<RawValue>> = serde_json::from_str(&letter.body).ok();
        let text = message.is_none().then_some(letter.body);
        Ok(ApiResponse::json(200, &Letter { head, dry_run, queue_depth, ordering: ORDERING, message, text }))
    }

    pub(super) async fn redrive(&self, request: &ApiRequest) -> Answer {
        request.query(&[])?;
        let RedriveBody { ids, subscription, all, rate, reason, by } = request.json()?;
        let letters = which(ids, subscription, all)?;
        if rate.is_some_and(|rate| !(1..=RATE_MAX).contains(&rate)) {
            let detail = format!("a rate is 1 to {RATE_MAX} letters a second");
            return Err(Problem::new(400, "malformed_json", "the rate is out of range").at("/rate", detail));
        }
        let motive = motive(&request.caller, reason, by)?;
        let asked = self.ports.dead_letters().count(&letters).await?;
        let subject = match &letters {
            Letters::Ids(ids) => json!({"ids": ids}),
            Letters::Of(subscription) => json!({"subscription": subscription, "letters": asked}),
            Letters::All => json!({"all": true, "letters": asked}),
        };
        let (rows, clock) = (self.ports.rows(), self.ports.clock());
        let operation = operations::begin(rows, clock, OperationKind::Redrive, motive, subject).await?;
        let moved = self.redrive_some(&letters, rate).await?;
        let left = self.ports.dead_letters().count(&letters).await?;
        let gone = match letters {
            Letters::Ids(ids) if left == 0 => {
                let there: BTreeSet<&String> = moved.iter().collect();
                Some(ids.into_iter().filter(|id| !there.contains(id)).collect())
            }
            Letters::Ids(_) | Letters::Of(_) | Letters::All => None,
        };
        let operation = operations::end(rows, operation, json!({"redriven": moved, "left": left})).await?;
        Ok(ApiResponse::json(200, &Redriven { moved, gone, left, operation }))
    }

    /// Moves as many letters as one request may, at most `rate` a second.
    async fn redrive_some(&self, letters: &Letters, rate: Option<u32>) -> Result<Vec<String>, Problem> {
        let queue = self.ports.dead_letters();
        let Some(rate) = rate else { return Ok(queue.redrive(letters, REDRIVEN_MAX).await?) };
        let mut redriven = Vec::new();
        for second in 0..REDRIVE_S_MAX {
            if second > 0 {
                self.ports.clock().pause(Duration::from_secs(1)).await;
            }
            let moved = queue.redrive(letters, rate).await?;
            let is_all = u32::try_from(moved.len()).is_ok_and(|moved| moved < rate);
            redriven.extend(moved);
            if is_all || redriven.len() >= REDRIVEN_MAX.try_into().unwrap_or(usize::MAX) {
                break;
            }
        }
        Ok(redriven)
    }

    /// The projector of a subscription, as this build runs it.
    pub(super) fn projector(&self, subscription: &str) -> Option<AnyProjector<&P::Rows, &P::Table>> {
        AnyProjector::of(subscription, self.ports.rows(), self.ports.table(), &self.settings.version)
    }
}

impl Head {
    fn of(letter: &DeadLetter) -> Self {
        let (inside, reason) = match ReplayMessage::read(&letter.body, &letter.subscription) {
            Ok((message, events)) => {
                let of_events = events.iter().map(|event| event.stream);
                let carts: BTreeSet<StreamId> = of_events.chain(message.carts.iter().copied()).collect();
                let versions = || events.iter().map(|event| event.version);
                let inside = Inside {
                    run: message.run,
                    generation: message.generation,
                    events: events.len(),
                    carts: carts.len(),
                    cart_ids: carts.into_iter().take(CARTS_NAMED_MAX).collect(),
                    first_version: versions().min(),
                    last_version: versions().max(),
                };
                (Some(inside), letter.reason.clone())
            }
            Err(unreadable) => {
                let why = unreadable.to_string();
                // As a rule that is what its deliveries failed with.
                let is_said = letter.reason.contains(&why);
                (None, if is_said { letter.reason.clone() } else { format!("{why}; {}", letter.reason) })
            }
        };
        Self {
            id: letter.id.clone(),
            subscription: letter.subscription.clone(),
            group: letter.group.clone(),
            sent_at: letter.sent_at,
            given_up_at: letter.given_up_at,
            receive_count: letter.receive_count,
            reason,
            inside,
        }
    }
}

/// Exactly one way of saying which.
fn which(ids: Option<Vec<String>>, subscription: Option<String>, all: bool) -> Result<Letters, Problem> {
    let wrong = |pointer: &str, detail: String| {
        Err(Problem::new(400, "malformed_json", "the body does not say which letters").at(pointer, detail))
    };
    match (ids, subscription, all) {
        (Some(ids), None, false) => {
            let ids_max = REDRIVEN_MAX.try_into().unwrap_or(usize::MAX);
            if ids.is_empty() || ids.len() > ids_max || !ids.iter().all(|id| is_letter_id(id)) {
                return wrong("/ids", format!("ids are 1 to {ids_max} ids of dead letters"));
            }
            Ok(Letters::Ids(ids))
        }
        (None, Some(subscription), false) => Ok(Letters::Of(known_subscription(&subscription)?.to_owned())),
        (None, None, true) => Ok(Letters::All),
        _ => wrong("", "say one of ids, subscription and all".to_owned()),
    }
}

/// What can be an id at all: of SQS or of a file.
fn is_letter_id(text: &str) -> bool {
    (1..=100).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// The name, if there is such a subscription.
pub(super) fn known_subscription(name: &str) -> Result<&'static str, Problem> {
    SUBSCRIPTIONS.into_iter().find(|known| *known == name).ok_or_else(|| {
        let known = SUBSCRIPTIONS.join(", ");
        Problem::not_found(format!("there is no such subscription; there are {known}"))
    })
}
