//! Rows in memory.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use super::{Faults, lock};
use crate::ports::{
    By, Fault, FaultKind, Order, ROWS_GET_MAX, Row, RowKey, RowQuery, RowWrite, Rows, RowsError, check_writes,
};

/// Rows by key, and the keys by index place.
#[derive(Clone, Debug, Default)]
pub struct MemoryRows {
    content: Arc<Mutex<Content>>,
    faults: Arc<Faults>,
}

#[derive(Debug, Default)]
struct Content {
    rows: BTreeMap<RowKey, Row>,
    index: BTreeSet<(RowKey, RowKey)>,
}

impl MemoryRows {
    /// Makes calls fail.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// All rows in key order, for tests that compare whole projections.
    #[must_use]
    pub fn all(&self) -> Vec<Row> {
        lock(&self.content).rows.values().cloned().collect()
    }
}

impl Rows for MemoryRows {
    async fn get(&self, key: &RowKey) -> Result<Option<Row>, Fault> {
        self.faults.before("get row", &key.to_string())?;
        Ok(lock(&self.content).rows.get(key).cloned())
    }

    async fn get_many(&self, keys: &[RowKey]) -> Result<Vec<Row>, Fault> {
        if keys.len() > ROWS_GET_MAX {
            let reason = format!("at most {ROWS_GET_MAX} keys at a time, not {}", keys.len());
            return Err(Fault::new(FaultKind::Permanent, "get rows of", "the rows table", reason));
        }
        self.faults.before("get rows of", "the rows table")?;
        let content = lock(&self.content);
        let keys: BTreeSet<&RowKey> = keys.iter().collect();
        Ok(keys.into_iter().filter_map(|key| content.rows.get(key).cloned()).collect())
    }

    async fn query(&self, query: &RowQuery) -> Result<Vec<Row>, Fault> {
        self.faults.before("query partition", &query.partition)?;
        let content = lock(&self.content);
        let start = RowKey { partition: query.partition.clone(), sort: String::new() };
        let mut rows: Vec<&Row> = match query.by {
            By::Key => {
                let partition = content.rows.range(start..).take_while(|(key, _)| key.partition == query.partition);
                partition.filter(|(key, _)| query.covers(&key.sort)).map(|(_, row)| row).collect()
            }
            By::Index => {
                let lowest = RowKey { partition: String::new(), sort: String::new() };
                let places = content.index.range((start, lowest)..);
                let partition = places.take_while(|(place, _)| place.partition == query.partition);
                let covered = partition.filter(|(place, _)| query.covers(&place.sort));
                covered.filter_map(|(_, key)| content.rows.get(key)).collect()
            }
        };
        if query.order == Order::Descending {
            rows.reverse();
        }
        Ok(rows.into_iter().take(usize::try_from(query.limit).unwrap_or(usize::MAX)).cloned().collect())
    }

    async fn write(&self, writes: &[RowWrite]) -> Result<(), RowsError> {
        check_writes(writes)?;
        let object = writes.first().map(|write| write.key().to_string()).unwrap_or_default();
        self.faults.before("write row", &object)?;
        {
            let mut content = lock(&self.content);
            let gated = || writes.iter().filter_map(RowWrite::gate);
            let revision_of = |key| content.rows.get(key).map_or(0, |row| row.revision);
            if gated().any(|(expected, row)| revision_of(&row.key) != expected) {
                let landed_before = writes.iter().all(|write| write.leaves(content.rows.get(write.key())));
                return if landed_before { Ok(()) } else { Err(RowsError::Conflict) };
            }
            for write in writes {
                content.apply(write);
            }
        }
        Ok(self.faults.after("write row", &object)?)
    }
}

impl Content {
    fn apply(&mut self, write: &RowWrite) {
        let key = write.key();
        if let Some(place) = self.rows.remove(key).and_then(|row| row.index) {
            self.index.remove(&(place, key.clone()));
        }
        if let RowWrite::Put { row, .. } | RowWrite::Mend(row) | RowWrite::Set(row) = write {
            if let Some(place) = &row.index {
                self.index.insert((place.clone(), key.clone()));
            }
            self.rows.insert(key.clone(), row.clone());
        }
    }
}

impl RowQuery {
    /// Whether a row of the query's partition with this sort key is asked for.
    fn covers(&self, sort: &String) -> bool {
        let further = match self.order {
            Order::Ascending => Ordering::Greater,
            Order::Descending => Ordering::Less,
        };
        self.after.as_ref().is_none_or(|after| sort.cmp(after) == further)
            && self.until.as_ref().is_none_or(|until| sort.cmp(until) != further)
    }
}
