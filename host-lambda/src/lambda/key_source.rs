//! Where a function gets the keys of its tokens' issuer: from its environment, or from the issuer, at the first token
//! that needs them.

use std::time::Duration;

use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorSettings};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;

use super::configuration::{self, KeySet};
use crate::auth::{KeySource, Rules, SET_BYTES_MAX, Verifier};
use crate::ports::{Fault, FaultKind};

/// How long an issuer may take to take a connection, and to answer. A caller waits meanwhile.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
const READ_TIMEOUT: Duration = Duration::from_secs(3);
/// The HTTP status of an answer that is one.
const OK: u16 = 200;

const FETCH: &str = "fetch the keys of issuer";

/// The keys of an issuer.
#[derive(Clone, Debug)]
pub struct IssuerKeys(KeySet);

/// The verifier of an issuer's tokens. `operator` is the claim that says who is one, and what it has to be.
#[must_use]
pub fn verifier(issuer: &configuration::Issuer, operator: Option<(String, String)>) -> Verifier<IssuerKeys> {
    let configuration::Issuer { issuer, audience, keys } = issuer.clone();
    Verifier::new(Rules { issuer, audience, operator }, IssuerKeys(keys))
}

impl KeySource for IssuerKeys {
    async fn fetch(&self) -> Result<String, Fault> {
        match &self.0 {
            KeySet::Inline(set) => Ok(set.clone()),
            KeySet::At(url) => fetch(url).await,
        }
    }
}

async fn fetch(url: &str) -> Result<String, Fault> {
    let failed =
        |source: Box<dyn std::error::Error + Send + Sync>| Fault::new(FaultKind::Transient, FETCH, url, source);
    let request = HttpRequest::get(url).map_err(|error| failed(error.into()))?;
    let response = connector(url).call(request).await.map_err(|error| failed(error.into()))?;
    let status = response.status().as_u16();
    if status != OK {
        return Err(failed(format!("the answer has the status {status}").into()));
    }
    let mut body = ByteStream::new(response.into_body());
    let mut set = Vec::new();
    while let Some(chunk) = body.try_next().await.map_err(|error| failed(error.into()))? {
        if set.len() + chunk.len() > SET_BYTES_MAX {
            return Err(failed(format!("the set has more than {SET_BYTES_MAX} bytes").into()));
        }
        set.extend_from_slice(&chunk);
    }
    String::from_utf8(set).map_err(|error| failed(error.into()))
}

/// An issuer may be anybody, so this connection trusts whom the machine trusts. It is made for each fetch: there is one
/// in the life of most functions. Plain HTTP is for this machine alone, which the configuration saw to.
fn connector(url: &str) -> Connector {
    let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT_TIMEOUT).read_timeout(READ_TIMEOUT).build();
    let connector = Connector::builder().connector_settings(settings).sleep_impl(TokioSleep::new());
    if url.starts_with("https://") {
        connector.tls_provider(Provider::Rustls(CryptoMode::Ring)).build()
    } else {
        connector.build_http()
    }
}
