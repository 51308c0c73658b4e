//! A function that reads a cart from its events, as the SDK's own examples would have it written: configuration, client,
//! TLS and allocator as they come, items as maps. It is what `cargo xtask bench lambda` holds ours against.

use std::collections::HashMap;

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let client = Client::new(&config);
    let table = std::env::var("TILLROLL_EVENTS_TABLE")?;
    run(service_fn(|event: LambdaEvent<Value>| get_cart(&client, &table, event.payload))).await
}

async fn get_cart(client: &Client, table: &str, event: Value) -> Result<Value, Error> {
    let path = event["rawPath"].as_str().ok_or("no path")?;
    let cart = path.rsplit('/').next().ok_or("no cart")?;
    let items = client
        .query()
        .table_name(table)
        .key_condition_expression("AggregateUuid = :cart")
        .expression_attribute_values(":cart", AttributeValue::S(cart.to_owned()))
        .consistent_read(true)
        .into_paginator()
        .items()
        .send()
        .collect::<Result<Vec<_>, _>>()
        .await?;
    let mut lines: Vec<Line> = Vec::new();
    for item in &items {
        fold(&mut lines, item);
    }
    let lines: Vec<Value> = lines
        .iter()
        .map(|line| json!({"sku": line.sku, "quantity": line.quantity, "total_minor": line.quantity * line.minor / line.per}))
        .collect();
    let body = json!({"cart_id": cart, "version": items.len(), "lines": lines});
    Ok(json!({
        "statusCode": 200,
        "headers": {"content-type": "application/json"},
        "body": body.to_string(),
        "isBase64Encoded": false,
    }))
}

struct Line {
    sku: String,
    quantity: i64,
    minor: i64,
    per: i64,
}

fn fold(lines: &mut Vec<Line>, item: &HashMap<String, AttributeValue>) {
    let text = |value: Option<&AttributeValue>| value.and_then(|value| value.as_s().ok()).cloned();
    let number = |value: Option<&AttributeValue>| value.and_then(|value| value.as_n().ok()?.parse().ok());
    if text(item.get("Name")).as_deref() != Some("ItemAdded") {
        return;
    }
    let Some(data) = item.get("Data").and_then(|data| data.as_m().ok()) else { return };
    let sku = text(data.get("sku").or_else(|| data.get("item_name"))).unwrap_or_default();
    let quantity = number(data.get("quantity")).unwrap_or(1);
    let price = data.get("price").and_then(|price| price.as_m().ok());
    let of_price = |name| price.and_then(|price| number(price.get(name)));
    let (minor, per) = (of_price("minor").unwrap_or_default(), of_price("per").unwrap_or(1));
    match lines.iter_mut().find(|line| line.sku == sku) {
        Some(line) => line.quantity += quantity,
        None => lines.push(Line { sku, quantity, minor, per }),
    }
}
