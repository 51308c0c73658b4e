//! Asking a person before something is done, and who that person is.

use std::env;
use std::io::{self, IsTerminal as _};

use tokio::task::spawn_blocking;

use super::Session;
use super::failure::{Failure, say};

/// What a person said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Agreement {
    Yes,
    No,
    Interrupted,
}

/// Asks; `what` says what needs a yes when nobody can be asked.
pub(crate) async fn agreement(question: &str, what: &str, session: &Session) -> Result<Agreement, Failure> {
    if !io::stdin().is_terminal() || session.json() {
        return Err(Failure::misuse(format!("{what}, and nobody can be asked")).hint("add --yes"));
    }
    say(&format!("{question} [y/N]"));
    let line = spawn_blocking(|| {
        let mut line = String::new();
        io::stdin().read_line(&mut line).map(|_| line)
    });
    let line = tokio::select! {
        line = line => line,
        () = session.interrupt.raised() => return Ok(Agreement::Interrupted),
    };
    let line = line.map_err(|error| Failure::of(&error))?.map_err(|error| Failure::of(&error))?;
    let is_yes = matches!(line.trim().to_ascii_lowercase().as_str(), "y" | "yes");
    Ok(if is_yes { Agreement::Yes } else { Agreement::No })
}

/// Who is recorded as having asked: whom the command line names, else the user of this machine.
pub(crate) fn by(named: Option<&str>) -> Option<String> {
    let user = || ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(|name| env::var(name).ok());
    named.map(str::to_owned).or_else(user).filter(|name| !name.trim().is_empty())
}
