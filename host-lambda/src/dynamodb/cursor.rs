//! JSON text read forwards, strictly, borrowing what it can.
//!
//! It knows one way of writing each thing and refuses the rest, valid JSON or not: whoever uses it has somebody else to
//! ask then. So what it does accept is easy to be sure of.

use std::borrow::Cow;

/// The text is not JSON, or nothing that is read here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("left to the SDK")]
pub(super) struct Refused;

impl serde::de::Error for Refused {
    /// The words are dropped unwritten: the one who is asked next has its own.
    fn custom<T: std::fmt::Display>(_: T) -> Self {
        Self
    }
}

/// A place in a text. A copy of it is a way back.
///
/// Its small steps are marked for inlining: they are called from code that is generic over events and therefore compiled
/// in other crates, dozens of times an event.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, Refused> {
        let text = std::str::from_utf8(bytes).map_err(|_| Refused)?;
        Ok(Self { text, at: 0 })
    }

    /// Bytes read so far.
    #[inline]
    pub(super) fn offset(&self) -> usize {
        self.at
    }

    /// The next byte that is no white space.
    #[inline]
    pub(super) fn peek(&mut self) -> Option<u8> {
        loop {
            match self.text.as_bytes().get(self.at) {
                Some(b' ' | b'\t' | b'\r' | b'\n') => self.at += 1,
                other => return other.copied(),
            }
        }
    }

    /// Steps over `byte` if it comes next.
    #[inline]
    pub(super) fn take(&mut self, byte: u8) -> bool {
        let taken = self.peek() == Some(byte);
        self.at += usize::from(taken);
        taken
    }

    #[inline]
    pub(super) fn expect(&mut self, byte: u8) -> Result<(), Refused> {
        if self.take(byte) { Ok(()) } else { Err(Refused) }
    }

    /// Nothing may follow.
    pub(super) fn expect_end(&mut self) -> Result<(), Refused> {
        if self.peek().is_none() { Ok(()) } else { Err(Refused) }
    }

    /// Steps over `word` and says whether it came next.
    #[inline]
    pub(super) fn take_word(&mut self, word: &str) -> bool {
        self.peek();
        let taken = self.text.as_bytes().get(self.at..).is_some_and(|rest| rest.starts_with(word.as_bytes()));
        self.at += if taken { word.len() } else { 0 };
        taken
    }

    /// Walks through an object; `member` reads each value.
    #[inline]
    pub(super) fn members(
        &mut self,
        mut member: impl FnMut(&mut Self, &'a str) -> Result<(), Refused>,
    ) -> Result<(), Refused> {
        self.expect(b'{')?;
        let mut first = true;
        while let Some(name) = self.next_member(&mut first)? {
            member(self, name)?;
        }
        Ok(())
    }

    /// The name of an object's next member, or `None` behind its end. `first` is whether none came before.
    #[inline]
    pub(super) fn next_member(&mut self, first: &mut bool) -> Result<Option<&'a str>, Refused> {
        if !self.next_of(first, b'}')? {
            return Ok(None);
        }
        let name = self.plain_string()?;
        self.expect(b':')?;
        Ok(Some(name))
    }

    /// Whether an array has another element; steps over its end otherwise.
    #[inline]
    pub(super) fn next_element(&mut self, first: &mut bool) -> Result<bool, Refused> {
        self.next_of(first, b']')
    }

    #[inline]
    fn next_of(&mut self, first: &mut bool, end: u8) -> Result<bool, Refused> {
        if self.take(end) {
            return Ok(false);
        }
        if !std::mem::replace(first, false) {
            self.expect(b',')?;
        }
        Ok(true)
    }

    /// Steps over an object without looking into it: only strings and brackets are told apart. Whoever comes back to
    /// read it sees whether it is one.
    pub(super) fn step_over_object(&mut self) -> Result<(), Refused> {
        let mut depth = 0_usize;
        loop {
            match self.peek() {
                Some(b'"') => self.raw_string().map(drop)?,
                Some(b'{' | b'[') => {
                    depth += 1;
                    self.at += 1;
                }
                Some(b'}' | b']') if depth == 1 => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'}' | b']') if depth > 1 => {
                    depth -= 1;
                    self.at += 1;
                }
                Some(_) if depth > 0 => self.at += 1,
                _ => return Err(Refused),
            }
        }
    }

    /// A whole number without sign, fraction, exponent or leading zeros.
    pub(super) fn whole_number(&mut self) -> Result<u64, Refused> {
        self.peek();
        let rest = self.text.get(self.at..).ok_or(Refused)?;
        let length = rest.bytes().take_while(u8::is_ascii_digit).count();
        self.at += length;
        whole(rest.get(..length).ok_or(Refused)?).ok_or(Refused)
    }

    /// A string without escapes, as it stands there.
    #[inline]
    pub(super) fn plain_string(&mut self) -> Result<&'a str, Refused> {
        let (inner, escaped) = self.raw_string()?;
        if escaped { Err(Refused) } else { Ok(inner) }
    }

    /// A string, its escapes resolved.
    #[inline]
    pub(super) fn string(&mut self) -> Result<Cow<'a, str>, Refused> {
        self.peek();
        let start = self.at;
        let (inner, escaped) = self.raw_string()?;
        if !escaped {
            return Ok(Cow::Borrowed(inner));
        }
        let quoted = self.text.get(start..self.at).ok_or(Refused)?;
        serde_json::from_str(quoted).map(Cow::Owned).map_err(|_| Refused)
    }

    /// What stands between two quotes, and whether there are escapes in it.
    #[inline]
    fn raw_string(&mut self) -> Result<(&'a str, bool), Refused> {
        self.expect(b'"')?;
        let (start, mut escaped) = (self.at, false);
        loop {
            self.at += ordinary_bytes(self.text.as_bytes().get(self.at..).unwrap_or_default());
            match self.text.as_bytes().get(self.at) {
                Some(b'"') => {
                    let inner = self.text.get(start..self.at).ok_or(Refused)?;
                    self.at += 1;
                    return Ok((inner, escaped));
                }
                Some(b'\\') => {
                    escaped = true;
                    self.at += 2;
                }
                // The end of the text, or a control character.
                _ => return Err(Refused),
            }
        }
    }
}

