//! What carts come to: their state, and what became of commands.
#![allow(dead_code, reason = "only the schemas of these types are asked for; nobody makes one")]

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::events::Event;
use super::refusals::RefusedCommand;
use super::values::{CartId, CommandId, Count, Fingerprint, Minor, Per, Pieces, Version};
use crate::api::commands::COMMANDS_MAX;

/// The answer to `POST /carts`.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(in crate::api::openapi) struct OpenedCart {
    /// The cart.
    cart_id: CartId,
    /// The result of its only command.
    #[schemars(length(equal = 1))]
    results: Vec<CommandResult>,
    /// The cart's version now.
    version: Version,
    /// Of the cart's state now.
    state_hash: Fingerprint,
    /// Which build of the fold made `state_hash`; hashes of different ones are not compared.
    reducer: Fingerprint,
    /// The cart now; null for those who may not see it.
    state: Option<CartState>,
}

/// The answer to `POST /carts/{cart_id}/commands`.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(in crate::api::openapi) struct CommandsReply {
    /// One for each command, in the order of the request.
    #[schemars(length(min = 1, max = COMMANDS_MAX))]
    results: Vec<CommandResult>,
    /// The cart's version now.
    version: Count,
    /// Of the cart's state now; null when there is no cart.
    state_hash: Option<Fingerprint>,
    /// Which build of the fold made `state_hash`; hashes of different ones are not compared.
    reducer: Fingerprint,
    /// Present and true when nothing was to be stored.
    #[schemars(skip_serializing_if = "Option::is_none", extend("const" = true), with = "bool")]
    dry_run: Option<bool>,
}

/// What became of a command.
struct CommandResult;

impl JsonSchema for CommandResult {
    fn schema_name() -> Cow<'static, str> {
        "CommandResult".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (id, version) = (generator.subschema_for::<CommandId>(), generator.subschema_for::<Version>());
        let events = generator.subschema_for::<Vec<Event>>();
        let refused = generator.subschema_for::<RefusedCommand>();
        let version_zero = generator.subschema_for::<Count>();
        json_schema!({
            "description": "What became of a command. `version` is the command's own, also when it is answered again.",
            "oneOf": [
                {
                    "title": "accepted", "type": "object", "additionalProperties": false,
                    "properties": {"command_id": id, "status": {"const": "accepted"}, "version": version, "events": events},
                    "required": ["command_id", "status", "version", "events"],
                },
                {
                    "title": "noop", "description": "Already so.", "type": "object", "additionalProperties": false,
                    "properties": {"command_id": id, "status": {"const": "noop"}, "version": version_zero},
                    "required": ["command_id", "status", "version"],
                },
                refused,
                {
                    "title": "skipped", "description": "Left out because another command of an atomic request was refused.",
                    "type": "object", "additionalProperties": false,
                    "properties": {"command_id": id, "status": {"const": "skipped"}},
                    "required": ["command_id", "status"],
                },
            ],
        })
    }
}

/// A cart with all its totals.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(in crate::api::openapi) struct CartState {
    /// The cart.
    cart_id: CartId,
    /// Open or closed.
    status: Status,
    /// Version of its newest event.
    version: Version,
    /// Of every amount.
    currency: Option<String>,
    /// Opaque reference to the owner.
    owner_ref: Option<String>,
    /// In the order in which their items were first added.
    lines: Vec<Line>,
    /// In the order in which they were applied.
    discounts: Vec<Discount>,
    /// Sum of the lines.
    subtotal_minor: Minor,
    /// Sum of the discounts.
    discount_minor: Minor,
    /// What is to pay.
    total_minor: Minor,
    /// Events whose names this build does not know: they were not folded.
    unknown_events: Count,
    /// Fingerprint of all the above; equal on every host with the same reducer.
    state_hash: Fingerprint,
}

/// Where a cart is in its life.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub(super) enum Status {
    /// In use.
    Open,
    /// At its end.
    Closed,
}

/// A line with its total.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Line {
    /// Key of the line.
    sku: String,
    /// What the shopper calls the item.
    item_name: String,
    /// Pieces.
    quantity: Pieces,
    /// What they cost.
    price: Option<Price>,
    /// quantity x minor / per, rounded half to even.
    total_minor: Minor,
}

/// What `per` pieces cost: `{"minor": 1000, "per": 3}` is 10.00 for 3.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Price {
    /// For `per` pieces.
    minor: Minor,
    /// Pieces that `minor` pays for.
    per: Per,
}

/// A discount with what it takes off.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Discount {
    /// The code.
    code: String,
    /// What it does.
    rule: StoredRule,
    /// What it takes off now.
    amount_minor: Minor,
}

/// A rule as it is stored, which may be older than today's limits.
#[derive(JsonSchema)]
#[schemars(tag = "kind", rename_all = "snake_case")]
pub(super) enum StoredRule {
    /// A share of what is left.
    PercentOff {
        /// Hundredths of a percent.
        basis_points: u64,
        /// Only off this line; absent: off the subtotal.
        #[schemars(skip_serializing_if = "Option::is_none", with = "String")]
        sku: Option<String>,
        /// Takes effect only while the cart's subtotal is at least this.
        #[schemars(skip_serializing_if = "Option::is_none", with = "Minor")]
        min_subtotal_minor: Option<Minor>,
    },
    /// A fixed amount, at most what is left.
    AmountOff {
        /// The amount.
        minor: Minor,
        /// Only off this line; absent: off the subtotal.
        #[schemars(skip_serializing_if = "Option::is_none", with = "String")]
        sku: Option<String>,
        /// Takes effect only while the cart's subtotal is at least this.
        #[schemars(skip_serializing_if = "Option::is_none", with = "Minor")]
        min_subtotal_minor: Option<Minor>,
    },
}
