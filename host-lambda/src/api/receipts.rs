//! `GET /carts/{id}/events/{version}/receipt`: how far one event has come, stage by stage: event table, event bus,
//! archive, each subscription. What is not there yet is `pending`; what should be there and is not is `missing`.
//!
//! Nothing is scanned. The event's time leads to a place on the bus, and the record's to an hour of the archive; from
//! there a bounded number of records, keys and objects is looked through, and beyond that a stage is `unknown`.

use serde::{Deserialize, Serialize};
use tillroll_core::id::{EventId, StreamId};
use tillroll_core::sequence::SequenceNumber;
use tillroll_core::time::Timestamp;

use super::{Answer, Api, ApiRequest, ApiResponse, Ports, Problem};
use crate::archive_key::ArchiveKey;
use crate::archive_object::ArchiveObject;
use crate::functions::project::by_name::SUBSCRIPTIONS;
use crate::functions::replay::ARCHIVE_READER;
use crate::generations;
use crate::lambda_events::BusBatchRecord;
use crate::ports::{
    Archive as _, EventFeed as _, EventTable as _, Fault, FaultKind, Progress as _, Rows as _, ShardProgress,
};
use crate::record::{EventRecord, TYPE_PREFIX};
use crate::subscriptions::layout::{Layout, Parked};

/// How far the clocks of whoever records events and of the bus may be apart.
const CLOCKS_APART_MS_MAX: i64 = 2_000;
/// Most records of the bus that are looked through: what a flood puts on one shard within half a minute or so.
const RECORDS_MAX: usize = 20_000;
/// Pages that are read behind the event to see whether it came again: a batch that is sent twice is sent soon.
const PAGES_BEHIND: usize = 2;
/// Records read at a time.
const PAGE_RECORDS: usize = 1_000;
/// Most keys of the archive that are looked through: one a second makes 3,600 a shard and hour.
const KEYS_MAX: usize = 20_000;
/// Keys listed at a time.
const PAGE_KEYS: usize = 1_000;
/// Most objects that are read: of a bus record's place there is one, or a few after repetitions; without its place they
/// are searched by time.
const OBJECTS_MAX: usize = 64;
const HOUR_MS: i64 = 60 * 60 * 1_000;

/// The answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Receipt {
    /// The cart.
    pub cart_id: StreamId,
    /// The event's version.
    pub version: u64,
    /// Its id.
    pub event_id: EventId,
    /// Its type.
    pub r#type: String,
    /// When the host recorded it.
    pub recordedtime: Option<Timestamp>,
    /// In the order of the flow; the subscriptions last.
    pub stages: Vec<ReceiptStage>,
}

/// How far the event has come in one stage.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ReceiptStage {
    /// `table`, `bus`, `archive`, or the name of a subscription with `project` in front.
    pub stage: String,
    /// What became of it there.
    pub state: ReceiptState,
    /// When it came there, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// Bus: the shard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shard: Option<String>,
    /// Bus: the place in the shard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sequence_number: Option<SequenceNumber>,
    /// Archive: the object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Archive: the line in the object, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// Subscription: the generation that answers queries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation: Option<u32>,
    /// Subscription: the version of the cart that it has applied last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applied_version: Option<u64>,
    /// Subscription: it stands still before this version of the cart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parked_at: Option<u64>,
    /// Bus, archive: how often it is there beside the first time, among what was looked through; absent when it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doubles: Option<u64>,
    /// Bus: it came behind this later version of its cart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub behind_version: Option<u64>,
    /// Why it is so, where that is not plain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What became of an event in a stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptState {
    /// It is there.
    Done,
    /// It is on its way.
    Pending,
    /// The subscription parked the cart before it.
    Parked,
    /// It was there and is not kept so long.
    Expired,
    /// It should be there and is not: a hole. `verify --repair` fills it.
    Missing,
    /// It was not found within bounds.
    #[default]
    Unknown,
}

/// Where the stages stood before the search began, so that what is not found behind them is missing.
struct Standing {
    published_all: bool,
    bus: Vec<ShardProgress>,
}

/// The event's record on the bus.
struct OnBus {
    shard: String,
    sequence: SequenceNumber,
    arrived_at: Timestamp,
}

/// Where the archive has an event.
struct Archived {
    key: String,
    line: usize,
    doubles: u64,
}

