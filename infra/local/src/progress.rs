//! Where the stages stand on this machine: for verify and replay, which wait for them, and for people who look.

use tillroll_core::sequence::SequenceNumber;
use tillroll_host_lambda::ports::{
    Clock as _, DeadLetters, Fault, PipelineSnapshot, PipelineView, Progress, ReplayQueue as _, ShardProgress, Stage,
    StageState, TableStreamProgress,
};
use tokio::sync::watch;

use crate::bus::LocalBus;
use crate::checkpoints::Checkpoints;
use crate::clock::LocalClock;
use crate::dynamo::TableStream;
use crate::mappings::Pace;
use crate::mappings::status::{MappingStatus, StatusCell};
use crate::queue::LocalQueue;

/// Name of the mapping from the table stream to the bus.
pub(crate) const PUBLISH: &str = "publish";
/// Name of the mapping from the bus to the archive.
pub(crate) const ARCHIVE: &str = "archive";

/// The progress of the pipeline. Cheap to clone.
#[derive(Clone, Debug)]
pub struct LocalProgress {
    pub(crate) stream: TableStream,
    pub(crate) bus: LocalBus,
    pub(crate) queue: LocalQueue,
    pub(crate) checkpoints: Checkpoints,
    pub(crate) clock: LocalClock,
    pub(crate) pace: watch::Receiver<Pace>,
    pub(crate) publish: StatusCell,
    /// The mappings of the bus by name, each with a cell a shard.
    pub(crate) readers: Vec<(&'static str, Vec<StatusCell>)>,
    /// The mappings of the replay queues by subscription, each with a cell a worker.
    pub(crate) replays: Vec<(&'static str, Vec<StatusCell>)>,
}

impl Progress for LocalProgress {
    async fn bus(&self) -> Result<Vec<ShardProgress>, Fault> {
        self.bus.progress().await
    }

    async fn table_stream(&self) -> Result<TableStreamProgress, Fault> {
        Ok(TableStreamProgress { newest: self.stream.newest().await?, published: self.published().await? })
    }
}

impl PipelineView for LocalProgress {
    async fn snapshot(&self) -> Result<PipelineSnapshot, Fault> {
        let mut stages = vec![self.publish_stage().await?];
        for (name, cells) in &self.readers {
            stages.push(self.reader_stage(name, cells).await?);
        }
        let mut dead_letters = Vec::with_capacity(self.replays.len());
        for (subscription, cells) in &self.replays {
            let waiting = self.queue.depth(subscription).await?;
            let oldest_ms = self.queue.oldest_sent_ms(subscription).await?;
            let lag_ms = age_ms(self.clock.now().unix_ms(), oldest_ms);
            stages.push(self.stage(format!("replay {subscription}"), waiting, lag_ms, cells));
            let messages = self.queue.dead_letter_count(subscription).await?;
            dead_letters.push(DeadLetters { subscription: (*subscription).to_owned(), messages });
        }
        Ok(PipelineSnapshot { stages, dead_letters })
    }
}

impl LocalProgress {
    /// The last record of the table stream that is on the bus.
    pub(crate) async fn published(&self) -> Result<Option<SequenceNumber>, Fault> {
        self.checkpoints.load(PUBLISH, self.stream.shard()).await
    }

    /// Why a mapping is failing at this moment, if one is: its name and the reason.
    pub(crate) fn failing(&self) -> Option<(String, String)> {
        let publish = std::iter::once((PUBLISH, std::slice::from_ref(&self.publish)));
        let readers = self.readers.iter().chain(&self.replays).map(|(name, cells)| (*name, cells.as_slice()));
        publish.chain(readers).find_map(|(name, cells)| {
            cells.iter().find_map(|cell| cell.read().failing).map(|failing| (name.to_owned(), failing))
        })
    }

    async fn publish_stage(&self) -> Result<Stage, Fault> {
        let (lag, oldest_ms) = self.stream.lag(self.published().await?.as_ref()).await?;
        // The table stream is stamped by the system's clock.
        let now_ms = LocalClock::system().now().unix_ms();
        Ok(self.stage(PUBLISH.to_owned(), lag, age_ms(now_ms, oldest_ms), std::slice::from_ref(&self.publish)))
    }

    async fn reader_stage(&self, name: &str, cells: &[StatusCell]) -> Result<Stage, Fault> {
        let (mut lag, mut oldest_ms) = (0_u64, None);
        for (shard, cell) in self.bus.shards().iter().zip(cells) {
            let finished = cell.read().last_sequence.and_then(|last| last.parse().ok()).unwrap_or(0);
            let waiting = u64::try_from(shard.newest().borrow().saturating_sub(finished)).unwrap_or(0);
            if waiting > 0 {
                lag = lag.saturating_add(waiting);
                let arrived_ms = self.bus.oldest_arrival_ms(shard, finished).await?;
                oldest_ms = oldest_ms.into_iter().chain(arrived_ms).min();
            }
        }
        let title = if name == ARCHIVE { name.to_owned() } else { format!("project {name}") };
        Ok(self.stage(title, lag, age_ms(self.clock.now().unix_ms(), oldest_ms), cells))
    }

    fn stage(&self, name: String, lag_events: u64, lag_ms: u64, cells: &[StatusCell]) -> Stage {
        let statuses: Vec<MappingStatus> = cells.iter().map(StatusCell::read).collect();
        let last_error = statuses.into_iter().find_map(|status| status.failing);
        let state = if *self.pace.borrow() == Pace::Stopping {
            StageState::Stopped
        } else if last_error.is_some() {
            StageState::Retrying
        } else if lag_events == 0 {
            StageState::Idle
        } else {
            StageState::Running
        };
        Stage { name, state, lag_events, lag_ms, last_error }
    }
}

fn age_ms(now_ms: i64, since_ms: Option<i64>) -> u64 {
    since_ms.map_or(0, |since_ms| u64::try_from(now_ms.saturating_sub(since_ms)).unwrap_or(0))
}
