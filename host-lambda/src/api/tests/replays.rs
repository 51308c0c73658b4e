//! Replays as a caller asks for them. That they do what they say is tested where they are driven.

use super::super::replays::EVENT_TYPES;
use super::*;
use tillroll_core::aggregate::Event as _;
use tillroll_core::cart::CartEvent;

async fn started(shop: &Api<World>, body: Value) -> Value {
    let reply = shop.post("/replays", &body).await;
    assert_eq!(reply.status, 202, "{}", reply.text);
    reply.json()
}

async fn change(shop: &Api<World>, run: &Value, change: &str) -> Reply {
    shop.send(request("POST", &format!("/replays/{}/{change}", run["id"].as_str().unwrap()))).await
}

#[test]
fn every_type_that_a_filter_takes_is_the_name_of_an_event() {
    for name in EVENT_TYPES {
        assert!(!matches!(CartEvent::deserialize_data(name, json!({})), Ok(None)), "{name}");
    }
    assert!(matches!(CartEvent::deserialize_data("ItemEaten", json!({})), Ok(None)));
}

#[tokio::test]
async fn what_a_replay_is_to_do_stands_in_its_document() {
    let shop = shop();
    let cart = shop.open(1).await;
    for (body, target, member, value) in [
        (json!({"subscription": "carts"}), "new_generation", "filter", Value::Null),
        (json!({"subscription": "reminders", "in_place": true, "rate": 50}), "live_generation", "rate", json!(50)),
        (
            json!({"subscription": "suggestions", "types": ["tillroll.cart.ItemAdded", "CartClosed"], "carts": null,
                   "from": "2024-01-31T00:00:00Z", "to": "2024-01-31T01:00:00+01:00"}),
            "new_generation",
            "filter",
            json!({"types": ["ItemAdded", "CartClosed"], "from": "2024-01-31T00:00:00Z", "to": "2024-01-31T00:00:00Z"}),
        ),
        (json!({"subscription": "carts", "carts": [cart]}), "carts", "carts", json!([cart])),
    ] {
        let run = started(&shop, body.clone()).await;
        assert_eq!((&run["target"], &run[member]), (&json!(target), &value), "{body}");
        assert!(run.get("cursor").is_none() && run.get("seconds_left").is_some(), "{run}");
        assert_eq!(shop.get(&format!("/replays/{}", run["id"].as_str().unwrap())).await.json(), run);
    }
    let generations = &shop.get("/replays").await.json()["generations"];
    let filters = json!({"2": {"types": ["ItemAdded", "CartClosed"], "from": "2024-01-31T00:00:00Z", "to": "2024-01-31T00:00:00Z"}});
    assert_eq!(generations["suggestions"], json!({"live": 1, "filling": 2, "previous": null, "filters": filters}));
}

#[tokio::test]
async fn a_run_is_paused_and_resumed_as_often_as_somebody_asks() {
    let shop = shop();
    let run = started(&shop, json!({"subscription": "carts"})).await;
    for _ in 0..2 {
        let paused = change(&shop, &run, "pause").await;
        assert_eq!((paused.status, paused.json()["paused_at"].is_string()), (200, true), "{}", paused.text);
    }
    for _ in 0..2 {
        let resumed = change(&shop, &run, "resume").await;
        assert_eq!((resumed.status, &resumed.json()["paused_at"]), (200, &Value::Null), "{}", resumed.text);
    }
    let path = format!("/replays/{}/resume", run["id"].as_str().unwrap());
    assert_eq!(shop.post(&path, &json!({"rate": 9})).await.json()["rate"], 9);
    for wrong in [json!({"rate": 0}), json!({"rate": 1_000_001}), json!({"rate": u64::MAX})] {
        assert_eq!(shop.post(&path, &wrong).await.problem(), (400, "invalid_replay".to_owned()), "{wrong}");
    }
    for wrong in [json!({"rate": "fast"}), json!({"rate": 1.5}), json!({"rate": -1}), json!([])] {
        assert_eq!(shop.post(&path, &wrong).await.problem(), (400, "malformed_json".to_owned()), "{wrong}");
    }
    assert_eq!(shop.post(&path, &json!({"speed": 9})).await.problem(), (400, "unknown_field".to_owned()));
    assert_eq!(shop.get(&path).await.problem(), (405, "method_not_allowed".to_owned()));
}

#[tokio::test]
async fn a_dry_run_answers_a_plan_and_writes_nothing() {
    let shop = shop();
    shop.open(1).await;
    let reply = shop.post("/replays?wait=0", &json!({"subscription": "carts", "dry_run": true, "rate": 10})).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let plan = reply.json();
    for member in
        ["events", "carts_count", "by_type", "messages", "objects", "seconds", "seconds_from", "complete", "cost"]
    {
        assert!(!plan[member].is_null(), "{member} is missing: {plan}");
    }
    assert_eq!(plan["seconds_from"], "rate");
    assert_eq!(shop.get("/replays").await.json()["replays"], json!([]));
    let wrong = shop.post("/replays?wait=601", &json!({"subscription": "carts", "dry_run": true})).await;
    assert_eq!(wrong.problem(), (400, "invalid_query".to_owned()));
}

