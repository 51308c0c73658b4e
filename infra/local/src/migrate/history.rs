//! Which versions of which carts were seen: what is missing between them, and what comes twice.

use std::collections::{BTreeMap, HashMap};

use tillroll_core::hash::Fingerprint;
use tillroll_core::id::StreamId;
use tillroll_host_lambda::record::EventRecord;

/// Most events that are remembered: about 40 bytes each, so 400 MB. Of what comes after them it is not said whether
/// versions are missing or doubled.
pub const REMEMBERED_MAX: u64 = 10_000_000;

/// The versions of all carts.
#[derive(Debug, Default)]
pub struct History {
    carts: HashMap<StreamId, BTreeMap<u64, u64>>,
    remembered: u64,
    forgotten: u64,
}

/// What an event is, beside those that came before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// The first of its version.
    First,
    /// The same again, as at-least-once delivery brings it.
    Again,
    /// Another event has its version.
    Doubled,
    /// Too many events were remembered already.
    Forgotten,
}

impl History {
    /// Takes an event. Its id does not count: archived events have none of their own.
    pub fn see(&mut self, event: &EventRecord) -> Seen {
        let content = serde_json::to_vec(&(&event.name, &event.data)).unwrap_or_default();
        let content = Fingerprint::of_bytes(&content).get();
        let is_full = self.remembered >= REMEMBERED_MAX;
        let versions = self.carts.get_mut(&event.stream);
        match versions.and_then(|versions| versions.get(&event.version)) {
            Some(same) if *same == content => return Seen::Again,
            Some(_) => return Seen::Doubled,
            None if is_full => {
                self.forgotten += 1;
                return Seen::Forgotten;
            }
            None => {}
        }
        self.carts.entry(event.stream).or_default().insert(event.version, content);
        self.remembered += 1;
        Seen::First
    }

    /// How many carts there are.
    #[must_use]
    pub fn carts(&self) -> u64 {
        self.carts.len() as u64
    }

    /// Whether every event was remembered, so that holes are holes.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.forgotten == 0
    }

    /// Carts with missing versions, in the order of their ids: the first missing version, and how many are missing.
    #[must_use]
    pub fn holes(&self) -> Vec<(StreamId, u64, u64)> {
        let mut holes: Vec<_> = self.carts.iter().filter_map(|(cart, versions)| hole(*cart, versions)).collect();
        holes.sort_unstable();
        holes
    }
}

fn hole(cart: StreamId, versions: &BTreeMap<u64, u64>) -> Option<(StreamId, u64, u64)> {
    let (newest, _) = versions.last_key_value()?;
    let missing = newest.saturating_sub(versions.len() as u64);
    let first = (1..).zip(versions.keys()).find(|(expected, version)| expected != *version);
    first.map(|(expected, _)| (cart, expected, missing))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tillroll_core::id::EventId;
    use tillroll_core::recorded::Circumstances;
    use uuid::Uuid;

    use super::*;

    fn event(cart: u128, version: u64, item: &str) -> EventRecord {
        EventRecord {
            stream: StreamId::new(Uuid::from_u128(cart)),
            version,
            name: "ItemAdded".to_owned(),
            data: json!({"item_name": item}),
            circumstances: Circumstances::bare(EventId::new(Uuid::from_u128(u128::from(version)))),
        }
    }

    #[test]
    fn versions_come_in_any_order_and_what_is_missing_or_doubled_is_known() {
        let mut history = History::default();
        for (event, expected) in [
            (event(1, 2, "tea"), Seen::First),
            (event(1, 1, "tea"), Seen::First),
            (event(1, 2, "tea"), Seen::Again),
            (event(1, 2, "coffee"), Seen::Doubled),
            (event(2, 2, "tea"), Seen::First),
            (event(2, 6, "tea"), Seen::First),
        ] {
            assert_eq!(history.see(&event), expected, "{event:?}");
        }
        assert_eq!((history.carts(), history.is_complete()), (2, true));
        assert_eq!(history.holes(), [(StreamId::new(Uuid::from_u128(2)), 1, 4)]);
    }
}
