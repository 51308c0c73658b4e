//! How a client has to be set up for the adapters, and one that talks to an emulator on this machine.

use std::time::Duration;

use crate::clients::clients;

/// How long one attempt may take: a start writes down a name and an input, and somebody waits for it.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);

clients!(aws_sdk_sfn, ATTEMPT_TIMEOUT);
