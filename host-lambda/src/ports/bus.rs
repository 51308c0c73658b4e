//! The port of the event bus.

use super::Fault;

/// The event bus: all events, in shards.
pub trait EventBus: Send + Sync {
    /// Puts up to [`BUS_PUT_RECORDS_MAX`] records; one result per record in the same order. Records can fail alone
    /// and no order is promised between them: cut batches with [`Waves`](tillroll_core::batch::Waves).
    fn put(
        &self,
        records: Vec<BusRecord>,
    ) -> impl Future<Output = Result<Vec<Result<(), RecordRefused>>, Fault>> + Send;
}

/// Most records in one put (Kinesis `PutRecords`).
pub const BUS_PUT_RECORDS_MAX: usize = 500;

/// A record for the bus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BusRecord {
    /// Picks the shard: the cart id.
    pub partition_key: String,
    /// One event as structured `CloudEvents` JSON.
    pub data: Vec<u8>,
}

/// The bus did not take one record of a put; sending it again may work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the event bus did not take the record: {reason}")]
pub struct RecordRefused {
    /// The bus's own word for it.
    pub reason: String,
}
