//! Lines of an import, and the answer to each.
#![allow(dead_code, reason = "only the schemas of these types are asked for; nobody makes one")]

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::json;

use super::refusals::RefusedImport;
use super::requests::commands;
use super::values::{CartId, CommandId, Count, Minor, Text};

/// A line of `POST /imports`.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(in crate::api::openapi) struct ImportLine {
    /// The cart.
    cart_id: CartId,
    /// Where it comes from.
    source: Text,
    /// In the order in which they happened. Prices and rules are taken as given.
    #[schemars(length(min = 1))]
    commands: Vec<ImportCommand>,
}

/// A command that was given elsewhere.
struct ImportCommand;

impl JsonSchema for ImportCommand {
    fn schema_name() -> Cow<'static, str> {
        "ImportCommand".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let id = generator.subschema_for::<CommandId>();
        let mut each = commands(generator, &json!({ "command_id": id }));
        for command in &mut each {
            // Optional, so it comes after the required ones are known.
            command["properties"]["happened_at"] =
                json!({"type": ["string", "null"], "format": "date-time", "description": "When; now when absent."});
        }
        json_schema!({"description": "A command that was given elsewhere.", "oneOf": each})
    }
}

/// The answer to one line of an import.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(in crate::api::openapi) enum ImportAnswer {
    /// The line was carried out.
    Done(ImportDone),
    /// The line was not read.
    Malformed(ImportMalformed),
    /// Something broke.
    Failed(ImportFailed),
}

/// A line that was carried out.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(in crate::api::openapi) struct ImportDone {
    cart_id: CartId,
    status: ImportStatus,
    /// The cart's version now.
    version: Count,
    /// New events.
    events: Count,
    /// Commands that were refused. All others happened, now or in an earlier import.
    refused: Vec<RefusedImport>,
    /// What the cart comes to; null when there is no cart.
    total_minor: Option<Minor>,
}

/// What a line came to.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum ImportStatus {
    /// There are new events.
    Imported,
    /// All of it was there already.
    Unchanged,
    /// Nothing new, and commands were refused.
    Refused,
}

/// A line that was not read.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(in crate::api::openapi) struct ImportMalformed {
    #[schemars(with = "()")]
    cart_id: (),
    #[schemars(extend("const" = "malformed"))]
    status: String,
    /// As of a problem.
    code: String,
    /// For a person.
    message: String,
    /// As of a problem.
    errors: Vec<Place>,
}

/// A place in a line.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Place {
    /// JSON Pointer into the line.
    pointer: String,
    detail: String,
}

/// A line at which something broke.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(in crate::api::openapi) struct ImportFailed {
    cart_id: CartId,
    #[schemars(extend("const" = "failed"))]
    status: String,
    /// As of a problem.
    code: String,
    /// For a person.
    message: String,
    /// Send the line again.
    retryable: bool,
}
