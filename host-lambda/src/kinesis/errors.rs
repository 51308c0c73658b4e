//! What Kinesis's errors mean to the adapter. The only file that knows their codes.

use std::error::Error;

use aws_sdk_kinesis::config::http::HttpResponse;
use aws_sdk_kinesis::error::{ProvideErrorMetadata, SdkError};

use crate::calls::{self, Failure};

/// The failure of a request.
pub(super) fn failure<E>(error: SdkError<E, HttpResponse>) -> Failure
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    calls::failure(error, E::code, is_busy)
}

/// Whether the service says that it does not know what was asked for: a shard or the stream.
pub(super) fn is_unknown<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    error.as_service_error().and_then(E::code) == Some("ResourceNotFoundException")
}

/// Whether the service does not take a sequence number: it is of another stream, or was never given out.
pub(super) fn is_no_place<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    error.as_service_error().and_then(E::code) == Some("InvalidArgumentException")
}

/// Whether an iterator is too old.
pub(super) fn is_expired<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    error.as_service_error().and_then(E::code) == Some("ExpiredIteratorException")
}

fn is_busy(code: &str) -> bool {
    matches!(
        code,
        "ProvisionedThroughputExceededException"
            | "LimitExceededException"
            | "KMSThrottlingException"
            | "ThrottlingException"
            | "RequestLimitExceeded"
            // The stream is being created, resharded or encrypted.
            | "ResourceInUseException"
            // The next attempt is signed with newer credentials.
            | "ExpiredTokenException"
    )
}
