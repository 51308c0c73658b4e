//! The replay function as a state machine calls it: each call works in slices until the run needs something else or
//! the time runs out, and answers what to do next. Everything that counts is written down by then, so a call that is
//! lost, repeated or cut off is made up for by the next one.
//!
//! ```text
//!             ┌── wait ◀──┐
//!             ▼           │ "wait"
//! begin ─▶ advance ───────┼─ "send" ─▶ map: send, of each part ─▶ advance …
//!             ▲           │
//!             └───────────┤ "continue"
//!                         ├─ "finished", "stopped"
//!                         └─ "failed"
//! ```
//!
//! The function never calls itself, and it has no clock of its own: when its time ends it is told.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tillroll_core::time::Timestamp;

use super::parts::PartStanding;
use super::run::Draft;
use super::{Phase, Replay, ReplayError, ReplayPorts, Run, Step, Target};
use crate::ports::{Clock as _, Fault, FaultKind};

/// A slice is begun only while this much time is left: the longest one, with its requests tried again, takes less.
pub const REMAINDER_MS: i64 = 60_000;
/// How long somebody waits here when a slice has to wait, and how often in a row before the caller waits.
const PAUSE: Duration = Duration::from_secs(2);
const PAUSES_MAX: u32 = 10;
/// How long the caller waits then.
const WAIT_SECONDS: u32 = 30;
/// How often in a row a slice may fail with what may go away by itself.
const FAULTS_MAX: u32 = 5;
/// Most slices of a call; its time ends long before.
const SLICES_MAX: u32 = 1_000_000;
/// Most characters that are kept of why a state machine gave up.
const REASON_CHARS_MAX: usize = 1_000;
/// Most senders at a time.
pub const SENDERS_MAX: u32 = 64;

/// What the function is called with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "snake_case", deny_unknown_fields)]
pub enum Task {
    /// Everything about a run but sending the archive.
    Advance {
        /// The run.
        run: String,
        /// For which attempt the caller was started.
        attempt: u32,
        /// How many senders there will be at a time.
        senders: u32,
    },
    /// Sends one part of the archive.
    Send {
        /// The run.
        run: String,
        /// For which attempt the caller was started.
        attempt: u32,
        /// The part.
        part: u32,
    },
    /// Writes into a run why it is not carried any further.
    GiveUp {
        /// The run.
        run: String,
        /// For which attempt the caller was started.
        attempt: u32,
        /// Why.
        reason: String,
    },
}

/// What the caller does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Next {
    /// Call again now.
    Continue,
    /// Call again after `wait_seconds`.
    Wait,
    /// Send the `parts`, then call again.
    Send,
    /// Nothing: it is done.
    Finished,
    /// Nothing: the run is paused or cancelled, or somebody else carries it.
    Stopped,
    /// Nothing: the run stands still with an error, until somebody resumes it.
    Failed,
}

/// What the function answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The run.
    pub run: String,
    /// The caller's attempt.
    pub attempt: u32,
    /// What to do next.
    pub next: Next,
    /// How long to wait first, where that is what to do.
    pub wait_seconds: u32,
    /// The parts that are not sent yet, where that is what to do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<u32>,
    /// The part that was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<u32>,
    /// What the run is doing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,
    /// The last archive object of the part that is sent whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<String>,
    /// Messages the queue has confirmed so far: of the part, or of the run.
    pub messages_sent: u64,
    /// Events in those.
    pub events_sent: u64,
    /// Why the run stands still.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What a slice came to: something to answer, or more to do.
enum Slice {
    Answer(Answer),
    More(Step),
}

