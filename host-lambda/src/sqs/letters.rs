//! Dead letters. SQS has no way to look at a message but to receive it, which hides it, and in a FIFO queue hides the
//! rest of its group; so a look takes what it can get, and gives everything back at once.
//!
//! What follows from that, and is true of nothing else here: of one group a look sees the oldest ten letters, and the
//! others when those are gone; two looks at the same time, from two processes, see a part each; a process that dies
//! within a look leaves its letters hidden for [`LOOK_VISIBILITY_S`]. And a redrive sends first and deletes after, so
//! that a letter may be in both places when it dies between, and never in none: the next redrive of that letter is
//! the same message to SQS for five minutes, and to the gate for ever.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry, Message,
    MessageSystemAttributeName as Attribute, QueueAttributeName,
};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::errors::failure;
use super::history::History;
use super::queues::SqsQueues;
use crate::calls::{self, Failure};
use crate::ports::{
    Clock, DeadLetter, DeadLetterQueue, Fault, Letters, QUEUE_SEND_MESSAGES_MAX, QueueMessage, ReplayQueue as _,
};

/// Most messages in one receive, and most entries of a batch (SQS).
const BATCH_MAX: usize = 10;
/// Receives of one look at one queue: a thousand letters.
const LOOK_RECEIVES_MAX: usize = 100;
/// How long letters stay hidden when a look does not give them back: longer than a redrive of a thousand takes.
const LOOK_VISIBILITY_S: i32 = 60;
/// How long a receive waits. A receive that does not wait asks only some of SQS's servers, and misses letters.
const WAIT_S: i32 = 1;

const LOOK: &str = "look at the dead letters of";
const COUNT: &str = "count the dead letters of";
const REDRIVE: &str = "redrive the dead letters of";

/// A letter that is hidden from others until it is given back or deleted.
struct Held {
    place: Place,
    letter: DeadLetter,
    receipt: String,
}

/// Names a letter, and sorts as letters were given up.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    given_up_ms: i64,
    sequence: u128,
    subscription: String,
}

impl Place {
    fn parse(id: &str) -> Option<Self> {
        let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?;
        let (moment, rest) = id.split_once('-')?;
        let (sequence, subscription) = rest.split_once('-')?;
        let given_up_ms = number(moment).and_then(|ms: u128| i64::try_from(ms).ok())?;
        Some(Self { given_up_ms, sequence: number(sequence)?, subscription: subscription.to_owned() })
    }

    fn id(&self) -> String {
        format!("{}-{}-{}", self.given_up_ms, self.sequence, self.subscription)
    }
}

/// The part of a redrive policy that is looked at; SQS takes the number as text too.
#[derive(Deserialize)]
struct RedrivePolicy {
    #[serde(rename = "maxReceiveCount")]
    receives_max: serde_json::Value,
}

