//! Folding a cart's row forward: pure, and the same for the projector, for `verify` and for tests.

use tillroll_core::gate::{Gate, Passage};
use tillroll_core::id::EventId;
use tillroll_core::recorded::Stored;
use tillroll_core::time::Timestamp;

use super::{Happened, Poison, Subscription};
use crate::filter::Filter;
use crate::ports::ROWS_WRITE_MAX;
use crate::record::{EventRecord, Undecodable};

/// Most entries that may come or go in one write: what a transaction takes besides the cart's row and its parked row.
pub const ENTRIES_CHANGED_MAX: usize = ROWS_WRITE_MAX - 2;

/// What the next version of a cart brings to a subscription.
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "nearly all are events, and a box for each would cost more than the room")]
pub enum Arrival {
    /// An event. The generation's filter still decides whether it is applied.
    Event(EventRecord),
    /// There is an event of this version, and the generation's filter does not let it through: only the gate moves.
    Skip(u64),
}

impl Arrival {
    /// Its version.
    #[must_use]
    pub fn version(&self) -> u64 {
        match self {
            Self::Event(event) => event.version,
            Self::Skip(version) => *version,
        }
    }

    /// The cart cannot go on before this.
    pub(crate) fn standstill(&self, cause: impl Into<Obstacle>) -> Standstill {
        match self {
            Self::Event(event) => Standstill::at(event, cause),
            Self::Skip(version) => Standstill::after(version.saturating_sub(1), cause),
        }
    }
}

/// What a subscription has made of a cart so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Folded<R> {
    /// Version of the event applied last, 0 before the first.
    pub version: u64,
    /// The row.
    pub row: R,
}

/// A cart stands still: the event that could not be applied, and why.
#[derive(Debug)]
pub struct Standstill {
    /// Version of the event.
    pub version: u64,
    /// The event; `None` when it is missing.
    pub event_id: Option<EventId>,
    /// When it was recorded.
    pub recorded_at: Option<Timestamp>,
    /// Why it was not applied.
    pub cause: Obstacle,
}

/// Why an event was not applied.
#[derive(Debug, thiserror::Error)]
pub enum Obstacle {
    /// A newer build wrote it.
    #[error("this build does not know events named {0}")]
    UnknownEvent(String),
    /// Its data is not what its name says.
    #[error(transparent)]
    Undecodable(#[from] Undecodable),
    /// The subscription cannot take it.
    #[error("the subscription cannot apply the event: {0}")]
    Poison(#[from] Poison),
    /// The table has later events of the cart, and not this one.
    #[error("the table does not have the event")]
    Missing,
    /// One event changes more entries than one write takes.
    #[error("the event changes {0} entries, more than the {ENTRIES_CHANGED_MAX} that fit in one write")]
    TooManyEntries(usize),
    /// The row does not become JSON, or the stored JSON does not become a row of this build.
    #[error("the row of the cart does not read or write as JSON")]
    RowLayout(#[from] serde_json::Error),
    /// The table or the rows refuse it for good: it is too large for an item, for one.
    #[error("{0}")]
    Refused(String),
}

impl Standstill {
    /// The cart cannot go on after `version`, whichever event comes next.
    pub(crate) fn after(version: u64, cause: impl Into<Obstacle>) -> Self {
        Self { version: version.saturating_add(1), event_id: None, recorded_at: None, cause: cause.into() }
    }

    pub(crate) fn at(event: &EventRecord, cause: impl Into<Obstacle>) -> Self {
        Self {
            version: event.version,
            event_id: Some(event.circumstances.event_id),
            recorded_at: event.circumstances.recorded_at,
            cause: cause.into(),
        }
    }
}

/// What a fold does with a version.
#[derive(Clone, Copy)]
enum Step<'a> {
    Apply(&'a EventRecord),
    PassOver(u64),
}

impl Step<'_> {
    fn version(self) -> u64 {
        match self {
            Self::Apply(event) => event.version,
            Self::PassOver(version) => version,
        }
    }
}

impl<R: Clone> Folded<R> {
    /// Folds `events` in, which are in order; those applied before are passed over. Stops before the first one that
    /// cannot be applied, a hole included.
    pub fn fold<S: Subscription<Row = R>>(
        &self,
        subscription: &S,
        events: &[EventRecord],
    ) -> (Self, Option<Standstill>) {
        self.follow(subscription, &events.iter().map(Step::Apply).collect::<Vec<_>>())
    }

    /// The same through a filter: what it does not let through, or was skipped on the way, moves the version alone.
    pub fn fold_through<S: Subscription<Row = R>>(
        &self,
        subscription: &S,
        filter: &Filter,
        arrivals: &[Arrival],
    ) -> (Self, Option<Standstill>) {
        let steps = arrivals.iter().map(|arrival| match arrival {
            Arrival::Event(event) if filter.admits(event) => Step::Apply(event),
            Arrival::Event(EventRecord { version, .. }) | Arrival::Skip(version) => Step::PassOver(*version),
        });
        self.follow(subscription, &steps.collect::<Vec<_>>())
    }

    fn follow<S: Subscription<Row = R>>(&self, subscription: &S, steps: &[Step<'_>]) -> (Self, Option<Standstill>) {
        let mut folded = self.clone();
        for (index, step) in steps.iter().enumerate() {
            if let Err(standstill) = folded.step(subscription, *step) {
                // A failed `apply` may have changed half of the row: what came before it is folded afresh.
                let before = self.follow(subscription, steps.get(..index).unwrap_or_default()).0;
                return (before, Some(standstill));
            }
        }
        (folded, None)
    }

    fn step<S: Subscription<Row = R>>(&mut self, subscription: &S, step: Step<'_>) -> Result<(), Standstill> {
        let gate = Gate::at(self.version);
        match gate.judge(step.version()) {
            Passage::Duplicate => return Ok(()),
            Passage::Apply => {}
            Passage::Gap { .. } => return Err(Standstill::after(self.version, Obstacle::Missing)),
        }
        if let Step::Apply(event) = step {
            self.apply(subscription, event)?;
        }
        self.version = gate.after(step.version()).applied();
        Ok(())
    }

    fn apply<S: Subscription<Row = R>>(&mut self, subscription: &S, event: &EventRecord) -> Result<(), Standstill> {
        let known = match event.event::<S::Event>().map_err(|error| Standstill::at(event, error))? {
            Stored::Known(known) => known,
            Stored::Unknown { name } => return Err(Standstill::at(event, Obstacle::UnknownEvent(name))),
        };
        let happened =
            Happened { cart: event.stream, version: event.version, event: &known, circumstances: &event.circumstances };
        subscription.apply(&mut self.row, happened).map_err(|poison| Standstill::at(event, poison))
    }
}
