//! Commands whose every value has passed its check. Made by [`CartRequest::check`](super::CartRequest::check).

use alloc::string::String;
use core::fmt;

use super::event::CloseReason;
use super::limits::{PRICE_PER_MAX, QUANTITY_MAX};
use super::request::RequestedPrice;
use super::rule::Rule;
use crate::money::{Minor, Per, Pieces, Price};
use crate::text::Text;

/// Something to decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CartCommand {
    /// Take a cart.
    OpenCart {
        /// Its currency, if the caller states one.
        currency: Option<Currency>,
        /// Its owner, if there is one already.
        owner_ref: Option<String>,
        /// Fingerprint of its token.
        token_hash: Option<String>,
    },
    /// Become its owner.
    ClaimCart {
        /// The owner.
        owner_ref: String,
    },
    /// Put pieces in.
    AddItem {
        /// What the shopper calls it.
        item_name: Text,
        /// Key of the line.
        sku: Text,
        /// Pieces.
        quantity: Quantity,
        /// What the caller believes it costs.
        price: Option<StatedPrice>,
    },
    /// Set a line's quantity.
    ChangeQuantity {
        /// The line.
        sku: Text,
        /// Its quantity from now on.
        quantity: Quantity,
    },
    /// Take a line out.
    RemoveItem {
        /// The line.
        sku: Text,
    },
    /// Enter a discount code.
    ApplyDiscount {
        /// The code.
        code: Text,
        /// What it does, where the caller may say so.
        rule: Option<Rule>,
    },
    /// Take a discount code out.
    RemoveDiscount {
        /// The code.
        code: Text,
    },
    /// End it.
    CloseCart {
        /// How it ended.
        reason: Option<CloseReason>,
    },
}

/// Pieces that a command may ask for: 1..=[`QUANTITY_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quantity(Pieces);

impl Quantity {
    /// The quantity, if it is one.
    #[must_use]
    pub fn parse(given: i64) -> Option<Self> {
        let pieces = u64::try_from(given).ok().filter(|pieces| (1..=QUANTITY_MAX).contains(pieces));
        pieces.and_then(|pieces| Pieces::try_from(pieces).ok()).map(Self)
    }

    /// The pieces.
    #[must_use]
    pub const fn pieces(self) -> Pieces {
        self.0
    }
}

/// A price that a command may state: 0..=2^53-1 minor units per 1..=[`PRICE_PER_MAX`] pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatedPrice(Price);

impl StatedPrice {
    /// The price, if it is one.
    #[must_use]
    pub fn parse(given: RequestedPrice) -> Option<Self> {
        let minor = u64::try_from(given.minor).ok().and_then(|minor| Minor::try_from(minor).ok())?;
        let per = u64::try_from(given.per).ok().filter(|per| *per <= PRICE_PER_MAX)?;
        Some(Self(Price { minor, per: Per::try_from(per).ok()? }))
    }

    /// The price.
    #[must_use]
    pub const fn price(self) -> Price {
        self.0
    }
}

/// A currency as ISO 4217 writes it: three capital letters. Whether such a currency exists is not asked, so that
/// the answer never depends on the year of the build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Currency(String);

impl Currency {
    /// The currency, if the text is written as one.
    #[must_use]
    pub fn parse(given: &str) -> Option<Self> {
        let written_as_one = given.len() == 3 && given.bytes().all(|byte| byte.is_ascii_uppercase());
        written_as_one.then(|| Self(given.into()))
    }

    /// The three letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
