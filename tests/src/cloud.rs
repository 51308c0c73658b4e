//! The system on an emulator of AWS: tables, bus, bucket and queues as the Terraform makes them, the environment that
//! names them, and its functions, called in this process when a test says so.
#![allow(clippy::must_use_candidate, reason = "many of these are called for what they do on the way")]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use aws_sdk_sqs::types::{MessageSystemAttributeName, QueueAttributeName};
use serde_json::json;
use tillroll_core::sequence::SequenceNumber;
use tillroll_host_lambda::derived::Checkpoints;
use tillroll_host_lambda::dynamodb::client::emulator_client;
use tillroll_host_lambda::dynamodb::tables::{TableNames, create_tables};
use tillroll_host_lambda::dynamodb::{Events, RowTable, Tokens};
use tillroll_host_lambda::functions::archive::archive;
use tillroll_host_lambda::functions::project::Projector;
use tillroll_host_lambda::functions::publish::publish;
use tillroll_host_lambda::item::image_of_event;
use tillroll_host_lambda::kinesis::{self, KinesisBus};
use tillroll_host_lambda::lambda_events::{
    BatchAnswer, BusBatch, ItemChange, QueueAttributes, QueueBatch, QueueBatchRecord, TableStreamBatch,
    TableStreamRecord,
};
use tillroll_host_lambda::memory::MemoryTamperLog;
use tillroll_host_lambda::ports::{EventFeed as _, EventTable as _};
use tillroll_host_lambda::record::EventRecord;
use tillroll_host_lambda::s3::{self, S3Archive};
use tillroll_host_lambda::sqs;
use tillroll_host_lambda::subscriptions::Subscription;
use tillroll_host_lambda::subscriptions::carts::Carts;
use tillroll_host_lambda::subscriptions::reminders::Reminders;
use tillroll_host_lambda::subscriptions::suggestions::Suggestions;

use crate::ministack::{self, Ministack};
use crate::wall_clock::WallClock;

/// Numbers what this process creates: one emulator serves several tests.
static CREATED: AtomicU32 = AtomicU32::new(0);
const SHARDS: i32 = 2;
const SUBSCRIPTIONS: [&str; 3] = [Carts::NAME, Suggestions::NAME, Reminders::NAME];
const REGION: &str = "us-east-1";

type Table = Events<WallClock>;
type Rows = RowTable<WallClock>;

/// The system's stores, and the functions between them.
pub struct Cloud {
    address: SocketAddr,
    variables: BTreeMap<String, String>,
    /// For what a test puts there itself.
    pub sqs: aws_sdk_sqs::Client,
    /// Likewise.
    pub s3: aws_sdk_s3::Client,
    /// Likewise.
    pub dynamodb: aws_sdk_dynamodb::Client,
    table: Table,
    rows: Rows,
    bus: KinesisBus<WallClock>,
    archive: S3Archive<WallClock>,
    published: usize,
    read: BTreeMap<String, SequenceNumber>,
    _ministack: Arc<Ministack>,
}

impl Cloud {
    /// An empty system; `None` when tests go without the emulator.
    pub async fn new() -> Option<Self> {
        let ministack = ministack::shared().await?;
        let (address, clock) = (ministack.address(), WallClock::default());
        let name = format!("shop-{}", CREATED.fetch_add(1, Ordering::Relaxed));
        let dynamodb = emulator_client(address);
        let tables = TableNames { events: format!("{name}-events"), rows: format!("{name}-rows") };
        create_tables(&dynamodb, &tables).await.unwrap();
        let kinesis = kinesis::client::emulator_client(address);
        kinesis.create_stream().stream_name(&name).shard_count(SHARDS).send().await.unwrap();
        let s3 = s3::client::emulator_client(address);
        s3.create_bucket().bucket(&name).send().await.unwrap();
        let enabled = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
        s3.put_bucket_versioning().bucket(&name).versioning_configuration(enabled).send().await.unwrap();
        let sqs = sqs::client::emulator_client(address);
        let mut variables = BTreeMap::from([
            ("TILLROLL_EVENTS_TABLE".to_owned(), tables.events.clone()),
            ("TILLROLL_ROWS_TABLE".to_owned(), tables.rows.clone()),
            ("TILLROLL_BUS".to_owned(), name.clone()),
            ("TILLROLL_ARCHIVE_BUCKET".to_owned(), name.clone()),
        ]);
        for subscription in SUBSCRIPTIONS {
            let (queue, dead_letters) = create_queues(&sqs, &format!("{name}-{subscription}")).await;
            let subscription = subscription.to_ascii_uppercase();
            variables.insert(format!("TILLROLL_QUEUE_{subscription}"), queue);
            variables.insert(format!("TILLROLL_DEAD_LETTERS_{subscription}"), dead_letters);
        }
        Some(Self {
            address,
            variables,
            table: Events::new(dynamodb.clone(), tables.events, Tokens::Send, clock),
            rows: RowTable::new(dynamodb.clone(), tables.rows, Tokens::Send, clock),
            bus: KinesisBus::new(kinesis, &name, clock),
            archive: S3Archive::new(s3.clone(), name, clock),
            sqs,
            s3,
            dynamodb,
            published: 0,
            read: BTreeMap::new(),
            _ministack: ministack,
        })
    }

    /// The variables that name everything.
    pub fn variables(&self) -> &BTreeMap<String, String> {
        &self.variables
    }

