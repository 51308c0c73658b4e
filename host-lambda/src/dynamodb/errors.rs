//! What the SDK's errors mean to the adapters. The only file that knows their shapes.
//!
//! Everything becomes one of six verdicts. The reasons of a cancelled transaction are positional and judged together:
//!
//! ```text
//! any ConditionalCheckFailed                                       Condition: what is there decides
//! else any ValidationError or ItemCollectionSizeLimitExceeded      Permanent
//! else no reasons, or any code that is not known here              InDoubt
//! else TransactionConflict, ThrottlingError, Provisioned…Exceeded  Busy
//! ```

use std::error::Error;
use std::fmt::Debug;

use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::CancellationReason;

use super::items::Item;
use crate::ports::{Fault, FaultKind};

type BoxError = Box<dyn Error + Send + Sync>;

/// What is said to every request of an account, role or table that is not set up, or no longer.
const SHUT: [&str; 7] = [
    "AccessDeniedException",
    "ExpiredTokenException",
    "InvalidSignatureException",
    "KMSAccessDeniedException",
    "MissingAuthenticationTokenException",
    "ResourceNotFoundException",
    "UnrecognizedClientException",
];

/// First of the HTTP statuses that are no success. An error with one below is an answer that does not read.
const NO_SUCCESS: u16 = 300;
/// First of the HTTP statuses that say the fault is the server's.
const SERVER_FAULT: u16 = 500;
/// The HTTP status that asks to come back later.
const TOO_MANY_REQUESTS: u16 = 429;

/// A request that did not end well.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) verdict: Verdict,
    pub(super) source: BoxError,
}

/// What a failed request means.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Verdict {
    /// A condition did not hold. The items that were there, by position in the request; `None` where the condition
    /// held or the item was not handed out.
    Condition(Vec<Option<Item>>),
    /// Nothing was done; the same request may work later.
    Busy,
    /// Nothing was done, whatever was asked: a right, a key or the table is missing. It works once somebody has mended that;
    /// nothing that was asked for is to blame, so no cart is set aside for it.
    Shut,
    /// It may have been done.
    InDoubt,
    /// DynamoDB remembers this token with other content; sending again tells nothing, only the table does.
    TokenReused,
    /// It will never work.
    Permanent,
}

impl Failure {
    /// A failure that this crate noticed: an answer that is not what was asked for.
    pub(super) fn permanent(source: impl Into<BoxError>) -> Self {
        Self { verdict: Verdict::Permanent, source: source.into() }
    }

    /// Nothing was done, and time ran out.
    pub(super) fn busy(source: impl Into<BoxError>) -> Self {
        Self { verdict: Verdict::Busy, source: source.into() }
    }

    /// The fault to report when nothing can be concluded from the table either.
    pub(super) fn into_fault(self, operation: &'static str, object: impl Into<String>) -> Fault {
        let kind = match self.verdict {
            Verdict::Busy | Verdict::Shut => FaultKind::Transient,
            Verdict::InDoubt | Verdict::TokenReused => FaultKind::UnknownOutcome,
            Verdict::Condition(_) | Verdict::Permanent => FaultKind::Permanent,
        };
        Fault::new(kind, operation, object, self.source)
    }
}

/// The failure of a put.
pub(super) fn put_failure(error: SdkError<PutItemError, HttpResponse>) -> Failure {
    match error.as_service_error() {
        Some(PutItemError::ConditionalCheckFailedException(failed)) => {
            Failure { verdict: Verdict::Condition(vec![failed.item.clone()]), source: error.into() }
        }
        _ => write_failure(error),
    }
}

/// The failure of a transaction.
pub(super) fn transaction_failure(error: SdkError<TransactWriteItemsError, HttpResponse>) -> Failure {
    match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
            Failure { verdict: verdict_of_reasons(cancelled.cancellation_reasons()), source: error.into() }
        }
        _ => write_failure(error),
    }
}

/// The failure of a write: a success that does not read is one all the same.
fn write_failure<E>(error: SdkError<E, HttpResponse>) -> Failure
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let succeeded = error.raw_response().is_some_and(|answer| answer.status().as_u16() < NO_SUCCESS);
    let failure = failure(error);
    if succeeded { Failure { verdict: Verdict::InDoubt, ..failure } } else { failure }
}

