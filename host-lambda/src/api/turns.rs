//! Writers of one cart within one process take turns, so that they do not race each other at the table.
//!
//! This is kindness, not correctness: other processes race all the same, and the table decides. But a race within one
//! process is won by newcomers, who have not paused yet; here whoever came first is first.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tillroll_core::id::StreamId;
use tokio::sync::{Mutex as Queue, OwnedMutexGuard};

/// Who is at which cart. Nothing is kept for carts at which nobody is.
#[derive(Debug, Default)]
pub(super) struct Turns {
    queues: Mutex<BTreeMap<StreamId, Arc<Queue<()>>>>,
}

/// A turn at a cart; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    turns: &'a Turns,
    cart: StreamId,
    queue: Arc<Queue<()>>,
    place: Option<OwnedMutexGuard<()>>,
}

impl Turns {
    /// Waits for a turn at `cart`, behind everybody who asked before.
    pub(super) async fn take(&self, cart: StreamId) -> Turn<'_> {
        let queue = Arc::clone(self.queues().entry(cart).or_default());
        // The turn exists before it has its place, so that giving up while waiting cleans up as well.
        let mut turn = Turn { turns: self, cart, queue, place: None };
        turn.place = Some(Arc::clone(&turn.queue).lock_owned().await);
        turn
    }

    fn queues(&self) -> MutexGuard<'_, BTreeMap<StreamId, Arc<Queue<()>>>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.place = None;
        let mut queues = self.turns.queues();
        // The map's handle and this one: nobody else is waiting, and nobody can begin to under this lock.
        if Arc::strong_count(&self.queue) == 2 {
            queues.remove(&self.cart);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use uuid::Uuid;

    use super::*;

    const CART: StreamId = StreamId::new(Uuid::from_u128(1));
    const OTHER: StreamId = StreamId::new(Uuid::from_u128(2));

    #[tokio::test]
    async fn turns_come_in_the_order_in_which_they_were_asked_for() {
        let turns = Turns::default();
        let first = turns.take(CART).await;
        let (mut second, mut third) = (Box::pin(turns.take(CART)), Box::pin(turns.take(CART)));
        assert!(second.as_mut().now_or_never().is_none() && third.as_mut().now_or_never().is_none());
        assert!(turns.take(OTHER).now_or_never().is_some(), "another cart is another queue");
        drop(first);
        assert!(third.as_mut().now_or_never().is_none());
        drop(second.await);
        drop(third.await);
        assert!(turns.queues().is_empty());
    }

    #[tokio::test]
    async fn who_gives_up_waiting_leaves_nothing_behind() {
        let turns = Turns::default();
        let first = turns.take(CART).await;
        let mut second = Box::pin(turns.take(CART));
        assert!(second.as_mut().now_or_never().is_none());
        drop(first);
        drop(second);
        assert!(turns.queues().is_empty());
    }
}
