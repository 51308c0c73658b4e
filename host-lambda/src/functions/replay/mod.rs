//! Replay: the archive is sent to one subscription again, through that subscription's own queue.
//!
//! A run is a small document and a sequence of steps. Each step does a bounded slice, writes down how far it came
//! *after* the queue has confirmed, and says whether there is more; whoever drives it calls the next one, after a crash
//! as after a success. Saves are conditional, so two that drive one run do not both advance it.
//!
//! ```text
//! planning ─▶ sending ─▶ draining ─▶ catching_up ─▶ switching ─▶ finished
//!                            ▲            │ a cart lags: its events go into the queue from the table
//!                            └────────────┘
//! ```
//!
//! Why nothing is missed: the generation is registered first, then the newest position of every shard of the bus is
//! noted. What comes after that position is delivered live, into the new generation too. What came before is in the
//! archive once the archive's own reader has passed it, and only then are objects listed. Twice is no harm: the gate.
//!
//! A run `in_place` sends into the live generation, and ends when the queue is empty.

mod catch_up;
mod control;
mod plan;
mod run;

use tillroll_core::lane::LANES;
use tillroll_core::sequence::SequenceNumber;

use crate::archive_object::ArchiveObject;
use crate::generations::{self, GenerationsError};
use crate::ports::{
    Archive, Clock, EventTable, Fault, FaultKind, Progress, QUEUE_SEND_MESSAGES_MAX, QueueMessage, ReplayQueue, Rows,
    Runs, ShardProgress,
};

pub use control::Options;
pub use plan::{MESSAGE_BYTES_MAX, MESSAGE_EVENTS_MAX};
use plan::{Sender, parcels_of_object};
use run::{Draft, Halt, PartlySent};
pub use run::{Phase, Run};

/// The bus's reader that fills the archive.
pub const ARCHIVE_READER: &str = "archive";
/// Most messages waiting in a replay queue: SQS looks for free groups only among its first 120,000 messages.
const QUEUE_DEPTH_MAX: u64 = 50_000;
/// Objects sent in one step; a step stays far below the 15 minutes of a Lambda.
const STEP_OBJECTS_MAX: usize = 16;
/// Keys listed at a time (S3 `ListObjectsV2`).
const LIST_KEYS_MAX: usize = 1_000;
/// Most such pages: ten million objects.
const LIST_PAGES_MAX: usize = 10_000;

/// The replay function: its ports.
#[derive(Debug)]
pub struct Replay<'a, A, Q, R, U, P, T, C> {
    /// Where the events are read.
    pub archive: &'a A,
    /// Where they are sent.
    pub queue: &'a Q,
    /// Generations and gates.
    pub rows: &'a R,
    /// The runs' documents.
    pub runs: &'a U,
    /// How far bus and archive have come.
    pub progress: &'a P,
    /// What the archive lacks.
    pub table: &'a T,
    /// The time of day.
    pub clock: &'a C,
}

/// What a step says to whoever drives the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// There is more to do now.
    Continue,
    /// There is more to do, and somebody else has to do something first.
    Wait,
    /// The run is finished.
    Finished,
    /// The run was cancelled, or stands still with an error in its document.
    Stopped,
}

/// Why nothing was done to a run.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// No subscription has this name.
    #[error("there is no subscription {subscription}")]
    UnknownSubscription {
        /// What was asked for.
        subscription: String,
    },
    /// No run has this id.
    #[error("there is no replay run {run}")]
    UnknownRun {
        /// What was asked for.
        run: String,
    },
    /// One at a time: a subscription has one generation that is being filled.
    #[error("subscription {subscription} is being replayed by run {run}; wait for it, resume it or cancel it")]
    ReplayRunning {
        /// The subscription.
        subscription: String,
        /// The run.
        run: String,
    },
    /// The id was used for another replay.
    #[error("run {run} is a replay of other things; use another id")]
    RunTaken {
        /// The id.
        run: String,
    },
    /// The run is over.
    #[error("run {run} has ended")]
    Ended {
        /// The run.
        run: String,
    },
    /// Something broke.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl<A, Q, R, U, P, T, C> Replay<'_, A, Q, R, U, P, T, C>
