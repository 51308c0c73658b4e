//! The replay queues in memory: FIFO within a group, deduplication for five minutes, visibility, dead letters.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use tillroll_core::time::Timestamp;

use super::{Faults, MemoryClock, lock};
use crate::lambda_events::{QueueAttributes, QueueBatch, QueueBatchRecord};
use crate::ports::{
    Clock, DeadLetter, DeadLetterQueue, Fault, FaultKind, Letters, QUEUE_SEND_MESSAGES_MAX, QueueMessage,
    RecordRefused, ReplayQueue,
};

/// How long a deduplication id is remembered, as in SQS.
const DEDUPLICATION_MS: i64 = 5 * 60 * 1_000;
/// How long a received message stays hidden unless it is deleted or returned: six times a function's 30 s.
pub const VISIBILITY_MS: i64 = 6 * 30 * 1_000;
/// How often a message is delivered before it becomes a dead letter.
pub const RECEIVES_MAX: u32 = 5;
/// Largest body, as in SQS.
const BODY_BYTES_MAX: usize = 1024 * 1024;
/// A queue in memory is not told why a message comes back.
const REASON_UNSTATED: &str = "returned to the queue by the function";

/// One queue per subscription, and its dead letters.
#[derive(Clone, Debug)]
pub struct MemoryQueue {
    content: Arc<Mutex<Content>>,
    clock: MemoryClock,
    faults: Arc<Faults>,
}

#[derive(Debug, Default)]
struct Content {
    queues: BTreeMap<String, Queue>,
    /// By id, which rises.
    dead: BTreeMap<u64, DeadLetter>,
    last_message: u64,
    last_dead: u64,
}

#[derive(Debug, Default)]
struct Queue {
    messages: Vec<Waiting>,
    sent: BTreeMap<String, i64>,
}

#[derive(Debug)]
struct Waiting {
    id: String,
    message: QueueMessage,
    sent_at: Timestamp,
    receives: u32,
    hidden_until_ms: i64,
}

impl MemoryQueue {
    /// Empty queues on this clock.
    #[must_use]
    pub fn new(clock: MemoryClock) -> Self {
        Self { content: Arc::default(), clock, faults: Arc::default() }
    }

    /// Makes sends fail.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Delivers up to `messages_max` messages and hides them. A group with a hidden message delivers nothing.
    #[must_use]
    pub fn receive(&self, subscription: &str, messages_max: usize) -> QueueBatch {
        let now = self.clock.now();
        let now_ms = now.unix_ms();
        let mut content = lock(&self.content);
        content.bury(now);
        let Some(queue) = content.queues.get_mut(subscription) else { return QueueBatch { records: Vec::new() } };
        let blocked = queue.hidden_groups(now_ms);
        let mut records = Vec::new();
        for waiting in &mut queue.messages {
            if records.len() >= messages_max {
                break;
            }
            if blocked.contains(&waiting.message.group) {
                continue;
            }
            waiting.receives += 1;
            waiting.hidden_until_ms = now_ms + VISIBILITY_MS;
            records.push(waiting.delivered());
        }
        QueueBatch { records }
    }

    /// These messages are done.
    pub fn delete(&self, subscription: &str, message_ids: &[String]) {
        if let Some(queue) = lock(&self.content).queues.get_mut(subscription) {
            queue.messages.retain(|waiting| !message_ids.contains(&waiting.id));
        }
    }

    /// These messages can be delivered again at once.
    pub fn release(&self, subscription: &str, message_ids: &[String]) {
        if let Some(queue) = lock(&self.content).queues.get_mut(subscription) {
            for waiting in queue.messages.iter_mut().filter(|waiting| message_ids.contains(&waiting.id)) {
                waiting.hidden_until_ms = i64::MIN;
            }
        }
    }
}

impl ReplayQueue for MemoryQueue {
    async fn send(
        &self,
        subscription: &str,
        messages: Vec<QueueMessage>,
    ) -> Result<Vec<Result<(), RecordRefused>>, Fault> {
        if messages.is_empty() || messages.len() > QUEUE_SEND_MESSAGES_MAX {
            let reason = format!("a send takes 1 to {QUEUE_SEND_MESSAGES_MAX} messages, not {}", messages.len());
            return Err(Fault::new(FaultKind::Permanent, "send to queue", subscription, reason));
        }
        self.faults.before("send to queue", subscription)?;
        let now = self.clock.now();
        let mut answers = Vec::with_capacity(messages.len());
        {
            let mut content = lock(&self.content);
            for message in messages {
                answers.push(if message.body.len() > BODY_BYTES_MAX {
                    Err(RecordRefused { reason: "the body is larger than 1 MiB".to_owned() })
                } else {
                    content.send(subscription, message, now);
                    Ok(())
                });
            }
        }
        self.faults.after("send to queue", subscription)?;
        Ok(answers)
    }

    async fn depth(&self, subscription: &str) -> Result<u64, Fault> {
        self.faults.before("measure queue", subscription)?;
        let mut content = lock(&self.content);
        content.bury(self.clock.now());
        let queue = content.queues.get(subscription);
        Ok(queue.map_or(0, |queue| u64::try_from(queue.messages.len()).unwrap_or(u64::MAX)))
    }
}

