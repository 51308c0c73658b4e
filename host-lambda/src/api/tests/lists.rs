//! What projections and the host show.

use super::*;

#[tokio::test]
async fn a_directory_without_carts_is_an_empty_page() {
    let shop = shop();
    assert_eq!(shop.get("/carts").await.json(), json!({"carts": [], "cursor": null}));
    assert_eq!(shop.get("/carts?q=milk&status=open&flag=parked").await.json(), json!({"carts": [], "cursor": null}));
    let crossed = "from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z";
    let wrong =
        ["limit=0", "limit=1001", "cursor=nonsense", "page=2", "q=", "status=lost", "flag=", "from=now", crossed];
    for wrong in wrong {
        assert_eq!(shop.get(&format!("/carts?{wrong}")).await.problem(), (400, "invalid_query".to_owned()), "{wrong}");
    }
}

#[tokio::test]
async fn suggestions_go_with_an_item() {
    let shop = shop();
    let reply = shop.get("/suggestions?sku=oat%20milk&limit=3").await;
    assert_eq!(reply.json(), json!({"sku": "oat milk", "suggestions": []}));
    for wrong in ["", "?sku=", "?sku=a&limit=101", "?sku=%ff"] {
        let reply = shop.get(&format!("/suggestions{wrong}")).await;
        assert_eq!(reply.problem(), (400, "invalid_query".to_owned()), "{wrong}");
    }
}

#[tokio::test]
async fn a_replay_is_started_once_and_can_be_watched() {
    let shop = shop();
    let started = shop.post("/replays", &json!({"subscription": "suggestions"})).await;
    assert_eq!(started.status, 202, "{}", started.text);
    let run = started.json();
    assert_eq!(
        (&run["subscription"], &run["phase"], &run["events_sent"]),
        (&json!("suggestions"), &json!("planning"), &json!(0))
    );
    assert!(run.get("cursor").is_none());
    let location = started.header("location").unwrap();
    assert_eq!(location, format!("/replays/{}", run["id"].as_str().unwrap()));
    assert_eq!(shop.get(location).await.json(), run);
    let list = shop.get("/replays").await.json();
    assert_eq!((&list["replays"], &list["cursor"]), (&json!([run]), &json!(null)));
    assert_eq!(list["generations"]["suggestions"], json!({"live": 1, "filling": 2, "previous": null, "filters": {}}));
    assert_eq!(shop.get("/pipeline").await.json()["replays"], json!([run]));

    let second = shop.post("/replays", &json!({"subscription": "suggestions"})).await;
    assert_eq!(second.problem(), (409, "conflict".to_owned()));
    assert_eq!(second.json()["run"], run["id"]);
}

#[tokio::test]
async fn a_replay_with_a_key_is_the_same_replay_when_it_is_sent_again() {
    let shop = shop();
    let start = |body: Value| posting("/replays", body.to_string()).with("idempotency-key", &id(5));
    let first = shop.send(start(json!({"subscription": "carts", "in_place": true}))).await;
    assert_eq!((first.status, &first.json()["id"]), (202, &json!(id(5))));
    let again = shop.send(start(json!({"subscription": "carts", "in_place": true}))).await;
    assert_eq!((again.status, again.json()), (202, first.json()));
    let other = shop.send(start(json!({"subscription": "reminders"}))).await;
    assert_eq!(other.problem(), (409, "conflict".to_owned()));
}

#[tokio::test]
async fn a_replay_can_be_cancelled_and_then_is_over() {
    let shop = shop();
    let run = shop.post("/replays", &json!({"subscription": "carts"})).await.json()["id"].as_str().unwrap().to_owned();
    let resumed = shop.send(request("POST", &format!("/replays/{run}/resume"))).await;
    assert_eq!((resumed.status, &resumed.json()["phase"]), (200, &json!("planning")));
    let cancelled = shop.send(request("POST", &format!("/replays/{run}/cancel"))).await;
    assert_eq!((cancelled.status, &cancelled.json()["phase"]), (200, &json!("cancelled")));
    assert_eq!(shop.post("/replays", &json!({"subscription": "carts"})).await.status, 202, "the next one may start");
    let nobody = shop.send(request("POST", &format!("/replays/{}/cancel", id(9)))).await;
    assert_eq!(nobody.problem(), (404, "not_found".to_owned()));
}

#[tokio::test]
async fn f27_replays_of_nothing() {
    let shop = shop();
    let unknown = shop.post("/replays", &json!({"subscription": "invoices<31337>"})).await;
    assert_eq!(unknown.problem(), (404, "not_found".to_owned()));
    assert!(!unknown.text.contains("31337"));
    assert_eq!(shop.post("/replays", &json!({"in_place": true})).await.problem().1, "malformed_json");
    for run in [id(9), "x".to_owned(), String::new(), "..".to_owned(), id(9).to_uppercase()] {
        assert_eq!(shop.get(&format!("/replays/{run}")).await.problem(), (404, "not_found".to_owned()), "{run}");
    }
    assert_eq!(shop.get("/replays?limit=0").await.problem().1, "invalid_query");
}

#[tokio::test]
async fn a_host_says_that_it_lives_and_which_build_it_is() {
    let shop = shop();
    assert_eq!(shop.get("/healthz").await.json(), json!({"status": "alive"}));
    assert_eq!(shop.get("/readyz").await.json(), json!({"status": "ready"}));
    assert_eq!(shop.get("/version").await.json(), json!({"version": "1.2.3", "reducer": REDUCER}));
}

#[tokio::test]
async fn the_catalogue_is_known_by_its_version() {
    assert_eq!(shop().get("/catalogue").await.problem(), (404, "not_found".to_owned()));
    let shop = shop_with(|settings| settings.catalogue = Some(catalogue()));
    let reply = shop.get("/catalogue").await;
    assert_eq!((reply.status, reply.header("etag")), (200, Some("\"2017-07\"")));
    assert_eq!(reply.json(), serde_json::to_value(catalogue()).unwrap());
    let again = shop.send(request("GET", "/catalogue").with("if-none-match", "\"2017-07\"")).await;
    assert_eq!((again.status, again.text.as_str()), (304, ""));
    let mut odd = catalogue();
    odd.version = "\r\n\"x".to_owned();
    let odd = shop_with(|settings| settings.catalogue = Some(odd));
    assert_eq!(odd.get("/catalogue").await.header("etag").map(str::len), Some(18), "a fingerprint instead");
}
