//! `tests/vectors/packed`: histories and their bytes, one behaviour per file. The bytes are in hexadecimal, a line for
//! the head, one for the header and one for each frame, so that a difference can be seen where it is.

use serde::Deserialize;
use serde_json::Value;
use tillroll_core::aggregate::Event as _;
use tillroll_core::cart::{Cart, CartEvent};
use tillroll_core::id::StreamId;
use tillroll_core::packed::{Content, Header, History, Packed as _, Writer};
use tillroll_core::recorded::Circumstances;

use super::vectors::files;

#[derive(Deserialize)]
struct Vector {
    stream: StreamId,
    after: u64,
    beside: String,
    events: Vec<Given>,
    bytes: Vec<String>,
}

#[derive(Deserialize)]
struct Given {
    name: String,
    data: Value,
    /// The data's JSON text as it is stored, where this build would write it otherwise.
    stored: Option<String>,
    circumstances: Circumstances,
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |digits, byte| format!("{digits}{byte:02x}"))
}

fn lines(vector: &Vector) -> Vec<String> {
    let beside = vector.beside.clone().into_bytes();
    let mut writer = Writer::<Cart>::new(&Header { stream: vector.stream, after: vector.after, beside }).unwrap();
    let begun = writer.take();
    let mut lines = vec![hex(&begun[..9]), hex(&begun[9..])];
    for given in &vector.events {
        let known = CartEvent::deserialize_data(&given.name, &given.data).unwrap();
        let data = given.data.to_string();
        let content = match &known {
            Some(event) => Content::Known(event),
            None => Content::Unknown { name: &given.name, data: data.as_bytes() },
        };
        writer.push(&content, given.stored.as_deref().map(str::as_bytes), &given.circumstances).unwrap();
        lines.push(hex(&writer.take()));
    }
    lines.push(hex(&writer.finish()));
    lines
}

fn bytes(lines: &[String]) -> Vec<u8> {
    let digits = lines.concat();
    (0..digits.len()).step_by(2).map(|place| u8::from_str_radix(&digits[place..place + 2], 16).unwrap()).collect()
}

#[test]
fn packed_vectors() {
    for (path, text) in files("packed") {
        let vector: Vector = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(lines(&vector), vector.bytes, "{}", path.display());

        let bytes = bytes(&vector.bytes);
        let history = History::open(&bytes).unwrap();
        let header = history.header();
        let said = (header.stream, header.after, header.beside.as_slice());
        assert_eq!(said, (vector.stream, vector.after, vector.beside.as_bytes()), "{}", path.display());
        let entries: Vec<_> = history.entries::<Cart>().collect::<Result<_, _>>().unwrap();
        assert_eq!(entries.len(), vector.events.len(), "{}", path.display());
        for ((version, entry), given) in (vector.after + 1..).zip(entries).zip(vector.events) {
            let (name, data) = match entry.content {
                Content::Known(event) => {
                    let event = Cart::own(&event);
                    (event.name().to_owned(), event.serialize_data(serde_json::value::Serializer).unwrap())
                }
                Content::Unknown { name, data } => (name.to_owned(), serde_json::from_slice(data).unwrap()),
            };
            assert_eq!((entry.version, name, data), (version, given.name, given.data), "{}", path.display());
            assert_eq!(entry.stored, given.stored.as_deref().map(str::as_bytes), "{}", path.display());
            assert_eq!(entry.circumstances, given.circumstances, "{}", path.display());
        }
    }
}
