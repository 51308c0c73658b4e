//! `tillroll replay --dry-run`: what a replay would do, as a person reads it.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

use super::super::Session;
use super::super::client::Answer;
use super::super::failure::{Ending, Failure, say};
use super::super::output::{Output, count, shown};
use super::super::progress::duration;
use super::super::table::{Column, Table};
use super::run::Target;

#[derive(Deserialize)]
struct Estimate {
    subscription: String,
    target: Target,
    events: u64,
    events_skipped: u64,
    by_type: BTreeMap<String, u64>,
    carts_count: u64,
    carts_are_more: bool,
    messages: u64,
    objects: u64,
    complete: bool,
    seconds: u64,
    seconds_from: TimeFrom,
    cost: Cost,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum TimeFrom {
    Rate,
    Run(String),
    Assumption,
}

#[derive(Deserialize)]
struct Cost {
    s3_requests: u64,
    sqs_requests: u64,
    dynamodb_writes: u64,
    micro_usd: u64,
    prices: String,
}

/// Prints it.
pub(super) fn print(answer: &Answer, session: &Session) -> Result<Ending, Failure> {
    let mut output = Output::new();
    if session.json() {
        output.bytes(&answer.body)?;
        output.line("")?;
        output.end()?;
        return Ok(Ending::Fine);
    }
    let estimate: Estimate = answer.read()?;
    output.text(&estimate.page())?;
    output.end()?;
    if !estimate.complete {
        say("the archive has not caught up yet: there is more than is counted here");
    }
    say("nothing was changed");
    Ok(Ending::Fine)
}

impl Estimate {
    fn page(&self) -> String {
        let mut facts = Table::new([Column::word(""), Column::word("")]);
        let mut fact = |name: &str, value: String| facts.row([name.to_owned(), value]);
        fact("subscription", shown(&self.subscription).into_owned());
        fact("target", self.target.in_words().to_owned());
        fact("events", count(self.events));
        for (name, events) in &self.by_type {
            fact(&format!("  {}", shown(name)), count(*events));
        }
        if self.events_skipped > 0 {
            fact("skipped", count(self.events_skipped));
        }
        let more = if self.carts_are_more { " and more" } else { "" };
        fact("carts", format!("{}{more}", count(self.carts_count)));
        fact("messages", count(self.messages));
        fact("objects", count(self.objects));
        let from = match &self.seconds_from {
            TimeFrom::Rate => "at the rate asked for".to_owned(),
            TimeFrom::Run(run) => format!("at the pace of run {}", shown(run)),
            TimeFrom::Assumption => "assumed: no run was large enough to measure".to_owned(),
        };
        fact("time", format!("about {}, {from}", duration(Duration::from_secs(self.seconds))));
        let Cost { s3_requests, sqs_requests, dynamodb_writes, micro_usd, prices } = &self.cost;
        let dollars = format!("{}.{:06}", count(micro_usd / 1_000_000), micro_usd % 1_000_000);
        fact("cost on AWS", format!("at least USD {dollars}, list prices of {}", shown(prices)));
        fact("  S3 requests", count(*s3_requests));
        fact("  SQS requests", count(*sqs_requests));
        fact("  row writes", count(*dynamodb_writes));
        facts.render()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;

    #[test]
    fn an_estimate_is_a_page_of_facts() {
        let estimate = r#"{"subscription": "carts", "target": "new_generation", "events": 1469307,
            "events_skipped": 7, "by_type": {"ItemAdded": 1469307}, "carts_count": 155848, "carts_are_more": false,
            "messages": 94035, "objects": 1470, "complete": true, "seconds": 200, "seconds_from": {"run": "r"},
            "cost": {"s3_requests": 1562, "sqs_requests": 28000, "dynamodb_writes": 160000, "micro_usd": 1115000,
                     "prices": "here, now"}}"#;
        let page = serde_json::from_str::<Estimate>(estimate).unwrap().page();
        let facts: Vec<String> =
            page.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        for fact in [
            "events 1,469,307",
            "time about 3 min 20 s, at the pace of run r",
            "cost on AWS at least USD 1.115000, list prices of here, now",
        ] {
            assert!(facts.iter().any(|line| line == fact), "{page}");
        }
    }
}
