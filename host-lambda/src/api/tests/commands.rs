//! What becomes of well-formed commands: values, order of judgement, conditions, races, resends.

use super::*;
use crate::functions::command::TRIES_MAX;
use crate::item::image_of_event;
use crate::ports::{Clock as _, EventTable as _};

fn add_with(n: u128, data: Value) -> Value {
    let mut command = add(n, "milk");
    command["data"].as_object_mut().unwrap().extend(data.as_object().unwrap().clone());
    command
}

#[tokio::test]
async fn an_accepted_command_answers_with_its_events() {
    let shop = shop();
    let cart = shop.open(7).await;
    let reply = shop.ask(&cart, json!([add(1, "milk"), sent(2, "RemoveItem", json!({"sku": "bread"}))])).await;
    let state_hash = shop.get(&format!("/carts/{cart}")).await.json()["state_hash"].clone();
    assert_eq!(reply.header("etag"), Some("\"2\""));
    assert_eq!(
        reply.json(),
        json!({
            "results": [
                {"command_id": id(1), "status": "accepted", "version": 2, "events": [{
                    "specversion": "1.0",
                    "id": reply.json()["results"][0]["events"][0]["id"],
                    "source": "tillroll:api",
                    "type": "tillroll.cart.ItemAdded",
                    "subject": cart,
                    "time": "2017-07-14T02:40:00Z",
                    "datacontenttype": "application/json",
                    "recordedtime": "2017-07-14T02:40:00Z",
                    "sequence": 2,
                    "schemaversion": 1,
                    "commandid": id(1),
                    "commandhash": reply.json()["results"][0]["events"][0]["commandhash"],
                    "correlationid": id(1),
                    "reducer": REDUCER,
                    "data": {
                        "shopping_cart_uuid": cart,
                        "item_name": "milk",
                        "sku": "milk",
                        "quantity": 1,
                        "price": {"minor": 100, "per": 1},
                    },
                }]},
                {"command_id": id(2), "status": "refused", "code": "line_not_found",
                 "message": "the cart has no line \"bread\"", "details": {"sku": "bread"}},
            ],
            "version": 2,
            "state_hash": state_hash,
            "reducer": REDUCER,
        })
    );
}

/// Each of these makes an `AddItem` that is refused with `code`, with details, and nothing is written.
async fn refused(code: &str, wrong: &[Value]) {
    let shop = shop();
    let cart = shop.open(7).await;
    for (n, data) in (1..).zip(wrong) {
        let reply = shop.ask(&cart, json!([add_with(n, data.clone())])).await;
        assert_eq!(reply.verdicts(), [code], "{data}");
        assert!(reply.json()["results"][0]["details"].is_object(), "{data}");
    }
    assert_eq!(shop.event_count(), 1);
}

#[tokio::test]
async fn f09_quantities_that_are_none_are_refused() {
    let wrong = [json!(0), json!(-1), json!(1_000_001), json!(i64::MIN)];
    refused("invalid_quantity", &wrong.map(|quantity| json!({"quantity": quantity}))).await;
}

#[tokio::test]
async fn f11_names_that_are_none_are_refused() {
    let long = "x".repeat(257);
    let wrong = ["", "   ", &long, "a\u{0}b", "a\nb", "a\u{85}b"];
    refused("invalid_name", &wrong.map(|name| json!({"item_name": name}))).await;
    refused("invalid_name", &wrong.map(|sku| json!({"sku": sku}))).await;
}

#[tokio::test]
async fn f16_prices_that_are_none_are_refused() {
    let past = json!({"minor": 9_007_199_254_740_992_u64});
    let wrong = [json!({"minor": 100, "per": 0}), json!({"minor": -1}), json!({"minor": 1, "per": 1_000_001}), past];
    refused("invalid_price", &wrong.map(|price| json!({"price": price}))).await;
}

#[tokio::test]
async fn f10_sums_over_a_limit_are_refused() {
    let shop = shop();
    let cart = shop.open(7).await;
    let full = add_with(1, json!({"quantity": 1_000_000}));
    let dear = json!({"item_name": "gold", "price": {"minor": 9_007_199_254_740_991_u64}});
    let reply = shop.ask(&cart, json!([full, add(2, "milk"), add_with(3, dear)])).await;
    assert_eq!(reply.verdicts(), ["accepted", "invalid_quantity", "total_too_large"]);
}

