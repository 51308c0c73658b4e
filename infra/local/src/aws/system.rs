//! The ports of the system on AWS, over the adapters that its functions use. The router of the API works on them in this
//! process as it does in the function; AWS decides by its own rules what whoever runs this may do.

use tillroll_host_lambda::api;
use tillroll_host_lambda::api::audience::Everybody;
use tillroll_host_lambda::derived::{DerivedPipeline, DerivedProgress, RowRuns, TableNews};
use tillroll_host_lambda::dynamodb::{Events, RowTable, Tokens};
use tillroll_host_lambda::functions::replay::ARCHIVE_READER;
use tillroll_host_lambda::kinesis::KinesisBus;
use tillroll_host_lambda::ports::Fault;
use tillroll_host_lambda::s3::S3Archive;
use tillroll_host_lambda::sqs::SqsQueues;
use tillroll_host_lambda::verify::run::{Ask, Begun, Verification, Verifications};

use super::account::Account;
use super::carrier::Carried;
use super::names::{Names, SUBSCRIPTIONS};
use crate::clock::LocalClock;
use crate::verifications::{LocalVerifications, Verifiable};

/// The event table on AWS.
pub type AwsTable = Events<LocalClock>;
/// Rows on AWS.
pub type AwsRows = RowTable<LocalClock>;
/// The event bus on AWS.
pub type AwsBus = KinesisBus<LocalClock>;
/// The archive on AWS.
pub type AwsArchive = S3Archive<LocalClock>;
/// The queues on AWS.
pub type AwsQueues = SqsQueues<LocalClock>;
/// Replay runs on AWS.
pub type AwsRuns = RowRuns<AwsRows, LocalClock>;
/// Where the stages on AWS stand.
pub type AwsProgress = DerivedProgress<AwsRows, AwsBus, LocalClock>;
/// How the pipeline on AWS is doing.
pub type AwsPipeline = DerivedPipeline<AwsProgress, AwsBus, AwsQueues, LocalClock>;

/// Everything that the API calls, on AWS. Cheap to clone.
#[derive(Clone, Debug)]
pub struct AwsPorts {
    table: AwsTable,
    rows: AwsRows,
    bus: AwsBus,
    archive: AwsArchive,
    queues: AwsQueues,
    runs: AwsRuns,
    progress: AwsProgress,
    pipeline: AwsPipeline,
    news: TableNews<AwsTable, LocalClock>,
    verifications: LocalVerifications,
    carried: Carried,
    clock: LocalClock,
}

impl AwsPorts {
    /// The system of these names in this account. Nothing is asked of AWS yet.
    #[must_use]
    pub fn new(account: &Account, names: &Names) -> Self {
        let clock = LocalClock::system();
        let dynamodb = account.dynamodb();
        let table = Events::new(dynamodb.clone(), names.tables.events.clone(), Tokens::Send, clock.clone());
        let rows = RowTable::new(dynamodb, names.tables.rows.clone(), Tokens::Send, clock.clone());
        let bus = KinesisBus::new(account.kinesis(), &names.bus, clock.clone());
        let archive = S3Archive::new(account.s3(), names.bucket.clone(), clock.clone());
        let queues = SqsQueues::new(account.sqs(), names.queues.clone(), clock.clone());
        let subscriptions = SUBSCRIPTIONS.map(str::to_owned);
        let readers = std::iter::once(ARCHIVE_READER.to_owned()).chain(subscriptions.clone());
        let progress = DerivedProgress::new(rows.clone(), bus.clone(), readers, clock.clone());
        let pipeline =
            DerivedPipeline::new(progress.clone(), bus.clone(), queues.clone(), subscriptions, clock.clone());
        Self {
            runs: RowRuns::new(rows.clone(), clock.clone()),
            news: TableNews::new(table.clone(), clock.clone()),
            verifications: LocalVerifications::default(),
            carried: Carried::default(),
            table,
            rows,
            bus,
            archive,
            queues,
            progress,
            pipeline,
            clock,
        }
    }
}

impl Verifiable for AwsPorts {
    type Bus = AwsBus;

    fn bus(&self) -> &AwsBus {
        &self.bus
    }

    fn remembered(&self) -> &LocalVerifications {
        &self.verifications
    }

    /// A command that ends takes its runtime along, and with it the verification.
    async fn stopped(&self) {
        std::future::pending::<()>().await;
    }
}

impl Verifications for AwsPorts {
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

impl api::Ports for AwsPorts {
    type Audience = Everybody;
    type Table = AwsTable;
    type Rows = AwsRows;
    type Runs = AwsRuns;
    type Progress = AwsProgress;
    type Archive = AwsArchive;
    type Queue = AwsQueues;
    type Clock = LocalClock;
    type News = TableNews<AwsTable, LocalClock>;
    type Feed = AwsBus;
    type Pipeline = AwsPipeline;
    type DeadLetters = AwsQueues;
    type Verifications = Self;
    type Starter = Carried;

    fn table(&self) -> &AwsTable {
        &self.table
    }

    fn rows(&self) -> &AwsRows {
        &self.rows
    }

    fn runs(&self) -> &AwsRuns {
        &self.runs
    }

    fn progress(&self) -> &AwsProgress {
        &self.progress
    }

    fn archive(&self) -> &AwsArchive {
        &self.archive
    }

    fn queue(&self) -> &AwsQueues {
        &self.queues
    }

    fn clock(&self) -> &LocalClock {
        &self.clock
    }

    fn news(&self) -> &TableNews<AwsTable, LocalClock> {
        &self.news
    }

    fn feed(&self) -> &AwsBus {
        &self.bus
    }

    fn pipeline(&self) -> &AwsPipeline {
        &self.pipeline
    }

    fn dead_letters(&self) -> &AwsQueues {
        &self.queues
    }

    fn verifications(&self) -> &Self {
        self
    }

    fn starter(&self) -> &Carried {
        &self.carried
    }
}
