//! What a dead letter says of its past. SQS keeps when a message was sent and first delivered, and which queue gave it up;
//! Lambda, where it gave something up itself, writes a document about it. Nothing else is known, and nothing is guessed.

use std::collections::HashMap;

use aws_sdk_sqs::types::MessageSystemAttributeName as Attribute;
use serde::Deserialize;
use tillroll_core::time::Timestamp;

/// When a message was sent and given up, and why.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct History {
    /// `None` when that is not known any more.
    pub(super) sent_at: Option<Timestamp>,
    /// The first delivery comes nearest where nobody says it.
    pub(super) given_up_at: Timestamp,
    pub(super) reason: String,
}

/// What Lambda writes to a destination on failure, as far as it tells of the end.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GivenUpByLambda {
    #[serde(default)]
    timestamp: Option<Timestamp>,
    request_context: RequestContext,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext {
    condition: String,
    #[serde(default)]
    function_arn: Option<String>,
    #[serde(default)]
    approximate_invoke_count: Option<u32>,
}

impl History {
    /// The history of a message as it was received from a queue of dead letters.
    pub(super) fn of(message_id: &str, attributes: &HashMap<Attribute, String>, body: &str) -> Self {
        let moment = |name: Attribute| {
            let ms = attributes.get(&name)?.parse::<i64>().ok()?;
            Some(Timestamp::from_unix_ms(ms))
        };
        let enqueued_at = moment(Attribute::SentTimestamp);
        let received_at = moment(Attribute::ApproximateFirstReceiveTimestamp);
        let source = attributes.get(&Attribute::DeadLetterQueueSourceArn).map(|arn| last_part(arn));
        if let Ok(written) = serde_json::from_str::<GivenUpByLambda>(body) {
            let given_up_at = written.timestamp.or(enqueued_at).or(received_at).unwrap_or(Timestamp::UNIX_EPOCH);
            return Self { sent_at: None, given_up_at, reason: written.request_context.in_words() };
        }
        // A FIFO queue of dead letters may count from when it got the message. What was sent after its first delivery
        // was sent there by SQS, and when it was sent first is lost.
        let was_moved = source.is_some() && enqueued_at > received_at && received_at.is_some();
        let reason = match source {
            Some(queue) => format!(
                "unknown: SQS does not keep why deliveries from {queue} fail; the function's log has it under the message \
                 id {message_id}"
            ),
            None => "unknown: no queue has given this message up, somebody sent it here".to_owned(),
        };
        Self {
            sent_at: enqueued_at.filter(|_| !was_moved),
            given_up_at: enqueued_at.max(received_at).unwrap_or(Timestamp::UNIX_EPOCH),
            reason,
        }
    }
}

impl RequestContext {
    fn in_words(&self) -> String {
        let function = self.function_arn.as_deref().map(|arn| format!(" by {}", last_part(arn))).unwrap_or_default();
        let count =
            self.approximate_invoke_count.map(|count| format!(" after {count} invocations")).unwrap_or_default();
        format!("given up{function}{count}: {}", self.condition)
    }
}

/// The name at the end of an ARN; of a function's, without its version.
fn last_part(arn: &str) -> &str {
    let mut parts = arn.splitn(7, ':').skip(5);
    match (parts.next(), parts.next()) {
        (Some("function"), Some(name)) => name.split(':').next().unwrap_or(name),
        (Some(name), _) => name,
        (None, _) => arn,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SENT: (Attribute, &str) = (Attribute::SentTimestamp, "1767225600000");
    const RECEIVED: (Attribute, &str) = (Attribute::ApproximateFirstReceiveTimestamp, "1767225601000");
    const SOURCE: (Attribute, &str) =
        (Attribute::DeadLetterQueueSourceArn, "arn:aws:sqs:eu-central-1:000000000000:shop-replay-carts.fifo");

    fn history(attributes: &[(Attribute, &str)], body: &str) -> (Option<i64>, i64, String) {
        let attributes = attributes.iter().map(|(name, value)| (name.clone(), (*value).to_owned())).collect();
        let History { sent_at, given_up_at, reason } = History::of("m-1", &attributes, body);
        (sent_at.map(Timestamp::unix_ms), given_up_at.unix_ms(), reason)
    }

    #[test]
    fn a_letter_that_a_queue_gave_up_names_the_queue_and_where_the_reason_is() {
        let (sent, given_up, reason) = history(&[SENT, RECEIVED, SOURCE], "{}");
        assert_eq!((sent, given_up), (Some(1_767_225_600_000), 1_767_225_601_000));
        assert!(reason.starts_with("unknown: ") && reason.contains("from shop-replay-carts.fifo"), "{reason}");
        assert!(reason.contains("message id m-1"), "{reason}");
    }

    #[test]
    fn when_a_moved_letter_was_sent_is_not_known() {
        let moved = (Attribute::SentTimestamp, "1767225700000");
        let (sent, given_up, _) = history(&[moved, RECEIVED, SOURCE], "{}");
        assert_eq!((sent, given_up), (None, 1_767_225_700_000));
    }

    #[test]
    fn a_letter_that_nobody_gave_up_says_so() {
        let (sent, given_up, reason) = history(&[SENT, RECEIVED], "not JSON");
        assert_eq!((sent, given_up), (Some(1_767_225_600_000), 1_767_225_601_000));
        assert_eq!(reason, "unknown: no queue has given this message up, somebody sent it here");
        assert_eq!(history(&[], "").0, None);
    }

    #[test]
    fn what_lambda_gave_up_says_why_and_when() {
        let body = r#"{"version": "1.0", "timestamp": "2026-01-01T00:00:07.000Z",
            "requestContext": {"requestId": "r", "condition": "RetriesExhausted", "approximateInvokeCount": 3,
                "functionArn": "arn:aws:lambda:eu-central-1:000000000000:function:shop-project-carts:$LATEST"},
            "responseContext": {"statusCode": 200, "functionError": "Unhandled"}}"#;
        let (sent, given_up, reason) = history(&[SENT, RECEIVED], body);
        assert_eq!((sent, given_up), (None, 1_767_225_607_000));
        assert_eq!(reason, "given up by shop-project-carts after 3 invocations: RetriesExhausted");
        let bare = r#"{"requestContext": {"condition": "RecordAgeExceeded"}}"#;
        assert_eq!(history(&[SENT], bare), (None, 1_767_225_600_000, "given up: RecordAgeExceeded".to_owned()));
    }
}
