//! The event table: a commit of one event is one conditional put, a larger one a transaction, and nothing else writes.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::operation::transact_write_items::builders::TransactWriteItemsFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeValue, Put, ReturnValuesOnConditionCheckFailure as OnConditionFailure, TransactWriteItem,
};
use tillroll_core::aggregate::Event;
use tillroll_core::id::StreamId;
use tillroll_core::recorded::Recorded;

use super::attempts::{self, Ended};
use super::errors::{Failure, failure, put_failure, transaction_failure};
use super::items::{Item, event_of, item_of};
use super::page::FromItem;
use super::shortcut::Shortcut;
use super::token::{Tokens, WithoutToken, token_of};
use crate::item::{DATA, NAME, NotAnEventItem, STREAM, VERSION};
use crate::ports::{AppendError, Clock, EventTable, Fault, ScanPage, ScanPosition, check_commit};
use crate::record::EventRecord;

/// Pages of 1 MB that one load follows: 10 GB is more than a stream of a million events, so only a server that
/// never ends its pages gets there.
const LOAD_PAGES_MAX: usize = 10_000;

/// Items of one page of a scan: about the megabyte at which DynamoDB ends a page by itself. An emulator may read the
/// whole rest of the table before it cuts off what is too much.
const SCAN_PAGE_EVENTS_MAX: i32 = 1_000;

/// The place of an event is taken only once.
const PLACE_IS_FREE: &str = "attribute_not_exists(AggregateUuid)";
const AFTER_VERSION: &str = "AggregateUuid = :stream AND Version > :after";
/// What folding reads of an item; `Name` and `Data` are reserved words.
const FOLDED: &str = "AggregateUuid, Version, EventUuid, #name, #data, SchemaVersion, CommandId, CommandHash";

const APPEND: &str = "append to cart";
const LOAD: &str = "load cart";
const SCAN: &str = "scan the event table";

/// The event table over DynamoDB. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Events<C> {
    client: Client,
    table: String,
    tokens: Tokens,
    clock: C,
    reader: Reader,
}

/// Who reads the events out of DynamoDB's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// This crate, from the bytes; the SDK, where anything in them is unusual.
    Bytes,
    /// The SDK, always. The same events and the same faults at several times the cost: what tests and benchmarks
    /// compare with.
    Sdk,
}

enum Commit {
    One(Box<PutItemFluentBuilder>),
    Several(Box<TransactWriteItemsFluentBuilder>),
}

impl<C: Clock> Events<C> {
    /// The table of this name. The client's own retries should be off: see [`base_config`](super::client::base_config).
    pub fn new(client: Client, table: impl Into<String>, tokens: Tokens, clock: C) -> Self {
        Self { client, table: table.into(), tokens, clock, reader: Reader::Bytes }
    }

    /// The same table, its events read by `reader`.
    #[must_use]
    pub fn with_reader(self, reader: Reader) -> Self {
        Self { reader, ..self }
    }

    /// The request of a commit, made once: every attempt sends the same bytes.
    fn commit(&self, events: &[EventRecord]) -> Result<Commit, Failure> {
        if let [event] = events {
            let put = self.client.put_item().table_name(&self.table).set_item(Some(item_of(event)));
            let put = put.condition_expression(PLACE_IS_FREE);
            let put = put.return_values_on_condition_check_failure(OnConditionFailure::AllOld);
            return Ok(Commit::One(Box::new(put)));
        }
        let mut writes = Vec::with_capacity(events.len());
        for event in events {
            let put = Put::builder()
                .table_name(&self.table)
                .set_item(Some(item_of(event)))
                .condition_expression(PLACE_IS_FREE)
                .return_values_on_condition_check_failure(OnConditionFailure::AllOld);
            writes.push(TransactWriteItem::builder().put(put.build().map_err(Failure::permanent)?).build());
        }
        let token = (self.tokens == Tokens::Send).then(|| token_of(&self.table, events));
        let transaction = self.client.transact_write_items().set_transact_items(Some(writes));
        Ok(Commit::Several(Box::new(transaction.set_client_request_token(token))))
    }

    async fn send(&self, commit: &Commit) -> Result<(), Failure> {
        match (commit, self.tokens) {
            (Commit::One(put), _) => put.as_ref().clone().send().await.map(drop).map_err(put_failure),
            (Commit::Several(transaction), Tokens::Send) => {
                transaction.as_ref().clone().send().await.map(drop).map_err(transaction_failure)
            }
            (Commit::Several(transaction), Tokens::Omit) => {
                let transaction = transaction.as_ref().clone().customize().interceptor(WithoutToken);
                transaction.send().await.map(drop).map_err(transaction_failure)
            }
        }
    }

