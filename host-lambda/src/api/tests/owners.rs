//! Row F22: shoppers reach their own carts only, where a host switches that on.

use sha2::{Digest as _, Sha256};

use super::*;
use crate::api::Caller;

const TOKEN: &str = "a token of 256 bits that the client made";

fn guarded() -> Api<World> {
    shop_with(|settings| settings.check_owner = true)
}

fn opening(extra: &Value) -> Value {
    let hash = format!("{:x}", Sha256::digest(TOKEN));
    let mut body = json!({"command_id": id(1_007), "cart_id": id(7), "token_hash": hash});
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    body
}

/// Every way to reach cart 7.
fn requests(n: u128) -> Vec<ApiRequest> {
    let cart = id(7);
    vec![
        request("GET", &format!("/carts/{cart}")),
        request("GET", &format!("/carts/{cart}?version=1")),
        request("GET", &format!("/carts/{cart}?version=99")),
        request("GET", &format!("/carts/{cart}?at=2030-01-01T00:00:00Z")),
        request("GET", &format!("/carts/{cart}/events")),
        request("GET", &format!("/carts/{cart}/events?after=1&wait=5")),
        posting(&format!("/carts/{cart}/commands"), json!({"commands": [add(n, "milk")]}).to_string()),
        posting(&format!("/carts/{cart}/commands"), json!({"commands": [add(n, "milk")], "dry_run": true}).to_string()),
        posting(&format!("/carts/{cart}/commands"), json!({"commands": [add(n, "milk")]}).to_string())
            .with("if-match", "\"99\""),
    ]
}

#[tokio::test]
async fn f22_a_foreign_cart_and_a_missing_one_answer_alike() {
    let shop = guarded();
    let mut missing = Vec::new();
    for request in requests(1) {
        missing.push(shop.send(request).await.json());
    }
    assert_eq!(shop.post("/carts", &opening(&json!({}))).await.status, 201);
    for (request, missing) in requests(1).into_iter().zip(&missing) {
        for token in [None, Some(""), Some("another token"), Some("a token of 256 bits that the client mad")] {
            let request = token.into_iter().fold(request.clone(), |r, token| r.with("tillroll-cart-token", token));
            let reply = shop.send(request).await;
            assert_eq!(reply.problem(), (404, "cart_not_found".to_owned()));
            assert_eq!(reply.json(), *missing, "nothing tells the two apart");
        }
    }
    assert_eq!(shop.event_count(), 1);
}

#[tokio::test]
async fn f22_the_token_opens_its_cart() {
    let shop = guarded();
    let opened = posting("/carts", opening(&json!({})).to_string()).with("tillroll-cart-token", TOKEN);
    assert_eq!(shop.send(opened).await.json()["state"]["status"], "open");
    let statuses = [200, 200, 404, 200, 200, 200, 200, 200, 412];
    for (request, status) in requests(1).into_iter().zip(statuses) {
        // The condition comes last, with an id that was not seen yet.
        let request = if status == 412 { requests(2).remove(8) } else { request };
        let reply = shop.send(request.with("tillroll-cart-token", TOKEN)).await;
        assert_eq!(reply.status, status, "{}", reply.text);
    }
}

#[tokio::test]
async fn f22_after_a_claim_the_token_alone_opens_nothing() {
    let shop = guarded();
    assert_eq!(shop.post("/carts", &opening(&json!({"owner_ref": "owner-1"}))).await.status, 201);
    for request in requests(1) {
        let reply = shop.send(request.with("tillroll-cart-token", TOKEN)).await;
        assert_eq!(reply.problem(), (404, "cart_not_found".to_owned()));
    }
    let resent = shop.post("/carts", &opening(&json!({"owner_ref": "owner-1"}))).await;
    assert_eq!((resent.status, &resent.json()["state"]), (201, &json!(null)), "it is open, and that is all");
}

#[tokio::test]
async fn f22_a_claim_for_somebody_else_is_a_cart_that_nobody_has() {
    let shop = shop();
    let cart = shop.open(7).await;
    let claim = |n, owner: &str| sent(n, "ClaimCart", json!({"owner_ref": owner}));
    assert_eq!(shop.ask(&cart, json!([claim(1, "owner-1")])).await.verdicts(), ["accepted"]);
    let reply = shop.ask(&cart, json!([add(2, "milk"), claim(3, "owner-2")])).await;
    assert_eq!(reply.problem(), (404, "cart_not_found".to_owned()));
    assert_eq!(shop.event_count(), 2, "nothing is written");
}

fn operator(discloses: bool) -> Caller {
    Caller::Operator { name: Some("ada".to_owned()), discloses }
}

