//! From bytes to frames: the header, the events' frames, the end. Nothing in here looks into an event before it is
//! asked to.

use super::bytes::{Reader, Sink};
use super::layout::{Marks, Recording};
use super::{Content, Entry, FRAME_BYTES_MAX, Header, LAYOUT_VERSION, MAGIC, Packed, PackedError, PackedErrorKind};
use crate::id::StreamId;
use crate::time::Timestamp;

/// A length of [`FRAME_BYTES_MAX`] is a varint of this many bytes.
const LENGTH_BYTES_MAX: usize = 3;
/// The checksum at the end.
pub(super) const CHECKSUM_BYTES: usize = 8;

/// What comes next in bytes.
pub(super) enum Step<'a> {
    /// Too few bytes to say.
    More,
    /// A frame with this body; so many bytes were used.
    Frame { body: &'a [u8], used: usize },
    /// The end; so many bytes were used.
    End { checksum: u64, used: usize },
}

/// Reads the next frame, or the end.
#[inline]
pub(super) fn step(bytes: &[u8]) -> Result<Step<'_>, PackedErrorKind> {
    let Some((length, start)) = length(bytes)? else { return Ok(Step::More) };
    let body_of = |length: usize| {
        let used = start.saturating_add(length);
        bytes.get(start..used).map(|body| (body, used))
    };
    if length == 0 {
        let end =
            body_of(CHECKSUM_BYTES).and_then(|(sum, used)| Some((<[u8; CHECKSUM_BYTES]>::try_from(sum).ok()?, used)));
        return Ok(end.map_or(Step::More, |(sum, used)| Step::End { checksum: u64::from_le_bytes(sum), used }));
    }
    Ok(body_of(length).map_or(Step::More, |(body, used)| Step::Frame { body, used }))
}

/// A frame's length and how many bytes say it; none when they are not all there.
#[inline]
fn length(bytes: &[u8]) -> Result<Option<(usize, usize)>, PackedErrorKind> {
    let low = |byte: u8| usize::from(byte & 0x7f);
    let (length, used) = match *bytes {
        [one @ ..=0x7f, ..] => (low(one), 1),
        // One number has one spelling: a zero at the end says nothing.
        [_, 0, ..] => return Err(PackedErrorKind::Malformed),
        [one, two @ ..=0x7f, ..] => (low(one) | low(two) << 7, 2),
        [_, _, 0, ..] => return Err(PackedErrorKind::Malformed),
        [one, two, three @ ..=0x7f, ..] => (low(one) | low(two) << 7 | low(three) << 14, LENGTH_BYTES_MAX),
        [_, _, _, ..] => return Err(PackedErrorKind::TooLarge),
        [] | [_] | [_, _] => return Ok(None),
    };
    if length > FRAME_BYTES_MAX { Err(PackedErrorKind::TooLarge) } else { Ok(Some((length, used))) }
}

/// Reads what comes before the events, and how many bytes that is; none when they are not all there.
pub(super) fn header(bytes: &[u8]) -> Result<Option<(Header, usize)>, PackedErrorKind> {
    let magic = bytes.get(..MAGIC.len()).unwrap_or(bytes);
    if !MAGIC.starts_with(magic) {
        return Err(PackedErrorKind::NotPacked);
    }
    match bytes.get(MAGIC.len()) {
        None => return Ok(None),
        Some(&LAYOUT_VERSION) => {}
        Some(version) => return Err(PackedErrorKind::UnknownLayout(*version)),
    }
    let start = MAGIC.len().saturating_add(1);
    match step(bytes.get(start..).unwrap_or_default())? {
        Step::More => Ok(None),
        Step::End { .. } => Err(PackedErrorKind::Malformed),
        Step::Frame { body, used } => {
            let mut from = Reader::new(body);
            let stream = StreamId::new(from.uuid()?);
            let header = Header { stream, after: from.number()?, beside: from.bytes()?.into() };
            if from.rest().is_empty() {
                Ok(Some((header, start.saturating_add(used))))
            } else {
                Err(PackedErrorKind::Surplus)
            }
        }
    }
}

/// An event as a client keeps it.
pub(crate) struct Marked<'a, E> {
    pub(crate) content: Content<'a, E>,
    /// The content as it lies there.
    pub(crate) bytes: &'a [u8],
    pub(crate) marks: Marks,
}

/// What happened, and what was noted of it.
#[derive(Clone, Debug)]
pub struct Noted<'a, E> {
    /// What happened.
    pub content: Content<'a, E>,
    /// When it did.
    pub happened_at: Option<Timestamp>,
    /// When it was written.
    pub recorded_at: Option<Timestamp>,
    /// The rules that it was decided by.
    pub reducer: Option<&'a str>,
}

/// One event of a packed history, not yet looked into.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// The stream it is in.
    pub stream: StreamId,
    /// Its place in the stream.
    pub version: u64,
    pub(super) at: u64,
    pub(crate) body: &'a [u8],
}

impl<'a> Frame<'a> {
    /// The frame at the front of bytes that were cut out of a history at [`at`](Self::at): an event of this stream with this
    /// version, as the caller knows. Whatever lies there instead is an error, or another event.
    pub fn cut_out(stream: StreamId, version: u64, bytes: &'a [u8]) -> Result<Self, PackedError> {
        let fail = |kind| PackedError { at: 0, kind };
        match step(bytes).map_err(fail)? {
            Step::More => Err(fail(PackedErrorKind::Cut)),
            Step::End { .. } => Err(fail(PackedErrorKind::Malformed)),
            Step::Frame { body, .. } => Ok(Self { stream, version, at: 0, body }),
        }
    }

