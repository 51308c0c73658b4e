//! Replay runs on one machine: small documents with a revision, in `pipeline.sqlite`.

use rusqlite::{OptionalExtension as _, params};
use tillroll_host_lambda::ports::{Fault, RowsError, Runs};

use crate::sqlite::Sqlite;

/// The runs in `pipeline.sqlite`.
#[derive(Clone, Debug)]
pub struct LocalRuns {
    sqlite: Sqlite,
}

impl LocalRuns {
    /// The runs in this file.
    #[must_use]
    pub fn new(sqlite: Sqlite) -> Self {
        Self { sqlite }
    }

    /// The runs whose next step does something, oldest first: not ended, not paused, and without an error.
    pub(crate) async fn under_way(&self) -> Result<Vec<String>, Fault> {
        self.sqlite
            .call("list the replay runs in", |db| {
                db.prepare(
                    "SELECT run FROM runs WHERE document ->> '$.phase' NOT IN ('finished', 'cancelled') \
                     AND document ->> '$.paused_at' IS NULL AND document ->> '$.error' IS NULL ORDER BY position",
                )?
                .query_map([], |row| row.get(0))?
                .collect()
            })
            .await
    }
}

impl Runs for LocalRuns {
    async fn load(&self, run: &str) -> Result<Option<(u64, String)>, Fault> {
        let run = run.to_owned();
        self.sqlite
            .call("read a replay run in", move |db| {
                db.query_row("SELECT revision, document FROM runs WHERE run = ?1", [run], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })
                .optional()
            })
            .await
    }

    async fn save(&self, run: &str, expected: u64, document: String) -> Result<(), RowsError> {
        let run = run.to_owned();
        let changed = self
            .sqlite
            .call("write a replay run in", move |db| {
                if expected == 0 {
                    db.execute(
                        "INSERT INTO runs (run, revision, document) VALUES (?1, 1, ?2) ON CONFLICT DO NOTHING",
                        params![run, document],
                    )
                } else {
                    db.execute(
                        "UPDATE runs SET revision = revision + 1, document = ?3 WHERE run = ?1 AND revision = ?2",
                        params![run, expected, document],
                    )
                }
            })
            .await?;
        if changed == 1 { Ok(()) } else { Err(RowsError::Conflict) }
    }

    async fn list(&self, limit: u32) -> Result<Vec<(String, String)>, Fault> {
        self.sqlite
            .call("list the replay runs in", move |db| {
                db.prepare("SELECT run, document FROM runs ORDER BY position DESC LIMIT ?1")?
                    .query_map([limit], |row| Ok((row.get(0)?, row.get(1)?)))?
                    .collect()
            })
            .await
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;

    #[tokio::test]
    async fn of_two_writers_that_read_the_same_revision_one_wins() {
        let folder = tempfile::tempdir().unwrap();
        let runs = LocalRuns::new(crate::pipeline_db::open(&folder.path().join("pipeline.sqlite")).unwrap());
        assert_eq!(runs.load("r").await.unwrap(), None);
        runs.save("r", 0, "a".into()).await.unwrap();
        assert!(matches!(runs.save("r", 0, "b".into()).await, Err(RowsError::Conflict)));
        runs.save("r", 1, "c".into()).await.unwrap();
        assert!(matches!(runs.save("r", 1, "d".into()).await, Err(RowsError::Conflict)));
        assert!(matches!(runs.save("none", 1, "d".into()).await, Err(RowsError::Conflict)));
        runs.save("s", 0, "e".into()).await.unwrap();
        assert_eq!(runs.load("r").await.unwrap(), Some((2, "c".into())));
        assert_eq!(runs.list(1).await.unwrap(), [("s".to_owned(), "e".to_owned())]);
        assert_eq!(runs.list(9).await.unwrap().len(), 2);
    }
}
