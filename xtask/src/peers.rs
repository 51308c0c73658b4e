//! `cargo xtask peers`: installs what others wrote and tests ask for a second opinion, into `.peers/`, each a Python
//! environment of its own: ministack, an AWS emulator; schemathesis, which makes up requests from the API's own
//! description; and checkov, which knows what is usually forgotten in Terraform. Nothing is started here.
//!
//! Each test starts `.peers/ministack/bin/ministack` on a port of its own, with `BIND_HOST` and `MINISTACK_HOST` set to
//! 127.0.0.1 and `IOT_MTLS_ENABLED=0`, because it listens on every interface otherwise, and with `GATEWAY_PORT`,
//! `STATE_DIR`, `S3_DATA_DIR` and `TMPDIR` of that test.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use xshell::{Shell, cmd};

use crate::python::{self, Part};
use crate::{project, usage};

pub(crate) const HELP: &str = "\
cargo xtask peers

Installs from PyPI, each into a Python environment of its own, and prints where their programs are:
  .peers/ministack     an AWS emulator (about 90 MB)
  .peers/schemathesis  makes up requests from the API's description (about 90 MB)
  .peers/checkov       looks for what is forgotten in Terraform (about 290 MB)
A second run finds them and does nothing. Needs python3 (3.11 or newer) with venv.
";

/// A program that others wrote.
struct Peer {
    /// Its folder in `.peers/`.
    name: &'static str,
    /// Its program.
    program: &'static str,
    /// What is installed.
    pins: Pins,
}

enum Pins {
    /// This version of the package, with what it brings.
    Version(&'static str),
    /// All packages with their hashes: a file of the project, and what is in it.
    Hashes { file: &'static str, text: &'static str },
}

const PEERS: [Peer; 3] = [
    Peer { name: "ministack", program: "bin/ministack", pins: Pins::Version("ministack==1.5.33") },
    Peer { name: "checkov", program: "bin/checkov", pins: Pins::Version("checkov==3.3.30") },
    Peer {
        name: "schemathesis",
        program: "bin/st",
        pins: Pins::Hashes {
            file: "xtask/schemathesis-requirements.txt",
            text: include_str!("../schemathesis-requirements.txt"),
        },
    },
];

pub(crate) fn run(args: &[String]) -> anyhow::Result<ExitCode> {
    if !args.is_empty() {
        return Ok(usage("peers takes no arguments.", HELP));
    }
    for program in install()? {
        println!("{}", program.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// Installs what is not there; answers the paths of the programs.
pub(crate) fn install() -> anyhow::Result<Vec<PathBuf>> {
    let folder = project::root().join(".peers");
    PEERS.iter().map(|peer| peer.install(&folder)).collect()
}

impl Peer {
    fn install(&self, folder: &Path) -> anyhow::Result<PathBuf> {
        let environment = folder.join(self.name);
        let program = environment.join(self.program);
        if self.is_there(&environment) {
            return Ok(program);
        }
        let _held = project::lock(folder)?;
        if self.is_there(&environment) {
            return Ok(program);
        }
        let sh = project::shell()?;
        python::require(&sh, Part::Venv)?;
        eprintln!("installing {} from PyPI", self.name);
        sh.remove_path(&environment)?;
        let create = cmd!(sh, "python3 -m venv {environment}");
        python::run(&format!("create the Python environment of {}", self.name), create)?;
        self.bring(&sh, &environment)?;
        // Last, so that an installation that was stopped half-way begins again.
        sh.write_file(environment.join(".stamp"), self.stamp(&environment))?;
        Ok(program)
    }

    fn bring(&self, sh: &Shell, environment: &Path) -> anyhow::Result<()> {
        let python = environment.join("bin/python");
        let wanted = match self.pins {
            Pins::Version(package) => vec![package.to_owned()],
            Pins::Hashes { file, .. } => {
                let file = project::root().join(file).display().to_string();
                vec!["--no-deps".to_owned(), "--require-hashes".to_owned(), "--requirement".to_owned(), file]
            }
        };
        let install = cmd!(sh, "{python} -m pip install --quiet --disable-pip-version-check {wanted...}");
        python::run(&format!("install {} from PyPI", self.name), install)
    }

    /// Python writes absolute paths into an environment, so one that was moved has to be made again.
    fn stamp(&self, environment: &Path) -> String {
        let (Pins::Version(pins) | Pins::Hashes { text: pins, .. }) = self.pins;
        format!("{pins} in {}\n", environment.display())
    }

    fn is_there(&self, environment: &Path) -> bool {
        let installed = fs::read_to_string(environment.join(".stamp"));
        installed.is_ok_and(|text| text == self.stamp(environment)) && environment.join(self.program).is_file()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_package_of_schemathesis_is_pinned_by_hash() {
        for peer in &PEERS {
            let Pins::Hashes { text, .. } = peer.pins else { continue };
            let (mut packages, mut hashes_of_one) = (0, 1);
            for line in text.lines().filter(|line| !line.starts_with('#')) {
                if line.contains("==") {
                    assert!(hashes_of_one > 0, "the package before {line} has no hash");
                    (packages, hashes_of_one) = (packages + 1, 0);
                } else if line.trim_start().starts_with("--hash=sha256:") {
                    hashes_of_one += 1;
                }
            }
            assert!(packages > 1 && hashes_of_one > 0, "{packages} packages");
        }
    }
}
