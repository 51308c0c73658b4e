//! How an event lies in the table: names and types of an item's attributes, in one place for everybody who reads or
//! writes items, whatever types their library gives to values (the SDK's, or Lambda's JSON of the table stream).
//!
//! `AggregateUuid`, `Version`, `EventUuid`, `Name` and `Data` are the layout of the Ruby system; everything else is
//! optional on reading. The names are storage: never renamed, never reused.

use std::str::FromStr;

use serde_json::{Map, Number, Value};
use tillroll_core::recorded::{Circumstances, CommandMark, FIRST_SCHEMA};
use tillroll_core::time::Timestamp;

use crate::lambda_events::{Attribute, Image};
use crate::record::EventRecord;

/// Hash key: the stream's id.
pub const STREAM: &str = "AggregateUuid";
/// Range key: the event's version, from 1.
pub const VERSION: &str = "Version";
/// The event's id.
pub const EVENT_ID: &str = "EventUuid";
/// The event's stored name.
pub const NAME: &str = "Name";
/// The event's stored data.
pub const DATA: &str = "Data";

pub(crate) const SOURCE: &str = "Source";
pub(crate) const HAPPENED_AT: &str = "Time";
pub(crate) const RECORDED_AT: &str = "RecordedTime";
pub(crate) const SCHEMA_VERSION: &str = "SchemaVersion";
pub(crate) const COMMAND_ID: &str = "CommandId";
pub(crate) const COMMAND_HASH: &str = "CommandHash";
pub(crate) const CORRELATION_ID: &str = "CorrelationId";
pub(crate) const CAUSATION_ID: &str = "CausationId";
pub(crate) const TRACEPARENT: &str = "TraceParent";
pub(crate) const ACTOR: &str = "Actor";
pub(crate) const REDUCER: &str = "Reducer";

/// Most attributes an event's item has.
pub const ATTRIBUTES_MAX: usize = 16;

/// A typed value of an item, in a library's own type.
pub trait ItemValue: Sized {
    /// Its map.
    type Members: IntoIterator<Item = (String, Self)> + FromIterator<(String, Self)>;

    /// The value of this form; what an event never holds ([`Form::Other`]) becomes null.
    fn of(form: Form<Self>) -> Self;

    /// The form of the value.
    fn into_form(self) -> Form<Self>;
}

/// What a value is.
#[derive(Debug)]
pub enum Form<V: ItemValue> {
    /// `S`
    Text(String),
    /// `N`, as decimal text.
    Number(String),
    /// `BOOL`
    Truth(bool),
    /// `NULL`
    Null,
    /// `L`
    List(Vec<V>),
    /// `M`
    Map(V::Members),
    /// Binary, sets, and whatever comes in later.
    Other,
}

