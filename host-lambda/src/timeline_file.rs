//! Timeline files: the whole life of one cart in a file that can be sent to somebody, opened without any running system,
//! and kept as a test.
//!
//! * `*.timeline.json`: `{"header", "events", "annotations"?, "client_records"?}`, a line for each event (`CloudEvents`,
//!   as everywhere)
//! * `*.timeline.bin`: a packed history, with everything but the events beside them as the same JSON
//!
//! A file whose header says `hypothetical` tells what would have become of a cart. It is for looking at: nothing stores
//! events from a file, and a build that does not know the member refuses the file.
//!
//! Both are read strictly. What a later version may add to the header has a meaning that this build would miss, so an
//! unknown member is an error; a file is one cart from its first event on, without holes.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tillroll_core::cart::Cart;
use tillroll_core::id::{CommandId, StreamId};
use tillroll_core::packed::{Header, History, MAGIC, PackedError};
use tillroll_core::time::Timestamp;

use crate::packing::{NotARecord, NotPackable, pack, record_of};
use crate::record::EventRecord;

/// Version of the file's format.
pub const FORMAT_VERSION: u32 = 1;
/// Largest file: a million events as JSON, with room. It is read into memory.
pub const FILE_BYTES_MAX: u64 = 2 << 30;

/// A cart's life, and what people and clients noted beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct TimelineFile {
    /// The cart.
    pub cart: StreamId,
    /// When it was written; none for a packed answer of the API that was saved as a file.
    pub exported_at: Option<Timestamp>,
    /// What was left out or masked, as pointers into events.
    pub redactions: Vec<String>,
    /// That none of it happened so, and what was asked; none for a life as it was.
    pub hypothetical: Option<Hypothetical>,
    /// All events from the first one on; at least one.
    pub events: Vec<EventRecord>,
    /// What people noted.
    pub annotations: Vec<Annotation>,
    /// What a client knew that the server did not record.
    pub client_records: Vec<ClientRecord>,
}

/// What was asked of a cart's life.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hypothetical {
    /// What the events behind the first edit are.
    pub mode: HypotheticalMode,
    /// The newest version of the life as it was.
    pub recorded_version: u64,
    /// The edits, as whoever asked has them.
    pub edits: Vec<Value>,
}

/// What the events behind the first edit are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HypotheticalMode {
    /// Facts, that folded.
    AsItIs,
    /// Answers to commands, that were decided again.
    DecideAgain,
}

/// A note on a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Annotation {
    /// The version it is about.
    pub version: u64,
    /// What it says.
    pub text: String,
    /// Who says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

/// A command as a client saw it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientRecord {
    /// What had become of it.
    pub status: ClientStatus,
    /// The command.
    pub command_id: CommandId,
    /// Its name.
    pub r#type: String,
    /// Its data.
    pub data: Value,
    /// The version it was decided on.
    pub version: u64,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// The code of a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The details of a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<Value>,
}

/// What had become of a client's command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientStatus {
    /// Not answered yet.
    Pending,
    /// The domain said no.
    Refused,
    /// Decided again on other events than at first.
    Rebased,
}

