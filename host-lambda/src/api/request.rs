//! A request as a value, and the parts of it that every route reads: headers, query, body.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tillroll_core::id::CommandId;
use tillroll_core::time::Timestamp;

use super::problem::Problem;
use super::{shape, strict_json};
use crate::functions::command::IfMatch;

/// Largest body of a JSON request.
pub const BODY_BYTES_MAX: usize = 256 * 1024;
/// Largest body of an import request. Larger files go as several requests.
pub const IMPORT_BYTES_MAX: usize = 16 * 1024 * 1024;
/// How much of a body past its limit a front reads and throws away, so that the caller gets to read the answer.
pub const DRAIN_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Longest correlation id that is noted.
const CORRELATION_BYTES_MAX: usize = 128;

/// What a caller sent.
#[derive(Clone, Debug, Default)]
pub struct ApiRequest {
    /// `GET`, `POST`, …
    pub method: String,
    /// As sent, percent-encoded, without the query. No address of ours needs encoding, so it is never decoded.
    pub path: String,
    /// As sent, without the question mark.
    pub query: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Body,
    /// Names the request in problems and logs when the caller brings no trace.
    pub request_id: String,
    /// Who sent it, as far as the front found out.
    pub caller: Caller,
}

/// Who sent a request. Only looked at where a host [checks](super::Settings::check_owner) callers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Caller {
    /// Nobody in particular: at most somebody who has a cart's token.
    #[default]
    Unknown,
    /// Somebody who has signed in.
    Shopper {
        /// How carts name their owner.
        owner_ref: String,
    },
    /// One of those who run the shop.
    Operator {
        /// Who, as their token says; a program that needs no token is nobody by name.
        name: Option<String>,
        /// Whether they may have references to persons shown.
        discloses: bool,
    },
}

/// A body, as far as a front read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// All of it.
    Whole(Vec<u8>),
    /// It has more bytes than [`body_bytes_max`] allows, so they were thrown away.
    TooLarge,
}

impl Default for Body {
    fn default() -> Self {
        Self::Whole(Vec::new())
    }
}

/// How large a body a front shall read for this path.
#[must_use]
pub fn body_bytes_max(path: &str) -> usize {
    if path == "/imports" { IMPORT_BYTES_MAX } else { BODY_BYTES_MAX }
}

impl ApiRequest {
    /// The value of a header, if it was sent.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(present, _)| present == name).map(|(_, value)| value.as_str())
    }

    /// The body, if it is within its limit and of this type.
    pub fn body_of(&self, content_type: &'static str) -> Result<&[u8], Problem> {
        let bytes_max = body_bytes_max(&self.path);
        let bytes = match &self.body {
            Body::Whole(bytes) if bytes.len() <= bytes_max => bytes,
            Body::Whole(_) | Body::TooLarge => return Err(Problem::body_too_large(bytes_max)),
        };
        let sent = self.header("content-type").and_then(|sent| sent.split(';').next()).unwrap_or_default();
        let fits = sent.trim().eq_ignore_ascii_case(content_type);
        if fits { Ok(bytes) } else { Err(Problem::unsupported_media_type(content_type)) }
    }

    /// The body as a `T`, read strictly.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        let body: Value = strict_json::parse(self.body_of("application/json")?)?;
        Ok(shape::read(&body)?)
    }

    /// The parameters of the query, all of which are in `known` and come once.
    pub fn query(&self, known: &'static [&'static str]) -> Result<Query, Problem> {
        let mut parameters = BTreeMap::new();
        for pair in self.query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let Some(name) = known.iter().find(|known| **known == name) else {
                let takes = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                return Err(Problem::invalid_query(format!("unknown parameter; this address takes {takes}")));
            };
            let value = percent_decoded(value)
                .ok_or_else(|| Problem::invalid_query(format!("{name} is not percent-encoded UTF-8")))?;
            if parameters.insert(*name, value).is_some() {
                return Err(Problem::invalid_query(format!("{name} comes twice")));
            }
        }
        Ok(Query(parameters))
    }

    /// `If-Match`: `*`, or one strong entity tag of ours.
    pub fn if_match(&self) -> Result<Option<IfMatch>, Problem> {
        let Some(sent) = self.header("if-match").map(str::trim) else { return Ok(None) };
        if sent == "*" {
            return Ok(Some(IfMatch::Any));
        }
        let quoted = sent.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let version = quoted.and_then(whole_number);
        let version = version
            .ok_or_else(|| Problem::invalid_header("If-Match must be * or one ETag of the cart, as in \"12\""))?;
        Ok(Some(IfMatch::Version(version)))
    }

    /// Whether the caller has the state with this entity tag already.
    #[must_use]
    pub fn none_match(&self, etag: &str) -> bool {
        let sent = self.header("if-none-match").unwrap_or_default();
        sent.split(',').any(|tag| tag.trim() == "*" || tag.trim().trim_start_matches("W/") == etag)
    }

    /// `Idempotency-Key`: the id of a request's only command.
    pub fn idempotency_key(&self) -> Result<Option<CommandId>, Problem> {
        self.header("idempotency-key").map(|key| command_id(key).ok_or_else(invalid_command_id)).transpose()
    }

    /// The caller's correlation id, if it is short and visible ASCII; else none.
    #[must_use]
    pub fn correlation_id(&self) -> Option<String> {
        let sent = self.header("correlation-id")?;
        let fits =
            (1..=CORRELATION_BYTES_MAX).contains(&sent.len()) && sent.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then(|| sent.to_owned())
    }

    /// The caller's trace context, if it is a valid one of version 00; else none, and a new trace begins.
    #[must_use]
    pub fn traceparent(&self) -> Option<&str> {
        let sent = self.header("traceparent")?;
        let parts: Vec<_> = sent.split('-').collect();
        let [version, trace, parent, flags] = parts.as_slice() else { return None };
        let is_hex = |text: &str, length| {
            text.len() == length && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        };
        let is_id = |text: &str, length| is_hex(text, length) && text.bytes().any(|byte| byte != b'0');
        (*version == "00" && is_id(trace, 32) && is_id(parent, 16) && is_hex(flags, 2)).then_some(sent)
    }

    /// What problems and logs name the request by: the caller's trace id, or the request's own.
    #[must_use]
    pub fn trace_id(&self) -> &str {
        self.traceparent().and_then(|sent| sent.get(3..35)).unwrap_or(&self.request_id)
    }

    /// SHA-256 of the cart's token, if one was sent: what carts keep of their tokens. They are compared as hashes, so
    /// how long a comparison takes says something about a hash at most, and a hash opens nothing.
    #[must_use]
    pub fn cart_token_hash(&self) -> Option<String> {
        Some(format!("{:x}", Sha256::digest(self.header("tillroll-cart-token")?.as_bytes())))
    }
}

