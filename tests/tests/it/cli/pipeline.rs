//! `tillroll verify`, `replay`, `pipeline`.

use serde_json::json;

use super::{Desk, SALES, archive_objects, import};

fn shop() -> Desk {
    let desk = Desk::new();
    desk.run(&import(&desk.file("sales.csv", SALES), &[])).fine();
    desk
}

#[test]
fn verify_says_what_agrees_and_ends_with_3_when_something_does_not() {
    let desk = shop();
    let ran = desk.run(&["verify"]).fine();
    assert_eq!((ran.fact("carts"), ran.fact("events"), ran.fact("total")), ("2", "9", "EUR 14.33"));

    for object in archive_objects(&desk.path("data/archive")) {
        std::fs::remove_file(object).unwrap();
    }
    let ran = desk.run(&["verify", "--wait", "1"]).ended(3);
    assert!(ran.stdout.contains("archive") && ran.stdout.contains("missing"), "{}", ran.stdout);
    assert!(ran.stderr.starts_with("error: "), "{}", ran.stderr);
    let ran = desk.run(&["verify", "--wait", "1", "--json"]).ended(3);
    assert_eq!((&ran.json()["ok"], &ran.json()["findings_total"]), (&json!(false), &json!(9)), "{}", ran.stdout);
    assert_eq!(ran.stderr, "");
}

#[test]
fn a_replay_fills_a_new_generation_and_is_followed_to_its_end() {
    let desk = shop();
    let ran = desk.run(&["replay", "suggestions"]).fine();
    assert!(ran.stdout.contains("generation 2 is live now"), "{}", ran.stdout);
    assert!(ran.stdout.contains("9 events sent"), "{}", ran.stdout);

    let run = desk.json(&["replay", "carts"]);
    assert_eq!((&run["phase"], &run["generation"], &run["events_sent"]), (&json!("finished"), &json!(2), &json!(9)));
    // A run that is over is only shown.
    let id = run["id"].as_str().unwrap();
    assert_eq!(desk.json(&["replay", "carts", "--resume", id]), run);
    desk.run(&["replay", "suggestions", "--resume", id]).misused(&["is of the subscription carts"]);
    desk.run(&["verify"]).fine();
}

#[test]
fn a_replay_into_the_live_generation_needs_a_yes() {
    let desk = shop();
    let ran = desk.run(&["replay", "carts", "--in-place"]).misused(&["--in-place"]);
    assert!(ran.stderr.contains("hint: add --yes"), "{}", ran.stderr);
    let run = desk.json(&["replay", "carts", "--in-place", "--yes"]);
    assert_eq!((&run["phase"], &run["target"]), (&json!("finished"), &json!("live_generation")));
    desk.run(&["verify"]).fine();
}

#[test]
fn f27_a_replay_of_nothing_known_names_what_is_known() {
    let desk = shop();
    for name in ["nobody", "", "../carts", "\u{1b}[2J"] {
        let ran = desk.run(&["replay", name]).misused(&["there is no subscription"]);
        assert!(ran.stderr.contains("carts, suggestions and reminders"), "{}", ran.stderr);
        assert!(!ran.stderr.contains('\u{1b}'), "{}", ran.stderr);
    }
    for run in ["nothing", "0b5e8a8e-6d0f-5c53-9a4e-6f3f1c9d9f21", "../carts"] {
        desk.run(&["replay", "carts", "--resume", run]).failed(&["there is no run"]);
    }
}

#[test]
fn the_pipeline_is_shown_stage_by_stage() {
    let desk = shop();
    let ran = desk.run(&["pipeline"]).fine();
    for stage in ["publish", "archive", "project carts", "project suggestions", "project reminders", "replay carts"] {
        assert!(ran.fact(stage).starts_with('0'), "{stage}: {}", ran.stdout);
    }
    let pipeline = desk.json(&["pipeline"]);
    assert!(pipeline["stages"].as_array().unwrap().iter().all(|stage| stage["lag_events"] == 0), "{pipeline}");
    assert_eq!(pipeline["parked"], json!([]));
}
