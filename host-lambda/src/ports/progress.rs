//! Where the stages of the pipeline stand, for those who wait for them.

use serde::{Deserialize, Serialize};
use tillroll_core::sequence::SequenceNumber;

use super::Fault;

/// Where the stages of the pipeline stand; what `verify` and a replay's switch wait for.
pub trait Progress: Send + Sync {
    /// How long after it was recorded, in milliseconds, an event may still be on its way while this progress takes it for
    /// published. Zero where the progress is exact.
    const UNSEEN_MS: i64 = 0;

    /// For each shard of the event bus, the newest record and how far each reader has come.
    fn bus(&self) -> impl Future<Output = Result<Vec<ShardProgress>, Fault>> + Send;

    /// The newest record of the table stream, and how far publish has come.
    fn table_stream(&self) -> impl Future<Output = Result<TableStreamProgress, Fault>> + Send;
}

/// The table stream and its only reader. `None` comes before all records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableStreamProgress {
    /// Its newest record.
    pub newest: Option<SequenceNumber>,
    /// The newest record that is on the event bus, with all before it.
    pub published: Option<SequenceNumber>,
}

/// One shard of the event bus.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardProgress {
    /// The shard.
    pub shard: String,
    /// Its newest record, if it ever had one.
    pub newest: Option<SequenceNumber>,
    /// Readers by name (`archive`, or a subscription), with the last record each has finished.
    pub readers: Vec<(String, Option<SequenceNumber>)>,
}
