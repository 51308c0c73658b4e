//! Refusals in the document: each code with the details it carries, in results and in problems alike.
#![allow(dead_code, reason = "only the schemas of these types are asked for; nobody makes one outside of tests")]

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use super::carts::Price;
use super::values::{CommandId, Count, Minor};

/// Why the domain says no.
#[derive(JsonSchema)]
#[schemars(tag = "code", content = "details", rename_all = "snake_case")]
pub(super) enum Refusal {
    /// There is no such cart.
    CartNotFound {},
    /// The cart is already open, under another command id.
    CartAlreadyOpen {},
    /// The cart is closed: no later command is accepted.
    CartClosed {},
    /// The cart has no such line.
    LineNotFound {
        /// The line.
        sku: String,
    },
    /// The catalogue has no such item.
    ItemUnknown {
        /// The item.
        sku: String,
    },
    /// The quantity, or what a line would come to, is outside its range.
    InvalidQuantity {
        /// Least.
        min: Count,
        /// Most.
        max: Count,
    },
    /// A name, sku or reference is empty, too long, or has characters it may not have.
    InvalidName {
        /// Which member.
        field: String,
    },
    /// The price is outside its range.
    InvalidPrice {
        /// Most minor units.
        minor_max: Count,
        /// Most pieces.
        per_max: Count,
    },
    /// The code or the rule of a discount is none.
    InvalidDiscount {},
    /// The currency is not written as ISO 4217 does.
    InvalidCurrency {},
    /// One line too many.
    TooManyLines {
        /// Most lines.
        max: Count,
    },
    /// One discount too many.
    TooManyDiscounts {
        /// Most discounts.
        max: Count,
    },
    /// The cart has taken all the changes it may; it can only be closed.
    TooManyEvents {
        /// Most events.
        max: Count,
    },
    /// A total would pass what every host can hold exactly.
    TotalTooLarge {
        /// The largest amount.
        max: Count,
    },
    /// No such discount is known.
    DiscountUnknown {
        /// Its code.
        code: String,
    },
    /// The discount is on the cart already.
    DiscountAlreadyApplied {
        /// Its code.
        code: String,
    },
    /// The discount is not on the cart.
    DiscountNotApplied {
        /// Its code.
        code: String,
    },
    /// The cart's subtotal is below what the discount needs.
    DiscountMinimumNotMet {
        /// Its code.
        code: String,
        /// What it needs.
        min_subtotal_minor: Minor,
        /// What the cart has.
        subtotal_minor: Minor,
    },
    /// The stated price is not the catalogue's.
    PriceChanged {
        /// The item.
        sku: String,
        /// As stated.
        from: Price,
        /// As it is.
        to: Price,
    },
    /// The cart is in another currency than the catalogue.
    CurrencyMismatch {
        /// The cart's.
        cart: String,
        /// The catalogue's.
        catalogue: String,
    },
    /// The cart belongs to somebody else.
    NotOwner {},
    /// The command id was used before, for another command.
    CommandReused {},
}

/// One object for each code: the code, and its details.
fn each(generator: &mut SchemaGenerator) -> Vec<Value> {
    let mut schema = Refusal::json_schema(generator).to_value();
    schema.get_mut("oneOf").and_then(Value::as_array_mut).map(std::mem::take).unwrap_or_default()
}

/// All codes, in the order of the catalogue.
pub(in crate::api::openapi) fn codes() -> Vec<String> {
    let codes = each(&mut SchemaGenerator::default());
    codes.iter().filter_map(|one| one.pointer("/properties/code/const")?.as_str().map(str::to_owned)).collect()
}

/// A refused command in a reply.
pub(super) struct RefusedCommand;

impl JsonSchema for RefusedCommand {
    fn schema_name() -> Cow<'static, str> {
        "RefusedCommand".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let id = generator.subschema_for::<CommandId>();
        refused(generator, &json!({"command_id": id, "status": {"const": "refused"}}))
    }
}

/// A refused command of an import.
pub(super) struct RefusedImport;

impl JsonSchema for RefusedImport {
    fn schema_name() -> Cow<'static, str> {
        "RefusedImport".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let id = generator.subschema_for::<CommandId>();
        refused(generator, &json!({ "command_id": id }))
    }
}

