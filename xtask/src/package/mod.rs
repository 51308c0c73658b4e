//! `cargo xtask package`: the Lambda functions as zips, each with one program named `bootstrap`. The list of functions is
//! host-lambda's manifest; how they are built for another machine is `toolchain`'s matter, how they are packed `bundle`'s.

mod bundle;
mod glibc;
mod toolchain;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail, ensure};
use xshell::{Shell, cmd};

use self::toolchain::Arch;
use crate::{project, usage};

pub(crate) const HELP: &str = "\
cargo xtask package [--arch arm64|x86_64] [--dev] [--out DIR] [function…]

Builds the Lambda functions, all of them or those named (command, publish, …), and makes a zip of each with one program,
`bootstrap`, for the runtime provided.al2023. The same sources and compiler make the same zips, wherever they lie.
Prints the size and the SHA-256 of each. The first build takes about ten minutes on two cores.

  --arch  what is to run them: arm64 unless given otherwise
  --dev   unoptimised programs of this machine, uncompressed and in seconds: for tests and stand-ins of AWS
  --out   where the zips go: target/lambda/<arch> unless given, target/lambda/dev with --dev
";

/// What a zip of a function should stay under: a cold start loads all of it.
const ZIP_BYTES_MAX: usize = 2_000_000;

const PACKAGE: &str = "tillroll-host-lambda";
const MANIFEST: &str = "host-lambda/Cargo.toml";
/// Tells host-lambda's build script that the profile aborts.
const NO_UNWINDING: &str = "TILLROLL_NO_UNWINDING";
/// What the programs' names begin with and the functions' do not: a workspace has one folder for all programs.
const PROGRAM_PREFIX: &str = "tillroll-";

/// What to build, and where to put it.
#[derive(Debug, PartialEq, Eq)]
struct Order {
    arch: Arch,
    dev: bool,
    out: PathBuf,
    /// None named: all.
    functions: Vec<String>,
}

pub(crate) fn run(args: &[String]) -> anyhow::Result<ExitCode> {
    let order = match Order::read(args) {
        Ok(order) => order,
        Err(problem) => return Ok(usage(&problem, HELP)),
    };
    let functions = order.chosen(functions_of(&fs::read_to_string(project::root().join(MANIFEST))?)?)?;
    let sh = project::shell()?;
    let folder = if order.dev { build_dev(&sh, order.arch)? } else { build(&sh, order.arch, &functions)? };

    sh.create_dir(&order.out)?;
    println!("{:<10} {:>10} {:>10}  sha256", "function", "zip", "program");
    for function in &functions {
        let program = folder.join(format!("{PROGRAM_PREFIX}{function}"));
        let bytes = if order.dev { stripped(&sh, &program)? } else { read(&program)? };
        if !order.dev {
            glibc::check(&bytes).with_context(|| format!("{} cannot run on Lambda", program.display()))?;
        }
        let zip = if order.dev { bundle::stored(&bytes) } else { bundle::compressed(&bytes) };
        let zip = zip.with_context(|| format!("pack {}", program.display()))?;
        let path = order.out.join(format!("{function}.zip"));
        sh.write_file(&path, &zip)?;
        println!("{function:<10} {:>10} {:>10}  {}", zip.len(), bytes.len(), bundle::sha256(&zip));
        if !order.dev && zip.len() > ZIP_BYTES_MAX {
            eprintln!("{} is larger than {ZIP_BYTES_MAX} bytes, which its cold start will show", path.display());
        }
    }
    println!("in {}", order.out.display());
    Ok(ExitCode::SUCCESS)
}

