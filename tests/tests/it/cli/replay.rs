//! `tillroll replay` in depth: plans, filters, single carts, rollbacks, and runs that are steered.

use serde_json::{Value, json};

use super::{Desk, SALES, archive_objects, import, shop, wait_for};

fn id(run: &Value) -> &str {
    run["id"].as_str().unwrap()
}

fn generations(desk: &Desk, subscription: &str) -> Value {
    desk.json(&["replay", "list"])["generations"][subscription].clone()
}

#[test]
fn a_plan_is_what_the_run_then_does_and_changes_nothing() {
    let (desk, _dev) = shop();
    let plan = desk.json(&["replay", "suggestions", "--dry-run", "--type", "ItemAdded"]);
    assert_eq!((&plan["events"], &plan["events_skipped"], &plan["carts_count"]), (&json!(4), &json!(5), &json!(2)));
    assert_eq!((&plan["by_type"], &plan["complete"]), (&json!({"ItemAdded": 4}), &json!(true)));
    assert_eq!(desk.json(&["replay", "list"])["replays"], json!([]));
    let page = desk.run(&["replay", "suggestions", "--dry-run"]).fine();
    assert_eq!((page.fact("events"), page.fact("carts")), ("9", "2"));
    assert!(page.fact("cost on AWS").contains("list prices of"), "{}", page.stdout);
    assert!(page.stderr.contains("nothing was changed"), "{}", page.stderr);

    let run = desk.json(&["replay", "suggestions", "--type", "ItemAdded"]);
    for member in ["events_sent", "events_skipped", "messages_sent", "objects_done"] {
        let planned = &plan[member.trim_end_matches("_sent").trim_end_matches("_done")];
        assert_eq!(&run[member], planned, "{member}: {run} {plan}");
    }
}

#[test]
fn a_filtered_generation_says_so_and_verify_takes_it_for_what_it_is() {
    let (desk, _dev) = shop();
    desk.run(&["replay", "suggestions", "--type", "CartOpened", "--to", "2024-01-31"]).fine();
    let list = desk.run(&["replay", "list"]).fine();
    assert!(list.fact("suggestions").ends_with("only CartOpened to 2024-01-31T23:59:59.999Z"), "{}", list.stdout);
    let verdict = desk.json(&["verify"]);
    assert_eq!((&verdict["ok"], &verdict["filtered"]["suggestions"]["types"]), (&json!(true), &json!(["CartOpened"])));
    // New events pass the same filter, so it still agrees.
    let more = SALES.replace("A1", "C3").replace("B2", "D4");
    desk.run(&import(&desk.file("more.csv", &more), &[])).fine();
    assert_eq!(desk.json(&["verify"])["ok"], true);

    desk.run(&["replay", "suggestions", "--rollback"]).fine();
    let verdict = desk.json(&["verify"]);
    assert_eq!((&verdict["ok"], &verdict["carts"], &verdict["filtered"]), (&json!(true), &json!(4), &Value::Null));
}

#[test]
fn single_carts_are_rebuilt_and_the_generation_stays() {
    let (desk, _dev) = shop();
    let carts: Vec<String> = desk.carts().iter().map(|cart| cart["cart_id"].as_str().unwrap().to_owned()).collect();
    let run = desk.json(&["replay", "carts", "--cart", &carts[0], "--cart", &carts[1]]);
    assert_eq!(
        (&run["phase"], &run["target"], &run["carts_rebuilt"]),
        (&json!("finished"), &json!("carts"), &json!(2))
    );
    assert_eq!(generations(&desk, "carts")["live"], 1);
    desk.run(&["verify"]).fine();
    desk.run(&["replay", "carts", "--cart", "nobody"]).failed(&["there is no such cart"]);
    desk.run(&["replay", "carts", "--cart", &carts[0], "--in-place"]).ended(2);
}

#[test]
fn what_replays_left_behind_is_cleared_and_a_rollback_still_works() {
    let (desk, _dev) = shop();
    let clear = |more: &[&str]| desk.json(&[&["replay", "clear"], more].concat());
    desk.run(&["replay", "suggestions"]).fine();
    assert_eq!(clear(&[])["generations"], json!([]), "the one before is kept");
    desk.run(&["replay", "suggestions"]).fine();
    let planned = clear(&["--dry-run"]);
    let [of_1] = planned["generations"].as_array().unwrap().as_slice() else { panic!("{planned}") };
    assert_eq!((&of_1["subscription"], &of_1["generation"]), (&json!("suggestions"), &json!(1)));
    assert!(of_1["rows"].as_u64() > Some(2), "two carts and what they had in them: {planned}");
    assert_eq!(clear(&["carts"])["generations"], json!([]), "not of that subscription");
    let ran = desk.run(&["replay", "clear", "suggestions"]).fine();
    assert!(ran.stdout.contains("SUBSCRIPTION") && ran.stdout.ends_with("removed\n"), "{ran:?}");
    assert_eq!(clear(&[])["generations"], json!([]));
    let ran = desk.run(&["replay", "clear"]).fine();
    assert_eq!(ran.stdout, "nothing to clear: every row is of a generation in use\n");
    desk.run(&["replay", "clear", "nobody"]).ended(2);
    desk.run(&["verify", "--entries"]).fine();
    desk.run(&["replay", "suggestions", "--rollback"]).fine();
    desk.run(&["verify", "--entries"]).fine();
}

