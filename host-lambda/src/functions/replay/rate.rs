//! The rate of a run: a token bucket over the clock's stopwatch. One token is one event.
//!
//! The bucket is a part of the run's document, so a restart does not begin with a full one. A message goes as a whole:
//! it may take more than there is, and the debt is waited for before the next. A stopwatch of another process says
//! nothing about this one's past; then at most one fill is earned for nothing.

use serde::{Deserialize, Serialize};

/// Tokens are counted in thousandths, so that slow rates earn something in a millisecond.
const PARTS: i64 = 1_000;
/// What a bucket holds: as much as is earned in one second.
const FILL_MS: i64 = 1_000;

/// The tokens of a run with a rate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Bucket {
    /// Thousandths of events; below zero is debt.
    parts: i64,
    /// The stopwatch when that was so.
    at_ms: u64,
}

/// What a run may send now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Allowance {
    rate: Option<u32>,
    bucket: Bucket,
}

impl Allowance {
    /// What is allowed at `now_ms` of the stopwatch, with `bucket` as it was last written down.
    pub(super) fn at(now_ms: u64, rate: Option<u32>, bucket: Option<Bucket>) -> Self {
        let before = bucket.unwrap_or(Bucket { parts: 0, at_ms: now_ms });
        let passed_ms = i64::try_from(now_ms.saturating_sub(before.at_ms)).unwrap_or(i64::MAX);
        let per_ms = i64::from(rate.unwrap_or_default());
        let full = per_ms.saturating_mul(FILL_MS);
        let earned = per_ms.saturating_mul(passed_ms);
        let parts = before.parts.saturating_add(earned).min(full);
        Self { rate, bucket: Bucket { parts, at_ms: now_ms } }
    }

    /// Whether it is worth to begin: half a bucket, so that a slow run does not read an object for each event.
    pub(super) fn is_ready(&self) -> bool {
        self.rate.is_none_or(|rate| self.bucket.parts >= i64::from(rate).saturating_mul(FILL_MS / 2))
    }

    /// Whether one more message may go.
    pub(super) fn admits(&self) -> bool {
        self.rate.is_none() || self.bucket.parts > 0
    }

    /// A message of so many events went.
    pub(super) fn take(&mut self, events: u64) {
        let parts = i64::try_from(events).unwrap_or(i64::MAX).saturating_mul(PARTS);
        self.bucket.parts = self.bucket.parts.saturating_sub(parts);
    }

    /// What is to be written down; nothing without a rate.
    pub(super) fn bucket(&self) -> Option<Bucket> {
        self.rate.map(|_| self.bucket)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends messages of `size` events whenever it may, for `seconds`, looking every 50 ms.
    fn sent_in(seconds: u64, rate: u32, size: u64) -> u64 {
        let (mut bucket, mut sent) = (None, 0);
        for look in 0..=seconds * 20 {
            let mut allowance = Allowance::at(1_000 + look * 50, Some(rate), bucket);
            while allowance.is_ready() && allowance.admits() {
                allowance.take(size);
                sent += size;
            }
            bucket = allowance.bucket();
        }
        sent
    }

    #[test]
    fn a_rate_is_kept_whatever_the_size_of_the_messages() {
        for (rate, size) in [(1, 1), (10, 1), (10, 500), (1_000, 7), (1_000, 500), (100_000, 500)] {
            let (sent, due) = (sent_in(100, rate, size), u64::from(rate) * 100);
            assert!(sent <= due + u64::from(rate) + size, "{rate} in messages of {size}: {sent}");
            assert!(sent + due / 10 + u64::from(rate) + size >= due, "{rate} in messages of {size}: {sent}");
        }
    }

    #[test]
    fn without_a_rate_everything_goes() {
        let mut allowance = Allowance::at(0, None, None);
        allowance.take(u64::MAX);
        assert!(allowance.is_ready() && allowance.admits());
        assert_eq!(allowance.bucket(), None);
    }

    #[test]
    fn another_stopwatch_earns_one_fill_at_most() {
        let mut spent = Allowance::at(5_000, Some(10), None);
        spent.take(3);
        let earlier = Allowance::at(7, Some(10), spent.bucket());
        assert_eq!(earlier.bucket(), Some(Bucket { parts: -3_000, at_ms: 7 }));
        let much_later = Allowance::at(u64::MAX, Some(10), spent.bucket());
        assert_eq!(much_later.bucket(), Some(Bucket { parts: 10_000, at_ms: u64::MAX }));
    }
}
