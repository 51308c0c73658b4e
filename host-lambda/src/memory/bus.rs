//! The event bus in memory: shards in which sequence numbers rise.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::{Either, select};
use tillroll_core::sequence::SequenceNumber;
use tillroll_core::time::Timestamp;
use tokio::sync::watch;

use super::{Faults, MemoryClock, lock};
use crate::lambda_events::{BusBatchRecord, BusPayload};
use crate::ports::{
    BUS_PUT_RECORDS_MAX, BusRecord, Clock, EventBus, EventFeed, Fault, FaultKind, FeedPlace, FeedPosition, FeedShard,
    RecordRefused,
};

/// A bus of a fixed number of shards; the hash of the partition key picks the shard.
#[derive(Clone, Debug)]
pub struct MemoryBus {
    content: Arc<Mutex<Content>>,
    clock: MemoryClock,
    faults: Arc<Faults>,
    /// Counts puts.
    puts: watch::Sender<u64>,
}

#[derive(Debug)]
struct Content {
    shards: BTreeMap<String, Vec<BusBatchRecord>>,
    /// The newest record of each shard that is not kept any more.
    trimmed: BTreeMap<String, SequenceNumber>,
    last_sequence: u64,
    refuse: BTreeMap<String, u32>,
}

impl MemoryBus {
    /// An empty bus of `shards` shards (at least one) whose arrival times come from `clock`.
    #[must_use]
    pub fn new(shards: u16, clock: MemoryClock) -> Self {
        let shards = (0..shards.max(1)).map(|number| (format!("shardId-{number:012}"), Vec::new())).collect();
        let content = Content { shards, trimmed: BTreeMap::new(), last_sequence: 0, refuse: BTreeMap::new() };
        Self { content: Arc::new(Mutex::new(content)), clock, faults: Arc::default(), puts: watch::Sender::new(0) }
    }

    /// Makes whole puts fail.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// The next `records` records with this partition key are not taken; the others of their put are.
    pub fn refuse_next(&self, partition_key: &str, records: u32) {
        lock(&self.content).refuse.insert(partition_key.to_owned(), records);
    }

    /// Forgets all records there are, as the bus does after a day.
    pub fn trim(&self) {
        let content = &mut *lock(&self.content);
        for (shard, records) in &mut content.shards {
            let newest = records.drain(..).next_back().as_ref().and_then(sequence_of);
            content.trimmed.extend(newest.map(|newest| (shard.clone(), newest)));
        }
    }

    /// Names of the shards.
    #[must_use]
    pub fn shards(&self) -> Vec<String> {
        lock(&self.content).shards.keys().cloned().collect()
    }

    /// Records of a shard after a sequence number, at most `limit`.
    #[must_use]
    pub fn read(&self, shard: &str, after: Option<&SequenceNumber>, limit: usize) -> Vec<BusBatchRecord> {
        let content = lock(&self.content);
        let records = content.shards.get(shard).map_or(&[][..], Vec::as_slice);
        let start = records.partition_point(|record| sequence_of(record).as_ref() <= after);
        records.iter().skip(start).take(limit).cloned().collect()
    }

    /// The newest record of a shard.
    #[must_use]
    pub fn newest(&self, shard: &str) -> Option<SequenceNumber> {
        let content = lock(&self.content);
        let last = content.shards.get(shard)?.last().and_then(sequence_of);
        last.or_else(|| content.trimmed.get(shard).cloned())
    }
}

impl EventBus for MemoryBus {
    async fn put(&self, records: Vec<BusRecord>) -> Result<Vec<Result<(), RecordRefused>>, Fault> {
        if records.is_empty() || records.len() > BUS_PUT_RECORDS_MAX {
            let reason = format!("a put takes 1 to {BUS_PUT_RECORDS_MAX} records, not {}", records.len());
            return Err(Fault::new(FaultKind::Permanent, "put on", "the event bus", reason));
        }
        self.faults.before("put on", "the event bus")?;
        let arrival = self.clock.now();
        let answers = {
            let mut content = lock(&self.content);
            records.into_iter().map(|record| content.take(record, arrival.unix_ms())).collect()
        };
        self.puts.send_modify(|puts| *puts = puts.wrapping_add(1));
        self.faults.after("put on", "the event bus")?;
        Ok(answers)
    }
}

impl EventFeed for MemoryBus {
    async fn shards(&self) -> Result<Vec<FeedShard>, Fault> {
        self.faults.before("list the shards of", "the event bus")?;
        let shard_of = |name: String| {
            let newest = self.newest(&name);
            let trimmed = lock(&self.content).trimmed.get(&name).cloned();
            FeedShard { name, trimmed, newest }
        };
        Ok(MemoryBus::shards(self).into_iter().map(shard_of).collect())
    }

    async fn read(
        &self,
        shard: &str,
        after: Option<&SequenceNumber>,
        records_max: usize,
    ) -> Result<Vec<BusBatchRecord>, Fault> {
        self.faults.before("read shard", shard)?;
        Ok(MemoryBus::read(self, shard, after, records_max))
    }

    async fn wait(&self, after: &FeedPosition, max: Duration) -> bool {
        let mut puts = self.puts.subscribe();
        let has_more = || {
            let shards = MemoryBus::shards(self);
            shards.iter().any(|shard| self.newest(shard).as_ref() > after.in_shard(shard))
        };
        let more = async { while !has_more() && puts.changed().await.is_ok() {} };
        matches!(select(pin!(more), pin!(self.clock.pause(max))).await, Either::Left(_))
    }

    async fn place_of(&self, partition_key: &str, since: Timestamp) -> Result<FeedPlace, Fault> {
        let content = lock(&self.content);
        let Some((shard, records)) = content.shards.iter().nth(shard_of(partition_key, content.shards.len())) else {
            return Ok(FeedPlace { shard: String::new(), after: None });
        };
        let earlier = |record: &&BusBatchRecord| record.arrived_at() < since;
        let after = records.iter().take_while(earlier).last().and_then(sequence_of);
        Ok(FeedPlace { shard: shard.clone(), after })
    }
}

impl Content {
    fn take(&mut self, record: BusRecord, arrival_ms: i64) -> Result<(), RecordRefused> {
        if let Some(left) = self.refuse.get_mut(&record.partition_key).filter(|left| **left > 0) {
            *left -= 1;
            return Err(RecordRefused { reason: "ProvisionedThroughputExceededException".to_owned() });
        }
        let shard = shard_of(&record.partition_key, self.shards.len());
        let Some((shard, records)) = self.shards.iter_mut().nth(shard) else { return Ok(()) };
        self.last_sequence += 1;
        records.push(BusBatchRecord {
            event_id: format!("{shard}:{}", self.last_sequence),
            kinesis: BusPayload {
                partition_key: record.partition_key,
                sequence_number: self.last_sequence.to_string(),
                arrival: Duration::from_millis(u64::try_from(arrival_ms).unwrap_or(0)).as_secs_f64(),
                data: record.data,
            },
        });
        Ok(())
    }
}

/// FNV-1a: any fixed spread does.
fn shard_of(partition_key: &str, shards: usize) -> usize {
    let hash = partition_key
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let shards = u64::try_from(shards).unwrap_or(1).max(1);
    usize::try_from(hash % shards).unwrap_or(0)
}

fn sequence_of(record: &BusBatchRecord) -> Option<SequenceNumber> {
    record.kinesis.sequence_number.parse().ok()
}
