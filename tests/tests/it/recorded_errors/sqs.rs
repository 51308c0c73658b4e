//! SQS: messages that a queue does not take one by one, sends that fail, depths that are not told.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tillroll_core::time::Timestamp;
use tillroll_host_lambda::memory::MemoryClock;
use tillroll_host_lambda::ports::{
    DeadLetterQueue as _, Notice, Notices as _, QueueMessage, ReplayQueue as _, TamperLog as _,
};
use tillroll_host_lambda::sqs::{QueueUrls, SqsNotices, SqsQueues, SqsTamperLog};
use tillroll_tests::contracts::event_table::stream;
use tillroll_tests::recorded::{Recorded, Reply};

use super::{Permanent, SECRET, clock, json_errors, kind_of};

fn queues(recorded: &Recorded) -> SqsQueues<MemoryClock> {
    let url = |name: &str| format!("http://127.0.0.1:1/000000000000/{name}.fifo");
    let urls = QueueUrls { queue: url("carts"), dead_letters: url("carts-dead") };
    SqsQueues::new(recorded.sqs(), BTreeMap::from([("carts".to_owned(), urls)]), clock())
}

fn message(group: &str, id: &str) -> QueueMessage {
    QueueMessage { group: group.to_owned(), deduplication_id: id.to_owned(), body: format!("\"{SECRET}\"") }
}

