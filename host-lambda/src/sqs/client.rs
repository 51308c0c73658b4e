//! How a client has to be set up for the adapters, and one that talks to an emulator on this machine.

use std::time::Duration;

use crate::clients::clients;

/// How long one attempt may take: a megabyte either way, and a second of waiting for messages.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);

clients!(aws_sdk_sqs, ATTEMPT_TIMEOUT);
