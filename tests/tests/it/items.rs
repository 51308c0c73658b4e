//! Items of the event table as they lie there: what the Ruby system wrote is read, and what is written stays small.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::json;
use tillroll_core::cart::Cart;
use tillroll_core::id::StreamId;
use tillroll_host_lambda::dynamodb::client::emulator_client;
use tillroll_host_lambda::dynamodb::tables::{TableNames, create_tables};
use tillroll_host_lambda::dynamodb::{Events, Tokens};
use tillroll_host_lambda::ports::{EventTable, FaultKind};
use tillroll_host_lambda::repository::Repository;
use tillroll_tests::contracts::event_table::event;
use tillroll_tests::dynoxide;
use tillroll_tests::wall_clock::WallClock;
use uuid::Uuid;

/// DynamoDB bills writes by the started kilobyte.
const ORDINARY_ITEM_BYTES_MAX: usize = 1_024;

const CART: StreamId = StreamId::new(Uuid::from_u128(7));

async fn world() -> (Client, TableNames, Events<WallClock>) {
    let (client, names) = (emulator_client(dynoxide::start().await), TableNames::default());
    create_tables(&client, &names).await.unwrap();
    create_tables(&client, &names).await.unwrap();
    let events = Events::new(client.clone(), &names.events, Tokens::Omit, WallClock::default());
    (client, names, events)
}

fn text(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

/// An item with the five attributes of the Ruby system.
fn ruby_item(version: u64, name: &str, more: &[(&str, AttributeValue)]) -> HashMap<String, AttributeValue> {
    let cart = [("shopping_cart_uuid", text(CART.to_string()))];
    let members = cart.iter().chain(more).map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    HashMap::from([
        ("AggregateUuid".to_owned(), text(CART.to_string())),
        ("Version".to_owned(), AttributeValue::N(version.to_string())),
        ("EventUuid".to_owned(), text(Uuid::from_u128(u128::from(version)).to_string())),
        ("Name".to_owned(), text(name)),
        ("Data".to_owned(), AttributeValue::M(members)),
    ])
}

async fn put(client: &Client, names: &TableNames, item: HashMap<String, AttributeValue>) {
    client.put_item().table_name(&names.events).set_item(Some(item)).send().await.unwrap();
}

#[tokio::test]
async fn a_cart_written_by_the_ruby_system_is_loaded_and_goes_on() {
    let (client, names, events) = world().await;
    put(&client, &names, ruby_item(1, "CartOpened", &[])).await;
    put(&client, &names, ruby_item(2, "ItemAdded", &[("item_name", text("Tea"))])).await;
    let numbers = [("weight", AttributeValue::N("0.50".to_owned())), ("note", AttributeValue::Null(true))];
    put(&client, &names, ruby_item(3, "ItemWeighed", &numbers)).await;

    let loaded = events.load(CART, 0, None).await.unwrap();
    assert_eq!(loaded[2].data, json!({"shopping_cart_uuid": CART, "weight": 0.5, "note": null}));
    assert!(loaded.iter().all(|event| event.circumstances.command.is_none() && event.circumstances.source.is_none()));
    let cart = Repository::<Cart, _>::new(events.clone()).fetch(CART).await.unwrap().unwrap();
    assert_eq!((cart.stored_version(), cart.unknown_events()), (3, 1));
    events.append(&[event(CART, 4, 1)]).await.unwrap();
    assert_eq!(events.load(CART, 0, None).await.unwrap().len(), 4);
}

#[tokio::test]
async fn an_item_that_is_no_event_is_a_fault_that_names_its_place() {
    let (client, names, events) = world().await;
    put(&client, &names, ruby_item(1, "CartOpened", &[])).await;
    let mut broken = ruby_item(2, "ItemAdded", &[]);
    broken.insert("Name".to_owned(), AttributeValue::N("1".to_owned()));
    put(&client, &names, broken).await;
    let fault = events.load(CART, 0, None).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Permanent);
    assert_eq!(fault.object, format!("{CART} after version 1"));
}

#[tokio::test]
async fn an_ordinary_event_is_an_item_of_less_than_one_kilobyte() {
    let (client, names, events) = world().await;
    let mut ordinary = event(CART, 1, 1);
    ordinary.data = json!({
        "shopping_cart_uuid": CART, "item_name": "FLUID MILK WHITE ONLY, ONE GALLON", "sku": "1029743", "quantity": 2,
        "price": {"minor": 699, "per": 2},
    });
    let noted = &mut ordinary.circumstances;
    noted.happened_at = noted.recorded_at;
    noted.correlation_id = Some(Uuid::nil().to_string());
    noted.causation_id = Some(Uuid::nil().to_string());
    noted.traceparent = Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned());
    noted.actor = Some("0af7651916cd43dd8448eb211c80319c".to_owned());
    noted.reducer = Some("0123456789abcdef".to_owned());
    events.append(&[ordinary]).await.unwrap();
    let stored = client.scan().table_name(&names.events).send().await.unwrap().items.unwrap().remove(0);
    let bytes: usize = stored.iter().map(|(name, value)| name.len() + size(value)).sum();
    assert!(bytes < ORDINARY_ITEM_BYTES_MAX, "{bytes} bytes");
}

/// Bytes of a value as DynamoDB counts them, or a few more.
fn size(value: &AttributeValue) -> usize {
    if let Ok(text) = value.as_s() {
        text.len()
    } else if let Ok(digits) = value.as_n() {
        digits.len() / 2 + 2
    } else {
        let members = value.as_m().expect("an ordinary event has text, numbers and maps");
        3 + members.iter().map(|(name, value)| 1 + name.len() + size(value)).sum::<usize>()
    }
}
