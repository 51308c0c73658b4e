//! What the API says when a request cannot be answered as asked: RFC 9457 problem documents with a stable `code`.
//!
//! | code | status | |
//! |---|---|---|
//! | `malformed_json`, `too_deep`, `unknown_field`, `unknown_command`, `too_many_commands`, `invalid_command_id` | 400 | the body |
//! | `invalid_replay` | 400 | what is asked for makes no sense |
//! | `invalid_query`, `invalid_header` | 400 | the rest of the request |
//! | `token_needed`, `invalid_token` | 401 | with `WWW-Authenticate` |
//! | `not_an_operator`, `disclosure_not_allowed` | 403 | |
//! | `cart_not_found`, `version_not_found`, `not_found` | 404 | |
//! | `method_not_allowed` | 405 | with `Allow` |
//! | `not_acceptable` | 406 | the forms that there are, in the detail |
//! | `conflict` | 409 | other writers kept coming first, or somebody else is at it; retryable |
//! | `cart_already_open` | 409 | |
//! | `cart_closed` | 410 | with the final `state` |
//! | `cursor_expired` | 410 | the event bus does not keep what comes behind it any more |
//! | `version_mismatch` | 412 | with `version` and the missed `events` |
//! | `body_too_large` | 413 | |
//! | `unsupported_media_type` | 415 | |
//! | a refusal's code | 422 | where a request is one command |
//! | `too_many_requests` | 429 | with `Retry-After`; retryable |
//! | `fault` | 500 | |
//! | `unavailable` | 503 | with `Retry-After`; retryable |

use serde_json::{Map, Value, json};
use tillroll_core::cart::CartRefusal;

use super::response::ApiResponse;
use super::shape::{Misfit, MisfitKind};
use super::strict_json::{DEPTH_MAX, NotStrict};
use crate::ports::{Fault, FaultKind};

/// When a caller may try again after something was not available.
const RETRY_AFTER_S: u32 = 1;

/// A problem, before it knows to which request it belongs. Boxed, as it travels through every `Result` here.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem(Box<Parts>);

