//! Where the stages stand on this machine: for verify and replay, which wait for them, and for people who look.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use tillroll_core::sequence::SequenceNumber;
use tillroll_core::time::Timestamp;
use tillroll_host_lambda::ports::{
    Clock as _, Counts, DeadLetterQueue as _, DeadLetters, Fault, Letters, PipelineSnapshot, PipelineView, Progress,
    Projected, ReplayQueue as _, ShardProgress, Stage, StageState, TableStreamProgress,
};
use tokio::sync::watch;

use crate::bus::LocalBus;
use crate::checkpoints::Checkpoints;
use crate::clock::LocalClock;
use crate::dynamo::TableStream;
use crate::lags::LagLog;
use crate::mappings::Pace;
use crate::mappings::status::{MappingStatus, StatusCell};
use crate::queue::LocalQueue;
use crate::rates::{Flow, RateMeter};
use crate::tamper::LocalTamperLog;

/// Name of the mapping from the table stream to the bus.
pub(crate) const PUBLISH: &str = "publish";
/// Name of the mapping from the bus to the archive.
pub(crate) const ARCHIVE: &str = "archive";

/// A stage that has something to do and has finished nothing for so long stands still: longer than a function may take.
const STALLED_MS: i64 = 60_000;

/// Asks a projector for its counts.
#[derive(Clone)]
pub(crate) struct Counting(pub(crate) Arc<dyn Fn() -> Counts + Send + Sync>);

impl fmt::Debug for Counting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Counting").field(&self.0()).finish()
    }
}

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
    /// The projectors by subscription.
    pub(crate) projectors: Vec<(&'static str, Counting)>,
    pub(crate) tamper: LocalTamperLog,
    pub(crate) meter: RateMeter,
    pub(crate) lags: LagLog,
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
            let now_ms = self.clock.now().unix_ms();
            let waiting = self.queue.depth(subscription).await?;
            let oldest_ms = self.queue.oldest_sent_ms(subscription).await?;
            let moved_at = cells.iter().map(|cell| cell.read().moved_at).max();
            let backlog = Backlog::of(waiting, oldest_ms, moved_at, now_ms);
            stages.push(self.stage(format!("replay {subscription}"), backlog, now_ms, cells));
            let messages = self.queue.count(&Letters::Of((*subscription).to_owned())).await?;
            dead_letters.push(DeadLetters { subscription: (*subscription).to_owned(), messages });
        }
        for (stage, rates) in stages.iter_mut().zip(self.meter.rates(Instant::now(), &self.flows())) {
            stage.rates = rates;
        }
        let projected = |(subscription, counting): &(&str, Counting)| Projected {
            subscription: (*subscription).to_owned(),
            counts: counting.0(),
        };
        let projections = self.projectors.iter().map(projected).collect();
        let (tampered, lags) = (self.tamper.count().await?, self.lags.samples());
        Ok(PipelineSnapshot { stages, dead_letters, projections, tampered, lags })
    }
}

/// What waits for a stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Backlog {
    waiting: u64,
    /// When the oldest of it came.
    oldest_ms: Option<i64>,
    /// Since when nothing of it has been finished, if that is long ago.
    stalled_since_ms: Option<i64>,
}

impl Backlog {
    /// Of one shard or queue, whose mapping moved last at `moved_at`.
    fn of(waiting: u64, oldest_ms: Option<i64>, moved_at: Option<Instant>, now_ms: i64) -> Self {
        let still_ms = moved_at.map_or(0, |at| i64::try_from(at.elapsed().as_millis()).unwrap_or(i64::MAX));
        // What came only just now has not been waiting for longer than that.
        let since_ms = now_ms.saturating_sub(still_ms).max(oldest_ms.unwrap_or(now_ms));
        let is_stalled = waiting > 0 && now_ms.saturating_sub(since_ms) >= STALLED_MS;
        Self { waiting, oldest_ms, stalled_since_ms: is_stalled.then_some(since_ms) }
    }

