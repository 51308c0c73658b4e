//! Looks at a data folder and says what is wrong with it and what to do. Changes nothing, and works beside a running
//! system as well as without one. What can only be asked of a running system is the command line's to ask.

use std::fs;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, SystemTime};

use rusqlite::{Connection, OpenFlags};
use serde::Serialize;
use tillroll_core::time::Timestamp;
use tillroll_host_lambda::archive_key::ArchiveKey;
use tillroll_host_lambda::archive_object::ArchiveObject;
use tillroll_host_lambda::ports::{Archive as _, Clock as _};

use crate::archive::LocalArchive;
use crate::clock::LocalClock;
use crate::folder::{self, Occupant};
use crate::{dynamo, pipeline_db};

/// Less free disk than this, and writes fail soon.
const FREE_BYTES_MIN: u64 = 64 * 1024 * 1024;
/// Less than this is worth a word: importing the sample data takes as much.
const FREE_BYTES_AMPLE: u64 = 4 * 1024 * 1024 * 1024;
/// Archive objects that are read and hashed; of more, those spread evenly from the first to the last.
pub const OBJECTS_SAMPLED_MAX: usize = 64;
/// Archive objects that are listed.
const OBJECTS_LISTED_MAX: usize = 1_000_000;
/// How long SQLite may look through a file. A large one is only looked through in part, and that is said.
const QUICK_CHECK_MAX: Duration = Duration::from_secs(10);
/// How far ahead of the clock the newest of what is stored may be.
const CLOCK_BEHIND_MS_MAX: i64 = 2 * 60 * 1_000;
/// No build of this program is older.
const EARLIEST: &str = "2026-01-01T00:00:00Z";

/// What was found in one respect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// In which respect.
    pub check: &'static str,
    /// How it is.
    pub state: State,
    /// What there is.
    pub says: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// As it should be.
    Fine,
    /// Worth knowing; nothing is wrong.
    Note,
    /// Something is wrong.
    Problem,
}

impl Finding {
    /// As it should be.
    pub fn fine(check: &'static str, says: impl Into<String>) -> Self {
        Self { check, state: State::Fine, says: says.into(), advice: None }
    }

    /// Worth knowing.
    pub fn note(check: &'static str, says: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { check, state: State::Note, says: says.into(), advice: Some(advice.into()) }
    }

    /// Something is wrong.
    pub fn problem(check: &'static str, says: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { check, state: State::Problem, says: says.into(), advice: Some(advice.into()) }
    }
}

/// Everything that can be seen from outside of a running system. `port` is the one that `dev` would take.
pub async fn examine(root: &Path, port: u16) -> Vec<Finding> {
    let mut findings = vec![folder_itself(root)];
    findings.push(free_disk(root));
    findings.push(lock(root));
    findings.push(port_of_dev(root, port));
    if !root.is_dir() {
        return findings;
    }
    let dynamodb = database("dynamodb.sqlite", &root.join("dynamodb.sqlite"), dynamo::looks_right);
    let pipeline = database("pipeline.sqlite", &root.join("pipeline.sqlite"), pipeline_db::looks_right);
    findings.extend([dynamodb, pipeline, clock(root), archive(root).await]);
    findings
}

fn folder_itself(root: &Path) -> Finding {
    const CHECK: &str = "data folder";
    let name = root.display();
    match fs::metadata(root) {
        Ok(found) if !found.is_dir() => {
            Finding::problem(CHECK, format!("{name} is no folder"), "name a folder with --data-dir")
        }
        Ok(_) => match access(root) {
            Ok(()) => Finding::fine(CHECK, format!("{name} can be read and written")),
            Err(error) => Finding::problem(
                CHECK,
                format!("{name} cannot be read and written: {error}"),
                "give yourself the permission (chmod u+rwx), or name another folder with --data-dir",
            ),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Finding::note(CHECK, format!("{name} does not exist"), "`tillroll dev` makes it")
        }
        Err(error) => Finding::problem(
            CHECK,
            format!("{name} cannot be looked at: {error}"),
            "give yourself the permission, or name another folder with --data-dir",
        ),
    }
}

