//! What verify says.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tillroll_core::id::StreamId;
use tillroll_core::time::Timestamp;

use super::slices::Slice;
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
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub filtered: BTreeMap<String, Filter>,
    /// Events that did not arrive at a hop yet and were recorded so lately that they are taken to be on their way: no
    /// findings. Empty where the stages say exactly how far they are.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub on_their_way: BTreeMap<String, u64>,
    /// Events in the table by when they were recorded, oldest first; at most 100 stretches of time that have any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slices: Vec<Slice>,
    /// How many there are of each kind.
    pub summary: Vec<KindOfFinding>,
}

/// One place where something does not agree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What does not agree with the table: `archive`, or a subscription; or the `table` itself.
    pub hop: String,
    /// The cart, unless the finding is of a whole object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cart: Option<StreamId>,
    /// The first version concerned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// When that event was recorded, if the table has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded_at: Option<Timestamp>,
    /// The archive object that does not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// How.
    pub kind: FindingKind,
    /// Why the object does not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// How something does not agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// It is not there, or not yet.
    Missing,
    /// It is there, and the table knows nothing of it.
    Doubled,
    /// It is there with other content.
    Different,
    /// An archive object cannot be read, or is none of ours.
    Damaged,
}

/// Findings of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindOfFinding {
    /// As in [`Finding`].
    pub hop: String,
    /// As in [`Finding`].
    pub kind: FindingKind,
    /// How many there are.
    pub findings: u64,
    /// What to do about them.
    pub advice: String,
}

impl Report {
    pub(super) fn find(&mut self, finding: Finding) {
        self.count(&finding.hop, finding.kind, 1);
        if self.findings.len() < FINDINGS_LISTED_MAX {
            self.findings.push(finding);
        }
    }

    /// Holes in a cart's events, however wide.
    pub(super) fn find_holes(&mut self, cart: StreamId, holes: impl Iterator<Item = u64>, count: u64) {
        let listed = FINDINGS_LISTED_MAX.saturating_sub(self.findings.len());
        let (before, kind) = (self.findings_total, FindingKind::Missing);
        holes.take(listed).for_each(|version| self.find(Finding::of_event(HOP_TABLE, cart, version, kind)));
        let unlisted = count.saturating_sub(self.findings_total - before);
        self.count(HOP_TABLE, kind, unlisted);
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

    /// Takes over what another part of the same comparison has found. Money is counted by one part alone.
    pub(super) fn absorb(&mut self, other: Self) {
        self.carts += other.carts;
        self.events += other.events;
        let listed = FINDINGS_LISTED_MAX.saturating_sub(self.findings.len());
        self.findings.extend(other.findings.into_iter().take(listed));
        other.on_their_way.iter().for_each(|(hop, events)| self.add_on_their_way(hop, *events));
        for KindOfFinding { hop, kind, findings, .. } in other.summary {
            self.count(&hop, kind, findings);
        }
    }

    pub(super) fn add_on_their_way(&mut self, hop: &str, events: u64) {
        let sum = self.on_their_way.entry(hop.to_owned()).or_default();
        *sum = sum.saturating_add(events);
    }

    fn count(&mut self, hop: &str, kind: FindingKind, findings: u64) {
        if findings == 0 {
            return;
        }
        self.findings_total = self.findings_total.saturating_add(findings);
        if let Some(of) = self.summary.iter_mut().find(|of| of.hop == hop && of.kind == kind) {
            of.findings = of.findings.saturating_add(findings);
        } else {
            self.summary.push(KindOfFinding { hop: hop.to_owned(), kind, findings, advice: advice(hop, kind) });
        }
    }
}

impl Finding {
    pub(super) fn of_event(hop: &str, cart: StreamId, version: u64, kind: FindingKind) -> Self {
        let (cart, version) = (Some(cart), Some(version));
        Self { hop: hop.to_owned(), cart, version, recorded_at: None, object: None, kind, reason: None }
    }

    pub(super) fn of_object(object: &str, reason: String) -> Self {
        let (object, reason) = (Some(object.to_owned()), Some(reason));
        let (hop, kind) = (HOP_ARCHIVE.to_owned(), FindingKind::Damaged);
        Self { hop, cart: None, version: None, recorded_at: None, object, kind, reason }
    }
}

impl FindingKind {
    /// Whether a repair can put right what was found at this hop.
    #[must_use]
    pub fn is_repairable(self, hop: &str) -> bool {
        match (hop, self) {
            (HOP_TABLE, _) | (_, Self::Doubled | Self::Damaged) | (HOP_ARCHIVE, Self::Different) => false,
            (_, Self::Missing | Self::Different) => true,
        }
    }
}

/// What a person can do, in one sentence.
fn advice(hop: &str, kind: FindingKind) -> String {
    match (hop, kind) {
        (HOP_TABLE, FindingKind::Different) => "the stored event does not read as what its name says; a newer build \
             may know it, nothing here will change it"
            .to_owned(),
        (HOP_TABLE, _) => {
            "the event table has lost events; restore them from a backup, nothing here invents them".to_owned()
        }
        (HOP_ARCHIVE, FindingKind::Missing) => {
            "a repair puts the events on the bus again, from where they are archived".to_owned()
        }
        (HOP_ARCHIVE, FindingKind::Damaged) => "restore the object from a copy, or move it out of the archive; a \
             repair archives the events again that only it had, and replays stop at it until it is gone"
            .to_owned(),
        (HOP_ARCHIVE, FindingKind::Doubled | FindingKind::Different) => "the archive holds another event for this \
             place and is never changed; find the object that has it and move it out of the archive"
            .to_owned(),
        (_, FindingKind::Missing) => {
            "a repair puts the events on the bus again; a cart that stays behind is parked: see the parked carts"
                .to_owned()
        }
        (_, FindingKind::Different) => "a repair writes the row again, from the table; one that is further than the \
             table is left alone"
            .to_owned(),
        (_, FindingKind::Doubled | FindingKind::Damaged) => {
            format!("the table knows nothing of it; a replay of {hop} fills a new generation without it")
        }
    }
}
