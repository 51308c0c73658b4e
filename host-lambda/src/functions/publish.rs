//! Change data capture: records of the table stream become events on the bus.
//!
//! The table stream orders changes per item, and every event is an item of its own, so the records of one cart may
//! come permuted. Within a batch they are put in version order; across batches order is the consumers' work (the gate).
//! What is no new event (a change, a removal, an image that does not read) is tampering: it is kept for somebody to
//! look at and acknowledged, never published, and never fails the batch for ever.

use tillroll_core::batch::Waves;
use tillroll_core::id::StreamId;

use crate::item::{NotAnEventItem, event_of_image};
use crate::lambda_events::{BatchAnswer, TableStreamBatch, TableStreamRecord};
use crate::ports::{BUS_PUT_RECORDS_MAX, BusRecord, EventBus, Fault, TamperLog};
use crate::record::EventRecord;

/// Most bytes of events in one put. Kinesis took 5 MiB a request for years, 10 MiB now, partition keys included.
const PUT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Puts the batch's events on the bus. Reports the first record in stream order that is neither on the bus nor kept
/// as tampering; everything from there is delivered again, and consumers drop what they have. A fault only when
/// nothing of the batch got through.
pub async fn publish<B: EventBus, T: TamperLog>(
    batch: &TableStreamBatch,
    bus: &B,
    tamper: &T,
) -> Result<BatchAnswer, Fault> {
    let mut sent = Sent::none_of(batch.records.len());
    let mut planned = Vec::with_capacity(batch.records.len());
    for (index, record) in batch.records.iter().enumerate() {
        match new_event(record) {
            Ok(event) => planned.push(Planned::new(index, &event)),
            Err(reason) => match keep(record, reason, tamper).await {
                Ok(()) => sent.done[index] = true,
                Err(fault) => sent.last_fault = Some(fault),
            },
        }
    }
    planned.sort_by_key(|event| event.version);
    put_in_waves(&mut planned, bus, &mut sent).await;
    sent.answer(batch)
}

/// Puts events on the bus as `publish` does, those of a cart in the order of their versions; says for each whether it
/// is there now. A fault only when nothing got through.
pub(crate) async fn put_events<B: EventBus>(events: &[EventRecord], bus: &B) -> Result<Vec<bool>, Fault> {
    let mut sent = Sent::none_of(events.len());
    let mut planned: Vec<Planned> =
        events.iter().enumerate().map(|(index, event)| Planned::new(index, event)).collect();
    planned.sort_by_key(|event| event.version);
    put_in_waves(&mut planned, bus, &mut sent).await;
    match sent.last_fault {
        Some(fault) if !sent.done.contains(&true) => Err(fault),
        Some(_) | None => Ok(sent.done),
    }
}

/// An event on its way to the bus.
struct Planned {
    /// Index of its record in the batch.
    index: usize,
    cart: StreamId,
    version: u64,
    data: Vec<u8>,
}

impl Planned {
    fn new(index: usize, event: &EventRecord) -> Self {
        Self { index, cart: event.stream, version: event.version, data: event.to_json() }
    }

    /// The record to put. An event is put once in an invocation, so its bytes move.
    fn take_record(&mut self) -> BusRecord {
        BusRecord { partition_key: self.cart.to_string(), data: std::mem::take(&mut self.data) }
    }
}

/// Which records of a batch are dealt with.
struct Sent {
    done: Vec<bool>,
    last_fault: Option<Fault>,
}

impl Sent {
    fn none_of(records: usize) -> Self {
        Self { done: vec![false; records], last_fault: None }
    }

    fn answer(self, batch: &TableStreamBatch) -> Result<BatchAnswer, Fault> {
        let first_open = self.done.iter().position(|done| !done);
        match (first_open, self.last_fault) {
            (None, _) => Ok(BatchAnswer::done()),
            (Some(_), Some(fault)) if !self.done.contains(&true) => Err(fault),
            (Some(index), _) => Ok(BatchAnswer::again([batch.records[index].dynamodb.sequence_number.clone()])),
        }
    }
}

/// Why a record is not published. The words go to the log, so they hold no content of the item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum Tampering {
    #[error("an event was changed")]
    Changed,
    #[error("an event was deleted")]
    Deleted,
    #[error("the stream record is of a kind that no event causes")]
    UnknownKind,
    #[error("the stream record has no new image")]
    NoImage,
    #[error(transparent)]
    NotAnEvent(#[from] NotAnEventItem),
}

fn new_event(record: &TableStreamRecord) -> Result<EventRecord, Tampering> {
    match record.event_name.as_str() {
        "INSERT" => {}
        "MODIFY" => return Err(Tampering::Changed),
        "REMOVE" => return Err(Tampering::Deleted),
        _ => return Err(Tampering::UnknownKind),
    }
    let image = record.dynamodb.new_image.clone().ok_or(Tampering::NoImage)?;
    Ok(event_of_image(image)?)
}

async fn keep<T: TamperLog>(record: &TableStreamRecord, reason: Tampering, tamper: &T) -> Result<(), Fault> {
    let sequence_number = &record.dynamodb.sequence_number;
    tracing::error!(%reason, %sequence_number, "tampering: a record of the event table is no new event");
    // Maps with text keys always serialize; an empty text stands for the impossible.
    let copy = serde_json::to_string(record).unwrap_or_default();
    tamper.keep(&reason.to_string(), copy).await
}

/// Puts wave after wave. After a fault nothing more is sent: what is still open is delivered again anyway.
async fn put_in_waves<B: EventBus>(planned: &mut [Planned], bus: &B, sent: &mut Sent) {
    let mut waves = Waves::new(planned.iter().map(|event| event.cart));
    loop {
        let wave = waves.next(BUS_PUT_RECORDS_MAX);
        if wave.is_empty() {
            return;
        }
        for put in cut_by_bytes(&wave, planned) {
            let records = put.iter().map(|&at| planned[at].take_record()).collect();
            let results = match bus.put(records).await {
                Ok(results) => results,
                Err(fault) => {
                    tracing::warn!(error = %fault, "the event bus took nothing");
                    sent.last_fault = Some(fault);
                    return;
                }
            };
            // An answer that is too short leaves the rest unconfirmed, which is to say failed.
            let mut results = results.into_iter();
            for &at in put {
                let event = &planned[at];
                match results.next() {
                    Some(Ok(())) => {
                        waves.acknowledge(&event.cart, at);
                        sent.done[event.index] = true;
                    }
                    Some(Err(_)) | None => waves.freeze(&event.cart, at),
                }
            }
        }
    }
}

/// Cuts a wave into puts of at most [`PUT_BYTES_MAX`], at least one record each.
fn cut_by_bytes<'a>(wave: &'a [usize], planned: &[Planned]) -> Vec<&'a [usize]> {
    let mut puts = Vec::new();
    let mut rest = wave;
    while !rest.is_empty() {
        let mut bytes = 0;
        let fits = rest.iter().take_while(|&&at| {
            bytes += planned[at].data.len();
            bytes <= PUT_BYTES_MAX
        });
        let (put, after) = rest.split_at(fits.count().max(1));
        puts.push(put);
        rest = after;
    }
    puts
}

#[cfg(test)]
mod tests;