    /// What happened. Circumstances are not read.
    #[inline]
    pub fn content<A: Packed>(&self) -> Result<Content<'a, A::Borrowed<'a>>, PackedError> {
        self.split::<A>().map(|(content, _)| content)
    }

    /// All of it.
    pub fn entry<A: Packed>(&self) -> Result<Entry<'a, A::Borrowed<'a>>, PackedError> {
        let (content, recording) = self.recording::<A>()?;
        let circumstances = recording.circumstances();
        Ok(Entry { version: self.version, content, stored: recording.stored, circumstances })
    }

    /// What happened, when, and by which rules, as far as that was noted.
    pub fn noted<A: Packed>(&self) -> Result<Noted<'a, A::Borrowed<'a>>, PackedError> {
        let (content, recording) = self.recording::<A>()?;
        let (happened_at, recorded_at, reducer) = recording.noted();
        Ok(Noted { content, happened_at, recorded_at, reducer })
    }

    /// Where it lies in the history: the place of the length before it.
    #[must_use]
    pub const fn at(&self) -> u64 {
        self.at
    }

    /// What happened, the bytes that it lies in, and its marks. The texts of the circumstances are not copied.
    pub(crate) fn marked<A: Packed>(&self) -> Result<Marked<'a, A::Borrowed<'a>>, PackedError> {
        let (content, length) = self.content_with_length::<A>()?;
        let (bytes, rest) = self.body.split_at_checked(length).unwrap_or_default();
        Ok(Marked { content, bytes, marks: self.recording_in(rest)?.marks() })
    }

    fn recording<A: Packed>(&self) -> Result<(Content<'a, A::Borrowed<'a>>, Recording<'a>), PackedError> {
        let (content, rest) = self.split::<A>()?;
        Ok((content, self.recording_in(rest)?))
    }

    fn recording_in(&self, rest: &'a [u8]) -> Result<Recording<'a>, PackedError> {
        let mut from = Reader::new(rest);
        let recording = Recording::read(&mut from).map_err(|kind| self.error(kind))?;
        if from.rest().is_empty() { Ok(recording) } else { Err(self.error(PackedErrorKind::Surplus)) }
    }

    /// What happened, and how many bytes at the front of the body say so.
    #[inline]
    pub(crate) fn content_with_length<A: Packed>(&self) -> Result<(Content<'a, A::Borrowed<'a>>, usize), PackedError> {
        let (content, rest) = self.split::<A>()?;
        Ok((content, self.body.len().saturating_sub(rest.len())))
    }

    #[inline]
    fn split<A: Packed>(&self) -> Result<(Content<'a, A::Borrowed<'a>>, &'a [u8]), PackedError> {
        read_content::<A>(self.stream, self.body).map_err(|kind| self.error(kind))
    }

    fn error(&self, kind: PackedErrorKind) -> PackedError {
        PackedError { at: self.at, kind }
    }
}

/// Writes a content as it stands at the front of a frame.
pub(crate) fn write_content<A: Packed>(stream: StreamId, content: &Content<'_, &A::Event>, to: &mut Sink) {
    match content {
        Content::Known(event) => A::write(stream, event, to.number(0)),
        Content::Unknown { name, data } => {
            to.number(1).text(name).bytes(data);
        }
    }
}

/// Reads a content off the front of bytes.
#[cfg_attr(feature = "quick", inline(always))]
pub(crate) fn read_content<A: Packed>(
    stream: StreamId,
    bytes: &[u8],
) -> Result<(Content<'_, A::Borrowed<'_>>, &[u8]), PackedErrorKind> {
    let mut from = Reader::new(bytes);
    let content = match from.small()? {
        0 => Content::Known(A::read(stream, &mut from)?),
        1 => Content::Unknown { name: from.text()?, data: from.bytes()? },
        _ => return Err(PackedErrorKind::Malformed),
    };
    Ok((content, from.rest()))
}

/// The frames of a packed history that lies whole in memory. Behind the last one the end is checked.
#[derive(Clone, Debug)]
pub struct Frames<'a> {
    pub(super) whole: &'a [u8],
    pub(super) at: usize,
    pub(super) stream: StreamId,
    pub(super) version: u64,
    pub(super) ended: bool,
}

impl<'a> Iterator for Frames<'a> {
    type Item = Result<Frame<'a>, PackedError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let read = self.read();
        self.ended = !matches!(read, Ok(Some(_)));
        let at = self.at as u64;
        read.map_err(|kind| PackedError { at, kind }).transpose()
    }
}

impl<'a> Frames<'a> {
    /// Whether there is nothing more to come.
    #[must_use]
    pub fn at_end(&self) -> bool {
        self.ended
    }

    #[inline]
    fn read(&mut self) -> Result<Option<Frame<'a>>, PackedErrorKind> {
        match step(self.whole.get(self.at..).unwrap_or_default())? {
            Step::More => Err(PackedErrorKind::Cut),
            Step::Frame { body, used } => {
                let at = self.at as u64;
                self.at = self.at.saturating_add(used);
                self.version = self.version.checked_add(1).ok_or(PackedErrorKind::OutOfRange)?;
                Ok(Some(Frame { stream: self.stream, version: self.version, at, body }))
            }
            Step::End { checksum, used } => {
                let end = self.at.saturating_add(used);
                let summed = self.whole.get(..end.saturating_sub(CHECKSUM_BYTES)).unwrap_or_default();
                if xxhash_rust::xxh3::xxh3_64(summed) != checksum {
                    return Err(PackedErrorKind::WrongChecksum);
                }
                self.at = end;
                if end < self.whole.len() { Err(PackedErrorKind::Surplus) } else { Ok(None) }
            }
        }
    }
}