    /// A condition did not hold: either this very commit had landed before, or somebody else has one of its places.
    async fn settle(&self, events: &[EventRecord], found: Vec<Option<Item>>) -> Result<(), AppendError> {
        let mut all_mine = found.len() == events.len();
        for (event, item) in events.iter().zip(found) {
            match item.map(event_of) {
                Some(Ok(stored)) if stored == *event => {}
                Some(_) => return Err(AppendError::Conflict),
                None => all_mine = false,
            }
        }
        if all_mine || self.read_back(events).await? == Places::Mine { Ok(()) } else { Err(AppendError::Conflict) }
    }

    /// Reads the places of a commit.
    async fn read_back(&self, events: &[EventRecord]) -> Result<Places, Fault> {
        let Some(first) = events.first() else { return Ok(Places::Free) };
        let limit = u32::try_from(events.len()).ok();
        let stored = self.load(first.stream, first.version.saturating_sub(1), limit).await?;
        Ok(if stored.is_empty() {
            Places::Free
        } else if stored == events {
            Places::Mine
        } else {
            Places::Others
        })
    }

    /// All pages of a load, event by event.
    async fn pages<R: FromItem>(
        &self,
        asked: Asked,
        limit: Option<u32>,
        mut take: impl FnMut(R) -> Result<(), Fault> + Send,
    ) -> Result<(), Fault> {
        let Asked { stream, after: mut newest, .. } = asked;
        let mut left = limit;
        let mut start = None;
        for _ in 0..LOAD_PAGES_MAX {
            if left == Some(0) {
                return Ok(());
            }
            let page = attempts::read(&self.clock, || self.page(asked, left, start.clone())).await;
            let (events, next) = page.map_err(|failure| failure.into_fault(LOAD, stream.to_string()))?;
            left = left.map(|left| left.saturating_sub(u32::try_from(events.len()).unwrap_or(u32::MAX)));
            match events {
                Found::Events(events) => events.into_iter().try_for_each(&mut take)?,
                Found::Items(items) => {
                    for item in items {
                        let record = event_of(item).map_err(|error| {
                            Failure::permanent(error).into_fault(LOAD, format!("{stream} after version {newest}"))
                        })?;
                        newest = record.version;
                        take(R::of_record(record)?)?;
                    }
                }
            }
            if next.is_none() {
                return Ok(());
            }
            start = next;
        }
        Err(Failure::permanent("the table never ends its pages").into_fault(LOAD, stream.to_string()))
    }

    /// One page: what it holds and where the next one starts.
    async fn page<R: FromItem>(
        &self,
        asked: Asked,
        limit: Option<u32>,
        start: Option<Item>,
    ) -> Result<(Found<R>, Option<Item>), Failure> {
        let query = self.client.query().table_name(&self.table).consistent_read(true);
        let query = match asked.attributes {
            Attributes::All => query,
            Attributes::Folded => query
                .projection_expression(FOLDED)
                .expression_attribute_names("#name", NAME)
                .expression_attribute_names("#data", DATA),
        };
        let values = HashMap::from([
            (":stream".to_owned(), AttributeValue::S(asked.stream.to_string())),
            (":after".to_owned(), AttributeValue::N(asked.after.to_string())),
        ]);
        let query = query.key_condition_expression(AFTER_VERSION).set_expression_attribute_values(Some(values));
        let query = query.set_limit(limit.map(|limit| i32::try_from(limit).unwrap_or(i32::MAX)));
        let query = query.set_exclusive_start_key(start);
        let (events, page) = match self.reader {
            Reader::Bytes => {
                let shortcut = Shortcut::new(asked.stream);
                let page = query.customize().interceptor(shortcut.clone()).send().await.map_err(failure)?;
                (shortcut.take(), page)
            }
            Reader::Sdk => (None, query.send().await.map_err(failure)?),
        };
        let found = events.map_or_else(|| Found::Items(page.items.unwrap_or_default()), Found::Events);
        Ok((found, page.last_evaluated_key))
    }
}

/// What a load asks for.
#[derive(Clone, Copy)]
struct Asked {
    stream: StreamId,
    after: u64,
    attributes: Attributes,
}

/// What a page holds.
enum Found<R> {
    /// Its events.
    Events(Vec<R>),
    /// Items that the SDK has read.
    Items(Vec<Item>),
}

