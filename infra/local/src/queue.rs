//! The replay queues on one machine: one FIFO queue a subscription, in `pipeline.sqlite`, with the rules of SQS.
//!
//! A group with a message in flight is closed until that message is deleted or comes back; a message that was delivered
//! too often becomes a dead letter; a deduplication id is remembered for five minutes, also after its message is gone.
//! Time in flight is measured by the process's stopwatch, not by the time of day, so a moved clock frees no message;
//! whatever was in flight when a process died is free again when the next one opens the file.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, Transaction, params};
use serde::Serialize;
use tillroll_core::time::Timestamp;
use tillroll_host_lambda::lambda_events::{QueueAttributes, QueueBatchRecord};
use tillroll_host_lambda::ports::{
    Clock, Fault, FaultKind, QUEUE_SEND_MESSAGES_MAX, QueueMessage, RecordRefused, ReplayQueue,
};
use tokio::sync::watch;

use crate::clock::LocalClock;
use crate::sqlite::Sqlite;

/// Most messages in one receive (SQS).
pub const RECEIVE_MESSAGES_MAX: u32 = 10;
/// A message that was delivered so often without being deleted becomes a dead letter.
pub const RECEIVES_MAX: u32 = 5;
/// How long a deduplication id is remembered (SQS).
const DEDUPLICATION_MS: i64 = 5 * 60 * 1000;
/// Longest deduplication id and group (SQS).
const ID_CHARS_MAX: usize = 128;
/// Largest body (SQS: 1 MiB).
const BODY_BYTES_MAX: usize = 1024 * 1024;
/// Most messages that one receive moves to the dead letters before it answers.
const DEAD_AT_ONCE_MAX: u32 = 100;
/// The reason of a dead letter whose function never said why.
const REASON_UNSTATED: &str = "returned to the queue by the function";

/// The replay queues of all subscriptions.
#[derive(Clone, Debug)]
pub struct LocalQueue<C = LocalClock> {
    sqlite: Sqlite,
    clock: C,
    /// By subscription; raised whenever messages may have become receivable.
    changes: Arc<BTreeMap<String, watch::Sender<u64>>>,
}

/// Messages in flight, and the handle with which they are deleted or returned.
#[derive(Debug)]
pub struct Received {
    /// The messages in queue order; none when nothing can be received now.
    pub messages: Vec<QueueBatchRecord>,
    /// Names this delivery. It dies when the messages become visible again.
    pub receipt: Arc<str>,
    /// When nothing was received: how long until a message in flight becomes visible, if there is one.
    pub next_in: Option<Duration>,
}

/// A message that was given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeadLetter {
    /// Its number.
    pub id: i64,
    /// Whose queue it was in.
    pub subscription: String,
    /// Its group.
    pub group: String,
    /// How often it was delivered.
    pub receive_count: u32,
    /// Why it was given up.
    pub reason: String,
    /// When.
    pub moved_at: Timestamp,
    /// The message.
    pub body: String,
}

impl<C: Clock> LocalQueue<C> {
    /// The queues of `subscriptions`.
    pub async fn open(sqlite: Sqlite, clock: C, subscriptions: &[String]) -> Result<Self, Fault> {
        sqlite
            .call("open the replay queues in", |db| {
                db.execute(
                    "UPDATE queue_messages SET invisible_until_ms = 0, receipt = NULL WHERE invisible_until_ms > 0",
                    [],
                )
            })
            .await?;
        let changes = subscriptions.iter().map(|name| (name.clone(), watch::Sender::new(0))).collect();
        Ok(Self { sqlite, clock, changes: Arc::new(changes) })
    }

    /// Wakes when messages of `subscription` may have become receivable.
    pub(crate) fn changes(&self, subscription: &str) -> Result<watch::Receiver<u64>, Fault> {
        Ok(self.known("watch the replay queue of", subscription)?.subscribe())
    }

    /// Takes up to `messages_max` messages (at most [`RECEIVE_MESSAGES_MAX`]), which nobody else receives for
    /// `visibility`. Within a group they come in order, and none comes while an earlier one is in flight.
    pub async fn receive(
        &self,
        subscription: &str,
        messages_max: u32,
        visibility: Duration,
    ) -> Result<Received, Fault> {
        let messages_max = messages_max.min(RECEIVE_MESSAGES_MAX);
        self.known("receive from the replay queue of", subscription)?;
        let subscription = subscription.to_owned();
        let (now_ms, moved_ms) = (self.stopwatch_ms(), self.clock.now().unix_ms());
        let visibility_ms = i64::try_from(visibility.as_millis()).unwrap_or(i64::MAX);
        let call = move |db: &mut Connection| {
            let transaction = db.transaction()?;
            bury(&transaction, &subscription, now_ms, moved_ms)?;
            let until_ms = now_ms.saturating_add(visibility_ms);
            let received = take(&transaction, &subscription, messages_max, now_ms, until_ms)?;
            transaction.commit()?;
            Ok(received)
        };
        self.sqlite.call("receive from the replay queues in", call).await
    }

