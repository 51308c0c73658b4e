//! A clock for tests that talk to emulators: real time, and jitter from the time of day.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tillroll_core::time::Timestamp;
use tillroll_host_lambda::ports::Clock;

/// Real time.
#[derive(Clone, Copy, Debug)]
pub struct WallClock {
    started: Instant,
}

impl Default for WallClock {
    fn default() -> Self {
        Self { started: Instant::now() }
    }
}

impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        Timestamp::from_unix_ms(since_epoch.as_millis().try_into().unwrap())
    }

    fn elapsed_ms(&self) -> u64 {
        self.started.elapsed().as_millis().try_into().unwrap()
    }

    async fn pause(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    fn jitter(&self, max: u64) -> u64 {
        let nanoseconds = u64::from(self.started.elapsed().subsec_nanos());
        nanoseconds.wrapping_mul(0x9e37_79b9_7f4a_7c15).checked_rem(max.saturating_add(1)).unwrap_or(0)
    }
}
