//! `cargo xtask test`: the only list of checks there is. A step that fails does not hide the next ones, unless nothing
//! builds; at the end the failed steps are named and the number of tests that ran is printed. Nothing here depends on
//! how long a thing takes.

use std::fs;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::process::{ChildStdout, Command, ExitCode, Stdio};
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use xshell::{Cmd, Shell, cmd};

use crate::{data, javascript, package, peers, project, reducer, web};

pub(crate) const HELP: &str = "\
cargo xtask test [--javascript] [filter…] [-- arguments of the test programs]

Runs, in the dev profile: formatting, set-up of the emulator and the sample data, clippy, zips of the functions, the reducer
module and whether it is that of reducer.lock, every test (or those whose name contains a filter), documentation examples,
the build of the core without the standard library; then formatting, lints, types and tests of JavaScript, in Node and in
Chromium.
With CI=true the emulator, the data, the target of wasm, Node and Chromium must be had. On a desk what needs them is skipped
when they cannot be; TILLROLL_TEST_WITHOUT_PEERS=1, …_DATA=1, …_REDUCER=1, …_JAVASCRIPT=1 and …_BROWSER=1 skip it at once.
The last line says how many tests ran. Exit status 1 if a step failed or no test ran.

  --javascript   what is checked of JavaScript alone, and the build of the programs that its tests start
";

const JAVASCRIPT: &str = "--javascript";

const WITHOUT_PEERS: &str = "TILLROLL_TEST_WITHOUT_PEERS";
const WITHOUT_DATA: &str = "TILLROLL_TEST_WITHOUT_DATA";
const WITHOUT_REDUCER: &str = "TILLROLL_TEST_WITHOUT_REDUCER";
const WITHOUT_JAVASCRIPT: &str = "TILLROLL_TEST_WITHOUT_JAVASCRIPT";
const WITHOUT_BROWSER: &str = "TILLROLL_TEST_WITHOUT_BROWSER";

/// This target has core and alloc and nothing else: what compiles for it needs no standard library, dependencies
/// included.
const NO_STD_TARGET: &str = "wasm32v1-none";

/// How long the rest of the output may take once cargo has ended. Only a process that a test left behind could hold
/// the pipe open for longer, and the run should not hang on it.
const DRAIN_MAX: Duration = Duration::from_secs(5);

pub(crate) fn run(args: &[String]) -> anyhow::Result<ExitCode> {
    let sh = project::shell()?;
    let mut checks = Checks::default();
    let (options, args): (Vec<&String>, Vec<&String>) =
        args.iter().filter(|arg| *arg != "--").partition(|arg| *arg == JAVASCRIPT);

    let javascript = || web::add_target(&sh).and_then(|()| javascript::install(&sh));
    checks.note("packages from npm", set_up(&sh, WITHOUT_JAVASCRIPT, javascript));
    checks.note("browser", set_up(&sh, WITHOUT_BROWSER, || javascript::find_browser(&sh)));
    let goes_on = if options.is_empty() { check_rust(&sh, &mut checks, &args) } else { build(&sh, &mut checks) };
    if goes_on && !is_without(&sh, WITHOUT_JAVASCRIPT) {
        check_javascript(&sh, &mut checks, &args);
    }
    Ok(checks.conclude())
}

const WHOLE: [&str; 2] = ["--workspace", "--locked"];

/// The same units as the tests', and beside them the programs that tests start, which `cargo test` may leave out.
fn build(sh: &Shell, checks: &mut Checks) -> bool {
    checks.run("build", &cmd!(sh, "cargo build {WHOLE...} --all-targets"))
}

