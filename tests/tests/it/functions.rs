//! The functions as Lambda runs them: the real programs under a Runtime API, their tables in an emulator.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tillroll_host_lambda::dynamodb::client::emulator_client;
use tillroll_host_lambda::dynamodb::tables::{TableNames, create_tables};
use tillroll_host_lambda::lambda_events::{BusBatchRecord, BusPayload};
use tillroll_tests::dynoxide;
use tillroll_tests::runtime_api::{Function, FunctionProgram, Invocation, NotReady, StreamEnd};

const CART: &str = "0a0b0c0d-9dad-41d1-80b4-00c04fd430c8";
/// What must never be in a log.
const ITEM: &str = "canary-item";
const TOKEN: &str = "canary-token-of-256-bits";
/// How a Function URL is called.
const URL_HOST: &str = "abc.lambda-url.us-east-1.on.aws";
const API_HOST: &str = "abc.execute-api.us-east-1.amazonaws.com";

async fn tables() -> SocketAddr {
    let address = dynoxide::start().await;
    create_tables(&emulator_client(address), &TableNames::default()).await.unwrap();
    address
}

fn program(function: &str, tables: SocketAddr) -> FunctionProgram {
    FunctionProgram::of_this_build(function)
        .env("AWS_ENDPOINT_URL", format!("http://{tables}"))
        .env("TILLROLL_EVENTS_TABLE", "tillroll-events")
        .env("TILLROLL_ROWS_TABLE", "tillroll-rows")
        .env("TILLROLL_LOG", "debug")
}

async fn begun(program: FunctionProgram) -> Function {
    let mut function = program.start().await;
    function.ready().await.unwrap();
    function
}

