//! The port of the replay queues.

use super::{Fault, RecordRefused};

/// The replay queues: first in first out within a group, each message delivered at least once.
pub trait ReplayQueue: Send + Sync {
    /// Sends up to [`QUEUE_SEND_MESSAGES_MAX`] messages to the queue of `subscription`; one result per message.
    /// A message whose deduplication id was sent in the last five minutes is accepted and not delivered again.
    fn send(
        &self,
        subscription: &str,
        messages: Vec<QueueMessage>,
    ) -> impl Future<Output = Result<Vec<Result<(), RecordRefused>>, Fault>> + Send;

    /// Messages in the queue of `subscription`, those in flight included; dead letters are not counted.
    fn depth(&self, subscription: &str) -> impl Future<Output = Result<u64, Fault>> + Send;
}

/// Most messages in one send (SQS `SendMessageBatch`).
pub const QUEUE_SEND_MESSAGES_MAX: usize = 10;

/// A message for a replay queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueMessage {
    /// Messages of one group are delivered one after the other.
    pub group: String,
    /// Names the message for deduplication; 1..=128 characters.
    pub deduplication_id: String,
    /// The body, text.
    pub body: String,
}
