//! `CartSession`: the core's session as an object. What each call means, and what always holds, is in
//! `core/src/session/mod.rs`.

use js_sys::Array;
use serde::Serialize;
use tillroll_core::cart::CartRefusal;
use tillroll_core::id::{CommandId, StreamId};
use tillroll_core::packed::History;
use tillroll_core::session::{Batch, Certainty, NotDiscarded, NotTaken, Session, Settlement, Taken};
use tillroll_core::time::Timestamp;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::error::{Failure, Misfit};
use crate::read::{self, Js};
use crate::rows::{self, Writing};
use crate::timeline::version_of;
use crate::{wire, write};

/// Most pages of one history: a cart's 10,000 events, should each come in a page of its own.
const PAGES_MAX: u32 = 10_001;

/// One cart as one client has it. Moments (`now`, `until`) are milliseconds since 1970; what is given back are plain
/// objects with the members that the API's JSON has.
#[wasm_bindgen]
#[derive(Debug)]
pub struct CartSession {
    session: Session,
    /// What was shown last, and at which revision: the same object until that moves.
    shown: Option<(u64, JsValue)>,
}

/// What became of a command that was dispatched, or is tried again.
#[derive(Serialize)]
#[serde(rename_all = "snake_case", tag = "status")]
enum Dispatched<'a> {
    Applied,
    Noop,
    Again,
    Refused { code: &'static str, details: &'a CartRefusal },
    QueueFull { max: usize },
    UpdateNeeded,
    Unknown,
}

#[wasm_bindgen]
impl CartSession {
    /// A session of a cart of which nothing is known yet. `reducer` names this build's, as replies name the server's.
    #[wasm_bindgen(constructor)]
    pub fn new(cart: &str, reducer: &str) -> Result<Self, Failure> {
        let cart: StreamId = cart.parse().map_err(|_| argument("cart"))?;
        Ok(Self { session: Session::new(cart, reducer), shown: None })
    }

