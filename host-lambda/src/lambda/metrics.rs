//! Metrics, as one line of the embedded metric format for each invocation.
//!
//! Their dimensions are few and fixed: the function, and how it went. Never a cart: each new value of a dimension is a
//! new metric that somebody pays for.

use serde_json::{Map, Value, json};
use tillroll_core::time::Timestamp;

/// The namespace of all metrics.
pub const NAMESPACE: &str = "Tillroll";
/// Most metrics in one line, as the format has it.
const METRICS_MAX: usize = 100;

/// What a metric counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Count,
    /// Time.
    Milliseconds,
}

impl Unit {
    const fn word(self) -> &'static str {
        match self {
            Self::Count => "Count",
            Self::Milliseconds => "Milliseconds",
        }
    }
}

/// Which of several systems in one account a function belongs to: its name without the function's own part, as in
/// `shop-dev` of `shop-dev-project-carts`.
#[must_use]
pub fn service_of<'a>(function_name: &'a str, function: &str) -> &'a str {
    let own_part = format!("-{function}");
    function_name.rfind(&own_part).map_or(function_name, |at| &function_name[..at])
}

/// How an invocation went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outcome {
    /// All of it.
    #[default]
    Ok,
    /// Somebody else came first.
    Conflict,
    /// What was asked for cannot be.
    Rejected,
    /// It may or may not have been done.
    Unknown,
    /// A part of a batch comes again.
    Partial,
    /// It broke.
    Fault,
}

impl Outcome {
    const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Conflict => "conflict",
            Self::Rejected => "rejected",
            Self::Unknown => "unknown",
            Self::Partial => "partial",
            Self::Fault => "fault",
        }
    }
}

/// The metrics of one invocation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metrics {
    outcome: Outcome,
    values: Vec<(&'static str, Unit, u64)>,
}

impl Metrics {
    /// Of an invocation that went so.
    #[must_use]
    pub fn of(outcome: Outcome) -> Self {
        Self { outcome, values: Vec::new() }
    }

    /// With so many of something.
    #[must_use]
    pub fn count(mut self, name: &'static str, value: u64) -> Self {
        self.values.push((name, Unit::Count, value));
        self
    }

    /// With so much time.
    #[must_use]
    pub fn milliseconds(mut self, name: &'static str, value: u64) -> Self {
        self.values.push((name, Unit::Milliseconds, value));
        self
    }

    /// The line.
    #[must_use]
    pub fn line(&self, service: &str, function: &str, at: Timestamp) -> String {
        let values = self.values.get(..METRICS_MAX).unwrap_or(&self.values);
        let metrics: Vec<Value> =
            values.iter().map(|(name, unit, _)| json!({"Name": name, "Unit": unit.word()})).collect();
        let mut line = Map::new();
        line.insert(
            "_aws".to_owned(),
            json!({
                "Timestamp": at.unix_ms(),
                "CloudWatchMetrics": [{
                    "Namespace": NAMESPACE,
                    "Dimensions": [["service"], ["service", "function"], ["service", "function", "outcome"]],
                    "Metrics": metrics,
                }],
            }),
        );
        line.insert("service".to_owned(), json!(service));
        line.insert("function".to_owned(), json!(function));
        line.insert("outcome".to_owned(), json!(self.outcome.word()));
        line.extend(values.iter().map(|(name, _, value)| ((*name).to_owned(), json!(value))));
        Value::Object(line).to_string()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;

    #[test]
    fn a_service_is_what_its_functions_names_have_in_common() {
        for (name, function, service) in [
            ("shop-dev-command", "command", "shop-dev"),
            ("shop-dev-project-carts", "project", "shop-dev"),
            ("command-line-command-stream", "command", "command-line"),
            ("anything", "command", "anything"),
        ] {
            assert_eq!(service_of(name, function), service);
        }
    }

    #[test]
    fn a_line_is_what_cloudwatch_reads() {
        let metrics = Metrics::of(Outcome::Partial).count("Records", 100).milliseconds("Duration", 7);
        let line: Value =
            serde_json::from_str(&metrics.line("tillroll-dev", "publish", Timestamp::from_unix_ms(1_000))).unwrap();
        let expected = json!({
            "_aws": {"Timestamp": 1_000, "CloudWatchMetrics": [{
                "Namespace": "Tillroll",
                "Dimensions": [["service"], ["service", "function"], ["service", "function", "outcome"]],
                "Metrics": [{"Name": "Records", "Unit": "Count"}, {"Name": "Duration", "Unit": "Milliseconds"}],
            }]},
            "service": "tillroll-dev", "function": "publish", "outcome": "partial", "Records": 100, "Duration": 7,
        });
        assert_eq!(line, expected);
    }
}
