//! The port of the archive.

use super::Fault;

/// The archive: objects that are written once and kept for ever.
pub trait Archive: Send + Sync {
    /// Writes an object under a key that must be new.
    fn create(&self, key: &str, bytes: Vec<u8>) -> impl Future<Output = Result<Created, Fault>> + Send;

    /// The object's bytes; `None` when there is no such key.
    fn read(&self, key: &str) -> impl Future<Output = Result<Option<Vec<u8>>, Fault>> + Send;

    /// Keys above `after` in byte order, at most `limit`.
    fn list(&self, after: Option<&str>, limit: usize) -> impl Future<Output = Result<Vec<String>, Fault>> + Send;
}

/// How a create ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Created {
    /// The object is new.
    New,
    /// The key exists with exactly these bytes: an earlier attempt had landed.
    AlreadyThere,
    /// The key exists with other bytes. Keys name their content, so somebody has to look.
    Different,
}
