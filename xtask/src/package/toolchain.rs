//! What cargo needs to build for a machine of Lambda: the standard library of its target, and for another kind of machine
//! than this one a linker and a C compiler (the TLS library and zstd are partly C). Finds them or says what to install.

use std::fmt::Write as _;
use std::str::FromStr;

use anyhow::bail;
use xshell::{Shell, cmd};

/// The processors that Lambda has, by Lambda's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arch {
    Arm64,
    X86_64,
}

impl FromStr for Arch {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = [Self::Arm64, Self::X86_64].into_iter().find(|arch| arch.name() == name);
        found.ok_or_else(|| format!("--arch is arm64 or x86_64, and not {name}."))
    }
}

impl Arch {
    /// This machine's, if Lambda has such ones.
    pub(super) fn here() -> Option<Self> {
        match (std::env::consts::OS, std::env::consts::ARCH) {
            ("linux", "aarch64") => Some(Self::Arm64),
            ("linux", "x86_64") => Some(Self::X86_64),
            _ => None,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Arm64 => "arm64",
            Self::X86_64 => "x86_64",
        }
    }

    pub(super) fn target(self) -> &'static str {
        match self {
            Self::Arm64 => "aarch64-unknown-linux-gnu",
            Self::X86_64 => "x86_64-unknown-linux-gnu",
        }
    }

    /// The C compiler for it, which also links.
    fn compiler(self) -> &'static str {
        match self {
            Self::Arm64 => "aarch64-linux-gnu-gcc",
            Self::X86_64 => "x86_64-linux-gnu-gcc",
        }
    }

    /// Debian's package of that compiler.
    fn debian_package(self) -> &'static str {
        match self {
            Self::Arm64 => "gcc-aarch64-linux-gnu libc6-dev-arm64-cross",
            Self::X86_64 => "gcc-x86-64-linux-gnu libc6-dev-amd64-cross",
        }
    }
}

/// Sees to the target; answers with the variables that cargo needs to build for it.
pub(super) fn prepare(sh: &Shell, arch: Arch) -> anyhow::Result<Vec<(String, String)>> {
    let mut missing = Vec::new();
    if let Err(why) = add_std(sh, arch) {
        missing.push(format!(
            "the standard library of {target}, which could not be installed ({why:#}): `rustup target add {target}`",
            target = arch.target()
        ));
    }
    let compiler = (Arch::here() != Some(arch)).then(|| arch.compiler());
    if let Some(compiler) = compiler
        && cmd!(sh, "{compiler} --version").quiet().ignore_stdout().ignore_stderr().run().is_err()
    {
        missing.push(format!(
            "{compiler}, which compiles the C parts and links: `apt-get install {}` on Debian and Ubuntu",
            arch.debian_package()
        ));
    }
    if missing.is_empty() {
        return Ok(compiler.map(|compiler| variables(arch, compiler)).unwrap_or_default());
    }
    bail!(advice(arch, &missing));
}

fn add_std(sh: &Shell, arch: Arch) -> anyhow::Result<()> {
    let target = arch.target();
    // A Rust without rustup has its own target and no other.
    let Ok(installed) = cmd!(sh, "rustup target list --installed").quiet().ignore_stderr().read() else {
        if Arch::here() == Some(arch) {
            return Ok(());
        }
        bail!("there is no rustup to ask");
    };
    if installed.lines().any(|line| line == target) {
        return Ok(());
    }
    eprintln!("installing the standard library of {target}");
    Ok(cmd!(sh, "rustup target add {target}").quiet().run()?)
}

fn variables(arch: Arch, compiler: &str) -> Vec<(String, String)> {
    let small = arch.target().replace('-', "_");
    vec![
        (format!("CARGO_TARGET_{}_LINKER", small.to_ascii_uppercase()), compiler.to_owned()),
        (format!("CC_{small}"), compiler.to_owned()),
    ]
}

fn advice(arch: Arch, missing: &[String]) -> String {
    let mut text = format!("building for {} needs what is not here:", arch.name());
    for (number, part) in missing.iter().enumerate() {
        let _ = write!(text, "\n  {}. {part}", number + 1);
    }
    if let Some(here) = Arch::here().filter(|here| *here != arch) {
        let here = here.name();
        let _ = write!(
            text,
            "\nOr package for this machine's kind, which Lambda has as well: `cargo xtask package --arch {here}`, and \
             `architecture = \"{here}\"` in Terraform"
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_is_told_the_linker_and_the_c_compiler_of_another_machine() {
        let variables = variables(Arch::Arm64, Arch::Arm64.compiler());
        let expected = [
            ("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER", "aarch64-linux-gnu-gcc"),
            ("CC_aarch64_unknown_linux_gnu", "aarch64-linux-gnu-gcc"),
        ];
        assert_eq!(variables, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn all_that_is_missing_is_said_at_once_with_what_to_do() {
        let advice = advice(Arch::Arm64, &["a".to_owned(), "b".to_owned()]);
        assert!(advice.starts_with("building for arm64 needs what is not here:\n  1. a\n  2. b"), "{advice}");
        if Arch::here() == Some(Arch::X86_64) {
            assert!(advice.contains("cargo xtask package --arch x86_64"), "{advice}");
        }
    }
}
