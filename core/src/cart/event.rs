//! What can have happened to a cart.
//!
//! **The names and members here are the storage format.** They are in every table, archive and timeline file ever
//! written: never rename, retype or reuse one. Add events, or optional members; `tests/vectors/wire` holds each shape
//! ever released.
//!
//! Every type here is generic over its texts: events own theirs (`SmolStr`, the default, which holds a short text in
//! itself) or borrow them from the bytes they were read from (`&str`). So reading and folding a long history allocates
//! for hardly any event.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smol_str::SmolStr;
use uuid::Uuid;

use super::rule::Rule;
use crate::aggregate::Event;
use crate::money::{Pieces, Price};

/// A fact in the life of a cart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CartEvent<T = SmolStr> {
    /// Somebody took a cart.
    CartOpened(CartOpened<T>),
    /// An owner signed in and took it over.
    CartClaimed(CartClaimed<T>),
    /// Pieces of an item were put in.
    ItemAdded(ItemAdded<T>),
    /// A line has another quantity now.
    ItemQuantityChanged(ItemQuantityChanged<T>),
    /// A line was taken out.
    ItemRemoved(ItemRemoved<T>),
    /// A discount code was entered.
    DiscountApplied(DiscountApplied<T>),
    /// A discount code was taken out.
    DiscountRemoved(DiscountRemoved<T>),
    /// The cart came to its end. A tombstone: nothing follows.
    CartClosed(CartClosed),
}

/// Data of `CartOpened`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CartOpened<T = SmolStr> {
    /// The cart.
    pub shopping_cart_uuid: Uuid,
    /// ISO 4217 code of every amount in the cart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<T>,
    /// Opaque reference to the owner; never a name or an address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_ref: Option<T>,
    /// SHA-256 of the cart's token, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_hash: Option<T>,
}

/// Data of `CartClaimed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CartClaimed<T = SmolStr> {
    /// The cart.
    pub shopping_cart_uuid: Uuid,
    /// The new owner.
    pub owner_ref: T,
}

/// Data of `ItemAdded`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemAdded<T = SmolStr> {
    /// The cart.
    pub shopping_cart_uuid: Uuid,
    /// What the shopper calls it.
    pub item_name: T,
    /// What the line is keyed by; the item's name when absent, as in events of the Ruby system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sku: Option<T>,
    /// Pieces added; 1 when absent.
    #[serde(default)]
    pub quantity: Pieces,
    /// The line's price from now on; absent: as before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
}

/// Data of `ItemQuantityChanged`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemQuantityChanged<T = SmolStr> {
    /// The cart.
    pub shopping_cart_uuid: Uuid,
    /// The line.
    pub sku: T,
    /// Its quantity from now on.
    pub quantity: Pieces,
}

/// Data of `ItemRemoved`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemRemoved<T = SmolStr> {
    /// The cart.
    pub shopping_cart_uuid: Uuid,
    /// The line.
    pub sku: T,
}

/// Data of `DiscountApplied`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiscountApplied<T = SmolStr> {
    /// The cart.
    pub shopping_cart_uuid: Uuid,
    /// The code that was entered.
    pub code: T,
    /// What it does, as it was on that day.
    pub rule: Rule<T>,
}

/// Data of `DiscountRemoved`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiscountRemoved<T = SmolStr> {
    /// The cart.
    pub shopping_cart_uuid: Uuid,
    /// The code.
    pub code: T,
}

/// Data of `CartClosed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CartClosed {
    /// The cart.
    pub shopping_cart_uuid: Uuid,
    /// Why; the Ruby system states none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<CloseReason>,
}

/// How a cart ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CloseReason {
    /// Bought.
    #[serde(rename = "checked_out")]
    CheckedOut,
    /// Left behind.
    #[serde(rename = "abandoned")]
    Abandoned,
    /// Thrown away by the shopper.
    #[serde(rename = "discarded")]
    Discarded,
}

impl<T: AsRef<str>> ItemAdded<T> {
    /// The key of the line: the sku, or the item's name where none was stated.
    #[must_use]
    pub fn line_sku(&self) -> &str {
        self.sku.as_ref().unwrap_or(&self.item_name).as_ref()
    }
}

