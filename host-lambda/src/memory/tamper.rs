//! The tamper log in memory.

use std::sync::{Arc, Mutex};

use super::{Faults, lock};
use crate::ports::{Fault, TamperLog};

/// Records that were kept, with their reasons, in order.
#[derive(Clone, Debug, Default)]
pub struct MemoryTamperLog {
    kept: Arc<Mutex<Vec<(String, String)>>>,
    faults: Arc<Faults>,
}

impl MemoryTamperLog {
    /// Makes calls fail.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// What was kept: reason and record.
    #[must_use]
    pub fn kept(&self) -> Vec<(String, String)> {
        lock(&self.kept).clone()
    }
}

impl TamperLog for MemoryTamperLog {
    async fn keep(&self, reason: &str, record: String) -> Result<(), Fault> {
        self.faults.before("keep a record in", "the tamper log")?;
        lock(&self.kept).push((reason.to_owned(), record));
        self.faults.after("keep a record in", "the tamper log")
    }
}
