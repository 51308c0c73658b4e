//! The stream of a cart's events.

use futures_util::StreamExt as _;
use futures_util::future::join;
use serde_json::{Value, json};

use super::{World, add, id, posting, request, shop, shop_with, stream};
use crate::api::sse::STREAMS_MAX;
use crate::api::{Api, ApiRequest, Chunks, ResponseBody};
use crate::ports::{Clock as _, EventTable as _};
use crate::subscriptions::kit::event;

/// An open stream, read message by message.
pub(super) struct Reader {
    chunks: Chunks,
}

impl Reader {
    pub(super) async fn open(shop: &Api<World>, request: ApiRequest) -> Self {
        let (reader, greeting) = Self::open_and_greet(shop, request).await;
        assert_eq!(greeting, "retry: 1000\n\n");
        reader
    }

    /// An open stream, and its first words.
    pub(super) async fn open_and_greet(shop: &Api<World>, request: ApiRequest) -> (Self, String) {
        let response = shop.answer(&request).await;
        assert_eq!(response.status, 200, "{response:?}");
        assert_eq!(response.header("content-type"), Some("text/event-stream"));
        assert_eq!(response.header("cache-control"), Some("no-store, no-transform"));
        assert_eq!(response.header("x-accel-buffering"), Some("no"));
        let ResponseBody::Chunks(chunks) = response.body else { panic!("a stream") };
        let mut reader = Self { chunks };
        let greeting = reader.chunk().await.unwrap();
        (reader, greeting)
    }

    /// The next chunk; `None` at the end.
    pub(super) async fn chunk(&mut self) -> Option<String> {
        self.chunks.next().await.map(|chunk| String::from_utf8(chunk).unwrap())
    }

    /// The messages of the next chunk: id, event, data.
    pub(super) async fn messages(&mut self) -> Vec<(String, String, Value)> {
        let chunk = self.chunk().await.expect("an open stream");
        let read = |message: &str| {
            let field = |name: &str| message.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
            let data = serde_json::from_str(field("data: ")).unwrap_or_default();
            (field("id: ").to_owned(), field("event: ").to_owned(), data)
        };
        chunk.split_terminator("\n\n").map(read).filter(|(id, ..)| !id.is_empty()).collect()
    }

    async fn versions(&mut self) -> Vec<u64> {
        self.messages().await.into_iter().map(|(id, ..)| id.parse().unwrap()).collect()
    }
}

fn streaming(cart: &str) -> ApiRequest {
    request("GET", &format!("/carts/{cart}/stream"))
}

#[tokio::test]
async fn a_stream_is_the_recorded_events_from_where_its_reader_is() {
    let shop = shop();
    let cart = shop.open(7).await;
    shop.ask(&cart, json!([add(1, "milk"), add(2, "bread")])).await;
    let messages = Reader::open(&shop, streaming(&cart)).await.messages().await;
    let heads: Vec<_> = messages.iter().map(|(id, event, _)| (id.as_str(), event.as_str())).collect();
    let (opened, added) = ("tillroll.cart.CartOpened", "tillroll.cart.ItemAdded");
    assert_eq!(heads, [("1", opened), ("2", added), ("3", added)]);
    let page = shop.get(&format!("/carts/{cart}/events")).await.json();
    let events: Vec<&Value> = messages.iter().map(|(.., data)| data).collect();
    assert_eq!(json!(events), page["events"]);

    for (query, last, versions) in [
        ("?after=1", None, vec![2, 3]),
        ("", Some("2"), vec![3]),
        ("?after=1", Some("2"), vec![3]),
        ("", Some(" 0 "), vec![1, 2, 3]),
    ] {
        let request = request("GET", &format!("/carts/{cart}/stream{query}"));
        let request = last.map_or(request.clone(), |last| request.with("last-event-id", last));
        assert_eq!(Reader::open(&shop, request).await.versions().await, versions, "{query} {last:?}");
    }
}

