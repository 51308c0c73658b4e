//! Events as the original system left them, in any of the forms it ever had: an item for each event, an item for each
//! cart with an `Events` list, both also in DynamoDB's own JSON (`{"S": …}`), and what it archived: elements of such
//! lists, without key and id.

use std::str::FromStr;

use serde_json::{Map, Value};
use tillroll_core::cart::CartEvent;
use tillroll_core::id::{EventId, StreamId};
use tillroll_core::recorded::{Circumstances, Stored};
use tillroll_host_lambda::item::json_of_value;
use tillroll_host_lambda::lambda_events::Attribute;
use tillroll_host_lambda::record::EventRecord;
use uuid::Uuid;

use super::flaw::Flaw;
use super::number;

/// Hash key of the layout with an item for each cart.
const OLD_KEY: &str = "Uuid";
const KEY: &str = "AggregateUuid";
const EVENTS: &str = "Events";
const CART: &str = "shopping_cart_uuid";

/// One event, as far as it reads.
#[derive(Clone, Debug, PartialEq)]
pub struct Read {
    /// The event, when enough of it is there; its flaws are mended in it.
    pub event: Option<EventRecord>,
    /// What is wrong with it as it lies there; sorted, each once.
    pub flaws: Vec<Flaw>,
}

impl Read {
    /// Something that is no event at all.
    #[must_use]
    pub fn no_event() -> Self {
        Self { event: None, flaws: vec![Flaw::NotAnEvent] }
    }

    /// Whether it can become an event of ours.
    #[must_use]
    pub fn is_convertible(&self) -> bool {
        self.event.is_some() && self.flaws.iter().all(|flaw| flaw.is_mended())
    }
}

/// Reads one record: one event, or as many as its `Events` list has.
#[must_use]
pub fn read(record: Value) -> Vec<Read> {
    if let Value::Array(records) = record {
        return records.into_iter().map(|record| read_event(&plain(record), None)).collect();
    }
    let Value::Object(mut record) = plain(record) else { return vec![Read::no_event()] };
    let Some(Value::Array(events)) = record.remove(EVENTS) else {
        return vec![read_event(&Value::Object(record), None)];
    };
    let key = record.remove(OLD_KEY).or_else(|| record.remove(KEY)).unwrap_or_default();
    let listed = (1..).zip(events).map(|(place, event)| read_event(&plain(event), Some((&key, place))));
    listed.collect()
}

/// The members of a record without the wrapping of exports and streams, and without DynamoDB's types.
fn plain(record: Value) -> Value {
    let Value::Object(mut members) = record else { return record };
    let unwrapped = members.remove("Item").or_else(|| {
        let mut change = members.remove("dynamodb")?;
        change.get_mut("NewImage").map(Value::take)
    });
    let members = match unwrapped {
        Some(Value::Object(members)) => members,
        Some(_) => return Value::Null,
        None => members,
    };
    let is_typed = |value: &Value| {
        let Value::Object(members) = value else { return false };
        let mut types = members.keys();
        matches!(
            (types.next().map(String::as_str), types.next()),
            (Some("S" | "N" | "M" | "L" | "NULL" | "BOOL"), None)
        )
    };
    if members.is_empty() || !members.values().all(is_typed) {
        return Value::Object(members);
    }
    let untyped = |(name, value): (String, Value)| {
        let attribute: Attribute = serde_json::from_value(value).ok()?;
        // A number keeps its digits, so that one in scientific notation is noticed.
        let unusual = if let Attribute::N(digits) = &attribute { unusual(digits) } else { None };
        let value = unusual.or_else(|| json_of_value(attribute))?;
        Some((name, value))
    };
    members.into_iter().map(untyped).collect::<Option<Map<_, _>>>().map_or(Value::Null, Value::Object)
}

/// The digits of a number that is not written plainly, as text.
pub(super) fn unusual(digits: &str) -> Option<Value> {
    (!number::is_plain(digits)).then(|| Value::String(digits.to_owned()))
}

/// Reads one event; in a list the key is the list's, and the version the place in it.
fn read_event(record: &Value, listed: Option<(&Value, u64)>) -> Read {
    let Value::Object(members) = record else { return Read::no_event() };
    let of_an_event = ["Name", "Data", "EventUuid"].iter().any(|name| members.contains_key(*name));
    if !of_an_event {
        return Read::no_event();
    }
    let mut reader = Reader { flaws: Vec::new() };
    if listed.is_some() {
        reader.flaws.push(Flaw::EventsList);
    }
    let event = reader.event(members, listed);
    reader.flaws.sort_unstable();
    reader.flaws.dedup();
    Read { event, flaws: reader.flaws }
}

