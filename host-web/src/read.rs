//! From JavaScript values: accessors that say where something is wrong, and a serde deserializer that refuses unknown
//! members where a type denies them, and stops at [`DEPTH_MAX`] instead of at the end of the stack.

use core::str::FromStr;

use js_sys::{Array, JSON, Object, Reflect};
use serde::de::value::{StrDeserializer, StringDeserializer};
use serde::de::{DeserializeSeed, Deserializer, IntoDeserializer as _, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;
use tillroll_core::money::SAFE_MAX;
use wasm_bindgen::{JsCast as _, JsValue};

use crate::error::Misfit;

/// Most objects within objects: a catalogue's item's price is the third; the rest is room for newer members that are
/// passed over.
const DEPTH_MAX: u8 = 16;

/// The member of an object, read by `read`.
pub(crate) fn member<T>(
    object: &JsValue,
    name: &str,
    read: impl FnOnce(&JsValue) -> Result<T, Misfit>,
) -> Result<T, Misfit> {
    if !object.is_object() {
        return Err(Misfit::new(Misfit::WRONG_TYPE));
    }
    let value = Reflect::get(object, &name.into()).map_err(|_| Misfit::new(Misfit::WRONG_VALUE).under(name))?;
    read(&value).map_err(|misfit| misfit.under(name))
}

/// The member of an object, if it is there and not null.
pub(crate) fn optional<T>(
    object: &JsValue,
    name: &str,
    read: impl FnOnce(&JsValue) -> Result<T, Misfit>,
) -> Result<Option<T>, Misfit> {
    member(object, name, |value| if is_nothing(value) { Ok(None) } else { read(value).map(Some) })
}

/// A list of at most `most` values, each read by `read`.
pub(crate) fn list<T>(
    value: &JsValue,
    most: u32,
    mut read: impl FnMut(&JsValue) -> Result<T, Misfit>,
) -> Result<Vec<T>, Misfit> {
    let values = value.dyn_ref::<Array>().ok_or(Misfit::new(Misfit::WRONG_TYPE))?;
    if values.length() > most {
        return Err(Misfit::new(Misfit::TOO_MANY));
    }
    let nth = |index| read(&element(values, index)?).map_err(|misfit: Misfit| misfit.under_nth(index));
    (0..values.length()).map(nth).collect()
}

/// A text.
pub(crate) fn text(value: &JsValue) -> Result<String, Misfit> {
    value.as_string().ok_or(Misfit::new(Misfit::WRONG_TYPE))
}

/// A truth.
pub(crate) fn truth(value: &JsValue) -> Result<bool, Misfit> {
    value.as_bool().ok_or(Misfit::new(Misfit::WRONG_TYPE))
}

/// A whole number from 0 to 2^53-1.
pub(crate) fn whole(value: &JsValue) -> Result<u64, Misfit> {
    let number = value.as_f64().ok_or(Misfit::new(Misfit::WRONG_TYPE))?;
    integer(number).and_then(|whole| u64::try_from(whole).ok()).ok_or(Misfit::new(Misfit::WRONG_VALUE))
}

/// A text in the one spelling of its type.
pub(crate) fn parsed<T: FromStr>(value: &JsValue) -> Result<T, Misfit> {
    text(value)?.parse().map_err(|_| Misfit::new(Misfit::WRONG_VALUE))
}

/// Bytes.
pub(crate) fn bytes(value: &JsValue) -> Result<Vec<u8>, Misfit> {
    let array = value.dyn_ref::<js_sys::Uint8Array>().ok_or(Misfit::new(Misfit::WRONG_TYPE))?;
    Ok(array.to_vec())
}

/// The JSON text of a value that is only passed on.
pub(crate) fn json(value: &JsValue) -> Result<String, Misfit> {
    let text = JSON::stringify(value).ok().and_then(|text| text.as_string());
    text.ok_or(Misfit::new(Misfit::WRONG_VALUE))
}

/// The number, if it is whole and JavaScript holds it exactly.
pub(crate) fn integer(number: f64) -> Option<i64> {
    signed(number).filter(|whole| whole.unsigned_abs() <= SAFE_MAX)
}

/// The number as the server reads its JSON: past what is exact it is still a number, which the domain refuses.
#[allow(clippy::cast_possible_truncation, reason = "a whole number between -2^63 and 2^63 is an i64")]
fn signed(number: f64) -> Option<i64> {
    /// 2^63, the first one that is none.
    const END: f64 = 9_223_372_036_854_775_808.0;
    let fits = number.fract() == 0.0 && (-END..END).contains(&number);
    fits.then_some(number as i64)
}

fn is_nothing(value: &JsValue) -> bool {
    value.is_null() || value.is_undefined()
}

fn element(values: &Array, index: u32) -> Result<JsValue, Misfit> {
    Reflect::get_u32(values, index).map_err(|_| Misfit::new(Misfit::WRONG_VALUE).under_nth(index))
}

/// A JavaScript value as serde reads it.
pub(crate) struct Js<'a> {
    value: &'a JsValue,
    depth: u8,
}

