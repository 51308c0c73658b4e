//! `cargo xtask bench`: hands over to the benchmark program of the tests crate, which knows what is measured and how.

use std::process::{Command, ExitCode};

use xshell::cmd;

use crate::{javascript, lambda_peers, project};

pub(crate) const HELP: &str = "\
cargo xtask bench [name…]

Builds in the release profile and runs the benchmarks, all of them or those named; each figure is printed with how it
was taken. Never part of `cargo xtask test`: a busy machine must not turn a correct program red.

`debugger` is the pages' own, in headless Chromium: how soon the timeline's band is there, what a moment and a step take,
rows and memory, with 100,000 and 1,000,000 events. It is run when it is named.
";

/// The benchmark that needs more than this build.
const LAMBDA: &str = "lambda";
/// The benchmark that is a script and drives a browser.
const DEBUGGER: &str = "debugger";

pub(crate) fn run(args: &[String]) -> anyhow::Result<ExitCode> {
    let sh = project::shell()?;
    let (debugger, args): (Vec<&String>, Vec<&String>) = args.iter().partition(|name| *name == DEBUGGER);
    if !debugger.is_empty() {
        javascript::build(&sh)?;
        javascript::find_browser(&sh)?;
        let script = project::root().join("web/timeline/bench/timeline.mjs");
        cmd!(sh, "node {script}").run()?;
        if args.is_empty() {
            return Ok(ExitCode::SUCCESS);
        }
    }
    if args.iter().any(|name| *name == LAMBDA) {
        lambda_peers::prepare(&sh)?;
    }
    cmd!(sh, "rustc --version").run()?;
    // Some benchmarks start the program itself, from the same folder. The peers are measured beside ours and built for
    // nothing else.
    let build = ["--release", "--features", "tillroll-tests/peers"];
    cmd!(sh, "cargo build {build...} --bin tillroll --bin bench").run()?;
    project::hand_over(&mut Command::from(cmd!(sh, "cargo run {build...} --bin bench -- {args...}")))
}
