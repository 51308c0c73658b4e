//! The gate: a consumer applies exactly the next version of each stream, whatever order and however often events come.
//!
//! Neither the table stream nor the event bus keeps the order of one cart's events, and both may deliver twice. So
//! order is the consumer's work: it remembers one number per stream and asks the gate before every event.

/// What to do with an event that arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passage {
    /// It is the next one: apply it and advance.
    Apply,
    /// It was applied before: drop it.
    Duplicate,
    /// Earlier events are missing: read versions `first..=last` from the table first.
    Gap {
        /// First missing version.
        first: u64,
        /// Last missing version.
        last: u64,
    },
}

/// One stream's progress in one consumer: the version applied last, 0 before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gate {
    applied: u64,
}

impl Gate {
    /// A gate that has let everything up to `applied` through.
    #[must_use]
    pub const fn at(applied: u64) -> Self {
        Self { applied }
    }

    /// The version let through last.
    #[must_use]
    pub const fn applied(self) -> u64 {
        self.applied
    }

    /// What to do with an event of this version.
    #[must_use]
    pub const fn judge(self, version: u64) -> Passage {
        let next = self.applied.saturating_add(1);
        if version <= self.applied {
            Passage::Duplicate
        } else if version == next {
            Passage::Apply
        } else {
            Passage::Gap { first: next, last: version.saturating_sub(1) }
        }
    }

    /// The gate after the event of this version was applied. Only ever moves forward.
    #[must_use]
    pub const fn after(self, version: u64) -> Self {
        if version > self.applied { Self { applied: version } } else { self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_next_version_passes() {
        let gate = Gate::at(4);
        assert_eq!(gate.judge(5), Passage::Apply);
        assert_eq!(gate.judge(4), Passage::Duplicate);
        assert_eq!(gate.judge(0), Passage::Duplicate);
        assert_eq!(gate.judge(8), Passage::Gap { first: 5, last: 7 });
        assert_eq!(gate.after(5), Gate::at(5));
        assert_eq!(gate.after(3), gate);
    }

    proptest::proptest! {
        #[test]
        fn any_order_with_repetitions_applies_each_version_once(arrivals in proptest::collection::vec(1_u64..=8, 0..60)) {
            let mut gate = Gate::default();
            let mut applied = alloc::vec::Vec::new();
            for version in arrivals {
                match gate.judge(version) {
                    Passage::Apply => applied.push(version),
                    Passage::Duplicate => continue,
                    Passage::Gap { first, last } => applied.extend((first..=last).chain([version])),
                }
                gate = gate.after(version);
            }
            proptest::prop_assert_eq!(applied, (1..=gate.applied()).collect::<alloc::vec::Vec<_>>());
        }
    }
}
