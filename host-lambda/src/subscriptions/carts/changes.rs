//! When the carts of the directory last changed, small enough to be counted: an entry a cart, of its hour and status.
//!
//! An entry is written with the cart's row, and only when the hour or the status is another one, so that most events
//! of a cart cost nothing here. Counting reads the entries of the hours asked for and never the carts.

use std::collections::BTreeMap;

use futures_util::stream::{self, StreamExt as _};
use tillroll_core::cart::Cart;
use tillroll_core::id::StreamId;
use tillroll_core::time::Timestamp;

use super::{CartRow, Carts};
use crate::generations;
use crate::ports::{By, Fault, Order, Row, RowQuery, Rows};
use crate::subscriptions::layout::{Layout, ORDER_SHARDS, order_shard, padded_ms};
use crate::subscriptions::{Entry, Place, Subscription as _};

/// An hour.
pub const HOUR_MS: i64 = 60 * 60 * 1_000;
/// Most carts that one count looks at; entries are small, and this is some seconds of reading.
pub const CARTS_COUNTED_MAX: u32 = 400_000;
/// Entries read at a time.
const PAGE_ROWS: u32 = 1_000;
const OPEN: &str = "\"open\"";
const CLOSED: &str = "\"closed\"";

/// The entry of a cart, which is there as long as the cart is in the directory.
pub(super) fn entry(cart: StreamId, row: &CartRow) -> Option<Entry> {
    let body = match row.cart {
        Cart::Empty => return None,
        Cart::Open(_) => OPEN,
        Cart::Closed(..) => CLOSED,
    };
    let hour_ms = row.moment()?.unix_ms().div_euclid(HOUR_MS) * HOUR_MS;
    let place = Place { word: word(order_shard(cart)), sort: format!("{}#{cart}", padded_ms(hour_ms)) };
    Some(Entry { place, body: body.to_owned() })
}

fn word(shard: u16) -> String {
    format!("changed#{shard}")
}

/// Carts by the hour of their last change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Hours with any.
    pub hours: BTreeMap<Timestamp, Count>,
    /// There are more than [`CARTS_COUNTED_MAX`]; what changed longest ago is left out.
    pub truncated: bool,
}

/// Carts of one hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Open ones.
    pub open: u64,
    /// Closed ones.
    pub closed: u64,
}

/// The hours of the oldest and the newest last change; `None` without carts.
pub async fn first_and_last_hour<R: Rows>(rows: &R) -> Result<Option<(Timestamp, Timestamp)>, Fault> {
    let layout = live(rows).await?;
    let reads: Vec<_> = [Order::Ascending, Order::Descending]
        .into_iter()
        .flat_map(|order| (0..ORDER_SHARDS).map(move |shard| (order, shard)))
        .map(|(order, shard)| query(&layout, shard, order, None, None, 1))
        .map(|query| async move { rows.query(&query).await })
        .collect();
    let answers: Vec<_> = stream::iter(reads).buffered(usize::from(ORDER_SHARDS)).collect().await;
    let mut hours = Vec::with_capacity(answers.len());
    for answer in answers {
        hours.extend(answer?.iter().filter_map(hour));
    }
    Ok(hours.iter().min().copied().zip(hours.iter().max().copied()))
}

/// Counts the carts that last changed in the hours from `from` up to but without `to`.
pub async fn count_changes<R: Rows>(rows: &R, from: Timestamp, to: Timestamp) -> Result<Counted, Fault> {
    let layout = live(rows).await?;
    let counts: Vec<_> = (0..ORDER_SHARDS).map(|shard| count_shard(rows, &layout, shard, from, to)).collect();
    let counts: Vec<_> = stream::iter(counts).buffered(usize::from(ORDER_SHARDS)).collect().await;
    let mut counted = Counted::default();
    for of_shard in counts {
        let of_shard = of_shard?;
        counted.truncated |= of_shard.truncated;
        for (hour, Count { open, closed }) in of_shard.hours {
            let count = counted.hours.entry(hour).or_default();
            count.open += open;
            count.closed += closed;
        }
    }
    Ok(counted)
}

async fn count_shard<R: Rows>(
    rows: &R,
    layout: &Layout,
    shard: u16,
    from: Timestamp,
    to: Timestamp,
) -> Result<Counted, Fault> {
    let mut counted = Counted::default();
    // An hour alone sorts right before all of its entries.
    let mut before = padded_ms(to.unix_ms());
    let until = padded_ms(from.unix_ms());
    for _ in 0..CARTS_COUNTED_MAX / u32::from(ORDER_SHARDS) / PAGE_ROWS {
        let query = query(layout, shard, Order::Descending, Some(before.clone()), Some(until.clone()), PAGE_ROWS);
        let page = rows.query(&query).await?;
        for row in &page {
            let Some(hour) = hour(row) else { continue };
            let count = counted.hours.entry(hour).or_default();
            if row.body == OPEN { count.open += 1 } else { count.closed += 1 }
        }
        match page.last() {
            Some(last) if page.len() >= usize::try_from(PAGE_ROWS).unwrap_or(usize::MAX) => {
                before.clone_from(&last.key.sort);
            }
            _ => return Ok(counted),
        }
    }
    counted.truncated = true;
    Ok(counted)
}

async fn live<R: Rows>(rows: &R) -> Result<Layout, Fault> {
    Ok(Layout::new(Carts::NAME, generations::read(rows, Carts::NAME).await?.live))
}

fn query(
    layout: &Layout,
    shard: u16,
    order: Order,
    after: Option<String>,
    until: Option<String>,
    limit: u32,
) -> RowQuery {
    RowQuery { by: By::Key, partition: layout.word_partition(&word(shard)), after, until, order, limit }
}

fn hour(row: &Row) -> Option<Timestamp> {
    let (hour_ms, _) = row.key.sort.split_once('#')?;
    Some(Timestamp::from_unix_ms(hour_ms.parse().ok()?))
}
