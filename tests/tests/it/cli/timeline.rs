//! `tillroll diff`, `explain`, `export`, `open`: any moment of a cart, and its whole life in a file.

use serde_json::{Value, json};

use super::{Desk, SALES, shop_and_larger_cart};

const STRANGER: &str = "0b5e8a8e-6d0f-5c53-9a4e-6f3f1c9d9f21";

#[test]
fn two_versions_are_compared_in_words_and_in_json() {
    let (desk, _dev, cart) = shop_and_larger_cart();
    let ran = desk.run(&["diff", &cart, "2", "5"]).fine();
    assert_eq!(ran.fact("total").split_whitespace().collect::<Vec<_>>(), ["2.38", "13.38"], "{}", ran.stdout);
    assert!(ran.fact("bread").ends_with("3 bread, 10.00"), "{}", ran.stdout);
    assert!(ran.fact("discount off").ends_with("0.19"), "{}", ran.stdout);

    let diff = desk.json(&["diff", &cart, "5", "6"]);
    assert_eq!(diff["changes"], json!([{"path": "/status", "from": "open", "to": "closed"}]));
    let back = desk.json(&["diff", &cart, "3", "2"]);
    assert_eq!((&back["changes"][0]["path"], &back["changes"][0]["to"]), (&json!("/lines/milk#2"), &Value::Null));
    let same = desk.run(&["diff", &cart, "4", "4"]).fine();
    assert!(same.stdout.is_empty() && same.stderr.contains("are alike"), "{same:?}");
    desk.run(&["diff", &cart, "0", "1"]).fine();
}

#[test]
fn f26_versions_to_compare_that_never_were() {
    let (desk, _dev, cart) = shop_and_larger_cart();
    let ran = desk.run(&["diff", &cart, "1", "7"]).failed(&["no version 7"]);
    assert!(ran.stderr.contains("hint: its versions are 1 to 6"), "{}", ran.stderr);
    desk.run(&["diff", STRANGER, "1", "2"]).failed(&["there is no cart"]);
    desk.run(&["diff", "nope", "1", "2"]).failed(&["there is no cart"]);
    for nonsense in [&["diff", &cart, "1"][..], &["diff", &cart, "one", "2"], &["diff", &cart, "1", "-2"]] {
        desk.run(nonsense).ended(2);
    }
    desk.run(&["explain", &cart, "--at", "7"]).failed(&["no version 7"]);
    desk.run(&["explain", &cart, "--at", "0"]).failed(&["no version 0"]);
    desk.run(&["explain", STRANGER]).failed(&["there is no cart"]);
    desk.run(&["export", STRANGER]).failed(&["there is no cart"]);
    desk.run(&["explain"]).ended(2);
}

#[test]
fn a_cart_is_explained_in_plain_words() {
    let (desk, _dev, cart) = shop_and_larger_cart();
    let ran = desk.run(&["explain", &cart]).fine();
    for told in [
        "prices in EUR",
        "31 January 2024",
        "09:00  opened",
        "09:00  added 2 milk (2.38)",
        "09:00  discount off (0.19 off) applied: -0.19",
        "09:00  closed, checked out: total EUR 13.38",
    ] {
        assert!(ran.stdout.contains(told), "{told} in {}", ran.stdout);
    }
    assert_eq!(ran.stdout.matches("January").count(), 1, "the day is said once: {}", ran.stdout);
    let then = desk.run(&["explain", &cart, "--at", "2"]).fine();
    assert!(
        then.stdout.contains("At version 2 it is open with 2 pieces in 1 line, total EUR 2.38."),
        "{}",
        then.stdout
    );
    let story = desk.json(&["explain", &cart]);
    assert_eq!(story["story"][0]["text"], "opened");
}

#[test]
fn f12_names_that_would_turn_a_terminal_around_are_written_out() {
    let desk = Desk::new();
    let _dev = desk.dev(&["--no-demo"]);
    let sales = "receipt,article,total\nA1,evil\u{202e}lmth.exe\u{200b},1.00\n";
    let file = desk.file("sales.csv", sales);
    let columns =
        ["--cart-column", "receipt", "--item-column", "article", "--amount-column", "total", "--currency", "EUR"];
    desk.run(&[&["import", &file], &columns[..]].concat()).fine();
    let cart = desk.carts()[0]["cart_id"].as_str().unwrap().to_owned();
    let life = desk.path("life.json");
    desk.run(&["export", &cart, "-o", life.to_str().unwrap()]).fine();
    for args in [&["explain", &cart][..], &["diff", &cart, "1", "2"], &["open", life.to_str().unwrap()]] {
        let ran = desk.run(args).fine();
        assert!(ran.stdout.contains("evil\\u{202e}lmth.exe\\u{200b}"), "{args:?}: {}", ran.stdout);
        assert!(!ran.stdout.contains('\u{202e}'), "{args:?}");
    }
}