    /// Where the emulator listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What a program needs to reach the emulator as it would reach AWS.
    pub fn account(&self) -> [(String, String); 4] {
        [
            ("AWS_ENDPOINT_URL", format!("http://{}", self.address)),
            ("AWS_REGION", REGION.to_owned()),
            ("AWS_ACCESS_KEY_ID", "tillroll".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "tillroll".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
    }

    /// Calls every function with what there is for it; says whether there was anything.
    pub async fn pump(&mut self) -> bool {
        let published = self.publish().await;
        let read = self.read_bus().await;
        let mut replayed = false;
        for subscription in SUBSCRIPTIONS {
            replayed |= self.replay_queue(subscription).await;
        }
        published || read || replayed
    }

    /// Calls the functions until there is nothing more to do.
    pub async fn pump_dry(&mut self) {
        while self.pump().await {}
    }

    /// Lets the table's stream begin now: what lies in the table was never on it.
    pub async fn begin_stream(&mut self) {
        self.published = self.events().await.len();
    }

    async fn events(&self) -> Vec<EventRecord> {
        let (mut events, mut from) = (Vec::new(), None);
        loop {
            let page = self.table.scan(from).await.unwrap();
            events.extend(page.events);
            from = page.next;
            if from.is_none() {
                return events;
            }
        }
    }

    /// Publishes what is new in the table, as its stream would bring it.
    async fn publish(&mut self) -> bool {
        let events = self.events().await;
        // Events never change, so all of them again is what a stream may bring too.
        if events.len() == self.published {
            return false;
        }
        self.published = events.len();
        let record = |(sequence, event)| TableStreamRecord {
            event_name: "INSERT".to_owned(),
            dynamodb: ItemChange {
                sequence_number: format!("{sequence}"),
                keys: BTreeMap::new(),
                new_image: Some(image_of_event(event)),
            },
        };
        let batch = TableStreamBatch { records: (1_u32..).zip(&events).map(record).collect() };
        let answer = publish(&batch, &self.bus, &MemoryTamperLog::default()).await.unwrap();
        assert_eq!(answer, BatchAnswer::done());
        true
    }

    /// Brings what is new on the bus to archive and projections.
    async fn read_bus(&mut self) -> bool {
        let mut found = false;
        for shard in self.bus.shards().await.unwrap() {
            let records = self.bus.read(&shard.name, self.read.get(&shard.name), 1_000).await.unwrap();
            let Some(last) = records.last() else { continue };
            self.read.insert(shard.name, last.kinesis.sequence_number.parse().unwrap());
            let batch = BusBatch { records };
            let checkpoints = Checkpoints::new(self.rows.clone());
            let answer = archive(&batch, &self.archive).await.unwrap();
            checkpoints.finished("archive", &batch, &answer).await.unwrap();
            for (subscription, answer) in [
                (Carts::NAME, self.projector(Carts).live(&batch).await.unwrap()),
                (Suggestions::NAME, self.projector(Suggestions).live(&batch).await.unwrap()),
                (Reminders::NAME, self.projector(Reminders).live(&batch).await.unwrap()),
            ] {
                checkpoints.finished(subscription, &batch, &answer).await.unwrap();
            }
            found = true;
        }
        found
    }

    /// Hands a batch of a replay queue to its projection.
    async fn replay_queue(&self, subscription: &str) -> bool {
        let url = &self.variables[&format!("TILLROLL_QUEUE_{}", subscription.to_ascii_uppercase())];
        let receive = self.sqs.receive_message().queue_url(url).max_number_of_messages(10);
        let received = receive.message_system_attribute_names(MessageSystemAttributeName::All).send().await.unwrap();
        let messages = received.messages.unwrap_or_default();
        if messages.is_empty() {
            return false;
        }
        let record = |message: &aws_sdk_sqs::types::Message| {
            let attributes = message.attributes.clone().unwrap_or_default();
            let attribute = |name| attributes.get(&name).cloned().unwrap_or_default();
            QueueBatchRecord {
                message_id: message.message_id.clone().unwrap_or_default(),
                body: message.body.clone().unwrap_or_default(),
                attributes: QueueAttributes {
                    group: attribute(MessageSystemAttributeName::MessageGroupId),
                    receive_count: attribute(MessageSystemAttributeName::ApproximateReceiveCount),
                },
            }
        };
        let batch = QueueBatch { records: messages.iter().map(record).collect() };
        let answer = match subscription {
            Carts::NAME => self.projector(Carts).replayed(&batch).await,
            Suggestions::NAME => self.projector(Suggestions).replayed(&batch).await,
            _ => self.projector(Reminders).replayed(&batch).await,
        };
        assert_eq!(answer.unwrap(), BatchAnswer::done());
        for message in messages {
            self.sqs.delete_message().queue_url(url).set_receipt_handle(message.receipt_handle).send().await.unwrap();
        }
        true
    }

    fn projector<S: Subscription>(&self, subscription: S) -> Projector<S, Rows, Table> {
        Projector::new(subscription, self.rows.clone(), self.table.clone(), "test")
    }
}

/// A replay queue and its dead letters; their addresses.
async fn create_queues(sqs: &aws_sdk_sqs::Client, name: &str) -> (String, String) {
    let create = |name: String| {
        let queue = sqs.create_queue().queue_name(name).attributes(QueueAttributeName::FifoQueue, "true");
        queue.attributes(QueueAttributeName::DeduplicationScope, "messageGroup")
    };
    let dead_letters = create(format!("{name}-dead.fifo")).send().await.unwrap().queue_url.unwrap();
    let attributes = sqs.get_queue_attributes().queue_url(&dead_letters);
    let attributes = attributes.attribute_names(QueueAttributeName::QueueArn).send().await.unwrap();
    let arn = attributes.attributes.unwrap()[&QueueAttributeName::QueueArn].clone();
    let policy = json!({"deadLetterTargetArn": arn, "maxReceiveCount": 5}).to_string();
    let queue = create(format!("{name}.fifo")).attributes(QueueAttributeName::RedrivePolicy, policy);
    (queue.send().await.unwrap().queue_url.unwrap(), dead_letters)
}
