//! Table stream to publish to the event bus. Each put holds at most one record of a cart, so the second put of the troubled
//! cart carries its second version.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::Value;
use tillroll_core::id::StreamId;
use tillroll_host_lambda::kinesis::KinesisBus;
use tillroll_host_lambda::kinesis::client::emulator_client;
use tillroll_host_lambda::ports::EventFeed as _;
use tillroll_host_lambda::sqs;
use tillroll_local::mappings::shard::StreamSource;
use tillroll_local::mappings::status::StatusCell;
use tillroll_tests::ministack::{self, Ministack};

use super::*;

const OPERATION: &str = "PutRecords";
const THROTTLED: Trouble = Trouble::RecordsRefused("ProvisionedThroughputExceededException");

/// Numbers buses and queues: one emulator serves several tests.
static CREATED: AtomicU32 = AtomicU32::new(0);

/// A shop whose table stream goes to the program `publish`.
struct Published {
    shop: Shop,
    function: Invoked,
    bus: KinesisBus<WallClock>,
    tamper: (aws_sdk_sqs::Client, String),
    _ministack: Arc<Ministack>,
}

impl Published {
    /// With every event in its table, and nothing delivered yet; `None` when tests go without the emulator.
    async fn new() -> Option<Self> {
        let ministack = ministack::shared().await?;
        let address = ministack.address();
        let shop = Shop::with_events(Some(address)).await;
        let name = format!("published-{}", CREATED.fetch_add(1, Ordering::Relaxed));
        let kinesis = emulator_client(address);
        kinesis.create_stream().stream_name(&name).shard_count(1).send().await.unwrap();
        let sqs = sqs::client::emulator_client(address);
        let queue = sqs.create_queue().queue_name(&name).send().await.unwrap().queue_url.unwrap();
        let function = shop.program("publish", &[("TILLROLL_BUS", &name), ("TILLROLL_TAMPER_QUEUE", &queue)]);
        let bus = KinesisBus::new(kinesis, &name, WallClock::default());
        Some(Self { shop, function, bus, tamper: (sqs, queue), _ministack: ministack })
    }

    fn begin(&mut self) -> StatusCell {
        let stream = self.shop.dynamo.table_stream(&TableNames::default().events);
        self.shop.map(StreamSource::new(stream), BY_HUNDRED, &self.function)
    }

    /// Cart and version of every record on the bus.
    async fn seen(&self) -> Vec<(StreamId, u64)> {
        let [shard] = self.bus.shards().await.unwrap().try_into().unwrap();
        let records = self.bus.read(&shard.name, None, 1_000).await.unwrap();
        let events = records.iter().map(|record| EventRecord::from_json(&record.kinesis.data).unwrap());
        events.map(|event| (event.stream, event.version)).collect()
    }

