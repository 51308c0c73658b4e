//! What callers ask of carts: opening one, and commands. Limits are those of commands; what was stored may be older.
#![allow(dead_code, reason = "only the schemas of these types are asked for; nobody makes one")]

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};
use tillroll_core::cart::limits::{BASIS_POINTS_MAX, PRICE_PER_MAX, QUANTITY_MAX};
use tillroll_core::money::SAFE_MAX;

use super::values::{CartId, CommandId, Currency, Minor, OwnerRef, Sha256, Text};
use super::{SchemaOf, of};
use crate::api::commands::COMMANDS_MAX;

/// What `POST /carts` takes.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(in crate::api::openapi) struct OpenCartRequest {
    /// The caller's name for this command. May be left out when `Idempotency-Key` has it.
    command_id: CommandId,
    /// The cart to open; when absent, an id that follows from the command id.
    #[schemars(default)]
    cart_id: Option<CartId>,
    /// Of every amount in the cart; the catalogue's when absent.
    #[schemars(default)]
    currency: Option<Currency>,
    /// Its owner, if there is one already.
    #[schemars(default)]
    owner_ref: Option<OwnerRef>,
    /// SHA-256 of the token that the caller will send as `Tillroll-Cart-Token`.
    #[schemars(default)]
    token_hash: Option<Sha256>,
}

/// What `POST /carts/{cart_id}/commands` takes.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(in crate::api::openapi) struct CommandsRequest {
    /// Decided in this order, each on what the earlier ones left, and stored in one commit.
    #[schemars(length(min = 1, max = COMMANDS_MAX))]
    commands: Vec<Command>,
    /// One refusal means that nothing is stored.
    #[schemars(default)]
    atomic: bool,
    /// Decide and answer, and store nothing.
    #[schemars(default)]
    dry_run: bool,
}

/// Data of `OpenCart`.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct OpenCart {
    /// Of every amount in the cart; the catalogue's when absent.
    #[schemars(default)]
    currency: Option<Currency>,
    /// Its owner, if there is one already.
    #[schemars(default)]
    owner_ref: Option<OwnerRef>,
    /// SHA-256 of the cart's token.
    #[schemars(default)]
    token_hash: Option<Sha256>,
}

/// Data of `ClaimCart`.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct ClaimCart {
    /// The new owner.
    owner_ref: OwnerRef,
}

/// Data of `AddItem`.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct AddItem {
    /// What the shopper calls it.
    item_name: Text,
    /// Key of the line; the item's name when absent. Adding a present sku raises its quantity.
    #[schemars(default)]
    sku: Option<Text>,
    /// Pieces; 1 when absent.
    #[schemars(default, range(min = 1, max = QUANTITY_MAX))]
    quantity: Option<i64>,
    /// What it costs. A shop with a catalogue knows, and refuses another price as `price_changed`.
    #[schemars(default)]
    price: Option<StatedPrice>,
}

/// A price as a caller states it: `{"minor": 1000, "per": 3}` is 10.00 for 3.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct StatedPrice {
    /// For `per` pieces.
    #[schemars(range(min = 0, max = SAFE_MAX))]
    minor: i64,
    /// Pieces; 1 when absent.
    #[schemars(default = "one", range(min = 1, max = PRICE_PER_MAX))]
    per: i64,
}

const fn one() -> i64 {
    1
}

/// Data of `ChangeQuantity`.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct ChangeQuantity {
    /// The line.
    sku: Text,
    /// Its quantity from now on.
    #[schemars(range(min = 1, max = QUANTITY_MAX))]
    quantity: i64,
}

/// Data of `RemoveItem`.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct RemoveItem {
    /// The line.
    sku: Text,
}

/// Data of `ApplyDiscount`.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct ApplyDiscount {
    /// The code.
    code: Text,
    /// What it does. The catalogue says; a rule that differs is refused. Imports state their own.
    #[schemars(default)]
    rule: Option<Rule>,
}

/// What a discount takes off, and when.
#[derive(JsonSchema)]
#[schemars(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum Rule {
    /// A share of what is left.
    PercentOff {
        /// Hundredths of a percent: 1000 is 10 %.
        #[schemars(range(min = 1, max = BASIS_POINTS_MAX))]
        basis_points: i64,
        /// Only off this line; absent: off the subtotal.
        #[schemars(default)]
        sku: Option<Text>,
        /// Takes effect only while the cart's subtotal is at least this.
        #[schemars(default)]
        min_subtotal_minor: Option<Minor>,
    },
    /// A fixed amount, at most what is left.
    AmountOff {
        /// The amount.
        #[schemars(range(min = 1, max = SAFE_MAX))]
        minor: i64,
        /// Only off this line; absent: off the subtotal.
        #[schemars(default)]
        sku: Option<Text>,
        /// Takes effect only while the cart's subtotal is at least this.
        #[schemars(default)]
        min_subtotal_minor: Option<Minor>,
    },
}

/// Data of `RemoveDiscount`.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct RemoveDiscount {
    /// The code.
    code: Text,
}

/// Data of `CloseCart`.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct CloseCart {
    /// How it ended.
    #[schemars(default)]
    reason: Option<CloseReason>,
}

/// How a cart ended.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub(super) enum CloseReason {
    /// Bought.
    CheckedOut,
    /// Left behind.
    Abandoned,
    /// Thrown away by the shopper.
    Discarded,
}

/// Name, schema of the data, and whether the data may be left out.
type DataOf = (&'static str, SchemaOf, bool);

/// The data of every command.
const COMMANDS: [DataOf; 8] = [
    ("OpenCart", of::<OpenCart>, true),
    ("ClaimCart", of::<ClaimCart>, false),
    ("AddItem", of::<AddItem>, false),
    ("ChangeQuantity", of::<ChangeQuantity>, false),
    ("RemoveItem", of::<RemoveItem>, false),
    ("ApplyDiscount", of::<ApplyDiscount>, false),
    ("RemoveDiscount", of::<RemoveDiscount>, false),
    ("CloseCart", of::<CloseCart>, true),
];

/// A command with its id: one object for each name.
struct Command;

impl JsonSchema for Command {
    fn schema_name() -> Cow<'static, str> {
        "Command".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let id = generator.subschema_for::<CommandId>();
        let each = commands(generator, &json!({ "command_id": id }));
        json_schema!({
            "description": "Something to decide. `command_id` may be left out of a request's only command when \
                            `Idempotency-Key` has it.",
            "oneOf": each,
        })
    }
}

/// A closed object for each command, with further required members.
pub(super) fn commands(generator: &mut SchemaGenerator, more: &Value) -> Vec<Value> {
    let of = |(name, data, optional): DataOf| {
        let mut properties = json!({"type": {"const": name}, "data": data(generator)});
        let mut required = vec![json!("type")];
        if !optional {
            required.push(json!("data"));
        }
        if let (Some(properties), Some(more)) = (properties.as_object_mut(), more.as_object()) {
            properties.extend(more.clone());
            required.extend(more.keys().map(|name| json!(name)));
        }
        json!({
            "title": name,
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        })
    };
    COMMANDS.into_iter().map(of).collect()
}
