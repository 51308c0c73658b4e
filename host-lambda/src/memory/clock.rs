//! Time that is moved by hand, and chance that is a fixed sequence.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use tillroll_core::time::Timestamp;

use crate::ports::Clock;

/// A clock that stands still until somebody waits or moves it. Waiting takes no real time: it moves the clock.
#[derive(Clone, Debug)]
pub struct MemoryClock {
    hands: Arc<Hands>,
}

#[derive(Debug)]
struct Hands {
    now_ms: AtomicI64,
    elapsed_ms: AtomicU64,
    chance: AtomicU64,
}

impl MemoryClock {
    /// A clock that stands at `now`; `seed` picks the sequence of its jitter.
    #[must_use]
    pub fn new(now: Timestamp, seed: u64) -> Self {
        let hands = Hands { now_ms: now.unix_ms().into(), elapsed_ms: 0.into(), chance: seed.into() };
        Self { hands: Arc::new(hands) }
    }

    /// Lets time pass.
    pub fn advance(&self, duration: Duration) {
        let ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        self.hands.now_ms.fetch_add(i64::try_from(ms).unwrap_or(i64::MAX), Ordering::SeqCst);
        self.hands.elapsed_ms.fetch_add(ms, Ordering::SeqCst);
    }

    /// Sets the time of day, forward or back; elapsed time does not notice, as on a real machine.
    pub fn set(&self, now: Timestamp) {
        self.hands.now_ms.store(now.unix_ms(), Ordering::SeqCst);
    }
}

impl Clock for MemoryClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_ms(self.hands.now_ms.load(Ordering::SeqCst))
    }

    fn elapsed_ms(&self) -> u64 {
        self.hands.elapsed_ms.load(Ordering::SeqCst)
    }

    async fn pause(&self, duration: Duration) {
        self.advance(duration);
        // Others get their turn, as they would during a real wait.
        tokio::task::yield_now().await;
    }

    fn jitter(&self, max: u64) -> u64 {
        // The SplitMix64 generator: a counter with a fixed stride, and a mixer of its bits.
        let stride = 0x9e37_79b9_7f4a_7c15;
        let mut bits = self.hands.chance.fetch_add(stride, Ordering::SeqCst).wrapping_add(stride);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        max.checked_add(1).map_or(bits, |choices| bits % choices)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn waiting_moves_the_clock_and_its_clones() {
        let clock = MemoryClock::new(Timestamp::UNIX_EPOCH, 7);
        let other_hand = clock.clone();
        clock.pause(Duration::from_millis(1_500)).await;
        assert_eq!((other_hand.now().unix_ms(), other_hand.elapsed_ms()), (1_500, 1_500));
        clock.set(Timestamp::UNIX_EPOCH);
        assert_eq!((other_hand.now().unix_ms(), other_hand.elapsed_ms()), (0, 1_500));
    }

    #[test]
    fn jitter_is_a_function_of_the_seed_and_stays_in_range() {
        let draw = |seed| -> Vec<u64> {
            let clock = MemoryClock::new(Timestamp::UNIX_EPOCH, seed);
            (0..100).map(|_| clock.jitter(9)).collect()
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        assert!((0..=9).all(|number| draw(1).contains(&number)));
        assert!(draw(1).iter().all(|&number| number <= 9));
    }
}
