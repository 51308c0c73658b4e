//! The queue as rows of a storage that outlives the page and that other tabs share.
//!
//! A host writes what [`unsaved`](Session::unsaved) gives, in one transaction, and says so with
//! [`saved`](Session::saved); it reads everything and gives it to [`merge`](Session::merge) at the start and whenever
//! another tab has written. Reads and writes are told to the session in the order in which the storage did them.
//!
//! A row that is gone was settled by whoever removed it. Where its events are is not known, only that they are not
//! behind `settled_through`, which is written with the removal: so the command stays visible until the confirmed events
//! have come as far.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cmp::Ordering;

use super::caused::Caused;
use super::queue::{Entry, How, Said, Stage};
use super::settled::Outcome;
use super::{QUEUE_MAX, SETTLED_MAX, Session};
use crate::cart::CartRequest;
use crate::id::{CommandId, StreamId};
use crate::time::Timestamp;

/// Most commands with those of other tabs: what is more stays in the storage until there is room.
const MERGED_MAX: usize = 2 * QUEUE_MAX;

/// A command as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// Its id: the key of the row.
    pub id: CommandId,
    /// Its turn.
    pub place: u64,
    /// When it was dispatched.
    pub dispatched_at: Timestamp,
    /// Its content.
    pub request: Arc<CartRequest>,
    /// How far it is.
    pub stage: SavedStage,
    /// The events it was meant to become, packed.
    pub meant: Vec<u8>,
    /// The events it became, packed; nothing before it is answered.
    pub became: Vec<u8>,
}

/// How far a stored command is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SavedStage {
    /// The server cannot have seen it.
    Waiting,
    /// It was sent.
    Doubtful,
    /// It has its answer.
    Answered {
        /// The version at which it is settled.
        version: u64,
        /// Whether it was already so.
        noop: bool,
    },
    /// The server refused it.
    Refused(Said),
}

/// What is to be written, in one transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unsaved {
    /// Names this writing; see [`Session::saved`].
    pub ticket: u64,
    /// Rows to put.
    pub rows: Vec<Saved>,
    /// Rows to remove.
    pub removed: Vec<CommandId>,
    /// To be kept beside the rows where it is more than what is there.
    pub settled_through: u64,
}

/// What of a command is written. Numbers are those of [`Saving::changes`].
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mark {
    /// Its newest change that is not written; 0: none.
    pub(super) touched: u64,
    /// The first writing that it was a part of; 0: none yet, so it has no row.
    offered: u64,
    /// That writing is done: when its row is gone, somebody removed it.
    written: bool,
}

/// What was written and what was not.
#[derive(Clone, Debug, Default)]
pub(super) struct Saving {
    /// Counts changes of what is to be stored.
    changes: u64,
    /// Rows to remove, with the change that removed them; the newest [`SETTLED_MAX`]. A stale row that stays is
    /// recognised when it is read.
    removed: Vec<(u64, CommandId)>,
    /// The newest version at which something was settled.
    pub(super) settled_through: u64,
}

impl Mark {
    /// As it lies in the storage.
    const WRITTEN: Self = Self { touched: 0, offered: 1, written: true };

    /// Not written yet, since this change.
    pub(super) const fn new(touched: u64) -> Self {
        Self { touched, offered: 0, written: false }
    }
}

impl Saving {
    pub(super) fn touch(&mut self) -> u64 {
        self.changes = self.changes.saturating_add(1);
        self.changes
    }

    fn remove(&mut self, id: CommandId) {
        if self.removed.len() >= SETTLED_MAX {
            self.removed.remove(0);
        }
        let change = self.touch();
        self.removed.push((change, id));
    }
}

impl Session {
    /// What is to be written; `None` when everything is.
    pub fn unsaved(&mut self) -> Option<Unsaved> {
        let ticket = self.saving.changes;
        let mut rows = Vec::new();
        for entry in self.queue.iter_mut().filter(|entry| entry.mark.touched > 0) {
            if entry.mark.offered == 0 {
                entry.mark.offered = ticket;
            }
            rows.push(to_row(entry));
        }
        let removed: Vec<_> = self.saving.removed.iter().map(|(_, id)| *id).collect();
        let anything = !rows.is_empty() || !removed.is_empty();
        anything.then_some(Unsaved { ticket, rows, removed, settled_through: self.saving.settled_through })
    }

    /// What [`unsaved`](Self::unsaved) gave was written.
    pub fn saved(&mut self, ticket: u64) {
        for Entry { mark, .. } in &mut self.queue {
            mark.written |= (1..=ticket).contains(&mark.offered);
            if mark.touched <= ticket {
                mark.touched = 0;
            }
        }
        self.saving.removed.retain(|(change, _)| *change > ticket);
    }

    /// Takes all rows of the storage: the commands of an earlier life of this page, and those of other tabs.
    pub fn merge(&mut self, rows: Vec<Saved>, settled_through: u64) {
        self.saving.settled_through = self.saving.settled_through.max(settled_through);
        self.hear_of(settled_through);
        let gone = |entry: &&Entry| entry.mark.written && !rows.iter().any(|row| row.id == entry.id);
        let gone: Vec<_> = self.queue.iter().filter(gone).map(|entry| entry.id).collect();
        for id in gone {
            self.settle_elsewhere(id);
        }
        for row in rows {
            self.merge_row(row);
        }
        self.rebase(None);
    }

