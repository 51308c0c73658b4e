//! The HTTP statuses and the codes of S3, and what they mean. The only file that knows them.

use crate::calls::{self, Verdict};

pub(super) const OK: u16 = 200;
/// The answer to a read whose entity tag still holds.
pub(super) const NOT_MODIFIED: u16 = 304;
pub(super) const NOT_FOUND: u16 = 404;
/// The answer to a create whose key is taken.
pub(super) const PRECONDITION_FAILED: u16 = 412;

/// Whether a code asks to come back later.
pub(super) fn is_busy(code: &str) -> bool {
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

/// What an error means.
pub(super) fn verdict_of(code: Option<&str>, status: u16) -> Verdict {
    calls::verdict_of(code.is_some_and(is_busy), status)
}
