//! A packed history that lies whole in memory, read in place.

use core::marker::PhantomData;

use super::{Entry, Frames, Header, Packed, PackedError, PackedErrorKind, frame};
use crate::timeline::Moment;

/// A packed history in a slice of bytes. Opening reads the header; everything behind it is read when it is asked for.
#[derive(Clone, Debug)]
pub struct History<'a> {
    header: Header,
    frames: Frames<'a>,
}

impl<'a> History<'a> {
    /// Reads the header.
    pub fn open(bytes: &'a [u8]) -> Result<Self, PackedError> {
        let fail = |kind, at: usize| PackedError { at: at as u64, kind };
        let opened = frame::header(bytes).map_err(|kind| fail(kind, 0))?;
        let (header, at) = opened.ok_or(fail(PackedErrorKind::Cut, bytes.len()))?;
        let frames = Frames { whole: bytes, at, stream: header.stream, version: header.after, ended: false };
        Ok(Self { header, frames })
    }

    /// What stands before the events.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The events, not yet looked into.
    #[must_use]
    pub fn frames(&self) -> Frames<'a> {
        self.frames.clone()
    }

    /// The events with all that was recorded.
    #[must_use]
    pub fn entries<A: Packed>(&self) -> Entries<'a, A> {
        Entries { frames: self.frames(), aggregate: PhantomData }
    }

    /// Folds all events onto a moment that they follow. Nothing is allocated but what the state keeps. After an error
    /// the moment stands at the last event before it.
    pub fn fold<A: Packed>(&self, moment: &mut Moment<A>) -> Result<(), PackedError> {
        if moment.head.stream != self.header.stream || moment.head.version != self.header.after {
            return Err(PackedError { at: 0, kind: PackedErrorKind::DoesNotFollow });
        }
        for frame in self.frames() {
            moment.step(&frame?.content::<A>()?);
        }
        Ok(())
    }
}

/// The events of a packed history, one after the other.
#[derive(Clone, Debug)]
pub struct Entries<'a, A> {
    frames: Frames<'a>,
    aggregate: PhantomData<A>,
}

impl<'a, A: Packed> Iterator for Entries<'a, A> {
    type Item = Result<Entry<'a, A::Borrowed<'a>>, PackedError>;

    fn next(&mut self) -> Option<Self::Item> {
        let entry = self.frames.next()?.and_then(|frame| frame.entry::<A>());
        self.frames.ended |= entry.is_err();
        Some(entry)
    }
}