impl<C: Clock> DeadLetterQueue for SqsQueues<C> {
    async fn list(
        &self,
        subscription: Option<&str>,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<DeadLetter>, Fault> {
        let after = match after.map(Place::parse) {
            // What is no id of ours is behind all of them.
            Some(None) => return Ok(Vec::new()),
            after => after.flatten(),
        };
        let of = |name: &&String| subscription.is_none_or(|subscription| subscription == **name);
        let mut letters = self.look_at(self.urls.keys().filter(of)).await?;
        letters.retain(|held| Some(&held.place) > after.as_ref());
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(letters.into_iter().take(limit).map(|held| held.letter).collect())
    }

    async fn get(&self, id: &str) -> Result<Option<DeadLetter>, Fault> {
        let Some(place) = Place::parse(id) else { return Ok(None) };
        let of = |name: &&String| **name == place.subscription;
        let letters = self.look_at(self.urls.keys().filter(of)).await?;
        Ok(letters.into_iter().find(|held| held.place == place).map(|held| held.letter))
    }

    /// As SQS says, which is exact once nothing has moved for a minute; of chosen letters, those that a look finds.
    async fn count(&self, letters: &Letters) -> Result<u64, Fault> {
        match letters {
            Letters::Ids(ids) => {
                let places: BTreeSet<Place> = ids.iter().filter_map(|id| Place::parse(id)).collect();
                let of = |name: &&String| places.iter().any(|place| place.subscription == **name);
                let found = self.look_at(self.urls.keys().filter(of)).await?;
                Ok(found.iter().filter(|held| places.contains(&held.place)).count() as u64)
            }
            Letters::All | Letters::Of(_) => {
                let mut count: u64 = 0;
                for (subscription, urls) in self.urls.iter().filter(|(name, _)| is_of(letters, name)) {
                    let messages = self.messages_in(&urls.dead_letters).await;
                    count += messages.map_err(|failure| failure.into_read_fault(COUNT, subscription))?;
                }
                Ok(count)
            }
        }
    }

    async fn redrive(&self, letters: &Letters, limit: u32) -> Result<Vec<String>, Fault> {
        if let Letters::Of(subscription) = letters {
            self.urls_of(REDRIVE, subscription)?;
        }
        let places: BTreeSet<Place> = match letters {
            Letters::Ids(ids) => ids.iter().filter_map(|id| Place::parse(id)).collect(),
            Letters::Of(_) | Letters::All => BTreeSet::new(),
        };
        let is_chosen = |place: &Place| match letters {
            Letters::Ids(_) => places.contains(place),
            Letters::Of(_) | Letters::All => is_of(letters, &place.subscription),
        };
        let concerned = |name: &&String| match letters {
            Letters::Ids(_) => places.iter().any(|place| place.subscription == **name),
            Letters::Of(_) | Letters::All => is_of(letters, name),
        };
        let mut deliveries = self.looking.lock().await;
        let held = self.hold(self.urls.keys().filter(concerned), &mut deliveries).await?;
        let (mut chosen, mut others): (Vec<Held>, Vec<Held>) =
            held.into_iter().partition(|held| is_chosen(&held.place));
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        others.extend(chosen.split_off(chosen.len().min(limit)));
        let moved = self.send_back(&chosen).await;
        let left = chosen.into_iter().filter(|held| !matches!(&moved, Ok(moved) if moved.contains(&held.letter.id)));
        others.extend(left);
        self.give_back(&others).await;
        moved
    }
}

fn is_of(letters: &Letters, subscription: &str) -> bool {
    match letters {
        Letters::All => true,
        Letters::Of(of) => of == subscription,
        Letters::Ids(_) => false,
    }
}

impl<C: Clock> SqsQueues<C> {
    /// The dead letters of these subscriptions, oldest first. Nothing is hidden afterwards.
    async fn look_at(&self, subscriptions: impl Iterator<Item = &String>) -> Result<Vec<Held>, Fault> {
        let mut deliveries = self.looking.lock().await;
        let held = self.hold(subscriptions, &mut deliveries).await?;
        self.give_back(&held).await;
        Ok(held)
    }

    /// Receives the dead letters of these subscriptions, oldest first.
    async fn hold(
        &self,
        subscriptions: impl Iterator<Item = &String>,
        deliveries: &mut BTreeMap<String, u32>,
    ) -> Result<Vec<Held>, Fault> {
        let mut held = Vec::new();
        for subscription in subscriptions {
            if let Err(failure) = self.hold_of(subscription, deliveries, &mut held).await {
                self.give_back(&held).await;
                return Err(failure.into_read_fault(LOOK, subscription));
            }
        }
        held.sort_by(|one, other| one.place.cmp(&other.place));
        Ok(held)
    }

    async fn hold_of(
        &self,
        subscription: &str,
        deliveries: &mut BTreeMap<String, u32>,
        held: &mut Vec<Held>,
    ) -> Result<(), Failure> {
        let Some(urls) = self.urls.get(subscription) else { return Ok(()) };
        // A queue that says it is empty is not waited for.
        let there = self.messages_in(&urls.dead_letters).await?;
        if there == 0 {
            return Ok(());
        }
        if !deliveries.contains_key(subscription) {
            deliveries.extend(self.deliveries_max(&urls.queue).await?.map(|max| (subscription.to_owned(), max)));
        }
        let mut seen: BTreeMap<String, Held> = BTreeMap::new();
        for _ in 0..LOOK_RECEIVES_MAX {
            let messages = self.receive(&urls.dead_letters).await?;
            if messages.is_empty() {
                break;
            }
            for message in messages {
                let id = message.message_id.clone().unwrap_or_default();
                if let Some(letter) = held_of(message, subscription, deliveries.get(subscription).copied()) {
                    seen.insert(id, letter);
                }
            }
            if seen.len() as u64 >= there {
                break;
            }
        }
        held.extend(seen.into_values());
        Ok(())
    }

