//! reminders: carts that are open, have items, and were left alone for 14 days.
//!
//! The row says when the cart was last touched; its index orders the carts by when a reminder is due. Rows are all
//! that happens here, so replays and new generations are harmless: what leaves the system is sent by
//! [`remind`](crate::functions::remind::remind).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tillroll_core::cart::CartEvent;
use tillroll_core::id::StreamId;
use tillroll_core::time::Timestamp;

use super::layout::{order_shard, padded_ms};
use super::{Happened, Place, Poison, Subscription};

/// How long a cart is left alone before its reminder is due.
pub const LEFT_ALONE_MS: i64 = 14 * 24 * 60 * 60 * 1_000;

/// The subscription.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reminders;

/// The row of a cart.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Attention {
    /// Whether it is open.
    pub open: bool,
    /// The skus in it.
    pub skus: BTreeSet<String>,
    /// Whether any of its events was imported: nobody is waiting to be reminded of those.
    pub imported: bool,
    /// When its newest event was recorded; `None` for events of the Ruby system, which are not reminded of.
    pub touched_at: Option<Timestamp>,
}

impl Attention {
    /// When a reminder is due, if ever.
    #[must_use]
    pub fn due(&self) -> Option<Timestamp> {
        let waits = self.open && !self.skus.is_empty() && !self.imported;
        self.touched_at.filter(|_| waits).map(|touched_at| touched_at.plus_ms(LEFT_ALONE_MS))
    }
}

impl Subscription for Reminders {
    const NAME: &'static str = "reminders";
    type Event = CartEvent;
    type Row = Attention;

    fn apply(&self, row: &mut Attention, happened: Happened<'_, CartEvent>) -> Result<(), Poison> {
        row.touched_at = happened.circumstances.recorded_at;
        row.imported |= happened.imported();
        match happened.event {
            CartEvent::CartOpened(_) => row.open = true,
            CartEvent::ItemAdded(added) => drop(row.skus.insert(added.line_sku().to_owned())),
            CartEvent::ItemRemoved(removed) => drop(row.skus.remove(removed.sku.as_str())),
            CartEvent::CartClosed(_) => row.open = false,
            CartEvent::CartClaimed(_)
            | CartEvent::ItemQuantityChanged(_)
            | CartEvent::DiscountApplied(_)
            | CartEvent::DiscountRemoved(_) => {}
        }
        Ok(())
    }

    fn index(&self, cart: StreamId, row: &Attention) -> Option<Place> {
        let sort = due_sort(row.due()?, cart);
        Some(Place { word: due_word(order_shard(cart)), sort })
    }
}

/// The order in which the carts of a shard become due.
pub(crate) fn due_word(shard: u16) -> String {
    format!("due#{shard}")
}

/// A cart's place in that order.
pub(crate) fn due_sort(due: Timestamp, cart: StreamId) -> String {
    format!("{}#{cart}", padded_ms(due.unix_ms()))
}
