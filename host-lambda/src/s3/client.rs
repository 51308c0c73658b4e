//! How a client has to be set up for the adapters, and one that talks to an emulator on this machine.

use std::net::SocketAddr;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{BehaviorVersion, Builder, Credentials, Region};

/// How long one attempt may take: an object of some megabytes either way.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// What every client of the adapters starts from. No retries in the SDK: they would multiply with the adapters' own,
/// and sleep on a clock of their own.
#[must_use]
pub fn base_config() -> Builder {
    let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).operation_attempt_timeout(ATTEMPT_TIMEOUT);
    aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts.build())
}

/// A client for an emulator that listens at `address`: plain HTTP, made-up credentials, never a network beyond this
/// machine. Buckets are in the path, because nobody answers for their names there; AWS is asked by their names.
#[must_use]
pub fn emulator_client(address: SocketAddr) -> Client {
    let config = base_config()
        .endpoint_url(format!("http://{address}"))
        .force_path_style(true)
        .region(Region::from_static("us-east-1"))
        .credentials_provider(Credentials::new("tillroll", "tillroll", None, None, "emulator"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    Client::from_conf(config)
}
