//! What the flow asks of AWS, counted at the ports: 1,000 one-event commands, published, archived, projected, and one
//! replay of them. Units follow from sizes by the services' own rules, money from a list of prices; the functions are the
//! ones that run. docs/replay-at-scale.md has the figures.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a test stops at the first surprise, and says what it counted"
)]

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::json;
use tillroll_core::cart::{CartRequest, Terms};
use tillroll_core::id::{CommandId, StreamId};
use tillroll_core::judge::Atomicity;
use tillroll_core::time::Timestamp;
use uuid::Uuid;

use crate::functions::archive::archive;
use crate::functions::command::{CommandRequest, Origin, Sent, Verdict, command};
use crate::functions::project::Projector;
use crate::functions::publish::publish;
use crate::functions::replay::{ARCHIVE_READER, Options, Phase, Replay, ReplayPorts};
use crate::item::image_of_event;
use crate::lambda_events::{Attribute, BusBatch, Image, TableStreamBatch};
use crate::memory::{
    MemoryArchive, MemoryBus, MemoryClock, MemoryProgress, MemoryQueue, MemoryRows, MemoryRuns, MemoryTable,
    MemoryTamperLog, ProcessNews,
};
use crate::ports::{
    AppendError, Archive, BUS_PUT_RECORDS_MAX, BusRecord, Created, EventBus, EventTable, Fault, QueueMessage,
    RecordRefused, ReplayQueue, Row, RowKey, RowQuery, RowWrite, Rows, RowsError, ScanPage, ScanPosition,
};
use crate::record::EventRecord;
use crate::repository::Repository;
use crate::subscriptions::Subscription;
use crate::subscriptions::carts::Carts;
use crate::subscriptions::reminders::Reminders;
use crate::subscriptions::suggestions::Suggestions;

const COMMANDS: u64 = 1_000;
/// Most bytes of a name in this test.
const NAME_BYTES: usize = 64;
/// Bytes of a unit: DynamoDB's write and (consistent) read, and Kinesis' put on a provisioned stream.
const WRITE_UNIT: u64 = 1_024;
const READ_UNIT: u64 = 4_096;
const PUT_UNIT: u64 = 25 * 1_024;
/// Records of the table stream in a batch of publish, and of the live feed in one of project, as infra/aws sets them.
const BATCH: usize = 100;

/// List prices of us-east-1 in billionths of a dollar, as PERFORMANCE's cost model has them.
mod price {
    pub(super) const WRITE_UNIT: u64 = 625;
    pub(super) const READ_UNIT: u64 = 125;
    pub(super) const S3_PUT: u64 = 5_000;
    pub(super) const PUT_UNIT: u64 = 14;
    pub(super) const INVOCATION: u64 = 200;
    /// 128 MB for 6 ms on ARM64, and for 30 ms on x86-64.
    pub(super) const SIX_MS: u64 = 10;
    pub(super) const THIRTY_MS: u64 = 62;
}

fn units(bytes: u64, unit: u64) -> u64 {
    bytes.div_ceil(unit).max(1)
}

/// Bytes of an item as DynamoDB counts them: names and values; a number has a byte for two digits and one more; a list
/// or map has three and one for each member.
fn item_bytes(item: &Image) -> u64 {
    item.iter().map(|(name, value)| name.len() as u64 + value_bytes(value)).sum()
}

fn value_bytes(value: &Attribute) -> u64 {
    match value {
        Attribute::S(text) => text.len() as u64,
        Attribute::N(digits) => (digits.len() as u64).div_ceil(2) + 1,
        Attribute::Bool(_) | Attribute::Null(_) => 1,
        Attribute::M(members) => 3 + members.len() as u64 + item_bytes(members),
        Attribute::L(values) => 3 + values.iter().map(|value| 1 + value_bytes(value)).sum::<u64>(),
        Attribute::Other(_) => panic!("an event holds no binary"),
    }
}

/// Calls and units of one port.
#[derive(Debug, Default)]
struct Counter {
    writes: AtomicU64,
    write_units: AtomicU64,
    index_units: AtomicU64,
    reads: AtomicU64,
    read_units: AtomicU64,
}

impl Counter {
    fn wrote(&self, units: u64) {
        self.writes.fetch_add(1, Ordering::Relaxed);
        self.write_units.fetch_add(units, Ordering::Relaxed);
    }

    fn read(&self, units: u64) {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.read_units.fetch_add(units, Ordering::Relaxed);
    }
}

fn total(count: &AtomicU64) -> u64 {
    count.load(Ordering::Relaxed)
}

#[derive(Debug, Default)]
struct CountedTable(MemoryTable, Counter);

