//! A real program as the function of an event source mapping: every batch goes to its process over the Runtime API, as the
//! JSON that AWS sends. A process that ended is followed by a new one, as on Lambda.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tillroll_host_lambda::lambda_events::{BatchAnswer, BusBatch, QueueBatch, TableStreamBatch};
use tillroll_host_lambda::ports::{Fault, FaultKind};
use tillroll_local::mappings::Function;

use crate::account::Account;
use crate::runtime_api::{self, Answer, FunctionProgram};

const REGION: &str = "us-east-1";

/// The program, and what it was given so far. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Invoked {
    program: FunctionProgram,
    account: Account,
    running: Arc<tokio::sync::Mutex<Option<runtime_api::Function>>>,
    deliveries: Arc<Mutex<Vec<Delivery>>>,
}

/// One invocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Sequence numbers or message ids of the batch.
    pub items: Vec<String>,
    /// What came of it.
    pub ended: Ended,
}

/// What came of an invocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// An answer that returns these.
    Answered(Vec<String>),
    /// An error of this type.
    Failed(String),
    /// The process was killed before it answered.
    Killed,
}

impl Invoked {
    /// This program, whose AWS is `account`.
    #[must_use]
    pub fn new(program: FunctionProgram, account: &Account) -> Self {
        let program = program.env("AWS_ENDPOINT_URL", account.endpoint());
        Self { program, account: account.clone(), running: Arc::default(), deliveries: Arc::default() }
    }

    /// All invocations so far.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.deliveries.lock().unwrap().clone()
    }

    async fn call(&self, items: Vec<String>, event: Value) -> Result<BatchAnswer, Fault> {
        let mut running = self.running.lock().await;
        let mut function = match running.take() {
            Some(function) => function,
            None => self.program.start().await,
        };
        function.begin(event).await;
        let answer = tokio::select! {
            answer = function.answer() => Some(answer),
            () = self.account.struck() => None,
        };
        let (ended, result) = match answer {
            Some(Answer::Value(answer)) => {
                let answer: BatchAnswer = serde_json::from_value(answer).unwrap();
                let returned = answer.failures.iter().map(|failure| failure.item.clone()).collect();
                (Ended::Answered(returned), Ok(answer))
            }
            Some(Answer::Error(error)) => (Ended::Failed(error.error_type), Err(failed(error.message))),
            Some(other) => panic!("{other:?}\n{}", function.log()),
            None => (Ended::Killed, Err(failed("Runtime exited with error: signal: killed".to_owned()))),
        };
        if ended == Ended::Killed {
            function.kill().await;
        } else {
            *running = Some(function);
        }
        self.deliveries.lock().unwrap().push(Delivery { items, ended });
        result
    }
}

fn failed(why: String) -> Fault {
    Fault::new(FaultKind::Transient, "invoke", "the function", why)
}

impl Function<TableStreamBatch> for Invoked {
    async fn invoke(&self, batch: &TableStreamBatch) -> Result<BatchAnswer, Fault> {
        let items = batch.records.iter().map(|record| record.dynamodb.sequence_number.clone()).collect();
        let source =
            format!("arn:aws:dynamodb:{REGION}:000000000000:table/tillroll-events/stream/2026-01-01T00:00:00.000");
        let event = event_of(batch, &source, |record, place| {
            record["eventID"] = json!(format!("{place:032x}"));
            record["eventVersion"] = json!("1.1");
            record["eventSource"] = json!("aws:dynamodb");
            record["dynamodb"]["ApproximateCreationDateTime"] = json!(1_767_225_600);
            record["dynamodb"]["SizeBytes"] = json!(record["dynamodb"].to_string().len());
            record["dynamodb"]["StreamViewType"] = json!("NEW_IMAGE");
        });
        self.call(items, event).await
    }
}

impl Function<BusBatch> for Invoked {
    async fn invoke(&self, batch: &BusBatch) -> Result<BatchAnswer, Fault> {
        let items = batch.records.iter().map(|record| record.kinesis.sequence_number.clone()).collect();
        let event = event_of(batch, &format!("arn:aws:kinesis:{REGION}:000000000000:stream/tillroll"), |record, _| {
            record["eventVersion"] = json!("1.0");
            record["eventSource"] = json!("aws:kinesis");
            record["eventName"] = json!("aws:kinesis:record");
            record["invokeIdentityArn"] = json!("arn:aws:iam::000000000000:role/tillroll");
            record["kinesis"]["kinesisSchemaVersion"] = json!("1.0");
        });
        self.call(items, event).await
    }
}

impl Function<QueueBatch> for Invoked {
    async fn invoke(&self, batch: &QueueBatch) -> Result<BatchAnswer, Fault> {
        let items = batch.records.iter().map(|record| record.message_id.clone()).collect();
        let event =
            event_of(batch, &format!("arn:aws:sqs:{REGION}:000000000000:tillroll-carts.fifo"), |record, place| {
                record["receiptHandle"] = json!(format!("handle-{place}"));
                record["eventSource"] = json!("aws:sqs");
                record["messageAttributes"] = json!({});
                record["md5OfBody"] = json!("d41d8cd98f00b204e9800998ecf8427e");
                record["attributes"]["SentTimestamp"] = json!("1767225600000");
                record["attributes"]["SequenceNumber"] = json!(format!("{place:020}"));
                record["attributes"]["SenderId"] = json!("AIDAEXAMPLE");
                record["attributes"]["ApproximateFirstReceiveTimestamp"] = json!("1767225600001");
            });
        self.call(items, event).await
    }
}

/// The batch as AWS sends it: what functions read, and the members beside that they do not.
fn event_of(batch: &impl serde::Serialize, source: &str, complete: impl Fn(&mut Value, usize)) -> Value {
    let mut event = serde_json::to_value(batch).unwrap();
    for (place, record) in event["Records"].as_array_mut().unwrap().iter_mut().enumerate() {
        record["awsRegion"] = json!(REGION);
        record["eventSourceARN"] = json!(source);
        complete(record, place);
    }
    event
}
