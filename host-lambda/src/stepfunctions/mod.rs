//! The port [`ReplayStarter`] over Step Functions and its SDK, and the start of any state machine.
//!
//! | file | the one thing it knows |
//! |---|---|
//! | `errors` | the SDK's errors: the only file that does |
//! | `client` | how a client has to be set up, and one for an emulator on this machine |
//!
//! An execution of a replay is named by run and attempt, so a start that is sent again starts nothing: the same name is
//! the execution that there is, for 90 days.

pub mod client;
mod errors;

use aws_sdk_sfn::Client;
use serde_json::json;

use self::errors::{Refused, refused};
use crate::calls::{self, Failure};
use crate::ports::{Clock, Fault, ReplayStarter};

const START: &str = "start an execution for replay run";

/// A state machine to start, by its ARN. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Machine<C> {
    client: Client,
    arn: String,
    clock: C,
}

impl<C: Clock> Machine<C> {
    pub(crate) fn new(client: Client, arn: impl Into<String>, clock: C) -> Self {
        Self { client, arn: arn.into(), clock }
    }

    /// Sees to it that there is an execution of this name, which has at most 80 characters.
    pub(crate) async fn start(&self, name: &str, input: String) -> Result<(), Failure> {
        let start = self.client.start_execution().state_machine_arn(&self.arn).name(name).input(input);
        let started = calls::repeated(&self.clock, || async {
            match start.clone().send().await.map_err(refused) {
                Ok(_) | Err(Refused::Exists) => Ok(()),
                Err(Refused::Failed(failure)) => Err(failure),
            }
        });
        started.await
    }
}

/// The state machine that carries replays. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ReplayMachine<C>(Machine<C>);

impl<C: Clock> ReplayMachine<C> {
    /// The state machine with this ARN. The client's own retries should be off: see [`client::base_config`].
    pub fn new(client: Client, arn: impl Into<String>, clock: C) -> Self {
        Self(Machine::new(client, arn, clock))
    }
}

impl<C: Clock> ReplayStarter for ReplayMachine<C> {
    async fn start(&self, run: &str, attempt: u32) -> Result<(), Fault> {
        let input = json!({"run": run, "attempt": attempt}).to_string();
        self.0.start(&execution_name(run, attempt), input).await.map_err(|failure| failure.into_fault(START, run))
    }
}

/// At most 80 characters of letters, digits, hyphens and underscores.
fn execution_name(run: &str, attempt: u32) -> String {
    format!("{run}-{attempt}")
}
