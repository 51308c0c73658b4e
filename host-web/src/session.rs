//! What can be asked of a session. What each call means, and what always holds, is in `core/src/session/mod.rs`.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use tillroll_core::cart::{CartRequest, Catalogue};
use tillroll_core::id::{CommandId, StreamId};
use tillroll_core::packed::History;
use tillroll_core::session::{Batch, Certainty, NotDiscarded, NotTaken, Saved, Session, Settlement, Taken};

use crate::abi;
use crate::error::Failure;
use crate::shape::tagged;
use crate::types::cart::Offer;
use crate::types::event::{Event, Past};
use crate::types::server::{Replied, Told, recorded};
use crate::types::snapshot::{Discarded, Dispatched, Sending, Shown, ToSend};
use crate::wire::{Put, Reader, Real, Take, Writer};

/// A session, once it has begun.
pub type Kept = Option<Box<Session>>;

/// The revision of its snapshot.
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "nobody changes a cart 2^53 times")]
pub fn revision(kept: &Kept) -> f64 {
    kept.as_ref().map_or(0.0, |session| session.revision() as f64)
}

impl abi::Kept for Kept {
    fn call(&mut self, said: &[u8], given: Vec<u8>) -> Vec<u8> {
        abi::answer(said, given, |said, history, out| call(self, said, history, out))
    }
}

/// A call, with what is said in it.
pub(crate) enum SessionCall {
    Begin { cart: StreamId, reducer: String },
    Snapshot {},
    Dispatch { command: CartRequest, id: Named, now: Real },
    Retry { id: Named, now: Real },
    Discard { id: Named },
    NextToSend { now: Real },
    Answered { attempt: u64, reply: Replied },
    Failed { attempt: u64, maybe_done: bool },
    Rejected { attempt: u64, said: Told },
    Pause { until: Real },
    Resume {},
    PausedUntil {},
    Confirm { events: Vec<Event> },
    ConfirmPacked {},
    Rebuild { pages: Vec<Vec<u8>> },
    Missing {},
    SetCatalogue { catalogue: Option<Offer> },
    Unsaved {},
    Saved { ticket: u64 },
    Merge { rows: Vec<Saved>, settled_through: u64 },
    SettledAfter { nth: u64 },
    At { version: Real },
    Events { from: Real, to: Real },
    History { after: u64 },
    Fingerprint { id: CommandId },
}

tagged! {
    /// A call of a session.
    [take] SessionCall = SessionCall by "call" {
        Begin = "begin" { cart: StreamId, reducer: String },
        Snapshot = "snapshot" {},
        Dispatch = "dispatch" { command: CartRequest, id: Named, now: Real },
        Retry = "retry" { id: Named, now: Real },
        Discard = "discard" { id: Named },
        NextToSend = "nextToSend" { now: Real },
        Answered = "answered" { attempt: u64, reply: Replied },
        Failed = "failed" { attempt: u64, maybe_done: bool },
        Rejected = "rejected" { attempt: u64, said: Told },
        Pause = "pause" { until: Real },
        Resume = "resume" {},
        PausedUntil = "pausedUntil" {},
        // Ten times as many as a cart takes. A history that long should come packed.
        Confirm = "confirm" { events: Vec<Event> [most 100_000] },
        ConfirmPacked = "confirmPacked" {},
        // A cart's 10,000 events, should each come in a page of its own.
        Rebuild = "rebuild" { pages: Vec<Vec<u8>> [most 10_001] },
        Missing = "missing" {},
        SetCatalogue = "setCatalogue" { catalogue: Option<Offer> },
        Unsaved = "unsaved" {},
        Saved = "saved" { ticket: u64 },
        // The full queues of forty tabs.
        Merge = "merge" { rows: Vec<Saved> [most 20_000], settled_through: u64 },
        SettledAfter = "settledAfter" { nth: u64 },
        At = "at" { version: Real },
        Events = "events" { from: Real, to: Real },
        History = "history" { after: u64 },
        Fingerprint = "fingerprint" { id: CommandId },
    }
}

/// The id of a command; the nil UUID names none.
pub(crate) struct Named(CommandId);

impl Take for Named {
    fn take(from: &mut Reader<'_>) -> Self {
        let at = from.at();
        let id = CommandId::take(from);
        if id.is_nil() {
            from.misfit(at);
        }
        Self(id)
    }
}

