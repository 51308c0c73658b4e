//! Requests that are not what they should be, before any cart is looked at.

use super::*;
use crate::api::request::{BODY_BYTES_MAX, IMPORT_BYTES_MAX};

const CART: &str = "00000000-0000-0000-0000-000000000007";

async fn problem_of(body: impl Into<Vec<u8>>) -> (u16, String) {
    let shop = shop();
    shop.open(7).await;
    let reply = shop.send(posting(&format!("/carts/{CART}/commands"), body)).await;
    assert_eq!(shop.event_count(), 1, "nothing is written");
    reply.problem()
}

#[tokio::test]
async fn f01_a_body_over_the_limit_is_too_large_whether_it_was_read_or_not() {
    let shop = shop();
    let commands = format!("/carts/{CART}/commands");
    for body in [Body::Whole(vec![b' '; BODY_BYTES_MAX + 1]), Body::TooLarge] {
        let reply = shop.send(ApiRequest { body, ..posting(&commands, "") }).await;
        assert_eq!(reply.problem(), (413, "body_too_large".to_owned()));
    }
    let padded = [add(1, "milk").to_string().into_bytes(), vec![b' '; BODY_BYTES_MAX]].concat();
    assert_eq!(shop.send(posting("/carts", &padded[..BODY_BYTES_MAX])).await.problem().1, "unknown_field");
    let import = posting("/imports", vec![b' '; IMPORT_BYTES_MAX + 1]).with("content-type", "application/x-ndjson");
    assert_eq!(shop.send(import).await.problem(), (413, "body_too_large".to_owned()));
}

#[tokio::test]
async fn f02_bodies_that_are_not_one_strict_json_document_are_malformed() {
    let bodies: [&[u8]; 8] = [
        b"",
        b"{\"commands\":[",
        b"not json",
        b"{\"commands\":[]} trailing",
        b"{\"commands\":[],\"commands\":[]}",
        b"{\"commands\":\"\xff\"}",
        br#"{"commands":"\ud800"}"#,
        b"[]",
    ];
    for body in bodies {
        assert_eq!(problem_of(body).await, (400, "malformed_json".to_owned()), "{}", String::from_utf8_lossy(body));
    }
}

#[tokio::test]
async fn f03_a_body_deeper_than_sixteen_levels_is_too_deep() {
    let deep = format!("{{\"commands\":{}{}}}", "[".repeat(16), "]".repeat(16));
    assert_eq!(problem_of(deep).await, (400, "too_deep".to_owned()));
    assert_eq!(problem_of("[".repeat(100_000)).await, (400, "too_deep".to_owned()));
}

#[tokio::test]
async fn f04_another_content_type_is_not_taken() {
    let shop = shop();
    for sent in [None, Some("text/plain"), Some("application/jsonp"), Some("multipart/form-data; x=application/json")] {
        let mut request = posting("/carts", json!({"command_id": id(1)}).to_string());
        request.headers.clear();
        let request = sent.into_iter().fold(request, |request, sent| request.with("content-type", sent));
        assert_eq!(shop.send(request).await.problem(), (415, "unsupported_media_type".to_owned()), "{sent:?}");
    }
    let mut loud = posting("/carts", json!({"command_id": id(1)}).to_string());
    loud.headers = vec![("content-type".to_owned(), "Application/JSON".to_owned())];
    assert_eq!(shop.send(loud).await.status, 201);
}

