//! Finding the system that a command works with: a running one, or else the same system started in this process.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{env, fs};

use tillroll_local::folder::{self, Occupant};
use tillroll_local::system::Options;

use super::aws::{Choice, OnAws};
use super::client::Client;
use super::failure::Failure;
use super::running::Running;

const URL_VARIABLE: &str = "TILLROLL_URL";
const FOLDER_VARIABLE: &str = "TILLROLL_DATA_DIR";
/// The folder of `cargo xtask dev`, in the project's own.
const PROJECT_FOLDER: &str = ".tillroll";

/// A system that is just starting is waited for: a second is what a start takes, this is for slow machines.
const STARTING_WAIT_MAX: Duration = Duration::from_secs(20);
/// As long as an import of millions of events can take to get through.
const HURRY_MAX: Duration = Duration::from_hours(1);
const STARTING_POLL: Duration = Duration::from_millis(50);

/// A running system, and whether it is ours to stop.
pub(crate) struct Reach {
    client: Client,
    own: Own,
}

/// What of the system is in this process.
enum Own {
    /// Nothing: it runs elsewhere.
    Nothing,
    /// All of it.
    System(Box<Running>),
    /// Its router, over stores and functions on AWS.
    Router(Box<OnAws>),
}

impl Reach {
    /// Finds a running system or starts one.
    pub(crate) async fn find(flag: Option<PathBuf>, aws: &Choice) -> Result<Self, Failure> {
        if aws.is_aws()? {
            let (router, client) = OnAws::connect(aws).await?;
            return Ok(Self { client, own: Own::Router(Box::new(router)) });
        }
        let folder = match place(flag, variable, projects(), |folder| folder::occupant(folder).is_some())? {
            Place::Url(url) => return Ok(Self { client: Client::new(&url)?, own: Own::Nothing }),
            Place::Folder(folder) => folder,
        };
        match running(&folder).await? {
            Some(port) => Ok(Self { client: Client::new(&loopback(port))?, own: Own::Nothing }),
            None => Self::to(Running::start(Options::new(folder), 0).await?),
        }
    }

    /// Reaches a system of this process.
    pub(crate) fn to(own: Running) -> Result<Self, Failure> {
        Ok(Self { client: Client::new(&loopback(own.port()))?, own: Own::System(Box::new(own)) })
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Whether the system goes on when this program ends.
    pub(crate) fn is_elsewhere(&self) -> bool {
        matches!(self.own, Own::Nothing)
    }

    /// Whether the stages are functions on AWS, of which nobody is told when all of them are done.
    pub(crate) fn is_on_aws(&self) -> bool {
        matches!(self.own, Own::Router(_))
    }

    /// Lets a system that was started here finish what is there without waiting for batches to fill; it ends when
    /// that is done. For a system elsewhere it never ends.
    pub(crate) async fn hurry(&self) {
        let Own::System(own) = &self.own else { return std::future::pending().await };
        if let Err(error) = own.drain(HURRY_MAX).await {
            tracing::debug!(%error, "the pipeline takes its time");
        }
    }

    /// Stops the system if it was started here.
    pub(crate) async fn end(self) {
        match self.own {
            Own::Nothing => {}
            Own::System(own) => own.end().await,
            Own::Router(router) => router.end().await,
        }
    }
}

/// Where to look.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    Url(String),
    Folder(PathBuf),
}

/// The data folder for `dev`: where the other commands would look, but for a running system elsewhere.
pub(crate) fn folder_for_dev(flag: Option<PathBuf>) -> Result<PathBuf, Failure> {
    folder_of(flag, |_| false)
}

/// The data folder to look at: the one of a system that the other commands would find, or else where `dev` would work.
pub(crate) fn folder_to_examine(flag: Option<PathBuf>) -> Result<PathBuf, Failure> {
    folder_of(flag, |folder| folder::occupant(folder).is_some())
}

/// The running system that the environment names.
pub(crate) fn named_system() -> Option<String> {
    variable(URL_VARIABLE)
}

