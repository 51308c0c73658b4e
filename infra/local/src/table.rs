//! The event table on one machine: the DynamoDB adapter, and a word to those who wait for new events.

use tillroll_core::aggregate::Event;
use tillroll_core::id::StreamId;
use tillroll_core::recorded::Recorded;
use tillroll_host_lambda::dynamodb::Events;
use tillroll_host_lambda::memory::ProcessNews;
use tillroll_host_lambda::ports::{AppendError, EventTable, Fault, News as _, ScanPage, ScanPosition};
use tillroll_host_lambda::record::EventRecord;

use crate::clock::LocalClock;
use crate::dynamo::TableStream;

/// The event table. Cheap to clone.
#[derive(Clone, Debug)]
pub struct LocalTable {
    events: Events<LocalClock>,
    stream: TableStream,
    news: ProcessNews<LocalClock>,
}

impl LocalTable {
    /// `events`, announced to the reader of its table stream and to those who wait for its events.
    #[must_use]
    pub fn new(events: Events<LocalClock>, stream: TableStream, news: ProcessNews<LocalClock>) -> Self {
        Self { events, stream, news }
    }
}

impl EventTable for LocalTable {
    async fn load(&self, stream: StreamId, after: u64, limit: Option<u32>) -> Result<Vec<EventRecord>, Fault> {
        self.events.load(stream, after, limit).await
    }

    async fn load_decoded<E, F>(&self, stream: StreamId, limit: Option<u32>, take: F) -> Result<(), Fault>
    where
        E: Event + Send + 'static,
        F: FnMut(Recorded<E>) -> Result<(), Fault> + Send,
    {
        self.events.load_decoded(stream, limit, take).await
    }

    async fn append(&self, events: &[EventRecord]) -> Result<(), AppendError> {
        let appended = self.events.append(events).await;
        // Also after a fault: its outcome may be unknown, and a look too many costs nothing.
        self.stream.announce(if appended.is_ok() { events.len() } else { 0 });
        if appended.is_ok() {
            self.news.announce_events(events);
        }
        appended
    }

    async fn scan(&self, from: Option<ScanPosition>) -> Result<ScanPage, Fault> {
        self.events.scan(from).await
    }
}
