//! What the functions need from the world, as traits. One adapter per trait and world: DynamoDB, Kinesis, S3, SQS on
//! AWS; files on one machine; memory in tests and in the simulator. Every adapter passes the same contract suite.
//!
//! Functions call these and nothing else: no clock, no randomness, no socket of their own.

use std::collections::BTreeSet;
use std::fmt;
use std::future::Future;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tillroll_core::id::StreamId;
use tillroll_core::sequence::SequenceNumber;
use tillroll_core::time::Timestamp;

use crate::record::EventRecord;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Something broke: not a refusal of the domain. Names the operation and its object; the cause is its `source`.
#[derive(Debug, thiserror::Error)]
#[error("{operation} {object}: {kind}")]
pub struct Fault {
    /// What was attempted, as a verb phrase: `append to cart`.
    pub operation: &'static str,
    /// What it was attempted on.
    pub object: String,
    /// What a caller may do about it.
    pub kind: FaultKind,
    /// What went wrong underneath.
    #[source]
    pub source: Option<BoxError>,
}

/// What a caller may do about a [`Fault`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultKind {
    /// Nothing was done; the same call may work later.
    #[error("not available now, try again")]
    Transient,
    /// It may or may not have been done; the same call again, with the same ids, is safe and tells.
    #[error("outcome unknown, send the same request again")]
    UnknownOutcome,
    /// Trying again does not help: somebody has to look.
    #[error("failed for good")]
    Permanent,
}

impl Fault {
    /// A fault of this kind with its cause.
    pub fn new(
        kind: FaultKind,
        operation: &'static str,
        object: impl Into<String>,
        source: impl Into<BoxError>,
    ) -> Self {
        Self { operation, object: object.into(), kind, source: Some(source.into()) }
    }
}

/// The truth: one item per event. Nothing is ever changed or deleted.
pub trait EventTable: Send + Sync {
    /// The events of `stream` with versions above `after`, in order, read consistently over all pages; at most
    /// `limit` of them when one is given. Empty for a stream that does not exist.
    fn load(
        &self,
        stream: StreamId,
        after: u64,
        limit: Option<u32>,
    ) -> impl Future<Output = Result<Vec<EventRecord>, Fault>> + Send;

    /// As [`load`](Self::load) from the first event on, for folding: of the circumstances only event id, command and
    /// schema version are promised. An adapter may leave the others unread, which is half of what a load costs.
    fn load_for_folding(
        &self,
        stream: StreamId,
        limit: Option<u32>,
    ) -> impl Future<Output = Result<Vec<EventRecord>, Fault>> + Send {
        self.load(stream, 0, limit)
    }

    /// Appends 1..=[`COMMIT_EVENTS_MAX`] events of one stream with consecutive versions, all or none. An append that
    /// had landed already (the very same events in the same places) is a success, however the answer to it got lost.
    /// The same event ids with other content are a conflict: whoever loads again finds the command that wrote them.
    fn append(&self, events: &[EventRecord]) -> impl Future<Output = Result<(), AppendError>> + Send;

    /// One page of the whole table, for reconciliation. A stream's events come together and in order.
    fn scan(&self, from: Option<ScanPosition>) -> impl Future<Output = Result<ScanPage, Fault>> + Send;
}

/// A table that somebody else keeps.
impl<T: EventTable> EventTable for &T {
    async fn load(&self, stream: StreamId, after: u64, limit: Option<u32>) -> Result<Vec<EventRecord>, Fault> {
        T::load(self, stream, after, limit).await
    }

    async fn load_for_folding(&self, stream: StreamId, limit: Option<u32>) -> Result<Vec<EventRecord>, Fault> {
        T::load_for_folding(self, stream, limit).await
    }

    async fn append(&self, events: &[EventRecord]) -> Result<(), AppendError> {
        T::append(self, events).await
    }

    async fn scan(&self, from: Option<ScanPosition>) -> Result<ScanPage, Fault> {
        T::scan(self, from).await
    }
}

/// Most events in one commit.
pub const COMMIT_EVENTS_MAX: usize = 25;

/// The stream of a commit; a fault when `events` is none: no events, too many, of several streams, or with versions
/// that do not follow each other from 1 or above.
pub fn check_commit(events: &[EventRecord]) -> Result<StreamId, Fault> {
    let wrong = |object: String, reason: &str| Fault::new(FaultKind::Permanent, "append to cart", object, reason);
    let Some(first) = events.first() else {
        return Err(wrong("(none)".to_owned(), "a commit has at least one event"));
    };
    let in_place = |(version, event): (u64, &EventRecord)| event.version == version && event.stream == first.stream;
    if events.len() > COMMIT_EVENTS_MAX {
        Err(wrong(first.stream.to_string(), "the commit has more events than one commit may have"))
    } else if first.version == 0 || !(first.version..).zip(events).all(in_place) {
        Err(wrong(first.stream.to_string(), "the events of a commit belong to one cart and follow each other"))
    } else {
        Ok(first.stream)
    }
}

