//! How a batch of a shard is delivered until it is done: the rules of Lambda's event source mappings for streams, as a
//! plain state machine.
//!
//! * No failures reported: the batch is done.
//! * Failures reported: everything before the lowest one is done, everything from it on comes again, also what had gone
//!   well.
//! * A reported id that is empty or not in the batch, and a function error: the whole batch comes again.
//! * After a function error the batch comes again in halves, so that one bad record holds up fewer good ones. When the
//!   function names the failing record the cut is made there instead.
//! * Tries never end: a finite number of retries loses records. Between tries the pause grows.

use std::time::Duration;

use tillroll_host_lambda::lambda_events::BatchAnswer;
use tillroll_host_lambda::ports::Clock;

/// First pause after a failure.
const PAUSE_MS_MIN: u64 = 100;
/// Longest pause: how long a repaired function waits for its next chance.
const PAUSE_MS_MAX: u64 = 10_000;
/// Failures after which the pause stops growing.
const DOUBLINGS_MAX: u32 = 7;

/// How one invocation of a function ended.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It answered.
    Answered(BatchAnswer),
    /// It failed, ran out of time, or panicked: why.
    Error(String),
}

/// The pieces in which the records at hand are delivered, and how often that failed in a row.
#[derive(Debug, Default)]
pub(crate) struct Delivery {
    /// Lengths of the pieces, the next one last. Their sum never exceeds the records at hand.
    pieces: Vec<usize>,
    failures: u32,
}

/// What an outcome means for the records at hand.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Settled {
    /// So many records from the front are done.
    pub(crate) done: usize,
    /// Why the rest of the piece comes again; `None` when all of it is done.
    pub(crate) failure: Option<String>,
}

impl Delivery {
    /// How many of the `available` records go to the function now.
    pub(crate) fn piece(&mut self, available: usize) -> usize {
        if let Some(&piece) = self.pieces.last() {
            return piece.min(available);
        }
        self.pieces.push(available);
        available
    }

    /// Takes the outcome of the current piece, whose records have these sequence numbers.
    pub(crate) fn settle(&mut self, sequences: &[&str], outcome: Outcome) -> Settled {
        let length = sequences.len();
        self.pieces.pop();
        let (done, failure) = match outcome {
            Outcome::Answered(answer) => match lowest_failure(sequences, &answer) {
                Lowest::None => (length, None),
                Lowest::At(index) => (index, Some(format!("record {} was returned", sequences[index]))),
                Lowest::Unknown(item) => (0, Some(format!("the answer names {item:?}, which is not in the batch"))),
            },
            Outcome::Error(error) => {
                // The later half lies below, so the earlier one is delivered first.
                let half = length / 2;
                if half > 0 {
                    self.pieces.extend([length - half, half]);
                    return self.failed(0, error);
                }
                (0, Some(error))
            }
        };
        match failure {
            None => {
                self.failures = 0;
                Settled { done, failure: None }
            }
            Some(failure) => {
                if done > 0 {
                    self.failures = 0;
                }
                self.pieces.push(length - done);
                self.failed(done, failure)
            }
        }
    }

    /// How long to wait before the next try; zero unless the last one failed.
    pub(crate) fn pause(&self, clock: &impl Clock) -> Duration {
        pause_after(self.failures, clock)
    }

    fn failed(&mut self, done: usize, failure: String) -> Settled {
        self.failures = self.failures.saturating_add(1);
        Settled { done, failure: Some(failure) }
    }
}

/// The pause after so many failures in a row: doubling, and spread over its upper half.
pub(crate) fn pause_after(failures: u32, clock: &impl Clock) -> Duration {
    let Some(doublings) = failures.checked_sub(1) else { return Duration::ZERO };
    let longest = (PAUSE_MS_MIN << doublings.min(DOUBLINGS_MAX)).min(PAUSE_MS_MAX);
    Duration::from_millis(longest / 2 + clock.jitter(longest / 2))
}

/// The lowest record that an answer returns.
enum Lowest<'a> {
    None,
    At(usize),
    Unknown(&'a str),
}