    /// Deletes messages of a delivery that is still theirs; answers how many were. A message whose delivery has ended
    /// in the meantime stays.
    pub async fn delete(&self, subscription: &str, receipt: &Arc<str>, ids: Vec<String>) -> Result<u64, Fault> {
        let (now_ms, receipt) = (self.stopwatch_ms(), Arc::clone(receipt));
        let deleted = self
            .sqlite
            .call("delete from the replay queues in", move |db| {
                let transaction = db.transaction()?;
                let mut deleted = 0;
                for id in &ids {
                    deleted += transaction
                        .prepare_cached(
                            "DELETE FROM queue_messages
                             WHERE sequence = ?1 AND receipt = ?2 AND invisible_until_ms > ?3",
                        )?
                        .execute(params![number_of(id), &*receipt, now_ms])?;
                }
                transaction.commit()?;
                Ok(u64::try_from(deleted).unwrap_or(0))
            })
            .await?;
        self.wake(subscription);
        Ok(deleted)
    }

    /// Makes messages of a delivery receivable again after `delay`, and notes why they came back.
    pub async fn put_back(
        &self,
        subscription: &str,
        receipt: &Arc<str>,
        ids: Vec<String>,
        delay: Duration,
        reason: Option<String>,
    ) -> Result<(), Fault> {
        let delay_ms = i64::try_from(delay.as_millis()).unwrap_or(i64::MAX);
        let (now_ms, receipt) = (self.stopwatch_ms(), Arc::clone(receipt));
        let visible_ms = now_ms.saturating_add(delay_ms);
        self.sqlite
            .call("return messages to the replay queues in", move |db| {
                let transaction = db.transaction()?;
                for id in &ids {
                    transaction
                        .prepare_cached(
                            "UPDATE queue_messages SET invisible_until_ms = ?4, receipt = NULL, last_error = ?5
                             WHERE sequence = ?1 AND receipt = ?2 AND invisible_until_ms > ?3",
                        )?
                        .execute(params![number_of(id), &*receipt, now_ms, visible_ms, reason])?;
                }
                transaction.commit()
            })
            .await?;
        self.wake(subscription);
        Ok(())
    }

    /// Dead letters, oldest first: those with ids above `after`, at most `limit`.
    pub async fn dead_letters(&self, after: i64, limit: u32) -> Result<Vec<DeadLetter>, Fault> {
        self.sqlite
            .call("list the dead letters in", move |db| {
                db.prepare(
                    "SELECT id, subscription, message_group, receive_count, reason, moved_ms, body
                     FROM dead_letters WHERE id > ?1 ORDER BY id LIMIT ?2",
                )?
                .query_map(params![after, limit], |row| {
                    Ok(DeadLetter {
                        id: row.get(0)?,
                        subscription: row.get(1)?,
                        group: row.get(2)?,
                        receive_count: row.get(3)?,
                        reason: row.get(4)?,
                        moved_at: Timestamp::from_unix_ms(row.get(5)?),
                        body: row.get(6)?,
                    })
                })?
                .collect()
            })
            .await
    }

    /// How many dead letters `subscription` has.
    pub async fn dead_letter_count(&self, subscription: &str) -> Result<u64, Fault> {
        let subscription = subscription.to_owned();
        self.sqlite
            .call("count the dead letters in", move |db| {
                db.query_row("SELECT count(*) FROM dead_letters WHERE subscription = ?1", [subscription], |row| {
                    row.get(0)
                })
            })
            .await
    }

    /// Sends the dead letters of `subscription` again, behind what is waiting; answers how many.
    pub async fn redrive(&self, subscription: &str) -> Result<u64, Fault> {
        self.known("redrive the dead letters of", subscription)?;
        let of = subscription.to_owned();
        let moved = self
            .sqlite
            .call("redrive the dead letters in", move |db| {
                let transaction = db.transaction()?;
                let moved = transaction.execute(
                    "INSERT INTO queue_messages (subscription, message_group, body)
                     SELECT subscription, message_group, body FROM dead_letters WHERE subscription = ?1 ORDER BY id",
                    [&of],
                )?;
                transaction.execute("DELETE FROM dead_letters WHERE subscription = ?1", [&of])?;
                transaction.commit()?;
                Ok(u64::try_from(moved).unwrap_or(0))
            })
            .await?;
        self.wake(subscription);
        Ok(moved)
    }