impl Order {
    fn read(args: &[String]) -> Result<Self, String> {
        let (mut arch, mut dev, mut out, mut functions) = (None, false, None, Vec::new());
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or_else(|| format!("{arg} needs a value."));
            match arg.as_str() {
                "--arch" => arch = Some(value()?.parse::<Arch>()?),
                "--out" => out = Some(value()?),
                "--dev" => dev = true,
                flag if flag.starts_with('-') => return Err(format!("{flag} is not an option of package.")),
                function => functions.push(function.to_owned()),
            }
        }
        let arch = match (arch, dev) {
            (None, false) => Arch::Arm64,
            (Some(arch), false) => arch,
            (arch, true) => {
                let here =
                    Arch::here().ok_or("--dev makes programs of this machine, which is none that Lambda has.")?;
                if arch.is_some_and(|arch| arch != here) {
                    return Err(format!("--dev makes programs of this machine, which is {}.", here.name()));
                }
                here
            }
        };
        // Where Terraform's variables look unless told otherwise, wherever cargo builds.
        let folder = project::root().join("target/lambda").join(if dev { "dev" } else { arch.name() });
        let out = match out {
            None => folder,
            // Where the person stands: commands themselves run in the project's root.
            Some(out) => std::path::absolute(out).map_err(|why| format!("--out {out}: {why}."))?,
        };
        Ok(Self { arch, dev, out, functions })
    }

    /// The functions to make, of those there are.
    fn chosen(&self, there: Vec<String>) -> anyhow::Result<Vec<String>> {
        if let Some(unknown) = self.functions.iter().find(|name| !there.contains(name)) {
            bail!("there is no function {unknown}; there are {}", there.join(", "));
        }
        Ok(if self.functions.is_empty() { there } else { self.functions.clone() })
    }
}

/// The functions' names, from the `[[bin]]` tables of their crate's manifest.
fn functions_of(manifest: &str) -> anyhow::Result<Vec<String>> {
    let mut functions = Vec::new();
    for table in manifest.split("\n[").filter_map(|table| table.strip_prefix("[bin]]")) {
        let name = table.lines().find_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'));
        let name = name.with_context(|| format!("{MANIFEST}: a [[bin]] has no name"))?;
        let function = name.strip_prefix(PROGRAM_PREFIX);
        functions.push(function.with_context(|| format!("{MANIFEST}: {name} lacks {PROGRAM_PREFIX}"))?.to_owned());
    }
    ensure!(!functions.is_empty(), "{MANIFEST} has no [[bin]]");
    Ok(functions)
}

/// Builds for Lambda; answers with the folder of the programs.
fn build(sh: &Shell, arch: Arch, functions: &[String]) -> anyhow::Result<PathBuf> {
    let toolchain = toolchain::prepare(sh, arch)?;
    let target = arch.target();
    let programs = functions.iter().flat_map(|function| ["--bin".to_owned(), format!("{PROGRAM_PREFIX}{function}")]);
    let programs: Vec<String> = programs.collect();
    // By itself and not as a part of the workspace: a function has the features it needs and no others.
    let build = cmd!(sh, "cargo build --locked --profile lambda --package {PACKAGE} {programs...} --target {target}");
    let target_folder = target_folder(sh)?;
    build
        .envs(toolchain)
        .env("CARGO_ENCODED_RUSTFLAGS", path_free(sh, &target_folder)?)
        .env(NO_UNWINDING, "1")
        .run()?;
    Ok(target_folder.join(target).join("lambda"))
}

/// Builds one function for Lambda's machines of this one's kind; answers with its program.
pub(crate) fn build_here(sh: &Shell, function: &str) -> anyhow::Result<PathBuf> {
    let arch = Arch::here().context("Lambda has no machines like this one")?;
    Ok(build(sh, arch, &[function.to_owned()])?.join(format!("{PROGRAM_PREFIX}{function}")))
}

/// Builds all that tests build, which is done already where they ran, and nothing for a second set of features.
fn build_dev(sh: &Shell, arch: Arch) -> anyhow::Result<PathBuf> {
    cmd!(sh, "cargo build --locked --workspace --all-targets").run()?;
    ensure!(Arch::here() == Some(arch), "dev programs are this machine's");
    Ok(target_folder(sh)?.join("debug"))
}

