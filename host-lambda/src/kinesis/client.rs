//! How a client has to be set up for the adapter, and one that talks to an emulator on this machine.

use std::time::Duration;

use crate::clients::clients;

/// How long one attempt may take: some megabytes either way.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);

clients!(aws_sdk_kinesis, ATTEMPT_TIMEOUT);
