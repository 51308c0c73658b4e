//! The state machine that calls `sweep`, over Step Functions.

use std::fmt;

use aws_sdk_sfn::Client;
use aws_sdk_sfn::error::DisplayErrorContext;

use super::verifications::{SweepStarter, SweepTask};
use crate::ports::{Fault, FaultKind};

const START: &str = "start the state machine for verification";

/// The state machine. Cheap to clone.
#[derive(Clone)]
pub struct SweepMachine {
    client: Client,
    arn: String,
}

impl fmt::Debug for SweepMachine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SweepMachine").field("arn", &self.arn).finish_non_exhaustive()
    }
}

impl SweepMachine {
    /// The state machine of this ARN.
    pub fn new(client: Client, arn: impl Into<String>) -> Self {
        Self { client, arn: arn.into() }
    }
}

impl SweepStarter for SweepMachine {
    /// The execution has the verification's name, so a start that is sent twice starts once. Whatever fails, the next
    /// request may try again.
    async fn start(&self, id: &str, task: &SweepTask) -> Result<(), Fault> {
        let input = serde_json::to_string(task).map_err(|error| Fault::new(FaultKind::Permanent, START, id, error))?;
        let started = self.client.start_execution().state_machine_arn(&self.arn).name(id).input(input).send().await;
        let failed = |error| Fault::new(FaultKind::Transient, START, id, DisplayErrorContext(error).to_string());
        started.map(drop).map_err(failed)
    }
}
