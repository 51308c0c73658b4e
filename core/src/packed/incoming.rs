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
        self.buffer.drain(..self.used.min(self.buffer.len()));
        self.at = self.at.saturating_add(self.used as u64);
        self.used = 0;
        self.buffer.extend_from_slice(piece);
    }

    /// What stands before the events, once [`entry`](Self::entry) has come by it.
    #[must_use]
    pub fn header(&self) -> Option<&Header> {
        self.header.as_ref()
    }

    /// The next event; none when more bytes are needed, or when the end has come. After an error there is nothing more
    /// to be had.
    pub fn entry<A: Packed>(&mut self) -> Result<Option<Entry<'_, A::Borrowed<'_>>>, PackedError> {
        let at = self.at.saturating_add(self.used as u64);
        let fail = |kind| PackedError { at, kind };
        if self.header.is_none() {
            let Some((header, used)) = frame::header(self.rest()).map_err(fail)? else { return Ok(None) };
            self.version = header.after;
            self.header = Some(header);
            self.take(used, used);
            return self.entry::<A>();
        }
        if self.ended {
            return if self.rest().is_empty() { Ok(None) } else { Err(fail(PackedErrorKind::Surplus)) };
        }
        match frame::step(self.rest()).map_err(fail)? {
            Step::More => Ok(None),
            Step::End { checksum, used } => {
                self.take(used, used.saturating_sub(CHECKSUM_BYTES));
                self.ended = true;
                if self.checksum.digest() == checksum {
                    self.entry::<A>()
                } else {
                    Err(fail(PackedErrorKind::WrongChecksum))
                }
            }
            Step::Frame { body, used } => {
                let length = body.len();
                self.take(used, used);
                self.version = self.version.checked_add(1).ok_or(fail(PackedErrorKind::OutOfRange))?;
                let body = self.buffer.get(self.used.saturating_sub(length)..self.used).unwrap_or_default();
                let Some(Header { stream, .. }) = self.header else { return Ok(None) };
                Frame { stream, version: self.version, at, body }.entry::<A>().map(Some)
            }
        }
    }

    /// The end of the pieces; fails when it is not the end of the history.
    pub fn finish(self) -> Result<(), PackedError> {
        let at = self.at.saturating_add(self.used as u64);
        match (self.ended, self.rest().is_empty()) {
            (true, true) => Ok(()),
            (true, false) => Err(PackedError { at, kind: PackedErrorKind::Surplus }),
            (false, _) => Err(PackedError { at, kind: PackedErrorKind::Cut }),
        }
    }

    fn rest(&self) -> &[u8] {
        self.buffer.get(self.used..).unwrap_or_default()
    }

    /// Uses up bytes, of which so many count for the checksum.
    fn take(&mut self, used: usize, summed: usize) {
        let summed = self.buffer.get(self.used..self.used.saturating_add(summed)).unwrap_or_default();
        self.checksum.update(summed);
        self.used = self.used.saturating_add(used);
    }
}
