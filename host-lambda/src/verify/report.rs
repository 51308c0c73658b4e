//! What verify says.

use std::collections::BTreeMap;

use serde::Serialize;
use tillroll_core::id::StreamId;

use crate::filter::Filter;

/// Most findings that are listed; all are counted.
pub const FINDINGS_LISTED_MAX: usize = 1_000;
/// The hop of findings about the event table itself.
pub const HOP_TABLE: &str = "table";
/// The hop of findings about the archive. Every other hop is a subscription.
pub const HOP_ARCHIVE: &str = "archive";
/// Stands for the currency of carts that state none: ISO 4217's own code for "no currency".
pub const NO_CURRENCY: &str = "XXX";

/// Whether everything agrees, and how much there is of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// No findings.
    pub ok: bool,
    /// Carts in the table.
    pub carts: u64,
    /// Events in the table.
    pub events: u64,
    /// Sum of all carts' totals, in minor units of whatever currency.
    pub money: u64,
    /// The same by ISO 4217 code.
    pub money_by_currency: BTreeMap<String, u64>,
    /// The first [`FINDINGS_LISTED_MAX`] findings.
    pub findings: Vec<Finding>,
    /// How many findings there are.
    pub findings_total: u64,
    /// Subscriptions whose live generation is made of some events only, and of which: they were compared with that.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub filtered: BTreeMap<String, Filter>,
}

/// One place where something does not agree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What does not agree with the table: `archive`, or a subscription; or the `table` itself.
    pub hop: String,
    /// The cart.
    pub cart: StreamId,
    /// The first version concerned.
    pub version: u64,
    /// How.
    pub kind: FindingKind,
}

/// How something does not agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// It is not there, or not yet.
    Missing,
    /// It is there, and the table knows nothing of it.
    Doubled,
    /// It is there with other content.
    Different,
}

impl Report {
    pub(super) fn find(&mut self, hop: &str, cart: StreamId, version: u64, kind: FindingKind) {
        self.findings_total += 1;
        if self.findings.len() < FINDINGS_LISTED_MAX {
            self.findings.push(Finding { hop: hop.to_owned(), cart, version, kind });
        }
    }

    /// Holes in a cart's events, however wide.
    pub(super) fn find_holes(&mut self, cart: StreamId, holes: impl Iterator<Item = u64>, count: u64) {
        let listed = FINDINGS_LISTED_MAX.saturating_sub(self.findings.len());
        self.findings_total += count.saturating_sub(listed as u64);
        holes.take(listed).for_each(|version| self.find(HOP_TABLE, cart, version, FindingKind::Missing));
    }

    pub(super) fn add_money(&mut self, currency: Option<&str>, minor: u64) {
        let currency = currency.unwrap_or(NO_CURRENCY);
        self.money = self.money.saturating_add(minor);
        if let Some(sum) = self.money_by_currency.get_mut(currency) {
            *sum = sum.saturating_add(minor);
        } else {
            self.money_by_currency.insert(currency.to_owned(), minor);
        }
    }
}
