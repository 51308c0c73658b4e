//! What the functions of batches have in common: reading one, counting it, answering it.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::invocation::{Answer, Answered, Failure};
use super::metrics::{Metrics, Outcome};
use crate::lambda_events::BatchAnswer;
use crate::ports::{Archive, Created, Fault, TamperLog};

/// An event as a `T`. `expected` names that for the one who sent something else.
pub fn read<T: DeserializeOwned>(event: &RawValue, expected: &str) -> Result<T, Failure> {
    serde_json::from_str(event.get()).map_err(|error| Failure::unreadable(expected, &error))
}

/// The answer to a batch of so many records, with its metrics.
pub fn answered(answer: &BatchAnswer, records: usize) -> Result<Answered, Failure> {
    let outcome = if answer.failures.is_empty() { Outcome::Ok } else { Outcome::Partial };
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let metrics =
        Metrics::of(outcome).count("Records", count(records)).count("RecordsReturned", count(answer.failures.len()));
    Ok(Answered { answer: Answer::json(answer)?, metrics })
}

/// A tamper log that counts what it is given.
#[derive(Debug)]
pub struct CountedTamperLog<'a, T> {
    log: &'a T,
    kept: AtomicU64,
}

impl<'a, T> CountedTamperLog<'a, T> {
    /// Counts from now on.
    pub fn new(log: &'a T) -> Self {
        Self { log, kept: AtomicU64::new(0) }
    }

    /// How many records were kept.
    pub fn kept(&self) -> u64 {
        self.kept.load(Ordering::Relaxed)
    }
}

impl<T: TamperLog> TamperLog for CountedTamperLog<'_, T> {
    async fn keep(&self, reason: &str, record: String) -> Result<(), Fault> {
        self.log.keep(reason, record).await?;
        self.kept.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

/// An archive that counts how creating objects ends.
#[derive(Debug)]
pub struct CountedArchive<'a, A> {
    archive: &'a A,
    new: AtomicU64,
    same: AtomicU64,
    different: AtomicU64,
}

impl<'a, A> CountedArchive<'a, A> {
    /// Counts from now on.
    pub fn new(archive: &'a A) -> Self {
        Self { archive, new: AtomicU64::new(0), same: AtomicU64::new(0), different: AtomicU64::new(0) }
    }

    /// What was counted, as metrics.
    pub fn counted(&self, metrics: Metrics) -> Metrics {
        let counted = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        metrics
            .count("ArchiveObjects", counted(&self.new))
            .count("Archive412Same", counted(&self.same))
            .count("Archive412Different", counted(&self.different))
    }
}

impl<A: Archive> Archive for CountedArchive<'_, A> {
    async fn create(&self, key: &str, bytes: Vec<u8>) -> Result<Created, Fault> {
        let created = self.archive.create(key, bytes).await?;
        let counter = match created {
            Created::New => &self.new,
            Created::AlreadyThere => &self.same,
            Created::Different => &self.different,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        Ok(created)
    }

    async fn read(&self, key: &str) -> Result<Option<Vec<u8>>, Fault> {
        self.archive.read(key).await
    }

    async fn list(&self, after: Option<&str>, limit: usize) -> Result<Vec<String>, Fault> {
        self.archive.list(after, limit).await
    }
}
