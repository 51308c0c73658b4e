//! `cargo xtask peers`: installs ministack, an AWS emulator that nobody here wrote, so that contract suites can ask a
//! second opinion. Nothing is started here: each test starts `.peers/ministack/bin/ministack` on a port of its own,
//! with `BIND_HOST` and `MINISTACK_HOST` set to 127.0.0.1 and `IOT_MTLS_ENABLED=0`, because it listens on every
//! interface otherwise, and with `GATEWAY_PORT`, `STATE_DIR`, `S3_DATA_DIR` and `TMPDIR` of that test.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use xshell::cmd;

use crate::python::{self, Part};
use crate::{project, usage};

pub(crate) const HELP: &str = "\
cargo xtask peers

Installs the AWS emulator ministack from PyPI into .peers/ministack (a Python environment of its own, about 90 MB) and
prints where its program is. A second run finds it and does nothing. Needs python3 (3.10 or newer) with venv.
";

const PACKAGE: &str = "ministack==1.5.33";

pub(crate) fn run(args: &[String]) -> anyhow::Result<ExitCode> {
    if !args.is_empty() {
        return Ok(usage("peers takes no arguments.", HELP));
    }
    println!("{}", install()?.display());
    Ok(ExitCode::SUCCESS)
}

/// Installs the emulator unless it is there; answers the path of its program.
pub(crate) fn install() -> anyhow::Result<PathBuf> {
    let peers = project::root().join(".peers");
    let environment = peers.join("ministack");
    let program = environment.join("bin/ministack");
    if is_there(&environment, &program) {
        return Ok(program);
    }
    let _held = project::lock(&peers)?;
    if is_there(&environment, &program) {
        return Ok(program);
    }
    let sh = project::shell()?;
    python::require(&sh, Part::Venv)?;
    eprintln!("installing {PACKAGE} from PyPI (20 MB)");
    sh.remove_path(&environment)?;
    python::run("create the emulator's Python environment", cmd!(sh, "python3 -m venv {environment}"))?;
    let python = environment.join("bin/python");
    python::run(
        &format!("install {PACKAGE} from PyPI"),
        cmd!(sh, "{python} -m pip install --quiet --disable-pip-version-check {PACKAGE}"),
    )?;
    // Last, so that an installation that was stopped half-way begins again.
    sh.write_file(environment.join(".stamp"), stamp(&environment))?;
    Ok(program)
}

/// Python writes absolute paths into an environment, so one that was moved has to be made again.
fn stamp(environment: &Path) -> String {
    format!("{PACKAGE} in {}\n", environment.display())
}

fn is_there(environment: &Path, program: &Path) -> bool {
    let installed = fs::read_to_string(environment.join(".stamp"));
    installed.is_ok_and(|text| text == stamp(environment)) && program.is_file()
}