/// A closed object: `more`, the refusal's code and details, and a sentence.
fn refused(generator: &mut SchemaGenerator, more: &Value) -> Schema {
    let mut properties =
        json!({"code": true, "details": true, "message": {"type": "string", "description": "For a person."}});
    let mut required = vec!["code", "details", "message"];
    if let (Some(properties), Some(more)) = (properties.as_object_mut(), more.as_object()) {
        properties.extend(more.clone());
        required.extend(more.keys().map(String::as_str));
    }
    json_schema!({
        "title": "refused",
        "description": "The domain says no: a stable code, what a person needs to know, a sentence.",
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
        "oneOf": each(generator),
    })
}

#[cfg(test)]
pub(in crate::api) mod samples {
    //! Every refusal that core can give. The match is exhaustive, so a new one does not compile without its line.

    use tillroll_core::cart::CartRefusal;
    use tillroll_core::money::{Per, Price};

    fn name_of(refusal: &CartRefusal) -> &'static str {
        match refusal {
            CartRefusal::CartNotFound {}
            | CartRefusal::CartAlreadyOpen {}
            | CartRefusal::CartClosed {}
            | CartRefusal::LineNotFound { .. }
            | CartRefusal::ItemUnknown { .. }
            | CartRefusal::InvalidQuantity { .. }
            | CartRefusal::InvalidName { .. }
            | CartRefusal::InvalidPrice { .. }
            | CartRefusal::InvalidDiscount {}
            | CartRefusal::InvalidCurrency {}
            | CartRefusal::TooManyLines { .. }
            | CartRefusal::TooManyDiscounts { .. }
            | CartRefusal::TooManyEvents { .. }
            | CartRefusal::TotalTooLarge { .. }
            | CartRefusal::DiscountUnknown { .. }
            | CartRefusal::DiscountAlreadyApplied { .. }
            | CartRefusal::DiscountNotApplied { .. }
            | CartRefusal::DiscountMinimumNotMet { .. }
            | CartRefusal::PriceChanged { .. }
            | CartRefusal::CurrencyMismatch { .. }
            | CartRefusal::NotOwner {}
            | CartRefusal::CommandReused {} => refusal.code(),
        }
    }

    pub(in crate::api) fn all() -> Vec<(&'static str, CartRefusal)> {
        let text = || "milk".to_owned();
        let price = Price { minor: tillroll_core::money::Minor::ZERO, per: Per::ONE };
        let zero = tillroll_core::money::Minor::ZERO;
        let refusals = vec![
            CartRefusal::CartNotFound {},
            CartRefusal::CartAlreadyOpen {},
            CartRefusal::CartClosed {},
            CartRefusal::LineNotFound { sku: text() },
            CartRefusal::ItemUnknown { sku: text() },
            CartRefusal::InvalidQuantity { min: 1, max: 2 },
            CartRefusal::InvalidName { field: "sku" },
            CartRefusal::InvalidPrice { minor_max: 1, per_max: 2 },
            CartRefusal::InvalidDiscount {},
            CartRefusal::InvalidCurrency {},
            CartRefusal::TooManyLines { max: 1 },
            CartRefusal::TooManyDiscounts { max: 1 },
            CartRefusal::TooManyEvents { max: 1 },
            CartRefusal::TotalTooLarge { max: 1 },
            CartRefusal::DiscountUnknown { discount_code: text() },
            CartRefusal::DiscountAlreadyApplied { discount_code: text() },
            CartRefusal::DiscountNotApplied { discount_code: text() },
            CartRefusal::DiscountMinimumNotMet {
                discount_code: text(),
                min_subtotal_minor: zero,
                subtotal_minor: zero,
            },
            CartRefusal::PriceChanged { sku: text(), from: price, to: price },
            CartRefusal::CurrencyMismatch { cart: text(), catalogue: text() },
            CartRefusal::NotOwner {},
            CartRefusal::CommandReused {},
        ];
        refusals.into_iter().map(|refusal| (name_of(&refusal), refusal)).collect()
    }
}
