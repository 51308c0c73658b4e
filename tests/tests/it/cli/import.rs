//! `tillroll import`.

use std::fmt::Write as _;
use std::process::Stdio;

use serde_json::json;

use super::{COLUMNS, Desk, Ran, SALES, import, send_signal, wait_for};

#[test]
fn importing_a_file_twice_changes_nothing() {
    let desk = Desk::new();
    let file = desk.file("sales.csv", SALES);
    let first = desk.json(&import(&file, &[]));
    let expect = |name: &str, value: u64| assert_eq!(first[name], json!(value), "{name} of {first}");
    expect("rows", 4);
    expect("carts", 2);
    expect("lines", 4);
    expect("events", 9);
    expect("events_stored", 9);
    expect("total_minor", 1_433);
    expect("stored_total_minor", 1_433);
    expect("discounts_minor", 19);
    assert_eq!((&first["source"], &first["currency"]), (&json!("sales.csv"), &json!("EUR")));
    let (carts, verified) = (desk.carts(), desk.verdict());

    let second = desk.json(&import(&file, &[]));
    assert_eq!((&second["events"], &second["carts_unchanged"]), (&json!(0), &json!(2)), "{second}");
    assert_eq!(second["events_stored"], 9);
    // The same under another path, and from standard input, when the source has the same name.
    let stdin = desk.run_with_input(&import("-", &["--source", "sales.csv", "--json"]), SALES).fine().json();
    assert_eq!((&stdin["events"], &stdin["carts_unchanged"]), (&json!(0), &json!(2)), "{stdin}");

    assert_eq!(desk.carts(), carts);
    assert_eq!(desk.verdict(), verified);
    assert_eq!((&verified["ok"], &verified["events"], &verified["money"]), (&json!(true), &json!(9), &json!(1_433)));
}

#[test]
fn another_source_is_other_carts() {
    let desk = Desk::new();
    let file = desk.file("sales.csv", SALES);
    desk.run(&import(&file, &[])).fine();
    desk.run_with_input(&import("-", &["--source", "other"]), SALES).fine();
    assert_eq!(desk.carts().len(), 4);
}

#[test]
fn the_report_is_a_table_for_people_and_progress_goes_to_standard_error() {
    let desk = Desk::new();
    let ran = desk.run(&import(&desk.file("sales.csv", SALES), &[])).fine();
    assert_eq!(ran.fact("rows "), "4");
    assert_eq!(ran.fact("new events"), "9");
    assert_eq!(ran.fact("total "), "EUR 14.33");
    assert_eq!(ran.fact("discounts"), "EUR 0.19");
    assert!(ran.stderr.lines().any(|line| line.starts_with("importing: 100 %")), "{}", ran.stderr);
    let quiet = desk.run(&import(&desk.file("sales.csv", SALES), &["--json"])).fine();
    assert_eq!(quiet.stderr, "", "nothing is printed beside the document");
}

#[test]
fn a_file_of_another_shape_is_read_by_naming_its_columns() {
    let desk = Desk::new();
    let text = "customer_id,date,number_of_cds,dollar_value\n1,1997-01-01,1,11.77\n2,1997-01-12,1,12\n\
                2,1997-01-12,5,77\n2,1997-01-12,5,77\n3,1997-01-02,2,20.76\n";
    let file = desk.file("purchases.csv", text);
    let columns = "--cart-column customer_id --quantity-column number_of_cds --amount-column dollar_value \
                   --time-column date --currency USD";
    let columns: Vec<&str> = columns.split_whitespace().collect();
    let report = desk.json(&[&["import", &file], &columns[..]].concat());
    assert_eq!((&report["carts"], &report["lines"], &report["total_minor"]), (&json!(3), &json!(5), &json!(19_853)));
    let carts = desk.carts();
    assert!(carts.iter().all(|cart| cart["status"] == "open"), "{carts:?}");
    // Two equal rows are two sales, and without an item column every row is a line of its own all the same.
    let of_three = carts.iter().find(|cart| cart["lines_count"] == 3 && cart["total_minor"] == 16_600);
    let state = desk.json(&["state", of_three.unwrap()["cart_id"].as_str().unwrap()]);
    let skus: Vec<_> = state["lines"].as_array().unwrap().iter().map(|line| &line["sku"]).collect();
    assert_eq!(skus, ["item", "item#2", "item#3"]);
}

