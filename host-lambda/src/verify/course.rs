//! How far a verification is, for those who wait for it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

/// Written by whoever verifies, read by whoever waits.
#[derive(Debug, Default)]
pub struct Course(Mutex<Standing>);

/// Where a verification stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// What it is doing.
    pub phase: Phase,
    /// Events of the table that were read, over all rounds.
    pub events_read: u64,
    /// Objects of the archive.
    pub objects_read: u64,
    /// Rows of the projections.
    pub rows_read: u64,
}

/// What a verification does. With a repair it goes round twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The table is read; what it holds is the mark.
    #[default]
    Reading,
    /// The stages get time to pass the mark.
    Waiting,
    /// Archive and rows are read and compared.
    Comparing,
    /// What differs is put right.
    Repairing,
    /// It has come to its end, and there is a report.
    Finished,
    /// It broke off.
    Failed,
}

impl Course {
    /// Where it stands now.
    #[must_use]
    pub fn standing(&self) -> Standing {
        *self.lock()
    }

    /// Goes on to another phase.
    pub fn enter(&self, phase: Phase) {
        self.lock().phase = phase;
    }

    pub(super) fn read_events(&self, events: usize) {
        add(&mut self.lock().events_read, events);
    }

    pub(super) fn read_objects(&self, objects: usize) {
        add(&mut self.lock().objects_read, objects);
    }

    pub(super) fn read_rows(&self, rows: usize) {
        add(&mut self.lock().rows_read, rows);
    }

    fn lock(&self) -> MutexGuard<'_, Standing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn add(count: &mut u64, more: usize) {
    *count = count.saturating_add(u64::try_from(more).unwrap_or(u64::MAX));
}