#[tokio::test]
async fn f12_f13_odd_text_is_stored_as_it_came() {
    let shop = shop();
    let cart = shop.open(7).await;
    let names =
        ["\u{202e}evil\u{200b}", "🥛🏴‍☠️", "<script>alert(1)</script>", "' OR 1=1 --", "${jndi:ldap://x}", "=cmd()"];
    let commands: Vec<_> = (1..).zip(names).map(|(n, name)| add(n, name)).collect();
    assert_eq!(shop.ask(&cart, json!(commands)).await.verdicts(), vec!["accepted"; names.len()]);
    let state = shop.get(&format!("/carts/{cart}")).await.json();
    let stored: Vec<_> = state["lines"].as_array().unwrap().iter().map(|line| line["item_name"].clone()).collect();
    assert_eq!(stored, names);
}

#[tokio::test]
async fn f14_the_501st_line_is_refused() {
    let shop = shop();
    let cart = shop.open(7).await;
    for twentyfive in 0..20 {
        let commands: Vec<_> = (0..25).map(|n| twentyfive * 25 + n).map(|n| add(n + 1, &format!("item {n}"))).collect();
        assert_eq!(shop.ask(&cart, json!(commands)).await.verdicts(), vec!["accepted"; 25]);
    }
    let reply = shop.ask(&cart, json!([add(501, "one more"), add(502, "item 0")])).await;
    assert_eq!(reply.verdicts(), ["too_many_lines", "accepted"]);
}

#[tokio::test]
async fn f16_a_price_that_is_not_the_catalogue_s_has_changed() {
    let shop = shop_with(|settings| settings.catalogue = Some(catalogue()));
    let cart = shop.open(7).await;
    let commands = json!([
        sent(1, "AddItem", json!({"item_name": "Oat milk", "sku": "milk"})),
        sent(2, "AddItem", json!({"item_name": "Oat milk", "sku": "milk", "price": {"minor": 90}})),
        sent(3, "AddItem", json!({"item_name": "Beer", "sku": "beer"})),
        sent(4, "ApplyDiscount", json!({"code": "SUMMER"})),
        sent(5, "ApplyDiscount", json!({"code": "WINTER"})),
    ]);
    let reply = shop.ask(&cart, commands).await;
    assert_eq!(reply.verdicts(), ["accepted", "price_changed", "item_unknown", "accepted", "discount_unknown"]);
    let details = json!({"sku": "milk", "from": {"minor": 90, "per": 1}, "to": {"minor": 100, "per": 1}});
    assert_eq!(reply.json()["results"][1]["details"], details);
    assert_eq!(shop.get(&format!("/carts/{cart}")).await.json()["total_minor"], 90);
}

#[tokio::test]
async fn f17_a_condition_that_does_not_hold_answers_with_the_missed_events() {
    let shop = shop();
    let cart = shop.open(7).await;
    shop.ask(&cart, json!([add(1, "milk"), add(2, "bread")])).await;
    let path = format!("/carts/{cart}/commands");
    let on = |tag: &str, n| posting(&path, json!({"commands": [add(n, "egg")]}).to_string()).with("if-match", tag);
    let older = shop.send(on("\"1\"", 3)).await;
    assert_eq!(older.problem(), (412, "version_mismatch".to_owned()));
    let missed: Vec<_> =
        older.json()["events"].as_array().unwrap().iter().map(|event| event["sequence"].clone()).collect();
    assert_eq!((&older.json()["version"], missed), (&json!(3), vec![json!(2), json!(3)]));
    assert_eq!((older.header("etag"), &older.json()["cursor"]), (Some("\"3\""), &json!(null)));
    let newer = shop.send(on("\"9\"", 3)).await;
    assert_eq!((newer.problem().0, &newer.json()["version"], &newer.json()["events"]), (412, &json!(3), &json!([])));
    for malformed in ["3", "\"three\"", "W/\"3\""] {
        assert_eq!(shop.send(on(malformed, 3)).await.problem(), (400, "invalid_header".to_owned()), "{malformed}");
    }
    assert_eq!(shop.event_count(), 3);
    assert_eq!(shop.send(on("\"3\"", 3)).await.verdicts(), ["accepted"]);
    assert_eq!(shop.send(on("*", 4)).await.verdicts(), ["accepted"]);
}

#[tokio::test]
async fn ids_already_seen_are_answered_before_the_condition() {
    let shop = shop();
    let cart = shop.open(7).await;
    let path = format!("/carts/{cart}/commands");
    let on_one = |commands: Value| posting(&path, json!({"commands": commands}).to_string()).with("if-match", "\"1\"");
    let first = shop.send(on_one(json!([add(1, "milk")]))).await;
    assert_eq!(first.verdicts(), ["accepted"]);
    let again = shop.send(on_one(json!([add(1, "milk")]))).await;
    assert_eq!(again.json(), first.json(), "the condition held when the command was first sent");
    assert_eq!(shop.send(on_one(json!([add(1, "other")]))).await.verdicts(), ["command_reused"]);
    let with_a_new_one = shop.send(on_one(json!([add(1, "milk"), add(2, "bread")]))).await;
    assert_eq!(with_a_new_one.problem().0, 412);
    assert_eq!(shop.event_count(), 2);
}

