//! What happened to carts: recorded events, with the data of each.
#![allow(dead_code, reason = "only the schemas of these types are asked for; nobody makes one")]

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use super::carts::StoredRule;
use super::requests::CloseReason;
use super::values::{Count, Fingerprint, Minor, Moment, Per, Pieces, Uuid, Version};
use super::{SchemaOf, of};
use crate::record::TYPE_PREFIX;

/// Events of one cart.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(in crate::api::openapi) struct EventPage {
    /// In the order of their versions.
    events: Vec<Event>,
    /// `after` of the next page; null when this one reached the newest event.
    cursor: Option<String>,
}

/// A recorded event: CloudEvents 1.0, structured.
pub(in crate::api::openapi) struct Event;

/// Data of `CartOpened`.
#[derive(JsonSchema)]
struct CartOpened {
    /// The cart.
    shopping_cart_uuid: Uuid,
    #[schemars(skip_serializing_if = "Option::is_none", with = "String")]
    currency: Option<String>,
    #[schemars(skip_serializing_if = "Option::is_none", with = "String")]
    owner_ref: Option<String>,
    /// SHA-256 of the cart's token.
    #[schemars(skip_serializing_if = "Option::is_none", with = "String")]
    token_hash: Option<String>,
}

/// Data of `CartClaimed`.
#[derive(JsonSchema)]
struct CartClaimed {
    /// The cart.
    shopping_cart_uuid: Uuid,
    /// The new owner.
    owner_ref: String,
}

/// Data of `ItemAdded`.
#[derive(JsonSchema)]
struct ItemAdded {
    /// The cart.
    shopping_cart_uuid: Uuid,
    /// What the shopper calls it.
    item_name: String,
    /// Key of the line; the item's name when absent.
    #[schemars(skip_serializing_if = "Option::is_none", with = "String")]
    sku: Option<String>,
    /// Pieces added; 1 when absent.
    #[schemars(skip_serializing_if = "Option::is_none", with = "Pieces")]
    quantity: Option<Pieces>,
    /// The line's price from now on; absent: as before.
    #[schemars(skip_serializing_if = "Option::is_none", with = "EventPrice")]
    price: Option<EventPrice>,
}

/// A price in an event; `per` is 1 when absent.
#[derive(JsonSchema)]
struct EventPrice {
    minor: Minor,
    #[schemars(skip_serializing_if = "Option::is_none", with = "Per")]
    per: Option<Per>,
}

/// Data of `ItemQuantityChanged`.
#[derive(JsonSchema)]
struct ItemQuantityChanged {
    /// The cart.
    shopping_cart_uuid: Uuid,
    /// The line.
    sku: String,
    /// Its quantity from now on.
    quantity: Pieces,
}

/// Data of `ItemRemoved`.
#[derive(JsonSchema)]
struct ItemRemoved {
    /// The cart.
    shopping_cart_uuid: Uuid,
    /// The line.
    sku: String,
}

/// Data of `DiscountApplied`.
#[derive(JsonSchema)]
struct DiscountApplied {
    /// The cart.
    shopping_cart_uuid: Uuid,
    /// The code that was entered.
    code: String,
    /// What it does, as it was on that day.
    rule: StoredRule,
}

/// Data of `DiscountRemoved`.
#[derive(JsonSchema)]
struct DiscountRemoved {
    /// The cart.
    shopping_cart_uuid: Uuid,
    /// The code.
    code: String,
}

/// Data of `CartClosed`.
#[derive(JsonSchema)]
struct CartClosed {
    /// The cart.
    shopping_cart_uuid: Uuid,
    /// How it ended.
    #[schemars(skip_serializing_if = "Option::is_none", with = "CloseReason")]
    reason: Option<CloseReason>,
}

/// The data of every event.
pub(super) const EVENTS: [(&str, SchemaOf); 8] = [
    ("CartOpened", of::<CartOpened>),
    ("CartClaimed", of::<CartClaimed>),
    ("ItemAdded", of::<ItemAdded>),
    ("ItemQuantityChanged", of::<ItemQuantityChanged>),
    ("ItemRemoved", of::<ItemRemoved>),
    ("DiscountApplied", of::<DiscountApplied>),
    ("DiscountRemoved", of::<DiscountRemoved>),
    ("CartClosed", of::<CartClosed>),
];

/// What every event has beside its type and data.
#[derive(JsonSchema)]
struct Envelope {
    /// CloudEvents 1.0.
    #[schemars(extend("const" = "1.0"))]
    specversion: String,
    /// Follows from cart, command and place: the same command makes the same event.
    id: Uuid,
    /// Where it came in.
    source: String,
    /// `tillroll.cart.` and its name.
    r#type: String,
    /// The cart.
    subject: Uuid,
    /// When it happened.
    #[schemars(skip_serializing_if = "Option::is_none", with = "Moment")]
    time: Option<Moment>,
    #[schemars(extend("const" = "application/json"))]
    datacontenttype: String,
    /// When it was recorded, by the host's clock.
    #[schemars(skip_serializing_if = "Option::is_none", with = "Moment")]
    recordedtime: Option<Moment>,
    /// Its version.
    sequence: Version,
    schemaversion: Count,
    /// The command that caused it.
    #[schemars(skip_serializing_if = "Option::is_none", with = "Uuid")]
    commandid: Option<Uuid>,
    /// Fingerprint of that command's content.
    #[schemars(skip_serializing_if = "Option::is_none", with = "Fingerprint")]
    commandhash: Option<Fingerprint>,
    /// Constant over a story.
    #[schemars(skip_serializing_if = "Option::is_none", with = "String")]
    correlationid: Option<String>,
    /// What led to it.
    #[schemars(skip_serializing_if = "Option::is_none", with = "String")]
    causationid: Option<String>,
    /// W3C trace context of the request.
    #[schemars(skip_serializing_if = "Option::is_none", with = "String")]
    traceparent: Option<String>,
    /// Who did it.
    #[schemars(skip_serializing_if = "Option::is_none", with = "String")]
    actor: Option<String>,
    /// The build that decided it.
    #[schemars(skip_serializing_if = "Option::is_none", with = "String")]
    reducer: Option<String>,
    /// What happened; its members depend on `type`.
    #[schemars(with = "serde_json::Map<String, Value>")]
    data: Value,
}

impl JsonSchema for Event {
    fn schema_name() -> Cow<'static, str> {
        "Event".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = Envelope::json_schema(generator);
        let type_of = |name: &str| format!("{TYPE_PREFIX}{name}");
        let known = |(name, data): (&str, SchemaOf)| json!({"title": name, "properties": {"type": {"const": type_of(name)}, "data": data(generator)}});
        let mut each: Vec<_> = EVENTS.into_iter().map(known).collect();
        let names: Vec<_> = EVENTS.iter().map(|(name, _)| type_of(name)).collect();
        // A newer build, or the Ruby system, may have written others; readers skip and count them.
        each.push(json!({"title": "an event that this build does not know", "properties": {"type": {"not": {"enum": names}}}}));
        schema.insert("oneOf".into(), each.into());
        schema.insert("additionalProperties".into(), false.into());
        schema.insert("description".into(), "A recorded event: CloudEvents 1.0, structured.".into());
        schema
    }
}

/// A page of events in the packed layout.
pub(in crate::api::openapi) struct PackedEvents;

impl JsonSchema for PackedEvents {
    fn schema_name() -> Cow<'static, str> {
        "PackedEvents".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"description": "Bytes: a versioned header and events, readable in chunks."})
    }
}
