//! `tillroll carts`, `events`, `state`: looking at what is there.

use std::fmt::Write as _;
use std::io::Read as _;
use std::process::Stdio;

use serde_json::{Value, json};

use super::{Desk, Ran, SALES, import, shop_and_larger_cart, wait_for};

#[test]
fn the_system_of_the_project_is_found_from_every_folder_below_it() {
    let desk = Desk::new();
    let project = desk.path("shop");
    let below = project.join("web/src");
    std::fs::create_dir_all(&below).unwrap();
    let folder = project.join(".tillroll");
    let at = ["--data-dir", folder.to_str().unwrap()];
    let _dev = desk.dev(&[&["--no-demo"], &at[..]].concat());
    desk.run(&import(&desk.file("sales.csv", SALES), &at)).fine();
    let carts_from = |here: &std::path::Path| {
        let mut command = desk.command(&["carts", "--json"]);
        command.env_remove("TILLROLL_DATA_DIR").current_dir(here);
        Ran::of(command, "").fine().json()["carts"].as_array().unwrap().len()
    };
    assert_eq!(carts_from(&project), 2);
    assert_eq!(carts_from(&below), 2);
    assert_eq!(carts_from(&desk.path("")), 0, "beside the project is another system");
}

#[test]
fn carts_are_listed_by_page_and_by_status() {
    let (desk, _dev, large) = shop_and_larger_cart();
    let ran = desk.run(&["carts"]).fine();
    assert_eq!(ran.stdout.lines().count(), 3, "{}", ran.stdout);
    assert!(ran.fact(&large).contains("closed") && ran.fact(&large).contains("EUR 13.38"), "{}", ran.stdout);

    let first = desk.json(&["carts", "--limit", "1"]);
    let cursor = first["cursor"].as_str().unwrap();
    let second = desk.json(&["carts", "--limit", "1", "--cursor", cursor]);
    assert_ne!(first["carts"][0]["cart_id"], second["carts"][0]["cart_id"]);
    let page = desk.run(&["carts", "--limit", "1"]).fine();
    assert!(page.stderr.contains(&format!("--cursor {cursor}")), "{}", page.stderr);

    assert_eq!(desk.json(&["carts", "--status", "closed"])["carts"].as_array().unwrap().len(), 2);
    let none = desk.run(&["carts", "--status", "open", "--json"]).fine().json();
    assert_eq!(none, json!({"carts": [], "cursor": null}));
    desk.run(&["carts", "--status", "gone"]).ended(2);
    desk.run(&["carts", "--limit", "0"]).ended(2);
    desk.run(&["carts", "--cursor", "nonsense"]).misused(&["cursor"]);
}

#[test]
fn the_events_of_a_cart_are_told_in_words_and_in_json() {
    let (desk, _dev, cart) = shop_and_larger_cart();
    let ran = desk.run(&["events", &cart]).fine();
    for told in ["CartOpened", "2 x milk at 2.38 for 2", "3 x bread at 10.00 for 3", "off: 0.19 off", "checked out"] {
        assert!(ran.stdout.contains(told), "{told} in {}", ran.stdout);
    }
    assert!(ran.stdout.contains("2024-01-31T09:00:00Z"), "{}", ran.stdout);

    let all = desk.json(&["events", &cart]);
    let versions = |page: &Value| -> Vec<u64> {
        page["events"].as_array().unwrap().iter().map(|event| event["sequence"].as_u64().unwrap()).collect()
    };
    assert_eq!((versions(&all), &all["cursor"]), (vec![1, 2, 3, 4, 5, 6], &Value::Null));
    assert_eq!(versions(&desk.json(&["events", &cart, "--after", "4"])), [5, 6]);
    assert_eq!(versions(&desk.json(&["events", &cart, "--after", "1", "--limit", "2"])), [2, 3]);
    assert_eq!(versions(&desk.json(&["events", &cart, "--after", "6"])), [0; 0]);
}