/// Flags with which a program does not know in which folders it was built.
pub(crate) fn path_free(sh: &Shell, target_folder: &Path) -> anyhow::Result<String> {
    let sysroot = cmd!(sh, "rustc --print sysroot").quiet().read()?;
    let version = cmd!(sh, "rustc --version --verbose").quiet().read()?;
    let commit = version.lines().find_map(|line| line.strip_prefix("commit-hash: ")).unwrap_or("unknown");
    let cargo_home = match sh.var_os("CARGO_HOME") {
        Some(folder) => PathBuf::from(folder),
        None => std::env::home_dir().context("no home folder, so CARGO_HOME has to be set")?.join(".cargo"),
    };
    // The last one that fits counts, so the folder in a folder comes after it.
    let mut folders = vec![
        (project::root(), "/tillroll".to_owned()),
        (target_folder.to_owned(), "/target".to_owned()),
        (Path::new(&sysroot).join("lib/rustlib/src/rust"), format!("/rustc/{commit}")),
    ];
    // A folder for each registry, named after where that is reached.
    let registries = sh.read_dir(cargo_home.join("registry/src")).unwrap_or_default();
    folders.extend(registries.into_iter().map(|registry| (registry, "/crates".to_owned())));
    let flags = folders.iter().map(|(folder, name)| format!("--remap-path-prefix={}={name}", folder.display()));
    Ok(flags.collect::<Vec<_>>().join("\x1f"))
}

/// The folder of what cargo builds.
pub(crate) fn target_folder(sh: &Shell) -> anyhow::Result<PathBuf> {
    let metadata = cmd!(sh, "cargo metadata --no-deps --format-version 1").quiet().read()?;
    let folder = metadata.split_once("\"target_directory\":\"").and_then(|(_, rest)| rest.split_once('"'));
    Ok(PathBuf::from(folder.context("cargo metadata does not name the target folder")?.0))
}

/// The program without what only a debugger reads, which is most of an unoptimised one.
fn stripped(sh: &Shell, program: &Path) -> anyhow::Result<Vec<u8>> {
    let copy = sh.create_temp_dir()?;
    let copied = copy.path().join("bootstrap");
    let outcome = cmd!(sh, "strip --strip-all -o {copied} {program}").quiet().run();
    if let Err(why) = outcome {
        eprintln!("{} goes with its debug information: {why}", program.display());
        return read(program);
    }
    read(&copied)
}

fn read(program: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(program).with_context(|| format!("read {}", program.display()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

    use super::*;

    fn order(args: &[&str]) -> Result<Order, String> {
        Order::read(&args.iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    #[test]
    fn functions_are_the_programs_of_the_manifest() {
        let manifest = "[package]\nname = \"x\"\n\n[[bin]]\nname = \"tillroll-command\"\npath = \"src/bin/command.rs\"\n\
                        \n[[bin]]\nname = \"tillroll-sweep\"\n\n[dependencies]\nname = \"y\"\n";
        assert_eq!(functions_of(manifest).unwrap(), ["command", "sweep"]);
        assert!(functions_of("[package]\nname = \"x\"\n").is_err());
        assert!(functions_of("\n[[bin]]\nname = \"command\"\n").is_err());
    }

    #[test]
    fn arguments_are_understood_or_refused() {
        let plain = order(&[]).unwrap();
        assert_eq!((plain.arch, plain.dev), (Arch::Arm64, false));
        assert!(plain.out.ends_with("target/lambda/arm64"));
        let one = order(&["--arch", "x86_64", "--out", "/srv/zips", "command"]).unwrap();
        assert_eq!((one.arch, one.out.as_path()), (Arch::X86_64, Path::new("/srv/zips")));
        assert_eq!(one.functions, ["command"]);
        for wrong in [&["--arch"][..], &["--arch", "riscv"], &["--release"]] {
            assert!(order(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn dev_programs_are_this_machines() {
        let Some(here) = Arch::here() else { return };
        let dev = order(&["--dev"]).unwrap();
        assert_eq!(dev.arch, here);
        assert!(dev.out.ends_with("target/lambda/dev"));
        let other = [Arch::Arm64, Arch::X86_64].into_iter().find(|arch| *arch != here).unwrap();
        assert!(order(&["--dev", "--arch", other.name()]).is_err());
    }

    #[test]
    fn a_function_that_is_not_there_is_named_with_those_that_are() {
        let there = || vec!["command".to_owned(), "sweep".to_owned()];
        assert_eq!(order(&[]).unwrap().chosen(there()).unwrap(), there());
        assert_eq!(order(&["sweep"]).unwrap().chosen(there()).unwrap(), ["sweep"]);
        let error = order(&["swep"]).unwrap().chosen(there()).unwrap_err().to_string();
        assert_eq!(error, "there is no function swep; there are command, sweep");
    }
}