    /// Of a stage that has several shards: one that stands still is enough.
    fn and(self, other: Self) -> Self {
        let earlier = |one: Option<i64>, other: Option<i64>| one.into_iter().chain(other).min();
        Self {
            waiting: self.waiting.saturating_add(other.waiting),
            oldest_ms: earlier(self.oldest_ms, other.oldest_ms),
            stalled_since_ms: earlier(self.stalled_since_ms, other.stalled_since_ms),
        }
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

    /// Notes how much has come and gone, so that there are rates, and how far each stage is behind.
    pub(crate) async fn measure(&self) -> Result<(), Fault> {
        self.meter.note(Instant::now(), self.flows());
        let PipelineSnapshot { stages, .. } = self.snapshot().await?;
        self.lags.note(self.clock.now(), &stages);
        Ok(())
    }

    /// What has come to each stage and gone, in the order of the flow.
    fn flows(&self) -> Vec<Flow> {
        let finished = |cells: &[StatusCell]| cells.iter().map(|cell| cell.read().records).sum();
        let on_the_bus: i64 = self.bus.shards().iter().map(|shard| *shard.newest().borrow()).sum();
        let on_the_bus = u64::try_from(on_the_bus).unwrap_or(0);
        let appended = *self.stream.appended().borrow();
        let publish = Flow { came: appended, finished: finished(std::slice::from_ref(&self.publish)) };
        let readers = self.readers.iter().map(|(_, cells)| Flow { came: on_the_bus, finished: finished(cells) });
        let replays = self
            .replays
            .iter()
            .map(|(subscription, cells)| Flow { came: self.queue.arrivals(subscription), finished: finished(cells) });
        std::iter::once(publish).chain(readers).chain(replays).collect()
    }

    async fn publish_stage(&self) -> Result<Stage, Fault> {
        let (lag, oldest_ms) = self.stream.lag(self.published().await?.as_ref()).await?;
        // The table stream is stamped by the system's clock.
        let now_ms = LocalClock::system().now().unix_ms();
        let backlog = Backlog::of(lag, oldest_ms, Some(self.publish.read().moved_at), now_ms);
        Ok(self.stage(PUBLISH.to_owned(), backlog, now_ms, std::slice::from_ref(&self.publish)))
    }

    async fn reader_stage(&self, name: &str, cells: &[StatusCell]) -> Result<Stage, Fault> {
        let now_ms = self.clock.now().unix_ms();
        let mut backlog = Backlog::default();
        for (shard, cell) in self.bus.shards().iter().zip(cells) {
            let status = cell.read();
            let finished = status.last_sequence.and_then(|last| last.parse().ok()).unwrap_or(0);
            let waiting = u64::try_from(shard.newest().borrow().saturating_sub(finished)).unwrap_or(0);
            if waiting > 0 {
                let oldest_ms = self.bus.oldest_arrival_ms(shard, finished).await?;
                backlog = backlog.and(Backlog::of(waiting, oldest_ms, Some(status.moved_at), now_ms));
            }
        }
        let title = if name == ARCHIVE { name.to_owned() } else { format!("project {name}") };
        Ok(self.stage(title, backlog, now_ms, cells))
    }

    fn stage(&self, name: String, backlog: Backlog, now_ms: i64, cells: &[StatusCell]) -> Stage {
        let Backlog { waiting, oldest_ms, stalled_since_ms } = backlog;
        let statuses: Vec<MappingStatus> = cells.iter().map(StatusCell::read).collect();
        let failing_since = statuses.iter().filter_map(|status| status.failing_since).min();
        let failing_since_ms =
            failing_since.map(|at| now_ms.saturating_sub(i64::try_from(at.elapsed().as_millis()).unwrap_or(i64::MAX)));
        let last_error = statuses.into_iter().find_map(|status| status.failing);
        let (state, since_ms) = if *self.pace.borrow() == Pace::Stopping {
            (StageState::Stopped, None)
        } else if stalled_since_ms.is_some() {
            (StageState::Stalled, stalled_since_ms)
        } else if last_error.is_some() {
            (StageState::Retrying, failing_since_ms)
        } else if waiting == 0 {
            (StageState::Idle, None)
        } else {
            (StageState::Running, None)
        };
        Stage {
            name,
            state,
            lag_events: waiting,
            lag_ms: age_ms(now_ms, oldest_ms),
            since: since_ms.map(Timestamp::from_unix_ms),
            rates: None,
            last_error,
        }
    }
}

fn age_ms(now_ms: i64, since_ms: Option<i64>) -> u64 {
    since_ms.map_or(0, |since_ms| u64::try_from(now_ms.saturating_sub(since_ms)).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use std::time::Duration;

    use super::*;

    const NOW_MS: i64 = 10_000_000;

    #[test]
    fn a_stage_is_stalled_when_it_has_not_moved_though_something_waits() {
        let moved = |seconds| Instant::now().checked_sub(Duration::from_secs(seconds));
        for (waiting, oldest_s, moved_s, stalled) in [
            (0, None, 500, false),
            (5, Some(500), 5, false),
            (5, Some(5), 500, false),
            (5, Some(500), 500, true),
            (5, Some(61), 70, true),
            (5, None, 500, false),
        ] {
            let oldest_ms = oldest_s.map(|seconds: i64| NOW_MS - seconds * 1_000);
            let backlog = Backlog::of(waiting, oldest_ms, moved(moved_s), NOW_MS);
            assert_eq!(backlog.stalled_since_ms.is_some(), stalled, "{waiting} {oldest_s:?} {moved_s}");
        }
        let since = Backlog::of(1, Some(NOW_MS - 90_000), moved(3_600), NOW_MS).stalled_since_ms;
        assert_eq!(since, Some(NOW_MS - 90_000), "it had nothing to do before that");
    }

    #[test]
    fn one_shard_that_stands_still_stalls_its_stage() {
        let still = Backlog { waiting: 2, oldest_ms: Some(5), stalled_since_ms: Some(6) };
        let moving = Backlog { waiting: 3, oldest_ms: Some(4), stalled_since_ms: None };
        for both in [still.and(moving), moving.and(still)] {
            assert_eq!(both, Backlog { waiting: 5, oldest_ms: Some(4), stalled_since_ms: Some(6) });
        }
        assert_eq!(Backlog::default().and(moving), moving);
    }
}
