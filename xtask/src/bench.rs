//! `cargo xtask bench`: hands over to the benchmark program of the tests crate, which knows what is measured and how.

use std::process::{Command, ExitCode};

use xshell::cmd;

use crate::{javascript, lambda_peers, project, reducer};

pub(crate) const HELP: &str = "\
cargo xtask bench [name…]

Builds in the release profile and runs the benchmarks, all of them or those named; each figure is printed with how it
was taken. Never part of `cargo xtask test`: a busy machine must not turn a correct program red.

`debugger` is the pages' own, in headless Chromium: how soon the timeline's band is there, what a moment and a step take,
rows and memory, with 100,000 and 1,000,000 events. It is run when it is named.

`reducer` is the reducer module's, in wasmtime and beside the same rules without wasm: folding, what fuel costs, compiling,
loading, its size. It is run when it is named, because wasmtime is built for it.
";

/// The benchmark that needs more than this build.
const LAMBDA: &str = "lambda";
/// The benchmark that is a script and drives a browser.
const DEBUGGER: &str = "debugger";
/// The benchmark that needs a module and wasmtime.
const REDUCER: &str = "reducer";

/// Prints what a browser would load of a file.
const BROTLI: &str = "\
const { brotliCompressSync } = require('node:zlib')
const { length } = brotliCompressSync(require('node:fs').readFileSync(process.argv[1]))
console.log('by brotli'.padEnd(58), String(length).padStart(9), 'bytes')";

pub(crate) fn run(args: &[String]) -> anyhow::Result<ExitCode> {
    let sh = project::shell()?;
    let (own, args): (Vec<&String>, Vec<&String>) =
        args.iter().partition(|name| [DEBUGGER, REDUCER].contains(&name.as_str()));
    if own.iter().any(|name| *name == DEBUGGER) {
        javascript::build(&sh)?;
        javascript::find_browser(&sh)?;
        let script = project::root().join("web/timeline/bench/timeline.mjs");
        cmd!(sh, "node {script}").run()?;
    }
    if own.iter().any(|name| *name == REDUCER) {
        let module = reducer::build_newest(&sh)?;
        cmd!(sh, "node --eval {BROTLI} {module}").quiet().run()?;
        cmd!(sh, "cargo run --release --package tillroll-reducers --bin reducer-figures -- {module}").run()?;
    }
    if !own.is_empty() && args.is_empty() {
        return Ok(ExitCode::SUCCESS);
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
