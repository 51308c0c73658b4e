//! One address for all services of an account, as programs find AWS at one endpoint: requests go on to the emulator that
//! has the service, and some meet trouble on the way, because a test says so.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Notify;

/// Largest request that is passed on; the largest that AWS takes has 16 MiB.
const REQUEST_BYTES_MAX: usize = 32 * 1024 * 1024;

/// What befalls a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It is refused with this status and code, and nothing is done.
    Refused(u16, &'static str),
    /// The records of the partition are refused with this code; the rest of the request is done.
    RecordsRefused(&'static str),
    /// The transaction is cancelled, as if somebody else had changed its first item a moment before.
    Outrun,
    /// Whoever sent it is to be killed before it is done, see [`Account::struck`].
    StruckBefore,
    /// The same when it is done and not answered.
    StruckAfter,
}

/// Which requests meet trouble.
#[derive(Clone, Debug)]
pub struct Fate {
    /// The operation: `PutItem`, `PutRecords`; of S3 the method.
    pub operation: &'static str,
    /// What stands in the request's body or path. Of `PutRecords` it is a partition key.
    pub text: String,
    /// How many of them get through first.
    pub after: u32,
    /// How many meet it then.
    pub times: u32,
    /// What they meet.
    pub trouble: Trouble,
}

/// The address. It lasts as long as the test's runtime. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Account {
    address: SocketAddr,
    state: Arc<Services>,
}

#[derive(Debug)]
struct Services {
    dynamodb: SocketAddr,
    others: Option<SocketAddr>,
    client: reqwest::Client,
    fates: Mutex<Vec<Fate>>,
    struck: Notify,
}

impl Account {
    /// DynamoDB is at `dynamodb`, everything else at `others`.
    pub async fn of(dynamodb: SocketAddr, others: Option<SocketAddr>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let state = Arc::new(Services { dynamodb, others, client, fates: Mutex::default(), struck: Notify::new() });
        let routes = axum::Router::new().fallback(pass_on).with_state(Arc::clone(&state));
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { address, state }
    }

    /// What programs take for AWS.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on such requests meet trouble.
    pub fn ordain(&self, fate: Fate) {
        self.state.fates.lock().unwrap().push(fate);
    }

    /// Nothing meets trouble any more.
    pub fn calm(&self) {
        self.state.fates.lock().unwrap().clear();
    }

    /// Waits until somebody is to be killed. Their request is never answered.
    pub async fn struck(&self) {
        self.state.struck.notified().await;
    }
}

impl Services {
    fn trouble(&self, operation: &str, request: &str) -> Option<(Trouble, String)> {
        let mut fates = self.fates.lock().unwrap();
        let meant = |fate: &&mut Fate| fate.operation == operation && request.contains(&fate.text);
        for fate in fates.iter_mut().filter(meant) {
            if fate.after > 0 {
                fate.after -= 1;
            } else if fate.times > 0 {
                fate.times -= 1;
                return Some((fate.trouble, fate.text.clone()));
            }
        }
        None
    }

    async fn send(&self, head: &axum::http::request::Parts, body: Bytes) -> Response {
        let is_dynamodb = target(&head.headers).starts_with("DynamoDB");
        let service = if is_dynamodb { Some(self.dynamodb) } else { self.others };
        let service = service.expect("this account has DynamoDB alone");
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
        let request = self.client.request(head.method.clone(), format!("http://{service}{path}"));
        let answer = request.headers(without_framing(&head.headers)).body(body).send().await.unwrap();
        let (status, headers) = (answer.status(), without_framing(answer.headers()));
        (status, headers, Body::from(answer.bytes().await.unwrap())).into_response()
    }

    /// Puts the records of all partitions but one, and answers as if that one had been refused alone.
    async fn put_but(&self, partition: &str, code: &str, head: &axum::http::request::Parts, body: &[u8]) -> Response {
        let mut request: Value = serde_json::from_slice(body).unwrap();
        let records = request["Records"].as_array().unwrap().clone();
        let is_refused: Vec<bool> = records.iter().map(|record| record["PartitionKey"] == partition).collect();
        let kept = records.iter().zip(&is_refused).filter(|(_, refused)| !**refused).map(|(record, _)| record.clone());
        let kept: Vec<Value> = kept.collect();
        let mut taken = Vec::new().into_iter();
        if !kept.is_empty() {
            request["Records"] = json!(kept);
            let answer = self.send(head, request.to_string().into()).await;
            let answer = axum::body::to_bytes(answer.into_body(), REQUEST_BYTES_MAX).await.unwrap();
            let answer: Value = serde_json::from_slice(&answer).unwrap();
            taken = answer["Records"].as_array().unwrap().clone().into_iter();
        }
        let refused = json!({"ErrorCode": code, "ErrorMessage": "asked for"});
        let results: Vec<Value> =
            is_refused.iter().map(|is| if *is { refused.clone() } else { taken.next().unwrap() }).collect();
        let failed = is_refused.iter().filter(|is| **is).count();
        in_json(StatusCode::OK, &json!({"FailedRecordCount": failed, "Records": results}))
    }
}

async fn pass_on(State(services): State<Arc<Services>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, REQUEST_BYTES_MAX).await.unwrap();
    let target = target(&head.headers);
    let operation = target.rsplit('.').next().filter(|name| !name.is_empty()).unwrap_or(head.method.as_str());
    let searched = format!("{} {}", head.uri, String::from_utf8_lossy(&body));
    match services.trouble(operation, &searched) {
        None => services.send(&head, body).await,
        Some((Trouble::Refused(status, code), _)) => {
            let status = StatusCode::from_u16(status).unwrap();
            if target.is_empty() {
                let error = format!("<Error><Code>{code}</Code><Message>asked for</Message></Error>");
                return (status, [(header::CONTENT_TYPE, "application/xml")], error).into_response();
            }
            in_json(status, &json!({"__type": format!("com.amazonaws#{code}"), "message": "asked for"}))
        }
        Some((Trouble::Outrun, _)) => cancelled(&body),
        Some((Trouble::RecordsRefused(code), partition)) => services.put_but(&partition, code, &head, &body).await,
        Some((trouble, _)) => {
            if trouble == Trouble::StruckAfter {
                services.send(&head, body).await;
            }
            services.struck.notify_one();
            std::future::pending().await
        }
    }
}

fn cancelled(transaction: &[u8]) -> Response {
    let transaction: Value = serde_json::from_slice(transaction).unwrap();
    let mut reasons = vec![json!({"Code": "None"}); transaction["TransactItems"].as_array().unwrap().len()];
    reasons[0] = json!({"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"});
    let body = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message": "asked for",
        "CancellationReasons": reasons,
    });
    in_json(StatusCode::BAD_REQUEST, &body)
}

/// Service and operation of a protocol that names them in a header; empty for S3.
fn target(headers: &HeaderMap) -> &str {
    headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default()
}

/// Without what belongs to one connection.
fn without_framing(headers: &HeaderMap) -> HeaderMap {
    const FRAMING: [HeaderName; 4] =
        [header::HOST, header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::CONNECTION];
    let mut headers = headers.clone();
    for name in FRAMING {
        headers.remove(name);
    }
    headers
}

fn in_json(status: StatusCode, body: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/x-amz-json-1.1")], body.to_string()).into_response()
}