impl DeadLetterQueue for MemoryQueue {
    async fn list(
        &self,
        subscription: Option<&str>,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<DeadLetter>, Fault> {
        self.faults.before("list the dead letters of", subscription.unwrap_or("all queues"))?;
        let mut content = lock(&self.content);
        content.bury(self.clock.now());
        let after = after.map_or(0, |after| after.parse().unwrap_or(u64::MAX));
        let letters = content.dead.range(after.saturating_add(1)..).map(|(_, letter)| letter);
        let asked = letters.filter(|letter| subscription.is_none_or(|of| letter.subscription == of));
        Ok(asked.take(usize::try_from(limit).unwrap_or(usize::MAX)).cloned().collect())
    }

    async fn get(&self, id: &str) -> Result<Option<DeadLetter>, Fault> {
        self.faults.before("read dead letter", id)?;
        let content = lock(&self.content);
        Ok(content.dead.values().find(|letter| letter.id == id).cloned())
    }

    async fn count(&self, letters: &Letters) -> Result<u64, Fault> {
        self.faults.before("count the dead letters of", "the queues")?;
        let mut content = lock(&self.content);
        content.bury(self.clock.now());
        Ok(u64::try_from(content.dead.values().filter(|letter| letters.covers(letter)).count()).unwrap_or(u64::MAX))
    }

    async fn redrive(&self, letters: &Letters, limit: u32) -> Result<Vec<String>, Fault> {
        self.faults.before("redrive the dead letters of", "the queues")?;
        let now = self.clock.now();
        let mut redriven = Vec::new();
        {
            let mut content = lock(&self.content);
            content.bury(now);
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            let asked = content.dead.iter().filter(|(_, letter)| letters.covers(letter));
            let numbers: Vec<u64> = asked.map(|(number, _)| *number).take(limit).collect();
            for number in numbers {
                let Some(letter) = content.dead.remove(&number) else { continue };
                let DeadLetter { id, subscription, group, body, .. } = letter;
                let message = QueueMessage { group, deduplication_id: String::new(), body };
                content.enqueue(&subscription, message, now);
                redriven.push(id);
            }
        }
        self.faults.after("redrive the dead letters of", "the queues")?;
        Ok(redriven)
    }
}

impl Letters {
    fn covers(&self, letter: &DeadLetter) -> bool {
        match self {
            Self::Ids(ids) => ids.contains(&letter.id),
            Self::Of(subscription) => letter.subscription == *subscription,
            Self::All => true,
        }
    }
}

impl Content {
    fn send(&mut self, subscription: &str, message: QueueMessage, now: Timestamp) {
        let now_ms = now.unix_ms();
        let queue = self.queues.entry(subscription.to_owned()).or_default();
        queue.sent.retain(|_, sent_ms| now_ms - *sent_ms < DEDUPLICATION_MS);
        if queue.sent.contains_key(&message.deduplication_id) {
            return;
        }
        queue.sent.insert(message.deduplication_id.clone(), now_ms);
        self.enqueue(subscription, message, now);
    }

    fn enqueue(&mut self, subscription: &str, message: QueueMessage, sent_at: Timestamp) {
        self.last_message += 1;
        let id = format!("message-{}", self.last_message);
        let waiting = Waiting { id, message, sent_at, receives: 0, hidden_until_ms: i64::MIN };
        self.queues.entry(subscription.to_owned()).or_default().messages.push(waiting);
    }

    /// Messages that were delivered often enough and are visible again become dead letters.
    fn bury(&mut self, now: Timestamp) {
        let now_ms = now.unix_ms();
        let spent = |waiting: &mut Waiting| waiting.receives >= RECEIVES_MAX && waiting.hidden_until_ms <= now_ms;
        for (subscription, queue) in &mut self.queues {
            for waiting in queue.messages.extract_if(.., spent) {
                self.last_dead += 1;
                let letter = DeadLetter {
                    id: self.last_dead.to_string(),
                    subscription: subscription.clone(),
                    group: waiting.message.group,
                    receive_count: waiting.receives,
                    reason: REASON_UNSTATED.to_owned(),
                    sent_at: Some(waiting.sent_at),
                    given_up_at: now,
                    body: waiting.message.body,
                };
                self.dead.insert(self.last_dead, letter);
            }
        }
    }
}

impl Queue {
    fn hidden_groups(&self, now_ms: i64) -> BTreeSet<String> {
        let hidden = self.messages.iter().filter(|waiting| waiting.hidden_until_ms > now_ms);
        hidden.map(|waiting| waiting.message.group.clone()).collect()
    }
}

impl Waiting {
    fn delivered(&self) -> QueueBatchRecord {
        QueueBatchRecord {
            message_id: self.id.clone(),
            body: self.message.body.clone(),
            attributes: QueueAttributes { group: self.message.group.clone(), receive_count: self.receives.to_string() },
        }
    }
}
