//! Ids: who is who. Every id that the system makes is a function of ids it was given, so a retry makes the same ones.

use alloc::format;
use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID that is known to name such a thing.
            #[must_use]
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID itself.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                parse_canonical(text).map(Self)
            }
        }
    };
}

uuid_id! {
    /// One stream of events: for the cart aggregate, the cart's id.
    StreamId
}

uuid_id! {
    /// A caller's name for one command. The same id with the same content is the same command, for ever.
    CommandId
}

uuid_id! {
    /// One event, `EventUuid` in the table.
    EventId
}

/// The text is not a UUID in its canonical form: 36 characters, lower-case hexadecimal, hyphens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a UUID in canonical form (8-4-4-4-12 lower-case hexadecimal digits)")]
pub struct NotAnId;

/// Only the canonical spelling is accepted, so that one id has one spelling in tables, URLs and partition keys. Read by
/// hand: a reader of every spelling would be a large part of what a browser loads.
fn parse_canonical(text: &str) -> Result<Uuid, NotAnId> {
    /// Where the hyphens stand.
    const HYPHENS: [usize; 4] = [8, 13, 18, 23];
    if text.len() != uuid::fmt::Hyphenated::LENGTH {
        return Err(NotAnId);
    }
    let mut bits = 0;
    for (place, byte) in text.bytes().enumerate() {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            b'-' if HYPHENS.contains(&place) => continue,
            _ => return Err(NotAnId),
        };
        if HYPHENS.contains(&place) {
            return Err(NotAnId);
        }
        bits = bits << 4 | u128::from(digit);
    }
    Ok(Uuid::from_u128(bits))
}

impl StreamId {
    /// The cart that an `OpenCart` without a cart id opens: a retry of the command opens the same cart.
    #[must_use]
    pub fn opened_by(command: CommandId) -> Self {
        Self(Uuid::new_v5(&command.0, b"cart"))
    }
}

impl CommandId {
    /// The nil UUID: what a client sends that forgot to make an id. Never accepted.
    #[must_use]
    pub const fn is_nil(self) -> bool {
        self.0.is_nil()
    }
}

impl EventId {
    /// The id of the `index`-th event (from 0) that `command` caused in `stream`.
    #[must_use]
    pub fn of(stream: StreamId, command: CommandId, index: u32) -> Self {
        Self(Uuid::new_v5(&stream.0, format!("{command}:{index}").as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_canonical_spelling_is_an_id() {
        let canonical = "6ba7b811-9dad-11d1-80b4-00c04fd430c8";
        assert!(canonical.parse::<StreamId>().is_ok());
        for other in [
            "6BA7B811-9DAD-11D1-80B4-00C04FD430C8",
            "{6ba7b811-9dad-11d1-80b4-00c04fd430c8}",
            "urn:uuid:6ba7b811-9dad-11d1-80b4-00c04fd430c8",
            "6ba7b8119dad11d180b400c04fd430c8",
            "6ba7b811-9dad-11d1-80b4-00c04fd430c8\n",
            "../6ba7b811-9dad-11d1-80b4-00c04fd430",
            "",
        ] {
            assert_eq!(other.parse::<StreamId>(), Err(NotAnId), "{other:?}");
        }
    }

    #[test]
    fn event_ids_follow_from_stream_command_and_index() {
        let stream = StreamId::new(Uuid::from_u128(1));
        let command = CommandId::new(Uuid::from_u128(2));
        assert_eq!(EventId::of(stream, command, 0), EventId::of(stream, command, 0));
        assert_ne!(EventId::of(stream, command, 0), EventId::of(stream, command, 1));
        assert_ne!(StreamId::opened_by(command), StreamId::opened_by(CommandId::new(Uuid::from_u128(3))));
    }
}
