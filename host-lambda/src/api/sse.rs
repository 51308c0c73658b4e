//! Server-sent events as text, and what all streams of them keep to: how often they say that they are alive, when they
//! end, how many there may be.
//!
//! A stream is pulled: its next chunk is made when the last one has gone out. So a slow reader costs no memory, it only
//! reads older events when it comes back.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Problem;
use crate::ports::Clock;

/// Most streams at a time in one process. One that idles costs some 30 KB and a socket.
pub const STREAMS_MAX: usize = 2_000;
/// When a caller may try again to open one more.
const RETRY_AFTER_S: u32 = 5;
/// How long nothing may be said: below what gateways take for a broken connection.
const SILENCE_MS_MAX: u64 = 15_000;
/// How long a stream lasts: a Lambda function ends after 15 minutes, and a reader comes back for the rest.
const STREAM_MS_MAX: u64 = 14 * 60 * 1_000;
/// Streams that were opened together end spread over so long, so that their readers do not come back together.
const SPREAD_MS_MAX: u64 = 60 * 1_000;
/// How long a reader waits before it comes back.
pub const RETRY_MS: u64 = 1_000;
/// The content type of streams.
pub const CONTENT_TYPE: &str = "text/event-stream";

/// The places for open streams.
#[derive(Debug)]
pub(super) struct OpenStreams(Arc<Semaphore>);

/// One of them, taken until it is dropped.
pub(super) type Place = OwnedSemaphorePermit;

impl Default for OpenStreams {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(STREAMS_MAX)))
    }
}

impl OpenStreams {
    /// A place for one more.
    pub(super) fn open(&self) -> Result<Place, Problem> {
        Arc::clone(&self.0).try_acquire_owned().map_err(|_| {
            let detail = format!("{STREAMS_MAX} streams are open, which is as many as there may be");
            Problem::unavailable(detail).with_header("retry-after", RETRY_AFTER_S.to_string())
        })
    }
}

/// When a stream says that it is alive, and when it ends.
#[derive(Debug)]
pub(super) struct Pace {
    speaks_by_ms: u64,
    ends_at_ms: u64,
}

impl Pace {
    /// Of a stream that begins now.
    pub(super) fn begin(clock: &impl Clock) -> Self {
        let now_ms = clock.elapsed_ms();
        let lasts_ms = STREAM_MS_MAX - clock.jitter(SPREAD_MS_MAX);
        Self { speaks_by_ms: now_ms + SILENCE_MS_MAX, ends_at_ms: now_ms + lasts_ms }
    }

    /// Something is said.
    pub(super) fn speak(&mut self, clock: &impl Clock) {
        self.speaks_by_ms = clock.elapsed_ms() + SILENCE_MS_MAX;
    }

    /// How long there may be silence from now on; `None` at the end of the stream.
    pub(super) fn silence(&self, clock: &impl Clock) -> Option<Duration> {
        let now_ms = clock.elapsed_ms();
        let until_ms = self.speaks_by_ms.min(self.ends_at_ms);
        (now_ms < self.ends_at_ms).then(|| Duration::from_millis(until_ms.saturating_sub(now_ms)))
    }
}

/// The first words of a stream: when to come back after its end.
pub(super) fn greeting() -> Vec<u8> {
    format!("retry: {RETRY_MS}\n\n").into_bytes()
}

/// Appends one message. Nothing in an event can end its line: a type with control characters is left out, so that its
/// event is a `message`, and in JSON a bare line break is only ever white space.
pub(super) fn push_message(chunk: &mut Vec<u8>, id: impl Display, event: &str, json: &[u8]) {
    chunk.extend_from_slice(format!("id: {id}\n").as_bytes());
    if !event.contains(char::is_control) {
        chunk.extend_from_slice(format!("event: {event}\n").as_bytes());
    }
    chunk.extend_from_slice(b"data: ");
    chunk.extend(json.iter().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte }));
    chunk.extend_from_slice(b"\n\n");
}

/// A comment: a sign of life that no reader sees.
pub(super) const HEARTBEAT: &[u8] = b": \n\n";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;

    #[test]
    fn nothing_in_an_event_can_end_its_line() {
        for (event, json, text) in [
            ("tillroll.cart.X", "{\"a\":1}", "id: 7\nevent: tillroll.cart.X\ndata: {\"a\":1}\n\n"),
            ("tillroll.cart.X\nid: 9", "{}", "id: 7\ndata: {}\n\n"),
            ("tillroll.cart.X\r\n\r\ndata: {}", "{}", "id: 7\ndata: {}\n\n"),
            ("t", "{\n\r\n}", "id: 7\nevent: t\ndata: {   }\n\n"),
        ] {
            let mut chunk = Vec::new();
            push_message(&mut chunk, 7, event, json.as_bytes());
            assert_eq!(String::from_utf8(chunk).unwrap(), text);
        }
    }

    #[test]
    fn one_stream_more_than_there_may_be_is_told_when_to_come_back() {
        let streams = OpenStreams::default();
        let mut open: Vec<_> = (0..STREAMS_MAX).map(|_| streams.open().unwrap()).collect();
        let refused = streams.open().unwrap_err();
        assert_eq!((refused.status(), refused.code(), refused.is_retryable()), (503, "unavailable", true));
        assert_eq!(refused.into_response("").header("retry-after"), Some("5"));
        open.pop();
        assert!(streams.open().is_ok());
    }
}
