//! `GET /carts/histogram`: how many carts of the directory last changed when, and how many of them are open.

use serde::Serialize;
use tillroll_core::cart::view::Status;
use tillroll_core::time::Timestamp;

use super::lists::wanted;
use super::{Answer, Api, ApiRequest, ApiResponse, Ports, Problem};
use crate::subscriptions::carts::changes::{Counted, HOUR_MS, count_changes, first_and_last_hour};
use crate::subscriptions::carts::search::Wanted;
use crate::subscriptions::carts::{DirectoryError, PAGE_CARTS_MAX, find};

/// Buckets when the caller does not say.
const BUCKETS: u32 = 60;
/// Most buckets: a screen's width.
const BUCKETS_MAX: u32 = 1_000;
/// Most pages of the directory that are looked through for one answer: of 5,000 carts each when few fit, of 1,000 when all do.
const SEARCHES_MAX: usize = 4;
/// Widths of buckets that people read easily, in hours; beyond them whole weeks.
const WIDTHS_H: [i64; 7] = [1, 2, 3, 6, 12, 24, 48];
const WEEK_H: i64 = 168;

/// The answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Histogram {
    /// Where the first bucket begins; absent when there is no cart and no range was asked for.
    pub from: Option<Timestamp>,
    /// Where the last bucket ends: a whole hour. The last bucket may be cut short by it.
    pub to: Option<Timestamp>,
    /// Width of a bucket in milliseconds: whole hours, days or weeks.
    pub bucket_ms: i64,
    /// One after the other from `from` on, empty ones too.
    pub buckets: Vec<Bucket>,
    /// Carts in all buckets.
    pub carts: u64,
    /// Those of them that are open.
    pub open: u64,
    /// Those of them that are closed.
    pub closed: u64,
    /// There are more carts than were counted: those that changed longest ago are left out.
    pub truncated: bool,
}

/// Carts that last changed within one stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Bucket {
    /// Where it begins; it ends where the next one does.
    pub from: Timestamp,
    /// Open carts.
    pub open: u64,
    /// Closed carts.
    pub closed: u64,
}

impl<P: Ports> Api<P> {
    pub(super) async fn histogram(&self, request: &ApiRequest) -> Answer {
        let query = request.query(&["q", "status", "flag", "from", "to", "buckets"])?;
        let buckets = query.number("buckets", 1..=BUCKETS_MAX.into())?.unwrap_or(BUCKETS.into());
        let wanted = wanted(&query)?;
        let (from, to) = (wanted.from, wanted.to);
        let known = match (from, to) {
            (Some(from), Some(to)) => Some((from, to)),
            // An hour more, so that the newest cart is within.
            _ => first_and_last_hour(self.ports.rows())
                .await?
                .map(|(first, last)| (from.unwrap_or(first), to.unwrap_or(last.plus_ms(HOUR_MS)))),
        };
        let Some((from, to)) = known.filter(|(from, to)| from < to) else {
            return Ok(ApiResponse::json(200, &Histogram { bucket_ms: HOUR_MS, ..Histogram::default() }));
        };
        let mut histogram = Histogram::empty(from, to, i64::try_from(buckets).unwrap_or(i64::MAX));
        let (first, end) = (histogram.buckets.first().map_or(from, |bucket| bucket.from), histogram.to.unwrap_or(to));
        // What is open is known without looking inside.
        let status = wanted.status;
        let counted = if wanted.text.is_some() || wanted.flag.is_some() {
            self.count_wanted(Wanted { from: Some(first), to: Some(end), ..wanted }).await?
        } else {
            count_changes(self.ports.rows(), first, end).await?
        };
        let Counted { hours, truncated } = counted;
        for (hour, count) in hours {
            let of = |is: Status, carts| if status.is_none_or(|status| status == is) { carts } else { 0 };
            histogram.add(hour, of(Status::Open, count.open), of(Status::Closed, count.closed));
        }
        histogram.truncated = truncated;
        Ok(ApiResponse::json(200, &histogram))
    }

    /// Counts the carts that fit, which have to be looked into: a bounded number of them, from the newest on.
    async fn count_wanted(&self, wanted: Wanted) -> Result<Counted, Problem> {
        let (mut counted, mut cursor) = (Counted::default(), None);
        for _ in 0..SEARCHES_MAX {
            let page = find(self.ports.rows(), &wanted, PAGE_CARTS_MAX, cursor.as_deref()).await;
            let page = page.map_err(|error| match error {
                DirectoryError::BadCursor => Problem::invalid_query(error.to_string()),
                DirectoryError::Fault(fault) => fault.into(),
            })?;
            for cart in &page.carts {
                let hour_ms = cart.moment().unix_ms().div_euclid(HOUR_MS) * HOUR_MS;
                let count = counted.hours.entry(Timestamp::from_unix_ms(hour_ms)).or_default();
                match cart.status {
                    Status::Open => count.open += 1,
                    Status::Closed => count.closed += 1,
                }
            }
            cursor = page.cursor;
            if cursor.is_none() {
                return Ok(counted);
            }
        }
        counted.truncated = true;
        Ok(counted)
    }
}

impl Histogram {
    /// Empty buckets over the range, at most `count`, as narrow as that allows.
    fn empty(from: Timestamp, to: Timestamp, count: i64) -> Self {
        let first_h = from.unix_ms().div_euclid(HOUR_MS);
        let hours = (to.unix_ms() - first_h * HOUR_MS + HOUR_MS - 1).div_euclid(HOUR_MS).max(1);
        let least_h = (hours + count - 1) / count;
        let whole_weeks_h = (least_h + WEEK_H - 1) / WEEK_H * WEEK_H;
        let width_h = WIDTHS_H.into_iter().find(|width| *width >= least_h).unwrap_or(whole_weeks_h);
        let bucket_ms = width_h * HOUR_MS;
        let buckets = (0..(hours + width_h - 1) / width_h).map(|index| {
            let from = Timestamp::from_unix_ms(first_h * HOUR_MS + index * bucket_ms);
            Bucket { from, open: 0, closed: 0 }
        });
        let buckets: Vec<Bucket> = buckets.collect();
        let from = buckets.first().map(|first| first.from);
        let to = Some(Timestamp::from_unix_ms((first_h + hours) * HOUR_MS));
        Self { from, to, bucket_ms, buckets, ..Self::default() }
    }

    fn add(&mut self, hour: Timestamp, open: u64, closed: u64) {
        let Some(from) = self.from else { return };
        let index = (hour.unix_ms() - from.unix_ms()).div_euclid(self.bucket_ms.max(1));
        let Some(bucket) = usize::try_from(index).ok().and_then(|index| self.buckets.get_mut(index)) else { return };
        bucket.open += open;
        bucket.closed += closed;
        self.open += open;
        self.closed += closed;
        self.carts += open + closed;
    }
}
