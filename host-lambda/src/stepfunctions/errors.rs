//! What the SDK's errors mean to the adapter. The only file that knows their shapes.

use std::error::Error;

use aws_sdk_sfn::config::http::HttpResponse;
use aws_sdk_sfn::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_sfn::operation::start_execution::StartExecutionError;

use crate::ports::FaultKind;

/// First of the HTTP statuses that say the fault is the server's.
const SERVER_FAULT: u16 = 500;

/// A start that did not start anything, as far as is known.
#[derive(Debug)]
pub(super) enum Refused {
    /// An execution of this name runs with other input, or has ended.
    Exists,
    /// It failed.
    Failed(FaultKind, Box<dyn Error + Send + Sync>),
}

pub(super) fn refused(error: SdkError<StartExecutionError, HttpResponse>) -> Refused {
    let kind = match &error {
        SdkError::ConstructionFailure(_) => FaultKind::Permanent,
        SdkError::ServiceError(answer) => match (answer.err().code(), answer.raw().status().as_u16()) {
            (Some("ExecutionAlreadyExists"), _) => return Refused::Exists,
            (Some("ExecutionLimitExceeded" | "ThrottlingException" | "TooManyRequestsException"), _) => {
                FaultKind::Transient
            }
            (_, status) if status >= SERVER_FAULT => FaultKind::UnknownOutcome,
            _ => FaultKind::Permanent,
        },
        // Time ran out, the connection broke, or the answer made no sense.
        SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) | SdkError::ResponseError(_) | _ => {
            FaultKind::UnknownOutcome
        }
    };
    Refused::Failed(kind, error.into())
}
