//! Projecting: events become the rows of a subscription, from two feeds, each event once.
//!
//! ```text
//! event bus ────live──────▶ ┌─────────────────────────────────┐ ──▶ the live generation, and the one being filled
//!                           │ per cart: gate, fold, one write │
//! replay queue ─replayed──▶ └────────────────▲────────────────┘ ──▶ the generation that the message names
//!                                            │
//!                             gaps from the event table
//! ```
//!
//! * Order is made here: a row's revision is the version applied last, and only the next one passes. Missing events
//!   are read from the table, and repeated ones dropped; so permuted, doubled and cut feeds end in the same rows.
//! * A cart's events of one batch go together: the row, its entries and its version in one conditional write. Who
//!   loses that race reads again.
//! * What cannot be applied parks its cart, never the shard or the lane: an unknown event, data of the wrong shape, a
//!   hole, a row that is refused. Later events of the cart are acknowledged without effect; another build, or an
//!   operator, takes it up again from the table.
//! * What is no event of ours is logged, counted and skipped on the bus, where it would block a shard for ever; in a
//!   queue it is returned, so that it ends among the dead letters.

pub mod by_name;
pub mod message;

mod advance;
mod counts;
mod dry_run;
mod parked;
mod plan;
pub(crate) mod rebuild;

use std::collections::{BTreeMap, BTreeSet};

use tillroll_core::batch::GroupedBatch;
use tillroll_core::id::StreamId;

use crate::functions::project::message::{Mode, ReplayMessage, Skip};
use crate::generations::{self, Generations};
use crate::lambda_events::{BatchAnswer, BusBatch, QueueBatch, QueueBatchRecord};
use crate::ports::{Counts, EventTable, Fault, Rows};
use crate::record::EventRecord;
use crate::subscriptions::Subscription;
use crate::subscriptions::fold::Arrival;

use counts::Tally;
pub use dry_run::{CartOutlook, DryRun, Effect, Outlook};
pub use parked::{Resumed, Tried, Which};

/// Carries events into the rows of one subscription.
#[derive(Debug)]
pub struct Projector<S, R, T> {
    subscription: S,
    rows: R,
    table: T,
    build: String,
    tally: Tally,
}

/// What arrived by cart, in order, each version once.
type Arrivals = BTreeMap<StreamId, Vec<Arrival>>;

impl<S: Subscription, R: Rows, T: EventTable> Projector<S, R, T> {
    /// A projector for `subscription` that writes to `rows` and reads missing events from `table`. `build` names this
    /// program: carts that another build had to park are tried again.
    pub fn new(subscription: S, rows: R, table: T, build: impl Into<String>) -> Self {
        Self { subscription, rows, table, build: build.into(), tally: Tally::default() }
    }

    /// What was done so far.
    pub fn counts(&self) -> Counts {
        self.tally.counts()
    }

    /// Applies a batch of one shard of the event bus to every generation that is fed. Reports the first record of a
    /// cart that could not be written; everything from there comes again, and the gate drops what is done.
    pub async fn live(&self, batch: &BusBatch) -> Result<BatchAnswer, Fault> {
        let mut arrivals = Arrivals::new();
        let mut carts = Vec::with_capacity(batch.records.len());
        for record in &batch.records {
            match EventRecord::from_json(&record.kinesis.data) {
                Ok(event) => {
                    carts.push(Some(event.stream));
                    arrivals.entry(event.stream).or_default().push(Arrival::Event(event));
                }
                Err(reason) => {
                    let record = &record.event_id;
                    tracing::error!(%record, %reason, "skipped a record of the event bus that is no event of a cart");
                    self.tally.foreign.add(1);
                    carts.push(None);
                }
            }
        }
        let generations = generations::read(&self.rows, S::NAME).await?;
        let mut failed = BTreeSet::new();
        in_order(&mut arrivals);
        for generation in generations.fed() {
            failed.extend(self.apply(generation, generations.filter_of(generation), &arrivals).await?);
        }
        let first = carts.iter().position(|cart| cart.is_some_and(|cart| failed.contains(&cart)));
        let first = first.and_then(|index| batch.records.get(index));
        Ok(first.map_or_else(BatchAnswer::done, |record| BatchAnswer::again([record.kinesis.sequence_number.clone()])))
    }

