//! A page of a stream's events, read from the bytes of DynamoDB's answer in one pass.
//!
//! It reads what DynamoDB writes for events of ours and of the Ruby system, and refuses a whole page for anything else
//! in it: another stream's event, an attribute twice, a type that events do not have, a number that is not written
//! plainly. The SDK reads such a page, and [`event_of_item`](crate::item::event_of_item) judges it; so a page that is
//! wrong is reported in one place, and here nothing has to be forgiving.

use std::borrow::Cow;
use std::fmt::Debug;
use std::str::FromStr;

use serde_json::Value;
use tillroll_core::aggregate::Event;
use tillroll_core::hash::Fingerprint;
use tillroll_core::id::{CommandId, EventId, StreamId};
use tillroll_core::recorded::{Circumstances, CommandMark, FIRST_SCHEMA, Recorded, Stored};
use uuid::Uuid;

use super::attribute::Attribute;
use super::cursor::{Cursor, Refused};
use crate::item::{self, DATA, EVENT_ID, NAME, STREAM, VERSION};
use crate::ports::{Fault, decoded};
use crate::record::EventRecord;

/// One page.
#[derive(Debug)]
pub(super) struct Page<R> {
    /// Its events, in order.
    pub(super) events: Vec<R>,
    /// The version after which the next page starts, if there is one.
    pub(super) last_evaluated: Option<u64>,
}

/// What a load makes of an item.
pub(super) trait FromItem: Debug + Send + Sized + 'static {
    /// What becomes of the event's data.
    type Content;

    /// Reads the data of an event with this name.
    fn content(name: &str, data: Attribute<'_, '_>) -> Result<Self::Content, Refused>;

    /// The whole from its parts.
    fn of(place: Place, name: Cow<'_, str>, content: Self::Content, circumstances: Circumstances) -> Self;

    /// The same from a record, which the SDK's items become.
    fn of_record(record: EventRecord) -> Result<Self, Fault>;
}

/// Where an event stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    stream: StreamId,
    version: u64,
}

impl FromItem for EventRecord {
    type Content = Value;

    fn content(_: &str, data: Attribute<'_, '_>) -> Result<Value, Refused> {
        data.json()
    }

    fn of(place: Place, name: Cow<'_, str>, data: Value, circumstances: Circumstances) -> Self {
        let Place { stream, version } = place;
        Self { stream, version, name: name.into_owned(), data, circumstances }
    }

    fn of_record(record: EventRecord) -> Result<Self, Fault> {
        Ok(record)
    }
}

impl<E: Event + Send + 'static> FromItem for Recorded<E> {
    type Content = Stored<E>;

    fn content(name: &str, mut data: Attribute<'_, '_>) -> Result<Stored<E>, Refused> {
        match E::deserialize_data(name, data.reborrow())? {
            Some(event) => Ok(Stored::Known(event)),
            // Nothing was read of data that nobody knows.
            None => data.skip().map(|()| Stored::Unknown { name: name.to_owned() }),
        }
    }

    fn of(place: Place, _: Cow<'_, str>, event: Stored<E>, circumstances: Circumstances) -> Self {
        let Place { stream, version } = place;
        Self { stream, version, event, circumstances }
    }

    fn of_record(record: EventRecord) -> Result<Self, Fault> {
        decoded(record)
    }
}

/// The events in the bytes of DynamoDB's answer to a query for events of `stream`; `None` where the SDK has to read it.
/// For measuring and for tests: loads go through [`EventTable`](crate::ports::EventTable).
#[must_use]
pub fn events_of_answer<E: Event + Send + 'static>(answer: &[u8], stream: StreamId) -> Option<Vec<Recorded<E>>> {
    read_page(answer, stream).ok().map(|page| page.events)
}

