//! A whole pipeline in memory for tests, driven by hand: carts are written, and each stage moves when it is told.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tillroll_core::id::{EventId, StreamId};
use tillroll_core::recorded::Circumstances;
use tillroll_core::time::Timestamp;
use uuid::Uuid;

use crate::filter::Filter;
use crate::functions::archive::archive;
use crate::functions::project::Projector;
use crate::functions::publish::publish;
use crate::functions::replay::{ARCHIVE_READER, Replay, ReplayPorts};
use crate::lambda_events::{BatchAnswer, BusBatch, TableStreamBatch};
use crate::memory::{
    MemoryArchive, MemoryBus, MemoryClock, MemoryProgress, MemoryQueue, MemoryRows, MemoryRuns, MemoryTable,
    MemoryTamperLog,
};
use crate::ports::EventTable as _;
use crate::record::EventRecord;
use crate::subscriptions::Subscription;
use crate::subscriptions::fold::{Arrival, Folded};
use crate::subscriptions::layout::Layout;
use crate::subscriptions::suggestions::Suggestions;

/// Most rounds in which a test lets a pipeline come to rest.
pub(crate) const ROUNDS_MAX: usize = 10_000;
const SHARDS: u16 = 2;

/// The one subscription of this pipeline: rows with entries, so that both are compared.
pub(crate) type Followed = Suggestions;

pub(crate) type MemoryReplay<'a> = Replay<'a, World>;

impl ReplayPorts for World {
    type Archive = MemoryArchive;
    type Queue = MemoryQueue;
    type Rows = MemoryRows;
    type Runs = MemoryRuns;
    type Progress = MemoryProgress;
    type Table = MemoryTable;
    type Clock = MemoryClock;
}

pub(crate) struct World {
    pub(crate) table: MemoryTable,
    pub(crate) bus: MemoryBus,
    pub(crate) archive: MemoryArchive,
    pub(crate) queue: MemoryQueue,
    pub(crate) rows: MemoryRows,
    pub(crate) runs: MemoryRuns,
    pub(crate) progress: MemoryProgress,
    pub(crate) clock: MemoryClock,
    pub(crate) projector: Projector<Followed, MemoryRows, MemoryTable>,
}

pub(crate) fn cart(number: u128) -> StreamId {
    StreamId::new(Uuid::from_u128(number << 64 | number))
}

/// The event at `version` of a cart: opened first, then one more item each time, at 1.00 a piece.
pub(crate) fn event(cart: StreamId, version: u64) -> EventRecord {
    let (name, data) = if version == 1 {
        ("CartOpened", json!({"shopping_cart_uuid": cart, "currency": "EUR"}))
    } else {
        let sku = format!("sku-{version}");
        let price = json!({"minor": 100, "per": 1});
        let data = json!({"shopping_cart_uuid": cart, "item_name": sku, "sku": sku, "quantity": 1, "price": price});
        ("ItemAdded", data)
    };
    named_event(cart, version, name, data)
}

pub(crate) fn named_event(cart: StreamId, version: u64, name: &str, data: Value) -> EventRecord {
    let event_id = EventId::new(Uuid::new_v5(&cart.uuid(), version.to_string().as_bytes()));
    EventRecord {
        stream: cart,
        version,
        name: name.to_owned(),
        data,
        circumstances: Circumstances {
            source: Some("tillroll:api".to_owned()),
            recorded_at: Some(Timestamp::from_unix_ms(1_772_603_999_000)),
            ..Circumstances::bare(event_id)
        },
    }
}

impl World {
    pub(crate) fn new() -> Self {
        let clock = MemoryClock::new(Timestamp::from_unix_ms(1_772_604_000_000), 7);
        let table = MemoryTable::default();
        let bus = MemoryBus::new(SHARDS, clock.clone());
        let rows = MemoryRows::default();
        Self {
            archive: MemoryArchive::default(),
            queue: MemoryQueue::new(clock.clone()),
            runs: MemoryRuns::default(),
            progress: MemoryProgress::new(table.clone(), bus.clone(), &[ARCHIVE_READER, Followed::NAME]),
            projector: Projector::new(Followed::default(), rows.clone(), table.clone(), "test"),
            table,
            bus,
            rows,
            clock,
        }
    }

