//! Who carries a replay from step to step when a command asks for one: this process, for as long as the command lasts. All
//! that a run knows is in its document, so it goes on with the next command that resumes it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tillroll_host_lambda::api;
use tillroll_host_lambda::functions::replay::{Replay, Step};
use tillroll_host_lambda::ports::{Fault, RowsError, Runs};

use crate::mappings::described;

/// How often somebody looks for new runs, and steps one that waits for others.
const LOOK: Duration = Duration::from_millis(500);

/// Runs, and which of them were begun or changed through this handle: only those are carried here. Others are somebody
/// else's.
#[derive(Clone, Debug)]
pub struct CarriedRuns<R> {
    runs: R,
    touched: Arc<Mutex<BTreeSet<String>>>,
}

impl<R> CarriedRuns<R> {
    /// These runs, none of them carried.
    pub fn new(runs: R) -> Self {
        Self { runs, touched: Arc::default() }
    }

    fn touched(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.touched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<R: Runs> Runs for CarriedRuns<R> {
    async fn load(&self, run: &str) -> Result<Option<(u64, String)>, Fault> {
        self.runs.load(run).await
    }

    async fn save(&self, run: &str, expected: u64, document: String) -> Result<(), RowsError> {
        self.runs.save(run, expected, document).await?;
        self.touched().insert(run.to_owned());
        Ok(())
    }

    async fn list(&self, limit: u32) -> Result<Vec<(String, String)>, Fault> {
        self.runs.list(limit).await
    }
}

/// Steps the runs that were begun or changed in this process. May be dropped anywhere.
pub async fn carry<R: Runs + 'static, P: api::Ports<Runs = CarriedRuns<R>>>(ports: P) {
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
        let runs = ports.runs().touched().clone();
        let mut has_more = false;
        for run in &runs {
            match Box::pin(replay.step(run)).await {
                Ok(Step::Continue) => has_more = true,
                Ok(Step::Wait) => {}
                Ok(Step::Finished | Step::Stopped) => {
                    ports.runs().touched().remove(run);
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
