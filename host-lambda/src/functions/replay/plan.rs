//! The messages of an archive object: a pure function of its bytes and the number of lanes, so that a checkpoint inside
//! it means the same after a crash.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use tillroll_core::id::StreamId;
use tillroll_core::lane::lane_of;

use crate::archive_object::ArchiveObject;
use crate::functions::project::message::{Mode, ReplayMessage};
use crate::ports::{Fault, FaultKind, QueueMessage};
use crate::record::EventRecord;

/// Most events in a message.
pub const MESSAGE_EVENTS_MAX: usize = 500;
/// Most bytes of events in a message, unless one event alone has more; SQS takes 1 MiB with everything around them.
pub const MESSAGE_BYTES_MAX: usize = 200_000;

/// Whose messages: the same in every message of a run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sender<'a> {
    pub(super) run: &'a str,
    pub(super) subscription: &'a str,
    pub(super) generation: u32,
}

/// A message's events, and where they come from.
#[derive(Debug)]
pub(super) struct Parcel {
    pub(super) lane: u16,
    pub(super) part: u32,
    pub(super) events: Vec<Box<RawValue>>,
}

struct Line {
    cart: StreamId,
    version: u64,
    json: Box<RawValue>,
}

/// The parcels of an object: lane by lane, and in a lane cart by cart in version order.
pub(super) fn parcels_of_object(object: &ArchiveObject, lanes: u16) -> Result<Vec<Parcel>, Fault> {
    let mut by_lane: BTreeMap<u16, Vec<Line>> = BTreeMap::new();
    for (index, event) in object.events().enumerate() {
        let (event, text) = event?;
        let json = serde_json::from_slice(text).map_err(|error| object.not_an_event(index, error.into()))?;
        let lane = lane_of(event.stream, lanes);
        by_lane.entry(lane).or_default().push(Line { cart: event.stream, version: event.version, json });
    }
    let mut parcels = Vec::new();
    for (lane, mut lines) in by_lane {
        lines.sort_by_key(|line| (line.cart, line.version));
        parcels.extend(cut(lane, lines.into_iter().map(|line| line.json)));
    }
    Ok(parcels)
}

/// The parcels of events that were read from the table.
pub(super) fn parcels_of_events(cart: StreamId, events: &[EventRecord], lanes: u16) -> Result<Vec<Parcel>, Fault> {
    let json = |event: &EventRecord| serde_json::from_slice(&event.to_json());
    let written: Vec<Box<RawValue>> = events
        .iter()
        .map(json)
        .collect::<Result<_, _>>()
        .map_err(|error| Fault::new(FaultKind::Permanent, "write the events of cart", cart.to_string(), error))?;
    Ok(cut(lane_of(cart, lanes), written.into_iter()))
}

fn cut(lane: u16, lines: impl Iterator<Item = Box<RawValue>>) -> Vec<Parcel> {
    let mut parcels: Vec<Parcel> = Vec::new();
    let mut bytes = 0;
    for json in lines {
        bytes += json.get().len();
        match parcels.last_mut() {
            Some(parcel) if parcel.events.len() < MESSAGE_EVENTS_MAX && bytes <= MESSAGE_BYTES_MAX => {
                parcel.events.push(json);
            }
            _ => {
                bytes = json.get().len();
                parcels.push(Parcel { lane, part: 0, events: vec![json] });
            }
        }
    }
    for (parcel, part) in parcels.iter_mut().zip(0..) {
        parcel.part = part;
    }
    parcels
}

impl Parcel {
    /// The message that carries the parcel; `object` says where its events were read.
    pub(super) fn into_message(self, sender: Sender<'_>, object: &str) -> Result<QueueMessage, Fault> {
        let Sender { run, subscription, generation } = sender;
        let Self { lane, part, events } = self;
        let deduplication_id = deduplication_id(run, object, lane, part);
        let message = ReplayMessage {
            run: run.to_owned(),
            mode: Mode::Replay,
            subscription: subscription.to_owned(),
            generation,
            lane,
            object: object.to_owned(),
            part,
            events,
        };
        let body = serde_json::to_string(&message)
            .map_err(|error| Fault::new(FaultKind::Permanent, "write the messages of", object, error))?;
        Ok(QueueMessage { group: format!("lane-{lane:02}"), deduplication_id, body })
    }
}

