//! The contract suites over the adapters of Kinesis, S3 and SQS, against an emulator that nobody here wrote.

use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_s3::config::Credentials;
use aws_sdk_sqs::types::{MessageSystemAttributeName, QueueAttributeName};
use aws_smithy_runtime_api::client::http::SharedHttpConnector;
use serde_json::json;
use tillroll_host_lambda::http::Connections;
use tillroll_host_lambda::lambda_events::{BusBatchRecord, QueueAttributes, QueueBatchRecord};
use tillroll_host_lambda::ports::{
    BusRecord, DeadLetterQueue, EventBus, EventFeed as _, Fault, FaultKind, QueueMessage, RecordRefused, ReplayQueue,
};
use tillroll_host_lambda::{kinesis, s3, sqs};
use tillroll_tests::contracts::event_bus::ReadBus;
use tillroll_tests::contracts::replay_queue::ReceiveMessages;
use tillroll_tests::ministack;
use tillroll_tests::wall_clock::WallClock;

/// What a test keeps as long as its adapter.
type Keep = Box<dyn Any + Send>;

/// Numbers what this process creates: one emulator may serve several tests.
static CREATED: AtomicU32 = AtomicU32::new(0);

fn number() -> u32 {
    CREATED.fetch_add(1, Ordering::Relaxed)
}

async fn bus() -> Option<(kinesis::KinesisBus<WallClock>, Keep)> {
    let ministack = ministack::shared().await?;
    let client = kinesis::client::emulator_client(ministack.address());
    let stream = format!("bus-{}", number());
    client.create_stream().stream_name(&stream).shard_count(4).send().await.unwrap();
    Some((kinesis::KinesisBus::new(client, &stream, WallClock::default()), Box::new(ministack)))
}

mod event_bus {
    use super::*;

    async fn fresh() -> Option<(ReadableBus, Keep)> {
        let (bus, keep) = bus().await?;
        Some((ReadableBus(bus), keep))
    }

    tillroll_tests::event_bus_contract!(fresh());
}

mod event_feed {
    use super::*;
    tillroll_tests::event_feed_contract!(bus());
}

mod archive {
    use super::*;

    async fn fresh() -> Option<(s3::S3Archive<WallClock>, Keep)> {
        let ministack = ministack::shared().await?;
        let client = s3::client::emulator_client(ministack.address());
        let bucket = format!("archive-{}", number());
        client.create_bucket().bucket(&bucket).send().await.unwrap();
        Some((s3::S3Archive::new(client, bucket, WallClock::default()), Box::new(ministack)))
    }

    tillroll_tests::archive_contract!(fresh());
}

/// Read over one signed request instead of the SDK: somebody else has to find the object under its address.
#[tokio::test]
async fn the_catalogue_in_an_object_is_read_again_when_it_changed() {
    let Some(ministack) = ministack::shared().await else { return };
    let client = s3::client::emulator_client(ministack.address());
    let bucket = format!("catalogue-{}", number());
    client.create_bucket().bucket(&bucket).send().await.unwrap();
    let put = async |version: &str| {
        let catalogue = json!({"version": version, "currency": "EUR", "items": [], "discounts": []}).to_string();
        let put =
            client.put_object().bucket(&bucket).key("shop/prices of today.json").body(catalogue.into_bytes().into());
        put.send().await.unwrap();
    };
    let url = format!("http://{}/{bucket}/shop/prices%20of%20today.json", ministack.address());
    let connections = Connections::in_the_open(Duration::from_secs(1)).unwrap();
    let credentials = Credentials::new("tillroll", "tillroll", None, None, "emulator");
    let object = s3::SignedObject::new(SharedHttpConnector::new(connections), credentials, "us-east-1", url);
    let catalogue = s3::S3Catalogue::new(object, Duration::ZERO, WallClock::default());
    assert_eq!(catalogue.current().await.unwrap_err().kind, FaultKind::Permanent, "there is none yet");
    for version in ["v1", "v2"] {
        put(version).await;
        for _ in 0..2 {
            assert_eq!(catalogue.current().await.unwrap().version, version);
        }
    }
}

mod replay_queue {
    use super::*;

    tillroll_tests::replay_queue_contract!(fresh_queues(), in_real_time);
    tillroll_tests::dead_letters_contract!(fresh_queues());

    #[tokio::test]
    async fn a_dead_letter_names_the_queue_that_gave_it_up() {
        let Some((queues, _keep)) = fresh_queues().await else { return };
        tillroll_tests::contracts::dead_letters::given_up(&queues, "carts", &[("x", "poison")]).await;
        let [letter] = queues.dead_letters().list(None, None, 10).await.unwrap().try_into().unwrap();
        let queue = queues.urls["carts"].queue.rsplit('/').next().unwrap();
        assert!(letter.reason.contains(&format!("from {queue} ")), "{}", letter.reason);
    }
}

/// The bus with its readers' view.
struct ReadableBus(kinesis::KinesisBus<WallClock>);

impl EventBus for ReadableBus {
    async fn put(&self, records: Vec<BusRecord>) -> Result<Vec<Result<(), RecordRefused>>, Fault> {
        self.0.put(records).await
    }
}

