//! How many events the table has of which time, so that what is missing can be held against what there should be.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tillroll_core::time::Timestamp;

const HOUR_MS: i64 = 60 * 60 * 1_000;
/// Most slices: what a person looks through.
const SLICES_MAX: usize = 100;
/// Widths that people read easily, in hours: up to a day, a week, about a month, a year.
const WIDTHS_H: [i64; 7] = [1, 3, 6, 24, 168, 720, 8_760];

/// Events of the table that were recorded within one stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slice {
    /// Where it begins.
    pub from: Timestamp,
    /// Where it ends.
    pub to: Timestamp,
    /// How many. Events that do not say when they were recorded are in no slice.
    pub events: u64,
}

/// Events by the hour.
#[derive(Debug, Default)]
pub(super) struct Hours(BTreeMap<i64, u64>);

impl Hours {
    pub(super) fn count(&mut self, recorded_at: Option<Timestamp>) {
        if let Some(at) = recorded_at {
            *self.0.entry(at.unix_ms().div_euclid(HOUR_MS)).or_default() += 1;
        }
    }

    /// The slices that hold any events, oldest first, as narrow as their number allows.
    pub(super) fn slices(&self) -> Vec<Slice> {
        let widest = || self.cut(8_760);
        let cuts = WIDTHS_H.into_iter().map(|width_h| self.cut(width_h));
        cuts.into_iter().find(|slices| slices.len() <= SLICES_MAX).unwrap_or_else(widest)
    }

    fn cut(&self, width_h: i64) -> Vec<Slice> {
        let mut cut: BTreeMap<i64, u64> = BTreeMap::new();
        for (hour, events) in &self.0 {
            *cut.entry(hour.div_euclid(width_h) * width_h).or_default() += events;
        }
        let moment = |hour: i64| Timestamp::from_unix_ms(hour.saturating_mul(HOUR_MS));
        let slice = |(hour, events)| Slice { from: moment(hour), to: moment(hour + width_h), events };
        cut.into_iter().map(slice).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_are_as_narrow_as_their_number_allows_and_lose_nothing() {
        for (hours, width_h, slices) in [(0, 1, 0), (1, 1, 1), (100, 1, 100), (101, 3, 34), (5_000, 168, 30)] {
            let mut counted = Hours::default();
            for hour in 0..hours {
                counted.count(Some(Timestamp::from_unix_ms(hour * HOUR_MS + 7)));
            }
            counted.count(None);
            let cut = counted.slices();
            assert_eq!((cut.len(), cut.iter().map(|slice| slice.events).sum()), (slices, hours.unsigned_abs()));
            assert!(cut.iter().all(|slice| slice.to.unix_ms() - slice.from.unix_ms() == width_h * HOUR_MS), "{hours}");
        }
    }
}
