//! Values as bytes between JavaScript and the core: by position, without names. What each type looks like on the
//! JavaScript side is written down once, by the macros of `shape`; `codec.ts` writes and reads what this file reads and
//! writes.
//!
//! | value | bytes |
//! |---|---|
//! | number | 8: a double, little-endian, as JavaScript has it |
//! | truth, presence, number of an alternative | 1 |
//! | text, bytes | length in 4, little-endian, and themselves |
//! | list | how many in 4, and each |
//!
//! These bytes live as long as a call. Nothing stores them, so they may change with every build.

use alloc::borrow::ToOwned as _;
use alloc::string::String;
use alloc::vec::Vec;
use core::str::FromStr;

use tillroll_core::hash::Fingerprint;
use tillroll_core::id::{CommandId, EventId, StreamId};
use tillroll_core::money::{Minor, Per, Pieces, SAFE_MAX};
use tillroll_core::text::SmolStr;
use tillroll_core::time::Timestamp;
use tillroll_core::timeline::Pointer;
use uuid::Uuid;

/// A value that can be written.
pub(crate) trait Put {
    /// Writes it.
    fn put(&self, out: &mut Writer);
}

/// A value that can be read.
pub(crate) trait Take: Sized {
    /// Reads it. What is no such value is noted in the reader, and anything is given back for it: [`read`] throws that
    /// away. So the many readers need no way to fail.
    fn take(from: &mut Reader<'_>) -> Self;
}

/// Reads one value, and gives it with what lies behind it; fails with the place of the first value that is none of its type.
pub(crate) fn read<T: Take>(bytes: &[u8]) -> Result<(T, &[u8]), u32> {
    let mut from = Reader { rest: bytes, whole: bytes.len(), misfit: None };
    let value = T::take(&mut from);
    match from.misfit {
        Some(at) => Err(at),
        None => Ok((value, from.rest)),
    }
}

/// Bytes that are read from the front.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    whole: usize,
    misfit: Option<u32>,
}

impl<'a> Reader<'a> {
    /// The next bytes; none, noted as a misfit, where there are not as many.
    fn bytes(&mut self, count: usize) -> &'a [u8] {
        if let Some((bytes, rest)) = self.rest.split_at_checked(count) {
            self.rest = rest;
            bytes
        } else {
            self.misfit(self.at());
            &[]
        }
    }

    /// One byte: an alternative's number, or whether something is there.
    pub(crate) fn byte(&mut self) -> u8 {
        self.bytes(1).first().copied().unwrap_or_default()
    }

    /// How many of something there are.
    pub(crate) fn count(&mut self) -> usize {
        let bytes = self.bytes(4).first_chunk().copied().unwrap_or_default();
        usize::try_from(u32::from_le_bytes(bytes)).unwrap_or(usize::MAX)
    }

    fn number(&mut self) -> f64 {
        f64::from_le_bytes(self.bytes(8).first_chunk().copied().unwrap_or_default())
    }

    /// Bytes with their length.
    pub(crate) fn blob(&mut self) -> &'a [u8] {
        let count = self.count();
        self.bytes(count)
    }

    /// A text that is only looked at.
    pub(crate) fn text(&mut self) -> &'a str {
        let at = self.at();
        core::str::from_utf8(self.blob()).unwrap_or_else(|_| {
            self.misfit(at);
            ""
        })
    }

    /// Whether nothing is left.
    pub(crate) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next byte, which stays.
    pub(crate) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// Where it stands.
    pub(crate) fn at(&self) -> u32 {
        u32::try_from(self.whole.saturating_sub(self.rest.len())).unwrap_or(u32::MAX)
    }

    /// Notes that the value which begins there is none of its type. The first one counts.
    pub(crate) fn misfit(&mut self, at: u32) {
        self.misfit.get_or_insert(at);
        self.rest = &[];
    }

    /// A text in the one spelling of its type, or what stands for one.
    fn parsed<T: FromStr>(&mut self, otherwise: T) -> T {
        let at = self.at();
        self.text().parse().unwrap_or_else(|_| {
            self.misfit(at);
            otherwise
        })
    }

    /// A number within the range of its type, or what stands for one.
    fn ranged<T: TryFrom<u64>>(&mut self, otherwise: T) -> T {
        let at = self.at();
        T::try_from(u64::take(self)).unwrap_or_else(|_| {
            self.misfit(at);
            otherwise
        })
    }
}

/// Bytes that grow at the end.
#[derive(Debug, Default)]
pub(crate) struct Writer(pub(crate) Vec<u8>);

impl Writer {
    /// One byte: an alternative's number, or whether something is there.
    pub(crate) fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    /// A length. What is longer than 4 GiB does not fit into this memory.
    pub(crate) fn count(&mut self, count: usize) {
        self.0.extend_from_slice(&u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes());
    }

    fn number(&mut self, number: f64) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    /// Bytes with their length.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.0.extend_from_slice(bytes);
    }

    /// Leaves room for a count.
    pub(crate) fn begin(&mut self) -> usize {
        self.count(0);
        self.0.len()
    }

    /// Fills in how many bytes were written since the room for it was left.
    pub(crate) fn end(&mut self, start: usize) {
        self.fill(start, self.0.len().saturating_sub(start));
    }

    /// Fills the room in front of `start`.
    pub(crate) fn fill(&mut self, start: usize, count: usize) {
        let count = u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes();
        if let Some(room) = start.checked_sub(count.len()).and_then(|room| self.0.get_mut(room..start)) {
            room.copy_from_slice(&count);
        }
    }
}

