//! Looks at what the system on AWS consists of, as far as this account may, and says what is wrong with it and what to
//! do. Changes nothing and reads no event.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::types::{KeyType, ScalarAttributeType, StreamViewType, TableDescription};
use aws_sdk_kinesis::types::StreamStatus;
use aws_sdk_s3::types::BucketVersioningStatus;
use aws_sdk_sqs::types::QueueAttributeName;
use tillroll_host_lambda::dynamodb::tables::ROWS_INDEX;
use tillroll_host_lambda::item::{STREAM, VERSION};

use super::account::Account;
use super::names::{Names, SUBSCRIPTIONS};
use crate::doctor::Finding;
use crate::mappings::described;

/// How long one look may take.
const LOOK_MAX: Duration = Duration::from_secs(10);
/// How far this machine's clock may be off: AWS refuses signatures at five minutes, and times in events suffer before.
const SKEW_MAX: Duration = Duration::from_secs(30);
/// What to do about something that is not there or not ours to see.
const NOT_SEEN: &str =
    "is it this account, region and stack? infra/aws makes it; looking needs the rights of an operator";

type Key = (&'static str, ScalarAttributeType, KeyType);

/// Everything that can be seen from here.
pub async fn examine(account: &Account, names: &Names) -> Vec<Finding> {
    let where_to = account.endpoint().map(|endpoint| format!(", at {endpoint}")).unwrap_or_default();
    let mut findings =
        vec![Finding::fine("account", format!("region {}, credentials found{where_to}", account.region()))];
    let date = Date::default();
    let events = description_of(account, &names.tables.events, Some(date.clone())).await;
    findings.push(clock(&date, SystemTime::now()));
    findings.push(match events {
        Ok(table) => events_table(&names.tables.events, &table),
        Err(why) => Finding::problem("event table", why, NOT_SEEN),
    });
    findings.push(match description_of(account, &names.tables.rows, None).await {
        Ok(table) => rows_table(&names.tables.rows, &table),
        Err(why) => Finding::problem("rows table", why, NOT_SEEN),
    });
    findings.push(bus(account, &names.bus).await);
    findings.push(bucket(account, &names.bucket).await);
    for subscription in SUBSCRIPTIONS {
        if let Some(urls) = names.queues.get(subscription) {
            findings.push(queues(account, subscription, &urls.queue, &urls.dead_letters).await);
        }
    }
    findings
}

async fn within<T, E: std::error::Error>(what: &str, call: impl Future<Output = Result<T, E>>) -> Result<T, String> {
    match tokio::time::timeout(LOOK_MAX, call).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(format!("cannot look at {what}: {}", described(&error))),
        Err(_) => Err(format!("cannot look at {what}: no answer within {} s", LOOK_MAX.as_secs())),
    }
}

async fn description_of(account: &Account, table: &str, date: Option<Date>) -> Result<TableDescription, String> {
    let call = account.dynamodb().describe_table().table_name(table).customize();
    let call = match date {
        Some(date) => call.interceptor(date),
        None => call,
    };
    let answer = within(&format!("the table {table}"), call.send()).await?;
    answer.table.ok_or_else(|| format!("the table {table} is not described"))
}

fn events_table(name: &str, table: &TableDescription) -> Finding {
    const CHECK: &str = "event table";
    const KEYS: [Key; 2] =
        [(STREAM, ScalarAttributeType::S, KeyType::Hash), (VERSION, ScalarAttributeType::N, KeyType::Range)];
    if !has_key(table, &KEYS) {
        let says = format!("{name} has another key than {STREAM} (S, hash) and {VERSION} (N, range)");
        return Finding::problem(CHECK, says, "this is no event table; name another, or let infra/aws make one");
    }
    let stream = table.stream_specification.as_ref().filter(|stream| stream.stream_enabled);
    match stream.and_then(|stream| stream.stream_view_type.as_ref()) {
        Some(StreamViewType::NewImage) if table.deletion_protection_enabled != Some(true) => Finding::note(
            CHECK,
            format!("{name} has its key and its stream, and no protection against deletion"),
            "the events are the truth: switch deletion protection on, and point-in-time recovery with it",
        ),
        Some(StreamViewType::NewImage) => {
            Finding::fine(CHECK, format!("{name} has its key, its stream, its protection"))
        }
        Some(other) => Finding::problem(
            CHECK,
            format!("the stream of {name} shows {}", other.as_str()),
            "publish reads new images: set the stream's view type to NEW_IMAGE",
        ),
        None => Finding::problem(
            CHECK,
            format!("{name} has no stream, so nothing is published"),
            "switch it on with the view type NEW_IMAGE; `tillroll verify --repair` publishes what was missed",
        ),
    }
}