#[test]
fn a_life_in_a_file_is_read_without_any_system() {
    let (desk, dev, cart) = shop_and_larger_cart();
    let now = desk.json(&["state", &cart]);
    let then = desk.json(&["state", &cart, "--at", "3"]);
    let told = desk.run(&["explain", &cart]).fine().stdout;
    let stdout = desk.run(&["export", &cart]).fine().stdout;
    let [json, packed] =
        ["life.timeline.json", "life.timeline.bin"].map(|name| desk.path(name).to_str().unwrap().to_owned());
    desk.run(&["export", &cart, "-o", &json]).fine();
    let wrote = desk.json(&["export", &cart, "--packed", "-o", &packed]);
    assert_eq!((&wrote["events"], &wrote["file"]), (&json!(6), &json!(packed)));
    assert_eq!(stdout.lines().count(), 9, "{stdout}");
    dev.kill();

    for file in [&json, &packed] {
        let opened = desk.json(&["open", file]);
        assert_eq!((&opened["state"], &opened["versions"], &opened["cart_id"]), (&now, &json!(6), &json!(cart)));
        assert_eq!(desk.json(&["open", file, "--at", "3"])["state"], then);
        assert_eq!(desk.run(&["explain", "--file", file]).fine().stdout, told);
        let page = desk.run(&["open", file]).fine();
        assert!(page.stdout.starts_with(&told) && page.fact("state hash") == now["state_hash"], "{}", page.stdout);
        desk.run(&["open", file, "--at", "7"]).failed(&["no version 7"]);
    }
    assert_eq!(desk.run_with_input(&["open", "-", "--json"], &stdout).fine().json()["state"], now);
    let elsewhere = Desk::new();
    elsewhere.run(&["open", &json]).fine();
    assert!(!elsewhere.path("data").exists(), "no system was started for it");
}

#[test]
fn a_life_that_never_was_is_opened_loudly_and_imported_never() {
    let (desk, _dev, cart) = shop_and_larger_cart();
    let life = desk.run(&["export", &cart]).fine().stdout;
    let asked = r#""hypothetical":{"mode":"decide_again","recorded_version":6,"edits":[{"edit":"drop","version":5}]}"#;
    let fork = desk.file("fork.timeline.json", life.replacen("\"redactions\"", &format!("{asked},\"redactions\""), 1));
    for args in [&["open", &fork][..], &["explain", "--file", &fork]] {
        let ran = desk.run(args).fine();
        let said =
            "HYPOTHETICAL: this never happened so. It is version 6 of the cart with 1 edit, its events decided again";
        assert!(ran.stdout.starts_with(said), "{}", ran.stdout);
    }
    assert_eq!(desk.json(&["open", &fork])["hypothetical"]["recorded_version"], 6);
    let carts = desk.carts().len();
    let columns = ["--cart-column", "id", "--item-column", "sku"];
    desk.run(&[&["import", &fork], &columns[..]].concat()).failed(&["is a timeline file", "no events are imported"]);
    assert_eq!(desk.carts().len(), carts);
}

#[test]
fn a_file_that_is_there_is_not_written_over() {
    let (desk, _dev, cart) = shop_and_larger_cart();
    let file = desk.file("mine.txt", "mine");
    let ran = desk.run(&["export", &cart, "-o", &file]).failed(&["is there already"]);
    assert!(ran.stderr.contains("--force"), "{}", ran.stderr);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
    desk.run(&["export", &cart, "-o", &file, "--force"]).fine();
    desk.run(&["open", &file]).fine();
    desk.run(&["export", &cart, "-o", desk.path("no/such/folder").to_str().unwrap()]).failed(&["cannot write"]);
}

#[test]
fn a_file_that_is_no_timeline_is_refused_with_what_is_wrong_where() {
    let (desk, _dev, cart) = shop_and_larger_cart();
    let life = desk.run(&["export", &cart]).fine().stdout;
    let hole: Vec<&str> = life.lines().enumerate().filter(|(line, _)| *line != 3).map(|(_, text)| text).collect();
    for (name, content, said) in [
        ("sales.csv", SALES.to_owned(), &["no timeline file"][..]),
        ("cut.json", life[..life.len() / 2].to_owned(), &["EOF", "line "]),
        ("hole.json", hole.join("\n"), &["version 2 is missing"]),
        ("newer.json", life.replace("\"format_version\":1", "\"format_version\":9"), &["version 9"]),
        ("more.json", life.replace("\"redactions\"", "\"\\u001b[2J\":1,\"redactions\""), &["unknown field"]),
    ] {
        let ran = desk.run(&["open", &desk.file(name, content)]).failed(&[&["cannot open", name], said].concat());
        assert!(ran.stdout.is_empty() && !ran.stderr.contains('\u{1b}'), "{ran:?}");
    }
    desk.run(&["open", desk.path("nothing.json").to_str().unwrap()]).failed(&["cannot read", "nothing.json"]);
}
