//! What a replay would do, before it does anything: how many events, messages and writes, how long, and what that costs
//! on AWS. Nothing is written.
//!
//! The messages are cut by the very function that a run sends them with. Like a run it first waits until the archive has
//! what the bus held when it was asked.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Serialize;
use tillroll_core::id::StreamId;
use tillroll_core::lane::LANES;

use super::control::check_known;
use super::options::{Options, Target};
use super::plan::{Parcel, parcels_of_object};
use super::run::{Phase, Run};
use super::send::{OBJECTS_LISTED_MAX, sieve_of};
use super::{ARCHIVE_READER, Replay, ReplayError, ReplayPorts, has_passed};
use crate::archive_object::ArchiveObject;
use crate::generations;
use crate::ports::{
    Archive as _, Clock as _, EventTable as _, Fault, Progress as _, QUEUE_SEND_MESSAGES_MAX, ShardProgress,
};
use crate::subscriptions::layout::Layout;

/// How often the archive is asked how far it is.
const POLL: Duration = Duration::from_millis(50);
/// Most carts that are told apart; they are kept in memory. Of more it is only said that there are more.
const CARTS_COUNTED_MAX: usize = 1_000_000;
/// The newest runs, among which one is looked for that tells how fast a replay is.
const RUNS_LOOKED_AT: u32 = 50;
/// Fewest events of a run that tells how fast a replay is: in a smaller one most of the time was waiting.
const EVENTS_MEASURED_MIN: u64 = 10_000;
/// How fast a replay is as long as no run has told: what two cores of a laptop do.
const EVENTS_PER_SECOND_ASSUMED: u64 = 5_000;
/// Events of a cart read at a time, and how often.
const LOAD_EVENTS_MAX: u32 = 1_000;
const LOADS_MAX: usize = 1_000;

/// Of which day and region the prices are: list prices, without free tiers and discounts.
const PRICES_OF: &str = "us-east-1, June 2026";
/// In thousandths of a millionth of a dollar. `GetObject`; `ListObjectsV2`; a request to a FIFO queue, up to 64 KiB; a
/// write of up to 1 KB to a table on demand.
const S3_GET_NANO_USD: u64 = 400;
const S3_LIST_NANO_USD: u64 = 5_000;
const SQS_REQUEST_NANO_USD: u64 = 500;
const DYNAMODB_WRITE_NANO_USD: u64 = 625;
/// What counts as one request to a queue.
const SQS_REQUEST_BYTES: usize = 64 * 1024;
/// About what a message has around its events.
const MESSAGE_OVERHEAD_BYTES: usize = 300;

/// What a replay would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Estimate {
    /// Whose rows.
    pub subscription: String,
    /// Where the events would go, and which.
    #[serde(flatten)]
    pub target: Target,
    /// Events in messages; an event that lies in two objects counts twice.
    pub events: u64,
    /// Events that would travel as skips.
    pub events_skipped: u64,
    /// Events by name, those in messages.
    pub by_type: BTreeMap<String, u64>,
    /// Carts with any of them.
    pub carts_count: u64,
    /// Whether there are more carts than were told apart.
    pub carts_are_more: bool,
    /// Messages.
    pub messages: u64,
    /// Archive objects.
    pub objects: u64,
    /// Whether the archive had everything by the end of the wait. If not, there is more than is counted here.
    pub complete: bool,
    /// How long it would take.
    pub seconds: u64,
    /// From what that is known.
    pub seconds_from: TimeFrom,
    /// What it would cost on AWS.
    pub cost: Cost,
}

/// From what it is known how long a replay takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeFrom {
    /// From the rate that was asked for.
    Rate,
    /// From how long this run took.
    Run(String),
    /// From nothing that was measured here.
    Assumption,
}

/// What a replay would cost on AWS, at least: a subscription with entries writes those as well, in transactions, which
/// count twice; functions and storage are not in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Cost {
    /// Objects read and listed.
    pub s3_requests: u64,
    /// Messages sent, received and deleted, by ten.
    pub sqs_requests: u64,
    /// Rows of carts written, each of up to 1 KB.
    pub dynamodb_writes: u64,
    /// All of that together, in millionths of a dollar.
    pub micro_usd: u64,
    /// Which prices these are.
    pub prices: &'static str,
}

