//! Starting, looking at, pausing, resuming, cancelling and rolling back runs. Each can be asked for again without harm.

use std::time::Duration;

use uuid::Uuid;

use super::options::{Options, Target, check_rate};
use super::run::{Draft, Halt, Run};
use super::{Phase, Replay, ReplayError, ReplayPorts};
use crate::generations::{self, Generations, GenerationsError};
use crate::ports::{Clock as _, EventTable as _, Fault, FaultKind, RowsError, Runs as _};

/// How often a change of a run is tried again when a step came first, and how long it waits in between at most. Steps
/// follow each other closely, and one that was overtaken begins anew.
const TRIES_MAX: u32 = 50;
const PAUSE_MS_MAX: u64 = 20;

impl<P: ReplayPorts> Replay<'_, P> {
    /// Starts a run for one of the `known` subscriptions; nothing is sent before its first step.
    pub async fn start(&self, subscription: &str, options: Options, known: &[&str]) -> Result<Run, ReplayError> {
        check_known(subscription, known)?;
        options.check()?;
        let id = options.run.hyphenated().to_string();
        if let Some(there) = self.get(&id).await? {
            let same = there.subscription == subscription && there.target == options.target;
            return if same { Ok(there) } else { Err(ReplayError::RunTaken { run: id }) };
        }
        match &options.target {
            Target::NewGeneration { .. } => drop(self.free(subscription, &id).await?),
            Target::PreviousGeneration if self.free(subscription, &id).await?.previous.is_none() => {
                return Err(ReplayError::NoPrevious { subscription: subscription.to_owned() });
            }
            Target::PreviousGeneration | Target::LiveGeneration { .. } => {}
            Target::Carts { carts } => {
                for cart in carts {
                    if self.table.load(*cart, 0, Some(1)).await?.is_empty() {
                        return Err(ReplayError::UnknownCart { cart: *cart });
                    }
                }
            }
        }
        let mut draft = Draft::new(self.runs, Run::new(subscription, options, self.clock.now()));
        saved_as_new(draft.save().await, &draft.run.id)?;
        // The document comes first: a generation that is being filled always has a run that can be resumed.
        match self.register(&draft.run).await {
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

    /// Starts a run, named `back`, that makes the generation live again which `run` replaced. Nothing else must have
    /// gone live since.
    pub async fn roll_back(&self, run: &str, back: Uuid, known: &[&str]) -> Result<Run, ReplayError> {
        let Run { subscription, .. } = Draft::open(self.runs, run).await?.run;
        let options = Options { target: Target::PreviousGeneration, ..Options::new(back) };
        let sent_before = self.get(&back.hyphenated().to_string()).await?.is_some();
        if !sent_before && !generations::read(self.rows, &subscription).await?.switched_by(run) {
            return Err(ReplayError::NotLive { subscription, run: run.to_owned() });
        }
        self.start(&subscription, options, known).await
    }

    /// A run.
    pub async fn get(&self, run: &str) -> Result<Option<Run>, Fault> {
        match Draft::load(self.runs, run).await? {
            Some(draft) => self.with_parts(draft.run).await.map(Some),
            None => Ok(None),
        }
    }

    /// The newest runs, newest first.
    pub async fn list(&self, limit: u32) -> Result<Vec<Run>, Fault> {
        let documents = self.runs.list(limit).await?;
        let mut runs = Vec::with_capacity(documents.len());
        for (id, document) in &documents {
            runs.push(self.with_parts(Run::parse(id, document)?).await?);
        }
        Ok(runs)
    }

    /// Lets a run stand still until it is resumed. What is in the queue is still delivered, and the generation that it
    /// fills still gets new events.
    pub async fn pause(&self, run: &str) -> Result<Run, ReplayError> {
        let now = self.clock.now();
        self.change(run, |run| {
            run.paused_at = run.paused_at.or(Some(now));
            !run.ended()
        })
        .await
    }

    /// Lets a run that stands still go on where it stopped; what it stumbled over should have been put right. With a
    /// `rate` it goes on at that one, also when it did not stand still.
    pub async fn resume(&self, run: &str, rate: Option<u32>) -> Result<Run, ReplayError> {
        rate.map_or(Ok(()), check_rate)?;
        let now = self.clock.now();
        self.change(run, |run| {
            let stood_still = !run.goes_on() && !run.ended();
            run.cursor.attempt += u32::from(stood_still);
            run.unpause(now);
            run.rate = rate.or(run.rate);
            if run.error.take().is_some() {
                run.cursor.rounds = 0;
                if run.phase == Phase::Rebuilding {
                    // Asked for anew, under other names than before.
                    run.cursor.fills += 1;
                    run.phase = Phase::Sending;
                }
            }
            !run.ended()
        })
        .await
    }

    /// Ends a run before its time. Nothing that it sent is taken back; the generation it filled never goes live.
    pub async fn cancel(&self, run: &str) -> Result<Run, ReplayError> {
        let now = self.clock.now();
        let parts = self.parts_of(&Draft::open(self.runs, run).await?.run).await?;
        // Cancelling a cancelled run again does what a crash in between may have left undone.
        let cancel = |run: &mut Run| {
            let admitted = run.phase != Phase::Finished;
            if run.phase == Phase::Sending {
                parts.add_to(run);
            }
            run.unpause(now);
            run.phase = Phase::Cancelled;
            run.finished_at = run.finished_at.or(Some(now));
            admitted
        };
        let cancelled = self.change(run, cancel).await?;
        let abandoned = generations::abandon(self.rows, &cancelled.subscription, run).await;
        if abandoned.map_err(|error| replay_error(run, error))?.switched_by(run) {
            // Its last step had switched already.
            self.change(run, |run| {
                run.phase = Phase::Finished;
                true
            })
            .await?;
            return Err(ReplayError::Ended { run: run.to_owned() });
        }
        self.remove_notes(&cancelled).await?;
        self.remove_parts(&cancelled).await?;
        Ok(cancelled)
    }

    /// Edits a run; `edit` says whether it may still be changed.
    async fn change(&self, run: &str, edit: impl Fn(&mut Run) -> bool + Send) -> Result<Run, ReplayError> {
        for _ in 0..TRIES_MAX {
            let mut draft = Draft::open(self.runs, run).await?;
            let before = draft.run.clone();
            if !edit(&mut draft.run) {
                return Err(ReplayError::Ended { run: run.to_owned() });
            }
            if draft.run == before {
                return Ok(before);
            }
            match draft.save().await {
                Ok(()) => return Ok(draft.run),
                Err(Halt::Fenced) => self.clock.pause(Duration::from_millis(self.clock.jitter(PAUSE_MS_MAX))).await,
                Err(Halt::Fault(fault)) => return Err(fault.into()),
            }
        }
        Err(Fault::new(FaultKind::Transient, "change replay run", run, RowsError::Conflict).into())
    }

    /// The generations of a subscription, of which no other run fills one. A run that has ended fills nothing: what a
    /// crash in the middle of its cancelling left registered is withdrawn here.
    async fn free(&self, subscription: &str, run: &str) -> Result<Generations, ReplayError> {
        let generations = generations::read(self.rows, subscription).await?;
        let Some(filling) = generations.filling.as_ref().filter(|filling| filling.run != run) else {
            return Ok(generations);
        };
        if self.get(&filling.run).await?.is_some_and(|run| !run.ended()) {
            let (subscription, run) = (subscription.to_owned(), filling.run.clone());
            return Err(ReplayError::ReplayRunning { subscription, run });
        }
        let abandoned = generations::abandon(self.rows, subscription, &filling.run).await;
        abandoned.map_err(|error| replay_error(&filling.run, error))
    }
}

pub(super) fn check_known(subscription: &str, known: &[&str]) -> Result<(), ReplayError> {
    if known.contains(&subscription) {
        return Ok(());
    }
    Err(ReplayError::UnknownSubscription { subscription: subscription.to_owned() })
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
        GenerationsError::NoPrevious { subscription } => ReplayError::NoPrevious { subscription },
        other @ GenerationsError::NotFilling { .. } => {
            Fault::new(FaultKind::Permanent, "change the generations for replay run", run, other).into()
        }
    }
}
