//! Histories as bytes: compact, read in place, and the same everywhere. What crosses into wasm, what the API sends as
//! [`MEDIA_TYPE`], what lies in `*.timeline.bin`.
//!
//! **The layout is an ABI.** It has a version of its own ([`LAYOUT_VERSION`]); a change to any line below is a new
//! version, and `tests/vectors/packed` holds bytes of every version ever released. All of it is postcard of types that
//! exist for this alone: every field is always present, nothing is tagged by name, nothing is left out. An unsigned
//! integer is a varint, a signed one its zigzag varint, a text or bytes their length and themselves, a UUID 16 bytes
//! after their length, an option one byte 0 or 1 and then the value, an alternative its number and then its fields.
//!
//! | place | bytes | what |
//! |---|---|---|
//! | start | 8 | `tillroll` |
//! | | 1 | layout version, 1 |
//! | header | varint | length of what follows, 1..=[`FRAME_BYTES_MAX`] |
//! | | | stream: UUID · after: version before the first event here · beside: bytes that a host keeps beside the events |
//! | each event | varint | length of what follows, 1..=[`FRAME_BYTES_MAX`] |
//! | | | content: 0 known (the aggregate's event, see below), 1 unknown (name: text, data: JSON as bytes) |
//! | | | stored: option of bytes: the data as JSON, where this build would write it otherwise |
//! | | | circumstances: event id: UUID · source: option of text · happened at, recorded at: option of signed milliseconds since 1970 · command: option of (UUID, hash: u64) · correlation id, causation id, traceparent, actor, reducer: option of text · schema version: u32 |
//! | end | 1 | 0: a length that no frame has |
//! | | 8 | xxh3-64 of everything before these 8 bytes, little-endian |
//!
//! The events of a cart, by number. `cart` is an option of UUID: none when it is the stream's own, as it always should.
//!
//! | | event | fields |
//! |---|---|---|
//! | 0 | `CartOpened` | cart · currency, owner ref, token hash: option of text |
//! | 1 | `CartClaimed` | cart · owner ref: text |
//! | 2 | `ItemAdded` | cart · item name: text · sku: option of text · quantity: u64 · price: option of (minor: u64, per: u64) |
//! | 3 | `ItemQuantityChanged` | cart · sku: text · quantity: u64 |
//! | 4 | `ItemRemoved` | cart · sku: text |
//! | 5 | `DiscountApplied` | cart · code: text · rule: 0 percent off (basis points: u64), 1 amount off (minor: u64), each then sku: option of text · least subtotal: option of u64 |
//! | 6 | `DiscountRemoved` | cart · code: text |
//! | 7 | `CartClosed` | cart · reason: option of 0 checked out, 1 abandoned, 2 discarded |
//!
//! An event's version is not written: it is the header's `after` and its place, so a hole cannot be expressed.
//! Reading trusts nothing: no bytes make it panic, and what it allocates is bounded by one frame, whatever a length
//! claims.

pub mod bytes;
mod cart;
mod error;
mod frame;
mod incoming;
mod layout;
mod read;
mod write;

use alloc::vec::Vec;

use bytes::{Read, Reader, Sink};
pub use error::{PackedError, PackedErrorKind, Unpackable};
pub use frame::{Frame, Frames, Noted};
pub(crate) use frame::{Marked, read_content, write_content};
pub use incoming::Incoming;
pub(crate) use layout::Marks;
pub use read::{Entries, History};
pub use write::Writer;
pub(crate) use write::pack;

use crate::aggregate::Aggregate;
use crate::id::StreamId;
use crate::recorded::Circumstances;

/// The first bytes of a packed history.
pub const MAGIC: [u8; 8] = *b"tillroll";
/// Version of the layout that this build writes and reads.
pub const LAYOUT_VERSION: u8 = 1;
/// Largest header and largest event. An item of the event table has at most 400 KB, and packing makes it smaller; what
/// claims to be larger is damaged, and nobody reserves memory for it.
pub const FRAME_BYTES_MAX: usize = 1 << 20;
/// Media type of a packed history.
pub const MEDIA_TYPE: &str = "application/vnd.tillroll.packed";

/// An aggregate whose events have a packed layout.
pub trait Packed: Aggregate {
    /// An event whose texts lie in the bytes it was read from.
    type Borrowed<'a>;

    /// Reads the event as it stands in a history of `stream`.
    fn read<'a>(stream: StreamId, from: &mut Reader<'a>) -> Read<Self::Borrowed<'a>>;

    /// Writes an event of `stream` as [`read`](Self::read) reads it. Fixed: part of the ABI.
    fn write(stream: StreamId, event: &Self::Event, to: &mut Sink);

    /// The event with texts of its own.
    fn own(event: &Self::Borrowed<'_>) -> Self::Event;

    /// [`Aggregate::evolve`] by an event that is only borrowed.
    fn evolve_borrowed(&mut self, event: &Self::Borrowed<'_>);

    /// How many parts a copy of the state has, each of which takes about as long as folding an event.
    fn parts(&self) -> u64;
}

/// What a packed history says before its events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The stream whose events follow.
    pub stream: StreamId,
    /// Version of the event before the first one here; 0 when the history begins at its beginning.
    pub after: u64,
    /// What a host keeps beside the events, in its own format; mostly nothing.
    pub beside: Vec<u8>,
}

/// What happened, in a packed history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content<'a, E> {
    /// An event of the aggregate.
    Known(E),
    /// An event of a newer build.
    Unknown {
        /// Its stored name.
        name: &'a str,
        /// Its stored data as JSON.
        data: &'a [u8],
    },
}

/// One event of a packed history with all that was recorded.
#[derive(Clone, Debug)]
pub struct Entry<'a, E> {
    /// Its place in the stream.
    pub version: u64,
    /// What happened.
    pub content: Content<'a, E>,
    /// The data as it is stored, as JSON, where this build would write it otherwise: members it does not know,
    /// members that were left out.
    pub stored: Option<&'a [u8]>,
    /// Ids, times, causes.
    pub circumstances: Circumstances,
}