#[derive(Default)]
struct Count {
    events: u64,
    skipped: u64,
    by_type: BTreeMap<String, u64>,
    carts: BTreeSet<StreamId>,
    carts_are_more: bool,
    messages: u64,
    objects: u64,
    object_lists: u64,
    sqs_requests: u64,
    row_writes: u64,
}

impl<P: ReplayPorts> Replay<'_, P> {
    /// What a run with these options would do now. Waits for the archive, at most `wait`.
    pub async fn estimate(
        &self,
        subscription: &str,
        options: &Options,
        known: &[&str],
        wait: Duration,
    ) -> Result<Estimate, ReplayError> {
        check_known(subscription, known)?;
        options.check()?;
        let mut count = Count::default();
        let complete = match &options.target {
            Target::NewGeneration { .. } | Target::LiveGeneration { .. } => {
                let complete = self.wait_for_archive(wait).await?;
                self.count_archive(&options.target, &mut count).await?;
                complete
            }
            Target::Carts { carts } => {
                for cart in carts {
                    self.count_cart(*cart, &mut count).await?;
                }
                true
            }
            Target::PreviousGeneration => {
                self.count_laggards(subscription, &mut count).await?;
                true
            }
        };
        let (seconds, seconds_from) = self.time_for(subscription, count.events, options.rate).await?;
        let s3_requests = count.objects + count.object_lists;
        let nano_usd = count.objects * S3_GET_NANO_USD
            + count.object_lists * S3_LIST_NANO_USD
            + count.sqs_requests * SQS_REQUEST_NANO_USD
            + count.row_writes * DYNAMODB_WRITE_NANO_USD;
        Ok(Estimate {
            subscription: subscription.to_owned(),
            target: options.target.clone(),
            events: count.events,
            events_skipped: count.skipped,
            by_type: count.by_type,
            carts_count: count.carts.len() as u64,
            carts_are_more: count.carts_are_more,
            messages: count.messages,
            objects: count.objects,
            complete,
            seconds,
            seconds_from,
            cost: Cost {
                s3_requests,
                sqs_requests: count.sqs_requests,
                dynamodb_writes: count.row_writes,
                micro_usd: nano_usd.div_ceil(1_000),
                prices: PRICES_OF,
            },
        })
    }

    /// Waits until the archive has what the bus holds now; false when the time was over first.
    async fn wait_for_archive(&self, wait: Duration) -> Result<bool, Fault> {
        let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        let deadline_ms = self.clock.elapsed_ms().saturating_add(wait_ms);
        let mut shards = self.progress.bus().await?;
        let marks: Vec<_> =
            shards.iter().filter_map(|shard| Some((shard.shard.clone(), shard.newest.clone()?))).collect();
        let passed = |shards: &[ShardProgress]| {
            marks.iter().all(|(shard, mark)| has_passed(shards, shard, ARCHIVE_READER, mark))
        };
        while !passed(&shards) {
            if self.clock.elapsed_ms() >= deadline_ms {
                return Ok(false);
            }
            self.clock.pause(POLL).await;
            shards = self.progress.bus().await?;
        }
        Ok(true)
    }

    /// Counts every object that there is when this begins.
    async fn count_archive(&self, target: &Target, count: &mut Count) -> Result<(), Fault> {
        let (objects, last) = self.count_objects().await?;
        count.object_lists = objects.div_ceil(OBJECTS_LISTED_MAX as u64) + 1;
        let mut after: Option<String> = None;
        while after < last {
            let mut keys = self.archive.list(after.as_deref(), OBJECTS_LISTED_MAX).await?;
            keys.retain(|key| last.as_ref().is_some_and(|last| key <= last));
            if keys.is_empty() {
                break;
            }
            for key in &keys {
                let object = ArchiveObject::read(self.archive, key).await?;
                count.object(&object, target)?;
            }
            after = keys.pop();
        }
        Ok(())
    }

    async fn count_cart(&self, cart: StreamId, count: &mut Count) -> Result<(), ReplayError> {
        let mut after = 0;
        for _ in 0..LOADS_MAX {
            let events = self.table.load(cart, after, Some(LOAD_EVENTS_MAX)).await?;
            let Some(last) = events.last() else { break };
            after = last.version;
            count.events += events.len() as u64;
            for event in events {
                *count.by_type.entry(event.name).or_default() += 1;
            }
        }
        if after == 0 {
            return Err(ReplayError::UnknownCart { cart });
        }
        count.cart(cart);
        count.messages += 1;
        count.row_writes += 1;
        count.sqs_requests += 3;
        Ok(())
    }

    /// Counts what the previous generation lacks.
    async fn count_laggards(&self, subscription: &str, count: &mut Count) -> Result<(), ReplayError> {
        let generations = generations::read(self.rows, subscription).await?;
        let previous =
            generations.previous.ok_or_else(|| ReplayError::NoPrevious { subscription: subscription.to_owned() })?;
        let [live, previous] = [generations.live, previous].map(|generation| Layout::new(subscription, generation));
        for lane in 0..LANES {
            let mut after = None;
            loop {
                let partitions = (live.lane_partition(lane), previous.lane_partition(lane));
                let (laggards, last) = self.compare_page(&partitions.0, &partitions.1, after).await?;
                for laggard in laggards {
                    count.cart(laggard.cart);
                    count.events += laggard.wanted - laggard.applied;
                    count.messages += 1;
                    count.row_writes += 1;
                    count.sqs_requests += 3;
                }
                let Some(last) = last else { break };
                after = Some(last);
            }
        }
        Ok(())
    }

    async fn time_for(&self, subscription: &str, events: u64, rate: Option<u32>) -> Result<(u64, TimeFrom), Fault> {
        if let Some(rate) = rate {
            return Ok((events.div_ceil(u64::from(rate).max(1)), TimeFrom::Rate));
        }
        let runs = self.list(RUNS_LOOKED_AT).await?;
        let measured = runs.into_iter().filter(|run| run.subscription == subscription).find_map(measured);
        let (per_second, from) = match measured {
            Some((run, per_second)) => (per_second, TimeFrom::Run(run)),
            None => (EVENTS_PER_SECOND_ASSUMED, TimeFrom::Assumption),
        };
        Ok((events.div_ceil(per_second.max(1)), from))
    }
}

