//! The document of a run: where it stands, and what there is to tell about it.

use serde::{Deserialize, Serialize};
use tillroll_core::id::StreamId;
use tillroll_core::sequence::SequenceNumber;
use tillroll_core::time::Timestamp;

use super::ReplayError;
use crate::ports::{Fault, FaultKind, RowsError, Runs};

/// A run of the replay function, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Names the run.
    pub id: String,
    /// Whose rows are filled.
    pub subscription: String,
    /// Whether the events go into the live generation, where they do nothing unless something is missing there.
    pub in_place: bool,
    /// What is being done.
    pub phase: Phase,
    /// The generation that is filled; unknown while planning.
    pub generation: Option<u32>,
    /// Events in confirmed messages; an event that lies in two objects counts twice.
    pub events_sent: u64,
    /// Messages the queue has confirmed.
    pub messages_sent: u64,
    /// Archive objects of which every message is confirmed.
    pub objects_done: u64,
    /// Archive objects to send; unknown until the archive has everything.
    pub objects_total: Option<u64>,
    /// Carts found behind the live generation and filled from the table: their events were not in the archive, did
    /// not arrive, or were just on their way.
    pub carts_filled: u64,
    /// When it was started.
    pub started_at: Timestamp,
    /// When it was finished or cancelled.
    pub finished_at: Option<Timestamp>,
    /// Why it stands still. A run that is resumed goes on where it stopped.
    pub error: Option<String>,
    /// Where to go on. Nobody's business but the function's.
    pub(super) cursor: Cursor,
}

/// What a run is doing, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Taking a generation, and noting how far the event bus has come.
    Planning,
    /// Putting the archive into the queue, once it has everything up to there.
    Sending,
    /// Waiting for the subscription to empty the queue.
    Draining,
    /// Comparing the filled generation with the live one, cart by cart.
    CatchingUp,
    /// Making the filled generation the live one.
    Switching,
    /// Done.
    Finished,
    /// Given up on request.
    Cancelled,
}

/// Where a run goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Cursor {
    /// Newest record of each shard of the bus when the generation was taken: what comes later is delivered live.
    pub(super) marks: Vec<(String, SequenceNumber)>,
    /// The last object there was when everything up to the marks was in the archive.
    pub(super) last_object: Option<String>,
    /// Objects up to this one are sent.
    pub(super) sent_object: Option<String>,
    /// The object that is sent in part.
    pub(super) partly_sent: Option<PartlySent>,
    /// The lane being compared, and the last cart compared in it.
    pub(super) lane: u16,
    pub(super) cart: Option<String>,
    /// Carts that were behind when they were compared, and how often they have been filled.
    pub(super) laggards: Vec<Laggard>,
    pub(super) rounds: u32,
    /// How often any cart was filled; names the messages.
    pub(super) fills: u64,
}

/// A cart that was behind the live generation when it was compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Laggard {
    pub(super) cart: StreamId,
    /// What the filled generation had applied.
    pub(super) applied: u64,
    /// What the live one had applied: from there on both get every event.
    pub(super) wanted: u64,
}

/// The checkpoint inside an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PartlySent {
    /// Its key.
    pub(super) object: String,
    /// Messages of its plan that the queue has confirmed, from the first.
    pub(super) messages: usize,
}

impl Run {
    pub(super) fn new(id: String, subscription: &str, in_place: bool, started_at: Timestamp) -> Self {
        Self {
            id,
            subscription: subscription.to_owned(),
            in_place,
            phase: Phase::Planning,
            generation: None,
            events_sent: 0,
            messages_sent: 0,
            objects_done: 0,
            objects_total: None,
            carts_filled: 0,
            started_at,
            finished_at: None,
            error: None,
            cursor: Cursor::default(),
        }
    }

    /// Whether nothing will ever happen to it again.
    #[must_use]
    pub const fn ended(&self) -> bool {
        matches!(self.phase, Phase::Finished | Phase::Cancelled)
    }

    pub(super) fn parse(id: &str, document: &str) -> Result<Self, Fault> {
        serde_json::from_str(document).map_err(|error| Fault::new(FaultKind::Permanent, "read replay run", id, error))
    }
}

/// A run with the revision it was read at. Every save is conditional on it, so of two that advance one run only one
/// gets through, and the other stops.
#[derive(Debug)]
pub(super) struct Draft<'a, U> {
    pub(super) run: Run,
    runs: &'a U,
    revision: u64,
}

/// Why a step did not get to its end.
#[derive(Debug)]
pub(super) enum Halt {
    /// Somebody else advances this run.
    Fenced,
    /// Something broke.
    Fault(Fault),
}

impl From<Fault> for Halt {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl<'a, U: Runs> Draft<'a, U> {
    pub(super) fn new(runs: &'a U, run: Run) -> Self {
        Self { run, runs, revision: 0 }
    }

    pub(super) async fn load(runs: &'a U, id: &str) -> Result<Option<Self>, Fault> {
        let Some((revision, document)) = runs.load(id).await? else { return Ok(None) };
        Ok(Some(Self { run: Run::parse(id, &document)?, runs, revision }))
    }

    pub(super) async fn open(runs: &'a U, id: &str) -> Result<Self, ReplayError> {
        Self::load(runs, id).await?.ok_or_else(|| ReplayError::UnknownRun { run: id.to_owned() })
    }

    pub(super) async fn save(&mut self) -> Result<(), Halt> {
        let document = serde_json::to_string(&self.run)
            .map_err(|error| Fault::new(FaultKind::Permanent, "write replay run", &self.run.id, error))?;
        match self.runs.save(&self.run.id, self.revision, document).await {
            Ok(()) => {
                self.revision += 1;
                Ok(())
            }
            Err(RowsError::Conflict) => Err(Halt::Fenced),
            Err(RowsError::Fault(fault)) => Err(Halt::Fault(fault)),
        }
    }
}
