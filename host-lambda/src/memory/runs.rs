//! Replay runs in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::{Faults, lock};
use crate::ports::{Fault, RowsError, Runs};

/// Documents by run, with their revisions and the order in which they were first saved.
#[derive(Clone, Debug, Default)]
pub struct MemoryRuns {
    documents: Arc<Mutex<BTreeMap<String, Document>>>,
    faults: Arc<Faults>,
}

#[derive(Clone, Debug)]
struct Document {
    place: usize,
    revision: u64,
    text: String,
}

impl MemoryRuns {
    /// Makes calls fail.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.faults
    }
}

impl Runs for MemoryRuns {
    async fn load(&self, run: &str) -> Result<Option<(u64, String)>, Fault> {
        self.faults.before("load run", run)?;
        Ok(lock(&self.documents).get(run).map(|document| (document.revision, document.text.clone())))
    }

    async fn save(&self, run: &str, expected: u64, document: String) -> Result<(), RowsError> {
        self.faults.before("save run", run)?;
        {
            let mut documents = lock(&self.documents);
            let place = documents.len();
            let stored = documents.get(run).map_or((place, 0), |stored| (stored.place, stored.revision));
            let (place, revision) = stored;
            if revision != expected {
                return Err(RowsError::Conflict);
            }
            documents.insert(run.to_owned(), Document { place, revision: expected + 1, text: document });
        }
        Ok(self.faults.after("save run", run)?)
    }

    async fn list(&self, limit: u32) -> Result<Vec<(String, String)>, Fault> {
        self.faults.before("list", "the runs")?;
        let documents = lock(&self.documents);
        let mut newest_first: Vec<_> = documents.iter().collect();
        newest_first.sort_by_key(|(_, document)| std::cmp::Reverse(document.place));
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(newest_first.into_iter().take(limit).map(|(run, document)| (run.clone(), document.text.clone())).collect())
    }
}
