//! `tillroll-operate`: the routes of those who run the shop.

// What the futures of a request hold in each other is deeper than the compiler looks by itself.
#![recursion_limit = "256"]

use std::collections::BTreeMap;
use std::process::ExitCode;

use tillroll_host_lambda::api::audience::Operators;
use tillroll_host_lambda::api::{self, Settings, built_in_reducer};
use tillroll_host_lambda::derived::{DerivedPipeline, DerivedProgress, RowRuns, TableNews};
use tillroll_host_lambda::dynamodb::{Events, RowTable, Tokens};
use tillroll_host_lambda::functions::project::by_name::SUBSCRIPTIONS;
use tillroll_host_lambda::functions::replay::ARCHIVE_READER;
use tillroll_host_lambda::kinesis::KinesisBus;
use tillroll_host_lambda::lambda::clients::Clients;
use tillroll_host_lambda::lambda::clock::SystemClock;
use tillroll_host_lambda::lambda::configuration::Endpoint;
use tillroll_host_lambda::lambda::configuration::{self, Operate, Queues};
use tillroll_host_lambda::lambda::machines::SweepMachine;
use tillroll_host_lambda::lambda::verifications::RowVerifications;
use tillroll_host_lambda::lambda::web::{CATALOGUE_REFRESH, Parts, Web};
use tillroll_host_lambda::lambda::{BUILD, Configuration, run};
use tillroll_host_lambda::s3::{S3Archive, S3Catalogue};
use tillroll_host_lambda::sqs::{QueueUrls, SqsQueues};
use tillroll_host_lambda::stepfunctions::ReplayMachine;

type Clock = SystemClock;
type Rows = RowTable<Clock>;
type Bus = KinesisBus<Clock>;
type Queue = SqsQueues<Clock>;
type Progress = DerivedProgress<Rows, Bus, Clock>;

/// Everything there is.
#[derive(Clone, Debug)]
struct Ports {
    table: Events<Clock>,
    rows: Rows,
    runs: RowRuns<Rows, Clock>,
    progress: Progress,
    archive: S3Archive<Clock>,
    queue: Queue,
    clock: Clock,
    news: TableNews<Events<Clock>, Clock>,
    bus: Bus,
    pipeline: DerivedPipeline<Progress, Bus, Queue, Clock>,
    verifications: RowVerifications<Rows, SweepMachine<Clock>, Clock>,
    starter: ReplayMachine<Clock>,
}

impl Ports {
    fn new(clients: &Clients, own: &Operate, clock: Clock) -> Self {
        let dynamodb = clients.dynamodb();
        let table = Events::new(dynamodb.clone(), own.events.clone(), Tokens::Send, clock);
        let rows = RowTable::new(dynamodb, own.rows.clone(), Tokens::Send, clock);
        let bus = KinesisBus::new(clients.kinesis(), &own.bus, clock);
        let queue = SqsQueues::new(clients.sqs(), urls(&own.queues, &own.dead_letters), clock);
        let subscriptions = SUBSCRIPTIONS.map(str::to_owned);
        let readers = subscriptions.clone().into_iter().chain([ARCHIVE_READER.to_owned()]);
        let progress = DerivedProgress::new(rows.clone(), bus.clone(), readers, clock);
        let sweep = SweepMachine::new(clients.sfn(), own.sweep_machine.clone(), clock);
        Self {
            runs: RowRuns::new(rows.clone(), clock),
            archive: S3Archive::new(clients.s3(), own.archive.clone(), clock),
            news: TableNews::new(table.clone(), clock),
            pipeline: DerivedPipeline::new(progress.clone(), bus.clone(), queue.clone(), subscriptions, clock),
            verifications: RowVerifications::new(rows.clone(), sweep, clock),
            starter: ReplayMachine::new(clients.sfn(), own.replay_machine.clone(), clock),
            table,
            rows,
            progress,
            queue,
            clock,
            bus,
        }
    }
}

/// The queues of each subscription; the configuration has both for all of them.
fn urls(queues: &Queues, dead_letters: &Queues) -> BTreeMap<String, QueueUrls> {
    let both = queues.0.iter().zip(&dead_letters.0).map(|((subscription, queue), (_, dead_letters))| {
        let urls = QueueUrls { queue: queue.clone(), dead_letters: dead_letters.clone() };
        ((*subscription).to_owned(), urls)
    });
    both.collect()
}

impl api::Ports for Ports {
    type Audience = Operators;
    type Table = Events<Clock>;
    type Rows = Rows;
    type Runs = RowRuns<Rows, Clock>;
    type Progress = Progress;
    type Archive = S3Archive<Clock>;
    type Queue = Queue;
    type Clock = Clock;
    type News = TableNews<Events<Clock>, Clock>;
    type Feed = Bus;
    type Pipeline = DerivedPipeline<Progress, Bus, Queue, Clock>;
    type DeadLetters = Queue;
    type Verifications = RowVerifications<Rows, SweepMachine<Clock>, Clock>;
    type Starter = ReplayMachine<Clock>;

    fn table(&self) -> &Self::Table {
        &self.table
    }

    fn rows(&self) -> &Self::Rows {
        &self.rows
    }

    fn runs(&self) -> &Self::Runs {
        &self.runs
    }

    fn progress(&self) -> &Self::Progress {
        &self.progress
    }

    fn archive(&self) -> &Self::Archive {
        &self.archive
    }

    fn queue(&self) -> &Self::Queue {
        &self.queue
    }

    fn clock(&self) -> &Self::Clock {
        &self.clock
    }

    fn news(&self) -> &Self::News {
        &self.news
    }

    fn feed(&self) -> &Self::Feed {
        &self.bus
    }

    fn pipeline(&self) -> &Self::Pipeline {
        &self.pipeline
    }

    fn dead_letters(&self) -> &Self::DeadLetters {
        &self.queue
    }

    fn verifications(&self) -> &Self::Verifications {
        &self.verifications
    }

    fn starter(&self) -> &Self::Starter {
        &self.starter
    }
}

fn main() -> ExitCode {
    run("operate", async |Configuration { aws, own }: &Configuration<configuration::Operate>| {
        let (clients, clock) = (Clients::new(aws)?, SystemClock::start());
        let catalogue = own.web.catalogue.as_ref();
        let catalogue = catalogue.map(|Endpoint(url)| S3Catalogue::new(clients.object(url), CATALOGUE_REFRESH, clock));
        let parts = Parts {
            settings: Settings {
                catalogue: None,
                reducer: built_in_reducer(),
                version: BUILD.to_owned(),
                check_owner: true,
                cart_rate: None,
            },
            catalogue,
            issuer: Some(own.issuer.clone()),
            operators: own.operators.clone(),
            cors_origins: own.web.cors_origins.clone(),
            streaming: own.web.streaming,
            direct: None,
            clock,
        };
        Web::new(Ports::new(&clients, own, clock), parts).await
    })
}
