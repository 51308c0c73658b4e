//! Where a function gets the keys of its tokens' issuer: from its environment, or from the issuer, at the first token
//! that needs them.

use std::error::Error;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::HttpConnector as _;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;

use super::configuration::{self, KeySet};
use crate::auth::{KeySource, Operators, Rules, SET_BYTES_MAX, Verifier};
use crate::http::{Connections, Untrusted, body_of};
use crate::ports::{Fault, FaultKind};

/// How long an issuer may take to take a connection, and for everything. A caller waits meanwhile.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
const FETCH_TIMEOUT: Duration = Duration::from_secs(5);
/// The HTTP status of an answer that is one.
const OK: u16 = 200;

const FETCH: &str = "fetch the keys of issuer";

/// The keys of an issuer.
#[derive(Clone, Debug)]
pub struct IssuerKeys(KeySet);

/// The verifier of an issuer's tokens.
#[must_use]
pub fn verifier(issuer: &configuration::Issuer, operators: Operators) -> Verifier<IssuerKeys> {
    let configuration::Issuer { issuer, audience, keys } = issuer.clone();
    Verifier::new(Rules { issuer, audience, operators: Some(operators) }, IssuerKeys(keys))
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
    let read = tokio::time::timeout(FETCH_TIMEOUT, read(url)).await;
    let late = |_elapsed| Err(format!("no whole answer within {} s", FETCH_TIMEOUT.as_secs()).into());
    read.unwrap_or_else(late).map_err(|source| Fault::new(FaultKind::Transient, FETCH, url, source))
}

async fn read(url: &str) -> Result<String, Box<dyn Error + Send + Sync>> {
    let response = connections(url)?.call(HttpRequest::get(url)?).await?;
    let status = response.status().as_u16();
    if status != OK {
        return Err(format!("the answer has the status {status}").into());
    }
    let Some(set) = body_of(response, SET_BYTES_MAX).await? else {
        return Err(format!("the set has more than {SET_BYTES_MAX} bytes").into());
    };
    Ok(String::from_utf8(set)?)
}

/// An issuer may be anybody, so this connection trusts whom the machine trusts. It is made for each fetch: there is one
/// in the life of most functions. Plain HTTP is for this machine alone, which the configuration saw to.
fn connections(url: &str) -> Result<Connections, Untrusted> {
    if url.starts_with("https://") {
        Connections::trusting_the_machine(CONNECT_TIMEOUT)
    } else {
        Connections::in_the_open(CONNECT_TIMEOUT)
    }
}
