//! The optimistic session: one cart as one client has it, right at once and right in the end.
//!
//! ```text
//!                 dispatch                    next_to_send           answered
//!  shopper ──command──▶ decide ──▶ queue ──batch──▶ server ──reply──▶ facts, refusals
//!             │ refused, with the      │                                   │
//!             ▼ server's own code      │   pending: waiting ⇄ in flight ─▶ answered ─▶ settled
//!            shopper                   │                 ⇄ doubtful           │
//!                                      │                                      ▼
//!                                      │   attention: refused ──retry──▶ waiting
//!                                      ▼                      ──discard─▶ settled
//!     confirmed ──copy──▶ + facts of the answered + the others decided again ──▶ visible
//!         ▲
//!         └──────────── confirm ◀── events: stream, pages, replies
//! ```
//!
//! | file | what it does |
//! |---|---|
//! | `dispatch` | takes commands, tries refused ones again, discards |
//! | `sending` | what goes to the server, and what its answers mean |
//! | `confirm` | what the server's events mean, and whether both agree on the state |
//! | `rebase` | decides everything pending again, and finds out which event spoiled what |
//! | `saving` | the queue as rows of a storage that other tabs share |
//! | `snapshot` | all that can be seen |
//! | `queue`, `caused`, `settled` | commands on their way, the events they cause, and those at its end |
//!
//! # What always holds
//!
//! 1. `visible = fold(confirmed) + pending`, where a command that has its answer counts by the events it became, and
//!    any other by what it is decided to be now. It may be kept; it is never patched.
//! 2. A command that was taken is in one place: pending, needing attention, or settled. None is dropped: what is
//!    refused waits for somebody to try it again or discard it.
//! 3. What a command does is visible from its dispatch until it is settled, and is never there twice: the overlay goes
//!    when, and only when, the confirmed events reach the version of the answer.
//! 4. Commands go out in the order in which they were taken, one batch at a time. A batch that fails goes again, with
//!    the same ids, before what came later. One that has its answer never goes again.
//! 5. A refusal blocks nothing: the others are decided again without it.
//! 6. Events apply in order, each once, whatever order and however often they come. What is missing is asked for again,
//!    never kept for later: a gap costs one fetch and no memory.
//! 7. The revision moves when, and only when, something in the [`Snapshot`] changed.
//!
//! # What is not here
//!
//! No clock, no ids, no chance: the host says what time it is, names commands, and draws its pauses. No connection and
//! no storage: the host carries batches, replies, events and rows, in any order and as often as it likes. No principal:
//! a host keeps one session and one storage for each, and shows neither before it knows who is there.
//!
//! Events of a command come in one commit. Where a page of events ends in the middle of one, its command counts as
//! settled from its first event on; every command of a cart causes one event.

mod caused;
mod confirm;
mod dispatch;
mod history;
mod queue;
mod rebase;
mod saving;
mod sending;
mod settled;
mod snapshot;

use alloc::string::String;
use alloc::vec::Vec;

pub use caused::Happenings;
pub use confirm::{Arrival, Divergence, SessionError};
pub use dispatch::{NotDiscarded, NotTaken, Taken};
pub use history::Past;
pub use queue::Said;
pub use rebase::Cause;
pub use saving::{Saved, SavedStage, Unsaved};
pub use sending::{Answer, Batch, Certainty, Reply, Verdict};
pub use settled::{Outcome, Settlement};
pub use snapshot::{Attention, LineMarks, Pending, Progress, Snapshot, Standing, Subject, Sync};

use self::confirm::Claim;
use self::queue::{Entry, Stage};
use self::rebase::Ground;
use self::settled::Settled;
use crate::cart::{Cart, CartRequest, CartView, Catalogue};
use crate::id::{CommandId, StreamId};
use crate::packed::Marks;
use crate::time::Timestamp;
use crate::timeline::Timeline;

/// Most commands that wait, are on their way or need attention. A shopper in a tunnel makes a few dozens; each of them
/// is decided again with every event that comes, so this bounds what an event costs.
pub const QUEUE_MAX: usize = 500;
/// Most commands of one batch: as many as a request may have.
pub const BATCH_COMMANDS_MAX: usize = 25;
/// Most settlements that are remembered: all of a full queue at once, and as many again before somebody looks.
pub const SETTLED_MAX: usize = 2 * QUEUE_MAX;
/// Most decisions that are made to find out which event spoiled a command, for one arrival of events. Past them the
/// newest event is named.
pub const CAUSE_DECISIONS_MAX: usize = 1_000;

