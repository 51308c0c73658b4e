//! The ports in memory: honest models of the real things, for tests and for a seeded simulator.
//!
//! Every adapter is a handle: its clones share one content. Nothing here looks at a clock of its own or at chance;
//! whatever comes out is in a fixed order, so the same calls always give the same answers. [`Faults`] makes the next
//! calls fail as a network does: before the work, or after it.

mod archive;
mod bus;
mod clock;
mod news;
mod notices;
mod progress;
mod queue;
mod rows;
mod runs;
mod starter;
mod table;
mod tamper;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

pub use archive::MemoryArchive;
pub use bus::MemoryBus;
pub use clock::MemoryClock;
pub use news::{ProcessListening, ProcessNews};
pub use notices::MemoryNotices;
pub use progress::MemoryProgress;
pub use queue::{MemoryQueue, RECEIVES_MAX, VISIBILITY_MS};
pub use rows::MemoryRows;
pub use runs::MemoryRuns;
pub use starter::MemoryStarter;
pub use table::MemoryTable;
pub use tamper::MemoryTamperLog;

use crate::ports::{Fault, FaultKind};

/// Faults to come. One call of an adapter uses up at most one of each kind.
#[derive(Debug, Default)]
pub struct Faults {
    refusals: AtomicU32,
    lost_answers: AtomicU32,
}

impl Faults {
    /// The next `calls` calls do nothing and answer with a transient fault.
    pub fn fail_next(&self, calls: u32) {
        self.refusals.store(calls, Ordering::SeqCst);
    }

    /// The next `calls` calls that get as far as doing their work do it, and then their answer is lost: the caller
    /// is told that the outcome is unknown.
    pub fn lose_next_answers(&self, calls: u32) {
        self.lost_answers.store(calls, Ordering::SeqCst);
    }

    fn before(&self, operation: &'static str, object: &str) -> Result<(), Fault> {
        Self::injected(&self.refusals, FaultKind::Transient, operation, object)
    }

    fn after(&self, operation: &'static str, object: &str) -> Result<(), Fault> {
        Self::injected(&self.lost_answers, FaultKind::UnknownOutcome, operation, object)
    }

    fn injected(left: &AtomicU32, kind: FaultKind, operation: &'static str, object: &str) -> Result<(), Fault> {
        let taken = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if taken.is_ok() { Err(Fault::new(kind, operation, object, "a fault that was asked for")) } else { Ok(()) }
    }
}

/// A panic while the lock was held leaves content that is still worth looking at.
fn lock<T>(content: &Mutex<T>) -> MutexGuard<'_, T> {
    content.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use serde_json::json;
    use tillroll_core::id::{EventId, StreamId};
    use tillroll_core::recorded::Circumstances;
    use uuid::Uuid;

    use super::*;
    use crate::item::event_of_image;
    use crate::ports::{Archive, Created, EventTable};
    use crate::record::EventRecord;

    fn event(version: u64) -> EventRecord {
        let circumstances = json!({"event_id": Uuid::from_u128(u128::from(version)), "schema_version": 1});
        EventRecord {
            stream: StreamId::new(Uuid::from_u128(1)),
            version,
            name: "CartOpened".to_owned(),
            data: json!({}),
            circumstances: serde_json::from_value::<Circumstances>(circumstances).unwrap(),
        }
    }

    #[tokio::test]
    async fn the_table_stream_brings_every_event_once_in_the_order_of_writing() {
        let table = MemoryTable::default();
        table.append(&[event(1), event(2)]).await.unwrap();
        table.append(&[event(1), event(2)]).await.unwrap();
        table.append(&[event(3)]).await.unwrap();
        let changes = table.changes(0, 10);
        let numbers: Vec<_> = changes.iter().map(|change| change.dynamodb.sequence_number.as_str()).collect();
        assert_eq!(numbers, ["1", "2", "3"]);
        assert!(changes.iter().all(|change| change.event_name == "INSERT" && change.dynamodb.keys.len() == 2));
        let images = table.changes(1, 1).into_iter().filter_map(|change| change.dynamodb.new_image);
        let ids: Vec<EventId> = images.map(|image| event_of_image(image).unwrap().circumstances.event_id).collect();
        assert_eq!(ids, [EventId::new(Uuid::from_u128(2))]);
    }

    #[tokio::test]
    async fn asked_for_faults_come_before_the_work_or_after_it_and_then_end() {
        let archive = MemoryArchive::default();
        archive.faults().fail_next(1);
        archive.faults().lose_next_answers(1);
        assert_eq!(archive.create("k", vec![1]).await.unwrap_err().kind, FaultKind::Transient);
        assert_eq!(archive.read("k").await.unwrap(), None);
        assert_eq!(archive.create("k", vec![1]).await.unwrap_err().kind, FaultKind::UnknownOutcome);
        assert_eq!(archive.create("k", vec![1]).await.unwrap(), Created::AlreadyThere);
    }
}