where
    A: Archive,
    Q: ReplayQueue,
    R: Rows,
    U: Runs,
    P: Progress,
    T: EventTable,
    C: Clock,
{
    /// Does a bounded slice of a run. What may go away by itself is an error here, to be tried again; what does not is
    /// written into the run, which then stands still.
    pub async fn step(&self, run: &str) -> Result<Step, ReplayError> {
        let mut draft = Draft::open(self.runs, run).await?;
        let advanced = match draft.run.phase {
            Phase::Finished => return Ok(Step::Finished),
            Phase::Cancelled => return Ok(Step::Stopped),
            _ if draft.run.error.is_some() => return Ok(Step::Stopped),
            Phase::Planning => self.plan(&mut draft).await,
            Phase::Sending => self.send(&mut draft).await,
            Phase::Draining => self.drain(&mut draft).await,
            Phase::CatchingUp => self.catch_up(&mut draft).await,
            Phase::Switching => self.switch(&mut draft).await,
        };
        match advanced {
            Ok(step) => Ok(step),
            Err(Halt::Fenced) => Ok(Step::Wait),
            Err(Halt::Fault(fault)) if fault.kind == FaultKind::Permanent => self.stop(run, &fault).await,
            Err(Halt::Fault(fault)) => Err(fault.into()),
        }
    }

    /// Takes the generation and notes how far the bus has come.
    async fn plan(&self, draft: &mut Draft<'_, U>) -> Result<Step, Halt> {
        let Run { id, subscription, in_place, .. } = &draft.run;
        let generation = if *in_place {
            generations::read(self.rows, subscription).await?.live
        } else {
            generations::begin_filling(self.rows, subscription, id).await.map_err(|error| halt(id, error))?
        };
        let shards = self.progress.bus().await?;
        draft.run.cursor.marks =
            shards.into_iter().filter_map(|shard| shard.newest.map(|newest| (shard.shard, newest))).collect();
        draft.run.generation = Some(generation);
        draft.run.phase = Phase::Sending;
        draft.save().await?;
        Ok(Step::Continue)
    }

    /// Sends objects, from the checkpoint on.
    async fn send(&self, draft: &mut Draft<'_, U>) -> Result<Step, Halt> {
        if draft.run.objects_total.is_none() {
            return self.survey(draft).await;
        }
        let after = draft.run.cursor.sent_object.clone();
        let mut keys = self.archive.list(after.as_deref(), STEP_OBJECTS_MAX).await?;
        keys.retain(|key| draft.run.cursor.last_object.as_ref().is_some_and(|last| key <= last));
        if keys.is_empty() {
            draft.run.phase = Phase::Draining;
            draft.run.cursor.partly_sent = None;
            draft.save().await?;
            return Ok(Step::Continue);
        }
        for key in keys {
            if !self.send_object(draft, key).await? {
                return Ok(Step::Wait);
            }
        }
        Ok(Step::Continue)
    }

    /// Waits until the archive has everything up to the marks, then counts what there is to send.
    async fn survey(&self, draft: &mut Draft<'_, U>) -> Result<Step, Halt> {
        let shards = self.progress.bus().await?;
        if !draft.run.cursor.marks.iter().all(|(shard, mark)| has_passed(&shards, shard, ARCHIVE_READER, mark)) {
            return Ok(Step::Wait);
        }
        let mut last_object: Option<String> = None;
        let mut objects_total = 0;
        for _ in 0..LIST_PAGES_MAX {
            let keys = self.archive.list(last_object.as_deref(), LIST_KEYS_MAX).await?;
            objects_total += keys.len() as u64;
            let Some(last) = keys.into_iter().next_back() else { break };
            last_object = Some(last);
        }
        draft.run.cursor.last_object = last_object;
        draft.run.objects_total = Some(objects_total);
        draft.save().await?;
        Ok(Step::Continue)
    }

    /// Sends what is left of an object and writes down how far that went; false when the rest has to wait.
    async fn send_object(&self, draft: &mut Draft<'_, U>, key: String) -> Result<bool, Halt> {
        let object = ArchiveObject::read(self.archive, &key).await?;
        let parcels = parcels_of_object(&object, LANES)?;
        drop(object);
        let total = parcels.len();
        let confirmed = draft.run.cursor.partly_sent.as_ref().filter(|partly| partly.object == key);
        let confirmed = confirmed.map_or(0, |partly| partly.messages).min(total);
        if !self.has_room(&draft.run.subscription, total - confirmed).await? {
            return Ok(false);
        }
        let events: Vec<usize> = parcels.iter().map(|parcel| parcel.events.len()).collect();
        let sender = sender_of(&draft.run)?;
        let messages = parcels.into_iter().skip(confirmed).map(|parcel| parcel.into_message(sender, &key));
        let messages = messages.collect::<Result<Vec<_>, _>>()?;
        let sent = self.send_messages(&draft.run.subscription, messages).await?;

        let run = &mut draft.run;
        run.messages_sent += sent as u64;
        run.events_sent += events.iter().skip(confirmed).take(sent).sum::<usize>() as u64;
        let whole = confirmed + sent == total;
        if whole {
            run.objects_done += 1;
            run.cursor.sent_object = Some(key);
        } else {
            run.cursor.partly_sent = Some(PartlySent { object: key, messages: confirmed + sent });
        }
        draft.save().await?;
        Ok(whole)
    }

    async fn has_room(&self, subscription: &str, messages: usize) -> Result<bool, Fault> {
        let depth = self.queue.depth(subscription).await?;
        Ok(depth.saturating_add(messages as u64) <= QUEUE_DEPTH_MAX)
    }

    /// Sends messages in order, and answers how many from the first on the queue has confirmed.
    async fn send_messages(&self, subscription: &str, messages: Vec<QueueMessage>) -> Result<usize, Fault> {
        let mut confirmed = 0;
        let mut messages = messages.into_iter().peekable();
        while messages.peek().is_some() {
            let sent: Vec<QueueMessage> = messages.by_ref().take(QUEUE_SEND_MESSAGES_MAX).collect();
            let count = sent.len();
            let results = self.queue.send(subscription, sent).await?;
            let taken = results.iter().take_while(|result| result.is_ok()).count();
            confirmed += taken;
            if taken < count {
                tracing::warn!(subscription, confirmed, "the replay queue did not take every message; waiting");
                break;
            }
        }
        Ok(confirmed)
    }

    async fn drain(&self, draft: &mut Draft<'_, U>) -> Result<Step, Halt> {
        if self.queue.depth(&draft.run.subscription).await? > 0 {
            return Ok(Step::Wait);
        }
        if draft.run.in_place {
            return self.finish(draft).await;
        }
        draft.run.phase = Phase::CatchingUp;
        draft.save().await?;
        Ok(Step::Continue)
    }

    async fn switch(&self, draft: &mut Draft<'_, U>) -> Result<Step, Halt> {
        let Run { id, subscription, .. } = &draft.run;
        generations::switch(self.rows, subscription, id).await.map_err(|error| halt(id, error))?;
        self.finish(draft).await
    }

    async fn finish(&self, draft: &mut Draft<'_, U>) -> Result<Step, Halt> {
        draft.run.phase = Phase::Finished;
        draft.run.finished_at = Some(self.clock.now());
        draft.save().await?;
        Ok(Step::Finished)
    }

    /// Writes what went wrong into the run as it was last saved.
    async fn stop(&self, run: &str, fault: &Fault) -> Result<Step, ReplayError> {
        let mut draft = Draft::open(self.runs, run).await?;
        let error = with_causes(fault);
        tracing::error!(run, error, "the replay stands still");
        draft.run.error = Some(error);
        match draft.save().await {
            Ok(()) => Ok(Step::Stopped),
            Err(Halt::Fenced) => Ok(Step::Wait),
            Err(Halt::Fault(fault)) => Err(fault.into()),
        }
    }
}

