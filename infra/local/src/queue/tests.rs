//! The queue's rules, one by one.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
use std::path::Path;

use tillroll_host_lambda::ports::{DeadLetterQueue as _, Letters};

use super::*;

const LONG: Duration = Duration::from_hours(1);

async fn queue_in(folder: &Path, clock: LocalClock) -> LocalQueue {
    let sqlite = crate::pipeline_db::open(&folder.join("pipeline.sqlite")).unwrap();
    LocalQueue::open(sqlite, clock, &["carts".to_owned(), "suggestions".to_owned()]).await.unwrap()
}

fn message(group: &str, id: &str) -> QueueMessage {
    QueueMessage { group: group.into(), deduplication_id: id.into(), body: id.into() }
}

fn bodies(received: &Received) -> Vec<&str> {
    received.messages.iter().map(|message| message.body.as_str()).collect()
}

fn ids(received: &Received) -> Vec<String> {
    received.messages.iter().map(|message| message.message_id.clone()).collect()
}

#[tokio::test]
async fn a_group_with_a_message_in_flight_is_closed_and_other_groups_flow() {
    let folder = tempfile::tempdir().unwrap();
    let queue = queue_in(folder.path(), LocalClock::system()).await;
    queue.send("carts", (0..8).map(|n| message("a", &format!("a{n}"))).collect()).await.unwrap();
    queue.send("carts", (0..4).map(|n| message("a", &format!("a8{n}"))).collect()).await.unwrap();
    let first = queue.receive("carts", 10, LONG).await.unwrap();
    assert_eq!(bodies(&first), ["a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "a80", "a81"]);
    queue.send("carts", vec![message("b", "b0")]).await.unwrap();
    let second = queue.receive("carts", 10, LONG).await.unwrap();
    assert_eq!(bodies(&second), ["b0"]);
    let none = queue.receive("carts", 10, LONG).await.unwrap();
    assert!(none.messages.is_empty() && none.next_in.is_some());
    assert!(queue.receive("suggestions", 10, LONG).await.unwrap().messages.is_empty());
    assert_eq!(queue.depth("carts").await.unwrap(), 13);
    assert_eq!(queue.delete("carts", &first.receipt, ids(&first)).await.unwrap(), 10);
    assert_eq!(bodies(&queue.receive("carts", 10, LONG).await.unwrap()), ["a82", "a83"]);
    assert_eq!(queue.depth("carts").await.unwrap(), 3);
}

#[tokio::test]
async fn a_returned_message_comes_again_before_the_rest_of_its_group() {
    let folder = tempfile::tempdir().unwrap();
    let queue = queue_in(folder.path(), LocalClock::system()).await;
    queue.send("carts", (0..3).map(|n| message("a", &format!("a{n}"))).collect()).await.unwrap();
    let first = queue.receive("carts", 10, LONG).await.unwrap();
    let [done, returned, rest] = ids(&first).try_into().unwrap();
    queue.delete("carts", &first.receipt, vec![done]).await.unwrap();
    queue.put_back("carts", &first.receipt, vec![returned, rest], Duration::ZERO, None).await.unwrap();
    let again = queue.receive("carts", 10, LONG).await.unwrap();
    assert_eq!(bodies(&again), ["a1", "a2"]);
    assert_eq!(again.messages[0].attributes.receive_count, "2");
}

#[tokio::test]
async fn a_delivery_that_has_ended_deletes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let queue = queue_in(folder.path(), LocalClock::system()).await;
    queue.send("carts", vec![message("a", "a0")]).await.unwrap();
    let expired = queue.receive("carts", 10, Duration::ZERO).await.unwrap();
    assert_eq!(queue.delete("carts", &expired.receipt, ids(&expired)).await.unwrap(), 0);
    let second = queue.receive("carts", 10, LONG).await.unwrap();
    assert_eq!(queue.delete("carts", &expired.receipt, ids(&expired)).await.unwrap(), 0);
    assert_eq!(queue.delete("carts", &second.receipt, ids(&second)).await.unwrap(), 1);
    assert_eq!(queue.delete("carts", &second.receipt, vec!["x".into()]).await.unwrap(), 0);
}

#[tokio::test]
async fn a_deduplication_id_is_remembered_for_five_minutes_even_after_delete() {
    let folder = tempfile::tempdir().unwrap();
    let time = folder.path().join("clock");
    for (now, subscription, delivered) in [
        ("2026-01-01T00:00:00Z", "carts", 1),
        ("2026-01-01T00:00:01Z", "suggestions", 1),
        ("2026-01-01T00:04:59Z", "carts", 0),
        ("2026-01-01T00:05:01Z", "carts", 1),
        ("2026-01-01T00:09:00Z", "carts", 0),
    ] {
        std::fs::write(&time, now).unwrap();
        // A new process each time.
        let queue = queue_in(folder.path(), LocalClock::of_file(time.clone()).unwrap()).await;
        assert_eq!(queue.send(subscription, vec![message("a", "same")]).await.unwrap(), [Ok(())]);
        let received = queue.receive(subscription, 10, LONG).await.unwrap();
        assert_eq!(received.messages.len(), delivered, "{now}");
        queue.delete(subscription, &received.receipt, ids(&received)).await.unwrap();
    }
}

#[tokio::test]
async fn the_oldest_message_that_is_still_there_says_since_when_the_queue_waits() {
    let folder = tempfile::tempdir().unwrap();
    let time = folder.path().join("clock");
    std::fs::write(&time, "1970-01-01T00:00:01Z").unwrap();
    let queue = queue_in(folder.path(), LocalClock::of_file(time.clone()).unwrap()).await;
    assert_eq!(queue.oldest_sent_ms("carts").await.unwrap(), None);
    queue.send("carts", vec![message("a", "a0")]).await.unwrap();
    std::fs::write(&time, "1970-01-01T00:00:02Z").unwrap();
    let queue = queue_in(folder.path(), LocalClock::of_file(time).unwrap()).await;
    queue.send("carts", vec![message("b", "b0")]).await.unwrap();
    assert_eq!(queue.oldest_sent_ms("carts").await.unwrap(), Some(1_000));
    let first = queue.receive("carts", 1, LONG).await.unwrap();
    assert_eq!(queue.oldest_sent_ms("carts").await.unwrap(), Some(1_000), "in flight is not done");
    queue.delete("carts", &first.receipt, ids(&first)).await.unwrap();
    assert_eq!(queue.oldest_sent_ms("carts").await.unwrap(), Some(2_000));
}

#[tokio::test]
async fn a_message_delivered_too_often_is_a_dead_letter_with_its_last_error_and_can_be_redriven() {
    let folder = tempfile::tempdir().unwrap();
    let queue = queue_in(folder.path(), LocalClock::system()).await;
    queue.send("carts", vec![message("a", "poison"), message("a", "good")]).await.unwrap();
    for _ in 0..RECEIVES_MAX {
        let received = queue.receive("carts", 10, LONG).await.unwrap();
        assert_eq!(bodies(&received), ["poison", "good"]);
        let [poison, good] = ids(&received).try_into().unwrap();
        queue.put_back("carts", &received.receipt, vec![poison], Duration::ZERO, Some("bad".into())).await.unwrap();
        queue.put_back("carts", &received.receipt, vec![good], Duration::ZERO, None).await.unwrap();
    }
    assert!(queue.receive("carts", 10, LONG).await.unwrap().messages.is_empty());
    let dead = queue.list(None, None, 10).await.unwrap();
    assert_eq!(dead.iter().map(|letter| letter.body.as_str()).collect::<Vec<_>>(), ["poison", "good"]);
    assert_eq!((dead[0].reason.as_str(), dead[1].reason.as_str()), ("bad", REASON_UNSTATED));
    assert_eq!(queue.depth("carts").await.unwrap(), 0);
    let of = |subscription: &str| Letters::Of(subscription.to_owned());
    assert_eq!(queue.redrive(&of("suggestions"), 10).await.unwrap(), [""; 0]);
    assert_eq!(queue.redrive(&of("carts"), 10).await.unwrap(), [dead[0].id.as_str(), dead[1].id.as_str()]);
    let again = queue.receive("carts", 10, LONG).await.unwrap();
    assert_eq!(bodies(&again), ["poison", "good"]);
    assert_eq!(again.messages[0].attributes.receive_count, "1");
    assert_eq!(queue.count(&Letters::All).await.unwrap(), 0);
    assert_eq!((queue.arrivals("carts"), queue.arrivals("suggestions")), (4, 0));
}

#[tokio::test]
async fn what_was_in_flight_when_the_process_died_is_free_for_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let queue = queue_in(folder.path(), LocalClock::system()).await;
    queue.send("carts", vec![message("a", "a0")]).await.unwrap();
    assert_eq!(queue.receive("carts", 10, LONG).await.unwrap().messages.len(), 1);
    let queue = queue_in(folder.path(), LocalClock::system()).await;
    let received = queue.receive("carts", 10, LONG).await.unwrap();
    assert_eq!(received.messages[0].attributes.receive_count, "2");
}

#[tokio::test]
async fn bad_messages_are_refused_alone() {
    let folder = tempfile::tempdir().unwrap();
    let queue = queue_in(folder.path(), LocalClock::system()).await;
    let large = QueueMessage { body: "x".repeat(BODY_BYTES_MAX + 1), ..message("a", "large") };
    let long = "x".repeat(ID_CHARS_MAX + 1);
    let messages = vec![message("a", ""), message("", "i"), message("a", &long), large, message("a", "good")];
    let answers = queue.send("carts", messages).await.unwrap();
    assert_eq!(answers.iter().map(Result::is_ok).collect::<Vec<_>>(), [false, false, false, false, true]);
    assert_eq!(queue.depth("carts").await.unwrap(), 1);
    assert!(queue.send("carts", (0..11).map(|n| message("a", &n.to_string())).collect()).await.is_err());
    assert_eq!(queue.send("nobody", vec![]).await.unwrap_err().kind, FaultKind::Permanent);
}