impl EventTable for CountedTable {
    async fn load(&self, stream: StreamId, after: u64, limit: Option<u32>) -> Result<Vec<EventRecord>, Fault> {
        let events = self.0.load(stream, after, limit).await?;
        self.1.read(units(events.iter().map(|event| item_bytes(&image_of_event(event))).sum(), READ_UNIT));
        Ok(events)
    }

    async fn append(&self, events: &[EventRecord]) -> Result<(), AppendError> {
        let each = events.iter().map(|event| units(item_bytes(&image_of_event(event)), WRITE_UNIT));
        // One event goes as a conditional put, several as a transaction, which costs twice.
        self.1.wrote(each.sum::<u64>() * if events.len() == 1 { 1 } else { 2 });
        self.0.append(events).await
    }

    async fn scan(&self, from: Option<ScanPosition>) -> Result<ScanPage, Fault> {
        self.0.scan(from).await
    }
}

#[derive(Debug)]
struct CountedBus(MemoryBus, Counter, Mutex<Vec<usize>>);

impl EventBus for CountedBus {
    async fn put(&self, records: Vec<BusRecord>) -> Result<Vec<Result<(), RecordRefused>>, Fault> {
        let of_record = |record: &BusRecord| units((record.data.len() + record.partition_key.len()) as u64, PUT_UNIT);
        self.1.wrote(records.iter().map(of_record).sum());
        self.2.lock().unwrap().push(records.len());
        self.0.put(records).await
    }
}

#[derive(Debug, Default)]
struct CountedArchive(MemoryArchive, Counter);

impl Archive for CountedArchive {
    async fn create(&self, key: &str, bytes: Vec<u8>) -> Result<Created, Fault> {
        self.1.wrote(1);
        self.0.create(key, bytes).await
    }

    async fn read(&self, key: &str) -> Result<Option<Vec<u8>>, Fault> {
        self.1.read(1);
        self.0.read(key).await
    }

    async fn list(&self, after: Option<&str>, limit: usize) -> Result<Vec<String>, Fault> {
        self.0.list(after, limit).await
    }
}

#[derive(Debug)]
struct CountedQueue(MemoryQueue, Counter);

impl ReplayQueue for CountedQueue {
    async fn send(
        &self,
        subscription: &str,
        messages: Vec<QueueMessage>,
    ) -> Result<Vec<Result<(), RecordRefused>>, Fault> {
        self.1.wrote(messages.len() as u64);
        self.0.send(subscription, messages).await
    }

    async fn depth(&self, subscription: &str) -> Result<u64, Fault> {
        self.0.depth(subscription).await
    }
}

#[derive(Debug, Default)]
struct CountedRows(MemoryRows, Counter, Mutex<BTreeMap<RowKey, Row>>);

