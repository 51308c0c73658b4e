//! JSON from strangers: one UTF-8 document without duplicate keys, lone surrogates or trailing bytes, and not deeper
//! than [`DEPTH_MAX`]. What two parsers could read differently is refused here, before anybody looks at the content.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Deepest nesting of arrays and objects. Our own shapes need six.
pub const DEPTH_MAX: usize = 16;

/// Why bytes are not acceptable JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotStrict {
    /// Not JSON, or JSON that can be read in two ways.
    Malformed,
    /// Nested deeper than [`DEPTH_MAX`].
    TooDeep,
}

/// Parses one document.
pub fn parse(bytes: &[u8]) -> Result<Value, NotStrict> {
    let too_deep = Cell::new(false);
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let parsed = Strict { depth: 0, too_deep: &too_deep }
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value));
    parsed.map_err(|_| if too_deep.get() { NotStrict::TooDeep } else { NotStrict::Malformed })
}

/// Builds a value `depth` levels below the document.
#[derive(Clone, Copy)]
struct Strict<'a> {
    depth: usize,
    too_deep: &'a Cell<bool>,
}

impl Strict<'_> {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        if self.depth == DEPTH_MAX {
            self.too_deep.set(true);
            return Err(E::custom("nested too deep"));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Value, E> {
        Ok(truth.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(inner)? {
            array.push(item);
        }
        Ok(array.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(inner)?;
            if object.insert(name, value).is_some() {
                return Err(A::Error::custom("a key comes twice"));
            }
        }
        Ok(object.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_that_reads_in_one_way_is_parsed() {
        for text in [r#"{"a":[1,-1,1.5,"x",null,true]}"#, " [] \n", "\"\\ud83d\\ude00\"", "18446744073709551616"] {
            assert!(parse(text.as_bytes()).is_ok(), "{text}");
        }
        assert_eq!(parse(b"-9223372036854775808"), Ok(i64::MIN.into()));
    }

    #[test]
    fn f02_what_could_be_read_in_two_ways_is_malformed() {
        let cases: [&[u8]; 14] = [
            b"",
            b"{",
            b"nonsense",
            b"{} {}",
            b"{}\0",
            b"\xef\xbb\xbf{}",
            b"\"\xff\"",
            b"\"\xed\xa0\x80\"",
            br#""\ud800""#,
            br#""\udc00\ud800""#,
            br#"{"a":1,"a":1}"#,
            br#"{"a":{"b":1,"\u0062":2}}"#,
            b"NaN",
            b"1e999",
        ];
        for bytes in cases {
            assert_eq!(parse(bytes), Err(NotStrict::Malformed), "{}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn f03_seventeen_levels_are_too_deep_however_many_more_follow() {
        let nested = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
        assert!(parse(nested(16).as_bytes()).is_ok());
        assert_eq!(parse(nested(17).as_bytes()), Err(NotStrict::TooDeep));
        assert_eq!(parse("[".repeat(200_000).as_bytes()), Err(NotStrict::TooDeep));
        assert_eq!(parse(r#"{"a":"#.repeat(200_000).as_bytes()), Err(NotStrict::TooDeep));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = parse(&bytes);
        }

        #[test]
        fn whatever_is_accepted_is_what_a_plain_parser_reads(text in r#"[\[\]{}:,"a-c\\u0-9e. -]{0,40}"#) {
            if let Ok(value) = parse(text.as_bytes()) {
                proptest::prop_assert_eq!(serde_json::from_str::<Value>(&text).unwrap_or_default(), value);
            }
        }
    }
}
