//! What if one cart had gone another way: its history with a few edits, folded or decided again.
//!
//! | module | what it does |
//! |---|---|
//! | `asked` | the command that would cause an event |
//! | `plan` | checks the edits, and lays them where they belong |
//! | `stated` | the prices and rules that the history itself states |
//! | `run` | goes through both histories side by side |
//!
//! An edit names events by their recorded versions, so edits do not shift each other. What comes out is a history like
//! any other, as packed bytes. It is hypothetical: nothing in here can be stored, events that never happened say so by
//! their source ([`SOURCE`]), and a host says so beside the events.
//!
//! # The two ways
//!
//! *As it is*: events are facts. The ones that are left fold as they were recorded, whether or not a rule would have
//! let them happen.
//!
//! *Decided again*: each event after the first edit is turned back into its command, and the rules judge it on both
//! states, as recorded and as edited. What they would refuse now is left out, with the refusal. Where the rules do not
//! bring the event about on the recorded state either (it was imported, an older build wrote it, its name is not known
//! here) they have nothing to say about it, and it stays a fact. So without edits both ways give the recorded history.
//! Prices and discount rules are taken from the events, as they were that day; today's catalogue has no part in it.

mod asked;
mod error;
mod plan;
mod run;
mod stated;

use alloc::vec::Vec;

pub use error::{WhatIfError, WhatIfErrorKind};
pub use run::what_if;

use crate::cart::{Cart, CartEvent, CartRefusal, CartRequest};
use crate::money::Minor;
use crate::timeline::Moment;

/// Most edits of one question; more is another cart.
pub const EDITS_MAX: usize = 64;
/// Longest history that is edited. Ten times what commands can make of a cart; each event behind the first edit is
/// judged twice and gets a line in the answer.
pub const EVENTS_MAX: u64 = 100_000;
/// `source` of an event that never happened.
pub const SOURCE: &str = "tillroll:what-if";

/// One thing that is different from what was recorded. Versions are recorded ones; `after` 0 is before the first event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Nothing after this version happened.
    Fork {
        /// The newest version that stays.
        version: u64,
    },
    /// An event did not happen.
    Drop {
        /// The event.
        version: u64,
    },
    /// Another event happened instead.
    Replace {
        /// The event.
        version: u64,
        /// What happened instead.
        event: CartEvent,
    },
    /// An event happened at another time.
    Move {
        /// The event.
        version: u64,
        /// The event behind which it happened.
        after: u64,
    },
    /// One more event happened.
    Insert {
        /// The event behind which it happened.
        after: u64,
        /// What happened.
        event: CartEvent,
    },
    /// Somebody asked for one thing more. Decided in both ways: a command is no fact.
    Issue {
        /// The event behind which they asked.
        after: u64,
        /// What they asked for. A price or a rule that it does not state is what the history states for its item or
        /// code.
        request: CartRequest,
    },
}

/// What the events behind the first edit are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Facts, that fold.
    AsItIs,
    /// Answers to commands, that are decided again.
    DecideAgain,
}

/// What became of one event, or of one edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It happened as recorded.
    Same,
    /// It stays a fact: the rules do not bring it about as recorded either, or do not know it.
    Unjudged,
    /// Another event happened in its place.
    Changed,
    /// It would be refused now, for this reason, and did not happen.
    Refused(CartRefusal),
    /// It would change nothing now, and did not happen.
    AlreadySo,
    /// It was dropped, or lies behind the fork.
    Dropped,
    /// It never happened, and does here.
    Inserted,
    /// It happened here, from elsewhere.
    Moved,
    /// It happened elsewhere: this is the place that it left.
    MovedAway,
}

/// One step of both histories.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The recorded event that it is about.
    pub origin: Option<u64>,
    /// The edit that it is about, by its place in the list.
    pub edit: Option<usize>,
    /// What became of it.
    pub fate: Fate,
    /// Version of the recorded history after it.
    pub recorded: u64,
    /// Version of the alternative after it; its own, if it [happened](Fate::happened).
    pub alternative: u64,
}

/// A history that did not happen, beside the one that did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alternative {
    /// So many events before the first edit are the same in both; they have no step.
    pub untouched: u64,
    /// Everything from the first edit on, in the order in which it did or did not happen.
    pub steps: Vec<Step>,
    /// The first step after which the two carts differ.
    pub divergence: Option<usize>,
    /// The end of the recorded history.
    pub recorded: Moment<Cart>,
    /// The end of the alternative.
    pub alternative: Moment<Cart>,
    /// The alternative, packed.
    pub packed: Vec<u8>,
}

/// What the two carts come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Money {
    /// The total as recorded.
    pub recorded: Minor,
    /// The total of the alternative.
    pub alternative: Minor,
    /// How much more the alternative comes to; none when the two are in different currencies.
    pub difference: Option<i64>,
}

impl Fate {
    /// Whether there is an event of it in the alternative.
    #[must_use]
    pub const fn happened(&self) -> bool {
        match self {
            Self::Same | Self::Unjudged | Self::Changed | Self::Inserted | Self::Moved => true,
            Self::Refused(_) | Self::AlreadySo | Self::Dropped | Self::MovedAway => false,
        }
    }
}

impl Alternative {
    /// What would be refused now, and why.
    pub fn refusals(&self) -> impl Iterator<Item = (&Step, &CartRefusal)> {
        self.steps.iter().filter_map(|step| match &step.fate {
            Fate::Refused(refusal) => Some((step, refusal)),
            Fate::Same
            | Fate::Unjudged
            | Fate::Changed
            | Fate::AlreadySo
            | Fate::Dropped
            | Fate::Inserted
            | Fate::Moved
            | Fate::MovedAway => None,
        })
    }

    /// What the two carts come to. A cart that nobody opened comes to nothing, in any currency.
    #[must_use]
    pub fn money(&self) -> Money {
        let (before, after) = (self.recorded.view(), self.alternative.view());
        let total =
            |view: &Option<crate::cart::CartView>| view.as_ref().map(|view| view.total_minor).unwrap_or_default();
        let comparable =
            before.as_ref().zip(after.as_ref()).is_none_or(|(before, after)| before.currency == after.currency);
        let signed = |minor: Minor| i64::try_from(minor.get()).ok();
        let (recorded, alternative) = (total(&before), total(&after));
        let difference = || signed(alternative)?.checked_sub(signed(recorded)?);
        Money { recorded, alternative, difference: if comparable { difference() } else { None } }
    }
}
