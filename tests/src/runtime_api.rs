//! Lambda's Runtime API on a loopback port, as a function's process sees it: one event at a time, an answer, a stream or
//! an error back, and what becomes of a process that ends.
//!
//! [`Function`] is a real program under it, with the environment that Lambda gives and nothing of this machine's.
//! [`RuntimeApi`] is the server alone. Event sources, retries and freezing between invocations are not here.
#![allow(
    clippy::must_use_candidate,
    clippy::wildcard_enum_match_arm,
    reason = "an answer of the wrong kind stops the test, which is often why it is looked at"
)]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::{ExitStatus, Stdio};
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
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use uuid::Uuid;

/// Far longer than anything here takes, also on a machine with other things to do.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long an invocation may take, unless a test says otherwise. Only told to the function; nobody is stopped.
const TIME_LIMIT: Duration = Duration::from_secs(30);
/// Lambda's limit for an answer that is not a stream.
const ANSWER_BYTES_MAX: usize = 6 * 1024 * 1024 + 100;
/// Reports that wait for the test. A stream that nobody reads is held back when they are full, as on a slow wire.
const REPORTS_MAX: usize = 64;
/// What parts the head of a streamed answer from its body.
const PRELUDE_END: [u8; 8] = [0; 8];
/// What a function may call itself in its environment and logs.
const NAME: &str = "tillroll-under-test";
const REGION: &str = "us-east-1";

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

/// What a function said to one event.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// A document.
    Value(Value),
    /// A stream of bytes, to its end.
    Stream(Streamed),
    /// It failed, and lives on.
    Error(FunctionError),
    /// Its process ended instead of answering.
    Exited(ExitStatus),
}

/// A streamed answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Streamed {
    /// Status, headers and cookies.
    pub prelude: Value,
    /// What followed, as it came.
    pub chunks: Vec<Bytes>,
    /// How it ended.
    pub end: StreamEnd,
}

/// How a stream ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamEnd {
    /// As it should.
    Whole,
    /// With an error in the trailers.
    Failed(FunctionError),
    /// The connection broke.
    Broken,
}

/// An error as a function reports it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FunctionError {
    /// The header `Lambda-Runtime-Function-Error-Type`.
    pub category: String,
    /// The body's `errorType`.
    pub error_type: String,
    /// The body's `errorMessage`.
    pub message: String,
}

/// An answer and how long it took, from handing the event over to the answer's last byte.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// What was said.
    pub answer: Answer,
    /// How long it took.
    pub took: Duration,
}

impl Answer {
    /// The document; anything else fails the test.
    #[track_caller]
    pub fn value(self) -> Value {
        match self {
            Self::Value(value) => value,
            other => panic!("not a value: {other:?}"),
        }
    }

    /// The stream; anything else fails the test.
    #[track_caller]
    pub fn stream(self) -> Streamed {
        match self {
            Self::Stream(stream) => stream,
            other => panic!("not a stream: {other:?}"),
        }
    }

    /// The error; anything else fails the test.
    #[track_caller]
    pub fn error(self) -> FunctionError {
        match self {
            Self::Error(error) => error,
            other => panic!("not an error: {other:?}"),
        }
    }

    /// How the process ended; anything else fails the test.
    #[track_caller]
    pub fn exit(self) -> ExitStatus {
        match self {
            Self::Exited(status) => status,
            other => panic!("it lives: {other:?}"),
        }
    }
}

impl Streamed {
    /// What followed the head, in one piece.
    #[must_use]
    pub fn body(&self) -> Vec<u8> {
        self.chunks.concat()
    }
}

impl FunctionError {
    fn read(headers: &HeaderMap, body: &[u8]) -> Self {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let member = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        Self {
            category: header("lambda-runtime-function-error-type").to_owned(),
            error_type: member("errorType"),
            message: member("errorMessage"),
        }
    }
}

/// What the other side did, with the time of it.
#[derive(Debug)]
enum Report {
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
    invocations: mpsc::Sender<Invocation>,
    reports: mpsc::Receiver<(Report, Instant)>,
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

/// A program to run as a function, and what it finds in its environment.
#[derive(Clone, Debug)]
pub struct FunctionProgram {
    program: PathBuf,
    arguments: Vec<OsString>,
    environment: BTreeMap<String, OsString>,
}

impl FunctionProgram {
    /// This program with the variables that Lambda sets.
    #[must_use]
    pub fn new(program: impl Into<PathBuf>) -> Self {
        let lambdas = [
            ("AWS_ACCESS_KEY_ID", "tillroll"),
            ("AWS_DEFAULT_REGION", REGION),
            ("AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
            ("AWS_LAMBDA_FUNCTION_NAME", NAME),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/tillroll-under-test"),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "2020/01/01/[$LATEST]0"),
            ("AWS_REGION", REGION),
            ("AWS_SECRET_ACCESS_KEY", "tillroll"),
            ("AWS_SESSION_TOKEN", "tillroll"),
            ("LANG", "en_US.UTF-8"),
            ("PATH", "/usr/local/bin:/usr/bin/:/bin:/opt/bin"),
            ("TZ", ":UTC"),
            ("_HANDLER", "bootstrap"),
        ];
        let environment = lambdas.map(|(name, value)| (name.to_owned(), value.into())).into();
        Self { program: program.into(), arguments: Vec::new(), environment }
    }

    /// One of the functions of this build, such as `command`.
    #[must_use]
    pub fn of_this_build(function: &str) -> Self {
        let test = std::env::current_exe().unwrap();
        let name = format!("tillroll-{function}{}", std::env::consts::EXE_SUFFIX);
        // Test programs lie in a folder below the other programs', benchmarks beside them.
        let mut candidates = test.ancestors().skip(1).take(2).map(|folder| folder.join(&name));
        let program = candidates.find(|program| program.is_file());
        Self::new(program.unwrap_or_else(|| panic!("{name} is missing: cargo build --bin {name}")))
    }

    /// The same with an argument more.
    #[must_use]
    pub fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// The same with this variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.environment.insert(name.to_owned(), value.into());
        self
    }

