//! Where things lie by their key. One map type for everybody who looks texts up: its code is a part of what a browser loads.

use alloc::vec::Vec;

use crate::hash::Fingerprint;
use crate::text::SmolStr;

/// Places of the first table.
const PLACES_MIN: usize = 16;

/// Numbers by key: a table of which half is free at least, and a key lies where its hash says or soon behind. The standard
/// library's tree has eight times the code, and its hash map is not there without it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Index {
    /// As many as a power of two, or none yet.
    places: Vec<Option<(SmolStr, usize)>>,
    taken: usize,
}

impl Index {
    /// The places of keys in their order. Of a key that comes again the last one counts.
    pub(crate) fn of<'a>(keys: impl Iterator<Item = &'a str>) -> Self {
        let mut index = Self::default();
        for (place, key) in keys.enumerate() {
            index.insert(key, place);
        }
        index
    }

    /// The number of a key.
    pub(crate) fn get(&self, key: &str) -> Option<usize> {
        self.places.get(self.place(key)).and_then(Option::as_ref).map(|(_, number)| *number)
    }

    /// Gives a key its number; what it had before.
    pub(crate) fn insert(&mut self, key: &str, number: usize) -> Option<usize> {
        if self.taken >= self.places.len() / 2 {
            self.grow();
        }
        let place = self.place(key);
        let before = self.places.get_mut(place)?.replace((key.into(), number));
        self.taken += usize::from(before.is_none());
        before.map(|(_, number)| number)
    }

    fn grow(&mut self) {
        let mut larger = Vec::new();
        larger.resize((self.places.len() * 2).max(PLACES_MIN), None);
        for (key, number) in core::mem::replace(&mut self.places, larger).into_iter().flatten() {
            let place = self.place(&key);
            if let Some(free) = self.places.get_mut(place) {
                *free = Some((key, number));
            }
        }
    }

    /// Where a key is, or would be. A free place is always found, as half of them are.
    fn place(&self, key: &str) -> usize {
        let last = self.places.len().saturating_sub(1);
        let mut place = Fingerprint::of_bytes(key.as_bytes()).low() & last;
        while self.places.get(place).and_then(Option::as_ref).is_some_and(|(there, _)| there != key) {
            place = (place + 1) & last;
        }
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeMap;

    proptest::proptest! {
        #[test]
        fn an_index_says_what_a_map_says(keys in proptest::collection::vec("[a-d]{0,4}", 0..200)) {
            let mut map = BTreeMap::new();
            let mut index = Index::default();
            for (number, key) in keys.iter().enumerate() {
                proptest::prop_assert_eq!(index.get(key), map.get(key).copied());
                proptest::prop_assert_eq!(index.insert(key, number), map.insert(key, number));
            }
            for (key, number) in map {
                proptest::prop_assert_eq!(index.get(key), Some(number));
            }
            proptest::prop_assert_eq!(index.get("something else"), None);
        }
    }
}
