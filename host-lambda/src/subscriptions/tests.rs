//! What the three subscriptions answer, over rows that the projector wrote.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

use std::collections::BTreeSet;

use serde_json::json;
use tillroll_core::cart::view::Status;
use tillroll_core::id::StreamId;
use tillroll_core::time::Timestamp;

use super::Subscription;
use super::carts::search::{Flag, Wanted};
use super::carts::{Carts, DirectoryError, directory, find};
use super::kit::{FIRST_MS, bus, cart, event, history, table_of};
use super::layout::order_shard;
use super::suggestions::{Suggestion, Suggestions, suggest};
use crate::functions::project::Projector;
use crate::memory::MemoryRows;
use crate::record::EventRecord;

/// Rows of a subscription after these events.
async fn projected<S: Subscription>(subscription: S, events: &[EventRecord]) -> MemoryRows {
    let rows = MemoryRows::default();
    project(subscription, &rows, events).await;
    rows
}

async fn project<S: Subscription>(subscription: S, rows: &MemoryRows, events: &[EventRecord]) {
    let projector = Projector::new(subscription, rows.clone(), table_of(events).await, "build");
    for batch in events.chunks(500) {
        assert_eq!(projector.live(&bus(batch)).await.unwrap().failures, []);
    }
}

fn ids(page: &super::carts::Page) -> Vec<StreamId> {
    page.carts.iter().map(|listed| listed.cart_id).collect()
}

#[tokio::test]
async fn the_directory_lists_the_state_without_lines() {
    let mut events = history(cart(1), "open +milk +milk +bread");
    let rule = json!({"kind": "amount_off", "minor": 50});
    events.push(event(cart(1), 5, "DiscountApplied", json!({"code": "HELLO", "rule": rule})));
    events[3].circumstances.source = Some("tillroll:import:year.csv".to_owned());
    let page = directory(&projected(Carts, &events).await, 10, None).await.unwrap();
    let expected = json!({
        "carts": [{
            "cart_id": cart(1), "status": "open", "version": 5, "currency": "EUR", "owner_ref": null,
            "lines_count": 2, "subtotal_minor": 450, "discount_minor": 50, "total_minor": 400, "unknown_events": 0,
            "opened_at": "2026-01-01T00:01:00Z",
            "last_event": {
                "name": "DiscountApplied", "version": 5,
                "time": "2026-01-01T00:05:00Z", "recordedtime": "2026-01-01T00:05:00Z",
            },
            "flags": {"imported": true},
        }],
        "cursor": null,
    });
    assert_eq!(serde_json::to_value(page).unwrap(), expected);
}

