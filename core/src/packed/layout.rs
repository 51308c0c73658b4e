//! The types that postcard writes, as the table in the module above has them. Changing one changes the ABI.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Content, PackedErrorKind};
use crate::hash::Fingerprint;
use crate::id::{CommandId, EventId};
use crate::recorded::{Circumstances, CommandMark};
use crate::time::Timestamp;

#[derive(Serialize, Deserialize)]
pub(super) struct HeaderLayout<'a> {
    pub(super) stream: Uuid,
    pub(super) after: u64,
    pub(super) beside: &'a [u8],
}

/// Comes first in a frame, so that a fold reads no further.
#[derive(Serialize, Deserialize)]
pub(crate) enum ContentLayout<'a, L> {
    Known(L),
    Unknown(&'a str, &'a [u8]),
}

/// Comes after the content.
#[derive(Serialize, Deserialize)]
pub(super) struct RecordingLayout<'a> {
    #[serde(borrow)]
    pub(super) stored: Option<&'a [u8]>,
    event_id: Uuid,
    #[serde(borrow)]
    source: Option<&'a str>,
    happened_at_ms: Option<i64>,
    recorded_at_ms: Option<i64>,
    command: Option<(Uuid, u64)>,
    #[serde(borrow)]
    correlation_id: Option<&'a str>,
    #[serde(borrow)]
    causation_id: Option<&'a str>,
    #[serde(borrow)]
    traceparent: Option<&'a str>,
    #[serde(borrow)]
    actor: Option<&'a str>,
    #[serde(borrow)]
    reducer: Option<&'a str>,
    schema_version: u32,
}

/// Of an event's circumstances what has a fixed size: who it is, which command caused it, when it was written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Marks {
    pub(crate) event_id: EventId,
    pub(crate) recorded_at: Option<Timestamp>,
    pub(crate) command: Option<CommandMark>,
}

impl Marks {
    /// The marks of an event with these circumstances.
    pub(crate) fn of(circumstances: &Circumstances) -> Self {
        let &Circumstances { event_id, recorded_at, command, .. } = circumstances;
        Self { event_id, recorded_at, command }
    }
}

impl<'a, L> ContentLayout<'a, L> {
    pub(crate) fn of<E>(content: &Content<'a, E>, layout: impl FnOnce(&E) -> L) -> Self {
        match content {
            Content::Known(event) => Self::Known(layout(event)),
            Content::Unknown { name, data } => Self::Unknown(name, data),
        }
    }
}

impl<'a> RecordingLayout<'a> {
    pub(super) fn of(stored: Option<&'a [u8]>, noted: &'a Circumstances) -> Self {
        Self {
            stored,
            event_id: noted.event_id.uuid(),
            source: noted.source.as_deref(),
            happened_at_ms: noted.happened_at.map(Timestamp::unix_ms),
            recorded_at_ms: noted.recorded_at.map(Timestamp::unix_ms),
            command: noted.command.map(|mark| (mark.id.uuid(), mark.hash.get())),
            correlation_id: noted.correlation_id.as_deref(),
            causation_id: noted.causation_id.as_deref(),
            traceparent: noted.traceparent.as_deref(),
            actor: noted.actor.as_deref(),
            reducer: noted.reducer.as_deref(),
            schema_version: noted.schema_version,
        }
    }

    /// When it happened, when it was written.
    pub(super) fn times(&self) -> Result<(Option<Timestamp>, Option<Timestamp>), PackedErrorKind> {
        Ok((self.happened_at_ms.map(moment).transpose()?, self.recorded_at_ms.map(moment).transpose()?))
    }

    pub(super) fn marks(&self) -> Result<Marks, PackedErrorKind> {
        let (_, recorded_at) = self.times()?;
        Ok(Marks {
            event_id: EventId::new(self.event_id),
            recorded_at,
            command: self.command.map(|(id, hash)| CommandMark::new(CommandId::new(id), Fingerprint::new(hash))),
        })
    }

    pub(super) fn circumstances(&self) -> Result<Circumstances, PackedErrorKind> {
        let Marks { event_id, recorded_at, command } = self.marks()?;
        Ok(Circumstances {
            event_id,
            source: self.source.map(Into::into),
            happened_at: self.happened_at_ms.map(moment).transpose()?,
            recorded_at,
            command,
            correlation_id: self.correlation_id.map(Into::into),
            causation_id: self.causation_id.map(Into::into),
            traceparent: self.traceparent.map(Into::into),
            actor: self.actor.map(Into::into),
            reducer: self.reducer.map(Into::into),
            schema_version: self.schema_version,
        })
    }
}

fn moment(unix_ms: i64) -> Result<Timestamp, PackedErrorKind> {
    let moment = Timestamp::from_unix_ms(unix_ms);
    if moment.unix_ms() == unix_ms { Ok(moment) } else { Err(PackedErrorKind::OutOfRange) }
}
