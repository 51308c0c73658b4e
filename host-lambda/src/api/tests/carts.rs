//! Opening carts, looking at them now and as they were, and at their events.

use std::time::Duration;

use super::*;
use crate::ports::{Clock as _, EventTable as _, News as _};

#[tokio::test]
async fn a_cart_is_opened_and_a_resend_gets_the_same_answer() {
    let shop = shop();
    let body = json!({"command_id": id(1), "cart_id": id(7), "currency": "EUR"});
    let first = shop.post("/carts", &body).await;
    assert_eq!(first.status, 201);
    assert_eq!(
        (first.header("location"), first.header("etag")),
        (Some(format!("/carts/{}", id(7)).as_str()), Some("\"1\""))
    );
    let json = first.json();
    assert_eq!(
        (&json["cart_id"], &json["version"], &json["state"]["currency"]),
        (&json!(id(7)), &json!(1), &json!("EUR"))
    );
    assert_eq!(
        (&json["state_hash"], &json["results"][0]["status"]),
        (&json["state"]["state_hash"], &json!("accepted"))
    );
    let again = shop.post("/carts", &body).await;
    assert_eq!((again.status, again.json(), shop.event_count()), (201, first.json(), 1));
}

#[tokio::test]
async fn without_a_cart_id_the_command_s_id_makes_one() {
    let shop = shop();
    let first = shop.post("/carts", &json!({"command_id": id(1)})).await;
    let cart = Uuid::new_v5(&Uuid::from_u128(1), b"cart").to_string();
    assert_eq!((first.status, &first.json()["cart_id"]), (201, &json!(cart)));
    assert_eq!(shop.post("/carts", &json!({"command_id": id(1)})).await.json(), first.json());
    assert_eq!(shop.event_count(), 1);
}

#[tokio::test]
async fn opening_can_fail_in_four_ways() {
    let shop = shop();
    shop.open(7).await;
    for (body, status, code) in [
        (json!({"command_id": id(1), "cart_id": id(7)}), 409, "cart_already_open"),
        (json!({"command_id": id(1), "currency": "euro"}), 422, "invalid_currency"),
        (json!({"command_id": id(1), "cart_id": "x"}), 400, "malformed_json"),
        (json!({"command_id": id(1), "cart": id(8)}), 400, "unknown_field"),
    ] {
        let reply = shop.post("/carts", &body).await;
        assert_eq!(reply.problem(), (status, code.to_owned()), "{body}");
    }
    assert_eq!(shop.event_count(), 1);
}

#[tokio::test]
async fn a_cart_shows_its_state_and_whether_it_changed() {
    let shop = shop();
    let cart = shop.open(7).await;
    shop.ask(&cart, json!([add(1, "milk")])).await;
    let path = format!("/carts/{cart}");
    let reply = shop.get(&path).await;
    assert_eq!(
        (reply.status, reply.header("etag"), reply.header("cache-control")),
        (200, Some("\"2\""), Some("no-store"))
    );
    let line = json!({"sku": "milk", "item_name": "milk", "quantity": 1, "price": {"minor": 100, "per": 1}, "total_minor": 100});
    assert_eq!(reply.json()["lines"], json!([line]));
    let unchanged = shop.send(request("GET", &path).with("if-none-match", "\"2\"")).await;
    assert_eq!((unchanged.status, unchanged.text.as_str()), (304, ""));
    assert_eq!(shop.send(request("GET", &path).with("if-none-match", "\"1\"")).await.status, 200);
}

#[tokio::test]
async fn f18_a_closed_cart_is_gone_with_its_final_state_and_its_history_stays() {
    let shop = shop();
    let cart = shop.open(7).await;
    shop.ask(&cart, json!([add(1, "milk"), sent(2, "CloseCart", json!({}))])).await;
    let gone = shop.get(&format!("/carts/{cart}")).await;
    assert_eq!(gone.problem(), (410, "cart_closed".to_owned()));
    let state = &gone.json()["state"];
    assert_eq!(
        (&state["status"], &state["total_minor"], &state["version"]),
        (&json!("closed"), &json!(100), &json!(3))
    );
    assert_eq!(shop.get(&format!("/carts/{cart}?version=3")).await.json(), *state);
    assert_eq!(shop.get(&format!("/carts/{cart}?version=2")).await.json()["status"], "open");
    assert_eq!(shop.get(&format!("/carts/{cart}/events")).await.status, 200);
}

