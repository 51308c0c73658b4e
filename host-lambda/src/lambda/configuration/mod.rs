//! What a function is told by its environment, as a value: complete, or refused with everything that is missing or wrong.
//!
//! `docs/aws.md` has the table of all variables; a test holds it against what is read here.

mod forms;
mod reader;
#[cfg(test)]
mod tests;

pub use forms::{Endpoint, KeySet, Streaming};
pub use reader::{Environment, NotConfigured, Wrong};

use crate::auth::Operators;
use crate::subscriptions::Subscription as _;
use crate::subscriptions::carts::Carts;
use crate::subscriptions::reminders::Reminders;
use crate::subscriptions::suggestions::Suggestions;

/// Changes of one cart in a second, if nobody says otherwise: no person is so quick, and one partition bears far more.
const CART_RATE: u32 = 20;
/// The claim of Amazon Cognito that lists a person's groups.
const OPERATOR_CLAIM: &str = "cognito:groups";
const OPERATOR_GROUP: &str = "operators";
const DISCLOSURE_GROUP: &str = "disclosure";

/// A function's own part of its environment.
pub trait Configured: Sized {
    /// Reads it; `None` when something is missing or wrong, which the environment remembers.
    fn read(environment: &mut Environment<'_>) -> Option<Self>;
}

/// Everything a function is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configuration<T> {
    /// What all functions are told.
    pub aws: Aws,
    /// What this one is told.
    pub own: T,
}

/// How AWS is reached, and what is logged.
#[derive(Clone, PartialEq, Eq)]
pub struct Aws {
    /// The region.
    pub region: String,
    /// The function's credentials, as Lambda puts them into its environment.
    pub access_key_id: String,
    /// The secret.
    pub secret_access_key: String,
    /// The session; none for stand-ins.
    pub session_token: Option<String>,
    /// Where all calls go instead of AWS.
    pub endpoint: Option<Endpoint>,
    /// The least level that is logged.
    pub log: tracing::Level,
}

impl std::fmt::Debug for Aws {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { region, endpoint, log, .. } = self;
        f.debug_struct("Aws")
            .field("region", region)
            .field("endpoint", endpoint)
            .field("log", log)
            .finish_non_exhaustive()
    }
}

impl<T: Configured> Configuration<T> {
    /// Reads an environment.
    pub fn read(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, NotConfigured> {
        let mut environment = Environment::new(lookup);
        let (aws, own) = (Aws::read(&mut environment), T::read(&mut environment));
        environment.finish(aws.zip(own).map(|(aws, own)| Self { aws, own }))
    }
}

impl Configured for Aws {
    fn read(environment: &mut Environment<'_>) -> Option<Self> {
        let region = environment.needed("AWS_REGION");
        let access_key_id = environment.needed("AWS_ACCESS_KEY_ID");
        let secret_access_key = environment.needed("AWS_SECRET_ACCESS_KEY");
        Some(Self {
            session_token: environment.optional("AWS_SESSION_TOKEN"),
            endpoint: environment.optional_as("AWS_ENDPOINT_URL", forms::endpoint),
            log: environment.optional_as("TILLROLL_LOG", log_level).unwrap_or(tracing::Level::INFO),
            region: region?,
            access_key_id: access_key_id?,
            secret_access_key: secret_access_key?,
        })
    }
}

/// More than `debug` there is not to say, and the libraries print whole items at that.
fn log_level(text: &str) -> Result<tracing::Level, String> {
    Ok(match forms::one_of(text, &["error", "warn", "info", "debug"])? {
        "error" => tracing::Level::ERROR,
        "warn" => tracing::Level::WARN,
        "debug" => tracing::Level::DEBUG,
        _ => tracing::Level::INFO,
    })
}

/// Whose tokens count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    /// The tokens' `iss`.
    pub issuer: String,
    /// The tokens' `aud`, or `client_id`.
    pub audience: String,
    /// The keys.
    pub keys: KeySet,
}

impl Issuer {
    fn read(environment: &mut Environment<'_>) -> Option<Self> {
        let issuer = environment.needed("TILLROLL_ISSUER");
        let audience = environment.needed("TILLROLL_AUDIENCE");
        let keys = environment.needed_as("TILLROLL_JWKS", forms::key_set);
        Some(Self { issuer: issuer?, audience: audience?, keys: keys? })
    }

    /// All three or none.
    fn read_if_any(environment: &mut Environment<'_>) -> Option<Self> {
        let names = ["TILLROLL_ISSUER", "TILLROLL_AUDIENCE", "TILLROLL_JWKS"];
        let given = names.map(|name| environment.optional(name).is_some());
        if given.contains(&true) { Self::read(environment) } else { None }
    }
}

