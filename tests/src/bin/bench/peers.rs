//! dynamo-es, the event store for DynamoDB of the cqrs-es framework, with a cart like ours in its own layout.

use std::future::Future;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cqrs_es::event_sink::EventSink;
use cqrs_es::persist::PersistedEventStore;
use cqrs_es::{Aggregate, DomainEvent, EventStore as _};
use dynamo_es::{DynamoCqrs, DynamoEventRepository, dynamodb_cqrs};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tillroll_tests::canned::{Answer, Canned};
use tokio::runtime::Runtime;

use crate::pages::CART;

pub(crate) const NAME: &str = "dynamo-es 0.5.0, its own layout, one page";

/// The table it uses unless told otherwise.
const TABLE: &str = "Events";

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Basket {
    version: u64,
    lines: Vec<(String, u64)>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum BasketEvent {
    ItemAdded { shopping_cart_uuid: String, item_name: String, quantity: u64 },
}

impl DomainEvent for BasketEvent {
    fn event_type(&self) -> String {
        "ItemAdded".to_owned()
    }

    fn event_version(&self) -> String {
        "1.0".to_owned()
    }
}

/// Adds an item to a basket.
pub(crate) struct Add(pub(crate) BasketEvent);

#[derive(Debug, thiserror::Error)]
#[error("nothing is refused here")]
pub(crate) struct Never;

impl Aggregate for Basket {
    const TYPE: &'static str = "cart";
    type Command = Add;
    type Event = BasketEvent;
    type Error = Never;
    type Services = ();

    async fn handle(&mut self, command: Add, (): &(), sink: &EventSink<Self>) -> Result<(), Never> {
        sink.write(command.0, self).await;
        Ok(())
    }

    fn apply(&mut self, event: BasketEvent) {
        let BasketEvent::ItemAdded { item_name, quantity, .. } = event;
        self.version += 1;
        match self.lines.iter_mut().find(|(known, _)| *known == item_name) {
            Some((_, pieces)) => *pieces += quantity,
            None => self.lines.push((item_name, quantity)),
        }
    }
}

pub(crate) fn added(cart: impl ToString, item_name: String) -> BasketEvent {
    BasketEvent::ItemAdded { shopping_cart_uuid: cart.to_string(), item_name, quantity: 2 }
}

/// Loads a basket of this many events from a prepared answer. One page, however long: it does not ask for a second.
pub(crate) fn rehydration(runtime: &Runtime, events: usize) -> Box<dyn FnMut() -> u64 + '_> {
    let cart = CART.to_string();
    let item = |version: usize| {
        let payload = json!(added(CART, format!("FLUID MILK WHITE ONLY {:02}", version % 20)));
        json!({
            "AggregateTypeAndId": {"S": format!("cart:{cart}")}, "AggregateIdSequence": {"N": version.to_string()},
            "AggregateType": {"S": "cart"}, "AggregateId": {"S": cart}, "EventVersion": {"S": "1.0"},
            "EventType": {"S": "ItemAdded"}, "Payload": {"B": STANDARD.encode(payload.to_string())},
            "Metadata": {"B": STANDARD.encode("{}")},
        })
    };
    let items: Vec<_> = (1..=events).map(item).collect();
    let answer = Answer::ok(json!({"Count": events, "Items": items, "ScannedCount": events}).to_string());
    let repository = DynamoEventRepository::new(Canned::new(vec![answer]).client());
    let store = PersistedEventStore::<DynamoEventRepository, Basket>::new_event_store(repository);
    Box::new(move || {
        let loaded = runtime.block_on(store.load_aggregate(&cart)).expect("a basket");
        loaded.aggregate.version
    })
}

/// Its table, made as its users make it.
pub(crate) async fn create_table(client: &Client) {
    let attribute = |name, scalar| {
        AttributeDefinition::builder().attribute_name(name).attribute_type(scalar).build().expect("whole")
    };
    let key = |name, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().expect("whole");
    client
        .create_table()
        .table_name(TABLE)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute("AggregateTypeAndId", ScalarAttributeType::S))
        .attribute_definitions(attribute("AggregateIdSequence", ScalarAttributeType::N))
        .key_schema(key("AggregateTypeAndId", KeyType::Hash))
        .key_schema(key("AggregateIdSequence", KeyType::Range))
        .send()
        .await
        .expect("a table");
}

/// The framework over this client.
pub(crate) fn framework(client: &Client) -> DynamoCqrs<Basket> {
    dynamodb_cqrs(client.clone(), Vec::new(), ())
}

/// One command: a query, a fold, a transaction of one put.
pub(crate) fn add<'a>(
    framework: &'a DynamoCqrs<Basket>,
    cart: &'a str,
    item_name: String,
) -> impl Future<Output = ()> + 'a {
    let command = Add(added(cart, item_name));
    async move { framework.execute(cart, command).await.expect("accepted") }
}