fn row_bytes(row: &Row) -> u64 {
    let text = |value: &String| Attribute::S(value.clone());
    let mut item = vec![
        ("Partition", text(&row.key.partition)),
        ("Sort", text(&row.key.sort)),
        ("Body", text(&row.body)),
        ("Revision", Attribute::N(row.revision.to_string())),
    ];
    if let Some(index) = &row.index {
        item.extend([("IndexPartition", text(&index.partition)), ("IndexSort", text(&index.sort))]);
    }
    item_bytes(&item.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

impl CountedRows {
    /// Units of one write to the table.
    fn count(&self, write: &RowWrite) -> u64 {
        let mut stored = self.2.lock().unwrap();
        let key = write.key().clone();
        let before = stored.remove(&key);
        let after = match write {
            RowWrite::Put { row, .. } | RowWrite::Mend(row) | RowWrite::Set(row) => Some(row.clone()),
            RowWrite::Delete(_) => None,
        };
        self.count_index(before.as_ref(), after.as_ref());
        let bytes = after.as_ref().or(before.as_ref()).map_or(0, row_bytes);
        if let Some(row) = after {
            stored.insert(key, row);
        }
        units(bytes, WRITE_UNIT)
    }

    /// The index holds the whole row: it is written with it, and removed from the place that it leaves.
    fn count_index(&self, before: Option<&Row>, after: Option<&Row>) {
        let place = |row: Option<&Row>| row.and_then(|row| row.index.clone());
        let moved = place(before) != place(after);
        let written = after.filter(|row| row.index.is_some()).map_or(0, |row| units(row_bytes(row), WRITE_UNIT));
        let left = before.filter(|row| moved && row.index.is_some());
        let removed = left.map_or(0, |row| units(row_bytes(row), WRITE_UNIT));
        self.1.index_units.fetch_add(written + removed, Ordering::Relaxed);
    }
}

impl Rows for CountedRows {
    async fn get(&self, key: &RowKey) -> Result<Option<Row>, Fault> {
        let row = self.0.get(key).await?;
        self.1.read(units(row.as_ref().map_or(0, row_bytes), READ_UNIT));
        Ok(row)
    }

    async fn get_many(&self, keys: &[RowKey]) -> Result<Vec<Row>, Fault> {
        let rows = self.0.get_many(keys).await?;
        let found: u64 = rows.iter().map(|row| units(row_bytes(row), READ_UNIT)).sum();
        self.1.read(found + (keys.len() - rows.len()) as u64);
        Ok(rows)
    }

    async fn query(&self, query: &RowQuery) -> Result<Vec<Row>, Fault> {
        let rows = self.0.query(query).await?;
        self.1.read(units(rows.iter().map(row_bytes).sum(), READ_UNIT));
        Ok(rows)
    }

    async fn write(&self, writes: &[RowWrite]) -> Result<(), RowsError> {
        let written: u64 = writes.iter().map(|write| self.count(write)).sum();
        self.1.wrote(written * if writes.len() == 1 { 1 } else { 2 });
        self.0.write(writes).await
    }
}

/// The flow over counted ports: one shard of the bus, one window of the archive.
struct Flow {
    clock: MemoryClock,
    table: CountedTable,
    bus: CountedBus,
    archive: CountedArchive,
    queue: CountedQueue,
    rows: CountedRows,
    runs: MemoryRuns,
    progress: MemoryProgress,
}

impl ReplayPorts for Flow {
    type Archive = CountedArchive;
    type Queue = CountedQueue;
    type Rows = CountedRows;
    type Runs = MemoryRuns;
    type Progress = MemoryProgress;
    type Table = CountedTable;
    type Clock = MemoryClock;
}

impl Flow {
    fn new() -> Self {
        let clock = MemoryClock::new(Timestamp::from_unix_ms(1_772_604_000_000), 7);
        let table = CountedTable::default();
        let bus = CountedBus(MemoryBus::new(1, clock.clone()), Counter::default(), Mutex::default());
        let progress = MemoryProgress::new(table.0.clone(), bus.0.clone(), &[ARCHIVE_READER]);
        Self {
            queue: CountedQueue(MemoryQueue::new(clock.clone()), Counter::default()),
            archive: CountedArchive::default(),
            rows: CountedRows::default(),
            runs: MemoryRuns::default(),
            clock,
            table,
            bus,
            progress,
        }
    }

    /// Commands of one event each, to carts of `events` events each.
    async fn commands(&self, events: u64) {
        let repository = Repository::new(&self.table);
        let news = ProcessNews::new(self.clock.clone());
        for number in 0..COMMANDS {
            let cart = StreamId::new(Uuid::new_v5(&Uuid::NAMESPACE_URL, &(number / events).to_le_bytes()));
            let request = if number.is_multiple_of(events) {
                CartRequest::deserialize_data("OpenCart", json!({"currency": "EUR"}))
            } else {
                let name = format!("{number:0>NAME_BYTES$}");
                let price = json!({"minor": 1_234, "per": 1});
                CartRequest::deserialize_data("AddItem", json!({"item_name": name, "quantity": 2, "price": price}))
            };
            let id = CommandId::new(Uuid::new_v5(&cart.uuid(), &number.to_le_bytes()));
            let request = CommandRequest {
                cart,
                commands: vec![Sent { id, request: request.unwrap().unwrap() }],
                atomicity: Atomicity::EachOnItsOwn,
                dry_run: false,
                if_match: None,
                origin: Origin {
                    source: "tillroll:api".to_owned(),
                    correlation_id: Some(id.to_string()),
                    traceparent: Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned()),
                    actor: None,
                    reducer: Some("0123456789abcdef".to_owned()),
                },
            };
            let reply = command(&request, Terms::AS_GIVEN, &repository, &self.clock, &news).await.unwrap();
            assert!(matches!(reply.results[0].verdict, Verdict::Accepted { .. }), "{:?}", reply.results);
        }
    }

    async fn publish(&self, batch: usize) {
        let records = self.table.0.changes(0, usize::MAX);
        for records in records.chunks(batch) {
            let batch = TableStreamBatch { records: records.to_vec() };
            publish(&batch, &self.bus, &MemoryTamperLog::default()).await.unwrap();
        }
    }

    /// The whole shard as one window of the archive, and in batches to each subscription.
    async fn read_the_bus(&self) {
        let shard = self.bus.0.shards().remove(0);
        let records = self.bus.0.read(&shard, None, usize::MAX);
        let last = records.last().unwrap().kinesis.sequence_number.parse().unwrap();
        archive(&BusBatch { records: records.clone() }, &self.archive).await.unwrap();
        self.progress.finished(ARCHIVE_READER, &shard, last);
        for records in records.chunks(BATCH) {
            let batch = BusBatch { records: records.to_vec() };
            self.project(Carts, &batch).await;
            self.project(Suggestions, &batch).await;
            self.project(Reminders, &batch).await;
        }
    }

    async fn project<S: Subscription + Send + Sync>(&self, subscription: S, batch: &BusBatch) {
        Projector::new(subscription, &self.rows, &self.table.0, "test").live(batch).await.unwrap();
    }

    /// Sends the archive to one subscription.
    async fn replay(&self) {
        let Self { archive, queue, rows, runs, progress, table, clock, .. } = self;
        let replay = Replay::<Self> { archive, queue, rows, runs, progress, table, clock };
        let options = Options::new(Uuid::from_u128(1));
        let run = replay.start(Carts::NAME, options, &[Carts::NAME]).await.unwrap().id;
        while replay.get(&run).await.unwrap().unwrap().phase != Phase::Draining {
            replay.step(&run).await.unwrap();
        }
    }

    /// What the live path costs in billionths of a dollar: table, capture and archive, as the original has them.
    fn live_cost(&self) -> u64 {
        let invocations = COMMANDS / BATCH as u64 + total(&self.archive.1.writes);
        total(&self.table.1.write_units) * price::WRITE_UNIT
            + total(&self.table.1.read_units) * price::READ_UNIT
            + COMMANDS * (price::INVOCATION + price::SIX_MS)
            + total(&self.bus.1.write_units) * price::PUT_UNIT
            + invocations * (price::INVOCATION + price::THIRTY_MS)
            + total(&self.archive.1.writes) * price::S3_PUT
    }

    /// The original's plan for the same commands: a transaction, an object and three invocations for each.
    fn original_cost() -> u64 {
        let each =
            2 * price::WRITE_UNIT + price::PUT_UNIT + price::S3_PUT + 3 * price::INVOCATION + 3 * price::THIRTY_MS;
        // Its items are smaller, so it reads one unit.
        COMMANDS * (each + price::READ_UNIT)
    }
}

#[test]
fn an_item_is_as_large_as_dynamodb_counts() {
    let item = Image::from([
        ("Name".to_owned(), Attribute::S("milk".to_owned())),
        ("Version".to_owned(), Attribute::N("123".to_owned())),
        ("Data".to_owned(), Attribute::M(Image::from([("a".to_owned(), Attribute::Bool(true))]))),
    ]);
    assert_eq!(item_bytes(&item), (4 + 4) + (7 + 3) + (4 + 3 + 1 + 1 + 1));
    assert_eq!((units(0, READ_UNIT), units(1_024, WRITE_UNIT), units(1_025, WRITE_UNIT)), (1, 1, 2));
}

#[tokio::test]
async fn a_thousand_one_event_commands_and_their_replay_cost_as_few_requests_as_promised() {
    let flow = Flow::new();
    flow.commands(10).await;
    flow.publish(BATCH).await;
    flow.read_the_bus().await;
    assert_eq!(flow.table.0.change_count() as u64, COMMANDS);
    let (table, bus, archive) = (&flow.table.1, &flow.bus.1, &flow.archive.1);
    println!(
        "events: {} write units, {} read units; bus: {} puts, {} put units; archive: {} objects",
        total(&table.write_units),
        total(&table.read_units),
        total(&bus.writes),
        total(&bus.write_units),
        total(&archive.writes),
    );
    println!(
        "rows of three subscriptions: {} writes, {} write units and {} of the index, {} read units",
        total(&flow.rows.1.writes),
        total(&flow.rows.1.write_units),
        total(&flow.rows.1.index_units),
        total(&flow.rows.1.read_units),
    );
    assert_eq!((total(&table.writes), total(&table.write_units)), (COMMANDS, COMMANDS));
    assert_eq!(total(&bus.write_units), COMMANDS);
    assert_eq!(total(&archive.writes), 1, "one object for a window of a shard");

    let (ours, original) = (flow.live_cost(), Flow::original_cost());
    println!(
        "live: {ours} billionths of a dollar, the original {original}: {:.2} times",
        original as f64 / ours as f64
    );
    assert!(ours * 7 <= original, "{ours} and {original}");

    flow.replay().await;
    println!("replay: {} sends, {} reads", total(&flow.queue.1.writes), total(&archive.reads));
    assert!(total(&flow.queue.1.writes) <= 7, "{:?}", flow.queue.1);
    assert_eq!(total(&archive.reads), 1);
}

#[tokio::test]
async fn a_put_is_filled_when_the_carts_are_different() {
    let flow = Flow::new();
    flow.commands(1).await;
    flow.publish(usize::MAX).await;
    assert_eq!(*flow.bus.2.lock().unwrap(), [BUS_PUT_RECORDS_MAX; 2]);
}
