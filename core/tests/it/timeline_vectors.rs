//! `tests/vectors/timeline`: a history, what differs between its versions, and the lives of single values.

use serde::Deserialize;
use serde_json::Value;
use tillroll_core::aggregate::Event as _;
use tillroll_core::cart::{Cart, CartEvent};
use tillroll_core::packed::{Content, History};
use tillroll_core::timeline::value::Shown as _;
use tillroll_core::timeline::{Pointer, Timeline, diff, life};

use super::packed::packed_events;
use super::vectors::{cart_id, files};

#[derive(Deserialize)]
struct Vector {
    given: Vec<Named>,
    diffs: Vec<Diff>,
    lives: Vec<Life>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
    data: Value,
}

#[derive(Deserialize)]
struct Diff {
    from: u64,
    to: u64,
    changes: Value,
}

#[derive(Deserialize)]
struct Life {
    pointer: String,
    turns: Value,
}

impl Named {
    fn event(&self) -> Option<CartEvent> {
        CartEvent::deserialize_data(&self.name, &self.data).unwrap()
    }
}

#[test]
fn timeline_vectors() {
    for (path, text) in files("timeline") {
        let vector: Vector = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut timeline = Timeline::<Cart>::new(cart_id());
        for named in &vector.given {
            let event = named.event();
            let unknown = Content::Unknown { name: &named.name, data: b"{}" };
            timeline.push(&event.as_ref().map_or(unknown, Content::Known)).unwrap();
        }
        let known: Vec<_> = vector.given.iter().filter_map(Named::event).collect();
        if known.len() == vector.given.len() {
            let bytes = packed_events(cart_id(), &known);
            let unpacked = Timeline::<Cart>::of(&History::open(&bytes).unwrap()).unwrap();
            assert_eq!(unpacked.newest(), timeline.newest(), "{}", path.display());
        }
        let view = |version| Cart::view(&timeline.at(version).unwrap());
        for Diff { from, to, changes } in vector.diffs {
            let (before, after) = (view(from), view(to));
            let found = serde_json::to_value(diff(&Cart::value(&before), &Cart::value(&after))).unwrap();
            assert_eq!(found, changes, "{}: {from} to {to}", path.display());
        }
        for Life { pointer, turns } in vector.lives {
            let place: Pointer = pointer.parse().unwrap();
            let found = life(&timeline, &place, 1..=timeline.newest().head.version);
            assert_eq!(serde_json::to_value(found).unwrap(), turns, "{}: {pointer}", path.display());
        }
    }
}
