//! verify: do table, archive and projections agree, event for event?
//!
//! Nothing is paused. The table is scanned first, and what the scan saw is the mark: every cart up to that version.
//! Then the stages get some time to pass it. Then archive and rows are read and compared with what the scan saw;
//! whatever is newer is compared with the table as it is by then, and never a finding for being newer.
//!
//! Where nobody knows how far publish has come ([`Progress::UNSEEN_MS`]), an event that was recorded only just now and
//! did not arrive is no finding either: it is counted as on its way.
//!
//! Memory does not grow with the number of carts or events: of each event and each row only a digest of 33 bytes is
//! kept, and those are sorted in files.
//!
//! A generation with a filter is compared with a fold of what the filter lets through, and named in the report: it agrees
//! with the table as far as it is meant to, and nobody takes it for whole.
//!
//! Of a subscription, the row of each cart is compared: content, version, place in its index. Entries are looked up when
//! asked: they were written in one transaction with their row, and each costs a read. One that should not be there is
//! not found, as rows cannot be listed without knowing their words.
//!
//! What a repair can put right it takes from the table, and the table is never touched: see [`repair`].

pub mod repair;
pub mod run;

mod archived;
mod course;
mod findings;
mod projection;
mod report;
mod rows;
mod slices;
mod sort;
mod table;

use std::io;
use std::path::Path;
use std::time::Duration;

use futures_util::future;
use tillroll_core::sequence::SequenceNumber;

use crate::filter::Filter;
use crate::functions::replay::{ARCHIVE_READER, has_passed};
use crate::generations;
use crate::ports::{Archive, Clock, EventTable, Fault, FaultKind, Progress, Rows};

pub use course::{Course, Phase, Standing};
use findings::Findings;
use projection::Through;
pub use projection::{Projection, RowFold};
pub use report::{
    FINDINGS_LISTED_MAX, Finding, FindingKind, HOP_ARCHIVE, HOP_TABLE, KindOfFinding, NO_CURRENCY, Report,
};
use rows::Compared;
pub use slices::Slice;
use sort::{Digest, Sorted, Sorter};

/// How often the stages are asked how far they are.
const POLL: Duration = Duration::from_millis(50);

/// Verify: its ports, and a folder of its own for sorting.
#[derive(Debug)]
pub struct Verifier<'a, T, A, R, P, C> {
    /// The truth.
    pub table: &'a T,
    /// What is compared with it.
    pub archive: &'a A,
    /// What else is compared with it.
    pub rows: &'a R,
    /// How far the stages are.
    pub progress: &'a P,
    /// For waiting.
    pub clock: &'a C,
    /// An existing folder that nobody else uses meanwhile; 33 bytes for each event in table and archive.
    pub scratch: &'a Path,
    /// How far it is, for those who wait.
    pub course: &'a Course,
    /// Whether entries are looked up too.
    pub entries: bool,
}