    /// Milliseconds from 1, so that 0 always means visible.
    fn stopwatch_ms(&self) -> i64 {
        i64::try_from(self.clock.elapsed_ms().saturating_add(1)).unwrap_or(i64::MAX)
    }

    fn known(&self, operation: &'static str, subscription: &str) -> Result<&watch::Sender<u64>, Fault> {
        self.changes.get(subscription).ok_or_else(|| {
            Fault::new(FaultKind::Permanent, operation, subscription.escape_debug().to_string(), "no such subscription")
        })
    }

    fn wake(&self, subscription: &str) {
        if let Some(change) = self.changes.get(subscription) {
            change.send_modify(|changes| *changes = changes.wrapping_add(1));
        }
    }
}

impl<C: Clock> ReplayQueue for LocalQueue<C> {
    async fn send(
        &self,
        subscription: &str,
        messages: Vec<QueueMessage>,
    ) -> Result<Vec<Result<(), RecordRefused>>, Fault> {
        self.known("send to the replay queue of", subscription)?;
        if !(1..=QUEUE_SEND_MESSAGES_MAX).contains(&messages.len()) {
            let found = format!("{} messages in one send, 1 to {QUEUE_SEND_MESSAGES_MAX} are taken", messages.len());
            return Err(Fault::new(FaultKind::Permanent, "send to the replay queue of", subscription, found));
        }
        let answers = messages
            .iter()
            .map(|message| {
                refusal_of(message).map_or(Ok(()), |reason| Err(RecordRefused { reason: reason.to_owned() }))
            })
            .collect();
        let (of, now_ms) = (subscription.to_owned(), self.clock.now().unix_ms());
        let call = move |db: &mut Connection| {
            let transaction = db.transaction()?;
            for message in messages.iter().filter(|message| refusal_of(message).is_none()) {
                enqueue(&transaction, &of, message, now_ms)?;
            }
            forget(&transaction, now_ms)?;
            transaction.commit()
        };
        self.sqlite.call("send to the replay queues in", call).await?;
        self.wake(subscription);
        Ok(answers)
    }

    async fn depth(&self, subscription: &str) -> Result<u64, Fault> {
        self.known("count the replay queue of", subscription)?;
        let subscription = subscription.to_owned();
        self.sqlite
            .call("count the replay queues in", move |db| {
                db.prepare_cached("SELECT count(*) FROM queue_messages WHERE subscription = ?1")?
                    .query_row([subscription], |row| row.get(0))
            })
            .await
    }
}

fn refusal_of(message: &QueueMessage) -> Option<&'static str> {
    let bad_id = |id: &str| !(1..=ID_CHARS_MAX).contains(&id.chars().count());
    if bad_id(&message.deduplication_id) {
        Some("the deduplication id must have 1 to 128 characters")
    } else if bad_id(&message.group) {
        Some("the message group must have 1 to 128 characters")
    } else if message.body.len() > BODY_BYTES_MAX {
        Some("the body is larger than 1 MiB")
    } else {
        None
    }
}

/// The stored number of a message id; an id that names none matches nothing.
fn number_of(message_id: &str) -> i64 {
    message_id.parse().unwrap_or(-1)
}

fn enqueue(db: &Transaction<'_>, subscription: &str, message: &QueueMessage, now_ms: i64) -> rusqlite::Result<()> {
    // An id older than the window counts as new, and starts its window again.
    let fresh = db
        .prepare_cached(
            "INSERT INTO queue_deduplications (subscription, deduplication_id, sent_ms) VALUES (?1, ?2, ?3)
             ON CONFLICT (subscription, deduplication_id) DO UPDATE SET sent_ms = ?3 WHERE sent_ms <= ?4",
        )?
        .execute(params![subscription, message.deduplication_id, now_ms, now_ms.saturating_sub(DEDUPLICATION_MS)])?;
    if fresh == 1 {
        db.prepare_cached("INSERT INTO queue_messages (subscription, message_group, body) VALUES (?1, ?2, ?3)")?
            .execute(params![subscription, message.group, message.body])?;
    }
    Ok(())
}

fn forget(db: &Transaction<'_>, now_ms: i64) -> rusqlite::Result<()> {
    db.prepare_cached("DELETE FROM queue_deduplications WHERE sent_ms <= ?1")?
        .execute([now_ms.saturating_sub(DEDUPLICATION_MS)])
        .map(drop)
}

