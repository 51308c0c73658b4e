//! News of appends, for those who wait for the next event.

use std::time::Duration;

use tillroll_core::id::StreamId;

/// News of streams, for those who wait for the next event of one. A hint and nothing more: who was woken looks at the
/// table, and who was not woken has waited for `max`.
pub trait News: Send + Sync {
    /// Wakes those who wait for an event of `stream` up to `version`. Call it after the append; twice does no harm.
    fn announce(&self, stream: StreamId, version: u64);

    /// Waits until an event of `stream` above `after` is announced, at most `max`; says whether one was. Listening
    /// begins with the call, before the future is first polled: who calls, then looks at the table, then waits, misses
    /// nothing.
    fn wait_for(&self, stream: StreamId, after: u64, max: Duration) -> impl Future<Output = bool> + Send;
}
