//! `cargo xtask reducer`: the reducer module, named by its hash, with a manifest beside it. It knows its own name, and
//! nothing of where it was built: the same sources and the same compiler give the same bytes.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail, ensure};
use sha2::{Digest as _, Sha256};
use xshell::{Shell, cmd};

use crate::{package, project, usage, web};

pub(crate) const HELP: &str = "\
cargo xtask reducer [--lock]

Builds the core as a wasm module without imports, names it by its SHA-256, and writes it with a manifest into
target/reducers: <sha256>.wasm, <sha256>.json, and newest.json, which is the same manifest again. Says whether it is the
module of reducer.lock. docs/reducers.md tells how to run it.

  --lock   write reducer.lock: do so after a change of the rules, and commit it
";

const PACKAGE: &str = "tillroll-reducer";
/// Cargo's name of the library.
const LIBRARY: &str = "tillroll_reducer.wasm";
/// The profile, and its folder.
const PROFILE: &str = "reducer";
/// In the module, before the bytes that are to say which one it is, and what stands there until then.
const IDENTITY: &[u8; 16] = b"tillroll-reducer";
const UNKNOWN: &[u8; 8] = b"????????";
/// Says which module belongs to the sources.
const LOCK: &str = "reducer.lock";
/// Where the numbers of the manifest are written down.
const ABI: (&str, &str) = ("core/src/reducer/mod.rs", "pub const ABI_VERSION: u8 = ");
const LAYOUT: (&str, &str) = ("core/src/packed/mod.rs", "pub const LAYOUT_VERSION: u8 = ");

/// A module that was built.
struct Built {
    sha256: String,
    path: PathBuf,
    bytes: usize,
    /// The compiler that built it.
    rustc: String,
}

pub(crate) fn run(args: &[String]) -> anyhow::Result<ExitCode> {
    let lock = match args {
        [] => false,
        [flag] if flag == "--lock" => true,
        _ => return Ok(usage("reducer takes --lock or nothing.", HELP)),
    };
    let sh = project::shell()?;
    web::add_target(&sh)?;
    let built = build(&sh)?;
    println!("{}  {} bytes", built.path.display(), built.bytes);
    let path = project::root().join(LOCK);
    if lock {
        fs::write(&path, lock_text(&built)).with_context(|| format!("write {}", path.display()))?;
        println!("{LOCK} is written");
    } else {
        match compare(&built, &read(&path)?)? {
            None => println!("it is the module of {LOCK}"),
            Some(why) => println!("{why}"),
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Builds the module for tests; answers the folder it is in.
pub(crate) fn build_for_tests(sh: &Shell) -> anyhow::Result<PathBuf> {
    web::add_target(sh)?;
    build(sh)?;
    folder(sh)
}

/// Builds the module; where it is.
pub(crate) fn build_newest(sh: &Shell) -> anyhow::Result<PathBuf> {
    web::add_target(sh)?;
    Ok(build(sh)?.path)
}

/// Whether the committed file names the module that was built for tests. Another compiler than the one that wrote the file
/// makes other bytes of the same rules, so that nothing can be said there.
pub(crate) fn check_lock(sh: &Shell) -> anyhow::Result<()> {
    let lock = read(&project::root().join(LOCK))?;
    let newest = read(&folder(sh)?.join("newest.json"))?;
    let said = |name: &str| {
        let value = newest.split_once(&format!("\"{name}\": \"")).and_then(|(_, rest)| rest.split_once('"'));
        value.map(|(value, _)| value.to_owned()).with_context(|| format!("newest.json lacks {name}"))
    };
    let built = Built { sha256: said("sha256")?, path: PathBuf::new(), bytes: 0, rustc: said("rustc")? };
    match compare(&built, &lock)? {
        None => Ok(()),
        Some(why) if built.rustc == locked(&lock, "rustc")? => bail!("{why}"),
        Some(why) => {
            println!("not compared: {why}");
            Ok(())
        }
    }
}

/// Why the module is not that of the lock file; none when it is.
fn compare(built: &Built, lock: &str) -> anyhow::Result<Option<String>> {
    let (sha256, rustc) = (locked(lock, "sha256")?, locked(lock, "rustc")?);
    if sha256 == built.sha256 {
        return Ok(None);
    }
    Ok(Some(if rustc == built.rustc {
        format!("{LOCK} names another module than these sources make: run `cargo xtask reducer --lock` and commit it")
    } else {
        format!("{LOCK} was written with {rustc}, and this is {}, which makes another module", built.rustc)
    }))
}

fn locked<'a>(lock: &'a str, name: &str) -> anyhow::Result<&'a str> {
    let value = lock.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(" = \"")?.strip_suffix('"'));
    value.with_context(|| format!("{LOCK} does not say `{name}`: run `cargo xtask reducer --lock`"))
}

fn lock_text(built: &Built) -> String {
    let Built { sha256, rustc, .. } = built;
    format!(
        "# The reducer module that these sources make, and the compiler that made it. `cargo xtask reducer --lock` writes\n\
         # this file, `cargo xtask test` checks it, and events are recorded with the first 16 digits.\n\
         sha256 = \"{sha256}\"\nrustc = \"{rustc}\"\n"
    )
}

