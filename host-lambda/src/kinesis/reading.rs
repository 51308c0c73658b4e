//! Reading a shard from a place, and finding its end. Kinesis says neither which record of a shard is the newest nor
//! which one came before a moment; both are found by looking back in widening windows and reading forward from there.

use std::time::Duration;

use aws_sdk_kinesis::operation::get_records::GetRecordsOutput;
use aws_sdk_kinesis::primitives::DateTime;
use aws_sdk_kinesis::types::{Record, ShardIteratorType};
use tillroll_core::sequence::SequenceNumber;
use tillroll_core::time::Timestamp;

use super::KinesisBus;
use super::errors::{failure, is_expired, is_no_place, is_unknown};
use crate::calls::{self, Failure};
use crate::lambda_events::{BusBatchRecord, BusPayload, moment_of};
use crate::ports::{Clock, Fault};

/// Most records of one read (Kinesis `GetRecords`).
const PAGE_RECORDS_MAX: usize = 10_000;
/// Pages that one read follows until something comes. Kinesis may answer with many empty ones before.
const PAGES_MAX: usize = 1_000;
/// The first look back, and how exactly a moment is searched for before reading begins. Also how far clocks may be
/// apart.
const LOOK_BACK_MS: i64 = 30_000;
/// Each further look back goes so much further.
const WIDEN: i64 = 4;
/// How long onlookers take the end of a shard to be where it was found. Kinesis takes five reads a second and shard,
/// and the event source mappings need most of them.
pub(super) const LOOK_AGAIN_MS: u64 = 1_000;
/// An iterator is used again within this time; Kinesis keeps it for five minutes.
const RESUME_MS_MAX: u64 = 4 * 60 * 1_000;
/// How long what is known of the stream's retention holds.
const KEPT_AGAIN_MS: u64 = 60_000;
const MS_PER_HOUR: i64 = 60 * 60 * 1_000;

pub(super) const READ: &str = "read shard";

/// When the end of a shard was looked for.
#[derive(Clone, Debug)]
pub(super) struct Look {
    /// By the stopwatch.
    elapsed_ms: u64,
    /// By the time of day.
    at: Timestamp,
    /// The shard had been closed before: its end stays.
    closed: bool,
}

/// Where a read ended, and how to go on from there.
#[derive(Clone, Debug)]
pub(super) struct Resumed {
    after: Option<SequenceNumber>,
    iterator: String,
    elapsed_ms: u64,
}

/// What is known of how long the stream keeps its records.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kept {
    /// Nothing that arrived before is kept.
    pub(super) since: Timestamp,
    /// Whether the stream is younger than that: then nothing is gone.
    pub(super) whole: bool,
    elapsed_ms: u64,
}

/// Where to read from.
#[derive(Clone, Copy)]
enum Place<'a> {
    Oldest,
    After(&'a SequenceNumber),
    At(Timestamp),
}

/// How an iterator was asked for.
enum Iterator {
    At(String),
    /// There is no such shard.
    NoShard,
    /// The sequence number is none that this shard knows.
    NoPlace,
}

/// A record's place in its shard.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) number: SequenceNumber,
    pub(super) arrived_at: Timestamp,
}

impl Found {
    fn of(record: &Record) -> Result<Self, Failure> {
        let number = record.sequence_number.parse().map_err(Failure::permanent)?;
        Ok(Self { number, arrived_at: moment_of(arrival_of(record)) })
    }
}

