//! The rules of batches, as plain state machines: what goes into the next wave, and what is reported as failed.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

/// Cuts a batch for the event bus into waves.
///
/// A put of several records keeps no order and fails record by record. So a wave holds at most one record per key,
/// the next record of a key goes out only after the one before it was acknowledged, and a key with a failure is
/// frozen: none of its later records are sent in this invocation. Records are named by their index in the batch.
#[derive(Debug)]
pub struct Waves<K> {
    waiting: BTreeMap<K, Vec<usize>>,
    failed: BTreeSet<usize>,
}

impl<K: Ord + Clone> Waves<K> {
    /// Plans a batch, given the key of each record in batch order.
    pub fn new(keys: impl IntoIterator<Item = K>) -> Self {
        let mut waiting: BTreeMap<K, Vec<usize>> = BTreeMap::new();
        for (index, key) in keys.into_iter().enumerate() {
            waiting.entry(key).or_default().push(index);
        }
        for indexes in waiting.values_mut() {
            // Each key's records are taken from the end.
            indexes.reverse();
        }
        Self { waiting, failed: BTreeSet::new() }
    }

    /// The next wave in batch order: the first unsent record of each key, at most `records_max`; empty when done.
    /// Every record of a wave must be reported before the next is asked for.
    #[must_use]
    pub fn next(&mut self, records_max: usize) -> Vec<usize> {
        let mut heads: Vec<usize> = self.waiting.values().filter_map(|indexes| indexes.last().copied()).collect();
        heads.sort_unstable();
        heads.truncate(records_max);
        heads
    }

    /// The record of this key and index is on the bus.
    pub fn acknowledge(&mut self, key: &K, index: usize) {
        if let Some(indexes) = self.waiting.get_mut(key) {
            if indexes.last() == Some(&index) {
                indexes.pop();
            }
            if indexes.is_empty() {
                self.waiting.remove(key);
            }
        }
    }

    /// The record of this key and index was not taken: its key is frozen.
    pub fn freeze(&mut self, key: &K, index: usize) {
        self.waiting.remove(key);
        self.failed.insert(index);
    }

    /// The first record in batch order that is not on the bus, if any: the one to report. The event source delivers
    /// everything from there again.
    #[must_use]
    pub fn first_failed(&self) -> Option<usize> {
        self.failed.first().copied()
    }
}

/// Tracks a batch from a queue of groups: after a failure the rest of that group is returned, other groups go on.
#[derive(Debug)]
pub struct GroupedBatch<G> {
    stopped: BTreeSet<G>,
    returned: Vec<usize>,
}

impl<G: Ord + Clone> Default for GroupedBatch<G> {
    fn default() -> Self {
        Self { stopped: BTreeSet::new(), returned: Vec::new() }
    }
}

impl<G: Ord + Clone> GroupedBatch<G> {
    /// Whether message `index` of `group` may be processed. If not, it counts as returned.
    pub fn admits(&mut self, group: &G, index: usize) -> bool {
        let admitted = !self.stopped.contains(group);
        if !admitted {
            self.returned.push(index);
        }
        admitted
    }

    /// Message `index` of `group` failed: it and the rest of its group are returned.
    pub fn fail(&mut self, group: G, index: usize) {
        self.stopped.insert(group);
        self.returned.push(index);
    }

    /// Indexes of the messages to return to the queue, in batch order.
    #[must_use]
    pub fn returned(mut self) -> Vec<usize> {
        self.returned.sort_unstable();
        self.returned
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn a_wave_has_one_record_per_key_in_batch_order() {
        let keys = ["b", "a", "b", "c", "a", "b"];
        let mut waves = Waves::new(keys);
        let mut sent = Vec::new();
        loop {
            let wave = waves.next(2);
            if wave.is_empty() {
                break;
            }
            for &index in &wave {
                waves.acknowledge(&keys[index], index);
            }
            sent.push(wave);
        }
        assert_eq!(sent, vec![vec![0, 1], vec![2, 3], vec![4, 5]]);
        assert_eq!(waves.first_failed(), None);
    }

    #[test]
    fn a_failed_record_freezes_its_key_and_the_first_one_is_reported() {
        let keys = ["a", "b", "a", "b", "c"];
        let mut waves = Waves::new(keys);
        assert_eq!(waves.next(500), vec![0, 1, 4]);
        waves.acknowledge(&"a", 0);
        waves.freeze(&"b", 1);
        waves.acknowledge(&"c", 4);
        assert_eq!(waves.next(500), vec![2]);
        waves.freeze(&"a", 2);
        assert!(waves.next(500).is_empty());
        assert_eq!(waves.first_failed(), Some(1));
    }

    #[test]
    fn a_failure_returns_the_rest_of_its_group_only() {
        let groups = ["x", "y", "x", "y", "x"];
        let mut batch = GroupedBatch::default();
        let processed: Vec<usize> = (0..groups.len())
            .filter(|&index| {
                let admitted = batch.admits(&groups[index], index);
                if index == 2 {
                    batch.fail(groups[index], index);
                }
                admitted && index != 2
            })
            .collect();
        assert_eq!(processed, vec![0, 1, 3]);
        assert_eq!(batch.returned(), vec![2, 4]);
    }
}
