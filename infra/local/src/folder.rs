//! The data folder: where everything lies, and the lock that lets one process at a time work in it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Name of the lock file.
const LOCK: &str = "dev.lock";
/// Longest lock file that is read.
const LOCK_BYTES_MAX: u64 = 4_096;
/// What `--fresh` removes, and nothing else: the folder may be somebody's.
const FILES: [&str; 6] = [
    "dynamodb.sqlite",
    "dynamodb.sqlite-wal",
    "dynamodb.sqlite-shm",
    "pipeline.sqlite",
    "pipeline.sqlite-wal",
    "pipeline.sqlite-shm",
];
const FOLDERS: [&str; 2] = ["archive", "outbox"];

/// An opened data folder. Its lock goes with it, also when the process is killed.
#[derive(Debug)]
pub struct DataFolder {
    root: PathBuf,
    lock: File,
}

/// Who works in a data folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Occupant {
    /// Its process.
    pub pid: u32,
    /// Its HTTP port on the loopback interface; `None` while it starts, and for one that serves nothing.
    pub port: Option<u16>,
}

/// A data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It cannot be created, locked or written.
    #[error("cannot use the data folder {folder}: it must be a writable folder; pick another with --data-dir")]
    Unusable {
        /// The folder.
        folder: String,
        /// The system's own words.
        #[source]
        source: std::io::Error,
    },
    /// Another process works in it.
    #[error(
        "the data folder {folder} is in use by {occupant}; stop that process, or pick another folder with --data-dir"
    )]
    InUse {
        /// The folder.
        folder: String,
        /// Who.
        occupant: String,
    },
}

impl DataFolder {
    /// Opens `root`, creating it when missing, and locks it for this process. With `fresh` everything that Tillroll
    /// had stored there is removed first.
    pub fn open(root: &Path, fresh: bool) -> Result<Self, FolderError> {
        let unusable = |source| FolderError::Unusable { folder: root.display().to_string(), source };
        std::fs::create_dir_all(root).map_err(unusable)?;
        let lock = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(root.join(LOCK))
            .map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let occupant = match read(&lock) {
                    Some(Occupant { pid, port: Some(port) }) => format!("process {pid} on port {port}"),
                    Some(Occupant { pid, port: None }) => format!("process {pid}"),
                    None => "another process".to_owned(),
                };
                return Err(FolderError::InUse { folder: root.display().to_string(), occupant });
            }
            Err(TryLockError::Error(source)) => return Err(unusable(source)),
        }
        let mut folder = Self { root: root.to_owned(), lock };
        folder.announce(None)?;
        if fresh {
            folder.clear().map_err(unusable)?;
        }
        Ok(folder)
    }

    /// Writes who works here into the lock file, for command lines that look for a running system.
    pub fn announce(&mut self, port: Option<u16>) -> Result<(), FolderError> {
        let occupant = Occupant { pid: std::process::id(), port };
        write(&mut self.lock, occupant)
            .map_err(|source| FolderError::Unusable { folder: self.root.display().to_string(), source })
    }

    /// The folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The file of tables and table stream.
    #[must_use]
    pub fn dynamodb(&self) -> PathBuf {
        self.root.join("dynamodb.sqlite")
    }

    /// The file of bus, queues, checkpoints and runs.
    #[must_use]
    pub fn pipeline(&self) -> PathBuf {
        self.root.join("pipeline.sqlite")
    }

    /// The archive.
    #[must_use]
    pub fn archive(&self) -> PathBuf {
        self.root.join("archive")
    }

    /// Notices that would be sent.
    #[must_use]
    pub fn outbox(&self) -> PathBuf {
        self.root.join("outbox")
    }

    fn clear(&self) -> std::io::Result<()> {
        let unless_absent = |result: std::io::Result<()>| match result {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
        FILES.iter().try_for_each(|name| unless_absent(std::fs::remove_file(self.root.join(name))))?;
        FOLDERS.iter().try_for_each(|name| unless_absent(std::fs::remove_dir_all(self.root.join(name))))
    }
}

/// Who works in the data folder `root` now; `None` when nobody does. A lock file that a killed process left behind
/// says nothing.
#[must_use]
pub fn occupant(root: &Path) -> Option<Occupant> {
    let lock = File::open(root.join(LOCK)).ok()?;
    // A shared lock is refused exactly while somebody holds the folder; it is given back at once.
    match lock.try_lock_shared() {
        Err(TryLockError::WouldBlock) => read(&lock),
        Ok(()) | Err(TryLockError::Error(_)) => None,
    }
}

/// Whether a lock file with this text was written by a process of ours.
pub(crate) fn is_lock_text(text: &str) -> bool {
    // A process that was killed while it took the lock leaves nothing.
    text.is_empty() || serde_json::from_str::<Occupant>(text).is_ok()
}

fn read(mut lock: &File) -> Option<Occupant> {
    let mut text = String::new();
    lock.take(LOCK_BYTES_MAX).read_to_string(&mut text).ok()?;
    lock.rewind().ok()?;
    serde_json::from_str(&text).ok()
}

fn write(lock: &mut File, occupant: Occupant) -> std::io::Result<()> {
    let text = serde_json::to_vec(&occupant)?;
    lock.set_len(0)?;
    lock.rewind()?;
    lock.write_all(&text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;

    #[test]
    fn a_second_process_is_told_who_is_there() {
        let root = tempfile::tempdir().unwrap();
        let mut folder = DataFolder::open(root.path(), false).unwrap();
        folder.announce(Some(7070)).unwrap();
        let error = DataFolder::open(root.path(), false).unwrap_err().to_string();
        assert!(error.contains(&format!("process {} on port 7070", std::process::id())), "{error}");
        assert_eq!(occupant(root.path()), Some(Occupant { pid: std::process::id(), port: Some(7070) }));
    }

    #[test]
    fn a_lock_file_that_a_killed_process_left_behind_is_taken_over() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join(LOCK), r#"{"pid":1,"port":7070,"much":"longer than what comes next"}"#)
            .unwrap();
        assert_eq!(occupant(root.path()), None);
        let folder = DataFolder::open(root.path(), false).unwrap();
        assert_eq!(occupant(root.path()), Some(Occupant { pid: std::process::id(), port: None }));
        drop(folder);
        assert_eq!(occupant(root.path()), None);
        assert_eq!(occupant(&root.path().join("nowhere")), None);
    }

    #[test]
    fn fresh_removes_what_is_ours_and_nothing_else() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("archive/v1")).unwrap();
        for name in ["pipeline.sqlite", "archive/v1/x", "thesis.txt"] {
            std::fs::write(root.path().join(name), "x").unwrap();
        }
        drop(DataFolder::open(root.path(), true).unwrap());
        let left = |name: &str| root.path().join(name).exists();
        assert_eq!([left("pipeline.sqlite"), left("archive"), left("thesis.txt")], [false, false, true]);
    }

    #[test]
    fn a_folder_that_cannot_be_written_says_what_to_do() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("file");
        std::fs::write(&file, "x").unwrap();
        let error = DataFolder::open(&file, false).unwrap_err().to_string();
        assert!(error.contains("--data-dir"), "{error}");
    }
}
