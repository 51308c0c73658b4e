//! The shapes in which Lambda hands batches to functions, and in which it takes their answers.
//!
//! Only the members that the functions read. The local event source mappings build these very values.

mod attribute;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tillroll_core::time::Timestamp;

/// A batch of a DynamoDB table stream.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TableStreamBatch {
    /// In shard order.
    #[serde(rename = "Records")]
    pub records: Vec<TableStreamRecord>,
}

/// One change of one item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TableStreamRecord {
    /// `INSERT`, `MODIFY` or `REMOVE`.
    #[serde(rename = "eventName")]
    pub event_name: String,
    /// The change.
    pub dynamodb: ItemChange,
}

/// The change itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ItemChange {
    /// Place in the shard: decimal digits.
    #[serde(rename = "SequenceNumber")]
    pub sequence_number: String,
    /// The item's key.
    #[serde(rename = "Keys", default)]
    pub keys: Image,
    /// The item after the change; absent for a removal, or when the stream is set up wrongly.
    #[serde(rename = "NewImage", default)]
    pub new_image: Option<Image>,
}

/// An item in DynamoDB's own JSON.
pub type Image = BTreeMap<String, Attribute>;

/// One typed value of an item. Anything else (binary, sets) reads as [`Attribute::Other`] and is no event data.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Attribute {
    /// Text.
    S(String),
    /// A number, as decimal text.
    N(String),
    /// A truth value.
    #[serde(rename = "BOOL")]
    Bool(bool),
    /// Null.
    #[serde(rename = "NULL")]
    Null(bool),
    /// A map.
    M(Image),
    /// A list.
    L(Vec<Attribute>),
    /// Binary and sets, as they came.
    #[serde(untagged)]
    Other(Value),
}

/// A batch of the event bus (Kinesis).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BusBatch {
    /// In shard order.
    #[serde(rename = "Records")]
    pub records: Vec<BusBatchRecord>,
}

/// One record of a shard.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BusBatchRecord {
    /// `shardId-000000000000:SEQUENCE`.
    #[serde(rename = "eventID")]
    pub event_id: String,
    /// The record.
    pub kinesis: BusPayload,
}

/// The record itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BusPayload {
    /// The cart id.
    #[serde(rename = "partitionKey")]
    pub partition_key: String,
    /// Place in the shard: decimal digits.
    #[serde(rename = "sequenceNumber")]
    pub sequence_number: String,
    /// Seconds since 1970 when the bus took it.
    #[serde(rename = "approximateArrivalTimestamp")]
    pub arrival: f64,
    /// The event's JSON; base64 in Lambda's JSON.
    #[serde(with = "base64_bytes")]
    pub data: Vec<u8>,
}

impl BusBatchRecord {
    /// When the bus took it.
    #[must_use]
    pub fn arrived_at(&self) -> Timestamp {
        moment_of(self.kinesis.arrival)
    }

    /// The shard's name: what stands before the colon.
    #[must_use]
    pub fn shard(&self) -> &str {
        self.event_id.split_once(':').map_or("", |(shard, _)| shard)
    }
}

/// The moment of an arrival. Seconds are no exact milliseconds, so this is how everybody has to round them.
pub(crate) fn moment_of(seconds: f64) -> Timestamp {
    #[allow(clippy::cast_possible_truncation, reason = "a float outside i64 saturates, and Timestamp clamps further")]
    let unix_ms = (seconds * 1_000.0).round() as i64;
    Timestamp::from_unix_ms(unix_ms)
}

/// A batch of a FIFO queue (SQS).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct QueueBatch {
    /// In queue order within each group.
    #[serde(rename = "Records")]
    pub records: Vec<QueueBatchRecord>,
}

/// One message.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct QueueBatchRecord {
    /// Names the message in the answer.
    #[serde(rename = "messageId")]
    pub message_id: String,
    /// The body.
    pub body: String,
    /// System attributes.
    pub attributes: QueueAttributes,
}

/// System attributes of a message.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct QueueAttributes {
    /// The message's group.
    #[serde(rename = "MessageGroupId")]
    pub group: String,
    /// How often it was delivered, this time included; decimal text.
    #[serde(rename = "ApproximateReceiveCount")]
    pub receive_count: String,
}

/// What a function answers to a batch: the records to deliver again. Streams go on from the lowest one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchAnswer {
    /// None: the whole batch is done.
    #[serde(rename = "batchItemFailures")]
    pub failures: Vec<BatchFailure>,
}

/// One record to deliver again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchFailure {
    /// A stream's sequence number, or a message id.
    #[serde(rename = "itemIdentifier")]
    pub item: String,
}

impl BatchAnswer {
    /// Everything is done.
    #[must_use]
    pub fn done() -> Self {
        Self::default()
    }

    /// Deliver these again.
    pub fn again(items: impl IntoIterator<Item = String>) -> Self {
        Self { failures: items.into_iter().map(|item| BatchFailure { item }).collect() }
    }
}

mod base64_bytes {
    //! Bytes as base64 text, as Lambda writes Kinesis data.
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map_err(serde::de::Error::custom)
    }
}