/// Bytes that are no timeline file, or not a whole one.
#[derive(Debug, thiserror::Error)]
pub enum NotATimeline {
    /// Neither form.
    #[error("it is no timeline file: it begins neither with {{ nor as a packed history does")]
    Neither,
    /// The JSON does not read. Line and column are in the source.
    #[error("the timeline file does not read")]
    Json(#[from] serde_json::Error),
    /// The packed history does not read. The place is in the source.
    #[error("the timeline file does not read")]
    Packed(#[from] PackedError),
    /// What stands beside a packed history does not read.
    #[error("what stands beside the packed events does not read")]
    Beside(#[source] serde_json::Error),
    /// An event of a packed history does not read.
    #[error("an event of the timeline file does not read")]
    Record(#[from] NotARecord),
    /// Written by a newer build.
    #[error("its format has version {0}, and this build reads version {FORMAT_VERSION}: use the build that wrote it")]
    Format(u32),
    /// There is nothing in it.
    #[error("it has no events: a timeline begins with its cart's first event")]
    Empty,
    /// An event is somebody else's.
    #[error("event {place} is of cart {found}, and the file is of cart {cart}: a file holds one cart")]
    ForeignEvent {
        /// Which event of the file, from 1.
        place: u64,
        /// The cart of the file.
        cart: StreamId,
        /// The cart of the event.
        found: StreamId,
    },
    /// The versions do not follow each other from 1.
    #[error("version {expected} is missing: after version {newest} comes {found}; export the cart again")]
    Hole {
        /// Version of the event before.
        newest: u64,
        /// The version that should come.
        expected: u64,
        /// The version that comes.
        found: u64,
    },
}

/// A header as JSON.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileHeader {
    format_version: u32,
    cart_id: StreamId,
    exported_at: Option<Timestamp>,
    #[serde(default)]
    redactions: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hypothetical: Option<Hypothetical>,
}

/// The file as JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    header: FileHeader,
    events: Vec<EventRecord>,
    #[serde(default)]
    annotations: Vec<Annotation>,
    #[serde(default)]
    client_records: Vec<ClientRecord>,
}

/// What stands beside packed events.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Beside {
    header: FileHeader,
    #[serde(default)]
    annotations: Vec<Annotation>,
    #[serde(default)]
    client_records: Vec<ClientRecord>,
}

/// As much of a file as every version of the format has.
#[derive(Deserialize)]
struct AnyVersion {
    header: AnyHeader,
}

#[derive(Deserialize)]
struct AnyHeader {
    format_version: u32,
}

impl TimelineFile {
    /// A cart's events, exported now.
    #[must_use]
    pub fn new(cart: StreamId, exported_at: Timestamp, events: Vec<EventRecord>) -> Self {
        let exported_at = Some(exported_at);
        let (redactions, annotations, client_records) = (Vec::new(), Vec::new(), Vec::new());
        Self { cart, exported_at, redactions, hypothetical: None, events, annotations, client_records }
    }

    /// Reads either form.
    pub fn read(bytes: &[u8]) -> Result<Self, NotATimeline> {
        let file = if bytes.starts_with(&MAGIC) {
            Self::from_packed(bytes)?
        } else if bytes.trim_ascii_start().starts_with(b"{") {
            Self::from_json(bytes)?
        } else {
            return Err(NotATimeline::Neither);
        };
        file.check()?;
        Ok(file)
    }

    fn from_json(bytes: &[u8]) -> Result<Self, NotATimeline> {
        let document: Document = serde_json::from_slice(bytes).map_err(|error| newer(bytes).unwrap_or(error.into()))?;
        let Document { header, events, annotations, client_records } = document;
        Self::of(header, events, annotations, client_records)
    }

    fn from_packed(bytes: &[u8]) -> Result<Self, NotATimeline> {
        let history = History::open(bytes)?;
        let Header { stream, after, beside } = history.header();
        if *after != 0 {
            let found = after.saturating_add(1);
            return Err(NotATimeline::Hole { newest: 0, expected: 1, found });
        }
        let mut events = Vec::new();
        for entry in history.entries::<Cart>() {
            events.push(record_of(*stream, entry?)?);
        }
        if beside.is_empty() {
            let header = FileHeader {
                format_version: FORMAT_VERSION,
                cart_id: *stream,
                exported_at: None,
                redactions: Vec::new(),
                hypothetical: None,
            };
            return Self::of(header, events, Vec::new(), Vec::new());
        }
        let read = serde_json::from_slice(beside);
        let Beside { header, annotations, client_records } =
            read.map_err(|error| newer(beside).unwrap_or(NotATimeline::Beside(error)))?;
        Self::of(header, events, annotations, client_records)
    }

    fn of(
        header: FileHeader,
        events: Vec<EventRecord>,
        annotations: Vec<Annotation>,
        client_records: Vec<ClientRecord>,
    ) -> Result<Self, NotATimeline> {
        let FileHeader { format_version, cart_id: cart, exported_at, redactions, hypothetical } = header;
        if format_version != FORMAT_VERSION {
            return Err(NotATimeline::Format(format_version));
        }
        Ok(Self { cart, exported_at, redactions, hypothetical, events, annotations, client_records })
    }

