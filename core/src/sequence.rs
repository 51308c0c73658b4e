//! Sequence numbers of the table stream and the event bus: decimal digits, of no fixed length.

use alloc::string::String;
use core::cmp::Ordering;
use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

/// A position in a shard, 1 to 129 decimal digits. Ordered as a number, never as text: "9" comes before "10".
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SequenceNumber(String);

/// The text has other characters than digits, or none, or more than 129.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a sequence number: 1 to 129 decimal digits")]
pub struct NotASequenceNumber;

/// Width to which archive keys pad sequence numbers, so that keys sort as numbers do. Kinesis uses 56 digits.
pub const PADDED_DIGITS: usize = 56;
/// Longest sequence number the Kinesis API admits.
const DIGITS_MAX: usize = 129;

impl SequenceNumber {
    /// The digits as they were given, without leading zeros.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The digits, zero-padded to [`PADDED_DIGITS`].
    #[must_use]
    pub fn padded(&self) -> impl fmt::Display + '_ {
        Padded(self)
    }
}

struct Padded<'a>(&'a SequenceNumber);

impl fmt::Display for Padded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:0>PADDED_DIGITS$}", self.0.0)
    }
}

impl From<u64> for SequenceNumber {
    fn from(number: u64) -> Self {
        Self(alloc::format!("{number}"))
    }
}

impl FromStr for SequenceNumber {
    type Err = NotASequenceNumber;

    fn from_str(text: &str) -> Result<Self, NotASequenceNumber> {
        let digits_only = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits_only || text.len() > DIGITS_MAX {
            return Err(NotASequenceNumber);
        }
        let significant = text.trim_start_matches('0');
        Ok(Self(if significant.is_empty() { "0" } else { significant }.into()))
    }
}

impl TryFrom<String> for SequenceNumber {
    type Error = NotASequenceNumber;

    fn try_from(text: String) -> Result<Self, NotASequenceNumber> {
        text.parse()
    }
}

impl From<SequenceNumber> for String {
    fn from(number: SequenceNumber) -> Self {
        number.0
    }
}

impl fmt::Display for SequenceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Ord for SequenceNumber {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for SequenceNumber {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn sequence_numbers_compare_as_numbers() {
        let parse = |text: &str| text.parse::<SequenceNumber>().unwrap();
        assert!(parse("9") < parse("10"));
        assert!(parse("49590338271490256608559692538361571095921575989136588898") > parse("111"));
        assert_eq!(parse("0007"), parse("7"));
        assert_eq!(parse("000").as_str(), "0");
        assert_eq!(parse("42").padded().to_string().len(), PADDED_DIGITS);
        for bad in ["", "-1", "1a", &"1".repeat(130)] {
            assert_eq!(bad.parse::<SequenceNumber>(), Err(NotASequenceNumber));
        }
    }
}