struct Reader {
    flaws: Vec<Flaw>,
}

impl Reader {
    fn event(&mut self, members: &Map<String, Value>, listed: Option<(&Value, u64)>) -> Option<EventRecord> {
        let name = members.get("Name").and_then(Value::as_str).map(str::to_owned);
        let data = members.get("Data").filter(|data| data.is_object()).cloned();
        self.check(name.is_some(), Flaw::NoName);
        self.check(data.is_some(), Flaw::NoData);
        let key = listed.map(|(key, _)| key).or_else(|| members.get(KEY)).or_else(|| members.get(OLD_KEY));
        let stream = self.stream(key, data.as_ref());
        let version = match listed {
            Some((_, place)) => Some(place),
            None => self.version(members.get("Version")),
        };
        let id = members.get("EventUuid").and_then(Value::as_str).map(str::to_owned);
        let (name, data, stream, version) = (name?, data?, stream?, version?);
        let event_id = id.and_then(|id| self.uuid(&id).map(EventId::new)).unwrap_or_else(|| {
            self.flaws.push(Flaw::NoEventUuid);
            made_up(stream, version)
        });
        let event = EventRecord { stream, version, name, data, circumstances: Circumstances::bare(event_id) };
        match event.event::<CartEvent>() {
            Ok(Stored::Known(_)) => {}
            Ok(Stored::Unknown { .. }) => self.flaws.push(Flaw::UnknownName),
            Err(_) => self.flaws.push(Flaw::WrongData),
        }
        Some(event)
    }

    /// The cart, from the key or else from the data.
    fn stream(&mut self, key: Option<&Value>, data: Option<&Value>) -> Option<StreamId> {
        let key = key.and_then(Value::as_str).and_then(|key| self.uuid(key));
        let named = data.and_then(|data| data.get(CART)).and_then(Value::as_str).and_then(|cart| cart.parse().ok());
        self.check(key.is_some(), Flaw::NullKey);
        match (key, named) {
            (Some(key), Some(named)) => self.check(key == named, Flaw::OtherCart),
            (None, None) => self.flaws.push(Flaw::NoCart),
            (Some(_), None) | (None, Some(_)) => {}
        }
        key.or(named).map(StreamId::new)
    }

    fn version(&mut self, version: Option<&Value>) -> Option<u64> {
        let (text, is_number) = match version {
            Some(Value::String(text)) => (text.clone(), false),
            Some(Value::Number(number)) => (number.to_string(), true),
            _ => (String::new(), false),
        };
        let version = number::whole(&text);
        self.check(version.is_some(), Flaw::NoVersion);
        self.check(version.is_none() || (is_number && number::is_plain(&text)), Flaw::VersionForm);
        version
    }

    fn uuid(&mut self, text: &str) -> Option<Uuid> {
        let uuid = Uuid::from_str(text).ok()?;
        self.check(uuid.hyphenated().to_string() == text, Flaw::UuidForm);
        Some(uuid)
    }

    fn check(&mut self, holds: bool, flaw: Flaw) {
        if !holds {
            self.flaws.push(flaw);
        }
    }
}

