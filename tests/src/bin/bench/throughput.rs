//! What publish and archive take of a processor, without any transport: from the bytes of Lambda's event to the records
//! of a put, and from the bytes of Lambda's event to a compressed object under its key. Nothing but the library:
//! `host-lambda/examples/throughput.rs` runs the same.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};
use tillroll_core::hash::Fingerprint;
use tillroll_core::id::{CommandId, EventId, StreamId};
use tillroll_core::recorded::{Circumstances, CommandMark};
use tillroll_core::time::Timestamp;
use tillroll_host_lambda::functions::archive::archive;
use tillroll_host_lambda::functions::publish::publish;
use tillroll_host_lambda::item::{STREAM, VERSION, image_of_event};
use tillroll_host_lambda::lambda_events::{
    BatchAnswer, BusBatch, BusBatchRecord, BusPayload, ItemChange, TableStreamBatch, TableStreamRecord,
};
use tillroll_host_lambda::ports::{Archive, BusRecord, Created, EventBus, Fault, RecordRefused, TamperLog};
use tillroll_host_lambda::record::EventRecord;
use uuid::Uuid;

use crate::measure::{median, thread_cpu};

/// Records of a batch: as many as the bus takes in one put.
const BATCH: u64 = 500;
/// Events of an object: a batch of the archive.
const OBJECT: u64 = 1_000;
const BATCHES: u64 = 40;
const ROUNDS: usize = 15;

pub(crate) fn run() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    println!("throughput, one core, no transport, {ROUNDS} rounds of {BATCHES} batches, CPU time of the thread");
    for (name, carts) in [("one event a cart", u64::MAX), ("25 carts a batch", 25)] {
        let batches: Vec<Vec<u8>> = (0..BATCHES).map(|batch| stream_batch(batch * BATCH, carts)).collect();
        let rate = rate_of(BATCHES * BATCH, || {
            let bus = Sink::default();
            for bytes in &batches {
                let batch: TableStreamBatch = serde_json::from_slice(bytes).expect("a batch");
                let answer = runtime.block_on(publish(&batch, &bus, &bus)).expect("an answer");
                assert_eq!(answer, BatchAnswer::done());
            }
            assert_eq!(bus.0.load(Ordering::Relaxed), BATCHES * BATCH);
        });
        report("publish", name, rate, size_of_each(&batches, BATCH), 50_000);
    }
    let batches: Vec<Vec<u8>> = (0..BATCHES).map(|batch| bus_batch(batch * OBJECT)).collect();
    let parsed: Vec<BusBatch> = batches.iter().map(|bytes| serde_json::from_slice(bytes).expect("a batch")).collect();
    let stored = |batch: &BusBatch| {
        let sink = Sink::default();
        assert_eq!(runtime.block_on(archive(batch, &sink)).expect("an answer"), BatchAnswer::done());
        assert_eq!(sink.0.load(Ordering::Relaxed), 1);
    };
    let rate = rate_of(BATCHES * OBJECT, || parsed.iter().for_each(stored));
    report("archive", "encoded and compressed", rate, size_of_each(&batches, OBJECT), 200_000);
    let rate = rate_of(BATCHES * OBJECT, || {
        for bytes in &batches {
            stored(&serde_json::from_slice(bytes).expect("a batch"));
        }
    });
    report("archive", "from Lambda's JSON on", rate, size_of_each(&batches, OBJECT), 200_000);
}

fn rate_of(events: u64, mut round: impl FnMut()) -> f64 {
    let mut rates = Vec::new();
    for _ in 0..ROUNDS {
        let begun = thread_cpu();
        round();
        rates.push(events as f64 / thread_cpu().saturating_sub(begun).as_secs_f64());
    }
    median(rates)
}

fn size_of_each(batches: &[Vec<u8>], events: u64) -> u64 {
    batches.iter().map(|bytes| bytes.len() as u64).sum::<u64>() / (batches.len() as u64 * events)
}

fn report(function: &str, what: &str, rate: f64, bytes: u64, goal: u64) {
    println!(
        "  {function}, {what:<24} {rate:>9.0} events/s ({:.2} µs an event of {bytes} bytes in Lambda's JSON), goal {goal}: {:.1} times",
        1e6 / rate,
        rate / goal as f64,
    );
}

/// Takes everything and keeps nothing but a count.
#[derive(Default)]
struct Sink(AtomicU64);

impl EventBus for Sink {
    async fn put(&self, records: Vec<BusRecord>) -> Result<Vec<Result<(), RecordRefused>>, Fault> {
        self.0.fetch_add(records.len() as u64, Ordering::Relaxed);
        Ok(black_box(records).iter().map(|_| Ok(())).collect())
    }
}