/// Pages through a directory of these carts, of which each has one event more than the one before.
async fn the_directory_pages_from_the_newest_on(carts: &[StreamId], limits: &[u32]) {
    let words = |n: usize| format!("open{}", " +milk".repeat(n));
    let events: Vec<_> = (0..).zip(carts).flat_map(|(n, cart)| history(*cart, &words(n))).collect();
    let rows = projected(Carts, &events).await;
    let newest_first: Vec<StreamId> = carts.iter().rev().copied().collect();
    for &limit in limits {
        let (mut listed, mut cursor, mut pages) = (Vec::new(), None::<String>, 0);
        loop {
            let page = directory(&rows, limit, cursor.as_deref()).await.unwrap();
            listed.extend(ids(&page));
            cursor = page.cursor;
            pages += 1;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(listed, newest_first, "limit {limit}");
        assert_eq!(pages, 60_u32.div_ceil(limit), "limit {limit}: no empty page at the end");
    }
}

#[tokio::test]
async fn the_directory_merges_its_shards() {
    let carts: Vec<StreamId> = (1..=60).map(cart).collect();
    assert_eq!(carts.iter().copied().map(order_shard).collect::<BTreeSet<_>>().len(), 8);
    the_directory_pages_from_the_newest_on(&carts, &[1, 7, 59, 60, 61, 1_000]).await;
}

#[tokio::test]
async fn the_directory_reads_on_where_one_shard_has_all_the_newest_carts() {
    let carts = (1..).map(cart).filter(|cart| order_shard(*cart) == 3).take(60).collect::<Vec<_>>();
    the_directory_pages_from_the_newest_on(&carts, &[20, 59, 60, 61]).await;
}

#[tokio::test]
async fn carts_that_come_in_between_two_pages_repeat_nothing() {
    let words = |n: usize| format!("open{}", " +milk".repeat(n));
    let mut events: Vec<_> = (0..20).flat_map(|n| history(cart(n as u128 + 1), &words(n))).collect();
    let rows = projected(Carts, &events).await;
    let first = directory(&rows, 10, None).await.unwrap();
    // A new cart, and a cart of the second page that gets an event.
    let later = [history(cart(99), &words(30)), vec![event(cart(3), 4, "CartClosed", json!({}))]].concat();
    events.extend(later);
    for event in events.iter_mut().filter(|event| event.stream == cart(3) && event.version == 4) {
        event.circumstances.recorded_at = event.circumstances.recorded_at.map(|at| at.plus_ms(9_000_000));
    }
    project(Carts, &rows, &events).await;
    let second = directory(&rows, 100, first.cursor.as_deref()).await.unwrap();
    let both: BTreeSet<StreamId> = ids(&first).into_iter().chain(ids(&second)).collect();
    assert_eq!(both.len(), first.carts.len() + second.carts.len());
    assert_eq!(both.len(), 19, "all but the two that went to the top");
    assert_eq!(ids(&directory(&rows, 2, None).await.unwrap()), [cart(3), cart(99)]);
}

#[tokio::test]
async fn a_parked_cart_is_flagged_in_the_directory() {
    let rows = projected(Carts, &history(cart(1), "open +milk ?GiftWrapped")).await;
    let page = directory(&rows, 10, None).await.unwrap();
    assert_eq!((page.carts[0].version, page.carts[0].flags.parked_at), (2, Some(3)));
}

#[tokio::test]
async fn the_directory_finds_carts_by_what_is_in_them_and_by_when_they_changed() {
    let carts = [(1, "open +milk"), (2, "open +Milk +bread done"), (3, "open +bread ?GiftWrapped"), (4, "open")];
    let events: Vec<_> = carts.iter().flat_map(|(n, words)| history(cart(*n), words)).collect();
    let rows = projected(Carts, &events).await;
    let text = |text: &str| Wanted { text: Some(text.to_owned()), ..Wanted::default() };
    let moment = |minutes: i64| Some(Timestamp::from_unix_ms(FIRST_MS + minutes * 60_000));
    for (wanted, found) in [
        (text("MILK"), &[1, 2][..]),
        (text("bread"), &[2, 3]),
        (text(&cart(4).to_string().to_uppercase()), &[4]),
        (text("butter"), &[]),
        (Wanted { status: Some(Status::Closed), ..Wanted::default() }, &[2]),
        (Wanted { status: Some(Status::Open), ..text("bread") }, &[3]),
        (Wanted { flag: Some(Flag::Parked), ..Wanted::default() }, &[3]),
        (Wanted { flag: Some(Flag::Imported), ..Wanted::default() }, &[]),
        (Wanted { from: moment(2), to: moment(4), ..Wanted::default() }, &[1, 3]),
        (Wanted { from: moment(4), ..Wanted::default() }, &[2]),
        (Wanted { to: moment(2), ..Wanted::default() }, &[4]),
    ] {
        let page = find(&rows, &wanted, 10, None).await.unwrap();
        let found: BTreeSet<StreamId> = found.iter().copied().map(cart).collect();
        assert_eq!((ids(&page).into_iter().collect::<BTreeSet<_>>(), page.cursor), (found, None), "{wanted:?}");
    }
}

#[tokio::test]
async fn what_is_rare_is_found_page_by_page_and_each_cart_once() {
    let words = |n: u128| if n.is_multiple_of(7) { "open +caviar" } else { "open +milk" };
    let events: Vec<_> = (1..=700).flat_map(|n| history(cart(n), words(n))).collect();
    let rows = projected(Carts, &events).await;
    let wanted = Wanted { text: Some("caviar".to_owned()), ..Wanted::default() };
    let (mut found, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let page = find(&rows, &wanted, 30, cursor.as_deref()).await.unwrap();
        found.extend(ids(&page));
        cursor = page.cursor;
        if cursor.is_none() {
            break;
        }
        assert_eq!(page.carts.len(), 30);
    }
    assert_eq!((found.len(), found.iter().collect::<BTreeSet<_>>().len()), (100, 100));
}

#[tokio::test]
async fn a_cursor_that_was_not_given_out_is_refused() {
    let rows = MemoryRows::default();
    for cursor in ["", "x", "e30", "eyJ2IjoyLCJiZWZvcmUiOiJhIn0", "eyJ2IjoxLCJiZWZvcmUiOiIifQ"] {
        let refused = directory(&rows, 10, Some(cursor)).await.unwrap_err();
        assert!(matches!(refused, DirectoryError::BadCursor), "{cursor}");
    }
    assert_eq!(directory(&rows, 10, None).await.unwrap(), super::carts::Page::default());
}

fn suggestion(sku: &str, carts: u32) -> Suggestion {
    Suggestion { sku: sku.to_owned(), item_name: sku.to_owned(), carts }
}

#[tokio::test]
async fn items_are_suggested_by_how_many_carts_they_share() {
    let words = [
        "open +milk +bread +eggs done",
        "open +milk +bread",
        "open +milk +eggs -eggs +jam",
        "open +bread +jam +eggs",
        "open +milk +gone -milk",
    ];
    let events: Vec<_> = (1..).zip(words).flat_map(|(n, words)| history(cart(n), words)).collect();
    let rows = projected(Suggestions, &events).await;
    let expected = [suggestion("bread", 2), suggestion("eggs", 1), suggestion("jam", 1)];
    assert_eq!(suggest(&rows, "milk", 10).await.unwrap(), expected);
    assert_eq!(suggest(&rows, "milk", 1).await.unwrap(), expected[..1]);
    assert_eq!(suggest(&rows, "nobody bought this", 10).await.unwrap(), []);
}

#[tokio::test]
async fn suggestions_are_counted_over_the_newest_thousand_carts() {
    let mut events = Vec::new();
    for n in 0..1_010_u64 {
        let mut history = history(cart(n.into()), if n < 10 { "open +milk +old" } else { "open +milk +new" });
        for event in &mut history {
            event.circumstances.happened_at = event.circumstances.happened_at.map(|at| at.plus_ms(n.cast_signed()));
        }
        events.extend(history);
    }
    assert_eq!(events[0].circumstances.happened_at.unwrap().unix_ms(), FIRST_MS + 60_000);
    let rows = projected(Suggestions, &events).await;
    assert_eq!(suggest(&rows, "milk", 10).await.unwrap(), [suggestion("new", 1_000)]);
}

#[tokio::test]
async fn no_two_skus_share_a_partition_whatever_they_hold() {
    let long = "x".repeat(60_000);
    let skus = ["a", "a#b", "#", "parked", "sha256#", "07", long.as_str(), &format!("{long}y"), "b"];
    let mut events = history(cart(1), "open");
    let add =
        |(version, sku): (u64, &&str)| event(cart(1), version, "ItemAdded", json!({"item_name": "n", "sku": sku}));
    events.extend((2..).zip(&skus).map(add));
    let rows = projected(Suggestions, &events).await;
    let entries: Vec<_> =
        rows.all().into_iter().filter(|row| row.body.is_empty()).map(|row| row.key.partition).collect();
    assert_eq!(entries.iter().collect::<BTreeSet<_>>().len(), skus.len());
    assert!(entries.iter().all(|partition| partition.len() <= 2_048));
    for sku in skus {
        assert_eq!(suggest(&rows, sku, 100).await.unwrap().len(), skus.len() - 1);
    }
}