    /// Every event is on the bus, and no event of a cart came there before those it builds on.
    async fn is_whole_and_in_order(&self, case: &str) -> Vec<(StreamId, u64)> {
        let seen = self.seen().await;
        for cart in 1..=CARTS {
            let versions = first_times(&seen, event_table::stream(cart));
            assert_eq!(versions, (1..=VERSIONS).collect::<Vec<_>>(), "{case}: cart {cart} in {seen:?}");
        }
        seen
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_befalls_a_put_every_event_comes_onto_the_bus_in_the_order_of_its_cart() {
    let denied = Trouble::Refused(400, "AccessDeniedException");
    for (case, after, times, trouble, expected) in [
        ("nothing", 0, 0, denied, &["0 to 11, done"][..]),
        ("a record is refused", 0, 1, THROTTLED, &["0 to 11, back: 1", "1 to 11, done"]),
        ("a later one is refused twice", 1, 2, THROTTLED, &["0 to 11, back: 4", "4 to 11, back: 4", "4 to 11, done"]),
        ("the second put is refused", 1, 1, denied, &["0 to 11, back: 3", "3 to 11, done"]),
        ("nothing is taken", 0, 1, denied, &["0 to 11, failed", "0 to 5, done", "6 to 11, done"]),
        ("killed before a put", 1, 1, Trouble::StruckBefore, &["0 to 11, killed", "0 to 5, done", "6 to 11, done"]),
        ("killed after a put", 1, 1, Trouble::StruckAfter, &["0 to 11, killed", "0 to 5, done", "6 to 11, done"]),
    ] {
        let Some(mut published) = Published::new().await else { return };
        published.shop.trouble(OPERATION, after, times, trouble);
        let status = published.begin();
        finished(&status, EVENTS, &published.function).await;
        assert_eq!(story(&published.function), expected, "{case}");
        let seen = published.is_whole_and_in_order(case).await;
        if trouble == THROTTLED {
            let troubled = event_table::stream(TROUBLED);
            let puts = seen.iter().filter(|(cart, _)| *cart == troubled).count();
            assert_eq!(puts, 4, "{case}: nothing of the cart went on while its record was refused");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_kills_publish_each_time_is_found_by_halving_and_holds_up_all_behind_it_until_it_passes() {
    let Some(mut published) = Published::new().await else { return };
    published.shop.trouble(OPERATION, 0, FOR_EVER, Trouble::StruckBefore);
    let status = published.begin();
    until(&published.function, "tried alone for the third time", || published.function.deliveries().len() >= 8).await;
    let halved = ["0 to 11, killed", "0 to 5, killed", "0 1 2, killed", "0, done", "1 2, killed"];
    let alone = ["1, killed"; 3];
    assert_eq!(story(&published.function)[..8], [&halved[..], &alone[..]].concat());
    assert_eq!(published.seen().await, [(event_table::stream(1), 1)], "nothing goes past it");
    assert_eq!(status.read().records, 1);
    assert!(status.read().failing.unwrap().contains("killed"), "and the mapping says so");

    published.shop.account.calm();
    finished(&status, EVENTS, &published.function).await;
    let healed = story(&published.function);
    assert_eq!(healed[healed.len() - 4..], ["1, done", "2, done", "3 4 5, done", "6 to 11, done"]);
    let seen = published.is_whole_and_in_order("healed").await;
    assert_eq!(seen.len(), EVENTS, "each once");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_new_event_goes_to_the_tamper_queue_and_holds_up_nothing() {
    let Some(mut published) = Published::new().await else { return };
    let client = published.shop.dynamo.client();
    let of_the_troubled = |version: &str| {
        let cart = AttributeValue::S(event_table::stream(TROUBLED).to_string());
        [("AggregateUuid", cart), ("Version", AttributeValue::N(version.to_owned()))]
    };
    let table = TableNames::default().events;
    let changed = client.update_item().table_name(&table).update_expression("SET Note = :note");
    let changed = changed.expression_attribute_values(":note", AttributeValue::S("mine".to_owned()));
    let changed = changed.set_key(Some(of_the_troubled("4").map(|(name, value)| (name.to_owned(), value)).into()));
    changed.send().await.unwrap();
    let foreign = of_the_troubled("77").map(|(name, value)| (name.to_owned(), value));
    client.put_item().table_name(&table).set_item(Some(foreign.into())).send().await.unwrap();
    let key = of_the_troubled("77").map(|(name, value)| (name.to_owned(), value));
    client.delete_item().table_name(&table).set_key(Some(key.into())).send().await.unwrap();

    let status = published.begin();
    finished(&status, EVENTS + 3, &published.function).await;
    assert_eq!(story(&published.function), ["0 to 14, done"]);
    assert_eq!(published.is_whole_and_in_order("tampered").await.len(), EVENTS);
    let (sqs, queue) = &published.tamper;
    let received = sqs.receive_message().queue_url(queue).max_number_of_messages(10).send().await.unwrap();
    let kept = received.messages().iter().map(|message| {
        let message: Value = serde_json::from_str(message.body().unwrap()).unwrap();
        message["reason"].as_str().unwrap().to_owned()
    });
    let kept: BTreeSet<String> = kept.collect();
    assert_eq!(kept.len(), 3, "{kept:?}");
    assert!(kept.contains("an event was changed") && kept.contains("an event was deleted"), "{kept:?}");
}