/// Whether this process may read, write and enter.
fn access(path: &Path) -> rustix::io::Result<()> {
    use rustix::fs::Access;
    let wanted = Access::READ_OK | Access::WRITE_OK;
    rustix::fs::access(path, if path.is_dir() { wanted | Access::EXEC_OK } else { wanted })
}

fn free_disk(root: &Path) -> Finding {
    const CHECK: &str = "free disk";
    // A folder that is not there yet will lie on the disk of the nearest one that is.
    let there = root.ancestors().find(|path| path.is_dir()).unwrap_or(Path::new("."));
    match rustix::fs::statvfs(there) {
        Ok(disk) => {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize);
            let says = format!("{} MB free", free / 1_000_000);
            if free < FREE_BYTES_MIN {
                Finding::problem(CHECK, says, "free some space: writes fail, and are tried again until there is some")
            } else if free < FREE_BYTES_AMPLE {
                Finding::note(CHECK, says, "enough for now; a large import takes some GB")
            } else {
                Finding::fine(CHECK, says)
            }
        }
        Err(error) => Finding::note(CHECK, format!("nobody says how much: {error}"), "look with `df`"),
    }
}

fn lock(root: &Path) -> Finding {
    const CHECK: &str = "lock";
    let file = root.join("dev.lock");
    match (folder::occupant(root), fs::read_to_string(&file)) {
        (Some(Occupant { pid, port: Some(port) }), _) => {
            Finding::fine(CHECK, format!("held by process {pid}, which serves port {port}"))
        }
        (Some(Occupant { pid, port: None }), _) => Finding::note(
            CHECK,
            format!("held by process {pid}, which serves nothing"),
            "it starts, or it is a command that works for itself; if it stays so, stop that process",
        ),
        (None, Err(error)) if error.kind() == ErrorKind::NotFound => Finding::fine(CHECK, "nobody works in the folder"),
        (None, Ok(text)) if folder::is_lock_text(&text) => {
            Finding::fine(CHECK, "left by a process that is gone; the next one takes it over")
        }
        (None, Ok(_) | Err(_)) => Finding::problem(
            CHECK,
            format!("{} is none of ours, or is held by somebody who does not say who", file.display()),
            "look who has it open; if nobody has, remove it",
        ),
    }
}

fn port_of_dev(root: &Path, port: u16) -> Finding {
    const CHECK: &str = "port";
    let own = folder::occupant(root).and_then(|occupant| occupant.port);
    if own == Some(port) {
        return Finding::fine(CHECK, format!("{port} is served by this folder's system"));
    }
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(_) => Finding::fine(CHECK, format!("{port} is free")),
        Err(error) => Finding::note(
            CHECK,
            format!("{port} is taken: {error}"),
            "`tillroll dev` takes the next free one and says so; --port names another",
        ),
    }
}

/// Opens a file without changing it, lets `looks_right` judge its layout, and lets SQLite look through it for a while.
fn database(
    check: &'static str,
    file: &Path,
    looks_right: fn(&Connection) -> rusqlite::Result<Result<(), String>>,
) -> Finding {
    const BROKEN: &str =
        "stop the system, keep a copy, and start with --fresh; what was archived can be imported again";
    if !file.exists() {
        return Finding::fine(check, "not there yet");
    }
    if let Err(error) = access(file) {
        return Finding::problem(check, format!("cannot be read and written: {error}"), "give yourself the permission");
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opened = Connection::open_with_flags(file, flags).and_then(|db| looks_right(&db).map(|layout| (db, layout)));
    let (db, layout) = match opened {
        Ok(opened) => opened,
        Err(error) => return Finding::problem(check, format!("is not a whole SQLite file: {error}"), BROKEN),
    };
    if let Err(found) = layout {
        let advice = "start the tillroll that wrote it, or another folder with --data-dir";
        return Finding::problem(check, found, advice);
    }
    let (finished, waits) = mpsc::channel::<()>();
    let stop = db.get_interrupt_handle();
    let timer = thread::spawn(move || {
        // Told that the look is over by the end of whoever would tell.
        if waits.recv_timeout(QUICK_CHECK_MAX) == Err(RecvTimeoutError::Timeout) {
            stop.interrupt();
        }
    });
    let verdict = db.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0));
    drop(finished);
    // It cannot have panicked: it only waits.
    let _ = timer.join();
    match verdict {
        Ok(verdict) if verdict == "ok" => Finding::fine(check, "whole"),
        Ok(verdict) => Finding::problem(check, format!("damaged: {verdict}"), BROKEN),
        Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::OperationInterrupted) => {
            let seconds = QUICK_CHECK_MAX.as_secs();
            Finding::fine(check, format!("nothing wrong in what could be looked through in {seconds} s"))
        }
        Err(error) => Finding::problem(check, format!("cannot be looked through: {error}"), BROKEN),
    }
}

