//! Drives replay runs: every run that has not ended is stepped until it has, also after a kill and a restart, because
//! all that a run knows is in its document.

use std::time::Duration;

use tillroll_host_lambda::functions::replay::{Replay, Step};
use tillroll_host_lambda::ports::{Fault, ReplayStarter};
use tokio::sync::watch;

use crate::mappings::{Pace, described, stopping};
use crate::system::Ports;

/// How often a run that waits for others is stepped.
const WAITING_LOOK: Duration = Duration::from_millis(50);
/// How often somebody looks for new runs, which may come from another handle on the same folder.
const IDLE_LOOK: Duration = Duration::from_millis(500);
/// After a failed step.
const FAILED_PAUSE: Duration = Duration::from_secs(1);

impl Ports {
    /// The replay function.
    #[must_use]
    pub fn replay(&self) -> Replay<'_, Self> {
        Replay {
            archive: &self.archive,
            queue: &self.queue,
            rows: &self.rows,
            runs: &self.runs,
            progress: &self.progress,
            table: &self.table,
            clock: &self.clock,
        }
    }
}

/// The loop below finds every run by itself.
impl ReplayStarter for Ports {
    async fn start(&self, _run: &str, _attempt: u32) -> Result<(), Fault> {
        Ok(())
    }
}

/// Steps runs until the system stops.
pub(crate) async fn drive_always(ports: Ports, mut pace: watch::Receiver<Pace>) {
    loop {
        // Boxed: the future of a step is large, and this task mostly sleeps.
        let wait = Box::pin(drive(&ports)).await;
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = stopping(&mut pace) => return,
        }
    }
}

/// One step of each run that has not ended; how long to wait for the next.
async fn drive(ports: &Ports) -> Duration {
    let replay = ports.replay();
    let runs = match ports.runs.under_way().await {
        Ok(runs) => runs,
        Err(fault) => {
            tracing::warn!(fault = described(&fault), "cannot list the replay runs");
            return FAILED_PAUSE;
        }
    };
    let mut wait = IDLE_LOOK;
    for run in &runs {
        let next = match replay.step(run).await {
            Ok(Step::Continue) => Duration::ZERO,
            Ok(Step::Wait) => WAITING_LOOK,
            Ok(Step::Finished | Step::Stopped) => IDLE_LOOK,
            Err(error) => {
                tracing::warn!(run, error = described(&error), "a step of a replay failed and is tried again");
                FAILED_PAUSE
            }
        };
        wait = wait.min(next);
    }
    wait
}
