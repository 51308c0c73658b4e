//! All that can be seen of a session, and what becomes of commands.

use alloc::string::String;
use alloc::vec::Vec;

use tillroll_core::cart::{CartRefusal, CartRequest, CartView};
use tillroll_core::hash::Fingerprint;
use tillroll_core::id::CommandId;
use tillroll_core::session::{
    Arrival, Attention, Cause, Divergence, Happenings, LineMarks, Outcome, Pending, Progress, Said, Settlement,
    Snapshot, Standing, Subject, Sync,
};
use tillroll_core::text::SmolStr;

use crate::shape::{object, tagged, words};

/// A snapshot and the revision that it is of.
pub(crate) struct Shown<'a> {
    pub(crate) revision: u64,
    pub(crate) snapshot: Snapshot<'a>,
}

object! {
    /// A session as it is seen, at one revision.
    [put] Shown<'_> = Snapshot {
        /// Moves when something else in here changed, and only then.
        revision: u64,
        snapshot: Snapshot<'_> [flat],
    }
}

object! {
    [put] Snapshot<'_> = Seen {
        /// The cart with everything pending done; null before it was opened.
        cart: Option<CartView>,
        /// What is under way for each of its lines, in their order.
        lines: Vec<LineMarks>,
        /// Commands on their way, in their order.
        pending: Vec<Pending<'_>>,
        /// Commands that the server refused, until they are tried again or discarded.
        attention: Vec<Attention<'_>>,
        /// How the session stands with the server.
        sync: Sync,
    }
}

object! {
    /// What is under way for a line.
    [shared] LineMarks = LineMarks {
        /// Ids of pending commands for it.
        pending: Vec<CommandId>,
        /// Ids of refused commands for it.
        refused: Vec<CommandId>,
    }
}

object! {
    /// A command on its way.
    [shared] Pending<'_> = Pending {
        id: CommandId,
        request: &CartRequest,
        /// What it is about.
        subject: Subject,
        /// When it was dispatched, in milliseconds since 1970.
        dispatched_at_ms: i64,
        /// How far it is.
        progress: Progress,
        /// What it would be now.
        standing: Standing<'_>,
        /// The events it was meant to become.
        meant: Happenings<'_>,
        /// The events it would become now; once it is answered, those it became.
        now: Happenings<'_>,
    }
}

object! {
    /// A command that the server refused.
    [shared] Attention<'_> = Attention {
        id: CommandId,
        request: &CartRequest,
        /// What it is about.
        subject: Subject,
        /// When it was dispatched, in milliseconds since 1970.
        dispatched_at_ms: i64,
        /// What the server said.
        said: &Said,
        /// What made it one that is refused, where the session saw that.
        cause: Option<Cause>,
    }
}

object! {
    /// A refusal as the server said it. Its code may be of a newer build.
    [put take] Said = Said {
        /// The stable code.
        code: String,
        /// A sentence for a person.
        message: String [or ""],
        /// The details, as JSON text.
        details: String [or "null"],
    }
}

tagged! {
    /// What a command is about.
    [put] Subject = Subject by "about" {
        Cart = "cart" {},
        Line = "line" { sku: SmolStr },
        Discount = "discount" { code: SmolStr },
    }
}

words! {
    /// How far a command is: it waits to be sent; it is on its way; it was sent, nobody knows what became of it, and it
    /// will be sent again with the same id; the server has it and its events are to come.
    [put] Progress = Progress { Waiting = "waiting", Sending = "sending", Doubtful = "doubtful", Answered = "answered" }
}

tagged! {
    /// What a pending command would be now: what it was meant to be; something else; refused, as far as is known here.
    [put] Standing<'_> = Standing by "standing" {
        AsMeant = "as_meant" {},
        Changed = "changed" {},
        Refused = "refused" {
            code: &'static str [omitted],
            details: &CartRefusal [flat],
            /// What made it so.
            cause: Option<Cause>,
        },
    }
}

tagged! {
    /// What made a pending command into one that would be refused: the confirmed event of a version, other prices, or an
    /// earlier command that does nothing any more.
    [put] Cause = Cause by "by" {
        Event = "event" { version: u64 },
        Catalogue = "catalogue" {},
        Command = "command" { id: CommandId },
    }
}

