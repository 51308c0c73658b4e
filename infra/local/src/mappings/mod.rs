//! Event source mappings on one machine: what Lambda does between a table stream, a bus or a queue and a function.
//!
//! `delivery` holds the rules as a plain state machine, [`shard`] drives it for table stream and bus, [`queue`] does
//! the same for FIFO queues, [`status`] is what others see of it.

pub(crate) mod delivery;
pub mod queue;
pub mod shard;
pub mod status;

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt as _;
use tillroll_host_lambda::lambda_events::BatchAnswer;
use tillroll_host_lambda::ports::Fault;
use tokio::sync::watch;

use delivery::Outcome;

/// Longest invocation; after that the function is stopped and the batch comes again. On AWS the same limit is set on
/// the functions.
const FUNCTION_TIMEOUT: Duration = Duration::from_mins(1);

/// A function of the pipeline that takes batches `B`.
pub trait Function<B>: Send + Sync + 'static {
    /// Works on one batch; what it answers or why it failed.
    fn invoke(&self, batch: &B) -> impl Future<Output = Result<BatchAnswer, Fault>> + Send;
}

/// What all mappings do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// They wait for batches to fill, as far as their windows allow.
    Batching,
    /// They deliver at once what is there.
    Flushing,
    /// They end after the batch at hand.
    Stopping,
}

/// Calls the function as Lambda would: an error, a panic and a timeout all fail the batch and nothing else.
async fn invoke<B: Sync, F: Function<B>>(function: &F, batch: &B) -> Outcome {
    let call = AssertUnwindSafe(tokio::time::timeout(FUNCTION_TIMEOUT, function.invoke(batch))).catch_unwind();
    match call.await {
        Ok(Ok(Ok(answer))) => Outcome::Answered(answer),
        Ok(Ok(Err(fault))) => Outcome::Error(described(&fault)),
        Ok(Err(_)) => Outcome::Error(format!("stopped after {} s", FUNCTION_TIMEOUT.as_secs())),
        Err(_) => Outcome::Error("the function panicked".to_owned()),
    }
}

/// An error with its causes, on one line.
pub(crate) fn described(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// Waits until the mappings are told to stop; also when nobody is left to tell them.
pub(crate) async fn stopping(pace: &mut watch::Receiver<Pace>) {
    let _ = pace.wait_for(|pace| *pace == Pace::Stopping).await;
}

fn is_stopping(pace: &watch::Receiver<Pace>) -> bool {
    *pace.borrow() == Pace::Stopping || pace.has_changed().is_err()
}
