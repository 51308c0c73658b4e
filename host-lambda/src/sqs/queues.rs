//! The replay queues: one FIFO queue a subscription.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::operation::send_message_batch::SendMessageBatchOutput;
use aws_sdk_sqs::types::{QueueAttributeName, SendMessageBatchRequestEntry};
use tokio::sync::Mutex;

use super::errors::failure;
use super::text::sendable;
use crate::calls::{self, Failure};
use crate::ports::{Clock, Fault, FaultKind, QUEUE_SEND_MESSAGES_MAX, QueueMessage, RecordRefused, ReplayQueue};

/// Most bytes of one request, and of one message.
const REQUEST_BYTES_MAX: usize = 1024 * 1024;
/// Longest deduplication id and group.
const ID_CHARS_MAX: usize = 128;

const SEND: &str = "send to the replay queue of";
const COUNT: &str = "count the replay queue of";

/// The replay queues of all subscriptions, and their dead letters. Cheap to clone.
#[derive(Clone, Debug)]
pub struct SqsQueues<C> {
    pub(super) client: Client,
    pub(super) clock: C,
    pub(super) urls: Arc<BTreeMap<String, QueueUrls>>,
    /// How often a message of a subscription is delivered before it is given up, as far as that was asked. Locked
    /// while somebody looks at dead letters: a look hides them from others as long as it lasts.
    pub(super) looking: Arc<Mutex<BTreeMap<String, u32>>>,
}

/// The queues of one subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueUrls {
    /// Address of its replay queue, which is FIFO.
    pub queue: String,
    /// Address of the queue that messages go to which were given up; FIFO as well.
    pub dead_letters: String,
}

impl<C: Clock> SqsQueues<C> {
    /// The queues of these subscriptions. The client's own retries should be off: see
    /// [`base_config`](super::client::base_config).
    pub fn new(client: Client, urls: BTreeMap<String, QueueUrls>, clock: C) -> Self {
        Self { client, clock, urls: Arc::new(urls), looking: Arc::default() }
    }

    pub(super) fn urls_of(&self, operation: &'static str, subscription: &str) -> Result<&QueueUrls, Fault> {
        self.urls.get(subscription).ok_or_else(|| {
            Fault::new(FaultKind::Permanent, operation, subscription.escape_debug().to_string(), "no such subscription")
        })
    }

    async fn send_batch(&self, url: &str, batch: &Batch<'_>) -> Result<SendMessageBatchOutput, Failure> {
        let mut entries = Vec::with_capacity(batch.0.len());
        for (place, message) in &batch.0 {
            let entry = SendMessageBatchRequestEntry::builder()
                .id(place.to_string())
                .message_body(sendable(&message.body))
                .message_group_id(&message.group)
                .message_deduplication_id(&message.deduplication_id);
            entries.push(entry.build().map_err(Failure::permanent)?);
        }
        let send = self.client.send_message_batch().queue_url(url).set_entries(Some(entries));
        calls::repeated(&self.clock, || async { send.clone().send().await.map_err(failure) }).await
    }
}

impl<C: Clock> ReplayQueue for SqsQueues<C> {
    /// Messages go in as few requests as SQS takes them in. One that is refused stops its group: what comes after it
    /// in a later request of this send is not sent, and says so.
    async fn send(
        &self,
        subscription: &str,
        messages: Vec<QueueMessage>,
    ) -> Result<Vec<Result<(), RecordRefused>>, Fault> {
        let url = &self.urls_of(SEND, subscription)?.queue;
        if !(1..=QUEUE_SEND_MESSAGES_MAX).contains(&messages.len()) {
            let found = format!("{} messages in one send, 1 to {QUEUE_SEND_MESSAGES_MAX} are taken", messages.len());
            return Err(Fault::new(FaultKind::Permanent, SEND, subscription, found));
        }
        let mut answers: Vec<Option<Result<(), RecordRefused>>> =
            messages.iter().map(|message| refusal_of(message).map(|reason| Err(refused(reason)))).collect();
        let mut anything_taken = false;
        for mut batch in batches(&messages, &answers) {
            let stops = stops(&messages, &answers);
            batch.0.retain(|(place, message)| stops.get(message.group.as_str()).is_none_or(|stop| place < stop));
            if batch.0.is_empty() {
                continue;
            }
            let answer = match self.send_batch(url, &batch).await {
                Ok(answer) => answer,
                Err(failure) if anything_taken => {
                    tracing::warn!(error = %failure.source, "the replay queue took only the first part of a send");
                    break;
                }
                Err(failure) => return Err(failure.into_fault(SEND, subscription)),
            };
            let taken: BTreeSet<&str> = answer.successful.iter().map(|entry| entry.id.as_str()).collect();
            let failed: BTreeMap<&str, &str> =
                answer.failed.iter().map(|entry| (entry.id.as_str(), entry.code.as_str())).collect();
            for (place, _) in &batch.0 {
                let id = place.to_string();
                let result = match failed.get(id.as_str()) {
                    None if taken.contains(id.as_str()) => Ok(()),
                    code => Err(refused(code.unwrap_or(&"the answer does not mention it"))),
                };
                anything_taken |= result.is_ok();
                if let Some(slot) = answers.get_mut(*place) {
                    *slot = Some(result);
                }
            }
        }
        let unsent = || Err(refused("it was not sent: something before it was not taken"));
        Ok(answers.into_iter().map(|answer| answer.unwrap_or_else(unsent)).collect())
    }

