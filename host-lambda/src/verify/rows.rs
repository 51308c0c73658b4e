//! The rows of a subscription, compared with what they should be; and their entries, when asked.

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tillroll_core::id::StreamId;
use tillroll_core::lane::{LANES, lane_of};

use super::findings::Findings;
use super::projection::{Projection, UNKNOWN, expected, stored_digest};
use super::report::FindingKind;
use super::sort::{Digest, Sorter};
use super::{Verifier, by_cart, scratch};
use crate::generations;
use crate::ports::{
    Archive, By, Clock, EventTable, Fault, FaultKind, Order, Progress, ROWS_GET_MAX, Row, RowKey, RowQuery, Rows,
};
use crate::subscriptions::layout::Layout;
use crate::subscriptions::reading::get_all;

/// Rows read at a time. A large row has some 50 KB, and so many pages are held as lanes are read at once.
const PAGE_ROWS: u32 = 250;
/// Lanes that are read at the same time: enough to hide the way to the rows and back.
const LANES_AT_ONCE: usize = 8;
/// How often the rows are read again because another generation became the live one meanwhile.
const TRIES_MAX: u32 = 3;

/// A projection, and its place in the order in which they were given.
#[derive(Clone, Copy)]
pub(super) struct Compared<'a> {
    pub(super) projection: &'a dyn Projection,
    pub(super) number: usize,
}

/// What was read of a generation.
struct Stored {
    rows: Sorter,
    /// Rows that lie in the lane of other carts.
    strays: Sorter,
    /// Carts with entries that are missing or different.
    entries: Sorter,
}

