//! How far the readers of the bus have come. Lambda's event source mappings keep checkpoints that nobody can ask for,
//! so every reader writes its own, after its work: one small row a batch and shard, whatever the batch holds.
//!
//! A checkpoint that lags says less than is true, and is made good by the next batch. One that cannot be written is a
//! fault, so the batch comes again, is found to be done, and the checkpoint is written then: otherwise the last batch
//! before a silence would be waited for until the next one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tillroll_core::sequence::SequenceNumber;

use crate::lambda_events::{BatchAnswer, BusBatch};
use crate::ports::{By, Fault, FaultKind, Order, Row, RowKey, RowQuery, RowWrite, Rows, RowsError};

/// Revision of every checkpoint: nobody writes one on a condition.
const REVISION: u64 = 1;
/// Most shards of a bus.
const SHARDS_MAX: u32 = 20_000;

/// The checkpoints in the rows.
#[derive(Clone, Debug)]
pub struct Checkpoints<R> {
    rows: R,
}

/// The body of a checkpoint.
#[derive(Deserialize, Serialize)]
struct Checkpoint {
    /// The last record that is done, with all before it.
    sequence: SequenceNumber,
}

impl<R: Rows> Checkpoints<R> {
    /// The checkpoints in these rows: partition `progress#READER`, sort key the shard.
    pub fn new(rows: R) -> Self {
        Self { rows }
    }

    /// `reader` has answered `batch` like this, and all it did for it is stored.
    pub async fn finished(&self, reader: &str, batch: &BusBatch, answer: &BatchAnswer) -> Result<(), Fault> {
        let failed = answer.failures.iter().filter_map(|failure| failure.item.parse::<SequenceNumber>().ok()).min();
        let mut finished: BTreeMap<&str, SequenceNumber> = BTreeMap::new();
        for record in &batch.records {
            let Ok(number) = record.kinesis.sequence_number.parse::<SequenceNumber>() else { continue };
            // A batch with failures comes again from the lowest one on.
            if failed.as_ref().is_some_and(|failed| number >= *failed) {
                continue;
            }
            let newest = finished.entry(record.shard()).or_insert_with(|| number.clone());
            *newest = number.max(newest.clone());
        }
        for (shard, sequence) in finished {
            self.write(reader, shard, sequence).await?;
        }
        Ok(())
    }

    async fn write(&self, reader: &str, shard: &str, sequence: SequenceNumber) -> Result<(), Fault> {
        let key = RowKey { partition: partition(reader), sort: shard.to_owned() };
        let fault = |error| Fault::new(FaultKind::Permanent, "write checkpoint", key.to_string(), error);
        let body = serde_json::to_string(&Checkpoint { sequence }).map_err(fault)?;
        let row = Row { key: key.clone(), revision: REVISION, body, index: None };
        match self.rows.write(&[RowWrite::Set(row)]).await {
            Ok(()) => Ok(()),
            Err(RowsError::Fault(fault)) => Err(fault),
            Err(RowsError::Conflict) => {
                Err(Fault::new(FaultKind::Transient, "write checkpoint", key.to_string(), "it was changed meanwhile"))
            }
        }
    }

    /// How far `reader` has come in each shard that it has begun.
    pub async fn of(&self, reader: &str) -> Result<BTreeMap<String, SequenceNumber>, Fault> {
        let query = RowQuery {
            by: By::Key,
            partition: partition(reader),
            after: None,
            until: None,
            order: Order::Ascending,
            limit: SHARDS_MAX,
        };
        let read = |row: Row| {
            let checkpoint: Checkpoint = serde_json::from_str(&row.body)
                .map_err(|error| Fault::new(FaultKind::Permanent, "read checkpoint", row.key.to_string(), error))?;
            Ok((row.key.sort, checkpoint.sequence))
        };
        self.rows.query(&query).await?.into_iter().map(read).collect()
    }
}

fn partition(reader: &str) -> String {
    format!("progress#{reader}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;
    use crate::lambda_events::{BusBatchRecord, BusPayload};
    use crate::memory::MemoryRows;

    fn batch(numbers: &[(&str, u64)]) -> BusBatch {
        let record = |(shard, number): &(&str, u64)| BusBatchRecord {
            event_id: format!("{shard}:{number}"),
            kinesis: BusPayload {
                partition_key: "cart".to_owned(),
                sequence_number: number.to_string(),
                arrival: 0.0,
                data: Vec::new(),
            },
        };
        BusBatch { records: numbers.iter().map(record).collect() }
    }

    #[tokio::test]
    async fn a_reader_has_come_as_far_as_the_record_before_the_lowest_failure() {
        let checkpoints = Checkpoints::new(MemoryRows::default());
        assert!(checkpoints.of("carts").await.unwrap().is_empty());
        let numbers = [("a", 8), ("a", 9), ("a", 10), ("a", 11)];
        for (failures, expected) in [(vec!["11", "10"], "9"), (vec!["11"], "10"), (vec![], "11")] {
            let answer = BatchAnswer::again(failures.into_iter().map(str::to_owned));
            checkpoints.finished("carts", &batch(&numbers), &answer).await.unwrap();
            assert_eq!(checkpoints.of("carts").await.unwrap()["a"].as_str(), expected);
        }
        let nothing = BatchAnswer::again(["12".to_owned()]);
        checkpoints.finished("carts", &batch(&[("a", 12), ("a", 13)]), &nothing).await.unwrap();
        checkpoints.finished("carts", &batch(&[("b", 3)]), &BatchAnswer::done()).await.unwrap();
        let of_carts = checkpoints.of("carts").await.unwrap();
        assert_eq!((of_carts["a"].as_str(), of_carts["b"].as_str()), ("11", "3"));
        assert!(checkpoints.of("archive").await.unwrap().is_empty());
    }
}
