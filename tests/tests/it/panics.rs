//! What a function on our loop does when it panics, under the Runtime API: it answers with a fault and begins anew, or says
//! why it does not start.

use serde_json::json;
use tillroll_tests::runtime_api::{Function, FunctionProgram, NotReady};

fn breaking() -> FunctionProgram {
    let program = FunctionProgram::new(env!("CARGO_BIN_EXE_breaking-function"));
    program.env("TILLROLL_ARCHIVE_BUCKET", "a").env("TILLROLL_ROWS_TABLE", "r")
}

async fn begun() -> Function {
    let mut function = breaking().start().await;
    function.ready().await.unwrap();
    function
}

async fn answers(function: &mut Function) {
    assert_eq!(function.invoke(json!("more")).await.answer.value(), json!({"event": "\"more\""}));
}

#[tokio::test]
async fn a_panic_is_answered_with_a_fault_and_the_program_begins_anew_in_its_process() {
    let mut function = begun().await;
    let process = function.id();
    for event in ["panic", "panic elsewhere", "panic"] {
        let error = function.invoke(json!(event)).await.answer.error();
        assert_eq!((error.category.as_str(), error.error_type.as_str()), ("Panic", "Panic"), "{error:?}");
        answers(&mut function).await;
    }
    assert_eq!(function.id(), process);
    let log = function.log();
    assert!(!log.contains("secret"), "what a panic says could hold anything: {log}");
    assert_eq!(log.matches("breaking-function/main.rs:").count(), 3, "its place is said: {log}");
    assert_eq!(log.matches("\"outcome\":\"fault\"").count(), 3, "{log}");
}

#[tokio::test]
async fn who_came_over_http_is_told_over_http() {
    let mut function = begun().await;
    let stream = function.invoke(json!("panic, streamed")).await.answer.stream();
    assert_eq!(stream.prelude["statusCode"], 500);
    assert_eq!(stream.prelude["headers"]["content-type"], "text/plain");
    assert_eq!(stream.body(), b"a part of the program broke; the log says where");
    answers(&mut function).await;
}

#[tokio::test]
async fn a_panic_at_the_start_is_said_and_ends_the_program_instead_of_repeating_for_ever() {
    let mut function = breaking().arg("--at-start").start().await;
    let Err(NotReady::InitError(error)) = function.ready().await else {
        panic!("it cannot begin");
    };
    assert_eq!((error.category.as_str(), error.error_type.as_str()), ("Runtime.Panic", "Panic"));
    assert_eq!(function.exit().await.code(), Some(1));
    assert!(!function.log().contains("secret"), "{}", function.log());
}
