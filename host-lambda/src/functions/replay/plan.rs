//! The messages of an archive object: a pure function of its bytes, the run's filter and the number of lanes, so that a
//! checkpoint inside it means the same after a crash.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use tillroll_core::id::StreamId;
use tillroll_core::lane::lane_of;

use crate::archive_object::ArchiveObject;
use crate::filter::Filter;
use crate::functions::project::message::{Mode, ReplayMessage, SKIPPED_VERSIONS_MAX, Skip};
use crate::ports::{Fault, FaultKind, QueueMessage};
use crate::record::EventRecord;

/// Most events in a message.
pub const MESSAGE_EVENTS_MAX: usize = 500;
/// Most bytes of events in a message, unless one event alone has more; SQS takes 1 MiB with everything around them.
pub const MESSAGE_BYTES_MAX: usize = 200_000;

/// About what a skip takes in a message.
const SKIP_BYTES: usize = 80;

/// Which events a message carries, and what it says of the others.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sieve<'a> {
    pub(super) filter: &'a Filter,
    /// Whether the others are skips. Where the gate has to wait for them, they are just not mentioned.
    pub(super) skips: bool,
}

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
    pub(super) skips: Vec<Skip>,
}

/// A line of an object; without JSON when the filter does not let it through.
struct Line {
    cart: StreamId,
    version: u64,
    json: Option<Box<RawValue>>,
}

/// The parcels of an object: lane by lane, and in a lane cart by cart in version order. Tells `look` of each event, and
/// whether the filter lets it through.
pub(super) fn parcels_of_object(
    object: &ArchiveObject,
    lanes: u16,
    sieve: Sieve<'_>,
    mut look: impl FnMut(&EventRecord, bool),
) -> Result<Vec<Parcel>, Fault> {
    let mut by_lane: BTreeMap<u16, Vec<Line>> = BTreeMap::new();
    for (index, event) in object.events().enumerate() {
        let (event, text) = event?;
        let admitted = sieve.filter.admits(&event);
        look(&event, admitted);
        if !admitted && !sieve.skips {
            continue;
        }
        let json = admitted.then(|| serde_json::from_slice(text)).transpose();
        let json = json.map_err(|error| object.not_an_event(index, error.into()))?;
        let lane = lane_of(event.stream, lanes);
        by_lane.entry(lane).or_default().push(Line { cart: event.stream, version: event.version, json });
    }
    let mut parcels = Vec::new();
    for (lane, mut lines) in by_lane {
        lines.sort_by_key(|line| (line.cart, line.version));
        parcels.extend(cut(lane, lines));
    }
    Ok(parcels)
}

/// The parcels of events that were read from the table. All of them go: the generation's filter is applied where they
/// arrive.
pub(super) fn parcels_of_events(cart: StreamId, events: &[EventRecord], lanes: u16) -> Result<Vec<Parcel>, Fault> {
    let written = |event: &EventRecord| {
        Ok(Line { cart, version: event.version, json: Some(serde_json::from_slice(&event.to_json())?) })
    };
    let carried = events.iter().map(written).collect::<Result<_, _>>().map_err(|error: serde_json::Error| {
        Fault::new(FaultKind::Permanent, "write the events of cart", cart.to_string(), error)
    })?;
    Ok(cut(lane_of(cart, lanes), carried))
}

fn cut(lane: u16, lines: Vec<Line>) -> Vec<Parcel> {
    let mut parcels: Vec<Parcel> = Vec::new();
    let mut load = Load::default();
    for line in lines {
        let more = load.with(&line);
        let parcel = match parcels.last_mut() {
            Some(parcel) if more.fits() => {
                load = more;
                parcel
            }
            _ => {
                load = Load::default().with(&line);
                let part = u32::try_from(parcels.len()).unwrap_or(u32::MAX);
                parcels.push_mut(Parcel { lane, part, events: Vec::new(), skips: Vec::new() })
            }
        };
        match line.json {
            Some(json) => parcel.events.push(json),
            None => parcel.skip(line.cart, line.version),
        }
    }
    parcels
}

/// How full a parcel is.
#[derive(Clone, Copy, Default)]
struct Load {
    events: usize,
    skipped: u64,
    bytes: usize,
}

impl Load {
    fn with(self, line: &Line) -> Self {
        let Self { events, skipped, bytes } = self;
        match &line.json {
            Some(json) => Self { events: events + 1, bytes: bytes + json.get().len(), ..self },
            // As if no two of them ever became one range.
            None => Self { skipped: skipped + 1, bytes: bytes + SKIP_BYTES, ..self },
        }
    }

    fn fits(self) -> bool {
        self.events <= MESSAGE_EVENTS_MAX && self.skipped <= SKIPPED_VERSIONS_MAX && self.bytes <= MESSAGE_BYTES_MAX
    }
}

