//! The archive in memory.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, Mutex};

use super::{Faults, lock};
use crate::ports::{Archive, Created, Fault};

/// Objects by key.
#[derive(Clone, Debug, Default)]
pub struct MemoryArchive {
    objects: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    faults: Arc<Faults>,
}

impl MemoryArchive {
    /// Makes calls fail.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Puts these bytes there, as nothing in the system may: for tests of those who must notice.
    pub fn tamper(&self, key: &str, bytes: Vec<u8>) {
        lock(&self.objects).insert(key.to_owned(), bytes);
    }

    /// Loses an object, likewise.
    pub fn remove(&self, key: &str) {
        lock(&self.objects).remove(key);
    }
}

impl Archive for MemoryArchive {
    async fn create(&self, key: &str, bytes: Vec<u8>) -> Result<Created, Fault> {
        self.faults.before("create object", key)?;
        let created = {
            let mut objects = lock(&self.objects);
            match objects.get(key) {
                Some(there) if *there == bytes => Created::AlreadyThere,
                Some(_) => Created::Different,
                None => {
                    objects.insert(key.to_owned(), bytes);
                    Created::New
                }
            }
        };
        self.faults.after("create object", key)?;
        Ok(created)
    }

    async fn read(&self, key: &str) -> Result<Option<Vec<u8>>, Fault> {
        self.faults.before("read object", key)?;
        Ok(lock(&self.objects).get(key).cloned())
    }

    async fn list(&self, after: Option<&str>, limit: usize) -> Result<Vec<String>, Fault> {
        self.faults.before("list", "the archive")?;
        let after = after.map_or(Bound::Unbounded, Bound::Excluded);
        let objects = lock(&self.objects);
        Ok(objects.range::<str, _>((after, Bound::Unbounded)).take(limit).map(|(key, _)| key.clone()).collect())
    }
}
