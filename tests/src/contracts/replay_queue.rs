//! What every replay queue has to do.
#![allow(missing_docs, reason = "the names of the sentences are their documentation")]

use std::future::Future;
use std::time::Duration;

use tillroll_host_lambda::lambda_events::QueueBatchRecord;
use tillroll_host_lambda::ports::{
    DeadLetterQueue, FaultKind, Letters, QUEUE_SEND_MESSAGES_MAX, QueueMessage, ReplayQueue,
};

/// The sentences, each as a test of the adapter that `$fresh` makes; `in_real_time` without those that need a clock that
/// can be moved by minutes.
#[macro_export]
macro_rules! replay_queue_contract {
    ($fresh:expr) => {
        $crate::replay_queue_contract!($fresh, in_real_time);
        $crate::sentences!(
            replay_queue,
            $fresh,
            [a_deduplication_id_is_swallowed_for_five_minutes_even_after_a_delete]
        );
    };
    ($fresh:expr, in_real_time) => {
        $crate::sentences!(
            replay_queue,
            $fresh,
            [
                messages_come_out_as_they_were_sent_and_in_the_order_of_their_group,
                a_group_waits_for_its_messages_in_flight_and_others_go_on,
                a_returned_message_comes_again_before_the_rest_of_its_group,
                a_message_that_nobody_finishes_comes_again_after_its_visibility,
                a_deduplication_id_is_swallowed_even_after_a_delete,
                a_message_that_keeps_failing_becomes_a_dead_letter_and_can_be_redriven,
                the_depth_counts_messages_in_flight,
                each_subscription_has_a_queue_of_its_own,
                a_send_takes_ten_messages_and_not_one_more,
                a_send_of_more_than_a_megabyte_arrives_whole,
                characters_that_are_none_arrive_as_the_same_document,
            ]
        );
    };
}

/// Reads a queue as its event source mapping does. Queues `carts` and `suggestions` exist.
pub trait ReceiveMessages: ReplayQueue {
    /// Up to `messages_max` messages, hidden from now on.
    fn receive(&self, subscription: &str, messages_max: usize) -> impl Future<Output = Vec<QueueBatchRecord>> + Send;

    /// This message is done.
    fn delete(&self, subscription: &str, message: &QueueBatchRecord) -> impl Future<Output = ()> + Send;

    /// This message failed: it can come again at once.
    fn release(&self, subscription: &str, message: &QueueBatchRecord) -> impl Future<Output = ()> + Send;

    /// Its dead letters.
    fn dead_letters(&self) -> &impl DeadLetterQueue;

    /// Lets the queue's clock run.
    fn advance(&self, duration: Duration) -> impl Future<Output = ()> + Send;
}

/// Longer than any message stays hidden.
const PAST_VISIBILITY: Duration = Duration::from_hours(1);
/// More often than any message is delivered.
const DELIVERIES_MAX: usize = 100;

pub(super) fn message(group: &str, id: &str) -> QueueMessage {
    QueueMessage { group: group.to_owned(), deduplication_id: id.to_owned(), body: format!("body of {id}") }
}

async fn send(queue: &impl ReplayQueue, messages: &[(&str, &str)]) {
    let messages = messages.iter().map(|(group, id)| message(group, id)).collect();
    let answers = queue.send("carts", messages).await.unwrap();
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
}

pub(super) fn bodies(received: &[QueueBatchRecord]) -> Vec<&str> {
    received.iter().map(|record| record.body.trim_start_matches("body of ")).collect()
}

pub async fn messages_come_out_as_they_were_sent_and_in_the_order_of_their_group(queue: impl ReceiveMessages) {
    send(&queue, &[("x", "x1"), ("y", "y1"), ("x", "x2"), ("x", "x3")]).await;
    let received = queue.receive("carts", 10).await;
    let of_group = |group: &str| {
        let of_group = received.iter().filter(|record| record.attributes.group == group).cloned();
        of_group.collect::<Vec<_>>()
    };
    assert_eq!(bodies(&of_group("x")), ["x1", "x2", "x3"]);
    assert_eq!(bodies(&of_group("y")), ["y1"]);
    assert!(received.iter().all(|record| record.attributes.receive_count == "1"));
    for record in &received {
        queue.delete("carts", record).await;
    }
    assert_eq!(queue.depth("carts").await.unwrap(), 0);
}

