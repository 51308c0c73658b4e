//! The Runtime API that tests run functions under, held against a function that does what its events say.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tillroll_tests::runtime_api::{Function, FunctionError, FunctionProgram, Invocation, NotReady, StreamEnd};

fn scripted() -> FunctionProgram {
    FunctionProgram::new(env!("CARGO_BIN_EXE_scripted-function"))
}

async fn begun() -> Function {
    let mut function = scripted().start().await;
    function.ready().await.unwrap();
    function
}

#[tokio::test]
async fn a_function_answers_events_one_by_one_and_asks_for_the_next() {
    let mut function = begun().await;
    assert_eq!(function.polls(), 1);
    for number in 1..=3 {
        let event = json!({"do": "echo", "number": number});
        assert_eq!(function.invoke(&event).await.answer.value()["event"], event);
    }
    function.ready().await.unwrap();
    assert_eq!(function.polls(), 4);
}

#[tokio::test]
async fn an_event_comes_with_its_deadline_and_its_trace() {
    let mut function = begun().await;
    let now = || u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap();
    let before = now();
    let event = Invocation::from(json!({"do": "echo"})).within(Duration::from_mins(2)).traced("Root=1-2-3");
    let answer = function.invoke(event).await.answer.value();
    let deadline = answer["deadline_ms"].as_u64().unwrap();
    assert!((before + 120_000..=now() + 120_000).contains(&deadline), "{answer}");
    assert_eq!(answer["trace_id"], "Root=1-2-3");
    assert_eq!(function.invoke(json!({"do": "echo"})).await.answer.value()["trace_id"], Value::Null);
}

#[tokio::test]
async fn a_function_finds_what_lambda_sets_and_nothing_of_this_machine() {
    let mut function = scripted().env("TILLROLL_SUBSCRIPTION", "suggestions").start().await;
    function.ready().await.unwrap();
    let line = function.logged("environment").await.remove(0);
    let said: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(said["environment"]["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"], "128");
    assert_eq!(said["environment"]["TILLROLL_SUBSCRIPTION"], "suggestions");
    assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some(), "cargo sets it for this test");
    assert_eq!(said["environment"]["CARGO_MANIFEST_DIR"], Value::Null);
    assert_eq!(said["environment"]["HOME"], Value::Null);
}

#[tokio::test]
async fn a_function_that_fails_says_why_and_lives_on() {
    let mut function = begun().await;
    let expected = FunctionError {
        category: "unhandled".to_owned(),
        error_type: "Fault".to_owned(),
        message: "the table is away".to_owned(),
    };
    assert_eq!(function.invoke(json!({"do": "fail"})).await.answer.error(), expected);
    assert_eq!(function.logged("about to").await, ["about to fail"]);
    function.invoke(json!({"do": "echo"})).await.answer.value();
}

#[tokio::test]
async fn only_the_first_answer_counts() {
    let mut function = begun().await;
    assert_eq!(function.invoke(json!({"do": "answer twice"})).await.answer.value(), 1);
    function.invoke(json!({"do": "echo"})).await.answer.value();
}

#[tokio::test]
async fn an_answer_over_lambdas_limit_is_an_error() {
    let mut function = begun().await;
    let error = function.invoke(json!({"do": "answer long", "bytes": 7_000_000})).await.answer.error();
    assert_eq!(error.error_type, "Function.ResponseSizeTooLarge");
    function.invoke(json!({"do": "echo"})).await.answer.value();
}

#[tokio::test]
async fn a_stream_is_read_with_its_head_wherever_its_chunks_end() {
    let mut function = begun().await;
    let event = json!({"do": "stream", "chunks": ["second ", "third"]});
    let stream = function.invoke(&event).await.answer.stream();
    assert_eq!(stream.prelude, json!({"statusCode": 200, "cookies": []}));
    assert_eq!(stream.body(), b"first second third");
    assert_eq!(stream.end, StreamEnd::Whole);

    let mut live = function.stream(&event).await;
    let mut body = Vec::new();
    while let Some(chunk) = live.chunk().await {
        body.extend_from_slice(&chunk);
    }
    assert_eq!((body.as_slice(), live.end()), (&b"first second third"[..], Some(&StreamEnd::Whole)));
}

#[tokio::test]
async fn a_stream_can_fail_half_way_or_break() {
    let mut function = begun().await;
    let failing = json!({"do": "stream", "chunks": [], "error": "the table is away"});
    let StreamEnd::Failed(error) = function.invoke(failing).await.answer.stream().end else {
        panic!("it failed in its trailers");
    };
    assert_eq!((error.category.as_str(), error.message.as_str()), ("Runtime.StreamError", "the table is away"));

    let mut broken = function.stream(json!({"do": "stream", "chunks": [], "hang": true})).await;
    assert_eq!(broken.chunk().await.as_deref(), Some(&b"first "[..]));
    broken.kill().await;
    assert_eq!((broken.chunk().await, broken.end()), (None, Some(&StreamEnd::Broken)));
}

#[tokio::test]
async fn a_process_that_ends_instead_of_answering_is_reported() {
    let mut function = begun().await;
    assert_eq!(function.invoke(json!({"do": "exit"})).await.answer.exit().code(), Some(3));
}

#[tokio::test]
async fn a_function_that_cannot_begin_says_why() {
    let mut function = scripted().arg("--broken").start().await;
    let Err(NotReady::InitError(error)) = function.ready().await else {
        panic!("it cannot begin");
    };
    assert_eq!((error.error_type.as_str(), error.message.as_str()), ("Incomplete", "no table"));
    assert_eq!(function.exit().await.code(), Some(4));
}

#[tokio::test]
async fn a_function_can_be_killed_while_it_works() {
    let mut function = begun().await;
    function.begin(json!({"do": "echo"})).await;
    let process = function.id();
    function.kill().await;
    assert!(!std::path::Path::new(&format!("/proc/{process}")).exists());
}
