//! The port of those who look on at the event bus.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tillroll_core::sequence::SequenceNumber;
use tillroll_core::time::Timestamp;

use super::Fault;
use crate::lambda_events::BusBatchRecord;

/// The event bus for onlookers: from any place on, with no checkpoint kept for them and nothing kept for their sake.
/// Records of one shard come in their order; the bus may hold an event twice, and a cart's events permuted.
pub trait EventFeed: Send + Sync {
    /// All shards and what they hold now.
    fn shards(&self) -> impl Future<Output = Result<Vec<FeedShard>, Fault>> + Send;

    /// Records of a shard behind `after` (`None`: from the oldest that is kept), at most `records_max`. Empty at the
    /// end, and for a shard that is not there.
    fn read(
        &self,
        shard: &str,
        after: Option<&SequenceNumber>,
        records_max: usize,
    ) -> impl Future<Output = Result<Vec<BusBatchRecord>, Fault>> + Send;

    /// Waits until some shard has a record behind `after`, at most `max`; says whether one has.
    fn wait(&self, after: &FeedPosition, max: Duration) -> impl Future<Output = bool> + Send;

    /// Where to look for the records of `partition_key` that arrived at `since` or later: the shard, and the place in
    /// it behind which they all are.
    fn place_of(&self, partition_key: &str, since: Timestamp) -> impl Future<Output = Result<FeedPlace, Fault>> + Send;
}

/// One shard of the bus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedShard {
    /// Its name.
    pub name: String,
    /// Its newest record that is not kept any more, if there is one.
    pub trimmed: Option<SequenceNumber>,
    /// Its newest record ever, kept or not.
    pub newest: Option<SequenceNumber>,
}

/// A place in one shard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedPlace {
    /// The shard.
    pub shard: String,
    /// The record before the place; `None` at the beginning.
    pub after: Option<SequenceNumber>,
}

/// How far an onlooker has come: the last record seen of each shard. A shard that is not in it was not begun.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FeedPosition(BTreeMap<String, SequenceNumber>);

impl FeedPosition {
    /// The last record seen of a shard.
    #[must_use]
    pub fn in_shard(&self, shard: &str) -> Option<&SequenceNumber> {
        self.0.get(shard)
    }

    /// This record has been seen, and all before it.
    pub fn seen(&mut self, shard: &str, record: SequenceNumber) {
        match self.0.get_mut(shard) {
            Some(seen) => *seen = record,
            None => drop(self.0.insert(shard.to_owned(), record)),
        }
    }
}
