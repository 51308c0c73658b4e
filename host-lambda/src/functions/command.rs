//! The command function: loads one cart from the table, judges one request against it, stores what was accepted.
//!
//! ```text
//!  load ─▶ may the caller see it? ─▶ all ids seen, or If-Match fits? ─▶ judge ─▶ store ─▶ reply
//!   ▲             no: not found          no: version mismatch                      │
//!   └───────────────── pause, decide again: another writer was first ──────────────┘
//! ```
//!
//! It knows nothing of HTTP: `api` speaks that. What it answers holds for ever, because a resent request finds its
//! own command ids in the cart's events.

use std::time::Duration;

use tillroll_core::aggregate::Versioned;
use tillroll_core::cart::{Cart, CartRefusal, CartRequest, Terms};
use tillroll_core::id::{CommandId, EventId, StreamId};
use tillroll_core::judge::{Asked, Atomicity, Outcome, judge};
use tillroll_core::recorded::{Circumstances, CommandMark};
use tillroll_core::time::Timestamp;
use uuid::Uuid;

use crate::ports::{Clock, EventTable, Fault, FaultKind, News};
use crate::record::EventRecord;
use crate::repository::{Repository, StoreError};

/// How often a request is decided before it is given up: with sixteen writers at one cart, who pause for random and
/// growing times, nobody loses that often.
pub const TRIES_MAX: u32 = 12;
/// The pause after the first lost race is at most this; each further one may be twice as long.
const PAUSE_FIRST_MS_MAX: u64 = 8;
/// No pause is longer, so that all tries together stay well below the 8 s that a write may take.
const PAUSE_MS_MAX: u64 = 250;
/// Most missed events that an answer carries; further ones are fetched like any others.
pub const MISSED_EVENTS_MAX: u32 = 1_000;

/// What one caller asks of one cart.
#[derive(Clone, Debug)]
pub struct CommandRequest {
    /// The cart.
    pub cart: StreamId,
    /// The commands in order, with different ids; 1..=25.
    pub commands: Vec<Sent>,
    /// Whether one refusal stops the others.
    pub atomicity: Atomicity,
    /// Judge only: nothing is written.
    pub dry_run: bool,
    /// What the caller has last seen of the cart, if it must not have changed since.
    pub if_match: Option<IfMatch>,
    /// What is noted beside the events.
    pub origin: Origin,
}

/// A command as a caller sent it.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Its id.
    pub id: CommandId,
    /// Its content.
    pub request: CartRequest,
}

impl Sent {
    /// The command with its mark and its values checked.
    #[must_use]
    pub fn asked(&self) -> Asked<Cart> {
        Asked { mark: CommandMark::new(self.id, self.request.fingerprint()), command: self.request.check() }
    }
}

/// A condition on the version before the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfMatch {
    /// The cart exists.
    Any,
    /// The cart is at this version.
    Version(u64),
}

/// Where a request comes from, as noted beside the events it causes.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// A URI reference: `tillroll:api`.
    pub source: String,
    /// Constant over a story.
    pub correlation_id: Option<String>,
    /// W3C trace context.
    pub traceparent: Option<String>,
    /// Who acts, as an opaque reference.
    pub actor: Option<String>,
    /// The first 16 hexadecimal digits of the reducer's hash.
    pub reducer: Option<String>,
}

impl Origin {
    /// What is noted beside an event that happens and is recorded at these times. The event's id and command are
    /// filled in by whoever stores it.
    #[must_use]
    pub fn circumstances(&self, happened_at: Timestamp, recorded_at: Timestamp) -> Circumstances {
        Circumstances {
            event_id: EventId::new(Uuid::nil()),
            source: Some(self.source.clone()),
            happened_at: Some(happened_at),
            recorded_at: Some(recorded_at),
            command: None,
            correlation_id: self.correlation_id.clone(),
            causation_id: None,
            traceparent: self.traceparent.clone(),
            actor: self.actor.clone(),
            reducer: self.reducer.clone(),
            schema_version: 1,
        }
    }
}

