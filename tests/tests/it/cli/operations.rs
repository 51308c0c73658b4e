//! `tillroll dead-letters`, `parked`, `verify --repair`, `pipeline --watch`: what an operator does at night.

use std::fs;

use serde_json::{Value, json};
use tillroll_host_lambda::ports::{QueueMessage, ReplayQueue as _};
use tillroll_local::clock::LocalClock;
use tillroll_local::pipeline_db;
use tillroll_local::queue::LocalQueue;

use super::{Background, Desk, SALES, archive_objects, import, wait_for};

/// Puts messages into the replay queue of `carts`, as somebody else on the same machine might.
fn send(desk: &Desk, bodies: &[&str]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let sqlite = pipeline_db::open(&desk.path("data/pipeline.sqlite")).unwrap();
        let queue = LocalQueue::open(sqlite, LocalClock::system(), &["carts".to_owned()]).await.unwrap();
        let message = |(number, body): (usize, &&str)| QueueMessage {
            group: format!("lane-{number:02}"),
            deduplication_id: format!("m{number}"),
            body: (*body).to_owned(),
        };
        let answers = queue.send("carts", bodies.iter().enumerate().map(message).collect()).await.unwrap();
        assert!(answers.iter().all(Result::is_ok));
    });
}

/// A running system in which two messages were given up; their ids.
fn with_dead_letters() -> (Desk, Background, Vec<String>) {
    let desk = Desk::new();
    desk.run(&import(&desk.file("sales.csv", SALES), &[])).fine();
    send(&desk, &["hello", "{\"subscription\": 7}"]);
    let dev = desk.dev(&["--no-demo"]);
    let ids = wait_for("two dead letters", || {
        let list = desk.json(&["dead-letters", "list"]);
        let letters = list["dead_letters"].as_array().unwrap();
        let id = |letter: &Value| letter["id"].as_str().unwrap().to_owned();
        (letters.len() == 2).then(|| letters.iter().map(id).collect())
    });
    (desk, dev, ids)
}

#[test]
fn f30_a_message_that_is_not_ours_is_shown_with_its_reason_and_comes_back_when_it_is_redriven() {
    let (desk, _dev, ids) = with_dead_letters();
    let ran = desk.run(&["dead-letters", "list"]).fine();
    assert!(ran.stdout.contains("not a replay message"), "{}", ran.stdout);
    let ran = desk.run(&["dead-letters", "show", &ids[0]]).fine();
    assert!(ran.fact("would succeed now").starts_with("no: it would come back here"), "{}", ran.stdout);
    assert!(ran.stdout.contains("hello") && ran.stdout.contains("interleaves"), "{}", ran.stdout);
    assert!(desk.run(&["pipeline"]).fine().stdout.contains("2 dead letters of carts"));
    desk.run(&["dead-letters", "show", "4711"]).failed(&["there is no dead letter 4711"]);
    desk.run(&["dead-letters", "show", "\u{1b}[2J"]).failed(&["there is no dead letter"]);

    let ran = desk.run(&["dead-letters", "redrive", &ids[0], "--dry-run"]).fine();
    assert!(ran.stdout.contains("no: it would come back here"), "{}", ran.stdout);
    let ran = desk.run(&["dead-letters", "redrive", "--all", "--reason", "to see"]).misused(&["nobody can be asked"]);
    assert!(ran.stderr.contains("hint: add --yes"), "{}", ran.stderr);
    assert_eq!(desk.json(&["dead-letters", "list"])["dead_letters"].as_array().unwrap().len(), 2, "nothing moved yet");
    desk.run(&["dead-letters", "redrive", "--all", "--yes"]).ended(2);
    desk.run(&["dead-letters", "redrive", &ids[0], "--all", "--reason", "x", "--yes"]).ended(2);

    let redrive = ["dead-letters", "redrive", &ids[0], "--reason", "to see", "--by", "ada", "--yes"];
    let ran = desk.run(&redrive).fine();
    assert_eq!(ran.stdout, "1 letter back in the queue\n");
    let ran = desk.run(&redrive).fine();
    assert_eq!(ran.stdout, "nothing to redrive\n");
    assert!(ran.stderr.contains(&format!("not there, or not any more: {}", ids[0])), "{}", ran.stderr);
    // It fails as before, and has another id then.
    wait_for("the letter to come back", || {
        let list = desk.json(&["dead-letters", "list"]);
        (list["dead_letters"].as_array().unwrap().len() == 2).then_some(())
    });
    let operations = &desk.json(&["pipeline"])["operations"];
    assert_eq!((&operations[0]["by"], &operations[0]["reason"]), (&json!("ada"), &json!("to see")), "{operations}");
    assert!(desk.run(&["pipeline"]).fine().stdout.contains("redrive by ada: to see"));
}

