//! The whole picture in one process: stores, functions, and the mappings between them.
//!
//! [`System::start`] opens a data folder and sets everything going; [`System::ports`] is what a front (HTTP, command
//! line, import) works with. A process that is killed needs no farewell: whoever opens the folder next goes on from the
//! checkpoints.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tillroll_core::cart::Catalogue;
use tillroll_core::sequence::SequenceNumber;
use tillroll_host_lambda::dynamodb::tables::{NotCreated, TableNames, create_tables};
use tillroll_host_lambda::dynamodb::{Events, Tokens};
use tillroll_host_lambda::memory::ProcessNews;
use tillroll_host_lambda::ports::{Fault, ReplayQueue as _};
use tillroll_host_lambda::subscriptions::Subscription;
use tillroll_host_lambda::subscriptions::carts::Carts;
use tillroll_host_lambda::subscriptions::reminders::Reminders;
use tillroll_host_lambda::subscriptions::suggestions::Suggestions;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::archive::LocalArchive;
use crate::bus::{self, LocalBus};
use crate::checkpoints::Checkpoints;
use crate::chores;
use crate::clock::{LocalClock, NoTime};
use crate::dynamo::{DynamoError, LocalDynamo};
use crate::folder::{DataFolder, FolderError};
use crate::functions::{ArchiveBus, Live, LocalProjector, LocalRows, Publish, Replayed};
use crate::lags::LagLog;
use crate::mappings::Pace;
use crate::mappings::queue::QueueMapping;
use crate::mappings::shard::{Batching, BusSource, ShardMapping, StreamSource};
use crate::mappings::status::StatusCell;
use crate::notices::Outbox;
use crate::pipeline_db;
use crate::progress::{ARCHIVE, Counting, LocalProgress, PUBLISH};
use crate::queue::LocalQueue;
use crate::rates::RateMeter;
use crate::runs::LocalRuns;
use crate::sqlite::OpenError;
use crate::table::LocalTable;
use crate::tamper::LocalTamperLog;
use crate::verifications::LocalVerifications;

/// Names this program to the projectors: a cart that another build had to park is tried again.
const BUILD: &str = env!("CARGO_PKG_VERSION");
/// Workers of a replay queue: while one waits for the table, the other folds.
const REPLAY_WORKERS: usize = 2;
/// Under a flood of single appends a batch is worth its call; the first append after a silence goes at once.
const INTERVAL: Duration = Duration::from_millis(20);
/// The same before the bus, where people look on live: what they see may be this much older for it.
const PUBLISH_INTERVAL: Duration = Duration::from_millis(4);
const PUBLISH_BATCHING: Batching = Batching { records_max: 1_000, window: Duration::ZERO, interval: PUBLISH_INTERVAL };
const ARCHIVE_BATCHING: Batching =
    Batching { records_max: 1_000, window: Duration::from_secs(1), interval: Duration::ZERO };
const PROJECT_BATCHING: Batching = Batching { records_max: 500, window: Duration::ZERO, interval: INTERVAL };
/// How often a drain looks whether it is done.
const DRAIN_LOOK: Duration = Duration::from_millis(10);
/// How long the batches under way may take when the system stops; after that they are dropped and come again.
const SHUTDOWN_MAX: Duration = Duration::from_secs(20);

/// How to start.
#[derive(Clone, Debug)]
pub struct Options {
    /// The data folder.
    pub data_folder: PathBuf,
    /// Whether to remove what is stored there first.
    pub fresh: bool,
    /// A file that holds the time, instead of the system's clock.
    pub clock_file: Option<PathBuf>,
    /// A file with prices and discount rules; none means that prices are taken as given.
    pub catalogue_file: Option<PathBuf>,
}

impl Options {
    /// The data folder as it is, the system's clock, no catalogue.
    pub fn new(data_folder: impl Into<PathBuf>) -> Self {
        Self { data_folder: data_folder.into(), fresh: false, clock_file: None, catalogue_file: None }
    }
}

