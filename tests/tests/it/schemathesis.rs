//! schemathesis, which nobody here wrote, reads the API's description and asks a running system what the description
//! says that it answers: valid requests, requests that are wrong in one place, methods that are not there. Its requests
//! are the same in every run; `tests/schemathesis.toml` says what they are checked for.

use std::path::{Path, PathBuf};
use std::process::Command;

use tillroll_tests::program::{Desk, Ran, wait_for};

/// Longest time in seconds, on a machine with other things to do; alone it takes a fraction.
const RUN_S_MAX: &str = "600";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// The program, unless tests are to go without it.
#[allow(clippy::print_stderr, reason = "a skipped test says so to whoever runs it")]
fn schemathesis() -> Option<PathBuf> {
    if std::env::var_os("TILLROLL_TEST_WITHOUT_PEERS").is_some_and(|value| value == "1") {
        eprintln!("skipped: TILLROLL_TEST_WITHOUT_PEERS=1");
        return None;
    }
    let program = root().join(".peers/schemathesis/bin/st");
    assert!(program.exists(), "{} is missing: run `cargo xtask peers`", program.display());
    Some(program)
}

#[test]
fn whatever_the_description_allows_or_forbids_is_answered_as_it_says() {
    let Some(program) = schemathesis() else { return };
    let desk = Desk::new();
    let catalogue = root().join("docs/examples/catalogue.json");
    let dev = desk.dev(&["--no-demo", "--catalogue", catalogue.to_str().unwrap()]);
    let mut command = Command::new("timeout");
    command.args(["--kill-after=5", RUN_S_MAX]).arg(program);
    command.arg("--config-file").arg(root().join("tests/schemathesis.toml"));
    // All checks; those that are off for an operation are off in the file, which a flag here would overrule.
    command.args(["--no-color", "run", &format!("{}/openapi.json", dev.api())]);
    // Its cache and its reports go with the desk, and no proxy of the machine stands between.
    command.current_dir(desk.folder.path()).env("HOME", desk.folder.path()).env("NO_PROXY", "127.0.0.1");
    let ran = Ran::of(command, "");
    let said = &ran.stdout;
    assert_eq!(ran.status, Some(0), "each failure has the curl that repeats it:\n{said}\n{}", ran.stderr);
    // All operations were asked, and the system is as well as before.
    assert!(!said.contains("No tests were executed"), "{said}");
    // Replays that were asked for may still switch generations, and a verification breaks off when one does.
    let verified = || Some(desk.run(&["verify", "--json"])).filter(|ran| ran.status != Some(1));
    let verified = wait_for("the replays to end", verified).fine().json();
    assert_eq!(verified["ok"], true, "{verified}");
}
