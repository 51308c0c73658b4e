//! Rebuilding single carts: a cart is folded anew from the event table beside its stored row, and then takes its place
//! together with its entries, in one conditional write.
//!
//! The row keeps its version, which is the gate, or moves forward; so its revision alone does not tell who read the row
//! before. Somebody who did could put his next version, made of the old content, over the new one. But he must have had
//! an event of that version, and events are in the table before they are anywhere else: if the table still ends where
//! the fold ended after the write, nobody had. If it does not, the cart is rebuilt once more.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use tillroll_core::id::StreamId;

use super::Projector;
use super::advance::{Feed, StoredCart};
use super::message::ReplayMessage;
use super::plan::Standing;
use crate::filter::Filter;
use crate::generations::Generations;
use crate::ports::{EventTable, Fault, FaultKind, ROWS_WRITE_MAX, Row, RowKey, RowWrite, Rows, RowsError};
use crate::subscriptions::Subscription;
use crate::subscriptions::fold::{Arrival, Folded, Obstacle, Standstill};
use crate::subscriptions::layout::Layout;
use crate::subscriptions::reading::get_all;

/// How often a cart is rebuilt again because somebody was faster.
const TRIES_MAX: u32 = 8;
/// Events read at a time, and how often: carts of a million events.
const LOAD_EVENTS_MAX: u32 = 1_000;
const LOADS_MAX: usize = 1_000;
/// Events after each of which the entries are worked out, to find those that should be gone by now. After more, only
/// at every page.
const TRACED_EVENTS_MAX: u64 = 10_000;
/// Changes of entries in the write that changes the row; it may change the parked row as well.
const CHANGES_WITH_ROW_MAX: usize = ROWS_WRITE_MAX - 2;
/// Changes of entries in a write before it. The row is in each, for its condition.
const CHANGES_BEFORE_MAX: usize = ROWS_WRITE_MAX - 1;

/// What became of a cart that was to be rebuilt, for the run that asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rebuilt {
    /// The round of the run.
    pub(crate) round: u32,
    /// The version that its row shows.
    pub(crate) version: u64,
    /// Why it does not show everything.
    pub(crate) standstill: Option<String>,
}

impl Rebuilt {
    /// Where that is written down.
    pub(crate) fn key(subscription: &str, run: &str, cart: StreamId) -> RowKey {
        RowKey { partition: format!("{subscription}#rebuilt#{run}"), sort: cart.to_string() }
    }
}

/// A cart as a fold of the table leaves it.
struct Aside<R> {
    folded: Folded<R>,
    standstill: Option<Standstill>,
    /// The version at which the table ended.
    head: u64,
    /// Wherever it ever had an entry.
    places: BTreeSet<RowKey>,
}

/// What a cart shows, and why not more.
type Shown = (u64, Option<String>);

impl<S: Subscription, R: Rows, T: EventTable> Projector<S, R, T> {
    /// Rebuilds the carts of a message in every generation that is fed, and answers those for which that has to be
    /// tried again.
    pub(super) async fn rebuild(&self, generations: &Generations, order: &ReplayMessage) -> BTreeSet<StreamId> {
        let mut failed = BTreeSet::new();
        for cart in &order.carts {
            if let Err(fault) = self.rebuild_cart(generations, order, *cart).await {
                tracing::warn!(subscription = S::NAME, %cart, %fault, "a cart was not rebuilt");
                failed.insert(*cart);
            }
        }
        failed
    }