fn folder_of(flag: Option<PathBuf>, is_in_use: impl Fn(&Path) -> bool) -> Result<PathBuf, Failure> {
    match place(flag, |name| variable(name).filter(|_| name != URL_VARIABLE), projects(), is_in_use)? {
        Place::Folder(folder) => Ok(folder),
        Place::Url(url) => Err(Failure::misuse(format!("{url} is no folder"))),
    }
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// The folders that a project may have, nearest first: in the current folder and in those above it, as cargo and git
/// look. Above it only what is the user's own counts: in a folder that many share, anybody could put one there.
fn projects() -> Vec<PathBuf> {
    let here = PathBuf::from(PROJECT_FOLDER);
    let Ok(current) = env::current_dir() else { return vec![here] };
    let above = current.ancestors().skip(1).map(|folder| folder.join(PROJECT_FOLDER));
    let user = rustix::process::geteuid().as_raw();
    let is_own = |folder: &PathBuf| fs::metadata(folder).is_ok_and(|folder| folder.uid() == user);
    std::iter::once(here).chain(above.filter(is_own)).collect()
}

fn place(
    flag: Option<PathBuf>,
    variable: impl Fn(&str) -> Option<String>,
    projects: Vec<PathBuf>,
    is_in_use: impl Fn(&Path) -> bool,
) -> Result<Place, Failure> {
    if let Some(folder) = flag {
        return Ok(Place::Folder(folder));
    }
    if let Some(url) = variable(URL_VARIABLE) {
        return if url.starts_with("http://") {
            Ok(Place::Url(url))
        } else {
            Err(Failure::misuse(format!("{URL_VARIABLE} is no address: {}", url.escape_debug()))
                .hint("write it like http://127.0.0.1:7070"))
        };
    }
    if let Some(folder) = variable(FOLDER_VARIABLE) {
        return Ok(Place::Folder(folder.into()));
    }
    if let Some(project) = projects.into_iter().find(|folder| is_in_use(folder)) {
        return Ok(Place::Folder(project));
    }
    // The XDG rule: a relative path there counts as none.
    let absolute = |name| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || absolute("HOME").map(|home| home.join(".local/share"));
    let Some(shared) = absolute("XDG_DATA_HOME").or_else(home) else {
        return Err(Failure::misuse("there is no home folder to keep carts in").hint("name a folder with --data-dir"));
    };
    Ok(Place::Folder(shared.join("tillroll")))
}

/// The port of the system that runs on the folder; waits for one that is just starting.
async fn running(folder: &Path) -> Result<Option<u16>, Failure> {
    let waiting = async {
        loop {
            match folder::occupant(folder) {
                None => return None,
                Some(Occupant { port: Some(port), .. }) => return Some(port),
                Some(Occupant { port: None, .. }) => tokio::time::sleep(STARTING_POLL).await,
            }
        }
    };
    tokio::time::timeout(STARTING_WAIT_MAX, waiting).await.map_err(|_| {
        let folder = folder.display();
        Failure::new(format!("the process that works in {folder} serves nothing"))
            .hint("stop it, or wait until it ends")
    })
}

pub(crate) fn loopback(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

    use super::*;

    fn found(flag: Option<&str>, variables: &[(&str, &str)], in_use: &str) -> Result<Place, Failure> {
        let variable = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        let projects = [".tillroll", "/shop/web/.tillroll", "/shop/.tillroll"].map(PathBuf::from).into();
        place(flag.map(PathBuf::from), variable, projects, |folder| in_use.split(' ').any(|it| folder == Path::new(it)))
    }

    #[test]
    fn the_system_is_looked_for_in_the_order_that_the_help_states() {
        let url = (URL_VARIABLE, "http://127.0.0.1:7071");
        let folder = (FOLDER_VARIABLE, "/srv/shop");
        let home = ("HOME", "/home/ada");
        let at = |path: &str| Place::Folder(path.into());
        let cases = [
            (Some("mine"), vec![url, folder, home], ".tillroll", at("mine")),
            (None, vec![url, folder, home], ".tillroll", Place::Url(url.1.into())),
            (None, vec![folder, home], ".tillroll", at("/srv/shop")),
            (None, vec![home], ".tillroll", at(".tillroll")),
            (None, vec![home], "/shop/.tillroll /shop/web/.tillroll", at("/shop/web/.tillroll")),
            (None, vec![home], "/shop/.tillroll", at("/shop/.tillroll")),
            (None, vec![home], "", at("/home/ada/.local/share/tillroll")),
            (None, vec![home, ("XDG_DATA_HOME", "/data")], "", at("/data/tillroll")),
            (None, vec![home, ("XDG_DATA_HOME", "data")], "", at("/home/ada/.local/share/tillroll")),
        ];
        for (flag, variables, in_use, expected) in cases {
            assert_eq!(found(flag, &variables, in_use).unwrap(), expected, "{flag:?} {variables:?} {in_use}");
        }
    }

    #[test]
    fn an_address_that_is_none_and_a_missing_home_are_said() {
        for variables in [&[(URL_VARIABLE, "127.0.0.1:7070")][..], &[(URL_VARIABLE, "https://shop")], &[]] {
            assert!(
                matches!(found(None, variables, ""), Err(Failure::Said { hint: Some(_), is_misuse: true, .. })),
                "{variables:?}"
            );
        }
    }
}