/// Moves receivable messages that were delivered [`RECEIVES_MAX`] times to the dead letters.
fn bury(db: &Transaction<'_>, subscription: &str, now_ms: i64, moved_ms: i64) -> rusqlite::Result<()> {
    // Only messages that came back can be due; those lie in the small index.
    let mut due = db.prepare_cached(
        "SELECT sequence FROM queue_messages
         WHERE subscription = ?1 AND invisible_until_ms > 0 AND invisible_until_ms <= ?2 AND receive_count >= ?3
         ORDER BY sequence LIMIT ?4",
    )?;
    let due: Vec<i64> = due
        .query_map(params![subscription, now_ms, RECEIVES_MAX, DEAD_AT_ONCE_MAX], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for sequence in due {
        db.prepare_cached(
            "INSERT INTO dead_letters (subscription, message_group, body, receive_count, reason, moved_ms)
             SELECT subscription, message_group, body, receive_count, coalesce(last_error, ?2), ?3
             FROM queue_messages WHERE sequence = ?1",
        )?
        .execute(params![sequence, REASON_UNSTATED, moved_ms])?;
        db.prepare_cached("DELETE FROM queue_messages WHERE sequence = ?1")?.execute([sequence])?;
        tracing::error!(subscription, "a replay message became a dead letter");
    }
    Ok(())
}

fn take(
    db: &Transaction<'_>,
    subscription: &str,
    messages_max: u32,
    now_ms: i64,
    until_ms: i64,
) -> rusqlite::Result<Received> {
    let mut select = db.prepare_cached(
        "SELECT sequence, message_group, body, receive_count FROM queue_messages
         WHERE subscription = ?1 AND message_group NOT IN (
             SELECT message_group FROM queue_messages
             WHERE subscription = ?1 AND invisible_until_ms > 0 AND invisible_until_ms > ?2)
         ORDER BY sequence LIMIT ?3",
    )?;
    let messages: Vec<(i64, QueueBatchRecord)> = select
        .query_map(params![subscription, now_ms, messages_max], |row| {
            let (sequence, received): (i64, u32) = (row.get(0)?, row.get(3)?);
            let receive_count = received.saturating_add(1).to_string();
            let attributes = QueueAttributes { group: row.get(1)?, receive_count };
            Ok((sequence, QueueBatchRecord { message_id: sequence.to_string(), body: row.get(2)?, attributes }))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let receipt: Arc<str> = uuid::Uuid::new_v4().simple().to_string().into();
    for (sequence, _) in &messages {
        db.prepare_cached(
            "UPDATE queue_messages SET invisible_until_ms = ?2, receipt = ?3, receive_count = receive_count + 1
             WHERE sequence = ?1",
        )?
        .execute(params![sequence, until_ms, &*receipt])?;
    }
    let next_in = if messages.is_empty() { next_visible(db, subscription, now_ms)? } else { None };
    Ok(Received { messages: messages.into_iter().map(|(_, message)| message).collect(), receipt, next_in })
}

fn next_visible(db: &Transaction<'_>, subscription: &str, now_ms: i64) -> rusqlite::Result<Option<Duration>> {
    let at: Option<i64> = db
        .prepare_cached(
            "SELECT min(invisible_until_ms) FROM queue_messages
             WHERE subscription = ?1 AND invisible_until_ms > 0 AND invisible_until_ms > ?2",
        )?
        .query_row(params![subscription, now_ms], |row| row.get(0))
        .optional()?
        .flatten();
    Ok(at.map(|at| Duration::from_millis(u64::try_from(at.saturating_sub(now_ms)).unwrap_or(0))))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use std::path::Path;

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
        let dead = queue.dead_letters(0, 10).await.unwrap();
        assert_eq!(dead.iter().map(|letter| letter.body.as_str()).collect::<Vec<_>>(), ["poison", "good"]);
        assert_eq!((dead[0].reason.as_str(), dead[1].reason.as_str()), ("bad", REASON_UNSTATED));
        assert_eq!(queue.depth("carts").await.unwrap(), 0);
        assert_eq!(queue.redrive("suggestions").await.unwrap(), 0);
        assert_eq!(queue.redrive("carts").await.unwrap(), 2);
        let again = queue.receive("carts", 10, LONG).await.unwrap();
        assert_eq!(bodies(&again), ["poison", "good"]);
        assert_eq!(again.messages[0].attributes.receive_count, "1");
        assert_eq!(queue.dead_letter_count("carts").await.unwrap(), 0);
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
}
