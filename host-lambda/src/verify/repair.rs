//! Putting right what verify found, from the table, and never the table itself.
//!
//! * What the archive or a projection **lacks** goes on the event bus again: archive and projections take it from there
//!   as they take everything, and drop what they have already.
//! * A row with **another content** is folded afresh and written in place of the wrong one, with its entries, if it still
//!   has the version that was looked at.
//! * Everything else needs a person: objects are never removed, rows of carts that the table does not know neither.
//!
//! A repair that dies half-way is repaired by the next one. Afterwards everything is verified again.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use serde::{Deserialize, Serialize};
use tillroll_core::id::StreamId;

use super::course::Phase;
use super::findings::Plan;
use super::projection::{Projection, Through};
use super::report::Report;
use super::sort::{Digest, Sorted};
use super::{Verifier, scratch};
use crate::functions::publish::put_events;
use crate::generations;
use crate::ports::{
    Archive, Clock, EventBus, EventTable, Fault, FaultKind, Progress, ROWS_WRITE_MAX, Row, RowKey, RowWrite, Rows,
    RowsError,
};
use crate::record::EventRecord;
use crate::subscriptions::layout::Layout;

/// Events that are loaded and put on the bus together.
const EVENTS_AT_ONCE: usize = 1_000;
/// Carts that are loaded at the same time.
const CARTS_AT_ONCE: usize = 8;
/// Events of a cart in one load.
const LOAD_EVENTS_MAX: u32 = 1_000;
/// How often events that the bus did not take are offered again, and the pause before that.
const PUT_TRIES_MAX: u32 = 8;
const PUT_PAUSE: Duration = Duration::from_millis(200);
/// How often a row is read again because it moved on meanwhile.
const REBUILD_TRIES_MAX: u32 = 5;

/// Whether anything is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RepairMode {
    /// Only say what would be done.
    DryRun,
    /// Do it.
    ForReal,
}

/// What a repair did, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repair {
    /// Nothing was done.
    pub dry_run: bool,
    /// Events that went on the bus again.
    pub events_republished: u64,
    /// Rows that were written again.
    pub rows_rebuilt: u64,
    /// Rows that were not: they moved on meanwhile, or the table does not have what they show.
    pub rows_left: u64,
    /// The operation that it was recorded as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
}