fn lowest_failure<'a>(sequences: &[&str], answer: &'a BatchAnswer) -> Lowest<'a> {
    let mut lowest = sequences.len();
    for failure in &answer.failures {
        match sequences.iter().position(|sequence| *sequence == failure.item) {
            None => return Lowest::Unknown(&failure.item),
            Some(index) => lowest = lowest.min(index),
        }
    }
    if lowest < sequences.len() { Lowest::At(lowest) } else { Lowest::None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::LocalClock;

    const BATCH: [&str; 6] = ["9", "10", "11", "12", "13", "14"];

    fn returned(items: &[&str]) -> Outcome {
        Outcome::Answered(BatchAnswer::again(items.iter().map(|item| (*item).to_owned())))
    }

    #[test]
    fn an_answer_settles_the_batch_by_the_documented_rules() {
        for (items, done, complete) in [
            (&[][..], 6, true),
            (&["11"], 2, false),
            (&["13", "10", "14"], 1, false),
            (&["9"], 0, false),
            (&["10", "10"], 1, false),
            (&[""], 0, false),
            (&["12", "15"], 0, false),
            (&["010"], 0, false),
        ] {
            let mut delivery = Delivery::default();
            assert_eq!(delivery.piece(6), 6);
            let settled = delivery.settle(&BATCH, returned(items));
            assert_eq!((settled.done, settled.failure.is_none()), (done, complete), "{items:?}");
            assert_eq!(delivery.piece(6 - done), 6 - done, "{items:?}: everything from the failure on comes again");
        }
    }

    #[test]
    fn a_function_error_halves_the_batch_until_the_bad_record_stands_alone() {
        let mut delivery = Delivery::default();
        let mut at_hand = 8_usize;
        let mut tried = Vec::new();
        // The last record at hand is bad.
        for _ in 0..20 {
            let piece = delivery.piece(at_hand);
            tried.push((at_hand, piece));
            let sequences = vec!["1"; piece];
            let outcome =
                if piece == at_hand { Outcome::Error("bad".into()) } else { Outcome::Answered(BatchAnswer::done()) };
            let settled = delivery.settle(&sequences, outcome);
            at_hand -= settled.done;
        }
        assert_eq!(tried[..7], [(8, 8), (8, 4), (4, 4), (4, 2), (2, 2), (2, 1), (1, 1)]);
        assert!(tried[7..].iter().all(|&tried| tried == (1, 1)), "it is tried for ever: {tried:?}");
        let settled = delivery.settle(&["1"], Outcome::Answered(BatchAnswer::done()));
        assert_eq!(settled, Settled { done: 1, failure: None });
        assert_eq!(delivery.piece(1_000), 1_000, "the next batch is whole again");
    }

    #[test]
    fn pieces_that_wait_behind_a_failing_one_are_not_lost() {
        let mut delivery = Delivery::default();
        delivery.piece(4);
        delivery.settle(&["1", "2", "3", "4"], Outcome::Error("bad".into()));
        assert_eq!(delivery.piece(4), 2);
        delivery.settle(&["1", "2"], returned(&["2"]));
        assert_eq!(delivery.piece(3), 1);
        delivery.settle(&["2"], returned(&[]));
        assert_eq!(delivery.piece(2), 2);
        delivery.settle(&["3", "4"], returned(&[]));
        assert_eq!(delivery.piece(7), 7);
    }

    #[test]
    fn the_pause_grows_with_failures_in_a_row_up_to_its_bound_and_ends_with_progress() {
        let clock = LocalClock::system();
        let mut delivery = Delivery::default();
        assert_eq!(delivery.pause(&clock), Duration::ZERO);
        let mut shortest = Vec::new();
        for _ in 0..40 {
            delivery.piece(1);
            delivery.settle(&["1"], Outcome::Error("down".into()));
            let pause = delivery.pause(&clock);
            assert!(pause <= Duration::from_millis(PAUSE_MS_MAX));
            shortest.push(pause);
        }
        assert!(shortest[0] <= Duration::from_millis(PAUSE_MS_MIN));
        assert!(shortest[39] >= Duration::from_millis(PAUSE_MS_MAX / 2));
        delivery.settle(&["1"], returned(&[]));
        assert_eq!(delivery.pause(&clock), Duration::ZERO);
    }
}
