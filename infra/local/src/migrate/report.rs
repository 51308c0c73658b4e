//! What was found: counts, and the first places of each kind of flaw.

use std::collections::BTreeMap;

use serde::Serialize;

use super::flaw::Flaw;

/// Places that are kept of each kind; all are counted.
pub const PLACES_MAX: usize = 20;

/// What is wrong, by kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Flaws(BTreeMap<Flaw, Found>);

/// All of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Found {
    /// How many events have it.
    pub count: u64,
    /// What it means.
    pub meaning: &'static str,
    /// Whether Tillroll reads a table with it as it is.
    pub is_read_in_place: bool,
    /// Whether `migrate archive` puts it right.
    pub is_mended: bool,
    /// Where: the first of them.
    pub first: Vec<String>,
}

impl Flaws {
    /// Takes down one.
    pub fn add(&mut self, flaw: Flaw, place: impl FnOnce() -> String) {
        let found = self.0.entry(flaw).or_insert_with(|| Found {
            count: 0,
            meaning: flaw.meaning(),
            is_read_in_place: flaw.is_read_in_place(),
            is_mended: flaw.is_mended(),
            first: Vec::new(),
        });
        found.count += 1;
        if found.first.len() < PLACES_MAX {
            found.first.push(place());
        }
    }

    /// All kinds that were found, in a fixed order.
    pub fn iter(&self) -> impl Iterator<Item = (Flaw, &Found)> {
        self.0.iter().map(|(flaw, found)| (*flaw, found))
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