    async fn rebuild_cart(
        &self,
        generations: &Generations,
        order: &ReplayMessage,
        cart: StreamId,
    ) -> Result<(), Fault> {
        let mut shown: Shown = (0, None);
        for generation in generations.fed() {
            let layout = Layout::new(S::NAME, generation);
            let (version, standstill) = self.rebuild_in(&layout, generations.filter_of(generation), cart).await?;
            if generation == generations.live {
                shown.0 = version;
            }
            shown.1 = shown.1.or(standstill);
        }
        let (version, standstill) = shown;
        let rebuilt = Rebuilt { round: order.part, version, standstill };
        let body = serde_json::to_string(&rebuilt)
            .map_err(|error| Fault::new(FaultKind::Permanent, "note the rebuilt cart", cart.to_string(), error))?;
        let row = Row { key: Rebuilt::key(S::NAME, &order.run, cart), revision: 1, body, index: None };
        match self.rows.write(&[RowWrite::Set(row)]).await {
            Ok(()) => Ok(()),
            Err(RowsError::Fault(fault)) => Err(fault),
            Err(RowsError::Conflict) => Err(lost_every_race(cart)),
        }
    }

    async fn rebuild_in(&self, layout: &Layout, filter: &Filter, cart: StreamId) -> Result<Shown, Fault> {
        for _ in 0..TRIES_MAX {
            let stored = self.stored(layout, &[cart]).await?.remove(&cart).unwrap_or_default();
            let rebuilt = match stored.row.clone() {
                Some(row) => self.replace(layout, filter, cart, &row, stored.parked.is_some()).await,
                None => self.build(layout, filter, cart, stored).await.map_err(RowsError::from),
            };
            match rebuilt {
                Ok(Some(shown)) => return Ok(shown),
                Ok(None) | Err(RowsError::Conflict) => {}
                Err(RowsError::Fault(fault)) => return Err(fault),
            }
        }
        Err(lost_every_race(cart))
    }

    /// Builds a cart that has no row the way every cart is built. `None` when the next look finds a row.
    async fn build(
        &self,
        layout: &Layout,
        filter: &Filter,
        cart: StreamId,
        mut stored: StoredCart,
    ) -> Result<Option<Shown>, Fault> {
        if let Some(parked) = &mut stored.parked {
            // Asked for by name: what this very build said before does not count.
            parked.build.clear();
        }
        self.advance(layout, filter, cart, stored, Feed::Table).await?;
        let after = self.stored(layout, &[cart]).await?.remove(&cart).unwrap_or_default();
        let version = after.row.as_ref().map_or(0, |row| row.revision);
        Ok(match (after.row, after.parked) {
            (_, Some(parked)) => Some((version, Some(before(parked.version, &parked.reason)))),
            (Some(_), None) => None,
            (None, None) => Some((0, None)),
        })
    }

    /// Puts what a fold of the table makes of a cart in the place of its row. `None` when somebody may have used what
    /// was there before.
    async fn replace(
        &self,
        layout: &Layout,
        filter: &Filter,
        cart: StreamId,
        stored: &Row,
        parked: bool,
    ) -> Result<Option<Shown>, RowsError> {
        let Aside { folded, standstill, head, places } = self.fold_aside(layout, filter, cart).await?;
        let version = folded.version;
        let reason = standstill.as_ref().map(|standstill| before(standstill.version, &standstill.cause.to_string()));
        if version < stored.revision {
            // Never back: what an older build could apply, or another table had, stays as it is.
            let ends = || format!("the table ends at version {version}");
            return Ok(Some((stored.revision, Some(reason.unwrap_or_else(ends)))));
        }
        let wanted = match layout.row(&self.subscription, cart, version, &folded.row) {
            Ok(row) => row,
            Err(error) => return Ok(Some((stored.revision, Some(error.to_string())))),
        };
        let mut changes = self.entry_changes(layout, cart, stored, &folded, places).await?;
        let standing =
            Standing { subscription: &self.subscription, layout, filter, build: &self.build, cart, folded, parked };
        let parking = standing.parking(standstill.as_ref());
        while changes.len() > CHANGES_WITH_ROW_MAX {
            let some = changes.drain(..CHANGES_BEFORE_MAX.min(changes.len()));
            let guarded: Vec<RowWrite> = std::iter::once(RowWrite::Mend(stored.clone())).chain(some).collect();
            self.rows.write(&guarded).await?;
        }
        if wanted != *stored || !changes.is_empty() || parking.is_some() {
            let row = if version > stored.revision {
                RowWrite::Put { expected: stored.revision, row: wanted }
            } else {
                RowWrite::Mend(wanted)
            };
            let writes: Vec<RowWrite> = std::iter::once(row).chain(changes).chain(parking).collect();
            match self.rows.write(&writes).await {
                Ok(()) => {}
                Err(RowsError::Fault(fault)) if fault.kind == FaultKind::Permanent => {
                    return Ok(Some((stored.revision, Some(fault.to_string()))));
                }
                Err(error) => return Err(error),
            }
        }
        let raised = version > stored.revision;
        let settled = raised || reason.is_some() || self.table.load(cart, head, Some(1)).await?.is_empty();
        Ok(settled.then_some((version, reason)))
    }

