//! The port of the dead letters: messages of the replay queues that were given up.

use tillroll_core::time::Timestamp;

use super::Fault;

/// The dead letters of all replay queues. Nothing here is ever dropped: a letter lies there until it is redriven.
pub trait DeadLetterQueue: Send + Sync {
    /// Dead letters in the order in which they were given up: those behind the letter `after`, at most `limit`; of one
    /// subscription or of all.
    fn list(
        &self,
        subscription: Option<&str>,
        after: Option<&str>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<DeadLetter>, Fault>> + Send;

    /// One letter; `None` when there is no such one, or not any more.
    fn get(&self, id: &str) -> impl Future<Output = Result<Option<DeadLetter>, Fault>> + Send;

    /// How many of them there are.
    fn count(&self, letters: &Letters) -> impl Future<Output = Result<u64, Fault>> + Send;

    /// Moves at most `limit` letters, the oldest first, to the end of the queue they come from, where they begin with
    /// no deliveries. Each is moved in one step: it is never in both places, and never in none. Answers the ids of
    /// those that were moved; one that is not there any more is passed over, so asking again does no harm.
    fn redrive(&self, letters: &Letters, limit: u32) -> impl Future<Output = Result<Vec<String>, Fault>> + Send;
}

/// Which dead letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Letters {
    /// These.
    Ids(Vec<String>),
    /// All of one subscription.
    Of(String),
    /// All there are.
    All,
}

/// A message that was given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// Names it as long as it lies there. A message that is given up a second time gets another id.
    pub id: String,
    /// Whose queue it was in.
    pub subscription: String,
    /// Its group there.
    pub group: String,
    /// How often it was delivered.
    pub receive_count: u32,
    /// What its last delivery failed with.
    pub reason: String,
    /// When it was sent to the queue; of letters that older builds gave up that is not known.
    pub sent_at: Option<Timestamp>,
    /// When it was given up.
    pub given_up_at: Timestamp,
    /// The message.
    pub body: String,
}
