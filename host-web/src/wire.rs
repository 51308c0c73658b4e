//! Commands, replies and events as objects, with the members that the API's JSON has (docs/openapi.json). Members that
//! a newer server adds to replies and events are passed over; of a command, nothing is.

use js_sys::Object;
use tillroll_core::aggregate::Event as _;
use tillroll_core::cart::{CartEvent, CartRequest};
use tillroll_core::hash::Fingerprint;
use tillroll_core::id::CommandId;
use tillroll_core::recorded::{Circumstances, CommandMark, Recorded, Stored};
use tillroll_core::session::{Answer, BATCH_COMMANDS_MAX, Reply, Said, Verdict};
use wasm_bindgen::{JsCast as _, JsValue};

use crate::error::Misfit;
use crate::read::{Js, list, member, optional, parsed, text, whole};

/// Prefix of every event's `CloudEvents` type.
const TYPE_PREFIX: &str = "tillroll.cart.";
/// Most events of one list: ten times as many as a cart takes. A history that long should come packed.
const EVENTS_MAX: u32 = 100_000;
/// Most results of one reply: those of a batch.
#[allow(clippy::cast_possible_truncation, reason = "a constant of two digits")]
const RESULTS_MAX: u32 = BATCH_COMMANDS_MAX as u32;
/// What a command has.
const COMMAND_MEMBERS: [&str; 2] = ["type", "data"];

/// A command, `{type, data}`. Data may be left out where all of its members may.
pub(crate) fn request(value: &JsValue) -> Result<CartRequest, Misfit> {
    let name = member(value, "type", text)?;
    for present in Object::keys(value.unchecked_ref::<Object>()).iter().filter_map(|name| name.as_string()) {
        if !COMMAND_MEMBERS.contains(&present.as_str()) {
            return Err(<Misfit as serde::de::Error>::unknown_field(&present, &COMMAND_MEMBERS));
        }
    }
    let read = |data: &JsValue| CartRequest::deserialize_data(&name, Js::new(data));
    let without = |data: &JsValue| if data.is_undefined() { read(&Object::new()) } else { read(data) };
    member(value, "data", without)?.ok_or(Misfit::new(Misfit::WRONG_VALUE).under("type"))
}

/// The reply to a batch.
pub(crate) fn reply(attempt: u64, value: &JsValue) -> Result<Reply, Misfit> {
    Ok(Reply {
        attempt,
        answers: member(value, "results", |results| list(results, RESULTS_MAX, answer))?,
        version: member(value, "version", whole)?,
        state_hash: optional(value, "state_hash", parsed)?,
        reducer: member(value, "reducer", text)?,
    })
}

/// A list of events.
pub(crate) fn events(value: &JsValue) -> Result<Vec<Recorded<CartEvent>>, Misfit> {
    list(value, EVENTS_MAX, event)
}

/// What the server said of a command that it refused. `details` reads the details into JSON text.
pub(crate) fn said(value: &JsValue, details: impl FnOnce(&JsValue) -> Result<String, Misfit>) -> Result<Said, Misfit> {
    Ok(Said {
        code: member(value, "code", text)?,
        message: optional(value, "message", text)?.unwrap_or_default(),
        details: optional(value, "details", details)?.unwrap_or_else(|| "null".to_owned()),
    })
}

fn answer(value: &JsValue) -> Result<Answer, Misfit> {
    let version = || member(value, "version", whole);
    let verdict = match member(value, "status", text)?.as_str() {
        "accepted" => Verdict::Accepted { version: version()?, events: member(value, "events", events)? },
        "noop" => Verdict::Noop { version: version()? },
        "refused" => Verdict::Refused(said(value, crate::read::json)?),
        "skipped" => Verdict::Skipped,
        _ => return Err(Misfit::new(Misfit::WRONG_VALUE).under("status")),
    };
    Ok(Answer { id: member(value, "command_id", parsed)?, verdict })
}

/// An event as structured `CloudEvents` JSON. Of its circumstances, what a session looks at.
fn event(value: &JsValue) -> Result<Recorded<CartEvent>, Misfit> {
    let name = member(value, "type", |value| {
        let full = text(value)?;
        full.strip_prefix(TYPE_PREFIX).map(str::to_owned).ok_or(Misfit::new(Misfit::WRONG_VALUE))
    })?;
    let known = member(value, "data", |data| CartEvent::deserialize_data(&name, Js::new(data)))?;
    let id: Option<CommandId> = optional(value, "commandid", parsed)?;
    let hash: Option<Fingerprint> = optional(value, "commandhash", parsed)?;
    let circumstances = Circumstances {
        recorded_at: optional(value, "recordedtime", parsed)?,
        command: id.zip(hash).map(|(id, hash)| CommandMark { id, hash }),
        ..Circumstances::bare(member(value, "id", parsed)?)
    };
    Ok(Recorded {
        stream: member(value, "subject", parsed)?,
        version: member(value, "sequence", whole)?,
        event: known.map_or(Stored::Unknown { name }, Stored::Known),
        circumstances,
    })
}