/// A command id in its canonical form, and not the nil one.
#[must_use]
pub fn command_id(text: &str) -> Option<CommandId> {
    CommandId::from_str(text).ok().filter(|id| !id.is_nil())
}

/// What is said of anything else.
#[must_use]
pub fn invalid_command_id() -> Problem {
    let detail = "a command id is a UUID in lower case, not nil, and another one for each command";
    Problem::new(400, "invalid_command_id", detail)
}

/// The parameters of a query.
#[derive(Clone, Debug, Default)]
pub struct Query(BTreeMap<&'static str, String>);

impl Query {
    /// A parameter as text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A parameter as a whole number within a range.
    pub fn number(&self, name: &str, range: std::ops::RangeInclusive<u64>) -> Result<Option<u64>, Problem> {
        let number = |text| whole_number(text).filter(|number| range.contains(number));
        let wrong = || {
            let (from, to) = (range.start(), range.end());
            Problem::invalid_query(format!("{name} must be a whole number from {from} to {to}"))
        };
        self.text(name).map(|text| number(text).ok_or_else(wrong)).transpose()
    }

    /// A parameter as a moment.
    pub fn moment(&self, name: &str) -> Result<Option<Timestamp>, Problem> {
        let parsed = self.text(name).map(str::parse::<Timestamp>).transpose();
        parsed.map_err(|not_a_time| Problem::invalid_query(format!("{name} is {not_a_time}")))
    }

    /// How many entries of a list are asked for.
    pub fn limit(&self, default: u32, max: u32) -> Result<u32, Problem> {
        let limit = self.number("limit", 1..=max.into())?;
        Ok(limit.and_then(|limit| u32::try_from(limit).ok()).unwrap_or(default))
    }
}

/// Decimal digits and nothing else: no sign, no spaces.
pub(super) fn whole_number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digit = |byte: u8| char::from(byte).to_digit(16);
                let (high, low) = (digit(rest.next()?)?, digit(rest.next()?)?);
                u8::try_from(high * 16 + low).ok()?
            }
            plain => plain,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;

    fn with_header(name: &str, value: &str) -> ApiRequest {
        ApiRequest { headers: vec![(name.to_owned(), value.to_owned())], ..ApiRequest::default() }
    }

    #[test]
    fn f17_if_match_is_a_star_or_one_entity_tag_of_ours() {
        for (sent, read) in [("*", IfMatch::Any), ("\"0\"", IfMatch::Version(0)), (" \"12\" ", IfMatch::Version(12))] {
            assert_eq!(with_header("if-match", sent).if_match(), Ok(Some(read)), "{sent}");
        }
        for sent in ["", "12", "\"\"", "\"x\"", "W/\"12\"", "\"-1\"", "\"1\", \"2\"", "\"18446744073709551616\""] {
            let problem = with_header("if-match", sent).if_match().unwrap_err();
            assert_eq!((problem.status(), problem.code()), (400, "invalid_header"), "{sent}");
        }
        assert_eq!(ApiRequest::default().if_match(), Ok(None));
    }

    #[test]
    fn f24_a_bad_traceparent_is_ignored() {
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert_eq!(with_header("traceparent", good).trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
        for bad in [
            "",
            "nonsense",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        ] {
            let request = ApiRequest { request_id: "own".to_owned(), ..with_header("traceparent", bad) };
            assert_eq!((request.traceparent(), request.trace_id()), (None, "own"), "{bad}");
        }
    }

    #[test]
    fn a_query_is_read_strictly() {
        let query =
            |query: &str| ApiRequest { query: query.to_owned(), ..ApiRequest::default() }.query(&["sku", "limit"]);
        assert_eq!(query("sku=oat%20milk+%C3%A9&limit=5").unwrap().text("sku"), Some("oat milk é"));
        for wrong in ["skew=1", "sku=1&sku=2", "sku=%", "sku=%zz", "sku=%ff", "s%6bu=1"] {
            assert_eq!(query(wrong).unwrap_err().code(), "invalid_query", "{wrong}");
        }
        for wrong in
            ["limit=0", "limit=1001", "limit=-1", "limit=+1", "limit=x", "limit=", "limit=99999999999999999999"]
        {
            assert_eq!(query(wrong).unwrap().limit(100, 1_000).unwrap_err().code(), "invalid_query", "{wrong}");
        }
        assert_eq!(query("").unwrap().limit(100, 1_000), Ok(100));
    }
}
