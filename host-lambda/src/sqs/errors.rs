//! What SQS's errors mean to the adapters. The only file that knows their codes.

use std::error::Error;

use aws_sdk_sqs::config::http::HttpResponse;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};

use crate::calls::{self, Failure};

/// The failure of a request.
pub(super) fn failure<E>(error: SdkError<E, HttpResponse>) -> Failure
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    calls::failure(error, E::code, is_busy)
}

fn is_busy(code: &str) -> bool {
    matches!(
        // The name of the query protocol, which the JSON protocol may still carry, ends with the same words.
        code.rsplit('.').next().unwrap_or(code),
        "RequestThrottled"
            | "ThrottlingException"
            | "Throttling"
            | "KmsThrottled"
            // Too many messages are in flight.
            | "OverLimit"
            // The next attempt is signed with newer credentials.
            | "ExpiredToken"
            | "ExpiredTokenException"
    )
}