impl ReadBus for ReadableBus {
    async fn read_all(&self) -> Vec<BusBatchRecord> {
        let mut all: Vec<BusBatchRecord> = Vec::new();
        for shard in self.0.shards().await.unwrap() {
            let mut after = None;
            loop {
                let page = self.0.read(&shard.name, after.as_ref(), usize::MAX).await.unwrap();
                let Some(last) = page.last() else { break };
                after = Some(last.kinesis.sequence_number.parse().unwrap());
                all.extend(page);
            }
        }
        all
    }
}

/// How long a received message stays hidden: as long as a test can wait.
const VISIBILITY: Duration = Duration::from_secs(3);
/// Deliveries until a message is given up.
const RECEIVES_MAX: u32 = 3;

/// The queues as their event source mapping sees them.
struct ReceivedQueues {
    queues: sqs::SqsQueues<WallClock>,
    client: aws_sdk_sqs::Client,
    urls: BTreeMap<String, sqs::QueueUrls>,
    receipts: Mutex<HashMap<String, String>>,
}

async fn create_queue(client: &aws_sdk_sqs::Client, name: &str, dead_letters: Option<&str>) -> (String, String) {
    let create = client.create_queue().queue_name(format!("{name}-{}.fifo", number()));
    let create = create.attributes(QueueAttributeName::FifoQueue, "true");
    let create = match dead_letters {
        Some(arn) => create.attributes(
            QueueAttributeName::RedrivePolicy,
            format!(r#"{{"deadLetterTargetArn":"{arn}","maxReceiveCount":"{RECEIVES_MAX}"}}"#),
        ),
        None => create,
    };
    let url = create.send().await.unwrap().queue_url.unwrap();
    let arn = client.get_queue_attributes().queue_url(&url).attribute_names(QueueAttributeName::QueueArn);
    let arn = arn.send().await.unwrap().attributes.unwrap()[&QueueAttributeName::QueueArn].clone();
    (url, arn)
}

async fn fresh_queues() -> Option<(ReceivedQueues, Keep)> {
    let ministack = ministack::shared().await?;
    let client = sqs::client::emulator_client(ministack.address());
    let mut urls = BTreeMap::new();
    for subscription in ["carts", "suggestions"] {
        let (dead_letters, arn) = create_queue(&client, &format!("{subscription}-dead"), None).await;
        let (queue, _) = create_queue(&client, subscription, Some(&arn)).await;
        urls.insert(subscription.to_owned(), sqs::QueueUrls { queue, dead_letters });
    }
    let queues = sqs::SqsQueues::new(client.clone(), urls.clone(), WallClock::default());
    Some((ReceivedQueues { queues, client, urls, receipts: Mutex::default() }, Box::new(ministack)))
}

impl ReceivedQueues {
    fn receipt(&self, message: &QueueBatchRecord) -> String {
        self.receipts.lock().unwrap_or_else(PoisonError::into_inner)[&message.message_id].clone()
    }
}

impl ReplayQueue for ReceivedQueues {
    async fn send(
        &self,
        subscription: &str,
        messages: Vec<QueueMessage>,
    ) -> Result<Vec<Result<(), RecordRefused>>, Fault> {
        self.queues.send(subscription, messages).await
    }

    async fn depth(&self, subscription: &str) -> Result<u64, Fault> {
        self.queues.depth(subscription).await
    }
}

impl ReceiveMessages for ReceivedQueues {
    async fn receive(&self, subscription: &str, messages_max: usize) -> Vec<QueueBatchRecord> {
        let receive = self.client.receive_message().queue_url(&self.urls[subscription].queue);
        let receive = receive.max_number_of_messages(messages_max.try_into().unwrap());
        let receive = receive.visibility_timeout(VISIBILITY.as_secs().try_into().unwrap());
        let receive = receive.message_system_attribute_names(MessageSystemAttributeName::All);
        let messages = receive.send().await.unwrap().messages.unwrap_or_default();
        let mut receipts = self.receipts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut records = Vec::new();
        for message in messages {
            let attributes = message.attributes.unwrap();
            let message_id = message.message_id.unwrap();
            receipts.insert(message_id.clone(), message.receipt_handle.unwrap());
            let attributes = QueueAttributes {
                group: attributes[&MessageSystemAttributeName::MessageGroupId].clone(),
                receive_count: attributes[&MessageSystemAttributeName::ApproximateReceiveCount].clone(),
            };
            records.push(QueueBatchRecord { message_id, body: message.body.unwrap(), attributes });
        }
        records
    }

    async fn delete(&self, subscription: &str, message: &QueueBatchRecord) {
        let delete = self.client.delete_message().queue_url(&self.urls[subscription].queue);
        delete.receipt_handle(self.receipt(message)).send().await.unwrap();
    }

    async fn release(&self, subscription: &str, message: &QueueBatchRecord) {
        let change = self.client.change_message_visibility().queue_url(&self.urls[subscription].queue);
        change.visibility_timeout(0).receipt_handle(self.receipt(message)).send().await.unwrap();
    }

    fn dead_letters(&self) -> &impl DeadLetterQueue {
        &self.queues
    }

    /// The emulator's clock cannot be moved, so it is waited for: a little past the visibility is past it.
    async fn advance(&self, duration: Duration) {
        tokio::time::sleep(duration.min(VISIBILITY + Duration::from_millis(500))).await;
    }
}
