//! What an operator sees and does: the pipeline, dead letters, parked carts, verifications, and the log of it all.

use std::time::Duration;

use super::*;
use crate::functions::project::Projector;
use crate::memory::RECEIVES_MAX;
use crate::ports::{Clock as _, EventTable as _, QueueMessage, ReplayQueue as _};
use crate::subscriptions::carts::Carts;
use crate::subscriptions::kit::{bus, event, history, message};

#[tokio::test]
async fn the_pipeline_shows_all_that_an_operator_should_know() {
    let shop = shop();
    let json = shop.get("/pipeline").await.json();
    assert_eq!(json["stages"], json!([{"name": "publish", "state": "running", "lag_events": 3, "lag_ms": 20}]));
    assert_eq!(json["dead_letters"], json!([{"subscription": "carts", "messages": 0}]));
    for empty in ["parked", "replays", "operations"] {
        assert_eq!(json[empty], json!([]), "{empty}");
    }
    assert_eq!(json["reconciliation"], Value::Null, "nothing was verified yet");
    shop.post("/verify", &json!({"wait": 0})).await;
    let json = shop.get("/pipeline").await.json();
    assert_eq!((&json["reconciliation"]["ok"], &json["reconciliation"]["findings_total"]), (&json!(true), &json!(0)));
}

#[tokio::test]
async fn a_verification_that_ends_soon_is_the_answer_and_a_long_one_can_be_looked_at() {
    let shop = shop();
    assert_eq!(shop.get("/verify").await.problem(), (404, "not_found".to_owned()));
    let soon = shop.post("/verify", &json!({"wait": 7})).await;
    assert_eq!((soon.status, &soon.json()["ok"], &soon.json()["phase"]), (200, &json!(true), &json!("finished")));
    let place = soon.header("location").unwrap();
    assert_eq!(shop.get(place).await.json(), soon.json());
    assert_eq!(shop.get("/verify").await.json(), soon.json());

    let long = shop.send(request("POST", "/verify")).await;
    assert_eq!((long.status, &long.json()["phase"]), (202, &json!("reading")), "30 seconds when nobody says");
    assert!(long.json().get("ok").is_none(), "{}", long.text);
    let busy = shop.post("/verify", &json!({})).await;
    assert_eq!((busy.problem(), &busy.json()["id"]), ((409, "conflict".to_owned()), &long.json()["id"]));
    shop.ports().clock.pause(Duration::from_secs(30)).await;
    assert_eq!(shop.get(long.header("location").unwrap()).await.json()["ok"], true);

    for wrong in [json!({"wait": 601}), json!({"wait": -1}), json!({"wait": "7"}), json!({"wat": 7}), json!([])] {
        assert_eq!(shop.post("/verify", &wrong).await.status, 400, "{wrong}");
    }
    assert_eq!(shop.get("/verify?wait=7").await.problem().1, "invalid_query");
    assert_eq!(shop.get("/verify/none").await.problem(), (404, "not_found".to_owned()));
}

#[tokio::test]
async fn a_repair_says_why_and_stands_in_the_log_and_its_plan_does_not() {
    let shop = shop();
    let ask = async |body: Value| shop.post("/verify", &body).await;
    assert_eq!(ask(json!({"wait": 0, "repair": true})).await.problem(), (400, "malformed_json".to_owned()));
    let planned = ask(json!({"wait": 0, "repair": true, "dry_run": true})).await.json();
    assert_eq!((&planned["repair"]["dry_run"], planned["repair"].get("operation")), (&json!(true), None));
    assert_eq!(shop.get("/operations").await.json(), json!({"operations": [], "cursor": null}));
    let repaired = ask(json!({"wait": 0, "repair": true, "reason": "the disk was full", "by": "ada"})).await.json();
    let log = shop.get("/operations").await.json();
    let operation = &log["operations"][0];
    assert_eq!((&operation["id"], &operation["kind"]), (&repaired["repair"]["operation"], &json!("repair")));
    assert_eq!((&operation["reason"], &operation["by"]), (&json!("the disk was full"), &json!("ada")));
    assert_eq!(shop.get("/pipeline").await.json()["operations"][0], *operation);
}

