//! How far the stages were behind in the last day, for charts: kept by this process alone, from its start on. The last
//! hour minute by minute, what lies before in quarters of an hour; of each stretch the worst.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tillroll_core::time::Timestamp;
use tillroll_host_lambda::ports::{LagSample, Stage};

const MINUTE_MS: i64 = 60_000;
const QUARTER_MS: i64 = 15 * MINUTE_MS;
/// Stretches that are kept: an hour of minutes and a day of quarters, each with the one that is not over.
const MINUTES_MAX: usize = 61;
const QUARTERS_MAX: usize = 97;

/// The samples. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct LagLog(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    minutes: VecDeque<LagSample>,
    quarters: VecDeque<LagSample>,
}

impl LagLog {
    /// Notes how far the stages are behind now.
    pub(crate) fn note(&self, now: Timestamp, stages: &[Stage]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        put(&mut kept.minutes, MINUTES_MAX, sample(now, MINUTE_MS, stages));
        put(&mut kept.quarters, QUARTERS_MAX, sample(now, QUARTER_MS, stages));
    }

    /// All samples, oldest first. The last quarter before the minutes reaches into them, so that nothing lies between.
    pub(crate) fn samples(&self) -> Vec<LagSample> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A process that is younger than the minutes that are kept needs no quarters.
        let first = kept.minutes.front().filter(|_| kept.minutes.len() == MINUTES_MAX).map(|first| first.at);
        let before = |quarter: &&LagSample| first.is_some_and(|first| quarter.at < first);
        kept.quarters.iter().filter(before).chain(&kept.minutes).cloned().collect()
    }
}

fn sample(now: Timestamp, span_ms: i64, stages: &[Stage]) -> LagSample {
    LagSample {
        at: Timestamp::from_unix_ms(now.unix_ms().div_euclid(span_ms) * span_ms),
        span_ms: span_ms.unsigned_abs(),
        lag_events: stages.iter().map(|stage| stage.lag_events).collect(),
        lag_ms: stages.iter().map(|stage| stage.lag_ms).collect(),
    }
}

/// Adds to the stretch that goes on, or begins one.
fn put(samples: &mut VecDeque<LagSample>, samples_max: usize, new: LagSample) {
    let worst =
        |known: &mut Vec<u64>, new: &[u64]| known.iter_mut().zip(new).for_each(|(one, new)| *one = (*one).max(*new));
    if let Some(last) = samples.back_mut().filter(|last| last.at == new.at) {
        worst(&mut last.lag_events, &new.lag_events);
        worst(&mut last.lag_ms, &new.lag_ms);
        return;
    }
    if samples.len() >= samples_max {
        samples.pop_front();
    }
    samples.push_back(new);
}

#[cfg(test)]
mod tests {
    use tillroll_host_lambda::ports::StageState;

    use super::*;

    fn stage(lag_events: u64) -> [Stage; 1] {
        let name = "archive".to_owned();
        let (state, lag_ms) = (StageState::Running, lag_events * 10);
        [Stage { name, state, lag_events, lag_ms, since: None, rates: None, last_error: None }]
    }

    #[test]
    fn the_last_hour_is_kept_by_minutes_and_the_last_day_by_quarters_each_with_its_worst() {
        let log = LagLog::default();
        log.note(Timestamp::from_unix_ms(7), &stage(7));
        assert_eq!(log.samples().len(), 1, "nothing of before it began");
        for half_minute in 0..2 * 60 * 30 {
            let lag = if half_minute % 2 == 1 { 7 } else { 3 };
            log.note(Timestamp::from_unix_ms(half_minute * MINUTE_MS / 2), &stage(lag));
        }
        let samples = log.samples();
        assert!(samples.iter().all(|sample| (&sample.lag_events, &sample.lag_ms) == (&vec![7], &vec![70])));
        let of = |span_ms: i64| samples.iter().filter(|sample| sample.span_ms == span_ms.unsigned_abs()).count();
        assert_eq!((of(MINUTE_MS), of(QUARTER_MS)), (61, 93));
        assert!(samples.is_sorted_by(|one, next| one.at < next.at));
        let day_ms =
            samples.last().map_or(0, |last| last.at.unix_ms()) - samples.first().map_or(0, |first| first.at.unix_ms());
        assert!(day_ms <= 24 * 60 * MINUTE_MS + QUARTER_MS && day_ms > 23 * 60 * MINUTE_MS, "{day_ms}");
    }
}
