//! What the server's events mean for the session, and whether both agree on what they make of them.

use serde::Serialize;

use super::Session;
use super::caused::packed;
use super::queue::{Entry, How, Stage};
use super::rebase::Why;
use crate::cart::{Cart, CartEvent};
use crate::gate::{Gate, Passage};
use crate::hash::Fingerprint;
use crate::id::StreamId;
use crate::packed::{Content, History, Marked, Marks, PackedError, PackedErrorKind};
use crate::recorded::{Recorded, Stored};
use crate::timeline::Timeline;

/// What became of events that arrived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Arrival {
    /// How many of them were new, and followed.
    pub applied: u64,
    /// The version after which events are to be fetched, when some are missing.
    pub missing_after: Option<u64>,
}

/// Why something that arrived was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SessionError {
    /// Events of another cart.
    #[error("events of cart {found} arrived in the session of cart {cart}: nothing was taken, connect it to its own")]
    ForeignCart {
        /// The session's cart.
        cart: StreamId,
        /// The cart whose events came.
        found: StreamId,
    },
    /// The bytes are no packed history of this build's.
    #[error("the events that arrived cannot be read, fetch them again: {0}")]
    Packed(#[from] PackedError),
    /// The reply contradicts itself.
    #[error("the reply contradicts itself, so nothing of it was taken: {0}; send the same commands again")]
    WrongReply(&'static str),
}

/// The server and the session fold the same events into different carts. Fetch all events anew and hand them to
/// [`Session::rebuild`]; if that does not help, one of both has a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Divergence {
    /// The version.
    pub version: u64,
    /// The session's hash of the state.
    pub ours: Fingerprint,
    /// The server's.
    pub theirs: Fingerprint,
    /// Whether all events were fetched anew since.
    pub rebuilt: bool,
}

/// What the server says the hash of the state is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claim {
    version: u64,
    hash: Fingerprint,
}

impl Session {
    /// Takes events as they come: from the stream, a page, or a reply, in any order, and as often as they come. An event
    /// that does not follow is not kept; [`Arrival::missing_after`] says from where to fetch.
    pub fn confirm(&mut self, events: &[Recorded<CartEvent>]) -> Result<Arrival, SessionError> {
        self.expect_own(events)?;
        let from = self.confirmed_version();
        let taken = self.take_events(events);
        let arrival = self.arrived(from);
        taken.map(|()| arrival).map_err(SessionError::Packed)
    }

    /// Takes a page of events in packed form. Bytes that are damaged change nothing.
    pub fn confirm_packed(&mut self, history: &History<'_>) -> Result<Arrival, SessionError> {
        self.expect_whole(history)?;
        let from = self.confirmed_version();
        let taken = self.take_history(history);
        let arrival = self.arrived(from);
        taken.map(|()| arrival).map_err(SessionError::Packed)
    }

