//! What timelines tell of events: columns of many, and one with all that was recorded.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use tillroll_core::cart::{Cart, CartEvent};
use tillroll_core::hash::Fingerprint;
use tillroll_core::id::{CommandId, EventId, StreamId};
use tillroll_core::packed::{Content, Entry, Packed as _, Unpackable, Writer as Packing};
use tillroll_core::recorded::{Circumstances, CommandMark};
use tillroll_core::time::Timestamp;

use super::event::{Known, UNKNOWN};
use crate::shape::object;
use crate::wire::{Put, Reader, Take, Writer};

/// Numbers as a `Float64Array`.
#[derive(Debug, Default)]
pub(crate) struct Reals(pub(crate) Vec<f64>);

impl Put for Reals {
    fn put(&self, out: &mut Writer) {
        out.count(self.0.len());
        self.0.iter().for_each(|number| out.0.extend_from_slice(&number.to_le_bytes()));
    }
}

/// Numbers as a `Uint32Array`.
#[derive(Debug, Default)]
pub(crate) struct Wholes(pub(crate) Vec<u32>);

impl Put for Wholes {
    fn put(&self, out: &mut Writer) {
        out.count(self.0.len());
        self.0.iter().for_each(|number| out.0.extend_from_slice(&number.to_le_bytes()));
    }
}

impl Put for Cow<'_, str> {
    fn put(&self, out: &mut Writer) {
        self.as_ref().put(out);
    }
}

object! {
    /// What can be said of every event without folding: a place in each for every event, in their order.
    [put] Columns = Columns {
        /// Numbered as in the packed layout, 255 for one that this build does not know.
        kinds: Vec<u8>,
        /// When it was written, in milliseconds since 1970; NaN where that was not noted.
        recorded_ms: Reals,
        /// When it happened; NaN where that was not noted.
        happened_ms: Reals,
        /// Where its frame lies in the history.
        offsets: Wholes,
        /// The rules that the events were decided by: the first event's, and where others follow.
        reducers: Vec<RulesFrom>,
    }
}

/// What can be said of every event without folding.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    pub(crate) kinds: Vec<u8>,
    pub(crate) recorded_ms: Reals,
    pub(crate) happened_ms: Reals,
    pub(crate) offsets: Wholes,
    pub(crate) reducers: Vec<RulesFrom>,
}

object! {
    /// From an event on, these rules decided.
    [put] RulesFrom = RulesFrom {
        /// Its place among the events, from 0.
        nth: u32,
        /// Null where it was not noted.
        reducer: Option<String>,
    }
}

/// From an event on, these rules decided.
#[derive(Debug)]
pub(crate) struct RulesFrom {
    pub(crate) nth: u32,
    pub(crate) reducer: Option<String>,
}

object! {
    /// What the events did: a place in each for every event, in their order.
    [put] Totals = Totals {
        /// What there was to pay after it.
        total_minor: Reals,
        /// 1 where the cart was another one after it, 0 where it was as before.
        changed: Vec<u8>,
    }
}

/// What the events did.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    pub(crate) total_minor: Reals,
    pub(crate) changed: Vec<u8>,
}

/// A moment as the API writes it. It comes in as a text and goes out as a number.
#[derive(Clone, Copy)]
pub(crate) struct Stated(Timestamp);

impl Put for Stated {
    fn put(&self, out: &mut Writer) {
        self.0.put(out);
    }
}

impl Take for Stated {
    fn take(from: &mut Reader<'_>) -> Self {
        Self(crate::wire::Written::take(from).0)
    }
}

/// What happened, with its data where they say more or less than this build would write.
pub(crate) enum Fact {
    Meant { event: CartEvent, stored: Option<String> },
    Unknown { name: String, data: String },
}

impl Put for Fact {
    fn put(&self, out: &mut Writer) {
        match self {
            Self::Meant { event, stored: None } => event.put(out),
            Self::Meant { event, stored: Some(data) } => {
                use tillroll_core::aggregate::Event as _;
                Known::No { name: event.name(), data }.put(out);
            }
            Self::Unknown { name, data } => Known::No { name, data }.put(out),
        }
    }
}