/// What is looked at in a line of the archive.
#[derive(Deserialize)]
struct Identified {
    id: EventId,
}

/// The same with the event's version.
#[derive(Deserialize)]
struct Versioned {
    id: EventId,
    sequence: u64,
}

/// What a search has seen of a cart on the bus.
#[derive(Default)]
struct Seen {
    /// The event itself, the first time.
    found: Option<OnBus>,
    /// How often it came again.
    doubles: u64,
    /// The newest version that came before it.
    before: u64,
    /// Pages that were read behind the first time.
    pages_behind: usize,
}

impl<P: Ports> Api<P> {
    pub(super) async fn receipt(&self, request: &ApiRequest, cart: StreamId, version: u64) -> Answer {
        request.query(&[])?;
        self.admit(request, &self.carts().load(cart).await?)?;
        let before = version.checked_sub(1).ok_or_else(super::carts::version_not_found)?;
        let events = self.ports.table().load(cart, before, Some(1)).await?;
        let event = events.first().ok_or_else(super::carts::version_not_found)?;
        let table_stream = self.ports.progress().table_stream().await?;
        let standing = Standing {
            published_all: table_stream.published >= table_stream.newest,
            bus: self.ports.progress().bus().await?,
        };
        let (bus_stage, on_bus) = self.bus_stage(event, &standing).await?;
        let mut stages = vec![ReceiptStage {
            stage: "table".to_owned(),
            state: ReceiptState::Done,
            at: event.circumstances.recorded_at,
            ..ReceiptStage::default()
        }];
        let archive_stage = self.archive_stage(event, &bus_stage, on_bus.as_ref(), &standing).await?;
        stages.extend([bus_stage, archive_stage]);
        for subscription in SUBSCRIPTIONS {
            stages.push(self.subscription_stage(subscription, event, on_bus.as_ref(), &standing).await?);
        }
        Ok(ApiResponse::json(
            200,
            &Receipt {
                cart_id: cart,
                version,
                event_id: event.circumstances.event_id,
                r#type: format!("{TYPE_PREFIX}{}", event.name),
                recordedtime: event.circumstances.recorded_at,
                stages,
            },
        ))
    }

    async fn bus_stage(
        &self,
        event: &EventRecord,
        standing: &Standing,
    ) -> Result<(ReceiptStage, Option<OnBus>), Problem> {
        let mut stage = ReceiptStage { stage: "bus".to_owned(), ..ReceiptStage::default() };
        let Some(recorded_at) = event.circumstances.recorded_at else {
            stage.reason = Some("the event does not say when it was recorded".to_owned());
            return Ok((stage, None));
        };
        let feed = self.ports.feed();
        let since = recorded_at.plus_ms(-CLOCKS_APART_MS_MAX);
        let place = feed.place_of(&event.stream.to_string(), since).await?;
        let trimmed = feed.shards().await?.into_iter().find(|shard| shard.name == place.shard);
        let trimmed = trimmed.and_then(|shard| shard.trimmed);
        let begins_within = trimmed.is_none() || place.after > trimmed;
        let (mut after, mut seen) = (place.after, Seen::default());
        for pages_left in (0..RECORDS_MAX / PAGE_RECORDS).rev() {
            let page = feed.read(&place.shard, after.as_ref(), PAGE_RECORDS).await?;
            seen.look(event, &place.shard, &page);
            let is_last = pages_left == 0 || page.len() < PAGE_RECORDS || seen.pages_behind >= PAGES_BEHIND;
            if let Some(found) = seen.found.take_if(|_| is_last) {
                stage.state = ReceiptState::Done;
                stage.at = Some(found.arrived_at);
                stage.shard = Some(found.shard.clone());
                stage.sequence_number = Some(found.sequence.clone());
                stage.doubles = Some(seen.doubles).filter(|doubles| *doubles > 0);
                stage.behind_version = Some(seen.before).filter(|before| *before > event.version);
                return Ok((stage, Some(found)));
            }
            let Some(last) = page.last() else {
                (stage.state, stage.reason) = match (begins_within, standing.published_all) {
                    (false, _) => (ReceiptState::Expired, Some("the bus keeps events for a day".to_owned())),
                    (true, false) => (ReceiptState::Pending, None),
                    (true, true) => (ReceiptState::Missing, None),
                };
                return Ok((stage, None));
            };
            after = last.kinesis.sequence_number.parse().ok();
        }
        stage.reason = Some(format!("not among the {RECORDS_MAX} records that came after it was recorded"));
        Ok((stage, None))
    }

