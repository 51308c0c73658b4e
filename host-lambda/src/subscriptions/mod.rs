//! Subscriptions: what a consumer of events keeps about each cart. Each is about a page of code, made to be copied.
//!
//! A [`Subscription`] is three pure functions: how an event changes the cart's row, where the row stands in an order
//! of rows, and which entries follow from it. Everything else is done around it, by the
//! [`Projector`](crate::functions::project::Projector): both feeds, order, duplicates, gaps, conflicts, poison,
//! generations, and a write in which the row, its entries and its version land together or not at all. Because it is
//! pure, `verify` can compute from the table what every row should be.
//!
//! | module | the row of a cart | for |
//! |---|---|---|
//! | [`carts`] | the folded cart | the operators' directory, newest first |
//! | [`suggestions`] | its skus | what was bought together |
//! | [`reminders`] | when it was last touched | carts left alone for 14 days |
//!
//! [`layout`] says under which keys all this is stored, [`fold`] takes a row forward, [`reading`] reads many rows.

pub mod carts;
pub mod fold;
pub mod layout;
pub mod reading;
pub mod reminders;
pub mod suggestions;

#[cfg(test)]
pub(crate) mod kit;

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tillroll_core::aggregate::Event;
use tillroll_core::id::StreamId;
use tillroll_core::recorded::Circumstances;

/// What a consumer of events keeps about each cart.
///
/// A whole subscription: carts that were left behind with something in them, in the order of their ids.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use tillroll_core::cart::CartEvent;
/// use tillroll_core::cart::event::CloseReason;
/// use tillroll_core::id::StreamId;
/// use tillroll_host_lambda::subscriptions::{Happened, Place, Poison, Subscription};
///
/// struct Abandoned;
///
/// #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
/// struct Ending {
///     adds: u64,
///     abandoned: bool,
/// }
///
/// impl Subscription for Abandoned {
///     const NAME: &'static str = "abandoned";
///     type Event = CartEvent;
///     type Row = Ending;
///
///     fn apply(&self, row: &mut Ending, happened: Happened<'_, CartEvent>) -> Result<(), Poison> {
///         match happened.event {
///             CartEvent::ItemAdded(_) => row.adds += 1,
///             CartEvent::CartClosed(closed) => row.abandoned = closed.reason == Some(CloseReason::Abandoned),
///             _ => {}
///         }
///         Ok(())
///     }
///
///     fn index(&self, cart: StreamId, row: &Ending) -> Option<Place> {
///         let listed = row.abandoned && row.adds > 0;
///         listed.then(|| Place { word: "all".to_owned(), sort: cart.to_string() })
///     }
/// }
///
/// # use serde_json::json;
/// # use tillroll_host_lambda::functions::project::Projector;
/// # use tillroll_host_lambda::lambda_events::{BusBatch, BusBatchRecord, BusPayload};
/// # use tillroll_host_lambda::memory::{MemoryRows, MemoryTable};
/// # use tillroll_host_lambda::ports::{By, Order, RowQuery, Rows};
/// # use tillroll_host_lambda::subscriptions::layout::Layout;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let cart = "6ba7b811-9dad-11d1-80b4-00c04fd430c8";
/// # let record = |(sequence, name, data): (u32, &str, serde_json::Value)| {
/// #     let event = json!({
/// #         "id": format!("00000000-0000-0000-0000-{sequence:012}"), "source": "tillroll:api", "subject": cart,
/// #         "type": format!("tillroll.cart.{name}"), "sequence": sequence, "data": data,
/// #     });
/// #     let (partition_key, sequence_number) = (cart.to_owned(), sequence.to_string());
/// #     let kinesis = BusPayload { partition_key, sequence_number, arrival: 0.0, data: event.to_string().into() };
/// #     BusBatchRecord { event_id: format!("shardId-0:{sequence}"), kinesis }
/// # };
/// # let events = [
/// #     (1, "CartOpened", json!({"shopping_cart_uuid": cart})),
/// #     (2, "ItemAdded", json!({"shopping_cart_uuid": cart, "item_name": "milk"})),
/// #     (3, "CartClosed", json!({"shopping_cart_uuid": cart, "reason": "abandoned"})),
/// # ];
/// # let opened_added_and_closed_as_abandoned = BusBatch { records: events.into_iter().map(record).collect() };
/// # let table = MemoryTable::default();
/// let rows = MemoryRows::default();
/// let projector = Projector::new(Abandoned, rows.clone(), table, "build");
/// projector.live(&opened_added_and_closed_as_abandoned).await?;
///
/// let partition = Layout::new(Abandoned::NAME, 1).word_partition("all");
/// let (after, until, order) = (None, None, Order::Ascending);
/// let left_behind = rows.query(&RowQuery { by: By::Index, partition, after, until, order, limit: 100 }).await?;
/// assert_eq!(left_behind.len(), 1);
/// # Ok(())
/// # }
/// ```
pub trait Subscription: Send + Sync {
    /// Names the subscription in keys, queues and commands; without `#`. Never renamed: stored rows bear it.
    const NAME: &'static str;
    /// The events it follows.
    type Event: Event + Send + Sync;
    /// What it keeps of one cart, stored as JSON. The default is the row of a cart without events.
    type Row: Clone + Debug + Default + PartialEq + Serialize + DeserializeOwned + Send + Sync;

    /// Folds one event into the row of its cart. Called once for each event, in order, without gaps; never for an
    /// event whose name this build does not know. A function of its arguments alone.
    fn apply(&self, row: &mut Self::Row, happened: Happened<'_, Self::Event>) -> Result<(), Poison>;

    /// Where the row stands in an order of rows; `None` when it stands in none.
    fn index(&self, cart: StreamId, row: &Self::Row) -> Option<Place> {
        let _ = (cart, row);
        None
    }

    /// Further rows that follow from the row. What is no longer among them is deleted. At most
    /// [`fold::ENTRIES_CHANGED_MAX`] of them may come or go with one event.
    fn entries(&self, cart: StreamId, row: &Self::Row) -> Vec<Entry> {
        let _ = (cart, row);
        Vec::new()
    }
}

/// An event as a subscription sees it.
#[derive(Debug)]
pub struct Happened<'a, E> {
    /// The cart.
    pub cart: StreamId,
    /// Place among the cart's events, from 1.
    pub version: u64,
    /// What happened.
    pub event: &'a E,
    /// Who, when, why.
    pub circumstances: &'a Circumstances,
}

impl<E> Happened<'_, E> {
    /// Whether the event was read from a file, and not caused by somebody at work now.
    #[must_use]
    pub fn imported(&self) -> bool {
        self.circumstances.source.as_deref().is_some_and(|source| source.starts_with(IMPORT_SOURCE_PREFIX))
    }
}

/// Begins the source of imported events.
pub const IMPORT_SOURCE_PREFIX: &str = "tillroll:import:";

/// A place in an order of rows: rows of one word come sorted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Names the order within the subscription: `due#3`. Not digits alone (those are lanes), and not `parked`.
    pub word: String,
    /// What sorts, as text; unique within the word. Pad numbers.
    pub sort: String,
}

/// A row that follows from the row of a cart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it lies.
    pub place: Place,
    /// Its content.
    pub body: String,
}

/// The subscription cannot take this event: the cart is parked before it, and the other carts go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Poison(pub String);

#[cfg(test)]
mod tests;
