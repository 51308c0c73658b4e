//! What the system on AWS consists of, by name: from the environment as the functions have it, or from a file with
//! Terraform's outputs. All that is missing or wrong is said at once.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use serde_json::Value;
use tillroll_host_lambda::dynamodb::tables::TableNames;
use tillroll_host_lambda::sqs::QueueUrls;
use tillroll_host_lambda::subscriptions::Subscription;
use tillroll_host_lambda::subscriptions::carts::Carts;
use tillroll_host_lambda::subscriptions::reminders::Reminders;
use tillroll_host_lambda::subscriptions::suggestions::Suggestions;

const EVENTS_TABLE: &str = "TILLROLL_EVENTS_TABLE";
const ROWS_TABLE: &str = "TILLROLL_ROWS_TABLE";
const BUS: &str = "TILLROLL_BUS";
const BUCKET: &str = "TILLROLL_ARCHIVE_BUCKET";
const QUEUE: &str = "TILLROLL_QUEUE_";
const DEAD_LETTERS: &str = "TILLROLL_DEAD_LETTERS_";
/// The output that holds the environment.
const OUTPUT: &str = "environment";
/// Largest file of outputs; ours have some kilobytes.
const STACK_BYTES_MAX: u64 = 1024 * 1024;

/// The subscriptions that ship.
pub const SUBSCRIPTIONS: [&str; 3] = [Carts::NAME, Suggestions::NAME, Reminders::NAME];

/// Names and addresses of everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// Both tables.
    pub tables: TableNames,
    /// The Kinesis stream.
    pub bus: String,
    /// The archive's bucket.
    pub bucket: String,
    /// Queues of each subscription.
    pub queues: BTreeMap<String, QueueUrls>,
}

/// Not everything is named.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotNamed {
    /// These variables are not set.
    #[error("these variables are not set: {}", .0.join(", "))]
    Missing(Vec<String>),
    /// The file of outputs.
    #[error("cannot read the stack {file}: {reason}")]
    Stack {
        /// The file.
        file: String,
        /// Why not.
        reason: String,
    },
}

impl NotNamed {
    /// What to do about it.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Missing(_) => {
                "set them as docs/aws.md says, or give --stack a file that `terraform output -json` has written"
            }
            Self::Stack { .. } => "write it in the folder infra/aws: terraform output -json > stack.json",
        }
    }
}

impl Names {
    /// From variables.
    pub fn of(variable: impl Fn(&str) -> Option<String>) -> Result<Self, NotNamed> {
        let mut missing = Vec::new();
        let mut needed = |name: String| {
            let value = variable(&name).filter(|value| !value.is_empty());
            if value.is_none() {
                missing.push(name);
            }
            value.unwrap_or_default()
        };
        let tables = TableNames { events: needed(EVENTS_TABLE.to_owned()), rows: needed(ROWS_TABLE.to_owned()) };
        let (bus, bucket) = (needed(BUS.to_owned()), needed(BUCKET.to_owned()));
        let mut queues = BTreeMap::new();
        for subscription in SUBSCRIPTIONS {
            let name = subscription.to_ascii_uppercase();
            let queue = needed(format!("{QUEUE}{name}"));
            let dead_letters = needed(format!("{DEAD_LETTERS}{name}"));
            queues.insert(subscription.to_owned(), QueueUrls { queue, dead_letters });
        }
        if missing.is_empty() { Ok(Self { tables, bus, bucket, queues }) } else { Err(NotNamed::Missing(missing)) }
    }
}

/// The variables in a file of outputs: what `terraform output -json` prints, or its output `environment` alone.
pub fn variables_of_stack(path: &Path) -> Result<BTreeMap<String, String>, NotNamed> {
    let wrong = |reason: String| NotNamed::Stack { file: path.display().to_string(), reason };
    let mut text = String::new();
    let file = File::open(path).map_err(|error| wrong(error.to_string()))?;
    file.take(STACK_BYTES_MAX).read_to_string(&mut text).map_err(|error| wrong(error.to_string()))?;
    let document: Value = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    let named = document.get(OUTPUT);
    let environment = named.and_then(|output| output.get("value")).or(named).unwrap_or(&document);
    let members = environment.as_object().map(|members| members.iter());
    let variables: BTreeMap<_, _> = members
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
        .collect();
    if variables.contains_key(EVENTS_TABLE) {
        Ok(variables)
    } else {
        Err(wrong(format!("it has no output `{OUTPUT}` with {EVENTS_TABLE}")))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use serde_json::json;

    use super::*;

    fn environment() -> BTreeMap<String, String> {
        let queues = ["CARTS", "SUGGESTIONS", "REMINDERS"].into_iter().flat_map(|name| {
            [
                (format!("{QUEUE}{name}"), format!("https://queue/{name}.fifo")),
                (format!("{DEAD_LETTERS}{name}"), format!("https://dead/{name}.fifo")),
            ]
        });
        let names = [(EVENTS_TABLE, "events"), (ROWS_TABLE, "rows"), (BUS, "bus"), (BUCKET, "archive")];
        queues.chain(names.map(|(name, value)| (name.to_owned(), value.to_owned()))).collect()
    }

    #[test]
    fn everything_is_named_by_the_variables_of_the_functions() {
        let environment = environment();
        let names = Names::of(|name| environment.get(name).cloned()).unwrap();
        assert_eq!((names.tables.events.as_str(), names.bucket.as_str()), ("events", "archive"));
        assert_eq!(names.queues["carts"].dead_letters, "https://dead/CARTS.fifo");
    }

    #[test]
    fn all_that_is_missing_is_said_at_once() {
        let mut environment = environment();
        environment.remove(BUS);
        environment.insert(format!("{QUEUE}CARTS"), String::new());
        let missing = Names::of(|name| environment.get(name).cloned()).unwrap_err();
        assert_eq!(missing, NotNamed::Missing(vec![BUS.to_owned(), "TILLROLL_QUEUE_CARTS".to_owned()]));
    }

    #[test]
    fn a_stack_is_what_terraform_prints_or_its_one_output() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("stack.json");
        let environment = environment();
        for document in [
            json!({"environment": {"sensitive": false, "type": "dynamic", "value": environment}, "api_url": {"value": "x"}}),
            json!({"environment": environment}),
            json!(environment),
        ] {
            std::fs::write(&file, document.to_string()).unwrap();
            assert_eq!(variables_of_stack(&file).unwrap(), environment, "{document}");
        }
        for (content, reason) in [("{}", "no output `environment`"), ("[1", "EOF"), ("[]", "no output")] {
            std::fs::write(&file, content).unwrap();
            let error = variables_of_stack(&file).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
        assert!(variables_of_stack(&folder.path().join("none")).unwrap_err().to_string().contains("cannot read"));
    }
}
