//! Refusals that are kept for whoever wonders.

use serde_json::{Value, json};

use super::{add, id, posting, request, sent, shop, shop_with};
use crate::memory::MemoryRows;
use crate::ports::Clock as _;
use std::time::Duration;

const DAY: Duration = Duration::from_hours(24);

fn codes(list: &Value) -> Vec<(&str, u64)> {
    let refusals = list["refusals"].as_array().unwrap();
    refusals.iter().map(|r| (r["code"].as_str().unwrap(), r["version"].as_u64().unwrap())).collect()
}

fn remove(n: u128, sku: &str) -> Value {
    sent(n, "RemoveItem", json!({"sku": sku}))
}

#[tokio::test]
async fn refusals_are_kept_newest_first_with_the_version_they_were_judged_on() {
    let shop = shop();
    let cart = shop.open(7).await;
    assert_eq!(shop.get(&format!("/carts/{cart}/refusals")).await.json(), json!({"refusals": [], "lost": 0}));
    shop.ask(&cart, json!([remove(1, "milk"), add(2, "milk"), remove(3, "<b>bread</b>")])).await;
    shop.ports().clock.pause(DAY).await;
    shop.ask(&cart, json!([remove(4, "tea")])).await;
    let list = shop.get(&format!("/carts/{cart}/refusals")).await.json();
    assert_eq!(codes(&list), [("line_not_found", 2), ("line_not_found", 2), ("line_not_found", 1)]);
    let middle = &list["refusals"][1];
    assert_eq!((&middle["command_id"], &middle["type"]), (&json!(id(3)), &json!("RemoveItem")));
    assert_eq!(middle["time"], "2017-07-14T02:40:00Z");
    assert_eq!(middle["details"]["sku"], "<b>bread</b>", "text stays text");
    assert!(middle["message"].as_str().unwrap().len() > 5 && middle["actor"].is_null(), "{middle}");
    let newest = shop.get(&format!("/carts/{cart}/refusals?limit=1")).await.json();
    assert_eq!(newest["refusals"][0]["command_id"], id(4));

    shop.ports().clock.pause(DAY * 30).await;
    assert_eq!(codes(&shop.get(&format!("/carts/{cart}/refusals")).await.json()).len(), 1, "30 days, and no more");
}

#[tokio::test]
async fn only_the_newest_hundred_are_kept() {
    let shop = shop();
    let cart = shop.open(7).await;
    for request in 0..12 {
        let commands: Vec<_> = (0..10).map(|n| remove(1 + request * 10 + n, "milk")).collect();
        shop.ask(&cart, json!(commands)).await;
    }
    let list = shop.get(&format!("/carts/{cart}/refusals")).await.json();
    let ids: Vec<&str> =
        list["refusals"].as_array().unwrap().iter().map(|r| r["command_id"].as_str().unwrap()).collect();
    let newest: Vec<String> = (21..=120).rev().map(id).collect();
    assert_eq!(ids, newest);
    assert_eq!(shop.ports().rows.all().len(), 101, "a ring of rows and its count");
}

#[tokio::test]
async fn what_was_not_refused_in_earnest_leaves_no_trace() {
    let shop = shop();
    let cart = shop.open(7).await;
    shop.ask(&cart, json!([add(1, "milk")])).await;
    let dry = json!({"commands": [remove(2, "tea")], "dry_run": true});
    shop.post(&format!("/carts/{cart}/commands"), &dry).await;
    shop.ask(&id(8), json!([remove(3, "tea")])).await;
    shop.post("/carts", &json!({"command_id": id(4), "cart_id": id(8), "currency": "euros"})).await;
    assert_eq!(shop.ports().rows.all(), [], "nothing is stored for accepted commands, dry runs and strangers");
    shop.post("/carts", &json!({"command_id": id(5), "cart_id": cart})).await.problem();
    let list = shop.get(&format!("/carts/{cart}/refusals")).await.json();
    assert_eq!(codes(&list), [("cart_already_open", 2)]);
    let atomic = json!({"commands": [add(6, "soap"), remove(7, "tea")], "atomic": true});
    shop.post(&format!("/carts/{cart}/commands"), &atomic).await;
    assert_eq!(codes(&shop.get(&format!("/carts/{cart}/refusals")).await.json())[0], ("line_not_found", 2));
}

#[tokio::test]
async fn a_refusal_that_cannot_be_kept_is_counted_and_its_command_answered() {
    let shop = shop();
    let cart = shop.open(7).await;
    let rows: &MemoryRows = &shop.ports().rows;
    rows.faults().fail_next(1);
    assert_eq!(shop.ask(&cart, json!([remove(1, "milk")])).await.verdicts(), ["line_not_found"]);
    let list = shop.get(&format!("/carts/{cart}/refusals")).await.json();
    assert_eq!((codes(&list).len(), &list["lost"]), (0, &json!(1)));
}

#[tokio::test]
async fn f22_refusals_are_for_those_who_may_see_the_cart_and_of_their_commands() {
    let shop = shop_with(|settings| settings.check_owner = true);
    let token = "correct horse battery staple";
    let hash = request("GET", "/").with("tillroll-cart-token", token).cart_token_hash();
    let opened = json!({"command_id": id(1), "cart_id": id(7), "token_hash": hash});
    assert_eq!(shop.post("/carts", &opened).await.status, 201);
    // A stranger tries to open it again, and to take something out.
    shop.post("/carts", &json!({"command_id": id(2), "cart_id": id(7)})).await;
    shop.ask(&id(7), json!([remove(3, "milk")])).await;
    assert_eq!(shop.ports().rows.all(), []);
    let path = format!("/carts/{}/refusals", id(7));
    for (reader, missing) in [(request("GET", &path), false), (request("GET", &path.replace('7', "8")), true)] {
        assert_eq!(shop.send(reader).await.problem(), (404, "cart_not_found".to_owned()), "missing: {missing}");
    }
    let body = json!({"commands": [remove(4, "milk")]}).to_string();
    let own = posting(&format!("/carts/{}/commands", id(7)), body).with("tillroll-cart-token", token);
    shop.send(own).await;
    let list = shop.send(request("GET", &path).with("tillroll-cart-token", token)).await.json();
    assert_eq!(codes(&list), [("line_not_found", 1)]);
    for wrong in ["limit=0", "limit=101", "after=1"] {
        assert_eq!(shop.get(&format!("{path}?{wrong}")).await.problem().1, "invalid_query", "{wrong}");
    }
}
