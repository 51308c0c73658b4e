//! What a projector counts, for the pipeline's page and for alarms.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::ports::Counts;

/// The running counts behind [`Counts`].
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) applied: Count,
    pub(super) gaps_filled: Count,
    pub(super) duplicates: Count,
    pub(super) parked: Count,
    pub(super) held: Count,
    pub(super) foreign: Count,
    pub(super) unreadable: Count,
    pub(super) gone: Count,
}

/// One running count.
#[derive(Debug, Default)]
pub(super) struct Count(AtomicU64);

impl Count {
    pub(super) fn add(&self, number: u64) {
        self.0.fetch_add(number, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Tally {
    pub(super) fn counts(&self) -> Counts {
        Counts {
            applied: self.applied.get(),
            gaps_filled: self.gaps_filled.get(),
            duplicates: self.duplicates.get(),
            parked: self.parked.get(),
            held: self.held.get(),
            foreign: self.foreign.get(),
            unreadable: self.unreadable.get(),
            gone: self.gone.get(),
        }
    }
}