impl<C: Clock> KinesisBus<C> {
    /// Records of a shard behind `after`, at most `records_max`; none at its end, and when there is no such shard.
    pub(super) async fn read_shard(
        &self,
        shard: &str,
        after: Option<&SequenceNumber>,
        records_max: usize,
    ) -> Result<Vec<BusBatchRecord>, Fault> {
        let fault = |failure: Failure| failure.into_read_fault(READ, shard);
        let limit = records_max.min(PAGE_RECORDS_MAX);
        if limit == 0 {
            return Ok(Vec::new());
        }
        let Some(mut iterator) = self.iterator_behind(shard, after).await.map_err(fault)? else {
            return Ok(Vec::new());
        };
        for _ in 0..PAGES_MAX {
            let Some(page) = self.page(&iterator, limit).await.map_err(fault)? else {
                // An earlier read left it, and the process has slept since: its stopwatch may have slept too.
                self.resume_from(shard, None, None);
                match self.iterator_behind(shard, after).await.map_err(fault)? {
                    Some(again) => iterator = again,
                    None => return Ok(Vec::new()),
                }
                continue;
            };
            let is_end = is_end(&page);
            let mut records = Vec::with_capacity(page.records.len());
            let mut newest = None;
            for record in page.records {
                let found = Found::of(&record).map_err(fault)?;
                self.known.learn_width(&record.sequence_number);
                if after < Some(&found.number) {
                    records.push(delivered(shard, &found, record));
                }
                newest = Some(found.number);
            }
            if let Some(newest) = newest.clone() {
                self.known.seen(shard, newest);
            }
            let resume_after = newest.as_ref().max(after).cloned();
            self.resume_from(shard, resume_after, page.next_shard_iterator.clone());
            match page.next_shard_iterator {
                Some(next) if records.is_empty() && !is_end => iterator = next,
                _ => return Ok(records),
            }
        }
        Err(fault(Failure { verdict: calls::Verdict::Busy, source: "it only gives empty answers".into() }))
    }

    /// The newest record of a shard, looked for again when the last look is older than `age_ms_max`.
    pub(super) async fn newest(
        &self,
        shard: &str,
        is_open: bool,
        age_ms_max: u64,
    ) -> Result<Option<SequenceNumber>, Fault> {
        let known = self.known.shard(shard);
        let now_ms = self.clock.elapsed_ms();
        let is_fresh = |look: &Look| look.closed || is_open && now_ms.saturating_sub(look.elapsed_ms) < age_ms_max;
        if known.looked.as_ref().is_some_and(is_fresh) {
            return Ok(known.newest);
        }
        let at = self.clock.now();
        // What had arrived by the last look is known; clocks and answers may be late.
        let from = known.looked.map(|look| look.at.plus_ms(-LOOK_BACK_MS));
        let found = self.last_before(shard, None, from).await?;
        self.known.change(shard, |known| {
            let newest = found.map(|found| found.number);
            known.newest = newest.max(known.newest.take());
            known.looked = Some(Look { elapsed_ms: now_ms, at, closed: !is_open });
        });
        Ok(self.known.shard(shard).newest)
    }

    /// The last record of a shard that arrived before `until` (`None`: of all), if it arrived at `from` or later.
    pub(super) async fn last_before(
        &self,
        shard: &str,
        until: Option<Timestamp>,
        from: Option<Timestamp>,
    ) -> Result<Option<Found>, Fault> {
        let now = self.clock.now();
        let kept = self.kept().await?.since;
        let from = from.map_or(kept, |from| from.max(kept));
        let (mut hi, mut window_ms) = (until.unwrap_or(now).min(now), LOOK_BACK_MS);
        let mut lo = loop {
            if until.is_some_and(|until| until <= from) {
                return Ok(None);
            }
            let lo = hi.min(now).plus_ms(-window_ms).max(from);
            if self.first_at(shard, lo, until).await?.is_some() {
                break lo;
            }
            if lo <= from {
                return Ok(None);
            }
            (hi, window_ms) = (lo, window_ms.saturating_mul(WIDEN));
        };
        // Something came at `lo` or later and, where this looked back further than once, nothing at `hi` or later.
        while hi.unix_ms().saturating_sub(lo.unix_ms()) > LOOK_BACK_MS {
            let middle = lo.plus_ms(hi.unix_ms().saturating_sub(lo.unix_ms()) / 2);
            if self.first_at(shard, middle, until).await?.is_some() { lo = middle } else { hi = middle }
        }
        self.last_from(shard, lo, until).await
    }

    /// The first record of a shard that arrived at `from` or later, if that was before `until`.
    pub(super) async fn first_at(
        &self,
        shard: &str,
        from: Timestamp,
        until: Option<Timestamp>,
    ) -> Result<Option<Found>, Fault> {
        let first = self.first(shard, Place::At(from)).await?;
        Ok(first.filter(|found| until.is_none_or(|until| found.arrived_at < until)))
    }

