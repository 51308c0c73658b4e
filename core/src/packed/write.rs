//! Packing a history, event by event, in pieces that can be sent as they come.

use alloc::vec::Vec;
use core::marker::PhantomData;

use xxhash_rust::xxh3::Xxh3;

use super::bytes::Sink;
use super::frame::write_content;
use super::layout::Recording;
use super::{
    Content, FRAME_BYTES_MAX, Frame, Header, LAYOUT_VERSION, MAGIC, Packed, PackedError, PackedErrorKind, Unpackable,
};
use crate::id::StreamId;
use crate::recorded::Circumstances;

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
        let mut writer = Self {
            stream: header.stream,
            version: header.after,
            written: Vec::new(),
            checksum: Xxh3::new(),
            body: Vec::new(),
            aggregate: PhantomData,
        };
        writer.write(&MAGIC);
        writer.write(&[LAYOUT_VERSION]);
        let mut body = Sink::default();
        body.uuid(header.stream.uuid()).number(header.after).bytes(&header.beside);
        writer.body(&body.0)?;
        Ok(writer)
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
        self.write(&[0]);
        let checksum = self.checksum.digest().to_le_bytes();
        self.written.extend(checksum);
        self.written
    }

    fn body(&mut self, body: &[u8]) -> Result<(), Unpackable> {
        if body.len() > FRAME_BYTES_MAX {
            return Err(Unpackable { version: self.version });
        }
        let start = self.written.len();
        let mut frame = Sink(core::mem::take(&mut self.written));
        frame.bytes(body);
        self.written = frame.0;
        self.checksum.update(self.written.get(start..).unwrap_or_default());
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) {
        self.checksum.update(bytes);
        self.written.extend_from_slice(bytes);
    }
}