/// The running system.
#[derive(Debug)]
pub struct System {
    // Fields are dropped in this order: first what works, then what it works on, the lock last.
    tasks: JoinSet<()>,
    pace: watch::Sender<Pace>,
    ports: Ports,
    dynamo: LocalDynamo,
    folder: DataFolder,
}

/// Everything that a front may call. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Ports {
    /// The event table.
    pub table: LocalTable,
    /// Rows of the projections.
    pub rows: LocalRows,
    /// The event bus.
    pub bus: LocalBus,
    /// The replay queues.
    pub queue: LocalQueue,
    /// The archive.
    pub archive: LocalArchive,
    /// Replay runs.
    pub runs: LocalRuns,
    /// Tampered records.
    pub tamper: LocalTamperLog,
    /// Wakes those who wait for events of a cart.
    pub news: ProcessNews<LocalClock>,
    /// Where the stages stand.
    pub progress: LocalProgress,
    /// Verifications under way and ended.
    pub verifications: LocalVerifications,
    /// Time.
    pub clock: LocalClock,
    /// Prices and discount rules, if there are any.
    pub catalogue: Option<Arc<Catalogue>>,
    /// The projector of each subscription, for catching up and for parked carts.
    pub carts: Arc<LocalProjector<Carts>>,
    /// Likewise.
    pub suggestions: Arc<LocalProjector<Suggestions>>,
    /// Likewise.
    pub reminders: Arc<LocalProjector<Reminders>>,
}

