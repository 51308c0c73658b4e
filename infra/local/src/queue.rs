//! The replay queues on one machine: one FIFO queue a subscription, in `pipeline.sqlite`, with the rules of SQS.
//!
//! A group with a message in flight is closed until that message is deleted or comes back; a message that was delivered
//! too often becomes a dead letter; a deduplication id is remembered for five minutes, also after its message is gone.
//! [`dead_letters`] is what people do with those. Time in flight is measured by the process's stopwatch, not by the time of day, so a moved clock frees no message;
//! whatever was in flight when a process died is free again when the next one opens the file.

mod dead_letters;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, Transaction, params};
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
    subscriptions: Arc<BTreeMap<String, Feed>>,
}

/// What is known of one subscription's queue without a look at the file.
#[derive(Debug)]
struct Feed {
    /// Raised whenever messages may have become receivable.
    changes: watch::Sender<u64>,
    /// Messages that came in since the process began.
    arrivals: AtomicU64,
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
        let feed = || Feed { changes: watch::Sender::new(0), arrivals: AtomicU64::new(0) };
        let subscriptions = subscriptions.iter().map(|name| (name.clone(), feed())).collect();
        Ok(Self { sqlite, clock, subscriptions: Arc::new(subscriptions) })
    }

    /// Wakes when messages of `subscription` may have become receivable.
    pub(crate) fn changes(&self, subscription: &str) -> Result<watch::Receiver<u64>, Fault> {
        Ok(self.known("watch the replay queue of", subscription)?.changes.subscribe())
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

    /// Messages that came in since the process began, redriven ones included.
    pub(crate) fn arrivals(&self, subscription: &str) -> u64 {
        self.subscriptions.get(subscription).map_or(0, |feed| feed.arrivals.load(Ordering::Relaxed))
    }

    /// When the oldest message that is still there was sent, in milliseconds since 1970.
    pub(crate) async fn oldest_sent_ms(&self, subscription: &str) -> Result<Option<i64>, Fault> {
        let subscription = subscription.to_owned();
        self.sqlite
            .call("find the oldest message in", move |db| {
                db.prepare_cached(
                    "SELECT sent_ms FROM queue_messages WHERE subscription = ?1 ORDER BY sequence LIMIT 1",
                )?
                .query_row([subscription], |row| row.get(0))
                .optional()
            })
            .await
    }

    /// Milliseconds from 1, so that 0 always means visible.
    fn stopwatch_ms(&self) -> i64 {
        i64::try_from(self.clock.elapsed_ms().saturating_add(1)).unwrap_or(i64::MAX)
    }

    fn known(&self, operation: &'static str, subscription: &str) -> Result<&Feed, Fault> {
        self.subscriptions.get(subscription).ok_or_else(|| {
            Fault::new(FaultKind::Permanent, operation, subscription.escape_debug().to_string(), "no such subscription")
        })
    }

    fn wake(&self, subscription: &str) {
        if let Some(feed) = self.subscriptions.get(subscription) {
            feed.changes.send_modify(|changes| *changes = changes.wrapping_add(1));
        }
    }

    fn arrived(&self, subscription: &str, messages: u64) {
        if let Some(feed) = self.subscriptions.get(subscription) {
            feed.arrivals.fetch_add(messages, Ordering::Relaxed);
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
            let mut fresh = 0;
            for message in messages.iter().filter(|message| refusal_of(message).is_none()) {
                fresh += u64::from(enqueue(&transaction, &of, message, now_ms)?);
            }
            forget(&transaction, now_ms)?;
            transaction.commit()?;
            Ok(fresh)
        };
        let fresh = self.sqlite.call("send to the replay queues in", call).await?;
        self.arrived(subscription, fresh);
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
    // Another spelling of a number is another id.
    let digits = message_id.bytes().all(|byte| byte.is_ascii_digit());
    message_id.parse().ok().filter(|_| digits).unwrap_or(-1)
}

/// Puts the message in; false when its deduplication id was there a short while ago.
fn enqueue(db: &Transaction<'_>, subscription: &str, message: &QueueMessage, now_ms: i64) -> rusqlite::Result<bool> {
    // An id older than the window counts as new, and starts its window again.
    let fresh = db
        .prepare_cached(
            "INSERT INTO queue_deduplications (subscription, deduplication_id, sent_ms) VALUES (?1, ?2, ?3)
             ON CONFLICT (subscription, deduplication_id) DO UPDATE SET sent_ms = ?3 WHERE sent_ms <= ?4",
        )?
        .execute(params![subscription, message.deduplication_id, now_ms, now_ms.saturating_sub(DEDUPLICATION_MS)])?;
    if fresh == 1 {
        db.prepare_cached(
            "INSERT INTO queue_messages (subscription, message_group, body, sent_ms) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![subscription, message.group, message.body, now_ms])?;
    }
    Ok(fresh == 1)
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
            "INSERT INTO dead_letters (subscription, message_group, body, receive_count, reason, sent_ms, moved_ms)
             SELECT subscription, message_group, body, receive_count, coalesce(last_error, ?2), sent_ms, ?3
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
mod tests;
