//! Packing a history, event by event, in pieces that can be sent as they come.

use alloc::vec::Vec;
use core::marker::PhantomData;

use serde::Serialize;
use xxhash_rust::xxh3::Xxh3;

use super::layout::{ContentLayout, HeaderLayout, RecordingLayout};
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
            aggregate: PhantomData,
        };
        writer.write(&MAGIC);
        writer.write(&[LAYOUT_VERSION]);
        let layout = HeaderLayout { stream: header.stream.uuid(), after: header.after, beside: &header.beside };
        writer.frame(&layout)?;
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
        let layout = ContentLayout::of(content, |event| A::layout(self.stream, event));
        self.version = self.version.saturating_add(1);
        let written = self.frame(&(layout, RecordingLayout::of(stored, circumstances)));
        if written.is_err() {
            self.version = self.version.saturating_sub(1);
        }
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

    fn frame<T: Serialize>(&mut self, layout: &T) -> Result<(), Unpackable> {
        let unpackable = Unpackable { version: self.version };
        // Writing plain types to a growing vector fails for nothing.
        let body = postcard::to_allocvec(layout).map_err(|_| unpackable)?;
        self.body(&body)
    }

    fn body(&mut self, body: &[u8]) -> Result<(), Unpackable> {
        let unpackable = Unpackable { version: self.version };
        let length = u32::try_from(body.len()).ok().filter(|_| body.len() <= FRAME_BYTES_MAX).ok_or(unpackable)?;
        let length = postcard::to_allocvec(&length).map_err(|_| unpackable)?;
        self.write(&length);
        self.write(body);
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) {
        self.checksum.update(bytes);
        self.written.extend_from_slice(bytes);
    }
}
