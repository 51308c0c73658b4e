//! The one door to Python: is it there, and what to install when it is not. Only `data` and `peers` need it; the
//! program itself never does.

use anyhow::bail;
use xshell::{Cmd, Shell, cmd};

use crate::debian;

/// A part of Python that some Linux distributions package by itself.
#[derive(Clone, Copy)]
pub(crate) enum Part {
    /// Downloads packages.
    Pip,
    /// Makes separate environments; without `ensurepip` they would have no pip.
    Venv,
}

impl Part {
    fn probe(self, sh: &Shell) -> Cmd<'_> {
        match self {
            Self::Pip => cmd!(sh, "python3 -m pip --version"),
            Self::Venv => cmd!(sh, "python3 -c 'import ensurepip, venv'"),
        }
    }

    fn debian_package(self) -> &'static str {
        match self {
            Self::Pip => "python3-pip",
            Self::Venv => "python3-venv",
        }
    }
}

/// Makes sure that python3 with `part` can be run. As root on Debian it installs what is missing; elsewhere the error
/// says what to install.
pub(crate) fn require(sh: &Shell, part: Part) -> anyhow::Result<()> {
    if is_there(sh, part) {
        return Ok(());
    }
    let package = part.debian_package();
    if debian::install(sh, &["python3", package])? && is_there(sh, part) {
        return Ok(());
    }
    bail!(
        "python3 with {package} is needed: install it (Debian, Ubuntu: `apt-get install python3 {package}`; Fedora: \
         `dnf install python3 python3-pip`; macOS: `brew install python3`) and run this again"
    );
}

/// Runs a Python command quietly. When it fails, the error is what pip marks as one, else the last line it said.
pub(crate) fn run(what: &str, command: Cmd<'_>) -> anyhow::Result<()> {
    let output = command.quiet().ignore_status().output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let mut lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
    let marked = lines.clone().find_map(|line| line.strip_prefix("ERROR: "));
    let reason = marked.or_else(|| lines.next_back());
    bail!("{what}: {}", reason.unwrap_or("it failed and said nothing"));
}

fn is_there(sh: &Shell, part: Part) -> bool {
    debian::succeeds(part.probe(sh))
}
