//! Drives replay runs: every run that has not ended is stepped until it has, also after a kill and a restart, because
//! all that a run knows is in its document.

use std::time::Duration;

use tillroll_host_lambda::functions::replay::{Replay, Run, Step};
use tokio::sync::watch;

use crate::archive::LocalArchive;
use crate::clock::LocalClock;
use crate::functions::LocalRows;
use crate::mappings::{Pace, described, stopping};
use crate::progress::LocalProgress;
use crate::queue::LocalQueue;
use crate::runs::LocalRuns;
use crate::system::Ports;
use crate::table::LocalTable;

/// The replay function with the ports of this machine.
pub type LocalReplay<'a> =
    Replay<'a, LocalArchive, LocalQueue, LocalRows, LocalRuns, LocalProgress, LocalTable, LocalClock>;

/// Newest runs that are looked at; runs that have not ended are always among the newest, for a subscription has one.
const RUNS_LOOKED_AT: u32 = 100;
/// How often a run that waits for others is stepped.
const WAITING_LOOK: Duration = Duration::from_millis(50);
/// How often somebody looks for new runs, which may come from another handle on the same folder.
const IDLE_LOOK: Duration = Duration::from_millis(500);
/// After a failed step.
const FAILED_PAUSE: Duration = Duration::from_secs(1);

impl Ports {
    /// The replay function.
    #[must_use]
    pub fn replay(&self) -> LocalReplay<'_> {
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
    let runs = match replay.list(RUNS_LOOKED_AT).await {
        Ok(runs) => runs,
        Err(fault) => {
            tracing::warn!(fault = described(&fault), "cannot list the replay runs");
            return FAILED_PAUSE;
        }
    };
    let mut wait = IDLE_LOOK;
    for Run { id, .. } in runs.iter().filter(|run| !run.ended() && run.error.is_none()) {
        let next = match replay.step(id).await {
            Ok(Step::Continue) => Duration::ZERO,
            Ok(Step::Wait) => WAITING_LOOK,
            Ok(Step::Finished | Step::Stopped) => IDLE_LOOK,
            Err(error) => {
                tracing::warn!(run = id, error = described(&error), "a step of a replay failed and is tried again");
                FAILED_PAUSE
            }
        };
        wait = wait.min(next);
    }
    wait
}