/// Why events were not appended.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Another writer has one of the versions. Load again and decide again.
    #[error("another writer appended first")]
    Conflict,
    /// Something broke.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Where a scan goes on: after this event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScanPosition {
    /// Stream of the last event seen.
    pub stream: StreamId,
    /// Its version.
    pub version: u64,
}

/// A page of a scan.
#[derive(Debug, Default)]
pub struct ScanPage {
    /// The events.
    pub events: Vec<EventRecord>,
    /// Where to go on; `None` at the end.
    pub next: Option<ScanPosition>,
}

/// The event bus: all events, in shards.
pub trait EventBus: Send + Sync {
    /// Puts up to [`BUS_PUT_RECORDS_MAX`] records; one result per record in the same order. Records can fail alone
    /// and no order is promised between them: cut batches with [`Waves`](tillroll_core::batch::Waves).
    fn put(
        &self,
        records: Vec<BusRecord>,
    ) -> impl Future<Output = Result<Vec<Result<(), RecordRefused>>, Fault>> + Send;
}

/// Most records in one put (Kinesis `PutRecords`).
pub const BUS_PUT_RECORDS_MAX: usize = 500;

/// A record for the bus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BusRecord {
    /// Picks the shard: the cart id.
    pub partition_key: String,
    /// One event as structured `CloudEvents` JSON.
    pub data: Vec<u8>,
}

/// The bus did not take one record of a put; sending it again may work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the event bus did not take the record: {reason}")]
pub struct RecordRefused {
    /// The bus's own word for it.
    pub reason: String,
}

/// The archive: objects that are written once and kept for ever.
pub trait Archive: Send + Sync {
    /// Writes an object under a key that must be new.
    fn create(&self, key: &str, bytes: Vec<u8>) -> impl Future<Output = Result<Created, Fault>> + Send;

    /// The object's bytes; `None` when there is no such key.
    fn read(&self, key: &str) -> impl Future<Output = Result<Option<Vec<u8>>, Fault>> + Send;

    /// Keys above `after` in byte order, at most `limit`.
    fn list(&self, after: Option<&str>, limit: usize) -> impl Future<Output = Result<Vec<String>, Fault>> + Send;
}

/// How a create ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Created {
    /// The object is new.
    New,
    /// The key exists with exactly these bytes: an earlier attempt had landed.
    AlreadyThere,
    /// The key exists with other bytes. Keys name their content, so somebody has to look.
    Different,
}

/// The replay queues: first in first out within a group, each message delivered at least once.
pub trait ReplayQueue: Send + Sync {
    /// Sends up to [`QUEUE_SEND_MESSAGES_MAX`] messages to the queue of `subscription`; one result per message.
    /// A message whose deduplication id was sent in the last five minutes is accepted and not delivered again.
    fn send(
        &self,
        subscription: &str,
        messages: Vec<QueueMessage>,
    ) -> impl Future<Output = Result<Vec<Result<(), RecordRefused>>, Fault>> + Send;

    /// Messages in the queue of `subscription`, those in flight included; dead letters are not counted.
    fn depth(&self, subscription: &str) -> impl Future<Output = Result<u64, Fault>> + Send;
}

/// Most messages in one send (SQS `SendMessageBatch`).
pub const QUEUE_SEND_MESSAGES_MAX: usize = 10;

/// A message for a replay queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueMessage {
    /// Messages of one group are delivered one after the other.
    pub group: String,
    /// Names the message for deduplication; 1..=128 characters.
    pub deduplication_id: String,
    /// The body, text.
    pub body: String,
}

/// Rows of projections and the little records that steer them. A row has a partition, a sort key, a revision that
/// every write raises, and a JSON body.
pub trait Rows: Send + Sync {
    /// One row.
    fn get(&self, key: &RowKey) -> impl Future<Output = Result<Option<Row>, Fault>> + Send;

    /// Up to [`ROWS_GET_MAX`] rows; missing ones are left out, the order is free.
    fn get_many(&self, keys: &[RowKey]) -> impl Future<Output = Result<Vec<Row>, Fault>> + Send;

    /// Rows of one partition in the order of their sort keys.
    fn query(&self, query: &RowQuery) -> impl Future<Output = Result<Vec<Row>, Fault>> + Send;

