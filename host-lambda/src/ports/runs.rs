//! Documents of replay runs.

use super::{Fault, RowsError};

/// Runs of the replay function: each is one small JSON document with a revision, so that two replays of one run
/// cannot both advance it.
pub trait Runs: Send + Sync {
    /// The document and its revision.
    fn load(&self, run: &str) -> impl Future<Output = Result<Option<(u64, String)>, Fault>> + Send;

    /// Stores the document if the stored revision is still `expected` (0: new); the new revision is `expected + 1`.
    fn save(&self, run: &str, expected: u64, document: String) -> impl Future<Output = Result<(), RowsError>> + Send;

    /// The newest runs, at most `limit`, newest first: name and document.
    fn list(&self, limit: u32) -> impl Future<Output = Result<Vec<(String, String)>, Fault>> + Send;
}
