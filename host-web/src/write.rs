//! To JavaScript values: a serde serializer into plain objects. Names of members become JavaScript texts once. Maps,
//! whose keys a shopper may have chosen, are made by `Object.fromEntries`, so that no key is special: a line called
//! `__proto__` is a line. An alternative that holds something is `{type, data}`, as the API writes commands.

use core::cell::RefCell;

use js_sys::{Array, Object, Reflect, Uint8Array};
use serde::ser::{Impossible, SerializeMap, SerializeSeq, SerializeStruct, SerializeTuple, SerializeTupleStruct};
use serde::{Serialize, Serializer};
use wasm_bindgen::JsValue;

use crate::error::Misfit;

thread_local! {
    /// Names of members, by where they lie in the program: as many as the types here have.
    static NAMES: RefCell<Vec<((usize, usize), JsValue)>> = const { RefCell::new(Vec::new()) };
}

/// A value as JavaScript has it.
pub(crate) fn value<T: Serialize + ?Sized>(value: &T) -> Result<JsValue, Misfit> {
    value.serialize(Out)
}

/// Sets a member of an object that was made here.
pub(crate) fn set(object: &JsValue, name: &'static str, value: &JsValue) {
    // It can only fail for what is no object, or is frozen.
    let _ = Reflect::set(object, &text_of(name), value);
}

/// The JavaScript text of a name. By address: comparing texts would cost more than making one.
fn text_of(name: &'static str) -> JsValue {
    let place = (name.as_ptr().addr(), name.len());
    NAMES.with_borrow_mut(|names| match names.binary_search_by_key(&place, |(place, _)| *place) {
        Ok(found) => names.get(found).map_or_else(|| name.into(), |(_, text)| text.clone()),
        Err(gap) => {
            let text = JsValue::from(name);
            names.insert(gap, (place, text.clone()));
            text
        }
    })
}

/// A number as JavaScript has it.
#[allow(clippy::cast_precision_loss, reason = "what is too large for JavaScript goes out as JSON.parse would read it")]
pub(crate) fn number(whole: u64) -> f64 {
    whole as f64
}

/// Writes JavaScript values.
#[derive(Clone, Copy)]
struct Out;

fn unused<T>() -> Result<T, Misfit> {
    Err(Misfit::new(Misfit::WRONG_TYPE))
}

impl Serializer for Out {
    type Ok = JsValue;
    type Error = Misfit;
    type SerializeSeq = List;
    type SerializeTuple = List;
    type SerializeTupleStruct = List;
    type SerializeTupleVariant = Impossible<JsValue, Misfit>;
    type SerializeMap = Entries;
    type SerializeStruct = Members;
    type SerializeStructVariant = Impossible<JsValue, Misfit>;

    fn serialize_bool(self, truth: bool) -> Result<JsValue, Misfit> {
        Ok(truth.into())
    }

    fn serialize_i8(self, number: i8) -> Result<JsValue, Misfit> {
        self.serialize_i64(number.into())
    }

    fn serialize_i16(self, number: i16) -> Result<JsValue, Misfit> {
        self.serialize_i64(number.into())
    }

    fn serialize_i32(self, number: i32) -> Result<JsValue, Misfit> {
        self.serialize_i64(number.into())
    }

    #[allow(clippy::cast_precision_loss, reason = "what is too large for JavaScript goes out as JSON.parse reads it")]
    fn serialize_i64(self, number: i64) -> Result<JsValue, Misfit> {
        Ok((number as f64).into())
    }

    fn serialize_u8(self, number: u8) -> Result<JsValue, Misfit> {
        self.serialize_u64(number.into())
    }

    fn serialize_u16(self, number: u16) -> Result<JsValue, Misfit> {
        self.serialize_u64(number.into())
    }

    fn serialize_u32(self, number: u32) -> Result<JsValue, Misfit> {
        self.serialize_u64(number.into())
    }

    fn serialize_u64(self, whole: u64) -> Result<JsValue, Misfit> {
        Ok(number(whole).into())
    }

    fn serialize_f32(self, number: f32) -> Result<JsValue, Misfit> {
        Ok(number.into())
    }

    fn serialize_f64(self, number: f64) -> Result<JsValue, Misfit> {
        Ok(number.into())
    }

    fn serialize_char(self, character: char) -> Result<JsValue, Misfit> {
        self.serialize_str(character.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, text: &str) -> Result<JsValue, Misfit> {
        Ok(text.into())
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<JsValue, Misfit> {
        Ok(Uint8Array::new_from_slice(bytes).into())
    }

    fn serialize_none(self) -> Result<JsValue, Misfit> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<JsValue, Misfit> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<JsValue, Misfit> {
        Ok(JsValue::NULL)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<JsValue, Misfit> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<JsValue, Misfit> {
        Ok(text_of(variant))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<JsValue, Misfit> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        data: &T,
    ) -> Result<JsValue, Misfit> {
        let object = Object::new().into();
        set(&object, "type", &text_of(variant));
        set(&object, "data", &value(data)?);
        Ok(object)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<List, Misfit> {
        Ok(List(Array::new()))
    }

    fn serialize_tuple(self, length: usize) -> Result<List, Misfit> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_struct(self, _: &'static str, length: usize) -> Result<List, Misfit> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Misfit> {
        unused()
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Entries, Misfit> {
        Ok(Entries { entries: Array::new(), key: JsValue::UNDEFINED })
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Members, Misfit> {
        Ok(Members(Object::new().into()))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Misfit> {
        unused()
    }
}

struct List(Array);

impl SerializeSeq for List {
    type Ok = JsValue;
    type Error = Misfit;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<(), Misfit> {
        self.0.push(&value(element)?);
        Ok(())
    }

    fn end(self) -> Result<JsValue, Misfit> {
        Ok(self.0.into())
    }
}

impl SerializeTuple for List {
    type Ok = JsValue;
    type Error = Misfit;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<(), Misfit> {
        SerializeSeq::serialize_element(self, element)
    }

    fn end(self) -> Result<JsValue, Misfit> {
        SerializeSeq::end(self)
    }
}

impl SerializeTupleStruct for List {
    type Ok = JsValue;
    type Error = Misfit;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<(), Misfit> {
        SerializeSeq::serialize_element(self, element)
    }

    fn end(self) -> Result<JsValue, Misfit> {
        SerializeSeq::end(self)
    }
}

struct Entries {
    entries: Array,
    key: JsValue,
}

impl SerializeMap for Entries {
    type Ok = JsValue;
    type Error = Misfit;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Misfit> {
        self.key = value(key)?;
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, member: &T) -> Result<(), Misfit> {
        self.entries.push(&Array::of2(&self.key, &value(member)?).into());
        Ok(())
    }

    fn end(self) -> Result<JsValue, Misfit> {
        let object = Object::from_entries(&self.entries.into());
        object.map(Into::into).map_err(|_| Misfit::new(Misfit::WRONG_VALUE))
    }
}

struct Members(JsValue);

impl SerializeStruct for Members {
    type Ok = JsValue;
    type Error = Misfit;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, member: &T) -> Result<(), Misfit> {
        set(&self.0, name, &value(member)?);
        Ok(())
    }

    fn end(self) -> Result<JsValue, Misfit> {
        Ok(self.0)
    }
}