/// The clock against what is stored: events that were recorded later than now say that it was turned back.
fn clock(root: &Path) -> Finding {
    const CHECK: &str = "clock";
    const ADVICE: &str = "set the clock: events are shown by the time at which they were recorded";
    let now = LocalClock::system().now();
    if EARLIEST.parse::<Timestamp>().is_ok_and(|earliest| now < earliest) {
        return Finding::problem(CHECK, format!("says {now}, which is before this program was made"), ADVICE);
    }
    let written = |name: &str| fs::metadata(root.join(name)).and_then(|found| found.modified()).ok();
    let files = ["dynamodb.sqlite", "dynamodb.sqlite-wal", "pipeline.sqlite", "pipeline.sqlite-wal"];
    let newest = files.into_iter().filter_map(written).max().map(timestamp);
    match newest.filter(|newest| newest.unix_ms() > now.unix_ms() + CLOCK_BEHIND_MS_MAX) {
        Some(newest) => Finding::problem(CHECK, format!("says {now}, and the folder was written at {newest}"), ADVICE),
        None => Finding::fine(CHECK, now.to_string()),
    }
}

fn timestamp(moment: SystemTime) -> Timestamp {
    let since_1970 = moment.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_unix_ms(i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX))
}

/// Reads a sample of the objects; each says in its name what is in it.
async fn archive(root: &Path) -> Finding {
    const CHECK: &str = "archive";
    const ADVICE: &str = "`tillroll verify` says which events it concerns; the event table has them all";
    let folder = root.join("archive");
    if !folder.is_dir() {
        return Finding::fine(CHECK, "not there yet");
    }
    let archive = LocalArchive::existing(folder);
    let keys = match archive.list(None, OBJECTS_LISTED_MAX).await {
        Ok(keys) => keys,
        Err(fault) => return Finding::problem(CHECK, fault.to_string(), "give yourself the permission"),
    };
    let foreign = keys.iter().find(|key| key.parse::<ArchiveKey>().is_err());
    if let Some(key) = foreign {
        let says = format!("{} is no object of ours", key.escape_debug());
        return Finding::problem(CHECK, says, "move it out of the archive: a replay stops at it");
    }
    let sampled = sample(&keys);
    for key in &sampled {
        if let Err(fault) = ArchiveObject::read(&archive, key).await {
            let why = std::error::Error::source(&fault).map_or_else(|| fault.to_string(), ToString::to_string);
            return Finding::problem(CHECK, format!("{key}: {why}"), ADVICE);
        }
    }
    Finding::fine(CHECK, format!("{} of {} objects read: each is what its name says", sampled.len(), keys.len()))
}

/// At most [`OBJECTS_SAMPLED_MAX`], from the first to the last.
fn sample(keys: &[String]) -> Vec<&String> {
    let step = keys.len().div_ceil(OBJECTS_SAMPLED_MAX).max(1);
    let mut sampled: Vec<&String> = keys.iter().step_by(step).collect();
    // The newest is the likeliest to have been cut off.
    if let (Some(last), true) = (keys.last(), sampled.last() != keys.last().as_ref()) {
        sampled.pop();
        sampled.push(last);
    }
    sampled
}