    /// Starts it. It may need a while until it asks for an event.
    pub async fn start(&self) -> Function {
        let api = RuntimeApi::start().await;
        let folder = self.program.parent().unwrap_or(Path::new("/"));
        let begun = Instant::now();
        let mut process = Command::new(&self.program)
            .args(&self.arguments)
            .env_clear()
            .envs(&self.environment)
            .env("AWS_LAMBDA_RUNTIME_API", api.address().to_string())
            .env("LAMBDA_TASK_ROOT", folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("start {}: {error}", self.program.display()));
        let log = Arc::new(Log::default());
        tokio::spawn(keep(process.stdout.take().unwrap(), Arc::clone(&log)));
        tokio::spawn(keep(process.stderr.take().unwrap(), Arc::clone(&log)));
        Function { api, process, log, begun, ready_after: None, polls: 0, is_polling: false }
    }
}

#[derive(Debug, Default)]
struct Log {
    lines: Mutex<Vec<String>>,
    grown: Notify,
}

async fn keep(from: impl AsyncRead + Unpin, log: Arc<Log>) {
    let mut lines = BufReader::new(from).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        log.lines.lock().unwrap().push(line);
        log.grown.notify_waiters();
    }
}

/// A running function. Killed when it is dropped.
#[derive(Debug)]
pub struct Function {
    api: RuntimeApi,
    process: Child,
    log: Arc<Log>,
    begun: Instant,
    ready_after: Option<Duration>,
    polls: u64,
    is_polling: bool,
}

/// Why a function did not begin.
#[derive(Clone, Debug, PartialEq)]
pub enum NotReady {
    /// It said why.
    InitError(FunctionError),
    /// It said nothing.
    Exited(ExitStatus),
}

/// What came next of a process.
enum Happened {
    Told(Report, Instant),
    Exited(ExitStatus),
}

impl Function {
    /// Waits until it asks for an event; says how long it took from its start to its first question.
    pub async fn ready(&mut self) -> Result<Duration, NotReady> {
        while !self.is_polling {
            match self.next().await {
                Happened::Told(Report::InitError(error), _) => return Err(NotReady::InitError(error)),
                Happened::Exited(status) => return Err(NotReady::Exited(status)),
                // The rest of a stream that nobody read to its end.
                Happened::Told(Report::Polled | Report::Chunk(_) | Report::StreamEnds(_), _) => {}
                Happened::Told(other, _) => panic!("it answers what nobody asked: {other:?}\n{}", self.log()),
            }
        }
        Ok(self.ready_after.unwrap_or_default())
    }

    /// Hands an event over and waits for what it says.
    pub async fn invoke(&mut self, invocation: impl Into<Invocation>) -> Reply {
        let begun = self.begin(invocation).await;
        self.reply(begun).await
    }

    /// Hands an event over; [`Function::answer`] has what it says. In between it can be killed.
    pub async fn begin(&mut self, invocation: impl Into<Invocation>) -> Instant {
        self.ready().await.unwrap_or_else(|why| panic!("it does not begin: {why:?}\n{}", self.log()));
        self.is_polling = false;
        let begun = Instant::now();
        self.api.invocations.send(invocation.into()).await.unwrap();
        begun
    }

    /// What it says to the event that was handed over.
    pub async fn answer(&mut self) -> Answer {
        self.reply(Instant::now()).await.answer
    }

    async fn reply(&mut self, begun: Instant) -> Reply {
        let (answer, at) = match self.next().await {
            Happened::Told(Report::Value(body), at) => {
                let value = serde_json::from_slice(&body);
                (Answer::Value(value.unwrap_or_else(|error| panic!("{error}: {body:?}"))), at)
            }
            Happened::Told(Report::Error(error), at) => (Answer::Error(error), at),
            Happened::Told(Report::StreamBegins, _) => {
                let mut stream = self.read_prelude().await;
                let mut chunks = Vec::new();
                while let Some(chunk) = stream.chunk().await {
                    chunks.push(chunk);
                }
                let (end, at) = stream.ended.clone().unwrap();
                (Answer::Stream(Streamed { prelude: stream.prelude.clone(), chunks, end }), at)
            }
            Happened::Exited(status) => (Answer::Exited(status), Instant::now()),
            Happened::Told(other, _) => panic!("{other:?} instead of an answer\n{}", self.log()),
        };
        Reply { answer, took: at.saturating_duration_since(begun) }
    }

