//! What S3's errors mean to the adapters. The only file that knows their codes.

use std::error::Error;

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

use crate::calls::{self, Failure};

/// The HTTP status of a create whose key is taken.
const PRECONDITION_FAILED: u16 = 412;
/// The HTTP status of a read whose entity tag still holds.
const NOT_MODIFIED: u16 = 304;

/// The failure of a request.
pub(super) fn failure<E>(error: SdkError<E, HttpResponse>) -> Failure
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    calls::failure(error, E::code, is_busy)
}

/// Whether the key is taken.
pub(super) fn is_taken<E>(error: &SdkError<E, HttpResponse>) -> bool {
    status(error) == Some(PRECONDITION_FAILED)
}

/// Whether the object is still the one whose entity tag was sent.
pub(super) fn is_unchanged<E>(error: &SdkError<E, HttpResponse>) -> bool {
    status(error) == Some(NOT_MODIFIED)
}

/// Whether there is no object under the key. A bucket that is missing is something else.
pub(super) fn is_missing<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    error.as_service_error().and_then(E::code) == Some("NoSuchKey")
}

fn status<E>(error: &SdkError<E, HttpResponse>) -> Option<u16> {
    error.raw_response().map(|response| response.status().as_u16())
}

fn is_busy(code: &str) -> bool {
    matches!(
        code,
        // Another create of the same key is under way.
        "ConditionalRequestConflict"
            | "OperationAborted"
            | "SlowDown"
            | "ServiceUnavailable"
            | "RequestTimeout"
            | "ThrottlingException"
            | "KMS.ThrottlingException"
            // The next attempt is signed with newer credentials.
            | "ExpiredToken"
    )
}
