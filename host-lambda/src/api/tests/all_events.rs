//! The stream of all events, over a bus that is filled by hand.

use serde_json::json;

use super::stream::Reader;
use super::{World, request, shop, stream};
use crate::api::{Api, ApiRequest};
use crate::ports::{BusRecord, Clock as _, EventBus as _};
use crate::record::EventRecord;
use crate::subscriptions::kit::event;

fn added(cart: u128, version: u64) -> EventRecord {
    event(stream(cart), version, "ItemAdded", json!({"item_name": "milk"}))
}

async fn put(shop: &Api<World>, events: &[EventRecord]) {
    for event in events {
        let record = BusRecord { partition_key: event.stream.to_string(), data: event.to_json() };
        assert_eq!(shop.ports().bus.put(vec![record]).await.unwrap(), [Ok(())]);
    }
}

fn all(query: &str) -> ApiRequest {
    request("GET", &format!("/events/stream{query}"))
}

/// Carts and versions of the messages of so many events, in order; and the last id.
async fn read(reader: &mut Reader, count: usize) -> (Vec<(u128, u64)>, String) {
    let (mut seen, mut last) = (Vec::new(), String::new());
    while seen.len() < count {
        for (id, kind, data) in reader.messages().await {
            last = id;
            if !kind.is_empty() {
                let cart: uuid::Uuid = data["subject"].as_str().unwrap().parse().unwrap();
                seen.push((cart.as_u128(), data["sequence"].as_u64().unwrap()));
            }
        }
    }
    (seen, last)
}

impl Reader {
    /// An open stream of all events, and the id that it begins with, if it says one.
    async fn open_all(shop: &Api<World>, request: ApiRequest) -> (Self, Option<String>) {
        let (reader, first) = Self::open_and_greet(shop, request).await;
        let id = first.strip_prefix("retry: 1000\n\n").expect("a greeting");
        (reader, id.trim_end().strip_prefix("id: ").map(str::to_owned))
    }
}

#[tokio::test]
async fn a_reader_sees_what_is_published_from_now_on_or_all_that_the_bus_keeps() {
    let shop = shop();
    put(&shop, &[added(1, 1), added(2, 1), added(1, 2)]).await;
    let (mut from_now, begins) = Reader::open_all(&shop, all("")).await;
    assert!(begins.is_some(), "whoever is cut off before the first event goes on from here");
    let (mut from_oldest, _) = Reader::open_all(&shop, all("?from=oldest")).await;
    put(&shop, &[added(2, 2), added(3, 1)]).await;
    let sorted = |mut seen: Vec<(u128, u64)>| {
        seen.sort_unstable();
        seen
    };
    assert_eq!(sorted(read(&mut from_now, 2).await.0), [(2, 2), (3, 1)]);
    let everything = read(&mut from_oldest, 5).await.0;
    for cart in [1, 2] {
        let versions: Vec<_> = everything.iter().filter(|(of, _)| *of == cart).map(|(_, version)| *version).collect();
        assert_eq!(versions, [1, 2], "the order of a cart is the bus's");
    }
    let (mut again, _) = Reader::open_all(&shop, all("").with("last-event-id", &begins.unwrap())).await;
    assert_eq!(sorted(read(&mut again, 2).await.0), [(2, 2), (3, 1)]);
}

#[tokio::test]
async fn a_reader_that_comes_back_with_any_id_gets_exactly_the_rest() {
    let shop = shop();
    let events: Vec<_> = (1..=20).flat_map(|version| (1..=5).map(move |cart| added(cart, version))).collect();
    put(&shop, &events).await;
    let mut places = Vec::new();
    let (mut reader, _) = Reader::open_all(&shop, all("?from=oldest")).await;
    while places.len() < events.len() {
        places.extend(reader.messages().await.into_iter().map(|(id, _, data)| (id, data["id"].clone())));
    }
    for (index, (id, _)) in places.iter().enumerate().step_by(7) {
        let rest = places.len() - index - 1;
        for request in [all("?from=oldest").with("last-event-id", id), all(&format!("?after={id}"))] {
            let (mut reader, _) = Reader::open_all(&shop, request).await;
            let mut again: Vec<_> = Vec::new();
            while again.len() < rest {
                again.extend(reader.messages().await.into_iter().map(|(.., data)| data["id"].clone()));
            }
            let mut expected: Vec<_> = places[index + 1..].iter().map(|(_, event)| event.to_string()).collect();
            let mut again: Vec<_> = again.iter().map(ToString::to_string).collect();
            expected.sort_unstable();
            again.sort_unstable();
            assert_eq!(again, expected, "behind event {index}");
        }
    }
}

#[tokio::test]
async fn other_types_are_passed_over_and_the_place_moves_all_the_same() {
    let shop = shop();
    let (mut reader, begins) = Reader::open_all(&shop, all("?type=CartClosed,tillroll.cart.CartOpened")).await;
    assert_eq!(begins.as_deref().map(str::is_empty), Some(false));
    put(&shop, &[added(1, 1), added(1, 2)]).await;
    let beat = reader.chunk().await.unwrap();
    let id = beat.strip_prefix(": \n\nid: ").and_then(|id| id.strip_suffix("\n\n")).expect(&beat).to_owned();
    assert_eq!(shop.ports().clock.elapsed_ms(), 15_000);
    put(&shop, &[event(stream(1), 3, "CartClosed", json!({}))]).await;
    assert_eq!(read(&mut reader, 1).await.0, [(1, 3)]);
    let (mut reader, _) = Reader::open_all(&shop, all("").with("last-event-id", &id)).await;
    assert_eq!(read(&mut reader, 1).await.0, [(1, 3)], "what was passed over does not come again");
    for wrong in ["type=", "type=A,", "type=A,A", "type=a%20b", "type=%3Cscript%3E"] {
        let reply = shop.send(all(&format!("?{wrong}"))).await;
        assert_eq!(reply.problem(), (400, "invalid_query".to_owned()), "{wrong}");
    }
}