/// The system did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The clock file.
    #[error(transparent)]
    Clock(#[from] NoTime),
    /// The catalogue file.
    #[error("cannot read the catalogue {file}")]
    Catalogue {
        /// The file.
        file: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// `pipeline.sqlite`.
    #[error(transparent)]
    Pipeline(#[from] OpenError),
    /// DynamoDB.
    #[error(transparent)]
    Dynamo(#[from] DynamoError),
    /// Its tables.
    #[error(transparent)]
    Tables(#[from] NotCreated),
    /// One of the stores.
    #[error(transparent)]
    Store(#[from] Fault),
}

/// The pipeline has not drained in time.
#[derive(Debug, thiserror::Error)]
pub enum NotDrained {
    /// Something still waits.
    #[error("{stage} has not finished what was there; {reason}")]
    Late {
        /// The stage that was waited for.
        stage: &'static str,
        /// What it, or a stage before it, is failing with.
        reason: String,
    },
    /// Where the stages stand cannot be read.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl System {
    /// Opens the data folder and sets everything going.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let clock = match options.clock_file {
            Some(file) => LocalClock::of_file(file)?,
            None => LocalClock::system(),
        };
        let catalogue = options.catalogue_file.as_deref().map(read_catalogue).transpose()?;
        let folder = DataFolder::open(&options.data_folder, options.fresh)?;
        let dynamo = LocalDynamo::start(&folder.dynamodb())?;
        let names = TableNames::default();
        create_tables(&dynamo.client(), &names).await?;

        let (pace, paced) = watch::channel(Pace::Batching);
        let mut assembly = Assembly::new(&folder, &dynamo, &names, clock.clone(), paced).await?;
        let carts = assembly.subscribe(Carts);
        let suggestions = assembly.subscribe(Suggestions);
        let reminders = assembly.subscribe(Reminders);
        let Assembly { tasks, table, rows, archive, tamper, news, progress, runs, .. } = assembly;
        let (bus, queue) = (progress.bus.clone(), progress.queue.clone());
        let ports = Ports {
            table,
            rows,
            bus,
            queue,
            archive,
            runs,
            tamper,
            news,
            progress,
            verifications: LocalVerifications::default(),
            clock,
            catalogue,
            carts,
            suggestions,
            reminders,
        };
        let mut system = Self { tasks, pace, ports, dynamo, folder };
        let outbox = Outbox::new(&system.folder.outbox());
        chores::spawn(&mut system.tasks, &system.ports.progress.pace, &system.ports, outbox);
        Ok(system)
    }

    /// What a front works with.
    #[must_use]
    pub fn ports(&self) -> &Ports {
        &self.ports
    }

    /// The data folder, to announce the port of a front in its lock.
    pub fn folder(&mut self) -> &mut DataFolder {
        &mut self.folder
    }

    /// Waits until every stage has finished what was there when this was called, at most `limit`.
    pub async fn drain(&self, limit: Duration) -> Result<(), NotDrained> {
        let flushing = Flushing::begin(&self.pace);
        let drained = self.drained(limit).await;
        drop(flushing);
        drained
    }

    async fn drained(&self, limit: Duration) -> Result<(), NotDrained> {
        let progress = &self.ports.progress;
        let until = tokio::time::Instant::now() + limit;
        let appended = progress.stream.newest().await?;
        while progress.published().await? < appended {
            self.look_again(until, "publish").await?;
        }
        let newest: Vec<Option<SequenceNumber>> =
            progress.bus.progress().await?.into_iter().map(|shard| shard.newest).collect();
        loop {
            let shards = progress.bus.progress().await?;
            let behind = shards
                .iter()
                .zip(&newest)
                .any(|(shard, newest)| shard.readers.iter().any(|(_, finished)| finished < newest));
            if !behind {
                break;
            }
            self.look_again(until, "a reader of the event bus").await?;
        }
        for (subscription, _) in &progress.replays {
            while progress.queue.depth(subscription).await? > 0 {
                self.look_again(until, "a replay queue").await?;
            }
        }
        Ok(())
    }

    async fn look_again(&self, until: tokio::time::Instant, stage: &'static str) -> Result<(), NotDrained> {
        if tokio::time::Instant::now() >= until {
            let failing = self.ports.progress.failing();
            let reason = failing.map_or_else(
                || "it is still at work".to_owned(),
                |(mapping, reason)| format!("{mapping} fails and is tried again: {reason}"),
            );
            return Err(NotDrained::Late { stage, reason });
        }
        tokio::time::sleep(DRAIN_LOOK).await;
        Ok(())
    }

    /// Ends every mapping after the batch at hand, then DynamoDB, then gives the folder back.
    pub async fn shutdown(mut self) {
        self.pace.send_replace(Pace::Stopping);
        let ended = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(SHUTDOWN_MAX, ended).await.is_err() {
            tracing::warn!("stopped in the middle of a batch; it comes again with the next start");
        }
        self.tasks.shutdown().await;
        drop(self.ports);
        self.dynamo.stop().await;
    }
}

/// Takes the windows out of all batches for as long as it lives.
struct Flushing<'a>(&'a watch::Sender<Pace>);

impl<'a> Flushing<'a> {
    fn begin(pace: &'a watch::Sender<Pace>) -> Self {
        pace.send_if_modified(|pace| std::mem::replace(pace, turned(*pace, Pace::Flushing)) != Pace::Flushing);
        Self(pace)
    }
}

impl Drop for Flushing<'_> {
    fn drop(&mut self) {
        self.0.send_if_modified(|pace| std::mem::replace(pace, turned(*pace, Pace::Batching)) != Pace::Batching);
    }
}

/// The wanted pace, unless the system is stopping.
fn turned(pace: Pace, wanted: Pace) -> Pace {
    if pace == Pace::Stopping { pace } else { wanted }
}

/// The parts while they are put together.
struct Assembly {
    tasks: JoinSet<()>,
    paced: watch::Receiver<Pace>,
    clock: LocalClock,
    table: LocalTable,
    rows: LocalRows,
    archive: LocalArchive,
    tamper: LocalTamperLog,
    runs: LocalRuns,
    news: ProcessNews<LocalClock>,
    progress: LocalProgress,
}

impl Assembly {
    /// Opens the stores and connects table stream, bus and archive.
    async fn new(
        folder: &DataFolder,
        dynamo: &LocalDynamo,
        names: &TableNames,
        clock: LocalClock,
        paced: watch::Receiver<Pace>,
    ) -> Result<Self, StartError> {
        let sqlite = pipeline_db::open(&folder.pipeline())?;
        let subscriptions = [Carts::NAME, Suggestions::NAME, Reminders::NAME].map(str::to_owned);
        let readers = std::iter::once(ARCHIVE.to_owned()).chain(subscriptions.clone()).collect();
        let bus = LocalBus::open(sqlite.clone(), clock.clone(), bus::SHARDS, readers).await?;
        let queue = LocalQueue::open(sqlite.clone(), clock.clone(), &subscriptions).await?;
        let archive = LocalArchive::open(folder.archive())?;
        let tamper = LocalTamperLog::new(sqlite.clone(), clock.clone());
        let checkpoints = Checkpoints::new(sqlite.clone());
        let news = ProcessNews::new(clock.clone());
        let stream = dynamo.table_stream(&names.events);
        let events = Events::new(dynamo.client(), names.events.clone(), Tokens::Omit, clock.clone());
        let rows = LocalRows::new(dynamo.client(), names.rows.clone(), Tokens::Omit, clock.clone());
        let table = LocalTable::new(events, stream.clone(), news.clone());

        let mut tasks = JoinSet::new();
        let publish = ShardMapping::new(
            PUBLISH,
            PUBLISH_BATCHING,
            StreamSource::new(stream.clone()),
            Publish { bus: bus.clone(), tamper: tamper.clone() },
            checkpoints.clone(),
            clock.clone(),
        );
        let progress = LocalProgress {
            stream,
            bus,
            queue,
            checkpoints,
            clock: clock.clone(),
            pace: paced.clone(),
            publish: publish.status(),
            readers: Vec::new(),
            replays: Vec::new(),
            projectors: Vec::new(),
            tamper: tamper.clone(),
            meter: RateMeter::default(),
            lags: LagLog::default(),
        };
        tasks.spawn(publish.run(paced.clone()));
        let runs = LocalRuns::new(sqlite);
        let mut assembly = Self { tasks, paced, clock, table, rows, archive, tamper, runs, news, progress };
        let archive = ArchiveBus(assembly.archive.clone());
        assembly.read_bus(ARCHIVE, ARCHIVE_BATCHING, || archive.clone());
        Ok(assembly)
    }

    /// Connects a subscription to both its feeds.
    fn subscribe<S: Subscription + Send + Sync + 'static>(&mut self, subscription: S) -> Arc<LocalProjector<S>> {
        let projector = Arc::new(LocalProjector::new(subscription, self.rows.clone(), self.table.clone(), BUILD));
        self.read_bus(S::NAME, PROJECT_BATCHING, || Live(Arc::clone(&projector)));
        let mut cells = Vec::with_capacity(REPLAY_WORKERS);
        for _ in 0..REPLAY_WORKERS {
            let replayed = Replayed(Arc::clone(&projector));
            let mapping = QueueMapping::new(S::NAME, self.progress.queue.clone(), replayed, self.clock.clone());
            cells.push(mapping.status());
            self.tasks.spawn(mapping.run(self.paced.clone()));
        }
        self.progress.replays.push((S::NAME, cells));
        let counted = Arc::clone(&projector);
        self.progress.projectors.push((S::NAME, Counting(Arc::new(move || counted.counts()))));
        projector
    }

    /// Lets a function read every shard of the bus.
    fn read_bus<F: crate::mappings::Function<tillroll_host_lambda::lambda_events::BusBatch>>(
        &mut self,
        name: &'static str,
        batching: Batching,
        function: impl Fn() -> F,
    ) {
        let bus = self.progress.bus.clone();
        let mut cells: Vec<StatusCell> = Vec::with_capacity(bus.shards().len());
        for shard in bus.shards() {
            let source = BusSource::new(bus.clone(), shard.clone());
            let checkpoints = self.progress.checkpoints.clone();
            let mapping = ShardMapping::new(name, batching, source, function(), checkpoints, self.clock.clone());
            cells.push(mapping.status());
            self.tasks.spawn(mapping.run(self.paced.clone()));
        }
        self.progress.readers.push((name, cells));
    }
}

fn read_catalogue(file: &Path) -> Result<Arc<Catalogue>, StartError> {
    let read = std::fs::read(file).and_then(|bytes| Ok(serde_json::from_slice(&bytes)?));
    let catalogue: Catalogue =
        read.map_err(|source| StartError::Catalogue { file: file.display().to_string(), source })?;
    Ok(Arc::new(catalogue))
}

#[cfg(test)]
mod tests;