    /// Writes 1..=[`ROWS_WRITE_MAX`] rows, all or none. A single write goes as one conditional put. A write that had
    /// landed already (every `Put` row stands as it would leave it) is a success, however the answer to it got lost.
    fn write(&self, writes: &[RowWrite]) -> impl Future<Output = Result<(), RowsError>> + Send;
}

/// Most rows in one `get_many` (DynamoDB `BatchGetItem`).
pub const ROWS_GET_MAX: usize = 100;
/// Most rows in one `write` (DynamoDB `TransactWriteItems`).
pub const ROWS_WRITE_MAX: usize = 100;

/// Where a row lies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowKey {
    /// Partition key.
    pub partition: String,
    /// Sort key within the partition.
    pub sort: String,
}

impl fmt::Display for RowKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} / {}", self.partition, self.sort)
    }
}

/// A stored row.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Where it lies.
    pub key: RowKey,
    /// Raised by every write; a projection row's gate: the version of the event applied last.
    pub revision: u64,
    /// Its content: JSON text.
    pub body: String,
    /// Its place in the secondary index, if it has one. Make it unique (end its sort key with the row's own), so that
    /// a query can go on after it.
    pub index: Option<RowKey>,
}

/// What to read of one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowQuery {
    /// Which index: rows by their own key, or by [`Row::index`].
    pub by: By,
    /// The partition.
    pub partition: String,
    /// Only sort keys above (or, in descending order, below) this one.
    pub after: Option<String>,
    /// Only sort keys up to (or, in descending order, down to) this one, itself included.
    pub until: Option<String>,
    /// Newest first or oldest first.
    pub order: Order,
    /// At most so many rows.
    pub limit: u32,
}

/// By which key a query goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The row's own key, read consistently.
    Key,
    /// [`Row::index`], which may lag behind a write for a moment.
    Index,
}

/// Direction of a query over sort keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

/// One write of a [`Rows::write`].
#[derive(Clone, Debug, PartialEq)]
pub enum RowWrite {
    /// Puts `row` if the stored revision is `expected` (0: there is no such row). This is the gate's condition.
    Put {
        /// Revision that must be stored.
        expected: u64,
        /// The row as it will be; its revision must be above `expected`.
        row: Row,
    },
    /// Puts `row` whatever is there; for rows that follow from a gated row in the same write.
    Set(Row),
    /// Deletes the row if it exists; likewise.
    Delete(RowKey),
}

impl RowWrite {
    /// Where it writes.
    #[must_use]
    pub fn key(&self) -> &RowKey {
        match self {
            Self::Put { row, .. } | Self::Set(row) => &row.key,
            Self::Delete(key) => key,
        }
    }

    /// The expected revision and the row, if this write is gated.
    #[must_use]
    pub fn gate(&self) -> Option<(u64, &Row)> {
        match self {
            Self::Put { expected, row } => Some((*expected, row)),
            Self::Set(_) | Self::Delete(_) => None,
        }
    }
}

/// A fault when `writes` is no write of rows: none, too many, two of one row, an empty key, or a revision that does
/// not rise.
pub fn check_writes(writes: &[RowWrite]) -> Result<(), Fault> {
    let wrong = |object: String, reason: &str| Fault::new(FaultKind::Permanent, "write row", object, reason);
    if writes.is_empty() || writes.len() > ROWS_WRITE_MAX {
        return Err(wrong("(several)".to_owned(), "a write has 1 to 100 rows"));
    }
    let mut keys = BTreeSet::new();
    for write in writes {
        let key = write.key();
        if key.partition.is_empty() || key.sort.is_empty() {
            return Err(wrong(key.to_string(), "no part of a key may be empty"));
        }
        if !keys.insert(key) {
            return Err(wrong(key.to_string(), "the row is written twice at once"));
        }
        if let RowWrite::Put { expected, row } = write
            && row.revision <= *expected
        {
            return Err(wrong(key.to_string(), "the new revision is not above the expected one"));
        }
    }
    Ok(())
}

/// Why rows were not written.
#[derive(Debug, thiserror::Error)]
pub enum RowsError {
    /// A `Put` found another revision. Read again.
    #[error("the row has another revision")]
    Conflict,
    /// Something broke.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Records that are not what they should be: changed or deleted events, images without the right types. Kept for
/// somebody to look at, and alarmed; they never stop the pipeline.
pub trait TamperLog: Send + Sync {
    /// Keeps one record, as JSON text, with the reason.
    fn keep(&self, reason: &str, record: String) -> impl Future<Output = Result<(), Fault>> + Send;
}

/// What leaves the system: notices to the owners of carts. A notice may be sent twice; its id tells.
pub trait Notices: Send + Sync {
    /// Sends one notice.
    fn send(&self, notice: &Notice) -> impl Future<Output = Result<(), Fault>> + Send;
}

/// A reminder that a cart waits with items in it. Whoever sends it finds the owner by the cart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The same for the same reminder, however often it is sent.
    pub id: String,
    /// The cart.
    pub cart: StreamId,
    /// When the reminder was due.
    pub due: Timestamp,
}