/// A number as it came: a moment, or a version that may name none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Real(f64);

impl Real {
    /// The version that it names, if it can name one.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "whole numbers from 0 to 2^53-1 are the same both ways; any other comes out as one of them, and differs"
    )]
    pub(crate) fn version(self) -> Option<u64> {
        let version = (self.0 as u64).min(SAFE_MAX);
        (self.0 - version as f64 == 0.0).then_some(version)
    }

    /// The moment, in milliseconds since 1970.
    #[allow(
        clippy::cast_possible_truncation,
        reason = "the cast holds it at the ends, and from_unix_ms within the years"
    )]
    pub(crate) fn moment(self) -> Timestamp {
        Timestamp::from_unix_ms(self.0 as i64)
    }
}

impl Take for Real {
    fn take(from: &mut Reader<'_>) -> Self {
        Self(from.number())
    }
}

impl Put for u64 {
    #[allow(clippy::cast_precision_loss, reason = "what is too large for JavaScript goes out as JSON.parse reads it")]
    fn put(&self, out: &mut Writer) {
        out.number(*self as f64);
    }
}

impl Take for u64 {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "codec.ts lets 0 to 2^53-1 through")]
    fn take(from: &mut Reader<'_>) -> Self {
        from.number() as Self
    }
}

impl Put for i64 {
    #[allow(clippy::cast_precision_loss, reason = "what is too large for JavaScript goes out as JSON.parse reads it")]
    fn put(&self, out: &mut Writer) {
        out.number(*self as f64);
    }
}

impl Take for i64 {
    #[allow(clippy::cast_possible_truncation, reason = "codec.ts lets whole numbers from -2^63 to 2^63 through")]
    fn take(from: &mut Reader<'_>) -> Self {
        from.number() as Self
    }
}

impl Put for bool {
    fn put(&self, out: &mut Writer) {
        out.byte(u8::from(*self));
    }
}

impl Take for bool {
    fn take(from: &mut Reader<'_>) -> Self {
        from.byte() != 0
    }
}

impl Put for u32 {
    fn put(&self, out: &mut Writer) {
        out.number((*self).into());
    }
}

impl Take for u32 {
    fn take(from: &mut Reader<'_>) -> Self {
        from.ranged(0)
    }
}

impl Put for usize {
    fn put(&self, out: &mut Writer) {
        (*self as u64).put(out);
    }
}

/// Numbers with a range.
macro_rules! ranged {
    ($($number:ty = $otherwise:expr),*) => {$(
        impl Put for $number {
            fn put(&self, out: &mut Writer) {
                self.get().put(out);
            }
        }

        impl Take for $number {
            fn take(from: &mut Reader<'_>) -> Self {
                from.ranged($otherwise)
            }
        }
    )*};
}

ranged!(Minor = Minor::ZERO, Pieces = Pieces::ONE, Per = Per::ONE);

/// Texts as they are.
macro_rules! texts {
    ($($text:ty),*) => {$(
        impl Put for $text {
            fn put(&self, out: &mut Writer) {
                out.bytes(self.as_bytes());
            }
        }
    )*};
}

texts!(str, String, SmolStr);

impl Take for String {
    fn take(from: &mut Reader<'_>) -> Self {
        from.text().to_owned()
    }
}

impl Take for SmolStr {
    fn take(from: &mut Reader<'_>) -> Self {
        from.text().into()
    }
}

impl Put for Pointer {
    fn put(&self, out: &mut Writer) {
        self.text().put(out);
    }
}

/// Ids, in their one spelling.
macro_rules! ids {
    ($($id:ident),*) => {$(
        impl Put for $id {
            fn put(&self, out: &mut Writer) {
                self.uuid().put(out);
            }
        }

        impl Take for $id {
            fn take(from: &mut Reader<'_>) -> Self {
                $id::new(from.parsed(StreamId::new(Uuid::nil())).uuid())
            }
        }
    )*};
}

ids!(StreamId, CommandId, EventId);

impl Put for Uuid {
    fn put(&self, out: &mut Writer) {
        out.bytes(self.hyphenated().encode_lower(&mut [0; 36]).as_bytes());
    }
}

/// In small letters or large ones, as stored events may have it.
impl Take for Uuid {
    fn take(from: &mut Reader<'_>) -> Self {
        let at = from.at();
        let mut text = from.text().to_owned();
        text.make_ascii_lowercase();
        if let Ok(id) = text.parse::<StreamId>() {
            id.uuid()
        } else {
            from.misfit(at);
            Self::nil()
        }
    }
}

impl Put for Fingerprint {
    fn put(&self, out: &mut Writer) {
        out.bytes(&self.digits());
    }
}

impl Take for Fingerprint {
    fn take(from: &mut Reader<'_>) -> Self {
        from.parsed(Self::new(0))
    }
}

/// Milliseconds since 1970.
impl Put for Timestamp {
    fn put(&self, out: &mut Writer) {
        self.unix_ms().put(out);
    }
}

impl Take for Timestamp {
    fn take(from: &mut Reader<'_>) -> Self {
        Self::from_unix_ms(i64::take(from))
    }
}

/// A moment that JavaScript has as RFC 3339; it is read there.
pub(crate) struct Written(pub(crate) Timestamp);

impl Take for Written {
    fn take(from: &mut Reader<'_>) -> Self {
        Self(Timestamp::take(from))
    }
}

impl Take for Pointer {
    fn take(from: &mut Reader<'_>) -> Self {
        from.parsed(Self::default())
    }
}