fn rows_table(name: &str, table: &TableDescription) -> Finding {
    const CHECK: &str = "rows table";
    const KEYS: [Key; 2] =
        [("Partition", ScalarAttributeType::S, KeyType::Hash), ("Sort", ScalarAttributeType::S, KeyType::Range)];
    let indexes = table.global_secondary_indexes.as_deref().unwrap_or_default();
    if !has_key(table, &KEYS) {
        let says = format!("{name} has another key than Partition (S, hash) and Sort (S, range)");
        Finding::problem(CHECK, says, "this is no table of rows; name another, or let infra/aws make one")
    } else if !indexes.iter().any(|index| index.index_name.as_deref() == Some(ROWS_INDEX)) {
        Finding::problem(CHECK, format!("{name} has no index {ROWS_INDEX}"), "let infra/aws make it")
    } else {
        Finding::fine(CHECK, format!("{name} has its key and its index"))
    }
}

fn has_key(table: &TableDescription, keys: &[Key]) -> bool {
    let schema = table.key_schema.as_deref().unwrap_or_default();
    let attributes = table.attribute_definitions.as_deref().unwrap_or_default();
    let typed = |name: &str, expected: &ScalarAttributeType| {
        attributes.iter().any(|found| found.attribute_name == name && found.attribute_type == *expected)
    };
    schema.len() == keys.len()
        && schema.iter().zip(keys).all(|(found, (name, scalar, kind))| {
            found.attribute_name == *name && found.key_type == *kind && typed(name, scalar)
        })
}

async fn bus(account: &Account, name: &str) -> Finding {
    const CHECK: &str = "event bus";
    let call = account.kinesis().describe_stream_summary().stream_name(name).send();
    let summary = match within(&format!("the stream {name}"), call).await {
        Ok(answer) => answer.stream_description_summary,
        Err(why) => return Finding::problem(CHECK, why, NOT_SEEN),
    };
    match summary {
        Some(summary) if matches!(summary.stream_status, StreamStatus::Active | StreamStatus::Updating) => {
            let shards = summary.open_shard_count;
            Finding::fine(
                CHECK,
                format!("{name} has {shards} open shards and keeps {} h", summary.retention_period_hours),
            )
        }
        Some(summary) => {
            let says = format!("{name} is {}", summary.stream_status.as_str());
            Finding::problem(CHECK, says, "wait until it is ACTIVE, or let infra/aws make it")
        }
        None => Finding::problem(CHECK, format!("{name} is not described"), NOT_SEEN),
    }
}

async fn bucket(account: &Account, name: &str) -> Finding {
    const CHECK: &str = "archive";
    let call = account.s3().get_bucket_versioning().bucket(name).send();
    match within(&format!("the bucket {name}"), call).await {
        Ok(answer) if answer.status == Some(BucketVersioningStatus::Enabled) => {
            Finding::fine(CHECK, format!("{name} keeps versions"))
        }
        Ok(_) => Finding::problem(
            CHECK,
            format!("{name} keeps no versions: what is overwritten or deleted is gone"),
            "switch versioning on",
        ),
        Err(why) => Finding::problem(CHECK, why, NOT_SEEN),
    }
}

