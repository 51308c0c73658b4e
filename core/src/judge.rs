//! One request of several commands, judged in order against one loaded aggregate.
//!
//! ```text
//! id seen, same content  ──▶ resent: the stored answer again
//! id seen, other content ──▶ refused: command_reused
//! new id ──▶ check values ──▶ decide ──▶ no events: noop
//!                │              └──────▶ events: folded, queued, the next command sees them
//!                └─ refused ◀───┘
//! ```

use alloc::vec::Vec;

use crate::aggregate::{Aggregate, Versioned};
use crate::recorded::CommandMark;

/// A command as a caller sent it: its mark, and its content if the values passed their checks.
#[derive(Clone, Debug)]
pub struct Asked<A: Aggregate> {
    /// Id and fingerprint of the content as sent.
    pub mark: CommandMark,
    /// The checked command, or the refusal its values earned.
    pub command: Result<A::Command, A::Refusal>,
}

/// What became of one command.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome<R> {
    /// New events: they are queued in the aggregate and lie in these versions.
    Accepted {
        /// Version of the first event.
        first_version: u64,
        /// Version of the last event: the command's own version.
        last_version: u64,
    },
    /// This very command was accepted before; its events lie in these versions.
    Resent {
        /// Version of the first event.
        first_version: u64,
        /// Version of the last event.
        last_version: u64,
    },
    /// Already so, at this version.
    Noop {
        /// Version of the stream when it was judged.
        version: u64,
    },
    /// The domain says no.
    Refused(R),
    /// Would have been accepted, but another command of an atomic request was refused.
    Skipped,
}

/// Whether a refusal stops the other commands of its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Atomicity {
    /// Refused commands are skipped, the rest land in one commit.
    EachOnItsOwn,
    /// One refusal, and nothing is written.
    AllOrNothing,
}

/// Judges `asked` in order and queues the accepted events in `aggregate`. One outcome per command, in request order.
///
/// The caller has made sure that no unknown events were folded; see [`Versioned::unknown_events`].
pub fn judge<A: Aggregate>(
    aggregate: &mut Versioned<A>,
    asked: &[Asked<A>],
    terms: A::Terms<'_>,
    atomicity: Atomicity,
) -> Vec<Outcome<A::Refusal>> {
    let before = (atomicity == Atomicity::AllOrNothing).then(|| aggregate.clone());
    let mut outcomes: Vec<_> = asked.iter().map(|asked| judge_one(aggregate, asked, terms)).collect();
    let refused = outcomes.iter().any(|outcome| matches!(outcome, Outcome::Refused(_)));
    if let (Some(before), true) = (before, refused) {
        *aggregate = before;
        for outcome in &mut outcomes {
            if let Outcome::Accepted { .. } | Outcome::Noop { .. } = outcome {
                *outcome = Outcome::Skipped;
            }
        }
    }
    outcomes
}

fn judge_one<A: Aggregate>(aggregate: &mut Versioned<A>, asked: &Asked<A>, terms: A::Terms<'_>) -> Outcome<A::Refusal> {
    if let Some(seen) = aggregate.seen(asked.mark.id) {
        return if seen.mark.hash == asked.mark.hash {
            Outcome::Resent { first_version: seen.first_version, last_version: seen.last_version }
        } else {
            Outcome::Refused(A::command_reused())
        };
    }
    let decided = match &asked.command {
        Ok(command) => aggregate.state().decide(aggregate.head(), command, terms),
        Err(refusal) => Err(refusal.clone()),
    };
    let version = aggregate.head().version;
    match decided {
        Err(refusal) => Outcome::Refused(refusal),
        Ok(events) if events.is_empty() => Outcome::Noop { version },
        Ok(events) => {
            aggregate.apply(asked.mark, events);
            Outcome::Accepted { first_version: version.saturating_add(1), last_version: aggregate.head().version }
        }
    }
}