/// What the two functions behind HTTP have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Web {
    /// Pages of these origins may call.
    pub cors_origins: Vec<String>,
    /// What is answered in chunks.
    pub streaming: Streaming,
    /// The object that holds the catalogue.
    pub catalogue: Option<Endpoint>,
}

impl Web {
    fn read(environment: &mut Environment<'_>) -> Self {
        Self {
            cors_origins: environment.optional_as("TILLROLL_CORS_ORIGINS", forms::origins).unwrap_or_default(),
            streaming: environment.optional_as("TILLROLL_STREAMING", forms::streaming).unwrap_or_default(),
            catalogue: environment.optional_as("TILLROLL_CATALOGUE", forms::endpoint),
        }
    }
}

/// `tillroll-command`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The event table.
    pub events: String,
    /// The rows table.
    pub rows: String,
    /// Whose tokens count; without, carts' own tokens alone open carts.
    pub issuer: Option<Issuer>,
    /// Who is an operator: operators see every cart.
    pub operators: Operators,
    /// What both HTTP functions have.
    pub web: Web,
    /// Changes of one cart in a second; `None` without limit.
    pub cart_rate: Option<u32>,
    /// What a direct invocation means, where the invocation itself does not say.
    pub direct: Option<String>,
}

impl Configured for Command {
    fn read(environment: &mut Environment<'_>) -> Option<Self> {
        let (events, rows) = tables(environment);
        let cart_rate = environment.optional_as("TILLROLL_CART_RATE", forms::whole_number).unwrap_or(CART_RATE);
        let direct = |text: &str| forms::one_of(text, &crate::api::gateway::direct::CALLS).map(str::to_owned);
        Some(Self {
            issuer: Issuer::read_if_any(environment),
            operators: operators(environment),
            web: Web::read(environment),
            cart_rate: (cart_rate > 0).then_some(cart_rate),
            direct: environment.optional_as("TILLROLL_DIRECT", direct),
            events: events?,
            rows: rows?,
        })
    }
}

/// `tillroll-operate`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operate {
    /// The event table.
    pub events: String,
    /// The rows table.
    pub rows: String,
    /// The Kinesis stream.
    pub bus: String,
    /// The archive's bucket.
    pub archive: String,
    /// The replay queues.
    pub queues: Queues,
    /// The dead letter queues behind them.
    pub dead_letters: Queues,
    /// Goes on with replays.
    pub replay_machine: String,
    /// Verifies.
    pub sweep_machine: String,
    /// Whose tokens count.
    pub issuer: Issuer,
    /// Who is an operator.
    pub operators: Operators,
    /// What both HTTP functions have.
    pub web: Web,
}

impl Configured for Operate {
    fn read(environment: &mut Environment<'_>) -> Option<Self> {
        let (events, rows) = tables(environment);
        let (bus, archive) = (bus(environment), archive(environment));
        let (queues, dead_letters) =
            (Queues::read(environment, "TILLROLL_QUEUE_"), Queues::read(environment, "TILLROLL_DEAD_LETTERS_"));
        let replay_machine = environment.needed_as("TILLROLL_REPLAY_MACHINE", forms::arn);
        let sweep_machine = environment.needed_as("TILLROLL_SWEEP_MACHINE", forms::arn);
        let issuer = Issuer::read(environment);
        Some(Self {
            operators: operators(environment),
            web: Web::read(environment),
            events: events?,
            rows: rows?,
            bus: bus?,
            archive: archive?,
            queues: queues?,
            dead_letters: dead_letters?,
            replay_machine: replay_machine?,
            sweep_machine: sweep_machine?,
            issuer: issuer?,
        })
    }
}

/// `tillroll-publish`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publish {
    /// The Kinesis stream.
    pub bus: String,
    /// Keeps tampered records.
    pub tamper_queue: String,
}

impl Configured for Publish {
    fn read(environment: &mut Environment<'_>) -> Option<Self> {
        let bus = bus(environment);
        let tamper_queue = environment.needed_as("TILLROLL_TAMPER_QUEUE", forms::url);
        Some(Self { bus: bus?, tamper_queue: tamper_queue? })
    }
}

/// `tillroll-archive`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archive {
    /// The archive's bucket.
    pub archive: String,
    /// The rows table, for how far it has come.
    pub rows: String,
}

impl Configured for Archive {
    fn read(environment: &mut Environment<'_>) -> Option<Self> {
        let (archive, rows) = (archive(environment), environment.needed("TILLROLL_ROWS_TABLE"));
        Some(Self { archive: archive?, rows: rows? })
    }
}

