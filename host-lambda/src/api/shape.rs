//! From JSON values to typed requests, naming the place of what does not fit.
//!
//! A small serde deserializer over a parsed value. Unlike `serde_json`'s own it answers with a JSON Pointer, takes
//! objects only from objects (not from arrays in member order), and never repeats what it was sent.

use std::fmt::{Display, Write as _};

use serde::de::value::StrDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Expected, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Value, map};

/// A place in a request that does not fit its shape.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{pointer}: {detail}")]
pub struct Misfit {
    /// What is wrong.
    pub kind: MisfitKind,
    /// JSON Pointer to the place.
    pub pointer: String,
    /// What was expected there.
    pub detail: String,
}

/// What is wrong at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MisfitKind {
    /// A member that nobody knows.
    UnknownMember,
    /// A wrong type, a number outside its type, or a member that is missing.
    WrongShape,
}

/// Reads `value` as a `T`.
pub fn read<T: DeserializeOwned>(value: &Value) -> Result<T, Misfit> {
    T::deserialize(At(value))
}

/// A value, as a deserializer of itself.
#[derive(Clone, Copy, Debug)]
pub struct At<'a>(pub &'a Value);

/// Longest member name that is repeated in a pointer.
const NAME_BYTES_MAX: usize = 64;

impl Misfit {
    /// Something of the wrong shape at the value itself.
    #[must_use]
    pub fn wrong(detail: impl Display) -> Self {
        Self { kind: MisfitKind::WrongShape, pointer: String::new(), detail: detail.to_string() }
    }

    /// The same misfit seen from the object or array around it.
    #[must_use]
    pub fn under(self, segment: impl Display) -> Self {
        Self { pointer: format!("/{segment}{}", self.pointer), ..self }
    }
}

impl serde::de::Error for Misfit {
    /// The message may hold what was sent, so it is dropped.
    fn custom<T: Display>(_: T) -> Self {
        Self::wrong("not a valid value")
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::wrong(format_args!("expected {}", in_words(expected)))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::wrong(format_args!("out of range: expected {}", in_words(expected)))
    }

    fn invalid_length(_: usize, expected: &dyn Expected) -> Self {
        Self::wrong(format_args!("wrong length: expected {expected}"))
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self::wrong(format_args!("expected {}", one_of(expected)))
    }

    fn unknown_field(name: &str, expected: &'static [&'static str]) -> Self {
        let is_a_word = (1..=NAME_BYTES_MAX).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
        let unknown = Self {
            kind: MisfitKind::UnknownMember,
            pointer: String::new(),
            detail: format!("unknown member: expected {}", one_of(expected)),
        };
        // A name that is no plain word is not repeated; the pointer then ends at the object that has it.
        if is_a_word { unknown.under(name) } else { unknown }
    }

    fn missing_field(name: &'static str) -> Self {
        Self::wrong("this member is missing").under(name)
    }
}

/// What was expected in the words of JSON: callers need not know the types of ours.
fn in_words(expected: &dyn Expected) -> String {
    match expected.to_string() {
        integer if matches!(integer.as_str(), "i64" | "u64" | "u32") => "a whole number".to_owned(),
        array if array == "a sequence" => "an array".to_owned(),
        other => other,
    }
}

fn one_of(expected: &[&str]) -> String {
    let mut text = String::from(if expected.is_empty() { "none" } else { "one of " });
    for (index, name) in expected.iter().enumerate() {
        // Writing to a string does not fail.
        let _ = write!(text, "{}{name}", if index == 0 { "" } else { ", " });
    }
    text
}

impl<'de> Deserializer<'de> for At<'de> {
    type Error = Misfit;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(truth) => visitor.visit_bool(*truth),
            Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(number), _, _) => visitor.visit_u64(number),
                (None, Some(number), _) => visitor.visit_i64(number),
                (None, None, Some(number)) => visitor.visit_f64(number),
                (None, None, None) => Err(Misfit::wrong("not a number")),
            },
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Array(items) => visitor.visit_seq(Items { rest: items.iter(), index: 0 }),
            Value::Object(members) => visitor.visit_map(Members::of(members)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        let members = self.0.as_object().ok_or_else(|| Misfit::wrong("expected an object"))?;
        visitor.visit_map(Members::of(members))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        let expected = || Misfit::wrong(format_args!("expected {}", one_of(names)));
        visitor.visit_enum(StrDeserializer::new(self.0.as_str().ok_or_else(expected)?))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map identifier ignored_any
    }
}

