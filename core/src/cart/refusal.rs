//! Why the domain says no. One catalogue of codes for Rust, HTTP, wasm and the command line.

use alloc::string::String;

use serde::Serialize;

use super::limits::{DISCOUNTS_MAX, EVENTS_MAX, LINES_MAX};
use crate::money::{Minor, Price, SAFE_MAX};

/// A refusal: a stable code, a sentence for a person, and details (the fields of the variant).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(untagged)]
#[allow(missing_docs, reason = "the fields are the details of the message right above them")]
pub enum CartRefusal {
    #[error("there is no such cart")]
    CartNotFound {},
    #[error("the cart is already open")]
    CartAlreadyOpen {},
    #[error("the cart is closed")]
    CartClosed {},
    #[error("the cart has no line {sku:?}")]
    LineNotFound { sku: String },
    #[error("the catalogue has no item {sku:?}")]
    ItemUnknown { sku: String },
    #[error("a quantity is a whole number from {min} to {max}")]
    InvalidQuantity { min: u64, max: u64 },
    #[error("{field} must have 1 to 256 bytes and no control characters")]
    InvalidName { field: &'static str },
    #[error("a price is 0 to {minor_max} minor units for 1 to {per_max} pieces")]
    InvalidPrice { minor_max: u64, per_max: u64 },
    #[error("the discount's code or rule is not valid")]
    InvalidDiscount {},
    #[error("a currency is three capital letters, as in ISO 4217")]
    InvalidCurrency {},
    #[error("a cart has at most {max} lines")]
    TooManyLines { max: usize },
    #[error("a cart has at most {max} discounts")]
    TooManyDiscounts { max: usize },
    #[error("a cart takes at most {max} changes; it can only be closed now")]
    TooManyEvents { max: u64 },
    #[error("the total would pass {max} minor units")]
    TotalTooLarge { max: u64 },
    #[error("there is no discount {discount_code:?}")]
    DiscountUnknown {
        #[serde(rename = "code")]
        discount_code: String,
    },
    #[error("the discount {discount_code:?} is applied already")]
    DiscountAlreadyApplied {
        #[serde(rename = "code")]
        discount_code: String,
    },
    #[error("the discount {discount_code:?} is not applied")]
    DiscountNotApplied {
        #[serde(rename = "code")]
        discount_code: String,
    },
    #[error("the discount {discount_code:?} needs a subtotal of {min_subtotal_minor}, the cart has {subtotal_minor}")]
    DiscountMinimumNotMet {
        #[serde(rename = "code")]
        discount_code: String,
        min_subtotal_minor: Minor,
        subtotal_minor: Minor,
    },
    #[error("the price of {sku:?} has changed")]
    PriceChanged { sku: String, from: Price, to: Price },
    #[error("the cart is in {cart}, the catalogue in {catalogue}")]
    CurrencyMismatch { cart: String, catalogue: String },
    #[error("the cart belongs to somebody else")]
    NotOwner {},
    #[error("the command id was used before for another command")]
    CommandReused {},
}

impl CartRefusal {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::CartNotFound {} => "cart_not_found",
            Self::CartAlreadyOpen {} => "cart_already_open",
            Self::CartClosed {} => "cart_closed",
            Self::LineNotFound { .. } => "line_not_found",
            Self::ItemUnknown { .. } => "item_unknown",
            Self::InvalidQuantity { .. } => "invalid_quantity",
            Self::InvalidName { .. } => "invalid_name",
            Self::InvalidPrice { .. } => "invalid_price",
            Self::InvalidDiscount {} => "invalid_discount",
            Self::InvalidCurrency {} => "invalid_currency",
            Self::TooManyLines { .. } => "too_many_lines",
            Self::TooManyDiscounts { .. } => "too_many_discounts",
            Self::TooManyEvents { .. } => "too_many_events",
            Self::TotalTooLarge { .. } => "total_too_large",
            Self::DiscountUnknown { .. } => "discount_unknown",
            Self::DiscountAlreadyApplied { .. } => "discount_already_applied",
            Self::DiscountNotApplied { .. } => "discount_not_applied",
            Self::DiscountMinimumNotMet { .. } => "discount_minimum_not_met",
            Self::PriceChanged { .. } => "price_changed",
            Self::CurrencyMismatch { .. } => "currency_mismatch",
            Self::NotOwner {} => "not_owner",
            Self::CommandReused {} => "command_reused",
        }
    }

    pub(super) const fn too_many_lines() -> Self {
        Self::TooManyLines { max: LINES_MAX }
    }

    pub(super) const fn too_many_discounts() -> Self {
        Self::TooManyDiscounts { max: DISCOUNTS_MAX }
    }

    pub(super) const fn too_many_events() -> Self {
        Self::TooManyEvents { max: EVENTS_MAX }
    }

    pub(super) const fn total_too_large() -> Self {
        Self::TotalTooLarge { max: SAFE_MAX }
    }
}