#[test]
fn e14_e31_what_is_missing_or_damaged_in_the_archive_is_repaired_from_the_table() {
    let desk = Desk::new();
    desk.run(&import(&desk.file("sales.csv", SALES), &[])).fine();
    let objects = archive_objects(&desk.path("data/archive"));
    let (damaged, others) = objects.split_first().unwrap();
    fs::write(damaged, "half an object").unwrap();
    for object in others {
        fs::remove_file(object).unwrap();
    }

    let ran = desk.run(&["verify", "--wait", "5"]).ended(3);
    let name = damaged.file_name().unwrap().to_str().unwrap();
    assert!(ran.stdout.contains(name) && ran.stdout.contains("damaged"), "{}", ran.stdout);
    assert!(ran.stderr.contains("tillroll verify --repair --dry-run"), "{}", ran.stderr);
    let planned = desk.run(&["verify", "--repair", "--dry-run"]).ended(3);
    assert!(planned.stdout.contains("A repair puts 9 events on the event bus again"), "{}", planned.stdout);
    desk.run(&["verify", "--repair"]).misused(&["nobody can be asked"]);
    desk.run(&["verify", "--dry-run"]).ended(2);

    let ran = desk.run(&["verify", "--repair", "--yes", "--reason", "a bad disk"]).ended(3);
    assert!(ran.stdout.contains("repaired: 9 events on the event bus again"), "{}", ran.stdout);
    assert_eq!(ran.fact("differences"), "1", "the damaged object is left to a person");
    fs::remove_file(damaged).unwrap();
    let verdict = desk.run(&["verify", "--entries", "--json"]).fine().json();
    assert_eq!((&verdict["ok"], &verdict["events"]), (&json!(true), &json!(9)));
    let operations = &desk.json(&["pipeline"])["operations"];
    assert_eq!(
        (&operations[0]["kind"], &operations[0]["outcome"]["events_republished"]),
        (&json!("repair"), &json!(9))
    );
    let ran = desk.run(&["verify", "--repair", "--yes"]).fine();
    assert!(ran.stdout.contains("0 events on the event bus again"), "{}", ran.stdout);
}

#[test]
fn nothing_given_up_and_nothing_parked_is_said_so() {
    let desk = Desk::new();
    let _dev = desk.dev(&["--no-demo"]);
    assert_eq!(desk.run(&["dead-letters", "list"]).fine().stdout, "no dead letters\n");
    assert_eq!(desk.run(&["parked", "list"]).fine().stdout, "no cart is parked\n");
    assert_eq!(desk.json(&["parked", "list"]), json!({"parked": [], "cursor": null}));
    assert_eq!(desk.run(&["parked", "resume", "--all", "--reason", "x"]).fine().stdout, "no cart is parked\n");
    let redriven = desk.run(&["dead-letters", "redrive", "--all", "--reason", "x", "--yes"]).fine();
    assert_eq!(redriven.stdout, "nothing to redrive\n");
    let stranger = "0b5e8a8e-6d0f-5c53-9a4e-6f3f1c9d9f21";
    desk.run(&["parked", "resume", stranger, "--reason", "x"]).failed(&["is parked nowhere"]);
    desk.run(&["parked", "resume", "nope", "--reason", "x"]).failed(&["there is no cart"]);
    desk.run(&["parked", "resume", stranger]).ended(2);
    for command in ["parked", "dead-letters"] {
        let ran = desk.run(&[command, "list", "--subscription", "nobody"]).ended(2);
        assert!(ran.stderr.contains("possible values: carts, suggestions, reminders"), "{ran:?}");
    }
}

#[test]
fn a_watched_pipeline_is_shown_again_and_again_until_it_is_stopped() {
    let desk = Desk::new();
    let _dev = desk.dev(&["--no-demo"]);
    let watching = Background::start(desk.command(&["pipeline", "--watch", "--json"]));
    let first: Value = serde_json::from_str(&watching.first).unwrap();
    assert_eq!(first["stages"][0]["name"], "publish");
    assert_eq!(watching.signal("INT"), Some(130));
}
