//! The port [`ReplayStarter`] over Step Functions and its SDK.
//!
//! | file | the one thing it knows |
//! |---|---|
//! | `errors` | the SDK's errors: the only file that does |
//!
//! An execution is named by run and attempt, so a start that is sent again starts nothing: the same name with the same
//! input is the execution that there is, for 90 days.

mod errors;

use aws_sdk_sfn::Client;
use serde_json::json;

use self::errors::{Refused, refused};
use crate::ports::{Fault, ReplayStarter};

const START: &str = "start an execution for replay run";

/// The state machine that carries replays. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ReplayMachine {
    client: Client,
    arn: String,
}

impl ReplayMachine {
    /// The state machine with this ARN.
    pub fn new(client: Client, arn: impl Into<String>) -> Self {
        Self { client, arn: arn.into() }
    }
}

impl ReplayStarter for ReplayMachine {
    async fn start(&self, run: &str, attempt: u32) -> Result<(), Fault> {
        let input = json!({"run": run, "attempt": attempt}).to_string();
        let start = self.client.start_execution().state_machine_arn(&self.arn);
        match start.name(execution_name(run, attempt)).input(input).send().await.map_err(refused) {
            Ok(_) | Err(Refused::Exists) => Ok(()),
            Err(Refused::Failed(kind, source)) => Err(Fault::new(kind, START, run, source)),
        }
    }
}

/// At most 80 characters of letters, digits, hyphens and underscores.
fn execution_name(run: &str, attempt: u32) -> String {
    format!("{run}-{attempt}")
}