fn http(host: &str, method: &str, path: &str, body: Option<Value>) -> Value {
    json!({
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {
            "content-type": "application/json",
            "tillroll-cart-token": TOKEN,
            "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        },
        "requestContext": {"http": {"method": method, "path": path}, "stage": "$default", "domainName": host},
        "body": body.map(|body| body.to_string()),
        "isBase64Encoded": false,
    })
}

fn opening() -> Value {
    let hash = format!("{:x}", Sha256::digest(TOKEN));
    json!({"command_id": "11111111-9dad-41d1-80b4-00c04fd430c8", "cart_id": CART, "token_hash": hash})
}

fn adding() -> Value {
    let data = json!({"item_name": ITEM, "price": {"minor": 349}});
    let command = json!({"command_id": "11111112-9dad-41d1-80b4-00c04fd430c8", "type": "AddItem", "data": data});
    json!({"commands": [command]})
}

/// Status and body of an answer of payload 2.0.
async fn asked(function: &mut Function, event: Value) -> (u64, Value) {
    let answer = function.invoke(event).await.answer.value();
    let body = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap_or_default();
    (answer["statusCode"].as_u64().unwrap(), body)
}

#[tokio::test]
async fn a_function_that_is_not_configured_says_everything_that_is_missing_and_ends() {
    for (name, missing) in [
        ("command", &["TILLROLL_EVENTS_TABLE", "TILLROLL_ROWS_TABLE"][..]),
        ("operate", &["TILLROLL_BUS", "TILLROLL_JWKS", "TILLROLL_QUEUE_CARTS"]),
        ("publish", &["TILLROLL_BUS", "TILLROLL_TAMPER_QUEUE"]),
        ("archive", &["TILLROLL_ARCHIVE_BUCKET"]),
        ("project", &["TILLROLL_SUBSCRIPTION"]),
        ("remind", &["TILLROLL_NOTICES_QUEUE"]),
        ("sweep", &["TILLROLL_ARCHIVE_BUCKET"]),
    ] {
        let mut function = FunctionProgram::of_this_build(name).start().await;
        let Err(NotReady::InitError(error)) = function.ready().await else { panic!("{name}: {}", function.log()) };
        assert_eq!((error.category.as_str(), error.error_type.as_str()), ("Runtime.Configuration", "Configuration"));
        for variable in missing {
            assert!(error.message.contains(&format!("{variable} is missing")), "{name}: {}", error.message);
        }
        assert_eq!(function.exit().await.code(), Some(1));
    }
}

#[tokio::test]
async fn command_answers_shoppers_and_nobody_else_and_logs_neither_items_nor_tokens() {
    let mut command = begun(program("command", tables().await)).await;
    let (status, opened) = asked(&mut command, http(API_HOST, "POST", "/carts", Some(opening()))).await;
    assert_eq!((status, &opened["state"]["status"]), (201, &json!("open")), "{opened}");
    let commands = format!("/carts/{CART}/commands");
    let (status, added) = asked(&mut command, http(API_HOST, "POST", &commands, Some(adding()))).await;
    assert_eq!((status, &added["results"][0]["status"]), (200, &json!("accepted")), "{added}");
    let cart = format!("/carts/{CART}");
    let (status, state) = asked(&mut command, http(API_HOST, "GET", &cart, None)).await;
    assert_eq!((status, &state["lines"][0]["item_name"]), (200, &json!(ITEM)));

    let mut strangers = http(API_HOST, "GET", &cart, None);
    strangers["headers"]["tillroll-cart-token"] = json!("another");
    let (status, problem) = asked(&mut command, strangers).await;
    assert_eq!((status, &problem["code"]), (404, &json!("cart_not_found")));
    assert_eq!(problem["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736");
    for operators in ["/carts", "/pipeline", "/replays", "/events/stream", "/dead-letters"] {
        let (status, _) = asked(&mut command, http(API_HOST, "GET", operators, None)).await;
        assert_eq!(status, 404, "{operators}");
    }
    let unreadable = command.invoke(json!({"canary-item": [1, 2, 3]})).await.answer.error();
    assert_eq!(unreadable.error_type, "UnknownCall");

    let metrics: Value = serde_json::from_str(&command.logged("CloudWatchMetrics").await[0]).unwrap();
    assert_eq!((&metrics["function"], &metrics["outcome"]), (&json!("command"), &json!("ok")));
    let log = command.log();
    for canary in ["canary", CART] {
        assert!(!log.contains(canary), "{canary}: {log}");
    }
    for line in log.lines() {
        assert!(serde_json::from_str::<Value>(line).is_ok(), "{line}");
    }
}

#[tokio::test]
async fn a_function_url_streams_the_events_of_a_cart_and_ends_before_the_function_would() {
    let mut command = begun(program("command", tables().await)).await;
    let opened = command.invoke(http(URL_HOST, "POST", "/carts", Some(opening()))).await.answer.stream();
    assert_eq!((&opened.prelude["statusCode"], opened.end.clone()), (&json!(201), StreamEnd::Whole));
    let opened: Value = serde_json::from_slice(&opened.body()).unwrap();
    assert_eq!(opened["cart_id"], CART);

    let stream = http(URL_HOST, "GET", &format!("/carts/{CART}/stream"), None);
    let listened = Invocation::from(stream.clone()).within(Duration::from_secs(3));
    let streamed = command.invoke(listened).await.answer.stream();
    assert_eq!(streamed.prelude["headers"]["content-type"], "text/event-stream");
    let text = String::from_utf8(streamed.body()).unwrap();
    assert!(text.starts_with("retry: ") && text.contains("event: tillroll.cart.CartOpened\n"), "{text}");
    assert_eq!(streamed.end, StreamEnd::Whole);

    let mut by_gateway = stream;
    by_gateway["requestContext"]["domainName"] = json!(API_HOST);
    let answer = command.invoke(by_gateway).await.answer.value();
    assert!(answer["body"].as_str().unwrap().contains("CartOpened"), "whole, and its reader comes back: {answer}");
}

#[tokio::test]
async fn the_calls_of_the_ruby_system_are_answered_as_it_answered_them() {
    let tables = tables().await;
    let call = |name: &str| begun(program("command", tables).env("TILLROLL_DIRECT", name));
    let opened = call("open_cart").await.invoke(json!({})).await.answer.value();
    let cart = opened["event"]["uuid"].as_str().unwrap().to_owned();
    assert_eq!(opened["event"]["items"], json!([]));
    let mut add = call("add_item").await;
    for pieces in 1..=2 {
        let added = add.invoke(json!({"ShoppingCartID": cart, "ItemName": "tea"})).await.answer.value();
        assert_eq!(added, json!({"event": {"uuid": cart, "items": vec!["tea"; pieces]}}));
    }
    let wrong = add.invoke(json!({"ShoppingCartID": cart, "ItemName": ""})).await.answer.error();
    assert_eq!(wrong.error_type, "invalid_name");
    assert_eq!(add.invoke(json!({"ItemName": "tea"})).await.answer.error().error_type, "malformed_json");
    let mut get = call("get_cart").await;
    let of_cart = json!({"ShoppingCartID": cart});
    assert_eq!(get.invoke(of_cart.clone()).await.answer.value()["event"]["items"], json!(["tea", "tea"]));
    let closed = call("close_cart").await.invoke(of_cart.clone()).await.answer.value();
    assert_eq!(closed["event"]["items"], json!(["tea", "tea"]));
    assert_eq!(get.invoke(of_cart.clone()).await.answer.value(), json!({"event": null}));
    assert_eq!(
        add.invoke(json!({"ShoppingCartID": cart, "ItemName": "tea"})).await.answer.value()["event"],
        json!(null)
    );
    assert_eq!(get.invoke(json!({"ShoppingCartID": "no cart"})).await.answer.value(), json!({"event": null}));
}

#[tokio::test]
async fn project_applies_both_feeds_and_writes_down_how_far_it_came() {
    let tables = tables().await;
    let mut command = begun(program("command", tables)).await;
    let opened = asked(&mut command, http(API_HOST, "POST", "/carts", Some(opening()))).await.1;
    let event = opened["results"][0]["events"][0].to_string();
    let record = |sequence: &str, data: &str| {
        let record = BusBatchRecord {
            event_id: format!("shardId-000000000000:{sequence}"),
            kinesis: BusPayload {
                partition_key: CART.to_owned(),
                sequence_number: sequence.to_owned(),
                arrival: 1_772_604_000.123,
                data: data.as_bytes().to_vec(),
            },
        };
        let mut record = serde_json::to_value(record).unwrap();
        record["eventSource"] = json!("aws:kinesis");
        record
    };
    let mut project = begun(program("project", tables).env("TILLROLL_SUBSCRIPTION", "carts")).await;
    let batch = json!({"Records": [record("7", &event), record("8", "canary-item: no event")]});
    let done = json!({"batchItemFailures": []});
    assert_eq!(project.invoke(&batch).await.answer.value(), done);
    assert_eq!(project.invoke(&batch).await.answer.value(), done, "twice is once");
    let message = json!({"Records": [{
        "eventSource": "aws:sqs",
        "messageId": "m1",
        "body": "canary-item: no message",
        "attributes": {"MessageGroupId": "g", "ApproximateReceiveCount": "1"},
    }]});
    let again = json!({"batchItemFailures": [{"itemIdentifier": "m1"}]});
    assert_eq!(project.invoke(message).await.answer.value(), again);
    let error = project.invoke(json!({"Records": []})).await.answer.error();
    assert_eq!(error.error_type, "UnreadableEvent");

    let dynamodb = emulator_client(tables);
    let rows = dynamodb.scan().table_name("tillroll-rows").send().await.unwrap().items.unwrap_or_default();
    let rows = format!("{rows:?}");
    assert!(rows.contains("progress#carts") && rows.contains("shardId-000000000000"), "{rows}");
    assert!(rows.contains(CART), "{rows}");
    let log = project.log();
    assert!(!log.contains("canary") && !log.contains(CART), "{log}");
}