impl<T, A, R, P, C> Verifier<'_, T, A, R, P, C>
where
    T: EventTable,
    A: Archive,
    R: Rows,
    P: Progress,
    C: Clock,
{
    /// Compares everything, puts right what it can, and compares everything again. The report is of the second time,
    /// so what it finds is what is left for a person; in a dry run there is only the first.
    pub async fn repair<B: EventBus>(
        &self,
        projections: &[&dyn Projection],
        wait: Duration,
        bus: &B,
        mode: RepairMode,
    ) -> Result<(Report, Repair), Fault> {
        let found = self.check(projections, wait, true).await?;
        let dry_run = mode == RepairMode::DryRun;
        let mut repair = Repair { dry_run, ..Repair::default() };
        let Some(Plan { republish, rebuild }) = found.plan else { return Ok((found.report, repair)) };
        if found.report.ok {
            return Ok((found.report, repair));
        }
        let missing = republish.sorted().map_err(scratch)?;
        if dry_run {
            repair.events_republished = count(missing)?;
            for rows in rebuild {
                repair.rows_rebuilt += count(rows.sorted().map_err(scratch)?)?;
            }
            return Ok((found.report, repair));
        }
        self.course.enter(Phase::Repairing);
        repair.events_republished = self.republish(missing, bus).await?;
        for (projection, carts) in projections.iter().zip(rebuild) {
            for wrong in carts.sorted().map_err(scratch)? {
                let rebuilt = self.rebuild(*projection, wrong.map_err(scratch)?.cart).await?;
                *(if rebuilt { &mut repair.rows_rebuilt } else { &mut repair.rows_left }) += 1;
            }
        }
        Ok((self.verify(projections, wait).await?, repair))
    }

    /// Puts the events of these places on the bus; answers how many there are in the table.
    async fn republish<B: EventBus>(&self, missing: Sorted, bus: &B) -> Result<u64, Fault> {
        let mut republished: u64 = 0;
        let mut carts: BTreeMap<StreamId, Vec<u64>> = BTreeMap::new();
        let mut waiting = 0;
        for place in missing {
            let Digest { cart, version, .. } = place.map_err(scratch)?;
            carts.entry(cart).or_default().push(version);
            waiting += 1;
            if waiting >= EVENTS_AT_ONCE {
                republished += self.republish_some(std::mem::take(&mut carts), bus).await?;
                waiting = 0;
            }
        }
        Ok(republished + self.republish_some(carts, bus).await?)
    }

    pub(super) async fn republish_some<B: EventBus>(
        &self,
        carts: BTreeMap<StreamId, Vec<u64>>,
        bus: &B,
    ) -> Result<u64, Fault> {
        let loads: Vec<_> = carts.into_iter().map(|(cart, versions)| self.events_of(cart, versions)).collect();
        let loaded: Vec<_> = stream::iter(loads).buffered(CARTS_AT_ONCE).collect().await;
        let mut events = Vec::new();
        for loaded in loaded {
            events.extend(loaded?);
        }
        let count = u64::try_from(events.len()).unwrap_or(u64::MAX);
        for _ in 0..PUT_TRIES_MAX {
            if events.is_empty() {
                return Ok(count);
            }
            let mut done = put_events(&events, bus).await?.into_iter();
            events.retain(|_| !done.next().unwrap_or(false));
            if !events.is_empty() {
                self.clock.pause(PUT_PAUSE).await;
            }
        }
        let refused = format!("it did not take {} events in {PUT_TRIES_MAX} tries", events.len());
        Err(Fault::new(FaultKind::Transient, "put again on", "the event bus", refused))
    }

    /// The events of a cart with these versions, which are in order.
    pub(super) async fn events_of(&self, cart: StreamId, versions: Vec<u64>) -> Result<Vec<EventRecord>, Fault> {
        let mut found = Vec::with_capacity(versions.len());
        let mut wanted = versions.into_iter().peekable();
        while let Some(&next) = wanted.peek() {
            let events = self.table.load(cart, next.saturating_sub(1), Some(LOAD_EVENTS_MAX)).await?;
            let Some(last) = events.last().map(|event| event.version) else { break };
            for event in events {
                while wanted.next_if(|wanted| *wanted < event.version).is_some() {}
                if wanted.next_if_eq(&event.version).is_some() {
                    found.push(event);
                }
            }
            while wanted.next_if(|wanted| *wanted <= last).is_some() {}
        }
        Ok(found)
    }

    /// Writes the row of a cart again as the table has it, with its entries; false when that cannot be done: the row is
    /// gone, is further than the table, keeps moving on, or the projection cannot go so far.
    async fn rebuild(&self, projection: &dyn Projection, cart: StreamId) -> Result<bool, Fault> {
        let unreadable = |error| Fault::new(FaultKind::Permanent, "write the row of cart", cart.to_string(), error);
        let mut strays: BTreeMap<RowKey, RowWrite> = BTreeMap::new();
        for _ in 0..REBUILD_TRIES_MAX {
            let generations = generations::read(self.rows, projection.name()).await?;
            let layout = Layout::new(projection.name(), generations.live);
            let through = Through { projection, filter: generations.filter_of(generations.live).clone() };
            let Some(wrong) = self.rows.get(&layout.row_key(cart)).await? else { return Ok(false) };
            let mut fold = through.begin(cart);
            self.load_cart(cart, 0, |mut events| {
                events.retain(|event| event.version <= wrong.revision);
                fold.fold(&events);
                Ok(())
            })
            .await?;
            if fold.version() != wrong.revision {
                return Ok(false);
            }
            let (right, entries) = fold.stored(&layout).map_err(unreadable)?;
            for entry in projection.entries_of(&layout, cart, &wrong) {
                strays.insert(entry.key.clone(), RowWrite::Delete(entry.key));
            }
            let mut follow = strays.clone();
            follow.extend(entries.into_iter().map(|entry| (entry.key.clone(), RowWrite::Set(entry))));
            match self.write_rebuilt(right, follow.clone().into_values().collect()).await {
                Ok(()) => return Ok(true),
                Err(RowsError::Fault(fault)) => return Err(fault),
                // What was written ahead of the row may not follow from the row as it is now.
                Err(RowsError::Conflict) => {
                    strays.extend(follow.into_keys().map(|key| (key.clone(), RowWrite::Delete(key))));
                }
            }
        }
        Ok(false)
    }

    /// The row comes last and with a condition, so that it is wrong until all that follows from it is right.
    async fn write_rebuilt(&self, row: Row, follow: Vec<RowWrite>) -> Result<(), RowsError> {
        let alone = follow.len() - follow.len() % (ROWS_WRITE_MAX - 1);
        let alone = if follow.len() < ROWS_WRITE_MAX { 0 } else { alone };
        let (before, with) = follow.split_at(alone);
        for writes in before.chunks(ROWS_WRITE_MAX) {
            self.rows.write(writes).await?;
        }
        let mended = [RowWrite::Mend(row)];
        self.rows.write(&[&mended[..], with].concat()).await
    }
}

fn count(places: Sorted) -> Result<u64, Fault> {
    places.map(|place| place.map(|_| 1).map_err(scratch)).sum()
}
