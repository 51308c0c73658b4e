//! Replay: the archive is sent to one subscription again, through that subscription's own queue.
//!
//! A run is a small document and a sequence of steps. Each step does a bounded slice, writes down how far it came
//! *after* the queue has confirmed, and says whether there is more; whoever drives it calls the next one, after a crash
//! as after a success. Saves are conditional, so two that drive one run do not both advance it.
//!
//! ```text
//! a new generation       planning ─▶ sending ─▶ draining ─▶ catching_up ─▶ switching ─▶ finished
//!                                                   ▲            │ a cart lags: its events go into the queue from the table
//!                                                   └────────────┘
//! the previous one       planning ─▶ catching_up (and back to draining) ─▶ switching ─▶ finished
//! the live one           planning ─▶ sending ─▶ draining ─▶ finished
//! single carts           planning ─▶ sending ─▶ rebuilding ─▶ clearing ─▶ finished
//! ```
//!
//! In any phase a run can be paused, resumed and cancelled. New events go into the filling generation all the same, so
//! nothing is missed by a pause, however long.
//!
//! Why nothing is missed: the generation is registered first, then the newest position of every shard of the bus is
//! noted. What comes after that position is delivered live, into the new generation too. What came before is in the
//! archive once the archive's own reader has passed it, and only then are objects listed. Twice is no harm: the gate.
//! The previous generation gets nothing from the archive; there it is the subscription's own reader that has to pass, so
//! that no batch which knew nothing of the registration is still on its way into the live rows.
//!
//! | module | |
//! |---|---|
//! | `options` | what can be asked for |
//! | `control` | start, pause, resume, cancel, roll back |
//! | `run` | the document of a run |
//! | `send` | the archive into the queue; `plan` cuts the messages, `rate` says when |
//! | `catch_up` | what lags behind the live generation, from the table |
//! | `carts` | single carts |
//! | `parts` | the archive in parts, each with a sender and a checkpoint of its own |
//! | [`work`] | the function as a state machine calls it: slices that end before the time does |
//! | `estimate` | what a replay would do |

mod carts;
mod catch_up;
mod control;
mod estimate;
mod options;
mod parts;
mod plan;
mod rate;
mod run;
mod send;
pub mod work;

use tillroll_core::id::StreamId;
use tillroll_core::sequence::SequenceNumber;

use crate::generations::{self, GenerationsError};
use crate::ports::{
    Archive, Clock, EventTable, Fault, FaultKind, Progress, QUEUE_SEND_MESSAGES_MAX, QueueMessage, ReplayQueue, Rows,
    Runs, ShardProgress,
};

pub use estimate::{Cost, Estimate, TimeFrom};
pub use options::{CARTS_MAX, Options, RATE_MAX, Target};
use plan::Sender;
pub use plan::{MESSAGE_BYTES_MAX, MESSAGE_EVENTS_MAX};
use run::{Draft, Halt};
pub use run::{Pace, Phase, Run};

/// The bus's reader that fills the archive.
pub const ARCHIVE_READER: &str = "archive";
/// Most messages waiting in a replay queue: SQS looks for free groups only among its first 120,000 messages.
const QUEUE_DEPTH_MAX: u64 = 50_000;

/// The adapters that a replay works with, by type.
pub trait ReplayPorts {
    /// Where the events are read.
    type Archive: Archive;
    /// Where they are sent.
    type Queue: ReplayQueue;
    /// Generations and gates.
    type Rows: Rows;
    /// The runs' documents.
    type Runs: Runs;
    /// How far bus and archive have come.
    type Progress: Progress;
    /// What the archive lacks.
    type Table: EventTable;
    /// Time.
    type Clock: Clock;
}

