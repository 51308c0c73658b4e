//! A program as a Lambda function: started with what Lambda sets, given events, listened to, killed.
#![allow(
    clippy::must_use_candidate,
    clippy::wildcard_enum_match_arm,
    reason = "an answer of the wrong kind stops the test, which is often why it is looked at"
)]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::Notify;
use tokio::time::timeout;

use super::answers::{Answer, FunctionError, Reply, StreamEnd, Streamed};
use super::server::{Invocation, Report, RuntimeApi};
use super::{NAME, REGION};

/// Far longer than anything here takes, also on a machine with other things to do.
const PATIENCE: Duration = Duration::from_mins(1);
/// What parts the head of a streamed answer from its body.
const PRELUDE_END: [u8; 8] = [0; 8];

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

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.program
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
