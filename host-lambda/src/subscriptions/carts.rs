//! carts: the operators' directory of all carts, those with the newest events first.
//!
//! The row is the folded cart. Its index spreads all carts over a few shards by the time of their last event, and
//! [`directory`] merges those, so no page costs more than the carts on it.

pub mod changes;
pub mod search;

use std::collections::VecDeque;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::stream::{self, StreamExt as _};
use serde::{Deserialize, Serialize};
use tillroll_core::aggregate::{Aggregate as _, Event as _};
use tillroll_core::cart::pricing::{Totals, price};
use tillroll_core::cart::view::Status;
use tillroll_core::cart::{Cart, CartEvent};
use tillroll_core::id::StreamId;
use tillroll_core::money::Minor;
use tillroll_core::time::Timestamp;

use self::search::{LOOKED_AT_MAX, Wanted, opened};
use super::layout::{Layout, ORDER_SHARDS, order_shard, padded_ms};
use super::reading::parked_of;
use super::{Entry, Happened, Place, Poison, Subscription};
use crate::generations;
use crate::ports::{By, Fault, FaultKind, Order, Row, RowQuery, Rows};

/// Most carts on one page of the directory.
pub const PAGE_CARTS_MAX: u32 = 1_000;
/// Carts that are read and looked into at a time.
const LOOKED_AT_ONCE: u32 = 500;
/// Rows read of a shard beyond its even share, so that an uneven spread seldom needs a second read.
const SHARD_ROWS_EXTRA: u32 = 16;

/// The subscription.
#[derive(Clone, Copy, Debug, Default)]
pub struct Carts;

/// The row of a cart.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CartRow {
    /// What all events have made of it.
    pub cart: Cart,
    /// When it was opened, by the time that the event states.
    pub opened_at: Option<Timestamp>,
    /// Its newest event.
    pub last_event: Option<LastEvent>,
    /// Whether any of its events was imported.
    pub imported: bool,
}

/// The newest event of a cart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastEvent {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: u64,
    /// When it happened.
    pub time: Option<Timestamp>,
    /// When it was recorded; the directory goes by this, or else by `time`.
    pub recordedtime: Option<Timestamp>,
}

impl Subscription for Carts {
    const NAME: &'static str = "carts";
    type Event = CartEvent;
    type Row = CartRow;

    fn apply(&self, row: &mut CartRow, happened: Happened<'_, CartEvent>) -> Result<(), Poison> {
        let Happened { version, event, circumstances, .. } = happened;
        row.cart.evolve(event);
        if let CartEvent::CartOpened(_) = event {
            row.opened_at = row.opened_at.or(circumstances.happened_at).or(circumstances.recorded_at);
        }
        row.last_event = Some(LastEvent {
            name: event.name().to_owned(),
            version,
            time: circumstances.happened_at,
            recordedtime: circumstances.recorded_at,
        });
        row.imported |= happened.imported();
        Ok(())
    }

    fn index(&self, cart: StreamId, row: &CartRow) -> Option<Place> {
        let moment = row.moment().filter(|_| row.cart != Cart::Empty)?;
        let sort = format!("{}#{cart}", padded_ms(moment.unix_ms()));
        Some(Place { word: shard_word(order_shard(cart)), sort })
    }

    fn entries(&self, cart: StreamId, row: &CartRow) -> Vec<Entry> {
        changes::entry(cart, row).into_iter().collect()
    }
}

impl CartRow {
    /// When it last changed, as the directory goes by it; `None` before the first event.
    fn moment(&self) -> Option<Timestamp> {
        let last = self.last_event.as_ref()?;
        Some(last.recordedtime.or(last.time).unwrap_or(Timestamp::UNIX_EPOCH))
    }
}

fn shard_word(shard: u16) -> String {
    format!("recent#{shard}")
}

