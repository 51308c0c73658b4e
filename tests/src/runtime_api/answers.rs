//! What a function said to an event: a document, a stream, an error, or its end. Values for tests to compare; how they come
//! over the wire is `server`'s.
#![allow(
    clippy::must_use_candidate,
    clippy::wildcard_enum_match_arm,
    reason = "an answer of the wrong kind stops the test, which is often why it is looked at"
)]

use std::process::ExitStatus;
use std::time::Duration;

use axum::http::HeaderMap;
use bytes::Bytes;
use serde_json::Value;

/// What a function said to one event.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// A document.
    Value(Value),
    /// A stream of bytes, to its end.
    Stream(Streamed),
    /// It failed, and lives on.
    Error(FunctionError),
    /// Its process ended instead of answering.
    Exited(ExitStatus),
}

/// A streamed answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Streamed {
    /// Status, headers and cookies.
    pub prelude: Value,
    /// What followed, as it came.
    pub chunks: Vec<Bytes>,
    /// How it ended.
    pub end: StreamEnd,
}

/// How a stream ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamEnd {
    /// As it should.
    Whole,
    /// With an error in the trailers.
    Failed(FunctionError),
    /// The connection broke.
    Broken,
}

/// An error as a function reports it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FunctionError {
    /// The header `Lambda-Runtime-Function-Error-Type`.
    pub category: String,
    /// The body's `errorType`.
    pub error_type: String,
    /// The body's `errorMessage`.
    pub message: String,
}

/// An answer and how long it took, from handing the event over to the answer's last byte.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// What was said.
    pub answer: Answer,
    /// How long it took.
    pub took: Duration,
}

impl Answer {
    /// The document; anything else fails the test.
    #[track_caller]
    pub fn value(self) -> Value {
        match self {
            Self::Value(value) => value,
            other => panic!("not a value: {other:?}"),
        }
    }

    /// The stream; anything else fails the test.
    #[track_caller]
    pub fn stream(self) -> Streamed {
        match self {
            Self::Stream(stream) => stream,
            other => panic!("not a stream: {other:?}"),
        }
    }

    /// The error; anything else fails the test.
    #[track_caller]
    pub fn error(self) -> FunctionError {
        match self {
            Self::Error(error) => error,
            other => panic!("not an error: {other:?}"),
        }
    }

    /// How the process ended; anything else fails the test.
    #[track_caller]
    pub fn exit(self) -> ExitStatus {
        match self {
            Self::Exited(status) => status,
            other => panic!("it lives: {other:?}"),
        }
    }
}

impl Streamed {
    /// What followed the head, in one piece.
    #[must_use]
    pub fn body(&self) -> Vec<u8> {
        self.chunks.concat()
    }
}

impl FunctionError {
    /// As it comes over the API: in a header or a trailer, and in a body.
    pub(super) fn read(headers: &HeaderMap, body: &[u8]) -> Self {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let member = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        Self {
            category: header("lambda-runtime-function-error-type").to_owned(),
            error_type: member("errorType"),
            message: member("errorMessage"),
        }
    }
}
