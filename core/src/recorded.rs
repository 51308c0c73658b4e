//! Recorded events: a fact with its place in a stream and the circumstances in which it was written.

use alloc::string::String;

use serde::{Deserialize, Serialize};

use crate::hash::Fingerprint;
use crate::id::{CommandId, EventId, StreamId};
use crate::time::Timestamp;

/// Version of an event's data layout where none is noted.
pub const FIRST_SCHEMA: u32 = 1;

/// One event of a stream as it was recorded. Immutable for ever once stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded<E> {
    /// The stream, for a cart the cart's id.
    pub stream: StreamId,
    /// Place in the stream, from 1, without holes.
    pub version: u64,
    /// What happened.
    pub event: Stored<E>,
    /// Everything else that was noted.
    pub circumstances: Circumstances,
}

/// The content of a stored event. A name this build does not know is kept, counted and shown, never dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored<E> {
    /// An event of the aggregate.
    Known(E),
    /// An event written by a newer build.
    Unknown {
        /// Its stored name.
        name: String,
    },
}

/// Who, when, why: noted beside an event, never read by `decide` or `evolve`, outside every state hash.
/// Items written by the Ruby system carry only the event id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Circumstances {
    /// `EventUuid`.
    pub event_id: EventId,
    /// Where the event comes from: a URI reference. Imports say `tillroll:import:NAME`.
    pub source: Option<String>,
    /// When it happened (for imports: as the file says).
    pub happened_at: Option<Timestamp>,
    /// The host's clock when it was written.
    pub recorded_at: Option<Timestamp>,
    /// The command that caused it.
    pub command: Option<CommandMark>,
    /// Constant over a story.
    pub correlation_id: Option<String>,
    /// The command or event that led to it.
    pub causation_id: Option<String>,
    /// W3C trace context.
    pub traceparent: Option<String>,
    /// Who acted, as an opaque reference.
    pub actor: Option<String>,
    /// The first 16 hexadecimal digits of the reducer's hash.
    pub reducer: Option<String>,
    /// Version of the event's data layout; [`FIRST_SCHEMA`] when absent.
    pub schema_version: u32,
}

impl Circumstances {
    /// Nothing was noted but the id.
    #[must_use]
    pub const fn bare(event_id: EventId) -> Self {
        Self {
            event_id,
            source: None,
            happened_at: None,
            recorded_at: None,
            command: None,
            correlation_id: None,
            causation_id: None,
            traceparent: None,
            actor: None,
            reducer: None,
            schema_version: FIRST_SCHEMA,
        }
    }
}

/// A command as events remember it: its id, and a fingerprint of its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandMark {
    /// The caller's id.
    pub id: CommandId,
    /// Fingerprint of the content, so that the same id with other content is noticed.
    pub hash: Fingerprint,
}
