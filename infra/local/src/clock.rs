//! The clock of one machine: the system's, or a file's, so that tests move time.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tillroll_core::hash::Fingerprint;
use tillroll_core::time::Timestamp;
use tillroll_host_lambda::ports::Clock;

/// Longest clock file that is read; a time needs about 30 bytes.
const CLOCK_FILE_BYTES_MAX: u64 = 256;

/// The time of day, from the system or from a file, and a stopwatch that is always the system's.
#[derive(Clone, Debug)]
pub struct LocalClock {
    started: Instant,
    file: Option<Arc<ClockFile>>,
}

#[derive(Debug)]
struct ClockFile {
    path: PathBuf,
    last: Mutex<Timestamp>,
}

/// The clock file holds no time.
#[derive(Debug, thiserror::Error)]
#[error(
    "the clock file {path} cannot be read as a time: write one like 2026-01-31T12:00:00Z, or milliseconds since 1970"
)]
pub struct NoTime {
    path: String,
    #[source]
    source: Option<std::io::Error>,
}

impl LocalClock {
    /// The system's clock.
    #[must_use]
    pub fn system() -> Self {
        Self { started: Instant::now(), file: None }
    }

    /// A clock that stands at the time the file holds (RFC 3339, or milliseconds since 1970) and is read again whenever
    /// it is asked. A file that is just being replaced leaves the clock where it was.
    pub fn of_file(path: PathBuf) -> Result<Self, NoTime> {
        let first = read(&path).map_err(|source| NoTime { path: path.display().to_string(), source })?;
        let file = ClockFile { path, last: Mutex::new(first) };
        Ok(Self { started: Instant::now(), file: Some(Arc::new(file)) })
    }
}

impl Clock for LocalClock {
    fn now(&self) -> Timestamp {
        match &self.file {
            Some(file) => file.now(),
            None => system_now(),
        }
    }

    fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    async fn pause(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    fn jitter(&self, max: u64) -> u64 {
        // The nanoseconds at which somebody asks, stirred, are as good as dice for spreading retries.
        let nanos = self.started.elapsed().as_nanos().to_le_bytes();
        Fingerprint::of_bytes(&nanos).get() % max.saturating_add(1).max(1)
    }
}

impl ClockFile {
    fn now(&self) -> Timestamp {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Ok(now) = read(&self.path) {
            *last = now;
        }
        *last
    }
}

fn system_now() -> Timestamp {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_unix_ms(i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX))
}

fn read(path: &std::path::Path) -> Result<Timestamp, Option<std::io::Error>> {
    use std::io::Read as _;
    let mut text = String::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(CLOCK_FILE_BYTES_MAX).read_to_string(&mut text))
        .map_err(Some)?;
    let text = text.trim();
    match text.parse::<i64>() {
        Ok(unix_ms) => Ok(Timestamp::from_unix_ms(unix_ms)),
        Err(_) => text.parse().map_err(|_| None),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;

    #[test]
    fn a_clock_file_moves_time_and_a_torn_one_leaves_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("clock");
        std::fs::write(&path, "2026-01-31T12:00:00Z\n").unwrap();
        let clock = LocalClock::of_file(path.clone()).unwrap();
        assert_eq!(clock.now().to_string(), "2026-01-31T12:00:00Z");
        std::fs::write(&path, "86400000").unwrap();
        assert_eq!(clock.now().to_string(), "1970-01-02T00:00:00Z");
        std::fs::write(&path, "").unwrap();
        assert_eq!(clock.now().to_string(), "1970-01-02T00:00:00Z");
        std::fs::write(&path, "soon").unwrap();
        assert_eq!(clock.now().to_string(), "1970-01-02T00:00:00Z");
    }

    #[test]
    fn a_clock_file_without_a_time_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("clock");
        assert!(LocalClock::of_file(path.clone()).is_err());
        std::fs::write(&path, "soon").unwrap();
        assert!(LocalClock::of_file(path).unwrap_err().to_string().contains("2026-01-31T12:00:00Z"));
    }

    #[test]
    fn jitter_stays_within_its_bound() {
        let clock = LocalClock::system();
        assert!((0..100).all(|max| clock.jitter(max) <= max));
    }
}