fn answer(successful: &[usize], failed: &[(usize, &str)]) -> Reply {
    let successful =
        successful.iter().map(|id| format!(r#"{{"Id":"{id}","MessageId":"m{id}","MD5OfMessageBody":"x"}}"#));
    let failed = failed
        .iter()
        .map(|(id, code)| format!(r#"{{"Id":"{id}","Code":"{code}","Message":"{SECRET}","SenderFault":false}}"#));
    let join = |entries: Vec<String>| entries.join(",");
    let (successful, failed) = (join(successful.collect()), join(failed.collect()));
    Reply::json(200, format!(r#"{{"Successful":[{successful}],"Failed":[{failed}]}}"#))
}

#[tokio::test]
async fn messages_that_the_queue_does_not_take_are_told_one_by_one_in_their_order() {
    let recorded = Recorded::new([answer(&[2, 0], &[(1, "InternalError")])]);
    let messages = ["a", "b", "c", "d"].map(|group| message(group, group));
    let answers = queues(&recorded).send("carts", messages.into()).await.unwrap();
    let said: Vec<Option<&str>> =
        answers.iter().map(|answer| answer.as_ref().err().map(|refused| refused.reason.as_str())).collect();
    assert_eq!(said, [None, Some("InternalError"), None, Some("the answer does not mention it")]);
}

#[tokio::test]
async fn a_message_that_is_not_taken_stops_its_group_and_no_other() {
    let large =
        |group: &str, id: &str| QueueMessage { body: format!("\"{}\"", "x".repeat(600_000)), ..message(group, id) };
    let messages = vec![large("a", "a1"), large("b", "b1"), large("a", "a2"), large("b", "b2")];
    let recorded = Recorded::new([answer(&[], &[(0, "InternalError")]), answer(&[1], &[]), answer(&[3], &[])]);
    let answers = queues(&recorded).send("carts", messages).await.unwrap();
    assert_eq!(answers.iter().map(Result::is_ok).collect::<Vec<_>>(), [false, true, false, true]);
    let sent: Vec<String> = recorded.sent().into_iter().map(|sent| sent.body).collect();
    assert_eq!(sent.len(), 3, "each fills a request, and one is not sent");
    assert!(sent.iter().all(|body| !body.contains("\"a2\"")));
    assert!(sent[1].contains("\"b1\"") && sent[2].contains("\"b2\""));
}

#[tokio::test]
async fn every_error_of_a_send_says_whether_it_can_be_sent_again() {
    let busy = [(400, "RequestThrottled"), (400, "ThrottlingException"), (400, "KmsThrottled"), (403, "OverLimit")];
    for (reply, kind) in json_errors(&busy) {
        let recorded = Recorded::new([reply.clone()]);
        let sent = queues(&recorded).send("carts", vec![message("a", "1")]).await;
        assert_eq!(kind_of(sent, "carts"), kind, "{reply:?}");
        let attempts = recorded.sent().len();
        assert_eq!(attempts == 1, kind == Permanent, "{reply:?}: {attempts} attempts");
    }
    for code in ["QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", "KmsAccessDenied", "KmsDisabled"] {
        let recorded = Recorded::new([Reply::json_error(400, code)]);
        let sent = queues(&recorded).send("carts", vec![message("a", "1")]).await;
        assert_eq!(kind_of(sent, "carts"), Permanent, "{code}");
    }
}

#[tokio::test]
async fn a_send_whose_answer_was_lost_is_made_again_with_the_same_ids() {
    let recorded = Recorded::new([Reply::Cut, answer(&[0, 1], &[])]);
    let messages = vec![message("a", "id-one"), message("a", "id-two")];
    assert_eq!(queues(&recorded).send("carts", messages).await.unwrap(), [Ok(()), Ok(())]);
    let bodies: Vec<String> = recorded.sent().into_iter().map(|sent| sent.body).collect();
    assert_eq!(bodies[0], bodies[1]);
    assert!(bodies[0].contains("id-one") && bodies[0].contains("id-two"));
}

/// What SQS and Lambda say of a dead letter is shown; what nobody says is unknown.
#[tokio::test]
async fn a_dead_letter_says_what_is_known_of_its_end() {
    let depth = r#"{"Attributes":{"ApproximateNumberOfMessages":"3","ApproximateNumberOfMessagesNotVisible":"0","ApproximateNumberOfMessagesDelayed":"0"}}"#;
    let policy = json!({"Attributes": {"RedrivePolicy": json!({"maxReceiveCount": "5"}).to_string()}});
    let letter = |id: &str, body: &str, more: Value| {
        let mut attributes = json!({
            "SentTimestamp": "1767225600000", "ApproximateFirstReceiveTimestamp": "1767225601000",
            "ApproximateReceiveCount": "9", "MessageGroupId": "lane-3", "SequenceNumber": "18849496460467696128",
        });
        attributes.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"MessageId": id, "ReceiptHandle": id, "Body": body, "Attributes": attributes})
    };
    let lambda = json!({
        "version": "1.0", "timestamp": "2026-01-01T00:00:07.000Z",
        "requestContext": {"condition": "RetriesExhausted", "approximateInvokeCount": 3},
    });
    let source = "arn:aws:sqs:eu-central-1:000000000000:shop-replay-carts.fifo";
    let messages = json!({"Messages": [
        letter("m-1", "{}", json!({"DeadLetterQueueSourceArn": source})),
        letter("m-2", "by hand", json!({"SequenceNumber": "2"})),
        letter("m-3", &lambda.to_string(), json!({"SequenceNumber": "3"})),
    ]});
    let given_back = r#"{"Successful":[{"Id":"0"},{"Id":"1"},{"Id":"2"}],"Failed":[]}"#;
    let replies = [depth.to_owned(), policy.to_string(), messages.to_string(), given_back.to_owned()];
    let recorded = Recorded::new(replies.map(|body| Reply::json(200, body)));
    let letters = queues(&recorded).list(None, None, 10).await.unwrap();
    let said: Vec<_> = letters.iter().map(|letter| (letter.given_up_at.to_string(), letter.receive_count)).collect();
    let at = |time: &str| (time.to_owned(), 5);
    assert_eq!(said, [at("2026-01-01T00:00:01Z"), at("2026-01-01T00:00:01Z"), at("2026-01-01T00:00:07Z")]);
    let reasons: Vec<&str> = letters.iter().map(|letter| letter.reason.as_str()).collect();
    assert_eq!(reasons[0], "unknown: no queue has given this message up, somebody sent it here");
    assert!(reasons[1].contains("unknown: SQS does not keep why deliveries from shop-replay-carts.fifo fail"));
    assert!(reasons[1].contains("message id m-1"), "{reasons:?}");
    assert_eq!(reasons[2], "given up after 3 invocations: RetriesExhausted");
    assert!(recorded.sent()[2].body.contains(r#""MessageSystemAttributeNames":["All"]"#));
}

#[tokio::test]
async fn the_depth_counts_what_is_in_flight_and_a_queue_that_does_not_say_is_a_fault() {
    let said = r#"{"Attributes":{"ApproximateNumberOfMessages":"3","ApproximateNumberOfMessagesNotVisible":"4","ApproximateNumberOfMessagesDelayed":"1"}}"#;
    assert_eq!(queues(&Recorded::new([Reply::json(200, said)])).depth("carts").await.unwrap(), 8);
    let silent = queues(&Recorded::new([Reply::json(200, "{}")])).depth("carts").await;
    assert_eq!(kind_of(silent, "carts"), Permanent);
    let unknown = queues(&Recorded::new([Reply::Cut])).depth("nobody").await;
    assert_eq!(kind_of(unknown, "nobody"), Permanent);
}

#[tokio::test]
async fn tampered_records_and_notices_go_to_queues_of_either_kind() {
    let sent = || Reply::json(200, r#"{"MessageId":"m","MD5OfMessageBody":"x"}"#);
    let notice = Notice { id: "n-1".to_owned(), cart: stream(1), due: Timestamp::UNIX_EPOCH };
    for (queue, is_fifo) in [("http://127.0.0.1:1/0/q", false), ("http://127.0.0.1:1/0/q.fifo", true)] {
        let recorded = Recorded::new([sent()]);
        let log = SqsTamperLog::new(recorded.sqs(), queue, clock());
        log.keep("an event was changed", "{\"a\":1}".to_owned()).await.unwrap();
        log.keep("an event was changed", "\u{1}".repeat(400_000)).await.unwrap();
        SqsNotices::new(recorded.sqs(), queue, clock()).send(&notice).await.unwrap();
        let bodies: Vec<serde_json::Value> =
            recorded.sent().iter().map(|sent| serde_json::from_str(&sent.body).unwrap()).collect();
        let messages: Vec<serde_json::Value> =
            bodies.iter().map(|body| serde_json::from_str(body["MessageBody"].as_str().unwrap()).unwrap()).collect();
        assert_eq!(
            messages[0],
            serde_json::json!({"reason": "an event was changed", "cut": false, "record": "{\"a\":1}"})
        );
        assert_eq!(messages[1]["cut"], true);
        assert!(bodies[1]["MessageBody"].as_str().unwrap().len() <= 1024 * 1024);
        assert_eq!(messages[2]["id"], "n-1");
        assert!(bodies.iter().all(|body| body["MessageDeduplicationId"].is_string() == is_fifo));
    }
}
