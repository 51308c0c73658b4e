//! What the server says. Members that a newer one adds are passed over.

use alloc::string::String;
use alloc::vec::Vec;

use tillroll_core::hash::Fingerprint;
use tillroll_core::id::CommandId;
use tillroll_core::recorded::Recorded;
use tillroll_core::session::{Answer, Reply, Said, Verdict};

use super::event::Event;
use crate::shape::{object, tagged};

/// The reply to a batch.
pub(crate) struct Replied {
    results: Vec<Answered>,
    version: u64,
    state_hash: Option<Fingerprint>,
    reducer: String,
}

object! {
    /// The reply to a batch, as the API writes it.
    [take] Replied = Reply {
        // Those of a batch.
        results: Vec<Answered> [most 25],
        version: u64,
        state_hash: Option<Fingerprint>,
        reducer: String,
    }
}

/// The answer to a command.
pub(crate) struct Answered {
    command_id: CommandId,
    status: Judged,
}

object! {
    [take] Answered = Answer {
        command_id: CommandId,
        status: Judged [flat],
    }
}

/// What became of it.
enum Judged {
    Accepted { version: u64, events: Vec<Event> },
    Noop { version: u64 },
    Refused(Told),
    Skipped,
}

tagged! {
    [take] Judged = Verdict by "status" {
        Accepted = "accepted" { version: u64, events: Vec<Event> [most 100_000] },
        Noop = "noop" { version: u64 },
        Refused = "refused" (Told),
        Skipped = "skipped" {},
    }
}

/// Why the server says no, with the details as they came.
pub(crate) struct Told {
    code: String,
    message: String,
    details: String,
}

object! {
    /// Why the server says no.
    [take] Told = Refused {
        code: String,
        message: String [or ""],
        details: String [json],
    }
}

impl Replied {
    pub(crate) fn to(self, attempt: u64) -> Reply {
        let Self { results, version, state_hash, reducer } = self;
        Reply { attempt, answers: results.into_iter().map(Into::into).collect(), version, state_hash, reducer }
    }
}

impl From<Answered> for Answer {
    fn from(answered: Answered) -> Self {
        let verdict = match answered.status {
            Judged::Accepted { version, events } => Verdict::Accepted { version, events: recorded(events) },
            Judged::Noop { version } => Verdict::Noop { version },
            Judged::Refused(told) => Verdict::Refused(told.into()),
            Judged::Skipped => Verdict::Skipped,
        };
        Self { id: answered.command_id, verdict }
    }
}

impl From<Told> for Said {
    fn from(Told { code, message, details }: Told) -> Self {
        Self { code, message, details }
    }
}

/// Events as the core has them.
pub(crate) fn recorded(events: Vec<Event>) -> Vec<Recorded<tillroll_core::cart::CartEvent>> {
    events.into_iter().map(Into::into).collect()
}