#[tokio::test]
async fn f18_a_closed_cart_refuses_every_new_command() {
    let shop = shop();
    let cart = shop.open(7).await;
    let close = sent(2, "CloseCart", json!({"reason": "checked_out"}));
    assert_eq!(
        shop.ask(&cart, json!([add(1, "milk"), close, add(3, "egg")])).await.verdicts(),
        ["accepted", "accepted", "cart_closed"]
    );
    let reply = shop.ask(&cart, json!([add(1, "milk"), sent(4, "OpenCart", json!({}))])).await;
    assert_eq!(reply.verdicts(), ["accepted", "cart_closed"], "what was accepted before is answered still");
}

#[tokio::test]
async fn f19_a_line_that_is_not_there_cannot_be_changed() {
    let shop = shop();
    let cart = shop.open(7).await;
    let change = sent(1, "ChangeQuantity", json!({"sku": "milk", "quantity": 2}));
    let reply = shop.ask(&cart, json!([change, sent(2, "RemoveItem", json!({"sku": "milk"}))])).await;
    assert_eq!(reply.verdicts(), ["line_not_found", "line_not_found"]);
}

#[tokio::test]
async fn f20_e05_one_id_is_one_content_for_ever() {
    let shop = shop();
    let cart = shop.open(7).await;
    assert_eq!(shop.ask(&cart, json!([add(1, "milk")])).await.verdicts(), ["accepted"]);
    let reply = shop.ask(&cart, json!([add(1, "bread"), sent(1_007, "OpenCart", json!({"currency": "EUR"}))])).await;
    assert_eq!(reply.verdicts(), ["command_reused", "command_reused"]);
    let reopened = json!({"command_id": id(1_007), "cart_id": cart, "currency": "EUR"});
    assert_eq!(shop.post("/carts", &reopened).await.problem(), (422, "command_reused".to_owned()));
    assert_eq!(shop.event_count(), 2);
}

#[tokio::test]
async fn e04_the_same_command_hours_later_gets_the_same_answer() {
    let shop = shop();
    let cart = shop.open(7).await;
    let first = shop.ask(&cart, json!([add(1, "milk")])).await.json();
    shop.ask(&cart, json!([add(2, "bread")])).await;
    shop.ports().clock.advance(std::time::Duration::from_hours(9));
    let again = shop.ask(&cart, json!([add(1, "milk")])).await.json();
    assert_eq!(again["results"], first["results"], "its own version, its own events, their old times");
    assert_eq!((&again["version"], shop.event_count()), (&json!(3), 3));
}

#[tokio::test]
async fn an_answer_that_was_lost_is_found_by_sending_again() {
    let shop = shop();
    let cart = shop.open(7).await;
    shop.ports().table.faults().lose_next_answers(1);
    let lost = shop.ask(&cart, json!([add(1, "milk")])).await;
    assert_eq!((lost.problem().0, &lost.json()["outcome"]), (503, &json!("unknown")));
    assert_eq!(shop.ask(&cart, json!([add(1, "milk")])).await.verdicts(), ["accepted"]);
    assert_eq!(shop.event_count(), 2);
}

#[tokio::test]
async fn an_atomic_request_with_a_refusal_writes_nothing() {
    let shop = shop();
    let cart = shop.open(7).await;
    let path = format!("/carts/{cart}/commands");
    shop.ask(&cart, json!([add(1, "milk")])).await;
    let commands = json!([add(1, "milk"), add(2, "egg"), sent(3, "RemoveItem", json!({"sku": "bread"}))]);
    let reply = shop.post(&path, &json!({"commands": commands, "atomic": true})).await;
    assert_eq!(reply.verdicts(), ["accepted", "skipped", "line_not_found"], "what happened before stays so");
    assert_eq!(reply.json()["results"][1], json!({"command_id": id(2), "status": "skipped"}));
    assert_eq!((&reply.json()["version"], shop.event_count()), (&json!(2), 2));
    let reply = shop.post(&path, &json!({"commands": [add(2, "egg"), add(4, "ham")], "atomic": true})).await;
    assert_eq!(reply.verdicts(), ["accepted", "accepted"]);
}

