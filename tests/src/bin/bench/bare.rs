//! The peer: the AWS SDK with nothing around it, writing and reading the same items.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use uuid::Uuid;

pub(crate) type Item = HashMap<String, AttributeValue>;

fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// An `ItemAdded` with every attribute that ours has.
pub(crate) fn item(cart: Uuid, version: u64, sku: &str) -> Item {
    let data = HashMap::from([
        ("shopping_cart_uuid".into(), text(cart)),
        ("item_name".into(), text(sku)),
        ("sku".into(), text(sku)),
        ("quantity".into(), AttributeValue::N("2".into())),
        (
            "price".into(),
            AttributeValue::M(HashMap::from([
                ("minor".into(), AttributeValue::N("398".into())),
                ("per".into(), AttributeValue::N("2".into())),
            ])),
        ),
    ]);
    Item::from([
        ("AggregateUuid".into(), text(cart)),
        ("Version".into(), AttributeValue::N(version.to_string())),
        ("EventUuid".into(), text(Uuid::new_v5(&cart, &version.to_be_bytes()))),
        ("Name".into(), text("ItemAdded")),
        ("Data".into(), AttributeValue::M(data)),
        ("Source".into(), text("tillroll:api")),
        ("Time".into(), text("2017-01-01T11:53:26Z")),
        ("RecordedTime".into(), text("2017-01-01T11:53:26Z")),
        ("CommandId".into(), text(Uuid::new_v5(&cart, b"command"))),
        ("CommandHash".into(), text("0123456789abcdef")),
        ("CorrelationId".into(), text(Uuid::new_v5(&cart, b"command"))),
        ("Reducer".into(), text("0123456789abcdef")),
    ])
}

/// A consistent query of the cart, folded into its lines the short way; answers the newest version.
pub(crate) async fn fetch(client: &Client, table: &str, cart: Uuid) -> u64 {
    let mut lines: Vec<(String, u64)> = Vec::new();
    let mut newest = 0;
    let mut start = None;
    loop {
        let page = client
            .query()
            .table_name(table)
            .consistent_read(true)
            .key_condition_expression("AggregateUuid = :stream")
            .expression_attribute_values(":stream", text(cart))
            .set_exclusive_start_key(start)
            .send()
            .await
            .expect("a page");
        for item in page.items.unwrap_or_default() {
            newest = item["Version"].as_n().expect("a number").parse().expect("a version");
            if item["Name"].as_s().expect("text") == "ItemAdded" {
                let data = item["Data"].as_m().expect("a map");
                let sku = data.get("sku").or(data.get("item_name")).and_then(|value| value.as_s().ok()).expect("text");
                let quantity: u64 = data["quantity"].as_n().expect("a number").parse().expect("a quantity");
                match lines.iter_mut().find(|(known, _)| known == sku) {
                    Some((_, pieces)) => *pieces += quantity,
                    None => lines.push((sku.clone(), quantity)),
                }
            }
        }
        start = page.last_evaluated_key;
        if start.is_none() {
            return newest;
        }
    }
}

/// One conditional put.
pub(crate) async fn put(client: &Client, table: &str, item: Item) {
    let put = client.put_item().table_name(table).set_item(Some(item));
    put.condition_expression("attribute_not_exists(AggregateUuid)").send().await.expect("a place of its own");
}

/// One transaction of conditional puts.
pub(crate) async fn transact(client: &Client, table: &str, items: Vec<Item>) {
    let writes = items.into_iter().map(|item| {
        let put = Put::builder().table_name(table).set_item(Some(item));
        let put = put.condition_expression("attribute_not_exists(AggregateUuid)").build().expect("whole");
        TransactWriteItem::builder().put(put).build()
    });
    client.transact_write_items().set_transact_items(Some(writes.collect())).send().await.expect("places of their own");
}
