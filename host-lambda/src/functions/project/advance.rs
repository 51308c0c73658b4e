//! Moving carts of one generation forward: what is stored is read in bulk, then each cart is folded and written on
//! its own, several at once.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::stream::{self, StreamExt as _};
use tillroll_core::id::StreamId;

use super::plan::Standing;
use super::{Arrivals, Projector};
use crate::filter::Filter;
use crate::ports::{EventTable, Fault, FaultKind, Row, Rows, RowsError};
use crate::subscriptions::Subscription;
use crate::subscriptions::fold::{Arrival, Folded, Obstacle, Standstill};
use crate::subscriptions::layout::{Layout, Parked};
use crate::subscriptions::reading::{parked_of, rows_of};

/// Carts that are written at the same time: enough to hide the way to the rows and back, few enough that one
/// invocation does not throttle the others.
const CARTS_AT_ONCE: usize = 16;
/// How often a cart is read again after a lost race. Only the two feeds of one generation race.
const TRIES_MAX: u32 = 8;
/// Events in one read of a gap.
pub(super) const FILL_EVENTS_MAX: u32 = 1_000;
/// Reads for one gap. A longer one is filled by as many deliveries as it takes.
pub(super) const FILL_READS_MAX: u32 = 100;

/// Where the events of a cart come from.
#[derive(Clone, Copy)]
pub(super) enum Feed<'a> {
    /// This arrived, in order.
    Arrived(&'a [Arrival]),
    /// Whatever the table has.
    Table,
}

/// How a cart stands afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// All that was asked for is applied.
    Applied,
    /// The cart is parked.
    Parked,
}

/// What is stored of a cart.
#[derive(Default)]
pub(super) struct StoredCart {
    pub(super) row: Option<Row>,
    pub(super) parked: Option<Parked>,
}

impl<S: Subscription, R: Rows, T: EventTable> Projector<S, R, T> {
    /// Applies arrivals to one generation; answers the carts that could not be written now. A fault when what is
    /// stored cannot be read.
    pub(super) async fn apply(
        &self,
        generation: u32,
        filter: &Filter,
        arrivals: &Arrivals,
    ) -> Result<BTreeSet<StreamId>, Fault> {
        let layout = Layout::new(S::NAME, generation);
        let carts: Vec<StreamId> = arrivals.keys().copied().collect();
        let mut stored = self.stored(&layout, &carts).await?;
        let moves: Vec<_> = arrivals
            .iter()
            .map(|(cart, arrivals)| {
                let stored = stored.remove(cart).unwrap_or_default();
                self.advance(&layout, filter, *cart, stored, Feed::Arrived(arrivals))
            })
            .collect();
        let outcomes: Vec<_> = stream::iter(moves).buffered(CARTS_AT_ONCE).collect().await;
        let mut failed = BTreeSet::new();
        for (cart, outcome) in carts.into_iter().zip(outcomes) {
            if let Err(fault) = outcome {
                tracing::warn!(subscription = S::NAME, generation, %cart, %fault, "a cart was not projected");
                failed.insert(cart);
            }
        }
        Ok(failed)
    }

    /// Moves one cart, of which `stored` is known.
    pub(super) async fn advance(
        &self,
        layout: &Layout,
        filter: &Filter,
        cart: StreamId,
        mut stored: StoredCart,
        feed: Feed<'_>,
    ) -> Result<Outcome, Fault> {
        for _ in 0..TRIES_MAX {
            match self.advance_once(layout, filter, cart, stored, feed).await {
                Ok(outcome) => return Ok(outcome),
                Err(RowsError::Fault(fault)) => return Err(fault),
                Err(RowsError::Conflict) => {
                    stored = self.stored(layout, &[cart]).await?.remove(&cart).unwrap_or_default();
                }
            }
        }
        Err(Fault::new(FaultKind::Transient, "project cart", cart.to_string(), RowsError::Conflict))
    }

    async fn advance_once(
        &self,
        layout: &Layout,
        filter: &Filter,
        cart: StreamId,
        stored: StoredCart,
        feed: Feed<'_>,
    ) -> Result<Outcome, RowsError> {
        let version = stored.row.as_ref().map_or(0, |row| row.revision);
        let row = stored.row.as_ref().map_or(Ok(S::Row::default()), |row| serde_json::from_str(&row.body));
        let mut standing = Standing {
            subscription: &self.subscription,
            layout,
            filter,
            build: &self.build,
            cart,
            folded: Folded { version, row: S::Row::default() },
            parked: stored.parked.is_some(),
        };
        let Some(feed) = feed.after(version) else {
            self.tally.duplicates.add(1);
            return Ok(Outcome::Applied);
        };
        if stored.parked.is_some_and(|parked| parked.version > version && parked.build == self.build) {
            self.tally.held.add(1);
            return Ok(Outcome::Parked);
        }
        match row {
            Ok(row) => standing.folded.row = row,
            Err(error) => return self.park(standing, Standstill::after(version, error)).await,
        }
        match feed {
            Feed::Arrived(arrivals)
                if arrivals.first().is_some_and(|arrival| arrival.version() == version + 1) && gapless(arrivals) =>
            {
                self.apply_arrivals(&mut standing, arrivals).await
            }
            Feed::Arrived(arrivals) => {
                self.tally.gaps_filled.add(1);
                self.fill(standing, arrivals.last().map(Arrival::version)).await
            }
            Feed::Table => self.fill(standing, None).await,
        }
    }