    fn check(&self) -> Result<(), NotATimeline> {
        if self.events.is_empty() {
            return Err(NotATimeline::Empty);
        }
        for (expected, event) in (1..).zip(&self.events) {
            if event.stream != self.cart {
                return Err(NotATimeline::ForeignEvent { place: expected, cart: self.cart, found: event.stream });
            }
            if event.version != expected {
                return Err(NotATimeline::Hole { newest: expected - 1, expected, found: event.version });
            }
        }
        Ok(())
    }

    /// The file as JSON.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let mut json = b"{\"header\":".to_vec();
        json.extend(written(&self.header()));
        json.extend(b",\n\"events\":[");
        for (place, event) in self.events.iter().enumerate() {
            json.extend(if place == 0 { &b"\n"[..] } else { b",\n" });
            json.extend(event.to_json());
        }
        json.extend(b"\n]");
        json.extend(self.notes());
        json.extend(b"}\n");
        json
    }

    /// The file packed.
    pub fn to_packed(&self) -> Result<Vec<u8>, NotPackable> {
        let mut beside = b"{\"header\":".to_vec();
        beside.extend(written(&self.header()));
        beside.extend(self.notes());
        beside.push(b'}');
        pack(&Header { stream: self.cart, after: 0, beside }, &self.events)
    }

    fn header(&self) -> FileHeader {
        let (redactions, hypothetical) = (self.redactions.clone(), self.hypothetical.clone());
        let (format_version, cart_id, exported_at) = (FORMAT_VERSION, self.cart, self.exported_at);
        FileHeader { format_version, cart_id, exported_at, redactions, hypothetical }
    }

    /// What was noted, as further members; what was not is not there.
    fn notes(&self) -> Vec<u8> {
        let mut notes = Vec::new();
        if !self.annotations.is_empty() {
            notes.extend(b",\n\"annotations\":");
            notes.extend(written(&self.annotations));
        }
        if !self.client_records.is_empty() {
            notes.extend(b",\n\"client_records\":");
            notes.extend(written(&self.client_records));
        }
        notes
    }
}

fn written<T: Serialize>(value: &T) -> Vec<u8> {
    // Strings, integers and maps with string keys always serialize.
    serde_json::to_vec(value).unwrap_or_default()
}

