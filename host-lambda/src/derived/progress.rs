//! Where the stages stand, from what the bus holds and what its readers have written down.
//!
//! The readers are exact. The table stream is not: nobody but its event source mapping knows how far that has come, so
//! the answer goes by time. A moment stands for all that was appended by then, and what was appended is taken to be on
//! the bus [`SETTLE_MS`] later. That holds while publish runs and does not lag, which the alarm on its iterator's age
//! watches. A verification that runs while it lags takes nothing for missing that was recorded within the last
//! [`Progress::UNSEEN_MS`]: such an event is on its way, and is missed by the next one if it never arrives.

use std::sync::Arc;
use std::time::Duration;

use tillroll_core::sequence::SequenceNumber;
use tokio::sync::Mutex;

use super::checkpoints::Checkpoints;
use crate::ports::{Clock, EventFeed, Fault, Progress, Rows, ShardProgress, TableStreamProgress};

/// From an append until its event is on the bus, with publish running: the table stream takes well under a second,
/// publish a few tenths of one.
const SETTLE_MS: i64 = 5_000;
/// The bus is asked at most so often; who asks again sooner waits. An answer is never older than its question, and the
/// few reads a second that a shard allows stay with those who work on it.
const ASK_EVERY_MS: u64 = 1_000;

/// The progress of the pipeline. Cheap to clone; clones ask at most once a second together.
#[derive(Clone, Debug)]
pub struct DerivedProgress<R, F, C> {
    checkpoints: Checkpoints<R>,
    feed: F,
    readers: Arc<[String]>,
    clock: C,
    asked_ms: Arc<Mutex<Option<u64>>>,
}

impl<R: Rows, F: EventFeed, C: Clock> DerivedProgress<R, F, C> {
    /// The progress of `readers` of the bus behind `feed`, who write their checkpoints to `rows`.
    pub fn new(rows: R, feed: F, readers: impl IntoIterator<Item = String>, clock: C) -> Self {
        let checkpoints = Checkpoints::new(rows);
        Self { checkpoints, feed, readers: readers.into_iter().collect(), clock, asked_ms: Arc::default() }
    }

    async fn take_turn(&self) {
        let mut asked_ms = self.asked_ms.lock().await;
        let now_ms = self.clock.elapsed_ms();
        let turn_ms = asked_ms.map_or(now_ms, |asked_ms| asked_ms.saturating_add(ASK_EVERY_MS));
        let wait_ms = turn_ms.saturating_sub(now_ms);
        if wait_ms > 0 {
            self.clock.pause(Duration::from_millis(wait_ms)).await;
        }
        *asked_ms = Some(turn_ms.max(now_ms));
    }
}

impl<R: Rows, F: EventFeed + Sync, C: Clock> Progress for DerivedProgress<R, F, C> {
    /// Longer than a deploy of publish, a throttled shard or a failing call takes to pass; far shorter than the day after
    /// which the table stream forgets.
    const UNSEEN_MS: i64 = 5 * 60 * 1_000;

    async fn bus(&self) -> Result<Vec<ShardProgress>, Fault> {
        self.take_turn().await;
        // Readers first: what they finish while the bus is asked is not yet counted, and never too much.
        let mut finished = Vec::with_capacity(self.readers.len());
        for reader in self.readers.iter() {
            finished.push((reader, self.checkpoints.of(reader).await?));
        }
        let shards = self.feed.shards().await?.into_iter().map(|shard| {
            let readers = finished.iter().map(|(reader, of)| ((*reader).clone(), of.get(&shard.name).cloned()));
            ShardProgress { readers: readers.collect(), newest: shard.newest, shard: shard.name }
        });
        Ok(shards.collect())
    }

    async fn table_stream(&self) -> Result<TableStreamProgress, Fault> {
        let now = self.clock.now();
        let by = |ms: i64| u64::try_from(ms).ok().map(SequenceNumber::from);
        Ok(TableStreamProgress { newest: by(now.unix_ms()), published: by(now.plus_ms(-SETTLE_MS).unix_ms()) })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use tillroll_core::time::Timestamp;

    use super::*;
    use crate::lambda_events::{BatchAnswer, BusBatch};
    use crate::memory::{MemoryBus, MemoryClock, MemoryRows};
    use crate::ports::{BusRecord, EventBus as _};

    fn world() -> (MemoryBus, MemoryRows, MemoryClock, DerivedProgress<MemoryRows, MemoryBus, MemoryClock>) {
        let clock = MemoryClock::new(Timestamp::UNIX_EPOCH.plus_ms(1_000_000), 1);
        let (bus, rows) = (MemoryBus::new(2, clock.clone()), MemoryRows::default());
        let readers = ["archive", "carts"].map(str::to_owned);
        (bus.clone(), rows.clone(), clock.clone(), DerivedProgress::new(rows, bus, readers, clock))
    }

    #[tokio::test]
    async fn readers_have_come_as_far_as_they_wrote_after_their_batches() {
        let (bus, rows, _, progress) = world();
        let records = (0..20).map(|key| BusRecord { partition_key: format!("cart {key}"), data: Vec::new() });
        bus.put(records.collect()).await.unwrap();
        for shard in bus.shards() {
            let records = bus.read(&shard, None, 3);
            let last = records.last().unwrap().kinesis.sequence_number.clone();
            let done = BatchAnswer::done();
            Checkpoints::new(rows.clone()).finished("carts", &BusBatch { records }, &done).await.unwrap();
            let all = progress.bus().await.unwrap();
            let of_shard = all.iter().find(|progress| progress.shard == shard).unwrap();
            assert_eq!(of_shard.newest, bus.newest(&shard));
            let carts = ("carts".to_owned(), Some(last.parse().unwrap()));
            assert_eq!(of_shard.readers, [("archive".to_owned(), None), carts]);
        }
    }

    #[tokio::test]
    async fn the_bus_is_asked_once_a_second_and_the_answer_is_never_older_than_the_question() {
        let (_, _, clock, progress) = world();
        for asked in 0..4_u64 {
            progress.bus().await.unwrap();
            assert_eq!(clock.elapsed_ms(), asked * ASK_EVERY_MS);
        }
        clock.advance(Duration::from_mins(1));
        let before_ms = clock.elapsed_ms();
        progress.bus().await.unwrap();
        assert_eq!(clock.elapsed_ms(), before_ms, "who comes late does not wait");
    }

    #[tokio::test]
    async fn what_was_appended_is_taken_to_be_published_some_seconds_later_and_not_before() {
        let (_, _, clock, progress) = world();
        let mark = progress.table_stream().await.unwrap().newest;
        for (after_ms, is_published) in [(0, false), (4_999, false), (1, true)] {
            clock.advance(Duration::from_millis(after_ms));
            assert_eq!(progress.table_stream().await.unwrap().published >= mark, is_published, "{after_ms}");
        }
    }
}
