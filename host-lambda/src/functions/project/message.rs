//! The body of a replay queue's message: archived events of one lane, for one generation of one subscription; or carts
//! of one lane to rebuild.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tillroll_core::id::StreamId;
use tillroll_core::lane::LANES;

use crate::record::{EventRecord, NotAnEvent};

/// A message that carries archived events to a subscription.
#[derive(Debug, Serialize, Deserialize)]
pub struct ReplayMessage {
    /// The run that sent it.
    pub run: String,
    /// What it is for.
    pub mode: Mode,
    /// For whom.
    pub subscription: String,
    /// The generation that its events go into.
    pub generation: u32,
    /// The lane of all its carts.
    pub lane: u16,
    /// Key of the archive object that the events were read from.
    pub object: String,
    /// Its place among the messages of that object and lane, from 0.
    pub part: u32,
    /// Events as they stand in the archive.
    pub events: Vec<Box<RawValue>>,
    /// What lies between those events, and the generation's filter does not let through.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skips: Vec<Skip>,
    /// Carts to rebuild from the event table; the message then has no events.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub carts: Vec<StreamId>,
}

/// Versions of a cart that only move its gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skip {
    /// The cart.
    pub subject: StreamId,
    /// The first version.
    pub first: u64,
    /// The last one, at least the first.
    pub last: u64,
}

/// Most versions that the skips of one message pass over: more than the lines of any archive object of ours.
pub const SKIPPED_VERSIONS_MAX: u64 = 100_000;

/// Most carts that one message asks to rebuild.
pub const REBUILT_CARTS_MAX: usize = 100;

/// What a message is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Rows are written, and nothing that leaves the system happens.
    Replay,
    /// Single carts are rebuilt from the event table; nothing leaves the system either.
    Rebuild,
}

/// Why a message is not taken. It is returned to the queue until that moves it to the dead letters; whoever lists
/// those reads it again and so has the reason.
#[derive(Debug, thiserror::Error)]
pub enum NotAReplayMessage {
    /// Not JSON, or a member is missing or has the wrong type.
    #[error("the message is not a replay message: {0}")]
    Json(#[from] serde_json::Error),
    /// It was put into the wrong queue.
    #[error("the message is for subscription {found}, and this is {expected}")]
    OtherSubscription {
        /// In the message.
        found: String,
        /// Whose queue this is.
        expected: String,
    },
    /// There is no such lane.
    #[error("the message is of lane {0}, and there are {LANES}")]
    NoSuchLane(u16),
    /// One of its events does not read.
    #[error("event {index} of the message: {source}")]
    NotAnEvent {
        /// From 0.
        index: usize,
        /// What is wrong with it.
        source: NotAnEvent,
    },
    /// Its skips are no ranges of versions, or pass over more than a message may.
    #[error("the skips of the message pass over no versions, or over more than {SKIPPED_VERSIONS_MAX}")]
    Skips,
    /// It asks for too much at once.
    #[error("the message asks for more than {REBUILT_CARTS_MAX} carts")]
    TooManyCarts,
}

impl ReplayMessage {
    /// Reads the body of a message in the queue of `subscription`, and its events.
    pub fn read(body: &str, subscription: &str) -> Result<(Self, Vec<EventRecord>), NotAReplayMessage> {
        let message: Self = serde_json::from_str(body)?;
        if message.subscription != subscription {
            let (found, expected) = (message.subscription, subscription.to_owned());
            return Err(NotAReplayMessage::OtherSubscription { found, expected });
        }
        if message.lane >= LANES {
            return Err(NotAReplayMessage::NoSuchLane(message.lane));
        }
        message.check_skips()?;
        if message.carts.len() > REBUILT_CARTS_MAX {
            return Err(NotAReplayMessage::TooManyCarts);
        }
        let read = |(index, event): (usize, &RawValue)| {
            EventRecord::from_json(event.get().as_bytes())
                .map_err(|source| NotAReplayMessage::NotAnEvent { index, source })
        };
        let events = message.events.iter().map(AsRef::as_ref).enumerate().map(read).collect::<Result<_, _>>()?;
        Ok((message, events))
    }

    fn check_skips(&self) -> Result<(), NotAReplayMessage> {
        let mut skipped = 0_u64;
        for Skip { first, last, .. } in &self.skips {
            let versions = last.checked_sub(*first).filter(|_| *first > 0).ok_or(NotAReplayMessage::Skips)?;
            skipped = skipped.saturating_add(versions).saturating_add(1);
        }
        if skipped <= SKIPPED_VERSIONS_MAX { Ok(()) } else { Err(NotAReplayMessage::Skips) }
    }
}