    async fn archive_stage(
        &self,
        event: &EventRecord,
        bus: &ReceiptStage,
        on_bus: Option<&OnBus>,
        standing: &Standing,
    ) -> Result<ReceiptStage, Problem> {
        let mut stage = ReceiptStage { stage: "archive".to_owned(), ..ReceiptStage::default() };
        let found = match (on_bus, event.circumstances.recorded_at) {
            (Some(on_bus), _) => self.object_of(event, on_bus).await?,
            (None, Some(recorded_at)) if bus.state == ReceiptState::Expired => {
                self.object_by_time(event, recorded_at).await?
            }
            (None, _) => {
                stage.state = if bus.state == ReceiptState::Unknown { bus.state } else { ReceiptState::Pending };
                stage.reason = Some("where it lies follows from its place on the bus".to_owned());
                return Ok(stage);
            }
        };
        match found {
            Some(Archived { key, line, doubles }) => {
                stage.state = ReceiptState::Done;
                (stage.key, stage.line) = (Some(key), Some(line));
                stage.doubles = Some(doubles).filter(|doubles| *doubles > 0);
            }
            None => match on_bus.map(|on_bus| standing.has_finished(ARCHIVE_READER, on_bus)) {
                Some(true) => stage.state = ReceiptState::Missing,
                Some(false) => stage.state = ReceiptState::Pending,
                None => stage.reason = Some(format!("not in the {OBJECTS_MAX} objects of its time")),
            },
        }
        Ok(stage)
    }

    /// The object whose range has the record, and the line; an object begins at most an hour before its last record.
    /// Several objects have it after repetitions.
    async fn object_of(&self, event: &EventRecord, on_bus: &OnBus) -> Result<Option<Archived>, Fault> {
        let mut found: Option<Archived> = None;
        for hour in [on_bus.arrived_at, on_bus.arrived_at.plus_ms(-HOUR_MS)] {
            let keys = self.keys_of(hour, &on_bus.shard).await?;
            let holds = |key: &&ArchiveKey| *key.first() <= on_bus.sequence && on_bus.sequence <= *key.last();
            for key in keys.iter().rev().filter(holds).take(OBJECTS_MAX) {
                let Some(here) = self.lines_in(key, event).await? else { continue };
                match &mut found {
                    Some(found) => found.doubles += here.doubles + 1,
                    None => found = Some(here),
                }
            }
            if found.is_some() {
                break;
            }
        }
        Ok(found)
    }

