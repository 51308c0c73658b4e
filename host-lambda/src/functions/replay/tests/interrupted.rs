//! The ports of a replay, of which the n-th call is interrupted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tillroll_core::id::StreamId;
use uuid::Uuid;

use crate::functions::replay::work::Task;
use crate::functions::replay::{Replay, ReplayPorts};
use crate::memory::{MemoryArchive, MemoryClock, MemoryProgress, MemoryQueue, MemoryRows, MemoryRuns, MemoryTable};
use crate::ports::{
    AppendError, Archive, Clock as _, Created, EventTable, Fault, FaultKind, Progress, QueueMessage, RecordRefused,
    ReplayQueue, Row, RowKey, RowQuery, RowWrite, Rows, RowsError, Runs, ScanPage, ScanPosition, ShardProgress,
    TableStreamProgress,
};
use crate::record::EventRecord;
use crate::world::World;

/// What happens at the call.
#[derive(Clone, Copy, Debug)]
pub(super) enum Interruption {
    /// The call has no effect and the step ends there.
    DieBefore,
    /// The call has its effect and the step ends there.
    DieAfter,
    /// Somebody else does a whole step of the run first.
    OtherSteps(Uuid),
    /// Somebody else sends a slice of this part of the run first.
    OtherSends(Uuid, u32),
    /// Somebody else does a slice of all the rest of the run first.
    OtherAdvances(Uuid),
    /// Somebody pauses the run first.
    OtherPauses(Uuid),
    /// Somebody cancels the run first.
    OtherCancels(Uuid),
}

/// All ports of a replay over the same content as `world`.
pub(super) struct Interrupted<'a> {
    world: &'a World,
    archive: Port<'a, MemoryArchive>,
    queue: Port<'a, MemoryQueue>,
    rows: Port<'a, MemoryRows>,
    runs: Port<'a, MemoryRuns>,
    progress: Port<'a, MemoryProgress>,
    table: Port<'a, MemoryTable>,
    calls_left: Arc<AtomicU64>,
}

pub(super) struct Port<'a, P> {
    inner: P,
    world: &'a World,
    calls_left: Arc<AtomicU64>,
    interruption: Interruption,
}

impl<'a> ReplayPorts for Interrupted<'a> {
    type Archive = Port<'a, MemoryArchive>;
    type Queue = Port<'a, MemoryQueue>;
    type Rows = Port<'a, MemoryRows>;
    type Runs = Port<'a, MemoryRuns>;
    type Progress = Port<'a, MemoryProgress>;
    type Table = Port<'a, MemoryTable>;
    type Clock = MemoryClock;
}

impl<'a> Interrupted<'a> {
    pub(super) fn new(world: &'a World, call: u64, interruption: Interruption) -> Self {
        let calls_left = Arc::new(AtomicU64::new(call));
        Self {
            archive: Port::new(&world.archive, world, &calls_left, interruption),
            queue: Port::new(&world.queue, world, &calls_left, interruption),
            rows: Port::new(&world.rows, world, &calls_left, interruption),
            runs: Port::new(&world.runs, world, &calls_left, interruption),
            progress: Port::new(&world.progress, world, &calls_left, interruption),
            table: Port::new(&world.table, world, &calls_left, interruption),
            world,
            calls_left,
        }
    }

    pub(super) fn replay(&self) -> Replay<'_, Self> {
        let Self { archive, queue, rows, runs, progress, table, .. } = self;
        Replay { archive, queue, rows, runs, progress, table, clock: &self.world.clock }
    }

    /// Whether the run got as far as the interrupted call.
    pub(super) fn fired(&self) -> bool {
        self.calls_left.load(Ordering::SeqCst) == 0
    }
}

impl<'a, P: Clone> Port<'a, P> {
    fn new(inner: &P, world: &'a World, calls_left: &Arc<AtomicU64>, interruption: Interruption) -> Self {
        Port { inner: inner.clone(), world, calls_left: calls_left.clone(), interruption }
    }
}