/// Does a call and writes what it gives. A packed history lies behind the call, where it need not be copied.
fn call(session: &mut Kept, call: SessionCall, history: &[u8], out: &mut Writer) -> Result<(), Failure> {
    if let SessionCall::Begin { cart, reducer } = call {
        *session = Some(Box::new(Session::new(cart, &reducer)));
        return Ok(());
    }
    let Some(session) = session else { return Ok(()) };
    match call {
        SessionCall::Begin { .. } => {}
        SessionCall::Snapshot {} => Shown { revision: session.revision(), snapshot: session.snapshot() }.put(out),
        SessionCall::Dispatch { command, id, now } => {
            dispatched(session.dispatch(id.0, command, now.moment())).put(out);
        }
        SessionCall::Retry { id, now } => dispatched(session.retry(id.0, now.moment())).put(out),
        SessionCall::Discard { id } => discarded(session.discard(id.0)).put(out),
        SessionCall::NextToSend { now } => {
            let batch = session.next_to_send(now.moment());
            batch.as_ref().map(|batch| sending(session, batch)).put(out);
        }
        SessionCall::Answered { attempt, reply } => session.answered(&reply.to(attempt))?.put(out),
        SessionCall::Failed { attempt, maybe_done } => {
            session.failed(attempt, if maybe_done { Certainty::Unknown } else { Certainty::NotDone });
        }
        SessionCall::Rejected { attempt, said } => session.rejected(attempt, &said.into()),
        SessionCall::Pause { until } => session.pause(until.moment()),
        SessionCall::Resume {} => session.resume(),
        SessionCall::PausedUntil {} => session.paused_until().put(out),
        SessionCall::Confirm { events } => session.confirm(&recorded(events))?.put(out),
        SessionCall::ConfirmPacked {} => session.confirm_packed(&History::open(history)?)?.put(out),
        SessionCall::Rebuild { pages } => {
            let histories = pages.iter().map(|page| History::open(page)).collect::<Result<Vec<_>, _>>()?;
            session.rebuild(&histories)?.put(out);
        }
        SessionCall::Missing {} => session.missing().put(out),
        SessionCall::SetCatalogue { catalogue } => session.set_catalogue(catalogue.map(Catalogue::from)),
        SessionCall::Unsaved {} => session.unsaved().put(out),
        SessionCall::Saved { ticket } => session.saved(ticket),
        SessionCall::Merge { rows, settled_through } => session.merge(rows, settled_through),
        SessionCall::SettledAfter { nth } => session.settled_after(nth).collect::<Vec<&Settlement>>().put(out),
        SessionCall::At { version } => version.version().and_then(|version| session.at(version)).put(out),
        SessionCall::Events { from, to } => {
            let versions = from.version().zip(to.version());
            let events = versions.into_iter().flat_map(|(from, to)| {
                let past = session.history(from.saturating_sub(1));
                past.take_while(move |past| past.version <= to).map(|past| Past::of(past.version, past.content))
            });
            events.collect::<Vec<_>>().put(out);
        }
        SessionCall::History { after } => session.packed(after)?.put(out),
        SessionCall::Fingerprint { id } => session.request(id).map(CartRequest::fingerprint).put(out),
    }
    Ok(())
}

fn sending<'a>(session: &'a Session, batch: &Batch) -> Sending<'a> {
    let commands = batch.ids.iter().filter_map(|id| Some(ToSend { id: *id, request: session.request(*id)? }));
    Sending { attempt: batch.attempt, failures: batch.failures, commands: commands.collect() }
}

fn dispatched(taken: Result<Taken, NotTaken>) -> Dispatched {
    match taken {
        Ok(Taken::Applied) => Dispatched::Applied,
        Ok(Taken::Noop) => Dispatched::Noop,
        Ok(Taken::Again) => Dispatched::Again,
        Err(NotTaken::Refused(refusal)) => Dispatched::Refused(refusal),
        Err(NotTaken::QueueFull { max }) => Dispatched::QueueFull { max },
        Err(NotTaken::UpdateNeeded) => Dispatched::UpdateNeeded,
        // The nil UUID is not let through.
        Err(NotTaken::Unknown | NotTaken::NilId) => Dispatched::Unknown,
    }
}

fn discarded(discarded: Result<(), NotDiscarded>) -> Discarded {
    match discarded {
        Ok(()) => Discarded::Done,
        Err(NotDiscarded::Sent) => Discarded::Sent,
        Err(NotDiscarded::Unknown) => Discarded::Unknown,
    }
}
