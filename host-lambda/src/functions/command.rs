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

/// How often a request is decided before it is given up. Of eight writers that never rest one try in eight succeeds, so
/// that one request in three thousand is given up.
pub const TRIES_MAX: u32 = 60;
/// No new try begins after this long, so that a caller gets an answer before its own patience ends.
const TRYING_MS_MAX: u64 = 8_000;
/// The shortest bound of a pause; where a try takes longer than that, its own duration takes its place.
const PAUSE_BOUND_MS_MIN: u64 = 8;
/// The longest bound of a pause.
const PAUSE_BOUND_MS_MAX: u64 = 250;
/// How often the bound doubles.
const PAUSE_DOUBLINGS_MAX: u32 = 2;
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
            source: Some(self.source.clone()),
            happened_at: Some(happened_at),
            recorded_at: Some(recorded_at),
            correlation_id: self.correlation_id.clone(),
            traceparent: self.traceparent.clone(),
            actor: self.actor.clone(),
            reducer: self.reducer.clone(),
            ..Circumstances::bare(EventId::new(Uuid::nil()))
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
    /// The version on which the first command was judged; 0 when there was no cart.
    pub judged_on: u64,
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
    #[error("other writers kept coming first; send the same request again")]
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
    let mut contest = Contest::begin(clock);
    loop {
        let mut cart = load_known(repository, request.cart).await?;
        admit(&cart, request, terms)?;
        expect_version(&cart, request, repository.table()).await?;
        let before = request.dry_run.then(|| cart.clone());
        let judged_on = cart.stored_version();
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
                Err(StoreError::Conflict) => {
                    contest.lost().await?;
                    continue;
                }
                Err(StoreError::TooManyEvents(_) | StoreError::TooLarge(_)) => return Err(CommandError::TooLarge),
                Err(StoreError::Fault(fault)) => return Err(fault.into()),
            },
        };
        if !request.dry_run && !recorded.is_empty() {
            news.announce(request.cart, cart.head().version);
        }
        let results = results(request, outcomes, &recorded, repository.table()).await?;
        return Ok(CommandReply { results, cart, judged_on });
    }
}

/// A race of writers for one cart: who loses pauses for a random time and tries again. The bound of the pause begins at
/// the time a try takes, because shorter pauses would make the same writers meet again. It grows only a little:
/// newcomers do not pause, and who pauses ever longer would lose to all of them.
pub(super) struct Contest<'a, C> {
    clock: &'a C,
    begun_ms: u64,
    try_begun_ms: u64,
    lost: u32,
}

impl<'a, C: Clock> Contest<'a, C> {
    /// The first try begins.
    pub(super) fn begin(clock: &'a C) -> Self {
        let now_ms = clock.elapsed_ms();
        Self { clock, begun_ms: now_ms, try_begun_ms: now_ms, lost: 0 }
    }

    /// Another writer was first. Comes back when the next try may begin; fails when there have been enough.
    pub(super) async fn lost(&mut self) -> Result<(), CommandError> {
        self.lost += 1;
        let now_ms = self.clock.elapsed_ms();
        if self.lost >= TRIES_MAX || now_ms.saturating_sub(self.begun_ms) >= TRYING_MS_MAX {
            return Err(CommandError::Contended);
        }
        let first_bound_ms = now_ms.saturating_sub(self.try_begun_ms).max(PAUSE_BOUND_MS_MIN);
        let doubled = 1 << (self.lost - 1).min(PAUSE_DOUBLINGS_MAX);
        let bound_ms = first_bound_ms.saturating_mul(doubled).min(PAUSE_BOUND_MS_MAX);
        self.clock.pause(Duration::from_millis(self.clock.jitter(bound_ms))).await;
        self.try_begun_ms = self.clock.elapsed_ms();
        Ok(())
    }
}

impl CommandRequest {
    /// Whether the request begins by opening the cart: then a cart that is missing, or somebody else's, is no reason
    /// to stop.
    fn opens(&self) -> bool {
        matches!(self.commands.first(), Some(Sent { request: CartRequest::OpenCart(_), .. }))
    }
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
