//! One attribute of an item as it stands in DynamoDB's JSON, `{"S":"Tea"}`: read as text, number or JSON, handed to
//! serde without a value in between, or stepped over.

use std::borrow::Cow;
use std::str::FromStr;

use serde::de::value::{BorrowedStrDeserializer, StrDeserializer};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Number, Value};

use super::cursor::{Cursor, Refused, whole};

/// Deeper attributes are left to the SDK: DynamoDB stores 32 levels, our events have three.
const DEPTH_MAX: u8 = 32;

/// The attribute that comes next.
#[derive(Debug)]
pub(super) struct Attribute<'c, 'a> {
    cursor: &'c mut Cursor<'a>,
    depth: u8,
}

/// The types that events have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    Text,
    Number,
    Truth,
    Null,
    List,
    Map,
}

impl<'c, 'a> Attribute<'c, 'a> {
    pub(super) fn next(cursor: &'c mut Cursor<'a>) -> Self {
        Self { cursor, depth: 0 }
    }

    /// The same attribute, to be handed on.
    pub(super) fn reborrow(&mut self) -> Attribute<'_, 'a> {
        Attribute { cursor: &mut *self.cursor, depth: self.depth }
    }

    /// Whether it is a map.
    pub(super) fn is_map(&self) -> bool {
        let mut ahead = *self.cursor;
        matches!(open(&mut ahead), Ok(Type::Map))
    }

    /// The text of an `S`.
    pub(super) fn text(self) -> Result<Cow<'a, str>, Refused> {
        self.of(Type::Text, Cursor::string)
    }

    /// The whole number of an `N`.
    pub(super) fn number(self) -> Result<u64, Refused> {
        self.of(Type::Number, |cursor| whole(cursor.plain_string()?).ok_or(Refused))
    }

    fn of<T>(self, expected: Type, read: impl FnOnce(&mut Cursor<'a>) -> Result<T, Refused>) -> Result<T, Refused> {
        if open(self.cursor)? != expected {
            return Err(Refused);
        }
        let value = read(self.cursor)?;
        self.cursor.expect(b'}')?;
        Ok(value)
    }

    /// The attribute as JSON: whole numbers exactly, others as the nearest double.
    pub(super) fn json(self) -> Result<Value, Refused> {
        let (depth, cursor) = (self.deeper()?, self.cursor);
        let value = match open(cursor)? {
            Type::Text => Value::String(cursor.string()?.into_owned()),
            Type::Number => Value::Number(Number::from_str(cursor.plain_string()?).map_err(|_| Refused)?),
            Type::Truth => Value::Bool(truth(cursor)?),
            Type::Null => null(cursor).map(|()| Value::Null)?,
            Type::List => {
                let mut values = Vec::new();
                elements(cursor, |cursor| {
                    values.push(Attribute { cursor, depth }.json()?);
                    Ok(())
                })?;
                Value::Array(values)
            }
            Type::Map => {
                let mut members = Map::new();
                cursor.members(|cursor, name| {
                    members.insert(name.to_owned(), Attribute { cursor, depth }.json()?);
                    Ok(())
                })?;
                Value::Object(members)
            }
        };
        cursor.expect(b'}')?;
        Ok(value)
    }

    /// Steps over an attribute that would read as JSON.
    pub(super) fn skip(self) -> Result<(), Refused> {
        let (depth, cursor) = (self.deeper()?, self.cursor);
        match open(cursor)? {
            Type::Text => cursor.string().map(drop)?,
            Type::Number => {
                let digits = cursor.plain_string()?;
                if whole(digits).is_none() {
                    Number::from_str(digits).map_err(|_| Refused)?;
                }
            }
            Type::Truth => truth(cursor).map(drop)?,
            Type::Null => null(cursor)?,
            Type::List => elements(cursor, |cursor| Attribute { cursor, depth }.skip())?,
            Type::Map => cursor.members(|cursor, _| Attribute { cursor, depth }.skip())?,
        }
        cursor.expect(b'}')
    }

    fn deeper(&self) -> Result<u8, Refused> {
        if self.depth < DEPTH_MAX { Ok(self.depth + 1) } else { Err(Refused) }
    }
}