/// The replay function: its ports.
#[derive(Debug)]
pub struct Replay<'a, P: ReplayPorts> {
    /// Where the events are read.
    pub archive: &'a P::Archive,
    /// Where they are sent.
    pub queue: &'a P::Queue,
    /// Generations and gates.
    pub rows: &'a P::Rows,
    /// The runs' documents.
    pub runs: &'a P::Runs,
    /// How far bus and archive have come.
    pub progress: &'a P::Progress,
    /// What the archive lacks.
    pub table: &'a P::Table,
    /// Time.
    pub clock: &'a P::Clock,
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
    /// The run was cancelled, is paused, or stands still with an error in its document.
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
    /// What was asked for makes no sense.
    #[error("{reason}")]
    Invalid {
        /// The member of the request that is wrong.
        member: &'static str,
        /// Why, and what would do.
        reason: String,
    },
    /// A cart that is to be rebuilt has no events.
    #[error("there is no cart {cart}")]
    UnknownCart {
        /// The cart.
        cart: StreamId,
    },
    /// There is nothing to roll back to.
    #[error("subscription {subscription} has no previous generation: it was never switched")]
    NoPrevious {
        /// The subscription.
        subscription: String,
    },
    /// What the run made live is not live any more, or never was.
    #[error(
        "what is live of subscription {subscription} was not put there by run {run}; only the newest switch can be \
             rolled back"
    )]
    NotLive {
        /// The subscription.
        subscription: String,
        /// The run.
        run: String,
    },
    /// Something broke.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl<P: ReplayPorts> Replay<'_, P> {
    /// Does a bounded slice of a run. What may go away by itself is an error here, to be tried again; what does not is
    /// written into the run, which then stands still.
    pub async fn step(&self, run: &str) -> Result<Step, ReplayError> {
        let draft = Draft::open(self.runs, run).await?;
        self.step_from(draft).await
    }

    async fn step_from(&self, mut draft: Draft<'_, P::Runs>) -> Result<Step, ReplayError> {
        let run = draft.run.id.clone();
        let advanced = match draft.run.phase {
            Phase::Finished => return Ok(Step::Finished),
            _ if !draft.run.goes_on() => return Ok(Step::Stopped),
            Phase::Planning => self.plan(&mut draft).await,
            Phase::Sending if matches!(draft.run.target, Target::Carts { .. }) => self.send_carts(&mut draft).await,
            Phase::Sending => self.send(&mut draft).await,
            Phase::Draining => self.drain(&mut draft).await,
            Phase::CatchingUp => self.catch_up(&mut draft).await,
            Phase::Rebuilding => self.rebuilt(&mut draft).await,
            Phase::Switching => self.switch(&mut draft).await,
            Phase::Clearing => self.clear(&mut draft).await,
            Phase::Cancelled => Ok(Step::Stopped),
        };
        match advanced {
            Ok(step) => Ok(step),
            Err(Halt::Fenced) => Ok(Step::Wait),
            Err(Halt::Fault(fault)) if fault.kind == FaultKind::Permanent => self.stop(&run, &fault).await,
            Err(Halt::Fault(fault)) => Err(fault.into()),
        }
    }

    /// Takes the generation and notes how far the bus has come.
    async fn plan(&self, draft: &mut Draft<'_, P::Runs>) -> Result<Step, Halt> {
        if draft.run.generation.is_none() {
            let generation = self.register(&draft.run).await.map_err(|error| halt(&draft.run.id, error))?;
            let shards = self.progress.bus().await?;
            draft.run.cursor.marks =
                shards.into_iter().filter_map(|shard| shard.newest.map(|newest| (shard.shard, newest))).collect();
            draft.run.generation = Some(generation);
            draft.save().await?;
        }
        draft.run.phase = match draft.run.target {
            Target::PreviousGeneration if !self.passed_by(&draft.run, &draft.run.subscription).await? => {
                return Ok(Step::Wait);
            }
            Target::PreviousGeneration => Phase::CatchingUp,
            Target::NewGeneration { .. } | Target::LiveGeneration { .. } | Target::Carts { .. } => Phase::Sending,
        };
        draft.save().await?;
        Ok(Step::Continue)
    }

    /// The generation of a run, after making sure that the run fills it, if it is to fill one. Twice is once.
    async fn register(&self, run: &Run) -> Result<u32, GenerationsError> {
        let Run { id, subscription, target, .. } = run;
        match target {
            Target::NewGeneration { filter } => generations::begin_filling(self.rows, subscription, id, filter).await,
            Target::PreviousGeneration => generations::begin_rollback(self.rows, subscription, id).await,
            Target::LiveGeneration { .. } | Target::Carts { .. } => {
                Ok(generations::read(self.rows, subscription).await?.live)
            }
        }
    }

    /// Whether a reader of the bus has finished everything from before the run took its generation.
    async fn passed_by(&self, run: &Run, reader: &str) -> Result<bool, Fault> {
        let shards = self.progress.bus().await?;
        Ok(run.cursor.marks.iter().all(|(shard, mark)| has_passed(&shards, shard, reader, mark)))
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

    async fn drain(&self, draft: &mut Draft<'_, P::Runs>) -> Result<Step, Halt> {
        if draft.run.cursor.parts.is_some() {
            self.remove_parts(&draft.run).await?;
            draft.run.cursor.parts = None;
            draft.save().await?;
        }
        if self.queue.depth(&draft.run.subscription).await? > 0 {
            return Ok(Step::Wait);
        }
        if matches!(draft.run.target, Target::LiveGeneration { .. }) {
            return self.finish(draft).await;
        }
        draft.run.phase = Phase::CatchingUp;
        draft.save().await?;
        Ok(Step::Continue)
    }

    async fn switch(&self, draft: &mut Draft<'_, P::Runs>) -> Result<Step, Halt> {
        let Run { id, subscription, .. } = &draft.run;
        generations::switch(self.rows, subscription, id).await.map_err(|error| halt(id, error))?;
        self.finish(draft).await
    }

    async fn finish(&self, draft: &mut Draft<'_, P::Runs>) -> Result<Step, Halt> {
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
