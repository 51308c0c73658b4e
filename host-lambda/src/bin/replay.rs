//! `tillroll-replay`: carries a replay from slice to slice, as far as one invocation goes; a state machine calls it again.

use std::collections::BTreeMap;
use std::process::ExitCode;

use serde_json::value::RawValue;
use tillroll_host_lambda::derived::{DerivedProgress, RowRuns};
use tillroll_host_lambda::dynamodb::{Events, RowTable, Tokens};
use tillroll_host_lambda::functions::project::by_name::SUBSCRIPTIONS;
use tillroll_host_lambda::functions::replay::work::{Next, Task};
use tillroll_host_lambda::functions::replay::{ARCHIVE_READER, Replay, ReplayError, ReplayPorts};
use tillroll_host_lambda::kinesis::KinesisBus;
use tillroll_host_lambda::lambda::batch::read;
use tillroll_host_lambda::lambda::clients::Clients;
use tillroll_host_lambda::lambda::clock::SystemClock;
use tillroll_host_lambda::lambda::invocation::{Answer, Answered, Failure, Invocation};
use tillroll_host_lambda::lambda::metrics::{Metrics, Outcome};
use tillroll_host_lambda::lambda::{Configuration, Function, configuration, run};
use tillroll_host_lambda::ports::Clock as _;
use tillroll_host_lambda::s3::S3Archive;
use tillroll_host_lambda::sqs::{QueueUrls, SqsQueues};

type Clock = SystemClock;
type Rows = RowTable<Clock>;

struct Replays {
    archive: S3Archive<Clock>,
    queue: SqsQueues<Clock>,
    rows: Rows,
    runs: RowRuns<Rows, Clock>,
    progress: DerivedProgress<Rows, KinesisBus<Clock>, Clock>,
    table: Events<Clock>,
    clock: Clock,
}

impl ReplayPorts for Replays {
    type Archive = S3Archive<Clock>;
    type Queue = SqsQueues<Clock>;
    type Rows = Rows;
    type Runs = RowRuns<Rows, Clock>;
    type Progress = DerivedProgress<Rows, KinesisBus<Clock>, Clock>;
    type Table = Events<Clock>;
    type Clock = Clock;
}

impl Function for Replays {
    async fn answer(&self, event: &RawValue, invocation: &Invocation) -> Result<Answered, Failure> {
        let task: Task = read(event, "a task of a replay")?;
        let Self { archive, queue, rows, runs, progress, table, clock } = self;
        let replay: Replay<'_, Self> = Replay { archive, queue, rows, runs, progress, table, clock };
        let time_ms = i64::try_from(invocation.time.as_millis()).unwrap_or(i64::MAX);
        let answer = Box::pin(replay.work(&task, clock.now().plus_ms(time_ms))).await.map_err(failure)?;
        let outcome = if answer.next == Next::Failed { Outcome::Fault } else { Outcome::Ok };
        let metrics = Metrics::of(outcome)
            .count("ReplayEvents", answer.events_sent)
            .count("ReplayMessages", answer.messages_sent);
        Ok(Answered { answer: Answer::json(&answer)?, metrics })
    }
}

fn failure(error: ReplayError) -> Failure {
    if let ReplayError::Fault(fault) = error {
        return fault.into();
    }
    Failure { kind: "Replay", message: error.to_string() }
}

fn main() -> ExitCode {
    run("replay", async |Configuration { aws, own }: &Configuration<configuration::Replay>| {
        let (clients, clock) = (Clients::new(aws)?, SystemClock::start());
        let dynamodb = clients.dynamodb();
        let rows = RowTable::new(dynamodb.clone(), own.rows.clone(), Tokens::Send, clock);
        let bus = KinesisBus::new(clients.kinesis(), &own.bus, clock);
        let readers = SUBSCRIPTIONS.into_iter().chain([ARCHIVE_READER]).map(str::to_owned);
        // Dead letters are no business of a replay.
        let urls = own.queues.0.iter().map(|(subscription, queue)| {
            let urls = QueueUrls { queue: queue.clone(), dead_letters: String::new() };
            ((*subscription).to_owned(), urls)
        });
        Ok(Replays {
            archive: S3Archive::new(clients.s3(), own.archive.clone(), clock),
            queue: SqsQueues::new(clients.sqs(), urls.collect::<BTreeMap<_, _>>(), clock),
            runs: RowRuns::new(rows.clone(), clock),
            progress: DerivedProgress::new(rows.clone(), bus, readers, clock),
            table: Events::new(dynamodb, own.events.clone(), Tokens::Send, clock),
            rows,
            clock,
        })
    })
}