/// Steps over `{"S":` and says what it opens.
#[inline]
fn open(cursor: &mut Cursor<'_>) -> Result<Type, Refused> {
    // As DynamoDB writes the three that nearly all are.
    for (written, opened) in [(r#"{"S":"#, Type::Text), (r#"{"N":"#, Type::Number), (r#"{"M":"#, Type::Map)] {
        if cursor.take_word(written) {
            return Ok(opened);
        }
    }
    cursor.expect(b'{')?;
    let opened = match cursor.plain_string()? {
        "S" => Type::Text,
        "N" => Type::Number,
        "BOOL" => Type::Truth,
        "NULL" => Type::Null,
        "L" => Type::List,
        "M" => Type::Map,
        _ => return Err(Refused),
    };
    cursor.expect(b':').map(|()| opened)
}

fn truth(cursor: &mut Cursor<'_>) -> Result<bool, Refused> {
    match cursor.take_word("true") {
        true => Ok(true),
        false if cursor.take_word("false") => Ok(false),
        false => Err(Refused),
    }
}

fn null(cursor: &mut Cursor<'_>) -> Result<(), Refused> {
    if truth(cursor)? { Ok(()) } else { Err(Refused) }
}

fn elements<'a>(
    cursor: &mut Cursor<'a>,
    mut element: impl FnMut(&mut Cursor<'a>) -> Result<(), Refused>,
) -> Result<(), Refused> {
    cursor.expect(b'[')?;
    let mut first = true;
    while cursor.next_element(&mut first)? {
        element(cursor)?;
    }
    Ok(())
}

/// As serde sees it, an attribute is what its JSON would be.
impl<'de> Deserializer<'de> for Attribute<'_, 'de> {
    type Error = Refused;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        let (depth, cursor) = (self.deeper()?, self.cursor);
        let value = match open(cursor)? {
            Type::Text => match cursor.string()? {
                Cow::Borrowed(text) => visitor.visit_borrowed_str(text)?,
                Cow::Owned(text) => visitor.visit_string(text)?,
            },
            Type::Number => visitor.visit_u64(whole(cursor.plain_string()?).ok_or(Refused)?)?,
            Type::Truth => visitor.visit_bool(truth(cursor)?)?,
            Type::Null => null(cursor).and_then(|()| visitor.visit_unit())?,
            Type::List => {
                cursor.expect(b'[')?;
                let mut inner = Inner { cursor: &mut *cursor, depth, first: true, ended: false };
                let value = visitor.visit_seq(&mut inner)?;
                inner.expect_ended(value)?
            }
            Type::Map => {
                cursor.expect(b'{')?;
                let mut inner = Inner { cursor: &mut *cursor, depth, first: true, ended: false };
                let value = visitor.visit_map(&mut inner)?;
                inner.expect_ended(value)?
            }
        };
        cursor.expect(b'}')?;
        Ok(value)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        let mut ahead = *self.cursor;
        if open(&mut ahead)? != Type::Null {
            return visitor.visit_some(self);
        }
        self.of(Type::Null, null)?;
        visitor.visit_none()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_newtype_struct(self)
    }

    /// Only variants without content: events have no others.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        visitor.visit_enum(StrDeserializer::new(&self.text()?))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.skip()?;
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier
    }
}

/// The inside of a list or a map.
struct Inner<'c, 'a> {
    cursor: &'c mut Cursor<'a>,
    depth: u8,
    first: bool,
    ended: bool,
}

impl Inner<'_, '_> {
    /// A visitor that leaves something unread has not understood it.
    fn expect_ended<T>(self, value: T) -> Result<T, Refused> {
        if self.ended { Ok(value) } else { Err(Refused) }
    }
}

impl<'a> MapAccess<'a> for Inner<'_, 'a> {
    type Error = Refused;

    fn next_key_seed<K: DeserializeSeed<'a>>(&mut self, seed: K) -> Result<Option<K::Value>, Refused> {
        if let Some(name) = self.cursor.next_member(&mut self.first)? {
            return seed.deserialize(BorrowedStrDeserializer::new(name)).map(Some);
        }
        self.ended = true;
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'a>>(&mut self, seed: V) -> Result<V::Value, Refused> {
        seed.deserialize(Attribute { cursor: &mut *self.cursor, depth: self.depth })
    }
}

impl<'a> SeqAccess<'a> for Inner<'_, 'a> {
    type Error = Refused;

    fn next_element_seed<T: DeserializeSeed<'a>>(&mut self, seed: T) -> Result<Option<T::Value>, Refused> {
        if self.cursor.next_element(&mut self.first)? {
            return seed.deserialize(Attribute { cursor: &mut *self.cursor, depth: self.depth }).map(Some);
        }
        self.ended = true;
        Ok(None)
    }
}
