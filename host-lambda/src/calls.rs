//! Calls of AWS services other than DynamoDB: what a failure means, when the same request is sent again, and when it
//! becomes a fault. Each service's own `errors` file knows its codes and nothing else does.
//!
//! Every call behind these adapters may be sent twice without harm: a record doubled on the bus is dropped by the
//! gates, an object is created once, a message is known by its deduplication id. So an attempt whose answer was lost is
//! simply made again, and only the last one's failure is told.

use std::error::Error;
use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;

use crate::ports::{Clock, Fault, FaultKind};

type BoxError = Box<dyn Error + Send + Sync>;

/// More attempts than the pauses below leave time for; so that the loop ends even if the clock stands still.
const ATTEMPTS_MAX: u32 = 64;
/// The longest first pause; each further one may be twice as long.
const PAUSE_FIRST_MS: u64 = 25;
/// No pause is longer.
const PAUSE_MAX_MS: u64 = 1_000;
/// How long a call may take, all attempts and pauses together: enough for a throttled moment to pass, far less than a
/// function's timeout, whose own retry comes after.
const BUDGET_MS: u64 = 8_000;
/// First of the HTTP statuses that are no success. An error with one below is an answer that does not read.
const NO_SUCCESS: u16 = 300;
/// First of the HTTP statuses that say the fault is the server's.
const SERVER_FAULT: u16 = 500;
/// The HTTP status that asks to come back later.
const TOO_MANY_REQUESTS: u16 = 429;

/// A request that did not end well.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) verdict: Verdict,
    pub(crate) source: BoxError,
}

/// What a failed request means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing was done; the same request may work later.
    Busy,
    /// It may have been done.
    InDoubt,
    /// It will never work.
    Permanent,
}

impl Failure {
    /// A failure that an adapter noticed: an answer that is not what was asked for, a request that cannot be made.
    pub(crate) fn permanent(source: impl Into<BoxError>) -> Self {
        Self { verdict: Verdict::Permanent, source: source.into() }
    }

    /// The fault to report.
    pub(crate) fn into_fault(self, operation: &'static str, object: impl Into<String>) -> Fault {
        let kind = match self.verdict {
            Verdict::Busy => FaultKind::Transient,
            Verdict::InDoubt => FaultKind::UnknownOutcome,
            Verdict::Permanent => FaultKind::Permanent,
        };
        Fault::new(kind, operation, object, self.source)
    }

    /// The fault of a call that changes nothing: a doubt is no doubt.
    pub(crate) fn into_read_fault(mut self, operation: &'static str, object: impl Into<String>) -> Fault {
        if self.verdict == Verdict::InDoubt {
            self.verdict = Verdict::Busy;
        }
        self.into_fault(operation, object)
    }
}

/// The failure of a request. `busy` says which codes ask to come back later; every other error of the 4xx statuses is
/// permanent.
pub(crate) fn failure<E>(
    error: SdkError<E, HttpResponse>,
    code: impl Fn(&E) -> Option<&str>,
    busy: impl Fn(&str) -> bool,
) -> Failure
where
    E: Error + Send + Sync + 'static,
{
    let verdict = match &error {
        SdkError::ConstructionFailure(_) => Verdict::Permanent,
        SdkError::ServiceError(answer) => {
            verdict_of(code(answer.err()).is_some_and(busy), answer.raw().status().as_u16())
        }
        // Time ran out, the connection broke, or the answer made no sense.
        SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) | SdkError::ResponseError(_) | _ => Verdict::InDoubt,
    };
    Failure { verdict, source: error.into() }
}

/// What an error with this status means, which asks to come back later or does not.
pub(crate) fn verdict_of(busy: bool, status: u16) -> Verdict {
    if busy || status == TOO_MANY_REQUESTS {
        Verdict::Busy
    } else if !(NO_SUCCESS..SERVER_FAULT).contains(&status) {
        Verdict::InDoubt
    } else {
        Verdict::Permanent
    }
}

