//! Who carries a replay from step to step when a command asks for one: this process, for as long as the command lasts. All
//! that a run knows is in its document, so it goes on with the next command that resumes it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tillroll_host_lambda::api;
use tillroll_host_lambda::functions::replay::{Replay, Step};
use tillroll_host_lambda::ports::{Fault, ReplayStarter};

use crate::mappings::described;

/// How often somebody looks for new runs, and steps one that waits for others.
const LOOK: Duration = Duration::from_millis(500);

/// The runs that were begun or resumed in this process: only those are carried here, others are somebody else's. Cheap to
/// clone.
#[derive(Clone, Debug, Default)]
pub struct Carried(Arc<Mutex<BTreeSet<String>>>);

impl Carried {
    fn runs(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ReplayStarter for Carried {
    async fn start(&self, run: &str, _attempt: u32) -> Result<(), Fault> {
        self.runs().insert(run.to_owned());
        Ok(())
    }
}

/// Steps the runs that were begun or resumed in this process. May be dropped anywhere.
pub async fn carry<P: api::Ports<Starter = Carried>>(ports: P) {
    let replay: Replay<'_, P> = Replay {
        archive: ports.archive(),
        queue: ports.queue(),
        rows: ports.rows(),
        runs: ports.runs(),
        progress: ports.progress(),
        table: ports.table(),
        clock: ports.clock(),
    };
    loop {
        let runs = ports.starter().runs().clone();
        let mut has_more = false;
        for run in &runs {
            match Box::pin(replay.step(run)).await {
                Ok(Step::Continue) => has_more = true,
                Ok(Step::Wait) => {}
                Ok(Step::Finished | Step::Stopped) => {
                    ports.starter().runs().remove(run);
                }
                Err(error) => {
                    tracing::warn!(run, error = described(&error), "a step of a replay failed and is tried again");
                }
            }
        }
        if !has_more {
            tokio::time::sleep(LOOK).await;
        }
    }
}