impl Take for Fact {
    fn take(from: &mut Reader<'_>) -> Self {
        if from.peek() == Some(UNKNOWN) {
            from.byte();
            return Self::Unknown { name: String::take(from), data: String::take(from) };
        }
        Self::Meant { event: CartEvent::take(from), stored: <Option<String> as Take>::take(from) }
    }
}

object! {
    /// An event with all that was recorded, as the API writes it; what is the same for every event is added in TypeScript.
    [put take] Recording = Recording {
        id: EventId,
        /// Where it comes from.
        source: String [or "tillroll:unstated"],
        fact: Fact [flat],
        /// The cart.
        subject: StreamId,
        /// When it happened.
        time: Option<Stated> [skipped],
        /// When it was written.
        recordedtime: Option<Stated> [skipped],
        /// The version.
        sequence: u64,
        schemaversion: u32 [or 1],
        commandid: Option<CommandId> [skipped],
        commandhash: Option<Fingerprint> [skipped],
        correlationid: Option<String> [skipped],
        causationid: Option<String> [skipped],
        traceparent: Option<String> [skipped],
        /// Who acted.
        actor: Option<String> [skipped],
        /// The rules it was decided by.
        reducer: Option<String> [skipped],
    }
}

/// An event with all that was recorded.
pub(crate) struct Recording {
    id: EventId,
    source: String,
    fact: Fact,
    subject: StreamId,
    time: Option<Stated>,
    recordedtime: Option<Stated>,
    sequence: u64,
    schemaversion: u32,
    commandid: Option<CommandId>,
    commandhash: Option<Fingerprint>,
    correlationid: Option<String>,
    causationid: Option<String>,
    traceparent: Option<String>,
    actor: Option<String>,
    reducer: Option<String>,
}

/// What stands for a source that was not noted.
const SOURCE_UNSTATED: &str = "tillroll:unstated";

impl Recording {
    /// The event of a packed history.
    pub(crate) fn of(cart: StreamId, entry: Entry<'_, CartEvent<&str>>) -> Self {
        let text = |json: &[u8]| core::str::from_utf8(json).unwrap_or("null").into();
        let fact = match entry.content {
            Content::Known(event) => Fact::Meant { event: Cart::own(&event), stored: entry.stored.map(text) },
            Content::Unknown { name, data } => Fact::Unknown { name: name.into(), data: text(data) },
        };
        let noted = entry.circumstances;
        Self {
            id: noted.event_id,
            source: noted.source.unwrap_or_else(|| SOURCE_UNSTATED.into()),
            fact,
            subject: cart,
            time: noted.happened_at.map(Stated),
            recordedtime: noted.recorded_at.map(Stated),
            sequence: entry.version,
            schemaversion: noted.schema_version,
            commandid: noted.command.map(|mark| mark.id),
            commandhash: noted.command.map(|mark| mark.hash),
            correlationid: noted.correlation_id,
            causationid: noted.causation_id,
            traceparent: noted.traceparent,
            actor: noted.actor,
            reducer: noted.reducer,
        }
    }

    /// Its place in its stream.
    pub(crate) const fn place(&self) -> (StreamId, u64) {
        (self.subject, self.sequence)
    }

    /// Writes it into a packed history.
    pub(crate) fn pack(self, packing: &mut Packing<Cart>) -> Result<(), Unpackable> {
        let circumstances = Circumstances {
            event_id: self.id,
            source: (self.source != SOURCE_UNSTATED).then_some(self.source),
            happened_at: self.time.map(|stated| stated.0),
            recorded_at: self.recordedtime.map(|stated| stated.0),
            command: self.commandid.zip(self.commandhash).map(|(id, hash)| CommandMark { id, hash }),
            correlation_id: self.correlationid,
            causation_id: self.causationid,
            traceparent: self.traceparent,
            actor: self.actor,
            reducer: self.reducer,
            schema_version: self.schemaversion,
        };
        match &self.fact {
            Fact::Meant { event, stored } => {
                packing.push(&Content::Known(event), stored.as_deref().map(str::as_bytes), &circumstances)
            }
            Fact::Unknown { name, data } => {
                packing.push(&Content::Unknown { name, data: data.as_bytes() }, None, &circumstances)
            }
        }
    }
}