/// Whatever is checked of Rust. Answers whether it builds.
fn check_rust(sh: &Shell, checks: &mut Checks, args: &[&String]) -> bool {
    checks.run("formatting", &cmd!(sh, "cargo fmt --all --check"));
    checks.note("peers", set_up(sh, WITHOUT_PEERS, || peers::install().map(drop)));
    checks.note("sample data", set_up(sh, WITHOUT_DATA, data::bring));

    let strict = ["-D", "warnings"];
    checks.run("clippy", &cmd!(sh, "cargo clippy {WHOLE...} --all-targets -- {strict...}"));
    if !build(sh, checks) {
        return false;
    }
    // Nothing more is built: the programs are there already, and a stand-in of AWS takes them as zips.
    checks.note("packages", package::run(&["--dev".to_owned()]).map(drop));
    checks.note("reducer module", set_up(sh, WITHOUT_REDUCER, || set_up_reducer(sh)));
    if !is_without(sh, WITHOUT_REDUCER) {
        checks.note("reducer.lock", reducer::check_lock(sh));
    }
    let tests = cmd!(sh, "cargo test {WHOLE...} --all-targets --no-fail-fast -- {args...}");
    checks.run_tests("tests", tests);
    // For the whole workspace, because a single crate would be built with other features, and all it needs again.
    let examples = cmd!(sh, "cargo test {WHOLE...} --doc --no-fail-fast -- {args...}");
    checks.run_tests("documentation examples", examples);
    checks.note("core without std", check_no_std(sh));
    true
}

/// Builds the reducer module; the tests find it by the folder.
fn set_up_reducer(sh: &Shell) -> anyhow::Result<()> {
    sh.set_var("TILLROLL_REDUCERS", reducer::build_for_tests(sh)?);
    Ok(())
}

#[derive(Default)]
struct Checks {
    failed: Vec<&'static str>,
    tally: Tally,
}

impl Checks {
    fn run(&mut self, step: &'static str, command: &Cmd<'_>) -> bool {
        self.note(step, command.run().map_err(Into::into))
    }

    fn run_tests(&mut self, step: &'static str, command: Cmd<'_>) {
        let outcome = run_tests(command).and_then(|run| {
            self.tally.add(run.tally);
            ensure!(run.succeeded, "see above");
            Ok(())
        });
        self.note(step, outcome);
    }

    /// Keeps the step's name if it failed; answers whether it succeeded.
    fn note(&mut self, step: &'static str, outcome: anyhow::Result<()>) -> bool {
        let Err(why) = outcome else {
            return true;
        };
        eprintln!("{step} failed: {why:#}");
        self.failed.push(step);
        false
    }

    fn conclude(mut self) -> ExitCode {
        if self.tally.passed + self.tally.failed == 0 {
            self.failed.push("no test ran");
        }
        println!("{} passed, {} failed", self.tally.passed, self.tally.failed);
        if self.failed.is_empty() {
            return ExitCode::SUCCESS;
        }
        eprintln!("failed: {}", self.failed.join(", "));
        ExitCode::FAILURE
    }
}

/// Prepares what some tests need. A desk without it goes on, and `without` tells those tests to say that they were
/// skipped; CI never skips in silence.
fn set_up(sh: &Shell, without: &str, prepare: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
    if is_without(sh, without) {
        eprintln!("{without}=1: the tests that need it are skipped");
        return Ok(());
    }
    let Err(why) = prepare() else {
        return Ok(());
    };
    sh.set_var(without, "1");
    if sh.var("CI").is_ok_and(|value| value == "true") {
        return Err(why.context("CI must not skip the tests that need it"));
    }
    eprintln!("going on with {without}=1, so the tests that need it are skipped: {why:#}");
    Ok(())
}

fn is_without(sh: &Shell, without: &str) -> bool {
    sh.var(without).is_ok_and(|value| value == "1")
}

/// Whatever is checked of JavaScript. Its tests start programs that are built already.
fn check_javascript(sh: &Shell, checks: &mut Checks, args: &[&String]) {
    let is_built = checks.note("package and pages", javascript::build(sh));
    for (step, command) in javascript::checks(sh) {
        checks.run(step, &command);
    }
    if !is_built {
        return;
    }
    let filters: Vec<&str> = args.iter().map(|arg| arg.as_str()).filter(|arg| !arg.starts_with('-')).collect();
    let suites = || {
        sh.set_var("TILLROLL_BIN", package::target_folder(sh)?.join("debug/tillroll"));
        javascript::suites(sh, !is_without(sh, WITHOUT_BROWSER), &filters)
    };
    match suites() {
        Ok(suites) => suites.into_iter().for_each(|(step, command)| checks.run_tests(step, command)),
        Err(why) => drop(checks.note("tests of JavaScript", Err(why))),
    }
}

