//! News within one process: whoever appends or publishes wakes whoever waits.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::{Either, select};
use tillroll_core::id::StreamId;
use tokio::sync::watch;

use super::lock;
use crate::ports::{COMMIT_EVENTS_MAX, Clock, Heard, Listening, News};
use crate::record::EventRecord;

/// Newest events kept of a stream that somebody waits for: a commit, and what came just before it.
const EVENTS_KEPT_MAX: usize = 2 * COMMIT_EVENTS_MAX;

/// Wakes waiters of the same process. One small entry for each stream that somebody waits for, none for the others.
#[derive(Clone, Debug)]
pub struct ProcessNews<C> {
    clock: C,
    awaited: Awaited,
}

type Awaited = Arc<Mutex<BTreeMap<StreamId, watch::Sender<Newest>>>>;

/// The newest announcement of a stream.
#[derive(Debug, Default)]
struct Newest {
    version: u64,
    /// They end with `version`, or there are none.
    events: Arc<[EventRecord]>,
}

impl<C: Clock> ProcessNews<C> {
    /// Nobody waits yet; waits are measured by `clock`.
    #[must_use]
    pub fn new(clock: C) -> Self {
        Self { clock, awaited: Awaited::default() }
    }

    /// How many streams are waited for.
    #[must_use]
    pub fn awaited_streams(&self) -> usize {
        lock(&self.awaited).len()
    }

    fn tell(&self, stream: StreamId, version: u64, events: &[EventRecord]) {
        if let Some(newest) = lock(&self.awaited).get(&stream) {
            newest.send_if_modified(|newest| newest.moves_to(version, events));
        }
    }
}

impl Newest {
    fn moves_to(&mut self, version: u64, events: &[EventRecord]) -> bool {
        if version <= self.version {
            return false;
        }
        let follows = events.first().is_some_and(|first| first.version == self.version.saturating_add(1));
        let before = if follows { &self.events[..] } else { &[] };
        let skip = (before.len() + events.len()).saturating_sub(EVENTS_KEPT_MAX);
        self.events = before.iter().chain(events).skip(skip).cloned().collect();
        self.version = version;
        true
    }
}

impl<C: Clock + Clone + 'static> News for ProcessNews<C> {
    type Listening = ProcessListening<C>;

    fn announce(&self, stream: StreamId, version: u64) {
        self.tell(stream, version, &[]);
    }

    fn announce_events(&self, events: &[EventRecord]) {
        if let Some(last) = events.last() {
            self.tell(last.stream, last.version, events);
        }
    }

    fn listen(&self, stream: StreamId) -> ProcessListening<C> {
        let newest = lock(&self.awaited).entry(stream).or_default().subscribe();
        ProcessListening { stream, newest, awaited: Arc::clone(&self.awaited), clock: self.clock.clone() }
    }
}

/// Takes its stream's entry away when it was the last to listen, however the wait ended.
#[derive(Debug)]
pub struct ProcessListening<C> {
    stream: StreamId,
    newest: watch::Receiver<Newest>,
    awaited: Awaited,
    clock: C,
}

impl<C: Clock> Listening for ProcessListening<C> {
    async fn next(&mut self, after: u64, max: Duration) -> Option<Heard> {
        let newest = &mut self.newest;
        let heard = async {
            let newest = newest.wait_for(|newest| newest.version > after).await.ok()?;
            Some(Heard::new(Arc::clone(&newest.events)))
        };
        match select(pin!(heard), pin!(self.clock.pause(max))).await {
            Either::Left((heard, _)) => heard,
            Either::Right(_) => None,
        }
    }
}

impl<C> Drop for ProcessListening<C> {
    fn drop(&mut self) {
        let mut awaited = lock(&self.awaited);
        // This listener is still counted; new ones are added under the same lock.
        if awaited.get(&self.stream).is_some_and(|newest| newest.receiver_count() <= 1) {
            awaited.remove(&self.stream);
        }
    }
}

#[cfg(test)]
mod tests {
    use tillroll_core::time::Timestamp;
    use uuid::Uuid;

    use super::*;
    use crate::memory::MemoryClock;
    use crate::subscriptions::kit::event;

    const CART: StreamId = StreamId::new(Uuid::from_u128(1));
    const OTHER: StreamId = StreamId::new(Uuid::from_u128(2));
    const LONG: Duration = Duration::from_secs(25);

    fn news() -> (ProcessNews<MemoryClock>, MemoryClock) {
        let clock = MemoryClock::new(Timestamp::UNIX_EPOCH, 1);
        (ProcessNews::new(clock.clone()), clock)
    }

    #[tokio::test]
    async fn news_between_the_call_and_the_wait_is_not_missed() {
        let (news, clock) = news();
        let waiting = news.wait_for(CART, 3, LONG);
        news.announce(CART, 4);
        assert!(waiting.await);
        assert_eq!(clock.elapsed_ms(), 0, "nobody had to wait");
    }

    #[tokio::test]
    async fn older_news_and_other_carts_wake_nobody() {
        let (news, clock) = news();
        let waiting = news.wait_for(CART, 3, LONG);
        news.announce(CART, 3);
        news.announce(OTHER, 9);
        assert!(!waiting.await);
        assert_eq!(clock.elapsed_ms(), 25_000);
    }

    #[tokio::test]
    async fn nothing_is_kept_for_streams_that_nobody_waits_for() {
        let (news, _) = news();
        news.announce(CART, 1);
        let (first, second) = (news.wait_for(CART, 0, LONG), news.wait_for(CART, 0, LONG));
        assert_eq!(news.awaited_streams(), 1);
        drop(first);
        assert_eq!(news.awaited_streams(), 1);
        drop(second);
        assert_eq!(news.awaited_streams(), 0);
    }

    /// The versions that a listener at `after` gets without reading.
    async fn heard(listening: &mut ProcessListening<MemoryClock>, after: u64) -> Option<Vec<u64>> {
        let heard = listening.next(after, LONG).await?;
        Some(heard.following(after).iter().map(|event| event.version).collect())
    }

    fn commit(versions: std::ops::RangeInclusive<u64>) -> Vec<EventRecord> {
        versions.map(|version| event(CART, version, "ItemAdded", serde_json::json!({}))).collect()
    }

    #[tokio::test]
    async fn events_come_along_as_far_as_they_have_no_hole() {
        let (news, _) = news();
        let mut listening = news.listen(CART);
        news.announce_events(&commit(1..=2));
        news.announce_events(&commit(3..=3));
        news.announce(CART, 3);
        assert_eq!(heard(&mut listening, 0).await, Some(vec![1, 2, 3]), "what came between two waits is not forgotten");
        assert_eq!(heard(&mut listening, 2).await, Some(vec![3]));
        assert_eq!(heard(&mut listening, 3).await, None);
        news.announce_events(&commit(6..=6));
        assert_eq!(heard(&mut listening, 3).await, Some(vec![]), "4 and 5 have to be read");
        news.announce_events(&commit(4..=5));
        assert_eq!(heard(&mut listening, 5).await, Some(vec![6]), "late news changes nothing");
        news.announce(CART, 7);
        assert_eq!(heard(&mut listening, 6).await, Some(vec![]));
    }

    #[tokio::test]
    async fn only_the_newest_events_are_kept() {
        let (news, _) = news();
        let mut listening = news.listen(CART);
        for version in 1..=200 {
            news.announce_events(&commit(version..=version));
        }
        assert_eq!(heard(&mut listening, 0).await, Some(vec![]));
        assert_eq!(heard(&mut listening, 150).await.map(|versions| versions.len()), Some(EVENTS_KEPT_MAX));
    }
}