    /// Takes note that a command is at its end: its row goes, if there may be one.
    pub(super) fn forget(&mut self, id: CommandId, mark: Mark, version: u64) {
        if mark.offered > 0 {
            self.saving.remove(id);
        }
        self.saving.settled_through = self.saving.settled_through.max(version);
    }

    fn settle_elsewhere(&mut self, id: CommandId) {
        let Some(index) = self.find(id) else { return };
        let Some(entry) = self.queue.get_mut(index) else { return };
        // There is no row any more, and none is to be written.
        entry.mark = Mark::default();
        match entry.stage {
            Stage::Refused(_) => self.take_out(index, Outcome::Discarded),
            Stage::Answered { .. } => {}
            Stage::Waiting | Stage::InFlight { .. } | Stage::Doubtful => {
                entry.became(Caused::default());
                let version = self.saving.settled_through;
                self.set_stage(index, Stage::Answered { version, how: How::Elsewhere });
            }
        }
    }

    fn merge_row(&mut self, row: Saved) {
        let cart = self.cart();
        let stage = row.stage.stage();
        self.last_place = self.last_place.max(row.place);
        if let Stage::Answered { version, .. } = stage {
            self.hear_of(version);
        }
        let Some(index) = self.find(row.id) else {
            let seen = self.seen(row.id).map(|(version, _)| version);
            if seen.is_some() || self.settled.contains(row.id) {
                // Whoever misses the row must know up to where to keep what it did.
                self.saving.settled_through = self.saving.settled_through.max(seen.unwrap_or(0));
                self.saving.remove(row.id);
            } else if self.queue.len() < MERGED_MAX {
                self.insert(from_row(cart, row, stage));
                self.revision = self.revision.saturating_add(1);
            }
            return;
        };
        let Some(entry) = self.queue.get_mut(index) else { return };
        let in_flight = matches!(entry.stage, Stage::InFlight { .. });
        match progress(&stage, row.place).cmp(&progress(&entry.stage, entry.place)) {
            Ordering::Equal => {}
            // Another tab wrote over what it did not know.
            Ordering::Less => entry.mark.touched = self.saving.touch(),
            // It has an attempt of its own, whose answer is to come.
            Ordering::Greater if in_flight && !stage.is_answered() => {}
            Ordering::Greater => self.replace(index, from_row(cart, row, stage)),
        }
    }

    /// Puts what another tab knows of a command in the place of what is known here.
    fn replace(&mut self, index: usize, newer: Entry) {
        let older = self.queue.remove(index);
        if let Stage::Refused(said) = &newer.stage {
            self.settled.push(newer.id, Outcome::Refused(said.clone()));
        }
        let same = older.stage == newer.stage
            && older.dispatched_at == newer.dispatched_at
            && older.request.fingerprint() == newer.request.fingerprint()
            && older.meant == newer.meant;
        let (place, attempt, mark) = (newer.place, 0, Mark::WRITTEN);
        let moved_to = self.insert(if same { Entry { place, attempt, mark, ..older } } else { newer });
        if !same || moved_to != index {
            self.revision = self.revision.saturating_add(1);
        }
    }
}

/// Of two tabs' views of one command the greater one holds: an answer is final; then the newer try counts, as it has
/// another place; then who knows more of it.
fn progress(stage: &Stage, place: u64) -> (bool, u64, u8) {
    let known = match stage {
        Stage::Waiting => 0,
        Stage::InFlight { .. } | Stage::Doubtful => 1,
        Stage::Refused(_) => 2,
        // Answers are equal, whoever got them.
        Stage::Answered { .. } => return (true, 0, 0),
    };
    (false, place, known)
}

impl SavedStage {
    fn of(stage: &Stage) -> Self {
        match stage {
            Stage::Waiting => Self::Waiting,
            Stage::InFlight { .. } | Stage::Doubtful => Self::Doubtful,
            Stage::Answered { version, how } => Self::Answered { version: *version, noop: *how == How::Noop },
            Stage::Refused(said) => Self::Refused(said.clone()),
        }
    }

    fn stage(&self) -> Stage {
        match self {
            Self::Waiting => Stage::Waiting,
            Self::Doubtful => Stage::Doubtful,
            Self::Answered { version, noop } => {
                Stage::Answered { version: *version, how: if *noop { How::Noop } else { How::Accepted } }
            }
            Self::Refused(said) => Stage::Refused(said.clone()),
        }
    }
}

fn to_row(entry: &Entry) -> Saved {
    Saved {
        id: entry.id,
        place: entry.place,
        dispatched_at: entry.dispatched_at,
        request: Arc::clone(&entry.request),
        stage: SavedStage::of(&entry.stage),
        meant: entry.meant.for_row(),
        became: if entry.stage.is_answered() { entry.now.for_row() } else { Vec::new() },
    }
}

fn from_row(cart: StreamId, row: Saved, stage: Stage) -> Entry {
    let meant = Caused::of_row(cart, row.meant);
    let became = Caused::of_row(cart, row.became);
    Entry {
        id: row.id,
        command: row.request.check().ok(),
        request: row.request,
        place: row.place,
        dispatched_at: row.dispatched_at,
        now: if became.is_empty() { meant.clone() } else { became },
        meant,
        stage,
        attempt: 0,
        refusal: None,
        mark: Mark::WRITTEN,
    }
}
