//! A state as a tree of values that hosts print and people point into. The core has no JSON; this is what it says
//! instead, and serde turns it into whatever the host speaks.

use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use serde::ser::{SerializeMap as _, SerializeSeq as _};
use serde::{Serialize, Serializer};

use super::Moment;
use crate::index::Index;
use crate::packed::Packed;

/// A value of a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// Nothing.
    Null,
    /// A count or an amount.
    Number(u64),
    /// A text.
    Text(Cow<'a, str>),
    /// Several in order.
    List(Vec<Value<'a>>),
    /// Members that are always there.
    Object(Vec<(Cow<'a, str>, Value<'a>)>),
    /// Members that come and go, each under its key. Their order is a part of the value.
    Keyed(Vec<(Cow<'a, str>, Value<'a>)>),
}

/// An aggregate whose state is shown as a [`Value`].
pub trait Shown: Packed {
    /// What a reader sees of a moment.
    type View;

    /// The view of a moment.
    fn view(moment: &Moment<Self>) -> Self::View;

    /// The view as a value. What is different at every version anyway (the version itself, a fingerprint) is left out.
    fn value(view: &Self::View) -> Value<'_>;
}

impl<'a> Value<'a> {
    /// A text, or nothing.
    #[must_use]
    pub fn text(text: Option<&'a str>) -> Self {
        text.map_or(Self::Null, |text| Self::Text(Cow::Borrowed(text)))
    }

    /// Members that are always there.
    #[must_use]
    pub fn object<const N: usize>(members: [(&'static str, Self); N]) -> Self {
        Self::Object(members.into_iter().map(|(name, value)| (Cow::Borrowed(name), value)).collect())
    }

    /// Members under their keys, in their order. A key that comes again, which no decision allows and a stored history
    /// may hold all the same, gets a number behind it.
    #[must_use]
    pub fn keyed(members: impl Iterator<Item = (&'a str, Self)>) -> Self {
        // The newest number of each key, so that a key that comes a million times is not counted up as often.
        let mut numbers = Index::default();
        let mut unique = |key: &'a str| {
            let mut candidate = Cow::Borrowed(key);
            while let Some(taken) = numbers.get(&candidate) {
                let number = numbers.get(key).unwrap_or(taken).saturating_add(1);
                numbers.insert(key, number);
                candidate = Cow::Owned(numbered(key, number));
            }
            numbers.insert(&candidate, 1);
            candidate
        };
        Self::Keyed(members.map(|(key, value)| (unique(key), value)).collect())
    }

    /// The value at a place in this one.
    #[must_use]
    pub fn at(&self, pointer: &Pointer) -> Option<&Self> {
        pointer.0.iter().try_fold(self, |value, segment| match value {
            Self::Object(members) | Self::Keyed(members) => {
                members.iter().find(|(name, _)| name == segment).map(|(_, value)| value)
            }
            Self::List(values) => values.get(segment.parse::<usize>().ok()?),
            Self::Null | Self::Number(_) | Self::Text(_) => None,
        })
    }

    /// The same value with texts of its own.
    #[must_use]
    pub fn into_owned(self) -> Value<'static> {
        let own = |members: Vec<(Cow<'a, str>, Value<'a>)>| {
            members.into_iter().map(|(name, value)| (Cow::Owned(name.into_owned()), value.into_owned())).collect()
        };
        match self {
            Self::Null => Value::Null,
            Self::Number(number) => Value::Number(number),
            Self::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
            Self::List(values) => Value::List(values.into_iter().map(Self::into_owned).collect()),
            Self::Object(members) => Value::Object(own(members)),
            Self::Keyed(members) => Value::Keyed(own(members)),
        }
    }
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_none(),
            Self::Number(number) => serializer.serialize_u64(*number),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(values) => {
                let mut list = serializer.serialize_seq(Some(values.len()))?;
                values.iter().try_for_each(|value| list.serialize_element(value))?;
                list.end()
            }
            Self::Object(members) | Self::Keyed(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                members.iter().try_for_each(|(name, value)| map.serialize_entry(name.as_ref(), value))?;
                map.end()
            }
        }
    }
}

/// A place in a value: a JSON Pointer (RFC 6901) whose segments are names and keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pointer(Vec<String>);

/// The text is no JSON Pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a JSON Pointer: it is empty or begins with /, and every ~ in it is a ~0 or a ~1")]
pub struct NotAPointer;

impl Pointer {
    /// Its segments, unescaped.
    #[must_use]
    pub fn segments(&self) -> &[String] {
        &self.0
    }

    /// As RFC 6901 writes it. Made by hand: formatting would be a large part of what a browser loads.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for segment in &self.0 {
            text.push('/');
            for character in segment.chars() {
                match character {
                    '~' => text.push_str("~0"),
                    '/' => text.push_str("~1"),
                    other => text.push(other),
                }
            }
        }
        text
    }

    /// The place below this one.
    #[must_use]
    pub fn under(&self, segment: &str) -> Self {
        Self(self.0.iter().cloned().chain([segment.into()]).collect())
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl FromStr for Pointer {
    type Err = NotAPointer;

    fn from_str(text: &str) -> Result<Self, NotAPointer> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let segments = text.strip_prefix('/').ok_or(NotAPointer)?.split('/');
        segments.map(unescaped).collect::<Result<_, _>>().map(Self)
    }
}

/// A key with a number behind it.
fn numbered(key: &str, mut number: usize) -> String {
    let mut digits = Vec::new();
    while number > 0 {
        digits.push(char::from(b'0'.saturating_add(u8::try_from(number % 10).unwrap_or(0))));
        number /= 10;
    }
    key.chars().chain(['#']).chain(digits.into_iter().rev()).collect()
}

fn unescaped(segment: &str) -> Result<String, NotAPointer> {
    let mut parts = segment.split('~');
    let mut text = parts.next().unwrap_or_default().to_string();
    for part in parts {
        let (escaped, rest) = match part.as_bytes().first() {
            Some(b'0') => ('~', &part[1..]),
            Some(b'1') => ('/', &part[1..]),
            _ => return Err(NotAPointer),
        };
        text.push(escaped);
        text.push_str(rest);
    }
    Ok(text)
}

impl Serialize for Pointer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;

    #[test]
    fn a_pointer_is_read_and_written_as_rfc_6901_says() {
        for (text, segments) in [
            ("", &[][..]),
            ("/", &[""]),
            ("/lines/oat-milk/quantity", &["lines", "oat-milk", "quantity"]),
            ("/lines/a~1b/~0~01", &["lines", "a/b", "~~1"]),
            ("/lines//x", &["lines", "", "x"]),
        ] {
            let pointer: Pointer = text.parse().unwrap();
            assert_eq!(pointer.segments(), segments, "{text}");
            assert_eq!(pointer.to_string(), text);
        }
        for text in ["lines", "/a~", "/a~2", "~0"] {
            assert_eq!(text.parse::<Pointer>(), Err(NotAPointer), "{text}");
        }
    }

    #[test]
    fn a_key_that_comes_again_gets_a_number() {
        let members = ["a", "b", "a", "a#2", "a"].into_iter().map(|key| (key, Value::Null));
        let Value::Keyed(members) = Value::keyed(members) else { unreachable!() };
        let keys: Vec<_> = members.iter().map(|(key, _)| key.as_ref()).collect();
        assert_eq!(keys, ["a", "b", "a#2", "a#2#2", "a#3"]);
    }
}
