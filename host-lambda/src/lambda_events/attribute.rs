//! Reading a typed value from JSON, straight into its place. An enum with an untagged rest would be derived, too, and
//! keep every value of every item in between: that is a third of what publish does.
//!
//! Whatever is no value of the table's API is kept as it came. It is no event, and must not fail the batch.

use std::fmt;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::{Attribute, Image};

/// The name of a type.
#[derive(serde::Deserialize)]
#[serde(field_identifier)]
enum Kind {
    S,
    N,
    #[serde(rename = "BOOL")]
    Bool,
    #[serde(rename = "NULL")]
    Null,
    M,
    L,
    Other(String),
}

/// Takes scalars, which are none of what a visitor looks for, as they come.
macro_rules! scalars_are {
    ($wrapped:expr) => {
        fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
            Ok($wrapped(value.into()))
        }

        fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
            Ok($wrapped(value.into()))
        }

        fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
            Ok($wrapped(value.into()))
        }

        fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
            Ok($wrapped(value.into()))
        }

        fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
            Ok($wrapped(value.into()))
        }

        fn visit_string<E>(self, value: String) -> Result<Self::Value, E> {
            Ok($wrapped(value.into()))
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok($wrapped(Value::Null))
        }
    };
}

impl<'de> Deserialize<'de> for Attribute {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OfAttribute)
    }
}

struct OfAttribute;

impl<'de> Visitor<'de> for OfAttribute {
    type Value = Attribute;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a typed value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Attribute, A::Error> {
        let Some(kind) = members.next_key::<Kind>()? else { return Ok(Attribute::Other(Value::Object(Map::new()))) };
        let read = match kind {
            Kind::S => text(members.next_value()?).map(Attribute::S).map_err(|value| ("S".to_owned(), value)),
            Kind::N => text(members.next_value()?).map(Attribute::N).map_err(|value| ("N".to_owned(), value)),
            Kind::Bool => truth(members.next_value()?).map(Attribute::Bool).map_err(|value| ("BOOL".to_owned(), value)),
            Kind::Null => truth(members.next_value()?).map(Attribute::Null).map_err(|value| ("NULL".to_owned(), value)),
            Kind::M => members.next_value::<Members>()?.0.map(Attribute::M).map_err(|value| ("M".to_owned(), value)),
            Kind::L => members.next_value::<Items>()?.0.map(Attribute::L).map_err(|value| ("L".to_owned(), value)),
            Kind::Other(name) => Err((name, members.next_value()?)),
        };
        let further = members.next_entry::<String, Value>()?;
        let mut object = match (read, &further) {
            (Ok(attribute), None) => return Ok(attribute),
            (Ok(attribute), Some(_)) => serde_json::to_value(attribute).unwrap_or_default(),
            (Err((name, value)), _) => Value::Object(Map::from_iter([(name, value)])),
        };
        if let Value::Object(object) = &mut object {
            object.extend(further);
            while let Some((name, value)) = members.next_entry()? {
                object.insert(name, value);
            }
        }
        Ok(Attribute::Other(object))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, values: A) -> Result<Attribute, A::Error> {
        Value::deserialize(SeqAccessDeserializer::new(values)).map(Attribute::Other)
    }

    scalars_are!(Attribute::Other);
}

/// The members of a map, or what stands in their place.
struct Members(Result<Image, Value>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OfMembers;

        impl<'de> Visitor<'de> for OfMembers {
            type Value = Result<Image, Value>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the members of a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Self::Value, A::Error> {
                Image::deserialize(MapAccessDeserializer::new(members)).map(Ok)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, values: A) -> Result<Self::Value, A::Error> {
                Value::deserialize(SeqAccessDeserializer::new(values)).map(Err)
            }

            scalars_are!(Err);
        }

        deserializer.deserialize_any(OfMembers).map(Self)
    }
}

/// The values of a list, or what stands in their place.
struct Items(Result<Vec<Attribute>, Value>);

impl<'de> Deserialize<'de> for Items {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OfItems;

        impl<'de> Visitor<'de> for OfItems {
            type Value = Result<Vec<Attribute>, Value>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the values of a list")
            }

            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Self::Value, A::Error> {
                Value::deserialize(MapAccessDeserializer::new(members)).map(Err)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, values: A) -> Result<Self::Value, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(values)).map(Ok)
            }

            scalars_are!(Err);
        }

        deserializer.deserialize_any(OfItems).map(Self)
    }
}

fn text(value: Value) -> Result<String, Value> {
    if let Value::String(text) = value { Ok(text) } else { Err(value) }
}

fn truth(value: Value) -> Result<bool, Value> {
    value.as_bool().ok_or(value)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use serde_json::json;

    use super::*;

    #[test]
    fn typed_values_are_read_and_written_as_the_table_stream_has_them() {
        let item = json!({
            "text": {"S": "milk"}, "number": {"N": "1.50"}, "truth": {"BOOL": false}, "null": {"NULL": true},
            "map": {"M": {"a": {"S": "b"}, "list": {"L": [{"N": "1"}, {"M": {}}]}}}, "list": {"L": []},
        });
        let read: Image = serde_json::from_value(item.clone()).unwrap();
        assert!(read.values().all(|value| !matches!(value, Attribute::Other(_))), "{read:?}");
        assert_eq!(read["map"], Attribute::M(serde_json::from_str(&item["map"]["M"].to_string()).unwrap()));
        assert_eq!(serde_json::to_value(&read).unwrap(), item);
    }

    #[test]
    fn what_is_no_typed_value_is_kept_as_it_came() {
        for strange in [
            json!({}),
            json!({"B": "AA=="}),
            json!({"SS": ["a"]}),
            json!({"S": 5}),
            json!({"N": null}),
            json!({"BOOL": "true"}),
            json!({"M": [1]}),
            json!({"M": 1.5}),
            json!({"L": {"a": {"S": "b"}}}),
            json!({"S": "a", "N": "1"}),
            json!({"X": 1, "Y": 2, "Z": 3}),
            json!([1, {"S": "a"}]),
            json!("S"),
            json!(-1),
            json!(null),
            json!(true),
        ] {
            for read in [
                serde_json::from_value::<Attribute>(strange.clone()).unwrap(),
                serde_json::from_str(&strange.to_string()).unwrap(),
            ] {
                assert_eq!(read, Attribute::Other(strange.clone()));
                assert_eq!(serde_json::to_value(&read).unwrap(), strange);
            }
        }
    }
}