/// What became of a request.
#[derive(Debug)]
pub struct CommandReply {
    /// One for each command, in request order.
    pub results: Vec<CommandResult>,
    /// The cart as it is stored now; after a dry run as it was before.
    pub cart: Versioned<Cart>,
}

/// What became of one command.
#[derive(Debug)]
pub struct CommandResult {
    /// The command.
    pub command_id: CommandId,
    /// Its verdict.
    pub verdict: Verdict,
}

/// What became of a command.
#[derive(Debug)]
pub enum Verdict {
    /// It happened, now or when it was first sent.
    Accepted {
        /// The command's own version: that of its last event.
        version: u64,
        /// Its events.
        events: Vec<EventRecord>,
    },
    /// Already so at this version.
    Noop {
        /// The cart's version when it was judged.
        version: u64,
    },
    /// The domain says no.
    Refused(CartRefusal),
    /// Not done because another command of an atomic request was refused.
    Skipped,
}

/// Why a request was not judged, or came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// There is no such cart, or none that the caller may see.
    #[error("there is no such cart")]
    CartNotFound,
    /// The cart is not what the caller believes it to be.
    #[error("the cart is at version {version}")]
    VersionMismatch {
        /// Its version.
        version: u64,
        /// What the caller has not seen, oldest first, at most [`MISSED_EVENTS_MAX`].
        missed: Vec<EventRecord>,
    },
    /// Every try lost its race.
    #[error("other writers came first {TRIES_MAX} times; send the same request again")]
    Contended,
    /// The events do not fit in one commit.
    #[error("the events of the request do not fit in one commit; send fewer commands at a time")]
    TooLarge,
    /// Something broke.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// The cart has events that a newer build wrote. Deciding without them would be deciding on another cart.
#[derive(Debug, thiserror::Error)]
#[error("{0} of its events are unknown to this build, so nothing is decided; deploy the build that writes them")]
struct UnknownEvents(u64);

/// Judges `request` and stores what was accepted as one commit.
pub async fn command<T: EventTable, C: Clock, N: News>(
    request: &CommandRequest,
    terms: Terms<'_>,
    repository: &Repository<Cart, T>,
    clock: &C,
    news: &N,
) -> Result<CommandReply, CommandError> {
    let asked: Vec<_> = request.commands.iter().map(Sent::asked).collect();
    for tried in 0..TRIES_MAX {
        if tried > 0 {
            pause_after_conflict(clock, tried).await;
        }
        let mut cart = load_known(repository, request.cart).await?;
        admit(&cart, request, terms)?;
        expect_version(&cart, request, repository.table()).await?;
        let before = request.dry_run.then(|| cart.clone());
        let outcomes = judge(&mut cart, &asked, terms, request.atomicity);
        if !request.opens() && outcomes.contains(&Outcome::Refused(CartRefusal::NotOwner {})) {
            return Err(CommandError::CartNotFound);
        }
        let now = clock.now();
        let circumstances = request.origin.circumstances(now, now);
        let recorded = match before {
            Some(before) => {
                let recorded = preview(&cart, &circumstances)?;
                cart = before;
                recorded
            }
            None => match repository.store(&mut cart, &circumstances).await {
                Ok(recorded) => recorded,
                Err(StoreError::Conflict) => continue,
                Err(StoreError::TooManyEvents(_) | StoreError::TooLarge(_)) => return Err(CommandError::TooLarge),
                Err(StoreError::Fault(fault)) => return Err(fault.into()),
            },
        };
        if !request.dry_run && !recorded.is_empty() {
            news.announce(request.cart, cart.head().version);
        }
        let results = results(request, outcomes, &recorded, repository.table()).await?;
        return Ok(CommandReply { results, cart });
    }
    Err(CommandError::Contended)
}

impl CommandRequest {
    /// Whether the request begins by opening the cart: then a cart that is missing, or somebody else's, is no reason
    /// to stop.
    fn opens(&self) -> bool {
        matches!(self.commands.first(), Some(Sent { request: CartRequest::OpenCart(_), .. }))
    }
}

