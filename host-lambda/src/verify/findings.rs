//! What was found so far: the report, and beside it the plan of a repair, if there is to be one.
//!
//! The plan names events and rows by their digests and is kept in sorted files like everything here, so that a repair
//! of a million events needs no more memory than one of ten.

use std::path::Path;

use tillroll_core::id::StreamId;
use tillroll_core::time::Timestamp;

use super::report::{Finding, FindingKind, HOP_ARCHIVE, HOP_TABLE, Report};
use super::scratch;
use super::slices::Hours;
use super::sort::{Digest, Sorter};
use crate::ports::Fault;
use crate::record::EventRecord;

/// What one part of a verification has found.
pub(super) struct Findings {
    pub(super) report: Report,
    /// Events of the table by the hour; one part alone counts them.
    pub(super) hours: Hours,
    pub(super) plan: Option<Plan>,
    /// What was recorded after this moment may be on its way still; `None` where the stages say exactly how far they are.
    recent_from: Option<Timestamp>,
}

/// What a repair will do.
pub(super) struct Plan {
    /// Events that go on the bus again.
    pub(super) republish: Sorter,
    /// Carts whose row is written again, for each projection in the order in which they were given.
    pub(super) rebuild: Vec<Sorter>,
}

impl Findings {
    /// Nothing so far. `plan` names the files of a plan, if there is to be one, for so many projections.
    pub(super) fn new(recent_from: Option<Timestamp>, plan: Option<(&Path, &str, usize)>) -> Self {
        let plan = plan.map(|(folder, name, projections)| Plan {
            republish: Sorter::new(folder, &format!("{name}-republish")),
            rebuild: (0..projections).map(|index| Sorter::new(folder, &format!("{name}-rebuild-{index}"))).collect(),
        });
        Self { report: Report::default(), hours: Hours::default(), plan, recent_from }
    }

    /// Whether this event may be on its way still.
    pub(super) fn is_recent(&self, event: &EventRecord) -> bool {
        self.recent_from.is_some_and(|from| event.circumstances.recorded_at.is_some_and(|at| at > from))
    }

    /// Events that did not arrive at this hop, and may be on their way.
    pub(super) fn on_their_way(&mut self, hop: &str, events: u64) {
        self.report.add_on_their_way(hop, events);
    }

    /// Something that no repair of ours puts right.
    pub(super) fn find(&mut self, hop: &str, cart: StreamId, version: u64, kind: FindingKind) {
        self.report.find(Finding::of_event(hop, cart, version, kind));
    }

    /// An object of the archive that does not read.
    pub(super) fn find_object(&mut self, object: &str, reason: String) {
        self.report.find(Finding::of_object(object, reason));
    }

    /// Holes in the table.
    pub(super) fn find_holes(&mut self, cart: StreamId, holes: impl Iterator<Item = u64>, count: u64) {
        self.report.find_holes(cart, holes, count);
    }

    /// An event of the table that is not archived.
    pub(super) fn not_archived(&mut self, cart: StreamId, version: u64) -> Result<(), Fault> {
        self.find(HOP_ARCHIVE, cart, version, FindingKind::Missing);
        self.republish(cart, version)
    }

    /// A row that lacks the events from `version` on; the table has them up to `head`.
    pub(super) fn lags(&mut self, hop: &str, cart: StreamId, version: u64, head: u64) -> Result<(), Fault> {
        self.find(hop, cart, version, FindingKind::Missing);
        // The newest one is enough: whoever meets a gap reads what lies before it from the table.
        self.republish(cart, head)
    }

    /// A row of the projection with this place in the order, or what follows from it, that is not what it should be.
    pub(super) fn differs(&mut self, hop: &str, projection: usize, cart: StreamId, version: u64) -> Result<(), Fault> {
        self.find(hop, cart, version, FindingKind::Different);
        let rebuild = self.plan.as_mut().and_then(|plan| plan.rebuild.get_mut(projection));
        rebuild.map_or(Ok(()), |rebuild| rebuild.push(place(cart, version)).map_err(scratch))
    }

    /// An event of the table that does not read as what its name says.
    pub(super) fn undecodable(&mut self, cart: StreamId, version: u64) {
        self.find(HOP_TABLE, cart, version, FindingKind::Different);
    }

    fn republish(&mut self, cart: StreamId, version: u64) -> Result<(), Fault> {
        let plan = self.plan.as_mut();
        plan.map_or(Ok(()), |plan| plan.republish.push(place(cart, version)).map_err(scratch))
    }

    /// Takes over what another part has found.
    pub(super) fn absorb(&mut self, other: Self) {
        self.report.absorb(other.report);
        if let (Some(plan), Some(other)) = (&mut self.plan, other.plan) {
            plan.republish.absorb(other.republish);
            plan.rebuild.iter_mut().zip(other.rebuild).for_each(|(rebuild, other)| rebuild.absorb(other));
        }
    }
}

/// A place is sorted as a digest, whatever lies there.
fn place(cart: StreamId, version: u64) -> Digest {
    Digest { cart, version, fingerprint: 0, is_recent: false }
}
