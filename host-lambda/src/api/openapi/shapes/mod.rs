//! The shapes of everything that goes over the wire, as types that nobody makes: only their schemas are asked for.

pub(super) mod carts;
pub(super) mod events;
pub(super) mod host;
pub(super) mod imports;
pub(super) mod lists;
pub(super) mod live;
pub(in crate::api) mod refusals;
pub(super) mod repairs;
pub(super) mod replays;
pub(super) mod requests;
pub(super) mod values;

use schemars::{JsonSchema, Schema, SchemaGenerator};

/// A schema, by the type it is of.
pub(super) type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// The schema of a type, by its name in the document.
pub(super) fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}
