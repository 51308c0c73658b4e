//! How a client has to be set up for the adapters, and one that talks to an emulator on this machine.

use std::time::Duration;

use crate::clients::clients;

/// How long one attempt may take: an object of some megabytes either way.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);

// Buckets are in the path, because nobody answers for their names on an emulator; AWS is asked by their names.
clients!(aws_sdk_s3, ATTEMPT_TIMEOUT, force_path_style(true));