    /// The same for a record that the bus does not keep any more. Objects of a shard follow each other in time, but for
    /// what the stages before let wait: so the search begins by halving and goes on one by one.
    async fn object_by_time(&self, event: &EventRecord, recorded_at: Timestamp) -> Result<Option<Archived>, Fault> {
        let shard = self.ports.feed().place_of(&event.stream.to_string(), recorded_at).await?.shard;
        let mut keys = self.keys_of(recorded_at, &shard).await?;
        keys.extend(self.keys_of(recorded_at.plus_ms(HOUR_MS), &shard).await?);
        let (mut low, mut high, mut read) = (0, keys.len(), 0);
        while low < high && read < OBJECTS_MAX {
            let middle = low + (high - low) / 2;
            let Some(key) = keys.get(middle) else { break };
            let object = ArchiveObject::read(self.ports.archive(), &key.to_string()).await?;
            read += 1;
            let newest = object.events().flatten().filter_map(|(event, _)| event.circumstances.recorded_at).max();
            if newest.is_some_and(|newest| newest < recorded_at) { low = middle + 1 } else { high = middle }
        }
        for key in keys.iter().skip(low).take(OBJECTS_MAX - read) {
            if let Some(found) = self.lines_in(key, event).await? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Keys of a shard's objects that begin in the hour of `moment`, in order.
    async fn keys_of(&self, moment: Timestamp, shard: &str) -> Result<Vec<ArchiveKey>, Fault> {
        let prefix = ArchiveKey::hour_prefix(moment, shard);
        let mut after = prefix.clone();
        let mut keys = Vec::new();
        while keys.len() < KEYS_MAX {
            let page = self.ports.archive().list(Some(&after), PAGE_KEYS).await?;
            let whole_page = page.len() >= PAGE_KEYS;
            let Some(last) = page.last().cloned() else { break };
            keys.extend(page.iter().take_while(|key| key.starts_with(&prefix)).filter_map(|key| key.parse().ok()));
            if !whole_page || !last.starts_with(&prefix) {
                break;
            }
            after = last;
        }
        Ok(keys)
    }

    /// The line of the event in an object, and how many lines more it has there.
    async fn lines_in(&self, key: &ArchiveKey, event: &EventRecord) -> Result<Option<Archived>, Fault> {
        let object = ArchiveObject::read(self.ports.archive(), &key.to_string()).await?;
        let is_it = |line: &[u8]| {
            serde_json::from_slice::<Identified>(line).is_ok_and(|found| found.id == event.circumstances.event_id)
        };
        let mut lines = object.lines().enumerate().filter(|(_, line)| is_it(line));
        let Some((index, _)) = lines.next() else { return Ok(None) };
        let doubles = u64::try_from(lines.count()).unwrap_or(u64::MAX);
        Ok(Some(Archived { key: key.to_string(), line: index + 1, doubles }))
    }

    async fn subscription_stage(
        &self,
        subscription: &str,
        event: &EventRecord,
        on_bus: Option<&OnBus>,
        standing: &Standing,
    ) -> Result<ReceiptStage, Problem> {
        let rows = self.ports.rows();
        let generation = generations::read(rows, subscription).await?.live;
        let layout = Layout::new(subscription, generation);
        let applied = rows.get(&layout.row_key(event.stream)).await?.map_or(0, |row| row.revision);
        let parked_key = layout.parked_key(event.stream);
        let parked = rows.get(&parked_key).await?.map(|row| serde_json::from_str::<Parked>(&row.body)).transpose();
        let parked =
            parked.map_err(|error| Fault::new(FaultKind::Permanent, "read row", parked_key.to_string(), error))?;
        let mut stage = ReceiptStage {
            stage: format!("project {subscription}"),
            generation: Some(generation),
            applied_version: Some(applied),
            ..ReceiptStage::default()
        };
        // A parked row that the cart has overtaken waits to be cleared, and means nothing.
        let parked = parked.filter(|parked| parked.version > applied && parked.version <= event.version);
        stage.state = if applied >= event.version {
            ReceiptState::Done
        } else if let Some(parked) = parked {
            (stage.parked_at, stage.reason) = (Some(parked.version), Some(parked.reason));
            ReceiptState::Parked
        } else if on_bus.is_some_and(|on_bus| standing.has_finished(subscription, on_bus)) {
            ReceiptState::Missing
        } else {
            ReceiptState::Pending
        };
        Ok(stage)
    }
}

impl Seen {
    /// Goes through a page of the bus.
    fn look(&mut self, event: &EventRecord, shard: &str, page: &[BusBatchRecord]) {
        let cart = event.stream.to_string();
        self.pages_behind += usize::from(self.found.is_some());
        for record in page.iter().filter(|record| record.kinesis.partition_key == cart) {
            let Ok(read) = serde_json::from_slice::<Versioned>(&record.kinesis.data) else { continue };
            let is_it = read.id == event.circumstances.event_id;
            match (&self.found, record.kinesis.sequence_number.parse()) {
                (Some(_), _) => self.doubles += u64::from(is_it),
                (None, Ok(sequence)) if is_it => {
                    let arrived_at = record.arrived_at();
                    self.found = Some(OnBus { shard: shard.to_owned(), sequence, arrived_at });
                }
                (None, _) => self.before = self.before.max(read.sequence),
            }
        }
    }
}

impl Standing {
    /// Whether the reader of the bus has finished the record.
    fn has_finished(&self, reader: &str, on_bus: &OnBus) -> bool {
        let shard = self.bus.iter().find(|progress| progress.shard == on_bus.shard);
        let finished = shard.and_then(|progress| progress.readers.iter().find(|(name, _)| name == reader));
        finished.is_some_and(|(_, finished)| finished.as_ref() >= Some(&on_bus.sequence))
    }
}
