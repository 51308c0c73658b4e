//! Events as hosts move them: name and data not yet decoded, so that capture and archive never look inside.
//!
//! As JSON an event is a `CloudEvents` 1.0 structured event. The order of the members is fixed and the data's keys are
//! sorted, so one event always becomes the same bytes: table, bus and archive can be compared by fingerprint.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tillroll_core::aggregate::{Change, Event};
use tillroll_core::hash::Fingerprint;
use tillroll_core::id::{CommandId, EventId, StreamId};
use tillroll_core::recorded::{Circumstances, CommandMark, Recorded, Stored};
use tillroll_core::time::Timestamp;

/// Prefix of every event's `CloudEvents` type.
pub const TYPE_PREFIX: &str = "tillroll.cart.";
/// `source` of events whose item names none (written by the Ruby system).
pub const SOURCE_UNSTATED: &str = "tillroll:unstated";

/// An event of ordinary size fits in here.
const USUAL_JSON_BYTES: usize = 1_024;

/// One event of a stream: place, name, data as JSON, circumstances.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "OwnedCloudEvent")]
pub struct EventRecord {
    /// The cart.
    pub stream: StreamId,
    /// From 1, without holes.
    pub version: u64,
    /// Stored name: `ItemAdded`.
    pub name: String,
    /// Stored data: a JSON object.
    pub data: Value,
    /// Ids, times, causes.
    pub circumstances: Circumstances,
}

/// A stored event does not read as what its name says.
#[derive(Debug, thiserror::Error)]
#[error("cart {stream}, version {version}: the data of {name} has the wrong shape")]
pub struct Undecodable {
    stream: StreamId,
    version: u64,
    name: String,
    #[source]
    source: serde_json::Error,
}

impl EventRecord {
    /// The record of a decided change, recorded under `circumstances` (whose event id and command are the change's).
    pub fn of_change<E: Event>(
        stream: StreamId,
        change: &Change<E>,
        circumstances: Circumstances,
    ) -> Result<Self, serde_json::Error> {
        let data = change.event.serialize_data(serde_json::value::Serializer)?;
        let circumstances = Circumstances { event_id: change.event_id, command: Some(change.command), ..circumstances };
        Ok(Self { stream, version: change.version, name: change.event.name().to_owned(), data, circumstances })
    }

    /// Decodes the data. A name that `E` does not know becomes [`Stored::Unknown`].
    pub fn event<E: Event>(&self) -> Result<Stored<E>, Undecodable> {
        match E::deserialize_data(&self.name, &self.data) {
            Ok(Some(event)) => Ok(Stored::Known(event)),
            Ok(None) => Ok(Stored::Unknown { name: self.name.clone() }),
            Err(source) => {
                Err(Undecodable { stream: self.stream, version: self.version, name: self.name.clone(), source })
            }
        }
    }

    /// The recorded event with its data decoded.
    pub fn decode<E: Event>(self) -> Result<Recorded<E>, Undecodable> {
        let Self { stream, version, name, data, circumstances } = self;
        // By value: the texts of the data move into the event.
        let event = match E::deserialize_data(&name, data) {
            Ok(Some(event)) => Stored::Known(event),
            Ok(None) => Stored::Unknown { name },
            Err(source) => return Err(Undecodable { stream, version, name, source }),
        };
        Ok(Recorded { stream, version, event, circumstances })
    }

    /// The event as structured `CloudEvents` JSON.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let mut json = Vec::with_capacity(USUAL_JSON_BYTES);
        match serde_json::to_writer(&mut json, &CloudEvent::from(self)) {
            Ok(()) => json,
            // Strings, integers and maps with string keys always serialize; an empty record stands for the impossible.
            Err(_) => Vec::new(),
        }
    }

    /// The event as a JSON value, for replies.
    #[must_use]
    pub fn to_value(&self) -> Value {
        serde_json::to_value(CloudEvent::from(self)).unwrap_or_default()
    }

    /// Reads structured `CloudEvents` JSON.
    pub fn from_json(bytes: &[u8]) -> Result<Self, NotAnEvent> {
        let event: OwnedCloudEvent = serde_json::from_slice(bytes)?;
        event.try_into()
    }
}