    /// The oldest record of a shard that is kept.
    pub(super) async fn oldest(&self, shard: &str) -> Result<Option<Found>, Fault> {
        self.first(shard, Place::Oldest).await
    }

    async fn first(&self, shard: &str, place: Place<'_>) -> Result<Option<Found>, Fault> {
        let fault = |failure: Failure| failure.into_read_fault(READ, shard);
        let Iterator::At(mut iterator) = self.iterator(shard, place).await.map_err(fault)? else { return Ok(None) };
        for _ in 0..PAGES_MAX {
            let page = self.fresh_page(&iterator, 1).await.map_err(fault)?;
            if let Some(record) = page.records.first() {
                self.known.learn_width(&record.sequence_number);
                return Found::of(record).map(Some).map_err(fault);
            }
            match page.next_shard_iterator {
                Some(next) if page.millis_behind_latest.is_some_and(|behind| behind > 0) => iterator = next,
                _ => return Ok(None),
            }
        }
        Ok(None)
    }

    /// Reads forward from `from` and answers the last record that arrived before `until`.
    async fn last_from(&self, shard: &str, from: Timestamp, until: Option<Timestamp>) -> Result<Option<Found>, Fault> {
        let fault = |failure: Failure| failure.into_read_fault(READ, shard);
        let place = Place::At(from);
        let Iterator::At(mut iterator) = self.iterator(shard, place).await.map_err(fault)? else { return Ok(None) };
        let mut last = None;
        for _ in 0..PAGES_MAX {
            let page = self.fresh_page(&iterator, PAGE_RECORDS_MAX).await.map_err(fault)?;
            for record in &page.records {
                self.known.learn_width(&record.sequence_number);
                let found = Found::of(record).map_err(fault)?;
                if until.is_some_and(|until| found.arrived_at >= until) {
                    return Ok(last);
                }
                last = Some(found);
            }
            let is_end = is_end(&page);
            match page.next_shard_iterator {
                Some(next) if !is_end => iterator = next,
                _ => return Ok(last),
            }
        }
        Ok(last)
    }

    /// An iterator behind `after`: the one that the last read left, or a new one. `None` when there is no such shard.
    async fn iterator_behind(&self, shard: &str, after: Option<&SequenceNumber>) -> Result<Option<String>, Failure> {
        let now_ms = self.clock.elapsed_ms();
        let resumed = self.known.shard(shard).resumed.filter(|resumed| {
            resumed.after.as_ref() == after && now_ms.saturating_sub(resumed.elapsed_ms) < RESUME_MS_MAX
        });
        if let Some(Resumed { iterator, .. }) = resumed {
            return Ok(Some(iterator));
        }
        let asked = self.iterator(shard, after.map_or(Place::Oldest, Place::After)).await?;
        match asked {
            Iterator::At(iterator) => Ok(Some(iterator)),
            Iterator::NoShard => Ok(None),
            // Whatever is kept behind that number is found from the beginning; the reader leaves out the rest.
            Iterator::NoPlace => match self.iterator(shard, Place::Oldest).await? {
                Iterator::At(iterator) => Ok(Some(iterator)),
                Iterator::NoShard | Iterator::NoPlace => Ok(None),
            },
        }
    }

    fn resume_from(&self, shard: &str, after: Option<SequenceNumber>, iterator: Option<String>) {
        let elapsed_ms = self.clock.elapsed_ms();
        self.known.change(shard, |known| {
            known.resumed = iterator.map(|iterator| Resumed { after, iterator, elapsed_ms });
        });
    }

