//! Time and chance.

use std::time::Duration;

use tillroll_core::time::Timestamp;

/// Time and chance, so that functions have none of their own.
pub trait Clock: Send + Sync {
    /// The time of day.
    fn now(&self) -> Timestamp;

    /// Milliseconds from some fixed point, never going back; for measuring how long something took.
    fn elapsed_ms(&self) -> u64;

    /// Waits.
    fn pause(&self, duration: Duration) -> impl Future<Output = ()> + Send;

    /// A number in `0..=max` that spreads retries; not for secrets.
    fn jitter(&self, max: u64) -> u64;
}
