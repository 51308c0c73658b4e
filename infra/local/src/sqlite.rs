//! One thread per SQLite connection, so that a slow disk never stalls the async runtime.
//!
//! Every access to SQLite in this crate is a closure sent to such a thread; closures run one after the other. Files are
//! opened in WAL mode with `synchronous = NORMAL`: what was committed survives a process that is killed at any moment;
//! a power loss can take the newest commits with it, but never leaves a torn file.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode};
use tillroll_host_lambda::ports::{Fault, FaultKind};
use tokio::sync::{mpsc, oneshot};

/// Most closures that wait for one connection; more callers wait for a place.
const WAITING_MAX: usize = 64;
/// How long a statement waits while another connection writes to the same file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Page cache of a connection in KiB; it grows only as pages are touched.
const CACHE_KIB: i64 = 8 * 1024;
/// A write-ahead log that grew past this (during a long read) is cut back to it.
const WAL_BYTES_KEPT: i64 = 64 * 1024 * 1024;

type Work = Box<dyn FnOnce(&mut Connection) + Send>;

/// A handle to a connection and its thread. The thread ends, closing the file, when the last handle is gone.
#[derive(Clone, Debug)]
pub struct Sqlite {
    waiting: mpsc::Sender<Work>,
    file: Arc<str>,
}

/// A file could not be opened as what it should be.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// SQLite says no.
    #[error("cannot open {file}: {advice}")]
    Sqlite {
        /// The file.
        file: String,
        /// What to do.
        advice: &'static str,
        /// SQLite's own words.
        #[source]
        source: rusqlite::Error,
    },
    /// The file has another layout than this build reads and writes.
    #[error("{file} has another layout than this build knows: {found}")]
    Layout {
        /// The file.
        file: String,
        /// What was found, and what to do.
        found: String,
    },
    /// The thread could not be started.
    #[error("cannot start the thread of {file}")]
    Thread {
        /// The file.
        file: String,
        /// The system's own words.
        #[source]
        source: std::io::Error,
    },
}

impl OpenError {
    /// The error for what SQLite said about `file`.
    pub(crate) fn sqlite(file: &Path, source: rusqlite::Error) -> Self {
        let advice = match source.sqlite_error_code() {
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                "the data folder must be writable; pick another with --data-dir"
            }
            Some(ErrorCode::DiskFull) => "the disk is full; free some space and start again",
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                "another program has it open; close that program and start again"
            }
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                "it is not a whole SQLite file; move it away, or start with --fresh"
            }
            _ => "SQLite refused it",
        };
        Self::Sqlite { file: file.display().to_string(), advice, source }
    }
}

impl Sqlite {
    /// Opens `file`, creating it when missing, lets `prepare` check or create its layout, and starts the thread.
    pub fn open(
        file: &Path,
        prepare: impl FnOnce(&mut Connection) -> Result<(), OpenError>,
    ) -> Result<Self, OpenError> {
        let opened = |source| OpenError::sqlite(file, source);
        let mut connection = Connection::open(file).map_err(opened)?;
        connection.busy_timeout(BUSY_TIMEOUT).map_err(opened)?;
        connection.pragma_update(None, "journal_mode", "WAL").map_err(opened)?;
        connection.pragma_update(None, "synchronous", "NORMAL").map_err(opened)?;
        connection.pragma_update(None, "cache_size", -CACHE_KIB).map_err(opened)?;
        connection.pragma_update(None, "journal_size_limit", WAL_BYTES_KEPT).map_err(opened)?;
        prepare(&mut connection)?;

        let (waiting, mut work) = mpsc::channel::<Work>(WAITING_MAX);
        let name = file.file_name().map_or_else(|| "sqlite".into(), |name| name.to_string_lossy().into_owned());
        std::thread::Builder::new()
            .name(name)
            .spawn(move || {
                while let Some(work) = work.blocking_recv() {
                    work(&mut connection);
                }
            })
            .map_err(|source| OpenError::Thread { file: file.display().to_string(), source })?;
        Ok(Self { waiting, file: file.display().to_string().into() })
    }

    /// Runs `work` on the connection and waits for it. Work that was sent runs to its end even if nobody waits.
    pub(crate) async fn call<T: Send + 'static>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Fault> {
        let (answer, answered) = oneshot::channel();
        let work: Work = Box::new(move |connection| {
            // Nobody waits any more when the caller was cancelled; the work stands nevertheless.
            let _ = answer.send(work(connection));
        });
        let gone = || Fault::new(FaultKind::Transient, operation, &*self.file, "the file is closed");
        self.waiting.send(work).await.map_err(|_| gone())?;
        let result = answered.await.map_err(|_| gone())?;
        result.map_err(|error| Fault::new(kind_of(&error), operation, &*self.file, error))
    }
}

/// Whether trying again can help: a full or busy disk may have room or time later, a broken file stays broken.
fn kind_of(error: &rusqlite::Error) -> FaultKind {
    match error.sqlite_error_code() {
        Some(
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::ReadOnly
            | ErrorCode::OutOfMemory,
        ) => FaultKind::Transient,
        _ => FaultKind::Permanent,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;

    #[tokio::test]
    async fn a_fault_names_the_operation_and_the_file_and_keeps_the_connection_usable() {
        let folder = tempfile::tempdir().unwrap();
        let sqlite = Sqlite::open(&folder.path().join("x.sqlite"), |_| Ok(())).unwrap();
        let fault = sqlite.call("count the stars", |db| db.execute("SELECT stars", [])).await.unwrap_err();
        assert!(fault.to_string().starts_with("count the stars"), "{fault}");
        assert!(fault.to_string().contains("x.sqlite"), "{fault}");
        assert_eq!(
            sqlite.call("add", |db| db.query_row("SELECT 1 + 1", [], |row| row.get::<_, i64>(0))).await.unwrap(),
            2
        );
    }

    #[tokio::test]
    async fn a_full_disk_is_transient_and_the_file_stays_readable() {
        let folder = tempfile::tempdir().unwrap();
        let sqlite = Sqlite::open(&folder.path().join("x.sqlite"), |_| Ok(())).unwrap();
        sqlite.call("prepare", |db| db.execute_batch("CREATE TABLE t (x); PRAGMA max_page_count = 3")).await.unwrap();
        let write =
            |bytes: usize| move |db: &mut Connection| db.execute("INSERT INTO t VALUES (?1)", [vec![7_u8; bytes]]);
        sqlite.call("write", write(100)).await.unwrap();
        assert_eq!(sqlite.call("write", write(100_000)).await.unwrap_err().kind, FaultKind::Transient);
        let count = |db: &mut Connection| db.query_row("SELECT count(*) FROM t", [], |row| row.get::<_, i64>(0));
        assert_eq!(sqlite.call("count", count).await.unwrap(), 1);
        sqlite.call("make room", |db| db.execute_batch("PRAGMA max_page_count = 1000")).await.unwrap();
        sqlite.call("write", write(100_000)).await.unwrap();
    }

    #[test]
    fn a_file_that_is_no_database_is_refused_with_advice() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.sqlite");
        std::fs::write(&file, "this is not SQLite, but it is long enough to look at").unwrap();
        let error = Sqlite::open(&file, |_| Ok(())).unwrap_err().to_string();
        assert!(error.contains("x.sqlite") && error.contains("--fresh"), "{error}");
    }
}