#[tokio::test]
async fn f05_unknown_members_and_commands_are_named_by_pointer() {
    let shop = shop();
    shop.open(7).await;
    let command = |extra: &str| format!(r#"{{"commands":[{{"command_id":"{}","type":"AddItem",{extra}}}]}}"#, id(1));
    for (body, code, pointer) in [
        (r#"{"commands":[],"x":1}"#.to_owned(), "unknown_field", "/x"),
        (command(r#""data":{"item_name":"a"},"y":1"#), "unknown_field", "/commands/0/y"),
        (command(r#""data":{"item_name":"a","z":1}"#), "unknown_field", "/commands/0/data/z"),
        (command(r#""data":{"item_name":"a","price":{"minor":1,"w":1}}"#), "unknown_field", "/commands/0/data/price/w"),
        (command(r#""data":{"item_name":"a","<b>":1}"#), "unknown_field", "/commands/0/data"),
        (command(r#""data":{}"#), "malformed_json", "/commands/0/data/item_name"),
        (command(r#""data":{"item_name":7}"#), "malformed_json", "/commands/0/data/item_name"),
        (r#"{"commands":{}}"#.to_owned(), "malformed_json", "/commands"),
        (r#"{"commands":[]}"#.to_owned(), "malformed_json", "/commands"),
        (r#"{"atomic":true}"#.to_owned(), "malformed_json", "/commands"),
        (r#"{"commands":[],"atomic":1}"#.to_owned(), "malformed_json", "/atomic"),
    ] {
        let reply = shop.send(posting(&format!("/carts/{CART}/commands"), body.clone())).await;
        assert_eq!(reply.problem(), (400, code.to_owned()), "{body}");
        assert_eq!(reply.json()["errors"][0]["pointer"], pointer, "{body}");
        assert!(!reply.text.contains("<b>"));
    }
    let reply = shop.ask(CART, json!([{"command_id": id(1), "type": "StealItem<31337>", "data": {}}])).await;
    assert_eq!(reply.problem(), (400, "unknown_command".to_owned()));
    assert_eq!(reply.json()["errors"][0]["pointer"], "/commands/0/type");
    assert!(!reply.text.contains("31337"), "nothing that was sent is repeated");
    assert_eq!(shop.event_count(), 1);
}

#[tokio::test]
async fn f06_what_is_not_a_cart_id_is_a_cart_that_nobody_has() {
    let shop = shop();
    shop.open(0xab).await;
    for path in [
        "/carts/x",
        "/carts/",
        "/carts/000000000000000000000000000000ab",
        "/carts/00000000-0000-0000-0000-0000000000AB",
        "/carts/{00000000-0000-0000-0000-0000000000ab}",
        "/carts/00000000-0000-0000-0000-0000000000ab%0a",
        "/carts/%30%30000000-0000-0000-0000-0000000000ab",
        "/carts/00000000-0000-0000-0000-0000000000ac",
        "/carts/..%2f..%2fetc%2fpasswd",
        "/carts/00000000-0000-0000-0000-000000000000",
    ] {
        for suffix in ["", "/events"] {
            let reply = shop.get(&format!("{path}{suffix}")).await;
            assert_eq!(reply.problem(), (404, "cart_not_found".to_owned()), "{path}{suffix}");
        }
        let reply = shop.post(&format!("{path}/commands"), &json!({"commands": [add(1, "milk")]})).await;
        assert_eq!(reply.problem(), (404, "cart_not_found".to_owned()), "{path}");
    }
    for path in ["/", "", "/nothing", "//carts", "/carts/../healthz", "/Carts", "/healthz/", "/carts/a/b/c"] {
        assert_eq!(shop.get(path).await.problem(), (404, "not_found".to_owned()), "{path}");
    }
}

#[tokio::test]
async fn f07_a_command_id_is_a_canonical_uuid_and_not_nil() {
    let shop = shop();
    let cart = shop.open(7).await;
    for command_id in [
        json!(null),
        json!(""),
        json!("x"),
        json!(7),
        json!(id(0)),
        json!("00000000-0000-0000-0000-0000000000AB"),
        json!("000000000000000000000000000000ab"),
    ] {
        let command = json!({"command_id": command_id, "type": "AddItem", "data": {"item_name": "milk"}});
        let reply = shop.ask(&cart, json!([command])).await;
        assert_eq!(reply.problem(), (400, "invalid_command_id".to_owned()), "{command_id}");
        assert_eq!(reply.json()["errors"][0]["pointer"], "/commands/0/command_id");
        let reply = shop.post("/carts", &json!({"command_id": command_id})).await;
        assert_eq!(reply.problem(), (400, "invalid_command_id".to_owned()), "{command_id}");
    }
    let missing = shop.ask(&cart, json!([{"type": "AddItem", "data": {"item_name": "milk"}}])).await;
    assert_eq!(missing.problem(), (400, "invalid_command_id".to_owned()));
}

#[tokio::test]
async fn f08_numbers_of_the_wrong_type_or_range_are_the_request_s_fault() {
    let shop = shop();
    let cart = shop.open(7).await;
    for quantity in ["1.5", "1e300", "\"3\"", "18446744073709551616", "9223372036854775808", "true", "1.0", "[]"] {
        let data = format!(r#"{{"item_name":"milk","quantity":{quantity}}}"#);
        let body = format!(r#"{{"commands":[{{"command_id":"{}","type":"AddItem","data":{data}}}]}}"#, id(1));
        let reply = shop.send(posting(&format!("/carts/{cart}/commands"), body)).await;
        assert_eq!(reply.problem(), (400, "malformed_json".to_owned()), "{quantity}");
        assert_eq!(reply.json()["errors"][0]["pointer"], "/commands/0/data/quantity", "{quantity}");
    }
    let nan = r#"{"commands":[{"command_id":"x","type":"AddItem","data":{"item_name":"milk","quantity":NaN}}]}"#;
    assert_eq!(problem_of(nan).await, (400, "malformed_json".to_owned()));
}

#[tokio::test]
async fn f15_more_than_25_commands_or_one_id_twice() {
    let shop = shop();
    let cart = shop.open(7).await;
    let many: Vec<_> = (1..=26).map(|n| add(n, "milk")).collect();
    assert_eq!(shop.ask(&cart, json!(many)).await.problem(), (400, "too_many_commands".to_owned()));
    let reply = shop.ask(&cart, json!([add(1, "milk"), add(1, "milk")])).await;
    assert_eq!(reply.problem(), (400, "invalid_command_id".to_owned()));
    assert_eq!(reply.json()["errors"][0]["pointer"], "/commands/1/command_id");
    assert_eq!(shop.event_count(), 1);
    assert_eq!(shop.ask(&cart, json!(many[..25])).await.verdicts(), vec!["accepted"; 25]);
}

#[tokio::test]
async fn f24_a_bad_traceparent_is_ignored_and_a_good_one_is_kept() {
    let shop = shop();
    let cart = shop.open(7).await;
    let path = format!("/carts/{cart}/commands");
    let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let adding = |n| posting(&path, json!({"commands": [add(n, "milk")]}).to_string());
    let traced = shop.send(adding(1).with("traceparent", good)).await.json();
    assert_eq!(traced["results"][0]["events"][0]["traceparent"], good);
    let untraced = shop.send(adding(2).with("traceparent", "garbage")).await.json();
    assert!(untraced["results"][0]["events"][0].get("traceparent").is_none());
    let problem = shop.send(request("GET", "/nothing").with("traceparent", good)).await.json();
    assert_eq!(problem["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736");
}

#[tokio::test]
async fn f25_no_answer_allows_a_foreign_origin() {
    let shop = shop();
    let cart = shop.open(7).await;
    // `send` looks at every answer for the header; this one asks as a browser does.
    let preflight = request("OPTIONS", &format!("/carts/{cart}/commands")).with("origin", "https://evil.example");
    let reply = shop.send(preflight.with("access-control-request-method", "POST")).await;
    assert_eq!((reply.status, reply.header("allow")), (204, Some("POST, OPTIONS")));
    assert_eq!(shop.send(request("GET", "/healthz").with("origin", "https://evil.example")).await.status, 200);
}

#[tokio::test]
async fn another_method_is_told_which_ones_there_are() {
    let shop = shop();
    for (method, path, allow) in [
        ("DELETE", "/carts", "GET, HEAD, POST, OPTIONS"),
        ("PUT", "/carts/00000000-0000-0000-0000-000000000001", "GET, HEAD, OPTIONS"),
        ("GET", "/carts/00000000-0000-0000-0000-000000000001/commands", "POST, OPTIONS"),
        ("GET", "/imports", "POST, OPTIONS"),
        ("post", "/carts", "GET, HEAD, POST, OPTIONS"),
    ] {
        let reply = shop.send(request(method, path)).await;
        assert_eq!(reply.problem(), (405, "method_not_allowed".to_owned()), "{method} {path}");
        assert_eq!(reply.header("allow"), Some(allow));
    }
}

#[tokio::test]
async fn head_answers_like_get_without_a_body() {
    let shop = shop();
    let cart = shop.open(7).await;
    let get = shop.get(&format!("/carts/{cart}")).await;
    let head = shop.send(request("HEAD", &format!("/carts/{cart}"))).await;
    assert_eq!((head.status, head.text.as_str(), head.header("etag")), (200, "", Some("\"1\"")));
    assert_eq!(head.header("content-length"), Some(get.text.len().to_string().as_str()));
}

#[tokio::test]
async fn faults_say_whether_to_try_again_and_keep_their_causes_to_themselves() {
    let shop = shop();
    shop.ports().table.faults().fail_next(1);
    let reply = shop.get("/readyz").await;
    assert_eq!(reply.problem(), (503, "unavailable".to_owned()));
    assert_eq!((reply.header("retry-after"), &reply.json()["retryable"]), (Some("1"), &json!(true)));
    assert!(!reply.text.contains("asked for"), "{}", reply.text);
    assert_eq!(shop.get("/readyz").await.status, 200);
}
