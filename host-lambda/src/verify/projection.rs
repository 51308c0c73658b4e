//! What the rows of a subscription should be: folded from the table's events.

use tillroll_core::hash::Fingerprint;
use tillroll_core::id::StreamId;

use super::sort::Digest;
use crate::filter::Filter;
use crate::ports::{Fault, FaultKind, Row};
use crate::record::EventRecord;
use crate::subscriptions::fold::{Arrival, Folded};
use crate::subscriptions::layout::Layout;
use crate::subscriptions::{Place, Subscription};

/// The fingerprint of what cannot be said: the subscription stands still before the cart's newest event.
pub(super) const UNKNOWN: u64 = 0;

/// A subscription as verify sees it; every [`Subscription`] is one.
pub trait Projection: Send + Sync {
    /// Its name.
    fn name(&self) -> &'static str;

    /// Begins with a cart that has no events.
    fn begin(&self, cart: StreamId) -> Box<dyn RowFold + '_>;

    /// The same in a generation with a filter.
    fn begin_through<'a>(&'a self, filter: &'a Filter, cart: StreamId) -> Box<dyn RowFold + 'a>;

    /// The entries that follow from a stored row of `cart`; none from one that does not read.
    fn entries_of(&self, layout: &Layout, cart: StreamId, stored: &Row) -> Vec<Row>;
}

/// A projection as its live generation should be: a fold of what the generation's filter lets through.
pub(super) struct Through<'a> {
    pub(super) projection: &'a dyn Projection,
    pub(super) filter: Filter,
}

impl Projection for Through<'_> {
    fn name(&self) -> &'static str {
        self.projection.name()
    }

    fn begin(&self, cart: StreamId) -> Box<dyn RowFold + '_> {
        if self.filter.is_open() { self.projection.begin(cart) } else { self.begin_through(&self.filter, cart) }
    }

    fn begin_through<'a>(&'a self, filter: &'a Filter, cart: StreamId) -> Box<dyn RowFold + 'a> {
        self.projection.begin_through(filter, cart)
    }

    fn entries_of(&self, layout: &Layout, cart: StreamId, stored: &Row) -> Vec<Row> {
        self.projection.entries_of(layout, cart, stored)
    }
}

/// The row of one cart, folded forward.
pub trait RowFold: Send {
    /// Folds the next events in.
    fn fold(&mut self, events: &[EventRecord]);

    /// Version of the newest event folded in. It stays below the cart's when the subscription cannot go on.
    fn version(&self) -> u64;

    /// The fingerprint of the row as it stands.
    fn fingerprint(&self) -> Result<u64, serde_json::Error>;

    /// The row as it is stored, and the entries that follow from it.
    fn stored(&self, layout: &Layout) -> Result<(Row, Vec<Row>), serde_json::Error>;
}

impl<S: Subscription> Projection for S {
    fn name(&self) -> &'static str {
        S::NAME
    }

    fn begin(&self, cart: StreamId) -> Box<dyn RowFold + '_> {
        Box::new(SubscriptionFold { subscription: self, filter: None, cart, folded: Folded::default() })
    }

    fn begin_through<'a>(&'a self, filter: &'a Filter, cart: StreamId) -> Box<dyn RowFold + 'a> {
        Box::new(SubscriptionFold { subscription: self, filter: Some(filter), cart, folded: Folded::default() })
    }

    fn entries_of(&self, layout: &Layout, cart: StreamId, stored: &Row) -> Vec<Row> {
        let row: Option<S::Row> = serde_json::from_str(&stored.body).ok();
        row.map(|row| layout.entries(self, cart, stored.revision, &row).collect()).unwrap_or_default()
    }
}

struct SubscriptionFold<'a, S: Subscription> {
    subscription: &'a S,
    filter: Option<&'a Filter>,
    cart: StreamId,
    folded: Folded<S::Row>,
}

impl<S: Subscription> RowFold for SubscriptionFold<'_, S> {
    fn fold(&mut self, events: &[EventRecord]) {
        self.folded = match self.filter {
            None => self.folded.fold(self.subscription, events).0,
            Some(filter) => {
                let arrivals: Vec<Arrival> = events.iter().cloned().map(Arrival::Event).collect();
                self.folded.fold_through(self.subscription, filter, &arrivals).0
            }
        };
    }

    fn version(&self) -> u64 {
        self.folded.version
    }

    fn fingerprint(&self) -> Result<u64, serde_json::Error> {
        let body = serde_json::to_string(&self.folded.row)?;
        let place = self.subscription.index(self.cart, &self.folded.row);
        Ok(fingerprint(&body, place.as_ref().map(|Place { word, sort }| (word.as_str(), sort.as_str()))))
    }

    fn stored(&self, layout: &Layout) -> Result<(Row, Vec<Row>), serde_json::Error> {
        let Folded { version, row } = &self.folded;
        let entries = layout.entries(self.subscription, self.cart, *version, row).collect();
        Ok((layout.row(self.subscription, self.cart, *version, row)?, entries))
    }
}

/// Of a row's content and its place in the index, whatever the generation.
fn fingerprint(body: &str, place: Option<(&str, &str)>) -> u64 {
    Fingerprint::of(&(body, place)).get().max(UNKNOWN + 1)
}

/// The digest of the row that a cart of `version` events should have.
pub(super) fn expected(fold: &dyn RowFold, cart: StreamId, version: u64) -> Result<Digest, Fault> {
    let fingerprint = if fold.version() < version {
        UNKNOWN
    } else {
        fold.fingerprint()
            .map_err(|error| Fault::new(FaultKind::Permanent, "write the row of cart", cart.to_string(), error))?
    };
    Ok(Digest { cart, version, fingerprint, is_recent: false })
}

/// The digest of a row as it is stored.
pub(super) fn stored_digest(layout: &Layout, row: &Row) -> Result<Digest, Fault> {
    let not_a_cart = |error| Fault::new(FaultKind::Permanent, "read row", row.key.to_string(), error);
    let cart = row.key.sort.parse::<StreamId>().map_err(not_a_cart)?;
    let prefix = layout.word_partition("");
    let place = row.index.as_ref().map(|place| {
        let word = place.partition.strip_prefix(&prefix).unwrap_or(&place.partition);
        (word, place.sort.as_str())
    });
    Ok(Digest { cart, version: row.revision, fingerprint: fingerprint(&row.body, place), is_recent: false })
}
