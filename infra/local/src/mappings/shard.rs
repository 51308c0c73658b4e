//! One shard of a table stream or of the bus, delivered to one function: read, batch, call, note the checkpoint.

use std::future::Future;
use std::time::{Duration, Instant};

use tillroll_core::sequence::SequenceNumber;
use tillroll_host_lambda::lambda_events::{BusBatch, BusBatchRecord, TableStreamBatch, TableStreamRecord};
use tillroll_host_lambda::ports::Fault;
use tokio::sync::watch;

use super::delivery::{Delivery, pause_after};
use super::status::StatusCell;
use super::{Function, Pace, described, invoke, is_stopping, stopping};
use crate::bus::{BusShard, LocalBus};
use crate::checkpoints::Checkpoints;
use crate::clock::LocalClock;
use crate::dynamo::TableStream;

/// Most bytes of records in one batch (Lambda's payload limit).
const BATCH_BYTES_MAX: usize = 6 * 1024 * 1024;
/// How often an idle table stream is looked at when nobody announces a write.
const STREAM_LOOK: Duration = Duration::from_millis(100);

/// How a mapping batches.
#[derive(Clone, Copy, Debug)]
pub struct Batching {
    /// Most records in a batch.
    pub records_max: u32,
    /// How long a batch that is not full waits for more.
    pub window: Duration,
    /// Shortest time between two reads that found something: the first record after a silence goes at once, a flood
    /// comes in batches worth a call.
    pub interval: Duration,
}

/// A batch type of Lambda.
pub trait Batch: Send + Sync {
    /// What it is made of.
    type Record: Send;
    /// The batch of these records.
    fn of(records: Vec<Self::Record>) -> Self;
    /// The records back.
    fn into_records(self) -> Vec<Self::Record>;
    /// A record's sequence number.
    fn sequence(record: &Self::Record) -> &str;
}

/// A shard that can be read from any place.
pub trait Source: Send + Sync + 'static {
    /// The batches that its records make.
    type Batch: Batch;

    /// The shard's name.
    fn shard(&self) -> &str;

    /// Records above `after`, oldest first; at most `records_max`.
    fn read(
        &self,
        after: Option<&SequenceNumber>,
        records_max: u32,
    ) -> impl Future<Output = Result<Vec<<Self::Batch as Batch>::Record>, Fault>> + Send;

    /// Waits until there may be `records` records above `after`.
    fn wait(&mut self, after: Option<&SequenceNumber>, records: u32) -> impl Future<Output = ()> + Send;
}

/// One shard and the function that gets its records.
pub struct ShardMapping<S, F> {
    name: &'static str,
    batching: Batching,
    source: S,
    function: F,
    checkpoints: Checkpoints,
    clock: LocalClock,
    status: StatusCell,
    last_read: Option<Instant>,
}

/// The mapping was told to stop.
struct Stopped;

impl<S: Source, F: Function<S::Batch>> ShardMapping<S, F> {
    /// A mapping of this name, which is also the name of its checkpoints.
    pub fn new(
        name: &'static str,
        batching: Batching,
        source: S,
        function: F,
        checkpoints: Checkpoints,
        clock: LocalClock,
    ) -> Self {
        let status = StatusCell::default();
        Self { name, batching, source, function, checkpoints, clock, status, last_read: None }
    }

    /// What it says about itself.
    pub fn status(&self) -> StatusCell {
        self.status.clone()
    }

    /// Delivers until it is told to stop.
    pub async fn run(mut self, mut pace: watch::Receiver<Pace>) {
        let Ok(mut after) = self.begin(&mut pace).await else { return };
        let mut delivery = Delivery::default();
        loop {
            let Ok(mut at_hand) = self.gather(after.as_ref(), &mut pace).await else { return };
            while !at_hand.is_empty() {
                let rest = at_hand.split_off(delivery.piece(at_hand.len()));
                let batch = <S::Batch as Batch>::of(at_hand);
                let outcome = invoke(&self.function, &batch).await;
                let mut records = batch.into_records();
                let sequences: Vec<&str> = records.iter().map(<S::Batch as Batch>::sequence).collect();
                let settled = delivery.settle(&sequences, outcome);
                let last = settled.done.checked_sub(1).and_then(|last| sequences.get(last)?.parse().ok());
                if let Some(failure) = &settled.failure {
                    tracing::warn!(mapping = self.name, shard = self.source.shard(), failure, "a batch comes again");
                }
                let failed = settled.failure.is_some();
                if let Some(last) = last {
                    if self.note(&last, &mut pace).await.is_err() {
                        return;
                    }
                    after = Some(last);
                }
                let last = after.as_ref().map(SequenceNumber::as_str);
                self.status.called(settled.done, last, settled.failure);
                records.drain(..settled.done);
                records.extend(rest);
                at_hand = records;
                if is_stopping(&pace) || (failed && pause(delivery.pause(&self.clock), &mut pace).await.is_err()) {
                    return;
                }
            }
        }
    }

    /// Where to begin: behind the checkpoint, or at the oldest record.
    async fn begin(&self, pace: &mut watch::Receiver<Pace>) -> Result<Option<SequenceNumber>, Stopped> {
        let mut failures = 0;
        loop {
            match self.checkpoints.load(self.name, self.source.shard()).await {
                Ok(after) => {
                    self.status.begins_after(after.as_ref().map(SequenceNumber::as_str));
                    return Ok(after);
                }
                Err(fault) => self.wait_out(&fault, &mut failures, pace).await?,
            }
        }
    }

