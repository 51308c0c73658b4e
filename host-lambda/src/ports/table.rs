//! The port of the event table.

use tillroll_core::aggregate::Event;
use tillroll_core::id::StreamId;
use tillroll_core::recorded::Recorded;

use super::{Fault, FaultKind};
use crate::record::EventRecord;

/// The truth: one item per event. Nothing is ever changed or deleted.
pub trait EventTable: Send + Sync {
    /// The events of `stream` with versions above `after`, in order, read consistently over all pages; at most
    /// `limit` of them when one is given. Empty for a stream that does not exist.
    fn load(
        &self,
        stream: StreamId,
        after: u64,
        limit: Option<u32>,
    ) -> impl Future<Output = Result<Vec<EventRecord>, Fault>> + Send;

    /// The same from the first event on and decoded, for folding: each event goes to `take`, in order, and what `take`
    /// fails with ends the load. Of the circumstances only event id, command and schema version are promised: an
    /// adapter may leave the others unread. An event that does not read as what its name says is a permanent fault.
    fn load_decoded<E, F>(
        &self,
        stream: StreamId,
        limit: Option<u32>,
        mut take: F,
    ) -> impl Future<Output = Result<(), Fault>> + Send
    where
        E: Event + Send + 'static,
        F: FnMut(Recorded<E>) -> Result<(), Fault> + Send,
    {
        async move { self.load(stream, 0, limit).await?.into_iter().try_for_each(|record| take(decoded(record)?)) }
    }

    /// Appends 1..=[`COMMIT_EVENTS_MAX`] events of one stream with consecutive versions, all or none. An append that
    /// had landed already (the very same events in the same places) is a success, however the answer to it got lost.
    /// The same event ids with other content are a conflict: whoever loads again finds the command that wrote them.
    fn append(&self, events: &[EventRecord]) -> impl Future<Output = Result<(), AppendError>> + Send;

    /// One page of the whole table, for reconciliation. A stream's events come together and in order.
    fn scan(&self, from: Option<ScanPosition>) -> impl Future<Output = Result<ScanPage, Fault>> + Send;
}

/// A table that somebody else keeps.
impl<T: EventTable> EventTable for &T {
    async fn load(&self, stream: StreamId, after: u64, limit: Option<u32>) -> Result<Vec<EventRecord>, Fault> {
        T::load(self, stream, after, limit).await
    }

    async fn load_decoded<E, F>(&self, stream: StreamId, limit: Option<u32>, take: F) -> Result<(), Fault>
    where
        E: Event + Send + 'static,
        F: FnMut(Recorded<E>) -> Result<(), Fault> + Send,
    {
        T::load_decoded(self, stream, limit, take).await
    }

    async fn append(&self, events: &[EventRecord]) -> Result<(), AppendError> {
        T::append(self, events).await
    }

    async fn scan(&self, from: Option<ScanPosition>) -> Result<ScanPage, Fault> {
        T::scan(self, from).await
    }
}

/// The event of a record; a permanent fault that names cart and version when its data is not what its name says.
pub fn decoded<E: Event>(record: EventRecord) -> Result<Recorded<E>, Fault> {
    let (stream, version) = (record.stream, record.version);
    let place = || format!("{stream} at version {version}");
    record.decode().map_err(|error| Fault::new(FaultKind::Permanent, "fold cart", place(), error))
}

/// Most events in one commit.
pub const COMMIT_EVENTS_MAX: usize = 25;

/// The stream of a commit; a fault when `events` is none: no events, too many, of several streams, or with versions
/// that do not follow each other from 1 or above.
pub fn check_commit(events: &[EventRecord]) -> Result<StreamId, Fault> {
    let wrong = |object: String, reason: &str| Fault::new(FaultKind::Permanent, "append to cart", object, reason);
    let Some(first) = events.first() else {
        return Err(wrong("(none)".to_owned(), "a commit has at least one event"));
    };
    let in_place = |(version, event): (u64, &EventRecord)| event.version == version && event.stream == first.stream;
    if events.len() > COMMIT_EVENTS_MAX {
        Err(wrong(first.stream.to_string(), "the commit has more events than one commit may have"))
    } else if first.version == 0 || !(first.version..).zip(events).all(in_place) {
        Err(wrong(first.stream.to_string(), "the events of a commit belong to one cart and follow each other"))
    } else {
        Ok(first.stream)
    }
}

/// Why events were not appended.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Another writer has one of the versions. Load again and decide again.
    #[error("another writer appended first")]
    Conflict,
    /// Something broke.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Where a scan goes on: after this event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScanPosition {
    /// Stream of the last event seen.
    pub stream: StreamId,
    /// Its version.
    pub version: u64,
}

/// A page of a scan.
#[derive(Debug, Default)]
pub struct ScanPage {
    /// The events.
    pub events: Vec<EventRecord>,
    /// Where to go on; `None` at the end.
    pub next: Option<ScanPosition>,
}
