//! `GET /carts/{id}/stream`: the events of a cart as they happen, as server-sent events.
//!
//! A message's id is the version, its event the type, its data the recorded event. `Last-Event-ID` (which browsers send
//! when they come back) or `?after=` says what the reader has, so nothing is lost or doubled. Events come from the news
//! of their append when the reader is up to date, and else from the table.

use std::sync::Arc;

use futures_util::stream;
use tillroll_core::id::StreamId;

use super::request::whole_number;
use super::sse::{self, Pace, Place};
use super::{Answer, Api, ApiRequest, ApiResponse, Chunks, Ports, Problem};
use crate::ports::{EventTable as _, Fault, Listening as _, News};
use crate::record::{EventRecord, TYPE_PREFIX};

/// Most events in one chunk: what is made for a slow reader before it reads.
const CHUNK_EVENTS_MAX: u32 = 64;
/// The event after which a cart has another owner.
const CLAIMED: &str = "CartClaimed";

impl<P: Ports> Api<P> {
    pub(super) async fn stream(&self, request: &ApiRequest, cart: StreamId) -> Answer {
        let after = after(request)?;
        let admitted_until = if self.settings.check_owner {
            let loaded = self.carts().load(cart).await?;
            self.admit(request, &loaded)?;
            Some(loaded.stored_version())
        } else {
            None
        };
        self.expect_event(cart, after).await?;
        let stream = CartStream {
            ports: Arc::clone(&self.ports),
            cart,
            after,
            listening: self.ports.news().listen(cart),
            // Listening has begun, so what is appended from now on is heard; what was before is read.
            may_be_behind: true,
            admitted_until,
            pace: None,
            _place: self.streams.open()?,
        };
        let chunks = Chunks::new(stream::unfold(Box::new(stream), CartStream::next));
        Ok(ApiResponse::chunks(sse::CONTENT_TYPE, chunks))
    }

    /// The cart exists and has come as far as the reader says.
    async fn expect_event(&self, cart: StreamId, version: u64) -> Result<(), Problem> {
        let table = self.ports.table();
        if !table.load(cart, version.saturating_sub(1), Some(1)).await?.is_empty() {
            return Ok(());
        }
        Err(if version < 2 || table.load(cart, 0, Some(1)).await?.is_empty() {
            Problem::cart_not_found()
        } else {
            Problem::new(404, "version_not_found", "the cart has not come as far as this version")
        })
    }
}

/// What the reader has: the last id it has seen wins over the address, which stays the same when it comes back.
fn after(request: &ApiRequest) -> Result<u64, Problem> {
    let in_query = request.query(&["after"])?.number("after", 0..=u64::MAX)?;
    match request.header("last-event-id").map(str::trim) {
        None => Ok(in_query.unwrap_or(0)),
        Some(id) => {
            whole_number(id).ok_or_else(|| Problem::invalid_header("Last-Event-ID must be a version of the cart"))
        }
    }
}

/// One open stream.
struct CartStream<P: Ports> {
    ports: Arc<P>,
    cart: StreamId,
    /// The newest version that was sent.
    after: u64,
    listening: <P::News as News>::Listening,
    may_be_behind: bool,
    /// The version at which the reader was found to be one who may see the cart; `None` when everybody may.
    admitted_until: Option<u64>,
    /// `None` before the first words.
    pace: Option<Pace>,
    _place: Place,
}

impl<P: Ports> CartStream<P> {
    async fn next(mut self: Box<Self>) -> Option<(Vec<u8>, Box<Self>)> {
        let Some(pace) = &self.pace else {
            self.pace = Some(Pace::begin(self.ports.clock()));
            return Some((sse::greeting(), self));
        };
        let mut silence = pace.silence(self.ports.clock())?;
        loop {
            let events = if self.may_be_behind { self.read().await? } else { Vec::new() };
            if !events.is_empty() {
                return self.send(&events);
            }
            let Some(heard) = self.listening.next(self.after, silence).await else {
                // News is a hint: an append whose answer was lost tells nobody.
                self.may_be_behind = true;
                self.speak();
                return Some((sse::HEARTBEAT.to_vec(), self));
            };
            match heard.following(self.after) {
                [] => self.may_be_behind = true,
                events => return self.send(events),
            }
            silence = self.pace.as_ref()?.silence(self.ports.clock())?;
        }
    }

    /// The next events from the table; `None` ends the stream, and its reader comes back with its last id.
    async fn read(&mut self) -> Option<Vec<EventRecord>> {
        // Boxed, so that a stream that only listens stays small.
        let read = Box::pin(self.ports.table().load(self.cart, self.after, Some(CHUNK_EVENTS_MAX))).await;
        let events = read.inspect_err(|fault| ended_by(self.cart, fault)).ok()?;
        self.may_be_behind = u32::try_from(events.len()) == Ok(CHUNK_EVENTS_MAX);
        Some(events)
    }

    /// Sends events up to a change of the owner: whether the reader may see that is for its next request to find out.
    fn send(mut self: Box<Self>, events: &[EventRecord]) -> Option<(Vec<u8>, Box<Self>)> {
        let changes_owner = |event: &EventRecord| {
            event.name == CLAIMED && self.admitted_until.is_some_and(|admitted| event.version > admitted)
        };
        let until = events.iter().position(changes_owner).unwrap_or(events.len());
        let events = events.get(..until).unwrap_or(events);
        self.after = events.last()?.version;
        let mut chunk = Vec::new();
        for event in events {
            sse::push_message(&mut chunk, event.version, &format!("{TYPE_PREFIX}{}", event.name), &event.to_json());
        }
        self.speak();
        Some((chunk, self))
    }

    fn speak(&mut self) {
        if let Some(pace) = &mut self.pace {
            pace.speak(self.ports.clock());
        }
    }
}

fn ended_by(cart: StreamId, fault: &Fault) {
    tracing::warn!(%cart, %fault, "ended a stream of events; its reader comes back for the rest");
}
