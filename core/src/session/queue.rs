//! A command on its way, from its dispatch until it is settled or somebody discards it.

use alloc::string::String;
use alloc::sync::Arc;

use serde::Serialize;

use super::Cause;
use super::caused::Caused;
use super::saving::Mark;
use crate::cart::{CartCommand, CartRefusal, CartRequest};
use crate::id::CommandId;
use crate::time::Timestamp;

/// A refusal as the server said it. Its code may be of a newer build, so it is kept as it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Said {
    /// The stable code.
    pub code: String,
    /// A sentence for a person.
    pub message: String,
    /// The details, as the host keeps JSON.
    pub details: String,
}

/// A command on its way.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) id: CommandId,
    /// As it goes to the server.
    pub(super) request: Arc<CartRequest>,
    /// The request, checked, where it passes.
    pub(super) command: Option<CartCommand>,
    /// Its turn: rises in a tab with every command, and follows the time from tab to tab.
    pub(super) place: u64,
    pub(super) dispatched_at: Timestamp,
    pub(super) stage: Stage,
    /// The newest attempt at sending that it was part of; 0 before the first.
    pub(super) attempt: u64,
    /// What it was to be when it was taken.
    pub(super) meant: Caused,
    /// What it is to be now; once it has its answer, what it became.
    pub(super) now: Caused,
    /// Why it would be refused now.
    pub(super) refusal: Option<(CartRefusal, Option<Cause>)>,
    /// What of it is written.
    pub(super) mark: Mark,
}

/// How far a command is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Stage {
    /// The server cannot have seen it.
    Waiting,
    /// In the batch that is on its way now.
    InFlight {
        /// It was sent before, and nobody knows what became of that.
        doubtful: bool,
    },
    /// It was sent, and nobody knows what became of it.
    Doubtful,
    /// It has its answer, and counts until the confirmed events reach the answer's version.
    Answered {
        /// The command's own version; of a noop the one it was judged at.
        version: u64,
        /// How it was answered.
        how: How,
    },
    /// The server refused it: it does nothing, and waits for somebody to say what is to become of it.
    Refused(Said),
}

/// How a command was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// By a reply: accepted.
    Accepted,
    /// By its own events.
    Seen,
    /// By a reply: already so.
    Noop,
    /// In another tab, which has settled it.
    Elsewhere,
}

impl Entry {
    /// What the queue is ordered by: what is answered comes first, as the server ordered it, then each in its turn.
    pub(super) fn rank(&self) -> (u64, u64, CommandId) {
        let version = match self.stage {
            Stage::Answered { version, .. } => version,
            Stage::Waiting | Stage::InFlight { .. } | Stage::Doubtful | Stage::Refused(_) => u64::MAX,
        };
        (version, self.place, self.id)
    }

    /// Whether it is a part of what is seen on top of a confirmed version.
    pub(super) fn counts_at(&self, confirmed: u64) -> bool {
        match self.stage {
            Stage::Waiting | Stage::InFlight { .. } | Stage::Doubtful => true,
            Stage::Answered { version, .. } => version > confirmed,
            Stage::Refused(_) => false,
        }
    }

    /// Takes what it became, where that is known; whether that is something else than before.
    pub(super) fn became(&mut self, mut events: Caused) -> bool {
        if events.is_empty() {
            events = if self.now.is_empty() { &self.meant } else { &self.now }.clone();
        }
        self.refusal = None;
        let changed = self.now != events;
        self.now = events;
        changed
    }
}

impl Stage {
    pub(super) fn is_answered(&self) -> bool {
        matches!(self, Self::Answered { .. })
    }

    /// Whether it is known what it became.
    pub(super) fn is_accepted(&self) -> bool {
        matches!(self, Self::Answered { how: How::Accepted | How::Seen, .. })
    }

    /// Whether the command is among those that go out with the next batch.
    pub(super) fn is_to_send(&self) -> bool {
        matches!(self, Self::Waiting | Self::Doubtful)
    }

    /// A command that is on its way is stored as one of which nobody knows: whoever finds it stored was not there.
    pub(super) fn is_stored_as(&self) -> &Self {
        match self {
            Self::InFlight { .. } => &Self::Doubtful,
            Self::Waiting | Self::Doubtful | Self::Answered { .. } | Self::Refused(_) => self,
        }
    }
}