/// Whether JSON that did not read is of another version of the format.
fn newer(bytes: &[u8]) -> Option<NotATimeline> {
    let any: AnyVersion = serde_json::from_slice(bytes).ok()?;
    let version = any.header.format_version;
    (version != FORMAT_VERSION).then_some(NotATimeline::Format(version))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use std::error::Error;

    use serde_json::json;

    use super::*;

    const CART: &str = "00000000-0000-4000-8000-000000000001";

    fn event(version: u64, cart: &str) -> Value {
        json!({
            "specversion": "1.0", "id": "00000000-0000-4000-8000-000000000009", "source": "tillroll:api",
            "type": "tillroll.cart.ItemRemoved", "subject": cart, "time": "2017-07-14T02:40:00Z",
            "datacontenttype": "application/json", "sequence": version, "schemaversion": 1,
            "data": {"shopping_cart_uuid": cart, "sku": "tea"},
        })
    }

    fn document(events: &[Value]) -> Value {
        let header = json!({"format_version": 1, "cart_id": CART, "exported_at": "2017-07-14T02:40:00Z", "redactions": ["/owner_ref"]});
        json!({
            "header": header,
            "events": events,
            "annotations": [{"version": 1, "text": "here", "author": "ada"}],
            "client_records": [{
                "status": "refused", "command_id": "00000000-0000-4000-8000-000000000008", "type": "AddItem",
                "data": {"item_name": "milk"}, "version": 1, "code": "invalid_quantity", "details": {"min": 1},
            }],
        })
    }

    fn whole() -> TimelineFile {
        TimelineFile::read(document(&[event(1, CART), event(2, CART)]).to_string().as_bytes()).unwrap()
    }

    /// The error with its causes.
    fn said(bytes: &[u8]) -> String {
        let error = TimelineFile::read(bytes).unwrap_err();
        std::iter::successors(Some(&error as &dyn Error), |error| (*error).source())
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(": ")
    }

    #[test]
    fn both_forms_hold_the_same() {
        let file = whole();
        assert_eq!((file.events.len(), file.annotations.len(), file.client_records.len()), (2, 1, 1));
        assert_eq!(TimelineFile::read(&file.to_json()).unwrap(), file);
        assert_eq!(TimelineFile::read(&file.to_packed().unwrap()).unwrap(), file);
        assert_eq!(TimelineFile::read(&file.to_packed().unwrap()).unwrap().to_json(), file.to_json());
    }

    #[test]
    fn a_life_that_never_was_says_so_in_both_forms() {
        let mut document = document(&[event(1, CART)]);
        assert_eq!(whole().hypothetical, None);
        assert!(!String::from_utf8(whole().to_json()).unwrap().contains("hypothetical"));
        let asked =
            json!({"mode": "decide_again", "recorded_version": 4, "edits": [{"edit": "fork", "version": 1}, "any"]});
        document["header"]["hypothetical"] = asked.clone();
        let file = TimelineFile::read(document.to_string().as_bytes()).unwrap();
        assert_eq!(file.hypothetical.as_ref().unwrap().mode, HypotheticalMode::DecideAgain);
        assert_eq!(TimelineFile::read(&file.to_json()).unwrap(), file);
        assert_eq!(TimelineFile::read(&file.to_packed().unwrap()).unwrap(), file);
        document["header"]["hypothetical"]["mode"] = json!("maybe");
        assert!(said(document.to_string().as_bytes()).contains("unknown variant `maybe`"));
    }

    #[test]
    fn an_exported_cart_has_a_line_for_each_event() {
        let file = TimelineFile::new(CART.parse().unwrap(), Timestamp::UNIX_EPOCH, whole().events);
        let text = String::from_utf8(file.to_json()).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 5, "{text}");
        assert!(lines[0].starts_with("{\"header\":{\"format_version\":1,\"cart_id\":") && lines[4] == "]}", "{text}");
    }

    #[test]
    fn a_packed_answer_of_the_api_is_a_file() {
        let file = TimelineFile {
            exported_at: None,
            ..TimelineFile::new(CART.parse().unwrap(), Timestamp::MIN, whole().events)
        };
        let header = Header { stream: file.cart, after: 0, beside: Vec::new() };
        assert_eq!(TimelineFile::read(&pack(&header, &file.events).unwrap()).unwrap(), file);
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said_by_name_and_place() {
        let other = "00000000-0000-4000-8000-000000000002";
        let with = |pointer: &str, value: Value| {
            let mut document = document(&[event(1, CART)]);
            let (parent, member) = pointer.rsplit_once('/').unwrap();
            document.pointer_mut(parent).unwrap().as_object_mut().unwrap().insert(member.to_owned(), value);
            document.to_string()
        };
        let pretty = serde_json::to_string_pretty(&document(&[json!({"id": 7})])).unwrap();
        let page = pack(&Header { stream: CART.parse().unwrap(), after: 1, beside: Vec::new() }, &whole().events[1..]);
        let cut = whole().to_packed().unwrap();
        for (bytes, parts) in [
            (b"cart,sku\n".to_vec(), &["no timeline file"][..]),
            (Vec::new(), &["no timeline file"]),
            (b"{\"header\":".to_vec(), &["EOF", "line 1"]),
            (pretty.into_bytes(), &["line ", "column "]),
            (with("/header/colour", json!("red")).into_bytes(), &["unknown field `colour`", "line 1"]),
            (with("/more", json!([])).into_bytes(), &["unknown field `more`"]),
            (with("/header/format_version", json!(2)).into_bytes(), &["version 2", "use the build that wrote it"]),
            (with("/events", json!([])).into_bytes(), &["no events"]),
            (document(&[event(1, CART), event(2, other)]).to_string().into_bytes(), &["event 2 is of cart", other]),
            (document(&[event(1, CART), event(3, CART)]).to_string().into_bytes(), &["version 2 is missing"]),
            (document(&[event(2, CART)]).to_string().into_bytes(), &["version 1 is missing"]),
            (page.unwrap(), &["version 1 is missing"]),
            (cut[..cut.len() - 3].to_vec(), &["byte ", "cut off"]),
        ] {
            let said = said(&bytes);
            assert!(parts.iter().all(|part| said.contains(part)), "{parts:?} in {said}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            let _ = TimelineFile::read(&bytes);
            let _ = TimelineFile::read(&[&MAGIC[..], &bytes].concat());
        }
    }
}