/// The item is no event: an attribute is missing, or has another type or form than events have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnEventItem {
    /// One of the five attributes that every event has is not there.
    #[error("the item has no attribute `{0}`")]
    Missing(&'static str),
    /// The attribute has the wrong type, or does not read as what it should be.
    #[error("the item's attribute `{0}` has the wrong type or form")]
    WrongForm(&'static str),
}

/// Reads an event, taking the attributes out of an item by name.
pub fn event_of_item<V: ItemValue>(take: impl FnMut(&'static str) -> Option<V>) -> Result<EventRecord, NotAnEventItem> {
    let mut item = Reader { take };
    let version: u64 = parse(VERSION, item.number(VERSION)?.ok_or(NotAnEventItem::Missing(VERSION))?)?;
    if version == 0 {
        return Err(NotAnEventItem::WrongForm(VERSION));
    }
    let data = (item.take)(DATA).ok_or(NotAnEventItem::Missing(DATA))?;
    let data = json_of_value(data).filter(Value::is_object).ok_or(NotAnEventItem::WrongForm(DATA))?;
    let command_id = item.parsed(COMMAND_ID)?;
    let command_hash = item.parsed(COMMAND_HASH)?;
    let schema_version = match item.number(SCHEMA_VERSION)? {
        Some(number) => parse(SCHEMA_VERSION, number)?,
        None => FIRST_SCHEMA,
    };
    Ok(EventRecord {
        stream: item.parsed(STREAM)?.ok_or(NotAnEventItem::Missing(STREAM))?,
        version,
        name: item.text(NAME)?.ok_or(NotAnEventItem::Missing(NAME))?,
        data,
        circumstances: Circumstances {
            event_id: item.parsed(EVENT_ID)?.ok_or(NotAnEventItem::Missing(EVENT_ID))?,
            source: item.text(SOURCE)?,
            happened_at: item.parsed::<Timestamp>(HAPPENED_AT)?,
            recorded_at: item.parsed::<Timestamp>(RECORDED_AT)?,
            command: command_id.zip(command_hash).map(|(id, hash)| CommandMark { id, hash }),
            correlation_id: item.text(CORRELATION_ID)?,
            causation_id: item.text(CAUSATION_ID)?,
            traceparent: item.text(TRACEPARENT)?,
            actor: item.text(ACTOR)?,
            reducer: item.text(REDUCER)?,
            schema_version,
        },
    })
}

/// Hands every attribute of the event's item to `put`. What is absent in the event is absent in the item.
pub fn item_of_event<V: ItemValue>(event: &EventRecord, mut put: impl FnMut(&'static str, V)) {
    let noted = &event.circumstances;
    put(STREAM, V::of(Form::Text(event.stream.to_string())));
    put(VERSION, V::of(Form::Number(event.version.to_string())));
    put(EVENT_ID, V::of(Form::Text(noted.event_id.to_string())));
    put(NAME, V::of(Form::Text(event.name.clone())));
    put(DATA, value_of_json(&event.data));
    if noted.schema_version != FIRST_SCHEMA {
        put(SCHEMA_VERSION, V::of(Form::Number(noted.schema_version.to_string())));
    }
    let mut put_text = |name, text: Option<String>| {
        if let Some(text) = text {
            put(name, V::of(Form::Text(text)));
        }
    };
    put_text(SOURCE, noted.source.clone());
    put_text(HAPPENED_AT, noted.happened_at.map(|time| time.to_string()));
    put_text(RECORDED_AT, noted.recorded_at.map(|time| time.to_string()));
    put_text(COMMAND_ID, noted.command.map(|mark| mark.id.to_string()));
    put_text(COMMAND_HASH, noted.command.map(|mark| mark.hash.to_string()));
    put_text(CORRELATION_ID, noted.correlation_id.clone());
    put_text(CAUSATION_ID, noted.causation_id.clone());
    put_text(TRACEPARENT, noted.traceparent.clone());
    put_text(ACTOR, noted.actor.clone());
    put_text(REDUCER, noted.reducer.clone());
}

/// Reads an event from an item in Lambda's JSON, as the table stream brings it.
pub fn event_of_image(mut image: Image) -> Result<EventRecord, NotAnEventItem> {
    event_of_item(|name| image.remove(name))
}

/// The event's item in Lambda's JSON.
#[must_use]
pub fn image_of_event(event: &EventRecord) -> Image {
    let mut image = Image::new();
    item_of_event(event, |name, value: Attribute| {
        image.insert(name.to_owned(), value);
    });
    image
}

/// A JSON value as a value of an item. Numbers keep their digits.
pub fn value_of_json<V: ItemValue>(json: &Value) -> V {
    V::of(match json {
        Value::Null => Form::Null,
        Value::Bool(truth) => Form::Truth(*truth),
        Value::Number(number) => Form::Number(number.to_string()),
        Value::String(text) => Form::Text(text.clone()),
        Value::Array(values) => Form::List(values.iter().map(value_of_json).collect()),
        Value::Object(members) => {
            Form::Map(members.iter().map(|(name, value)| (name.clone(), value_of_json(value))).collect())
        }
    })
}

/// A value of an item as JSON: whole numbers exactly, others as the nearest double. `None` for what JSON has not.
pub fn json_of_value<V: ItemValue>(value: V) -> Option<Value> {
    match value.into_form() {
        Form::Null => Some(Value::Null),
        Form::Truth(truth) => Some(Value::Bool(truth)),
        Form::Number(digits) => Number::from_str(&digits).ok().map(Value::Number),
        Form::Text(text) => Some(Value::String(text)),
        Form::List(values) => values.into_iter().map(json_of_value).collect::<Option<_>>().map(Value::Array),
        Form::Map(members) => {
            let members = members.into_iter().map(|(name, value)| Some((name, json_of_value(value)?)));
            members.collect::<Option<Map<_, _>>>().map(Value::Object)
        }
        Form::Other => None,
    }
}

struct Reader<F> {
    take: F,
}

impl<V: ItemValue, F: FnMut(&'static str) -> Option<V>> Reader<F> {
    fn text(&mut self, name: &'static str) -> Result<Option<String>, NotAnEventItem> {
        match (self.take)(name).map(V::into_form) {
            None => Ok(None),
            Some(Form::Text(text)) => Ok(Some(text)),
            Some(_) => Err(NotAnEventItem::WrongForm(name)),
        }
    }

    fn number(&mut self, name: &'static str) -> Result<Option<String>, NotAnEventItem> {
        match (self.take)(name).map(V::into_form) {
            None => Ok(None),
            Some(Form::Number(digits)) => Ok(Some(digits)),
            Some(_) => Err(NotAnEventItem::WrongForm(name)),
        }
    }

    fn parsed<T: FromStr>(&mut self, name: &'static str) -> Result<Option<T>, NotAnEventItem> {
        self.text(name)?.map(|text| parse(name, text)).transpose()
    }
}

fn parse<T: FromStr>(name: &'static str, text: impl AsRef<str>) -> Result<T, NotAnEventItem> {
    text.as_ref().parse().map_err(|_| NotAnEventItem::WrongForm(name))
}

impl ItemValue for Attribute {
    type Members = Image;

    fn of(form: Form<Self>) -> Self {
        match form {
            Form::Text(text) => Self::S(text),
            Form::Number(digits) => Self::N(digits),
            Form::Truth(truth) => Self::Bool(truth),
            Form::List(values) => Self::L(values),
            Form::Map(members) => Self::M(members),
            Form::Null | Form::Other => Self::Null(true),
        }
    }

    fn into_form(self) -> Form<Self> {
        match self {
            Self::S(text) => Form::Text(text),
            Self::N(digits) => Form::Number(digits),
            Self::Bool(truth) => Form::Truth(truth),
            Self::Null(_) => Form::Null,
            Self::L(values) => Form::List(values),
            Self::M(members) => Form::Map(members),
            Self::Other(_) => Form::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;
    use serde_json::json;

    fn image(json: Value) -> Image {
        serde_json::from_value(json).unwrap()
    }

    fn ruby_item() -> Value {
        json!({
            "AggregateUuid": {"S": "6ba7b811-9dad-11d1-80b4-00c04fd430c8"},
            "Version": {"N": "2"},
            "EventUuid": {"S": "0f0e0d0c-9dad-11d1-80b4-00c04fd430c8"},
            "Name": {"S": "ItemAdded"},
            "Data": {"M": {
                "shopping_cart_uuid": {"S": "6ba7b811-9dad-11d1-80b4-00c04fd430c8"},
                "item_name": {"S": "Tea"},
                "quantity": {"N": "3"},
                "note": {"NULL": true},
                "flags": {"L": [{"BOOL": true}, {"N": "1.5"}]},
            }},
        })
    }

    #[test]
    fn an_item_of_the_ruby_system_is_an_event_without_further_circumstances() {
        let event = event_of_image(image(ruby_item())).unwrap();
        assert_eq!((event.version, event.name.as_str()), (2, "ItemAdded"));
        assert_eq!(
            event.data,
            json!({
                "shopping_cart_uuid": "6ba7b811-9dad-11d1-80b4-00c04fd430c8",
                "item_name": "Tea",
                "quantity": 3,
                "note": null,
                "flags": [true, 1.5],
            })
        );
        let noted = &event.circumstances;
        assert_eq!((&noted.source, noted.command, noted.schema_version), (&None, None, 1));
        assert_eq!(image_of_event(&event), image(ruby_item()));
    }

    #[test]
    fn every_circumstance_survives_the_item() {
        let mut event = event_of_image(image(ruby_item())).unwrap();
        event.circumstances = Circumstances {
            event_id: event.circumstances.event_id,
            source: Some("tillroll:api".to_owned()),
            happened_at: Some("2017-01-01T11:53:26Z".parse().unwrap()),
            recorded_at: Some("2026-01-01T00:00:00.250Z".parse().unwrap()),
            command: Some(CommandMark {
                id: "6ba7b811-9dad-11d1-80b4-00c04fd430c9".parse().unwrap(),
                hash: "00ff00ff00ff00ff".parse().unwrap(),
            }),
            correlation_id: Some("c".to_owned()),
            causation_id: Some("d".to_owned()),
            traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
            actor: Some("a".to_owned()),
            reducer: Some("0123456789abcdef".to_owned()),
            schema_version: 2,
        };
        let item = image_of_event(&event);
        assert_eq!(item.len(), ATTRIBUTES_MAX);
        assert_eq!(event_of_image(item).unwrap(), event);
    }

    #[test]
    fn an_item_with_wrong_types_is_no_event_and_says_which_attribute_is_at_fault() {
        for (name, value, expected) in [
            ("AggregateUuid", None, NotAnEventItem::Missing(STREAM)),
            ("AggregateUuid", Some(json!({"S": "6BA7"})), NotAnEventItem::WrongForm(STREAM)),
            ("Version", Some(json!({"S": "2"})), NotAnEventItem::WrongForm(VERSION)),
            ("Version", Some(json!({"N": "0"})), NotAnEventItem::WrongForm(VERSION)),
            ("Version", Some(json!({"N": "1.5"})), NotAnEventItem::WrongForm(VERSION)),
            ("EventUuid", Some(json!({"N": "2"})), NotAnEventItem::WrongForm(EVENT_ID)),
            ("Name", None, NotAnEventItem::Missing(NAME)),
            ("Data", Some(json!({"S": "{}"})), NotAnEventItem::WrongForm(DATA)),
            ("Data", Some(json!({"M": {"x": {"B": "AA=="}}})), NotAnEventItem::WrongForm(DATA)),
            ("CommandId", Some(json!({"S": "x"})), NotAnEventItem::WrongForm(COMMAND_ID)),
        ] {
            let mut item = ruby_item();
            match value {
                Some(value) => item[name] = value,
                None => drop(item.as_object_mut().unwrap().remove(name)),
            }
            assert_eq!(event_of_image(image(item)), Err(expected), "{name}");
        }
    }
}