#[tokio::test]
async fn an_append_wakes_every_reader_of_its_cart_and_no_other() {
    let shop = shop();
    let (cart, other) = (shop.open(7).await, shop.open(8).await);
    let mut readers = Vec::new();
    for _ in 0..3 {
        readers.push(Reader::open(&shop, streaming(&cart).with("last-event-id", "1")).await);
    }
    let mut stranger = Reader::open(&shop, streaming(&other).with("last-event-id", "1")).await;
    shop.ask(&cart, json!([add(1, "milk"), add(2, "bread")])).await;
    for reader in &mut readers {
        assert_eq!(reader.versions().await, [2, 3]);
    }
    assert_eq!(shop.ports().clock.elapsed_ms(), 0, "nobody had to wait");
    assert_eq!(stranger.chunk().await.as_deref(), Some(": \n\n"), "a sign of life and no event");
    assert_eq!(shop.ports().clock.elapsed_ms(), 15_000);
    drop((readers, stranger));
    assert_eq!(shop.ports().news.awaited_streams(), 0);
}

#[tokio::test]
async fn an_append_that_told_nobody_is_found_with_the_next_sign_of_life() {
    let shop = shop();
    let cart = shop.open(7).await;
    let mut reader = Reader::open(&shop, streaming(&cart).with("last-event-id", "1")).await;
    assert_eq!(reader.chunk().await.as_deref(), Some(": \n\n"));
    shop.ports().table.append(&[event(stream(7), 2, "ItemAdded", json!({"item_name": "milk"}))]).await.unwrap();
    assert_eq!(reader.versions().await, [2]);
}

#[tokio::test]
async fn a_stream_ends_before_fifteen_minutes_and_is_never_silent_for_long() {
    let shop = shop();
    let cart = shop.open(7).await;
    let mut reader = Reader::open(&shop, streaming(&cart).with("last-event-id", "1")).await;
    let mut heartbeats = 0;
    while let Some(chunk) = reader.chunk().await {
        assert_eq!(chunk, ": \n\n");
        heartbeats += 1;
        assert!(shop.ports().clock.elapsed_ms() <= heartbeats * 15_000);
    }
    let lasted_ms = shop.ports().clock.elapsed_ms();
    assert!((13 * 60_000..=14 * 60_000).contains(&lasted_ms), "{lasted_ms}");
    assert!(heartbeats >= 52, "{heartbeats}");
}

