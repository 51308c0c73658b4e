//! What a function logs: one JSON object a line on standard output, each with the ids of its invocation.
//!
//! Ids of carts are hashed wherever they stand, in messages and causes too: whoever has the table can find a cart again,
//! whoever has only the logs has nothing. No line holds an item's name or a token, because none of ours is written with
//! one, and libraries are heard from warnings on only: below that they print whole items.

use std::fmt::{self, Write as _};
use std::io::Write as _;
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use tillroll_core::time::Timestamp;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use super::clock::SystemClock;
use crate::ports::Clock as _;

/// Crates of this project begin so.
const OURS: &str = "tillroll";
/// Fields whose ids name no cart.
const OTHER_IDS: [&str; 4] = ["run", "request_id", "trace_id", "verification"];
/// Characters of a UUID.
const UUID_LENGTH: usize = 36;
/// Longest text of one field; a cause may quote a whole answer.
const TEXT_CHARS_MAX: usize = 2_000;

/// The invocation that is under way. A function has one at a time.
static UNDER_WAY: Mutex<Option<Names>> = Mutex::new(None);

/// What names an invocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// Lambda's name for it.
    pub request_id: String,
    /// The trace it belongs to.
    pub trace_id: String,
}

/// From now on all lines bear these names.
pub fn begin(names: Names) {
    *UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner) = Some(names);
}

/// Begins to log to standard output from `level` on. Only the first call counts.
pub fn to_stdout(level: Level) {
    let lines = Lines { level, out: write_line, clock: SystemClock::start() };
    // Somebody else may have begun: then that one goes on.
    let _ = tracing::subscriber::set_global_default(lines);
}

/// Writes one line to standard output, which Lambda keeps. A line that cannot be written is lost: there is nobody to
/// tell.
pub fn write_line(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(format!("{line}\n").as_bytes());
    let _ = out.flush();
}

/// A text without ids of carts: each UUID is replaced by the first 16 hexadecimal digits of its SHA-256.
#[must_use]
pub fn without_carts(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some(id) = rest.get(..UUID_LENGTH).filter(|id| is_uuid(id)) {
            clean.push_str(&hashed(id));
            rest = &rest[UUID_LENGTH..];
        } else {
            clean.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    clean
}

fn is_uuid(text: &str) -> bool {
    text.bytes().enumerate().all(|(at, byte)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    })
}

fn hashed(id: &str) -> String {
    let mut hash = format!("{:x}", Sha256::digest(id.to_ascii_lowercase()));
    hash.truncate(16);
    format!("#{hash}")
}

/// Writes events as lines.
struct Lines<W> {
    level: Level,
    out: W,
    clock: SystemClock,
}

impl<W: Fn(&str) + Send + Sync + 'static> Subscriber for Lines<W> {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let least = if metadata.target().starts_with(OURS) { self.level } else { self.level.min(Level::WARN) };
        metadata.is_event() && *metadata.level() <= least
    }

    fn max_level_hint(&self) -> Option<tracing::level_filters::LevelFilter> {
        Some(self.level.max(Level::WARN).into())
    }

    fn event(&self, event: &Event<'_>) {
        let names = UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner).clone();
        (self.out)(&line_of(event, self.clock.now(), names.as_ref()));
    }

    // No spans are enabled, so none is ever made; this one stands for all.
    fn new_span(&self, _span: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _span: &Id, _values: &Record<'_>) {}

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn enter(&self, _span: &Id) {}

    fn exit(&self, _span: &Id) {}
}

fn line_of(event: &Event<'_>, at: Timestamp, names: Option<&Names>) -> String {
    let metadata = event.metadata();
    let mut fields = Fields(Map::new());
    fields.0.insert("time".to_owned(), json!(at));
    fields.0.insert("level".to_owned(), json!(metadata.level().as_str()));
    fields.0.insert("target".to_owned(), json!(metadata.target()));
    if let Some(Names { request_id, trace_id }) = names {
        fields.0.insert("request_id".to_owned(), json!(request_id));
        fields.0.insert("trace_id".to_owned(), json!(trace_id));
    }
    event.record(&mut fields);
    Value::Object(fields.0).to_string()
}

/// The fields of a line.
struct Fields(Map<String, Value>);

impl Fields {
    fn text(&mut self, field: &Field, text: &str) {
        let cut: String = text.chars().take(TEXT_CHARS_MAX).collect();
        let clean = if OTHER_IDS.contains(&field.name()) { cut } else { without_carts(&cut) };
        self.0.insert(field.name().to_owned(), json!(clean));
    }
}

impl Visit for Fields {
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.insert(field.name().to_owned(), json!(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name().to_owned(), json!(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0.insert(field.name().to_owned(), json!(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let mut text = String::new();
        // Writing to a text fails only if the value itself does.
        let _ = write!(text, "{value:?}");
        self.text(field, &text);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use std::sync::Arc;

    use super::*;

    const CART: &str = "0a0b0c0d-9dad-41d1-80b4-00c04fd430c8";
    const CART_HASHED: &str = "#e4f5ad3fbdcb1e2c";

    fn logged(level: Level, log: impl FnOnce()) -> Vec<Value> {
        let written = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&written);
        let out = move |line: &str| kept.lock().unwrap().push(serde_json::from_str(line).unwrap());
        tracing::subscriber::with_default(Lines { level, out, clock: SystemClock::start() }, log);
        let lines: &Vec<Value> = &written.lock().unwrap();
        lines.clone()
    }

    #[test]
    fn a_cart_is_hashed_wherever_it_stands() {
        let hash = hashed(CART);
        assert_eq!(hash.len(), CART_HASHED.len());
        let lines = logged(Level::INFO, || {
            tracing::info!(cart = %CART, run = CART, count = 7, "append to cart {CART}, or to {CART}: again");
        });
        let line = &lines[0];
        assert_eq!((&line["cart"], &line["run"], &line["count"]), (&json!(hash), &json!(CART), &json!(7)));
        assert_eq!(line["message"], format!("append to cart {hash}, or to {hash}: again"));
        assert_eq!(line["level"], "INFO");
        assert_eq!(
            without_carts("äöü 0a0b0c0d-9dad-41d1-80b4-00c04fd430cX é"),
            "äöü 0a0b0c0d-9dad-41d1-80b4-00c04fd430cX é"
        );
    }

    #[test]
    fn libraries_are_heard_from_warnings_on_and_a_line_is_one_line() {
        let lines = logged(Level::DEBUG, || {
            tracing::debug!(target: "aws_smithy_runtime", "whole items");
            tracing::warn!(target: "aws_smithy_runtime", "a warning\nof two lines");
            tracing::debug!("ours");
            tracing::trace!("too much");
        });
        let messages: Vec<_> = lines.iter().map(|line| line["message"].as_str().unwrap()).collect();
        assert_eq!(messages, ["a warning\nof two lines", "ours"]);
    }
}
