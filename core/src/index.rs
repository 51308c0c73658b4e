//! Where things lie by their key. One map type for everybody who looks texts up: its code is a large part of what a
//! browser would load for each further type.

use alloc::collections::BTreeMap;

use crate::text::SmolStr;

/// Numbers by key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Index(BTreeMap<SmolStr, usize>);

impl Index {
    /// The places of keys in their order. Of a key that comes again the last one counts.
    pub(crate) fn of<'a>(keys: impl Iterator<Item = &'a str>) -> Self {
        let mut index = Self::default();
        // One by one: collecting would sort them first, with a sorting routine for each type.
        for (place, key) in keys.enumerate() {
            index.insert(key, place);
        }
        index
    }

    /// The number of a key.
    pub(crate) fn get(&self, key: &str) -> Option<usize> {
        self.0.get(key).copied()
    }

    /// Gives a key its number; what it had before.
    pub(crate) fn insert(&mut self, key: &str, number: usize) -> Option<usize> {
        self.0.insert(key.into(), number)
    }
}
