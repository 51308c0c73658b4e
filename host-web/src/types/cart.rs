//! The cart as readers see it, its catalogue, and what differs between two moments.

use alloc::string::String;
use alloc::vec::Vec;

use tillroll_core::cart::catalogue::CatalogueItem;
use tillroll_core::cart::view::{DiscountView, LineView, Status};
use tillroll_core::cart::{CartView, Catalogue, Rule};
use tillroll_core::hash::Fingerprint;
use tillroll_core::id::StreamId;
use tillroll_core::money::{Minor, Pieces, Price};
use tillroll_core::text::SmolStr;
use tillroll_core::timeline::{Change, Pointer, Turn, Value};

use crate::shape::{object, words};
use crate::wire::{Put, Writer};

object! {
    /// The cart as the API shows it, with every total worked out.
    [put] CartView = Cart {
        cart_id: StreamId,
        status: Status,
        /// Version of its newest event.
        version: u64,
        /// ISO 4217 code of every amount.
        currency: Option<String>,
        /// Opaque reference to the owner.
        owner_ref: Option<String>,
        /// In the order in which their items were first added.
        lines: Vec<LineView>,
        /// In the order in which they were applied.
        discounts: Vec<DiscountView>,
        /// Sum of the lines.
        subtotal_minor: Minor,
        /// Sum of the discounts.
        discount_minor: Minor,
        /// What is to pay.
        total_minor: Minor,
        /// Events whose names this build does not know: they were not folded.
        unknown_events: u64,
        /// Fingerprint of all the above; equal on every host with the same reducer.
        state_hash: Fingerprint,
    }
}

words! {
    [put] Status = CartStatus { Open = "open", Closed = "closed" }
}

object! {
    /// A line with its total.
    [shared] LineView = Line {
        /// Key of the line.
        sku: SmolStr,
        /// What the shopper calls the item.
        item_name: SmolStr,
        /// Pieces.
        quantity: Pieces,
        /// What they cost.
        price: Option<Price>,
        total_minor: Minor,
    }
}

object! {
    /// A discount with what it takes off.
    [put] DiscountView = Discount {
        code: String,
        /// What it does.
        rule: Rule,
        /// What it takes off now.
        amount_minor: Minor,
    }
}

object! {
    /// Prices and discount rules as the shop has them today.
    [take strict] Offer = Catalogue {
        /// Names this state of the catalogue.
        version: String,
        /// ISO 4217 code of every amount in it.
        currency: String,
        items: Vec<CatalogueItem>,
        discounts: Vec<OfferedDiscount> [or []],
    }
}

/// A catalogue as it is served.
pub(crate) struct Offer {
    version: String,
    currency: String,
    items: Vec<CatalogueItem>,
    discounts: Vec<OfferedDiscount>,
}

object! {
    [take] CatalogueItem = CatalogueItem {
        /// Its key.
        sku: String,
        /// What shoppers call it.
        item_name: String,
        price: Price,
    }
}

object! {
    [take strict] OfferedDiscount = CatalogueDiscount {
        code: String,
        rule: Rule,
    }
}

/// A code and what it does.
pub(crate) struct OfferedDiscount {
    code: String,
    rule: Rule,
}

impl From<Offer> for Catalogue {
    fn from(offer: Offer) -> Self {
        let discounts = offer.discounts.into_iter().map(|discount| (discount.code, discount.rule));
        Self::new(offer.version, offer.currency, offer.items, discounts)
    }
}

object! {
    /// One difference between two moments. Made in their order, the changes lead from the one to the other.
    [put] Change<'_> = Change {
        /// Where, as a JSON Pointer.
        path: Pointer,
        /// What was there; null for a member that came.
        from: Value<'_>,
        /// What is there now; null for a member that went.
        to: Value<'_>,
    }
}

object! {
    /// One change in the life of a value.
    [put] Turn = Turn {
        /// The event that changed it.
        version: u64,
        from: Value<'_>,
        to: Value<'_>,
    }
}

impl Put for Value<'_> {
    fn put(&self, out: &mut Writer) {
        match self {
            Self::Null => out.byte(0),
            Self::Number(number) => {
                out.byte(1);
                number.put(out);
            }
            Self::Text(text) => {
                out.byte(2);
                text.as_ref().put(out);
            }
            Self::List(values) => {
                out.byte(3);
                values.put(out);
            }
            Self::Object(members) | Self::Keyed(members) => {
                out.byte(4);
                out.count(members.len());
                for (name, value) in members {
                    name.as_ref().put(out);
                    value.put(out);
                }
            }
        }
    }
}
