//! Reading rows of a subscription, for queries and for the projector.

use std::collections::BTreeMap;

use futures_util::stream::{self, StreamExt as _};
use tillroll_core::id::StreamId;

use super::layout::{Layout, Parked};
use crate::ports::{By, Fault, Order, ROWS_GET_MAX, Row, RowKey, RowQuery, Rows};

/// Reads of many rows that go on at the same time.
const READS_AT_ONCE: usize = 8;
/// Parked carts in one page.
const PARKED_PAGE_ROWS: u32 = 100;

/// The rows under `keys`, however many; missing ones are left out.
pub async fn get_all<R: Rows>(rows: &R, keys: &[RowKey]) -> Result<Vec<Row>, Fault> {
    let reads: Vec<_> = keys.chunks(ROWS_GET_MAX).map(|keys| rows.get_many(keys)).collect();
    let answers: Vec<_> = stream::iter(reads).buffered(READS_AT_ONCE).collect().await;
    let mut found = Vec::with_capacity(keys.len());
    for answer in answers {
        found.extend(answer?);
    }
    Ok(found)
}

/// The stored rows of `carts`.
pub async fn rows_of<R: Rows>(
    rows: &R,
    layout: &Layout,
    carts: impl IntoIterator<Item = StreamId>,
) -> Result<BTreeMap<StreamId, Row>, Fault> {
    let keys: Vec<RowKey> = carts.into_iter().map(|cart| layout.row_key(cart)).collect();
    let found = get_all(rows, &keys).await?.into_iter();
    Ok(found.filter_map(|row| Some((row.key.sort.parse().ok()?, row))).collect())
}

/// Which of `carts` are parked.
pub async fn parked_of<R: Rows>(
    rows: &R,
    layout: &Layout,
    carts: impl IntoIterator<Item = StreamId>,
) -> Result<BTreeMap<StreamId, Parked>, Fault> {
    // Parked carts are rare: one look tells that there are none at all.
    if rows.query(&parked_query(layout, None, 1)).await?.is_empty() {
        return Ok(BTreeMap::new());
    }
    let keys: Vec<RowKey> = carts.into_iter().map(|cart| layout.parked_key(cart)).collect();
    Ok(get_all(rows, &keys).await?.iter().filter_map(parked).collect())
}

/// Parked carts of one generation in the order of their ids, from after the cart `after`; empty at the end.
pub async fn parked_page<R: Rows>(
    rows: &R,
    layout: &Layout,
    after: Option<StreamId>,
) -> Result<Vec<(StreamId, Parked)>, Fault> {
    let found = rows.query(&parked_query(layout, after, PARKED_PAGE_ROWS)).await?;
    Ok(found.iter().filter_map(parked).collect())
}

fn parked_query(layout: &Layout, after: Option<StreamId>, limit: u32) -> RowQuery {
    RowQuery {
        by: By::Key,
        partition: layout.parked_partition(),
        after: after.map(|cart| cart.to_string()),
        until: None,
        order: Order::Ascending,
        limit,
    }
}

fn parked(row: &Row) -> Option<(StreamId, Parked)> {
    Some((row.key.sort.parse().ok()?, serde_json::from_str(&row.body).ok()?))
}
