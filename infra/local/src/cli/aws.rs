//! The system on AWS, as commands reach it: its ports in this process, behind the same HTTP front that a system of this
//! machine has. The front answers nobody but this command.

use std::env;
use std::net::Ipv4Addr;
use std::path::PathBuf;

use tillroll_host_lambda::s3::S3Archive;
use tillroll_local::aws::account::{Account, NoAccount};
use tillroll_local::aws::carrier::carry;
use tillroll_local::aws::names::{Names, NotNamed, variables_of_stack};
use tillroll_local::aws::old_bucket::OldBucket;
use tillroll_local::aws::system::{AwsArchive, AwsPorts};
use tillroll_local::clock::LocalClock;
use tillroll_local::front::Front;
use tillroll_local::host_check::Key;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::again::quoted;
use super::client::Client;
use super::failure::{Failure, say};
use super::reach::loopback;

const VARIABLE: &str = "TILLROLL_AWS";
const ENDPOINT: &str = "AWS_ENDPOINT_URL";
const REGION: &str = "AWS_REGION";

/// What the command line says about where the system is.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Choice {
    /// Work on the system on AWS, as the environment variable `TILLROLL_AWS=1` also says
    #[arg(long, global = true, display_order = super::GLOBAL_LAST, conflicts_with = "data_dir")]
    aws: bool,
    /// Work on the system on AWS that these outputs of Terraform name (`terraform output -json`)
    #[arg(long, value_name = "FILE", global = true, display_order = super::GLOBAL_LAST, conflicts_with = "data_dir")]
    stack: Option<PathBuf>,
}

impl Choice {
    /// Whether the command line itself says so.
    pub(crate) const fn is_asked_for(&self) -> bool {
        self.aws || self.stack.is_some()
    }

    /// The same options once more.
    pub(crate) fn options(&self) -> String {
        match &self.stack {
            Some(file) => format!(" --stack {}", quoted(&file.to_string_lossy())),
            None if self.aws => " --aws".to_owned(),
            None => String::new(),
        }
    }

    /// Whether the system on AWS is meant. Names of tables alone never say so: they may be left over.
    pub(crate) fn is_aws(&self) -> Result<bool, Failure> {
        let named = env::var(VARIABLE).unwrap_or_default();
        match named.as_str() {
            _ if self.is_asked_for() => Ok(true),
            "" | "0" => Ok(false),
            "1" => Ok(true),
            other => Err(Failure::misuse(format!("{VARIABLE} is 1 or 0, not {}", other.escape_debug()))),
        }
    }

    /// The names of everything, and the account they are in.
    pub(crate) async fn found(&self) -> Result<(Account, Names), Failure> {
        let variables = match &self.stack {
            Some(file) => Some(variables_of_stack(file).map_err(|error| unnamed(&error))?),
            None => None,
        };
        let names = Names::of(|name| match &variables {
            Some(variables) => variables.get(name).cloned(),
            None => env::var(name).ok(),
        });
        let names = names.map_err(|error| unnamed(&error))?;
        let of_stack = |name: &str| variables.as_ref().and_then(|variables| variables.get(name).cloned());
        let account = Account::find(of_stack(REGION), of_stack(ENDPOINT)).await.map_err(|error| explained(&error))?;
        Ok((account, names))
    }
}

fn explained(error: &NoAccount) -> Failure {
    let failure = Failure::of(error).hint(error.hint());
    if error.is_unset() { failure.misused() } else { failure }
}

fn unnamed(error: &NotNamed) -> Failure {
    Failure::of(error).hint(error.hint()).misused()
}

/// The ports of the system on AWS behind a front.
pub(crate) struct OnAws {
    front: Front,
    carrying: JoinHandle<()>,
}

impl OnAws {
    /// Connects, and says to what.
    pub(crate) async fn connect(choice: &Choice) -> Result<(Self, Client), Failure> {
        let (account, names) = choice.found().await?;
        say(&format!("on AWS: table {}, region {}{}", names.tables.events, account.region(), endpoint(&account)));
        let ports = AwsPorts::new(&account, &names);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(|error| Failure::of(&error))?;
        let port = listener.local_addr().map_err(|error| Failure::of(&error))?.port();
        let key = Key::random();
        let client = Client::with_key(&loopback(port), &key)?;
        let carrying = tokio::spawn(carry(ports.clone()));
        Ok((Self { front: Front::start_with_key(key, listener, ports), carrying }, client))
    }

    /// Takes no more requests.
    pub(crate) async fn end(self) {
        self.carrying.abort();
        self.front.stop().await;
    }
}

/// Region and credentials of this environment.
pub(crate) async fn account() -> Result<Account, Failure> {
    Account::find(None, None).await.map_err(|error| explained(&error))
}

/// Where calls go when they do not go to AWS, for a person.
pub(crate) fn endpoint(account: &Account) -> String {
    account.endpoint().map(|endpoint| format!(", at {endpoint}")).unwrap_or_default()
}

/// The archive in a bucket.
pub(crate) async fn bucket(name: &str) -> Result<AwsArchive, Failure> {
    Ok(S3Archive::new(account_of(name).await?.s3(), name, LocalClock::system()))
}

/// Everything in a bucket.
pub(crate) async fn old_bucket(name: &str) -> Result<OldBucket, Failure> {
    Ok(OldBucket::new(&account_of(name).await?, name))
}

async fn account_of(bucket: &str) -> Result<Account, Failure> {
    let account = account().await?;
    say(&format!("bucket {bucket} on AWS, region {}{}", account.region(), endpoint(&account)));
    Ok(account)
}