    /// Moves when something in the snapshot changed, and only then.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn revision(&self) -> f64 {
        write::number(self.session.revision())
    }

    /// All that can be seen, with its `revision`: the same object until that moves. Not to be changed by who gets it.
    pub fn snapshot(&mut self) -> Result<JsValue, Failure> {
        let revision = self.session.revision();
        if let Some((_, shown)) = self.shown.as_ref().filter(|(shown_at, _)| *shown_at == revision) {
            return Ok(shown.clone());
        }
        let snapshot = write::value(&self.session.snapshot())?;
        write::set(&snapshot, "revision", &write::number(revision).into());
        self.shown = Some((revision, snapshot.clone()));
        Ok(snapshot)
    }

    /// Takes a command `{type, data}`, or says at once why not: `{status}` is `applied`, `noop` (already so), `again`
    /// (taken before), `refused` with the server's own `code` and `details`, `queue_full` with `max`, or `update_needed`.
    pub fn dispatch(&mut self, command: &JsValue, id: &str, now: f64) -> Result<JsValue, Failure> {
        let id = command_id(id)?;
        let request = wire::request(command).map_err(|misfit| misfit.under("command"))?;
        let taken = self.session.dispatch(id, request, moment(now));
        dispatched(&taken)
    }

    /// Tries a refused command again; `{status}` as of `dispatch`, or `unknown` when there is no such command any more.
    pub fn retry(&mut self, id: &str, now: f64) -> Result<JsValue, Failure> {
        let taken = self.session.retry(command_id(id)?, moment(now));
        dispatched(&taken)
    }

    /// Gives up a command that was refused or never sent: `discarded`, `sent` when it was sent and may be done, or
    /// `unknown` when there is no such command any more.
    pub fn discard(&mut self, id: &str) -> Result<String, Failure> {
        let said = match self.session.discard(command_id(id)?) {
            Ok(()) => "discarded",
            Err(NotDiscarded::Sent) => "sent",
            Err(NotDiscarded::Unknown) => "unknown",
        };
        Ok(said.to_owned())
    }

    /// The next batch, `{attempt, failures, commands}`, which is then on its way: exactly one of `answered`, `failed` and
    /// `rejected` must follow. The commands are a request's. Undefined when there is nothing to send now.
    #[wasm_bindgen(js_name = nextToSend)]
    pub fn next_to_send(&mut self, now: f64) -> Result<JsValue, Failure> {
        let Some(Batch { attempt, ids, failures }) = self.session.next_to_send(moment(now)) else {
            return Ok(JsValue::UNDEFINED);
        };
        let commands = Array::new();
        for id in ids {
            let Some(request) = self.session.request(id) else { continue };
            let command = write::value(request)?;
            write::set(&command, "command_id", &write::value(&id)?);
            commands.push(&command);
        }
        let batch = js_sys::Object::new().into();
        write::set(&batch, "attempt", &write::number(attempt).into());
        write::set(&batch, "failures", &failures.into());
        write::set(&batch, "commands", &commands);
        Ok(batch)
    }

    /// Takes the reply to a batch, as the API writes it: `{applied, missing_after}`. One that cannot be read counts as
    /// failed before the error is thrown, so its commands go again.
    pub fn answered(&mut self, attempt: f64, reply: &JsValue) -> Result<JsValue, Failure> {
        let attempt = version_of(attempt).ok_or_else(|| argument("attempt"))?;
        let reply = wire::reply(attempt, reply).map_err(|misfit| {
            self.session.failed(attempt, Certainty::Unknown);
            misfit.under("reply")
        })?;
        Ok(write::value(&self.session.answered(&reply)?)?)
    }

    /// The attempt came to nothing. `maybe_done`: it may have been done all the same, as after a time-out, a broken
    /// connection, an error of the server; false when the server said that it did nothing, or was never reached.
    pub fn failed(&mut self, attempt: f64, maybe_done: bool) -> Result<(), Failure> {
        let attempt = version_of(attempt).ok_or_else(|| argument("attempt"))?;
        let certainty = if maybe_done { Certainty::Unknown } else { Certainty::NotDone };
        self.session.failed(attempt, certainty);
        Ok(())
    }

    /// The server turned the request away as a whole, for good, and `said` why: `{code, message, details}`.
    pub fn rejected(&mut self, attempt: f64, said: &JsValue) -> Result<(), Failure> {
        let attempt = version_of(attempt).ok_or_else(|| argument("attempt"))?;
        let said = wire::said(said, read::json).map_err(|misfit| {
            self.session.failed(attempt, Certainty::NotDone);
            misfit.under("said")
        })?;
        self.session.rejected(attempt, &said);
        Ok(())
    }

    /// Sends nothing before this moment.
    pub fn pause(&mut self, until: f64) {
        self.session.pause(moment(until));
    }

    /// Ends a pause.
    pub fn resume(&mut self) {
        self.session.resume();
    }

    /// When the next batch may go, if there is a pause.
    #[wasm_bindgen(getter, js_name = pausedUntil)]
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "a moment's milliseconds are within 53 bits")]
    pub fn paused_until(&self) -> Option<f64> {
        self.session.paused_until().map(|until| until.unix_ms() as f64)
    }

    /// Takes a list of events as the API writes them, in any order and as often as they come: `{applied, missing_after}`.
    pub fn confirm(&mut self, events: &JsValue) -> Result<JsValue, Failure> {
        let events = wire::events(events).map_err(|misfit| misfit.under("events"))?;
        Ok(write::value(&self.session.confirm(&events)?)?)
    }

    /// Takes a page of events in packed form: `{applied, missing_after}`. Bytes that are damaged change nothing.
    #[wasm_bindgen(js_name = confirmPacked)]
    pub fn confirm_packed(&mut self, history: &[u8]) -> Result<JsValue, Failure> {
        Ok(write::value(&self.session.confirm_packed(&History::open(history)?)?)?)
    }

    /// Puts all events of the cart, as packed pages from the first one on, in the place of those that were confirmed.
    pub fn rebuild(&mut self, pages: &JsValue) -> Result<JsValue, Failure> {
        let pages = read::list(pages, PAGES_MAX, read::bytes).map_err(|misfit| misfit.under("pages"))?;
        let histories = pages.iter().map(|page| History::open(page)).collect::<Result<Vec<_>, _>>()?;
        Ok(write::value(&self.session.rebuild(&histories)?)?)
    }

    /// The version after which events are to be fetched, when the server is known to be further.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn missing(&self) -> Option<f64> {
        self.session.missing().map(write::number)
    }

    /// Takes the shop's prices and discount rules, as the API serves them, or null for none.
    #[wasm_bindgen(js_name = setCatalogue)]
    pub fn set_catalogue(&mut self, catalogue: &JsValue) -> Result<(), Failure> {
        let read = serde::Deserialize::deserialize(Js::new(catalogue));
        let catalogue = read.map_err(|misfit: Misfit| misfit.under("catalogue"))?;
        self.session.set_catalogue(catalogue);
        Ok(())
    }

    /// What is to be written, in one transaction: `{ticket, rows, removed, settled_through}`; undefined when everything
    /// is.
    pub fn unsaved(&mut self) -> Result<JsValue, Failure> {
        let Some(unsaved) = self.session.unsaved() else { return Ok(JsValue::UNDEFINED) };
        Ok(write::value(&Writing::of(&unsaved))?)
    }

    /// What `unsaved` gave with this ticket was written.
    pub fn saved(&mut self, ticket: f64) -> Result<(), Failure> {
        let ticket = version_of(ticket).ok_or_else(|| argument("ticket"))?;
        self.session.saved(ticket);
        Ok(())
    }

    /// Takes all rows of the storage, and the version that is kept beside them. When one cannot be read none is taken.
    pub fn merge(&mut self, rows: &JsValue, settled_through: f64) -> Result<(), Failure> {
        let settled_through = version_of(settled_through).ok_or_else(|| argument("settled_through"))?;
        let rows = rows::rows(rows).map_err(|misfit| misfit.under("rows"))?;
        self.session.merge(rows, settled_through);
        Ok(())
    }

    /// Settlements after the `nth`, oldest first.
    #[wasm_bindgen(js_name = settledAfter)]
    pub fn settled_after(&self, nth: f64) -> Result<JsValue, Failure> {
        let nth = version_of(nth).ok_or_else(|| argument("nth"))?;
        let settled: Vec<&Settlement> = self.session.settled_after(nth).collect();
        Ok(write::value(&settled)?)
    }

    /// The confirmed cart at a version: null before it was opened, undefined when it never came that far.
    pub fn at(&self, version: f64) -> Result<JsValue, Failure> {
        let view = version_of(version).and_then(|version| self.session.at(version));
        view.map_or(Ok(JsValue::UNDEFINED), |view| Ok(write::value(&view)?))
    }

    /// What must be done to the cart at `from` to get the one at `to`, as a list of `{path, from, to}`; undefined when it
    /// never came that far.
    pub fn diff(&self, from: f64, to: f64) -> Result<JsValue, Failure> {
        let versions = version_of(from).zip(version_of(to));
        let changes = versions.and_then(|(from, to)| self.session.diff(from, to));
        changes.map_or(Ok(JsValue::UNDEFINED), |changes| Ok(write::value(&changes)?))
    }

    /// The confirmed events after a version as a packed history.
    pub fn history(&self, after: f64) -> Result<Vec<u8>, Failure> {
        let after = version_of(after).ok_or_else(|| argument("after"))?;
        Ok(self.session.packed(after)?)
    }
}