pub async fn a_group_waits_for_its_messages_in_flight_and_others_go_on(queue: impl ReceiveMessages) {
    send(&queue, &[("x", "x1"), ("x", "x2"), ("y", "y1")]).await;
    let first = queue.receive("carts", 1).await;
    assert_eq!(bodies(&first), ["x1"]);
    assert_eq!(bodies(&queue.receive("carts", 10).await), ["y1"]);
    assert_eq!(bodies(&queue.receive("carts", 10).await), [""; 0]);
    queue.delete("carts", &first[0]).await;
    assert_eq!(bodies(&queue.receive("carts", 10).await), ["x2"]);
}

pub async fn a_returned_message_comes_again_before_the_rest_of_its_group(queue: impl ReceiveMessages) {
    send(&queue, &[("x", "x1"), ("x", "x2"), ("x", "x3")]).await;
    let received = queue.receive("carts", 10).await;
    queue.delete("carts", &received[0]).await;
    queue.release("carts", &received[1]).await;
    queue.release("carts", &received[2]).await;
    let again = queue.receive("carts", 10).await;
    assert_eq!(bodies(&again), ["x2", "x3"]);
    assert_eq!(again[0].attributes.receive_count, "2");
}

pub async fn a_message_that_nobody_finishes_comes_again_after_its_visibility(queue: impl ReceiveMessages) {
    send(&queue, &[("x", "x1"), ("x", "x2")]).await;
    assert_eq!(bodies(&queue.receive("carts", 10).await), ["x1", "x2"]);
    queue.advance(Duration::from_secs(1)).await;
    assert_eq!(bodies(&queue.receive("carts", 10).await), [""; 0]);
    queue.advance(PAST_VISIBILITY).await;
    assert_eq!(bodies(&queue.receive("carts", 10).await), ["x1", "x2"]);
}

pub async fn a_deduplication_id_is_swallowed_even_after_a_delete(queue: impl ReceiveMessages) {
    send(&queue, &[("x", "one")]).await;
    send(&queue, &[("x", "one"), ("x", "two"), ("x", "two")]).await;
    let received = queue.receive("carts", 10).await;
    assert_eq!(bodies(&received), ["one", "two"]);
    for record in &received {
        queue.delete("carts", record).await;
    }
    send(&queue, &[("x", "one"), ("x", "two")]).await;
    assert_eq!(queue.depth("carts").await.unwrap(), 0);
}

pub async fn a_send_of_more_than_a_megabyte_arrives_whole(queue: impl ReceiveMessages) {
    const BODY_BYTES: usize = 300_000;
    let body = |number: usize| number.to_string().repeat(BODY_BYTES);
    let sent = (0..QUEUE_SEND_MESSAGES_MAX)
        .map(|number| QueueMessage { body: body(number), ..message("x", &number.to_string()) });
    let answers = queue.send("carts", sent.collect()).await.unwrap();
    assert_eq!(answers, vec![Ok(()); QUEUE_SEND_MESSAGES_MAX]);
    let received = queue.receive("carts", 10).await;
    assert_eq!(received.len(), QUEUE_SEND_MESSAGES_MAX);
    assert!(received.iter().enumerate().all(|(number, record)| record.body == body(number)));
    let large = QueueMessage { body: "x".repeat(1024 * 1024 + 1), ..message("y", "large") };
    let answers = queue.send("carts", vec![message("z", "z1"), large, message("z", "z2")]).await.unwrap();
    assert_eq!(answers.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true], "each message for itself");
}