/// The source says `#![no_std]` and, where its target can be had, the core compiles for a machine that has no std.
fn check_no_std(sh: &Shell) -> anyhow::Result<()> {
    let source = project::root().join("core/src/lib.rs");
    let text = fs::read_to_string(&source).with_context(|| format!("read {}", source.display()))?;
    ensure!(text.lines().any(|line| line.trim() == "#![no_std]"), "{} lacks #![no_std]", source.display());
    if let Err(why) = project::add_target(sh, NO_STD_TARGET) {
        println!("skipped: the build of the core for {NO_STD_TARGET}, whose target could not be installed: {why:#}");
        return Ok(());
    }
    let core = "tillroll-core";
    Ok(cmd!(sh, "cargo check --package {core} --target {NO_STD_TARGET} --locked").run()?)
}

struct TestRun {
    succeeded: bool,
    tally: Tally,
}

/// Runs a test command, passing its output on line by line and counting what it reports.
fn run_tests(command: Cmd<'_>) -> anyhow::Result<TestRun> {
    eprintln!("$ {command}");
    let mut child = Command::from(command).stdout(Stdio::piped()).spawn().context("start cargo")?;
    let Some(output) = child.stdout.take() else {
        bail!("cargo was started without its output");
    };
    let (found, results) = mpsc::channel();
    thread::spawn(move || relay(output, &found));
    let succeeded = child.wait().context("wait for cargo")?.success();
    let mut tally = Tally::default();
    while let Ok(one) = results.recv_timeout(DRAIN_MAX) {
        tally.add(one);
    }
    Ok(TestRun { succeeded, tally })
}

fn relay(output: ChildStdout, found: &Sender<Tally>) {
    let mut output = BufReader::new(output);
    let mut line = Vec::new();
    while output.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
        let mut terminal = io::stdout().lock();
        // A terminal that went away stops nothing: the exit status still tells.
        let _ = terminal.write_all(&line).and_then(|()| terminal.flush());
        if let Some(tally) = Tally::read(&String::from_utf8_lossy(&line)) {
            let _ = found.send(tally);
        }
        line.clear();
    }
}

/// How many tests passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    passed: u64,
    failed: u64,
}

impl Tally {
    /// Reads a line with which a test program ends.
    fn read(line: &str) -> Option<Self> {
        Self::read_cargo(line).or_else(|| Self::read_node(line))
    }

    /// `test result: ok. 3 passed; 0 failed; …`
    fn read_cargo(line: &str) -> Option<Self> {
        let (_verdict, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
        let count = |name: &str| {
            let number = counts.split(';').find_map(|part| part.trim().strip_suffix(name))?;
            number.trim().parse().ok()
        };
        Some(Self { passed: count("passed")?, failed: count("failed")? })
    }

    /// One of `ℹ pass 3`, `ℹ fail 0` and `ℹ cancelled 0`, each on a line of its own.
    fn read_node(line: &str) -> Option<Self> {
        let (what, number) = line.strip_prefix("ℹ ")?.split_once(' ')?;
        let number = number.trim().parse().ok()?;
        match what {
            "pass" => Some(Self { passed: number, failed: 0 }),
            "fail" | "cancelled" => Some(Self { passed: 0, failed: number }),
            _ => None,
        }
    }

    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tally_is_read_from_the_last_line_of_a_test_program_only() {
        let cases = [
            (
                "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n",
                Some(Tally { passed: 3, failed: 0 }),
            ),
            (
                "test result: FAILED. 12 passed; 2 failed; 0 ignored; 0 measured; 5 filtered out; finished in 1.20s\n",
                Some(Tally { passed: 12, failed: 2 }),
            ),
            ("ℹ pass 7\n", Some(Tally { passed: 7, failed: 0 })),
            ("ℹ fail 1\n", Some(Tally { passed: 0, failed: 1 })),
            ("ℹ cancelled 2\n", Some(Tally { passed: 0, failed: 2 })),
            ("ℹ tests 10\n", None),
            ("ℹ duration_ms 3747.19\n", None),
            ("test a_cart_is_opened ... ok\n", None),
            ("running 3 tests\n", None),
            ("test result: nonsense\n", None),
        ];
        for (line, expected) in cases {
            assert_eq!(Tally::read(line), expected, "{line}");
        }
    }
}
