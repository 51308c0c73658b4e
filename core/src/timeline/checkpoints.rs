//! Seeking: the events of one stream as packed bytes, and the state at every so many of them.
//!
//! ```text
//! log          ▏e1 e2 … e64▕ e65 … e128▕ e129 …      packed contents, one after the other
//! checkpoints              ▲            ▲             state after 64, after 128, …
//!
//! at(100) = copy the checkpoint at 64, fold 65..=100
//! ```
//!
//! A seek costs one copy of a state and at most [`CHECKPOINT_EVERY`] events and one more for each part of that state,
//! wherever it goes: copies of large states lie further apart, so that they take a bounded share of time and memory. Memory is
//! the log and [`CHECKPOINTS_MAX`] states at most: a longer stream gets its checkpoints further apart, twice as far each time.

use alloc::vec::Vec;
use core::iter;

use super::Moment;
use super::log::{Log, Place};
use crate::aggregate::Head;
use crate::id::StreamId;
use crate::packed::bytes::Sink;
use crate::packed::{Content, Frame, History, Packed, PackedError, PackedErrorKind, read_content, write_content};

/// Events between two checkpoints of a state that has no parts. Half of it is folded for an average seek, which takes about as long as copying the
/// state of an ordinary cart; a smaller number would only cost memory.
pub const CHECKPOINT_EVERY: u64 = 64;
/// Most checkpoints of one timeline: a million events' worth at the smallest distance.
pub const CHECKPOINTS_MAX: usize = 16_384;

/// All of one stream, from its first event on.
#[derive(Clone, Debug)]
pub struct Timeline<A> {
    newest: Moment<A>,
    /// Contents as in a packed history, checked when they were put in.
    log: Log,
    checkpoints: Vec<Checkpoint<A>>,
    every: u64,
    /// Events until the next checkpoint.
    left: u64,
}

#[derive(Clone, Debug)]
struct Checkpoint<A> {
    moment: Moment<A>,
    /// Where the log goes on.
    log_at: Place,
}

/// A moment that can go on, event by event.
#[derive(Clone, Debug)]
pub struct Playback<'a, A> {
    timeline: &'a Timeline<A>,
    moment: Moment<A>,
    log_at: Place,
}

impl<A: Packed> Timeline<A> {
    /// A stream without events.
    #[must_use]
    pub fn new(stream: StreamId) -> Self {
        Self {
            newest: Moment::before(stream),
            log: Log::default(),
            checkpoints: Vec::new(),
            every: CHECKPOINT_EVERY,
            left: CHECKPOINT_EVERY,
        }
    }

    /// The stream of a packed history that begins at its beginning.
    pub fn of(history: &History<'_>) -> Result<Self, PackedError> {
        let mut timeline = Self::new(history.header().stream);
        timeline.append(history)?;
        Ok(timeline)
    }

    /// Goes on with a packed history that begins where this one ends. After an error the timeline ends at the last
    /// event before it.
    pub fn append(&mut self, history: &History<'_>) -> Result<(), PackedError> {
        let header = history.header();
        if header.stream != self.newest.head.stream || header.after != self.newest.head.version {
            return Err(PackedError { at: 0, kind: PackedErrorKind::DoesNotFollow });
        }
        history.frames().try_for_each(|frame| self.append_frame(&frame?))
    }

    /// Goes on by one event of a packed history.
    #[inline]
    pub fn append_frame(&mut self, frame: &Frame<'_>) -> Result<(), PackedError> {
        let Head { stream, version } = self.newest.head;
        if frame.stream != stream || frame.version != version.saturating_add(1) {
            return Err(PackedError { at: 0, kind: PackedErrorKind::DoesNotFollow });
        }
        let (content, length) = frame.content_with_length::<A>()?;
        self.newest.step(&content);
        self.log.push(frame.body, length);
        self.checkpoint();
        Ok(())
    }

    /// Goes on by one event.
    pub fn push(&mut self, content: &Content<'_, &A::Event>) -> Result<(), PackedError> {
        let mut bytes = Sink::default();
        write_content::<A>(self.newest.head.stream, content, &mut bytes);
        self.push_packed(&bytes.0)
    }

    /// Goes on by the one event that lies in bytes.
    pub(crate) fn push_packed(&mut self, bytes: &[u8]) -> Result<(), PackedError> {
        let fail = |kind| PackedError { at: 0, kind };
        let (content, _) = read_content::<A>(self.newest.head.stream, bytes).map_err(fail)?;
        self.newest.step(&content);
        self.log.push(bytes, bytes.len());
        self.checkpoint();
        Ok(())
    }

