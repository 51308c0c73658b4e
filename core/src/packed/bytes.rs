//! Plain values as postcard writes them, by hand: an event is read some million times a second, and what derives make of
//! an enum of structs of options takes twice as long and twice the code. The table in the module above says what each value
//! is; `tests/it/packed.rs` holds both ways against postcard itself.

use alloc::vec::Vec;

use uuid::Uuid;

use super::PackedErrorKind;

/// What comes of reading a value.
pub type Read<T> = Result<T, PackedErrorKind>;

/// Reads values off the front of bytes. After an error it stands nowhere in particular.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Reads these bytes.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// What was not read yet.
    #[must_use]
    pub const fn rest(self) -> &'a [u8] {
        self.0
    }

    /// One byte.
    #[cfg_attr(feature = "quick", inline(always))]
    pub fn byte(&mut self) -> Read<u8> {
        let (byte, rest) = self.0.split_first().ok_or(PackedErrorKind::Malformed)?;
        self.0 = rest;
        Ok(*byte)
    }

    /// An unsigned integer of 64 bits.
    #[cfg_attr(feature = "quick", inline(always))]
    pub fn number(&mut self) -> Read<u64> {
        self.varint(u64::BITS)
    }

    /// An unsigned integer of 32 bits, as the number of an alternative is one.
    #[cfg_attr(feature = "quick", inline(always))]
    pub fn small(&mut self) -> Read<u32> {
        self.varint(u32::BITS).and_then(|number| u32::try_from(number).map_err(|_| PackedErrorKind::Malformed))
    }

    /// A signed integer of 64 bits.
    #[cfg_attr(feature = "quick", inline(always))]
    pub fn signed(&mut self) -> Read<i64> {
        let number = self.number()?;
        Ok((number >> 1).cast_signed() ^ (number & 1).cast_signed().wrapping_neg())
    }

    /// An unsigned integer within the range of its type.
    #[cfg_attr(feature = "quick", inline(always))]
    pub fn ranged<T: TryFrom<u64>>(&mut self) -> Read<T> {
        T::try_from(self.number()?).map_err(|_| PackedErrorKind::OutOfRange)
    }

    /// Bytes after their length.
    #[cfg_attr(feature = "quick", inline(always))]
    pub fn bytes(&mut self) -> Read<&'a [u8]> {
        let length = usize::try_from(self.number()?).map_err(|_| PackedErrorKind::Malformed)?;
        let (bytes, rest) = self.0.split_at_checked(length).ok_or(PackedErrorKind::Malformed)?;
        self.0 = rest;
        Ok(bytes)
    }

    /// A text after its length.
    #[cfg_attr(feature = "quick", inline(always))]
    pub fn text(&mut self) -> Read<&'a str> {
        core::str::from_utf8(self.bytes()?).map_err(|_| PackedErrorKind::Malformed)
    }

    /// A UUID after its length.
    #[cfg_attr(feature = "quick", inline(always))]
    pub fn uuid(&mut self) -> Read<Uuid> {
        let bytes = <[u8; 16]>::try_from(self.bytes()?).map_err(|_| PackedErrorKind::Malformed)?;
        Ok(Uuid::from_bytes(bytes))
    }

    /// A value, if there is one.
    #[cfg_attr(feature = "quick", inline(always))]
    pub fn option<T>(&mut self, value: impl FnOnce(&mut Self) -> Read<T>) -> Read<Option<T>> {
        match self.byte()? {
            0 => Ok(None),
            1 => value(self).map(Some),
            _ => Err(PackedErrorKind::Malformed),
        }
    }

    /// Seven bits in each byte, the lowest first; all but the last one have the highest bit set.
    #[cfg_attr(feature = "quick", inline(always))]
    fn varint(&mut self, bits: u32) -> Read<u64> {
        match self.byte()? {
            low @ ..=0x7f => Ok(low.into()),
            low => {
                let (number, rest) = higher_bits(*self, low, bits)?;
                *self = rest;
                Ok(number)
            }
        }
    }
}

/// The rest of a number that begins with `low`, and what follows it. It takes the reader by value: one that is lent to a
/// function cannot stay in registers.
#[inline(never)]
fn higher_bits(mut from: Reader<'_>, low: u8, bits: u32) -> Read<(u64, Reader<'_>)> {
    let mut number = u64::from(low & 0x7f);
    for shift in (7..bits).step_by(7) {
        let byte = from.byte()?;
        // More bits than there are places.
        if u32::from(byte) >> bits.saturating_sub(shift).min(8) > 0 {
            return Err(PackedErrorKind::Malformed);
        }
        number |= u64::from(byte & 0x7f) << shift;
        if byte <= 0x7f {
            return Ok((number, from));
        }
    }
    Err(PackedErrorKind::Malformed)
}

/// Writes what [`Reader`] reads.
#[derive(Clone, Debug, Default)]
pub struct Sink(pub Vec<u8>);

impl Sink {
    /// An unsigned integer.
    pub fn number(&mut self, mut number: u64) -> &mut Self {
        while number > 0x7f {
            self.0.push(low_bits(number) | 0x80);
            number >>= 7;
        }
        self.0.push(low_bits(number));
        self
    }

    /// A signed integer.
    pub fn signed(&mut self, number: i64) -> &mut Self {
        self.number(((number << 1) ^ (number >> 63)).cast_unsigned())
    }

    /// Bytes and their length before them.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.number(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
        self
    }

    /// A text and its length before it.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.bytes(text.as_bytes())
    }

    /// A UUID and its length before it.
    pub fn uuid(&mut self, uuid: Uuid) -> &mut Self {
        self.bytes(uuid.as_bytes())
    }

    /// A value, if there is one.
    pub fn option<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T) -> &mut Self) -> &mut Self {
        self.0.push(value.is_some().into());
        match value {
            Some(value) => write(self, value),
            None => self,
        }
    }
}

fn low_bits(number: u64) -> u8 {
    (number & 0x7f).to_le_bytes()[0]
}
