//! News within one process: whoever appends or publishes wakes whoever waits.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::{Either, select};
use tillroll_core::id::StreamId;
use tokio::sync::watch;

use super::lock;
use crate::ports::{Clock, News};

/// Wakes waiters of the same process. One small entry for each stream that somebody waits for, none for the others.
#[derive(Clone, Debug)]
pub struct ProcessNews<C> {
    clock: C,
    awaited: Awaited,
}

type Awaited = Arc<Mutex<BTreeMap<StreamId, watch::Sender<u64>>>>;

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

    fn listen(&self, stream: StreamId) -> Listener {
        let version = lock(&self.awaited).entry(stream).or_insert_with(|| watch::Sender::new(0)).subscribe();
        Listener { stream, version, awaited: Arc::clone(&self.awaited) }
    }
}

impl<C: Clock> News for ProcessNews<C> {
    fn announce(&self, stream: StreamId, version: u64) {
        if let Some(newest) = lock(&self.awaited).get(&stream) {
            newest.send_if_modified(|newest| {
                let news = version > *newest;
                *newest = version.max(*newest);
                news
            });
        }
    }

    fn wait_for(&self, stream: StreamId, after: u64, max: Duration) -> impl Future<Output = bool> + Send {
        let mut listener = self.listen(stream);
        async move {
            let heard = async { listener.version.wait_for(|newest| *newest > after).await.is_ok() };
            match select(pin!(heard), pin!(self.clock.pause(max))).await {
                Either::Left((heard, _)) => heard,
                Either::Right(_) => false,
            }
        }
    }
}

/// Takes its stream's entry away when it was the last to listen, however the wait ended.
struct Listener {
    stream: StreamId,
    version: watch::Receiver<u64>,
    awaited: Awaited,
}

impl Drop for Listener {
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
}
