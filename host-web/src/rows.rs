//! The queue as rows of a storage: plain objects that a browser keeps as they are. What they hold is the core's matter;
//! a host keeps, sorts and removes them by `id`.

use serde::{Serialize, Serializer};
use tillroll_core::cart::CartRequest;
use tillroll_core::id::CommandId;
use tillroll_core::session::{Said, Saved, SavedStage, Unsaved};
use tillroll_core::time::Timestamp;
use wasm_bindgen::JsValue;

use crate::error::Misfit;
use crate::read::{bytes, list, member, text, truth, whole};
use crate::wire;

/// Most rows of one storage: the full queues of forty tabs.
const ROWS_MAX: u32 = 20_000;

/// What is to be written, as an object.
#[derive(Serialize)]
pub(crate) struct Writing<'a> {
    ticket: u64,
    rows: Vec<Row<'a>>,
    removed: &'a [CommandId],
    settled_through: u64,
}

#[derive(Serialize)]
struct Row<'a> {
    id: CommandId,
    place: u64,
    dispatched_at_ms: i64,
    request: &'a CartRequest,
    stage: Stage<'a>,
    meant: Bytes<'a>,
    became: Bytes<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case", tag = "stage")]
enum Stage<'a> {
    Waiting,
    Doubtful,
    Answered { version: u64, noop: bool },
    Refused(&'a Said),
}

struct Bytes<'a>(&'a [u8]);

impl Serialize for Bytes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

impl<'a> Writing<'a> {
    pub(crate) fn of(unsaved: &'a Unsaved) -> Self {
        Self {
            ticket: unsaved.ticket,
            rows: unsaved.rows.iter().map(Row::of).collect(),
            removed: &unsaved.removed,
            settled_through: unsaved.settled_through,
        }
    }
}

impl<'a> Row<'a> {
    fn of(saved: &'a Saved) -> Self {
        let stage = match &saved.stage {
            SavedStage::Waiting => Stage::Waiting,
            SavedStage::Doubtful => Stage::Doubtful,
            SavedStage::Answered { version, noop } => Stage::Answered { version: *version, noop: *noop },
            SavedStage::Refused(said) => Stage::Refused(said),
        };
        Self {
            id: saved.id,
            place: saved.place,
            dispatched_at_ms: saved.dispatched_at.unix_ms(),
            request: &saved.request,
            stage,
            meant: Bytes(&saved.meant),
            became: Bytes(&saved.became),
        }
    }
}

/// All rows of a storage.
pub(crate) fn rows(value: &JsValue) -> Result<Vec<Saved>, Misfit> {
    list(value, ROWS_MAX, row)
}

fn row(value: &JsValue) -> Result<Saved, Misfit> {
    let moment = |value: &JsValue| {
        let ms = value.as_f64().and_then(crate::read::integer);
        ms.map(Timestamp::from_unix_ms).ok_or(Misfit::new(Misfit::WRONG_TYPE))
    };
    Ok(Saved {
        id: member(value, "id", crate::read::parsed)?,
        place: member(value, "place", whole)?,
        dispatched_at: member(value, "dispatched_at_ms", moment)?,
        request: member(value, "request", wire::request)?,
        stage: member(value, "stage", stage)?,
        meant: member(value, "meant", bytes)?,
        became: member(value, "became", bytes)?,
    })
}

fn stage(value: &JsValue) -> Result<SavedStage, Misfit> {
    Ok(match member(value, "stage", text)?.as_str() {
        "waiting" => SavedStage::Waiting,
        "doubtful" => SavedStage::Doubtful,
        "answered" => {
            SavedStage::Answered { version: member(value, "version", whole)?, noop: member(value, "noop", truth)? }
        }
        // Its details are JSON text already.
        "refused" => SavedStage::Refused(wire::said(value, text)?),
        _ => return Err(Misfit::new(Misfit::WRONG_VALUE).under("stage")),
    })
}
