//! The loop of every function: configuration, then one invocation after the other, for ever.
//!
//! What goes wrong in an invocation is that invocation's answer: the process goes on with the next one, its clients and
//! connections still warm. An invocation that would outlast Lambda's patience is broken off a moment earlier for the
//! same reason. Only after a panic (`broken`) does the program begin anew.

use std::convert::Infallible;
use std::pin::Pin;
use std::process::ExitCode;
use std::sync::Arc;

use futures_util::stream::Stream;
use lambda_runtime::{Diagnostic, FunctionResponse, LambdaEvent, MetadataPrelude, Runtime, StreamResponse, service_fn};
use serde_json::value::RawValue;
use tillroll_core::time::Timestamp;

use super::broken::{self, UnderWay};
use super::by_hand;
use super::clock::SystemClock;
use super::configuration::{Configuration, Configured};
use super::invocation::{Answer, Answered, Failure, Invocation, Streamed};
use super::logs::{self, Names};
use super::metrics::{Metrics, Outcome, service_of};
use crate::ports::Clock as _;

/// What Lambda itself puts into the environment of a function, without which its loop has nobody to ask.
const OF_LAMBDA: [&str; 4] = [
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
];

/// A function, ready to be invoked.
pub trait Function: Send + Sync + 'static {
    /// Answers one event.
    fn answer(
        &self,
        event: &RawValue,
        invocation: &Invocation,
    ) -> impl Future<Output = Result<Answered, Failure>> + Send;

    /// What to say to an event whose answer broke off; the failure itself, unless the caller understands more.
    fn broken(&self, _event: &RawValue, _invocation: &Invocation, failure: Failure) -> Result<Answer, Failure> {
        Err(failure)
    }
}

type Chunks = Pin<Box<dyn Stream<Item = Result<Vec<u8>, Infallible>> + Send>>;
type Response = FunctionResponse<Box<RawValue>, Chunks>;

/// Runs the function `name` that `start` makes of its configuration. Ends only when it cannot begin.
pub fn run<C, F, S>(name: &'static str, start: S) -> ExitCode
where
    C: Configured,
    F: Function,
    S: AsyncFnOnce(&Configuration<C>) -> Result<F, Failure>,
{
    let lookup = |variable: &str| std::env::var(variable).ok();
    let configuration = Configuration::<C>::read(&lookup);
    logs::to_stdout(configuration.as_ref().map_or(tracing::Level::INFO, |configuration| configuration.aws.log));
    broken::end_panics();
    let missing: Vec<&str> = OF_LAMBDA.into_iter().filter(|variable| lookup(variable).is_none()).collect();
    if !missing.is_empty() {
        let missing = missing.join(", ");
        tracing::error!(missing, "this program is a Lambda function and runs under a Runtime API only");
        return ExitCode::FAILURE;
    }
    let configuration = match configuration {
        Ok(configuration) => configuration,
        Err(error) => return not_started(&Failure { kind: "Configuration", message: error.to_string() }),
    };
    // One invocation at a time needs one thread, and what it starts beside that runs while it waits.
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "no runtime");
            return ExitCode::FAILURE;
        }
    };
    runtime.block_on(async {
        let function = match start(&configuration).await {
            Ok(function) => Arc::new(function),
            Err(failure) => return not_started(&failure),
        };
        broken::started();
        let function_name = lookup("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_default();
        let place = Place { service: service_of(&function_name, name).to_owned(), function: name };
        serve(Arc::new(place), function).await
    })
}

fn not_started(failure: &Failure) -> ExitCode {
    tracing::error!(kind = failure.kind, "the function does not start: {}", failure.message);
    if let Ok(address) = std::env::var("AWS_LAMBDA_RUNTIME_API") {
        by_hand::tell_no_start(&address, failure);
    }
    ExitCode::FAILURE
}

/// What metrics are counted under.
struct Place {
    service: String,
    function: &'static str,
}

impl Place {
    fn count(&self, metrics: &Metrics, now: Timestamp) {
        logs::write_line(&metrics.line(&self.service, self.function, now));
    }
}