/// `tillroll-project`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Whose rows.
    pub subscription: String,
    /// The event table, for gaps.
    pub events: String,
    /// The rows table.
    pub rows: String,
}

impl Configured for Project {
    fn read(environment: &mut Environment<'_>) -> Option<Self> {
        let subscription = environment.needed_as("TILLROLL_SUBSCRIPTION", forms::subscription);
        let (events, rows) = tables(environment);
        Some(Self { subscription: subscription?, events: events?, rows: rows? })
    }
}

/// `tillroll-replay`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replay {
    /// The event table.
    pub events: String,
    /// The rows table.
    pub rows: String,
    /// The Kinesis stream, for how far it has come.
    pub bus: String,
    /// The archive's bucket.
    pub archive: String,
    /// The replay queues.
    pub queues: Queues,
}

impl Configured for Replay {
    fn read(environment: &mut Environment<'_>) -> Option<Self> {
        let (events, rows) = tables(environment);
        let (bus, archive) = (bus(environment), archive(environment));
        let queues = Queues::read(environment, "TILLROLL_QUEUE_");
        Some(Self { events: events?, rows: rows?, bus: bus?, archive: archive?, queues: queues? })
    }
}

/// `tillroll-remind`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remind {
    /// The rows table.
    pub rows: String,
    /// From where notices are sent.
    pub notices_queue: String,
}

impl Configured for Remind {
    fn read(environment: &mut Environment<'_>) -> Option<Self> {
        let rows = environment.needed("TILLROLL_ROWS_TABLE");
        let notices_queue = environment.needed_as("TILLROLL_NOTICES_QUEUE", forms::url);
        Some(Self { rows: rows?, notices_queue: notices_queue? })
    }
}

/// `tillroll-sweep`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sweep {
    /// The event table.
    pub events: String,
    /// The rows table.
    pub rows: String,
    /// The Kinesis stream, for what is missing behind it.
    pub bus: String,
    /// The archive's bucket.
    pub archive: String,
}

impl Configured for Sweep {
    fn read(environment: &mut Environment<'_>) -> Option<Self> {
        let (events, rows) = tables(environment);
        let (bus, archive) = (bus(environment), archive(environment));
        Some(Self { events: events?, rows: rows?, bus: bus?, archive: archive? })
    }
}

/// A queue's URL for each subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queues(pub Vec<(&'static str, String)>);

impl Queues {
    fn read(environment: &mut Environment<'_>, prefix: &str) -> Option<Self> {
        let mut queue = |subscription: &'static str| {
            let variable = format!("{prefix}{}", subscription.to_ascii_uppercase());
            environment.needed_as(&variable, forms::url).map(|url| (subscription, url))
        };
        // All are asked for, so that all that are missing are told.
        let queues = [Carts::NAME, Suggestions::NAME, Reminders::NAME].map(&mut queue);
        queues.into_iter().collect::<Option<_>>().map(Self)
    }
}

/// Who is checked by a host that is no function: everybody, once an issuer is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callers {
    /// Whose tokens count; without, nobody is checked.
    pub issuer: Option<Issuer>,
    /// Who is an operator.
    pub operators: Operators,
}

impl Callers {
    /// Reads an environment.
    pub fn read(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, NotConfigured> {
        let mut environment = Environment::new(lookup);
        let issuer = Issuer::read_if_any(&mut environment);
        let operators = operators(&environment);
        environment.finish(Some(Self { issuer, operators }))
    }
}

fn operators(environment: &Environment<'_>) -> Operators {
    let or = |name: &str, default: &str| environment.optional(name).unwrap_or_else(|| default.to_owned());
    Operators {
        claim: or("TILLROLL_OPERATOR_CLAIM", OPERATOR_CLAIM),
        group: or("TILLROLL_OPERATOR_GROUP", OPERATOR_GROUP),
        disclosure_group: or("TILLROLL_DISCLOSURE_GROUP", DISCLOSURE_GROUP),
    }
}

fn tables(environment: &mut Environment<'_>) -> (Option<String>, Option<String>) {
    (environment.needed("TILLROLL_EVENTS_TABLE"), environment.needed("TILLROLL_ROWS_TABLE"))
}

fn bus(environment: &mut Environment<'_>) -> Option<String> {
    environment.needed("TILLROLL_BUS")
}

fn archive(environment: &mut Environment<'_>) -> Option<String> {
    environment.needed("TILLROLL_ARCHIVE_BUCKET")
}