struct Items<'a> {
    rest: std::slice::Iter<'a, Value>,
    index: usize,
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Misfit;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Misfit> {
        let Some(item) = self.rest.next() else { return Ok(None) };
        let read = seed.deserialize(At(item)).map_err(|misfit| misfit.under(self.index))?;
        self.index += 1;
        Ok(Some(read))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

struct Members<'a> {
    rest: map::Iter<'a>,
    current: Option<(&'a String, &'a Value)>,
}

impl<'a> Members<'a> {
    fn of(members: &'a Map<String, Value>) -> Self {
        Self { rest: members.iter(), current: None }
    }
}

impl<'de> MapAccess<'de> for Members<'de> {
    type Error = Misfit;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Misfit> {
        self.current = self.rest.next();
        self.current.map(|(name, _)| seed.deserialize(StrDeserializer::new(name))).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Misfit> {
        let (name, value) = self.current.take().ok_or_else(|| Misfit::wrong("expected a member"))?;
        seed.deserialize(At(value)).map_err(|misfit| misfit.under(name))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use serde_json::json;
    use tillroll_core::cart::CartRequest;

    use super::*;

    fn data_misfit(name: &str, data: &Value) -> Option<(MisfitKind, String)> {
        let read = CartRequest::deserialize_data(name, At(data));
        read.err().map(|misfit| (misfit.kind, misfit.pointer))
    }

    #[test]
    fn the_place_of_what_does_not_fit_is_named() {
        use MisfitKind::{UnknownMember, WrongShape};
        let add = |extra: Value| {
            let mut data = json!({"item_name": "milk"});
            data.as_object_mut().unwrap().extend(extra.as_object().cloned().unwrap());
            data
        };
        for (name, data, kind, pointer) in [
            ("AddItem", add(json!({"quantity": 1.5})), WrongShape, "/quantity"),
            ("AddItem", add(json!({"quantity": "3"})), WrongShape, "/quantity"),
            ("AddItem", add(json!({"quantity": 1e300})), WrongShape, "/quantity"),
            ("AddItem", add(json!({"quantity": u64::MAX})), WrongShape, "/quantity"),
            ("AddItem", add(json!({"price": {"minor": 1, "per": true}})), WrongShape, "/price/per"),
            ("AddItem", add(json!({"price": {"minor": 1, "tax": 2}})), UnknownMember, "/price/tax"),
            ("AddItem", add(json!({"price": {}})), WrongShape, "/price/minor"),
            ("AddItem", add(json!({"price": [100, 1]})), WrongShape, "/price"),
            ("AddItem", add(json!({"colour": "red"})), UnknownMember, "/colour"),
            ("AddItem", add(json!({"<script>": 1})), UnknownMember, ""),
            ("AddItem", json!({}), WrongShape, "/item_name"),
            ("AddItem", json!(["milk"]), WrongShape, ""),
            ("AddItem", json!(null), WrongShape, ""),
            ("CloseCart", json!({"reason": "bored"}), WrongShape, "/reason"),
            ("CloseCart", json!({"reason": {"checked_out": null}}), WrongShape, "/reason"),
            ("ApplyDiscount", json!({"code": "X", "rule": {"kind": 7}}), WrongShape, "/rule/kind"),
        ] {
            assert_eq!(data_misfit(name, &data), Some((kind, pointer.to_owned())), "{name} {data}");
        }
        assert_eq!(data_misfit("AddItem", &add(json!({"quantity": null, "price": {"minor": 1}}))), None);
        assert_eq!(data_misfit("CloseCart", &json!({"reason": "checked_out"})), None);
    }

    #[test]
    fn what_was_expected_is_said_in_the_words_of_json() {
        for (data, detail) in [
            (json!({"item_name": "milk", "quantity": "3"}), "expected a whole number"),
            (json!({"item_name": "milk", "quantity": u64::MAX}), "out of range: expected a whole number"),
            (json!({"item_name": 3}), "expected a string"),
            (json!({"item_name": "milk", "price": 3}), "expected an object"),
        ] {
            let misfit = CartRequest::deserialize_data("AddItem", At(&data)).unwrap_err();
            assert_eq!(misfit.detail, detail, "{data}");
        }
        assert_eq!(read::<Vec<u32>>(&json!({})).unwrap_err().detail, "expected an array");
    }

    #[test]
    fn nothing_that_was_sent_is_repeated() {
        for data in [json!({"item_name": 31_337}), json!({"item_name": ["31337"]}), json!({"reason": "31337"})] {
            for name in ["AddItem", "CloseCart"] {
                let misfit = CartRequest::deserialize_data(name, At(&data)).unwrap_err();
                assert!(!misfit.to_string().contains("31337"), "{misfit}");
            }
        }
    }
}