    async fn receive(&self, url: &str) -> Result<Vec<Message>, Failure> {
        let now = format!("{}-{}", self.clock.now().unix_ms(), self.clock.jitter(u64::MAX));
        let receive = self
            .client
            .receive_message()
            .queue_url(url)
            .max_number_of_messages(i32::try_from(BATCH_MAX).unwrap_or(i32::MAX))
            .visibility_timeout(LOOK_VISIBILITY_S)
            .wait_time_seconds(WAIT_S)
            // The same attempt again gets the same messages, which an answer that got lost has hidden.
            .receive_request_attempt_id(now)
            .message_system_attribute_names(Attribute::All);
        let answer = calls::repeated(&self.clock, || async { receive.clone().send().await.map_err(failure) }).await?;
        Ok(answer.messages.unwrap_or_default())
    }

    /// How often a message of this queue is delivered before it is given up.
    async fn deliveries_max(&self, url: &str) -> Result<Option<u32>, Failure> {
        let get = self.client.get_queue_attributes().queue_url(url).attribute_names(QueueAttributeName::RedrivePolicy);
        let answer = calls::repeated(&self.clock, || async { get.clone().send().await.map_err(failure) }).await?;
        let policy = answer.attributes.and_then(|mut attributes| attributes.remove(&QueueAttributeName::RedrivePolicy));
        let policy: Option<RedrivePolicy> = policy.and_then(|policy| serde_json::from_str(&policy).ok());
        Ok(policy.and_then(|policy| policy.receives_max.to_string().trim_matches('"').parse().ok()))
    }

    /// Makes letters visible again. Those that cannot be are by themselves, a minute later.
    async fn give_back(&self, held: &[Held]) {
        for (subscription, letters) in by_subscription(held) {
            let Some(urls) = self.urls.get(subscription) else { continue };
            for batch in letters.chunks(BATCH_MAX) {
                let entry = |(place, held): (usize, &&Held)| {
                    ChangeMessageVisibilityBatchRequestEntry::builder()
                        .id(place.to_string())
                        .receipt_handle(&held.receipt)
                        .visibility_timeout(0)
                        .build()
                };
                let entries: Result<Vec<_>, _> = batch.iter().enumerate().map(entry).collect();
                let change = self.client.change_message_visibility_batch().queue_url(&urls.dead_letters);
                let change = change.set_entries(entries.ok());
                let given = calls::repeated(&self.clock, || async { change.clone().send().await.map_err(failure) });
                let left = given.await.map_or(batch.len(), |answer| answer.failed.len());
                if left > 0 {
                    tracing::warn!(subscription, left, "dead letters stay hidden for a minute");
                }
            }
        }
    }

    /// Sends letters to where they came from and deletes what has arrived there; answers the ids of those.
    async fn send_back(&self, chosen: &[Held]) -> Result<Vec<String>, Fault> {
        let mut moved: Vec<&Held> = Vec::new();
        for (subscription, letters) in by_subscription(chosen) {
            for batch in letters.chunks(QUEUE_SEND_MESSAGES_MAX) {
                let messages = batch.iter().map(|held| message_of(held)).collect();
                let answers = match self.send(subscription, messages).await {
                    Ok(answers) => answers,
                    Err(fault) if moved.is_empty() => return Err(fault),
                    Err(fault) => {
                        tracing::warn!(%fault, "a redrive stopped");
                        break;
                    }
                };
                let arrived: Vec<&Held> =
                    batch.iter().zip(&answers).filter(|(_, answer)| answer.is_ok()).map(|(held, _)| *held).collect();
                let all_arrived = arrived.len() == batch.len();
                moved.extend(self.delete(subscription, arrived).await);
                // What comes after a message that was not taken waits for it.
                if !all_arrived {
                    break;
                }
            }
        }
        moved.sort_by(|one, other| one.place.cmp(&other.place));
        Ok(moved.into_iter().map(|held| held.letter.id.clone()).collect())
    }

