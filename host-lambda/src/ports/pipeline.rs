//! How the pipeline is doing, for those who watch it.

use serde::{Deserialize, Serialize};

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
    /// It was stopped.
    Stopped,
}

/// What lies in a dead letter queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetters {
    /// Whose queue.
    pub subscription: String,
    /// How many messages.
    pub messages: u64,
}
