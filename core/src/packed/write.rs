//! Packing a history, event by event, in pieces that can be sent as they come.

use alloc::vec::Vec;
use core::marker::PhantomData;

use xxhash_rust::xxh3::Xxh3;

use super::bytes::Sink;
use super::frame::write_content;
use super::layout::{Marks, Recording};
use super::{
    Content, FRAME_BYTES_MAX, Frame, Header, LAYOUT_VERSION, MAGIC, Packed, PackedError, PackedErrorKind, Unpackable,
};
use crate::hash::Fingerprint;
use crate::id::StreamId;
use crate::recorded::Circumstances;

/// The length that no frame has.
const END: [u8; 1] = [0];

/// Writes a packed history. Its bytes can be taken in pieces at any time; [`finish`](Self::finish) gives the last one.
#[derive(Clone)]
pub struct Writer<A> {
    stream: StreamId,
    version: u64,
    /// What was written and not yet taken.
    written: Vec<u8>,
    checksum: Xxh3,
    /// Room for the next event.
    body: Vec<u8>,
    aggregate: PhantomData<A>,
}

impl<A: Packed> Writer<A> {
    /// Writes the header.
    pub fn new(header: &Header) -> Result<Self, Unpackable> {
        let mut written = Sink::default();
        begin(header, &mut written)?;
        let mut checksum = Xxh3::new();
        checksum.update(&written.0);
        Ok(Self {
            stream: header.stream,
            version: header.after,
            written: written.0,
            checksum,
            body: Vec::new(),
            aggregate: PhantomData,
        })
    }

    /// Writes the next event. `stored` is its data as JSON where this build would write it otherwise. Fails, writing
    /// nothing, when it is too large for any reader.
    pub fn push(
        &mut self,
        content: &Content<'_, &A::Event>,
        stored: Option<&[u8]>,
        circumstances: &Circumstances,
    ) -> Result<(), Unpackable> {
        let mut body = Sink(core::mem::take(&mut self.body));
        body.0.clear();
        write_content::<A>(self.stream, content, &mut body);
        Recording::write(stored, circumstances, &mut body);
        self.version = self.version.saturating_add(1);
        let written = self.body(&body.0);
        if written.is_err() {
            self.version = self.version.saturating_sub(1);
        }
        self.body = body.0;
        written
    }

    /// Writes the next event as another history has it; how a long history is cut into shorter ones. Fails, writing
    /// nothing, when it is not the event that follows here.
    pub fn copy(&mut self, frame: &Frame<'_>) -> Result<(), PackedError> {
        let next = self.version.saturating_add(1);
        if frame.stream != self.stream || frame.version != next {
            return Err(PackedError { at: frame.at, kind: PackedErrorKind::DoesNotFollow });
        }
        self.version = next;
        self.body(frame.body).map_err(|_| PackedError { at: frame.at, kind: PackedErrorKind::TooLarge })
    }

    /// The bytes written since the last time.
    #[must_use]
    pub fn take(&mut self) -> Vec<u8> {
        core::mem::take(&mut self.written)
    }

    /// Writes the end; the bytes since the last time.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        self.checksum.update(&END);
        self.written.extend(END);
        self.written.extend(self.checksum.digest().to_le_bytes());
        self.written
    }

    fn body(&mut self, body: &[u8]) -> Result<(), Unpackable> {
        let start = self.written.len();
        let mut written = Sink(core::mem::take(&mut self.written));
        let framed = frame(self.version, body, &mut written);
        self.written = written.0;
        self.checksum.update(self.written.get(start..).unwrap_or_default());
        framed
    }
}

/// A whole history of contents that are packed already, with their marks. Its checksum is made at the end, which takes a
/// third of the code that a [`Writer`] needs for taking it piece by piece.
pub(crate) fn pack<'a>(
    header: &Header,
    records: impl Iterator<Item = (&'a [u8], Marks)>,
) -> Result<Vec<u8>, Unpackable> {
    let (mut packed, mut body) = (Sink::default(), Sink::default());
    begin(header, &mut packed)?;
    let mut version = header.after;
    for (content, marks) in records {
        body.0.clear();
        body.0.extend_from_slice(content);
        Recording::write(None, &marks.circumstances(), &mut body);
        version = version.saturating_add(1);
        frame(version, &body.0, &mut packed)?;
    }
    packed.0.extend(END);
    let checksum = Fingerprint::of_bytes(&packed.0).get();
    packed.0.extend(checksum.to_le_bytes());
    Ok(packed.0)
}

/// What stands before the events.
fn begin(header: &Header, to: &mut Sink) -> Result<(), Unpackable> {
    to.0.extend(MAGIC);
    to.0.push(LAYOUT_VERSION);
    let mut body = Sink::default();
    body.uuid(header.stream.uuid()).number(header.after).bytes(&header.beside);
    frame(header.after, &body.0, to)
}

/// Writes a frame; nothing of one that is too large for any reader.
fn frame(version: u64, body: &[u8], to: &mut Sink) -> Result<(), Unpackable> {
    if body.len() > FRAME_BYTES_MAX {
        return Err(Unpackable { version });
    }
    to.bytes(body);
    Ok(())
}
