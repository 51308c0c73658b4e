//! `pipeline.sqlite`: event bus, replay queues, checkpoints of the mappings, replay runs, tamper log.
//!
//! This file owns the layout; the stores own what their tables mean.

use std::path::Path;

use rusqlite::Connection;

use crate::sqlite::{OpenError, Sqlite};

/// Raised with every change of [`LAYOUT`].
const LAYOUT_VERSION: i64 = 2;

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
        moved_ms INTEGER NOT NULL
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

/// Opens `pipeline.sqlite`, creating it when missing.
pub fn open(file: &Path) -> Result<Sqlite, OpenError> {
    Sqlite::open(file, |connection| prepare(file, connection))
}

fn prepare(file: &Path, connection: &mut Connection) -> Result<(), OpenError> {
    let refused = |source| OpenError::sqlite(file, source);
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(refused)?;
    match version {
        LAYOUT_VERSION => Ok(()),
        0 => {
            let transaction = connection.transaction().map_err(refused)?;
            transaction.execute_batch(LAYOUT).map_err(refused)?;
            transaction.pragma_update(None, "user_version", LAYOUT_VERSION).map_err(refused)?;
            transaction.commit().map_err(refused)
        }
        other => Err(OpenError::Layout {
            file: file.display().to_string(),
            found: format!(
                "version {other}, expected {LAYOUT_VERSION}; start the tillroll that wrote it, or with --fresh"
            ),
        }),
    }
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
        let error = open(&file).unwrap_err().to_string();
        assert!(error.contains("version 99, expected 2"), "{error}");
    }
}