#[tokio::test]
async fn what_is_no_event_of_ours_is_not_shown() {
    let shop = shop();
    let (mut reader, _) = Reader::open_all(&shop, all("?from=oldest")).await;
    for foreign in ["", "nonsense", "{}", "{\"type\":\"org.example.thing\"}", "[1]"] {
        let record = BusRecord { partition_key: "x".to_owned(), data: foreign.into() };
        shop.ports().bus.put(vec![record]).await.unwrap();
    }
    put(&shop, &[added(1, 1)]).await;
    assert_eq!(read(&mut reader, 1).await.0, [(1, 1)]);
}

#[tokio::test]
async fn a_place_that_the_bus_does_not_keep_any_more_is_said_to_be_gone() {
    let shop = shop();
    put(&shop, &[added(1, 1), added(1, 2)]).await;
    let (mut reader, _) = Reader::open_all(&shop, all("?from=oldest")).await;
    let messages = reader.messages().await;
    let (first, last) = (messages[0].0.clone(), messages[1].0.clone());
    shop.ports().bus.trim();
    let reply = shop.send(all("").with("last-event-id", &first)).await;
    assert_eq!(reply.problem(), (410, "cursor_expired".to_owned()));
    let (mut reader, _) = Reader::open_all(&shop, all("").with("last-event-id", &last)).await;
    let (mut from_oldest, _) = Reader::open_all(&shop, all("?from=oldest")).await;
    assert_eq!(from_oldest.chunk().await.as_deref(), Some(": \n\n"), "what is gone is not waited for");
    put(&shop, &[added(1, 3)]).await;
    assert_eq!(read(&mut reader, 1).await.0, [(1, 3)], "nothing was lost behind the last one");
    assert_eq!(read(&mut from_oldest, 1).await.0, [(1, 3)]);
    // An id of a time when the shard had no record yet.
    let never_begun = base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, r#"{"v":1,"at":{}}"#);
    let reply = shop.send(all("").with("last-event-id", &never_begun)).await;
    assert_eq!(reply.problem(), (410, "cursor_expired".to_owned()));
}

#[tokio::test]
async fn f26_a_place_on_the_bus_that_never_was() {
    let shop = shop();
    put(&shop, &[added(1, 1), added(1, 2)]).await;
    let (mut reader, _) = Reader::open_all(&shop, all("?from=oldest")).await;
    let (_, id) = read(&mut reader, 2).await;
    // The same place on a bus that has not come so far.
    let other = super::shop();
    let reply = other.send(all("").with("last-event-id", &id)).await;
    assert_eq!(reply.problem(), (400, "invalid_header".to_owned()));
    for wrong in ["", "7", "nonsense!", "eyJ2Ijo5fQ", "eyJ2IjoxfQ", &id[1..], &format!("{id}x")] {
        let reply = shop.send(all("").with("last-event-id", wrong)).await;
        assert_eq!(reply.problem(), (400, "invalid_header".to_owned()), "{wrong:?}");
    }
    for wrong in ["after=7", "after=", "from=yesterday", "from=", "since=1"] {
        let reply = shop.send(all(&format!("?{wrong}"))).await;
        assert_eq!(reply.problem(), (400, "invalid_query".to_owned()), "{wrong}");
    }
}

#[tokio::test]
async fn f24_f25_streams_keep_to_the_same_rules_about_traces_and_origins() {
    let shop = shop();
    let cart = shop.open(7).await;
    for path in ["/events/stream".to_owned(), format!("/carts/{cart}/stream")] {
        let asked = request("GET", &path).with("origin", "https://evil.example").with("traceparent", "nonsense");
        let response = shop.answer(&asked).await;
        assert_eq!((response.status, response.header("access-control-allow-origin")), (200, None), "{path}");
        let preflight = request("OPTIONS", &path)
            .with("origin", "https://evil.example")
            .with("access-control-request-method", "GET");
        let answer = shop.send(preflight).await;
        assert_eq!((answer.status, answer.header("access-control-allow-methods")), (204, None), "{path}");
    }
    let refused = shop.send(all("?from=x").with("traceparent", "nonsense")).await;
    assert_eq!(refused.json()["trace_id"], "feedfacefeedfacefeedfacefeedface", "a trace of its own");
}

#[tokio::test]
async fn a_silent_bus_is_a_stream_of_signs_of_life_that_ends_in_good_order() {
    let shop = shop();
    let (mut reader, _) = Reader::open_all(&shop, all("")).await;
    let mut heartbeats = 0;
    while let Some(chunk) = reader.chunk().await {
        assert_eq!(chunk, ": \n\n");
        heartbeats += 1;
    }
    assert!((52..=56).contains(&heartbeats), "{heartbeats}");
    assert!(shop.ports().clock.elapsed_ms() <= 14 * 60_000);
    let (mut reader, _) = Reader::open_all(&shop, all("")).await;
    shop.ports().bus.faults().fail_next(1);
    assert_eq!(reader.chunk().await, None, "a fault ends it, and the reader comes back");
}