    /// Waits for records and for as many of them as the window admits.
    async fn gather(
        &mut self,
        after: Option<&SequenceNumber>,
        pace: &mut watch::Receiver<Pace>,
    ) -> Result<Vec<<S::Batch as Batch>::Record>, Stopped> {
        let records_max = self.batching.records_max;
        let mut failures = 0;
        tokio::select! {
            () = self.source.wait(after, 1) => {}
            () = stopping(pace) => return Err(Stopped),
        }
        let since_last = self.last_read.map_or(self.batching.interval, |last| last.elapsed());
        let window = self.batching.window.max(self.batching.interval.saturating_sub(since_last));
        if !window.is_zero() && *pace.borrow_and_update() == Pace::Batching {
            tokio::select! {
                () = self.source.wait(after, records_max) => {}
                () = tokio::time::sleep(window) => {}
                _ = pace.changed() => {}
            }
        }
        self.last_read = Some(Instant::now());
        loop {
            if is_stopping(pace) {
                return Err(Stopped);
            }
            match self.source.read(after, records_max).await {
                Ok(records) => return Ok(records),
                Err(fault) => self.wait_out(&fault, &mut failures, pace).await?,
            }
        }
    }

    /// Notes the checkpoint, however long that takes: going on without would be harmless, but never noticed.
    async fn note(&self, last: &SequenceNumber, pace: &mut watch::Receiver<Pace>) -> Result<(), Stopped> {
        let mut failures = 0;
        loop {
            match self.checkpoints.save(self.name, self.source.shard(), last).await {
                Ok(()) => return Ok(()),
                Err(fault) => self.wait_out(&fault, &mut failures, pace).await?,
            }
        }
    }

    async fn wait_out(
        &self,
        fault: &Fault,
        failures: &mut u32,
        pace: &mut watch::Receiver<Pace>,
    ) -> Result<(), Stopped> {
        *failures = failures.saturating_add(1);
        let failure = described(fault);
        tracing::warn!(mapping = self.name, shard = self.source.shard(), failure, "trying again");
        self.status.failed(failure);
        pause(pause_after(*failures, &self.clock), pace).await
    }
}

async fn pause(duration: Duration, pace: &mut watch::Receiver<Pace>) -> Result<(), Stopped> {
    tokio::select! {
        () = tokio::time::sleep(duration) => Ok(()),
        () = stopping(pace) => Err(Stopped),
    }
}

/// The two batches of streams are alike but for where a record has its sequence number.
macro_rules! batch {
    ($batch:ty, $record:ty, $part:ident) => {
        impl Batch for $batch {
            type Record = $record;

            fn of(records: Vec<$record>) -> Self {
                Self { records }
            }

            fn into_records(self) -> Vec<$record> {
                self.records
            }

            fn sequence(record: &$record) -> &str {
                &record.$part.sequence_number
            }
        }
    };
}

batch!(TableStreamBatch, TableStreamRecord, dynamodb);
batch!(BusBatch, BusBatchRecord, kinesis);

/// The table stream as a source.
pub struct StreamSource {
    stream: TableStream,
    appended: watch::Receiver<u64>,
}

impl StreamSource {
    /// The stream's only shard.
    #[must_use]
    pub fn new(stream: TableStream) -> Self {
        let appended = stream.appended();
        Self { stream, appended }
    }
}

impl Source for StreamSource {
    type Batch = TableStreamBatch;

    fn shard(&self) -> &str {
        self.stream.shard()
    }

    async fn read(&self, after: Option<&SequenceNumber>, records_max: u32) -> Result<Vec<TableStreamRecord>, Fault> {
        self.stream.read(after, records_max, BATCH_BYTES_MAX).await
    }

    async fn wait(&mut self, after: Option<&SequenceNumber>, records: u32) {
        loop {
            self.appended.borrow_and_update();
            // A reader that cannot look will say so when it reads.
            if self.stream.has(after, records).await.unwrap_or(true) {
                return;
            }
            tokio::select! {
                Ok(()) = self.appended.changed() => {}
                () = tokio::time::sleep(STREAM_LOOK) => {}
            }
        }
    }
}

/// A shard of the bus as a source.
pub struct BusSource {
    bus: LocalBus,
    shard: BusShard,
    newest: watch::Receiver<i64>,
}

impl BusSource {
    /// This shard.
    #[must_use]
    pub fn new(bus: LocalBus, shard: BusShard) -> Self {
        let newest = shard.newest();
        Self { bus, shard, newest }
    }
}

impl Source for BusSource {
    type Batch = BusBatch;

    fn shard(&self) -> &str {
        self.shard.name()
    }

    async fn read(&self, after: Option<&SequenceNumber>, records_max: u32) -> Result<Vec<BusBatchRecord>, Fault> {
        self.bus.read(&self.shard, position(after), records_max, BATCH_BYTES_MAX).await
    }

    async fn wait(&mut self, after: Option<&SequenceNumber>, records: u32) {
        let enough = position(after).saturating_add(i64::from(records));
        // The sender lives in `self.shard`.
        let _ = self.newest.wait_for(|newest| *newest >= enough).await;
    }
}

fn position(after: Option<&SequenceNumber>) -> i64 {
    after.and_then(|after| after.as_str().parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests;
