//! What happened. Members that a newer server adds to events are passed over.

use alloc::string::String;

use tillroll_core::cart::event::{
    CartClaimed, CartClosed, CartOpened, CloseReason, DiscountApplied, DiscountRemoved, ItemAdded, ItemQuantityChanged,
    ItemRemoved,
};
use tillroll_core::cart::{CartEvent, Rule};
use tillroll_core::hash::Fingerprint;
use tillroll_core::id::{CommandId, EventId, StreamId};
use tillroll_core::money::{Minor, Per, Pieces, Price};
use tillroll_core::packed::Content;
use tillroll_core::recorded::{Circumstances, CommandMark, Recorded, Stored};
use tillroll_core::session::Happenings;
use uuid::Uuid;

use crate::shape::{adjacent, object, tagged};
use crate::wire::{Put, Reader, Take, Writer, Written};

adjacent! {
    /// A fact in the life of a cart.
    [put take] for <T> CartEvent<T> = Happened by "type" and "data" {
        /// Somebody took a cart.
        CartOpened = "CartOpened" (CartOpened<T>),
        /// An owner signed in and took it over.
        CartClaimed = "CartClaimed" (CartClaimed<T>),
        /// Pieces of an item were put in.
        ItemAdded = "ItemAdded" (ItemAdded<T>),
        /// A line has another quantity now.
        ItemQuantityChanged = "ItemQuantityChanged" (ItemQuantityChanged<T>),
        /// A line was taken out.
        ItemRemoved = "ItemRemoved" (ItemRemoved<T>),
        /// A discount code was entered.
        DiscountApplied = "DiscountApplied" (DiscountApplied<T>),
        /// A discount code was taken out.
        DiscountRemoved = "DiscountRemoved" (DiscountRemoved<T>),
        /// The cart came to its end.
        CartClosed = "CartClosed" (CartClosed),
    }
}

object! {
    [put take] for <T> CartOpened<T> = CartOpened {
        shopping_cart_uuid: Uuid,
        /// ISO 4217 code of every amount in the cart.
        currency: Option<T> [skipped],
        /// Opaque reference to the owner.
        owner_ref: Option<T> [skipped],
        /// SHA-256 of the cart's token.
        token_hash: Option<T> [skipped],
    }
}

object! {
    [put take] for <T> CartClaimed<T> = CartClaimed {
        shopping_cart_uuid: Uuid,
        /// The new owner.
        owner_ref: T,
    }
}

object! {
    [put take] for <T> ItemAdded<T> = ItemAdded {
        shopping_cart_uuid: Uuid,
        /// What the shopper calls it.
        item_name: T,
        /// Key of the line; the item's name when absent.
        sku: Option<T> [skipped],
        /// Pieces added; 1 when absent.
        quantity: Pieces [or 1],
        /// The line's price from now on; absent: as before.
        price: Option<Price> [skipped],
    }
}

object! {
    /// What `per` pieces cost, in the smallest unit of the currency.
    [put take] Price = Price {
        minor: Minor,
        per: Per [or 1],
    }
}

object! {
    [put take] for <T> ItemQuantityChanged<T> = ItemQuantityChanged {
        shopping_cart_uuid: Uuid,
        /// The line.
        sku: T,
        /// Its quantity from now on.
        quantity: Pieces,
    }
}

object! {
    [put take] for <T> ItemRemoved<T> = ItemRemoved {
        shopping_cart_uuid: Uuid,
        /// The line.
        sku: T,
    }
}

object! {
    [put take] for <T> DiscountApplied<T> = DiscountApplied {
        shopping_cart_uuid: Uuid,
        code: T,
        /// What it does, as it was on that day.
        rule: Rule<T>,
    }
}

