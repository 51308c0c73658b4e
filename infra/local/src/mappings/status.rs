//! What a mapping says about itself, for the view of the pipeline.

use std::sync::{Arc, Mutex, PoisonError};

/// The state of one mapping of one shard or queue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct MappingStatus {
    /// Why its last call failed; `None` when it went well.
    pub(crate) failing: Option<String>,
    /// The last record it has finished, if it ever finished one.
    pub(crate) last_sequence: Option<String>,
    /// Records finished by this process.
    pub(crate) records: u64,
    /// Times the function was called.
    pub(crate) invocations: u64,
}

/// Where a mapping writes its status and others read it.
#[derive(Clone, Debug, Default)]
pub(crate) struct StatusCell(Arc<Mutex<MappingStatus>>);

impl StatusCell {
    /// The status now.
    pub(crate) fn read(&self) -> MappingStatus {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A call ended with `records` records finished, and with a failure if there was one.
    pub(crate) fn called(&self, records: usize, last_sequence: Option<&str>, failing: Option<String>) {
        let mut status = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        status.invocations = status.invocations.saturating_add(1);
        status.records = status.records.saturating_add(u64::try_from(records).unwrap_or(u64::MAX));
        status.last_sequence = last_sequence.map(str::to_owned).or_else(|| status.last_sequence.take());
        status.failing = failing;
    }

    /// Something beside a call (reading, noting a checkpoint) failed.
    pub(crate) fn failed(&self, failing: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).failing = Some(failing);
    }

    /// Where the mapping begins in this process.
    pub(crate) fn begins_after(&self, sequence: Option<&str>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).last_sequence = sequence.map(str::to_owned);
    }
}
