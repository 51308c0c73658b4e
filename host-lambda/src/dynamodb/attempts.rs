//! Sending the same request again: for how long, how often, and what is known when it ends.

use std::future::Future;

use super::errors::{Failure, Verdict};
use super::items::Item;
use crate::calls::Budget;
use crate::ports::Clock;

/// How long a call may take, all attempts and pauses together. More than 5 s, so that a repeated transaction can make
/// DynamoDB finish one that hangs; far less than the 30 s that a caller behind API Gateway waits.
pub(super) const BUDGET_MS: u64 = 8_000;

/// How a write ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// It was done.
    Done,
    /// A condition did not hold; the items that were there, as in [`Verdict::Condition`].
    Condition(Vec<Option<Item>>),
    /// Some attempt may have been done, and none said so.
    InDoubt(Failure),
    /// It was not done.
    Failed(Failure),
}

/// Sends a write until there is an answer to it or the budget is used up. Pauses are drawn evenly from zero to a
/// limit that doubles, so that writers who met once do not meet again.
pub(super) async fn write<C: Clock, F>(clock: &C, send: impl Fn() -> F) -> Ended
where
    F: Future<Output = Result<(), Failure>>,
{
    let mut budget = Budget::new(clock, BUDGET_MS);
    let mut in_doubt = false;
    loop {
        let Err(failure) = send().await else { return Ended::Done };
        match failure.verdict {
            Verdict::Condition(items) => return Ended::Condition(items),
            Verdict::TokenReused => return Ended::InDoubt(failure),
            Verdict::Permanent | Verdict::Shut => return undone(failure, in_doubt),
            Verdict::InDoubt => in_doubt = true,
            Verdict::Busy => {}
        }
        if !budget.pause().await {
            return undone(failure, in_doubt);
        }
    }
}

/// The last attempt was not done; but an earlier one may have been.
fn undone(failure: Failure, in_doubt: bool) -> Ended {
    if in_doubt {
        Ended::InDoubt(Failure { verdict: Verdict::InDoubt, source: failure.source })
    } else {
        Ended::Failed(failure)
    }
}

/// Sends a read until it is answered or the budget is used up. A read changes nothing, so a doubt is no doubt.
pub(super) async fn read<C: Clock, T, F>(clock: &C, send: impl Fn() -> F) -> Result<T, Failure>
where
    F: Future<Output = Result<T, Failure>>,
{
    let mut budget = Budget::new(clock, BUDGET_MS);
    loop {
        let mut failure = match send().await {
            Ok(answer) => return Ok(answer),
            Err(failure) => failure,
        };
        if failure.verdict == Verdict::InDoubt {
            failure.verdict = Verdict::Busy;
        }
        if failure.verdict != Verdict::Busy || !budget.pause().await {
            return Err(failure);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, reason = "a test stops at the first surprise")]
    use std::cell::RefCell;

    use tillroll_core::time::Timestamp;

    use super::*;
    use crate::memory::MemoryClock;

    fn failed(verdict: Verdict) -> Result<(), Failure> {
        Err(Failure { verdict, source: "asked for".into() })
    }

    /// Sends to a server that gives these answers, the last one for ever. Says how it ended and how often it was sent.
    async fn ended(answers: Vec<Option<Verdict>>) -> (Ended, usize, u64) {
        let clock = MemoryClock::new(Timestamp::UNIX_EPOCH, 1);
        let sent = RefCell::new(0_usize);
        let ended = write(&clock, || {
            let answer = answers.get(*sent.borrow()).or(answers.last()).cloned().flatten();
            *sent.borrow_mut() += 1;
            async { answer.map_or(Ok(()), failed) }
        })
        .await;
        (ended, sent.into_inner(), clock.elapsed_ms())
    }

    #[tokio::test]
    async fn a_write_is_sent_again_until_it_is_answered() {
        let (ended, sent, _) = ended(vec![Some(Verdict::Busy), Some(Verdict::InDoubt), None]).await;
        assert!(matches!(ended, Ended::Done));
        assert_eq!(sent, 3);
    }

    #[tokio::test]
    async fn a_throttling_storm_ends_within_the_budget_and_nothing_was_done() {
        let (ended, sent, elapsed_ms) = ended(vec![Some(Verdict::Busy)]).await;
        assert!(matches!(ended, Ended::Failed(Failure { verdict: Verdict::Busy, .. })));
        assert!(elapsed_ms < BUDGET_MS && elapsed_ms > BUDGET_MS / 2, "{elapsed_ms} ms");
        assert!(sent < 40, "{sent} attempts");
    }

    #[tokio::test]
    async fn one_lost_answer_leaves_a_doubt_that_later_refusals_do_not_remove() {
        for last in [Verdict::Busy, Verdict::Permanent, Verdict::Shut, Verdict::InDoubt] {
            let (ended, ..) = ended(vec![Some(Verdict::InDoubt), Some(last)]).await;
            assert!(matches!(ended, Ended::InDoubt(Failure { verdict: Verdict::InDoubt, .. })));
        }
        let (ended, sent, _) = ended(vec![Some(Verdict::TokenReused)]).await;
        assert!(matches!(ended, Ended::InDoubt(_)));
        assert_eq!(sent, 1);
    }
}