/// Time and chance, so that functions have none of their own.
pub trait Clock: Send + Sync {
    /// The time of day.
    fn now(&self) -> Timestamp;

    /// Milliseconds from some fixed point, never going back; for measuring how long something took.
    fn elapsed_ms(&self) -> u64;

    /// Waits.
    fn pause(&self, duration: Duration) -> impl Future<Output = ()> + Send;

    /// A number in `0..=max` that spreads retries; not for secrets.
    fn jitter(&self, max: u64) -> u64;
}

/// Runs of the replay function: each is one small JSON document with a revision, so that two replays of one run
/// cannot both advance it.
pub trait Runs: Send + Sync {
    /// The document and its revision.
    fn load(&self, run: &str) -> impl Future<Output = Result<Option<(u64, String)>, Fault>> + Send;

    /// Stores the document if the stored revision is still `expected` (0: new); the new revision is `expected + 1`.
    fn save(&self, run: &str, expected: u64, document: String) -> impl Future<Output = Result<(), RowsError>> + Send;

    /// The newest runs, at most `limit`, newest first: name and document.
    fn list(&self, limit: u32) -> impl Future<Output = Result<Vec<(String, String)>, Fault>> + Send;
}

/// Where the stages of the pipeline stand; what `verify` and a replay's switch wait for.
pub trait Progress: Send + Sync {
    /// For each shard of the event bus, the newest record and how far each reader has come.
    fn bus(&self) -> impl Future<Output = Result<Vec<ShardProgress>, Fault>> + Send;

    /// The newest record of the table stream, and how far publish has come.
    fn table_stream(&self) -> impl Future<Output = Result<TableStreamProgress, Fault>> + Send;
}

/// The table stream and its only reader. `None` comes before all records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableStreamProgress {
    /// Its newest record.
    pub newest: Option<SequenceNumber>,
    /// The newest record that is on the event bus, with all before it.
    pub published: Option<SequenceNumber>,
}

/// One shard of the event bus.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardProgress {
    /// The shard.
    pub shard: String,
    /// Its newest record, if it ever had one.
    pub newest: Option<SequenceNumber>,
    /// Readers by name (`archive`, or a subscription), with the last record each has finished.
    pub readers: Vec<(String, Option<SequenceNumber>)>,
}

/// News of streams, for those who wait for the next event of one. A hint and nothing more: who was woken looks at the
/// table, and who was not woken has waited for `max`.
pub trait News: Send + Sync {
    /// Wakes those who wait for an event of `stream` up to `version`. Call it after the append; twice does no harm.
    fn announce(&self, stream: StreamId, version: u64);

    /// Waits until an event of `stream` above `after` is announced, at most `max`; says whether one was. Listening
    /// begins with the call, before the future is first polled: who calls, then looks at the table, then waits, misses
    /// nothing.
    fn wait_for(&self, stream: StreamId, after: u64, max: Duration) -> impl Future<Output = bool> + Send;
}

/// How the pipeline is doing, as the host that runs it knows.
pub trait PipelineView: Send + Sync {
    /// All stages in the order of the flow, and what lies in the dead letter queues.
    fn snapshot(&self) -> impl Future<Output = Result<PipelineSnapshot, Fault>> + Send;
}

/// The pipeline at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PipelineSnapshot {
    /// In the order of the flow.
    pub stages: Vec<Stage>,
    /// One entry for each subscription.
    pub dead_letters: Vec<DeadLetters>,
}

/// One stage of the pipeline: a function and its event source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// `publish`, `archive`, `project carts`, `replay carts`, …
    pub name: String,
    /// Whether it runs.
    pub state: StageState,
    /// Events that wait for it; of a replay queue, its messages, each of which holds many.
    pub lag_events: u64,
    /// For how long the oldest of them has been waiting; 0 when none waits.
    pub lag_ms: u64,
    /// What it last failed with, until a batch succeeds again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
}

/// Whether a stage runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StageState {
    /// Nothing waits.
    Idle,
    /// Its last batch succeeded.
    Running,
    /// Its last batch failed and is tried again.
    Retrying,
    /// It was stopped.
    Stopped,
}

/// What lies in a dead letter queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetters {
    /// Whose queue.
    pub subscription: String,
    /// How many messages.
    pub messages: u64,
}