impl<T, A, R, P, C> Verifier<'_, T, A, R, P, C>
where
    T: EventTable,
    A: Archive,
    R: Rows,
    P: Progress,
    C: Clock,
{
    /// Compares everything. Waits up to `wait` for the stages to pass what the table holds; one that has not by then
    /// is compared as it is, and lacks what it lacks.
    pub async fn verify(&self, projections: &[&dyn Projection], wait: Duration) -> Result<Report, Fault> {
        Ok(self.check(projections, wait, false).await?.report)
    }

    /// Compares everything; with the plan of a repair, if there is to be one.
    async fn check(&self, projections: &[&dyn Projection], wait: Duration, planned: bool) -> Result<Findings, Fault> {
        let mut through = Vec::with_capacity(projections.len());
        for projection in projections {
            through.push(Through { projection: *projection, filter: self.live_filter(projection.name()).await? });
        }
        let projections: &[&dyn Projection] = &through.iter().map(|projection| projection as _).collect::<Vec<_>>();
        let recent_from = (P::UNSEEN_MS > 0).then(|| self.clock.now().plus_ms(-P::UNSEEN_MS));
        let part = |name| Findings::new(recent_from, planned.then_some((self.scratch, name, projections.len())));
        let mut found = part("table");
        self.course.enter(Phase::Reading);
        let digests = self.read_table(projections, &mut found).await?;
        self.course.enter(Phase::Waiting);
        self.wait_for_stages(projections, wait).await?;
        self.course.enter(Phase::Comparing);
        // Archive and rows come from different places, so one is read while the other is waited for.
        let (mut of_archive, mut of_rows) = (part("archive"), part("rows"));
        let archive = self.compare_archive(digests.events, &mut of_archive);
        let rows = self.compare_all_rows(projections, digests.rows, &mut of_rows);
        future::try_join(archive, rows).await?;
        found.absorb(of_archive);
        found.absorb(of_rows);
        for Through { projection, filter } in through {
            let subscription = projection.name();
            if self.live_filter(subscription).await? != filter {
                let reason = "a generation that is made of other events went live meanwhile";
                return Err(Fault::new(FaultKind::Transient, "compare the rows of", subscription, reason));
            }
            if !filter.is_open() {
                found.report.filtered.insert(subscription.to_owned(), filter);
            }
        }
        found.report.slices = found.hours.slices();
        self.date(&mut found.report).await?;
        found.report.ok = found.report.findings_total == 0;
        Ok(found)
    }

    async fn compare_all_rows(
        &self,
        projections: &[&dyn Projection],
        due: Vec<Sorter>,
        found: &mut Findings,
    ) -> Result<(), Fault> {
        for (number, (projection, due)) in projections.iter().zip(due).enumerate() {
            self.compare_rows(Compared { projection: *projection, number }, due, found).await?;
        }
        Ok(())
    }

    /// Says of each finding that is listed when its event was recorded, if the table has it.
    async fn date(&self, report: &mut Report) -> Result<(), Fault> {
        for finding in &mut report.findings {
            let Some((cart, version)) = finding.cart.zip(finding.version) else { continue };
            let event = self.table.load(cart, version.saturating_sub(1), Some(1)).await?.into_iter().next();
            let event = event.filter(|event| event.version == version);
            finding.recorded_at = event.and_then(|event| event.circumstances.recorded_at);
        }
        Ok(())
    }

    /// What the live generation of a subscription is made of.
    async fn live_filter(&self, subscription: &str) -> Result<Filter, Fault> {
        let generations = generations::read(self.rows, subscription).await?;
        Ok(generations.filter_of(generations.live).clone())
    }

    /// Waits until what is in the table stream now is on the bus, and then until every reader has passed where the bus
    /// was by then. Not until nothing is left to publish: under steady writes that moment may never come.
    async fn wait_for_stages(&self, projections: &[&dyn Projection], wait: Duration) -> Result<(), Fault> {
        let deadline_ms = self.clock.elapsed_ms().saturating_add(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
        let mut stream = self.progress.table_stream().await?;
        let mark = stream.newest.clone();
        while stream.published < mark {
            if !self.pause_until(deadline_ms).await {
                return Ok(());
            }
            stream = self.progress.table_stream().await?;
        }
        let shards = self.progress.bus().await?;
        let marks: Vec<(String, SequenceNumber)> =
            shards.into_iter().filter_map(|shard| shard.newest.map(|newest| (shard.shard, newest))).collect();
        let readers = || projections.iter().map(|projection| projection.name()).chain([ARCHIVE_READER]);
        loop {
            let shards = self.progress.bus().await?;
            let passed = |reader| marks.iter().all(|(shard, mark)| has_passed(&shards, shard, reader, mark));
            if readers().all(passed) || !self.pause_until(deadline_ms).await {
                return Ok(());
            }
        }
    }

    /// Pauses; false when the time is over.
    async fn pause_until(&self, deadline_ms: u64) -> bool {
        let in_time = self.clock.elapsed_ms() < deadline_ms;
        if in_time {
            self.clock.pause(POLL).await;
        }
        in_time
    }
}

fn scratch(error: io::Error) -> Fault {
    Fault::new(FaultKind::Permanent, "sort in", "the scratch folder of verify", error)
}

/// Two sorted sides with at most one digest a cart each, side by side.
fn by_cart(left: Sorted, right: Sorted) -> impl Iterator<Item = io::Result<(Option<Digest>, Option<Digest>)>> {
    let (mut left, mut right) = (left.peekable(), right.peekable());
    std::iter::from_fn(move || {
        let cart_of = |digest: &io::Result<Digest>| digest.as_ref().ok().map(|digest| digest.cart);
        // An error sorts before every cart, and so comes out at once.
        let (left_cart, right_cart) = (left.peek().map(cart_of), right.peek().map(cart_of));
        let take_left = left_cart.is_some() && (right_cart.is_none() || left_cart <= right_cart);
        let take_right = right_cart.is_some() && (left_cart.is_none() || right_cart <= left_cart);
        let left = if take_left { left.next().transpose() } else { Ok(None) };
        let right = if take_right { right.next().transpose() } else { Ok(None) };
        match (left, right) {
            (Ok(None), Ok(None)) => None,
            (Ok(left), Ok(right)) => Some(Ok((left, right))),
            (Err(error), _) | (_, Err(error)) => Some(Err(error)),
        }
    })
}

#[cfg(test)]
mod tests;
