//! Verifications on this machine: each is a task of its own, sorts in a temporary folder, and is remembered until the
//! system stops.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt as _;
use serde_json::{Value, json};
use tillroll_core::time::Timestamp;
use tillroll_host_lambda::api;
use tillroll_host_lambda::operations;
use tillroll_host_lambda::ports::{Clock as _, EventBus, Fault, FaultKind};
use tillroll_host_lambda::subscriptions::carts::Carts;
use tillroll_host_lambda::subscriptions::reminders::Reminders;
use tillroll_host_lambda::subscriptions::suggestions::Suggestions;
use tillroll_host_lambda::verify::repair::{Repair, RepairMode};
use tillroll_host_lambda::verify::run::{Ask, Begun, Then, Verification, Verifications};
use tillroll_host_lambda::verify::{Course, Phase, Projection, Report, Verifier};

use crate::bus::LocalBus;
use crate::mappings::{described, stopping};
use crate::system::Ports;

/// Runs that are remembered. A report has at most a thousand findings, so this is some megabytes at worst.
const REMEMBERED_MAX: usize = 16;

/// The verifications of this process, the newest last.
#[derive(Clone, Debug, Default)]
pub struct LocalVerifications(Arc<Mutex<VecDeque<Arc<Run>>>>);

#[derive(Debug)]
struct Run {
    id: String,
    started_at: Timestamp,
    course: Course,
    ended: Mutex<Option<Ended>>,
}

#[derive(Clone, Debug)]
struct Ended {
    at: Timestamp,
    outcome: Result<(Report, Option<Repair>), String>,
}

impl LocalVerifications {
    fn lock(&self) -> MutexGuard<'_, VecDeque<Arc<Run>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new run, or the one that is under way.
    fn enter(&self, now: Timestamp) -> Result<Arc<Run>, Arc<Run>> {
        let mut runs = self.lock();
        if let Some(newest) = runs.back().filter(|newest| newest.ended().is_none()) {
            return Err(Arc::clone(newest));
        }
        if runs.len() >= REMEMBERED_MAX {
            runs.pop_front();
        }
        let id = uuid::Uuid::new_v4().to_string();
        let run = Arc::new(Run { id, started_at: now, course: Course::default(), ended: Mutex::new(None) });
        runs.push_back(Arc::clone(&run));
        Ok(run)
    }
}

impl Run {
    fn ended(&self) -> MutexGuard<'_, Option<Ended>> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn as_seen(&self) -> Verification {
        let mut seen = Verification {
            id: self.id.clone(),
            standing: self.course.standing(),
            started_at: self.started_at,
            finished_at: None,
            error: None,
            repair: None,
            report: None,
        };
        if let Some(Ended { at, outcome }) = self.ended().clone() {
            seen.finished_at = Some(at);
            match outcome {
                Ok((report, repair)) => {
                    seen.standing.phase = Phase::Finished;
                    (seen.report, seen.repair) = (Some(report), repair);
                }
                Err(error) => {
                    seen.standing.phase = Phase::Failed;
                    seen.error = Some(error);
                }
            }
        }
        seen
    }
}

/// What verifications of this process work on: a system of this machine, or one that this machine only reaches.
pub trait Verifiable: api::Ports + Clone {
    /// The event bus, for repairs.
    type Bus: EventBus;

    /// The event bus.
    fn bus(&self) -> &Self::Bus;

    /// Those that are remembered.
    fn remembered(&self) -> &LocalVerifications;

    /// Ends when the system is stopped.
    fn stopped(&self) -> impl Future<Output = ()> + Send;
}

impl LocalVerifications {
    /// Begins one of `ports`, unless one is under way.
    pub fn begin<P: Verifiable>(ports: &P, ask: Ask) -> Begun {
        let run = match ports.remembered().enter(ports.clock().now()) {
            Ok(run) => run,
            Err(under_way) => return Begun::Busy(under_way.as_seen()),
        };
        tokio::spawn(work(ports.clone(), Arc::clone(&run), ask));
        Begun::Started(run.as_seen())
    }