/// Reads the answer to a query for events of `stream`.
pub(super) fn read_page<R: FromItem>(answer: &[u8], stream: StreamId) -> Result<Page<R>, Refused> {
    let stream = Stream { id: stream, text: stream.to_string() };
    let (mut events, mut last_evaluated) = (None, None);
    let mut cursor = Cursor::new(answer)?;
    cursor.members(|cursor, member| match member {
        "Items" => once(&mut events, stream.events(cursor, answer.len())?),
        "LastEvaluatedKey" => once(&mut last_evaluated, stream.key(cursor)?),
        "Count" | "ScannedCount" => i32::try_from(cursor.whole_number()?).map(drop).map_err(|_| Refused),
        _ => Err(Refused),
    })?;
    cursor.expect_end()?;
    Ok(Page { events: events.ok_or(Refused)?, last_evaluated })
}

/// The stream that was asked for.
struct Stream {
    id: StreamId,
    text: String,
}

impl Stream {
    fn events<R: FromItem>(&self, cursor: &mut Cursor<'_>, answer_bytes: usize) -> Result<Vec<R>, Refused> {
        cursor.expect(b'[')?;
        let (mut events, mut first, mut name_before) = (Vec::new(), true, None);
        while cursor.next_element(&mut first)? {
            let begins = cursor.offset();
            let event = self.event(cursor, &mut name_before)?;
            if events.is_empty() {
                // Events of one stream are about equally long; an item that was accepted has a hundred bytes at least.
                events.reserve(answer_bytes / (cursor.offset() - begins).max(1) + 1);
            }
            events.push(event);
        }
        Ok(events)
    }

    /// The next event. `name_before` is the name of the event before, and then of this one.
    fn event<'a, R: FromItem>(
        &self,
        cursor: &mut Cursor<'a>,
        name_before: &mut Option<Cow<'a, str>>,
    ) -> Result<R, Refused> {
        let mut parts = Parts::after(name_before.take());
        cursor.members(|cursor, name| parts.read::<R>(self, cursor, name))?;
        name_before.clone_from(&parts.name);
        parts.whole(self)
    }

    /// The key of an event; answers its version.
    fn key(&self, cursor: &mut Cursor<'_>) -> Result<u64, Refused> {
        let (mut stream, mut version) = (None, None);
        cursor.members(|cursor, name| match name {
            STREAM => once(&mut stream, self.check(Attribute::next(cursor))?),
            VERSION => once(&mut version, Attribute::next(cursor).number()?),
            _ => Err(Refused),
        })?;
        stream.and(version).ok_or(Refused)
    }

    fn check(&self, stream: Attribute<'_, '_>) -> Result<(), Refused> {
        if stream.text()? == self.text { Ok(()) } else { Err(Refused) }
    }
}

/// What was read of an item so far, whose attributes come in any order.
struct Parts<'a, C> {
    stream: Option<()>,
    version: Option<u64>,
    name: Option<Cow<'a, str>>,
    data: Option<Data<'a, C>>,
    /// The name of the event before: what this one is most likely called.
    guess: Option<Cow<'a, str>>,
    event_id: Option<EventId>,
    command_id: Option<CommandId>,
    command_hash: Option<Fingerprint>,
    schema_version: Option<u32>,
    /// The rest; its id, command and schema version are filled in at the end.
    noted: Circumstances,
}

/// The event's data.
enum Data<'a, C> {
    /// It came behind the event's name.
    Read(C),
    /// It came before the name: where it is, where it should end, and what it is if the guess was right.
    Early { at: Cursor<'a>, end: usize, guessed: Option<C> },
}

impl<'a, C> Parts<'a, C> {
    fn after(guess: Option<Cow<'a, str>>) -> Self {
        let noted = Circumstances::bare(EventId::new(Uuid::nil()));
        Self {
            stream: None,
            version: None,
            name: None,
            data: None,
            guess,
            event_id: None,
            command_id: None,
            command_hash: None,
            schema_version: None,
            noted,
        }
    }