impl CartEvent<&str> {
    /// The same event with texts of its own.
    #[must_use]
    pub fn to_owned(&self) -> CartEvent {
        let own = |text: &str| SmolStr::new(text);
        match *self {
            Self::CartOpened(CartOpened { shopping_cart_uuid, currency, owner_ref, token_hash }) => {
                let (currency, owner_ref, token_hash) = (currency.map(own), owner_ref.map(own), token_hash.map(own));
                CartEvent::CartOpened(CartOpened { shopping_cart_uuid, currency, owner_ref, token_hash })
            }
            Self::CartClaimed(CartClaimed { shopping_cart_uuid, owner_ref }) => {
                CartEvent::CartClaimed(CartClaimed { shopping_cart_uuid, owner_ref: own(owner_ref) })
            }
            Self::ItemAdded(ItemAdded { shopping_cart_uuid, item_name, sku, quantity, price }) => {
                let (item_name, sku) = (own(item_name), sku.map(own));
                CartEvent::ItemAdded(ItemAdded { shopping_cart_uuid, item_name, sku, quantity, price })
            }
            Self::ItemQuantityChanged(ItemQuantityChanged { shopping_cart_uuid, sku, quantity }) => {
                let sku = own(sku);
                CartEvent::ItemQuantityChanged(ItemQuantityChanged { shopping_cart_uuid, sku, quantity })
            }
            Self::ItemRemoved(ItemRemoved { shopping_cart_uuid, sku }) => {
                CartEvent::ItemRemoved(ItemRemoved { shopping_cart_uuid, sku: own(sku) })
            }
            Self::DiscountApplied(DiscountApplied { shopping_cart_uuid, code, ref rule }) => {
                let (code, rule) = (own(code), rule.to_owned());
                CartEvent::DiscountApplied(DiscountApplied { shopping_cart_uuid, code, rule })
            }
            Self::DiscountRemoved(DiscountRemoved { shopping_cart_uuid, code }) => {
                CartEvent::DiscountRemoved(DiscountRemoved { shopping_cart_uuid, code: own(code) })
            }
            Self::CartClosed(CartClosed { shopping_cart_uuid, reason }) => {
                CartEvent::CartClosed(CartClosed { shopping_cart_uuid, reason })
            }
        }
    }
}

impl Event for CartEvent {
    fn name(&self) -> &'static str {
        match self {
            Self::CartOpened(_) => "CartOpened",
            Self::CartClaimed(_) => "CartClaimed",
            Self::ItemAdded(_) => "ItemAdded",
            Self::ItemQuantityChanged(_) => "ItemQuantityChanged",
            Self::ItemRemoved(_) => "ItemRemoved",
            Self::DiscountApplied(_) => "DiscountApplied",
            Self::DiscountRemoved(_) => "DiscountRemoved",
            Self::CartClosed(_) => "CartClosed",
        }
    }

    fn serialize_data<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::CartOpened(data) => data.serialize(serializer),
            Self::CartClaimed(data) => data.serialize(serializer),
            Self::ItemAdded(data) => data.serialize(serializer),
            Self::ItemQuantityChanged(data) => data.serialize(serializer),
            Self::ItemRemoved(data) => data.serialize(serializer),
            Self::DiscountApplied(data) => data.serialize(serializer),
            Self::DiscountRemoved(data) => data.serialize(serializer),
            Self::CartClosed(data) => data.serialize(serializer),
        }
    }

    fn deserialize_data<'de, D: Deserializer<'de>>(name: &str, data: D) -> Result<Option<Self>, D::Error> {
        Ok(Some(match name {
            "CartOpened" => Self::CartOpened(Deserialize::deserialize(data)?),
            "CartClaimed" => Self::CartClaimed(Deserialize::deserialize(data)?),
            "ItemAdded" => Self::ItemAdded(Deserialize::deserialize(data)?),
            "ItemQuantityChanged" => Self::ItemQuantityChanged(Deserialize::deserialize(data)?),
            "ItemRemoved" => Self::ItemRemoved(Deserialize::deserialize(data)?),
            "DiscountApplied" => Self::DiscountApplied(Deserialize::deserialize(data)?),
            "DiscountRemoved" => Self::DiscountRemoved(Deserialize::deserialize(data)?),
            "CartClosed" => Self::CartClosed(Deserialize::deserialize(data)?),
            _ => return Ok(None),
        }))
    }
}
