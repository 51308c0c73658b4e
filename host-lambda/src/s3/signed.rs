//! Reading one object over a signed request, without the SDK of S3: what that brings beside signing (a dozen checksums
//! with their tables, the rules of S3's addresses) was a fifth of a program that reads one object in its life.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode,
    sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::http::{HttpConnector as _, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use tillroll_core::time::Timestamp;

use super::status::{NOT_FOUND, NOT_MODIFIED, OK, verdict_of};
use crate::calls::{Failure, Verdict};
use crate::http::body_of;

/// How long one attempt may take, body included.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);
/// How much is read of an answer that is an error.
const ERROR_BYTES_MAX: usize = 16 * 1024;

/// The address of an object, and what reading it takes.
#[derive(Clone, Debug)]
pub struct SignedObject {
    connector: SharedHttpConnector,
    credentials: Credentials,
    region: String,
    url: String,
}

/// What an object's address answered.
#[derive(Debug)]
pub(super) enum Read {
    /// Its content, and its entity tag.
    Content(Vec<u8>, Option<String>),
    /// It is still the one whose entity tag was sent.
    Unchanged,
    /// There is none.
    Missing,
    /// It is larger than asked for.
    TooLarge,
}

impl SignedObject {
    /// The object at `url`, whose bucket lies in `region`.
    pub fn new(
        connector: SharedHttpConnector,
        credentials: Credentials,
        region: impl Into<String>,
        url: impl Into<String>,
    ) -> Self {
        Self { connector, credentials, region: region.into(), url: url.into() }
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Reads it, unless it is the one with this entity tag, or has more than `bytes_max`.
    pub(super) async fn read(&self, etag: Option<&str>, bytes_max: usize, now: Timestamp) -> Result<Read, Failure> {
        let request = self.request(etag, now)?;
        let answered = tokio::time::timeout(ATTEMPT_TIMEOUT, self.answer(request, bytes_max)).await;
        let late = |_elapsed| Err(in_doubt(format!("no whole answer within {} s", ATTEMPT_TIMEOUT.as_secs())));
        answered.unwrap_or_else(late)
    }

    async fn answer(&self, request: HttpRequest, bytes_max: usize) -> Result<Read, Failure> {
        let response = self.connector.call(request).await.map_err(in_doubt)?;
        let etag = response.headers().get("etag").map(str::to_owned);
        let length = response.headers().get("content-length").and_then(|length| length.parse::<usize>().ok());
        match response.status().as_u16() {
            NOT_MODIFIED => Ok(Read::Unchanged),
            OK if length.is_some_and(|length| length > bytes_max) => Ok(Read::TooLarge),
            OK => {
                let Some(content) = body_of(response, bytes_max).await.map_err(in_doubt)? else {
                    return Ok(Read::TooLarge);
                };
                match length {
                    Some(length) if length != content.len() => {
                        Err(in_doubt(format!("{} of {length} bytes came", content.len())))
                    }
                    _ => Ok(Read::Content(content, etag)),
                }
            }
            status => {
                let text = body_of(response, ERROR_BYTES_MAX).await.map_err(in_doubt)?.unwrap_or_default();
                let text = String::from_utf8_lossy(&text);
                let code = code(&text);
                if status == NOT_FOUND && code == Some("NoSuchKey") {
                    return Ok(Read::Missing);
                }
                let told = format!("status {status}, {}", code.unwrap_or("no code"));
                Err(Failure { verdict: verdict_of(code, status), source: told.into() })
            }
        }
    }

    fn request(&self, etag: Option<&str>, now: Timestamp) -> Result<HttpRequest, Failure> {
        let mut request = HttpRequest::get(&self.url).map_err(Failure::permanent)?;
        if let Some(etag) = etag {
            request.headers_mut().insert("if-none-match", etag.to_owned());
        }
        // What S3 asks of signatures: the body's hash as a header, the path as it is.
        let mut settings = SigningSettings::default();
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        let identity = self.credentials.clone().into();
        let since_1970 = Duration::from_millis(u64::try_from(now.unix_ms()).unwrap_or_default());
        let how = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("s3")
            .time(SystemTime::UNIX_EPOCH + since_1970)
            .settings(settings)
            .build()
            .map_err(Failure::permanent)?
            .into();
        let headers = request.headers().iter();
        let what = SignableRequest::new(request.method(), request.uri(), headers, SignableBody::Bytes(&[]));
        let (signature, _) = sign(what.map_err(Failure::permanent)?, &how).map_err(Failure::permanent)?.into_parts();
        for header in signature.into_parts().0 {
            request.headers_mut().insert(header.name(), header.value().to_owned());
        }
        Ok(request)
    }
}

/// The code of an error that S3 tells in XML.
fn code(text: &str) -> Option<&str> {
    text.split_once("<Code>")?.1.split_once("</Code>").map(|(code, _)| code)
}

fn in_doubt(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Failure {
    Failure { verdict: Verdict::InDoubt, source: source.into() }
}