impl Listed {
    /// When it last changed, as the directory goes by it.
    #[must_use]
    pub fn moment(&self) -> Timestamp {
        let last = self.last_event.as_ref();
        last.and_then(|last| last.recordedtime.or(last.time)).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

/// A page of the directory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Page {
    /// Those with the newest events first.
    pub carts: Vec<Listed>,
    /// Asks for the next page; `None` at the end.
    pub cursor: Option<String>,
}

/// A cart in the directory: the State JSON without lines, discounts and hash, and what operators look for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// The cart.
    pub cart_id: StreamId,
    /// Open or closed.
    pub status: Status,
    /// Version of the newest event seen here.
    pub version: u64,
    /// ISO 4217 code of every amount.
    pub currency: Option<String>,
    /// Opaque reference to the owner.
    pub owner_ref: Option<String>,
    /// How many lines it has.
    pub lines_count: usize,
    /// Sum of the lines.
    pub subtotal_minor: Minor,
    /// Sum of the discounts.
    pub discount_minor: Minor,
    /// What is to pay.
    pub total_minor: Minor,
    /// Always 0: an event of an unknown name is not folded over here, it parks the cart.
    pub unknown_events: u64,
    /// When it was opened.
    pub opened_at: Option<Timestamp>,
    /// Its newest event.
    pub last_event: Option<LastEvent>,
    /// What is remarkable about it.
    pub flags: Flags,
}

/// What is remarkable about a cart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Flags {
    /// Some of its events were read from a file.
    pub imported: bool,
    /// It stands still here before this version; the event table has more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parked_at: Option<u64>,
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// The cursor was not made here.
    #[error("the cursor is not one that a page of carts gave out")]
    BadCursor,
    /// Something broke.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// A page of at most `limit` carts (1..=[`PAGE_CARTS_MAX`]), from the newest on or from where `cursor` says. A cart
/// that gets an event while somebody pages moves to the top: it may be missed further down, never listed twice.
pub async fn directory<R: Rows>(rows: &R, limit: u32, cursor: Option<&str>) -> Result<Page, DirectoryError> {
    find(rows, &Wanted::default(), limit, cursor).await
}

/// The same of the carts that are `wanted`. After [`LOOKED_AT_MAX`] carts it ends, however few have been found, and its
/// cursor goes on from there.
pub async fn find<R: Rows>(
    rows: &R,
    wanted: &Wanted,
    limit: u32,
    cursor: Option<&str>,
) -> Result<Page, DirectoryError> {
    let cursor = cursor.map(|text| Cursor::parse(text).ok_or(DirectoryError::BadCursor)).transpose()?;
    let limit = limit.clamp(1, PAGE_CARTS_MAX);
    let batch = if wanted.looks_inside() { limit.max(LOOKED_AT_ONCE) } else { limit };
    let full = usize::try_from(limit).unwrap_or(usize::MAX);
    let layout = Layout::new(Carts::NAME, generations::read(rows, Carts::NAME).await?.live);
    let to = wanted.to.map(|to| padded_ms(to.unix_ms()));
    let mut range = Range {
        before: [cursor.map(|cursor| cursor.before), to].into_iter().flatten().min(),
        until: wanted.from.map(|from| padded_ms(from.unix_ms())),
    };
    let (mut page, mut looked_at) = (Page::default(), 0);
    loop {
        let (newest, more) = newest_rows(rows, &layout, batch, &range).await?;
        looked_at += newest.len();
        for (place, listed) in listed(rows, &layout, wanted, &newest).await? {
            if page.carts.len() == full {
                page.cursor = range.before.map(|before| Cursor { v: CURSOR_VERSION, before }.to_text());
                return Ok(page);
            }
            range.before = Some(place);
            page.carts.push(listed);
        }
        let last = newest.last().and_then(|row| row.index.clone()).map(|place| place.sort);
        let Some(last) = last.filter(|_| more) else { return Ok(page) };
        if page.carts.len() == full || looked_at >= LOOKED_AT_MAX {
            page.cursor = Some(Cursor { v: CURSOR_VERSION, before: last }.to_text());
            return Ok(page);
        }
        range.before = Some(last);
    }
}

/// Those of the rows that are wanted, each with its place in the order.
async fn listed<R: Rows>(
    rows: &R,
    layout: &Layout,
    wanted: &Wanted,
    found: &[Row],
) -> Result<Vec<(String, Listed)>, Fault> {
    let mut carts = Vec::new();
    for row in found {
        let place = row.index.as_ref().map(|place| place.sort.clone()).unwrap_or_default();
        carts.extend(read(row, wanted)?.map(|listed| (place, listed)));
    }
    let parked = parked_of(rows, layout, carts.iter().map(|(_, listed)| listed.cart_id)).await?;
    carts.retain_mut(|(_, listed)| {
        // A parked row that the cart has overtaken waits to be cleared, and means nothing.
        let parked = parked.get(&listed.cart_id).filter(|parked| parked.version > listed.version);
        listed.flags.parked_at = parked.map(|parked| parked.version);
        wanted.fits_flags(&listed.flags)
    });
    Ok(carts)
}