    fn read<R: FromItem<Content = C>>(
        &mut self,
        stream: &Stream,
        cursor: &mut Cursor<'a>,
        name: &str,
    ) -> Result<(), Refused> {
        if name == DATA {
            let data = self.data::<R>(cursor)?;
            return once(&mut self.data, data);
        }
        let attribute = Attribute::next(cursor);
        match name {
            STREAM => once(&mut self.stream, stream.check(attribute)?),
            VERSION => once(&mut self.version, attribute.number()?),
            NAME => once(&mut self.name, attribute.text()?),
            EVENT_ID => once(&mut self.event_id, parsed(attribute)?),
            item::COMMAND_ID => once(&mut self.command_id, parsed(attribute)?),
            item::COMMAND_HASH => once(&mut self.command_hash, parsed(attribute)?),
            item::SCHEMA_VERSION => {
                once(&mut self.schema_version, u32::try_from(attribute.number()?).map_err(|_| Refused)?)
            }
            item::HAPPENED_AT => once(&mut self.noted.happened_at, parsed(attribute)?),
            item::RECORDED_AT => once(&mut self.noted.recorded_at, parsed(attribute)?),
            item::SOURCE => once(&mut self.noted.source, attribute.text()?.into_owned()),
            item::CORRELATION_ID => once(&mut self.noted.correlation_id, attribute.text()?.into_owned()),
            item::CAUSATION_ID => once(&mut self.noted.causation_id, attribute.text()?.into_owned()),
            item::TRACEPARENT => once(&mut self.noted.traceparent, attribute.text()?.into_owned()),
            item::ACTOR => once(&mut self.noted.actor, attribute.text()?.into_owned()),
            item::REDUCER => once(&mut self.noted.reducer, attribute.text()?.into_owned()),
            _ => attribute.skip(),
        }
    }

    /// Reads the event's data; before its name is known, by the name it most likely has.
    fn data<R: FromItem<Content = C>>(&self, cursor: &mut Cursor<'a>) -> Result<Data<'a, C>, Refused> {
        let here = *cursor;
        let data = Attribute::next(cursor);
        if !data.is_map() {
            return Err(Refused);
        }
        if let Some(name) = &self.name {
            return R::content(name, data).map(Data::Read);
        }
        let guessed = self.guess.as_ref().and_then(|guess| R::content(guess, data).ok());
        if guessed.is_none() {
            *cursor = here;
            cursor.step_over_object()?;
        }
        Ok(Data::Early { at: here, end: cursor.offset(), guessed })
    }

    fn whole<R: FromItem<Content = C>>(self, stream: &Stream) -> Result<R, Refused> {
        self.stream.ok_or(Refused)?;
        let version = self.version.filter(|version| *version > 0).ok_or(Refused)?;
        let name = self.name.ok_or(Refused)?;
        let content = match self.data.ok_or(Refused)? {
            Data::Read(content) => content,
            Data::Early { guessed: Some(content), .. } if self.guess.as_ref() == Some(&name) => content,
            Data::Early { mut at, end, .. } => {
                let content = R::content(&name, Attribute::next(&mut at))?;
                if at.offset() != end {
                    return Err(Refused);
                }
                content
            }
        };
        let circumstances = Circumstances {
            event_id: self.event_id.ok_or(Refused)?,
            command: self.command_id.zip(self.command_hash).map(|(id, hash)| CommandMark { id, hash }),
            schema_version: self.schema_version.unwrap_or(FIRST_SCHEMA),
            ..self.noted
        };
        Ok(R::of(Place { stream: stream.id, version }, name, content, circumstances))
    }
}

fn parsed<T: FromStr>(attribute: Attribute<'_, '_>) -> Result<T, Refused> {
    attribute.text()?.parse().map_err(|_| Refused)
}

/// Takes a value that may come only once.
fn once<T>(slot: &mut Option<T>, value: T) -> Result<(), Refused> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(Refused),
    }
}
