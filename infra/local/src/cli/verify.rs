//! `tillroll verify`: whether table, archive and projections agree, event for event.

use std::collections::BTreeMap;

use serde::Deserialize;
use tillroll_host_lambda::verify::{FINDINGS_LISTED_MAX, NO_CURRENCY};

use super::Session;
use super::failure::{Ending, Failure, say};
use super::output::{Output, count, counted, money_with_code, shown};
use super::table::{Column, Table};

/// Findings shown to a person.
const FINDINGS_SHOWN_MAX: usize = 50;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Nothing is paused: what is written while it looks is no finding.
Exit status: 0 when all agree, 3 when not, 1 when it could not look.

Example:
  tillroll verify --wait 60")]
pub(crate) struct Arguments {
    /// How many seconds the stages may take to pass what was written before
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    wait: u32,
}

#[derive(Debug, Deserialize)]
struct Verdict {
    ok: bool,
    carts: u64,
    events: u64,
    /// Minor units by ISO 4217 code.
    money_by_currency: BTreeMap<String, u64>,
    findings: Vec<Finding>,
    findings_total: u64,
}

#[derive(Debug, Deserialize)]
struct Finding {
    hop: String,
    cart: String,
    version: u64,
    kind: String,
}

pub(crate) async fn run(arguments: Arguments, session: &Session) -> Result<Ending, Failure> {
    let query = [("wait", arguments.wait.to_string())];
    let answer = session.client().get("/verify", &query).await?.accepted()?;
    let verdict: Verdict = answer.read()?;
    let mut output = Output::new();
    if session.json() {
        output.bytes(&answer.body)?;
        output.line("")?;
    } else {
        output.text(&verdict.page())?;
    }
    output.end()?;
    if verdict.ok {
        return Ok(Ending::Fine);
    }
    if !session.json() {
        let differences = counted(verdict.findings_total, "difference");
        say(&format!("error: table, archive and projections do not agree: {differences}"));
        say("hint: if the pipeline is only behind (`tillroll pipeline` says so), give it longer: --wait 300");
    }
    Ok(Ending::Differences)
}

impl Verdict {
    fn page(&self) -> String {
        let mut facts = Table::new([Column::word(""), Column::number("")]);
        facts.row(["carts".into(), count(self.carts)]);
        facts.row(["events".into(), count(self.events)]);
        for (currency, minor) in &self.money_by_currency {
            let currency = Some(currency.as_str()).filter(|code| *code != NO_CURRENCY);
            facts.row(["total".into(), money_with_code((*minor).into(), currency)]);
        }
        facts.row(["differences".into(), count(self.findings_total)]);
        let facts = facts.render();
        if self.findings.is_empty() {
            return facts;
        }
        let mut table =
            Table::new([Column::word("HOP"), Column::id("CART"), Column::number("VERSION"), Column::word("KIND")]);
        for finding in self.findings.iter().take(FINDINGS_SHOWN_MAX) {
            table.row([
                shown(&finding.hop).into_owned(),
                shown(&finding.cart).into_owned(),
                count(finding.version),
                shown(&finding.kind).into_owned(),
            ]);
        }
        let more = match self.findings_total.saturating_sub(self.findings.len().min(FINDINGS_SHOWN_MAX) as u64) {
            0 => String::new(),
            more => format!("and {} more; --json names up to {FINDINGS_LISTED_MAX}\n", count(more)),
        };
        format!("{facts}\n{}{more}", table.render())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

    use super::*;

    #[test]
    fn differences_are_shown_with_their_place() {
        let verdict = r#"{"ok": false, "carts": 2, "events": 7, "money": 1250,
            "money_by_currency": {"EUR": 1000, "XXX": 250}, "findings_total": 61,
            "findings": [{"hop": "archive", "cart": "0b5e8a8e-6d0f-5c53-9a4e-6f3f1c9d9f21", "version": 3, "kind": "missing"}]}"#;
        let expected = "\
carts                2
events               7
total        EUR 10.00
total             2.50
differences         61

HOP      CART                                  VERSION  KIND
archive  0b5e8a8e-6d0f-5c53-9a4e-6f3f1c9d9f21        3  missing
and 60 more; --json names up to 1000
";
        assert_eq!(serde_json::from_str::<Verdict>(verdict).unwrap().page(), expected);
    }
}
