//! Carts by the time of their last change.

use serde_json::{Value, json};

use super::{World, shop};
use crate::api::Api;
use crate::functions::project::Projector;
use crate::record::EventRecord;
use crate::subscriptions::carts::Carts;
use crate::subscriptions::kit::{FIRST_MS, append, bus, cart, history};
use tillroll_core::time::Timestamp;

const HOUR_MS: i64 = 3_600_000;

/// The history of a cart whose events were recorded so many hours after the first of January.
fn recorded(number: u128, words: &str, hours: i64) -> Vec<EventRecord> {
    let mut events = history(cart(number), words);
    for event in &mut events {
        event.circumstances.recorded_at = Some(Timestamp::from_unix_ms(FIRST_MS + hours * HOUR_MS + 60_000));
    }
    events
}

async fn follow(shop: &Api<World>, histories: &[Vec<EventRecord>]) {
    let projector = Projector::new(Carts, shop.ports().rows.clone(), shop.ports().table.clone(), "build");
    for events in histories {
        append(&shop.ports().table, events).await;
        projector.live(&bus(events)).await.unwrap();
    }
}

async fn ask(shop: &Api<World>, query: &str) -> Value {
    let reply = shop.get(&format!("/carts/histogram{query}")).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

/// Buckets with any carts: where they begin, open, closed.
fn full(histogram: &Value) -> Vec<(&str, u64, u64)> {
    let buckets = histogram["buckets"].as_array().unwrap().iter();
    let read = |b: &'_ Value| (b["open"].as_u64().unwrap(), b["closed"].as_u64().unwrap());
    buckets.map(|b| (b["from"].as_str().unwrap(), read(b).0, read(b).1)).filter(|b| b.1 + b.2 > 0).collect()
}

#[tokio::test]
async fn every_cart_is_counted_once_at_its_last_change() {
    let shop = shop();
    let none = ask(&shop, "").await;
    assert_eq!((&none["carts"], &none["buckets"], &none["from"]), (&json!(0), &json!([]), &Value::Null));
    let open = (1..=20).map(|n| recorded(n, "open +milk", i64::try_from(n).unwrap() % 3));
    let closed = (21..=25).map(|n| recorded(n, "open +milk done", 30));
    follow(&shop, &open.chain(closed).collect::<Vec<_>>()).await;
    let all = ask(&shop, "").await;
    let counts: Vec<u64> = ["carts", "open", "closed"].map(|name| all[name].as_u64().unwrap()).into();
    assert_eq!((counts, &all["truncated"], &all["bucket_ms"]), (vec![25, 20, 5], &json!(false), &json!(HOUR_MS)));
    assert_eq!((&all["from"], &all["to"]), (&json!("2026-01-01T00:00:00Z"), &json!("2026-01-02T07:00:00Z")));
    assert_eq!(all["buckets"].as_array().unwrap().len(), 31);
    let hours = [
        ("2026-01-01T00:00:00Z", 6, 0),
        ("2026-01-01T01:00:00Z", 7, 0),
        ("2026-01-01T02:00:00Z", 7, 0),
        ("2026-01-02T06:00:00Z", 0, 5),
    ];
    assert_eq!(full(&all), hours);

    // One of them is changed two days later, and closed: it moves, and is still one cart.
    let mut events = recorded(1, "open +milk done", 50);
    follow(&shop, &[events.split_off(2)]).await;
    let moved = ask(&shop, "").await;
    assert_eq!((&moved["carts"], &moved["closed"]), (&json!(25), &json!(6)));
    assert_eq!(full(&moved)[1], ("2026-01-01T01:00:00Z", 6, 0));
    assert_eq!(full(&moved)[4], ("2026-01-03T02:00:00Z", 0, 1));
}

#[tokio::test]
async fn a_range_is_cut_into_as_many_buckets_as_asked_for_of_a_width_that_reads_well() {
    let shop = shop();
    let carts: Vec<_> = (1..=50).map(|n| recorded(n, "open", i64::try_from(n).unwrap())).collect();
    follow(&shop, &carts).await;
    for (query, width_h, buckets, carts) in [
        ("?buckets=1", 168, 1, 50),
        ("?buckets=5", 12, 5, 50),
        ("?buckets=50", 1, 50, 50),
        ("?from=2026-01-01T10:00:00Z&to=2026-01-01T12:00:00Z", 1, 2, 2),
        ("?from=2026-01-01T10:30:00Z&to=2026-01-01T11:30:00Z", 1, 2, 2),
        ("?from=2026-01-02T00:00:00Z&buckets=2", 24, 2, 27),
        ("?to=2026-01-02T00:00:00Z&buckets=4", 6, 4, 23),
        ("?from=2020-01-01T00:00:00Z&to=2027-01-01T00:00:00Z&buckets=7", 168 * 53, 7, 50),
        ("?from=2030-01-01T00:00:00Z", 1, 0, 0),
    ] {
        let histogram = ask(&shop, query).await;
        let found = (&histogram["bucket_ms"], histogram["buckets"].as_array().unwrap().len(), &histogram["carts"]);
        assert_eq!(found, (&json!(width_h * HOUR_MS), buckets, &json!(carts)), "{query}");
    }
    for wrong in [
        "buckets=0",
        "buckets=1001",
        "from=yesterday",
        "to=",
        "status=lost",
        "from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z",
    ] {
        let reply = shop.get(&format!("/carts/histogram?{wrong}")).await;
        assert_eq!(reply.problem(), (400, "invalid_query".to_owned()), "{wrong}");
    }
}

#[tokio::test]
async fn a_search_narrows_the_histogram_to_what_it_finds() {
    let shop = shop();
    let milk = (1..=3).map(|n| recorded(n, "open +milk", i64::try_from(n).unwrap()));
    let bread = (4..=8).map(|n| recorded(n, "open +bread done", 2));
    follow(&shop, &milk.chain(bread).collect::<Vec<_>>()).await;
    let counts = |of: &Value| ["carts", "open", "closed"].map(|name| of[name].as_u64().unwrap());
    for (query, found) in [
        ("", [8, 3, 5]),
        ("?q=milk", [3, 3, 0]),
        ("?q=bread&status=open", [0, 0, 0]),
        ("?status=closed", [5, 0, 5]),
        ("?q=milk&from=2026-01-01T02:00:00Z", [2, 2, 0]),
        ("?flag=parked", [0, 0, 0]),
    ] {
        let histogram = ask(&shop, query).await;
        assert_eq!((counts(&histogram), &histogram["truncated"]), (found, &json!(false)), "{query}");
    }
    let (all, some) = (ask(&shop, "").await, ask(&shop, "?q=milk").await);
    assert_eq!((&all["from"], &all["to"]), (&some["from"], &some["to"]), "the axis stays where it is");
}
