//! `GET /events/stream`: the events of all carts, from the event bus, as server-sent events.
//!
//! What is shown is what was published: captured from the table, not reported by the command that caused it. Each event
//! that the bus holds comes at least once. A cart's events come in the order in which the bus has them, which is
//! nearly always that of their versions (`sequence` in the data says it); between carts there is no order. A message's
//! id is a cursor: the place in every shard, so that a reader who comes back goes on behind it.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::stream;
use serde::{Deserialize, Serialize};
use tillroll_core::sequence::SequenceNumber;

use super::request::Query;
use super::sse::{self, Pace, Place};
use super::{Answer, Api, ApiRequest, ApiResponse, Chunks, Ports, Problem};
use crate::lambda_events::BusBatchRecord;
use crate::ports::{EventFeed as _, Fault, FeedPosition, FeedShard};
use crate::record::TYPE_PREFIX;

/// Most records read of a shard for one chunk: what is made for a slow reader before it reads.
const CHUNK_RECORDS_MAX: usize = 64;
/// Most types in a filter; there are eight.
const TYPES_MAX: usize = 20;
const CURSOR_VERSION: u8 = 1;

impl<P: Ports> Api<P> {
    pub(super) async fn all_events(&self, request: &ApiRequest) -> Answer {
        let query = request.query(&["after", "from", "type"])?;
        let types = types(&query)?;
        let shards = self.ports.feed().shards().await?;
        let stream = FeedStream {
            position: begin(request, &query, &shards)?,
            ports: Arc::clone(&self.ports),
            types,
            shards: shards.into_iter().map(|shard| shard.name).collect(),
            told: None,
            pace: None,
            _place: self.streams.open()?,
        };
        let chunks = Chunks::new(stream::unfold(Box::new(stream), FeedStream::next));
        Ok(ApiResponse::chunks(sse::CONTENT_TYPE, chunks))
    }
}

/// The types to show, in full; none means all.
fn types(query: &Query) -> Result<BTreeSet<String>, Problem> {
    let Some(text) = query.text("type") else { return Ok(BTreeSet::new()) };
    let in_full = |name: &str| format!("{TYPE_PREFIX}{}", name.strip_prefix(TYPE_PREFIX).unwrap_or(name));
    let is_name =
        |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.');
    let types: BTreeSet<String> = text.split(',').filter(|name| is_name(name)).map(in_full).collect();
    if types.len() != text.split(',').count() || types.len() > TYPES_MAX {
        let wrong = format!("type must be up to {TYPES_MAX} different names of events with commas between them");
        return Err(Problem::invalid_query(wrong));
    }
    Ok(types)
}

/// Where a reader begins: behind its last id, which wins over the address, which stays the same when it comes back.
fn begin(request: &ApiRequest, query: &Query, shards: &[FeedShard]) -> Result<FeedPosition, Problem> {
    let header = request.header("last-event-id").map(str::trim);
    if let Some(text) = header.or(query.text("after")) {
        let wrong = |detail| match header {
            Some(_) => Problem::invalid_header(format!("Last-Event-ID {detail}")),
            None => Problem::invalid_query(format!("after {detail}")),
        };
        let position = Cursor::parse(text).ok_or_else(|| wrong("must be the id of an event of this stream"))?;
        if is_of_another_bus(&position, shards) {
            return Err(wrong("is of another event bus: this one has not come so far"));
        }
        return if shards.iter().any(|shard| has_lost(shard, &position)) { Err(expired()) } else { Ok(position) };
    }
    let before = match query.text("from") {
        Some("oldest") => |shard: &FeedShard| shard.trimmed.clone(),
        None | Some("now") => |shard: &FeedShard| shard.newest.clone(),
        Some(_) => return Err(Problem::invalid_query("from must be now or oldest")),
    };
    let mut position = FeedPosition::default();
    for shard in shards {
        if let Some(before) = before(shard) {
            position.seen(&shard.name, before);
        }
    }
    Ok(position)
}

/// Whether the bus has not come as far as the position. A shard of Kinesis that has been silent for longer than its
/// records are kept cannot say how far it ever came; where the others can, it is passed over.
fn is_of_another_bus(position: &FeedPosition, shards: &[FeedShard]) -> bool {
    let never_used = shards.iter().all(|shard| shard.newest.is_none());
    let mut telling = shards.iter().filter(|shard| never_used || shard.newest.is_some());
    telling.any(|shard| position.in_shard(&shard.name) > shard.newest.as_ref())
}

/// Whether records behind the position are gone. A shard that is not in it had no record then.
fn has_lost(shard: &FeedShard, position: &FeedPosition) -> bool {
    shard.trimmed.as_ref() > position.in_shard(&shard.name)
}

fn expired() -> Problem {
    let detail = "the event bus does not keep all events behind this place any more; begin with from=oldest";
    Problem::new(410, "cursor_expired", detail)
}

/// What an id says.
#[derive(Deserialize, Serialize)]
struct Cursor<'a> {
    v: u8,
    at: Cow<'a, FeedPosition>,
}

