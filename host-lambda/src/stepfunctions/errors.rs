//! What Step Functions' errors mean to the adapters. The only file that knows their codes.

use aws_sdk_sfn::config::http::HttpResponse;
use aws_sdk_sfn::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_sfn::operation::start_execution::StartExecutionError;

use crate::calls::{self, Failure};

/// A start that did not start anything, as far as is known.
#[derive(Debug)]
pub(super) enum Refused {
    /// An execution of this name has run, within 90 days, or runs with other input.
    Exists,
    /// It failed.
    Failed(Failure),
}

pub(super) fn refused(error: SdkError<StartExecutionError, HttpResponse>) -> Refused {
    if error.as_service_error().is_some_and(StartExecutionError::is_execution_already_exists) {
        return Refused::Exists;
    }
    Refused::Failed(calls::failure(error, StartExecutionError::code, is_busy))
}

fn is_busy(code: &str) -> bool {
    matches!(
        code,
        // As many executions run as may run.
        "ExecutionLimitExceeded"
            | "ThrottlingException"
            | "TooManyRequestsException"
            | "KmsThrottlingException"
            // The next attempt is signed with newer credentials.
            | "ExpiredTokenException"
    )
}
