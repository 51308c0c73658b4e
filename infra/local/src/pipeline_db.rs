//! `pipeline.sqlite`: event bus, replay queues, checkpoints of the mappings, replay runs, tamper log.
//!
//! This file owns the layout; the stores own what their tables mean.

use std::path::Path;

use rusqlite::Connection;

use crate::sqlite::{OpenError, Sqlite};

/// Raised with every change of [`LAYOUT`].
const LAYOUT_VERSION: i64 = 3;

const LAYOUT: &str = "
    CREATE TABLE bus_shards (
        shard INTEGER PRIMARY KEY,
        newest INTEGER NOT NULL
    );
    CREATE TABLE bus_records (
        position INTEGER PRIMARY KEY,
        shard INTEGER NOT NULL,
        sequence INTEGER NOT NULL,
        arrival_ms INTEGER NOT NULL,
        partition_key TEXT NOT NULL,
        data BLOB NOT NULL
    );
    CREATE UNIQUE INDEX bus_records_by_shard ON bus_records (shard, sequence);

    CREATE TABLE checkpoints (
        mapping TEXT NOT NULL,
        shard TEXT NOT NULL,
        sequence TEXT NOT NULL,
        PRIMARY KEY (mapping, shard)
    ) WITHOUT ROWID;

    CREATE TABLE queue_messages (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        subscription TEXT NOT NULL,
        message_group TEXT NOT NULL,
        body TEXT NOT NULL,
        sent_ms INTEGER NOT NULL,
        receive_count INTEGER NOT NULL DEFAULT 0,
        invisible_until_ms INTEGER NOT NULL DEFAULT 0,
        receipt TEXT,
        last_error TEXT
    );
    CREATE INDEX queue_messages_in_order ON queue_messages (subscription, sequence);
    CREATE INDEX queue_messages_invisible ON queue_messages (subscription, invisible_until_ms)
        WHERE invisible_until_ms > 0;
    CREATE TABLE queue_deduplications (
        subscription TEXT NOT NULL,
        deduplication_id TEXT NOT NULL,
        sent_ms INTEGER NOT NULL,
        PRIMARY KEY (subscription, deduplication_id)
    ) WITHOUT ROWID;
    CREATE INDEX queue_deduplications_by_time ON queue_deduplications (sent_ms);
    CREATE TABLE dead_letters (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        subscription TEXT NOT NULL,
        message_group TEXT NOT NULL,
        body TEXT NOT NULL,
        receive_count INTEGER NOT NULL,
        reason TEXT NOT NULL,
        moved_ms INTEGER NOT NULL,
        sent_ms INTEGER
    );
    CREATE INDEX dead_letters_by_subscription ON dead_letters (subscription, id);

    CREATE TABLE runs (
        position INTEGER PRIMARY KEY AUTOINCREMENT,
        run TEXT NOT NULL UNIQUE,
        revision INTEGER NOT NULL,
        document TEXT NOT NULL
    );

    CREATE TABLE tampered (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        kept_ms INTEGER NOT NULL,
        reason TEXT NOT NULL,
        record TEXT NOT NULL
    );
";

/// What each change of the layout does to a file of the version before, from [`OLDEST_VERSION`] on.
const CHANGES: [&str; 1] = ["ALTER TABLE dead_letters ADD COLUMN sent_ms INTEGER;"];
/// The oldest layout that is brought up to date.
const OLDEST_VERSION: i64 = 2;

/// Opens `pipeline.sqlite`, creating it when missing.
pub fn open(file: &Path) -> Result<Sqlite, OpenError> {
    Sqlite::open(file, |connection| prepare(file, connection))
}

/// Whether a file has the layout of this build, or one that opening brings up to date; if not, what was found. Changes
/// nothing.
pub(crate) fn looks_right(connection: &Connection) -> rusqlite::Result<Result<(), String>> {
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let found = format!("has the layout {version}, this build knows {OLDEST_VERSION} to {LAYOUT_VERSION}");
    Ok(if (OLDEST_VERSION..=LAYOUT_VERSION).contains(&version) { Ok(()) } else { Err(found) })
}

fn prepare(file: &Path, connection: &mut Connection) -> Result<(), OpenError> {
    let refused = |source| OpenError::sqlite(file, source);
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(refused)?;
    match version {
        LAYOUT_VERSION => Ok(()),
        0 => lay_out(connection, &[LAYOUT]).map_err(refused),
        OLDEST_VERSION..LAYOUT_VERSION => {
            let done = usize::try_from(version - OLDEST_VERSION).unwrap_or(CHANGES.len());
            lay_out(connection, CHANGES.get(done..).unwrap_or_default()).map_err(refused)
        }
        other => Err(OpenError::Layout {
            file: file.display().to_string(),
            found: format!(
                "version {other}, expected {LAYOUT_VERSION}; start the tillroll that wrote it, or with --fresh"
            ),
        }),
    }
}

/// All of it or nothing.
fn lay_out(connection: &mut Connection, statements: &[&str]) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    statements.iter().try_for_each(|statements| transaction.execute_batch(statements))?;
    transaction.pragma_update(None, "user_version", LAYOUT_VERSION)?;
    transaction.commit()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;

    #[test]
    fn a_file_of_a_newer_build_is_refused_as_it_was_found() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pipeline.sqlite");
        drop(open(&file).unwrap());
        drop(open(&file).unwrap());
        Connection::open(&file).unwrap().pragma_update(None, "user_version", 99).unwrap();
        assert!(looks_right(&Connection::open(&file).unwrap()).unwrap().is_err());
        let error = open(&file).unwrap_err().to_string();
        assert!(error.contains(&format!("version 99, expected {LAYOUT_VERSION}")), "{error}");
    }

    #[test]
    fn a_file_of_the_build_before_is_brought_up_to_date() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pipeline.sqlite");
        let old = Connection::open(&file).unwrap();
        // The layout as it was in version 2.
        old.execute_batch(
            &LAYOUT.replace("moved_ms INTEGER NOT NULL,\n        sent_ms INTEGER", "moved_ms INTEGER NOT NULL"),
        )
        .unwrap();
        old.execute_batch(
            "INSERT INTO dead_letters (subscription, message_group, body, receive_count, reason, moved_ms)
             VALUES ('carts', 'lane-01', '{}', 5, 'bad', 7)",
        )
        .unwrap();
        old.pragma_update(None, "user_version", OLDEST_VERSION).unwrap();
        assert_eq!(looks_right(&old).unwrap(), Ok(()));
        drop(old);
        for _ in 0..2 {
            drop(open(&file).unwrap());
        }
        let row: (String, Option<i64>) = Connection::open(&file)
            .unwrap()
            .query_row("SELECT reason, sent_ms FROM dead_letters", [], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap();
        assert_eq!(row, ("bad".to_owned(), None));
    }
}
