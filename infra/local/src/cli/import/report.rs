//! What an import says at its end: what was read, what was left out and why, what landed.

use std::fmt::Write as _;
use std::time::Duration;

use serde::Serialize;
use tillroll_local::import::Currency;
use tillroll_local::import::report::{BadRows, Skipped};

use super::send::{Landed, Refusal};
use crate::cli::failure::Failure;
use crate::cli::output::{count, counted, money, money_with_code, shown};
use crate::cli::progress::{duration, per_second};
use crate::cli::table::{Column, Table};

/// The report, as `--json` prints it.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    source: String,
    currency: Option<Currency>,
    rows: u64,
    carts: u64,
    lines: u64,
    commands: u64,
    events: u64,
    events_stored: u64,
    carts_unchanged: u64,
    not_sampled: u64,
    zero_quantity: Skipped,
    negative: Skipped,
    bad: BadRows,
    refused: NotTaken,
    failed: NotTaken,
    discounts_minor: u128,
    total_minor: u128,
    stored_total_minor: u128,
    complete: bool,
    seconds: f64,
    events_per_second: u64,
}

#[derive(Debug, Serialize)]
struct NotTaken {
    count: u64,
    first: Vec<Refusal>,
}

impl Report {
    pub(super) fn new(landed: Landed, elapsed: Duration) -> Self {
        let Landed { read, carts, carts_unchanged, events, events_stored, stored_minor, stopped, .. } = landed;
        Self {
            source: read.source,
            currency: read.currency,
            rows: read.rows,
            carts,
            lines: read.lines,
            commands: read.commands,
            events,
            events_stored,
            carts_unchanged,
            not_sampled: read.not_sampled,
            zero_quantity: read.zero_quantity,
            negative: read.negative,
            bad: read.bad,
            refused: NotTaken { count: landed.refused, first: landed.refusals },
            failed: NotTaken { count: landed.failed, first: landed.failures },
            discounts_minor: read.discounts_minor,
            total_minor: read.total_minor,
            stored_total_minor: stored_minor,
            complete: !stopped,
            seconds: elapsed.as_secs_f64(),
            events_per_second: per_second(events, elapsed).unwrap_or(0),
        }
    }

    /// Carts that the system has now.
    pub(super) fn carts(&self) -> u64 {
        self.carts
    }

    /// Whether all that could be read has landed.
    pub(super) fn judge(&self) -> Result<(), Failure> {
        let mut wrong = Vec::new();
        if self.bad.count > 0 {
            wrong.push(format!("{} could not be understood", counted(self.bad.count, "row")));
        }
        if self.refused.count > 0 {
            wrong.push(format!("{} refused", counted(self.refused.count, "command")));
        }
        if self.failed.count > 0 {
            wrong.push(format!("{} not stored", counted(self.failed.count, "cart")));
        }
        if wrong.is_empty() {
            return Ok(());
        }
        let failure = Failure::new(format!("{}; everything else is in", wrong.join(", ")));
        Err(failure.hint("the report names them by their rows"))
    }

    /// The report for a person.
    pub(super) fn page(&self) -> String {
        let code = self.currency.map(|currency| currency.to_string());
        let code = code.as_deref();
        let mut facts = Table::new([Column::word(""), Column::number("")]);
        let mut fact = |name: &str, value: String| facts.row([name.to_owned(), value]);
        fact("rows", count(self.rows));
        if self.not_sampled > 0 {
            fact("rows outside the sample", count(self.not_sampled));
        }
        fact("carts", count(self.carts));
        if self.carts_unchanged > 0 {
            fact("carts that were there already", count(self.carts_unchanged));
        }
        fact("lines", count(self.lines));
        fact("new events", count(self.events));
        if self.events_stored != self.events {
            fact("events in the system", count(self.events_stored));
        }
        fact("discounts", money_with_code(signed(self.discounts_minor), code));
        fact("total", money_with_code(signed(self.total_minor), code));
        if self.stored_total_minor != self.total_minor {
            fact("total in the system", money_with_code(signed(self.stored_total_minor), code));
        }
        fact("rows of quantity 0, skipped", skipped(&self.zero_quantity, code));
        fact("negative rows, skipped", skipped(&self.negative, code));
        fact("bad rows, left out", count(self.bad.count));
        fact("commands refused", count(self.refused.count));
        if self.failed.count > 0 {
            fact("carts not stored", count(self.failed.count));
        }
        let seconds = Duration::from_secs_f64(self.seconds);
        fact("time", format!("{}, {} a second", duration(seconds), counted(self.events_per_second, "event")));
        facts.render() + &self.details()
    }

    /// Row by row what was left out, as far as it was kept.
    fn details(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        for (title, skipped) in [("rows of quantity 0", &self.zero_quantity), ("negative rows", &self.negative)] {
            if !skipped.first.is_empty() {
                let places: Vec<String> = skipped.first.iter().map(ToString::to_string).collect();
                let _ = writeln!(text, "\n{title}: {}{}", places.join(", "), more(skipped.count, places.len()));
            }
        }
        if !self.bad.first.is_empty() {
            let _ = writeln!(text, "\nbad rows{}:", more(self.bad.count, self.bad.first.len()));
            for bad in &self.bad.first {
                let _ = writeln!(text, "  {}", shown(&bad.to_string()));
            }
        }
        for (title, not_taken) in [("refused", &self.refused), ("carts not stored", &self.failed)] {
            if !not_taken.first.is_empty() {
                let _ = writeln!(text, "\n{title}{}:", more(not_taken.count, not_taken.first.len()));
            }
            for Refusal { row, cart, code, message, .. } in &not_taken.first {
                let _ = writeln!(text, "  row {row}, cart {}: {} ({})", shown(cart), shown(message), shown(code));
            }
        }
        text
    }
}

fn signed(minor: u128) -> i128 {
    i128::try_from(minor).unwrap_or(i128::MAX)
}

fn skipped(skipped: &Skipped, code: Option<&str>) -> String {
    match skipped.money_minor {
        0 => count(skipped.count),
        minor => format!("{} holding {}", count(skipped.count), money(minor, code)),
    }
}

/// What follows a list that is not whole.
fn more(all: u64, named: usize) -> String {
    match all.saturating_sub(named as u64) {
        0 => String::new(),
        more => format!(" and {} more", count(more)),
    }
}
