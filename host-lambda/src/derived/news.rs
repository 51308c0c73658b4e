//! News for those who wait, where nobody can tell them: the function that appends is another process than the one that
//! waits, so the table is asked again and again, less often the longer nothing comes.

use std::time::Duration;

use tillroll_core::id::StreamId;

use crate::ports::{Clock, EventTable, Heard, Listening, News};
use crate::record::EventRecord;

/// The first pause: somebody who waits has just looked.
const PAUSE_FIRST_MS: u64 = 250;
/// No pause is longer: so much later than its append an event is seen at most. A wait of 25 seconds asks 15 times.
const PAUSE_MAX_MS: u64 = 2_000;
/// Most events of one answer: more are read by whoever waited.
const EVENTS_MAX: u32 = 100;

/// News by asking the event table. Cheap to clone where the table is.
#[derive(Clone, Debug)]
pub struct TableNews<T, C> {
    table: T,
    clock: C,
}

impl<T: EventTable, C: Clock> TableNews<T, C> {
    /// News of this table.
    pub fn new(table: T, clock: C) -> Self {
        Self { table, clock }
    }
}

impl<T, C> News for TableNews<T, C>
where
    T: EventTable + Clone + Send + Sync + 'static,
    C: Clock + Clone + 'static,
{
    type Listening = TableListening<T, C>;

    fn announce(&self, _: StreamId, _: u64) {}

    fn announce_events(&self, _: &[EventRecord]) {}

    fn listen(&self, stream: StreamId) -> TableListening<T, C> {
        TableListening { news: self.clone(), stream }
    }
}

/// Somebody who asks for the events of one stream.
#[derive(Clone, Debug)]
pub struct TableListening<T, C> {
    news: TableNews<T, C>,
    stream: StreamId,
}

impl<T, C> Listening for TableListening<T, C>
where
    T: EventTable + Send + Sync,
    C: Clock,
{
    async fn next(&mut self, after: u64, max: Duration) -> Option<Heard> {
        let TableNews { table, clock } = &self.news;
        let max_ms = u64::try_from(max.as_millis()).unwrap_or(u64::MAX);
        let ends_ms = clock.elapsed_ms().saturating_add(max_ms);
        let mut pause_ms = PAUSE_FIRST_MS;
        loop {
            let left_ms = ends_ms.saturating_sub(clock.elapsed_ms());
            clock.pause(Duration::from_millis(pause_ms.min(left_ms))).await;
            match table.load(self.stream, after, Some(EVENTS_MAX)).await {
                Ok(events) if !events.is_empty() => return Some(Heard::new(events.into())),
                Ok(_) => {}
                // Whoever waits looks at the table next and gets the fault, if it lasts.
                Err(fault) => tracing::warn!(%fault, "could not look for news"),
            }
            if clock.elapsed_ms() >= ends_ms {
                return None;
            }
            pause_ms = pause_ms.saturating_mul(2).min(PAUSE_MAX_MS);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use tillroll_core::time::Timestamp;
    use uuid::Uuid;

    use super::*;
    use crate::memory::{MemoryClock, MemoryTable};
    use crate::subscriptions::kit::event;

    const CART: StreamId = StreamId::new(Uuid::from_u128(1));

    #[tokio::test]
    async fn a_wait_ends_with_the_events_that_came_and_at_the_latest_when_it_is_over() {
        let clock = MemoryClock::new(Timestamp::UNIX_EPOCH, 1);
        let table = MemoryTable::default();
        let news = TableNews::new(table.clone(), clock.clone());
        let mut listening = news.listen(CART);
        assert!(listening.next(0, Duration::from_secs(25)).await.is_none());
        assert_eq!(clock.elapsed_ms(), 25_000);
        let events: Vec<_> = (1..=2).map(|version| event(CART, version, "ItemAdded", serde_json::json!({}))).collect();
        table.append(&events).await.unwrap();
        let heard = listening.next(0, Duration::from_secs(25)).await.unwrap();
        assert_eq!(heard.following(0), events);
        assert_eq!(heard.following(1), &events[1..]);
        assert_eq!(clock.elapsed_ms(), 25_000 + PAUSE_FIRST_MS);
        assert!(news.wait_for(CART, 1, Duration::ZERO).await, "what is there is seen however short the wait");
        assert!(!news.wait_for(CART, 2, Duration::ZERO).await);
    }
}
