//! The document of a run: where it stands, and what there is to tell about it.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tillroll_core::id::StreamId;
use tillroll_core::sequence::SequenceNumber;
use tillroll_core::time::Timestamp;

use super::ReplayError;
use super::options::{Options, Target};
use super::parts::Survey;
use super::rate::Bucket;
use crate::ports::{Fault, FaultKind, RowsError, Runs};

/// A run of the replay function, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Names the run.
    pub id: String,
    /// Whose rows are filled.
    pub subscription: String,
    /// Where the events go, and which.
    #[serde(flatten)]
    pub target: Target,
    /// Most events sent in a second.
    #[serde(default)]
    pub rate: Option<u32>,
    /// What is being done.
    pub phase: Phase,
    /// The generation that the events go into; unknown while planning.
    pub generation: Option<u32>,
    /// Events in confirmed messages; an event that lies in two objects counts twice.
    pub events_sent: u64,
    /// Events that travelled as skips, because the filter does not let them through.
    #[serde(default)]
    pub events_skipped: u64,
    /// Messages the queue has confirmed.
    pub messages_sent: u64,
    /// Archive objects of which every message is confirmed.
    pub objects_done: u64,
    /// Archive objects to send; unknown until the archive has everything.
    pub objects_total: Option<u64>,
    /// Carts found behind the live generation and filled from the table: their events were not in the archive, did
    /// not arrive, or were just on their way.
    pub carts_filled: u64,
    /// Single carts that were rebuilt.
    #[serde(default)]
    pub carts_rebuilt: u64,
    /// When it was started.
    pub started_at: Timestamp,
    /// Since when it stands still on request.
    #[serde(default)]
    pub paused_at: Option<Timestamp>,
    /// How long it stood still on request before that.
    #[serde(default)]
    pub paused_ms: u64,
    /// When it was finished or cancelled.
    pub finished_at: Option<Timestamp>,
    /// Why it stands still. A run that is resumed goes on where it stopped.
    pub error: Option<String>,
    /// Where to go on. Nobody's business but the function's.
    pub(super) cursor: Cursor,
}

/// What a run is doing. Which of these a run goes through, and in which order, depends on its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Taking a generation, and noting how far the event bus has come. A generation that was live before also waits
    /// until the subscription has come that far.
    Planning,
    /// Putting the archive into the queue, once it has everything up to there; or the carts that are to be rebuilt.
    Sending,
    /// Waiting for the subscription to empty the queue.
    Draining,
    /// Comparing the filled generation with the live one, cart by cart.
    CatchingUp,
    /// Waiting until each of the carts is rebuilt.
    Rebuilding,
    /// Making the filled generation the live one.
    Switching,
    /// Removing what was only there for the run.
    Clearing,
    /// Done.
    Finished,
    /// Given up on request.
    Cancelled,
}

/// Where a run goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
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
    /// Carts that were behind when they were compared, how many of them are filled in this round, and how many rounds
    /// there were.
    pub(super) laggards: Vec<Laggard>,
    pub(super) filled: usize,
    pub(super) rounds: u32,
    /// How often any cart was filled or sent to be rebuilt; names the messages.
    pub(super) fills: u64,
    /// What the rate still allows.
    pub(super) bucket: Option<Bucket>,
    /// How often it was resumed after it stood still.
    pub(super) attempt: u32,
    /// How many senders there may be at a time; none or one where whoever steps the run sends.
    pub(super) senders: u32,
    /// The listing of the archive while it is under way.
    pub(super) survey: Option<Survey>,
    /// Into how many parts the archive was cut for the senders.
    pub(super) parts: Option<u32>,
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
    pub(super) fn new(subscription: &str, options: Options, started_at: Timestamp) -> Self {
        let Options { run, target, rate } = options;
        Self {
            id: run.hyphenated().to_string(),
            subscription: subscription.to_owned(),
            target,
            rate,
            phase: Phase::Planning,
            generation: None,
            events_sent: 0,
            events_skipped: 0,
            messages_sent: 0,
            objects_done: 0,
            objects_total: None,
            carts_filled: 0,
            carts_rebuilt: 0,
            started_at,
            paused_at: None,
            paused_ms: 0,
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

    /// Whether its next step does something: it has not ended, is not paused, and has not stumbled.
    #[must_use]
    pub const fn goes_on(&self) -> bool {
        !self.ended() && self.paused_at.is_none() && self.error.is_none()
    }

    /// How fast it has been, and how long it will take if it stays so.
    #[must_use]
    pub fn pace(&self, now: Timestamp) -> Pace {
        let until = self.finished_at.or(self.paused_at).unwrap_or(now);
        let active_ms = ms_between(self.started_at, until).saturating_sub(self.paused_ms);
        let per_second = |done: u64| done.saturating_mul(1_000).checked_div(active_ms);
        let left = self.objects_total.map(|total| total.saturating_sub(self.objects_done));
        let left_ms = |left: u64| left.saturating_mul(active_ms).checked_div(self.objects_done);
        Pace {
            events_per_second: per_second(self.events_sent),
            seconds_left: left
                .filter(|_| self.goes_on() && self.phase == Phase::Sending)
                .and_then(left_ms)
                .map(|ms| ms.div_ceil(1_000)),
        }
    }

    /// How often it was resumed after it stood still: whoever carried it before lets it go.
    #[must_use]
    pub const fn attempt(&self) -> u32 {
        self.cursor.attempt
    }

    /// Lets it go on after it was paused.
    pub(super) fn unpause(&mut self, now: Timestamp) {
        if let Some(paused_at) = self.paused_at.take() {
            self.paused_ms = self.paused_ms.saturating_add(ms_between(paused_at, now));
        }
    }

    pub(super) fn parse(id: &str, document: &str) -> Result<Self, Fault> {
        let read = || {
            let mut document: Value = serde_json::from_str(document)?;
            // Runs from before there were targets say whether they went into the live generation.
            if let Some(members) = document.as_object_mut() {
                let in_place = members.get("in_place").and_then(Value::as_bool).unwrap_or_default();
                let target = if in_place { "live_generation" } else { "new_generation" };
                members.entry("target").or_insert_with(|| target.into());
            }
            serde_json::from_value(document)
        };
        read().map_err(|error| Fault::new(FaultKind::Permanent, "read replay run", id, error))
    }
}

/// How fast a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Pace {
    /// On the average of the time that it was not paused; `None` before any has passed.
    pub events_per_second: Option<u64>,
    /// Until everything is sent, if it stays so fast; `None` where nobody can know.
    pub seconds_left: Option<u64>,
}

fn ms_between(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.unix_ms().saturating_sub(from.unix_ms())).unwrap_or(0)
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
