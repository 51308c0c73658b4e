//! Imports: history in, one answer a line.

use super::*;
use crate::ports::EventTable as _;

fn line(n: u128, commands: Value) -> Value {
    json!({"cart_id": id(n), "source": "till 4", "commands": commands})
}

fn basket(n: u128, items: u128) -> Value {
    let at = "2016-03-04T05:06:07Z";
    let timed = |mut command: Value| {
        command["happened_at"] = json!(at);
        command
    };
    let open = timed(sent(n * 1_000 + 1, "OpenCart", json!({"currency": "USD"})));
    let adds = (0..items).map(|item| timed(add(n * 1_000 + 2 + item, &format!("item {item}"))));
    let rule = json!({"kind": "amount_off", "minor": 50});
    let off = timed(sent(n * 1_000 + 998, "ApplyDiscount", json!({"code": "coupon", "rule": rule})));
    let close = timed(sent(n * 1_000 + 999, "CloseCart", json!({"reason": "checked_out"})));
    line(n, [open].into_iter().chain(adds).chain([off, close]).collect())
}

async fn import(shop: &Api<World>, lines: &[Value]) -> Vec<Value> {
    let lines: Vec<_> = lines.iter().map(Value::to_string).collect();
    import_text(shop, &lines.join("\n")).await
}

async fn import_text(shop: &Api<World>, text: &str) -> Vec<Value> {
    // Later than the import before, so that a repetition is not taken for the same attempt.
    shop.ports().clock.advance(std::time::Duration::from_secs(1));
    let mut request = posting("/imports", text);
    request.headers = vec![("content-type".to_owned(), "application/x-ndjson".to_owned())];
    let reply = shop.send(request).await;
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("application/x-ndjson")), "{}", reply.text);
    reply.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn history_is_written_down_with_its_own_times_prices_and_rules() {
    let shop = shop_with(|settings| settings.catalogue = Some(catalogue()));
    let answers = import(&shop, &[basket(1, 2), basket(2, 60)]).await;
    assert_eq!(
        answers,
        [
            json!({"cart_id": id(1), "status": "imported", "version": 5, "events": 5, "refused": [], "total_minor": 150}),
            json!({"cart_id": id(2), "status": "imported", "version": 63, "events": 63, "refused": [], "total_minor": 5950}),
        ]
    );
    let event = shop.ports().table.load(stream(2), 30, Some(1)).await.unwrap().remove(0);
    let noted = event.circumstances;
    assert_eq!(noted.source.as_deref(), Some("tillroll:import:till 4"));
    assert_eq!(noted.happened_at.map(|at| at.to_string()).as_deref(), Some("2016-03-04T05:06:07Z"));
    assert_eq!(noted.recorded_at.map(Timestamp::unix_ms), Some(START_MS + 1_000));
}

#[tokio::test]
async fn a_new_cart_costs_its_writes_and_no_read() {
    let shop = shop();
    // The first call of the table would fail if it were a read before the write.
    shop.ports().table.faults().lose_next_answers(1);
    let answers = import(&shop, &[basket(1, 2)]).await;
    assert_eq!((&answers[0]["status"], shop.event_count()), (&json!("failed"), 5), "{}", answers[0]);
    assert_eq!(answers[0]["retryable"], true);
    assert_eq!(import(&shop, &[basket(1, 2)]).await[0]["status"], "unchanged");
}

#[tokio::test]
async fn the_same_import_again_changes_nothing() {
    let shop = shop();
    let lines: Vec<_> = (1..=40).map(|n| basket(n, n)).collect();
    let first = import(&shop, &lines).await;
    let events = shop.event_count();
    let second = import(&shop, &lines).await;
    assert_eq!(shop.event_count(), events);
    for (first, second) in first.iter().zip(&second) {
        assert_eq!((&first["status"], &second["status"]), (&json!("imported"), &json!("unchanged")));
        assert_eq!((&first["version"], &first["total_minor"]), (&second["version"], &second["total_minor"]));
        assert_eq!((&second["events"], &first["cart_id"]), (&json!(0), &second["cart_id"]));
    }
}

