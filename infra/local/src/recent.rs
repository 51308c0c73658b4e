//! The newest records of a shard of the bus, kept in memory: whoever is up to date is fed from here, and only who lags
//! behind reads the file. Records get here after they are committed, so nothing is seen that a crash could take back.

use std::collections::VecDeque;

use tillroll_host_lambda::lambda_events::BusBatchRecord;

/// Most records kept of a shard: a few of the largest batches.
const RECORDS_MAX: usize = 2_000;
/// Most bytes of payload kept of a shard.
const BYTES_MAX: usize = 2 * 1024 * 1024;

/// Records that follow each other without a hole, up to the newest one.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    records: VecDeque<(i64, BusBatchRecord)>,
    bytes: usize,
}

impl Recent {
    /// The newest record.
    pub(crate) fn push(&mut self, sequence: i64, record: BusBatchRecord) {
        self.bytes = self.bytes.saturating_add(record.kinesis.data.len());
        self.records.push_back((sequence, record));
        while self.records.len() > RECORDS_MAX || self.bytes > BYTES_MAX {
            let Some((_, gone)) = self.records.pop_front() else { return };
            self.bytes = self.bytes.saturating_sub(gone.kinesis.data.len());
        }
    }

    /// Forgets everything; who reads goes to the file.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Records above `after`, at most `records_max` and not many more than `bytes_max`; `None` when some of them are
    /// not here.
    pub(crate) fn read(&self, after: i64, records_max: usize, bytes_max: usize) -> Option<Vec<BusBatchRecord>> {
        let (first, _) = self.records.front()?;
        let skip = usize::try_from(after.saturating_add(1).checked_sub(*first)?).ok()?;
        let mut bytes: usize = 0;
        let mut read = Vec::new();
        for (_, record) in self.records.iter().skip(skip).take(records_max) {
            bytes = bytes.saturating_add(record.kinesis.data.len());
            // The first record always goes, however large.
            if bytes > bytes_max && !read.is_empty() {
                break;
            }
            read.push(record.clone());
        }
        Some(read)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use tillroll_host_lambda::lambda_events::BusPayload;

    use super::*;

    fn record(sequence: i64, bytes: usize) -> BusBatchRecord {
        let (partition_key, sequence_number) = (String::new(), sequence.to_string());
        let kinesis = BusPayload { partition_key, sequence_number, arrival: 0.0, data: vec![b'x'; bytes] };
        BusBatchRecord { event_id: format!("shardId-0:{sequence}"), kinesis }
    }

    fn sequences(recent: &Recent, after: i64, records_max: usize) -> Option<Vec<i64>> {
        let read = recent.read(after, records_max, usize::MAX)?;
        Some(read.iter().map(|record| record.kinesis.sequence_number.parse().unwrap()).collect())
    }

    #[test]
    fn what_is_here_is_read_from_any_place_and_the_rest_is_said_to_be_elsewhere() {
        let mut recent = Recent::default();
        assert_eq!(sequences(&recent, 0, 9), None);
        (5..=8).for_each(|sequence| recent.push(sequence, record(sequence, 10)));
        for (after, records_max, read) in [
            (3, 9, None),
            (4, 9, Some(vec![5, 6, 7, 8])),
            (4, 2, Some(vec![5, 6])),
            (7, 9, Some(vec![8])),
            (8, 9, Some(vec![])),
            (99, 9, Some(vec![])),
        ] {
            assert_eq!(sequences(&recent, after, records_max), read, "after {after}");
        }
        assert_eq!(recent.read(4, 9, 25).unwrap().len(), 2);
        assert_eq!(recent.read(4, 9, 1).unwrap().len(), 1, "but always one");
        recent.clear();
        assert_eq!(sequences(&recent, 8, 9), None);
    }

    #[test]
    fn it_stays_within_its_bounds() {
        let mut recent = Recent::default();
        (1..=3_000).for_each(|sequence| recent.push(sequence, record(sequence, 10)));
        assert_eq!((recent.records.len(), recent.bytes), (RECORDS_MAX, RECORDS_MAX * 10));
        (3_001..=3_010).for_each(|sequence| recent.push(sequence, record(sequence, 1024 * 1024)));
        assert_eq!(recent.records.len(), 2);
        assert_eq!(sequences(&recent, 3_008, 9), Some(vec![3_009, 3_010]));
    }
}
