//! Text that a person typed: trimmed, bounded, without control characters.

use alloc::string::String;
use core::fmt;

/// The texts of events and states: one of up to 23 bytes lies in the value itself, a longer one is shared by its copies.
pub use smol_str::SmolStr;

/// Longest name, sku or code in bytes of UTF-8, after trimming.
pub const TEXT_BYTES_MAX: usize = 256;

/// A name, sku or code that a command carries: trimmed of white space, 1..=[`TEXT_BYTES_MAX`] bytes, no character of
/// category Cc. Other invisible characters are kept as given; neutralising them is the display's work.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Text(SmolStr);

impl Text {
    /// The text, or nothing when it is empty, too long or holds a control character.
    #[must_use]
    pub fn parse(given: &str) -> Option<Self> {
        let trimmed = given.trim();
        let fits = (1..=TEXT_BYTES_MAX).contains(&trimmed.len());
        (fits && !trimmed.chars().any(char::is_control)).then(|| Self(trimmed.into()))
    }

    /// The text itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Text> for SmolStr {
    fn from(text: Text) -> Self {
        text.0
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        text.0.into()
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_trimmed_bounded_and_free_of_control_characters() {
        assert_eq!(Text::parse("  oat milk ").as_ref().map(Text::as_str), Some("oat milk"));
        assert!(Text::parse(&"x".repeat(256)).is_some());
        assert!(Text::parse("\u{202e}\u{200b}🥛 <script>' OR 1=1").is_some());
        for bad in ["", "   ", "a\u{7}b", "a\nb", "a\u{85}b", &"x".repeat(257), &"é".repeat(129)] {
            assert_eq!(Text::parse(bad), None, "{bad:?}");
        }
    }
}