impl Parcel {
    fn skip(&mut self, cart: StreamId, version: u64) {
        match self.skips.last_mut() {
            // The same version twice is one skip, too.
            Some(skip) if skip.subject == cart && (skip.last..=skip.last + 1).contains(&version) => skip.last = version,
            _ => self.skips.push(Skip { subject: cart, first: version, last: version }),
        }
    }

    /// Versions that its skips pass over.
    pub(super) fn skipped(&self) -> u64 {
        self.skips.iter().map(|skip| skip.last - skip.first + 1).sum()
    }

    /// About how many bytes its events and skips have.
    pub(super) fn bytes(&self) -> usize {
        self.events.iter().map(|event| event.get().len()).sum::<usize>() + self.skips.len() * SKIP_BYTES
    }

    /// The message that carries the parcel; `object` says where its events were read.
    pub(super) fn into_message(self, sender: Sender<'_>, object: &str) -> Result<QueueMessage, Fault> {
        let Sender { run, subscription, generation } = sender;
        let Self { lane, part, events, skips } = self;
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
            skips,
            carts: Vec::new(),
        };
        let body = serde_json::to_string(&message)
            .map_err(|error| Fault::new(FaultKind::Permanent, "write the messages of", object, error))?;
        Ok(QueueMessage { group: format!("lane-{lane:02}"), deduplication_id, body })
    }
}

/// The same message of the same run always has the same name, and another run's never: a second replay within the
/// five minutes of deduplication is not swallowed.
pub(super) fn deduplication_id(run: &str, object: &str, lane: u16, part: u32) -> String {
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

    static OPEN: Filter = Filter { types: Vec::new(), from: None, to: None };
    const EVERYTHING: Sieve<'_> = Sieve { filter: &OPEN, skips: true };

    fn parcels(object: &ArchiveObject, lanes: u16, sieve: Sieve<'_>) -> Result<Vec<Parcel>, Fault> {
        parcels_of_object(object, lanes, sieve, |_, _| {})
    }

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
        let parcels = parcels(&object(&[(1, 2), (2, 1), (1, 1), (2, 2)], ""), 1, EVERYTHING).unwrap();
        assert_eq!(parcels.len(), 1);
        assert_eq!(versions(&parcels[0]), [(1, 1), (1, 2), (2, 1), (2, 2)]);
    }

    #[test]
    fn every_cart_of_a_parcel_is_of_its_lane_and_no_event_is_left_out() {
        let places: Vec<(u128, u64)> = (0..300).map(|n| (u128::from(n % 100_u64), 1 + n / 100)).collect();
        let parcels = parcels(&object(&places, ""), LANES, EVERYTHING).unwrap();
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
            parcels(&object(places, note), 1, EVERYTHING).unwrap().iter().map(|parcel| parcel.events.len()).collect()
        };
        assert_eq!(counts("", &places), [500, 500, 1]);
        assert_eq!(counts(&"x".repeat(90_000), &places[..5]), [2, 2, 1]);
        assert_eq!(counts(&"x".repeat(MESSAGE_BYTES_MAX), &places[..2]), [1, 1]);
    }

    #[test]
    fn what_a_filter_does_not_let_through_travels_as_ranges_and_counts_towards_the_size() {
        let nothing = Filter { types: vec!["CartClosed".to_owned()], ..Filter::default() };
        let object = object(&[(1, 1), (1, 2), (2, 5), (1, 3), (1, 3), (1, 7)], "");
        let skipped = parcels(&object, 1, Sieve { filter: &nothing, skips: true }).unwrap();
        let ranges = |parcel: &Parcel| -> Vec<(u128, u64, u64)> {
            parcel.skips.iter().map(|skip| (skip.subject.uuid().as_u128(), skip.first, skip.last)).collect()
        };
        assert_eq!(skipped.iter().map(ranges).collect::<Vec<_>>(), [[(1, 1, 3), (1, 7, 7), (2, 5, 5)]]);
        assert_eq!((skipped[0].skipped(), skipped[0].events.len()), (5, 0));
        let left_out = parcels(&object, 1, Sieve { filter: &nothing, skips: false }).unwrap();
        assert!(left_out.is_empty(), "{left_out:?}");

        let many: Vec<(u128, u64)> = (1..=5_000).map(|cart| (cart, 1)).collect();
        let many = parcels(&super::tests::object(&many, ""), 1, Sieve { filter: &nothing, skips: true });
        assert_eq!(many.unwrap().iter().map(|parcel| parcel.skips.len()).collect::<Vec<_>>(), [2_500, 2_500]);
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
        let fault = parcels(&object, LANES, EVERYTHING).unwrap_err();
        assert_eq!(fault.object, packed.key.to_string());
        assert_eq!(fault.source.unwrap().to_string(), "line 1");
    }
}