#[tokio::test]
async fn f26_versions_that_never_were() {
    let shop = shop();
    let cart = shop.open(7).await;
    for (query, status, code) in [
        ("version=0", 404, "version_not_found"),
        ("version=2", 404, "version_not_found"),
        ("version=18446744073709551615", 404, "version_not_found"),
        ("version=-1", 400, "invalid_query"),
        ("version=one", 400, "invalid_query"),
        ("version=", 400, "invalid_query"),
        ("version=1.0", 400, "invalid_query"),
        ("version=1&at=2017-07-14T02:40:00Z", 400, "invalid_query"),
        ("at=yesterday", 400, "invalid_query"),
        ("at=2017-07-14", 400, "invalid_query"),
        ("at=2017-07-14T02:39:59Z", 404, "version_not_found"),
        ("verison=1", 400, "invalid_query"),
    ] {
        assert_eq!(shop.get(&format!("/carts/{cart}?{query}")).await.problem(), (status, code.to_owned()), "{query}");
    }
    for query in ["version=1", "at=2017-07-14T02:40:00Z"] {
        assert_eq!(shop.get(&format!("/carts/{}?{query}", id(8))).await.problem().1, "cart_not_found", "{query}");
    }
}

#[tokio::test]
async fn a_past_version_never_changes_and_may_be_kept() {
    let shop = shop();
    let cart = shop.open(7).await;
    shop.ask(&cart, json!([add(1, "milk"), add(2, "bread")])).await;
    let reply = shop.get(&format!("/carts/{cart}?version=2")).await;
    assert_eq!((reply.status, reply.header("etag"), &reply.json()["version"]), (200, Some("\"2\""), &json!(2)));
    assert!(reply.header("cache-control").unwrap().contains("immutable"));
}

#[tokio::test]
async fn a_moment_means_the_last_version_recorded_until_then_even_when_clocks_step_back() {
    let shop = shop();
    let cart = shop.open(7).await;
    let clock = &shop.ports().clock;
    for (n, at) in [(1, "2017-07-14T03:00:00Z"), (2, "2017-07-14T02:50:00Z"), (3, "2017-07-14T04:00:00Z")] {
        clock.set(at.parse().unwrap());
        shop.ask(&cart, json!([add(n, "milk")])).await;
    }
    // As the Ruby system writes them: no time at all.
    let mut untimed = shop.ports().table.load(stream(7), 3, None).await.unwrap().remove(0);
    untimed.version = 5;
    untimed.circumstances.recorded_at = None;
    shop.ports().table.append(&[untimed]).await.unwrap();
    for (at, version) in [
        ("2017-07-14T02:40:00Z", 1),
        ("2017-07-14T02:55:00Z", 1),
        ("2017-07-14T05:00:00%2B02:00", 3),
        ("2017-07-14T03:59:59Z", 3),
        ("2017-07-14T04:00:00Z", 5),
        ("2030-01-01T00:00:00Z", 5),
    ] {
        let reply = shop.get(&format!("/carts/{cart}?at={at}")).await;
        assert_eq!((reply.status, &reply.json()["version"]), (200, &json!(version)), "{at}");
        assert_eq!(reply.header("cache-control"), Some("no-store"));
    }
}

#[tokio::test]
async fn events_come_in_pages() {
    let shop = shop();
    let cart = shop.open(7).await;
    shop.ask(&cart, json!([add(1, "milk"), add(2, "bread"), add(3, "egg")])).await;
    let page = |query: &str| {
        let path = format!("/carts/{cart}/events?{query}");
        let shop = &shop;
        async move {
            let json = shop.get(&path).await.json();
            let versions = json["events"].as_array().unwrap().iter().map(|event| event["sequence"].as_u64().unwrap());
            (versions.collect::<Vec<_>>(), json["cursor"].as_str().map(str::to_owned))
        }
    };
    assert_eq!(page("").await, (vec![1, 2, 3, 4], None));
    assert_eq!(page("limit=2").await, (vec![1, 2], Some("2".to_owned())));
    assert_eq!(page("limit=2&after=2").await, (vec![3, 4], None));
    assert_eq!(page("after=4").await, (vec![], None));
    assert_eq!(page("after=400").await, (vec![], None));
    assert_eq!(shop.get(&format!("/carts/{}/events", id(8))).await.problem().1, "cart_not_found");
    for wrong in ["after=-1", "after=x", "limit=0", "limit=1001", "wait=26", "wait=-1", "wait=1.5"] {
        let reply = shop.get(&format!("/carts/{cart}/events?{wrong}")).await;
        assert_eq!(reply.problem(), (400, "invalid_query".to_owned()), "{wrong}");
    }
}

#[tokio::test]
async fn a_long_poll_ends_with_the_news_or_with_its_time() {
    let shop = shop();
    let cart = shop.open(7).await;
    let none = shop.get(&format!("/carts/{cart}/events?after=1&wait=25")).await;
    assert_eq!((none.json(), shop.ports().clock.elapsed_ms()), (json!({"events": [], "cursor": null}), 25_000));

    let waiting = shop.ports().news.wait_for(stream(7), 1, Duration::from_secs(25));
    shop.ask(&cart, json!([add(1, "milk")])).await;
    assert!(waiting.await, "the command function tells those who wait");
    let missing = shop.get(&format!("/carts/{}/events?wait=25", id(8))).await;
    assert_eq!(missing.problem().1, "cart_not_found");
    assert_eq!(shop.ports().clock.elapsed_ms(), 25_000, "nobody waits for a cart that does not exist");
}
