//! DynamoDB: transactions that are cancelled, throttled, in doubt or refused.

use tillroll_host_lambda::dynamodb::client::base_config;
use tillroll_host_lambda::dynamodb::{Events, Tokens};
use tillroll_host_lambda::memory::MemoryClock;
use tillroll_host_lambda::ports::{AppendError, EventTable as _};
use tillroll_tests::contracts::event_table::{commit, stream};
use tillroll_tests::recorded::{Recorded, Reply};

use super::{Permanent, Transient, UnknownOutcome, clock, in_words};

fn events(recorded: &Recorded) -> Events<MemoryClock> {
    use aws_sdk_dynamodb::config::{Credentials, Region};
    let config = base_config()
        .endpoint_url("http://127.0.0.1:1")
        .region(Region::from_static("us-east-1"))
        .credentials_provider(Credentials::new("tillroll", "tillroll", None, None, "recorded"))
        .http_client(recorded.clone());
    let client = aws_sdk_dynamodb::Client::from_conf(config.build());
    Events::new(client, "events", Tokens::Send, clock())
}

fn cancelled(codes: [&str; 2]) -> Reply {
    let reasons = codes.map(|code| format!(r#"{{"Code":"{code}"}}"#)).join(",");
    let body = format!(
        r#"{{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","Message":"cancelled","CancellationReasons":[{reasons}]}}"#
    );
    Reply::json(400, body)
}

/// An empty page, for the reading back that follows a doubt.
fn nothing() -> Reply {
    Reply::json(200, r#"{"Count":0,"Items":[],"ScannedCount":0}"#)
}

async fn append(recorded: &Recorded) -> Result<(), AppendError> {
    events(recorded).append(&commit(stream(1), 1..=2, 1)).await
}

#[tokio::test]
async fn every_error_of_a_transaction_says_whether_it_can_be_sent_again() {
    for (reply, kind) in [
        (cancelled(["None", "TransactionConflict"]), Transient),
        (cancelled(["ThrottlingError", "None"]), Transient),
        (cancelled(["ProvisionedThroughputExceeded", "TransactionConflict"]), Transient),
        (cancelled(["ValidationError", "TransactionConflict"]), Permanent),
        (Reply::json_error(400, "ThrottlingException"), Transient),
        (Reply::json_error(400, "RequestLimitExceeded"), Transient),
        (Reply::json_error(400, "AccessDeniedException"), Transient),
        (Reply::json_error(400, "ResourceNotFoundException"), Transient),
        (Reply::json_error(400, "ValidationException"), Permanent),
        (Reply::json_error(400, "KMSAccessDeniedException"), Transient),
        (Reply::json_error(500, "InternalServerError"), UnknownOutcome),
        (Reply::json_error(400, "TransactionInProgressException"), UnknownOutcome),
        (Reply::json(200, "{\"Consumed"), UnknownOutcome),
        (Reply::Cut, UnknownOutcome),
    ] {
        let recorded = Recorded::new([reply.clone()]);
        let Err(AppendError::Fault(fault)) = append(&recorded).await else { panic!("{reply:?}") };
        assert_eq!(fault.kind, kind, "{reply:?}");
        assert!(in_words(&fault).contains(&stream(1).to_string()));
    }
}

#[tokio::test]
async fn a_condition_that_does_not_hold_is_a_conflict_when_the_table_has_something_else() {
    let recorded = Recorded::new([cancelled(["ConditionalCheckFailed", "None"]), nothing()]);
    assert!(matches!(append(&recorded).await, Err(AppendError::Conflict)));
}

#[tokio::test]
async fn a_transaction_that_failed_for_a_moment_is_sent_again_with_its_token() {
    for reply in [Reply::Cut, cancelled(["TransactionConflict", "None"]), Reply::json_error(400, "ThrottlingException")]
    {
        let recorded = Recorded::new([reply, Reply::json(200, "{}")]);
        append(&recorded).await.unwrap();
        let sent = recorded.sent();
        assert_eq!((sent.len(), &sent[0].body), (2, &sent[1].body));
        assert!(sent[0].body.contains("ClientRequestToken"));
    }
}
