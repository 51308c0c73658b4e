//! The body of a replay queue's message: archived events of one lane, for one generation of one subscription.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
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
}

/// What a message is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Rows are written, and nothing that leaves the system happens.
    Replay,
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
        let read = |(index, event): (usize, &RawValue)| {
            EventRecord::from_json(event.get().as_bytes())
                .map_err(|source| NotAReplayMessage::NotAnEvent { index, source })
        };
        let events = message.events.iter().map(AsRef::as_ref).enumerate().map(read).collect::<Result<_, _>>()?;
        Ok((message, events))
    }
}