object! {
    /// How a session stands with the server.
    [put] Sync = Sync {
        /// Version of the newest confirmed event.
        confirmed_version: u64,
        /// The newest version that the server was heard to be at.
        known_version: u64,
        /// A newer build is needed to fold or decide as the server does: reload.
        update_needed: bool,
        /// The session and the server make different carts of the same events.
        diverged: Option<Divergence>,
    }
}

object! {
    /// The session and the server make different carts of the same events.
    [put] Divergence = Divergence {
        version: u64,
        /// The session's hash of the state.
        ours: Fingerprint,
        /// The server's.
        theirs: Fingerprint,
        /// Whether all events were fetched anew since.
        rebuilt: bool,
    }
}

object! {
    /// What became of events that arrived.
    [put] Arrival = Arrival {
        /// How many of them were new, and followed.
        applied: u64,
        /// The version after which events are to be fetched, when some are missing.
        missing_after: Option<u64>,
    }
}

object! {
    /// A command that came to an end.
    [put] Settlement = Settlement {
        /// Its place among all settlements of the session, from 1.
        nth: u64,
        id: CommandId,
        outcome: Outcome,
    }
}

tagged! {
    /// What became of a command.
    [put] Outcome = Outcome by "outcome" {
        /// Its events are confirmed.
        Confirmed = "confirmed" {
            version: u64,
            /// Whether it became something else than it was meant to be.
            changed: bool,
        },
        /// Already so.
        Noop = "noop" { version: u64 },
        /// The server refused it. It needs attention until it is tried again or discarded.
        Refused = "refused" (Said),
        /// Somebody discarded it.
        Discarded = "discarded" {},
        /// A newer command that was not sent yet either says the same thing anew.
        Superseded = "superseded" { by: CommandId },
        /// It was answered in another tab, and none of its events are in the cart.
        Elsewhere = "elsewhere" {},
    }
}

/// What became of a command that was dispatched, or is tried again.
pub(crate) enum Dispatched {
    Applied,
    Noop,
    Again,
    Refused(CartRefusal),
    QueueFull { max: usize },
    UpdateNeeded,
    Unknown,
}

tagged! {
    /// What became of a command that was dispatched, or is tried again.
    [put] Dispatched = Dispatched by "status" {
        /// It is visible and waits to be sent.
        Applied = "applied" {},
        /// Already so: there is nothing to do.
        Noop = "noop" {},
        /// It was taken before, and may be settled by now.
        Again = "again" {},
        /// The domain says no.
        Refused = "refused" (CartRefusal),
        /// There is no room for it.
        QueueFull = "queue_full" { max: usize },
        /// The cart has events of a newer build: reload.
        UpdateNeeded = "update_needed" {},
        /// There is no such command to try again.
        Unknown = "unknown" {},
    }
}

/// What became of an attempt to discard a command.
pub(crate) enum Discarded {
    Done,
    Sent,
    Unknown,
}

words! {
    /// What became of a command that was to be discarded: it is gone; it was sent and may be done; there is none any more.
    [put] Discarded = Discarded { Done = "discarded", Sent = "sent", Unknown = "unknown" }
}

/// Commands to send as one request.
pub(crate) struct Sending<'a> {
    pub(crate) attempt: u64,
    pub(crate) failures: u32,
    pub(crate) commands: Vec<ToSend<'a>>,
}

object! {
    /// Commands to send as one request, in this order.
    [put] Sending<'_> = Batch {
        /// Names this attempt; its reply, or its failure, is reported with it.
        attempt: u64,
        /// How many attempts have failed since the last one that was answered.
        failures: u32,
        commands: Vec<ToSend<'_>>,
    }
}

/// A command as it goes to the server.
pub(crate) struct ToSend<'a> {
    pub(crate) id: CommandId,
    pub(crate) request: &'a CartRequest,
}

object! {
    [put] ToSend<'_> = CommandToSend {
        id as "command_id": CommandId,
        request: &CartRequest [flat],
    }
}
