//! Notices in memory.

use std::sync::{Arc, Mutex};

use super::{Faults, lock};
use crate::ports::{Fault, Notice, Notices};

/// Everything that was sent, in order.
#[derive(Clone, Debug, Default)]
pub struct MemoryNotices {
    sent: Arc<Mutex<Vec<Notice>>>,
    faults: Arc<Faults>,
}

impl MemoryNotices {
    /// Makes sends fail.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// What was sent.
    #[must_use]
    pub fn sent(&self) -> Vec<Notice> {
        lock(&self.sent).clone()
    }
}

impl Notices for MemoryNotices {
    async fn send(&self, notice: &Notice) -> Result<(), Fault> {
        self.faults.before("send notice", &notice.id)?;
        lock(&self.sent).push(notice.clone());
        self.faults.after("send notice", &notice.id)
    }
}