#[test]
fn f32_a_bad_row_is_named_and_counted_and_the_rest_goes_on() {
    let cases = [
        ("A1,milk,ten,2.38,2024-01-31,0", "pieces", "ten"),
        ("A1,milk,1.5,2.38,2024-01-31,0", "pieces", "1.5"),
        ("A1,milk,1,abc,2024-01-31,0", "total", "abc"),
        ("A1,milk,1,2.385,2024-01-31,0", "total", "2.385"),
        ("A1,milk,1,2.38,yesterday,0", "sold_at", "yesterday"),
        ("A1,,1,2.38,2024-01-31,0", "article", ""),
    ];
    let desk = Desk::new();
    let mut sales = SALES.to_owned();
    for (row, ..) in cases {
        writeln!(sales, "{row}").unwrap();
    }
    sales.push_str("C3,soap,1,0.95,2024-02-01,0\n");
    let file = desk.file("sales.csv", &sales);
    let ran = desk.run(&import(&file, &["--json"])).failed(&["6 rows could not be understood"]);
    let report = ran.json();
    assert_eq!((&report["bad"]["count"], &report["carts"]), (&json!(cases.len()), &json!(3)), "{report}");
    for (index, (_, column, found)) in cases.iter().enumerate() {
        let bad = &report["bad"]["first"][index];
        assert_eq!((&bad["row"], &bad["line"]), (&json!(index + 5), &json!(index + 6)), "{bad}");
        assert_eq!(bad["column"], json!(column), "{bad}");
        assert!(bad["found"].as_str().unwrap().contains(found), "{bad}");
    }
    let ran = desk.run(&import(&file, &[])).failed(&[]);
    assert!(ran.stdout.contains("row 5 (line 6), column `pieces`: found \"ten\""), "{}", ran.stdout);
}

#[test]
fn rows_of_quantity_0_and_negative_rows_are_skipped_with_their_money_and_are_no_failure() {
    let desk = Desk::new();
    let sales = format!("{SALES}B2,eggs,0,0.50,2024-02-01,0\nB2,soap,-1,-0.95,2024-02-02,0\n");
    let report = desk.json(&import(&desk.file("sales.csv", &sales), &[]));
    let zero = json!({"count": 1, "money_minor": 50, "first": [{"row": 5, "line": 6}]});
    let negative = json!({"count": 1, "money_minor": -95, "first": [{"row": 6, "line": 7}]});
    assert_eq!((&report["zero_quantity"], &report["negative"]), (&zero, &negative));
    assert_eq!(report["total_minor"], 1_433);
}