    pub(crate) fn replay(&self) -> MemoryReplay<'_> {
        let Self { archive, queue, rows, runs, progress, table, clock, .. } = self;
        Replay { archive, queue, rows, runs, progress, table, clock }
    }

    /// Appends the events of a cart up to `version`.
    pub(crate) async fn write(&self, cart: StreamId, version: u64) {
        let stored = self.table.load(cart, 0, None).await.unwrap().len() as u64;
        for version in stored + 1..=version {
            self.table.append(&[event(cart, version)]).await.unwrap();
        }
    }

    pub(crate) async fn publish(&self) {
        let records = self.table.changes(self.progress.published_count(), 1_000);
        let count = records.len();
        let batch = TableStreamBatch { records };
        let answer = publish(&batch, &self.bus, &MemoryTamperLog::default()).await.unwrap();
        assert_eq!(answer, BatchAnswer::done());
        self.progress.published(self.progress.published_count() + count);
    }

    pub(crate) async fn archive(&self) {
        for (shard, batch) in self.batches(ARCHIVE_READER) {
            archive(&batch, &self.archive).await.unwrap();
            self.finish(ARCHIVE_READER, &shard, &batch);
        }
    }

    pub(crate) async fn project(&self) {
        for (shard, batch) in self.batches(Followed::NAME) {
            assert_eq!(self.projector.live(&batch).await.unwrap(), BatchAnswer::done());
            self.finish(Followed::NAME, &shard, &batch);
        }
    }

    /// Every stage of the live path once.
    pub(crate) async fn flow(&self) {
        self.publish().await;
        self.archive().await;
        self.project().await;
    }

    fn batches(&self, reader: &str) -> Vec<(String, BusBatch)> {
        let batch_of = |shard: String| {
            let records = self.bus.read(&shard, self.progress.checkpoint(reader, &shard).as_ref(), 7);
            (shard, BusBatch { records })
        };
        self.bus.shards().into_iter().map(batch_of).filter(|(_, batch)| !batch.records.is_empty()).collect()
    }

    fn finish(&self, reader: &str, shard: &str, batch: &BusBatch) {
        let last = batch.records.last().unwrap();
        self.progress.finished(reader, shard, last.kinesis.sequence_number.parse().unwrap());
    }

    /// Lets the live path come to rest.
    pub(crate) async fn settle(&self) {
        self.publish().await;
        for _ in 0..ROUNDS_MAX {
            if self.batches(ARCHIVE_READER).is_empty() && self.batches(Followed::NAME).is_empty() {
                return;
            }
            self.archive().await;
            self.project().await;
        }
        panic!("the pipeline does not come to rest");
    }

    /// Delivers one batch of the replay queue.
    pub(crate) async fn deliver(&self) {
        let batch = self.queue.receive(Followed::NAME, 10);
        let answer = self.projector.replayed(&batch).await.unwrap();
        let returned: Vec<String> = answer.failures.into_iter().map(|failure| failure.item).collect();
        let delivered = batch.records.into_iter().map(|record| record.message_id);
        let done: Vec<String> = delivered.filter(|message| !returned.contains(message)).collect();
        self.queue.delete(Followed::NAME, &done);
        self.queue.release(Followed::NAME, &returned);
    }

    /// All rows of a generation: key and body.
    pub(crate) fn stored(&self, generation: u32) -> BTreeMap<(String, String), String> {
        let prefix = format!("{}#{generation}#", Followed::NAME);
        let rows = self.rows.all().into_iter().filter(|row| row.key.partition.starts_with(&prefix));
        rows.map(|row| ((row.key.partition, row.key.sort), row.body)).collect()
    }

    /// What a fold of the table makes of all carts, in the keys of a generation.
    pub(crate) async fn expected(&self, generation: u32) -> BTreeMap<(String, String), String> {
        self.expected_through(generation, &Filter::default()).await
    }

    /// The same for a generation that is made of some events only.
    pub(crate) async fn expected_through(
        &self,
        generation: u32,
        filter: &Filter,
    ) -> BTreeMap<(String, String), String> {
        let followed = Followed::default();
        let layout = Layout::new(Followed::NAME, generation);
        let page = self.table.scan(None).await.unwrap();
        assert_eq!(page.next, None, "a test has fewer events than a page");
        let mut carts: BTreeMap<StreamId, Vec<Arrival>> = BTreeMap::new();
        for event in page.events {
            carts.entry(event.stream).or_default().push(Arrival::Event(event));
        }
        let mut rows = BTreeMap::new();
        for (cart, arrivals) in carts {
            let (folded, standstill) = Folded::default().fold_through(&followed, filter, &arrivals);
            assert!(standstill.is_none(), "{standstill:?}");
            let row = layout.row(&followed, cart, folded.version, &folded.row).unwrap();
            let entries = layout.entries(&followed, cart, folded.version, &folded.row);
            rows.extend(entries.chain([row]).map(|row| ((row.key.partition, row.key.sort), row.body)));
        }
        rows
    }
}