#[derive(Clone, Debug, PartialEq)]
struct Parts {
    status: u16,
    code: &'static str,
    detail: String,
    errors: Vec<Value>,
    retryable: bool,
    members: Map<String, Value>,
    headers: Vec<(&'static str, String)>,
    cause: Option<String>,
}

impl Problem {
    /// A problem with an HTTP status, a stable code, and a sentence for a person that repeats nothing that was sent.
    #[must_use]
    pub fn new(status: u16, code: &'static str, detail: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            status,
            code,
            detail: detail.into(),
            errors: Vec::new(),
            retryable: false,
            members: Map::new(),
            headers: Vec::new(),
            cause: None,
        }))
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.0.status
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.0.code
    }

    /// The sentence.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// The places that are wrong, each with a JSON Pointer and what was expected there.
    #[must_use]
    pub fn errors(&self) -> &[Value] {
        &self.0.errors
    }

    /// Whether the same request may work later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.0.retryable
    }

    /// For the log alone: the chain of causes of a fault.
    #[must_use]
    pub fn cause(&self) -> Option<&str> {
        self.0.cause.as_deref()
    }

    /// Points at a place in the body.
    #[must_use]
    pub fn at(mut self, pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        self.0.errors.push(json!({"pointer": pointer.into(), "detail": detail.into()}));
        self
    }

    /// Adds a member.
    #[must_use]
    pub fn with(mut self, name: &str, value: Value) -> Self {
        self.0.members.insert(name.to_owned(), value);
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.0.headers.push((name, value.into()));
        self
    }

    /// The same request may work later.
    #[must_use]
    pub fn retryable(mut self) -> Self {
        self.0.retryable = true;
        self
    }

    /// There is no such cart, or none that the caller may see.
    #[must_use]
    pub fn cart_not_found() -> Self {
        Self::new(404, "cart_not_found", "there is no such cart")
    }

    /// There is nothing under this address.
    #[must_use]
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(404, "not_found", detail)
    }

    /// Another method would do.
    #[must_use]
    pub fn method_not_allowed(allow: String) -> Self {
        Self::new(405, "method_not_allowed", format!("this address takes {allow}")).with_header("allow", allow)
    }

    /// Somebody else is at it; the same request may work later.
    #[must_use]
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(409, "conflict", detail).retryable()
    }

    /// Something is not available; the same request may work soon.
    #[must_use]
    pub fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(503, "unavailable", detail).retryable().with_header("retry-after", RETRY_AFTER_S.to_string())
    }

    /// A parameter of the query is wrong.
    #[must_use]
    pub fn invalid_query(detail: impl Into<String>) -> Self {
        Self::new(400, "invalid_query", detail)
    }

    /// A header is wrong.
    #[must_use]
    pub fn invalid_header(detail: impl Into<String>) -> Self {
        Self::new(400, "invalid_header", detail)
    }

    /// The body has more bytes than its address takes.
    #[must_use]
    pub fn body_too_large(bytes_max: usize) -> Self {
        Self::new(413, "body_too_large", format!("the body may have at most {bytes_max} bytes"))
    }

    /// The body is of another type than its address takes.
    #[must_use]
    pub fn unsupported_media_type(expected: &str) -> Self {
        Self::new(415, "unsupported_media_type", format!("the content type must be {expected}"))
    }

    /// Nobody in particular asks for what only operators may.
    #[must_use]
    pub fn token_needed() -> Self {
        let problem = Self::new(401, "token_needed", "this address needs the bearer token of an operator");
        problem.with_header("www-authenticate", "Bearer")
    }

    /// The request bears a token that does not count.
    #[must_use]
    pub fn invalid_token() -> Self {
        let problem = Self::new(401, "invalid_token", "the bearer token is not valid here; sign in again");
        problem.with_header("www-authenticate", "Bearer error=\"invalid_token\"")
    }

    /// Somebody asks for what only operators may.
    #[must_use]
    pub fn not_an_operator() -> Self {
        Self::new(403, "not_an_operator", "this address is for those who run the shop")
    }

    /// An operator asks for what only some of them may see.
    #[must_use]
    pub fn disclosure_not_allowed() -> Self {
        let detail =
            "references to persons are for operators of the disclosure group alone (TILLROLL_DISCLOSURE_GROUP)";
        Self::new(403, "disclosure_not_allowed", detail)
    }

    /// The domain says no to a request that is one command.
    #[must_use]
    pub fn refused(refusal: &CartRefusal) -> Self {
        let status = if matches!(refusal, CartRefusal::CartAlreadyOpen {}) { 409 } else { 422 };
        let details = serde_json::to_value(refusal).unwrap_or_default();
        Self::new(status, refusal.code(), refusal.to_string()).with("details", details)
    }

    /// The answer to the request with this trace id.
    #[must_use]
    pub fn into_response(self, trace_id: &str) -> ApiResponse {
        let Parts { status, code, detail, errors, retryable, members, headers, cause: _ } = *self.0;
        let mut body = Map::new();
        body.insert("type".to_owned(), json!(format!("urn:tillroll:problem:{code}")));
        body.insert("title".to_owned(), json!(title(code)));
        body.insert("status".to_owned(), json!(status));
        body.insert("detail".to_owned(), json!(detail));
        body.insert("code".to_owned(), json!(code));
        body.insert("errors".to_owned(), json!(errors));
        body.insert("retryable".to_owned(), json!(retryable));
        body.insert("trace_id".to_owned(), json!(trace_id));
        body.extend(members);
        let mut response = ApiResponse::json(status, &body).with("content-type", "application/problem+json");
        for (name, value) in headers {
            response.set(name, value);
        }
        response
    }
}

fn title(code: &str) -> String {
    let words = code.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

impl From<NotStrict> for Problem {
    fn from(not_strict: NotStrict) -> Self {
        match not_strict {
            NotStrict::Malformed => {
                Self::new(400, "malformed_json", "the body must be one JSON document in UTF-8, without duplicate keys")
            }
            NotStrict::TooDeep => {
                Self::new(400, "too_deep", format!("the body may be nested at most {DEPTH_MAX} levels deep"))
            }
        }
    }
}

impl From<Misfit> for Problem {
    fn from(misfit: Misfit) -> Self {
        let problem = match misfit.kind {
            MisfitKind::UnknownMember => Self::new(400, "unknown_field", "the body has a member that is not known"),
            MisfitKind::WrongShape => {
                Self::new(400, "malformed_json", "a member of the body is missing or has the wrong type")
            }
        };
        problem.at(misfit.pointer, misfit.detail)
    }
}

impl From<Fault> for Problem {
    /// The cause is for the log; the caller learns what was attempted, and whether to try again.
    fn from(fault: Fault) -> Self {
        let detail = fault.to_string();
        let mut problem = match fault.kind {
            FaultKind::Permanent => Self::new(500, "fault", detail),
            FaultKind::Transient => Self::unavailable(detail),
            FaultKind::UnknownOutcome => Self::unavailable(detail).with("outcome", json!("unknown")),
        };
        problem.0.cause = Some(chain(&fault));
        problem
    }
}

fn chain(fault: &Fault) -> String {
    let mut text = fault.to_string();
    let mut next = std::error::Error::source(fault);
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