    /// How it is now.
    #[must_use]
    pub fn newest(&self) -> &Moment<A> {
        &self.newest
    }

    /// How it was at a version, 0 being before the first event; `None` when the stream never came that far.
    #[must_use]
    pub fn at(&self, version: u64) -> Option<Moment<A>> {
        self.play(version).map(|playback| playback.moment)
    }

    /// How it was at a version, and how it went on.
    #[must_use]
    pub fn play(&self, version: u64) -> Option<Playback<'_, A>> {
        if version > self.newest.head.version {
            return None;
        }
        let (moment, log_at) = match self.checkpoint_before(version) {
            Some(checkpoint) => (checkpoint.moment.clone(), checkpoint.log_at),
            None => (Moment::before(self.newest.head.stream), Place::default()),
        };
        let mut playback = Playback { timeline: self, moment, log_at };
        while playback.moment.head.version < version && playback.advance() {}
        Some(playback)
    }

    /// What happened after a version, with the versions. Nothing is folded.
    pub fn contents(&self, after: u64) -> impl Iterator<Item = (u64, Content<'_, A::Borrowed<'_>>)> {
        self.records(after).map(|(version, content, _)| (version, content))
    }

    /// The events after a version, oldest first, each with the bytes that it lies in.
    pub(crate) fn records(&self, after: u64) -> impl Iterator<Item = (u64, Content<'_, A::Borrowed<'_>>, &[u8])> {
        let checkpoint = self.checkpoint_before(after);
        let first = checkpoint.map_or(0, |checkpoint| checkpoint.moment.head.version);
        let mut place = checkpoint.map_or_else(Place::default, |checkpoint| checkpoint.log_at);
        let mut version = first;
        let mut record = move || {
            let records = self.log.from(&mut place);
            let (content, rest) = read_content::<A>(self.newest.head.stream, records).ok()?;
            let length = records.len().saturating_sub(rest.len());
            place.pass(length);
            version = version.saturating_add(1);
            Some((version, content, records.get(..length).unwrap_or_default()))
        };
        for _ in first..after {
            if record().is_none() {
                break;
            }
        }
        iter::from_fn(record)
    }

    /// The newest checkpoint that is not behind a version.
    fn checkpoint_before(&self, version: u64) -> Option<&Checkpoint<A>> {
        let after = self.checkpoints.partition_point(|checkpoint| checkpoint.moment.head.version <= version);
        self.checkpoints.get(after.checked_sub(1)?)
    }

    #[inline]
    fn checkpoint(&mut self) {
        self.left = self.left.saturating_sub(1);
        if self.left == 0 {
            self.keep();
        }
    }

    #[inline(never)]
    fn keep(&mut self) {
        self.checkpoints.push(Checkpoint { moment: self.newest.clone(), log_at: self.log.end() });
        if self.checkpoints.len() >= CHECKPOINTS_MAX {
            self.every = self.every.saturating_mul(2);
            let mut odd = false;
            self.checkpoints.retain(|_| {
                odd = !odd;
                !odd
            });
        }
        self.left = self.every.saturating_add(self.newest.state.parts());
    }
}

impl<A: Packed> Playback<'_, A> {
    /// Where it stands.
    #[must_use]
    pub fn moment(&self) -> &Moment<A> {
        &self.moment
    }

    /// Goes on by one event; false at the end.
    pub fn advance(&mut self) -> bool {
        let records = self.timeline.log.from(&mut self.log_at);
        if records.is_empty() {
            return false;
        }
        // What is in the log was read once before it was put there.
        let Ok((content, rest)) = read_content::<A>(self.moment.head.stream, records) else { return false };
        self.moment.step(&content);
        self.log_at.pass(records.len().saturating_sub(rest.len()));
        true
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;
    use crate::cart::Cart;

    #[test]
    fn a_very_long_stream_gets_its_checkpoints_further_apart_and_seeks_stay_right() {
        let mut timeline = Timeline::<Cart> { every: 1, left: 1, ..Timeline::new(StreamId::new(uuid::Uuid::nil())) };
        let unknown = Content::Unknown { name: "ItemWeighed", data: b"{}" };
        let events = CHECKPOINTS_MAX as u64 * 2 + 5;
        for _ in 0..events {
            timeline.push(&unknown).unwrap();
        }
        assert!(timeline.checkpoints.len() < CHECKPOINTS_MAX && timeline.every == 4, "{}", timeline.every);
        for version in [0, 1, 3, 4, 5, 16_383, 16_384, 16_385, events - 1, events] {
            let moment = timeline.at(version).unwrap();
            assert_eq!((moment.head.version, moment.unknown_events), (version, version));
        }
    }
}
