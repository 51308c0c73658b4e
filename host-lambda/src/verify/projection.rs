//! What the rows of a subscription should be, and what they are.

use tillroll_core::hash::Fingerprint;
use tillroll_core::id::StreamId;
use tillroll_core::lane::{LANES, lane_of};

use super::report::{FindingKind, Report};
use super::sort::{Digest, Sorter};
use super::{Verifier, by_cart, scratch};
use crate::filter::Filter;
use crate::generations;
use crate::ports::{Archive, By, Clock, EventTable, Fault, FaultKind, Order, Progress, Row, RowQuery, Rows};
use crate::record::EventRecord;
use crate::subscriptions::fold::{Arrival, Folded};
use crate::subscriptions::layout::Layout;
use crate::subscriptions::{Place, Subscription};

/// Rows read at a time.
const PAGE_ROWS: u32 = 1_000;
/// How often the rows are read again because another generation became the live one meanwhile.
const TRIES_MAX: u32 = 3;
/// The fingerprint of what cannot be said: the subscription stands still before the cart's newest event.
const UNKNOWN: u64 = 0;

/// A subscription as verify sees it; every [`Subscription`] is one.
pub trait Projection: Send + Sync {
    /// Its name.
    fn name(&self) -> &'static str;

    /// Begins with a cart that has no events.
    fn begin(&self, cart: StreamId) -> Box<dyn RowFold + '_>;

    /// The same in a generation with a filter.
    fn begin_through<'a>(&'a self, filter: &'a Filter, cart: StreamId) -> Box<dyn RowFold + 'a>;
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
}

/// The row of one cart, folded forward.
pub trait RowFold: Send {
    /// Folds the next events in.
    fn fold(&mut self, events: &[EventRecord]);

    /// Version of the newest event folded in. It stays below the cart's when the subscription cannot go on.
    fn version(&self) -> u64;

    /// The fingerprint of the row as it stands.
    fn fingerprint(&self) -> Result<u64, serde_json::Error>;
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
    Ok(Digest { cart, version, fingerprint })
}

impl<T, A, R, P, C> Verifier<'_, T, A, R, P, C>
where
    T: EventTable,
    A: Archive,
    R: Rows,
    P: Progress,
    C: Clock,
{
    /// Compares the rows of a subscription's live generation with what they should be.
    pub(super) async fn compare_rows(
        &self,
        projection: &dyn Projection,
        expected: Sorter,
        report: &mut Report,
    ) -> Result<(), Fault> {
        let stored = self.stored_rows(projection.name(), report).await?.sorted().map_err(scratch)?;
        let expected = expected.sorted().map_err(scratch)?;
        let hop = projection.name();
        let mut pairs = by_cart(expected, stored);
        while let Some(pair) = pairs.next().transpose().map_err(scratch)? {
            match pair {
                (Some(expected), None) => report.find(hop, expected.cart, 1, FindingKind::Missing),
                (Some(expected), Some(stored)) if stored.version < expected.version => {
                    report.find(hop, stored.cart, stored.version + 1, FindingKind::Missing);
                }
                (Some(expected), Some(stored)) if stored.version == expected.version => {
                    if ![UNKNOWN, stored.fingerprint].contains(&expected.fingerprint) {
                        report.find(hop, stored.cart, stored.version, FindingKind::Different);
                    }
                }
                (_, Some(stored)) => self.compare_later_row(projection, stored, report).await?,
                (None, None) => {}
            }
        }
        Ok(())
    }

    /// A row that is further than the table was when it was scanned: right if the table is there by now.
    async fn compare_later_row(
        &self,
        projection: &dyn Projection,
        stored: Digest,
        report: &mut Report,
    ) -> Result<(), Fault> {
        let mut fold = projection.begin(stored.cart);
        let mut head = 0;
        self.load_cart(stored.cart, 0, |mut events| {
            events.retain(|event| event.version <= stored.version);
            head = events.last().map_or(head, |event| event.version);
            fold.fold(&events);
            Ok(())
        })
        .await?;
        if head == 0 {
            report.find(projection.name(), stored.cart, stored.version, FindingKind::Doubled);
        } else {
            let expected = expected(&*fold, stored.cart, stored.version)?;
            let known = head < stored.version || expected.fingerprint != UNKNOWN;
            if known && expected != stored {
                report.find(projection.name(), stored.cart, stored.version, FindingKind::Different);
            }
        }
        Ok(())
    }

    /// The rows of the live generation, read again if that changed meanwhile.
    async fn stored_rows(&self, subscription: &'static str, report: &mut Report) -> Result<Sorter, Fault> {
        for _ in 0..TRIES_MAX {
            let live = generations::read(self.rows, subscription).await?.live;
            let mut strays = Vec::new();
            let sorter = self.read_lanes(subscription, &Layout::new(subscription, live), &mut strays).await?;
            if generations::read(self.rows, subscription).await?.live == live {
                for stray in strays {
                    report.find(subscription, stray.cart, stray.version, FindingKind::Doubled);
                }
                return Ok(sorter);
            }
        }
        let reason = format!("another generation went live in each of {TRIES_MAX} tries");
        Err(Fault::new(FaultKind::Transient, "read the rows of", subscription, reason))
    }

    /// Rows of carts that lie in another cart's lane are strays.
    async fn read_lanes(&self, subscription: &str, layout: &Layout, strays: &mut Vec<Digest>) -> Result<Sorter, Fault> {
        let mut sorter = Sorter::new(self.scratch, &format!("rows-{subscription}"));
        for lane in 0..LANES {
            let mut after = None;
            loop {
                let query = RowQuery {
                    by: By::Key,
                    partition: layout.lane_partition(lane),
                    after,
                    until: None,
                    order: Order::Ascending,
                    limit: PAGE_ROWS,
                };
                let rows = self.rows.query(&query).await?;
                for row in &rows {
                    let digest = stored_digest(layout, row)?;
                    if lane_of(digest.cart, LANES) == lane {
                        sorter.push(digest).map_err(scratch)?;
                    } else {
                        strays.push(digest);
                    }
                }
                match rows.into_iter().next_back() {
                    Some(row) => after = Some(row.key.sort),
                    None => break,
                }
            }
        }
        Ok(sorter)
    }
}

fn stored_digest(layout: &Layout, row: &Row) -> Result<Digest, Fault> {
    let not_a_cart = |error| Fault::new(FaultKind::Permanent, "read row", row.key.to_string(), error);
    let cart = row.key.sort.parse::<StreamId>().map_err(not_a_cart)?;
    let prefix = layout.word_partition("");
    let place = row.index.as_ref().map(|place| {
        let word = place.partition.strip_prefix(&prefix).unwrap_or(&place.partition);
        (word, place.sort.as_str())
    });
    Ok(Digest { cart, version: row.revision, fingerprint: fingerprint(&row.body, place) })
}
