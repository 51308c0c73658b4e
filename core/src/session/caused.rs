//! The events that a command causes, as the bytes that rows keep: they are copied, compared and stored far more often than
//! anybody looks into them, and are as small a part of what a browser loads.

use alloc::vec::Vec;
use core::iter;

use serde::ser::{Serialize, SerializeStruct as _, Serializer};

use crate::aggregate::Event as _;
use crate::cart::{Cart, CartEvent};
use crate::id::StreamId;
use crate::packed::bytes::Sink;
use crate::packed::{Content, read_content, write_content};
use crate::recorded::{Recorded, Stored};

/// Events of one cart, one after the other as [`write_content`] writes them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Caused(Vec<u8>);

/// The content of an event that came as one.
pub(super) fn packed(event: &Recorded<CartEvent>) -> Vec<u8> {
    let content = match &event.event {
        Stored::Known(event) => Content::Known(event),
        Stored::Unknown { name } => Content::Unknown { name, data: b"{}" },
    };
    let mut bytes = Sink::default();
    write_content::<Cart>(event.stream, &content, &mut bytes);
    bytes.0
}

/// Events that have no place in history yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Happenings<'a> {
    cart: StreamId,
    bytes: &'a [u8],
}

impl Caused {
    pub(super) fn by(cart: StreamId, events: &[CartEvent]) -> Self {
        let mut bytes = Sink::default();
        for event in events {
            write_content::<Cart>(cart, &Content::Known(event), &mut bytes);
        }
        Self(bytes.0)
    }

    /// Those of a row, up to the first that this build cannot read.
    pub(super) fn of_row(cart: StreamId, mut bytes: Vec<u8>) -> Self {
        let mut rest = bytes.as_slice();
        while next(cart, &mut rest).is_some() {}
        let readable = bytes.len().saturating_sub(rest.len());
        bytes.truncate(readable);
        Self(bytes)
    }

    /// As a row keeps them.
    pub(super) fn for_row(&self) -> Vec<u8> {
        self.0.clone()
    }

    /// Adds one that is packed already.
    pub(super) fn push(&mut self, packed: &[u8]) {
        self.0.extend_from_slice(packed);
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// To be looked into.
    pub(super) fn of(&self, cart: StreamId) -> Happenings<'_> {
        Happenings { cart, bytes: &self.0 }
    }
}

impl<'a> Happenings<'a> {
    /// Each of them.
    pub fn events(self) -> impl Iterator<Item = CartEvent<&'a str>> {
        let mut bytes = self.bytes;
        iter::from_fn(move || next(self.cart, &mut bytes))
    }
}

fn next<'a>(cart: StreamId, bytes: &mut &'a [u8]) -> Option<CartEvent<&'a str>> {
    let Ok((Content::Known(event), rest)) = read_content::<Cart>(cart, bytes) else { return None };
    *bytes = rest;
    Some(event)
}

/// As a list of names and data.
impl Serialize for Happenings<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // A list whose length is known beforehand, as some formats write it there.
        let happenings: Vec<_> = self.events().map(|event| Happening(event.to_owned())).collect();
        serializer.collect_seq(happenings)
    }
}

/// An event by its name and its data.
struct Happening(CartEvent);

impl Serialize for Happening {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Data<'a>(&'a CartEvent);
        impl Serialize for Data<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.0.serialize_data(serializer)
            }
        }
        let mut happening = serializer.serialize_struct("Happening", 2)?;
        happening.serialize_field("type", self.0.name())?;
        happening.serialize_field("data", &Data(&self.0))?;
        happening.end()
    }
}