    /// Applies messages of the subscription's replay queue, each to the generation it names, if that is fed. Returns
    /// the messages that could not be applied or read, and the rest of their groups; other groups go on.
    pub async fn replayed(&self, batch: &QueueBatch) -> Result<BatchAnswer, Fault> {
        let generations = generations::read(&self.rows, S::NAME).await?;
        let mut delivery = Delivery::default();
        let read: Vec<Option<CartsOfMessage>> =
            batch.records.iter().map(|record| self.sort_out(record, &generations, &mut delivery)).collect();
        let mut failed: BTreeMap<u32, BTreeSet<StreamId>> = BTreeMap::new();
        for (generation, mut arrivals) in delivery.arrivals {
            in_order(&mut arrivals);
            let filter = generations.filter_of(generation);
            failed.insert(generation, self.apply(generation, filter, &arrivals).await?);
        }
        for order in delivery.rebuilds {
            let not_rebuilt = self.rebuild(&generations, &order).await;
            failed.entry(order.generation).or_default().extend(not_rebuilt);
        }
        let mut groups = GroupedBatch::default();
        for (index, (record, message)) in batch.records.iter().zip(&read).enumerate() {
            let done = message.as_ref().is_some_and(|(generation, carts)| {
                failed.get(generation).is_none_or(|failed| failed.is_disjoint(carts))
            });
            if groups.admits(&record.attributes.group, index) && !done {
                groups.fail(record.attributes.group.clone(), index);
            }
        }
        let returned = groups.returned().into_iter().filter_map(|index| batch.records.get(index));
        Ok(BatchAnswer::again(returned.map(|record| record.message_id.clone())))
    }

    /// Puts the events of a message where they belong; `None` when it does not read.
    fn sort_out(
        &self,
        record: &QueueBatchRecord,
        generations: &Generations,
        delivery: &mut Delivery,
    ) -> Option<CartsOfMessage> {
        let (message, events) = match ReplayMessage::read(&record.body, S::NAME) {
            Ok(read) => read,
            Err(reason) => {
                let message = &record.message_id;
                tracing::error!(%message, %reason, "returned a message of the replay queue that does not read");
                self.tally.unreadable.add(1);
                return None;
            }
        };
        if message.mode == Mode::Rebuild {
            let place = (message.generation, message.carts.iter().copied().collect());
            delivery.rebuilds.push(message);
            return Some(place);
        }
        if !generations.fed().any(|fed| fed == message.generation) {
            let (run, generation) = (&message.run, message.generation);
            tracing::info!(%run, generation, "acknowledged a message for a generation that is not filled any more");
            self.tally.gone.add(1);
            return Some((message.generation, BTreeSet::new()));
        }
        let mut carts: BTreeSet<StreamId> = events.iter().map(|event| event.stream).collect();
        let arrivals = delivery.arrivals.entry(message.generation).or_default();
        for event in events {
            arrivals.entry(event.stream).or_default().push(Arrival::Event(event));
        }
        // A whole generation needs what others skip. Left out, it is a gap, and gaps are filled from the table.
        let honoured = !generations.filter_of(message.generation).is_open();
        for Skip { subject, first, last } in message.skips.into_iter().filter(|_| honoured) {
            carts.insert(subject);
            arrivals.entry(subject).or_default().extend((first..=last).map(Arrival::Skip));
        }
        Some((message.generation, carts))
    }
}

/// What the messages of a batch bring.
#[derive(Default)]
struct Delivery {
    /// By generation.
    arrivals: BTreeMap<u32, Arrivals>,
    /// Messages that ask for carts to be rebuilt.
    rebuilds: Vec<ReplayMessage>,
}

/// Generation and carts of a message.
type CartsOfMessage = (u32, BTreeSet<StreamId>);

fn in_order(arrivals: &mut Arrivals) {
    for arrivals in arrivals.values_mut() {
        // An event goes before a skip of the same version.
        arrivals.sort_by_key(|arrival| (arrival.version(), matches!(arrival, Arrival::Skip(_))));
        arrivals.dedup_by_key(|arrival| arrival.version());
    }
}

#[cfg(test)]
mod tests;
