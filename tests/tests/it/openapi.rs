//! The API's description against a running system: every example is accepted by its own schema, and is answered as it
//! says. Whether the document is the generated one, and the router's, is tested beside the router.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::{Client, Method, Response};
use serde_json::{Value, json};
use tillroll_host_lambda::api::openapi::table::{Operation, Verb, operations};
use tillroll_host_lambda::api::openapi::{EXAMPLES, Example, Likeness, document};
use tillroll_tests::program::Desk;

/// Set to 1, the answers are written instead of compared.
const WRITE: &str = "TILLROLL_WRITE_OPENAPI";
const PATIENCE: Duration = Duration::from_mins(1);
const NDJSON: &str = "application/x-ndjson";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A judge for the schema at a pointer of the document.
fn judge(document: &Value, pointer: &str) -> jsonschema::Validator {
    let mut schema = document.pointer(pointer).unwrap().clone();
    schema["components"] = document["components"].clone();
    jsonschema::options()
        .should_validate_formats(true)
        .build(&schema)
        .unwrap_or_else(|error| panic!("{pointer}: {error}"))
}

#[track_caller]
fn assert_fits(document: &Value, pointer: &str, value: &Value, whose: &str) {
    let judge = judge(document, pointer);
    let wrong: Vec<String> =
        judge.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(wrong.is_empty(), "{whose} does not fit {pointer}: {wrong:#?}\n{value:#}");
}

/// A JSON Pointer's segment.
fn escaped(segment: &str) -> String {
    segment.replace('~', "~0").replace('/', "~1")
}

fn place_of(operation: &Operation) -> String {
    format!("/paths/{}/{}", escaped(operation.path), operation.verb.word())
}

fn operation_of(example: &Example) -> &'static Operation {
    operations().find(|operation| operation.id == example.operation).unwrap()
}

/// Lines are judged one by one.
fn documents(media: &str, body: &Value) -> Vec<Value> {
    match body.as_str() {
        Some(lines) if media == NDJSON => lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect(),
        _ => vec![body.clone()],
    }
}

#[test]
fn every_example_is_accepted_by_its_own_schema() {
    let document = document();
    let mut judged = 0;
    for operation in operations() {
        let place = place_of(operation);
        let described = document.pointer(&place).unwrap();
        for (index, parameter) in described["parameters"].as_array().unwrap().iter().enumerate() {
            for (name, example) in parameter["examples"].as_object().into_iter().flatten() {
                assert_fits(&document, &format!("{place}/parameters/{index}/schema"), &example["value"], name);
                judged += 1;
            }
        }
        let bodies = described.pointer("/requestBody").map(|body| (format!("{place}/requestBody"), body));
        let answers = described["responses"].as_object().unwrap();
        let answers = answers.iter().map(|(status, answer)| (format!("{place}/responses/{status}"), answer));
        for (place, holder) in bodies.into_iter().chain(answers) {
            for (media, content) in holder["content"].as_object().into_iter().flatten() {
                let schema = format!("{place}/content/{}/schema", escaped(media));
                for (name, example) in content["examples"].as_object().into_iter().flatten() {
                    for value in documents(media, &example["value"]) {
                        assert_fits(&document, &schema, &value, name);
                        judged += 1;
                    }
                }
            }
        }
    }
    assert!(judged > EXAMPLES.len(), "{judged} examples judged");
}

#[test]
fn the_document_is_openapi_with_names_that_are_there_and_used() {
    let document = document();
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"").skip(1) {
        let pointer = reference.split('"').next().unwrap().trim_start_matches('#');
        assert!(document.pointer(pointer).is_some(), "{pointer} is referred to and not there");
    }
    for name in document["components"]["schemas"].as_object().unwrap().keys() {
        assert!(text.contains(&format!("\"#/components/schemas/{name}\"")), "nobody uses {name}");
        judge(&document, &format!("/components/schemas/{name}"));
    }
    let mut ids: Vec<&str> = operations().map(|operation| operation.id).collect();
    ids.sort_unstable();
    assert!(ids.windows(2).all(|pair| pair[0] != pair[1]), "{ids:?}");
    let mut names: Vec<&str> = EXAMPLES.iter().map(|example| example.name).collect();
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
    for operation in operations().filter(|operation| operation.id != "getDescription") {
        let told = EXAMPLES.iter().any(|example| example.operation == operation.id);
        assert!(told || is_shown_elsewhere(operation), "{} has no example", operation.id);
    }
}

