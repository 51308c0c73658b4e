//! News of appends, for those who wait for the next event.

use std::sync::Arc;
use std::time::Duration;

use tillroll_core::id::StreamId;

use crate::record::EventRecord;

/// News of streams, for those who wait for the next event of one. A hint and nothing more: who was woken without the
/// events looks at the table, and who was not woken has waited for `max`.
pub trait News: Send + Sync {
    /// Hears the news of one stream.
    type Listening: Listening + 'static;

    /// Wakes those who wait for an event of `stream` up to `version`. Call it after the append; twice does no harm.
    fn announce(&self, stream: StreamId, version: u64);

    /// The same with the events of one commit, which are in the table by now, so that nobody has to read them there.
    fn announce_events(&self, events: &[EventRecord]);

    /// Listens to `stream`, from now on.
    fn listen(&self, stream: StreamId) -> Self::Listening;

    /// Waits until an event of `stream` above `after` is announced, at most `max`; says whether one was. Listening
    /// begins with the call, before the future is first polled: who calls, then looks at the table, then waits, misses
    /// nothing.
    fn wait_for(&self, stream: StreamId, after: u64, max: Duration) -> impl Future<Output = bool> + Send {
        let mut listening = self.listen(stream);
        async move { listening.next(after, max).await.is_some() }
    }
}

/// An ear at the news of one stream. What was announced since the last wait is not forgotten between two waits.
pub trait Listening: Send {
    /// Waits until an event above `after` is announced, at most `max`; answers with what is known of it.
    fn next(&mut self, after: u64, max: Duration) -> impl Future<Output = Option<Heard>> + Send;
}

/// What was announced: the newest events of a stream as far as they came along, in order and without holes. May be
/// none at all.
#[derive(Clone, Debug, Default)]
pub struct Heard(Arc<[EventRecord]>);

impl Heard {
    /// These events.
    #[must_use]
    pub fn new(events: Arc<[EventRecord]>) -> Self {
        Self(events)
    }

    /// All events above `after` up to the newest that was announced; none when some of them have to be read.
    #[must_use]
    pub fn following(&self, after: u64) -> &[EventRecord] {
        let next = self.0.iter().position(|event| event.version == after.saturating_add(1));
        next.and_then(|next| self.0.get(next..)).unwrap_or_default()
    }
}
