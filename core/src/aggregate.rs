//! What every aggregate has in common.
//!
//! A domain supplies an [`Aggregate`]: its events, how a command is decided, how an event changes the state. Around it,
//! [`Versioned`] keeps what is the same for all: the version, the changes that wait to be stored, and the commands
//! already seen, so that a resent command is answered instead of repeated.
//!
//! Purposefully synchronous: a decision cannot call out in the middle. There are no technical errors here either;
//! a refusal is a value of the domain.

use alloc::vec::Vec;
use core::fmt::Debug;

use crate::hash::Fingerprint;
use crate::id::{CommandId, EventId, StreamId};
use crate::recorded::{CommandMark, Recorded, Stored};

/// A state that is only ever changed by folding events into it.
pub trait Aggregate: Clone + Debug + Default {
    /// What can have happened. Past tense, never edited.
    type Event: Event;
    /// What can be asked for.
    type Command: Debug;
    /// Why it was not done.
    type Refusal: Clone + Debug + PartialEq;
    /// What a decision may look at besides the state: prices, who asks. `Copy`, as it is only a view.
    type Terms<'a>: Copy;

    /// The events that `command` causes; none means "already so". Pure.
    fn decide(
        &self,
        head: Head,
        command: &Self::Command,
        terms: Self::Terms<'_>,
    ) -> Result<Vec<Self::Event>, Self::Refusal>;

    /// Folds one event in. Total: a stored event always folds, and one that makes no sense here changes nothing.
    fn evolve(&mut self, event: &Self::Event);

    /// The refusal of a command whose id was used before for other content.
    fn command_reused() -> Self::Refusal;

    /// Whether the aggregate has come to its end: its history stays readable, a plain fetch answers "none".
    fn ended(&self) -> bool {
        false
    }
}

/// An event type with stored names and stored data.
pub trait Event: Clone + Debug + PartialEq {
    /// The stored name. A promise: never renamed, never reused.
    fn name(&self) -> &'static str;

    /// Writes the stored data: a map with `snake_case` keys.
    fn serialize_data<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;

    /// Reads the stored data of the event called `name`; `None` when no event has that name. Checks types and
    /// representable ranges, nothing else: today's limits do not judge yesterday's facts.
    fn deserialize_data<'de, D: serde::Deserializer<'de>>(
        name: &str,
        deserializer: D,
    ) -> Result<Option<Self>, D::Error>;
}

/// Where a stream stands when a decision is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The stream.
    pub stream: StreamId,
    /// Version of its newest event, 0 before the first.
    pub version: u64,
}

/// An aggregate with its place in its stream. Two ways to get one: [`Versioned::new`], and folding a stream's
/// recorded events in order; so a repository that takes only these never stores at a version somebody made up.
#[derive(Clone, Debug)]
pub struct Versioned<A: Aggregate> {
    head: Head,
    state: A,
    unknown_events: u64,
    seen: Vec<SeenCommand>,
    changes: Vec<Change<A::Event>>,
}

/// An event that was decided and waits to be stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Change<E> {
    /// Its id, a function of stream, command and index.
    pub event_id: EventId,
    /// Its place in the stream.
    pub version: u64,
    /// The command that caused it.
    pub command: CommandMark,
    /// What happened.
    pub event: E,
}

/// What a stream remembers of a command: where its events lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeenCommand {
    /// Its id and content.
    pub mark: CommandMark,
    /// Version of its first event.
    pub first_version: u64,
    /// Version of its last event.
    pub last_version: u64,
}

/// The recorded event does not follow the newest one: a hole, a repetition, or another stream's event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "stream {stream}: version {found} cannot follow version {newest}; the stream has a hole or was read out of order"
)]
pub struct OutOfOrder {
    /// The stream that was being folded.
    pub stream: StreamId,
    /// Version of its newest folded event.
    pub newest: u64,
    /// Version that came.
    pub found: u64,
}

impl<A: Aggregate> Versioned<A> {
    /// A stream without events.
    #[must_use]
    pub fn new(stream: StreamId) -> Self {
        Self {
            head: Head { stream, version: 0 },
            state: A::default(),
            unknown_events: 0,
            seen: Vec::new(),
            changes: Vec::new(),
        }
    }

    /// Folds the next recorded event in; fails, changing nothing, when it is not the next one.
    pub fn replay(&mut self, recorded: &Recorded<A::Event>) -> Result<(), OutOfOrder> {
        let next = self.head.version.saturating_add(1);
        if recorded.stream != self.head.stream || recorded.version != next {
            let Head { stream, version: newest } = self.head;
            return Err(OutOfOrder { stream, newest, found: recorded.version });
        }
        match &recorded.event {
            Stored::Known(event) => self.state.evolve(event),
            Stored::Unknown { .. } => self.unknown_events = self.unknown_events.saturating_add(1),
        }
        self.head.version = next;
        if let Some(mark) = recorded.circumstances.command {
            self.remember(mark, next);
        }
        Ok(())
    }

    /// Folds the events that `command` caused and queues them as changes.
    pub fn apply(&mut self, command: CommandMark, events: Vec<A::Event>) {
        for (index, event) in (0..).zip(events) {
            self.state.evolve(&event);
            self.head.version = self.head.version.saturating_add(1);
            let event_id = EventId::of(self.head.stream, command.id, index);
            self.changes.push(Change { event_id, version: self.head.version, command, event });
            self.remember(command, self.head.version);
        }
    }

    /// The changes that wait to be stored, oldest first.
    #[must_use]
    pub fn changes(&self) -> &[Change<A::Event>] {
        &self.changes
    }

    /// Takes the changes as stored.
    pub fn clear(&mut self) {
        self.changes.clear();
    }

    /// Where the stream stands, queued changes included.
    #[must_use]
    pub fn head(&self) -> Head {
        self.head
    }

    /// Version of the newest stored event: the head without the queued changes.
    #[must_use]
    pub fn stored_version(&self) -> u64 {
        self.changes.first().map_or(self.head.version, |first| first.version.saturating_sub(1))
    }

    /// The state, queued changes included.
    #[must_use]
    pub fn state(&self) -> &A {
        &self.state
    }

    /// How many events were folded whose names this build does not know. A decision must not run on such a state.
    #[must_use]
    pub fn unknown_events(&self) -> u64 {
        self.unknown_events
    }

    /// What the stream remembers of the command, if it caused events here.
    #[must_use]
    pub fn seen(&self, command: CommandId) -> Option<SeenCommand> {
        // The newest first: a resent command is nearly always a recent one.
        self.seen.iter().rev().find(|seen| seen.mark.id == command).copied()
    }

    fn remember(&mut self, mark: CommandMark, version: u64) {
        match self.seen.last_mut() {
            Some(last) if last.mark.id == mark.id => last.last_version = version,
            _ => self.seen.push(SeenCommand { mark, first_version: version, last_version: version }),
        }
    }
}

impl CommandMark {
    /// The mark of a command whose content has this fingerprint.
    #[must_use]
    pub const fn new(id: CommandId, hash: Fingerprint) -> Self {
        Self { id, hash }
    }
}