    /// Puts the events of the cart, all of them from the first one on and in as many pages as they came, in the place of
    /// those that were confirmed. What is pending stays. An answer that lies behind the newest of them was lost by the
    /// server, and its command goes out again.
    pub fn rebuild(&mut self, pages: &[History<'_>]) -> Result<Arrival, SessionError> {
        let mut after = 0;
        for page in pages {
            self.expect_whole(page)?;
            if page.header().after != after {
                return Err(SessionError::Packed(PackedError { at: 0, kind: PackedErrorKind::DoesNotFollow }));
            }
            after = after.saturating_add(page.frames().count() as u64);
        }
        self.timeline = Timeline::new(self.cart());
        self.noted.clear();
        let diverged = self.diverged.take();
        pages.iter().try_for_each(|page| self.take_history(page))?;
        if let Some(again) = &mut self.diverged {
            again.rebuilt = true;
        }
        let newest = self.confirmed_version();
        let lost = |entry: &Entry| entry.stage.is_answered() && entry.counts_at(newest);
        while let Some(index) = self.queue.iter().position(lost) {
            self.set_stage(index, Stage::Doubtful);
        }
        self.saving.settled_through = self.saving.settled_through.min(newest);
        if diverged != self.diverged || self.known_version != newest {
            self.known_version = newest;
            self.revision = self.revision.saturating_add(1);
        }
        self.rebase(Some(Why::Events { from: 0 }));
        Ok(Arrival { applied: newest, missing_after: None })
    }

    /// Whether the server folds with a newer build's rules: reload to get it.
    #[must_use]
    pub fn update_needed(&self) -> bool {
        self.other_reducer || self.timeline.newest().unknown_events > 0
    }

    pub(super) fn expect_own(&self, events: &[Recorded<CartEvent>]) -> Result<(), SessionError> {
        let cart = self.cart();
        match events.iter().map(|event| event.stream).find(|stream| *stream != cart) {
            Some(found) => Err(SessionError::ForeignCart { cart, found }),
            None => Ok(()),
        }
    }

    /// Reads through all of it before any of it counts.
    fn expect_whole(&self, history: &History<'_>) -> Result<(), SessionError> {
        let (cart, found) = (self.cart(), history.header().stream);
        if found != cart {
            return Err(SessionError::ForeignCart { cart, found });
        }
        let read = history.frames().try_for_each(|frame| frame?.marked::<Cart>().map(drop));
        read.map_err(SessionError::Packed)
    }

    /// Takes what follows, until nothing does any more. Nothing is decided again yet.
    pub(super) fn take_events(&mut self, events: &[Recorded<CartEvent>]) -> Result<(), PackedError> {
        loop {
            let before = self.confirmed_version();
            for event in events {
                if self.follows(event.version) {
                    let packed = packed(event);
                    self.timeline.push_packed(&packed)?;
                    let known = matches!(event.event, Stored::Known(_));
                    self.note(Marks::of(&event.circumstances), known.then_some(&packed));
                }
            }
            if self.confirmed_version() == before {
                return Ok(());
            }
        }
    }

    fn take_history(&mut self, history: &History<'_>) -> Result<(), PackedError> {
        for frame in history.frames() {
            let frame = frame?;
            if self.follows(frame.version) {
                let Marked { content, bytes, marks } = frame.marked::<Cart>()?;
                self.timeline.push_packed(bytes)?;
                self.note(marks, matches!(content, Content::Known(_)).then_some(bytes));
            }
        }
        // A page may begin behind what is there and be empty.
        self.hear_of(history.header().after);
        Ok(())
    }

    /// Whether the event of this version is the next one.
    fn follows(&mut self, version: u64) -> bool {
        self.hear_of(version);
        Gate::at(self.confirmed_version()).judge(version) == Passage::Apply
    }

    /// Remembers that the server is at this version, at least.
    pub(super) fn hear_of(&mut self, version: u64) {
        if version > self.known_version {
            self.known_version = version;
            self.revision = self.revision.saturating_add(1);
        }
    }

    /// Notes the event that was folded just now, and that is known if `known` has its bytes. For the command that caused it,
    /// it is an answer.
    fn note(&mut self, noted: Marks, known: Option<&[u8]>) {
        self.noted.push(noted);
        let version = self.confirmed_version();
        if self.claim.is_some_and(|claim| claim.version == version) {
            self.check_claim();
        }
        let Some(mark) = noted.command else { return };
        let Some(index) = self.find(mark.id) else { return };
        let Some(entry) = self.queue.get_mut(index) else { return };
        // The same id with other content is another command's: the server will refuse this one.
        if entry.request.fingerprint() != mark.hash {
            return;
        }
        let more = matches!(entry.stage, Stage::Answered { how: How::Seen, .. });
        if !more {
            entry.now.clear();
        }
        if let Some(packed) = known {
            entry.now.push(packed);
        }
        entry.refusal = None;
        self.set_stage(index, Stage::Answered { version, how: How::Seen });
    }

    /// Decides again after the events behind version `from`, if there were any.
    pub(super) fn arrived(&mut self, from: u64) -> Arrival {
        let confirmed = self.confirmed_version();
        if confirmed != from {
            self.rebase(Some(Why::Events { from }));
        }
        Arrival { applied: confirmed.saturating_sub(from), missing_after: self.missing() }
    }

    /// Takes what a reply says of the state at a version. Hashes of other reducers are not compared: an update is needed.
    pub(super) fn agree(&mut self, version: u64, hash: Option<Fingerprint>, reducer: &str) {
        let other = self.reducer != reducer;
        if other != self.other_reducer {
            self.other_reducer = other;
            self.revision = self.revision.saturating_add(1);
        }
        let newer = self.claim.is_none_or(|claim| claim.version <= version);
        if let (Some(hash), false, true) = (hash, other, newer) {
            self.claim = Some(Claim { version, hash });
            if version <= self.confirmed_version() {
                self.check_claim();
            }
        }
    }

    /// Compares what the server said with what was folded here.
    fn check_claim(&mut self) {
        let Some(Claim { version, hash: theirs }) = self.claim else { return };
        let newest = self.timeline.newest();
        let view = if newest.head.version == version {
            newest.view()
        } else {
            self.timeline.at(version).and_then(|moment| moment.view())
        };
        // With events that this build does not know, a difference says nothing: an update is needed.
        let ours = view.filter(|view| view.unknown_events == 0).map(|view| view.state_hash);
        let rebuilt = self.diverged.is_some_and(|diverged| diverged.rebuilt);
        let diverged = ours.filter(|ours| *ours != theirs).map(|ours| Divergence { version, ours, theirs, rebuilt });
        if self.diverged != diverged {
            self.diverged = diverged;
            self.revision = self.revision.saturating_add(1);
        }
    }
}