fn folder(sh: &Shell) -> anyhow::Result<PathBuf> {
    Ok(package::target_folder(sh)?.join("reducers"))
}

fn build(sh: &Shell) -> anyhow::Result<Built> {
    let target = web::TARGET;
    let target_folder = package::target_folder(sh)?;
    // Nothing that a person has set for other builds makes another module.
    cmd!(sh, "cargo build --locked --package {PACKAGE} --lib --target {target} --profile {PROFILE}")
        .env("CARGO_ENCODED_RUSTFLAGS", package::path_free(sh, &target_folder)?)
        .run()?;
    let library = target_folder.join(target).join(PROFILE).join(LIBRARY);
    let mut module = fs::read(&library).with_context(|| format!("read {}", library.display()))?;
    // Folders of this machine would make another module elsewhere.
    let home = std::env::home_dir().unwrap_or_default();
    for place in [project::root(), target_folder.clone(), home].iter().filter(|place| place.parent().is_some()) {
        let place = place.as_os_str().as_encoded_bytes();
        let found = module.windows(place.len()).any(|window| window == place);
        ensure!(!found, "{} names a folder of this machine", library.display());
    }
    name(&mut module)?;
    let rustc = cmd!(sh, "rustc --version").quiet().read()?;
    let sha256 = hex(&Sha256::digest(&module));
    let folder = folder(sh)?;
    let _held = project::lock(&folder)?;
    let path = folder.join(format!("{sha256}.wasm"));
    let manifest = manifest(&sha256, module.len(), &rustc)?;
    for (path, bytes) in [
        (&path, module.as_slice()),
        (&folder.join(format!("{sha256}.json")), manifest.as_bytes()),
        (&folder.join("newest.json"), manifest.as_bytes()),
    ] {
        fs::write(path, bytes).with_context(|| format!("write {}", path.display()))?;
    }
    Ok(Built { sha256, path, bytes: module.len(), rustc })
}

/// Writes into the module which one it is: the first bytes of the hash that it has without that.
fn name(module: &mut [u8]) -> anyhow::Result<()> {
    let hash = Sha256::digest(&*module);
    let unnamed = [&IDENTITY[..], UNKNOWN].concat();
    let places: Vec<usize> =
        module.windows(unnamed.len()).enumerate().filter(|(_, it)| *it == unnamed).map(|(at, _)| at).collect();
    let &[place] = places.as_slice() else {
        bail!("the module has {} places for its name instead of one", places.len());
    };
    let start = place + IDENTITY.len();
    module[start..start + UNKNOWN.len()].copy_from_slice(&hash[..UNKNOWN.len()]);
    Ok(())
}

fn manifest(sha256: &str, bytes: usize, rustc: &str) -> anyhow::Result<String> {
    let (abi, layout) = (constant(ABI)?, constant(LAYOUT)?);
    let version = env!("CARGO_PKG_VERSION");
    Ok(format!(
        "{{\n  \"sha256\": \"{sha256}\",\n  \"abi_version\": {abi},\n  \"crate_version\": \"{version}\",\n  \
         \"packed_layouts\": [{layout}],\n  \"bytes\": {bytes},\n  \"rustc\": \"{rustc}\"\n}}\n"
    ))
}

/// A number as the core's source says it: nothing of ours is imported here.
fn constant((file, declared): (&str, &str)) -> anyhow::Result<u8> {
    let text = read(&project::root().join(file))?;
    let number = text.lines().find_map(|line| line.strip_prefix(declared)?.strip_suffix(';')?.parse().ok());
    number.with_context(|| format!("{file} does not say `{declared}`"))
}

fn read(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("read {}", path.display()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut digits, byte| {
        // Writing to a text fails for nothing.
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;

    fn built(sha256: &str, rustc: &str) -> Built {
        Built { sha256: sha256.to_owned(), path: PathBuf::new(), bytes: 0, rustc: rustc.to_owned() }
    }

    #[test]
    fn another_module_of_the_same_compiler_is_told_from_that_of_another_compiler() {
        let lock = lock_text(&built("ab", "rustc 1"));
        assert_eq!(compare(&built("ab", "rustc 1"), &lock).unwrap(), None);
        assert_eq!(compare(&built("ab", "rustc 2"), &lock).unwrap(), None);
        assert!(compare(&built("cd", "rustc 1"), &lock).unwrap().unwrap().contains("--lock"));
        assert!(compare(&built("cd", "rustc 2"), &lock).unwrap().unwrap().contains("rustc 2"));
        assert!(compare(&built("ab", "rustc 1"), "").is_err());
    }

    #[test]
    fn a_module_is_named_once_by_what_it_is_without_its_name() {
        let mut module = b"..tillroll-reducer????????..".to_vec();
        name(&mut module).unwrap();
        assert!(module.starts_with(b"..tillroll-reducer") && module.ends_with(b"..") && !module.contains(&b'?'));
        assert!(name(&mut module).is_err(), "it has its name");
        assert!(name(&mut b"tillroll-reducer????????".repeat(2)).is_err());
    }

    #[test]
    fn the_manifest_has_the_numbers_of_the_source() {
        let manifest = manifest("ab", 3, "rustc 1").unwrap();
        assert!(manifest.contains("\"abi_version\": 1") && manifest.contains("\"packed_layouts\": [1]"), "{manifest}");
    }
}
