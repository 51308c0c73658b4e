//! Fingerprints: 64 bits of xxh3 over the postcard of a layout whose every field is always present.

use alloc::string::{String, ToString as _};
use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A fingerprint, as text 16 lower-case hexadecimal digits. It tells different contents apart by accident-proof odds;
/// it is no defence against somebody who makes collisions on purpose.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(u64);

/// The text is not 16 lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a fingerprint: 16 lower-case hexadecimal digits")]
pub struct NotAFingerprint;

impl Fingerprint {
    /// The fingerprint of a layout. `layout` must serialize every field always: postcard writes no names.
    #[must_use]
    pub fn of<T: Serialize + ?Sized>(layout: &T) -> Self {
        // Writing plain structs to a growing vector fails for nothing that a layout here contains (no maps of
        // unknown length, no custom errors); an empty input stands for the impossible case.
        let bytes = postcard::to_allocvec(layout).unwrap_or_default();
        Self::of_bytes(&bytes)
    }

    /// The fingerprint of bytes as they are.
    #[must_use]
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(xxhash_rust::xxh3::xxh3_64(bytes))
    }

    /// The fingerprint with these 64 bits.
    #[must_use]
    pub const fn new(bits: u64) -> Self {
        Self(bits)
    }

    /// The digits of its text. Made by hand: formatting would be a large part of what a browser loads.
    #[must_use]
    pub fn digits(self) -> [u8; 16] {
        let mut digits = [0; 16];
        for (digit, shift) in digits.iter_mut().zip((0..16).rev()) {
            let value = u8::try_from((self.0 >> (4 * shift)) & 0xf).unwrap_or(0);
            *digit = if value < 10 { b'0' + value } else { b'a' + (value - 10) };
        }
        digits
    }

    /// As many of its bits as an index has.
    #[allow(clippy::cast_possible_truncation, reason = "the rest is not asked for")]
    pub(crate) const fn low(self) -> usize {
        self.0 as usize
    }

    /// The 64 bits.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Fingerprint {
    type Err = NotAFingerprint;

    fn from_str(text: &str) -> Result<Self, NotAFingerprint> {
        let canonical = text.len() == 16 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if !canonical {
            return Err(NotAFingerprint);
        }
        u64::from_str_radix(text, 16).map(Self).map_err(|_| NotAFingerprint)
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(core::str::from_utf8(&self.digits()).unwrap_or_default())
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|error: NotAFingerprint| serde::de::Error::custom(error.to_string()))
    }
}
