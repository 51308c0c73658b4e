//! `GET /carts/histogram`: how many carts of the directory last changed when, and how many of them are open.

use serde::Serialize;
use tillroll_core::time::Timestamp;

use super::{Answer, Api, ApiRequest, ApiResponse, Ports, Problem};
use crate::subscriptions::carts::changes::{Counted, HOUR_MS, count_changes, first_and_last_hour};

/// Buckets when the caller does not say.
const BUCKETS: u32 = 60;
/// Most buckets: a screen's width.
const BUCKETS_MAX: u32 = 1_000;
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
        let query = request.query(&["from", "to", "buckets"])?;
        let buckets = query.number("buckets", 1..=BUCKETS_MAX.into())?.unwrap_or(BUCKETS.into());
        let (from, to) = (query.moment("from")?, query.moment("to")?);
        if from.zip(to).is_some_and(|(from, to)| from >= to) {
            return Err(Problem::invalid_query("from must be before to"));
        }
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
        let Counted { hours, truncated } = count_changes(self.ports.rows(), first, end).await?;
        for (hour, count) in hours {
            histogram.add(hour, count.open, count.closed);
        }
        histogram.truncated = truncated;
        Ok(ApiResponse::json(200, &histogram))
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