/// The id of an event that never had one: the same for the same place, however often it is migrated.
fn made_up(stream: StreamId, version: u64) -> EventId {
    EventId::new(Uuid::new_v5(&stream.uuid(), format!("tillroll:migrated:{version}").as_bytes()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use serde_json::json;

    use super::*;

    const CART_ID: &str = "6ba7b811-9dad-41d1-80b4-00c04fd430c8";
    const EVENT_ID: &str = "0f0e0d0c-9dad-41d1-80b4-00c04fd430c8";

    fn item() -> Value {
        json!({
            "AggregateUuid": CART_ID, "Version": 2, "EventUuid": EVENT_ID, "Name": "ItemAdded",
            "Data": {"shopping_cart_uuid": CART_ID, "item_name": "Tea"},
        })
    }

    fn with(member: &str, value: Option<Value>) -> Value {
        let mut item = item();
        match value {
            Some(value) => item[member] = value,
            None => drop(item.as_object_mut().unwrap().remove(member)),
        }
        item
    }

    #[test]
    fn an_item_of_the_newer_layout_has_nothing_wrong_with_it() {
        let read = read(item());
        assert_eq!((read.len(), &read[0].flaws[..]), (1, &[][..]));
        let event = read[0].event.as_ref().unwrap();
        assert_eq!((event.stream.to_string().as_str(), event.version), (CART_ID, 2));
        assert_eq!(event.circumstances.event_id.to_string(), EVENT_ID);
    }

    #[test]
    fn each_flaw_is_named_and_what_can_be_mended_is_an_event() {
        let other = "00000000-0000-4000-8000-000000000001";
        for (record, flaws, convertible) in [
            (with("AggregateUuid", Some(Value::Null)), &[Flaw::NullKey][..], true),
            (with("AggregateUuid", None), &[Flaw::NullKey], true),
            (with("AggregateUuid", Some(json!(other))), &[Flaw::OtherCart], false),
            (with("AggregateUuid", Some(json!(CART_ID.to_uppercase()))), &[Flaw::UuidForm], true),
            (with("Version", Some(json!("0.2e1"))), &[Flaw::VersionForm], true),
            (with("Version", Some(json!(2.0))), &[Flaw::VersionForm], true),
            (with("Version", Some(json!("two"))), &[Flaw::NoVersion], false),
            (with("Version", None), &[Flaw::NoVersion], false),
            (with("EventUuid", None), &[Flaw::NoEventUuid], true),
            (with("EventUuid", Some(json!("x"))), &[Flaw::NoEventUuid], true),
            (with("Name", None), &[Flaw::NoName], false),
            (with("Name", Some(json!("CartPainted"))), &[Flaw::UnknownName], true),
            (with("Data", Some(json!("{}"))), &[Flaw::NoData], false),
            (with("Data", Some(json!({"shopping_cart_uuid": CART_ID}))), &[Flaw::WrongData], false),
            (json!({"orders": 3}), &[Flaw::NotAnEvent], false),
            (json!("text"), &[Flaw::NotAnEvent], false),
        ] {
            let read = read(record.clone());
            assert_eq!((read[0].flaws.as_slice(), read[0].is_convertible()), (flaws, convertible), "{record}");
        }
        let nowhere = json!({"Name": "CartOpened", "Data": {}, "Version": 1});
        assert_eq!(read(nowhere)[0].flaws, [Flaw::NullKey, Flaw::NoCart]);
    }

    #[test]
    fn a_list_of_events_becomes_events_whose_versions_are_their_places() {
        let listed = |name: &str, more: Value| {
            let mut data = json!({"shopping_cart_uuid": CART_ID});
            data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!({"Name": name, "Data": data, "Version": "0.1e1"})
        };
        let record = json!({
            "Uuid": CART_ID, "Version": 1,
            "Events": [listed("CartOpened", json!({})), listed("ItemAdded", json!({"item_name": "Tea"}))],
        });
        let read = read(record);
        let versions: Vec<_> = read.iter().map(|read| read.event.as_ref().unwrap().version).collect();
        assert_eq!(versions, [1, 2]);
        assert!(read.iter().all(|read| read.flaws == [Flaw::EventsList, Flaw::NoEventUuid] && read.is_convertible()));
        let ids: Vec<_> = read.iter().map(|read| read.event.as_ref().unwrap().circumstances.event_id).collect();
        assert_ne!(ids[0], ids[1]);
    }

    #[test]
    fn an_archived_element_of_a_list_is_an_event_without_key_and_id() {
        let archived = json!({"Name": "CartOpened", "Data": {"shopping_cart_uuid": CART_ID}, "Version": "0.1e1"});
        let read = read(archived);
        assert_eq!(read[0].flaws, [Flaw::NullKey, Flaw::VersionForm, Flaw::NoEventUuid]);
        assert!(read[0].is_convertible());
    }

    #[test]
    fn dynamodbs_own_json_reads_as_the_plain_form_does() {
        let typed = json!({
            "AggregateUuid": {"S": CART_ID}, "Version": {"N": "2"}, "EventUuid": {"S": EVENT_ID},
            "Name": {"S": "ItemAdded"},
            "Data": {"M": {"shopping_cart_uuid": {"S": CART_ID}, "item_name": {"S": "Tea"}}},
        });
        assert_eq!(read(typed.clone()), read(item()));
        assert_eq!(read(json!({"Item": typed.clone()})), read(item()));
        assert_eq!(read(json!({"eventName": "INSERT", "dynamodb": {"NewImage": typed.clone()}})), read(item()));
        let mut null = typed.clone();
        null["AggregateUuid"] = json!({"NULL": true});
        assert_eq!(read(null)[0].flaws, [Flaw::NullKey]);
        let mut scientific = typed;
        scientific["Version"] = json!({"N": "2E0"});
        assert_eq!(read(scientific)[0].flaws, [Flaw::VersionForm]);
    }
}