/// One cart as one client has it.
#[derive(Clone, Debug)]
pub struct Session {
    /// This build's reducer: states are compared with those of the same one only.
    reducer: String,
    timeline: Timeline<Cart>,
    /// What was noted beside the confirmed events, by version from 1.
    noted: Vec<Marks>,
    catalogue: Option<Catalogue>,
    /// By rank; see [`Entry::rank`].
    queue: Vec<Entry>,
    /// The cart with everything pending done: a copy that is made anew, never mended.
    visible: Ground,
    settled: Settled,
    sending: sending::Sending,
    /// The newest version that the server was heard to be at.
    known_version: u64,
    /// What the server said the state's hash is, where that is still to be compared.
    claim: Option<Claim>,
    diverged: Option<Divergence>,
    /// Whether the server was last heard to fold with another reducer.
    other_reducer: bool,
    saving: saving::Saving,
    /// The place of the command taken last.
    last_place: u64,
    revision: u64,
}

impl Session {
    /// A session of a cart of which nothing is known yet. `reducer` names this build's, as replies name the server's.
    #[must_use]
    pub fn new(cart: StreamId, reducer: &str) -> Self {
        let timeline = Timeline::new(cart);
        let visible = Ground::of(timeline.newest());
        Self {
            reducer: reducer.into(),
            timeline,
            noted: Vec::new(),
            catalogue: None,
            queue: Vec::new(),
            visible,
            settled: Settled::default(),
            sending: sending::Sending::default(),
            known_version: 0,
            claim: None,
            diverged: None,
            other_reducer: false,
            saving: saving::Saving::default(),
            last_place: 0,
            revision: 0,
        }
    }

    /// The cart.
    #[must_use]
    pub fn cart(&self) -> StreamId {
        self.timeline.newest().head.stream
    }

    /// Moves when something in the [`Snapshot`] changed, and only then.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Version of the newest confirmed event.
    #[must_use]
    pub fn confirmed_version(&self) -> u64 {
        self.timeline.newest().head.version
    }

    /// The cart as the server has confirmed it; `None` before it was opened.
    #[must_use]
    pub fn confirmed(&self) -> Option<CartView> {
        self.timeline.newest().view()
    }

    /// The cart with everything pending done; `None` before it was opened. Its version counts the events to come.
    #[must_use]
    pub fn visible(&self) -> Option<CartView> {
        CartView::at(self.visible.head, &self.visible.state, self.timeline.newest().unknown_events)
    }

    /// The version after which events are to be fetched, when the server is known to be further than the session.
    #[must_use]
    pub fn missing(&self) -> Option<u64> {
        let confirmed = self.confirmed_version();
        (self.known_version > confirmed).then_some(confirmed)
    }

    /// Content of a command that is pending or needs attention, as it goes to the server.
    #[must_use]
    pub fn request(&self, id: CommandId) -> Option<&CartRequest> {
        self.find(id).and_then(|index| self.queue.get(index)).map(|entry| &*entry.request)
    }

    /// What was settled after the `nth` settlement, oldest first. The newest [`SETTLED_MAX`] are remembered.
    pub fn settled_after(&self, nth: u64) -> impl Iterator<Item = &Settlement> {
        self.settled.after(nth)
    }

    /// Prices and discount rules as they were given last.
    #[must_use]
    pub fn catalogue(&self) -> Option<&Catalogue> {
        self.catalogue.as_ref()
    }

    /// Takes other prices and discount rules, or none, and decides everything pending again.
    pub fn set_catalogue(&mut self, catalogue: Option<Catalogue>) {
        self.catalogue = catalogue;
        self.rebase(Some(rebase::Why::Catalogue));
    }

    fn find(&self, id: CommandId) -> Option<usize> {
        self.queue.iter().position(|entry| entry.id == id)
    }

    /// Brings a command to another stage, and to the place in the queue that goes with it.
    fn set_stage(&mut self, index: usize, stage: Stage) {
        if self.queue.get(index).is_none_or(|entry| entry.stage == stage) {
            return;
        }
        let mut entry = self.queue.remove(index);
        if entry.stage.is_stored_as() != stage.is_stored_as() {
            entry.mark.touched = self.saving.touch();
        }
        let looks_alike = entry.stage.is_answered() && stage.is_answered();
        entry.stage = stage;
        if self.insert(entry) != index || !looks_alike {
            self.revision = self.revision.saturating_add(1);
        }
    }

    /// Puts a command into its place in the queue, and says which one that is.
    fn insert(&mut self, entry: Entry) -> usize {
        let rank = entry.rank();
        let place = self.queue.partition_point(|other| other.rank() < rank);
        self.queue.insert(place, entry);
        place
    }

    /// A place behind everything taken so far, and behind what another tab took at an earlier time.
    fn next_place(&mut self, now: Timestamp) -> u64 {
        let now_ms = u64::try_from(now.unix_ms()).unwrap_or(0);
        self.last_place = self.last_place.saturating_add(1).max(now_ms);
        self.last_place
    }
}
