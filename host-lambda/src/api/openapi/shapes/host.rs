//! What a host says of itself: alive, ready, which build, which prices.
#![allow(dead_code, reason = "only the schemas of these types are asked for; nobody makes one")]

use schemars::JsonSchema;

use super::carts::{Price, StoredRule};
use super::values::Fingerprint;

/// Prices and discount rules as the shop has them today.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(in crate::api::openapi) struct Catalogue {
    /// Names this state of the catalogue; its `ETag`.
    version: String,
    /// Of every amount in it.
    currency: String,
    /// By sku.
    items: Vec<CatalogueItem>,
    /// By code.
    discounts: Vec<CatalogueDiscount>,
}

/// An item for sale.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct CatalogueItem {
    /// Its key.
    sku: String,
    /// What shoppers call it.
    item_name: String,
    /// What it costs.
    price: Price,
}

/// A code and what it does.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct CatalogueDiscount {
    /// The code.
    code: String,
    /// What it does.
    rule: StoredRule,
}

/// Alive, ready.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(in crate::api::openapi) struct Health {
    /// One word.
    status: HealthStatus,
}

/// How a host is.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum HealthStatus {
    /// It answers.
    Alive,
    /// The event table answers it.
    Ready,
}

/// Which build answers.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(in crate::api::openapi) struct BuildVersion {
    /// Of the program.
    version: String,
    /// Of the fold: two builds with the same one compute the same states.
    reducer: Fingerprint,
}