impl TamperLog for Sink {
    async fn keep(&self, reason: &str, _record: String) -> Result<(), Fault> {
        panic!("an event was taken for tampering: {reason}")
    }
}

impl Archive for Sink {
    async fn create(&self, key: &str, bytes: Vec<u8>) -> Result<Created, Fault> {
        black_box((key, bytes));
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(Created::New)
    }

    async fn read(&self, _key: &str) -> Result<Option<Vec<u8>>, Fault> {
        Ok(None)
    }

    async fn list(&self, _after: Option<&str>, _limit: usize) -> Result<Vec<String>, Fault> {
        Ok(Vec::new())
    }
}

fn stream_batch(first: u64, carts: u64) -> Vec<u8> {
    let record = |number: u64| {
        let event = event(number % carts, number / carts.min(number.max(1)) + 1, number);
        let new_image = image_of_event(&event);
        let keys = new_image.iter().filter(|(name, _)| [STREAM, VERSION].contains(&name.as_str()));
        let keys = keys.map(|(name, value)| (name.clone(), value.clone())).collect();
        let sequence_number = (100_000_000_000_000_000_000_u128 + u128::from(number)).to_string();
        let change = ItemChange { sequence_number, keys, new_image: Some(new_image) };
        TableStreamRecord { event_name: "INSERT".to_owned(), dynamodb: change }
    };
    let batch = TableStreamBatch { records: (first..first + BATCH).map(record).collect() };
    // With the members that Lambda sends and nobody here reads.
    let mut json = serde_json::to_value(batch).expect("JSON");
    for record in json["Records"].as_array_mut().expect("records") {
        record["eventID"] = json!("c4ca4238a0b923820dcc509a6f75849b");
        record["eventVersion"] = json!("1.1");
        record["eventSource"] = json!("aws:dynamodb");
        record["awsRegion"] = json!("eu-central-1");
        record["eventSourceARN"] =
            json!("arn:aws:dynamodb:eu-central-1:123456789012:table/tillroll-events/stream/2026-01-01T00:00:00.000");
        record["dynamodb"]["ApproximateCreationDateTime"] = json!(1_772_604_000);
        record["dynamodb"]["SizeBytes"] = json!(612);
        record["dynamodb"]["StreamViewType"] = json!("NEW_IMAGE");
    }
    serde_json::to_vec(&json).expect("JSON")
}

fn bus_batch(first: u64) -> Vec<u8> {
    let record = |number: u64| {
        let event = event(number / 20, number % 20 + 1, number);
        let kinesis = BusPayload {
            partition_key: event.stream.to_string(),
            sequence_number: format!("4954598590018{number:043}"),
            arrival: 1_772_604_000.25,
            data: event.to_json(),
        };
        BusBatchRecord { event_id: format!("shardId-000000000000:{}", kinesis.sequence_number), kinesis }
    };
    let batch = BusBatch { records: (first..first + OBJECT).map(record).collect() };
    serde_json::to_vec(&batch).expect("JSON")
}

/// As the API records a shopper's click: the first opens the cart, the others add an item with a name of 30 bytes.
fn event(cart: u64, version: u64, number: u64) -> EventRecord {
    // Random ids, as carts have, so that they do not compress better than real ones.
    let stream = StreamId::new(Uuid::new_v5(&Uuid::NAMESPACE_URL, &cart.to_le_bytes()));
    let command = CommandId::new(Uuid::new_v5(&stream.uuid(), &number.to_le_bytes()));
    let at = Timestamp::from_unix_ms(1_772_604_000_000 + i64::try_from(number).expect("a number") * 7);
    let (name, data): (&str, Value) = if version == 1 {
        ("CartOpened", json!({"shopping_cart_uuid": stream, "currency": "USD"}))
    } else {
        let price = json!({"minor": 99 + number % 900, "per": 1});
        let sku = (1_029_743 + number % 500 * 7_919).to_string();
        let item_name = format!("FLUID MILK WHITE ONLY {:08}", number % 500);
        let data =
            json!({"shopping_cart_uuid": stream, "item_name": item_name, "sku": sku, "quantity": 1, "price": price});
        ("ItemAdded", data)
    };
    EventRecord {
        stream,
        version,
        name: name.to_owned(),
        data,
        circumstances: Circumstances {
            source: Some("tillroll:api".to_owned()),
            happened_at: Some(at),
            recorded_at: Some(at),
            command: Some(CommandMark::new(command, Fingerprint::of_bytes(&number.to_le_bytes()))),
            correlation_id: Some(command.to_string()),
            reducer: Some("0123456789abcdef".to_owned()),
            ..Circumstances::bare(EventId::of(stream, command, 0))
        },
    }
}
