//! What is recorded beside an event, as the table in the module above has it. Changing it changes the ABI.

use uuid::Uuid;

use super::PackedErrorKind;
use super::bytes::{Read, Reader, Sink};
use crate::hash::Fingerprint;
use crate::id::{CommandId, EventId};
use crate::recorded::{Circumstances, CommandMark};
use crate::time::Timestamp;

/// Comes after the content.
pub(super) struct Recording<'a> {
    pub(super) stored: Option<&'a [u8]>,
    event_id: Uuid,
    source: Option<&'a str>,
    happened_at: Option<Timestamp>,
    recorded_at: Option<Timestamp>,
    command: Option<CommandMark>,
    correlation_id: Option<&'a str>,
    causation_id: Option<&'a str>,
    traceparent: Option<&'a str>,
    actor: Option<&'a str>,
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

    pub(super) fn circumstances(self) -> Circumstances {
        let Self { event_id, recorded_at, command } = self;
        Circumstances { recorded_at, command, ..Circumstances::bare(event_id) }
    }
}

impl<'a> Recording<'a> {
    pub(super) fn read(from: &mut Reader<'a>) -> Read<Self> {
        Ok(Self {
            stored: from.option(Reader::bytes)?,
            event_id: from.uuid()?,
            source: from.option(Reader::text)?,
            happened_at: from.option(moment)?,
            recorded_at: from.option(moment)?,
            command: from
                .option(|from| Ok(CommandMark::new(CommandId::new(from.uuid()?), Fingerprint::new(from.number()?))))?,
            correlation_id: from.option(Reader::text)?,
            causation_id: from.option(Reader::text)?,
            traceparent: from.option(Reader::text)?,
            actor: from.option(Reader::text)?,
            reducer: from.option(Reader::text)?,
            schema_version: from.small()?,
        })
    }

    pub(super) fn write(stored: Option<&[u8]>, noted: &Circumstances, to: &mut Sink) {
        let moment = |moment: Option<Timestamp>| moment.map(Timestamp::unix_ms);
        to.option(stored, Sink::bytes).uuid(noted.event_id.uuid()).option(noted.source.as_deref(), Sink::text);
        to.option(moment(noted.happened_at), Sink::signed).option(moment(noted.recorded_at), Sink::signed);
        to.option(noted.command, |to, mark| to.uuid(mark.id.uuid()).number(mark.hash.get()));
        for text in [&noted.correlation_id, &noted.causation_id, &noted.traceparent, &noted.actor, &noted.reducer] {
            to.option(text.as_deref(), Sink::text);
        }
        to.number(noted.schema_version.into());
    }

    /// When it happened, when it was written, by which rules.
    pub(super) const fn noted(&self) -> (Option<Timestamp>, Option<Timestamp>, Option<&'a str>) {
        (self.happened_at, self.recorded_at, self.reducer)
    }

    pub(super) const fn marks(&self) -> Marks {
        Marks { event_id: EventId::new(self.event_id), recorded_at: self.recorded_at, command: self.command }
    }

    pub(super) fn circumstances(&self) -> Circumstances {
        Circumstances {
            event_id: EventId::new(self.event_id),
            source: self.source.map(Into::into),
            happened_at: self.happened_at,
            recorded_at: self.recorded_at,
            command: self.command,
            correlation_id: self.correlation_id.map(Into::into),
            causation_id: self.causation_id.map(Into::into),
            traceparent: self.traceparent.map(Into::into),
            actor: self.actor.map(Into::into),
            reducer: self.reducer.map(Into::into),
            schema_version: self.schema_version,
        }
    }
}

fn moment(from: &mut Reader<'_>) -> Read<Timestamp> {
    let unix_ms = from.signed()?;
    let moment = Timestamp::from_unix_ms(unix_ms);
    if moment.unix_ms() == unix_ms { Ok(moment) } else { Err(PackedErrorKind::OutOfRange) }
}
