//! `tillroll migrate`: what the original Ruby system left behind.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};
use tillroll_host_lambda::dynamodb::client::emulator_client;
use tillroll_host_lambda::dynamodb::tables::{TableNames, create_tables};
use tillroll_tests::dynoxide;

use super::{Desk, archive_objects};

pub(super) const CART: &str = "6ba7b811-9dad-41d1-80b4-00c04fd430c8";

fn old_archive(desk: &Desk) {
    std::fs::create_dir(desk.path("old")).unwrap();
    let data = json!({"shopping_cart_uuid": CART});
    for (name, content) in [
        ("10", json!({"Name": "CartOpened", "Data": data, "Version": "0.1e1"})),
        (
            "11",
            json!({"Name": "ItemAdded", "Data": {"shopping_cart_uuid": CART, "item_name": "Tea"}, "Version": "0.2e1"}),
        ),
        ("12", json!({"AggregateUuid": null, "Name": "CartClosed", "Data": data, "Version": 3, "EventUuid": CART})),
        ("13", json!({"Name": "ItemAdded", "Data": data, "Version": 4})),
    ] {
        desk.file(&format!("old/{name}"), content.to_string());
    }
}

fn count(document: &Value, flaws: &str, flaw: &str) -> Value {
    document[flaws][flaw]["count"].clone()
}

#[test]
fn an_old_archive_is_looked_at_and_converted_and_what_cannot_be_is_left() {
    let desk = Desk::new();
    old_archive(&desk);
    let checked = desk.run(&["migrate", "check", "./old", "--json"]).ended(3).json();
    assert_eq!((&checked["events"], &checked["carts"]), (&json!(4), &json!(1)));
    for (flaw, expected) in [("null_key", 4), ("version_form", 2), ("no_event_uuid", 3), ("wrong_data", 1)] {
        assert_eq!(count(&checked, "flaws", flaw), json!(expected), "{flaw}: {checked}");
    }

    let dry = desk.run(&["migrate", "archive", "./old", "./new", "--dry-run"]).ended(3);
    assert!(dry.stdout.contains("3 events would become 1 new object"), "{dry:?}");
    assert!(!desk.path("new").exists());
    let ran = desk.run(&["migrate", "archive", "./old", "./new"]).ended(3);
    assert!(ran.stdout.contains("13: data that is not what the name says (1)"), "{ran:?}");
    assert_eq!(archive_objects(&desk.path("new")).len(), 1);
    let again = desk.run(&["migrate", "archive", "./old", "./new", "--json"]).ended(3).json();
    assert_eq!((&again["objects_written"], &again["objects_there"]), (&json!(0), &json!(1)));
    let checked = desk.json(&["migrate", "check", "./new"]);
    assert_eq!((&checked["ok"], &checked["ours"]), (&json!(true), &json!(1)));
}

#[test]
fn a_converted_archive_is_the_archive_of_a_system_that_has_it() {
    let desk = Desk::new();
    old_archive(&desk);
    desk.run(&["carts"]).fine();
    desk.run(&["migrate", "archive", "./old", "./data/archive"]).ended(3);
    let dev = desk.dev(&["--no-demo"]);
    let refused = desk.run(&["migrate", "archive", "./old", "./data/archive"]).failed(&["works in ./data/archive"]);
    assert!(refused.stderr.contains("stop that `tillroll dev` first"), "{refused:?}");
    let verdict = desk.run(&["verify", "--json"]).ended(3).json();
    assert_eq!(verdict["findings_total"], json!(3), "the table has lost them: {verdict}");
    drop(dev);
}

#[test]
fn wrong_places_are_named() {
    let desk = Desk::new();
    desk.run(&["migrate", "check", "./nowhere"]).failed(&["there is no folder ./nowhere"]);
    desk.run(&["migrate", "archive", "nowhere", "./new"]).misused(&["nowhere is neither a folder nor a bucket"]);
    desk.run(&["migrate", "archive", "./old"]).ended(2);
    let mut command = desk.command(&["migrate", "check", "scd-es-table"]);
    command.envs([("AWS_EC2_METADATA_DISABLED", "true"), ("AWS_CONFIG_FILE", "/dev/null")]);
    for name in ["AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"] {
        command.env_remove(name);
    }
    let ran = tillroll_tests::program::Ran::of(command, "").misused(&["no AWS region is set"]);
    assert!(ran.stderr.contains("hint: set AWS_REGION"), "{ran:?}");
}

fn text(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

/// An item with the five attributes of the Ruby system.
pub(super) fn ruby_item(version: &str, name: &str, item: Option<&str>) -> HashMap<String, AttributeValue> {
    let mut data = HashMap::from([("shopping_cart_uuid".to_owned(), text(CART))]);
    data.extend(item.map(|item| ("item_name".to_owned(), text(item))));
    HashMap::from([
        ("AggregateUuid".to_owned(), text(CART)),
        ("Version".to_owned(), AttributeValue::N(version.to_owned())),
        ("EventUuid".to_owned(), text(uuid::Uuid::new_v4().to_string())),
        ("Name".to_owned(), text(name)),
        ("Data".to_owned(), AttributeValue::M(data)),
    ])
}

async fn put(client: &Client, item: HashMap<String, AttributeValue>) {
    client.put_item().table_name("scd-es-table").set_item(Some(item)).send().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_the_ruby_system_is_checked_where_it_lies() {
    let address = dynoxide::start().await;
    let client = emulator_client(address);
    let names = TableNames { events: "scd-es-table".to_owned(), rows: "unused".to_owned() };
    create_tables(&client, &names).await.unwrap();
    put(&client, ruby_item("1", "CartOpened", None)).await;
    put(&client, ruby_item("2", "ItemAdded", Some("Tea"))).await;
    let desk = Desk::new();
    let check = move |desk: &Desk, table: &str| {
        let mut command = desk.command(&["migrate", "check", table, "--json"]);
        command.envs([
            ("AWS_ENDPOINT_URL", format!("http://{address}").as_str()),
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "tillroll"),
            ("AWS_SECRET_ACCESS_KEY", "tillroll"),
        ]);
        tillroll_tests::program::Ran::of(command, "")
    };
    let fine = check(&desk, "scd-es-table").fine();
    assert_eq!(fine.json()["events"], json!(2), "{fine:?}");
    assert!(fine.stderr.contains("table scd-es-table on AWS, region eu-central-1, at http://127.0.0.1"), "{fine:?}");

    let mut nameless = ruby_item("4", "ItemAdded", None);
    nameless.remove("EventUuid");
    put(&client, nameless).await;
    let found = check(&desk, "scd-es-table").ended(3).json();
    for (flaw, place) in [
        ("no_event_uuid", format!("cart \"{CART}\", version 4")),
        ("wrong_data", format!("cart \"{CART}\", version 4")),
        ("hole", format!("cart {CART}, from version 3 on: 1 missing")),
    ] {
        assert_eq!(found["flaws"][flaw]["first"][0], json!(place), "{found}");
    }
    check(&desk, "elsewhere").failed(&["cannot read the table elsewhere"]);
}
