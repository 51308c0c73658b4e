//! `tillroll-sweep`: compares table, archive and rows, event for event; daily by a schedule, or when somebody asked.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::value::RawValue;
use tillroll_host_lambda::derived::DerivedProgress;
use tillroll_host_lambda::dynamodb::{Events, RowTable, Tokens};
use tillroll_host_lambda::functions::project::by_name::SUBSCRIPTIONS;
use tillroll_host_lambda::functions::replay::ARCHIVE_READER;
use tillroll_host_lambda::kinesis::KinesisBus;
use tillroll_host_lambda::lambda::batch::read;
use tillroll_host_lambda::lambda::clients::Clients;
use tillroll_host_lambda::lambda::clock::SystemClock;
use tillroll_host_lambda::lambda::invocation::{Answer, Answered, Failure, Invocation};
use tillroll_host_lambda::lambda::metrics::{Metrics, Outcome};
use tillroll_host_lambda::lambda::verifications::{SweepTask, SweepThen, begin, begun, end, summary, wait_of};
use tillroll_host_lambda::lambda::{Configuration, Function, configuration, run};
use tillroll_host_lambda::operations;
use tillroll_host_lambda::ports::{Clock as _, Fault, FaultKind};
use tillroll_host_lambda::s3::S3Archive;
use tillroll_host_lambda::subscriptions::carts::Carts;
use tillroll_host_lambda::subscriptions::reminders::Reminders;
use tillroll_host_lambda::subscriptions::suggestions::Suggestions;
use tillroll_host_lambda::verify::repair::{Repair, RepairMode};
use tillroll_host_lambda::verify::run::Verification;
use tillroll_host_lambda::verify::{Course, FindingKind, Phase, Projection, Report, Verifier};

type Bus = KinesisBus<SystemClock>;
type Rows = RowTable<SystemClock>;

struct Sweep {
    table: Events<SystemClock>,
    rows: Rows,
    archive: S3Archive<SystemClock>,
    bus: Bus,
    progress: DerivedProgress<Rows, Bus, SystemClock>,
    clock: SystemClock,
    /// Where it sorts. A process has one invocation at a time, so it is its own.
    scratch: PathBuf,
}

impl Function for Sweep {
    async fn answer(&self, event: &RawValue, _: &Invocation) -> Result<Answered, Failure> {
        let task: SweepTask = read(event, "a task for sweep, or {}")?;
        let mut verification = match &task.id {
            Some(id) => begun(&self.rows, &self.clock, id).await?,
            None => begin(&self.rows, &self.clock).await?,
        };
        let course = Course::default();
        let outcome = Box::pin(self.verify(&task, &course)).await;
        verification.standing = course.standing();
        verification.finished_at = Some(self.clock.now());
        match outcome {
            Ok((report, repair)) => {
                verification.standing.phase = Phase::Finished;
                (verification.report, verification.repair) = (Some(report), repair);
            }
            Err(fault) => {
                verification.standing.phase = Phase::Failed;
                verification.error = Some(Failure::from(fault).message);
            }
        }
        if let Some(operation) = task.operation {
            operations::end(&self.rows, operation, summary(&verification)).await?;
        }
        end(&self.rows, &verification).await?;
        Ok(Answered { answer: Answer::json(&summary(&verification))?, metrics: metrics_of(&verification) })
    }
}

impl Sweep {
    async fn verify(&self, task: &SweepTask, course: &Course) -> Result<(Report, Option<Repair>), Fault> {
        let no_room = |error| Fault::new(FaultKind::Transient, "sort in", self.scratch.display().to_string(), error);
        self.clear().map_err(no_room)?;
        fs::create_dir_all(&self.scratch).map_err(no_room)?;
        let verifier = Verifier {
            table: &self.table,
            archive: &self.archive,
            rows: &self.rows,
            progress: &self.progress,
            clock: &self.clock,
            scratch: &self.scratch,
            course,
            entries: task.entries,
        };
        let projections: [&dyn Projection; 3] = [&Carts, &Suggestions, &Reminders];
        let mode = match task.then {
            SweepThen::Report => return Ok((Box::pin(verifier.verify(&projections, wait_of(task))).await?, None)),
            SweepThen::Plan => RepairMode::DryRun,
            SweepThen::Repair => RepairMode::ForReal,
        };
        let repaired = Box::pin(verifier.repair(&projections, wait_of(task), &self.bus, mode)).await?;
        let (report, mut repair) = repaired;
        repair.operation = task.operation.as_ref().map(|operation| operation.id.clone());
        Ok((report, Some(repair)))
    }

    /// Removes what an earlier one left that was broken off.
    fn clear(&self) -> io::Result<()> {
        match fs::remove_dir_all(&self.scratch) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

fn metrics_of(verification: &Verification) -> Metrics {
    let Some(report) = &verification.report else { return Metrics::of(Outcome::Fault) };
    let missing = report.summary.iter().filter(|kind| kind.kind == FindingKind::Missing);
    Metrics::of(if report.ok { Outcome::Ok } else { Outcome::Partial })
        .count("ReconcileMissing", missing.map(|kind| kind.findings).sum())
        .count("ReconcileFindings", report.findings_total)
        .count("ReconcileEvents", report.events)
}

fn main() -> ExitCode {
    run("sweep", async |Configuration { aws, own }: &Configuration<configuration::Sweep>| {
        let (clients, clock) = (Clients::new(aws)?, SystemClock::start());
        let dynamodb = clients.dynamodb();
        let rows = RowTable::new(dynamodb.clone(), own.rows.clone(), Tokens::Send, clock);
        let bus = KinesisBus::new(clients.kinesis(), &own.bus, clock);
        let readers = SUBSCRIPTIONS.into_iter().chain([ARCHIVE_READER]).map(str::to_owned);
        Ok(Sweep {
            table: Events::new(dynamodb, own.events.clone(), Tokens::Send, clock),
            progress: DerivedProgress::new(rows.clone(), bus.clone(), readers, clock),
            archive: S3Archive::new(clients.s3(), own.archive.clone(), clock),
            scratch: std::env::temp_dir().join("tillroll-sweep"),
            rows,
            bus,
            clock,
        })
    })
}