fn argument(name: &'static str) -> Misfit {
    Misfit::new(Misfit::WRONG_VALUE).under(name)
}

/// The id of a command; the nil UUID names none.
fn command_id(text: &str) -> Result<CommandId, Misfit> {
    let id: Option<CommandId> = text.parse().ok();
    id.filter(|id| !id.is_nil()).ok_or_else(|| argument("id"))
}

#[allow(clippy::cast_possible_truncation, reason = "the cast holds it at the ends, and from_unix_ms within the years")]
fn moment(ms: f64) -> Timestamp {
    Timestamp::from_unix_ms(ms as i64)
}

fn dispatched(taken: &Result<Taken, NotTaken>) -> Result<JsValue, Failure> {
    Ok(write::value(&match taken {
        Ok(Taken::Applied) => Dispatched::Applied,
        Ok(Taken::Noop) => Dispatched::Noop,
        Ok(Taken::Again) => Dispatched::Again,
        Err(NotTaken::Refused(details)) => Dispatched::Refused { code: details.code(), details },
        Err(NotTaken::QueueFull { max }) => Dispatched::QueueFull { max: *max },
        Err(NotTaken::UpdateNeeded) => Dispatched::UpdateNeeded,
        Err(NotTaken::Unknown) => Dispatched::Unknown,
        Err(NotTaken::NilId) => return Err(argument("id").into()),
    })?)
}
