//! What to write when a cart's row moves forward: pure. One plan is one write: the row, the entries that came or went
//! with it, and whether the cart is parked.

use std::collections::BTreeMap;

use tillroll_core::id::StreamId;

use crate::filter::Filter;
use crate::ports::{Row, RowKey, RowWrite};
use crate::subscriptions::Subscription;
use crate::subscriptions::fold::{Arrival, ENTRIES_CHANGED_MAX, Folded, Obstacle, Standstill};
use crate::subscriptions::layout::{Layout, Parked};

/// Where a cart stands before a write, and whose it is.
pub(super) struct Standing<'a, S: Subscription> {
    pub(super) subscription: &'a S,
    pub(super) layout: &'a Layout,
    pub(super) filter: &'a Filter,
    pub(super) build: &'a str,
    pub(super) cart: StreamId,
    /// What is stored.
    pub(super) folded: Folded<S::Row>,
    /// Whether a parked row is stored.
    pub(super) parked: bool,
}

/// One write.
pub(super) struct Plan<R> {
    /// All or none of them; empty when nothing changes.
    pub(super) writes: Vec<RowWrite>,
    /// Where the cart stands after it.
    pub(super) folded: Folded<R>,
    /// Why it stands still there, if it does.
    pub(super) standstill: Option<Standstill>,
}

impl<S: Subscription> Standing<'_, S> {
    /// Plans to take as many of `arrivals` (in order, none taken before) as fit one write.
    pub(super) fn plan(&self, arrivals: &[Arrival]) -> Plan<S::Row> {
        let mut take = arrivals.len();
        loop {
            let some = arrivals.get(..take).unwrap_or(arrivals);
            let (after, standstill) = self.folded.fold_through(self.subscription, self.filter, some);
            let applied = usize::try_from(after.version - self.folded.version).unwrap_or(usize::MAX);
            match (self.moves(&after), arrivals.first()) {
                (Ok(moves), _) if moves.len() <= ENTRIES_CHANGED_MAX + 1 => {
                    return self.finish(after, moves, standstill);
                }
                // Half as many events change fewer entries. Never many turns: `take` shrinks to 1.
                (Ok(_), _) if applied > 1 => take = applied / 2,
                (Ok(moves), Some(arrival)) => {
                    return self.park(arrival.standstill(Obstacle::TooManyEntries(moves.len() - 1)));
                }
                (Err(error), Some(arrival)) => return self.park(arrival.standstill(error)),
                // Without arrivals nothing moves, so nothing is too many.
                (_, None) => return self.finish(self.folded.clone(), Vec::new(), standstill),
            }
        }
    }

    /// Plans to leave the row as it is and to park the cart.
    pub(super) fn park(&self, standstill: Standstill) -> Plan<S::Row> {
        self.finish(self.folded.clone(), Vec::new(), Some(standstill))
    }

    /// The writes that take the row and its entries from where they are to `after`.
    fn moves(&self, after: &Folded<S::Row>) -> Result<Vec<RowWrite>, serde_json::Error> {
        let expected = self.folded.version;
        if after.version == expected {
            return Ok(Vec::new());
        }
        let row = self.layout.row(self.subscription, self.cart, after.version, &after.row)?;
        let mut writes = vec![RowWrite::Put { expected, row }];
        let entries = |folded: &Folded<S::Row>| -> BTreeMap<RowKey, Row> {
            let entries = self.layout.entries(self.subscription, self.cart, folded.version, &folded.row);
            entries.map(|row| (row.key.clone(), row)).collect()
        };
        let mut gone = entries(&self.folded);
        for (key, row) in entries(after) {
            if gone.remove(&key).is_none_or(|before| before.body != row.body) {
                writes.push(RowWrite::Set(row));
            }
        }
        writes.extend(gone.into_keys().map(RowWrite::Delete));
        Ok(writes)
    }

    fn finish(
        &self,
        folded: Folded<S::Row>,
        mut writes: Vec<RowWrite>,
        standstill: Option<Standstill>,
    ) -> Plan<S::Row> {
        writes.extend(self.parking(standstill.as_ref()));
        Plan { writes, folded, standstill }
    }

    /// What becomes of the row that says that the cart is parked.
    pub(super) fn parking(&self, standstill: Option<&Standstill>) -> Option<RowWrite> {
        let key = self.layout.parked_key(self.cart);
        let Some(standstill) = standstill else { return self.parked.then_some(RowWrite::Delete(key)) };
        let parked = Parked {
            version: standstill.version,
            event_id: standstill.event_id,
            reason: standstill.cause.to_string(),
            build: self.build.to_owned(),
            since: standstill.recorded_at,
        };
        // Plain members always serialize; an empty body stands for the impossible.
        let body = serde_json::to_string(&parked).unwrap_or_default();
        Some(RowWrite::Set(Row { key, revision: standstill.version, body, index: None }))
    }
}
