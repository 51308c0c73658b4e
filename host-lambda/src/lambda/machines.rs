//! The state machine that calls `sweep`, over Step Functions.

use aws_sdk_sfn::Client;

use super::verifications::{SweepStarter, SweepTask};
use crate::ports::{Clock, Fault, FaultKind};
use crate::stepfunctions::Machine;

const START: &str = "start the state machine for verification";

/// The state machine. Cheap to clone.
#[derive(Clone, Debug)]
pub struct SweepMachine<C>(Machine<C>);

impl<C: Clock> SweepMachine<C> {
    /// The state machine of this ARN. The client's own retries should be off.
    pub fn new(client: Client, arn: impl Into<String>, clock: C) -> Self {
        Self(Machine::new(client, arn, clock))
    }
}

impl<C: Clock> SweepStarter for SweepMachine<C> {
    /// The execution has the verification's name, so a start that is sent twice starts once.
    async fn start(&self, id: &str, task: &SweepTask) -> Result<(), Fault> {
        let input = serde_json::to_string(task).map_err(|error| Fault::new(FaultKind::Permanent, START, id, error))?;
        self.0.start(id, input).await.map_err(|failure| failure.into_fault(START, id))
    }
}
