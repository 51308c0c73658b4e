//! What the system does from time to time: trims what is done, sends reminders, takes up parked carts after a new
//! build, steps the replays, measures.

use std::future::Future;
use std::time::Duration;

use tillroll_host_lambda::functions::project::Which;
use tillroll_host_lambda::functions::remind::remind;
use tillroll_host_lambda::ports::{Clock as _, Fault};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::dynamo;
use crate::mappings::{Pace, described, stopping};
use crate::notices::Outbox;
use crate::progress::PUBLISH;
use crate::rates::NOTE_EVERY;
use crate::replays;
use crate::system::Ports;

/// How long after the start, and how often then, what is old and done is trimmed.
const TRIM_FIRST: Duration = Duration::from_secs(30);
const TRIM_EVERY: Duration = Duration::from_mins(15);
/// How often the clock is looked at, because a clock file may be moved at any time.
const CLOCK_LOOK: Duration = Duration::from_millis(500);
/// Reminders are sent once in each such span of the given clock.
const REMIND_EVERY_MS: i64 = 60 * 1_000;

/// Starts them all. Each ends at its next pause once the system stops.
pub(crate) fn spawn(tasks: &mut JoinSet<()>, pace: &watch::Receiver<Pace>, ports: &Ports, outbox: Outbox) {
    tasks.spawn(trim_always(ports.clone(), pace.clone()));
    tasks.spawn(remind_always(ports.clone(), outbox, pace.clone()));
    tasks.spawn(replays::drive_always(ports.clone(), pace.clone()));
    tasks.spawn(resume_parked(ports.clone()));
    tasks.spawn(measure_always(ports.clone(), pace.clone()));
}

async fn trim_always(ports: Ports, mut pace: watch::Receiver<Pace>) {
    let mut wait = TRIM_FIRST;
    while goes_on_after(wait, &mut pace).await {
        logged("trim", trim(&ports)).await;
        wait = TRIM_EVERY;
    }
}

/// Waits; says whether the system still runs.
async fn goes_on_after(wait: Duration, pace: &mut watch::Receiver<Pace>) -> bool {
    tokio::select! {
        () = tokio::time::sleep(wait) => true,
        () = stopping(pace) => false,
    }
}

async fn trim(ports: &Ports) -> Result<(), Fault> {
    let progress = &ports.progress;
    let mut trimmed = dynamo::trim_all(&progress.stream, &progress.checkpoints, PUBLISH).await?;
    loop {
        match ports.bus.trim().await? {
            0 => break,
            some => trimmed += some,
        }
    }
    tracing::debug!(trimmed, "trimmed records that are a day old and done");
    Ok(())
}

async fn remind_always(ports: Ports, outbox: Outbox, mut pace: watch::Receiver<Pace>) {
    let mut last = None;
    while goes_on_after(CLOCK_LOOK, &mut pace).await {
        let now = ports.clock.now();
        let span = now.unix_ms().div_euclid(REMIND_EVERY_MS);
        if last != Some(span) {
            let reminded = async {
                while remind(now, &ports.rows, &outbox).await?.more {}
                Ok(())
            };
            logged("remind", Box::pin(reminded)).await;
            last = Some(span);
        }
    }
}

async fn measure_always(ports: Ports, mut pace: watch::Receiver<Pace>) {
    loop {
        logged("measure", ports.progress.measure()).await;
        if !goes_on_after(NOTE_EVERY, &mut pace).await {
            return;
        }
    }
}

async fn resume_parked(ports: Ports) {
    let resumed = async {
        ports.carts.resume_parked(Which::OfOtherBuilds).await?;
        ports.suggestions.resume_parked(Which::OfOtherBuilds).await?;
        ports.reminders.resume_parked(Which::OfOtherBuilds).await?;
        Ok(())
    };
    logged("take up parked carts", Box::pin(resumed)).await;
}

async fn logged(chore: &'static str, work: impl Future<Output = Result<(), Fault>>) {
    if let Err(fault) = work.await {
        tracing::warn!(chore, fault = described(&fault), "a chore failed; its next turn tries again");
    }
}
