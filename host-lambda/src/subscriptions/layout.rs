//! Under which keys the rows of a subscription are stored.
//!
//! | row | partition | sort key |
//! |---|---|---|
//! | of a cart; its revision is the version applied last | `{subscription}#{generation}#{lane:02}` | cart |
//! | the same, by its index | `{subscription}#{generation}#{word}` | as the subscription says |
//! | an entry | `{subscription}#{generation}#{word}` | as the subscription says |
//! | a parked cart | `{subscription}#{generation}#parked` | cart |
//!
//! A word comes last in its partition, so it may hold any text and no two words share a partition.

use serde::{Deserialize, Serialize};
use tillroll_core::id::{EventId, StreamId};
use tillroll_core::lane::{LANES, lane_of};
use tillroll_core::time::Timestamp;

use super::{Place, Subscription};
use crate::ports::{Row, RowKey};

/// The word of parked carts; no subscription may use it.
const PARKED_WORD: &str = "parked";
/// Shards of an order of rows that would else be one hot partition. Readers merge them.
pub const ORDER_SHARDS: u16 = 8;

/// The shard of an order in which a cart stands.
#[must_use]
pub fn order_shard(cart: StreamId) -> u16 {
    lane_of(cart, LANES) % ORDER_SHARDS
}

/// Milliseconds as text that sorts as the number does: 15 digits hold every moment up to the year 9999; moments
/// before 1970 count as 1970.
#[must_use]
pub fn padded_ms(unix_ms: i64) -> String {
    format!("{:015}", unix_ms.max(0))
}

/// The keys of one generation of one subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    prefix: String,
}

impl Layout {
    /// The keys of this generation.
    #[must_use]
    pub fn new(subscription: &str, generation: u32) -> Self {
        Self { prefix: format!("{subscription}#{generation}#") }
    }

    /// The partition of the carts in a lane.
    #[must_use]
    pub fn lane_partition(&self, lane: u16) -> String {
        format!("{}{lane:02}", self.prefix)
    }

    /// The partition of a word: entries by their key, carts' rows by their index.
    #[must_use]
    pub fn word_partition(&self, word: &str) -> String {
        format!("{}{word}", self.prefix)
    }

    /// The partition of parked carts.
    #[must_use]
    pub fn parked_partition(&self) -> String {
        self.word_partition(PARKED_WORD)
    }

    /// Where the row of a cart lies.
    #[must_use]
    pub fn row_key(&self, cart: StreamId) -> RowKey {
        RowKey { partition: self.lane_partition(lane_of(cart, LANES)), sort: cart.to_string() }
    }

    /// Where it is noted that a cart is parked.
    #[must_use]
    pub fn parked_key(&self, cart: StreamId) -> RowKey {
        RowKey { partition: self.parked_partition(), sort: cart.to_string() }
    }

    /// The row of a cart as it is stored at `version`.
    pub fn row<S: Subscription>(
        &self,
        subscription: &S,
        cart: StreamId,
        version: u64,
        row: &S::Row,
    ) -> Result<Row, serde_json::Error> {
        Ok(Row {
            key: self.row_key(cart),
            revision: version,
            body: serde_json::to_string(row)?,
            index: subscription.index(cart, row).map(|place| self.place_key(place)),
        })
    }

    /// The entries of a cart at `version`, in no particular order. A stored entry keeps the revision at which its
    /// body last changed, so compare bodies.
    pub fn entries<S: Subscription>(
        &self,
        subscription: &S,
        cart: StreamId,
        version: u64,
        row: &S::Row,
    ) -> impl Iterator<Item = Row> {
        let entries = subscription.entries(cart, row).into_iter();
        entries.map(move |entry| Row {
            key: self.place_key(entry.place),
            revision: version,
            body: entry.body,
            index: None,
        })
    }

    fn place_key(&self, place: Place) -> RowKey {
        RowKey { partition: self.word_partition(&place.word), sort: place.sort }
    }
}

/// The body of the row that says why a cart stands still.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parked {
    /// The version that could not be applied; everything before it was.
    pub version: u64,
    /// Its event; absent when the event itself is missing from the table.
    pub event_id: Option<EventId>,
    /// Why not.
    pub reason: String,
    /// The build that could not. Another build tries again.
    pub build: String,
    /// When the event was recorded: the row shows the cart as it was just before.
    pub since: Option<Timestamp>,
}