    /// Folds a cart from its first event to where the table ends, or to where it cannot go on.
    async fn fold_aside(&self, layout: &Layout, filter: &Filter, cart: StreamId) -> Result<Aside<S::Row>, Fault> {
        let mut aside = Aside { folded: Folded::default(), standstill: None, head: 0, places: BTreeSet::new() };
        for _ in 0..LOADS_MAX {
            let events = match self.table.load(cart, aside.head, Some(LOAD_EVENTS_MAX)).await {
                Ok(events) => events,
                Err(fault) if fault.kind == FaultKind::Permanent => {
                    let refused = Obstacle::Refused(fault.to_string());
                    aside.standstill = aside.standstill.or(Some(Standstill::after(aside.folded.version, refused)));
                    return Ok(aside);
                }
                Err(fault) => return Err(fault),
            };
            let Some(last) = events.last() else { return Ok(aside) };
            aside.head = last.version;
            let arrivals: Vec<Arrival> = events.into_iter().map(Arrival::Event).collect();
            let step = if aside.head <= TRACED_EVENTS_MAX { 1 } else { arrivals.len() };
            for some in arrivals.chunks(step.max(1)) {
                if aside.standstill.is_some() {
                    break;
                }
                let (folded, standstill) = aside.folded.fold_through(&self.subscription, filter, some);
                let entries = layout.entries(&self.subscription, cart, folded.version, &folded.row);
                aside.places.extend(entries.map(|entry| entry.key));
                (aside.folded, aside.standstill) = (folded, standstill);
            }
        }
        let reason = "there is more to read than one delivery takes";
        Err(Fault::new(FaultKind::Permanent, "rebuild cart", cart.to_string(), reason))
    }

    /// What makes the stored entries of a cart those that follow from `folded`.
    async fn entry_changes(
        &self,
        layout: &Layout,
        cart: StreamId,
        stored: &Row,
        folded: &Folded<S::Row>,
        mut places: BTreeSet<RowKey>,
    ) -> Result<Vec<RowWrite>, Fault> {
        let entries =
            |version, row: &S::Row| -> Vec<Row> { layout.entries(&self.subscription, cart, version, row).collect() };
        // A row that does not read has entries all the same; those that the cart ever had are among `places`.
        if let Ok(row) = serde_json::from_str::<S::Row>(&stored.body) {
            places.extend(entries(stored.revision, &row).into_iter().map(|entry| entry.key));
        }
        let keys: Vec<RowKey> = places.into_iter().collect();
        let mut found: BTreeMap<RowKey, Row> =
            get_all(&self.rows, &keys).await?.into_iter().map(|row| (row.key.clone(), row)).collect();
        let mut changes = Vec::new();
        for entry in entries(folded.version, &folded.row) {
            if found.remove(&entry.key).is_none_or(|stored| stored.body != entry.body) {
                changes.push(RowWrite::Set(entry));
            }
        }
        changes.extend(found.into_keys().map(RowWrite::Delete));
        Ok(changes)
    }
}

fn before(version: u64, reason: &str) -> String {
    format!("it is parked before version {version}: {reason}")
}

fn lost_every_race(cart: StreamId) -> Fault {
    Fault::new(FaultKind::Transient, "rebuild cart", cart.to_string(), RowsError::Conflict)
}
