//! The queue as rows of a storage: plain objects that a browser keeps as they are. What they hold is the core's matter; a
//! host keeps, sorts and removes them by `id`.

use alloc::borrow::ToOwned as _;
use alloc::sync::Arc;
use alloc::vec::Vec;

use tillroll_core::cart::CartRequest;
use tillroll_core::id::CommandId;
use tillroll_core::session::{Said, Saved, SavedStage, Unsaved};
use tillroll_core::time::Timestamp;

use crate::shape::{object, tagged};
use crate::wire::{Put, Reader, Take, Writer};

object! {
    /// What is to be written, in one transaction.
    [put] Unsaved = Unsaved {
        /// Names this writing.
        ticket: u64,
        /// Rows to put.
        rows: Vec<Saved>,
        /// Ids of rows to remove.
        removed: Vec<CommandId>,
        /// To be kept beside the rows where it is more than what is there.
        settled_through: u64,
    }
}

object! {
    /// A command as it is stored.
    [put take] Saved = Row {
        /// The key of the row.
        id: CommandId,
        place: u64,
        dispatched_at as "dispatched_at_ms": Timestamp,
        request: Arc<CartRequest>,
        stage: SavedStage,
        meant: Vec<u8>,
        became: Vec<u8>,
    }
}

tagged! {
    [put take] SavedStage = RowStage by "stage" {
        Waiting = "waiting" {},
        Doubtful = "doubtful" {},
        Answered = "answered" { version: u64, noop: bool },
        Refused = "refused" (Said),
    }
}

impl Put for Vec<u8> {
    fn put(&self, out: &mut Writer) {
        out.bytes(self);
    }
}

impl Take for Vec<u8> {
    fn take(from: &mut Reader<'_>) -> Self {
        from.blob().to_owned()
    }
}
