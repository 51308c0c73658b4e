//! A packed history that arrives in pieces: bytes in as they come, events out as soon as they are whole.

use alloc::vec::Vec;

use xxhash_rust::xxh3::Xxh3;

use super::frame::{self, CHECKSUM_BYTES, Frame, Step};
use super::{Entry, Header, Packed, PackedError, PackedErrorKind};

/// Reads a packed history from pieces of any size. Holds what was pushed and not yet taken: a caller that takes
/// everything before it pushes more holds one frame and one piece at most.
///
/// ```
/// # use tillroll_core::{cart::Cart, packed::{Incoming, PackedError}};
/// # fn arriving(pieces: &[&[u8]]) -> Result<(), PackedError> {
/// let mut incoming = Incoming::default();
/// for piece in pieces {
///     incoming.push(piece);
///     while let Some(entry) = incoming.entry::<Cart>()? {
///         assert!(entry.version > 0);
///     }
/// }
/// incoming.finish()
/// # }
/// # assert!(arriving(&[b"till", b"roll"]).is_err());
/// ```
#[derive(Clone, Default)]
pub struct Incoming {
    buffer: Vec<u8>,
    /// How much of the buffer was used up.
    used: usize,
    /// How much of that counts for the checksum.
    summed: usize,
    /// Where the buffer begins in the history.
    at: u64,
    checksum: Xxh3,
    header: Option<Header>,
    version: u64,
    ended: bool,
}

impl Incoming {
    /// Takes the next piece.
    pub fn push(&mut self, piece: &[u8]) {
        self.sum();
        self.buffer.drain(..self.used.min(self.buffer.len()));
        self.at = self.at.saturating_add(self.used as u64);
        (self.used, self.summed) = (0, 0);
        self.buffer.extend_from_slice(piece);
    }

    /// What stands before the events, once the bytes that say so have come.
    pub fn open(&mut self) -> Result<Option<&Header>, PackedError> {
        if self.header.is_none() {
            let at = self.place();
            let Some((header, used)) = frame::header(self.rest()).map_err(|kind| PackedError { at, kind })? else {
                return Ok(None);
            };
            self.version = header.after;
            self.header = Some(header);
            self.used = self.used.saturating_add(used);
        }
        Ok(self.header.as_ref())
    }

    /// What stands before the events, once [`open`](Self::open) or what comes after it has come by.
    #[must_use]
    pub fn header(&self) -> Option<&Header> {
        self.header.as_ref()
    }

    /// The next event with all that was recorded; none when more bytes are needed, or when the end has come. After an error
    /// there is nothing more to be had.
    pub fn entry<A: Packed>(&mut self) -> Result<Option<Entry<'_, A::Borrowed<'_>>>, PackedError> {
        self.frame()?.map(|frame| frame.entry::<A>()).transpose()
    }

    /// The next event, not yet looked into; otherwise as [`entry`](Self::entry).
    pub fn frame(&mut self) -> Result<Option<Frame<'_>>, PackedError> {
        let Some(&Header { stream, .. }) = self.open()? else { return Ok(None) };
        let at = self.place();
        let fail = |kind| PackedError { at, kind };
        if self.ended {
            return if self.rest().is_empty() { Ok(None) } else { Err(fail(PackedErrorKind::Surplus)) };
        }
        let (length, used) = match frame::step(self.rest()).map_err(fail)? {
            Step::More => return Ok(None),
            Step::End { checksum, used } => {
                self.used = self.used.saturating_add(used.saturating_sub(CHECKSUM_BYTES));
                self.sum();
                self.used = self.used.saturating_add(CHECKSUM_BYTES);
                self.ended = true;
                let intact = self.checksum.digest() == checksum;
                return if intact { self.frame() } else { Err(fail(PackedErrorKind::WrongChecksum)) };
            }
            Step::Frame { body, used } => (body.len(), used),
        };
        self.used = self.used.saturating_add(used);
        self.version = self.version.checked_add(1).ok_or(fail(PackedErrorKind::OutOfRange))?;
        let body = self.buffer.get(self.used.saturating_sub(length)..self.used).unwrap_or_default();
        Ok(Some(Frame { stream, version: self.version, at, body }))
    }

    /// Does this with every event that is whole by now, in their order, until it fails; otherwise as [`frame`](Self::frame)
    /// event by event, and quicker.
    #[inline]
    pub fn each(&mut self, mut take: impl FnMut(&Frame<'_>) -> Result<(), PackedError>) -> Result<(), PackedError> {
        let Some(&Header { stream, .. }) = self.open()? else { return Ok(()) };
        if !self.ended {
            let mut version = self.version;
            let mut rest = self.buffer.get(self.used..).unwrap_or_default();
            let begin = rest.len();
            let mut taken = Ok(());
            // An end, a length that none has and a version past all are for `frame` to judge.
            while let (Ok(Step::Frame { body, used }), Some(next)) = (frame::step(rest), version.checked_add(1)) {
                let at = self.at.saturating_add(self.used.saturating_add(begin.saturating_sub(rest.len())) as u64);
                (version, rest) = (next, rest.get(used..).unwrap_or_default());
                taken = take(&Frame { stream, version, at, body });
                if taken.is_err() {
                    break;
                }
            }
            self.used = self.used.saturating_add(begin.saturating_sub(rest.len()));
            self.version = version;
            taken?;
        }
        // None of them is whole, so what comes is the end, or none.
        while let Some(frame) = self.frame()? {
            take(&frame)?;
        }
        Ok(())
    }

    /// The end of the pieces; fails when it is not the end of the history.
    pub fn finish(self) -> Result<(), PackedError> {
        let at = self.place();
        match (self.ended, self.rest().is_empty()) {
            (true, true) => Ok(()),
            (true, false) => Err(PackedError { at, kind: PackedErrorKind::Surplus }),
            (false, _) => Err(PackedError { at, kind: PackedErrorKind::Cut }),
        }
    }

    fn rest(&self) -> &[u8] {
        self.buffer.get(self.used..).unwrap_or_default()
    }

    /// Where it stands in the history.
    fn place(&self) -> u64 {
        self.at.saturating_add(self.used as u64)
    }

    /// Counts for the checksum what was used up and does not count yet: a piece at a time, because a sum of many small
    /// pieces takes longer.
    fn sum(&mut self) {
        if !self.ended {
            self.checksum.update(self.buffer.get(self.summed..self.used).unwrap_or_default());
            self.summed = self.used;
        }
    }
}