/// What needs a moment that a story cannot wait for, or says what another operation says.
fn is_shown_elsewhere(operation: &Operation) -> bool {
    [
        "cancelReplay",
        "getDeadLetter",
        "getVerification",
        "pauseReplay",
        "redriveDeadLetters",
        "resumeParked",
        "resumeReplay",
        "rollBackReplay",
        "streamAllEvents",
        "streamEvents",
    ]
    .contains(&operation.id)
}

async fn send(client: &Client, base: &str, example: &Example) -> Response {
    let operation = operation_of(example);
    let method = if operation.verb == Verb::Post { Method::POST } else { Method::GET };
    let mark = if example.query.is_empty() { "" } else { "?" };
    let mut request = client.request(method, format!("{base}{}{mark}{}", example.path, example.query));
    if let Some(body) = example.body {
        let media = if operation.id == "importCarts" { NDJSON } else { "application/json" };
        request = request.header("content-type", media).body(body);
    }
    for (name, value) in example.headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

/// Without what differs from run to run: moments, and names of requests and builds.
fn timeless(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                if ["trace_id", "reducer"].contains(&name.as_str()) && value.is_string() {
                    *value = json!("…");
                } else {
                    timeless(value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(timeless),
        Value::String(text) if is_moment(text) => *value = json!("2026-01-31T12:00:00Z"),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn is_moment(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 20 && bytes[10] == b'T' && bytes[4] == b'-' && bytes.ends_with(b"Z")
}

fn same(left: &Value, right: &Value) -> bool {
    let (mut left, mut right) = (left.clone(), right.clone());
    timeless(&mut left);
    timeless(&mut right);
    left == right
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_is_answered_as_it_says() {
    let document = document();
    let desk = Desk::new();
    let catalogue = root().join("docs/examples/catalogue.json");
    let dev = desk.dev(&["--no-demo", "--catalogue", catalogue.to_str().unwrap()]);
    let client = Client::builder().timeout(PATIENCE).no_proxy().build().unwrap();
    let write = std::env::var(WRITE).is_ok_and(|value| value == "1");
    let mut answers = BTreeMap::new();
    for example in EXAMPLES {
        let operation = operation_of(example);
        let response = send(&client, &dev.api(), example).await;
        let status = response.status().as_u16();
        let media = response.headers().get("content-type").map(|media| media.to_str().unwrap().to_owned());
        let described = document.pointer(&format!("{}/responses/{status}", place_of(operation))).unwrap();
        for (name, header) in described["headers"].as_object().into_iter().flatten() {
            assert!(response.headers().contains_key(name) || header["required"] != true, "{}: no {name}", example.name);
        }
        let text = response.text().await.unwrap();
        assert_eq!(status, example.status, "{}: {text}", example.name);
        let media = media.unwrap();
        let answer: Value = if media == NDJSON { json!(text) } else { serde_json::from_str(&text).unwrap() };
        let schema = format!("{}/responses/{status}/content/{}/schema", place_of(operation), escaped(&media));
        for value in documents(&media, &answer) {
            assert_fits(&document, &schema, &value, example.name);
        }
        let written = example.answer();
        let fits =
            |written: &Value| documents(&media, written).iter().all(|one| judge(&document, &schema).is_valid(one));
        let alike = match example.likeness {
            Likeness::Equal => written.is_some_and(|written| same(written, &answer)),
            Likeness::Shape => written.is_some_and(fits),
        };
        assert!(
            write || alike,
            "{}: now {answer:#}\nwritten {written:#?}\n`cargo xtask openapi` writes it anew",
            example.name
        );
        // What was written stays when it says the same, so that only real differences show in a commit.
        let kept = written.filter(|_| alike).cloned();
        answers.insert(example.name, kept.unwrap_or(answer));
    }
    if write {
        let file = root().join("host-lambda/src/api/openapi/answers.json");
        fs::write(file, format!("{:#}\n", json!(answers))).unwrap();
    }
}