pub async fn characters_that_are_none_arrive_as_the_same_document(queue: impl ReceiveMessages) {
    let name = "\u{fffe} \u{ffff} \u{0} \u{7f} ä \u{1f600}";
    let body = serde_json::to_string(name).unwrap();
    queue.send("carts", vec![QueueMessage { body, ..message("x", "odd") }]).await.unwrap();
    let received = queue.receive("carts", 1).await;
    assert_eq!(serde_json::from_str::<String>(&received[0].body).unwrap(), name);
}

pub async fn a_deduplication_id_is_swallowed_for_five_minutes_even_after_a_delete(queue: impl ReceiveMessages) {
    send(&queue, &[("x", "one")]).await;
    send(&queue, &[("x", "one"), ("x", "two"), ("x", "two")]).await;
    let received = queue.receive("carts", 10).await;
    assert_eq!(bodies(&received), ["one", "two"]);
    for record in &received {
        queue.delete("carts", record).await;
    }
    queue.advance(Duration::from_mins(4)).await;
    send(&queue, &[("x", "one")]).await;
    assert_eq!(queue.depth("carts").await.unwrap(), 0);
    queue.advance(Duration::from_mins(2)).await;
    send(&queue, &[("x", "one")]).await;
    assert_eq!(bodies(&queue.receive("carts", 10).await), ["one"]);
}

pub async fn a_message_that_keeps_failing_becomes_a_dead_letter_and_can_be_redriven(queue: impl ReceiveMessages) {
    send(&queue, &[("x", "x1"), ("x", "x2"), ("y", "y1")]).await;
    let mut deliveries = 0;
    loop {
        let received = queue.receive("carts", 1).await;
        let Some(first) = received.first().filter(|first| first.body == "body of x1") else {
            // Its group goes on without it.
            assert_eq!(bodies(&received), ["x2"]);
            break;
        };
        deliveries += 1;
        assert_eq!(first.attributes.receive_count, deliveries.to_string());
        assert!(deliveries < DELIVERIES_MAX);
        queue.release("carts", first).await;
    }
    assert!(deliveries > 1);
    assert_eq!(queue.depth("carts").await.unwrap(), 2, "a dead letter is not counted");
    queue.advance(PAST_VISIBILITY).await;
    assert_eq!(queue.dead_letters().redrive(&Letters::All, 10).await.unwrap().len(), 1);
    assert_eq!(queue.depth("carts").await.unwrap(), 3);
    let received = queue.receive("carts", 10).await;
    assert!(bodies(&received).contains(&"x1"), "{received:?}");
}

pub async fn the_depth_counts_messages_in_flight(queue: impl ReceiveMessages) {
    assert_eq!(queue.depth("carts").await.unwrap(), 0);
    send(&queue, &[("x", "x1"), ("y", "y1"), ("z", "z1")]).await;
    assert_eq!(queue.depth("carts").await.unwrap(), 3);
    let received = queue.receive("carts", 2).await;
    assert_eq!(queue.depth("carts").await.unwrap(), 3);
    queue.delete("carts", &received[0]).await;
    assert_eq!(queue.depth("carts").await.unwrap(), 2);
}

pub async fn each_subscription_has_a_queue_of_its_own(queue: impl ReceiveMessages) {
    send(&queue, &[("x", "one")]).await;
    let answers = queue.send("suggestions", vec![message("x", "one"), message("x", "two")]).await.unwrap();
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(bodies(&queue.receive("carts", 10).await), ["one"]);
    assert_eq!(bodies(&queue.receive("suggestions", 10).await), ["one", "two"]);
}

pub async fn a_send_takes_ten_messages_and_not_one_more(queue: impl ReceiveMessages) {
    let messages = |count: usize| (0..count).map(|number| message("x", &format!("m{number:02}"))).collect::<Vec<_>>();
    for refused in [0, QUEUE_SEND_MESSAGES_MAX + 1] {
        let fault = queue.send("carts", messages(refused)).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Permanent, "{refused} messages");
    }
    let answers = queue.send("carts", messages(QUEUE_SEND_MESSAGES_MAX)).await.unwrap();
    assert_eq!(answers.len(), QUEUE_SEND_MESSAGES_MAX);
    assert_eq!(queue.depth("carts").await.unwrap(), 10);
}