/// The same message of the same run always has the same name, and another run's never: a second replay within the
/// five minutes of deduplication is not swallowed.
fn deduplication_id(run: &str, object: &str, lane: u16, part: u32) -> String {
    let digest = Sha256::digest(format!("{run}\n{object}\n{lane}\n{part}"));
    let first = digest.iter().take(size_of::<u128>()).fold(0, |bits, byte| bits << 8 | u128::from(*byte));
    format!("{first:032x}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;
    use crate::archive_object::pack;
    use crate::lambda_events::{BusBatchRecord, BusPayload};
    use tillroll_core::lane::LANES;
    use uuid::Uuid;

    fn object(places: &[(u128, u64)], note: &str) -> ArchiveObject {
        let record = |(number, &(cart, version)): (u64, &(u128, u64))| {
            let data = serde_json::json!({
                "id": Uuid::from_u128(1), "source": "tillroll:api", "type": "tillroll.cart.ItemAdded",
                "subject": Uuid::from_u128(cart), "sequence": version, "data": {"note": note},
            });
            let kinesis = BusPayload {
                partition_key: String::new(),
                sequence_number: number.to_string(),
                arrival: 0.0,
                data: data.to_string().into_bytes(),
            };
            BusBatchRecord { event_id: format!("s:{number}"), kinesis }
        };
        let records: Vec<BusBatchRecord> = (1..).zip(places).map(record).collect();
        let packed = pack("s", &records.iter().collect::<Vec<_>>()).unwrap();
        ArchiveObject::unpack(&packed.key, &packed.bytes).unwrap()
    }

    fn versions(parcel: &Parcel) -> Vec<(u128, u64)> {
        let events = parcel.events.iter().map(|json| EventRecord::from_json(json.get().as_bytes()).unwrap());
        events.map(|event| (event.stream.uuid().as_u128(), event.version)).collect()
    }

    #[test]
    fn a_lane_carries_its_carts_one_after_the_other_in_version_order() {
        let parcels = parcels_of_object(&object(&[(1, 2), (2, 1), (1, 1), (2, 2)], ""), 1).unwrap();
        assert_eq!(parcels.len(), 1);
        assert_eq!(versions(&parcels[0]), [(1, 1), (1, 2), (2, 1), (2, 2)]);
    }

    #[test]
    fn every_cart_of_a_parcel_is_of_its_lane_and_no_event_is_left_out() {
        let places: Vec<(u128, u64)> = (0..300).map(|n| (u128::from(n % 100_u64), 1 + n / 100)).collect();
        let parcels = parcels_of_object(&object(&places, ""), LANES).unwrap();
        let mut sent: Vec<(u128, u64)> = parcels.iter().flat_map(versions).collect();
        for parcel in &parcels {
            let in_lane = |(cart, _)| lane_of(StreamId::new(Uuid::from_u128(cart)), LANES) == parcel.lane;
            assert!(versions(parcel).into_iter().all(in_lane));
        }
        sent.sort_unstable();
        let mut expected = places;
        expected.sort_unstable();
        assert_eq!(sent, expected);
    }

    #[test]
    fn parcels_are_cut_by_count_and_by_bytes() {
        let places: Vec<(u128, u64)> = (1..=1_001).map(|version| (1, version)).collect();
        let counts = |note: &str, places: &[(u128, u64)]| -> Vec<usize> {
            parcels_of_object(&object(places, note), 1).unwrap().iter().map(|parcel| parcel.events.len()).collect()
        };
        assert_eq!(counts("", &places), [500, 500, 1]);
        assert_eq!(counts(&"x".repeat(90_000), &places[..5]), [2, 2, 1]);
        assert_eq!(counts(&"x".repeat(MESSAGE_BYTES_MAX), &places[..2]), [1, 1]);
    }

    #[test]
    fn a_message_is_named_by_run_object_lane_and_part() {
        let name = deduplication_id("r", "o", 1, 0);
        assert_eq!(name.len(), 32);
        for other in [("q", "o", 1, 0), ("r", "p", 1, 0), ("r", "o", 2, 0), ("r", "o", 1, 1)] {
            assert_ne!(deduplication_id(other.0, other.1, other.2, other.3), name);
        }
    }

    /// RELIABILITY F28: a line of an unknown schema stops the replay, and the object is named.
    #[test]
    fn a_line_that_is_no_event_is_named_with_its_object() {
        let kinesis = BusPayload {
            partition_key: String::new(),
            sequence_number: "1".to_owned(),
            arrival: 0.0,
            data: b"{\"schema\":\"of somebody else\"}".to_vec(),
        };
        let packed = pack("s", &[&BusBatchRecord { event_id: "s:1".to_owned(), kinesis }]).unwrap();
        let object = ArchiveObject::unpack(&packed.key, &packed.bytes).unwrap();
        let fault = parcels_of_object(&object, LANES).unwrap_err();
        assert_eq!(fault.object, packed.key.to_string());
        assert_eq!(fault.source.unwrap().to_string(), "line 1");
    }
}
