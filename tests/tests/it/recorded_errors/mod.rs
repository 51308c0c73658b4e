//! Every shape of error that AWS answers with, replayed to the adapters: throttles, partial failures, conditions that
//! do not hold, rights and keys that are missing, answers that make no sense, connections that break. One file a service.

mod dynamodb;
mod kinesis;
mod s3;
mod sqs;
mod stepfunctions;

use tillroll_core::time::Timestamp;
use tillroll_host_lambda::memory::MemoryClock;
use tillroll_host_lambda::ports::{Fault, FaultKind};
use tillroll_tests::recorded::Reply;

use FaultKind::{Permanent, Transient, UnknownOutcome};

/// Words that stand in every payload here, and must stand in no fault.
const SECRET: &str = "oolong-tea-of-ada";

fn clock() -> MemoryClock {
    MemoryClock::new(Timestamp::UNIX_EPOCH.plus_ms(1_767_225_600_000), 1)
}

/// The fault in words, with all that it was caused by.
fn in_words(fault: &Fault) -> String {
    let first: &dyn std::error::Error = fault;
    let all = std::iter::successors(Some(first), |error| error.source());
    all.map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// The kind of a fault that says where it happened and gives nothing away.
fn kind_of<T: std::fmt::Debug>(result: Result<T, Fault>, object: &str) -> FaultKind {
    let fault = result.unwrap_err();
    let words = in_words(&fault);
    assert!(words.contains(object), "{words}");
    assert!(!words.contains(SECRET), "{words}");
    fault.kind
}

/// Errors of the JSON protocols and what they mean for a write: whether it is told at once, and as what.
fn json_errors(busy: &[(u16, &str)]) -> Vec<(Reply, FaultKind)> {
    let busy = busy.iter().map(|(status, code)| (Reply::json_error(*status, code), Transient));
    let others = [
        (Reply::json_error(400, "AccessDeniedException"), Permanent),
        (Reply::json_error(400, "ResourceNotFoundException"), Permanent),
        (Reply::json_error(400, "KMSAccessDeniedException"), Permanent),
        (Reply::json_error(400, "KMSDisabledException"), Permanent),
        (Reply::json_error(400, "ValidationException"), Permanent),
        (Reply::json_error(403, "UnrecognizedClientException"), Permanent),
        (Reply::json_error(500, "InternalFailure"), UnknownOutcome),
        (Reply::json(503, "<html>busy</html>"), UnknownOutcome),
        (Reply::json(200, "{\"Records\": [{"), UnknownOutcome),
        (Reply::Cut, UnknownOutcome),
    ];
    busy.chain(others).collect()
}