impl<P> Port<'_, P> {
    async fn other_works(&self, task: Task) {
        let (other, deadline) = (self.world.replay(), self.world.clock.now());
        let work = Box::pin(async move { other.work(&task, deadline).await.map(drop) });
        work.await.expect("the other one is not interrupted");
    }

    /// Does the call, interrupted if it is the one.
    async fn call<T, E: From<Fault>>(&self, effect: impl Future<Output = Result<T, E>> + Send) -> Result<T, E> {
        let left = self.calls_left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if left != Ok(1) {
            return effect.await;
        }
        match self.interruption {
            Interruption::DieBefore => Err(Fault::new(FaultKind::Transient, "call", "a port", "died").into()),
            Interruption::DieAfter => {
                effect.await?;
                Err(Fault::new(FaultKind::UnknownOutcome, "call", "a port", "died").into())
            }
            Interruption::OtherSteps(run) => {
                let other = self.world.replay();
                let step = Box::pin(async move { other.step(&run.to_string()).await.map(drop) });
                step.await.expect("the other one is not interrupted");
                effect.await
            }
            Interruption::OtherSends(run, part) => {
                self.other_works(Task::Send { run: run.to_string(), attempt: 0, part }).await;
                effect.await
            }
            Interruption::OtherAdvances(run) => {
                self.other_works(Task::Advance { run: run.to_string(), attempt: 0, senders: 4 }).await;
                effect.await
            }
            Interruption::OtherPauses(run) => {
                // Too late is no failure.
                drop(Box::pin(self.world.replay().pause(&run.to_string())).await);
                effect.await
            }
            Interruption::OtherCancels(run) => {
                drop(Box::pin(self.world.replay().cancel(&run.to_string())).await);
                effect.await
            }
        }
    }
}

impl Archive for Port<'_, MemoryArchive> {
    async fn create(&self, key: &str, bytes: Vec<u8>) -> Result<Created, Fault> {
        self.call(self.inner.create(key, bytes)).await
    }

    async fn read(&self, key: &str) -> Result<Option<Vec<u8>>, Fault> {
        self.call(self.inner.read(key)).await
    }

    async fn list(&self, after: Option<&str>, limit: usize) -> Result<Vec<String>, Fault> {
        self.call(self.inner.list(after, limit)).await
    }
}

impl ReplayQueue for Port<'_, MemoryQueue> {
    async fn send(
        &self,
        subscription: &str,
        messages: Vec<QueueMessage>,
    ) -> Result<Vec<Result<(), RecordRefused>>, Fault> {
        self.call(self.inner.send(subscription, messages)).await
    }

    async fn depth(&self, subscription: &str) -> Result<u64, Fault> {
        self.call(self.inner.depth(subscription)).await
    }
}

impl Rows for Port<'_, MemoryRows> {
    async fn get(&self, key: &RowKey) -> Result<Option<Row>, Fault> {
        self.call(self.inner.get(key)).await
    }

    async fn get_many(&self, keys: &[RowKey]) -> Result<Vec<Row>, Fault> {
        self.call(self.inner.get_many(keys)).await
    }

    async fn query(&self, query: &RowQuery) -> Result<Vec<Row>, Fault> {
        self.call(self.inner.query(query)).await
    }

    async fn write(&self, writes: &[RowWrite]) -> Result<(), RowsError> {
        self.call(self.inner.write(writes)).await
    }
}

impl Runs for Port<'_, MemoryRuns> {
    async fn load(&self, run: &str) -> Result<Option<(u64, String)>, Fault> {
        self.call(self.inner.load(run)).await
    }

    async fn save(&self, run: &str, expected: u64, document: String) -> Result<(), RowsError> {
        self.call(self.inner.save(run, expected, document)).await
    }

    async fn list(&self, limit: u32) -> Result<Vec<(String, String)>, Fault> {
        self.call(self.inner.list(limit)).await
    }
}

impl Progress for Port<'_, MemoryProgress> {
    async fn bus(&self) -> Result<Vec<ShardProgress>, Fault> {
        self.call(self.inner.bus()).await
    }

    async fn table_stream(&self) -> Result<TableStreamProgress, Fault> {
        self.call(self.inner.table_stream()).await
    }
}

impl EventTable for Port<'_, MemoryTable> {
    async fn load(&self, stream: StreamId, after: u64, limit: Option<u32>) -> Result<Vec<EventRecord>, Fault> {
        self.call(self.inner.load(stream, after, limit)).await
    }

    async fn append(&self, events: &[EventRecord]) -> Result<(), AppendError> {
        self.call(self.inner.append(events)).await
    }

    async fn scan(&self, from: Option<ScanPosition>) -> Result<ScanPage, Fault> {
        self.call(self.inner.scan(from)).await
    }
}
