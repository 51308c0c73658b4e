//! Where the project lies and how a command leaves this program: a shell in the root folder, one lock a folder, the
//! targets to build for, and the hand-over to a program that takes this one's place. Knows no command.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::Context as _;
use xshell::{Shell, cmd};

/// The folder of the workspace's Cargo.toml.
pub(crate) fn root() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).to_path_buf()
}

/// A shell whose commands run in the project's root, wherever the person stands.
pub(crate) fn shell() -> anyhow::Result<Shell> {
    let sh = Shell::new().context("open a shell in the current folder")?;
    sh.change_dir(root());
    Ok(sh)
}

/// Sees to it that the standard library of `target` is there.
pub(crate) fn add_target(sh: &Shell, target: &str) -> anyhow::Result<()> {
    let installed = cmd!(sh, "rustup target list --installed").quiet().read()?;
    if installed.lines().any(|there| there == target) {
        return Ok(());
    }
    Ok(cmd!(sh, "rustup target add {target}").run()?)
}

/// Creates `folder` and holds it until the returned file is dropped, so that two commands at once do not fill it
/// together: the second one waits and finds everything there.
pub(crate) fn lock(folder: &Path) -> anyhow::Result<File> {
    let path = folder.join(".lock");
    std::fs::create_dir_all(folder).with_context(|| format!("create {}", folder.display()))?;
    let file = File::create(&path).with_context(|| format!("create {}", path.display()))?;
    file.lock().with_context(|| format!("lock {}", path.display()))?;
    Ok(file)
}

/// Lets `command` take this process's place: it gets the terminal and every signal, and its exit status is ours.
#[cfg(unix)]
pub(crate) fn hand_over(command: &mut Command) -> anyhow::Result<ExitCode> {
    use std::os::unix::process::CommandExt as _;

    let why = command.exec();
    Err(why).with_context(|| format!("start {}", command.get_program().display()))
}

/// Runs `command` to its end and passes its exit status on. Ctrl+C reaches every process of a console by itself.
#[cfg(not(unix))]
pub(crate) fn hand_over(command: &mut Command) -> anyhow::Result<ExitCode> {
    let status = command.status().with_context(|| format!("start {}", command.get_program().display()))?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
