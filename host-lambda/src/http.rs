//! The one HTTP client under every SDK: HTTP/1.1 over TCP, or over TLS to those whom it is told to trust.
//!
//! The SDKs bring one of their own, which speaks HTTP/2 and asks proxies as well. No service that a function calls
//! offers the one, no function has the other, and together they are a twelfth of a program that every cold start reads.

use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::{self, ByteStream};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector as TcpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

/// Opens connections, keeps them for the next request, and sends requests over them. An address that begins with
/// `http://` is spoken to in the open: configurations see to it that only stand-ins on this machine have one.
#[derive(Clone, Debug)]
pub struct Connections {
    client: Client<HttpsConnector<TcpConnector>, SdkBody>,
}

/// Nobody could be trusted, or the TLS library refuses what it is given.
#[derive(Debug, thiserror::Error)]
#[error("the roots of trust do not read: {0}")]
pub struct Untrusted(String);

impl Connections {
    /// Trusts these roots, each a certificate in PEM, and nobody else. A connection takes `connect` at most to come about.
    pub fn trusting(roots: &[&str], connect: Duration) -> Result<Self, Untrusted> {
        let mut store = RootCertStore::empty();
        for root in roots {
            let root = CertificateDer::from_pem_slice(root.as_bytes()).map_err(|error| Untrusted(error.to_string()))?;
            store.add(root).map_err(|error| Untrusted(error.to_string()))?;
        }
        Self::new(store, connect)
    }

    /// Trusts whom the machine trusts.
    pub fn trusting_the_machine(connect: Duration) -> Result<Self, Untrusted> {
        let found = rustls_native_certs::load_native_certs();
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(found.certs);
        if store.is_empty() {
            let why = found.errors.first().map_or_else(|| "there are none".to_owned(), ToString::to_string);
            return Err(Untrusted(why));
        }
        Self::new(store, connect)
    }

    /// Trusts nobody: for addresses in the open.
    pub fn in_the_open(connect: Duration) -> Result<Self, Untrusted> {
        Self::new(RootCertStore::empty(), connect)
    }

    fn new(roots: RootCertStore, connect: Duration) -> Result<Self, Untrusted> {
        let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| Untrusted(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let mut tcp = TcpConnector::new();
        tcp.set_connect_timeout(Some(connect));
        tcp.set_nodelay(true);
        // The layer above sees to the scheme.
        tcp.enforce_http(false);
        let tls = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().wrap_connector(tcp);
        let client = Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(tls);
        Ok(Self { client })
    }
}

/// Connections as the SDKs take them. What the SDKs say about connecting is not listened to.
#[must_use]
pub fn client_of(connector: SharedHttpConnector) -> SharedHttpClient {
    http_client_fn(move |_settings, _components| connector.clone())
}

/// The body of a response, or `None` when it has more than `bytes_max`.
pub async fn body_of(response: HttpResponse, bytes_max: usize) -> Result<Option<Vec<u8>>, byte_stream::error::Error> {
    let mut stream = ByteStream::new(response.into_body());
    let mut bytes = Vec::new();
    while let Some(chunk) = stream.try_next().await? {
        if bytes.len() + chunk.len() > bytes_max {
            return Ok(None);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Some(bytes))
}

impl HttpConnector for Connections {
    /// Whatever goes wrong is a matter of the network: whether the request arrived, nobody knows.
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let request = match request.try_into_http1x() {
            Ok(request) => request,
            Err(error) => return HttpConnectorFuture::ready(Err(ConnectorError::user(error.into()))),
        };
        let response = self.client.request(request);
        HttpConnectorFuture::new(async move {
            let response = response.await.map_err(|error| ConnectorError::io(error.into()))?;
            HttpResponse::try_from(response.map(SdkBody::from_body_1_x))
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}
