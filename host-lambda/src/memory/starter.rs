//! Whoever carries replays, in memory: remembers what was asked for.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use super::{Faults, lock};
use crate::ports::{Fault, ReplayStarter};

/// The runs that were started, with their attempts.
#[derive(Clone, Debug, Default)]
pub struct MemoryStarter {
    started: Arc<Mutex<BTreeSet<(String, u32)>>>,
    faults: Arc<Faults>,
}

impl MemoryStarter {
    /// Makes calls fail.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Every run and attempt that was started.
    #[must_use]
    pub fn started(&self) -> Vec<(String, u32)> {
        lock(&self.started).iter().cloned().collect()
    }
}

impl ReplayStarter for MemoryStarter {
    async fn start(&self, run: &str, attempt: u32) -> Result<(), Fault> {
        self.faults.before("start replay run", run)?;
        lock(&self.started).insert((run.to_owned(), attempt));
        self.faults.after("start replay run", run)
    }
}
