//! The replay queues in memory: FIFO within a group, deduplication for five minutes, visibility, dead letters.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use super::{Faults, MemoryClock, lock};
use crate::lambda_events::{QueueAttributes, QueueBatch, QueueBatchRecord};
use crate::ports::{Clock, Fault, FaultKind, QUEUE_SEND_MESSAGES_MAX, QueueMessage, RecordRefused, ReplayQueue};

/// How long a deduplication id is remembered, as in SQS.
const DEDUPLICATION_MS: i64 = 5 * 60 * 1_000;
/// How long a received message stays hidden unless it is deleted or returned: six times a function's 30 s.
pub const VISIBILITY_MS: i64 = 6 * 30 * 1_000;
/// How often a message is delivered before it becomes a dead letter.
pub const RECEIVES_MAX: u32 = 5;

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
    last_message: u64,
}

#[derive(Debug, Default)]
struct Queue {
    messages: Vec<Waiting>,
    dead: Vec<QueueMessage>,
    sent: BTreeMap<String, i64>,
}

#[derive(Debug)]
struct Waiting {
    id: String,
    message: QueueMessage,
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
        let now_ms = self.clock.now().unix_ms();
        let mut content = lock(&self.content);
        let Some(queue) = content.queues.get_mut(subscription) else { return QueueBatch { records: Vec::new() } };
        queue.bury(now_ms);
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

    /// The dead letters of a subscription, oldest first.
    #[must_use]
    pub fn dead_letters(&self, subscription: &str) -> Vec<QueueMessage> {
        let now_ms = self.clock.now().unix_ms();
        let mut content = lock(&self.content);
        let Some(queue) = content.queues.get_mut(subscription) else { return Vec::new() };
        queue.bury(now_ms);
        queue.dead.clone()
    }

    /// Puts the dead letters of a subscription back at the end of its queue; says how many.
    #[must_use]
    pub fn redrive(&self, subscription: &str) -> usize {
        let mut content = lock(&self.content);
        let Some(queue) = content.queues.get_mut(subscription) else { return 0 };
        let dead = std::mem::take(&mut queue.dead);
        let redriven = dead.len();
        for message in dead {
            content.enqueue(subscription, message);
        }
        redriven
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
        let now_ms = self.clock.now().unix_ms();
        let mut answers = Vec::with_capacity(messages.len());
        {
            let mut content = lock(&self.content);
            for message in messages {
                content.send(subscription, message, now_ms);
                answers.push(Ok(()));
            }
        }
        self.faults.after("send to queue", subscription)?;
        Ok(answers)
    }

    async fn depth(&self, subscription: &str) -> Result<u64, Fault> {
        self.faults.before("measure queue", subscription)?;
        let mut content = lock(&self.content);
        let Some(queue) = content.queues.get_mut(subscription) else { return Ok(0) };
        queue.bury(self.clock.now().unix_ms());
        Ok(u64::try_from(queue.messages.len()).unwrap_or(u64::MAX))
    }
}

impl Content {
    fn send(&mut self, subscription: &str, message: QueueMessage, now_ms: i64) {
        let queue = self.queues.entry(subscription.to_owned()).or_default();
        queue.sent.retain(|_, sent_ms| now_ms - *sent_ms < DEDUPLICATION_MS);
        if queue.sent.contains_key(&message.deduplication_id) {
            return;
        }
        queue.sent.insert(message.deduplication_id.clone(), now_ms);
        self.enqueue(subscription, message);
    }

    fn enqueue(&mut self, subscription: &str, message: QueueMessage) {
        self.last_message += 1;
        let id = format!("message-{}", self.last_message);
        let waiting = Waiting { id, message, receives: 0, hidden_until_ms: i64::MIN };
        self.queues.entry(subscription.to_owned()).or_default().messages.push(waiting);
    }
}

impl Queue {
    /// Messages that were delivered often enough and are visible again become dead letters.
    fn bury(&mut self, now_ms: i64) {
        let spent = |waiting: &mut Waiting| waiting.receives >= RECEIVES_MAX && waiting.hidden_until_ms <= now_ms;
        self.dead.extend(self.messages.extract_if(.., spent).map(|waiting| waiting.message));
    }

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
