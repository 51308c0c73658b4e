//! The key of a line, made for being looked for among many.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smol_str::SmolStr;

/// What a line is keyed by. The keys of one shop are often equally long and differ at their ends, so the last bytes
/// stand beside the text as a number: a line that is passed over costs one comparison of numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sku {
    tail: u64,
    text: SmolStr,
}

impl Sku {
    /// The key as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.text.as_str()
    }

    /// The key as a text of its own; copies nothing but a few bytes.
    #[must_use]
    pub fn text(&self) -> SmolStr {
        self.text.clone()
    }
}

impl From<&str> for Sku {
    #[inline]
    fn from(text: &str) -> Self {
        Self { tail: tail(text), text: text.into() }
    }
}

impl Serialize for Sku {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.text.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Sku {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        SmolStr::deserialize(deserializer).map(|text| Self { tail: tail(&text), text })
    }
}

/// A key that is looked for.
#[derive(Clone, Copy)]
pub(super) struct Sought<'a> {
    tail: u64,
    text: &'a str,
}

impl<'a> Sought<'a> {
    #[inline]
    pub(super) fn new(text: &'a str) -> Self {
        Self { tail: tail(text), text }
    }

    #[inline]
    pub(super) fn is(self, sku: &Sku) -> bool {
        self.tail == sku.tail && same_before_tail(self.text.as_bytes(), sku.as_str().as_bytes())
    }
}

/// Whether two texts whose last eight bytes are equal are the same. Most have up to sixteen bytes, of which the first eight are
/// then the rest.
#[inline]
fn same_before_tail(one: &[u8], other: &[u8]) -> bool {
    const TAIL_BYTES: usize = size_of::<u64>();
    one.len() == other.len()
        && match one.len() {
            0..=TAIL_BYTES => true,
            length if length <= 2 * TAIL_BYTES => one.first_chunk::<TAIL_BYTES>() == other.first_chunk(),
            _ => one == other,
        }
}

/// The last eight bytes as a number; of a shorter text all bytes.
#[inline]
fn tail(text: &str) -> u64 {
    let bytes = text.as_bytes();
    match bytes.last_chunk() {
        Some(last) => u64::from_be_bytes(*last),
        None => bytes.iter().fold(0, |tail, byte| tail << 8 | u64::from(*byte)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn a_key_is_found_by_its_own_text_and_by_no_other(
            one in "[ab]{0,2}[c\u{e9}]{0,20}", other in "[ab]{0,2}[c\u{e9}]{0,20}", last in "[ab]{0,9}",
        ) {
            for (one, other) in [(&one, &other), (&(one.clone() + &last), &(other.clone() + &last)), (&one, &one)] {
                proptest::prop_assert_eq!(Sought::new(one).is(&Sku::from(other.as_str())), one == other);
            }
        }
    }
}
