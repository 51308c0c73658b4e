//! Which carts of the directory somebody is looking for.
//!
//! There is no index of what is in carts: the rows are read from the newest on and looked into. So a page is bounded by
//! the carts that were looked at as well as by those that fit, and may come back with none and a cursor to go on with.

use tillroll_core::cart::Cart;
use tillroll_core::cart::state::Contents;
use tillroll_core::cart::view::Status;
use tillroll_core::id::StreamId;
use tillroll_core::time::Timestamp;

use super::Flags;

/// Most carts that are looked at for one page: a second or two of reading.
pub const LOOKED_AT_MAX: usize = 5_000;
/// Longest text to look for, in characters.
pub const TEXT_CHARS_MAX: usize = 100;

/// What a cart has to be like. What is not said, any cart is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Stands in the cart's id, its owner's reference, a sku, an item's name or a discount code, in whatever case.
    pub text: Option<String>,
    /// Open or closed.
    pub status: Option<Status>,
    /// Has this flag.
    pub flag: Option<Flag>,
    /// Last changed at this moment or later.
    pub from: Option<Timestamp>,
    /// Last changed before this moment.
    pub to: Option<Timestamp>,
}

/// What is remarkable about a cart: one of [`Flags`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flag {
    /// It stands still in the directory.
    Parked,
    /// Some of its events were read from a file.
    Imported,
}

impl Wanted {
    /// Whether a cart has to be looked into to tell.
    pub(super) fn looks_inside(&self) -> bool {
        self.text.is_some() || self.status.is_some() || self.flag.is_some()
    }

    pub(super) fn fits_status(&self, status: Status) -> bool {
        self.status.is_none_or(|wanted| wanted == status)
    }

    pub(super) fn fits_text(&self, cart: StreamId, contents: &Contents) -> bool {
        let Some(text) = &self.text else { return true };
        let text = text.to_lowercase();
        let has = |of: &str| of.to_lowercase().contains(&text);
        has(&cart.to_string())
            || contents.owner_ref.as_deref().is_some_and(has)
            || contents.lines.iter().any(|line| has(line.sku.as_str()) || has(&line.item_name))
            || contents.discounts.iter().any(|discount| has(&discount.code))
    }

    pub(super) fn fits_flags(&self, flags: &Flags) -> bool {
        match self.flag {
            None => true,
            Some(Flag::Parked) => flags.parked_at.is_some(),
            Some(Flag::Imported) => flags.imported,
        }
    }
}

/// What is in a cart, and whether it is open; `None` of one that has no events.
pub(super) fn opened(cart: &Cart) -> Option<(Status, &Contents)> {
    match cart {
        Cart::Empty => None,
        Cart::Open(contents) => Some((Status::Open, contents)),
        Cart::Closed(contents, _) => Some((Status::Closed, contents)),
    }
}
