//! An AWS account as the usual environment names it: region and credentials through aws-config, looked for once, in a
//! bounded time, and the clients that the adapters take.

use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_dynamodb::config::{ProvideCredentials as _, Region};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;

use crate::mappings::described;

/// How long region and credentials may take: single sign-on asks its portal, a machine on EC2 its metadata; a machine
/// elsewhere must not wait for metadata that never comes.
const LOOK_UP_MAX: Duration = Duration::from_secs(15);
/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long one attempt at a call may take; a page of a scan has a megabyte.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(20);

/// Region, credentials, endpoint.
#[derive(Clone, Debug)]
pub struct Account {
    config: SdkConfig,
    region: String,
}

/// There is no account to work with; what to do stands in the hint.
#[derive(Debug, thiserror::Error)]
pub enum NoAccount {
    /// Nothing says which region.
    #[error("no AWS region is set")]
    Region,
    /// No credentials, or they cannot be had.
    #[error("no AWS credentials: {reason}")]
    Credentials {
        /// Why not.
        reason: String,
        /// Whether nothing names any, or what names them cannot be understood. Otherwise asking for them failed.
        is_unset: bool,
    },
    /// The look-up did not end.
    #[error("region and credentials were not found within {} s", LOOK_UP_MAX.as_secs())]
    Late,
}

impl NoAccount {
    fn of(error: &CredentialsError) -> Self {
        let is_unset =
            matches!(error, CredentialsError::CredentialsNotLoaded(_) | CredentialsError::InvalidConfiguration(_));
        Self::Credentials { reason: described(error), is_unset }
    }

    /// Whether the environment has to say more, or something else.
    #[must_use]
    pub const fn is_unset(&self) -> bool {
        match self {
            Self::Region => true,
            Self::Credentials { is_unset, .. } => *is_unset,
            Self::Late => false,
        }
    }

    /// What to do about it.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Region => "set AWS_REGION, or a region in the profile that AWS_PROFILE names",
            Self::Credentials { .. } => {
                "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; with single sign-on run `aws sso login` first"
            }
            Self::Late => "set AWS_REGION and AWS_PROFILE (or keys); AWS_EC2_METADATA_DISABLED=true spares the wait",
        }
    }
}

impl Account {
    /// Finds region and credentials as every AWS tool does: environment, profile, single sign-on, container, machine.
    /// Where a stack names region and endpoint, those are meant.
    pub async fn find(region: Option<String>, endpoint: Option<String>) -> Result<Self, NoAccount> {
        let look_up = Self::look_up(region, endpoint);
        tokio::time::timeout(LOOK_UP_MAX, look_up).await.unwrap_or(Err(NoAccount::Late))
    }

    async fn look_up(region: Option<String>, endpoint: Option<String>) -> Result<Self, NoAccount> {
        let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
        let timeouts =
            TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).operation_attempt_timeout(ATTEMPT_TIMEOUT);
        let mut loader =
            aws_config::defaults(BehaviorVersion::latest()).http_client(http).timeout_config(timeouts.build());
        if let Some(region) = region {
            loader = loader.region(Region::new(region));
        }
        if let Some(endpoint) = endpoint {
            loader = loader.endpoint_url(endpoint);
        }
        let config = loader.load().await;
        let region = config.region().map(ToString::to_string).ok_or(NoAccount::Region)?;
        let Some(provider) = config.credentials_provider() else {
            return Err(NoAccount::Credentials { reason: "none are configured".to_owned(), is_unset: true });
        };
        provider.provide_credentials().await.map_err(|error| NoAccount::of(&error))?;
        Ok(Self { config, region })
    }

    /// The region.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.region
    }

    /// Where all calls go, if they do not go to AWS.
    #[must_use]
    pub fn endpoint(&self) -> Option<&str> {
        self.config.endpoint_url()
    }

    /// DynamoDB, for the adapters, which retry themselves.
    #[must_use]
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.without_retries())
    }

    /// Kinesis, likewise.
    #[must_use]
    pub fn kinesis(&self) -> aws_sdk_kinesis::Client {
        aws_sdk_kinesis::Client::new(&self.without_retries())
    }

    /// S3, likewise. A stand-in has one host for all buckets.
    #[must_use]
    pub fn s3(&self) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::config::Builder::from(&self.without_retries());
        aws_sdk_s3::Client::from_conf(config.force_path_style(self.endpoint().is_some()).build())
    }

    /// SQS, likewise.
    #[must_use]
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(&self.without_retries())
    }

    /// DynamoDB for whoever does not retry.
    #[must_use]
    pub fn retrying_dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.config)
    }

    fn without_retries(&self) -> SdkConfig {
        self.config.clone().into_builder().retry_config(RetryConfig::disabled()).build()
    }
}