/// Lets the queue of `subscription` give up these bodies.
async fn give_up(shop: &Api<World>, subscription: &str, bodies: &[&str]) {
    let queue = &shop.ports().queue;
    let to = |(number, body): (usize, &&str)| QueueMessage {
        group: "lane-01".to_owned(),
        deduplication_id: format!("{subscription}-{number}-{}", body.len()),
        body: (*body).to_owned(),
    };
    queue.send(subscription, bodies.iter().enumerate().map(to).collect()).await.unwrap();
    for _ in 0..=RECEIVES_MAX {
        let received = queue.receive(subscription, 10).records;
        queue.release(subscription, &received.into_iter().map(|record| record.message_id).collect::<Vec<_>>());
    }
}

fn letter_ids(list: &Value) -> Vec<&str> {
    list["dead_letters"].as_array().unwrap().iter().map(|letter| letter["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn dead_letters_are_listed_with_what_is_in_them_and_shown_with_what_would_become_of_them() {
    let shop = shop();
    assert_eq!(shop.get("/dead-letters").await.json(), json!({"dead_letters": [], "cursor": null}));
    let events = [history(stream(1), "open +milk"), history(stream(2), "open")].concat();
    for event in &events {
        shop.ports().table.append(std::slice::from_ref(event)).await.unwrap();
    }
    give_up(&shop, "carts", &[&message("carts", 1, &events), "hello", &message("suggestions", 1, &events)]).await;
    give_up(&shop, "reminders", &["{}"]).await;

    let list = shop.get("/dead-letters").await.json();
    let [first, second, ..] = list["dead_letters"].as_array().unwrap().as_slice() else { panic!("{list}") };
    assert_eq!((&first["subscription"], &first["group"]), (&json!("carts"), &json!("lane-01")));
    assert_eq!((&first["receive_count"], &first["events"], &first["carts"]), (&json!(5), &json!(3), &json!(2)));
    assert_eq!((&first["first_version"], &first["last_version"]), (&json!(1), &json!(2)));
    assert_eq!(first["cart_ids"], json!([id(1), id(2)]));
    assert!(first["sent_at"].is_string() && first["given_up_at"].is_string() && first["reason"].is_string());
    assert!(second["reason"].as_str().unwrap().contains("not a replay message"), "{second}");
    assert!(second.get("cart_ids").is_none() && first.get("body").is_none());

    let page = shop.get("/dead-letters?limit=2").await.json();
    let cursor = page["cursor"].as_str().unwrap();
    let rest = shop.get(&format!("/dead-letters?cursor={cursor}")).await.json();
    assert_eq!([letter_ids(&page), letter_ids(&rest)].concat(), letter_ids(&list));
    assert_eq!(rest["cursor"], Value::Null);
    assert_eq!(letter_ids(&shop.get("/dead-letters?subscription=reminders").await.json()).len(), 1);
    assert_eq!(shop.get("/dead-letters?subscription=x").await.problem().0, 404);
    for wrong in ["limit=0", "limit=101", "cursor=%00", "page=1"] {
        assert_eq!(shop.get(&format!("/dead-letters?{wrong}")).await.problem().0, 400, "{wrong}");
    }

    let letter = shop.get(&format!("/dead-letters/{}", first["id"].as_str().unwrap())).await.json();
    assert_eq!((&letter["dry_run"]["would_succeed"], &letter["dry_run"]["effect"]), (&json!(true), &json!("applies")));
    assert_eq!((&letter["message"]["subscription"], &letter["queue_depth"]), (&json!("carts"), &json!(0)));
    assert!(letter["ordering"].as_str().unwrap().contains("interleaves"));
    let text = shop.get(&format!("/dead-letters/{}", second["id"].as_str().unwrap())).await.json();
    assert_eq!((&text["text"], &text["dry_run"]["would_succeed"]), (&json!("hello"), &json!(false)));
    assert_eq!(shop.get("/dead-letters/4711").await.problem(), (404, "not_found".to_owned()));
}

/// RELIABILITY E30: sending a letter back is safe to repeat, and is recorded with who and why.
#[tokio::test]
async fn e30_dead_letters_are_redriven_once_however_often_that_is_asked() {
    let shop = shop();
    let events = history(stream(1), "open +milk");
    give_up(&shop, "carts", &[&message("carts", 1, &events), "hello", "there"]).await;
    let list = shop.get("/dead-letters").await.json();
    let ids = letter_ids(&list);
    let redrive = async |body: Value| {
        shop.ports().clock.advance(Duration::from_millis(1));
        shop.post("/dead-letters/redrive", &body).await
    };
    let depth = async || shop.ports().queue.depth("carts").await.unwrap();

    let chosen = json!({"ids": [ids[0], "4711"], "reason": "the bug is fixed", "by": "ada"});
    let once = redrive(chosen.clone()).await.json();
    assert_eq!((&once["redriven"], &once["gone"], &once["left"]), (&json!([ids[0]]), &json!(["4711"]), &json!(0)));
    let again = redrive(chosen).await.json();
    assert_eq!((&again["redriven"], &again["gone"]), (&json!([]), &json!([ids[0], "4711"])));
    assert_eq!((depth().await, letter_ids(&shop.get("/dead-letters").await.json())), (1, ids[1..].to_vec()));

    let slowly = redrive(json!({"subscription": "carts", "rate": 1, "reason": "gently"})).await.json();
    assert_eq!((&slowly["redriven"], &slowly["left"]), (&json!(ids[1..]), &json!(0)));
    assert!(shop.ports().clock.elapsed_ms() >= 1_000, "a second lies between two");
    let none = redrive(json!({"all": true, "reason": "to be sure"})).await.json();
    assert_eq!((&none["redriven"], &none["left"]), (&json!([]), &json!(0)));

    let log = shop.get("/operations?limit=3").await.json();
    let reasons: Vec<_> = log["operations"].as_array().unwrap().iter().map(|of| of["reason"].clone()).collect();
    assert_eq!(reasons, ["to be sure", "gently", "the bug is fixed"]);
    assert_eq!(log["operations"][1]["outcome"], json!({"redriven": ids[1..], "left": 0}));
    let first = shop.get(&format!("/operations?cursor={}", log["cursor"].as_str().unwrap())).await.json();
    let first = &first["operations"][0];
    assert_eq!(
        (&first["by"], &first["kind"], &first["subject"]["ids"]),
        (&json!("ada"), &json!("redrive"), &json!([ids[0], "4711"]))
    );
    assert_eq!(shop.get("/operations?cursor=%00").await.problem().1, "invalid_query");
}

#[tokio::test]
async fn a_redrive_must_say_which_and_why() {
    let shop = shop();
    let long = "x".repeat(501);
    for (wrong, status) in [
        (json!({"all": true}), 400),
        (json!({"all": true, "reason": "  "}), 400),
        (json!({"all": true, "reason": long}), 400),
        (json!({"all": true, "reason": "two\nlines"}), 400),
        (json!({"all": true, "reason": "x", "by": ""}), 400),
        (json!({"reason": "x"}), 400),
        (json!({"all": true, "subscription": "carts", "reason": "x"}), 400),
        (json!({"ids": [], "reason": "x"}), 400),
        (json!({"ids": ["../x"], "reason": "x"}), 400),
        (json!({"ids": vec!["1"; 1_001], "reason": "x"}), 400),
        (json!({"all": true, "reason": "x", "rate": 0}), 400),
        (json!({"all": true, "reason": "x", "rate": 1.5}), 400),
        (json!({"everything": true, "reason": "x"}), 400),
        (json!({"subscription": "x", "reason": "x"}), 404),
    ] {
        assert_eq!(shop.post("/dead-letters/redrive", &wrong).await.problem().0, status, "{wrong}");
    }
    assert_eq!(shop.get("/dead-letters/redrive").await.status, 405);
    assert_eq!(shop.get("/operations").await.json()["operations"], json!([]), "nothing was recorded");
}

/// Parks carts 1 to `carts`, whose second event is of a newer build. The next build could read it.
async fn parked_shop(carts: u128) -> Api<World> {
    let shop = shop();
    let World { table, rows, .. } = shop.ports();
    let projector = Projector::new(Carts, rows.clone(), table.clone(), "0.9.0");
    for number in 1..=carts {
        let mut events = history(stream(number), "open");
        events.push(event(stream(number), 2, "ItemGiftWrapped", json!({})));
        table.append(&events).await.unwrap();
        projector.live(&bus(&events)).await.unwrap();
    }
    shop
}

#[tokio::test]
async fn parked_carts_are_listed_with_why() {
    let shop = parked_shop(3).await;
    let list = shop.get("/parked").await.json();
    let [first, ..] = list["parked"].as_array().unwrap().as_slice() else { panic!("{list}") };
    assert_eq!(
        (&first["subscription"], &first["cart_id"], &first["version"]),
        (&json!("carts"), &json!(id(1)), &json!(2))
    );
    assert_eq!((&first["build"], &first["generation"]), (&json!("0.9.0"), &json!(1)));
    assert!(first["reason"].as_str().unwrap().contains("ItemGiftWrapped") && first["event_id"].is_string());
    assert_eq!(shop.get("/pipeline").await.json()["parked"], list["parked"]);

    let mut seen = Vec::new();
    let mut page = "/parked?subscription=carts&limit=2".to_owned();
    loop {
        let json = shop.get(&page).await.json();
        seen.extend_from_slice(json["parked"].as_array().unwrap());
        let Some(cursor) = json["cursor"].as_str() else { break };
        page = format!("/parked?limit=2&cursor={cursor}");
    }
    assert_eq!(Value::Array(seen), list["parked"]);
    assert_eq!(shop.get("/parked?subscription=reminders").await.json(), json!({"parked": [], "cursor": null}));
    assert_eq!(shop.get("/parked?subscription=x").await.problem().0, 404);
    for wrong in ["limit=0", "limit=1001", "cursor=x", "cursor=9.1.x", "page=1"] {
        assert_eq!(shop.get(&format!("/parked?{wrong}")).await.problem().0, 400, "{wrong}");
    }
}

#[tokio::test]
async fn a_parked_cart_is_tried_again_and_says_what_became_of_it() {
    let shop = parked_shop(1).await;
    let path = format!("/parked/{}/resume", id(1));
    let resume = async |body: Value| {
        shop.ports().clock.advance(Duration::from_millis(1));
        shop.post(&path, &body).await
    };
    let still = resume(json!({"reason": "try it", "by": "ada"})).await.json();
    assert_eq!((&still["results"][0]["outcome"], &still["results"][0]["version"]), (&json!("parked"), &json!(1)));
    assert_eq!(still["results"][0]["parked"]["build"], "1.2.3", "this build tried");
    // What stood in the way is gone: here the event of the newer build.
    shop.ports().table.lose(stream(1), 2);
    let cured = resume(json!({"reason": "it was taken out", "subscription": "carts"})).await.json();
    assert_eq!((&cured["results"][0]["outcome"], cured["results"][0].get("parked")), (&json!("resumed"), None));
    let again = resume(json!({"reason": "and again"})).await.json();
    assert_eq!((&again["results"], &again["operation"]), (&json!([]), &Value::Null), "it is parked nowhere");
    assert_eq!(shop.get("/parked").await.json()["parked"], json!([]));

    let log = shop.get("/operations").await.json();
    let kinds: Vec<_> = log["operations"].as_array().unwrap().iter().map(|of| of["kind"].clone()).collect();
    assert_eq!(kinds, ["resume", "resume"]);
    assert_eq!(log["operations"][1]["outcome"]["results"][0]["outcome"], "parked");

    for (wrong, status) in
        [(json!({}), 400), (json!({"reason": "x", "subscription": "x"}), 404), (json!({"reason": "x", "all": 1}), 400)]
    {
        assert_eq!(resume(wrong.clone()).await.status, status, "{wrong}");
    }
    let nobody = shop.post("/parked/../resume", &json!({"reason": "x"})).await;
    assert_eq!(nobody.problem(), (404, "cart_not_found".to_owned()));
}
