//! How the SDKs' clients are set up for the adapters. Every SDK has types of its own for the same settings, so what they
//! share is a macro; a service's module says which SDK it is and how long one attempt may take.

use std::net::SocketAddr;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{SharedHttpClient, SharedHttpConnector};

use crate::http::{Connections, client_of};

/// How long a connection may take to come about.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// Connections to an emulator on this machine.
#[expect(clippy::expect_used, reason = "without roots there is nothing that could not be read")]
pub(crate) fn plain_http() -> SharedHttpClient {
    let connections = Connections::in_the_open(CONNECT_TIMEOUT).expect("TLS settings without roots are complete");
    client_of(SharedHttpConnector::new(connections))
}

/// The address of an emulator on this machine.
pub(crate) fn loopback(address: SocketAddr) -> String {
    format!("http://{address}")
}

/// `base_config` and `emulator_client` of one SDK. What follows the time-out is set for emulators only.
macro_rules! clients {
    ($sdk:ident, $attempt:expr $(, $setting:ident($value:expr))*) => {
        /// What every client of the adapters starts from. No retries in the SDK: it cannot tell a lost answer from a
        /// lost request, sleeps on a clock of its own, and its retries would multiply with those of the adapters.
        #[must_use]
        pub fn base_config() -> $sdk::config::Builder {
            let timeouts = $sdk::config::timeout::TimeoutConfig::builder()
                .connect_timeout($crate::clients::CONNECT_TIMEOUT)
                .operation_attempt_timeout($attempt);
            $sdk::Config::builder()
                .behavior_version($sdk::config::BehaviorVersion::latest())
                .retry_config($sdk::config::retry::RetryConfig::disabled())
                .timeout_config(timeouts.build())
        }

        /// A client for an emulator that listens at `address`: plain HTTP, made-up credentials, never a network beyond
        /// this machine.
        #[must_use]
        pub fn emulator_client(address: ::std::net::SocketAddr) -> $sdk::Client {
            let credentials = $sdk::config::Credentials::new("tillroll", "tillroll", None, None, "emulator");
            let config = base_config()
                .endpoint_url($crate::clients::loopback(address))
                .region($sdk::config::Region::from_static("us-east-1"))
                .credentials_provider(credentials)
                .http_client($crate::clients::plain_http());
            $sdk::Client::from_conf(config$(.$setting($value))*.build())
        }
    };
}

pub(crate) use clients;
