//! The SDK's attribute values, as items of events and of rows.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::item::{ATTRIBUTES_MAX, Form, ItemValue, NotAnEventItem, event_of_item, item_of_event};
use crate::ports::{Row, RowKey};
use crate::record::EventRecord;

/// An item as the SDK has it.
pub(super) type Item = HashMap<String, AttributeValue>;

/// Hash key of a row.
pub(super) const PARTITION: &str = "Partition";
/// Range key of a row.
pub(super) const SORT: &str = "Sort";
/// A row's revision.
pub(super) const REVISION: &str = "Revision";
/// A row's body.
pub(super) const BODY: &str = "Body";
/// Hash key of a row in the secondary index.
pub(super) const INDEX_PARTITION: &str = "IndexPartition";
/// Range key of a row in the secondary index.
pub(super) const INDEX_SORT: &str = "IndexSort";

/// Reads an event, moving its texts out of the item.
pub(super) fn event_of(mut item: Item) -> Result<EventRecord, NotAnEventItem> {
    event_of_item(|name| item.remove(name))
}

/// The event's item.
pub(super) fn item_of(event: &EventRecord) -> Item {
    let mut item = Item::with_capacity(ATTRIBUTES_MAX);
    item_of_event(event, |name, value| {
        item.insert(name.to_owned(), value);
    });
    item
}

/// The item is no row: an attribute is missing or has the wrong type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the row's attribute `{0}` is missing or has the wrong type")]
pub(super) struct NotARow(&'static str);

/// Reads a row.
pub(super) fn row_of(mut item: Item) -> Result<Row, NotARow> {
    let mut text = |name| match item.remove(name) {
        Some(AttributeValue::S(text)) => Some(text),
        _ => None,
    };
    let key = RowKey { partition: text(PARTITION).ok_or(NotARow(PARTITION))?, sort: text(SORT).ok_or(NotARow(SORT))? };
    let body = text(BODY).ok_or(NotARow(BODY))?;
    let index = text(INDEX_PARTITION).zip(text(INDEX_SORT)).map(|(partition, sort)| RowKey { partition, sort });
    let revision = item.remove(REVISION).and_then(|value| value.as_n().ok()?.parse().ok()).ok_or(NotARow(REVISION))?;
    Ok(Row { key, revision, body, index })
}

/// The row's item.
pub(super) fn item_of_row(row: &Row) -> Item {
    let mut item = key_of_row(&row.key);
    item.insert(REVISION.to_owned(), AttributeValue::N(row.revision.to_string()));
    item.insert(BODY.to_owned(), AttributeValue::S(row.body.clone()));
    if let Some(index) = &row.index {
        item.insert(INDEX_PARTITION.to_owned(), AttributeValue::S(index.partition.clone()));
        item.insert(INDEX_SORT.to_owned(), AttributeValue::S(index.sort.clone()));
    }
    item
}

/// The key of a row, as an item has it.
pub(super) fn key_of_row(key: &RowKey) -> Item {
    Item::from([
        (PARTITION.to_owned(), AttributeValue::S(key.partition.clone())),
        (SORT.to_owned(), AttributeValue::S(key.sort.clone())),
    ])
}

impl ItemValue for AttributeValue {
    type Members = Item;

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
            Self::B(_) | Self::Bs(_) | Self::Ns(_) | Self::Ss(_) | Self::Unknown | _ => Form::Other,
        }
    }
}
