//! `cargo xtask openapi`: asks the tests that compare the API's description to write it instead.

use std::process::ExitCode;

use xshell::cmd;

use crate::{project, usage};

pub(crate) const HELP: &str = "\
cargo xtask openapi

Sends every example of the API's description to a running system, keeps the answers in
host-lambda/src/api/openapi/answers.json, and writes docs/openapi.json. Both belong into the commit that changes them:
look at the difference first, it is what callers will notice.
";

/// Tells the tests to write.
const WRITE: (&str, &str) = ("TILLROLL_WRITE_OPENAPI", "1");

pub(crate) fn run(args: &[String]) -> anyhow::Result<ExitCode> {
    if !args.is_empty() {
        return Ok(usage("openapi takes no arguments.", HELP));
    }
    let sh = project::shell()?;
    let whole = ["--workspace", "--locked"];
    // The program that the tests start, and then the answers before the document that has them.
    cmd!(sh, "cargo build {whole...} --bin tillroll").run()?;
    let answers = ["--test", "it", "--", "every_example_is_answered_as_it_says"];
    let description = ["--lib", "--", "the_committed_document_is_the_generated_one"];
    for tests in [&answers[..], &description] {
        cmd!(sh, "cargo test {whole...} --quiet {tests...}").env(WRITE.0, WRITE.1).run()?;
    }
    Ok(ExitCode::SUCCESS)
}
