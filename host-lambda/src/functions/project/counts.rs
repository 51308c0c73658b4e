//! What a projector counts, for the pipeline's page and for alarms.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

/// What a projector has done since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Events applied, those from the table included; once per generation.
    pub applied: u64,
    /// Times that missing events were read from the table.
    pub gaps_filled: u64,
    /// Batches of a cart that held nothing new.
    pub duplicates: u64,
    /// Times a cart was parked.
    pub parked: u64,
    /// Batches of a cart that were acknowledged without effect, because the cart is parked.
    pub held: u64,
    /// Records of the bus that are no events of ours; each is in the log.
    pub foreign: u64,
    /// Messages of a queue that do not read; each is in the log, and returned each time.
    pub unreadable: u64,
    /// Messages for a generation that is not filled any more; acknowledged.
    pub gone: u64,
}

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
