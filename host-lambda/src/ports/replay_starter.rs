//! The port to whoever carries a replay from step to step.

use super::Fault;

/// Whoever calls the replay function again and again until a run has ended: a state machine on AWS, a loop on one
/// machine. The function never calls itself.
pub trait ReplayStarter: Send + Sync {
    /// Sees to it that somebody carries `run`, begun or resumed for the `attempt`-th time (0: begun). Asked for twice,
    /// it happens once.
    fn start(&self, run: &str, attempt: u32) -> impl Future<Output = Result<(), Fault>> + Send;
}
