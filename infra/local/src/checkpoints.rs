//! How far each event source mapping has come in each shard it reads. Written after the function's success, never
//! before; so after a crash records come twice, never not at all.

use rusqlite::{OptionalExtension as _, Row, params, types::Type};
use tillroll_core::sequence::SequenceNumber;
use tillroll_host_lambda::ports::Fault;

use crate::sqlite::Sqlite;

/// The checkpoints in `pipeline.sqlite`.
#[derive(Clone, Debug)]
pub struct Checkpoints {
    sqlite: Sqlite,
}

impl Checkpoints {
    /// The checkpoints in this file.
    #[must_use]
    pub fn new(sqlite: Sqlite) -> Self {
        Self { sqlite }
    }

    /// The last record of `shard` that `mapping` has finished; `None` before the first: it begins at the oldest record
    /// there is (`TRIM_HORIZON`).
    pub(crate) async fn load(&self, mapping: &str, shard: &str) -> Result<Option<SequenceNumber>, Fault> {
        let key = [mapping.to_owned(), shard.to_owned()];
        self.sqlite
            .call("read a checkpoint in", move |db| {
                db.prepare_cached("SELECT sequence FROM checkpoints WHERE mapping = ?1 AND shard = ?2")?
                    .query_row(key, stored_sequence)
                    .optional()
            })
            .await
    }

    /// Notes that `mapping` has finished `shard` up to and including `sequence`.
    pub(crate) async fn save(&self, mapping: &str, shard: &str, sequence: &SequenceNumber) -> Result<(), Fault> {
        let (mapping, shard, sequence) = (mapping.to_owned(), shard.to_owned(), sequence.as_str().to_owned());
        self.sqlite
            .call("write a checkpoint in", move |db| {
                db.prepare_cached("INSERT OR REPLACE INTO checkpoints (mapping, shard, sequence) VALUES (?1, ?2, ?3)")?
                    .execute(params![mapping, shard, sequence])
                    .map(drop)
            })
            .await
    }
}

/// The sequence number in a row's first column.
pub(crate) fn stored_sequence(row: &Row<'_>) -> rusqlite::Result<SequenceNumber> {
    let text: String = row.get(0)?;
    text.parse().map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(error)))
}
