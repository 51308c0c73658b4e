//! What the tests of projections share: histories of carts, the feeds that carry them, and rows that fail on demand.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::json;
use serde_json::value::RawValue;
use tillroll_core::id::{EventId, StreamId};
use tillroll_core::recorded::Circumstances;
use tillroll_core::time::Timestamp;
use uuid::Uuid;

use super::Subscription;
use super::fold::Folded;
use super::layout::Layout;
use crate::functions::project::message::{Mode, ReplayMessage};
use crate::lambda_events::{BusBatch, BusBatchRecord, BusPayload, QueueAttributes, QueueBatch, QueueBatchRecord};
use crate::memory::{MemoryRows, MemoryTable};
use crate::ports::{EventTable as _, Fault, FaultKind, Row, RowKey, RowQuery, RowWrite, Rows, RowsError};
use crate::record::EventRecord;

/// 2026-01-01T00:00:00Z: version 0 of every cart here; version n is recorded n minutes later.
pub(crate) const FIRST_MS: i64 = 1_767_225_600_000;

pub(crate) fn cart(number: u128) -> StreamId {
    StreamId::new(Uuid::from_u128(number))
}

/// An event with this name and data.
pub(crate) fn event(cart: StreamId, version: u64, name: &str, mut data: serde_json::Value) -> EventRecord {
    data["shopping_cart_uuid"] = json!(cart);
    let recorded_at = Timestamp::from_unix_ms(FIRST_MS + i64::try_from(version).unwrap() * 60_000);
    EventRecord {
        stream: cart,
        version,
        name: name.to_owned(),
        data,
        circumstances: Circumstances {
            source: Some("tillroll:api".to_owned()),
            happened_at: Some(recorded_at),
            recorded_at: Some(recorded_at),
            ..Circumstances::bare(EventId::new(Uuid::from_u128(cart.uuid().as_u128() << 32 | u128::from(version))))
        },
    }
}

/// A history from one line of words: `open +milk +milk -milk done`.
pub(crate) fn history(cart: StreamId, words: &str) -> Vec<EventRecord> {
    let step = |(version, word): (u64, &str)| match word.split_at(1) {
        ("+", sku) => event(cart, version, "ItemAdded", json!({"item_name": sku, "price": {"minor": 150}})),
        ("-", sku) => event(cart, version, "ItemRemoved", json!({"sku": sku})),
        ("?", name) => event(cart, version, name, json!({})),
        _ if word == "open" => event(cart, version, "CartOpened", json!({"currency": "EUR"})),
        _ => event(cart, version, "CartClosed", json!({"reason": "checked_out"})),
    };
    (1..).zip(words.split(' ')).map(step).collect()
}

/// A table that holds these events.
pub(crate) async fn table_of(events: &[EventRecord]) -> MemoryTable {
    let table = MemoryTable::default();
    append(&table, events).await;
    table
}

pub(crate) async fn append(table: &MemoryTable, events: &[EventRecord]) {
    for event in events {
        table.append(std::slice::from_ref(event)).await.unwrap();
    }
}

/// A batch of one shard; sequence numbers count from 1.
pub(crate) fn bus(events: &[EventRecord]) -> BusBatch {
    bus_of((1..).zip(events.iter().map(EventRecord::to_json)))
}

pub(crate) fn bus_of(payloads: impl Iterator<Item = (u64, Vec<u8>)>) -> BusBatch {
    let record = |(number, data): (u64, Vec<u8>)| BusBatchRecord {
        event_id: format!("shardId-000000000000:{number}"),
        kinesis: BusPayload { partition_key: String::new(), sequence_number: number.to_string(), arrival: 0.0, data },
    };
    BusBatch { records: payloads.map(record).collect() }
}