/// The failure of any other request.
pub(super) fn failure<E>(error: SdkError<E, HttpResponse>) -> Failure
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let verdict = match &error {
        SdkError::ConstructionFailure(_) => Verdict::Permanent,
        SdkError::ServiceError(answer) => verdict_of_code(answer.err().code(), answer.raw().status().as_u16()),
        // Time ran out, the connection broke, or the answer made no sense.
        SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) | SdkError::ResponseError(_) | _ => Verdict::InDoubt,
    };
    Failure { verdict, source: error.into() }
}

fn verdict_of_code(code: Option<&str>, status: u16) -> Verdict {
    match code {
        Some(
            "ProvisionedThroughputExceededException"
            | "RequestLimitExceeded"
            | "ThrottlingException"
            | "TransactionConflictException",
        ) => Verdict::Busy,
        Some(code) if SHUT.contains(&code) => Verdict::Shut,
        // The same transaction is on its way: an attempt whose answer was lost.
        Some("TransactionInProgressException") => Verdict::InDoubt,
        Some("IdempotentParameterMismatchException") => Verdict::TokenReused,
        _ if status >= SERVER_FAULT => Verdict::InDoubt,
        _ if status == TOO_MANY_REQUESTS => Verdict::Busy,
        _ => Verdict::Permanent,
    }
}

fn verdict_of_reasons(reasons: &[CancellationReason]) -> Verdict {
    let codes = || reasons.iter().filter_map(CancellationReason::code).filter(|code| *code != "None");
    if codes().any(|code| code == "ConditionalCheckFailed") {
        return Verdict::Condition(reasons.iter().map(|reason| reason.item.clone()).collect());
    }
    if codes().any(|code| matches!(code, "ValidationError" | "ItemCollectionSizeLimitExceeded")) {
        return Verdict::Permanent;
    }
    let passing =
        |code: &str| matches!(code, "TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded");
    if codes().next().is_some() && codes().all(passing) { Verdict::Busy } else { Verdict::InDoubt }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rank of each code: of two, the one with the lower rank decides.
    const CODES: [(&str, u8); 8] = [
        ("ConditionalCheckFailed", 0),
        ("ValidationError", 1),
        ("ItemCollectionSizeLimitExceeded", 1),
        ("SomethingNew", 2),
        ("TransactionConflict", 3),
        ("ThrottlingError", 3),
        ("ProvisionedThroughputExceeded", 3),
        ("None", 4),
    ];

    fn reason(code: &str) -> CancellationReason {
        CancellationReason::builder().code(code).build()
    }

    #[test]
    fn of_any_two_cancellation_reasons_the_weightier_one_decides() {
        for (one, one_rank) in CODES {
            for (other, other_rank) in CODES {
                let expected = match one_rank.min(other_rank) {
                    0 => Verdict::Condition(vec![None, None]),
                    1 => Verdict::Permanent,
                    3 => Verdict::Busy,
                    // A code that nobody knows, or a cancellation that gives no reason.
                    _ => Verdict::InDoubt,
                };
                assert_eq!(verdict_of_reasons(&[reason(one), reason(other)]), expected, "{one} and {other}");
            }
        }
        assert_eq!(verdict_of_reasons(&[]), Verdict::InDoubt);
    }

    #[test]
    fn the_code_of_an_error_says_whether_sending_again_can_help() {
        for (code, status, expected) in [
            (Some("ProvisionedThroughputExceededException"), 400, Verdict::Busy),
            (Some("ThrottlingException"), 400, Verdict::Busy),
            (Some("TransactionConflictException"), 400, Verdict::Busy),
            (Some("TransactionInProgressException"), 400, Verdict::InDoubt),
            (Some("IdempotentParameterMismatchException"), 400, Verdict::TokenReused),
            (Some("InternalServerError"), 500, Verdict::InDoubt),
            (None, 503, Verdict::InDoubt),
            (None, 429, Verdict::Busy),
            (Some("ValidationException"), 400, Verdict::Permanent),
            (Some("ResourceNotFoundException"), 400, Verdict::Shut),
            (Some("AccessDeniedException"), 400, Verdict::Shut),
        ] {
            assert_eq!(verdict_of_code(code, status), expected, "{code:?} with {status}");
        }
    }
}