    /// As SQS says, which is exact once nothing has moved for a minute.
    async fn depth(&self, subscription: &str) -> Result<u64, Fault> {
        let url = &self.urls_of(COUNT, subscription)?.queue;
        self.messages_in(url).await.map_err(|failure| failure.into_read_fault(COUNT, subscription))
    }
}

impl<C: Clock> SqsQueues<C> {
    /// Messages in a queue, those in flight included.
    pub(super) async fn messages_in(&self, url: &str) -> Result<u64, Failure> {
        messages_in(&self.client, &self.clock, url).await
    }
}

/// Messages in a queue, those in flight included.
pub(super) async fn messages_in<C: Clock>(client: &Client, clock: &C, url: &str) -> Result<u64, Failure> {
    let counts = [
        QueueAttributeName::ApproximateNumberOfMessages,
        QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        QueueAttributeName::ApproximateNumberOfMessagesDelayed,
    ];
    let get = client.get_queue_attributes().queue_url(url).set_attribute_names(Some(counts.to_vec()));
    let answer = calls::repeated(clock, || async { get.clone().send().await.map_err(failure) }).await?;
    let attributes = answer.attributes.unwrap_or_default();
    let count = |name| attributes.get(&name).and_then(|count| count.parse::<u64>().ok());
    let [visible, in_flight, delayed] = counts.map(count);
    let visible = visible.ok_or_else(|| Failure::permanent("the answer does not say how many messages wait"))?;
    Ok(visible.saturating_add(in_flight.unwrap_or(0)).saturating_add(delayed.unwrap_or(0)))
}

/// Messages that go together, with their places in the send.
struct Batch<'a>(Vec<(usize, &'a QueueMessage)>);

/// The messages that are not refused yet, in order, cut by bytes.
fn batches<'a>(messages: &'a [QueueMessage], answers: &[Option<Result<(), RecordRefused>>]) -> Vec<Batch<'a>> {
    let mut batches: Vec<Batch<'a>> = Vec::new();
    let mut bytes = 0;
    for (place, (message, _)) in messages.iter().zip(answers).enumerate().filter(|(_, (_, answer))| answer.is_none()) {
        let length = sendable(&message.body).len();
        bytes += length;
        if let Some(batch) = batches.last_mut().filter(|_| bytes <= REQUEST_BYTES_MAX) {
            batch.0.push((place, message));
        } else {
            batches.push(Batch(vec![(place, message)]));
            bytes = length;
        }
    }
    batches
}

/// Groups of which a message was refused, with the place of the first one.
fn stops<'a>(messages: &'a [QueueMessage], answers: &[Option<Result<(), RecordRefused>>]) -> BTreeMap<&'a str, usize> {
    let refused = messages.iter().zip(answers).enumerate().rev();
    let refused = refused.filter(|(_, (_, answer))| matches!(answer, Some(Err(_))));
    refused.map(|(place, (message, _))| (message.group.as_str(), place)).collect()
}

fn refused(reason: &str) -> RecordRefused {
    RecordRefused { reason: reason.to_owned() }
}

fn refusal_of(message: &QueueMessage) -> Option<&'static str> {
    let bad_id = |id: &str| !(1..=ID_CHARS_MAX).contains(&id.chars().count());
    if bad_id(&message.deduplication_id) {
        Some("the deduplication id must have 1 to 128 characters")
    } else if bad_id(&message.group) {
        Some("the message group must have 1 to 128 characters")
    } else if sendable(&message.body).len() > REQUEST_BYTES_MAX {
        Some("the body is larger than 1 MiB")
    } else {
        None
    }
}
