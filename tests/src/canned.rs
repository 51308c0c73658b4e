//! The SDK's transport without a network: every request gets the answer that was prepared for it.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::http::{HttpRequest, HttpResponse};
use aws_sdk_dynamodb::config::{Credentials, HttpClient, Region, RuntimeComponents};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use bytes::Bytes;
use tillroll_core::hash::Fingerprint;
use tillroll_host_lambda::dynamodb::client::base_config;

/// How often a request lets the others go on before it is answered, at most.
const OVERTAKEN_MAX: u64 = 16;

/// An answer: HTTP status and body.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: Bytes,
}

impl Answer {
    /// A success with this body.
    pub fn ok(body: impl Into<Bytes>) -> Self {
        Self { status: 200, body: body.into() }
    }

    /// An error as DynamoDB words it.
    #[must_use]
    pub fn error(status: u16, code: &str) -> Self {
        let body = format!(r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{code}","message":"asked for"}}"#);
        Self { status, body: body.into() }
    }
}

/// A transport with prepared answers: one for each request in turn, the last one for ever.
#[derive(Clone, Debug)]
pub struct Canned {
    answers: Arc<[Answer]>,
    next: Arc<Mutex<VecDeque<usize>>>,
}

impl Canned {
    /// These answers, at least one.
    #[must_use]
    pub fn new(answers: Vec<Answer>) -> Self {
        assert!(!answers.is_empty(), "there is an answer to every request");
        let canned = Self { answers: answers.into(), next: Arc::default() };
        canned.rewind();
        canned
    }

    /// The next request gets the first answer again.
    pub fn rewind(&self) {
        *self.next.lock().unwrap() = (0..self.answers.len()).collect();
    }

    /// A client that sends its requests here.
    #[must_use]
    pub fn client(&self) -> Client {
        client_over(self.clone())
    }
}

/// A client that sends its requests to `transport`, set up like any other.
pub fn client_over(transport: impl HttpClient + 'static) -> Client {
    let config = base_config()
        .endpoint_url("http://127.0.0.1:1")
        .region(Region::from_static("us-east-1"))
        .credentials_provider(Credentials::new("tillroll", "tillroll", None, None, "canned"))
        .http_client(transport);
    Client::from_conf(config.build())
}

impl HttpConnector for Canned {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        let index = {
            let mut next = self.next.lock().unwrap();
            if next.len() > 1 { next.pop_front() } else { next.front().copied() }
        };
        HttpConnectorFuture::ready(Ok(response(self.answers[index.unwrap()].clone())))
    }
}

impl HttpClient for Canned {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

/// A transport that answers each request by its body, and lets other requests overtake it first.
#[derive(Clone)]
pub struct Answering<F>(Arc<F>);

impl<F: Fn(&str) -> Answer + Send + Sync + 'static> Answering<F> {
    /// Answers as `answer` says.
    pub fn new(answer: F) -> Self {
        Self(Arc::new(answer))
    }
}

impl<F> fmt::Debug for Answering<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answering")
    }
}

impl<F: Fn(&str) -> Answer + Send + Sync + 'static> HttpConnector for Answering<F> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let answer = Arc::clone(&self.0);
        HttpConnectorFuture::new(async move {
            let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
            for _ in 0..Fingerprint::of_bytes(body.as_bytes()).get() % OVERTAKEN_MAX {
                tokio::task::yield_now().await;
            }
            Ok(response(answer(&body)))
        })
    }
}

impl<F: Fn(&str) -> Answer + Send + Sync + 'static> HttpClient for Answering<F> {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(Self(Arc::clone(&self.0)))
    }
}

fn response(answer: Answer) -> HttpResponse {
    let mut response = HttpResponse::new(answer.status.try_into().unwrap(), answer.body.into());
    response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
    response
}