fn read(row: &Row, wanted: &Wanted) -> Result<Option<Listed>, Fault> {
    let unreadable = |error| Fault::new(FaultKind::Permanent, "read the row of cart", &row.key.sort, error);
    let stored: CartRow = serde_json::from_str(&row.body).map_err(unreadable)?;
    let Some((status, contents)) = opened(&stored.cart) else { return Ok(None) };
    let Ok(cart_id) = row.key.sort.parse() else { return Ok(None) };
    if !wanted.fits_status(status) || !wanted.fits_text(cart_id, contents) {
        return Ok(None);
    }
    let Totals { subtotal, discount, total, .. } = price(contents);
    Ok(Some(Listed {
        cart_id,
        status,
        version: row.revision,
        currency: contents.currency.clone(),
        owner_ref: contents.owner_ref.clone(),
        lines_count: contents.lines.len(),
        subtotal_minor: subtotal,
        discount_minor: discount,
        total_minor: total,
        unknown_events: 0,
        opened_at: stored.opened_at,
        last_event: stored.last_event,
        flags: Flags { imported: stored.imported, parked_at: None },
    }))
}

const CURSOR_VERSION: u8 = 1;

/// What a cursor says: the carts whose place sorts before this one are next.
#[derive(Serialize, Deserialize)]
struct Cursor {
    v: u8,
    before: String,
}

impl Cursor {
    fn parse(text: &str) -> Option<Self> {
        let cursor: Self = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        (cursor.v == CURSOR_VERSION && !cursor.before.is_empty()).then_some(cursor)
    }

    fn to_text(&self) -> String {
        // A number and a text always serialize.
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }
}

/// One shard of the order, read ahead.
struct Shard {
    query: RowQuery,
    ahead: VecDeque<Row>,
    exhausted: bool,
}

impl Shard {
    async fn read_on<R: Rows>(mut self, rows: &R) -> Result<Self, Fault> {
        if self.ahead.is_empty() && !self.exhausted {
            let read = rows.query(&self.query).await?;
            self.exhausted = read.len() < usize::try_from(self.query.limit).unwrap_or(usize::MAX);
            if let Some(last) = read.last() {
                self.query.after = last.index.as_ref().map(|place| place.sort.clone());
            }
            self.ahead = read.into();
        }
        Ok(self)
    }

    fn next_sort(&self) -> Option<&str> {
        self.ahead.front().and_then(|row| row.index.as_ref()).map(|place| place.sort.as_str())
    }
}

/// A stretch of the order, from the newest place on.
struct Range {
    /// What is below this place.
    before: Option<String>,
    /// Down to this one.
    until: Option<String>,
}

/// The `limit` newest rows of a range, and whether there are more.
async fn newest_rows<R: Rows>(rows: &R, layout: &Layout, limit: u32, range: &Range) -> Result<(Vec<Row>, bool), Fault> {
    let mut shards: Vec<Shard> = (0..ORDER_SHARDS)
        .map(|shard| RowQuery {
            by: By::Index,
            partition: layout.word_partition(&shard_word(shard)),
            after: range.before.clone(),
            until: range.until.clone(),
            order: Order::Descending,
            limit: limit / u32::from(ORDER_SHARDS) + SHARD_ROWS_EXTRA,
        })
        .map(|query| Shard { query, ahead: VecDeque::new(), exhausted: false })
        .collect();
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut newest = Vec::with_capacity(limit);
    loop {
        let reads: Vec<_> = shards.into_iter().map(|shard| shard.read_on(rows)).collect();
        let read: Vec<_> = stream::iter(reads).buffered(usize::from(ORDER_SHARDS)).collect().await;
        shards = read.into_iter().collect::<Result<_, _>>()?;
        // Merges until a shard has to be read on, for the next row might be its.
        loop {
            let next = shards.iter_mut().max_by(|a, b| a.next_sort().cmp(&b.next_sort()));
            let Some(shard) = next.filter(|shard| shard.next_sort().is_some()) else { return Ok((newest, false)) };
            if newest.len() == limit {
                return Ok((newest, true));
            }
            newest.extend(shard.ahead.pop_front());
            if shard.ahead.is_empty() && !shard.exhausted {
                break;
            }
        }
    }
}
