//! Questions that have no answer.

use super::{EDITS_MAX, EVENTS_MAX};
use crate::packed::{PackedError, Unpackable};

/// A question that has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WhatIfError {
    /// The history does not read.
    #[error(transparent)]
    Packed(#[from] PackedError),
    /// The alternative does not fit into a packed history.
    #[error(transparent)]
    Unpackable(#[from] Unpackable),
    /// Part of a history.
    #[error("the history begins after version {after}: a question is asked of a whole one")]
    NotWhole {
        /// Version before its first event.
        after: u64,
    },
    /// The history is too long.
    #[error("the history has more than {EVENTS_MAX} events: too many to edit")]
    TooManyEvents,
    /// Too many edits.
    #[error("more than {EDITS_MAX} edits: take some out")]
    TooManyEdits,
    /// An edit that cannot be made.
    #[error("edit {}: {kind}", edit.saturating_add(1))]
    Edit {
        /// Its place in the list, from 0.
        edit: usize,
        /// What is wrong with it.
        kind: WhatIfErrorKind,
    },
}

/// What is wrong with an edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WhatIfErrorKind {
    /// The cart has no such version.
    #[error("the cart has no version {0}")]
    NoSuchVersion(u64),
    /// Another edit says something else about the same event, or forks as well.
    #[error("another edit is about version {0} already: take one of them out")]
    EditedTwice(u64),
    /// Nothing is left there to edit.
    #[error("version {0} lies behind the fork, where nothing is left")]
    BehindFork(u64),
}
