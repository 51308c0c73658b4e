//! The edits of a question, checked and laid where they belong.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::{EDITS_MAX, Edit, WhatIfError, WhatIfErrorKind};
use crate::cart::{CartEvent, CartRequest};

/// An edit by its place in the list.
pub(super) type Numbered<T> = (usize, T);

/// What a question says about a recorded event.
#[derive(Clone, Copy)]
pub(super) enum Mark<'a> {
    Drop,
    Replace(&'a CartEvent),
    MoveAway,
}

/// What a question puts behind a recorded event.
#[derive(Clone, Copy)]
pub(super) enum Addition<'a> {
    Insert(&'a CartEvent),
    Issue(&'a CartRequest),
    /// The recorded event with this version.
    Move(u64),
}

/// Edits, by the versions that they are about.
pub(super) struct Plan<'a> {
    /// Events up to this version are as recorded, and nothing stands before or between them that was not.
    pub(super) untouched: u64,
    fork: Option<Numbered<u64>>,
    marks: BTreeMap<u64, Numbered<Mark<'a>>>,
    additions: BTreeMap<u64, Vec<Numbered<Addition<'a>>>>,
}

impl<'a> Plan<'a> {
    /// Lays the edits out. Whether the versions are there is not asked yet.
    pub(super) fn of(edits: &'a [Edit]) -> Result<Self, WhatIfError> {
        if edits.len() > EDITS_MAX {
            return Err(WhatIfError::TooManyEdits);
        }
        let mut plan = Self { untouched: u64::MAX, fork: None, marks: BTreeMap::new(), additions: BTreeMap::new() };
        for (edit, it) in edits.iter().enumerate() {
            match it {
                Edit::Fork { version } => {
                    if plan.fork.replace((edit, *version)).is_some() {
                        return Err(twice(edit, *version));
                    }
                    plan.touch(*version);
                }
                Edit::Drop { version } => plan.mark(edit, *version, Mark::Drop)?,
                Edit::Replace { version, event } => plan.mark(edit, *version, Mark::Replace(event))?,
                Edit::Move { version, after } => {
                    plan.mark(edit, *version, Mark::MoveAway)?;
                    plan.add(edit, *after, Addition::Move(*version));
                }
                Edit::Insert { after, event } => plan.add(edit, *after, Addition::Insert(event)),
                Edit::Issue { after, request } => plan.add(edit, *after, Addition::Issue(request)),
            }
        }
        Ok(plan)
    }

    /// Fails at the first edit that is about something which a history up to this version does not have.
    pub(super) fn check(&self, newest: u64) -> Result<(), WhatIfError> {
        let forked = self.fork.map_or(newest, |(_, version)| version);
        let within = |edit, version, first| {
            let fail = |kind| Err(WhatIfError::Edit { edit, kind });
            match version {
                version if version < first || version > newest => fail(WhatIfErrorKind::NoSuchVersion(version)),
                version if version > forked => fail(WhatIfErrorKind::BehindFork(version)),
                _ => Ok(()),
            }
        };
        if let Some((edit, version)) = self.fork {
            within(edit, version, 0)?;
        }
        for (version, (edit, _)) in &self.marks {
            within(*edit, *version, 1)?;
        }
        for (after, added) in &self.additions {
            added.iter().try_for_each(|(edit, _)| within(*edit, *after, 0))?;
        }
        Ok(())
    }

    /// What is said about an event.
    pub(super) fn mark_of(&self, version: u64) -> Option<Numbered<Mark<'a>>> {
        let forked = self.fork.filter(|(_, last)| version > *last).map(|(edit, _)| (edit, Mark::Drop));
        self.marks.get(&version).copied().or(forked)
    }

    /// What stands behind an event, in the order of the edits.
    pub(super) fn additions_after(&self, version: u64) -> &[Numbered<Addition<'a>>] {
        self.additions.get(&version).map_or(&[], Vec::as_slice)
    }

    /// Whether an event is to stand elsewhere.
    pub(super) fn moves(&self, version: u64) -> bool {
        matches!(self.marks.get(&version), Some((_, Mark::MoveAway)))
    }

    fn mark(&mut self, edit: usize, version: u64, mark: Mark<'a>) -> Result<(), WhatIfError> {
        self.touch(version.saturating_sub(1));
        match self.marks.insert(version, (edit, mark)) {
            None => Ok(()),
            Some(_) => Err(twice(edit, version)),
        }
    }

    fn add(&mut self, edit: usize, after: u64, addition: Addition<'a>) {
        self.touch(after);
        self.additions.entry(after).or_default().push((edit, addition));
    }

    fn touch(&mut self, version: u64) {
        self.untouched = self.untouched.min(version);
    }
}

const fn twice(edit: usize, version: u64) -> WhatIfError {
    WhatIfError::Edit { edit, kind: WhatIfErrorKind::EditedTwice(version) }
}