/// Sends a request until it is answered, is refused for good, or the budget is used up.
pub(crate) async fn repeated<C: Clock, T, F>(clock: &C, send: impl Fn() -> F) -> Result<T, Failure>
where
    F: Future<Output = Result<T, Failure>>,
{
    let mut budget = Budget::new(clock, BUDGET_MS);
    loop {
        match send().await {
            Err(failure) if failure.verdict == Verdict::Permanent || !budget.pause().await => return Err(failure),
            Err(_) => {}
            Ok(answer) => return Ok(answer),
        }
    }
}

/// What is left of a call's time.
pub(crate) struct Budget<'a, C> {
    clock: &'a C,
    ends_ms: u64,
    attempts: u32,
}

impl<'a, C: Clock> Budget<'a, C> {
    pub(crate) fn new(clock: &'a C, budget_ms: u64) -> Self {
        Self { clock, ends_ms: clock.elapsed_ms().saturating_add(budget_ms), attempts: 0 }
    }

    /// Waits before the next attempt; `false` when there is no time for one. Pauses are drawn evenly from zero to a
    /// limit that doubles, so that callers who met once do not meet again.
    pub(crate) async fn pause(&mut self) -> bool {
        let limit_ms = (PAUSE_FIRST_MS << self.attempts.min(16)).min(PAUSE_MAX_MS);
        let pause_ms = self.clock.jitter(limit_ms);
        self.attempts += 1;
        if self.attempts >= ATTEMPTS_MAX || self.clock.elapsed_ms().saturating_add(pause_ms) >= self.ends_ms {
            return false;
        }
        self.clock.pause(Duration::from_millis(pause_ms)).await;
        true
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use tillroll_core::time::Timestamp;

    use super::*;
    use crate::memory::MemoryClock;

    /// Sends to a server that gives these verdicts, the last one for ever. Says how it ended and how often it was sent.
    async fn ended(verdicts: &[Option<Verdict>]) -> (Option<Verdict>, usize, u64) {
        let clock = MemoryClock::new(Timestamp::UNIX_EPOCH, 1);
        let sent = RefCell::new(0_usize);
        let ended = repeated(&clock, || {
            let verdict = verdicts.get(*sent.borrow()).or(verdicts.last()).copied().flatten();
            *sent.borrow_mut() += 1;
            async move { verdict.map_or(Ok(()), |verdict| Err(Failure { verdict, source: "asked for".into() })) }
        })
        .await;
        (ended.err().map(|failure| failure.verdict), sent.into_inner(), clock.elapsed_ms())
    }

    #[tokio::test]
    async fn a_call_is_repeated_until_it_is_answered_and_not_when_it_is_refused_for_good() {
        let (end, sent, _) = ended(&[Some(Verdict::Busy), Some(Verdict::InDoubt), None]).await;
        assert_eq!((end, sent), (None, 3));
        let (end, sent, elapsed_ms) = ended(&[Some(Verdict::Permanent)]).await;
        assert_eq!((end, sent, elapsed_ms), (Some(Verdict::Permanent), 1, 0));
    }

    #[tokio::test]
    async fn a_service_that_stays_busy_is_given_up_within_the_budget() {
        for verdict in [Verdict::Busy, Verdict::InDoubt] {
            let (end, sent, elapsed_ms) = ended(&[Some(verdict)]).await;
            assert_eq!(end, Some(verdict));
            assert!(elapsed_ms < BUDGET_MS && elapsed_ms > BUDGET_MS / 2, "{elapsed_ms} ms");
            assert!(sent < 40, "{sent} attempts");
        }
    }

    #[test]
    fn a_code_or_a_status_says_whether_to_come_back() {
        for (busy, status, expected) in [
            (true, 400, Verdict::Busy),
            (true, 503, Verdict::Busy),
            (false, 429, Verdict::Busy),
            (false, 500, Verdict::InDoubt),
            (false, 503, Verdict::InDoubt),
            (false, 200, Verdict::InDoubt),
            (false, 400, Verdict::Permanent),
            (false, 403, Verdict::Permanent),
        ] {
            assert_eq!(verdict_of(busy, status), expected, "{busy} {status}");
        }
    }
}