/// How fast a run was, if that says anything about others.
fn measured(run: Run) -> Option<(String, u64)> {
    let whole = run.phase == Phase::Finished && matches!(run.target, Target::NewGeneration { .. });
    if !whole || run.rate.is_some() || run.events_sent < EVENTS_MEASURED_MIN {
        return None;
    }
    let per_second = run.pace(run.finished_at?).events_per_second?;
    Some((run.id, per_second)).filter(|_| per_second > 0)
}

impl Count {
    fn cart(&mut self, cart: StreamId) {
        if self.carts.len() < CARTS_COUNTED_MAX {
            self.carts.insert(cart);
        } else if !self.carts.contains(&cart) {
            self.carts_are_more = true;
        }
    }

    fn object(&mut self, object: &ArchiveObject, target: &Target) -> Result<(), Fault> {
        let mut carts = BTreeSet::new();
        let parcels = parcels_of_object(object, LANES, sieve_of(target), |event, admitted| {
            if admitted {
                self.events += 1;
                *self.by_type.entry(event.name.clone()).or_default() += 1;
                carts.insert(event.stream);
            }
        })?;
        self.objects += 1;
        self.row_writes += carts.len() as u64;
        for cart in carts {
            self.cart(cart);
        }
        self.messages += parcels.len() as u64;
        self.skipped += parcels.iter().map(Parcel::skipped).sum::<u64>();
        for batch in parcels.chunks(QUEUE_SEND_MESSAGES_MAX) {
            let bytes: usize = batch.iter().map(|parcel| parcel.bytes() + MESSAGE_OVERHEAD_BYTES).sum();
            // Sent, received, and deleted, which has no body.
            self.sqs_requests += 2 * bytes.div_ceil(SQS_REQUEST_BYTES) as u64 + 1;
        }
        Ok(())
    }
}