/// Of each kind of caller: nobody, somebody, the owner, an operator.
fn callers() -> [Caller; 4] {
    let shopper = |owner: &str| Caller::Shopper { owner_ref: owner.to_owned() };
    [Caller::Unknown, shopper("owner-2"), shopper("owner-1"), operator(false)]
}

#[tokio::test]
async fn f22_an_owner_who_has_signed_in_and_an_operator_reach_a_claimed_cart() {
    let shop = guarded();
    assert_eq!(shop.post("/carts", &opening(&json!({"owner_ref": "owner-1"}))).await.status, 201);
    for (caller, statuses) in callers().into_iter().zip([[404, 404], [404, 404], [200, 200], [200, 200]]) {
        let mut asked = requests(1);
        for (request, status) in [asked.remove(0), asked.remove(3)].into_iter().zip(statuses) {
            let reply = shop.send(ApiRequest { caller: caller.clone(), ..request }).await;
            assert_eq!(reply.status, status, "{caller:?}");
        }
    }
}

#[tokio::test]
async fn f21_what_is_for_operators_asks_who_is_there() {
    let shop = guarded();
    let answers = [(401, "token_needed"), (403, "not_an_operator"), (403, "not_an_operator")]
        .map(|(status, code)| (status, code.to_owned()));
    for path in ["/carts", "/carts/histogram", "/pipeline", "/operations", "/replays", "/dead-letters", "/parked"] {
        for (caller, answer) in callers().into_iter().zip(&answers) {
            let reply = shop.send(ApiRequest { caller, ..request("GET", path) }).await;
            assert_eq!(reply.problem(), *answer, "{path}");
        }
        let reply = shop.send(ApiRequest { caller: operator(false), ..request("GET", path) }).await;
        assert_eq!(reply.status, 200, "{path}");
        assert_eq!(shop.send(request("OPTIONS", path)).await.status, 204, "{path}");
    }
}

#[tokio::test]
async fn f21_who_is_behind_a_cart_is_shown_to_those_who_may_and_say_why_and_stands_in_the_log() {
    let shop = guarded();
    assert_eq!(shop.post("/carts", &opening(&json!({"owner_ref": "owner-1"}))).await.status, 201);
    let path = format!("/carts/{}/disclosures", id(7));
    let ask = async |caller: Caller, path: &str, body: Value| {
        shop.send(ApiRequest { caller, ..posting(path, body.to_string()) }).await
    };
    let why = json!({"reason": "ticket 4711", "by": "somebody else"});
    let answers = [(401, "token_needed"), (403, "not_an_operator"), (403, "not_an_operator")];
    let answers = answers.into_iter().chain([(403, "disclosure_not_allowed")]);
    for (caller, (status, code)) in callers().into_iter().zip(answers) {
        assert_eq!(ask(caller, &path, why.clone()).await.problem(), (status, code.to_owned()));
    }
    let long = "x".repeat(501);
    for wrong in [json!({}), json!({"reason": " "}), json!({"reason": long}), json!({"reason": "x", "cart": 7})] {
        assert_eq!(ask(operator(true), &path, wrong).await.status, 400);
    }
    let nobodys = ask(operator(true), &format!("/carts/{}/disclosures", id(8)), why.clone()).await;
    assert_eq!(nobodys.problem(), (404, "cart_not_found".to_owned()));
    let recorded =
        async || shop.send(ApiRequest { caller: operator(false), ..request("GET", "/operations") }).await.json();
    assert_eq!(recorded().await["operations"], json!([]), "nothing was shown, and nothing is recorded");

    let shown = ask(operator(true), &path, why).await;
    assert_eq!(shown.status, 200, "{}", shown.text);
    let operation = &recorded().await["operations"][0];
    assert_eq!(shown.json(), json!({"cart_id": id(7), "operation": operation}));
    assert_eq!((&operation["kind"], &operation["reason"]), (&json!("disclose"), &json!("ticket 4711")));
    assert_eq!(operation["subject"], json!({"cart_id": id(7)}));
    assert_eq!(operation["by"], "ada", "the token says who, and not the caller");
    assert!(operation["at"].is_string() && !operation["outcome"].is_null());
}

#[tokio::test]
async fn where_nobody_is_checked_whoever_says_why_sees_who_is_behind_a_cart() {
    let shop = shop();
    let cart = shop.open(7).await;
    let shown = shop.post(&format!("/carts/{cart}/disclosures"), &json!({"reason": "to learn", "by": "ada"})).await;
    assert_eq!((shown.status, &shown.json()["operation"]["by"]), (200, &json!("ada")));
}