/// One page of a lane.
struct Page {
    lane: u16,
    rows: Vec<Row>,
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
        compared: Compared<'_>,
        expected: Sorter,
        findings: &mut Findings,
    ) -> Result<(), Fault> {
        let Compared { projection, number } = compared;
        let hop = projection.name();
        let Stored { rows, strays, entries } = self.stored_rows(projection).await?;
        for stray in strays.sorted().map_err(scratch)? {
            let stray = stray.map_err(scratch)?;
            findings.find(hop, stray.cart, stray.version, FindingKind::Doubled);
        }
        let mut entries = entries.sorted().map_err(scratch)?.peekable();
        let mut pairs = by_cart(expected.sorted().map_err(scratch)?, rows.sorted().map_err(scratch)?);
        while let Some(pair) = pairs.next().transpose().map_err(scratch)? {
            let is_of_this = |cart: StreamId| pair.1.is_some_and(|stored| stored.cart == cart);
            let of_this = entries.next_if(|next| next.as_ref().map_or(true, |next| is_of_this(next.cart)));
            let entries_differ = of_this.transpose().map_err(scratch)?.is_some();
            match pair {
                (Some(expected), None) => self.find_lag(hop, expected, 0, findings).await?,
                (Some(expected), Some(stored)) if stored.version < expected.version => {
                    self.find_lag(hop, expected, stored.version, findings).await?;
                }
                (Some(expected), Some(stored)) if stored.version == expected.version => {
                    if entries_differ || ![UNKNOWN, stored.fingerprint].contains(&expected.fingerprint) {
                        findings.differs(hop, number, stored.cart, stored.version)?;
                    }
                }
                (_, Some(stored)) => {
                    let is_wrong = self.is_later_row_wrong(projection, stored, findings).await?;
                    if is_wrong || entries_differ {
                        findings.differs(hop, number, stored.cart, stored.version)?;
                    }
                }
                (None, None) => {}
            }
        }
        Ok(())
    }

    /// A row that has come to `applied` only: it lacks events, or the first that it lacks is on its way.
    async fn find_lag(&self, hop: &str, due: Digest, applied: u64, findings: &mut Findings) -> Result<(), Fault> {
        // Asked of carts alone whose newest event is recent; what lies before that was recorded earlier.
        if due.is_recent {
            let next = self.table.load(due.cart, applied, Some(1)).await?;
            if next.first().is_some_and(|next| findings.is_recent(next)) {
                findings.on_their_way(hop, due.version - applied);
                return Ok(());
            }
        }
        findings.lags(hop, due.cart, applied + 1, due.version)
    }

    /// Whether a row that is further than the table was when it was scanned is not what the table makes of it by now.
    /// One of a cart that the table does not know is a finding of its own.
    async fn is_later_row_wrong(
        &self,
        projection: &dyn Projection,
        stored: Digest,
        findings: &mut Findings,
    ) -> Result<bool, Fault> {
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
            findings.find(projection.name(), stored.cart, stored.version, FindingKind::Doubled);
            return Ok(false);
        }
        let expected = expected(&*fold, stored.cart, stored.version)?;
        let known = head < stored.version || expected.fingerprint != UNKNOWN;
        Ok(known && expected != stored)
    }

    /// The rows of the live generation, read again if that changed meanwhile.
    async fn stored_rows(&self, projection: &dyn Projection) -> Result<Stored, Fault> {
        let subscription = projection.name();
        for _ in 0..TRIES_MAX {
            let live = generations::read(self.rows, subscription).await?.live;
            let stored = self.read_lanes(projection, &Layout::new(subscription, live)).await?;
            if generations::read(self.rows, subscription).await?.live == live {
                return Ok(stored);
            }
        }
        let reason = format!("another generation went live in each of {TRIES_MAX} tries");
        Err(Fault::new(FaultKind::Transient, "read the rows of", subscription, reason))
    }

    /// Reads all lanes, some at the same time, each page by page.
    async fn read_lanes(&self, projection: &dyn Projection, layout: &Layout) -> Result<Stored, Fault> {
        let sorter = |what: &str| Sorter::new(self.scratch, &format!("{what}-{}", projection.name()));
        let mut stored = Stored { rows: sorter("rows"), strays: sorter("strays"), entries: sorter("entries") };
        let mut lanes = 0..LANES;
        let mut reads: FuturesUnordered<_> =
            lanes.by_ref().take(LANES_AT_ONCE).map(|lane| self.read_page(layout, lane, None)).collect();
        while let Some(page) = reads.next().await {
            let Page { lane, rows } = page?;
            self.course.read_rows(rows.len());
            for row in &rows {
                let digest = stored_digest(layout, row)?;
                let at_home = lane_of(digest.cart, LANES) == lane;
                let sorter = if at_home { &mut stored.rows } else { &mut stored.strays };
                sorter.push(digest).map_err(scratch)?;
            }
            if self.entries {
                self.look_up_entries(projection, layout, &rows, &mut stored.entries).await?;
            }
            // A page that is not full is the last one.
            let is_full = u32::try_from(rows.len()).is_ok_and(|rows| rows >= PAGE_ROWS);
            match rows.into_iter().next_back().filter(|_| is_full) {
                Some(last) => reads.push(self.read_page(layout, lane, Some(last.key.sort))),
                None => reads.extend(lanes.next().map(|lane| self.read_page(layout, lane, None))),
            }
        }
        Ok(stored)
    }

    async fn read_page(&self, layout: &Layout, lane: u16, after: Option<String>) -> Result<Page, Fault> {
        let query = RowQuery {
            by: By::Key,
            partition: layout.lane_partition(lane),
            after,
            until: None,
            order: Order::Ascending,
            limit: PAGE_ROWS,
        };
        Ok(Page { lane, rows: self.rows.query(&query).await? })
    }

    /// Looks up the entries that follow from these rows.
    async fn look_up_entries(
        &self,
        projection: &dyn Projection,
        layout: &Layout,
        rows: &[Row],
        wrong: &mut Sorter,
    ) -> Result<(), Fault> {
        let mut due: Vec<(&Row, Row)> = Vec::new();
        for row in rows {
            let Ok(cart) = row.key.sort.parse() else { continue };
            due.extend(projection.entries_of(layout, cart, row).into_iter().map(|entry| (row, entry)));
        }
        // As many at a time as are read in one go, so that a page of large carts is not held twice.
        for due in due.chunks(ROWS_GET_MAX * LANES_AT_ONCE) {
            let keys: Vec<RowKey> = due.iter().map(|(_, entry)| entry.key.clone()).collect();
            let mut found = get_all(self.rows, &keys).await?;
            found.sort_unstable_by(|one, other| one.key.cmp(&other.key));
            for (row, entry) in due {
                let there = found.binary_search_by(|found| found.key.cmp(&entry.key)).ok();
                if there.and_then(|index| found.get(index)).is_some_and(|there| there.body == entry.body) {
                    continue;
                }
                // A row that has moved on since it was read took its entries with it.
                if self.rows.get(&row.key).await?.is_some_and(|now| now.revision == row.revision) {
                    wrong.push(stored_digest(layout, row)?).map_err(scratch)?;
                }
            }
        }
        Ok(())
    }
}
