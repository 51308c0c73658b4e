//! The table: every event digested, every cart folded.

use futures_util::future;
use tillroll_core::aggregate::Aggregate as _;
use tillroll_core::cart::pricing::price;
use tillroll_core::cart::{Cart, CartEvent};
use tillroll_core::hash::Fingerprint;
use tillroll_core::id::StreamId;
use tillroll_core::recorded::Stored;

use super::findings::Findings;
use super::projection::{Projection, RowFold, expected};
use super::sort::{Digest, Sorter};
use super::{Verifier, scratch};
use crate::ports::{Archive, Clock, EventTable, Fault, Progress, Rows, ScanPage};
use crate::record::EventRecord;

/// Events of a cart that are folded together: each fold copies the row once.
const FOLD_EVENTS_MAX: usize = 256;
/// Events of a cart loaded at a time, and how often: carts of some millions of events.
const LOAD_EVENTS_MAX: u32 = 1_000;
const LOADS_MAX: usize = 10_000;

/// What was found in the table: what archive and rows have to agree with.
pub(super) struct TableDigests {
    pub(super) events: Sorter,
    /// One for each projection, in the order in which they were given.
    pub(super) rows: Vec<Sorter>,
}

impl TableDigests {
    fn push(&mut self, event: &EventRecord, findings: &Findings) -> Result<(), Fault> {
        let digest = Digest { is_recent: findings.is_recent(event), ..digest_of(event) };
        self.events.push(digest).map_err(scratch)
    }
}

/// The cart whose events are being scanned.
struct CartInScan<'a> {
    cart: StreamId,
    version: u64,
    state: Cart,
    rows: Vec<Box<dyn RowFold + 'a>>,
    waiting: Vec<EventRecord>,
    whole: bool,
    /// Whether its newest event may be on its way still.
    is_recent: bool,
}

impl<'a> CartInScan<'a> {
    fn new(cart: StreamId, projections: &[&'a dyn Projection]) -> Self {
        let rows = projections.iter().map(|projection| projection.begin(cart)).collect();
        Self { cart, version: 0, state: Cart::default(), rows, waiting: Vec::new(), whole: true, is_recent: false }
    }

    /// Takes the next event; one that does not follow the last one makes the cart incomplete.
    fn push(&mut self, event: EventRecord, findings: &Findings) {
        self.is_recent = findings.is_recent(&event);
        self.whole &= event.version == self.version + 1;
        self.version = event.version;
        self.waiting.push(event);
    }

    /// Folds what waits. Answers the versions of events that do not read as what their names say.
    fn fold(&mut self) -> Vec<u64> {
        self.rows.iter_mut().for_each(|row| row.fold(&self.waiting));
        let mut undecodable = Vec::new();
        for event in self.waiting.drain(..) {
            let version = event.version;
            match event.decode::<CartEvent>().map(|recorded| recorded.event) {
                Ok(Stored::Known(event)) => self.state.evolve(&event),
                // The state goes on without it, as it does for readers.
                Ok(Stored::Unknown { .. }) => {}
                Err(_) => undecodable.push(version),
            }
        }
        undecodable
    }
}

impl<T, A, R, P, C> Verifier<'_, T, A, R, P, C>
where
    T: EventTable,
    A: Archive,
    R: Rows,
    P: Progress,
    C: Clock,
{
    /// Reads the whole table once.
    pub(super) async fn read_table(
        &self,
        projections: &[&dyn Projection],
        findings: &mut Findings,
    ) -> Result<TableDigests, Fault> {
        let rows =
            projections.iter().map(|projection| Sorter::new(self.scratch, &format!("due-{}", projection.name())));
        let mut digests = TableDigests { events: Sorter::new(self.scratch, "table"), rows: rows.collect() };
        let mut current: Option<CartInScan<'_>> = None;
        let mut page = self.table.scan(None).await?;
        loop {
            let ScanPage { events, next } = page;
            self.course.read_events(events.len());
            let take = self.take_page(events, projections, &mut current, &mut digests, findings);
            let Some(next) = next else {
                take.await?;
                break;
            };
            // The next page is on its way while this one is digested.
            let (following, taken) = future::join(self.table.scan(Some(next)), take).await;
            taken?;
            page = following?;
        }
        if let Some(cart) = current.take() {
            self.end_cart(cart, projections, &mut digests, findings).await?;
        }
        Ok(digests)
    }

    async fn take_page<'p>(
        &self,
        events: Vec<EventRecord>,
        projections: &[&'p dyn Projection],
        current: &mut Option<CartInScan<'p>>,
        digests: &mut TableDigests,
        findings: &mut Findings,
    ) -> Result<(), Fault> {
        for event in events {
            findings.hours.count(event.circumstances.recorded_at);
            digests.push(&event, findings)?;
            if current.as_ref().is_some_and(|current| current.cart != event.stream)
                && let Some(ended) = current.take()
            {
                self.end_cart(ended, projections, digests, findings).await?;
            }
            let cart = current.get_or_insert_with(|| CartInScan::new(event.stream, projections));
            cart.push(event, findings);
            if cart.waiting.len() >= FOLD_EVENTS_MAX {
                fold(cart, findings);
            }
        }
        Ok(())
    }

    async fn end_cart(
        &self,
        mut ended: CartInScan<'_>,
        projections: &[&dyn Projection],
        digests: &mut TableDigests,
        findings: &mut Findings,
    ) -> Result<(), Fault> {
        if ended.whole {
            fold(&mut ended, findings);
            return settle(&ended, digests, findings);
        }
        // Not from version 1 on or with a hole, as the scan saw it. What the cart really has, a query says.
        let mut cart = CartInScan::new(ended.cart, projections);
        self.load_cart(ended.cart, 0, |events| {
            for event in events {
                digests.push(&event, findings)?;
                cart.push(event, findings);
            }
            fold(&mut cart, findings);
            Ok(())
        })
        .await?;
        settle(&cart, digests, findings)
    }

    /// Hands the events of a cart after `after` to `take`, some at a time.
    pub(super) async fn load_cart(
        &self,
        cart: StreamId,
        mut after: u64,
        mut take: impl FnMut(Vec<EventRecord>) -> Result<(), Fault> + Send,
    ) -> Result<(), Fault> {
        for _ in 0..LOADS_MAX {
            let events = self.table.load(cart, after, Some(LOAD_EVENTS_MAX)).await?;
            let Some(last) = events.last() else { break };
            after = last.version;
            take(events)?;
        }
        Ok(())
    }
}

/// The digest of an event: of the very bytes that publish puts on the bus.
pub(super) fn digest_of(event: &EventRecord) -> Digest {
    let fingerprint = Fingerprint::of_bytes(&event.to_json()).get();
    Digest { cart: event.stream, version: event.version, fingerprint, is_recent: false }
}

fn fold(cart: &mut CartInScan<'_>, findings: &mut Findings) {
    for version in cart.fold() {
        findings.undecodable(cart.cart, version);
    }
}

fn settle(ended: &CartInScan<'_>, digests: &mut TableDigests, findings: &mut Findings) -> Result<(), Fault> {
    for (row, sorter) in ended.rows.iter().zip(&mut digests.rows) {
        let digest = expected(&**row, ended.cart, ended.version)?;
        sorter.push(Digest { is_recent: ended.is_recent, ..digest }).map_err(scratch)?;
    }
    if let Some(contents) = ended.state.contents() {
        findings.report.add_money(contents.currency.as_deref(), price(contents).total.get());
    }
    Ok(())
}