#[tokio::test]
async fn a_slow_reader_gets_everything_in_chunks_of_a_bounded_size() {
    let shop = shop();
    let cart = shop.open(7).await;
    for step in 0..8 {
        let commands: Vec<_> = (1..=25).map(|n| add(step * 25 + n, "milk")).collect();
        shop.ask(&cart, json!(commands)).await;
    }
    let mut reader = Reader::open(&shop, streaming(&cart)).await;
    let mut seen = Vec::new();
    while seen.len() < 201 {
        let versions = reader.versions().await;
        assert!(versions.len() <= 64, "{}", versions.len());
        seen.extend(versions);
    }
    assert_eq!(seen, (1..=201).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_stream_that_meets_a_fault_ends_and_its_reader_comes_back_for_the_rest() {
    let shop = shop();
    let cart = shop.open(7).await;
    let mut reader = Reader::open(&shop, streaming(&cart)).await;
    shop.ports().table.faults().fail_next(1);
    assert_eq!(reader.chunk().await, None);
    assert_eq!(Reader::open(&shop, streaming(&cart)).await.versions().await, [1]);
}

#[tokio::test]
async fn f26_a_place_in_a_stream_that_never_was() {
    let shop = shop();
    let cart = shop.open(7).await;
    for (last, problem) in [
        ("2", (404, "version_not_found")),
        ("18446744073709551615", (404, "version_not_found")),
        ("18446744073709551616", (400, "invalid_header")),
        ("-1", (400, "invalid_header")),
        ("", (400, "invalid_header")),
        ("v1", (400, "invalid_header")),
        ("1, 2", (400, "invalid_header")),
    ] {
        let reply = shop.send(streaming(&cart).with("last-event-id", last)).await;
        assert_eq!(reply.problem(), (problem.0, problem.1.to_owned()), "{last:?}");
    }
    for (query, problem) in [
        ("after=2", (404, "version_not_found")),
        ("after=-1", (400, "invalid_query")),
        ("after=x", (400, "invalid_query")),
        ("from=1", (400, "invalid_query")),
    ] {
        let reply = shop.get(&format!("/carts/{cart}/stream?{query}")).await;
        assert_eq!(reply.problem(), (problem.0, problem.1.to_owned()), "{query}");
    }
    for missing in [id(8), "nope".to_owned(), cart.to_uppercase() + "F"] {
        for after in ["", "?after=1"] {
            let reply = shop.get(&format!("/carts/{missing}/stream{after}")).await;
            assert_eq!(reply.problem(), (404, "cart_not_found".to_owned()), "{missing}{after}");
        }
    }
}

#[tokio::test]
async fn head_and_options_open_nothing() {
    let shop = shop();
    let cart = shop.open(7).await;
    let head = shop.send(request("HEAD", &format!("/carts/{cart}/stream"))).await;
    assert_eq!((head.status, head.header("content-type"), head.text.as_str()), (200, Some("text/event-stream"), ""));
    assert_eq!(head.header("content-length"), None, "nobody knows how long it will be");
    let options = shop.send(request("OPTIONS", &format!("/carts/{cart}/stream"))).await;
    assert_eq!((options.status, options.header("allow")), (204, Some("GET, HEAD, OPTIONS")));
    assert_eq!(shop.send(posting(&format!("/carts/{cart}/stream"), "{}")).await.status, 405);
    assert_eq!(shop.ports().news.awaited_streams(), 0);
}

#[tokio::test]
async fn there_are_so_many_streams_and_the_next_one_is_told_to_come_back() {
    let shop = shop();
    let cart = shop.open(7).await;
    let mut open = Vec::new();
    for _ in 0..STREAMS_MAX {
        open.push(Reader::open(&shop, streaming(&cart)).await);
    }
    let refused = shop.send(streaming(&cart)).await;
    assert_eq!((refused.problem(), refused.header("retry-after")), ((503, "unavailable".to_owned()), Some("5")));
    open.pop();
    Reader::open(&shop, streaming(&cart)).await;
}

#[tokio::test]
async fn f22_a_stream_opens_for_whom_its_cart_opens_and_ends_before_it_is_somebody_elses() {
    let shop = shop_with(|settings| settings.check_owner = true);
    let token = "correct horse battery staple";
    let hash = request("GET", "/").with("tillroll-cart-token", token).cart_token_hash();
    let opened = json!({"command_id": id(1), "cart_id": id(7), "token_hash": hash});
    assert_eq!(shop.post("/carts", &opened).await.status, 201);
    for foreign in [streaming(&id(7)), streaming(&id(7)).with("tillroll-cart-token", "guess")] {
        assert_eq!(shop.send(foreign).await.problem(), (404, "cart_not_found".to_owned()));
    }
    let mut reader = Reader::open(&shop, streaming(&id(7)).with("tillroll-cart-token", token)).await;
    assert_eq!(reader.versions().await, [1]);
    let claim = event(stream(7), 2, "CartClaimed", json!({"owner_ref": "somebody"}));
    let (next, ()) = join(reader.chunk(), async { shop.ports().table.append(&[claim]).await.unwrap() }).await;
    assert!(next.is_none_or(|chunk| chunk == ": \n\n"));
    assert_eq!(reader.chunk().await, None, "what comes after the claim is for its new owner");
    let again = streaming(&id(7)).with("tillroll-cart-token", token).with("last-event-id", "1");
    assert_eq!(shop.send(again).await.problem(), (404, "cart_not_found".to_owned()));
}
