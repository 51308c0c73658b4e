//! What the errors of S3's SDK mean to the adapters.

use std::error::Error;

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

use super::status::{PRECONDITION_FAILED, is_busy};
use crate::calls::{self, Failure};

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

/// Whether there is no object under the key. A bucket that is missing is something else.
pub(super) fn is_missing<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    error.as_service_error().and_then(E::code) == Some("NoSuchKey")
}

fn status<E>(error: &SdkError<E, HttpResponse>) -> Option<u16> {
    error.raw_response().map(|response| response.status().as_u16())
}
