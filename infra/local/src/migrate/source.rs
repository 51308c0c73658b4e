//! Where old events lie: the documents of a table, of a folder or of a bucket, one after the other.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::stream::{self, Stream, StreamExt as _};
use serde_json::{Map, Value};
use tillroll_host_lambda::archive_key::ArchiveKey;
use tillroll_host_lambda::item::json_of_value;
use tillroll_host_lambda::ports::{Archive, Fault, FaultKind};

use super::legacy::{self, Read};
use crate::mappings::described;

/// Keys listed at a time.
const LIST_KEYS_MAX: usize = 1_000;
/// Objects read ahead: one event each, so most of the time goes into waiting for a bucket.
const READS_AT_ONCE: usize = 16;
/// Largest object that is read as old events. The old system stored single events; a DynamoDB item has at most 400 KB.
pub const OBJECT_BYTES_MAX: usize = 16 * 1024 * 1024;

/// One object of an archive.
#[derive(Debug)]
pub struct Document {
    /// Its key.
    pub key: String,
    /// What it holds.
    pub content: Content,
}

/// What an object holds.
#[derive(Debug)]
pub enum Content {
    /// Old events.
    Old(Vec<Read>),
    /// Its key is one of Tillroll's own: no old event.
    Ours,
    /// It cannot be read; why.
    Unreadable(String),
}

/// The objects of an archive behind the key `after`, in byte order of their keys. An object that cannot be read for good
/// is content of its own kind; a fault ends the documents.
pub fn documents<A: Archive>(archive: &A, after: Option<String>) -> impl Stream<Item = Result<Document, Fault>> {
    let pages = stream::try_unfold(after, move |after| async move {
        let keys = archive.list(after.as_deref(), LIST_KEYS_MAX).await?;
        let next = keys.last().cloned();
        Ok::<_, Fault>(next.map(|next| (keys, Some(next))))
    });
    let keys = pages.flat_map(|page| match page {
        Ok(keys) => stream::iter(keys.into_iter().map(Ok).collect::<Vec<_>>()),
        Err(fault) => stream::iter(vec![Err(fault)]),
    });
    keys.map(move |key| async move { document(archive, key?).await }).buffered(READS_AT_ONCE)
}

async fn document<A: Archive>(archive: &A, key: String) -> Result<Document, Fault> {
    if key.parse::<ArchiveKey>().is_ok() {
        return Ok(Document { key, content: Content::Ours });
    }
    let content = match archive.read(&key).await {
        Ok(Some(bytes)) => content_of(&bytes),
        Ok(None) => Content::Unreadable("it is not there any more".to_owned()),
        Err(fault) if fault.kind == FaultKind::Permanent => {
            let source = fault.source.as_ref().map(ToString::to_string);
            Content::Unreadable(source.unwrap_or_else(|| fault.to_string()))
        }
        Err(fault) => return Err(fault),
    };
    Ok(Document { key, content })
}

/// The events in the bytes of an object: one JSON value or several, one after the other.
fn content_of(bytes: &[u8]) -> Content {
    match bytes {
        [0x1f, 0x8b, ..] => return Content::Unreadable("gzip; unpack it first".to_owned()),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => return Content::Unreadable("zstd; unpack it first".to_owned()),
        _ if bytes.len() > OBJECT_BYTES_MAX => {
            return Content::Unreadable(format!("more than {OBJECT_BYTES_MAX} bytes; split it by lines first"));
        }
        _ => {}
    }
    let mut events = Vec::new();
    for value in serde_json::Deserializer::from_slice(bytes).into_iter::<Value>() {
        match value {
            Ok(value) => events.extend(legacy::read(value)),
            Err(error) => return Content::Unreadable(format!("not JSON: {error}")),
        }
    }
    if events.is_empty() { Content::Unreadable("it is empty".to_owned()) } else { Content::Old(events) }
}

/// A table could not be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the table {table}: {reason}")]
pub struct TableUnreadable {
    table: String,
    reason: String,
}

/// The items of a table, page by page, as JSON.
pub fn items(client: &Client, table: &str) -> impl Stream<Item = Result<Vec<Value>, TableUnreadable>> + use<> {
    let mut pages = client.scan().table_name(table).consistent_read(true).into_paginator().send();
    let table = table.to_owned();
    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    tokio::spawn(async move {
        while let Some(page) = pages.next().await {
            let page = page
                .map(|page| page.items.unwrap_or_default().into_iter().map(json_of_item).collect())
                .map_err(|error| TableUnreadable { table: table.clone(), reason: described(&error) });
            let is_end = page.is_err();
            if sender.send(page).await.is_err() || is_end {
                return;
            }
        }
    });
    stream::unfold(receiver, |mut receiver| async move {
        let page = receiver.recv().await?;
        Some((page, receiver))
    })
}

fn json_of_item(item: impl IntoIterator<Item = (String, AttributeValue)>) -> Value {
    let plain = |(name, value): (String, AttributeValue)| {
        let unusual = value.as_n().ok().and_then(|digits| legacy::unusual(digits));
        let value = unusual.or_else(|| json_of_value(value));
        (name, value.unwrap_or_default())
    };
    Value::Object(item.into_iter().map(plain).collect::<Map<_, _>>())
}