async fn serve<F: Function>(place: Arc<Place>, function: Arc<F>) -> ExitCode {
    let clock = SystemClock::start();
    let invoked = |event: LambdaEvent<Box<RawValue>>| {
        let (place, function) = (Arc::clone(&place), Arc::clone(&function));
        async move { invoke(&place, &function, clock, event).await }
    };
    match Runtime::new(service_fn(invoked)).run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = %error, "the Runtime API cannot be spoken to");
            ExitCode::FAILURE
        }
    }
}

async fn invoke<F: Function>(
    place: &Arc<Place>,
    function: &Arc<F>,
    clock: SystemClock,
    event: LambdaEvent<Box<RawValue>>,
) -> Result<Response, Diagnostic> {
    let begun_ms = clock.elapsed_ms();
    let LambdaEvent { payload, context } = event;
    let asked = Arc::new((payload, Invocation::of(&context, clock.now())));
    let (event, invocation) = &*asked;
    logs::begin(Names { request_id: invocation.request_id.clone(), trace_id: invocation.trace_id.clone() });
    let under_way = UnderWay::begin(&invocation.request_id, {
        let (place, function, asked) = (Arc::clone(place), Arc::clone(function), Arc::clone(&asked));
        move |failure| {
            place.count(&Metrics::of(Outcome::Fault).count("Invocations", 1), clock.now());
            function.broken(&asked.0, &asked.1, failure)
        }
    });
    let answered = answer(&**function, event, invocation).await;
    drop(under_way);
    let took_ms = clock.elapsed_ms().saturating_sub(begun_ms);
    let (answer, metrics) = match answered {
        Ok(Answered { answer, metrics }) => (Ok(answer), metrics),
        Err(failure) => {
            tracing::error!(kind = failure.kind, "the invocation failed: {}", failure.message);
            (function.broken(event, invocation, failure), Metrics::of(Outcome::Fault))
        }
    };
    place.count(&metrics.count("Invocations", 1).milliseconds("Duration", took_ms), clock.now());
    Ok(response(answer?))
}

/// The function's answer, also when it takes too long.
async fn answer<F: Function>(function: &F, event: &RawValue, invocation: &Invocation) -> Result<Answered, Failure> {
    let late = |_elapsed| Err(Failure { kind: "TimedOut", message: "the function's time is over".to_owned() });
    tokio::time::timeout(invocation.time, function.answer(event, invocation)).await.unwrap_or_else(late)
}

fn response(answer: Answer) -> Response {
    let Streamed { status, headers, chunks } = match answer {
        Answer::Whole(json) => return FunctionResponse::BufferedResponse(json),
        Answer::Streamed(streamed) => streamed,
    };
    let mut metadata_prelude = MetadataPrelude::default();
    if let Ok(status) = status.try_into() {
        metadata_prelude.status_code = status;
    }
    for (name, value) in headers {
        if let Ok(value) = value.try_into() {
            metadata_prelude.headers.insert(name, value);
        } else {
            tracing::error!(name, "a header of an answer cannot be sent");
        }
    }
    FunctionResponse::StreamingResponse(StreamResponse { metadata_prelude, stream: chunks })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    /// Does what its event says.
    struct Scripted;

    impl Function for Scripted {
        async fn answer(&self, event: &RawValue, _: &Invocation) -> Result<Answered, Failure> {
            match event.get() {
                "\"hang\"" => std::future::pending().await,
                other => Ok(Answered { answer: Answer::json(&json!({"event": other}))?, metrics: Metrics::default() }),
            }
        }
    }

    async fn invoked(event: &str, time: Duration) -> Result<Answered, Failure> {
        let event = RawValue::from_string(format!("\"{event}\"")).unwrap();
        let invocation =
            Invocation { request_id: String::new(), trace_id: String::new(), function_arn: String::new(), time };
        answer(&Scripted, &event, &invocation).await
    }

    #[tokio::test]
    async fn an_invocation_is_broken_off_before_lambda_would_end_the_process() {
        assert_eq!(invoked("hang", Duration::ZERO).await.unwrap_err().kind, "TimedOut");
        assert!(invoked("something", Duration::from_mins(1)).await.is_ok());
    }
}