#[test]
fn a_rollback_makes_the_generation_before_live_again() {
    let (desk, _dev) = shop();
    desk.run(&["replay", "reminders", "--rollback"]).failed(&["no previous generation"]);
    let run = desk.json(&["replay", "reminders"]);
    assert_eq!(generations(&desk, "reminders")["live"], 2);
    let more = SALES.replace("A1", "C3");
    desk.run(&import(&desk.file("more.csv", &more), &[])).fine();
    let back = desk.json(&["replay", "rollback", id(&run)]);
    assert_eq!((&back["phase"], &back["target"]), (&json!("finished"), &json!("previous_generation")));
    let after = generations(&desk, "reminders");
    assert_eq!((&after["live"], &after["previous"]), (&json!(1), &json!(2)));
    desk.run(&["verify"]).fine();
    desk.run(&["replay", "rollback", id(&run)]).failed(&["only the newest switch can be rolled back"]);
}

#[test]
fn a_run_is_paused_survives_a_kill_and_goes_on_at_another_rate() {
    let (desk, dev) = shop();
    let run = desk.json(&["replay", "carts", "--rate", "1", "--no-wait"]);
    let paused = desk.json(&["replay", "pause", id(&run)]);
    assert!(paused["paused_at"].is_string(), "{paused}");
    desk.run(&["replay", "carts"]).failed(&["is being replayed by run", id(&run)]);
    dev.kill();
    let _dev = desk.dev(&["--no-demo"]);
    let more = SALES.replace("A1", "C3");
    desk.run(&import(&desk.file("more.csv", &more), &[])).fine();
    let shown = desk.run(&["replay", "show", id(&run)]).fine();
    assert!(shown.stdout.contains("paused"), "{}", shown.stdout);
    let done = desk.json(&["replay", "resume", id(&run), "--rate", "1000000"]);
    assert_eq!((&done["phase"], &done["rate"]), (&json!("finished"), &json!(1_000_000)), "{done}");
    assert_eq!(generations(&desk, "carts")["live"], 2);
    desk.run(&["verify"]).fine();
}

#[test]
fn a_cancelled_run_leaves_what_is_live_and_the_way_free() {
    let (desk, _dev) = shop();
    let run = desk.json(&["replay", "carts", "--rate", "1", "--no-wait"]);
    for _ in 0..2 {
        assert_eq!(desk.json(&["replay", "cancel", id(&run)])["phase"], "cancelled");
    }
    assert_eq!(generations(&desk, "carts"), json!({"live": 1, "filling": null, "previous": null, "filters": {}}));
    desk.run(&["replay", "resume", id(&run)]).failed(&["was cancelled"]);
    desk.run(&["verify"]).fine();
    desk.run(&["replay", "carts"]).fine();
    assert_eq!(generations(&desk, "carts")["live"], 3, "a number is never used twice");
}

#[test]
fn f28_a_damaged_object_stops_the_replay_with_its_name_and_what_to_do() {
    let (desk, _dev) = shop();
    let archive = desk.path("data/archive");
    let object = wait_for("an archive object", || archive_objects(&archive).into_iter().next());
    let good = std::fs::read(&object).unwrap();
    std::fs::write(&object, b"not zstd").unwrap();
    let name = object.file_name().unwrap().to_str().unwrap();
    let ran = desk.run(&["replay", "carts"]).failed(&["stands still", name]);
    assert!(ran.stderr.contains("move it out of the archive") && ran.stderr.contains("--resume"), "{}", ran.stderr);
    let run = desk.json(&["replay", "list"])["replays"][0].clone();
    assert!(run["error"].as_str().unwrap().contains(name), "{run}");
    std::fs::write(&object, good).unwrap();
    desk.run(&["replay", "carts", "--resume", id(&run)]).fine();
    desk.run(&["verify"]).fine();
}

#[test]
fn f27_what_makes_no_sense_is_said() {
    let (desk, _dev) = shop();
    desk.run(&["replay", "carts", "--from", "2024-02-01", "--to", "2024-01-31"]).misused(&["from is after to"]);
    desk.run(&["replay", "carts", "--type", "ItemEaten"]).misused(&["the types of events are CartOpened"]);
    for usage in [
        &["--rate", "0"][..],
        &["--rate", "fast"],
        &["--from", "yesterday"],
        &["--cart"],
        &["--rollback", "--in-place"],
        &["--resume", "x", "--dry-run"],
    ] {
        desk.run(&[&["replay", "carts"], usage].concat()).ended(2);
    }
    for word in ["show", "pause", "resume", "cancel", "rollback"] {
        desk.run(&["replay", word, "0b5e8a8e-6d0f-5c53-9a4e-6f3f1c9d9f21"]).failed(&["there is no run"]);
        desk.run(&["replay", word, "../carts"]).failed(&["there is no run"]);
    }
}
