//! suggestions: what is in the same carts as an item.
//!
//! The row is the cart's items. One entry per sku leads from the sku to the cart, newest carts first. Pairs are never
//! stored, there are far too many: [`suggest`] counts them over the newest carts that have the sku.

use std::collections::{BTreeMap, btree_map};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tillroll_core::cart::CartEvent;
use tillroll_core::id::StreamId;
use tillroll_core::time::Timestamp;

use super::layout::{Layout, padded_ms};
use super::reading::rows_of;
use super::{Entry, Happened, Place, Poison, Subscription};
use crate::generations;
use crate::ports::{By, Fault, FaultKind, Order, RowQuery, Rows};

/// Carts that a suggestion is counted over: the newest ones with the item.
pub const CARTS_COUNTED_MAX: u32 = 1_000;
/// Longest sku that stands in a key as it is. Commands admit 256 bytes; a stored event may hold anything, and a key
/// has 2,048 bytes at most.
const SKU_IN_KEY_BYTES_MAX: usize = 1_024;

/// The subscription.
#[derive(Clone, Copy, Debug, Default)]
pub struct Suggestions;

/// The row of a cart.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Basket {
    /// When its first event happened.
    pub opened_at: Option<Timestamp>,
    /// Its items: the name by sku.
    pub items: BTreeMap<String, String>,
}

impl Subscription for Suggestions {
    const NAME: &'static str = "suggestions";
    type Event = CartEvent;
    type Row = Basket;

    fn apply(&self, basket: &mut Basket, happened: Happened<'_, CartEvent>) -> Result<(), Poison> {
        let noted = happened.circumstances;
        basket.opened_at = basket.opened_at.or(noted.happened_at).or(noted.recorded_at);
        match happened.event {
            CartEvent::ItemAdded(added) => {
                let name = basket.items.entry(added.line_sku().to_owned());
                name.or_insert_with(|| added.item_name.to_string());
            }
            CartEvent::ItemRemoved(removed) => drop(basket.items.remove(removed.sku.as_str())),
            CartEvent::CartOpened(_)
            | CartEvent::CartClaimed(_)
            | CartEvent::ItemQuantityChanged(_)
            | CartEvent::DiscountApplied(_)
            | CartEvent::DiscountRemoved(_)
            | CartEvent::CartClosed(_) => {}
        }
        Ok(())
    }

    fn entries(&self, cart: StreamId, basket: &Basket) -> Vec<Entry> {
        let sort = format!("{}#{cart}", padded_ms(basket.opened_at.map_or(0, Timestamp::unix_ms)));
        let entry =
            |sku: &String| Entry { place: Place { word: word_of(sku), sort: sort.clone() }, body: String::new() };
        basket.items.keys().map(entry).collect()
    }
}

/// The word of a sku. The sku comes last, so any text may stand there, and the words of two skus always differ.
fn word_of(sku: &str) -> String {
    if sku.len() <= SKU_IN_KEY_BYTES_MAX { format!("sku#{sku}") } else { format!("sha256#{:x}", Sha256::digest(sku)) }
}

/// An item that is in the same carts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggestion {
    /// Its sku.
    pub sku: String,
    /// What the newest of those carts calls it.
    pub item_name: String,
    /// In how many of the counted carts it is.
    pub carts: u32,
}

/// The at most `limit` items that are most often in the newest [`CARTS_COUNTED_MAX`] carts with `sku`; equally
/// frequent ones by sku.
pub async fn suggest<R: Rows>(rows: &R, sku: &str, limit: usize) -> Result<Vec<Suggestion>, Fault> {
    let layout = Layout::new(Suggestions::NAME, generations::read(rows, Suggestions::NAME).await?.live);
    let newest_first = RowQuery {
        by: By::Key,
        partition: layout.word_partition(&word_of(sku)),
        after: None,
        until: None,
        order: Order::Descending,
        limit: CARTS_COUNTED_MAX,
    };
    let entries = rows.query(&newest_first).await?;
    let cart_of = |sort: &str| sort.rsplit_once('#').and_then(|(_, cart)| cart.parse::<StreamId>().ok());
    let carts: Vec<StreamId> = entries.iter().filter_map(|entry| cart_of(&entry.key.sort)).collect();
    let stored = rows_of(rows, &layout, carts.iter().copied()).await?;
    let mut found: BTreeMap<String, Suggestion> = BTreeMap::new();
    for row in carts.iter().filter_map(|cart| stored.get(cart)) {
        let unreadable = |error| Fault::new(FaultKind::Permanent, "read the row of cart", &row.key.sort, error);
        let basket: Basket = serde_json::from_str(&row.body).map_err(unreadable)?;
        if !basket.items.contains_key(sku) {
            continue;
        }
        for (other, item_name) in basket.items.into_iter().filter(|(other, _)| other != sku) {
            match found.entry(other) {
                btree_map::Entry::Occupied(mut known) => known.get_mut().carts += 1,
                btree_map::Entry::Vacant(new) => {
                    let sku = new.key().clone();
                    new.insert(Suggestion { sku, item_name, carts: 1 });
                }
            }
        }
    }
    let mut suggestions: Vec<Suggestion> = found.into_values().collect();
    // The map gave them by sku, and this sort keeps the order of equals.
    suggestions.sort_by_key(|suggestion| std::cmp::Reverse(suggestion.carts));
    suggestions.truncate(limit);
    Ok(suggestions)
}
