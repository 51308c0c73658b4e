//! The program `tillroll` as its user meets it: started as a process, judged by what it prints and how it ends.

mod dev;
mod import;
mod looking;
mod pipeline;
mod readme;

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
struct Desk {
    folder: TempDir,
}

/// How a command ended.
#[derive(Debug)]
struct Ran {
    status: Option<i32>,
    stdout: String,
    stderr: String,
}

/// A program in the background; it dies with the test.
struct Background {
    child: Child,
    /// The first line it printed.
    first: String,
}

impl Desk {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file; answers with its path as text.
    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// The program with a data folder of this desk and nothing of the machine's own settings.
    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(program());
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

    fn run(&self, args: &[&str]) -> Ran {
        Ran::of(self.command(args), "")
    }

    fn run_with_input(&self, args: &[&str], input: &str) -> Ran {
        Ran::of(self.command(args), input)
    }

    /// Runs a command that must succeed, and reads the one document it prints.
    fn json(&self, args: &[&str]) -> Value {
        self.run(&[args, &["--json"]].concat()).fine().json()
    }

    /// Starts `dev` on a free port; it is ready when this returns.
    fn dev(&self, args: &[&str]) -> Background {
        Background::start(self.command(&[&["dev", "--port", "0", "--json"], args].concat()))
    }

    fn carts(&self) -> Vec<Value> {
        self.json(&["carts", "--limit", "1000"])["carts"].as_array().unwrap().clone()
    }
}

impl Ran {
    fn of(mut command: Command, input: &str) -> Self {
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

    #[track_caller]
    fn ended(self, status: i32) -> Self {
        assert_eq!(self.status, Some(status), "{self:?}");
        self
    }

    #[track_caller]
    fn fine(self) -> Self {
        self.ended(0)
    }

    /// It failed with one line that says what is wrong and contains all of `parts`.
    #[track_caller]
    fn failed(self, parts: &[&str]) -> Self {
        let ran = self.ended(1);
        let error = ran.stderr.lines().find(|line| line.starts_with("error: "));
        let error = error.unwrap_or_else(|| panic!("no error line: {ran:?}"));
        assert!(parts.iter().all(|part| error.contains(part)), "{error}");
        ran
    }

    /// Standard output as one JSON document; nothing else may be there.
    #[track_caller]
    fn json(&self) -> Value {
        assert_eq!(self.stdout.lines().count(), 1, "{self:?}");
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The cells of a table's line that begins with `head`.
    #[track_caller]
    fn fact(&self, head: &str) -> &str {
        let line = self.stdout.lines().find_map(|line| line.strip_prefix(head));
        line.unwrap_or_else(|| panic!("no line {head}: {self:?}")).trim()
    }
}

impl Background {
    fn start(mut command: Command) -> Self {
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
    fn ready(&self) -> Value {
        serde_json::from_str(&self.first).unwrap()
    }

    fn api(&self) -> String {
        self.ready()["api"].as_str().unwrap().to_owned()
    }

    fn port(&self) -> u16 {
        self.api().rsplit(':').next().unwrap().parse().unwrap()
    }

    /// Asks it to stop as Ctrl+C (`INT`) or a supervisor (`TERM`) does, or kills it (`KILL`).
    fn signal(mut self, signal: &str) -> Option<i32> {
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

fn send_signal(child: &Child, signal: &str) {
    let sent = Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

/// Looks until there is an answer.
#[track_caller]
fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
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
fn program() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let name = format!("tillroll{}", std::env::consts::EXE_SUFFIX);
    let program = tests.parent().and_then(Path::parent).unwrap().join(name);
    assert!(program.is_file(), "{} is missing: cargo build --bin tillroll", program.display());
    program
}

/// Two baskets: three lines with a discount, and one line.
const SALES: &str = "\
receipt,article,pieces,total,sold_at,off
A1,milk,2,2.38,2024-01-31 09:00:00,0
A1,milk,1,1.19,2024-01-31 09:00:00,0.19
A1,bread,3,10.00,2024-01-31 09:00:00,0
B2,soap,1,0.95,2024-02-01,0
";

/// How to read them.
const COLUMNS: [&str; 16] = [
    "--cart-column",
    "receipt",
    "--item-column",
    "article",
    "--quantity-column",
    "pieces",
    "--amount-column",
    "total",
    "--time-column",
    "sold_at",
    "--discount-column",
    "off",
    "--currency",
    "EUR",
    "--close",
    "checked_out",
];

/// `import FILE` with the columns of [`SALES`].
fn import<'a>(file: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["import", file], &COLUMNS[..], more].concat()
}
