//! The Runtime API alone: it hands over one event after the other and reports what the other side does. What that means is
//! for whoever reads the reports.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::{Body, HttpBody as _};
use axum::extract::{Path as Segments, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::answers::{FunctionError, StreamEnd};
use super::{NAME, REGION};

/// How long an invocation may take, unless a test says otherwise. Only told to the function; nobody is stopped.
const TIME_LIMIT: Duration = Duration::from_secs(30);
/// Lambda's limit for an answer that is not a stream.
const ANSWER_BYTES_MAX: usize = 6 * 1024 * 1024 + 100;
/// Reports that wait for the test. A stream that nobody reads is held back when they are full, as on a slow wire.
const REPORTS_MAX: usize = 64;

/// One event to hand over.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// Its id, which the answer has to name.
    pub request_id: String,
    /// The event's bytes.
    pub event: Bytes,
    /// How long it may take, from now.
    pub time_limit: Duration,
    /// X-Ray's header, if there is one.
    pub trace_id: Option<String>,
}

impl From<&Value> for Invocation {
    fn from(event: &Value) -> Self {
        Self {
            request_id: Uuid::from_u128(next_number()).to_string(),
            event: event.to_string().into(),
            time_limit: TIME_LIMIT,
            trace_id: None,
        }
    }
}

impl From<Value> for Invocation {
    fn from(event: Value) -> Self {
        Self::from(&event)
    }
}

impl Invocation {
    /// The same with this limit of time.
    #[must_use]
    pub fn within(self, time_limit: Duration) -> Self {
        Self { time_limit, ..self }
    }

    /// The same with X-Ray's header.
    #[must_use]
    pub fn traced(self, trace_id: &str) -> Self {
        Self { trace_id: Some(trace_id.to_owned()), ..self }
    }
}

/// Ids of invocations are different within a test program and the same in each of its runs.
fn next_number() -> u128 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NUMBER: AtomicU64 = AtomicU64::new(1);
    NUMBER.fetch_add(1, Ordering::Relaxed).into()
}

/// What the other side did, with the time of it.
#[derive(Debug)]
pub(super) enum Report {
    /// It asked for the next event.
    Polled,
    /// It cannot begin.
    InitError(FunctionError),
    Value(Bytes),
    StreamBegins,
    Chunk(Bytes),
    StreamEnds(StreamEnd),
    Error(FunctionError),
}

/// The server. It ends with this value.
#[derive(Debug)]
pub struct RuntimeApi {
    address: SocketAddr,
    pub(super) invocations: mpsc::Sender<Invocation>,
    pub(super) reports: mpsc::Receiver<(Report, Instant)>,
    serving: JoinHandle<()>,
}

/// What the routes share.
#[derive(Debug)]
struct Desk {
    invocations: tokio::sync::Mutex<mpsc::Receiver<Invocation>>,
    /// The id of the invocation that has no answer yet.
    open: Mutex<Option<String>>,
    reports: mpsc::Sender<(Report, Instant)>,
}

impl RuntimeApi {
    /// Listens on a free port of this machine.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (invocations, handed_over) = mpsc::channel(1);
        let (told, reports) = mpsc::channel(REPORTS_MAX);
        let desk = Desk { invocations: handed_over.into(), open: Mutex::default(), reports: told };
        let routes = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .route("/2018-06-01/runtime/init/error", post(init_error))
            .with_state(Arc::new(desk));
        let serving = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { address, invocations, reports, serving }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Desk {
    async fn report(&self, report: Report) {
        // Nobody listens any more when the test is over.
        let _ = self.reports.send((report, Instant::now())).await;
    }

    /// Whether this is the invocation that is to be answered, which it then is.
    fn close(&self, id: &str) -> bool {
        let mut open = self.open.lock().unwrap();
        open.take_if(|open| open == id).is_some()
    }
}

async fn next(State(desk): State<Arc<Desk>>) -> Response {
    desk.report(Report::Polled).await;
    let Some(invocation) = desk.invocations.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + invocation.time_limit;
    let mut headers = vec![
        ("Content-Type", "application/json".to_owned()),
        ("Lambda-Runtime-Aws-Request-Id", invocation.request_id.clone()),
        ("Lambda-Runtime-Deadline-Ms", deadline.as_millis().to_string()),
        ("Lambda-Runtime-Invoked-Function-Arn", format!("arn:aws:lambda:{REGION}:000000000000:function:{NAME}")),
    ];
    headers.extend(invocation.trace_id.map(|id| ("Lambda-Runtime-Trace-Id", id)));
    *desk.open.lock().unwrap() = Some(invocation.request_id);
    let head: HeaderMap = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
    (head, invocation.event).into_response()
}

async fn response(
    State(desk): State<Arc<Desk>>,
    Segments(id): Segments<String>,
    request: axum::extract::Request,
) -> Response {
    if !desk.close(&id) {
        return wrong_id();
    }
    let mode = request.headers().get("lambda-runtime-function-response-mode");
    if mode.is_some_and(|mode| mode == "streaming") {
        desk.report(Report::StreamBegins).await;
        let end = pass_on(request.into_body(), &desk).await;
        desk.report(Report::StreamEnds(end)).await;
        return accepted();
    }
    let Ok(body) = axum::body::to_bytes(request.into_body(), usize::MAX).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    if body.len() > ANSWER_BYTES_MAX {
        let error_type = "Function.ResponseSizeTooLarge".to_owned();
        let message =
            format!("Response payload size exceeded maximum allowed payload size ({ANSWER_BYTES_MAX} bytes).");
        desk.report(Report::Error(FunctionError { category: error_type.clone(), error_type, message })).await;
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    }
    desk.report(Report::Value(body)).await;
    accepted()
}

/// Reports each piece of a streamed answer as it comes.
async fn pass_on(mut body: Body, desk: &Desk) -> StreamEnd {
    let mut end = StreamEnd::Whole;
    loop {
        let frame = match std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
            None => return end,
            Some(Err(_)) => return StreamEnd::Broken,
            Some(Ok(frame)) => frame,
        };
        match frame.into_data() {
            Ok(chunk) => desk.report(Report::Chunk(chunk)).await,
            Err(frame) => {
                let trailers = frame.into_trailers().unwrap_or_default();
                if let Some(why) = trailers.get("lambda-runtime-function-error-body") {
                    end = StreamEnd::Failed(FunctionError::read(&trailers, why.as_bytes()));
                }
            }
        }
    }
}

async fn error(
    State(desk): State<Arc<Desk>>,
    Segments(id): Segments<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !desk.close(&id) {
        return wrong_id();
    }
    desk.report(Report::Error(FunctionError::read(&headers, &body))).await;
    accepted()
}

async fn init_error(State(desk): State<Arc<Desk>>, headers: HeaderMap, body: Bytes) -> Response {
    desk.report(Report::InitError(FunctionError::read(&headers, &body))).await;
    accepted()
}

fn accepted() -> Response {
    (StatusCode::ACCEPTED, axum::Json(json!({"status": "OK"}))).into_response()
}

fn wrong_id() -> Response {
    let why = json!({"errorType": "InvalidRequestID", "errorMessage": "Invalid request ID"});
    (StatusCode::BAD_REQUEST, axum::Json(why)).into_response()
}
