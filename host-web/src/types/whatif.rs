//! Questions about a cart's life, and what would have become of it.

use alloc::vec::Vec;

use tillroll_core::cart::{CartEvent, CartRefusal, CartRequest, CartView};
use tillroll_core::money::Minor;
use tillroll_core::timeline::Change;
use tillroll_core::whatif::{Edit, Fate, Mode, Money, Step};

use crate::shape::{object, tagged, words};

tagged! {
    /// One thing that is different from what was recorded. Versions are recorded ones; `after` 0 is before the first event.
    [take] Edit = WhatIfEdit by "edit" {
        /// Nothing after this version happened.
        Fork = "fork" { version: u64 },
        /// An event did not happen.
        Drop = "drop" { version: u64 },
        /// Another event happened instead.
        Replace = "replace" { version: u64, event: CartEvent },
        /// An event happened at another time.
        Move = "move" { version: u64, after: u64 },
        /// One more event happened.
        Insert = "insert" { after: u64, event: CartEvent },
        /// Somebody asked for one thing more. Decided in both modes: a command is no fact.
        Issue = "issue" { after: u64, request as "command": CartRequest },
    }
}

words! {
    /// What the events behind the first edit are: facts that fold, or answers to commands that are decided again.
    [take] Mode = WhatIfMode { AsItIs = "as_it_is", DecideAgain = "decide_again" }
}

tagged! {
    /// What became of one event, or of one edit.
    [put] Fate = WhatIfFate by "fate" {
        /// It happened as recorded.
        Same = "same" {},
        /// It stays a fact: the rules do not bring it about as recorded either, or do not know it.
        Unjudged = "unjudged" {},
        /// Another event happened in its place.
        Changed = "changed" {},
        /// It would be refused now, for this reason, and did not happen.
        Refused = "refused" (CartRefusal),
        /// It would change nothing now, and did not happen.
        AlreadySo = "already_so" {},
        /// It was dropped, or lies behind the fork.
        Dropped = "dropped" {},
        /// It never happened, and does here.
        Inserted = "inserted" {},
        /// It happened here, from elsewhere.
        Moved = "moved" {},
        /// It happened elsewhere: this is the place that it left.
        MovedAway = "moved_away" {},
    }
}

object! {
    /// One step of both histories.
    [put] Step = WhatIfStep {
        /// The recorded event that it is about.
        origin: Option<u64>,
        /// The edit that it is about, by its place in the list.
        edit: Option<usize>,
        fate: Fate [flat],
        /// Version of the recorded history after it.
        recorded: u64,
        /// Version of the alternative after it.
        alternative: u64,
    }
}

object! {
    /// What the two carts come to.
    [put] Money = WhatIfMoney {
        recorded: Minor,
        alternative: Minor,
        /// How much more the alternative comes to; null when the two are in different currencies.
        difference: Option<i64>,
    }
}

object! {
    /// A history that did not happen, beside the one that did.
    [put] Given<'_> = WhatIfAlternative {
        /// So many events before the first edit are the same in both; they have no step.
        untouched: u64,
        /// Everything from the first edit on, in the order in which it did or did not happen.
        steps: &[Step],
        /// The first step after which the two carts differ.
        divergence: Option<usize>,
        /// The end of the recorded history.
        recorded: Option<&CartView>,
        /// The end of the alternative.
        alternative: Option<&CartView>,
        money: Money,
        /// What must be done to the one end to get the other.
        changes: Vec<Change<'_>>,
        /// The alternative, packed, with its mark.
        packed: Vec<u8>,
    }
}

/// An alternative, to be told.
pub(crate) struct Given<'a> {
    pub(crate) untouched: u64,
    pub(crate) steps: &'a [Step],
    pub(crate) divergence: Option<usize>,
    pub(crate) recorded: Option<&'a CartView>,
    pub(crate) alternative: Option<&'a CartView>,
    pub(crate) money: Money,
    pub(crate) changes: Vec<Change<'a>>,
    pub(crate) packed: Vec<u8>,
}

tagged! {
    /// What comes of a question.
    [put] Answer<'_> = WhatIfAnswer by "answer" {
        Alternative = "alternative" (Given<'_>),
        /// It cannot be asked so.
        Impossible = "impossible" {
            reason: Reason,
            /// The edit that is wrong, by its place in the list.
            edit: Option<usize>,
            /// The version that it is about.
            version: Option<u64>,
        },
    }
}

/// What comes of a question.
pub(crate) enum Answer<'a> {
    Alternative(Given<'a>),
    Impossible { reason: Reason, edit: Option<usize>, version: Option<u64> },
}

words! {
    /// Why a question cannot be asked so.
    [put] Reason = WhatIfImpossible {
        TooManyEvents = "too_many_events",
        TooManyEdits = "too_many_edits",
        NoSuchVersion = "no_such_version",
        EditedTwice = "edited_twice",
        BehindFork = "behind_fork",
    }
}

/// Why a question cannot be asked so.
pub(crate) enum Reason {
    TooManyEvents,
    TooManyEdits,
    NoSuchVersion,
    EditedTwice,
    BehindFork,
}
