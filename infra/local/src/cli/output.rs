//! What goes to standard output: text and JSON, and how numbers, money and foreign text are written there. Tables are
//! in [`super::table`].

use std::borrow::Cow;
use std::io::{self, BufWriter, StdoutLock, Write as _};

use serde::Serialize;
use tillroll_local::import::Currency;

use super::failure::Failure;

/// Standard output, buffered. It is flushed by [`Output::end`]; what was written before a failure goes out on drop.
pub(crate) struct Output {
    to: BufWriter<StdoutLock<'static>>,
}

impl Output {
    pub(crate) fn new() -> Self {
        Self { to: BufWriter::new(io::stdout().lock()) }
    }

    /// Writes text as it is.
    pub(crate) fn text(&mut self, text: &str) -> Result<(), Failure> {
        self.bytes(text.as_bytes())
    }

    /// Writes a line.
    pub(crate) fn line(&mut self, line: &str) -> Result<(), Failure> {
        self.text(line)?;
        self.text("\n")
    }

    /// Writes bytes as they are, such as a JSON document of the API.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.to.write_all(bytes).map_err(|error| Failure::of_output(&error))
    }

    /// Writes one JSON document and a line end.
    pub(crate) fn json(&mut self, document: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string(document).map_err(|error| Failure::of(&error))?;
        self.line(&text)
    }

    /// Hands over what is still in the buffer, so that a reader sees it now.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        self.to.flush().map_err(|error| Failure::of_output(&error))
    }

    /// The end of the output.
    pub(crate) fn end(mut self) -> Result<(), Failure> {
        self.flush()
    }
}

/// A count with its thousands set apart: `1,469,307`.
pub(crate) fn count(number: u64) -> String {
    grouped(&number.to_string())
}

fn grouped(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `3 carts`, `1 cart`.
pub(crate) fn counted(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", count(number))
}

/// An amount with the decimals of its currency and without its code: `4,596,027.06`.
pub(crate) fn money(minor: i128, currency: Option<&str>) -> String {
    let decimals = decimals(currency);
    let magnitude = format!("{:0>width$}", minor.unsigned_abs(), width = decimals + 1);
    let (whole, fraction) = magnitude.split_at(magnitude.len() - decimals);
    let sign = if minor < 0 { "-" } else { "" };
    let point = if decimals == 0 { "" } else { "." };
    format!("{sign}{}{point}{fraction}", grouped(whole))
}

/// The same with the code in front, if there is one: `USD 4,596,027.06`.
pub(crate) fn money_with_code(minor: i128, currency: Option<&str>) -> String {
    match currency {
        Some(code) => format!("{} {}", shown(code), money(minor, currency)),
        None => money(minor, currency),
    }
}

/// Two decimals for amounts of nobody knows what.
fn decimals(currency: Option<&str>) -> usize {
    let currency = currency.and_then(|code| code.parse::<Currency>().ok());
    currency.map_or(2, |currency| currency.exponent() as usize)
}

/// Text from outside as it can be shown on a terminal: what would move the cursor, turn the writing direction or
/// hide is written out as its escape, everything else stays.
pub(crate) fn shown(text: &str) -> Cow<'_, str> {
    if !text.chars().any(misleads) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for char in text.chars() {
        if misleads(char) { safe.extend(char.escape_unicode()) } else { safe.push(char) }
    }
    Cow::Owned(safe)
}

/// Control characters; marks, embeddings, overrides and isolates of direction; characters without width that are not
/// part of an emoji or of a script's spelling; line and paragraph separators; tags.
const fn misleads(char: char) -> bool {
    char.is_ascii_control()
        || matches!(
            char,
            '\u{80}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
        )
        || matches!(char, '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
        || matches!(char, '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_set_apart_by_thousands() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_469_307, "1,469,307")] {
            assert_eq!(count(number), text);
        }
        assert_eq!(counted(1, "cart"), "1 cart");
        assert_eq!(counted(1_000, "cart"), "1,000 carts");
    }

    #[test]
    fn money_has_the_decimals_of_its_currency() {
        let cases = [
            (0, Some("USD"), "0.00"),
            (5, Some("USD"), "0.05"),
            (-5, None, "-0.05"),
            (459_602_706, Some("USD"), "4,596,027.06"),
            (1_500, Some("JPY"), "1,500"),
            (1_234, Some("KWD"), "1.234"),
            (-123_456, Some("EUR"), "-1,234.56"),
            (700, Some("no currency"), "7.00"),
        ];
        for (minor, currency, text) in cases {
            assert_eq!(money(minor, currency), text, "{minor} {currency:?}");
        }
        assert_eq!(money_with_code(1, Some("USD")), "USD 0.01");
        assert_eq!(money_with_code(1, None), "0.01");
    }

    #[test]
    fn text_cannot_drive_the_terminal_or_turn_around() {
        let cases = [
            ("Milk 1 l", "Milk 1 l"),
            ("Ünïcode 牛乳 👩\u{200d}🍳", "Ünïcode 牛乳 👩\u{200d}🍳"),
            ("\u{1b}[2Jgone", "\\u{1b}[2Jgone"),
            ("evil\u{202e}txt.exe", "evil\\u{202e}txt.exe"),
            ("a\u{200b}b\u{9b}c\nd", "a\\u{200b}b\\u{9b}c\\u{a}d"),
        ];
        for (text, expected) in cases {
            assert_eq!(shown(text), expected);
        }
    }
}