/// Whether a reader of the bus has finished everything up to `mark`. A shard that is not listed any more was read to
/// its end before it went.
pub(crate) fn has_passed(shards: &[ShardProgress], shard: &str, reader: &str, mark: &SequenceNumber) -> bool {
    shards.iter().filter(|listed| listed.shard == shard).all(|listed| {
        let position = listed.readers.iter().find(|(name, _)| name == reader).and_then(|(_, last)| last.as_ref());
        position.is_some_and(|last| last >= mark)
    })
}

fn sender_of(run: &Run) -> Result<Sender<'_>, Fault> {
    let generation = run.generation.ok_or_else(|| {
        Fault::new(FaultKind::Permanent, "send the archive for replay run", &run.id, "it has no generation")
    })?;
    Ok(Sender { run: &run.id, subscription: &run.subscription, generation })
}

fn halt(run: &str, error: GenerationsError) -> Halt {
    Halt::Fault(match error {
        GenerationsError::Fault(fault) => fault,
        other @ (GenerationsError::Busy { .. }
        | GenerationsError::NotFilling { .. }
        | GenerationsError::NoPrevious { .. }) => {
            Fault::new(FaultKind::Permanent, "change the generations for replay run", run, other)
        }
    })
}

/// An error and its causes in one line.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests;
