//! One replay queue, delivered to one function: receive, call, delete what went well, return the rest.
//!
//! The rules of Lambda for FIFO queues with partial failures: messages that the answer does not name are deleted; an
//! answer that names an unknown message, and a function error, return the whole batch.

use std::collections::BTreeSet;
use std::time::Duration;

use tillroll_host_lambda::lambda_events::QueueBatch;
use tillroll_host_lambda::ports::Fault;
use tokio::sync::watch;

use super::delivery::{Outcome, pause_after};
use super::status::StatusCell;
use super::{FUNCTION_TIMEOUT, Function, Pace, described, invoke, is_stopping, stopping};
use crate::clock::LocalClock;
use crate::queue::{LocalQueue, RECEIVE_MESSAGES_MAX, Received};

/// How many timeouts of the function a message stays in flight (AWS asks for six).
const VISIBILITY_TIMEOUTS: u32 = 6;

/// One queue and the function that gets its messages.
pub struct QueueMapping<F> {
    subscription: &'static str,
    queue: LocalQueue,
    function: F,
    clock: LocalClock,
    status: StatusCell,
}

/// What became of a batch.
#[derive(Debug, PartialEq, Eq)]
struct Settled {
    delete: Vec<String>,
    put_back: Vec<String>,
    failure: Option<String>,
}

impl<F: Function<QueueBatch>> QueueMapping<F> {
    /// A mapping of this subscription's queue.
    pub fn new(subscription: &'static str, queue: LocalQueue, function: F, clock: LocalClock) -> Self {
        Self { subscription, queue, function, clock, status: StatusCell::default() }
    }

    /// What it says about itself.
    pub fn status(&self) -> StatusCell {
        self.status.clone()
    }

    /// Delivers until it is told to stop.
    pub async fn run(self, mut pace: watch::Receiver<Pace>) {
        let mut failures: u32 = 0;
        while !is_stopping(&pace) {
            match self.deliver(&mut pace).await {
                Ok(()) => failures = 0,
                Err(fault) => {
                    failures = failures.saturating_add(1);
                    let failure = described(&fault);
                    tracing::warn!(subscription = self.subscription, failure, "trying the replay queue again");
                    self.status.failed(failure);
                    tokio::select! {
                        () = tokio::time::sleep(pause_after(failures, &self.clock)) => {}
                        () = stopping(&mut pace) => {}
                    }
                }
            }
        }
    }

    async fn deliver(&self, pace: &mut watch::Receiver<Pace>) -> Result<(), Fault> {
        let mut changes = self.queue.changes(self.subscription)?;
        let visibility = FUNCTION_TIMEOUT * VISIBILITY_TIMEOUTS;
        let Received { messages, receipt, next_in } =
            self.queue.receive(self.subscription, RECEIVE_MESSAGES_MAX, visibility).await?;
        if messages.is_empty() {
            // With nothing in flight only a change can bring a message.
            let next = async {
                match next_in {
                    Some(duration) => tokio::time::sleep(duration).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                _ = changes.changed() => {}
                () = next => {}
                () = stopping(pace) => {}
            }
            return Ok(());
        }
        let batch = QueueBatch { records: messages };
        let outcome = invoke(&self.function, &batch).await;
        let ids: Vec<&str> = batch.records.iter().map(|record| record.message_id.as_str()).collect();
        let Settled { delete, put_back, failure } = settle(&ids, outcome);
        let done = delete.len();
        if let Some(failure) = &failure {
            tracing::warn!(subscription = self.subscription, failure, "replay messages come again");
        }
        self.queue.delete(self.subscription, &receipt, delete).await?;
        if !put_back.is_empty() {
            let delay = self.delay(&batch);
            self.queue.put_back(self.subscription, &receipt, put_back, delay, failure.clone()).await?;
        }
        self.status.called(done, None, failure);
        Ok(())
    }

    /// How long returned messages stay away: longer with every delivery.
    fn delay(&self, batch: &QueueBatch) -> Duration {
        let deliveries = batch.records.iter().filter_map(|record| record.attributes.receive_count.parse().ok()).max();
        pause_after(deliveries.unwrap_or(1), &self.clock)
    }
}

fn settle(ids: &[&str], outcome: Outcome) -> Settled {
    let owned = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
    let all_back = |failure| Settled { delete: Vec::new(), put_back: owned(ids), failure: Some(failure) };
    let answer = match outcome {
        Outcome::Error(error) => return all_back(error),
        Outcome::Answered(answer) => answer,
    };
    let failed: BTreeSet<&str> = answer.failures.iter().map(|failure| failure.item.as_str()).collect();
    if let Some(unknown) = failed.iter().find(|item| !ids.contains(item)) {
        return all_back(format!("the answer names {unknown:?}, which is not in the batch"));
    }
    let (back, done): (Vec<&str>, Vec<&str>) = ids.iter().partition(|id| failed.contains(*id));
    let failure = (!back.is_empty()).then(|| format!("{} of {} messages were returned", back.len(), ids.len()));
    Settled { delete: owned(&done), put_back: owned(&back), failure }
}

#[cfg(test)]
mod tests {
    use tillroll_host_lambda::lambda_events::BatchAnswer;

    use super::*;

    #[test]
    fn an_answer_settles_the_messages_by_the_documented_rules() {
        for (items, deleted) in [
            (&[][..], &["1", "2", "3"][..]),
            (&["2"], &["1", "3"]),
            (&["3", "2", "2"], &["1"]),
            (&["4"], &[]),
            (&["2", ""], &[]),
        ] {
            let answer = BatchAnswer::again(items.iter().map(|item| (*item).to_owned()));
            let settled = settle(&["1", "2", "3"], Outcome::Answered(answer));
            assert_eq!(settled.delete, deleted, "{items:?}");
            assert_eq!(settled.put_back.len() + settled.delete.len(), 3, "{items:?}");
            assert_eq!(settled.failure.is_none(), deleted.len() == 3, "{items:?}");
        }
        let settled = settle(&["1", "2"], Outcome::Error("down".into()));
        assert_eq!((settled.put_back.len(), settled.failure), (2, Some("down".into())));
    }
}
