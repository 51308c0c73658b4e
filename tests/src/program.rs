//! The program `tillroll` as a process with folders of its own: run to its end, or in the background.
#![allow(
    clippy::must_use_candidate,
    clippy::return_self_not_must_use,
    reason = "many of these are called for what they check on the way"
)]

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// Far longer than anything here takes, also on a machine with other things to do.
const PATIENCE: Duration = Duration::from_mins(1);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A folder of one test: a home, a current folder and a data folder of its own.
pub struct Desk {
    /// Goes with the test.
    pub folder: TempDir,
}

/// How a command ended.
#[derive(Debug)]
pub struct Ran {
    /// The exit status; none after a signal.
    pub status: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// What it said beside that.
    pub stderr: String,
}

/// A program in the background; it dies with the test.
pub struct Background {
    /// The process.
    pub child: Child,
    /// The first line it printed.
    pub first: String,
}

impl Default for Desk {
    fn default() -> Self {
        Self::new()
    }
}

impl Desk {
    /// A new folder.
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// A path in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file; answers with its path as text.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// The program with a data folder of this desk and nothing of the machine's own settings.
    pub fn command(&self, args: &[&str]) -> Command {
        self.command_of(program(), args)
    }

    /// Another program, such as a shell, that finds the same.
    pub fn command_of(&self, program: impl AsRef<OsStr>, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(|name| name.starts_with("TILLROLL_") || name.starts_with("XDG_")) {
                command.env_remove(name);
            }
        }
        command
            .args(args)
            .current_dir(self.folder.path())
            .env("HOME", self.folder.path())
            .env("TILLROLL_DATA_DIR", self.path("data"))
            .env_remove("RUST_LOG");
        command
    }

    /// Runs the program to its end.
    pub fn run(&self, args: &[&str]) -> Ran {
        Ran::of(self.command(args), "")
    }

    /// Runs the program with a text on its standard input.
    pub fn run_with_input(&self, args: &[&str], input: &str) -> Ran {
        Ran::of(self.command(args), input)
    }

    /// Runs a command that must succeed, and reads the one document it prints.
    pub fn json(&self, args: &[&str]) -> Value {
        self.run(&[args, &["--json"]].concat()).fine().json()
    }

    /// Starts `dev` on a free port; it is ready when this returns.
    pub fn dev(&self, args: &[&str]) -> Background {
        Background::start(self.command(&[&["dev", "--port", "0", "--json"], args].concat()))
    }

    /// What `verify` says of the content: the report without what is of this one run.
    pub fn verdict(&self) -> Value {
        let mut verification = self.json(&["verify"]);
        let of_the_run = ["id", "phase", "started_at", "finished_at", "events_read", "objects_read", "rows_read"];
        for member in of_the_run {
            verification.as_object_mut().unwrap().remove(member);
        }
        verification
    }

    /// All carts of the directory.
    pub fn carts(&self) -> Vec<Value> {
        self.json(&["carts", "--limit", "1000"])["carts"].as_array().unwrap().clone()
    }
}

impl Ran {
    /// Runs a command to its end.
    pub fn of(mut command: Command, input: &str) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_owned();
        // A program that needs no input may be gone before it is written.
        let writer = thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { status: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// It ended with this status.
    #[track_caller]
    pub fn ended(self, status: i32) -> Self {
        assert_eq!(self.status, Some(status), "{self:?}");
        self
    }

    /// It ended well.
    #[track_caller]
    pub fn fine(self) -> Self {
        self.ended(0)
    }

    /// It failed with one line that says what is wrong and contains all of `parts`.
    #[track_caller]
    pub fn failed(self, parts: &[&str]) -> Self {
        self.ended(1).said(parts)
    }

    /// It was used wrongly, or its environment is wrong, and it said so with one line that contains all of `parts`.
    #[track_caller]
    pub fn misused(self, parts: &[&str]) -> Self {
        self.ended(2).said(parts)
    }

    #[track_caller]
    fn said(self, parts: &[&str]) -> Self {
        let error = self.stderr.lines().find(|line| line.starts_with("error: "));
        let error = error.unwrap_or_else(|| panic!("no error line: {self:?}"));
        assert!(parts.iter().all(|part| error.contains(part)), "{error}");
        self
    }

    /// Standard output as one JSON document; nothing else may be there.
    #[track_caller]
    pub fn json(&self) -> Value {
        assert_eq!(self.stdout.lines().count(), 1, "{self:?}");
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The cells of a table's line that begins with `head`.
    #[track_caller]
    pub fn fact(&self, head: &str) -> &str {
        let line = self.stdout.lines().find_map(|line| line.strip_prefix(head));
        line.unwrap_or_else(|| panic!("no line {head}: {self:?}")).trim()
    }
}

impl Background {
    /// Starts a command; it has printed its first line when this returns.
    pub fn start(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        stdout.read_line(&mut first).unwrap();
        if first.is_empty() {
            let mut stderr = String::new();
            child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
            panic!("it did not start: {stderr}");
        }
        Self { child, first }
    }

    /// The document that `dev --json` prints when it is ready.
    pub fn ready(&self) -> Value {
        serde_json::from_str(&self.first).unwrap()
    }

    /// The address of the API.
    pub fn api(&self) -> String {
        self.ready()["api"].as_str().unwrap().to_owned()
    }

    /// The port of the API.
    pub fn port(&self) -> u16 {
        self.api().rsplit(':').next().unwrap().parse().unwrap()
    }

    /// Kills it as a crash would: it is told nothing, and it is gone when this returns.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop as Ctrl+C (`INT`) or a supervisor (`TERM`) does, or kills it (`KILL`).
    pub fn signal(mut self, signal: &str) -> Option<i32> {
        send_signal(&self.child, signal);
        wait_for("the end of the program", || self.child.try_wait().unwrap()).code()
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        // Ended already, as a rule.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a signal by its name, such as `INT`.
pub fn send_signal(child: &Child, signal: &str) {
    let sent = Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

/// Looks until there is an answer.
#[track_caller]
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < until, "waited too long for {what}");
        thread::sleep(LOOK_EVERY);
    }
}

/// The program, which lies beside the folder of the test programs.
pub fn program() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let name = format!("tillroll{}", std::env::consts::EXE_SUFFIX);
    let program = tests.parent().and_then(Path::parent).unwrap().join(name);
    assert!(program.is_file(), "{} is missing: cargo build --bin tillroll", program.display());
    program
}