    async fn iterator(&self, shard: &str, place: Place<'_>) -> Result<Iterator, Failure> {
        let request = self.client.get_shard_iterator().stream_name(&*self.stream).shard_id(shard);
        let request = match place {
            Place::Oldest => request.shard_iterator_type(ShardIteratorType::TrimHorizon),
            Place::After(number) => request
                .shard_iterator_type(ShardIteratorType::AfterSequenceNumber)
                .starting_sequence_number(self.known.written(number)),
            Place::At(moment) => request
                .shard_iterator_type(ShardIteratorType::AtTimestamp)
                .timestamp(DateTime::from_millis(moment.unix_ms())),
        };
        let asked = calls::repeated(&self.clock, || async {
            match request.clone().send().await {
                Ok(answer) => Ok(answer.shard_iterator.map_or(Iterator::NoShard, Iterator::At)),
                Err(error) if is_unknown(&error) => Ok(Iterator::NoShard),
                Err(error) if is_no_place(&error) && matches!(place, Place::After(_)) => Ok(Iterator::NoPlace),
                Err(error) => Err(failure(error)),
            }
        });
        match asked.await? {
            // The same answer as for a stream that is not there; that one cannot be listed either.
            Iterator::NoShard => {
                self.client.list_shards().stream_name(&*self.stream).max_results(1).send().await.map_err(failure)?;
                Ok(Iterator::NoShard)
            }
            asked @ (Iterator::At(_) | Iterator::NoPlace) => Ok(asked),
        }
    }

    /// The records at an iterator; `None` when it is too old.
    async fn page(&self, iterator: &str, limit: usize) -> Result<Option<GetRecordsOutput>, Failure> {
        let limit = i32::try_from(limit).unwrap_or(i32::MAX);
        let request = self.client.get_records().shard_iterator(iterator).limit(limit);
        let asked = calls::repeated(&self.clock, || async {
            match request.clone().send().await {
                Ok(page) => Ok(Some(page)),
                Err(error) if is_expired(&error) => Ok(None),
                Err(error) => Err(failure(error)),
            }
        });
        asked.await
    }

    /// The same of an iterator that was just made.
    async fn fresh_page(&self, iterator: &str, limit: usize) -> Result<GetRecordsOutput, Failure> {
        let too_old = || Failure { verdict: calls::Verdict::Busy, source: "its place was too old at once".into() };
        self.page(iterator, limit).await?.ok_or_else(too_old)
    }

    /// How long the stream keeps its records, asked at most once a minute.
    pub(super) async fn kept(&self) -> Result<Kept, Fault> {
        let now_ms = self.clock.elapsed_ms();
        let locked = || self.known.stream.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(kept) = locked().filter(|kept| now_ms.saturating_sub(kept.elapsed_ms) < KEPT_AGAIN_MS) {
            return Ok(kept);
        }
        let request = self.client.describe_stream_summary().stream_name(&*self.stream);
        let answer = calls::repeated(&self.clock, || async { request.clone().send().await.map_err(failure) }).await;
        let fault = |failure: Failure| failure.into_read_fault("describe the event bus", &*self.stream);
        let summary = answer.map_err(fault)?.stream_description_summary;
        let summary = summary.ok_or_else(|| fault(Failure::permanent("the answer says nothing of it")))?;
        let kept_ms = i64::from(summary.retention_period_hours).saturating_mul(MS_PER_HOUR);
        let created = summary.stream_creation_timestamp.to_millis().unwrap_or(0);
        let oldest = self.clock.now().plus_ms(-kept_ms);
        // The clocks that stamped these are not this one.
        let created = Timestamp::from_unix_ms(created).plus_ms(-LOOK_BACK_MS);
        let kept = Kept { since: oldest.max(created), whole: created >= oldest, elapsed_ms: now_ms };
        *locked() = Some(kept);
        Ok(kept)
    }
}

/// How long onlookers wait between two looks at the bus.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(LOOK_AGAIN_MS);

/// Whether a page is the last one for now.
fn is_end(page: &GetRecordsOutput) -> bool {
    page.millis_behind_latest.is_none_or(|behind| behind <= 0)
}

/// When a record arrived, in seconds since 1970.
fn arrival_of(record: &Record) -> f64 {
    record.approximate_arrival_timestamp.map_or(0.0, |at| at.as_secs_f64())
}

/// A record as Lambda would hand it out.
fn delivered(shard: &str, found: &Found, record: Record) -> BusBatchRecord {
    let arrival = arrival_of(&record);
    let kinesis = BusPayload {
        partition_key: record.partition_key.unwrap_or_default(),
        sequence_number: found.number.to_string(),
        arrival,
        data: record.data.into_inner(),
    };
    BusBatchRecord { event_id: format!("{shard}:{}", found.number), kinesis }
}
