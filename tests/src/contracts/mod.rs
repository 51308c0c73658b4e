//! What every adapter of a port has to do, as sentences: `async` functions that take an adapter with nothing in it.
//!
//! A `*_contract!` macro lists the sentences of its port and makes each a test of its own for one adapter. It takes an
//! expression whose value is a future of `Option<(adapter, whatever has to live as long)>`; `None` skips.

pub mod archive;
pub mod dead_letters;
pub mod event_bus;
pub mod event_feed;
pub mod event_table;
pub mod replay_queue;
pub mod rows;
pub mod runs;

/// Makes each named sentence of a contract a test.
#[macro_export]
macro_rules! sentences {
    ($contract:ident, $fresh:expr, [$($sentence:ident),* $(,)?]) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $sentence() {
            if let Some((adapter, _keep)) = $fresh.await {
                $crate::contracts::$contract::$sentence(adapter).await;
            }
        }
    )*};
}
