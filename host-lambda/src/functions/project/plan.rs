//! What to write when a cart's row moves forward: pure. One plan is one write: the row, the entries that came or went
//! with it, and whether the cart is parked.

use std::collections::BTreeMap;

use tillroll_core::id::StreamId;

use crate::ports::{Row, RowKey, RowWrite};
use crate::record::EventRecord;
use crate::subscriptions::Subscription;
use crate::subscriptions::fold::{ENTRIES_CHANGED_MAX, Folded, Obstacle, Standstill};
use crate::subscriptions::layout::{Layout, Parked};

/// Where a cart stands before a write, and whose it is.
pub(super) struct Standing<'a, S: Subscription> {
    pub(super) subscription: &'a S,
    pub(super) layout: &'a Layout,
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
    /// Plans to apply as many of `events` (in order, none applied before) as fit one write.
    pub(super) fn plan(&self, events: &[EventRecord]) -> Plan<S::Row> {
        let mut take = events.len();
        loop {
            let (after, standstill) = self.folded.fold(self.subscription, events.get(..take).unwrap_or(events));
            let applied = usize::try_from(after.version - self.folded.version).unwrap_or(usize::MAX);
            match (self.moves(&after), events.first()) {
                (Ok(moves), _) if moves.len() <= ENTRIES_CHANGED_MAX + 1 => {
                    return self.finish(after, moves, standstill);
                }
                // Half as many events change fewer entries. Never many turns: `take` shrinks to 1.
                (Ok(_), _) if applied > 1 => take = applied / 2,
                (Ok(moves), Some(event)) => {
                    return self.park(Standstill::at(event, Obstacle::TooManyEntries(moves.len() - 1)));
                }
                (Err(error), Some(event)) => return self.park(Standstill::at(event, error)),
                // Without events nothing moves, so nothing is too many.
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
        let key = self.layout.parked_key(self.cart);
        match &standstill {
            Some(standstill) => {
                let parked = Parked {
                    version: standstill.version,
                    event_id: standstill.event_id,
                    reason: standstill.cause.to_string(),
                    build: self.build.to_owned(),
                    since: standstill.recorded_at,
                };
                // Plain members always serialize; an empty body stands for the impossible.
                let body = serde_json::to_string(&parked).unwrap_or_default();
                writes.push(RowWrite::Set(Row { key, revision: standstill.version, body, index: None }));
            }
            None if self.parked => writes.push(RowWrite::Delete(key)),
            None => {}
        }
        Plan { writes, folded, standstill }
    }
}
