//! Tampered records on one machine: kept in `pipeline.sqlite` until somebody has looked.

use rusqlite::params;
use tillroll_host_lambda::ports::{Clock as _, Fault, TamperLog};

use crate::clock::LocalClock;
use crate::sqlite::Sqlite;

/// The tamper log in `pipeline.sqlite`.
#[derive(Clone, Debug)]
pub struct LocalTamperLog {
    sqlite: Sqlite,
    clock: LocalClock,
}

impl LocalTamperLog {
    /// The log in this file.
    #[must_use]
    pub fn new(sqlite: Sqlite, clock: LocalClock) -> Self {
        Self { sqlite, clock }
    }

    /// How many records were kept; more than none is an alarm.
    pub async fn count(&self) -> Result<u64, Fault> {
        self.sqlite
            .call("count tampered records in", |db| db.query_row("SELECT count(*) FROM tampered", [], |row| row.get(0)))
            .await
    }
}

impl TamperLog for LocalTamperLog {
    async fn keep(&self, reason: &str, record: String) -> Result<(), Fault> {
        tracing::error!(
            reason,
            "tampering: a record of the table stream is not a new event; it was kept, not published"
        );
        let (reason, kept_ms) = (reason.to_owned(), self.clock.now().unix_ms());
        self.sqlite
            .call("keep a tampered record in", move |db| {
                // A redelivered record is the same record.
                db.execute(
                    "INSERT INTO tampered (kept_ms, reason, record) SELECT ?1, ?2, ?3
                     WHERE NOT EXISTS (SELECT 1 FROM tampered WHERE record = ?3 AND reason = ?2)",
                    params![kept_ms, reason, record],
                )
                .map(drop)
            })
            .await
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;

    #[tokio::test]
    async fn a_tampered_record_is_kept_once_however_often_it_is_delivered() {
        let folder = tempfile::tempdir().unwrap();
        let sqlite = crate::pipeline_db::open(&folder.path().join("pipeline.sqlite")).unwrap();
        let log = LocalTamperLog::new(sqlite, LocalClock::system());
        for record in ["{}", "{}", "{\"a\":1}"] {
            log.keep("an event was changed", record.into()).await.unwrap();
        }
        assert_eq!(log.count().await.unwrap(), 2);
    }
}