/// Waits for a random time whose bound doubles with every try, so that writers who collided do not meet again.
pub(super) async fn pause_after_conflict<C: Clock>(clock: &C, tried: u32) {
    let bound = PAUSE_FIRST_MS_MAX.checked_shl(tried.saturating_sub(1)).unwrap_or(PAUSE_MS_MAX).min(PAUSE_MS_MAX);
    clock.pause(Duration::from_millis(clock.jitter(bound))).await;
}

/// The cart, unless it has events that this build does not know.
pub(super) async fn load_known<T: EventTable>(
    repository: &Repository<Cart, T>,
    cart: StreamId,
) -> Result<Versioned<Cart>, Fault> {
    let loaded = repository.load(cart).await?;
    match loaded.unknown_events() {
        0 => Ok(loaded),
        unknown => Err(Fault::new(FaultKind::Permanent, "decide on cart", cart.to_string(), UnknownEvents(unknown))),
    }
}

/// A missing cart and a foreign one look the same from outside.
fn admit(cart: &Versioned<Cart>, request: &CommandRequest, terms: Terms<'_>) -> Result<(), CommandError> {
    let visible = cart.state().contents().is_some_and(|contents| terms.actor.may_see(contents));
    if visible || request.opens() { Ok(()) } else { Err(CommandError::CartNotFound) }
}

/// Commands that were all seen before are answered whatever the caller believes the version to be: the belief is as
/// old as the command.
async fn expect_version<T: EventTable>(
    cart: &Versioned<Cart>,
    request: &CommandRequest,
    table: &T,
) -> Result<(), CommandError> {
    let version = cart.head().version;
    let fits = match request.if_match {
        None => true,
        Some(IfMatch::Any) => version > 0,
        Some(IfMatch::Version(expected)) => version == expected,
    };
    if fits || request.commands.iter().all(|sent| cart.seen(sent.id).is_some()) {
        return Ok(());
    }
    let missed = match request.if_match {
        Some(IfMatch::Version(seen)) if seen < version => {
            table.load(request.cart, seen, Some(MISSED_EVENTS_MAX)).await?
        }
        _ => Vec::new(),
    };
    Err(CommandError::VersionMismatch { version, missed })
}

/// The events as they would be recorded.
fn preview(cart: &Versioned<Cart>, circumstances: &Circumstances) -> Result<Vec<EventRecord>, Fault> {
    let stream = cart.head().stream;
    let records = cart.changes().iter().map(|change| EventRecord::of_change(stream, change, circumstances.clone()));
    records
        .collect::<Result<_, _>>()
        .map_err(|error| Fault::new(FaultKind::Permanent, "write the events of cart", stream.to_string(), error))
}

async fn results<T: EventTable>(
    request: &CommandRequest,
    outcomes: Vec<Outcome<CartRefusal>>,
    recorded: &[EventRecord],
    table: &T,
) -> Result<Vec<CommandResult>, Fault> {
    let mut results = Vec::with_capacity(outcomes.len());
    for (sent, outcome) in request.commands.iter().zip(outcomes) {
        let verdict = match outcome {
            Outcome::Accepted { first_version, last_version } => {
                let its_own = |event: &&EventRecord| (first_version..=last_version).contains(&event.version);
                let events = recorded.iter().filter(its_own).cloned().collect();
                Verdict::Accepted { version: last_version, events }
            }
            Outcome::Resent { first_version, last_version } => {
                let count = last_version.saturating_sub(first_version).saturating_add(1);
                let limit = Some(u32::try_from(count).unwrap_or(u32::MAX));
                let events = table.load(request.cart, first_version.saturating_sub(1), limit).await?;
                Verdict::Accepted { version: last_version, events }
            }
            Outcome::Noop { version } => Verdict::Noop { version },
            Outcome::Refused(refusal) => Verdict::Refused(refusal),
            Outcome::Skipped => Verdict::Skipped,
        };
        results.push(CommandResult { command_id: sent.id, verdict });
    }
    Ok(results)
}
