//! Rows of projections, and the conditions under which they are written.

use std::collections::BTreeSet;
use std::fmt;

use super::{Fault, FaultKind};

/// Rows of projections and the little records that steer them. A row has a partition, a sort key, a revision that
/// every write raises, and a JSON body.
pub trait Rows: Send + Sync {
    /// One row.
    fn get(&self, key: &RowKey) -> impl Future<Output = Result<Option<Row>, Fault>> + Send;

    /// Up to [`ROWS_GET_MAX`] rows; missing ones are left out, the order is free.
    fn get_many(&self, keys: &[RowKey]) -> impl Future<Output = Result<Vec<Row>, Fault>> + Send;

    /// Rows of one partition in the order of their sort keys.
    fn query(&self, query: &RowQuery) -> impl Future<Output = Result<Vec<Row>, Fault>> + Send;

    /// Writes 1..=[`ROWS_WRITE_MAX`] rows, all or none. A single write goes as one conditional put. A write that had
    /// landed already (everything stands as it would leave it) is a success, however the answer to it got lost.
    fn write(&self, writes: &[RowWrite]) -> impl Future<Output = Result<(), RowsError>> + Send;
}

/// Rows that somebody else keeps.
impl<R: Rows> Rows for &R {
    async fn get(&self, key: &RowKey) -> Result<Option<Row>, Fault> {
        R::get(self, key).await
    }

    async fn get_many(&self, keys: &[RowKey]) -> Result<Vec<Row>, Fault> {
        R::get_many(self, keys).await
    }

    async fn query(&self, query: &RowQuery) -> Result<Vec<Row>, Fault> {
        R::query(self, query).await
    }

    async fn write(&self, writes: &[RowWrite]) -> Result<(), RowsError> {
        R::write(self, writes).await
    }
}

/// Most rows in one `get_many` (DynamoDB `BatchGetItem`).
pub const ROWS_GET_MAX: usize = 100;
/// Most rows in one `write` (DynamoDB `TransactWriteItems`).
pub const ROWS_WRITE_MAX: usize = 100;

/// Where a row lies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowKey {
    /// Partition key.
    pub partition: String,
    /// Sort key within the partition.
    pub sort: String,
}

impl fmt::Display for RowKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} / {}", self.partition, self.sort)
    }
}

/// A stored row.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Where it lies.
    pub key: RowKey,
    /// Raised by every write; a projection row's gate: the version of the event applied last.
    pub revision: u64,
    /// Its content: JSON text.
    pub body: String,
    /// Its place in the secondary index, if it has one. Make it unique (end its sort key with the row's own), so that
    /// a query can go on after it.
    pub index: Option<RowKey>,
}

/// What to read of one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowQuery {
    /// Which index: rows by their own key, or by [`Row::index`].
    pub by: By,
    /// The partition.
    pub partition: String,
    /// Only sort keys above (or, in descending order, below) this one.
    pub after: Option<String>,
    /// Only sort keys up to (or, in descending order, down to) this one, itself included.
    pub until: Option<String>,
    /// Newest first or oldest first.
    pub order: Order,
    /// At most so many rows.
    pub limit: u32,
}

/// By which key a query goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The row's own key, read consistently.
    Key,
    /// [`Row::index`], which may lag behind a write for a moment.
    Index,
}

/// Direction of a query over sort keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

/// One write of a [`Rows::write`].
#[derive(Clone, Debug, PartialEq)]
pub enum RowWrite {
    /// Puts `row` if the stored revision is `expected` (0: there is no such row). This is the gate's condition.
    Put {
        /// Revision that must be stored.
        expected: u64,
        /// The row as it will be; its revision must be above `expected`.
        row: Row,
    },
    /// Puts `row` over the one that is stored with this very revision: a repair of its content. Fails as a `Put` does.
    Mend(Row),
    /// Puts `row` whatever is there; for rows that follow from a gated row in the same write.
    Set(Row),
    /// Deletes the row if it exists; likewise.
    Delete(RowKey),
}

impl RowWrite {
    /// Where it writes.
    #[must_use]
    pub fn key(&self) -> &RowKey {
        match self {
            Self::Put { row, .. } | Self::Mend(row) | Self::Set(row) => &row.key,
            Self::Delete(key) => key,
        }
    }

    /// Whether `stored`, what is at its key, is what it leaves there.
    #[must_use]
    pub fn leaves(&self, stored: Option<&Row>) -> bool {
        match self {
            Self::Put { row, .. } | Self::Mend(row) | Self::Set(row) => stored == Some(row),
            Self::Delete(_) => stored.is_none(),
        }
    }

    /// The expected revision and the row, if this write is gated.
    #[must_use]
    pub fn gate(&self) -> Option<(u64, &Row)> {
        match self {
            Self::Put { expected, row } => Some((*expected, row)),
            Self::Mend(row) => Some((row.revision, row)),
            Self::Set(_) | Self::Delete(_) => None,
        }
    }
}

/// A fault when `writes` is no write of rows: none, too many, two of one row, an empty key, or a revision that does
/// not rise.
pub fn check_writes(writes: &[RowWrite]) -> Result<(), Fault> {
    let wrong = |object: String, reason: &str| Fault::new(FaultKind::Permanent, "write row", object, reason);
    if writes.is_empty() || writes.len() > ROWS_WRITE_MAX {
        return Err(wrong("(several)".to_owned(), "a write has 1 to 100 rows"));
    }
    let mut keys = BTreeSet::new();
    for write in writes {
        let key = write.key();
        if key.partition.is_empty() || key.sort.is_empty() {
            return Err(wrong(key.to_string(), "no part of a key may be empty"));
        }
        if !keys.insert(key) {
            return Err(wrong(key.to_string(), "the row is written twice at once"));
        }
        if let RowWrite::Put { expected, row } = write
            && row.revision <= *expected
        {
            return Err(wrong(key.to_string(), "the new revision is not above the expected one"));
        }
        if matches!(write, RowWrite::Mend(row) if row.revision == 0) {
            return Err(wrong(key.to_string(), "no stored row has the revision 0"));
        }
    }
    Ok(())
}

/// Why rows were not written.
#[derive(Debug, thiserror::Error)]
pub enum RowsError {
    /// A `Put` found another revision. Read again.
    #[error("the row has another revision")]
    Conflict,
    /// Something broke.
    #[error(transparent)]
    Fault(#[from] Fault),
}
