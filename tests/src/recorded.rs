//! The SDKs' transport with answers as the services give them: a status, headers and a body, or a connection that breaks.
//! Clients of Kinesis, S3, SQS and Step Functions over it are set up like any other.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use aws_sdk_s3::config::Credentials;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use bytes::Bytes;
use tillroll_host_lambda::{kinesis, s3, sqs, stepfunctions};

/// What one request gets.
#[derive(Clone, Debug)]
pub enum Reply {
    /// An answer.
    Http {
        /// Its status.
        status: u16,
        /// Its headers.
        headers: Vec<(&'static str, String)>,
        /// Its body.
        body: Bytes,
    },
    /// The connection breaks.
    Cut,
}

impl Reply {
    /// An answer of a service that speaks JSON.
    pub fn json(status: u16, body: impl Into<Bytes>) -> Self {
        let headers = vec![("content-type", "application/x-amz-json-1.0".to_owned())];
        Self::Http { status, headers, body: body.into() }
    }

    /// An error of a service that speaks JSON.
    #[must_use]
    pub fn json_error(status: u16, code: &str) -> Self {
        Self::json(status, format!(r#"{{"__type":"com.amazonaws#{code}","message":"asked for"}}"#))
    }

    /// An error of S3.
    #[must_use]
    pub fn s3_error(status: u16, code: &str) -> Self {
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{code}</Code><Message>asked for</Message>\
             <RequestId>4442587FB7D0A2F9</RequestId></Error>"
        );
        Self::Http { status, headers: vec![("content-type", "application/xml".to_owned())], body: body.into() }
    }

    /// An object of S3, or its answer to a put.
    pub fn object(body: impl Into<Bytes>, headers: &[(&'static str, &str)]) -> Self {
        let body = body.into();
        let mut headers: Vec<_> = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        headers.push(("content-length", body.len().to_string()));
        Self::Http { status: 200, headers, body }
    }
}

/// What was sent.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Method and address.
    pub line: String,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, if it was not a stream.
    pub body: String,
}

impl Sent {
    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

/// A transport that gives one reply after the other, the last one for ever, and keeps what was sent.
#[derive(Clone, Debug)]
pub struct Recorded {
    replies: Arc<Mutex<VecDeque<Reply>>>,
    sent: Arc<Mutex<Vec<Sent>>>,
}

impl Recorded {
    /// These replies, at least one.
    #[must_use]
    pub fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        let replies: VecDeque<Reply> = replies.into_iter().collect();
        assert!(!replies.is_empty(), "there is a reply to every request");
        Self { replies: Arc::new(Mutex::new(replies)), sent: Arc::default() }
    }

    /// What was sent so far.
    #[must_use]
    pub fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().clone()
    }

    /// A client of Kinesis over this transport.
    #[must_use]
    pub fn kinesis(&self) -> aws_sdk_kinesis::Client {
        use aws_sdk_kinesis::config::Region;
        let config = kinesis::client::base_config()
            .endpoint_url("http://127.0.0.1:1")
            .region(Region::from_static("us-east-1"))
            .credentials_provider(Credentials::new("tillroll", "tillroll", None, None, "recorded"))
            .http_client(self.clone());
        aws_sdk_kinesis::Client::from_conf(config.build())
    }

    /// A client of S3 over this transport.
    #[must_use]
    pub fn s3(&self) -> aws_sdk_s3::Client {
        use aws_sdk_s3::config::Region;
        let config = s3::client::base_config()
            .endpoint_url("http://127.0.0.1:1")
            .force_path_style(true)
            .region(Region::from_static("us-east-1"))
            .credentials_provider(Credentials::new("tillroll", "tillroll", None, None, "recorded"))
            .http_client(self.clone());
        aws_sdk_s3::Client::from_conf(config.build())
    }

    /// An object of S3 that is read without a client, over this transport.
    #[must_use]
    pub fn object(&self, url: &str) -> s3::SignedObject {
        let credentials = Credentials::new("tillroll", "tillroll", None, None, "recorded");
        s3::SignedObject::new(SharedHttpConnector::new(self.clone()), credentials, "us-east-1", url)
    }

    /// A client of SQS over this transport.
    #[must_use]
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        use aws_sdk_sqs::config::Region;
        let config = sqs::client::base_config()
            .endpoint_url("http://127.0.0.1:1")
            .region(Region::from_static("us-east-1"))
            .credentials_provider(Credentials::new("tillroll", "tillroll", None, None, "recorded"))
            .http_client(self.clone());
        aws_sdk_sqs::Client::from_conf(config.build())
    }

    /// A client of Step Functions over this transport.
    #[must_use]
    pub fn sfn(&self) -> aws_sdk_sfn::Client {
        use aws_sdk_sfn::config::Region;
        let config = stepfunctions::client::base_config()
            .endpoint_url("http://127.0.0.1:1")
            .region(Region::from_static("us-east-1"))
            .credentials_provider(Credentials::new("tillroll", "tillroll", None, None, "recorded"))
            .http_client(self.clone());
        aws_sdk_sfn::Client::from_conf(config.build())
    }
}

impl HttpConnector for Recorded {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let headers = request.headers().iter();
        self.sent.lock().unwrap().push(Sent {
            line: format!("{} {}", request.method(), request.uri()),
            headers: headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect(),
            body: String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned(),
        });
        let reply = {
            let mut replies = self.replies.lock().unwrap();
            if replies.len() > 1 { replies.pop_front().unwrap() } else { replies[0].clone() }
        };
        HttpConnectorFuture::ready(match reply {
            Reply::Cut => Err(ConnectorError::io("the connection broke".into())),
            Reply::Http { status, headers, body } => {
                let mut response = HttpResponse::new(status.try_into().unwrap(), body.into());
                for (name, value) in headers {
                    response.headers_mut().insert(name, value);
                }
                Ok(response)
            }
        })
    }
}

impl HttpClient for Recorded {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}