    /// The one with this id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<Verification> {
        self.lock().iter().find(|run| run.id == id).map(|run| run.as_seen())
    }

    /// The newest.
    #[must_use]
    pub fn latest(&self) -> Option<Verification> {
        self.lock().back().map(|run| run.as_seen())
    }
}

impl Verifiable for Ports {
    type Bus = LocalBus;

    fn bus(&self) -> &LocalBus {
        &self.bus
    }

    fn remembered(&self) -> &LocalVerifications {
        &self.verifications
    }

    async fn stopped(&self) {
        stopping(&mut self.progress.pace.clone()).await;
    }
}

impl Verifications for Ports {
    async fn begin(&self, ask: Ask) -> Result<Begun, Fault> {
        Ok(LocalVerifications::begin(self, ask))
    }

    async fn get(&self, id: &str) -> Result<Option<Verification>, Fault> {
        Ok(self.verifications.get(id))
    }

    async fn latest(&self) -> Result<Option<Verification>, Fault> {
        Ok(self.verifications.latest())
    }
}

/// Works on a run to its end, which comes whatever happens: a run that never ends would let none begin.
async fn work<P: Verifiable>(ports: P, run: Arc<Run>, ask: Ask) {
    let verified = tokio::select! {
        verified = AssertUnwindSafe(verified(&ports, &run.course, &ask)).catch_unwind() => verified,
        () = ports.stopped() => Ok(Err("the system was stopped".to_owned())),
    };
    let outcome = verified.unwrap_or_else(|_| Err("the verification broke off; the log has more".to_owned()));
    if let Then::Repair(operation) = ask.then {
        let recorded = operations::end(ports.rows(), *operation, in_short(&outcome)).await;
        if let Err(fault) = recorded {
            tracing::error!(fault = described(&fault), "what became of a repair was not recorded");
        }
    }
    *run.ended() = Some(Ended { at: ports.clock().now(), outcome });
}

async fn verified<P: Verifiable>(ports: &P, course: &Course, ask: &Ask) -> Result<(Report, Option<Repair>), String> {
    let no_room = |error| Fault::new(FaultKind::Transient, "sort in", "a temporary folder", error);
    let scratch = tempfile::tempdir().map_err(no_room).map_err(|fault| described(&fault))?;
    let verifier = Verifier {
        table: ports.table(),
        archive: ports.archive(),
        rows: ports.rows(),
        progress: ports.progress(),
        clock: ports.clock(),
        scratch: scratch.path(),
        course,
        entries: ask.entries,
    };
    let projections: [&dyn Projection; 3] = [&Carts, &Suggestions, &Reminders];
    let mode = match &ask.then {
        Then::Report => {
            let report = Box::pin(verifier.verify(&projections, ask.wait)).await.map_err(|fault| described(&fault))?;
            return Ok((report, None));
        }
        Then::Plan => RepairMode::DryRun,
        Then::Repair(_) => RepairMode::ForReal,
    };
    let repaired = Box::pin(verifier.repair(&projections, ask.wait, ports.bus(), mode)).await;
    let (report, mut repair) = repaired.map_err(|fault| described(&fault))?;
    if let Then::Repair(operation) = &ask.then {
        repair.operation = Some(operation.id.clone());
    }
    Ok((report, Some(repair)))
}

/// What the log of operations keeps of a repair.
fn in_short(outcome: &Result<(Report, Option<Repair>), String>) -> Value {
    match outcome {
        Ok((report, repair)) => json!({
            "ok": report.ok,
            "findings_total": report.findings_total,
            "events_republished": repair.as_ref().map(|repair| repair.events_republished),
            "rows_rebuilt": repair.as_ref().map(|repair| repair.rows_rebuilt),
            "rows_left": repair.as_ref().map(|repair| repair.rows_left),
        }),
        Err(error) => json!({"error": error}),
    }
}
