//! Clients of AWS, made by hand once at the start of a function and kept for all its invocations.
//!
//! Made by hand, because everything a function needs to know is in its environment, and looking for it in all the places
//! where a person might have put it costs more than the function's whole start. TLS trusts the roots of Amazon and
//! nobody else (`roots/`): reading a whole trust store would be nearly all that TLS costs.

use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::http::SharedHttpConnector;
use aws_types::region::Region;

use super::configuration::{Aws, Endpoint};
use super::invocation::Failure;
use crate::clients::CONNECT_TIMEOUT;
use crate::http::{Connections, Untrusted, client_of};
use crate::s3::SignedObject;

/// Who signs the certificates of AWS.
const ROOTS: [&str; 5] = [
    include_str!("roots/amazon-root-ca-1.pem"),
    include_str!("roots/amazon-root-ca-2.pem"),
    include_str!("roots/amazon-root-ca-3.pem"),
    include_str!("roots/amazon-root-ca-4.pem"),
    include_str!("roots/starfield-services-root-g2.pem"),
];

/// What all clients of a function have in common; connections too.
#[derive(Clone, Debug)]
pub struct Clients {
    region: Region,
    credentials: Credentials,
    endpoint: Option<Endpoint>,
    connector: SharedHttpConnector,
}

/// A client of one service from what its adapter wants of it.
macro_rules! client {
    ($clients:expr, $service:ident, $base:expr) => {{
        let Clients { region, credentials, endpoint, connector } = $clients;
        let config = $base.region(region.clone()).credentials_provider(credentials.clone());
        let config = config.http_client(client_of(connector.clone()));
        let config = match endpoint {
            Some(Endpoint(url)) => config.endpoint_url(url),
            None => config,
        };
        $service::Client::from_conf(config.build())
    }};
}

impl Clients {
    /// What a function's environment says.
    pub fn new(aws: &Aws) -> Result<Self, Failure> {
        let Aws { region, access_key_id, secret_access_key, session_token, endpoint, log: _ } = aws;
        let credentials =
            Credentials::new(access_key_id, secret_access_key, session_token.clone(), None, "LambdaEnvironment");
        let connections = of_amazon().map_err(|error| Failure { kind: "Tls", message: error.to_string() })?;
        let connector = SharedHttpConnector::new(connections);
        Ok(Self { region: Region::new(region.clone()), credentials, endpoint: endpoint.clone(), connector })
    }

    /// DynamoDB.
    #[must_use]
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        client!(self, aws_sdk_dynamodb, crate::dynamodb::client::base_config())
    }

    /// Kinesis.
    #[must_use]
    pub fn kinesis(&self) -> aws_sdk_kinesis::Client {
        client!(self, aws_sdk_kinesis, crate::kinesis::client::base_config())
    }

    /// S3. A stand-in has one host for all buckets.
    #[must_use]
    pub fn s3(&self) -> aws_sdk_s3::Client {
        let config = crate::s3::client::base_config();
        client!(self, aws_sdk_s3, config.force_path_style(self.endpoint.is_some()))
    }

    /// An object to read, without the SDK of S3.
    #[must_use]
    pub fn object(&self, url: &str) -> SignedObject {
        SignedObject::new(self.connector.clone(), self.credentials.clone(), self.region.as_ref(), url)
    }

    /// SQS.
    #[must_use]
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        client!(self, aws_sdk_sqs, crate::sqs::client::base_config())
    }

    /// Step Functions.
    #[must_use]
    pub fn sfn(&self) -> aws_sdk_sfn::Client {
        client!(self, aws_sdk_sfn, crate::stepfunctions::client::base_config())
    }
}

/// Speaks TLS to what Amazon vouches for, and in the open where an endpoint says so: with a stand-in a function starts as it
/// does on AWS.
fn of_amazon() -> Result<Connections, Untrusted> {
    Connections::trusting(&ROOTS, CONNECT_TIMEOUT)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use sha2::{Digest as _, Sha256};

    use super::*;

    #[test]
    fn the_roots_are_those_that_the_page_lists() {
        let page = include_str!("roots/README.md");
        for root in ROOTS {
            let body: String = root.lines().filter(|line| !line.starts_with("-----")).collect();
            let hash = format!("{:x}", Sha256::digest(STANDARD.decode(body).unwrap()));
            assert!(page.contains(&hash), "{hash}");
        }
        assert!(of_amazon().is_ok());
    }
}
