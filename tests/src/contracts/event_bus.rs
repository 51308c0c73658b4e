//! What every event bus has to do.
#![allow(missing_docs, reason = "the names of the sentences are their documentation")]

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;

use tillroll_core::sequence::SequenceNumber;
use tillroll_host_lambda::lambda_events::BusBatchRecord;
use tillroll_host_lambda::memory::MemoryBus;
use tillroll_host_lambda::ports::{BUS_PUT_RECORDS_MAX, BusRecord, EventBus, FaultKind};

/// The sentences, each as a test of the adapter that `$fresh` makes.
#[macro_export]
macro_rules! event_bus_contract {
    ($fresh:expr) => {
        $crate::sentences!(
            event_bus,
            $fresh,
            [
                records_come_out_as_they_were_put_in,
                records_of_one_key_lie_in_one_shard_in_the_order_of_their_puts,
                sequence_numbers_rise_as_numbers,
                keys_spread_over_shards,
                a_put_takes_five_hundred_records_and_not_one_more,
            ]
        );
    };
}

/// Reads a bus as its consumers do.
pub trait ReadBus: EventBus {
    /// All records of every shard, in the order of the shard.
    fn read_all(&self) -> impl Future<Output = Vec<BusBatchRecord>> + Send;
}

impl ReadBus for MemoryBus {
    async fn read_all(&self) -> Vec<BusBatchRecord> {
        self.shards().iter().flat_map(|shard| self.read(shard, None, usize::MAX)).collect()
    }
}

fn record(key: &str, data: &[u8]) -> BusRecord {
    BusRecord { partition_key: key.to_owned(), data: data.to_vec() }
}

async fn put_all(bus: &impl EventBus, records: Vec<BusRecord>) {
    let answers = bus.put(records).await.unwrap();
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
}

pub async fn records_come_out_as_they_were_put_in(bus: impl ReadBus) {
    let every_byte: Vec<u8> = (0..=255).collect();
    let put = vec![record("ä key", &every_byte), record("k", b"{}"), record("l", &vec![b'x'; 300_000])];
    put_all(&bus, put.clone()).await;
    let mut read: Vec<_> = bus.read_all().await;
    assert!(read.iter().all(|record| !record.shard().is_empty() && record.kinesis.arrival >= 0.0));
    read.sort_by(|one, other| one.kinesis.partition_key.cmp(&other.kinesis.partition_key));
    let read =
        read.into_iter().map(|read| BusRecord { partition_key: read.kinesis.partition_key, data: read.kinesis.data });
    let mut put = put;
    put.sort_by(|one, other| one.partition_key.cmp(&other.partition_key));
    assert_eq!(read.collect::<Vec<_>>(), put);
}

pub async fn records_of_one_key_lie_in_one_shard_in_the_order_of_their_puts(bus: impl ReadBus) {
    const ROUNDS: u32 = 20;
    let keys: Vec<String> = (0..30).map(|number| format!("cart {number}")).collect();
    for round in 0..ROUNDS {
        put_all(&bus, keys.iter().map(|key| record(key, round.to_string().as_bytes())).collect()).await;
    }
    let mut by_key: BTreeMap<String, (BTreeSet<String>, Vec<u32>)> = BTreeMap::new();
    for read in bus.read_all().await {
        let entry = by_key.entry(read.kinesis.partition_key.clone()).or_default();
        entry.0.insert(read.shard().to_owned());
        entry.1.push(String::from_utf8(read.kinesis.data).unwrap().parse().unwrap());
    }
    assert_eq!(by_key.len(), keys.len());
    for (key, (shards, rounds)) in by_key {
        assert_eq!(shards.len(), 1, "{key}");
        assert_eq!(rounds, (0..ROUNDS).collect::<Vec<_>>(), "{key}");
    }
}

pub async fn sequence_numbers_rise_as_numbers(bus: impl ReadBus) {
    for _ in 0..5 {
        put_all(&bus, (0..50).map(|number| record(&number.to_string(), b"x")).collect()).await;
    }
    let mut newest: BTreeMap<String, SequenceNumber> = BTreeMap::new();
    for read in bus.read_all().await {
        let number: SequenceNumber = read.kinesis.sequence_number.parse().unwrap();
        let before = newest.insert(read.shard().to_owned(), number.clone());
        assert!(before.is_none_or(|before| before < number), "{number} in {}", read.shard());
    }
}

pub async fn keys_spread_over_shards(bus: impl ReadBus) {
    put_all(&bus, (0..200).map(|number| record(&format!("cart {number}"), b"x")).collect()).await;
    let shards: BTreeSet<String> = bus.read_all().await.iter().map(|read| read.shard().to_owned()).collect();
    assert!(shards.len() > 1, "{shards:?}");
}

pub async fn a_put_takes_five_hundred_records_and_not_one_more(bus: impl ReadBus) {
    let records = |count: usize| (0..count).map(|number| record(&number.to_string(), b"x")).collect::<Vec<_>>();
    for refused in [0, BUS_PUT_RECORDS_MAX + 1] {
        assert_eq!(bus.put(records(refused)).await.unwrap_err().kind, FaultKind::Permanent, "{refused} records");
    }
    put_all(&bus, records(BUS_PUT_RECORDS_MAX)).await;
    assert_eq!(bus.read_all().await.len(), BUS_PUT_RECORDS_MAX);
}
