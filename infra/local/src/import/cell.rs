//! One value of one row, whatever the file's format, and its reading as text, number or time.

use std::borrow::Cow;

use tillroll_core::time::Timestamp;

use super::decimal::Decimal;
use super::time;

/// Characters of a wrong value that a message shows.
const SHOWN_CHARS_MAX: usize = 60;

/// A value as the file has it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell<'a> {
    /// Null, or a text of nothing but spaces.
    Empty,
    Text(Cow<'a, str>),
    /// Text in another encoding, or a number or time of a kind that is not read.
    Unreadable(&'static str),
    Decimal(Decimal),
    Double(f64),
    Single(f32),
    Boolean(bool),
    Time(Timestamp),
}

impl<'a> Cell<'a> {
    /// Bytes of a text column.
    pub(super) fn from_utf8(bytes: &'a [u8]) -> Self {
        match str::from_utf8(bytes) {
            Ok(text) if text.trim().is_empty() => Self::Empty,
            Ok(text) => Self::Text(Cow::Borrowed(text)),
            Err(_) => Self::Unreadable("text that is not UTF-8"),
        }
    }

    /// The same as [`Cell::text`], for longer than the cell.
    pub(super) fn into_text(self) -> Option<Cow<'a, str>> {
        if let Self::Text(text) = self { Some(text) } else { self.text().map(|text| Cow::Owned(text.into_owned())) }
    }

    /// The value as text: whole numbers without a point, floats in their shortest form.
    pub(super) fn text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Empty | Self::Unreadable(_) => None,
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Decimal(number) => Some(Cow::Owned(number.to_string())),
            Self::Double(number) => Some(Cow::Owned(number.to_string())),
            Self::Single(number) => Some(Cow::Owned(number.to_string())),
            Self::Boolean(truth) => Some(Cow::Owned(truth.to_string())),
            Self::Time(time) => Some(Cow::Owned(time.to_string())),
        }
    }

    /// The value as an exact number. A float is what its shortest text says, the number that was meant.
    pub(super) fn decimal(&self) -> Option<Decimal> {
        match self {
            Self::Text(text) => Decimal::parse(text.trim()),
            Self::Decimal(number) => Some(*number),
            Self::Double(number) => Decimal::parse(&number.to_string()),
            Self::Single(number) => Decimal::parse(&number.to_string()),
            Self::Empty | Self::Unreadable(_) | Self::Boolean(_) | Self::Time(_) => None,
        }
    }

    pub(super) fn time(&self) -> Option<Timestamp> {
        match self {
            Self::Text(text) => time::parse(text.trim()),
            Self::Time(time) => Some(*time),
            Self::Empty
            | Self::Unreadable(_)
            | Self::Decimal(_)
            | Self::Double(_)
            | Self::Single(_)
            | Self::Boolean(_) => None,
        }
    }

    /// The value for a message that a person reads in a terminal.
    pub(super) fn shown(&self) -> String {
        match (self, self.text()) {
            (_, Some(text)) => shown(&text),
            (Self::Unreadable(what), None) => (*what).to_owned(),
            (_, None) => "nothing".to_owned(),
        }
    }
}

/// A text for a message: shortened, in quotes, control characters escaped.
pub(super) fn shown(text: &str) -> String {
    let start: String = text.chars().take(SHOWN_CHARS_MAX).collect();
    let more = if start.len() < text.len() { "…" } else { "" };
    format!("{start:?}{more}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

    use super::*;

    fn whole(unscaled: i128) -> Decimal {
        Decimal { unscaled, scale: 0 }
    }

    #[test]
    fn a_number_column_names_a_cart_as_a_person_would_write_it() {
        for (cell, text) in [
            (Cell::Decimal(whole(31_198_570_044)), "31198570044"),
            (Cell::Double(31_198_570_044.0), "31198570044"),
            (Cell::Double(1.5), "1.5"),
            (Cell::Boolean(true), "true"),
            (Cell::from_utf8(b" A 7"), " A 7"),
            (Cell::Time(time::from_days(17_167).unwrap()), "2017-01-01T00:00:00Z"),
        ] {
            assert_eq!(cell.text().unwrap(), text);
        }
    }

    #[test]
    fn a_float_is_the_decimal_that_was_meant() {
        for (cell, minor) in [
            (Cell::Double(0.1 + 0.2), 30),
            (Cell::Double(3.57), 357),
            (Cell::Single(1.43), 143),
            (Cell::Double(90_071_992_547.41), 9_007_199_254_741),
        ] {
            assert_eq!(cell.decimal().unwrap().to_units(2), Some(minor));
        }
        for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(Cell::Double(number).decimal(), None);
        }
        assert!(Cell::Double(1e300).decimal().unwrap().to_units(2).is_none());
        assert_eq!(Cell::Double(5e-324).decimal().unwrap().to_units(2), Some(0));
    }

    #[test]
    fn a_message_shows_hostile_text_harmlessly() {
        assert_eq!(Cell::from_utf8(b"\x1b[2Jx").shown(), r#""\u{1b}[2Jx""#);
        assert_eq!(Cell::from_utf8(b"   ").shown(), "nothing");
        assert_eq!(Cell::from_utf8(b"\xff").shown(), "text that is not UTF-8");
        assert_eq!(shown(&"é".repeat(100)).chars().count(), SHOWN_CHARS_MAX + 3);
    }
}
