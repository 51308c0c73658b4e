//! The clock of a function: the machine's.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tillroll_core::hash::Fingerprint;
use tillroll_core::time::Timestamp;

use crate::ports::Clock;

/// The time of day and a stopwatch.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    started: Instant,
}

impl SystemClock {
    /// A clock whose stopwatch starts now.
    #[must_use]
    #[allow(clippy::disallowed_methods, reason = "this is the clock that everybody asks")]
    pub fn start() -> Self {
        Self { started: Instant::now() }
    }
}

#[allow(clippy::disallowed_methods, reason = "this is the clock that everybody asks")]
fn since_1970() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_ms(i64::try_from(since_1970().as_millis()).unwrap_or(i64::MAX))
    }

    fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    async fn pause(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    fn jitter(&self, max: u64) -> u64 {
        // Functions start at different moments and on different machines; the nanoseconds of both clocks, stirred, are
        // as good as dice for spreading retries.
        let nanos = (since_1970() + self.started.elapsed()).as_nanos().to_le_bytes();
        Fingerprint::of_bytes(&nanos).get() % max.saturating_add(1).max(1)
    }
}
