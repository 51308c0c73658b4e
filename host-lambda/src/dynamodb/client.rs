//! How a client has to be set up for the adapters, and one that talks to an emulator on this machine.

use std::time::Duration;

use crate::clients::clients;

/// How long one attempt may take: two of them and a read fit into the budget of a write.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);

clients!(aws_sdk_dynamodb, ATTEMPT_TIMEOUT);
