//! Configurations are complete or refused, and documented.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::*;

const FUNCTIONS: [&str; 8] = ["command", "operate", "publish", "archive", "project", "replay", "remind", "sweep"];

/// An environment with a value for every variable there is.
#[allow(clippy::unnecessary_wraps, reason = "an environment that lacks nothing is looked up like any other")]
fn value(variable: &str) -> Option<String> {
    let value = match variable {
        "AWS_ENDPOINT_URL" => "http://127.0.0.1:4566",
        "TILLROLL_SUBSCRIPTION" => "carts",
        "TILLROLL_REPLAY_MACHINE" | "TILLROLL_SWEEP_MACHINE" => "arn:aws:states:eu-central-1:1:stateMachine:x",
        "TILLROLL_CATALOGUE" => "https://bucket.s3.us-east-1.amazonaws.com/catalogue.json",
        "TILLROLL_JWKS" => "https://issuer.example/keys",
        "TILLROLL_CORS_ORIGINS" => "https://shop.example",
        "TILLROLL_CART_RATE" => "7",
        "TILLROLL_DIRECT" => "add_item",
        "TILLROLL_STREAMING" => "on",
        "TILLROLL_LOG" => "debug",
        queue if queue.starts_with("TILLROLL_QUEUE_") || queue.starts_with("TILLROLL_DEAD_LETTERS_") => {
            "https://sqs.eu-central-1.amazonaws.com/1/queue.fifo"
        }
        "TILLROLL_TAMPER_QUEUE" | "TILLROLL_NOTICES_QUEUE" => "https://sqs.eu-central-1.amazonaws.com/1/queue",
        _ => "a-name",
    };
    Some(value.to_owned())
}

/// What reading with this lookup asks for, and what it says is wrong.
fn asked<T: Configured>(lookup: impl Fn(&str) -> Option<String>) -> (BTreeSet<String>, BTreeSet<String>) {
    let names = RefCell::new(BTreeSet::new());
    let wrong = Configuration::<T>::read(&|name| {
        names.borrow_mut().insert(name.to_owned());
        lookup(name)
    });
    let wrong = wrong.err().map(|error| error.wrong.into_iter().map(|wrong| wrong.variable).collect());
    (names.into_inner(), wrong.unwrap_or_default())
}

fn asked_by(function: &str, lookup: impl Fn(&str) -> Option<String>) -> (BTreeSet<String>, BTreeSet<String>) {
    match function {
        "command" => asked::<Command>(lookup),
        "operate" => asked::<Operate>(lookup),
        "publish" => asked::<Publish>(lookup),
        "archive" => asked::<Archive>(lookup),
        "project" => asked::<Project>(lookup),
        "replay" => asked::<Replay>(lookup),
        "remind" => asked::<Remind>(lookup),
        "sweep" => asked::<Sweep>(lookup),
        other => panic!("there is no function {other}"),
    }
}

/// The table of docs/aws.md: by function, which variables are needed (`x`) and which may be there (`o`).
fn documented() -> BTreeMap<&'static str, (BTreeSet<String>, BTreeSet<String>)> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/aws.md");
    let page = std::fs::read_to_string(page).unwrap();
    let mut table: BTreeMap<_, (BTreeSet<String>, BTreeSet<String>)> =
        FUNCTIONS.map(|function| (function, Default::default())).into();
    let rows = page.lines().filter(|line| line.starts_with("| `TILLROLL_"));
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let (variable, marks) = (cells[0].trim_matches('`'), &cells[2..]);
        assert_eq!(marks.len(), FUNCTIONS.len(), "{variable}");
        for (function, mark) in FUNCTIONS.iter().zip(marks) {
            let (needed, optional) = table.get_mut(function).unwrap();
            match *mark {
                "x" => drop(needed.insert(variable.to_owned())),
                "o" => drop(optional.insert(variable.to_owned())),
                other => assert_eq!(other, "", "{variable}"),
            }
        }
    }
    table
}

#[test]
fn the_page_lists_all_variables_of_all_functions() {
    for (function, (needed, optional)) in documented() {
        let (_, missing) = asked_by(function, |_| None);
        let (read, wrong) = asked_by(function, value);
        assert_eq!(wrong, BTreeSet::new(), "{function}");
        let ours = |names: BTreeSet<String>| -> BTreeSet<String> {
            names.into_iter().filter(|name| name.starts_with("TILLROLL_")).collect()
        };
        assert_eq!(ours(missing), needed, "{function} needs these");
        assert_eq!(ours(read), needed.union(&optional).cloned().collect(), "{function} reads these");
    }
}

#[test]
fn everything_that_is_missing_or_wrong_is_told_at_once_and_no_value_is_repeated() {
    let lookup = |name: &str| match name {
        "AWS_REGION" => Some("eu-central-1".to_owned()),
        "AWS_ENDPOINT_URL" => Some("http://canary.example".to_owned()),
        "TILLROLL_REPLAY_MACHINE" => Some("canary".to_owned()),
        "TILLROLL_ISSUER" => Some("  ".to_owned()),
        _ => None,
    };
    let error = Configuration::<Operate>::read(&lookup).unwrap_err();
    let text = error.to_string();
    for name in
        ["AWS_ACCESS_KEY_ID is missing", "AWS_ENDPOINT_URL is plain HTTP", "TILLROLL_QUEUE_REMINDERS is missing"]
    {
        assert!(text.contains(name), "{text}");
    }
    for name in ["TILLROLL_REPLAY_MACHINE has to be an ARN", "TILLROLL_ISSUER is missing", "docs/aws.md"] {
        assert!(text.contains(name), "{text}");
    }
    assert!(!text.contains("canary") && !text.contains("AWS_REGION"), "{text}");
}

#[test]
fn an_issuer_is_told_whole_or_not_at_all() {
    let without = |missing: &'static str| move |name: &str| if name == missing { None } else { value(name) };
    let none = |name: &str| {
        let of_issuer = ["TILLROLL_ISSUER", "TILLROLL_AUDIENCE", "TILLROLL_JWKS"].contains(&name);
        if of_issuer { None } else { value(name) }
    };
    assert_eq!(Configuration::<Command>::read(&none).unwrap().own.issuer, None);
    for missing in ["TILLROLL_ISSUER", "TILLROLL_AUDIENCE", "TILLROLL_JWKS"] {
        let error = Configuration::<Command>::read(&without(missing)).unwrap_err();
        assert_eq!(error.wrong.len(), 1, "{error}");
        assert_eq!(error.wrong[0].variable, missing);
    }
}

#[test]
fn secrets_are_not_printed() {
    let mut configuration = Configuration::<Publish>::read(&value).unwrap();
    configuration.aws.secret_access_key = "canary".to_owned();
    assert!(!format!("{configuration:?}").contains("canary"));
}
