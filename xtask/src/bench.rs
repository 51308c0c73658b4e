//! `cargo xtask bench`: hands over to the benchmark program of the tests crate, which knows what is measured and how.

use std::process::{Command, ExitCode};

use xshell::cmd;

use crate::{lambda_peers, project};

pub(crate) const HELP: &str = "\
cargo xtask bench [name…]

Builds in the release profile and runs the benchmarks, all of them or those named; each figure is printed with how it
was taken. Never part of `cargo xtask test`: a busy machine must not turn a correct program red.
";

/// The benchmark that needs more than this build.
const LAMBDA: &str = "lambda";

pub(crate) fn run(args: &[String]) -> anyhow::Result<ExitCode> {
    let sh = project::shell()?;
    if args.iter().any(|name| name == LAMBDA) {
        lambda_peers::prepare(&sh)?;
    }
    cmd!(sh, "rustc --version").run()?;
    // Some benchmarks start the program itself, from the same folder. The peers are measured beside ours and built for
    // nothing else.
    let build = ["--release", "--features", "tillroll-tests/peers"];
    cmd!(sh, "cargo build {build...} --bin tillroll --bin bench").run()?;
    project::hand_over(&mut Command::from(cmd!(sh, "cargo run {build...} --bin bench -- {args...}")))
}