impl<P: ReplayPorts> Replay<'_, P> {
    /// Works until something else is needed, or until [`REMAINDER_MS`] before the `deadline`; one slice at least.
    pub async fn work(&self, task: &Task, deadline: Timestamp) -> Result<Answer, ReplayError> {
        let (mut pauses, mut faults, mut failed) = (0, 0, None);
        for _ in 0..SLICES_MAX {
            let more = match self.slice(task).await {
                Ok(Slice::Answer(answer)) => return Ok(answer),
                Ok(Slice::More(step)) => {
                    (faults, failed) = (0, None);
                    step != Step::Wait
                }
                Err(ReplayError::Fault(fault)) if fault.kind != FaultKind::Permanent && faults < FAULTS_MAX => {
                    tracing::warn!(%fault, "a slice of a replay failed and is tried again");
                    faults += 1;
                    failed = Some(ReplayError::Fault(fault));
                    false
                }
                Err(error) => return Err(error),
            };
            pauses = if more { 0 } else { pauses + 1 };
            if pauses > PAUSES_MAX {
                return self.answer_later(task, Next::Wait, WAIT_SECONDS).await;
            }
            if !more {
                self.clock.pause(PAUSE).await;
            }
            if self.clock.now().plus_ms(REMAINDER_MS) >= deadline {
                break;
            }
        }
        match failed {
            // Whoever calls again after a fault counts the calls.
            Some(error) => Err(error),
            None => self.answer_later(task, Next::Continue, 0).await,
        }
    }

    async fn slice(&self, task: &Task) -> Result<Slice, ReplayError> {
        let (run, attempt) = task.of_run();
        let draft = Draft::open(self.runs, run).await?;
        if let Some(next) = ended(&draft.run, attempt) {
            return Ok(Slice::Answer(self.answer(draft.run, attempt, next, 0).await?));
        }
        match task {
            Task::Advance { senders, .. } => self.advance(draft, attempt, *senders).await,
            Task::Send { part, .. } => self.send_slice(&draft.run, attempt, *part).await,
            Task::GiveUp { reason, .. } => {
                let reason: String = reason.chars().take(REASON_CHARS_MAX).collect();
                let fault = Fault::new(FaultKind::Permanent, "carry replay run", run, reason);
                self.stop(run, &fault).await.map(Slice::More)
            }
        }
    }

    async fn advance(&self, mut draft: Draft<'_, P::Runs>, attempt: u32, senders: u32) -> Result<Slice, ReplayError> {
        let run = &draft.run;
        let sends = matches!(run.target, Target::NewGeneration { .. } | Target::LiveGeneration { .. });
        if sends && run.objects_total.is_none() && run.cursor.survey.is_none() {
            // Saved with whatever the step saves. Two at least, as only a run with parts has senders at all.
            draft.run.cursor.senders = senders.clamp(2, SENDERS_MAX);
        }
        if draft.run.phase == Phase::Sending && draft.run.cursor.parts.is_some() {
            let parts = self.parts_of(&draft.run).await?;
            if !parts.open.is_empty() {
                let mut answer = self.answer(draft.run, attempt, Next::Send, 0).await?;
                answer.parts = parts.open;
                return Ok(Slice::Answer(answer));
            }
        }
        self.step_from(draft).await.map(Slice::More)
    }

    async fn send_slice(&self, run: &Run, attempt: u32, part: u32) -> Result<Slice, ReplayError> {
        if run.phase != Phase::Sending {
            return Ok(Slice::Answer(part_answer(run, attempt, part, Next::Finished, &PartStanding::none())));
        }
        let standing = self.step_of_part(run, part).await?;
        let next = match standing.step {
            Step::Continue | Step::Wait => return Ok(Slice::More(standing.step)),
            Step::Finished => Next::Finished,
            Step::Stopped => Next::Stopped,
        };
        Ok(Slice::Answer(part_answer(run, attempt, part, next, &standing)))
    }

    /// The answer of a call that goes on in the next one.
    async fn answer_later(&self, task: &Task, next: Next, wait_seconds: u32) -> Result<Answer, ReplayError> {
        let (run, attempt) = task.of_run();
        let run = Draft::open(self.runs, run).await?.run;
        if let Task::Send { part, .. } = task {
            let standing = self.standing_of_part(&run, *part).await?;
            return Ok(Answer { wait_seconds, ..part_answer(&run, attempt, *part, next, &standing) });
        }
        Ok(self.answer(run, attempt, next, wait_seconds).await?)
    }

    async fn answer(&self, run: Run, attempt: u32, next: Next, wait_seconds: u32) -> Result<Answer, Fault> {
        let run = self.with_parts(run).await?;
        Ok(Answer {
            run: run.id,
            attempt,
            next,
            wait_seconds,
            parts: Vec::new(),
            part: None,
            phase: Some(run.phase),
            checkpoint: run.cursor.sent_object,
            messages_sent: run.messages_sent,
            events_sent: run.events_sent,
            error: run.error,
        })
    }
}

impl Task {
    fn of_run(&self) -> (&str, u32) {
        match self {
            Self::Advance { run, attempt, .. }
            | Self::Send { run, attempt, .. }
            | Self::GiveUp { run, attempt, .. } => (run, *attempt),
        }
    }
}

/// What there is to do about a run that does not go on, or not for this caller.
fn ended(run: &Run, attempt: u32) -> Option<Next> {
    if run.phase == Phase::Finished {
        Some(Next::Finished)
    } else if run.error.is_some() && !run.ended() {
        Some(Next::Failed)
    } else if !run.goes_on() || run.attempt() != attempt {
        Some(Next::Stopped)
    } else {
        None
    }
}

fn part_answer(run: &Run, attempt: u32, part: u32, next: Next, standing: &PartStanding) -> Answer {
    Answer {
        run: run.id.clone(),
        attempt,
        next,
        wait_seconds: 0,
        parts: Vec::new(),
        part: Some(part),
        phase: None,
        checkpoint: standing.checkpoint.clone(),
        messages_sent: standing.messages_sent,
        events_sent: standing.events_sent,
        error: None,
    }
}