impl<R> Found<R> {
    fn len(&self) -> usize {
        match self {
            Self::Events(events) => events.len(),
            Self::Items(items) => items.len(),
        }
    }
}

/// Which attributes of the items a load reads.
#[derive(Clone, Copy)]
enum Attributes {
    All,
    Folded,
}

/// What stands in the places of a commit.
#[derive(Debug, PartialEq)]
enum Places {
    Free,
    Mine,
    Others,
}

impl<C: Clock> EventTable for Events<C> {
    async fn load(&self, stream: StreamId, after: u64, limit: Option<u32>) -> Result<Vec<EventRecord>, Fault> {
        let mut events = Vec::new();
        let take = |event| {
            events.push(event);
            Ok(())
        };
        self.pages(Asked { stream, after, attributes: Attributes::All }, limit, take).await?;
        Ok(events)
    }

    async fn load_decoded<E, F>(&self, stream: StreamId, limit: Option<u32>, take: F) -> Result<(), Fault>
    where
        E: Event + Send + 'static,
        F: FnMut(Recorded<E>) -> Result<(), Fault> + Send,
    {
        self.pages(Asked { stream, after: 0, attributes: Attributes::Folded }, limit, take).await
    }

    async fn append(&self, events: &[EventRecord]) -> Result<(), AppendError> {
        let stream = check_commit(events)?;
        let fault = |failure: Failure| failure.into_fault(APPEND, stream.to_string());
        let commit = self.commit(events).map_err(fault)?;
        match attempts::write(&self.clock, || self.send(&commit)).await {
            Ended::Done => Ok(()),
            Ended::Condition(found) => self.settle(events, found).await,
            Ended::Failed(failure) => Err(fault(failure).into()),
            Ended::InDoubt(failure) => match self.read_back(events).await {
                Ok(Places::Mine) => Ok(()),
                Ok(Places::Others) => Err(AppendError::Conflict),
                // Not there yet: the request may still be under way.
                Ok(Places::Free) | Err(_) => Err(fault(failure).into()),
            },
        }
    }

    async fn scan(&self, from: Option<ScanPosition>) -> Result<ScanPage, Fault> {
        let start = from.map(|from| {
            Item::from([
                (STREAM.to_owned(), AttributeValue::S(from.stream.to_string())),
                (VERSION.to_owned(), AttributeValue::N(from.version.to_string())),
            ])
        });
        let scan = self.client.scan().table_name(&self.table).consistent_read(true).set_exclusive_start_key(start);
        let scan = scan.limit(SCAN_PAGE_EVENTS_MAX);
        let page = attempts::read(&self.clock, || async { scan.clone().send().await.map_err(failure) }).await;
        let fault = |failure: Failure| failure.into_fault(SCAN, &self.table);
        let page = page.map_err(fault)?;
        let events: Result<Vec<_>, _> = page.items.unwrap_or_default().into_iter().map(scanned).collect();
        let events = events.map_err(|error| fault(Failure::permanent(error)))?;
        let next = page.last_evaluated_key.as_ref().map(position_of).transpose().map_err(fault)?;
        Ok(ScanPage { events, next })
    }
}

/// An item that a scan came upon. The table may be one that others have written, so what is none of ours has to be found.
fn scanned(item: Item) -> Result<EventRecord, NotAnEvent> {
    let key = |name| item.get(name).and_then(|value: &AttributeValue| value.as_s().or_else(|_| value.as_n()).ok());
    let (stream, version) = (key(STREAM).cloned().unwrap_or_default(), key(VERSION).cloned().unwrap_or_default());
    event_of(item).map_err(|why| NotAnEvent { stream, version, why })
}

/// An item of the table is no event, by its key.
#[derive(Debug, thiserror::Error)]
#[error(
    "cart {}, version {version}: {why}; `tillroll migrate check` finds every such item of a table",
    .stream.escape_debug()
)]
struct NotAnEvent {
    stream: String,
    version: String,
    why: NotAnEventItem,
}

fn position_of(key: &Item) -> Result<ScanPosition, Failure> {
    let text = |name| key.get(name).and_then(|value| value.as_s().or_else(|_| value.as_n()).ok());
    let stream = text(STREAM).and_then(|text| text.parse().ok());
    let version = text(VERSION).and_then(|text| text.parse().ok());
    let position = stream.zip(version).map(|(stream, version)| ScanPosition { stream, version });
    position.ok_or_else(|| Failure::permanent("a page of the scan ends at a key that is no event's"))
}