#[tokio::test]
async fn an_import_that_broke_off_goes_on_where_it_stopped() {
    let shop = shop();
    let whole = basket(1, 60);
    let mut part = whole.clone();
    part["commands"].as_array_mut().unwrap().truncate(25);
    import(&shop, &[part]).await;
    let answer = import(&shop, &[whole]).await.remove(0);
    assert_eq!(
        (&answer["status"], &answer["events"], &answer["version"]),
        (&json!("imported"), &json!(38), &json!(63))
    );
}

#[tokio::test]
async fn history_may_be_added_to_a_cart_that_is_there() {
    let shop = shop();
    shop.open(1).await;
    let answer = import(&shop, &[line(1, json!([add(5, "milk")]))]).await.remove(0);
    assert_eq!((&answer["status"], &answer["version"]), (&json!("imported"), &json!(2)));
    let two_lines = import(&shop, &[line(1, json!([add(6, "egg")])), line(1, json!([add(7, "ham")]))]).await;
    assert_eq!((&two_lines[0]["version"], &two_lines[1]["version"]), (&json!(3), &json!(4)));
}

#[tokio::test]
async fn refused_commands_are_named_and_the_rest_happens() {
    let shop = shop();
    let open = sent(1, "OpenCart", json!({}));
    let answers =
        import(&shop, &[line(1, json!([open, add(2, ""), add(3, "milk")])), line(2, json!([add(4, "milk")]))]).await;
    assert_eq!(answers[0]["status"], "imported");
    assert_eq!(answers[0]["refused"][0]["command_id"], id(2));
    assert_eq!(answers[0]["refused"][0]["code"], "invalid_name");
    assert_eq!((&answers[1]["status"], &answers[1]["total_minor"]), (&json!("refused"), &json!(null)));
    assert_eq!(answers[1]["refused"][0]["code"], "cart_not_found");
}

#[tokio::test]
async fn one_bad_line_stops_no_other_and_answers_keep_their_order() {
    let shop = shop();
    let nil = json!({"command_id": id(0), "type": "OpenCart"});
    let timeless = json!({"command_id": id(1), "type": "OpenCart", "happened_at": "yesterday"});
    let text = [
        basket(1, 1).to_string(),
        "not json".to_owned(),
        String::new(),
        json!({"cart_id": id(2), "source": "", "commands": [nil]}).to_string(),
        line(3, json!([nil])).to_string(),
        line(4, json!([timeless])).to_string(),
        line(5, json!([])).to_string(),
        json!({"cart_id": "x", "source": "s", "commands": []}).to_string(),
        format!("{{\"pad\":\"{}\"}}", "x".repeat(1024 * 1024)),
        basket(6, 1).to_string(),
    ]
    .join("\r\n");
    let answers = import_text(&shop, &text).await;
    let said: Vec<_> =
        answers.iter().map(|answer| (answer["status"].as_str().unwrap(), answer["code"].as_str())).collect();
    assert_eq!(
        said,
        [
            ("imported", None),
            ("malformed", Some("malformed_json")),
            ("malformed", Some("malformed_json")),
            ("malformed", Some("invalid_command_id")),
            ("malformed", Some("malformed_json")),
            ("malformed", Some("malformed_json")),
            ("malformed", Some("malformed_json")),
            ("malformed", Some("body_too_large")),
            ("imported", None),
        ]
    );
    assert_eq!(answers[4]["errors"][0]["pointer"], "/commands/0/happened_at");
}

#[tokio::test]
async fn an_empty_import_is_answered_with_nothing_and_json_is_not_taken() {
    let shop = shop();
    assert!(import_text(&shop, "\n\n").await.is_empty());
    let reply = shop.send(posting("/imports", basket(1, 1).to_string())).await;
    assert_eq!(reply.problem(), (415, "unsupported_media_type".to_owned()));
}