/// The body of a replay message to the generation.
pub(crate) fn message(subscription: &str, generation: u32, events: &[EventRecord]) -> String {
    let raw = |event: &EventRecord| RawValue::from_string(String::from_utf8(event.to_json()).unwrap()).unwrap();
    let message = ReplayMessage {
        run: "run".to_owned(),
        mode: Mode::Replay,
        subscription: subscription.to_owned(),
        generation,
        lane: 0,
        object: "v1/object".to_owned(),
        part: 0,
        events: events.iter().map(raw).collect(),
        skips: Vec::new(),
        carts: Vec::new(),
    };
    serde_json::to_string(&message).unwrap()
}

/// A batch of a queue, given group and body of each message; their ids are `m0`, `m1` and so on.
pub(crate) fn queue(messages: impl IntoIterator<Item = (&'static str, String)>) -> QueueBatch {
    let record = |(number, (group, body)): (usize, (&str, String))| QueueBatchRecord {
        message_id: format!("m{number}"),
        body,
        attributes: QueueAttributes { group: group.to_owned(), receive_count: "1".to_owned() },
    };
    QueueBatch { records: messages.into_iter().enumerate().map(record).collect() }
}

/// A stored row without the revision of entries, which says only when the body last changed.
type Stored = (RowKey, String, Option<RowKey>);

/// The rows that one fold of these whole histories leaves.
pub(crate) fn expected<S: Subscription>(
    subscription: &S,
    generation: u32,
    histories: &[Vec<EventRecord>],
) -> Vec<Stored> {
    let layout = Layout::new(S::NAME, generation);
    let mut rows = BTreeMap::new();
    for history in histories {
        let cart = history[0].stream;
        let (folded, standstill) = Folded::<S::Row>::default().fold(subscription, history);
        assert!(standstill.is_none(), "{standstill:?}");
        let row = layout.row(subscription, cart, folded.version, &folded.row).unwrap();
        for row in layout.entries(subscription, cart, folded.version, &folded.row).chain([row]) {
            rows.insert(row.key.clone(), row);
        }
    }
    rows.into_values().map(stored).collect()
}

/// The rows of a generation.
pub(crate) fn actual<S: Subscription>(_: &S, generation: u32, rows: &MemoryRows) -> Vec<Stored> {
    let prefix = Layout::new(S::NAME, generation).word_partition("");
    rows.all().into_iter().filter(|row| row.key.partition.starts_with(&prefix)).map(stored).collect()
}

fn stored(row: Row) -> Stored {
    (row.key, row.body, row.index)
}

/// Rows that crash at one chosen call, before or after its work, and let others in before every call.
#[derive(Clone, Debug, Default)]
pub(crate) struct CrashingRows {
    pub(crate) rows: MemoryRows,
    calls: Arc<AtomicU64>,
    crash_at: Option<(u64, Side)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Before,
    After,
}

impl CrashingRows {
    pub(crate) fn at(call: u64, side: Side) -> Self {
        Self { crash_at: Some((call, side)), ..Self::default() }
    }

    /// Over rows that are there already.
    pub(crate) fn over(rows: MemoryRows, call: u64, side: Side) -> Self {
        Self { rows, ..Self::at(call, side) }
    }

    pub(crate) fn calls(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }

    async fn through<T, E: From<Fault>>(&self, work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        tokio::task::yield_now().await;
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        let crash = || Fault::new(FaultKind::UnknownOutcome, "call", "rows", "crashed here").into();
        if self.crash_at == Some((call, Side::Before)) {
            return Err(crash());
        }
        let answer = work.await;
        if self.crash_at == Some((call, Side::After)) { Err(crash()) } else { answer }
    }
}

impl Rows for CrashingRows {
    async fn get(&self, key: &RowKey) -> Result<Option<Row>, Fault> {
        self.through(self.rows.get(key)).await
    }

    async fn get_many(&self, keys: &[RowKey]) -> Result<Vec<Row>, Fault> {
        self.through(self.rows.get_many(keys)).await
    }

    async fn query(&self, query: &RowQuery) -> Result<Vec<Row>, Fault> {
        self.through(self.rows.query(query)).await
    }

    async fn write(&self, writes: &[RowWrite]) -> Result<(), RowsError> {
        self.through(self.rows.write(writes)).await
    }
}
