//! Commands that came to their end: remembered so that late answers and stale rows are known for what they are, and so
//! that a host can tell whoever waits for one.

use alloc::vec::Vec;

use serde::Serialize;

use super::{SETTLED_MAX, Said};
use crate::id::CommandId;

/// A command that came to an end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Settlement {
    /// Its place among all settlements of the session, from 1.
    pub nth: u64,
    /// The command.
    pub id: CommandId,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum Outcome {
    /// Its events are confirmed.
    Confirmed {
        /// Its own version.
        version: u64,
        /// Whether it became something else than it was meant to be.
        changed: bool,
    },
    /// Already so.
    Noop {
        /// The version at which it was judged.
        version: u64,
    },
    /// The server refused it. It needs attention until it is tried again, which may settle it anew, or discarded.
    Refused(Said),
    /// Somebody discarded it.
    Discarded,
    /// A newer command that was not sent yet either says the same thing anew.
    Superseded {
        /// The newer command.
        by: CommandId,
    },
    /// It was answered in another tab, and none of its events are in the cart: it was a noop, refused, or superseded.
    Elsewhere,
}

/// The newest settlements.
#[derive(Clone, Debug, Default)]
pub(super) struct Settled {
    newest: Vec<Settlement>,
    count: u64,
}

impl Settled {
    pub(super) fn push(&mut self, id: CommandId, outcome: Outcome) {
        if self.newest.len() >= SETTLED_MAX {
            self.newest.remove(0);
        }
        self.count = self.count.saturating_add(1);
        self.newest.push(Settlement { nth: self.count, id, outcome });
    }

    /// Whether the command came to an end that nothing follows, as far as is remembered.
    pub(super) fn contains(&self, id: CommandId) -> bool {
        self.newest.iter().any(|settlement| settlement.id == id && !matches!(settlement.outcome, Outcome::Refused(_)))
    }

    pub(super) fn after(&self, nth: u64) -> impl Iterator<Item = &Settlement> {
        self.newest.iter().filter(move |settlement| settlement.nth > nth)
    }
}
