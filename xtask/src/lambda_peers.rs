//! What `cargo xtask bench lambda` measures: our function in its release form, and beside it the peers of `tests/peers/`,
//! each as `.peers/lambda/<name>/bootstrap`. A peer whose language is not on this machine is left out, which is said.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use xshell::{Shell, cmd};

use crate::{package, project, python};

/// A peer's name, and what makes it in a folder of its own.
type Peer = (&'static str, fn(&Shell, &Path) -> anyhow::Result<()>);

const PEERS: [Peer; 3] = [("rust-defaults", rust_defaults), ("node", node), ("python", python)];

/// The function that is measured.
const OURS: (&str, &str) = ("tillroll", "command");

pub(crate) fn prepare(sh: &Shell) -> anyhow::Result<()> {
    let folder = project::root().join(".peers/lambda");
    let (name, function) = OURS;
    let program = package::build_here(sh, function)?;
    put(sh, &folder.join(name), &program)?;
    for (name, make) in PEERS {
        let peer = folder.join(name);
        if let Err(why) = sh.create_dir(&peer).map_err(Into::into).and_then(|_| make(sh, &peer)) {
            eprintln!("going on without {name}: {why:#}");
            // One of an earlier run would be measured in its place.
            sh.remove_path(peer.join("bootstrap"))?;
        }
    }
    Ok(())
}

fn sources(peer: &str) -> PathBuf {
    project::root().join("tests/peers").join(peer)
}

fn rust_defaults(sh: &Shell, folder: &Path) -> anyhow::Result<()> {
    let manifest = sources("rust-defaults").join("Cargo.toml");
    // A folder of its own: its crates are others than ours, with other features.
    let target = package::target_folder(sh)?.join("peers");
    cmd!(sh, "cargo build --release --locked --manifest-path {manifest} --target-dir {target}").run()?;
    put(sh, folder, &target.join("release/peer-rust-defaults"))
}

/// Bundled into one file, as those who mind cold starts do.
fn node(sh: &Shell, folder: &Path) -> anyhow::Result<()> {
    // Beside package.json, which says that all are modules, a program without an ending would be one too.
    let sources = sh.create_dir(folder.join("sources"))?;
    copy_sources(sh, "node", &sources)?;
    let program = cmd!(sh, "node --print process.execPath").quiet().read().context("node is needed")?;
    let _inside = sh.push_dir(&sources);
    cmd!(sh, "npm ci --silent --ignore-scripts --no-audit --no-fund").run()?;
    cmd!(sh, "npm run --silent bundle -- --log-level=warning").run()?;
    let bundle = sh.read_file("bundle.cjs")?;
    write_program(&folder.join("bootstrap"), &format!("#!{program}\n{bundle}"))
}

fn python(sh: &Shell, folder: &Path) -> anyhow::Result<()> {
    python::require(sh, python::Part::Venv)?;
    copy_sources(sh, "python", folder)?;
    let environment = folder.join("environment");
    python::run("create the Python environment", cmd!(sh, "python3 -m venv {environment}"))?;
    let program = environment.join("bin/python");
    let pins = folder.join("requirements.txt");
    let install = ["--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes", "--requirement"];
    python::run("install boto3 from PyPI", cmd!(sh, "{program} -m pip install {install...} {pins}"))?;
    let source = sh.read_file(folder.join("bootstrap.py"))?;
    write_program(&folder.join("bootstrap"), &format!("#!{}\n{source}", program.display()))
}

fn copy_sources(sh: &Shell, peer: &str, folder: &Path) -> anyhow::Result<()> {
    for source in sh.read_dir(sources(peer))?.iter().filter(|path| path.is_file()) {
        sh.copy_file(source, folder)?;
    }
    Ok(())
}

fn put(sh: &Shell, folder: &Path, program: &Path) -> anyhow::Result<()> {
    sh.create_dir(folder)?;
    Ok(sh.copy_file(program, folder.join("bootstrap"))?)
}

fn write_program(path: &Path, text: &str) -> anyhow::Result<()> {
    fs::write(path, text).with_context(|| format!("write {}", path.display()))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let everybody_may_run_it = fs::Permissions::from_mode(0o755);
        fs::set_permissions(path, everybody_may_run_it).with_context(|| format!("make {} run", path.display()))?;
    }
    Ok(())
}
