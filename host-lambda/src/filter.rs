//! Which events a generation is made of: all, or those of some types and of some time.
//!
//! A filter is a property of a generation, not of the run that filled it: whatever goes in there passes through it,
//! replayed, live, or read from the table to fill a gap. So the rows of a filtered generation are a function of table
//! and filter like those of a whole one, and can be compared with what they should be. A filter lets events through or
//! turns them into nothing; it never cuts the gate, which moves on over both.

use serde::{Deserialize, Serialize};
use tillroll_core::time::Timestamp;

use crate::record::EventRecord;

/// Lets events through by type and time; the default lets all through.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    /// Names of events, such as `ItemAdded`; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<String>,
    /// Only what happened at this moment or later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// Only what happened at this moment or earlier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Timestamp>,
}

impl Filter {
    /// Whether it lets everything through.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.types.is_empty() && self.from.is_none() && self.to.is_none()
    }

    /// Whether it lets this event through. An event happened when it says, or else when it was recorded; one that
    /// says neither passes no bound of time.
    #[must_use]
    pub fn admits(&self, event: &EventRecord) -> bool {
        let moment = event.circumstances.happened_at.or(event.circumstances.recorded_at);
        let in_time = self.from.is_none_or(|from| moment.is_some_and(|moment| moment >= from))
            && self.to.is_none_or(|to| moment.is_some_and(|moment| moment <= to));
        in_time && (self.types.is_empty() || self.types.contains(&event.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::{cart, event};

    #[test]
    fn events_pass_by_type_and_by_the_moment_they_happened() {
        let ms = |ms| Some(Timestamp::from_unix_ms(ms));
        let mut added = event(cart(1), 2);
        (added.circumstances.happened_at, added.circumstances.recorded_at) = (ms(50), ms(900));
        let filter = |types: &[&str], from, to| Filter {
            types: types.iter().map(|name| (*name).to_owned()).collect(),
            from,
            to,
        };
        for (filter, admits) in [
            (filter(&[], None, None), true),
            (filter(&["ItemAdded"], None, None), true),
            (filter(&["CartOpened", "ItemAdded"], ms(50), ms(50)), true),
            (filter(&["CartOpened"], None, None), false),
            (filter(&[], ms(51), None), false),
            (filter(&[], None, ms(49)), false),
        ] {
            assert_eq!(filter.admits(&added), admits, "{filter:?}");
        }
        added.circumstances.happened_at = None;
        assert!(filter(&[], ms(900), None).admits(&added), "else when it was recorded");
        added.circumstances.recorded_at = None;
        assert!(!filter(&[], ms(0), None).admits(&added) && filter(&["ItemAdded"], None, None).admits(&added));
    }
}