impl Cursor<'_> {
    fn parse(text: &str) -> Option<FeedPosition> {
        let cursor: Self = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        (cursor.v == CURSOR_VERSION).then(|| cursor.at.into_owned())
    }

    fn of(position: &FeedPosition) -> String {
        // A number and a map with text keys always serialize.
        let json = serde_json::to_vec(&Cursor { v: CURSOR_VERSION, at: Cow::Borrowed(position) });
        URL_SAFE_NO_PAD.encode(json.unwrap_or_default())
    }
}

/// What is looked at in a record.
#[derive(Deserialize)]
struct Typed<'a> {
    #[serde(borrow)]
    r#type: Cow<'a, str>,
}

/// One open stream.
struct FeedStream<P: Ports> {
    ports: Arc<P>,
    shards: Vec<String>,
    types: BTreeSet<String>,
    /// What was sent, or passed over because it is of another type.
    position: FeedPosition,
    /// The position that the reader was told last.
    told: Option<FeedPosition>,
    /// `None` before the first words.
    pace: Option<Pace>,
    _place: Place,
}

impl<P: Ports> FeedStream<P> {
    async fn next(mut self: Box<Self>) -> Option<(Vec<u8>, Box<Self>)> {
        let Some(pace) = &self.pace else {
            self.pace = Some(Pace::begin(self.ports.clock()));
            let mut chunk = sse::greeting();
            self.tell_position(&mut chunk);
            return Some((chunk, self));
        };
        let mut silence = pace.silence(self.ports.clock())?;
        let mut woken = false;
        loop {
            let before = self.position.clone();
            // Boxed, so that a stream that only listens stays small.
            let chunk = Box::pin(self.read_on()).await.inspect_err(ended_by).ok()?;
            if !chunk.is_empty() {
                self.told = Some(self.position.clone());
                return Some((chunk, self.speak()));
            }
            let at_rest = self.position == before;
            if at_rest && woken {
                // There is more, and not where this looks: the bus was split.
                self.shards = Box::pin(self.shards_now()).await.inspect_err(ended_by).ok()?;
            }
            woken = at_rest && self.ports.feed().wait(&self.position, silence).await;
            if silence.is_zero() || at_rest && !woken {
                let mut chunk = sse::HEARTBEAT.to_vec();
                self.tell_position(&mut chunk);
                return Some((chunk, self.speak()));
            }
            silence = self.pace.as_ref()?.silence(self.ports.clock())?;
        }
    }

    async fn shards_now(&self) -> Result<Vec<String>, Fault> {
        Ok(self.ports.feed().shards().await?.into_iter().map(|shard| shard.name).collect())
    }

    /// Messages of the next records of every shard.
    async fn read_on(&mut self) -> Result<Vec<u8>, Fault> {
        let mut chunk = Vec::new();
        for index in 0..self.shards.len() {
            let Some(shard) = self.shards.get(index) else { continue };
            let records = self.ports.feed().read(shard, self.position.in_shard(shard), CHUNK_RECORDS_MAX).await?;
            for record in &records {
                self.show(record, &mut chunk);
            }
        }
        Ok(chunk)
    }

    fn show(&mut self, record: &BusBatchRecord, chunk: &mut Vec<u8>) {
        if let Ok(sequence) = record.kinesis.sequence_number.parse::<SequenceNumber>() {
            self.position.seen(record.shard(), sequence);
        }
        // What is no event of ours is for those who process the bus to report.
        let Ok(Typed { r#type }) = serde_json::from_slice(&record.kinesis.data) else { return };
        if r#type.starts_with(TYPE_PREFIX) && (self.types.is_empty() || self.types.contains(&*r#type)) {
            sse::push_message(chunk, Cursor::of(&self.position), &r#type, &record.kinesis.data);
        }
    }

    /// An id without data: the reader keeps it for when it comes back, and shows nothing.
    fn tell_position(&mut self, chunk: &mut Vec<u8>) {
        if self.told.as_ref() != Some(&self.position) {
            chunk.extend_from_slice(format!("id: {}\n\n", Cursor::of(&self.position)).as_bytes());
            self.told = Some(self.position.clone());
        }
    }

    fn speak(mut self: Box<Self>) -> Box<Self> {
        if let Some(pace) = &mut self.pace {
            pace.speak(self.ports.clock());
        }
        self
    }
}

fn ended_by(fault: &Fault) {
    tracing::warn!(%fault, "ended a stream of all events; its reader comes back for the rest");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_that_has_been_silent_for_long_does_not_make_a_cursor_foreign() {
        let bus = |newest: [Option<u64>; 2]| {
            let named = ["a", "b"].into_iter().zip(newest);
            let shard = |(name, newest): (&str, Option<u64>)| FeedShard {
                name: name.to_owned(),
                trimmed: None,
                newest: newest.map(SequenceNumber::from),
            };
            named.map(shard).collect::<Vec<_>>()
        };
        let mut position = FeedPosition::default();
        position.seen("a", SequenceNumber::from(7));
        for (newest, is_foreign) in
            [([Some(7), None], false), ([Some(6), None], true), ([None, Some(1)], false), ([None, None], true)]
        {
            assert_eq!(is_of_another_bus(&position, &bus(newest)), is_foreign, "{newest:?}");
        }
    }
}