tagged! {
    /// What a discount takes off, and when.
    [put take] for <T> Rule<T> = Rule by "kind" {
        PercentOff = "percent_off" {
            /// Hundredths of a percent: 1000 is 10 %.
            basis_points: u64,
            /// Only off this line; absent: off the subtotal.
            sku: Option<T> [skipped],
            /// Only while the subtotal is at least this.
            min_subtotal_minor: Option<Minor> [skipped],
        },
        AmountOff = "amount_off" {
            minor: Minor,
            /// Only off this line; absent: off the subtotal.
            sku: Option<T> [skipped],
            /// Only while the subtotal is at least this.
            min_subtotal_minor: Option<Minor> [skipped],
        },
    }
}

object! {
    [put take] for <T> DiscountRemoved<T> = DiscountRemoved {
        shopping_cart_uuid: Uuid,
        code: T,
    }
}

object! {
    [put take] CartClosed = CartClosed {
        shopping_cart_uuid: Uuid,
        reason: Option<CloseReason> [skipped],
    }
}

/// The number of an event that this build does not know; its name and its data, as JSON, follow.
pub(crate) const UNKNOWN: u8 = 255;

/// An event whose name this build may not know.
pub(crate) struct Named(pub(crate) Stored<CartEvent>);

impl Take for Named {
    fn take(from: &mut Reader<'_>) -> Self {
        if from.peek() != Some(UNKNOWN) {
            return Self(Stored::Known(CartEvent::take(from)));
        }
        from.byte();
        let name = String::take(from);
        // A session folds nothing of it, and a page that wants to keep it fetches it packed.
        from.text();
        Self(Stored::Unknown { name })
    }
}

/// An event that happened, known or not, with what its data are.
pub(crate) enum Known<'a> {
    Yes(CartEvent<&'a str>),
    No { name: &'a str, data: &'a str },
}

impl Put for Known<'_> {
    fn put(&self, out: &mut Writer) {
        match self {
            Self::Yes(event) => event.put(out),
            Self::No { name, data } => {
                out.byte(UNKNOWN);
                name.put(out);
                data.put(out);
            }
        }
    }
}

object! {
    /// An event in a cart's history.
    [put] Past<'_> = PastEvent {
        version: u64,
        happened: Known<'_> [flat],
    }
}

/// What is told of an event in a history.
pub(crate) struct Past<'a> {
    version: u64,
    happened: Known<'a>,
}

impl Put for Happenings<'_> {
    fn put(&self, out: &mut Writer) {
        let (room, mut count) = (out.begin(), 0);
        for event in self.events() {
            event.put(out);
            count += 1;
        }
        out.fill(room, count);
    }
}

impl<'a> Past<'a> {
    /// The event of a version.
    pub(crate) fn of(version: u64, content: Content<'a, CartEvent<&'a str>>) -> Self {
        let happened = match content {
            Content::Known(event) => Known::Yes(event),
            Content::Unknown { name, data } => Known::No { name, data: core::str::from_utf8(data).unwrap_or("null") },
        };
        Self { version, happened }
    }
}

object! {
    /// An event as the API writes it (structured CloudEvents JSON): of its circumstances, what a session looks at.
    [take] Event = CloudEvent {
        happened: Named [flat],
        /// The cart.
        subject: StreamId,
        /// The version.
        sequence: u64,
        id: EventId,
        commandid: Option<CommandId>,
        commandhash: Option<Fingerprint>,
        recordedtime: Option<Written>,
    }
}

/// An event as the API writes it.
pub(crate) struct Event {
    happened: Named,
    subject: StreamId,
    sequence: u64,
    id: EventId,
    commandid: Option<CommandId>,
    commandhash: Option<Fingerprint>,
    recordedtime: Option<Written>,
}

impl From<Event> for Recorded<CartEvent> {
    fn from(event: Event) -> Self {
        let circumstances = Circumstances {
            recorded_at: event.recordedtime.map(|written| written.0),
            command: event.commandid.zip(event.commandhash).map(|(id, hash)| CommandMark { id, hash }),
            ..Circumstances::bare(event.id)
        };
        Self { stream: event.subject, version: event.sequence, event: event.happened.0, circumstances }
    }
}