#[tokio::test]
async fn a_dry_run_judges_and_writes_nothing() {
    let shop = shop();
    let cart = shop.open(7).await;
    let body = json!({"commands": [add(1, "milk"), add(2, "")], "dry_run": true});
    let dry = shop.post(&format!("/carts/{cart}/commands"), &body).await;
    assert_eq!(dry.verdicts(), ["accepted", "invalid_name"]);
    assert_eq!((&dry.json()["dry_run"], &dry.json()["version"]), (&json!(true), &json!(1)));
    assert_eq!(shop.event_count(), 1);
    let wet = shop.ask(&cart, json!([add(1, "milk")])).await.json();
    assert_eq!(wet["results"][0], dry.json()["results"][0]);
}

#[tokio::test]
async fn only_a_quantity_that_is_so_already_is_a_noop() {
    let shop = shop();
    let cart = shop.open(7).await;
    let same = sent(2, "ChangeQuantity", json!({"sku": "milk", "quantity": 1}));
    let reply = shop.ask(&cart, json!([add(1, "milk"), same])).await;
    assert_eq!(reply.json()["results"][1], json!({"command_id": id(2), "status": "noop", "version": 2}));
    assert_eq!(shop.event_count(), 2);
}

#[tokio::test]
async fn a_missing_cart_is_not_found_unless_the_first_command_opens_it() {
    let shop = shop();
    assert_eq!(shop.ask(&id(7), json!([add(1, "milk")])).await.problem(), (404, "cart_not_found".to_owned()));
    let late = shop.ask(&id(7), json!([add(1, "milk"), sent(2, "OpenCart", json!({}))])).await;
    assert_eq!(late.problem(), (404, "cart_not_found".to_owned()));
    let bad = shop.ask(&id(7), json!([sent(2, "OpenCart", json!({"currency": "euro"})), add(1, "milk")])).await;
    assert_eq!(bad.verdicts(), ["invalid_currency", "cart_not_found"]);
    assert_eq!((&bad.json()["version"], &bad.json()["state_hash"]), (&json!(0), &json!(null)));
    let opened = shop.ask(&id(7), json!([sent(2, "OpenCart", json!({})), add(1, "milk")])).await;
    assert_eq!(opened.verdicts(), ["accepted", "accepted"]);
}

#[tokio::test]
async fn an_idempotency_key_is_the_id_of_a_single_command() {
    let shop = shop();
    let cart = shop.open(7).await;
    let path = format!("/carts/{cart}/commands");
    let bare = json!({"type": "AddItem", "data": {"item_name": "milk"}});
    let with_key = |body: Value, key: &str| posting(&path, body.to_string()).with("idempotency-key", key);
    let reply = shop.send(with_key(json!({"commands": [bare]}), &id(1))).await;
    assert_eq!(reply.json()["results"][0]["command_id"], id(1));
    assert_eq!(shop.send(with_key(json!({"commands": [bare]}), &id(1))).await.verdicts(), ["accepted"]);
    assert_eq!(shop.event_count(), 2);
    let same = shop.send(with_key(json!({"commands": [add(2, "egg")]}), &id(2))).await;
    assert_eq!(same.verdicts(), ["accepted"]);
    for (body, key, code) in [
        (json!({"commands": [add(3, "egg")]}), id(4), "invalid_command_id"),
        (json!({"commands": [bare]}), "x".to_owned(), "invalid_command_id"),
        (json!({"commands": [add(3, "egg"), add(4, "ham")]}), id(3), "invalid_header"),
    ] {
        assert_eq!(shop.send(with_key(body, &key)).await.problem(), (400, code.to_owned()));
    }
    let opened = posting("/carts", "{}").with("idempotency-key", &id(77));
    assert_eq!(shop.send(opened).await.status, 201);
}

#[tokio::test]
async fn events_of_a_newer_build_stop_every_decision() {
    let shop = shop();
    let cart = shop.open(7).await;
    let mut unknown = shop.ports().table.load(stream(7), 0, None).await.unwrap().remove(0);
    unknown.version = 2;
    unknown.name = "CartGiftWrapped".to_owned();
    shop.ports().table.append(&[unknown]).await.unwrap();
    let reply = shop.ask(&cart, json!([add(1, "milk")])).await;
    assert_eq!(reply.problem(), (500, "fault".to_owned()));
    assert_eq!(shop.event_count(), 2);
    let state = shop.get(&format!("/carts/{cart}")).await;
    assert_eq!((state.status, &state.json()["unknown_events"]), (200, &json!(1)), "reads go on and say so");
}