#[tokio::test]
async fn f27_replays_that_make_no_sense_are_refused_with_the_place() {
    let shop = shop();
    let cart = shop.open(1).await;
    let at = |second| format!("2024-01-31T00:00:0{second}Z");
    let many: Vec<String> = (0..101).map(|_| cart.clone()).collect();
    for (more, place) in [
        (json!({"from": at(2), "to": at(1)}), "/from"),
        (json!({"types": ["ItemEaten31337"]}), "/types"),
        (json!({"types": [""]}), "/types"),
        (json!({"rate": 0}), "/rate"),
        (json!({"rate": 1_000_001}), "/rate"),
        (json!({"carts": []}), "/carts"),
        (json!({"carts": many}), "/carts"),
        (json!({"carts": [cart, cart]}), "/carts"),
        (json!({"carts": [cart], "in_place": true}), "/carts"),
        (json!({"carts": [cart], "rollback": true}), "/carts"),
        (json!({"carts": [cart], "types": ["ItemAdded"]}), "/carts"),
        (json!({"carts": [cart], "rate": 5}), "/rate"),
        (json!({"rollback": true, "in_place": true}), "/rollback"),
        (json!({"rollback": true, "from": at(1)}), "/rollback"),
    ] {
        for dry_run in [false, true] {
            let mut body = json!({"subscription": "carts", "dry_run": dry_run});
            body.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
            let reply = shop.post("/replays?wait=0", &body).await;
            assert_eq!(reply.problem(), (400, "invalid_replay".to_owned()), "{body}");
            assert_eq!(reply.json()["errors"][0]["pointer"], place, "{body}");
            assert!(!reply.text.contains("31337"), "{}", reply.text);
        }
    }
    for wrong in [
        json!({"from": "yesterday"}),
        json!({"types": "ItemAdded"}),
        json!({"types": [1]}),
        json!({"carts": {}}),
        json!({"rate": 1.5}),
        json!({"dry_run": "yes"}),
    ] {
        let mut body = json!({"subscription": "carts"});
        body.as_object_mut().unwrap().extend(wrong.as_object().cloned().unwrap());
        assert_eq!(shop.post("/replays", &body).await.problem(), (400, "malformed_json".to_owned()), "{body}");
    }
    for nobody in [id(99), "nonsense".to_owned(), id(99).to_uppercase()] {
        let reply = shop.post("/replays", &json!({"subscription": "carts", "carts": [nobody]})).await;
        assert_eq!(reply.problem(), (404, "cart_not_found".to_owned()), "{nobody}");
    }
    let back = shop.post("/replays", &json!({"subscription": "carts", "rollback": true})).await;
    assert_eq!(back.problem(), (409, "conflict".to_owned()));
    assert!(back.json()["detail"].as_str().unwrap().contains("no previous generation"), "{}", back.text);
    assert_eq!(shop.get("/replays").await.json()["replays"], json!([]), "nothing was written down");
}

#[tokio::test]
async fn f27_changes_of_a_run_that_nobody_has() {
    let shop = shop();
    for word in ["pause", "resume", "cancel", "rollback"] {
        for run in [id(9), "x".to_owned(), String::new(), id(9).to_uppercase()] {
            let reply = shop.send(request("POST", &format!("/replays/{run}/{word}"))).await;
            assert_eq!(reply.problem(), (404, "not_found".to_owned()), "{run}/{word}");
        }
    }
    let run = started(&shop, json!({"subscription": "carts"})).await;
    for word in ["stop", "Pause", "", "pause/"] {
        assert_eq!(change(&shop, &run, word).await.problem().0, 404, "{word}");
    }
    let early = change(&shop, &run, "rollback").await;
    assert_eq!(early.problem(), (409, "conflict".to_owned()));
    assert_eq!(change(&shop, &run, "cancel").await.status, 200);
    for word in ["pause", "resume"] {
        assert_eq!(change(&shop, &run, word).await.problem(), (409, "conflict".to_owned()), "{word}");
    }
}

#[tokio::test]
async fn only_what_nobody_reads_any_more_is_cleared() {
    let shop = shop();
    for body in [json!({}), json!({"subscription": "carts", "dry_run": true})] {
        let cleared = shop.post("/generations/clear", &body).await;
        assert_eq!((cleared.status, cleared.json()), (200, json!({"generations": [], "more": false})), "{body}");
    }
    assert_eq!(shop.send(request("POST", "/generations/clear")).await.status, 200, "all, when nothing is said");
    assert_eq!(shop.post("/generations/clear", &json!({"subscription": "nobody"})).await.status, 404);
    assert_eq!(shop.post("/generations/clear", &json!({"generation": 1})).await.status, 400);
}
