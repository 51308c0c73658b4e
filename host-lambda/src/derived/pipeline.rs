//! How the pipeline is doing, from outside: what waits on the bus and in the queues. What only the functions' own
//! processes know (rates, counts of what they applied, their last error) is in their metrics and logs.

use std::sync::Arc;

use tillroll_core::time::Timestamp;

use crate::functions::replay::ARCHIVE_READER;
use crate::ports::{
    Clock, DeadLetterQueue, DeadLetters, EventFeed, Fault, Letters, PipelineSnapshot, PipelineView, Progress,
    ReplayQueue, ShardProgress, Stage, StageState,
};

/// Records counted of what waits in one shard: more than that is a lag whatever it is.
const WAITING_MAX: usize = 1_000;
/// A stage whose oldest record has been waiting for so long stands still: longer than the archive's window and a
/// function's time limit.
const STALLED_MS: u64 = 120_000;

/// The pipeline as others see it. Cheap to clone where its parts are.
#[derive(Clone, Debug)]
pub struct DerivedPipeline<P, F, Q, C> {
    progress: P,
    feed: F,
    queues: Q,
    subscriptions: Arc<[String]>,
    clock: C,
}

impl<P, F, Q, C> DerivedPipeline<P, F, Q, C>
where
    P: Progress + Send + Sync,
    F: EventFeed,
    Q: ReplayQueue + DeadLetterQueue,
    C: Clock,
{
    /// The pipeline of these subscriptions.
    pub fn new(progress: P, feed: F, queues: Q, subscriptions: impl IntoIterator<Item = String>, clock: C) -> Self {
        Self { progress, feed, queues, subscriptions: subscriptions.into_iter().collect(), clock }
    }

    /// What waits for a reader of the bus: how much, at least, and since when.
    async fn waiting_for(&self, reader: &str, shards: &[ShardProgress]) -> Result<(u64, Option<Timestamp>), Fault> {
        let (mut events, mut oldest) = (0, None);
        for shard in shards {
            let finished = shard.readers.iter().find(|(name, _)| name == reader).and_then(|(_, last)| last.as_ref());
            if shard.newest.as_ref() > finished {
                let waiting = self.feed.read(&shard.shard, finished, WAITING_MAX).await?;
                events += waiting.len() as u64;
                let first = waiting.first().map(crate::lambda_events::BusBatchRecord::arrived_at);
                oldest = first.into_iter().chain(oldest).min();
            }
        }
        Ok((events, oldest))
    }

    async fn reader_stage(&self, reader: &str, shards: &[ShardProgress]) -> Result<Stage, Fault> {
        let (events, oldest) = self.waiting_for(reader, shards).await?;
        let age_ms = oldest.map_or(0, |oldest| self.clock.now().unix_ms().saturating_sub(oldest.unix_ms()));
        let lag_ms = u64::try_from(age_ms).unwrap_or(0);
        let name = if reader == ARCHIVE_READER { reader.to_owned() } else { format!("project {reader}") };
        let since = oldest.filter(|_| lag_ms >= STALLED_MS);
        Ok(Stage { since, ..stage(name, state(events, lag_ms), events, lag_ms) })
    }
}

impl<P, F, Q, C> PipelineView for DerivedPipeline<P, F, Q, C>
where
    P: Progress + Send + Sync,
    F: EventFeed,
    Q: ReplayQueue + DeadLetterQueue,
    C: Clock,
{
    /// Of publish nothing is known here but that it has its alarm. A lag in events counts up to a thousand a shard; of
    /// a replay queue SQS says how much waits and not since when. Tampered records have an alarm of their own.
    async fn snapshot(&self) -> Result<PipelineSnapshot, Fault> {
        let shards = self.progress.bus().await?;
        let readers = std::iter::once(ARCHIVE_READER).chain(self.subscriptions.iter().map(String::as_str));
        let mut stages = Vec::new();
        for reader in readers {
            stages.push(self.reader_stage(reader, &shards).await?);
        }
        let mut dead_letters = Vec::with_capacity(self.subscriptions.len());
        for subscription in self.subscriptions.iter() {
            let waiting = self.queues.depth(subscription).await?;
            stages.push(stage(format!("replay {subscription}"), state(waiting, 0), waiting, 0));
            let messages = self.queues.count(&Letters::Of(subscription.clone())).await?;
            dead_letters.push(DeadLetters { subscription: subscription.clone(), messages });
        }
        Ok(PipelineSnapshot { stages, dead_letters, projections: Vec::new(), tampered: 0, lags: Vec::new() })
    }
}

fn state(waiting: u64, lag_ms: u64) -> StageState {
    match waiting {
        0 => StageState::Idle,
        _ if lag_ms >= STALLED_MS => StageState::Stalled,
        _ => StageState::Running,
    }
}

fn stage(name: String, state: StageState, lag_events: u64, lag_ms: u64) -> Stage {
    Stage { name, state, lag_events, lag_ms, since: None, rates: None, last_error: None }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use std::time::Duration;

    use super::*;
    use crate::derived::{Checkpoints, DerivedProgress};
    use crate::lambda_events::{BatchAnswer, BusBatch};
    use crate::memory::{MemoryBus, MemoryClock, MemoryQueue, MemoryRows};
    use crate::ports::{BusRecord, EventBus as _, QueueMessage};

    #[tokio::test]
    async fn a_stage_says_what_waits_for_it_and_for_how_long() {
        let clock = MemoryClock::new(Timestamp::UNIX_EPOCH.plus_ms(1_000_000), 1);
        let (bus, rows) = (MemoryBus::new(1, clock.clone()), MemoryRows::default());
        let queue = MemoryQueue::new(clock.clone());
        let readers = [ARCHIVE_READER, "carts"].map(str::to_owned);
        let progress = DerivedProgress::new(rows.clone(), bus.clone(), readers, clock.clone());
        let pipeline = DerivedPipeline::new(progress, bus.clone(), queue.clone(), ["carts".to_owned()], clock.clone());
        let said = async |pipeline: &DerivedPipeline<_, _, _, _>| {
            let stages = pipeline.snapshot().await.unwrap().stages;
            stages.into_iter().map(|stage| (stage.name, stage.state, stage.lag_events)).collect::<Vec<_>>()
        };
        let expected = |archive, archive_lag, carts, carts_lag, replay, replay_lag| {
            vec![
                ("archive".to_owned(), archive, archive_lag),
                ("project carts".to_owned(), carts, carts_lag),
                ("replay carts".to_owned(), replay, replay_lag),
            ]
        };
        assert_eq!(said(&pipeline).await, expected(StageState::Idle, 0, StageState::Idle, 0, StageState::Idle, 0));

        let record = BusRecord { partition_key: "cart".to_owned(), data: Vec::new() };
        bus.put(vec![record; 3]).await.unwrap();
        let shard = bus.shards().remove(0);
        let done = BatchAnswer::done();
        let batch = BusBatch { records: bus.read(&shard, None, 2) };
        Checkpoints::new(rows.clone()).finished("carts", &batch, &done).await.unwrap();
        let (group, deduplication_id) = ("lane".to_owned(), "id".to_owned());
        queue.send("carts", vec![QueueMessage { group, deduplication_id, body: String::new() }]).await.unwrap();
        assert_eq!(
            said(&pipeline).await,
            expected(StageState::Running, 3, StageState::Running, 1, StageState::Running, 1)
        );
        clock.advance(Duration::from_millis(STALLED_MS));
        assert_eq!(
            said(&pipeline).await,
            expected(StageState::Stalled, 3, StageState::Stalled, 1, StageState::Running, 1)
        );
    }
}