/// Its name, its bytes if it exists, and what is said of it.
type Unreadable<'a> = (&'a str, Option<&'a [u8]>, &'a [&'a str]);

#[test]
fn f32_a_file_that_cannot_be_read_at_all_fails_with_what_to_do() {
    let desk = Desk::new();
    let truncated = [b"PAR1".as_slice(), &[7; 200]].concat();
    let cases: [Unreadable<'_>; 6] = [
        ("missing.csv", None, &["cannot open", "missing.csv"]),
        ("empty.csv", Some(b""), &["empty.csv is empty", "header"]),
        ("cut.parquet", Some(&truncated), &["cut.parquet", "damaged"]),
        ("other.csv", Some(b"id,item\n1,milk\n"), &["no column `receipt`", "id, item"]),
        ("sales.csv.gz", Some(b"\x1f\x8b\x08\x00"), &["gzip", "gunzip"]),
        ("fake.parquet", Some(b"receipt,article\n"), &["fake.parquet", "fetch it again"]),
    ];
    for (name, content, says) in cases {
        let file = content.map_or_else(|| desk.path(name).display().to_string(), |content| desk.file(name, content));
        let ran = desk.run(&import(&file, &[])).failed(says);
        assert_eq!(ran.stdout, "", "{name}");
    }
    let folder = desk.folder.path().to_str().unwrap();
    desk.run(&import(folder, &[])).failed(&["cannot open"]);
    assert!(desk.carts().is_empty());
}

#[test]
fn what_the_system_refuses_is_named_by_its_row() {
    let desk = Desk::new();
    let mut sales = String::from("receipt,article\n");
    for item in 1..=502 {
        writeln!(sales, "A1,item {item}").unwrap();
    }
    let file = desk.file("sales.csv", &sales);
    let columns = ["--cart-column", "receipt", "--item-column", "article", "--json"];
    let ran = desk.run(&[&["import", &file], &columns[..]].concat()).failed(&["2 commands refused"]);
    let refused = &ran.json()["refused"];
    assert_eq!((&refused["count"], &refused["first"][0]["row"]), (&json!(2), &json!(501)), "{refused}");
    assert_eq!((&refused["first"][0]["code"], &refused["first"][0]["cart"]), (&json!("too_many_lines"), &json!("A1")));
}

#[test]
fn a_cart_of_more_rows_than_a_cart_takes_is_reported_and_stops_no_other() {
    let desk = Desk::new();
    let mut sales = String::from("receipt,article\nB2,milk\n");
    sales.push_str(&"A1,milk\n".repeat(10_001));
    let file = desk.file("sales.csv", &sales);
    let columns = ["--cart-column", "receipt", "--item-column", "article", "--json"];
    let ran = desk.run(&[&["import", &file], &columns[..]].concat()).failed(&["1 cart not stored"]);
    let failed = &ran.json()["failed"]["first"][0];
    assert_eq!((&failed["cart"], &failed["code"]), (&json!("A1"), &json!("too_many_events")), "{failed}");
    assert_eq!(desk.carts().len(), 1);
}

#[test]
fn a_wrong_usage_says_how_it_is_meant_and_ends_with_2() {
    let desk = Desk::new();
    let file = desk.file("sales.csv", SALES);
    let cases: [&[&str]; 7] = [
        &["import"],
        &["import", &file],
        &["import", &file, "--preset", "nobody"],
        &["import", &file, "--preset", "completejourney", "--cart-column", "receipt"],
        &["import", &file, "--cart-column", "a", "--item-column", "b", "--discount-column", "c"],
        &["import", &file, "--cart-column", "a", "--item-column", "b", "--currency", "euro"],
        &["import", &file, "--cart-column", "a", "--item-column", "b", "--close", "sold"],
    ];
    for args in cases {
        let ran = desk.run(args).ended(2);
        assert!(ran.stdout.is_empty() && ran.stderr.starts_with("error: "), "{args:?}: {ran:?}");
    }
}

#[test]
fn ctrl_c_while_reading_ends_with_130_and_says_how_to_go_on() {
    let desk = Desk::new();
    let args = [&["import", "-"], &COLUMNS[..]].concat();
    let mut command = desk.command(&args);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // It listens for signals before it starts the system, and then waits for an input that does not end.
    let lock = desk.path("data/dev.lock");
    wait_for("the system to start", || {
        let text = std::fs::read_to_string(&lock).ok()?;
        text.contains("\"port\":").then_some(())
    });
    send_signal(&child, "INT");
    let status = wait_for("the end of the import", || child.try_wait().unwrap());
    let stdin = child.stdin.take();
    let output = child.wait_with_output().unwrap();
    drop(stdin);
    let ran = Ran {
        status: status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    };
    let ran = ran.ended(130);
    assert!(ran.stderr.contains("the same command"), "{}", ran.stderr);
}