    /// Deletes letters that have arrived where they were sent; answers those that are gone.
    async fn delete<'a>(&self, subscription: &str, arrived: Vec<&'a Held>) -> Vec<&'a Held> {
        let Some(urls) = self.urls.get(subscription).filter(|_| !arrived.is_empty()) else { return Vec::new() };
        let entry = |(place, held): (usize, &&Held)| {
            DeleteMessageBatchRequestEntry::builder().id(place.to_string()).receipt_handle(&held.receipt).build()
        };
        let entries: Result<Vec<_>, _> = arrived.iter().enumerate().map(entry).collect();
        let delete = self.client.delete_message_batch().queue_url(&urls.dead_letters).set_entries(entries.ok());
        match calls::repeated(&self.clock, || async { delete.clone().send().await.map_err(failure) }).await {
            Ok(answer) => {
                let gone: BTreeSet<String> = answer.successful.into_iter().map(|entry| entry.id).collect();
                let letters = arrived.into_iter().enumerate();
                letters.filter(|(place, _)| gone.contains(&place.to_string())).map(|(_, held)| held).collect()
            }
            Err(failure) => {
                let error = failure.source;
                tracing::warn!(%error, subscription, "redriven letters could not be deleted; redrive them again");
                Vec::new()
            }
        }
    }
}

/// Letters by their subscription, in their order.
fn by_subscription(held: &[Held]) -> BTreeMap<&str, Vec<&Held>> {
    let mut letters: BTreeMap<&str, Vec<&Held>> = BTreeMap::new();
    for held in held {
        letters.entry(&held.place.subscription).or_default().push(held);
    }
    letters
}

/// The message that a letter becomes again. The letter's name makes its deduplication id: another one than before, and
/// the same for every try to redrive this letter.
fn message_of(held: &Held) -> QueueMessage {
    use std::fmt::Write as _;
    let digest = Sha256::digest(format!("tillroll:redrive:{}", held.letter.id));
    let mut deduplication_id = String::with_capacity(2 * digest.len());
    for byte in digest {
        // Writing to a text does not fail.
        let _ = write!(deduplication_id, "{byte:02x}");
    }
    QueueMessage { group: held.letter.group.clone(), deduplication_id, body: held.letter.body.clone() }
}

/// A received message as a letter; none without the handle that gives it back.
fn held_of(message: Message, subscription: &str, deliveries_max: Option<u32>) -> Option<Held> {
    let receipt = message.receipt_handle?;
    let message_id = message.message_id.unwrap_or_default();
    let attributes = message.attributes.unwrap_or_default();
    let body = message.body.unwrap_or_default();
    let text = |name: Attribute| attributes.get(&name).map(String::as_str);
    let History { sent_at, given_up_at, reason } = History::of(&message_id, &attributes, &body);
    let place = Place {
        given_up_ms: given_up_at.unix_ms().max(0),
        sequence: text(Attribute::SequenceNumber).and_then(|text| text.parse().ok()).unwrap_or(0),
        subscription: subscription.to_owned(),
    };
    // Looks count as deliveries to SQS, so what it counts is only an upper bound.
    let received = text(Attribute::ApproximateReceiveCount).and_then(|count| count.parse().ok()).unwrap_or(0);
    let receive_count = deliveries_max.map_or(received, |max| received.min(max));
    let letter = DeadLetter {
        id: place.id(),
        subscription: subscription.to_owned(),
        group: text(Attribute::MessageGroupId).unwrap_or_default().to_owned(),
        receive_count,
        reason,
        sent_at,
        given_up_at,
        body,
    };
    Some(Held { place, letter, receipt })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;

    #[test]
    fn an_id_names_a_place_and_nothing_else_does() {
        let place = Place {
            given_up_ms: 1_767_225_600_000,
            sequence: 18_849_496_460_467_696_128,
            subscription: "carts".to_owned(),
        };
        assert_eq!(Place::parse(&place.id()).unwrap(), place);
        for other in ["", "1", "x", "-1", "1-2", "+1-2-carts", "1--carts", "-1-2-carts", "99999999999999999999-1-carts"]
        {
            assert_eq!(Place::parse(other), None, "{other}");
        }
    }

    #[test]
    fn letters_sort_as_they_were_given_up() {
        let place = |ms, sequence, of: &str| Place { given_up_ms: ms, sequence, subscription: of.to_owned() };
        let sorted = [place(9, 5, "b"), place(10, 4, "a"), place(10, 30, "a"), place(10, 30, "b")];
        assert!(sorted.is_sorted());
    }
}
