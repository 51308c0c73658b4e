//! What is different between two versions, and packed events.

use tillroll_core::packed::{History, MEDIA_TYPE};

use super::*;
use crate::ports::EventTable as _;

/// Cart 7 with milk at version 2, two of it at 3, tea at 4.
async fn basket(shop: &Api<World>) -> String {
    let cart = shop.open(7).await;
    let more = sent(2, "ChangeQuantity", json!({"sku": "milk", "quantity": 2}));
    assert_eq!(shop.ask(&cart, json!([add(1, "milk"), more, add(3, "tea")])).await.verdicts(), ["accepted"; 3]);
    cart
}

#[tokio::test]
async fn a_diff_names_every_place_that_differs() {
    let shop = shop();
    let cart = basket(&shop).await;
    let reply = shop.get(&format!("/carts/{cart}/diff?from=2&to=3")).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(
        reply.json(),
        json!({"cart_id": cart, "currency": null, "from": 2, "to": 3, "changes": [
            {"path": "/lines/milk/quantity", "from": 1, "to": 2},
            {"path": "/lines/milk/total_minor", "from": 100, "to": 200},
            {"path": "/subtotal_minor", "from": 100, "to": 200},
            {"path": "/total_minor", "from": 100, "to": 200},
        ]})
    );
    let from_nothing = shop.get(&format!("/carts/{cart}/diff?from=0&to=1")).await;
    assert_eq!(from_nothing.json()["changes"], json!([{"path": "/status", "from": null, "to": "open"}]));
    let back = shop.get(&format!("/carts/{cart}/diff?from=4&to=3")).await.json();
    assert_eq!((&back["changes"][0]["path"], &back["changes"][0]["to"]), (&json!("/lines/tea"), &Value::Null));
    assert_eq!(shop.get(&format!("/carts/{cart}/diff?from=3&to=3")).await.json()["changes"], json!([]));
}

#[tokio::test]
async fn a_diff_of_stored_history_may_be_kept_for_ever() {
    let shop = shop();
    let cart = basket(&shop).await;
    let path = format!("/carts/{cart}/diff?from=2&to=4");
    let reply = shop.get(&path).await;
    assert_eq!(reply.header("cache-control"), Some("private, max-age=31536000, immutable"));
    assert_eq!(reply.header("etag"), Some("\"2-4\""));
    let again = shop.send(request("GET", &path).with("if-none-match", "\"2-4\"")).await;
    assert_eq!((again.status, again.text.as_str()), (304, ""));
}

#[tokio::test]
async fn a_diff_over_what_this_build_does_not_know_is_not_kept() {
    let shop = shop();
    let cart = basket(&shop).await;
    let table = &shop.ports().table;
    let newest = table.load(stream(7), 3, None).await.unwrap().remove(0);
    let weighed = crate::record::EventRecord { version: 5, name: "ItemWeighed".to_owned(), ..newest };
    table.append(&[weighed]).await.unwrap();
    let reply = shop.get(&format!("/carts/{cart}/diff?from=4&to=5")).await;
    assert_eq!(reply.json()["changes"], json!([{"path": "/unknown_events", "from": 0, "to": 1}]));
    assert_eq!(reply.header("cache-control"), Some("no-store"), "a newer build would fold it");
}

#[tokio::test]
async fn f26_a_diff_with_versions_that_never_were() {
    let shop = shop();
    let cart = basket(&shop).await;
    for query in ["from=1&to=5", "from=5&to=1", "from=0&to=4294967297", "from=18446744073709551615&to=1"] {
        let problem = shop.get(&format!("/carts/{cart}/diff?{query}")).await.problem();
        assert_eq!(problem, (404, "version_not_found".to_owned()), "{query}");
    }
    for query in [
        "",
        "from=1",
        "to=1",
        "from=-1&to=2",
        "from=1&to=two",
        "from=1.5&to=2",
        "from=1&to=2&at=3",
        "from=1&from=2&to=3",
    ] {
        let problem = shop.get(&format!("/carts/{cart}/diff?{query}")).await.problem();
        assert_eq!(problem, (400, "invalid_query".to_owned()), "{query}");
    }
    for query in ["from=0&to=0", "from=0&to=1"] {
        let problem = shop.get(&format!("/carts/{}/diff?{query}", id(99))).await.problem();
        assert_eq!(problem, (404, "cart_not_found".to_owned()), "{query}");
    }
}

#[tokio::test]
async fn f22_a_foreign_cart_has_no_diff() {
    let shop = shop_with(|settings| settings.check_owner = true);
    let token = format!("{:064x}", 5);
    let body = json!({"command_id": id(1), "cart_id": id(7), "token_hash": token});
    assert_eq!(shop.post("/carts", &body).await.status, 201);
    let problem = shop.get(&format!("/carts/{}/diff?from=0&to=1", id(7))).await.problem();
    assert_eq!(problem, (404, "cart_not_found".to_owned()));
}

#[tokio::test]
async fn events_come_packed_to_whoever_asks_for_it() {
    let shop = shop();
    let cart = basket(&shop).await;
    let ask = |query: &str| request("GET", &format!("/carts/{cart}/events{query}")).with("accept", MEDIA_TYPE);
    let response = shop.answer(&ask("")).await;
    assert_eq!((response.status, response.header("content-type")), (200, Some(MEDIA_TYPE)));
    assert_eq!((response.header("vary"), response.header("link")), (Some("accept"), None));
    let bytes = response.body.into_whole().unwrap();
    let history = History::open(&bytes).unwrap();
    let records: Vec<_> = history
        .entries::<tillroll_core::cart::Cart>()
        .map(|entry| crate::packing::record_of(stream(7), entry.unwrap()).unwrap())
        .collect();
    assert_eq!(records, shop.ports().table.load(stream(7), 0, None).await.unwrap());

    let page = shop.answer(&ask("?after=1&limit=2")).await;
    let next = format!("</carts/{cart}/events?after=3&limit=2>; rel=\"next\"");
    assert_eq!(page.header("link"), Some(next.as_str()));
    let bytes = page.body.into_whole().unwrap();
    let history = History::open(&bytes).unwrap();
    assert_eq!((history.header().after, history.frames().count()), (1, 2));
}

#[tokio::test]
async fn events_are_json_unless_the_caller_says_otherwise() {
    let shop = shop();
    let cart = basket(&shop).await;
    let path = format!("/carts/{cart}/events");
    for accept in ["*/*", "application/json", "text/html, */*;q=0.1", &format!("{MEDIA_TYPE};q=0.5, application/json")]
    {
        let reply = shop.send(request("GET", &path).with("accept", accept)).await;
        let types = (reply.header("content-type"), reply.header("vary"));
        assert_eq!(types, (Some("application/json"), Some("accept")), "{accept}");
    }
    let reply = shop.send(request("GET", &path).with("accept", "text/html")).await;
    assert_eq!((reply.problem(), reply.header("vary")), ((406, "not_acceptable".to_owned()), Some("accept")));
}