    /// Applies what the table has, up to `until` or its head.
    async fn fill(&self, mut standing: Standing<'_, S>, until: Option<u64>) -> Result<Outcome, RowsError> {
        for _ in 0..FILL_READS_MAX {
            let version = standing.folded.version;
            if until.is_some_and(|until| version >= until) {
                return Ok(Outcome::Applied);
            }
            let events = match self.table.load(standing.cart, version, Some(FILL_EVENTS_MAX)).await {
                Ok(events) => events,
                Err(fault) if fault.kind == FaultKind::Permanent => {
                    return self.park(standing, Standstill::after(version, Obstacle::Refused(fault.to_string()))).await;
                }
                Err(fault) => return Err(fault.into()),
            };
            match (events.is_empty(), until) {
                (false, _) => {
                    let arrivals: Vec<Arrival> = events.into_iter().map(Arrival::Event).collect();
                    if self.apply_arrivals(&mut standing, &arrivals).await? == Outcome::Parked {
                        return Ok(Outcome::Parked);
                    }
                }
                (true, None) => return self.clear_parked(standing).await,
                (true, Some(_)) => return self.park(standing, Standstill::after(version, Obstacle::Missing)).await,
            }
        }
        let cart = standing.cart.to_string();
        Err(Fault::new(FaultKind::Transient, "project cart", cart, "there is more to read than one delivery takes")
            .into())
    }

    /// Takes arrivals in as many writes as they need, and moves `standing` along.
    async fn apply_arrivals(&self, standing: &mut Standing<'_, S>, arrivals: &[Arrival]) -> Result<Outcome, RowsError> {
        let mut rest = arrivals;
        while let Some(first) = rest.first() {
            let plan = standing.plan(rest);
            match self.rows.write(&plan.writes).await {
                Ok(()) => {}
                Err(RowsError::Fault(fault)) if fault.kind == FaultKind::Permanent => {
                    let plan = standing.park(first.standstill(Obstacle::Refused(fault.to_string())));
                    self.rows.write(&plan.writes).await?;
                    return Ok(self.note_parked(standing.cart, plan.standstill.as_ref()));
                }
                Err(error) => return Err(error),
            }
            let applied = plan.folded.version - standing.folded.version;
            self.tally.applied.add(applied);
            standing.folded = plan.folded;
            standing.parked = plan.standstill.is_some();
            if standing.parked {
                return Ok(self.note_parked(standing.cart, plan.standstill.as_ref()));
            }
            let applied = usize::try_from(applied).unwrap_or(usize::MAX);
            rest = rest.get(applied..).unwrap_or_default();
        }
        Ok(Outcome::Applied)
    }

    async fn park(&self, standing: Standing<'_, S>, standstill: Standstill) -> Result<Outcome, RowsError> {
        let plan = standing.park(standstill);
        self.rows.write(&plan.writes).await?;
        Ok(self.note_parked(standing.cart, plan.standstill.as_ref()))
    }

    /// Deletes a parked row that was overtaken: its cart is at the table's head.
    async fn clear_parked(&self, standing: Standing<'_, S>) -> Result<Outcome, RowsError> {
        let plan = standing.plan(&[]);
        if !plan.writes.is_empty() {
            self.rows.write(&plan.writes).await?;
        }
        Ok(Outcome::Applied)
    }

    fn note_parked(&self, cart: StreamId, standstill: Option<&Standstill>) -> Outcome {
        if let Some(Standstill { version, cause, .. }) = standstill {
            tracing::error!(subscription = S::NAME, %cart, version, %cause, "parked a cart");
        }
        self.tally.parked.add(1);
        Outcome::Parked
    }

    /// What is stored of the carts; those of which nothing is are left out.
    pub(super) async fn stored(
        &self,
        layout: &Layout,
        carts: &[StreamId],
    ) -> Result<BTreeMap<StreamId, StoredCart>, Fault> {
        let mut stored: BTreeMap<StreamId, StoredCart> = BTreeMap::new();
        for (cart, row) in rows_of(&self.rows, layout, carts.iter().copied()).await? {
            stored.entry(cart).or_default().row = Some(row);
        }
        for (cart, parked) in parked_of(&self.rows, layout, carts.iter().copied()).await? {
            stored.entry(cart).or_default().parked = Some(parked);
        }
        Ok(stored)
    }
}

impl<'a> Feed<'a> {
    /// What is new after `version`; `None` when nothing is.
    pub(super) fn after(self, version: u64) -> Option<Self> {
        match self {
            Self::Table => Some(self),
            Self::Arrived(arrivals) => {
                let fresh: &'a [Arrival] =
                    &arrivals[arrivals.partition_point(|arrival| arrival.version() <= version)..];
                (!fresh.is_empty()).then_some(Self::Arrived(fresh))
            }
        }
    }
}

pub(super) fn gapless(arrivals: &[Arrival]) -> bool {
    arrivals.windows(2).all(|pair| pair[0].version() + 1 == pair[1].version())
}