/// The JSON is not an event of ours.
#[derive(Debug, thiserror::Error)]
pub enum NotAnEvent {
    /// It is not JSON, or a member is missing or has the wrong type.
    #[error("not a CloudEvents JSON event")]
    Json(#[from] serde_json::Error),
    /// It is somebody else's event.
    #[error("not an event of a cart: its type does not begin with `{TYPE_PREFIX}`")]
    ForeignType,
}

#[derive(Serialize)]
struct CloudEvent<'a> {
    specversion: &'static str,
    id: EventId,
    source: &'a str,
    r#type: String,
    subject: StreamId,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<Timestamp>,
    datacontenttype: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    recordedtime: Option<Timestamp>,
    sequence: u64,
    schemaversion: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    commandid: Option<CommandId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    commandhash: Option<Fingerprint>,
    #[serde(skip_serializing_if = "Option::is_none")]
    correlationid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    causationid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    traceparent: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reducer: Option<&'a str>,
    data: &'a Value,
}

#[derive(Deserialize)]
struct OwnedCloudEvent {
    id: EventId,
    source: String,
    r#type: String,
    subject: StreamId,
    time: Option<Timestamp>,
    recordedtime: Option<Timestamp>,
    sequence: u64,
    #[serde(default = "first_schema")]
    schemaversion: u32,
    commandid: Option<CommandId>,
    commandhash: Option<Fingerprint>,
    correlationid: Option<String>,
    causationid: Option<String>,
    traceparent: Option<String>,
    actor: Option<String>,
    reducer: Option<String>,
    data: Value,
}

const fn first_schema() -> u32 {
    1
}

impl<'a> From<&'a EventRecord> for CloudEvent<'a> {
    fn from(record: &'a EventRecord) -> Self {
        let noted = &record.circumstances;
        Self {
            specversion: "1.0",
            id: noted.event_id,
            source: noted.source.as_deref().unwrap_or(SOURCE_UNSTATED),
            r#type: format!("{TYPE_PREFIX}{}", record.name),
            subject: record.stream,
            time: noted.happened_at,
            datacontenttype: "application/json",
            recordedtime: noted.recorded_at,
            sequence: record.version,
            schemaversion: noted.schema_version,
            commandid: noted.command.map(|mark| mark.id),
            commandhash: noted.command.map(|mark| mark.hash),
            correlationid: noted.correlation_id.as_deref(),
            causationid: noted.causation_id.as_deref(),
            traceparent: noted.traceparent.as_deref(),
            actor: noted.actor.as_deref(),
            reducer: noted.reducer.as_deref(),
            data: &record.data,
        }
    }
}

impl TryFrom<OwnedCloudEvent> for EventRecord {
    type Error = NotAnEvent;

    fn try_from(event: OwnedCloudEvent) -> Result<Self, NotAnEvent> {
        let name = event.r#type.strip_prefix(TYPE_PREFIX).ok_or(NotAnEvent::ForeignType)?.to_owned();
        let command = event.commandid.zip(event.commandhash).map(|(id, hash)| CommandMark { id, hash });
        let source = (event.source != SOURCE_UNSTATED).then_some(event.source);
        Ok(Self {
            stream: event.subject,
            version: event.sequence,
            name,
            data: event.data,
            circumstances: Circumstances {
                event_id: event.id,
                source,
                happened_at: event.time,
                recorded_at: event.recordedtime,
                command,
                correlation_id: event.correlationid,
                causation_id: event.causationid,
                traceparent: event.traceparent,
                actor: event.actor,
                reducer: event.reducer,
                schema_version: event.schemaversion,
            },
        })
    }
}
