//! Where the stages of a pipeline in memory stand.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use tillroll_core::sequence::SequenceNumber;

use super::{MemoryBus, MemoryTable, lock};
use crate::ports::{Fault, Progress, ShardProgress, TableStreamProgress};

/// Checkpoints of the bus's readers and of publish, kept by whoever drives the functions.
#[derive(Clone, Debug)]
pub struct MemoryProgress {
    table: MemoryTable,
    bus: MemoryBus,
    checkpoints: Arc<Mutex<Checkpoints>>,
}

#[derive(Debug, Default)]
struct Checkpoints {
    published: usize,
    readers: BTreeMap<String, BTreeMap<String, SequenceNumber>>,
}

impl MemoryProgress {
    /// A pipeline in which nothing has moved yet, with these readers of the bus.
    #[must_use]
    pub fn new(table: MemoryTable, bus: MemoryBus, readers: &[&str]) -> Self {
        let readers = readers.iter().map(|reader| ((*reader).to_owned(), BTreeMap::new())).collect();
        Self { table, bus, checkpoints: Arc::new(Mutex::new(Checkpoints { published: 0, readers })) }
    }

    /// Publish has finished this many changes of the table stream.
    pub fn published(&self, changes: usize) {
        lock(&self.checkpoints).published = changes;
    }

    /// How many changes publish has finished.
    #[must_use]
    pub fn published_count(&self) -> usize {
        lock(&self.checkpoints).published
    }

    /// A reader has finished a shard up to this record.
    pub fn finished(&self, reader: &str, shard: &str, record: SequenceNumber) {
        let mut checkpoints = lock(&self.checkpoints);
        checkpoints.readers.entry(reader.to_owned()).or_default().insert(shard.to_owned(), record);
    }

    /// How far a reader has come in a shard.
    #[must_use]
    pub fn checkpoint(&self, reader: &str, shard: &str) -> Option<SequenceNumber> {
        lock(&self.checkpoints).readers.get(reader)?.get(shard).cloned()
    }
}

impl Progress for MemoryProgress {
    async fn bus(&self) -> Result<Vec<ShardProgress>, Fault> {
        let checkpoints = lock(&self.checkpoints);
        let progress_of = |shard: String| {
            let readers = checkpoints.readers.iter();
            let readers = readers.map(|(reader, shards)| (reader.clone(), shards.get(&shard).cloned())).collect();
            ShardProgress { newest: self.bus.newest(&shard), readers, shard }
        };
        Ok(self.bus.shards().into_iter().map(progress_of).collect())
    }

    async fn table_stream(&self) -> Result<TableStreamProgress, Fault> {
        let published = lock(&self.checkpoints).published;
        // Changes are counted from 1; none is the place before the first.
        let number = |count: usize| u64::try_from(count).ok().filter(|count| *count > 0).map(SequenceNumber::from);
        Ok(TableStreamProgress { newest: number(self.table.change_count()), published: number(published) })
    }
}
