//! One invocation: what a function is given, what it answers, and how it is named in traces.

use std::pin::Pin;
use std::time::Duration;

use futures_util::stream::Stream;
use lambda_runtime::{Context, Diagnostic};
use serde::Serialize;
use serde_json::value::RawValue;
use tillroll_core::time::Timestamp;

use super::logs::without_carts;
use super::metrics::Metrics;
use crate::ports::{Fault, FaultKind};

/// Kept of an invocation's time for sending the answer.
const FAREWELL: Duration = Duration::from_millis(500);

/// What a function is told about an invocation beside its event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invocation {
    /// Lambda's name for it: a UUID, and the same when Lambda tries an asynchronous invocation again.
    pub request_id: String,
    /// The trace it belongs to: 32 hexadecimal digits.
    pub trace_id: String,
    /// What was invoked; with an alias at its end where one was named.
    pub function_arn: String,
    /// How long it may take from its beginning, the farewell left out.
    pub time: Duration,
}

impl Invocation {
    pub(super) fn of(context: &Context, now: Timestamp) -> Self {
        let deadline_ms = i64::try_from(context.deadline).unwrap_or(i64::MAX);
        let left_ms = u64::try_from(deadline_ms.saturating_sub(now.unix_ms())).unwrap_or(0);
        Self {
            trace_id: trace_id(context.xray_trace_id.as_deref(), &context.request_id),
            request_id: context.request_id.clone(),
            function_arn: context.invoked_function_arn.clone(),
            time: Duration::from_millis(left_ms).saturating_sub(FAREWELL),
        }
    }
}

/// The trace of an invocation: AWS's own, in W3C's form, or a new one that is named after the request.
fn trace_id(xray: Option<&str>, request_id: &str) -> String {
    let is_id = |text: &str| {
        text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) && text.bytes().any(|byte| byte != b'0')
    };
    let root = xray.and_then(|header| header.split(';').find_map(|part| part.trim().strip_prefix("Root=1-")));
    let of_aws = root.map(|root| root.replace('-', "").to_ascii_lowercase()).filter(|id| is_id(id));
    let of_request = || Some(request_id.replace('-', "").to_ascii_lowercase()).filter(|id| is_id(id));
    of_aws.or_else(of_request).unwrap_or_else(|| format!("{:032x}", 1))
}

/// What a function answers.
#[derive(Debug)]
pub struct Answered {
    /// The answer.
    pub answer: Answer,
    /// What there is to count.
    pub metrics: Metrics,
}

/// An answer, whole or in chunks.
pub enum Answer {
    /// JSON.
    Whole(Box<RawValue>),
    /// An HTTP answer whose body comes in chunks.
    Streamed(Streamed),
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if matches!(self, Self::Whole(_)) { "Whole" } else { "Streamed" })
    }
}

/// The chunks of an answer.
pub type AnswerChunks = Pin<Box<dyn Stream<Item = Result<Vec<u8>, std::convert::Infallible>> + Send>>;

/// An HTTP answer whose body comes in chunks.
pub struct Streamed {
    /// HTTP status.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub chunks: AnswerChunks,
}

impl Answer {
    /// A value as JSON.
    pub fn json<T: Serialize>(value: &T) -> Result<Self, Failure> {
        let failed = |error: serde_json::Error| Failure { kind: "Answer", message: error.to_string() };
        serde_json::value::to_raw_value(value).map(Self::Whole).map_err(failed)
    }
}

/// Why there is no answer. Lambda delivers a batch again; who called directly is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The sort of it.
    pub kind: &'static str,
    /// What a person needs to know, without ids of carts.
    pub message: String,
}

impl Failure {
    /// The event is none of those that the function takes. What is wrong with it is said without its content.
    #[must_use]
    pub fn unreadable(expected: &str, error: &serde_json::Error) -> Self {
        let place = (error.line(), error.column());
        let message = format!("the event is not {expected}: line {}, column {}", place.0, place.1);
        Self { kind: "UnreadableEvent", message }
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        let kind = match fault.kind {
            FaultKind::Transient => "Transient",
            FaultKind::UnknownOutcome => "UnknownOutcome",
            FaultKind::Permanent => "Permanent",
        };
        let mut message = fault.to_string();
        let mut next = std::error::Error::source(&fault);
        while let Some(cause) = next {
            message.push_str(": ");
            message.push_str(&cause.to_string());
            next = cause.source();
        }
        Self { kind, message: without_carts(&message) }
    }
}

impl From<Failure> for Diagnostic {
    fn from(failure: Failure) -> Self {
        Self { error_type: failure.kind.to_owned(), error_message: failure.message }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_awss_own_or_a_new_one_named_after_the_request() {
        let request = "8f507cfc-xmpl-4697-b07a-ac58fc914c95";
        let uuid = "8f507cfc-0000-4697-b07a-ac58fc914c95";
        for (xray, request, id) in [
            (Some("Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1"), uuid, "5759e988bd862e3fe1be46a994272793"),
            (Some("Self=1-6;Root=1-5759E988-BD862E3FE1BE46A994272793"), uuid, "5759e988bd862e3fe1be46a994272793"),
            (Some("Root=1-nonsense"), uuid, "8f507cfc00004697b07aac58fc914c95"),
            (Some("Root=1-00000000-000000000000000000000000"), uuid, "8f507cfc00004697b07aac58fc914c95"),
            (None, uuid, "8f507cfc00004697b07aac58fc914c95"),
            (None, request, "00000000000000000000000000000001"),
        ] {
            assert_eq!(trace_id(xray, request), id, "{xray:?}");
        }
    }

    #[test]
    fn a_failure_names_no_cart() {
        let fault = Fault::new(FaultKind::Transient, "append to cart", "0a0b0c0d-9dad-41d1-80b4-00c04fd430c8", "slow");
        let Failure { kind, message } = fault.into();
        assert_eq!(kind, "Transient");
        assert!(message.starts_with("append to cart #") && message.ends_with(": slow"), "{message}");
        assert!(!message.contains("0a0b0c0d"), "{message}");
    }
}
