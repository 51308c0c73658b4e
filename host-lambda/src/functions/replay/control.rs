//! Starting, looking at, resuming and cancelling runs.

use uuid::Uuid;

use super::run::{Draft, Halt, Run};
use super::{Phase, Replay, ReplayError};
use crate::generations::{self, GenerationsError};
use crate::ports::{Archive, Clock, EventTable, Fault, FaultKind, Progress, ReplayQueue, Rows, RowsError, Runs};

/// How often a change of a run is tried again when a step came first.
const TRIES_MAX: u32 = 5;

/// How to replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Names the run. The same id with the same options is the same run, so a start can be sent again.
    pub run: Uuid,
    /// Send into the live generation instead of filling a new one.
    pub in_place: bool,
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
    /// Starts a run for one of the `known` subscriptions; nothing is sent before its first step.
    pub async fn start(&self, subscription: &str, options: Options, known: &[&str]) -> Result<Run, ReplayError> {
        if !known.contains(&subscription) {
            return Err(ReplayError::UnknownSubscription { subscription: subscription.to_owned() });
        }
        let Options { run, in_place } = options;
        let id = run.hyphenated().to_string();
        if let Some(there) = self.get(&id).await? {
            let same = there.subscription == subscription && there.in_place == in_place;
            return if same { Ok(there) } else { Err(ReplayError::RunTaken { run: id }) };
        }
        if !in_place {
            self.check_free(subscription, &id).await?;
        }
        let mut draft = Draft::new(self.runs, Run::new(id, subscription, in_place, self.clock.now()));
        saved_as_new(draft.save().await, &draft.run.id)?;
        if in_place {
            return Ok(draft.run);
        }
        // The document comes first: a generation that is being filled always has a run that can be resumed.
        match generations::begin_filling(self.rows, subscription, &draft.run.id).await {
            Ok(_) => Ok(draft.run),
            Err(error) => {
                draft.run.phase = Phase::Cancelled;
                draft.run.finished_at = Some(self.clock.now());
                draft.run.error = Some(error.to_string());
                saved_as_new(draft.save().await, &draft.run.id)?;
                Err(replay_error(&draft.run.id, error))
            }
        }
    }

    /// A run.
    pub async fn get(&self, run: &str) -> Result<Option<Run>, Fault> {
        Ok(Draft::load(self.runs, run).await?.map(|draft| draft.run))
    }

    /// The newest runs, newest first.
    pub async fn list(&self, limit: u32) -> Result<Vec<Run>, Fault> {
        let documents = self.runs.list(limit).await?;
        documents.iter().map(|(id, document)| Run::parse(id, document)).collect()
    }

    /// Lets a run that stands still go on where it stopped; what it stumbled over should have been put right.
    pub async fn resume(&self, run: &str) -> Result<Run, ReplayError> {
        self.change(run, |run| {
            run.error = None;
            run.cursor.rounds = 0;
            !run.ended()
        })
        .await
    }

    /// Ends a run before its time. Nothing that it sent is taken back; the generation it filled never goes live.
    pub async fn cancel(&self, run: &str) -> Result<Run, ReplayError> {
        let now = self.clock.now();
        // Cancelling a cancelled run again does what a crash in between may have left undone.
        let cancel = |run: &mut Run| {
            let admitted = run.phase != Phase::Finished;
            run.phase = Phase::Cancelled;
            run.finished_at = run.finished_at.or(Some(now));
            admitted
        };
        let cancelled = self.change(run, cancel).await?;
        generations::abandon(self.rows, &cancelled.subscription, run)
            .await
            .map_err(|error| replay_error(run, error))?;
        Ok(cancelled)
    }

    /// Edits a run; `edit` says whether it may still be changed.
    async fn change(&self, run: &str, edit: impl Fn(&mut Run) -> bool + Send) -> Result<Run, ReplayError> {
        for _ in 0..TRIES_MAX {
            let mut draft = Draft::open(self.runs, run).await?;
            if !edit(&mut draft.run) {
                return Err(ReplayError::Ended { run: run.to_owned() });
            }
            match draft.save().await {
                Ok(()) => return Ok(draft.run),
                Err(Halt::Fenced) => {}
                Err(Halt::Fault(fault)) => return Err(fault.into()),
            }
        }
        Err(Fault::new(FaultKind::Transient, "change replay run", run, RowsError::Conflict).into())
    }

    async fn check_free(&self, subscription: &str, run: &str) -> Result<(), ReplayError> {
        match generations::read(self.rows, subscription).await?.filling {
            Some(filling) if filling.run != run => {
                Err(ReplayError::ReplayRunning { subscription: subscription.to_owned(), run: filling.run })
            }
            _ => Ok(()),
        }
    }
}

fn saved_as_new(saved: Result<(), Halt>, run: &str) -> Result<(), ReplayError> {
    saved.map_err(|halt| match halt {
        Halt::Fenced => ReplayError::RunTaken { run: run.to_owned() },
        Halt::Fault(fault) => fault.into(),
    })
}

fn replay_error(run: &str, error: GenerationsError) -> ReplayError {
    match error {
        GenerationsError::Busy { subscription, run } => ReplayError::ReplayRunning { subscription, run },
        GenerationsError::Fault(fault) => fault.into(),
        other @ (GenerationsError::NotFilling { .. } | GenerationsError::NoPrevious { .. }) => {
            Fault::new(FaultKind::Permanent, "change the generations for replay run", run, other).into()
        }
    }
}