    /// Hands an event over whose answer is a stream; it has begun when this returns.
    pub async fn stream(&mut self, invocation: impl Into<Invocation>) -> Stream<'_> {
        self.begin(invocation).await;
        match self.next().await {
            Happened::Told(Report::StreamBegins, _) => self.read_prelude().await,
            Happened::Told(other, _) => panic!("{other:?} instead of a stream\n{}", self.log()),
            Happened::Exited(status) => panic!("{status} instead of a stream\n{}", self.log()),
        }
    }

    async fn read_prelude(&mut self) -> Stream<'_> {
        let mut read = Vec::new();
        loop {
            if let Some(end) = read.windows(PRELUDE_END.len()).position(|bytes| bytes == PRELUDE_END) {
                let prelude = serde_json::from_slice(&read[..end]).unwrap();
                let rest = Bytes::copy_from_slice(&read[end + PRELUDE_END.len()..]);
                return Stream { function: self, prelude, read: Some(rest), ended: None };
            }
            match self.next().await {
                Happened::Told(Report::Chunk(chunk), _) => read.extend_from_slice(&chunk),
                Happened::Told(other, _) => panic!("{other:?} instead of a stream's head: {read:?}"),
                Happened::Exited(status) => panic!("{status} instead of a stream's head: {read:?}"),
            }
        }
    }

    /// How often it has asked for an event so far, as far as was waited for.
    #[must_use]
    pub fn polls(&self) -> u64 {
        self.polls
    }

    /// Its process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.id().expect("it runs")
    }

    /// Kills it as Lambda does: it is told nothing, and it is gone when this returns.
    pub async fn kill(mut self) {
        self.process.kill().await.unwrap();
    }

    /// Waits until it ends by itself.
    pub async fn exit(&mut self) -> ExitStatus {
        timeout(PATIENCE, self.process.wait()).await.expect("it ends").unwrap()
    }

    /// What it has logged so far, which may be a little less than it has written.
    #[must_use]
    pub fn log(&self) -> String {
        self.log.lines.lock().unwrap().join("\n")
    }

    /// Waits until it has logged a line with this in it; says all such lines.
    pub async fn logged(&self, text: &str) -> Vec<String> {
        let find = async {
            loop {
                // Before looking, so that what is logged in between is not missed.
                let grown = self.log.grown.notified();
                let lines = self.log.lines.lock().unwrap().clone();
                let found: Vec<_> = lines.into_iter().filter(|line| line.contains(text)).collect();
                if !found.is_empty() {
                    return found;
                }
                grown.await;
            }
        };
        timeout(PATIENCE, find).await.unwrap_or_else(|_| panic!("never logged {text}:\n{}", self.log()))
    }

    async fn next(&mut self) -> Happened {
        let next = async {
            tokio::select! {
                // What it said before it ended comes first.
                biased;
                report = self.api.reports.recv() => report.map(|(report, at)| Happened::Told(report, at)),
                status = self.process.wait() => Some(Happened::Exited(status.unwrap())),
            }
        };
        let happened = timeout(PATIENCE, next).await;
        let happened = happened.unwrap_or_else(|_| panic!("it says nothing for {PATIENCE:?}:\n{}", self.log()));
        let happened = happened.expect("the server lives as long as this");
        if let Happened::Told(Report::Polled, at) = happened {
            self.polls += 1;
            self.is_polling = true;
            self.ready_after.get_or_insert(at - self.begun);
        }
        happened
    }
}

/// A streamed answer while it comes.
#[derive(Debug)]
pub struct Stream<'a> {
    function: &'a mut Function,
    /// Status, headers and cookies.
    pub prelude: Value,
    /// What came together with the head.
    read: Option<Bytes>,
    ended: Option<(StreamEnd, Instant)>,
}

impl Stream<'_> {
    /// The next bytes; none when the stream has ended.
    pub async fn chunk(&mut self) -> Option<Bytes> {
        if let Some(rest) = self.read.take().filter(|rest| !rest.is_empty()) {
            return Some(rest);
        }
        if self.ended.is_some() {
            return None;
        }
        match self.function.next().await {
            Happened::Told(Report::Chunk(chunk), _) => return Some(chunk),
            Happened::Told(Report::StreamEnds(end), at) => self.ended = Some((end, at)),
            Happened::Told(other, _) => panic!("{other:?} in the middle of a stream"),
            Happened::Exited(_) => self.ended = Some((StreamEnd::Broken, Instant::now())),
        }
        None
    }

    /// Kills the function in the middle of it.
    pub async fn kill(&mut self) {
        self.function.process.kill().await.unwrap();
    }

    /// How it ended, once there are no more bytes.
    #[must_use]
    pub fn end(&self) -> Option<&StreamEnd> {
        self.ended.as_ref().map(|(end, _)| end)
    }
}