#[tokio::test]
async fn e01_eight_writers_racing_get_exactly_their_versions() {
    let shop = std::sync::Arc::new(shop());
    let cart = shop.open(7).await;
    let writers = (0..8_u128).map(|writer| {
        let (shop, cart) = (std::sync::Arc::clone(&shop), cart.clone());
        tokio::spawn(async move {
            let mut versions = Vec::new();
            for n in 0..20 {
                let reply = shop.ask(&cart, json!([add(1 + writer * 100 + n, "milk")])).await;
                versions.push(reply.json()["results"][0]["version"].as_u64().unwrap());
            }
            versions
        })
    });
    let mut versions = Vec::new();
    for writer in writers.collect::<Vec<_>>() {
        versions.extend(writer.await.unwrap());
    }
    versions.sort_unstable();
    assert_eq!(versions, (2..=161).collect::<Vec<_>>());
}

/// A table at which another writer always comes first, so many times.
struct Contested {
    table: MemoryTable,
    times: std::sync::atomic::AtomicU32,
}

impl crate::ports::EventTable for Contested {
    async fn load(
        &self,
        stream: StreamId,
        after: u64,
        limit: Option<u32>,
    ) -> Result<Vec<crate::record::EventRecord>, Fault> {
        self.table.load(stream, after, limit).await
    }

    async fn append(&self, events: &[crate::record::EventRecord]) -> Result<(), crate::ports::AppendError> {
        use std::sync::atomic::Ordering::SeqCst;
        let left = self.times.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1));
        if let (Ok(left), Some(first)) = (left, events.first()) {
            let mut rival = first.clone();
            rival.circumstances.command = None;
            rival.circumstances.event_id = tillroll_core::id::EventId::new(Uuid::from_u128(left.into()));
            self.table.append(&[rival]).await?;
        }
        self.table.append(events).await
    }

    async fn scan(&self, from: Option<crate::ports::ScanPosition>) -> Result<crate::ports::ScanPage, Fault> {
        self.table.scan(from).await
    }
}

async fn contested(times: u32, if_match: Option<&str>) -> Result<u64, (u16, &'static str)> {
    use crate::functions::command::{CommandRequest, IfMatch, Origin, Sent, command};
    use tillroll_core::cart::{CartRequest, Terms};

    let shop = shop();
    shop.open(7).await;
    let table = Contested { table: shop.ports().table.clone(), times: times.into() };
    let add = CartRequest::deserialize_data("AddItem", json!({"item_name": "milk"})).unwrap().unwrap();
    let request = CommandRequest {
        cart: stream(7),
        commands: vec![Sent { id: id(1).parse().unwrap(), request: add }],
        atomicity: tillroll_core::judge::Atomicity::EachOnItsOwn,
        dry_run: false,
        if_match: if_match.map(|version| IfMatch::Version(version.parse().unwrap())),
        origin: Origin::default(),
    };
    let (clock, news) = (&shop.ports().clock, &shop.ports().news);
    let repository = crate::repository::Repository::new(table);
    let reply = command(&request, Terms::AS_GIVEN, &repository, clock, news).await;
    assert!(clock.elapsed_ms() < 9_000, "a caller gets an answer while it still listens");
    reply.map(|reply| reply.cart.head().version).map_err(|error| {
        let problem = crate::api::Problem::from(error);
        (problem.status(), problem.code())
    })
}

#[tokio::test]
async fn a_lost_race_is_decided_again_until_the_tries_are_used_up() {
    assert_eq!(contested(3, None).await, Ok(5));
    assert_eq!(contested(TRIES_MAX / 2, None).await, Ok(u64::from(TRIES_MAX / 2) + 2));
    assert_eq!(contested(TRIES_MAX, None).await, Err((409, "conflict")));
}

#[tokio::test]
async fn with_a_condition_a_lost_race_is_never_decided_again() {
    assert_eq!(contested(0, Some("1")).await, Ok(2));
    assert_eq!(contested(1, Some("1")).await, Err((412, "version_mismatch")));
}

#[tokio::test]
async fn one_event_stays_below_a_kilobyte() {
    let shop = shop();
    let cart = shop.open(7).await;
    let traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let adding =
        posting(&format!("/carts/{cart}/commands"), json!({"commands": [add(1, "Oat milk, 1 litre")]}).to_string());
    shop.send(adding.with("traceparent", traceparent)).await;
    let event = shop.ports().table.load(stream(7), 1, None).await.unwrap().remove(0);
    let bytes = serde_json::to_vec(&image_of_event(&event)).unwrap().len();
    assert!(bytes < 1_400, "{bytes} bytes with the names of types, which DynamoDB does not count");
}
