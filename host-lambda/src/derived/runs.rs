//! Replay runs as rows: one row a run, whose revision is the run's, and whose index sorts runs by their first save.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::ports::{By, Clock, Fault, FaultKind, Order, Row, RowKey, RowQuery, RowWrite, Rows, RowsError, Runs};
use crate::subscriptions::layout::padded_ms;

/// Partition of the runs, and of their index.
const PARTITION: &str = "runs";
/// No row may have an empty sort key; a run's name may be anything else.
const UNNAMED: &str = "a replay run has a name";

/// The runs in the rows. Cheap to clone.
#[derive(Clone, Debug)]
pub struct RowRuns<R, C> {
    rows: R,
    clock: C,
    /// The moment of the newest run of this process: two in one millisecond still have an order.
    newest_ms: Arc<AtomicI64>,
}

impl<R: Rows, C: Clock> RowRuns<R, C> {
    /// The runs in these rows.
    pub fn new(rows: R, clock: C) -> Self {
        Self { rows, clock, newest_ms: Arc::default() }
    }

    /// The place of a new run in the order of runs.
    fn place_of(&self, run: &str) -> RowKey {
        let now_ms = self.clock.now().unix_ms();
        let later = |newest: i64| Some(newest.saturating_add(1).max(now_ms));
        let before = self.newest_ms.fetch_update(Ordering::Relaxed, Ordering::Relaxed, later).unwrap_or(now_ms);
        let at_ms = before.saturating_add(1).max(now_ms);
        RowKey { partition: PARTITION.to_owned(), sort: format!("{}#{run}", padded_ms(at_ms)) }
    }
}

impl<R: Rows, C: Clock> Runs for RowRuns<R, C> {
    async fn load(&self, run: &str) -> Result<Option<(u64, String)>, Fault> {
        Ok(self.rows.get(&key(run)?).await?.map(|row| (row.revision, row.body)))
    }

    async fn save(&self, run: &str, expected: u64, document: String) -> Result<(), RowsError> {
        let key = key(run)?;
        let index = if expected == 0 {
            self.place_of(run)
        } else {
            // A run keeps its place. Whoever has changed it meanwhile keeps it too.
            match self.rows.get(&key).await? {
                Some(Row { revision, index: Some(index), .. }) if revision == expected => index,
                _ => return Err(RowsError::Conflict),
            }
        };
        let row = Row { key, revision: expected.saturating_add(1), body: document, index: Some(index) };
        self.rows.write(&[RowWrite::Put { expected, row }]).await
    }

    async fn list(&self, limit: u32) -> Result<Vec<(String, String)>, Fault> {
        let query = RowQuery {
            by: By::Index,
            partition: PARTITION.to_owned(),
            after: None,
            until: None,
            order: Order::Descending,
            limit,
        };
        Ok(self.rows.query(&query).await?.into_iter().map(|row| (row.key.sort, row.body)).collect())
    }
}

fn key(run: &str) -> Result<RowKey, Fault> {
    if run.is_empty() {
        return Err(Fault::new(FaultKind::Permanent, "find replay run", "(none)", UNNAMED));
    }
    Ok(RowKey { partition: PARTITION.to_owned(), sort: run.to_owned() })
}