#[test]
fn a_cart_is_shown_now_and_at_any_moment() {
    let (desk, _dev, cart) = shop_and_larger_cart();
    let now = desk.run(&["state", &cart]).fine();
    assert_eq!((now.fact("status"), now.fact("version"), now.fact("total")), ("closed", "6", "EUR 13.38"));

    let state = desk.json(&["state", &cart]);
    assert_eq!((&state["status"], &state["total_minor"]), (&json!("closed"), &json!(1_338)), "{state}");
    let then = desk.json(&["state", &cart, "--at", "2"]);
    assert_eq!((&then["version"], &then["status"], &then["total_minor"]), (&json!(2), &json!("open"), &json!(238)));
    assert_eq!(then["lines"].as_array().unwrap().len(), 1);
    assert_eq!(desk.json(&["state", &cart, "--at", "9999-12-31T23:59:59Z"]), state);
}

#[test]
fn f26_what_is_not_there_is_said_with_what_is() {
    let (desk, _dev, cart) = shop_and_larger_cart();
    let stranger = "0b5e8a8e-6d0f-5c53-9a4e-6f3f1c9d9f21";
    for name in [stranger, "nope", "../../etc/passwd", "%2e%2e", "\u{1b}[2J"] {
        for command in ["state", "events"] {
            let ran = desk.run(&[command, name]).failed(&["there is no cart"]);
            assert!(ran.stdout.is_empty() && !ran.stderr.contains('\u{1b}'), "{ran:?}");
        }
    }
    let ran = desk.run(&["state", &cart, "--at", "7"]).failed(&["no version 7"]);
    assert!(ran.stderr.contains("hint: its versions are 1 to 6"), "{}", ran.stderr);
    desk.run(&["state", &cart, "--at", "0"]).failed(&["no version 0"]);
    desk.run(&["state", stranger, "--at", "1"]).failed(&["there is no cart"]);
    desk.run(&["state", &cart, "--at", "1999-12-31T00:00:00Z"]).failed(&["was not there yet"]);
    for nonsense in ["-1", "1.5", "yesterday", "18446744073709551616"] {
        desk.run(&["state", &cart, "--at", nonsense]).ended(2);
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let desk = Desk::new();
    let _dev = desk.dev(&["--no-demo"]);
    let mut sales = String::from("receipt,article\n");
    for item in 1..=499 {
        writeln!(sales, "A1,{}-{item}", "x".repeat(200)).unwrap();
    }
    let file = desk.file("sales.csv", &sales);
    desk.run(&["import", &file, "--cart-column", "receipt", "--item-column", "article"]).fine();
    let cart = desk.carts()[0]["cart_id"].as_str().unwrap().to_owned();
    for more in [&["--json"][..], &[]] {
        let mut command = desk.command(&[&["events", &cart], more].concat());
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        let mut start = [0; 10];
        stdout.read_exact(&mut start).unwrap();
        drop(stdout);
        let status = wait_for("the end of the command", || child.try_wait().unwrap());
        let mut stderr = String::new();
        child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        assert_eq!((status.code(), stderr.as_str()), (Some(0), ""));
    }
}

#[test]
fn help_and_version_are_data() {
    let desk = Desk::new();
    let version = desk.run(&["--version"]).fine();
    assert_eq!(version.stdout, format!("tillroll {}\n", env!("CARGO_PKG_VERSION")));
    for command in [
        "dev",
        "import",
        "carts",
        "events",
        "state",
        "tail",
        "diff",
        "explain",
        "timeline",
        "export",
        "open",
        "verify",
        "replay",
        "pipeline",
        "dead-letters",
        "parked",
    ] {
        let help = desk.run(&[command, "--help"]).fine();
        assert!(help.stdout.contains("Example") && help.stderr.is_empty(), "{command}: {help:?}");
    }
    desk.run(&["nonsense"]).ended(2);
    desk.run(&[]).ended(2);
}
