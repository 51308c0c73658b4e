//! What a mapping says about itself, for the view of the pipeline.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// The state of one mapping of one shard or queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappingStatus {
    /// Why its last call failed; `None` when it went well.
    pub failing: Option<String>,
    /// Since when it has been failing without a success.
    pub failing_since: Option<Instant>,
    /// When it last finished something or found nothing wrong; at first, when it was made.
    pub moved_at: Instant,
    /// The last record it has finished, if it ever finished one.
    pub last_sequence: Option<String>,
    /// Records finished by this process.
    pub records: u64,
    /// Times the function was called.
    pub invocations: u64,
}

impl Default for MappingStatus {
    fn default() -> Self {
        let moved_at = Instant::now();
        Self { failing: None, failing_since: None, moved_at, last_sequence: None, records: 0, invocations: 0 }
    }
}

impl MappingStatus {
    fn note(&mut self, failing: Option<String>, moved: bool) {
        let now = Instant::now();
        if moved {
            self.moved_at = now;
        }
        self.failing_since = failing.is_some().then(|| self.failing_since.filter(|_| !moved).unwrap_or(now));
        self.failing = failing;
    }
}

/// Where a mapping writes its status and others read it.
#[derive(Clone, Debug, Default)]
pub struct StatusCell(Arc<Mutex<MappingStatus>>);

impl StatusCell {
    /// The status now.
    #[must_use]
    pub fn read(&self) -> MappingStatus {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A call ended with `records` records finished, and with a failure if there was one.
    pub(crate) fn called(&self, records: usize, last_sequence: Option<&str>, failing: Option<String>) {
        let mut status = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        status.invocations = status.invocations.saturating_add(1);
        status.records = status.records.saturating_add(u64::try_from(records).unwrap_or(u64::MAX));
        status.last_sequence = last_sequence.map(str::to_owned).or_else(|| status.last_sequence.take());
        let moved = records > 0 || failing.is_none();
        status.note(failing, moved);
    }

    /// Something beside a call (reading, noting a checkpoint) failed.
    pub(crate) fn failed(&self, failing: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).note(Some(failing), false);
    }

    /// Where the mapping begins in this process.
    pub(crate) fn begins_after(&self, sequence: Option<&str>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).last_sequence = sequence.map(str::to_owned);
    }
}
