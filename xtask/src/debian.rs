//! Installing what is missing, where that may be done without asking: as root on Debian and its kin, as in CI. The
//! packages come from the distribution; elsewhere a person installs them.

use xshell::{Cmd, Shell, cmd};

/// Installs `packages` with apt. Answers whether this is a machine on which that may be done.
pub(crate) fn install(sh: &Shell, packages: &[&str]) -> anyhow::Result<bool> {
    if !is_root(sh) {
        return Ok(false);
    }
    eprintln!("missing: installing {}", packages.join(" "));
    let noninteractive = ("DEBIAN_FRONTEND", "noninteractive");
    cmd!(sh, "apt-get update -qq").env(noninteractive.0, noninteractive.1).run()?;
    cmd!(sh, "apt-get install -qq -y --no-install-recommends {packages...}")
        .env(noninteractive.0, noninteractive.1)
        .run()?;
    Ok(true)
}

fn is_root(sh: &Shell) -> bool {
    let user = cmd!(sh, "id -u").quiet().ignore_stderr().read();
    user.is_ok_and(|id| id == "0") && succeeds(cmd!(sh, "apt-get --version"))
}

/// Whether a program is there and ends well; it says nothing.
pub(crate) fn succeeds(command: Cmd<'_>) -> bool {
    let output = command.quiet().ignore_status().output();
    output.is_ok_and(|output| output.status.success())
}