impl<'a> Js<'a> {
    pub(crate) fn new(value: &'a JsValue) -> Self {
        Self { value, depth: 0 }
    }

    fn below(&self) -> Result<u8, Misfit> {
        if self.depth < DEPTH_MAX { Ok(self.depth.saturating_add(1)) } else { Err(Misfit::new(Misfit::TOO_DEEP)) }
    }
}

impl<'de> Deserializer<'de> for Js<'_> {
    type Error = Misfit;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        if is_nothing(self.value) {
            visitor.visit_unit()
        } else if let Some(truth) = self.value.as_bool() {
            visitor.visit_bool(truth)
        } else if let Some(number) = self.value.as_f64() {
            signed(number).map_or_else(|| Err(Misfit::new(Misfit::WRONG_TYPE)), |whole| visitor.visit_i64(whole))
        } else if let Some(text) = self.value.as_string() {
            visitor.visit_string(text)
        } else if let Some(values) = self.value.dyn_ref::<Array>() {
            visitor.visit_seq(Elements { values, next: 0, depth: self.below()? })
        } else if self.value.is_object() {
            let depth = self.below()?;
            let names = Object::keys(self.value.unchecked_ref::<Object>());
            visitor.visit_map(Members { object: self.value, names, next: 0, current: None, depth })
        } else {
            Err(Misfit::new(Misfit::WRONG_TYPE))
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        if is_nothing(self.value) { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_newtype_struct(self)
    }

    /// Of the enums that are read so, every variant is a word.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        let variant: StringDeserializer<Misfit> = text(self.value)?.into_deserializer();
        visitor.visit_enum(variant)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier
    }
}

struct Elements<'a> {
    values: &'a Array,
    next: u32,
    depth: u8,
}

impl<'de> SeqAccess<'de> for Elements<'_> {
    type Error = Misfit;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Misfit> {
        let index = self.next;
        if index >= self.values.length() {
            return Ok(None);
        }
        self.next = index.saturating_add(1);
        let value = element(self.values, index)?;
        let read = seed.deserialize(Js { value: &value, depth: self.depth });
        read.map(Some).map_err(|misfit| misfit.under_nth(index))
    }
}

struct Members<'a> {
    object: &'a JsValue,
    names: Array,
    next: u32,
    current: Option<(String, JsValue)>,
    depth: u8,
}

impl<'de> MapAccess<'de> for Members<'_> {
    type Error = Misfit;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Misfit> {
        while self.next < self.names.length() {
            let name = self.names.get(self.next);
            self.next = self.next.saturating_add(1);
            let value = Reflect::get(self.object, &name).map_err(|_| Misfit::new(Misfit::WRONG_VALUE))?;
            // As in JSON: what is undefined is not there.
            if value.is_undefined() {
                continue;
            }
            let name = text(&name)?;
            let key = seed.deserialize(StrDeserializer::<Misfit>::new(&name))?;
            self.current = Some((name, value));
            return Ok(Some(key));
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Misfit> {
        let Some((name, value)) = self.current.take() else { return Err(Misfit::new(Misfit::WRONG_VALUE)) };
        seed.deserialize(Js { value: &value, depth: self.depth }).map_err(|misfit| misfit.under(&name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_that_are_exact_come_in_and_no_others() {
        for (number, whole) in [
            (0.0, Some(0)),
            (-0.0, Some(0)),
            (-3.0, Some(-3)),
            (9_007_199_254_740_991.0, Some(9_007_199_254_740_991)),
            (-9_007_199_254_740_991.0, Some(-9_007_199_254_740_991)),
            (9_007_199_254_740_992.0, None),
            (1e300, None),
            (0.5, None),
            (f64::NAN, None),
            (f64::INFINITY, None),
        ] {
            assert_eq!(integer(number), whole, "{number}");
        }
        for (number, whole) in [
            (9_007_199_254_740_992.0, Some(9_007_199_254_740_992)),
            (-9_223_372_036_854_775_808.0, Some(i64::MIN)),
            (9_223_372_036_854_775_808.0, None),
            (-1e300, None),
            (0.5, None),
            (f64::NAN, None),
        ] {
            assert_eq!(signed(number), whole, "{number}");
        }
    }
}
