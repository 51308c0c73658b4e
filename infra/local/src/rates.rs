//! How much comes to each stage and how much it finishes, over the last minute: counts of this process, noted from time
//! to time and subtracted.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tillroll_host_lambda::ports::Rates;

/// How often the counts are noted.
pub(crate) const NOTE_EVERY: Duration = Duration::from_secs(5);
/// Over how long a rate is taken.
const WINDOW: Duration = Duration::from_mins(1);
/// Over less than this a rate says nothing.
const WINDOW_MIN: Duration = Duration::from_secs(1);
/// Notes that are kept: a window full, and the one before it.
const NOTES_MAX: usize = 13;

/// What has come to a stage and what it has finished since the process began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Flow {
    pub(crate) came: u64,
    pub(crate) finished: u64,
}

/// The notes of all stages, in the order of the flow.
#[derive(Clone, Debug, Default)]
pub(crate) struct RateMeter(Arc<Mutex<VecDeque<Note>>>);

#[derive(Debug)]
struct Note {
    at: Instant,
    flows: Vec<Flow>,
}

impl RateMeter {
    /// Notes where the counts stand.
    pub(crate) fn note(&self, at: Instant, flows: Vec<Flow>) {
        let mut notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if notes.len() >= NOTES_MAX {
            notes.pop_front();
        }
        notes.push_back(Note { at, flows });
    }

    /// The rates of all stages whose counts stand here now; `None` before there is enough to measure.
    pub(crate) fn rates(&self, now: Instant, flows: &[Flow]) -> Vec<Option<Rates>> {
        let notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let window = |note: &&Note| now.duration_since(note.at) <= WINDOW + NOTE_EVERY;
        let Some(first) = notes.iter().find(window) else { return vec![None; flows.len()] };
        let span = now.duration_since(first.at);
        if span < WINDOW_MIN {
            return vec![None; flows.len()];
        }
        let per_minute = |count: u64| {
            let scaled = u128::from(count) * WINDOW.as_millis() / span.as_millis().max(1);
            u64::try_from(scaled).unwrap_or(u64::MAX)
        };
        let rates = |(index, flow): (usize, &Flow)| {
            let before = first.flows.get(index)?;
            Some(Rates {
                in_per_minute: per_minute(flow.came.saturating_sub(before.came)),
                out_per_minute: per_minute(flow.finished.saturating_sub(before.finished)),
            })
        };
        flows.iter().enumerate().map(rates).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(came: u64, finished: u64) -> Vec<Flow> {
        vec![Flow { came, finished }]
    }

    #[test]
    fn a_rate_is_what_came_within_the_last_minute() {
        let (meter, start) = (RateMeter::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        let rates = |seconds, came, finished| {
            let rates = meter.rates(at(seconds), &flow(came, finished));
            rates[0].map(|rates| (rates.in_per_minute, rates.out_per_minute))
        };
        assert_eq!(rates(0, 0, 0), None, "nothing to compare with");
        meter.note(start, flow(0, 0));
        assert_eq!(rates(0, 5, 5), None, "no time has passed");
        assert_eq!(rates(10, 100, 50), Some((600, 300)), "scaled to a minute");
        for note in 1..=40 {
            meter.note(at(note * 5), flow(1_000, note));
        }
        assert_eq!(rates(200, 1_000, 40), Some((0, 12)), "what is longer ago does not count");
    }
}
