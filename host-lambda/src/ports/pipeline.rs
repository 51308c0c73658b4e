//! How the pipeline is doing, for those who watch it.

use serde::{Deserialize, Serialize};
use tillroll_core::time::Timestamp;

use super::Fault;

/// How the pipeline is doing, as the host that runs it knows.
pub trait PipelineView: Send + Sync {
    /// All stages in the order of the flow, and what lies in the dead letter queues.
    fn snapshot(&self) -> impl Future<Output = Result<PipelineSnapshot, Fault>> + Send;
}

/// The pipeline at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PipelineSnapshot {
    /// In the order of the flow.
    pub stages: Vec<Stage>,
    /// One entry for each subscription.
    pub dead_letters: Vec<DeadLetters>,
    /// What the projectors of this process have done, one entry for each subscription.
    #[serde(default)]
    pub projections: Vec<Projected>,
    /// Records of the table stream that were kept as tampered with.
    #[serde(default)]
    pub tampered: u64,
    /// How far the stages were behind lately, oldest first; none where the host keeps no record of it.
    #[serde(default)]
    pub lags: Vec<LagSample>,
}

/// How far the stages were behind at worst within one stretch of time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LagSample {
    /// Where it begins.
    pub at: Timestamp,
    /// How long it is.
    pub span_ms: u64,
    /// As [`Stage::lag_events`], in the order of [`PipelineSnapshot::stages`].
    pub lag_events: Vec<u64>,
    /// As [`Stage::lag_ms`], in the same order.
    pub lag_ms: Vec<u64>,
}

/// One stage of the pipeline: a function and its event source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// `publish`, `archive`, `project carts`, `replay carts`, …
    pub name: String,
    /// Whether it runs.
    pub state: StageState,
    /// Events that wait for it; of a replay queue, its messages, each of which holds many.
    pub lag_events: u64,
    /// For how long the oldest of them has been waiting; 0 when none waits.
    pub lag_ms: u64,
    /// Since when it has been failing or has not moved; only said of a stage that is retrying or stalled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// How much came in and went out lately, where that is measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rates: Option<Rates>,
    /// What it last failed with, until a batch succeeds again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
}

/// Whether a stage runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StageState {
    /// Nothing waits.
    Idle,
    /// Its last batch succeeded.
    Running,
    /// Its last batch failed and is tried again.
    Retrying,
    /// Something waits and nothing has been finished for a while, whether it is failing or hangs.
    Stalled,
    /// It was stopped.
    Stopped,
}

/// What came to a stage and what it finished in the last minute, or since the process began if that is less; scaled to
/// a minute. Counted as [`Stage::lag_events`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rates {
    /// What came.
    pub in_per_minute: u64,
    /// What was finished.
    pub out_per_minute: u64,
}

/// What the projector of a subscription has done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Projected {
    /// The subscription.
    pub subscription: String,
    /// Since the process began.
    #[serde(flatten)]
    pub counts: Counts,
}

/// What a projector has done since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Events applied, those from the table included; once per generation.
    pub applied: u64,
    /// Times that missing events were read from the table.
    pub gaps_filled: u64,
    /// Batches of a cart that held nothing new.
    pub duplicates: u64,
    /// Times a cart was parked.
    pub parked: u64,
    /// Batches of a cart that were acknowledged without effect, because the cart is parked.
    pub held: u64,
    /// Records of the bus that are no events of ours; each is in the log.
    pub foreign: u64,
    /// Messages of a queue that do not read; each is in the log, and returned each time.
    pub unreadable: u64,
    /// Messages for a generation that is not filled any more; acknowledged.
    pub gone: u64,
}

/// What lies in a dead letter queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetters {
    /// Whose queue.
    pub subscription: String,
    /// How many messages.
    pub messages: u64,
}