/// The number that these digits are the one way to write.
#[inline]
pub(super) fn whole(digits: &str) -> Option<u64> {
    let canonical = match digits.as_bytes() {
        [b'0'] => true,
        [b'1'..=b'9', rest @ ..] => rest.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    canonical.then(|| digits.parse().ok()).flatten()
}

/// How many bytes come before the first that is special inside a string: a quote, a backslash, a control character.
#[inline]
fn ordinary_bytes(bytes: &[u8]) -> usize {
    let mut at = 0;
    // Eight at a time: a page is a megabyte of strings.
    while let Some(eight) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
        let special = special_bytes(u64::from_le_bytes(*eight));
        if special != 0 {
            return at + (special.trailing_zeros() / u8::BITS) as usize;
        }
        at += size_of::<u64>();
    }
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|byte| !matches!(byte, b'"' | b'\\' | 0..0x20)).count()
}

/// The highest bit of the first special byte is set, and none below it; what is set above it says nothing.
const fn special_bytes(word: u64) -> u64 {
    const fn eight(byte: u8) -> u64 {
        u64::from_ne_bytes([byte; 8])
    }
    const fn below(word: u64, bound: u8) -> u64 {
        word.wrapping_sub(eight(bound)) & !word
    }
    let quote = below(word ^ eight(b'"'), 1);
    let backslash = below(word ^ eight(b'\\'), 1);
    (quote | backslash | below(word, 0x20)) & eight(0x80)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;

    #[test]
    fn numbers_are_whole_and_written_in_one_way() {
        for (digits, number) in [
            ("0", Some(0)),
            ("7", Some(7)),
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("00", None),
            ("07", None),
            ("+7", None),
            ("-7", None),
            ("1.0", None),
            ("1e3", None),
            ("٣", None),
            ("", None),
        ] {
            assert_eq!(whole(digits), number, "{digits:?}");
        }
    }

    #[test]
    fn text_that_ends_too_early_is_refused_wherever_it_ends() {
        let whole = r#"{"a":"x\"yé", "b" : "zzzzzzzzzzzzzzzz" }"#;
        let read = |text: &str| {
            let mut cursor = Cursor::new(text.as_bytes())?;
            let mut read = Vec::new();
            cursor.members(|cursor, name| {
                read.push((name, cursor.string()?));
                Ok(())
            })?;
            cursor.expect_end().map(|()| read.len())
        };
        assert_eq!(read(whole), Ok(2));
        for (end, _) in whole.char_indices() {
            assert_eq!(read(&whole[..end]), Err(Refused), "{}", &whole[..end]);
        }
        assert_eq!(read(&format!("{whole}}}")), Err(Refused));
    }

    proptest::proptest! {
        #[test]
        fn a_string_is_read_as_a_json_parser_reads_it(text in ".{0,40}", follows in "[ ,}\"]?.{0,12}") {
            let quoted = serde_json::to_string(&text).unwrap();
            let json = format!(" {quoted}{follows}");
            let mut cursor = Cursor::new(json.as_bytes()).unwrap();
            proptest::prop_assert_eq!(cursor.string(), Ok(Cow::Borrowed(text.as_str())));
            proptest::prop_assert_eq!(cursor.offset(), 1 + quoted.len());
        }

        #[test]
        fn bytes_between_quotes_are_a_string_to_both_or_to_neither(bytes in proptest::collection::vec(
            proptest::prop_oneof![
                proptest::prelude::Just(b'\\'), proptest::prelude::Just(b'"'), proptest::prelude::Just(b'u'),
                proptest::prelude::Just(b'd'), proptest::prelude::Just(b'8'), proptest::prelude::any::<u8>(),
            ],
            0..24,
        )) {
            let quoted = [b"\"".as_slice(), &bytes, b"\""].concat();
            let ours = Cursor::new(&quoted).and_then(|mut cursor| {
                let text = cursor.string()?;
                cursor.expect_end().map(|()| text.into_owned())
            });
            proptest::prop_assert_eq!(ours.ok(), serde_json::from_slice::<String>(&quoted).ok());
        }
    }
}
