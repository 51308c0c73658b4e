//! Event records in packed histories and back, without loss.
//!
//! The core packs what an event means; a record also has the data as it is stored, which can say more (members of a
//! newer build) or less (members that the Ruby system left out). Where writing the meaning down again would give other
//! data, the data goes along as it is. So JSON to packed to JSON is the same JSON.

use serde_json::Value;
use tillroll_core::aggregate::Event as _;
use tillroll_core::cart::{Cart, CartEvent};
use tillroll_core::id::StreamId;
use tillroll_core::packed::{Content, Entry, Header, Packed as _, Unpackable, Writer};
use tillroll_core::recorded::Stored;

use crate::record::{EventRecord, Undecodable};

/// An event that cannot be packed.
#[derive(Debug, thiserror::Error)]
pub enum NotPackable {
    /// Its data does not read as what its name says.
    #[error(transparent)]
    Undecodable(#[from] Undecodable),
    /// It is larger than any reader would take.
    #[error(transparent)]
    TooLarge(#[from] Unpackable),
    /// It is of another stream, or not the next one.
    #[error("cart {stream}: version {found} cannot follow version {newest}")]
    OutOfOrder {
        /// The stream that is packed.
        stream: StreamId,
        /// Version of the event before.
        newest: u64,
        /// Version that came.
        found: u64,
    },
    /// Its data is no JSON after all.
    #[error("the data of an event cannot be written")]
    Json(#[from] serde_json::Error),
}

/// A packed event whose data contradicts itself.
#[derive(Debug, thiserror::Error)]
pub enum NotARecord {
    /// The JSON in it does not read.
    #[error("version {version}: the JSON of its data does not read")]
    Json {
        /// The event.
        version: u64,
        /// What is wrong.
        #[source]
        source: serde_json::Error,
    },
    /// The data as stored and the packed event say different things.
    #[error(
        "version {version}: its data as stored says something else than the packed event; the file was tampered with"
    )]
    Contradiction {
        /// The event.
        version: u64,
    },
}

/// The packed history of records that follow `header.after`.
pub fn pack(header: &Header, records: &[EventRecord]) -> Result<Vec<u8>, NotPackable> {
    let mut writer = Writer::<Cart>::new(header)?;
    for (newest, record) in (header.after..).zip(records) {
        if record.stream != header.stream || record.version != newest.saturating_add(1) {
            return Err(NotPackable::OutOfOrder { stream: header.stream, newest, found: record.version });
        }
        push(&mut writer, record)?;
    }
    Ok(writer.finish())
}

fn push(writer: &mut Writer<Cart>, record: &EventRecord) -> Result<(), NotPackable> {
    let data = serde_json::to_vec(&record.data)?;
    match record.event::<CartEvent>()? {
        Stored::Known(event) => {
            let again = event.serialize_data(serde_json::value::Serializer)?;
            let stored = (again != record.data).then_some(data.as_slice());
            writer.push(&Content::Known(&event), stored, &record.circumstances)?;
        }
        Stored::Unknown { name } => {
            writer.push(&Content::Unknown { name: &name, data: &data }, None, &record.circumstances)?;
        }
    }
    Ok(())
}

/// The record of a packed event.
pub fn record_of(stream: StreamId, entry: Entry<'_, CartEvent<&str>>) -> Result<EventRecord, NotARecord> {
    let version = entry.version;
    let json = |source| NotARecord::Json { version, source };
    let (name, data) = match &entry.content {
        Content::Unknown { name, data } => ((*name).to_owned(), serde_json::from_slice(data).map_err(json)?),
        Content::Known(event) => {
            let event = Cart::own(event);
            let data = match entry.stored {
                None => event.serialize_data(serde_json::value::Serializer).map_err(json)?,
                Some(stored) => agreeing(version, &event, serde_json::from_slice(stored).map_err(json)?)?,
            };
            (event.name().to_owned(), data)
        }
    };
    Ok(EventRecord { stream, version, name, data, circumstances: entry.circumstances })
}

/// The stored data, if it means the event. Whoever reads the one and whoever reads the other must see the same cart.
fn agreeing(version: u64, event: &CartEvent, stored: Value) -> Result<Value, NotARecord> {
    match CartEvent::deserialize_data(event.name(), &stored) {
        Ok(Some(means)) if means == *event => Ok(stored),
        Ok(_) | Err(_) => Err(NotARecord::Contradiction { version }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]
    use serde_json::json;
    use tillroll_core::packed::History;

    use super::*;

    const CART: &str = "00000000-0000-4000-8000-000000000001";

    fn cart() -> StreamId {
        CART.parse().unwrap()
    }

    fn record(version: u64, name: &str, data: &Value) -> EventRecord {
        let event = json!({
            "specversion": "1.0", "id": "00000000-0000-4000-8000-000000000009", "source": "tillroll:api",
            "type": format!("tillroll.cart.{name}"), "subject": CART, "sequence": version,
            "recordedtime": "2017-07-14T02:40:00.125Z", "commandid": "00000000-0000-4000-8000-000000000008",
            "commandhash": "0123456789abcdef", "actor": "own_1", "data": data,
        });
        EventRecord::from_json(event.to_string().as_bytes()).unwrap()
    }

    fn unpacked(bytes: &[u8]) -> Result<Vec<EventRecord>, NotARecord> {
        let history = History::open(bytes).unwrap();
        history.entries::<Cart>().map(|entry| record_of(cart(), entry.unwrap())).collect()
    }

    fn header() -> Header {
        Header { stream: cart(), after: 0, beside: Vec::new() }
    }

    #[test]
    fn json_to_packed_to_json_is_the_same_json() {
        let records = [
            record(1, "CartOpened", &json!({"shopping_cart_uuid": CART})),
            record(2, "ItemAdded", &json!({"shopping_cart_uuid": CART, "item_name": "Milch"})),
            record(
                3,
                "ItemAdded",
                &json!({"shopping_cart_uuid": CART, "item_name": "x", "quantity": 2, "price": {"minor": 1}}),
            ),
            record(4, "ItemRemoved", &json!({"shopping_cart_uuid": CART, "sku": "x", "why": {"newer": [1, null]}})),
            record(5, "ItemWeighed", &json!({"grams": 1.5, "shopping_cart_uuid": CART})),
            record(6, "CartClosed", &json!({"shopping_cart_uuid": CART, "reason": null})),
        ];
        let bytes = pack(&header(), &records).unwrap();
        let again = unpacked(&bytes).unwrap();
        assert_eq!(again, records);
        let lines = |records: &[EventRecord]| records.iter().map(EventRecord::to_json).collect::<Vec<_>>();
        assert_eq!(lines(&again), lines(&records));
    }

    #[test]
    fn what_cannot_be_packed_is_named() {
        let poison = record(1, "ItemAdded", &json!({"quantity": "three"}));
        let said = pack(&header(), &[poison]).unwrap_err().to_string();
        assert!(said.contains("version 1") && said.contains("ItemAdded"), "{said}");
        let opened = record(1, "CartOpened", &json!({"shopping_cart_uuid": CART}));
        let hole = pack(&header(), &[opened.clone(), EventRecord { version: 3, ..opened }]).unwrap_err();
        assert!(matches!(hole, NotPackable::OutOfOrder { newest: 1, found: 3, .. }), "{hole}");
    }

    #[test]
    fn data_that_says_something_else_than_its_event_is_tampering() {
        let mut writer = Writer::<Cart>::new(&header()).unwrap();
        let record = record(1, "ItemRemoved", &json!({"shopping_cart_uuid": CART, "sku": "milk"}));
        let Stored::Known(event) = record.event::<CartEvent>().unwrap() else { panic!("a known event") };
        let other = json!({"shopping_cart_uuid": CART, "sku": "gold"}).to_string();
        writer.push(&Content::Known(&event), Some(other.as_bytes()), &record.circumstances).unwrap();
        assert!(matches!(unpacked(&writer.finish()), Err(NotARecord::Contradiction { version: 1 })));
    }
}
