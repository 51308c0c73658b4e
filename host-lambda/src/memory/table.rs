//! The event table in memory, with its table stream.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, Mutex};

use tillroll_core::id::StreamId;

use super::{Faults, lock};
use crate::item::{self, image_of_event};
use crate::lambda_events::{Image, ItemChange, TableStreamRecord};
use crate::ports::{AppendError, EventTable, Fault, ScanPage, ScanPosition, check_commit};
use crate::record::EventRecord;

/// Events on one page of a scan: few, so that tests see several pages.
const SCAN_PAGE_EVENTS: usize = 100;

/// Events by stream and version, and the order in which they were written.
#[derive(Clone, Debug, Default)]
pub struct MemoryTable {
    content: Arc<Mutex<Content>>,
    faults: Arc<Faults>,
}

#[derive(Debug, Default)]
struct Content {
    events: BTreeMap<(StreamId, u64), EventRecord>,
    written: Vec<(StreamId, u64)>,
}

impl MemoryTable {
    /// Makes calls fail.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// The table stream: at most `limit` changes after the first `skip`, with sequence numbers that count from 1.
    #[must_use]
    pub fn changes(&self, skip: usize, limit: usize) -> Vec<TableStreamRecord> {
        let content = lock(&self.content);
        let written = (1_usize..).zip(&content.written).skip(skip).take(limit);
        written.filter_map(|(number, key)| content.events.get(key).map(|event| inserted(number, event))).collect()
    }

    /// How many changes the table stream has had.
    #[must_use]
    pub fn change_count(&self) -> usize {
        lock(&self.content).written.len()
    }

    /// Loses one event, as nothing in the system may: for tests of those who must notice.
    pub fn lose(&self, stream: StreamId, version: u64) {
        lock(&self.content).events.remove(&(stream, version));
    }
}

impl EventTable for MemoryTable {
    async fn load(&self, stream: StreamId, after: u64, limit: Option<u32>) -> Result<Vec<EventRecord>, Fault> {
        self.faults.before("load cart", &stream.to_string())?;
        let content = lock(&self.content);
        let range = (Bound::Excluded((stream, after)), Bound::Included((stream, u64::MAX)));
        let limit = limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
        if after == u64::MAX {
            return Ok(Vec::new());
        }
        Ok(content.events.range(range).take(limit).map(|(_, event)| event.clone()).collect())
    }

    async fn append(&self, events: &[EventRecord]) -> Result<(), AppendError> {
        let stream = check_commit(events)?;
        self.faults.before("append to cart", &stream.to_string())?;
        {
            let content = &mut *lock(&self.content);
            let stored = events.iter().filter_map(|event| content.events.get(&(stream, event.version)));
            let stored: Vec<_> = stored.collect();
            if stored.is_empty() {
                for event in events {
                    content.written.push((stream, event.version));
                    content.events.insert((stream, event.version), event.clone());
                }
            } else if !stored.into_iter().eq(events) {
                return Err(AppendError::Conflict);
            }
        }
        Ok(self.faults.after("append to cart", &stream.to_string())?)
    }

    async fn scan(&self, from: Option<ScanPosition>) -> Result<ScanPage, Fault> {
        self.faults.before("scan", "the event table")?;
        let content = lock(&self.content);
        let after = from.map_or(Bound::Unbounded, |from| Bound::Excluded((from.stream, from.version)));
        let mut rest = content.events.range((after, Bound::Unbounded));
        let events: Vec<_> = rest.by_ref().take(SCAN_PAGE_EVENTS).map(|(_, event)| event.clone()).collect();
        let last = events.last().map(|event| ScanPosition { stream: event.stream, version: event.version });
        Ok(ScanPage { events, next: last.filter(|_| rest.next().is_some()) })
    }
}

fn inserted(number: usize, event: &EventRecord) -> TableStreamRecord {
    let image = image_of_event(event);
    let is_key = |name: &str| name == item::STREAM || name == item::VERSION;
    let keys: Image = image.iter().filter(|(name, _)| is_key(name)).map(|(n, v)| (n.clone(), v.clone())).collect();
    TableStreamRecord {
        event_name: "INSERT".to_owned(),
        dynamodb: ItemChange { sequence_number: number.to_string(), keys, new_image: Some(image) },
    }
}
