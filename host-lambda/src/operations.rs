//! The log of operations: what people did to the running system, with who, why and what became of it.
//!
//! An operation is written down before it begins, and again when it has ended; so nothing happens unrecorded, and one
//! whose process died in the middle stands there without an outcome. Everything that is recorded here is safe to do
//! again. The log is never trimmed: people do not do that much.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tillroll_core::time::Timestamp;
use uuid::Uuid;

use crate::ports::{By, Clock, Fault, FaultKind, Order, Row, RowKey, RowQuery, RowWrite, Rows, RowsError};
use crate::subscriptions::layout::padded_ms;

/// Partition of the log; the sort key is the moment and a random part.
const PARTITION: &str = "operations";
/// Revision of an operation that has begun.
const BEGUN: u64 = 1;
/// Revision of one that has ended.
const ENDED: u64 = 2;

/// One operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// Names it, and sorts as it happened.
    pub id: String,
    /// What was done.
    pub kind: OperationKind,
    /// When it began.
    pub at: Timestamp,
    /// Who asked for it, as far as they said.
    pub by: Option<String>,
    /// Why, in their words.
    pub reason: String,
    /// What it was asked to work on.
    pub subject: Value,
    /// What became of it; `None` while it is under way, or when it never came to an end.
    pub outcome: Option<Value>,
}

/// What people do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationKind {
    /// Dead letters went back to their queue.
    Redrive,
    /// A parked cart was tried again.
    Resume,
    /// What verify found was put right from the table.
    Repair,
    /// References to persons of a cart were shown.
    Disclose,
}

/// Who and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Motive {
    /// Who asked, as far as they said.
    pub by: Option<String>,
    /// Why.
    pub reason: String,
}

/// Writes down that an operation begins.
pub async fn begin<R: Rows, C: Clock>(
    rows: &R,
    clock: &C,
    kind: OperationKind,
    motive: Motive,
    subject: Value,
) -> Result<Operation, Fault> {
    let (at, chance) = (clock.now(), clock.jitter(u64::MAX));
    let Motive { by, reason } = motive;
    let name = format!("tillroll:operation:{kind:?}:{at}:{chance}");
    let suffix = Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()).simple().to_string();
    let id = format!("{}-{}", padded_ms(at.unix_ms()), suffix.get(..12).unwrap_or(&suffix));
    let operation = Operation { id, kind, at, by, reason, subject, outcome: None };
    write(rows, 0, row(&operation, BEGUN)?, &operation.id).await?;
    Ok(operation)
}

/// Writes down what became of it.
pub async fn end<R: Rows>(rows: &R, mut operation: Operation, outcome: Value) -> Result<Operation, Fault> {
    operation.outcome = Some(outcome);
    write(rows, BEGUN, row(&operation, ENDED)?, &operation.id).await?;
    Ok(operation)
}

/// The newest operations before the one with the id `before`, newest first.
pub async fn list<R: Rows>(rows: &R, before: Option<&str>, limit: u32) -> Result<Vec<Operation>, Fault> {
    let query = RowQuery {
        by: By::Key,
        partition: PARTITION.to_owned(),
        after: before.map(str::to_owned),
        until: None,
        order: Order::Descending,
        limit,
    };
    let read = |row: Row| {
        serde_json::from_str(&row.body)
            .map_err(|error| Fault::new(FaultKind::Permanent, "read operation", row.key.sort, error))
    };
    rows.query(&query).await?.into_iter().map(read).collect()
}

fn row(operation: &Operation, revision: u64) -> Result<Row, Fault> {
    let key = RowKey { partition: PARTITION.to_owned(), sort: operation.id.clone() };
    let body = serde_json::to_string(operation)
        .map_err(|error| Fault::new(FaultKind::Permanent, "write operation", &operation.id, error))?;
    Ok(Row { key, revision, body, index: None })
}

async fn write<R: Rows>(rows: &R, expected: u64, row: Row, id: &str) -> Result<(), Fault> {
    match rows.write(&[RowWrite::Put { expected, row }]).await {
        Ok(()) => Ok(()),
        Err(RowsError::Fault(fault)) => Err(fault),
        Err(RowsError::Conflict) => {
            Err(Fault::new(FaultKind::Permanent, "write operation", id, "somebody else has written it"))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::memory::{MemoryClock, MemoryRows};

    fn motive(reason: &str) -> Motive {
        Motive { by: Some("ada".to_owned()), reason: reason.to_owned() }
    }

    #[tokio::test]
    async fn an_operation_stands_in_the_log_from_its_beginning_and_the_newest_comes_first() {
        let (rows, clock) = (MemoryRows::default(), MemoryClock::new(Timestamp::UNIX_EPOCH, 1));
        let first = begin(&rows, &clock, OperationKind::Redrive, motive("fixed"), json!({"all": true})).await.unwrap();
        assert_eq!(list(&rows, None, 10).await.unwrap(), std::slice::from_ref(&first));
        clock.advance(Duration::from_millis(1));
        let second = begin(&rows, &clock, OperationKind::Resume, motive("why not"), json!({})).await.unwrap();
        let first = end(&rows, first, json!({"redriven": 3})).await.unwrap();
        assert_eq!(first.outcome, Some(json!({"redriven": 3})));
        assert_eq!(list(&rows, None, 10).await.unwrap(), [second.clone(), first.clone()]);
        assert_eq!(list(&rows, Some(&second.id), 10).await.unwrap(), [first]);
        assert_eq!(list(&rows, None, 1).await.unwrap(), [second]);
    }

    #[tokio::test]
    async fn two_operations_of_one_moment_are_two() {
        let (rows, clock) = (MemoryRows::default(), MemoryClock::new(Timestamp::UNIX_EPOCH, 1));
        for _ in 0..2 {
            begin(&rows, &clock, OperationKind::Resume, motive("again"), json!({})).await.unwrap();
        }
        assert_eq!(list(&rows, None, 10).await.unwrap().len(), 2);
    }
}