async fn queues(account: &Account, subscription: &str, queue: &str, dead_letters: &str) -> Finding {
    const CHECK: &str = "queues";
    let client = account.sqs();
    let look = async |url: &str| {
        let call = client.get_queue_attributes().queue_url(url).attribute_names(QueueAttributeName::All).send();
        within(&format!("the queue {url}"), call).await.map(|answer| answer.attributes.unwrap_or_default())
    };
    let (replay, given_up) = match (look(queue).await, look(dead_letters).await) {
        (Ok(replay), Ok(given_up)) => (replay, given_up),
        (Err(why), _) | (_, Err(why)) => return Finding::problem(CHECK, why, NOT_SEEN),
    };
    let is_fifo = |name: &QueueAttributeName| *name == QueueAttributeName::FifoQueue;
    let both = [(queue, &replay), (dead_letters, &given_up)];
    if let Some((url, _)) =
        both.iter().find(|(_, found)| !found.iter().any(|(name, value)| is_fifo(name) && value == "true"))
    {
        let says = format!("{url} is no FIFO queue: a cart's events would overtake each other");
        return Finding::problem(CHECK, says, "let infra/aws make it; a queue cannot be changed into one");
    }
    let arn = given_up.get(&QueueAttributeName::QueueArn).map_or("", String::as_str);
    let policy = replay.get(&QueueAttributeName::RedrivePolicy).map_or("", String::as_str);
    if arn.is_empty() || !policy.contains(&format!("\"{arn}\"")) {
        let says = format!("what {subscription} gives up does not go to {dead_letters}");
        return Finding::problem(CHECK, says, "set the replay queue's redrive policy to that queue");
    }
    let waiting = |found: &std::collections::HashMap<QueueAttributeName, String>| {
        found.get(&QueueAttributeName::ApproximateNumberOfMessages).cloned().unwrap_or_else(|| "?".to_owned())
    };
    Finding::fine(CHECK, format!("of {subscription}: {} waiting, {} given up", waiting(&replay), waiting(&given_up)))
}

/// The `Date` of an answer, also of one that refuses.
#[derive(Clone, Debug, Default)]
struct Date(Arc<Mutex<Option<String>>>);

impl Intercept for Date {
    fn name(&self) -> &'static str {
        "Date"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date").map(str::to_owned);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = date;
        Ok(())
    }
}

fn clock(date: &Date, here: SystemTime) -> Finding {
    const CHECK: &str = "clock";
    let date = date.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let there = date.and_then(|date| aws_sdk_dynamodb::primitives::DateTime::from_str(&date, HTTP_DATE).ok());
    let there = there.and_then(|there| SystemTime::try_from(there).ok());
    let Some(there) = there else {
        return Finding::note(CHECK, "AWS did not say what time it is", "nothing, if the tables answer");
    };
    let skew = here.duration_since(there).unwrap_or_else(|behind| behind.duration());
    if skew <= SKEW_MAX {
        return Finding::fine(CHECK, "agrees with AWS");
    }
    let says = format!("this machine's clock is {} s off", skew.as_secs());
    Finding::problem(CHECK, says, "set it by a time server: AWS refuses signatures that are five minutes off")
}

const HTTP_DATE: aws_sdk_dynamodb::primitives::DateTimeFormat = aws_sdk_dynamodb::primitives::DateTimeFormat::HttpDate;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    fn at(date: Option<&str>, here_s: u64) -> State {
        let date = Date(Arc::new(Mutex::new(date.map(str::to_owned))));
        clock(&date, SystemTime::UNIX_EPOCH + Duration::from_secs(here_s)).state
    }

    #[test]
    fn a_clock_that_is_off_either_way_is_a_problem() {
        let day = Some("Fri, 02 Jan 1970 00:00:00 GMT");
        for (here_s, state) in
            [(86_400, State::Fine), (86_420, State::Fine), (86_500, State::Problem), (86_300, State::Problem)]
        {
            assert_eq!(at(day, here_s), state, "{here_s}");
        }
        assert_eq!(at(None, 86_400), State::Note);
        assert_eq!(at(Some("yesterday"), 86_400), State::Note);
    }
}
