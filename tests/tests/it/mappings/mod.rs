//! Our event source mappings with the real programs behind them, under a Runtime API: what is refused, killed or poisoned on
//! the way comes again as AWS would bring it, and in the end nothing is lost and nothing counts twice.
//!
//! The mappings are those of the local system, with the sizes that the Terraform gives AWS's. The programs reach DynamoDB,
//! Kinesis, S3 and SQS through one address, where a test says which request meets trouble. What no emulator models is
//! thereby run: answers that name failed records, halving, tries without end. A panic is one of two things that happen here:
//! a failure that is answered, in these builds, or a process that ends, in those for AWS.

mod archive;
mod project;
mod publish;
mod queue;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::json;
use tempfile::TempDir;
use tillroll_core::id::StreamId;
use tillroll_host_lambda::dynamodb::tables::{TableNames, create_tables};
use tillroll_host_lambda::dynamodb::{Events, Tokens};
use tillroll_host_lambda::ports::{BusRecord, EventBus as _, EventTable as _};
use tillroll_host_lambda::record::EventRecord;
use tillroll_local::bus::LocalBus;
use tillroll_local::checkpoints::Checkpoints;
use tillroll_local::clock::LocalClock;
use tillroll_local::dynamo::LocalDynamo;
use tillroll_local::mappings::Pace;
use tillroll_local::mappings::shard::{Batching, BusSource, ShardMapping, Source};
use tillroll_local::mappings::status::StatusCell;
use tillroll_local::pipeline_db;
use tillroll_local::queue::RECEIVE_MESSAGES_MAX;
use tillroll_local::sqlite::Sqlite;
use tillroll_tests::account::{Account, Fate, Trouble};
use tillroll_tests::contracts::event_table;
use tillroll_tests::invoked::{Delivery, Ended, Invoked};
use tillroll_tests::runtime_api::FunctionProgram;
use tillroll_tests::terraform::module;
use tillroll_tests::wall_clock::WallClock;
use tokio::sync::watch;
use tokio::task::JoinSet;

const CARTS: u128 = 3;
const VERSIONS: u64 = 4;
/// Every event of these carts.
const EVENTS: usize = 12;
/// The cart that has trouble.
const TROUBLED: u128 = 2;
/// A transaction of the rows: a cart's row and what changes of its entries.
const ROW_WRITE: &str = "TransactWriteItems";
/// So often in a row a cart is read and written anew before its records are returned.
const RACES: u32 = 8;
/// More often than any test waits for.
const FOR_EVER: u32 = u32::MAX;
/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_mins(1);
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// The batches of publish and of the live feed. How long one waits to fill changes nothing here: all records are there
/// before.
const BY_HUNDRED: Batching = Batching { records_max: 100, window: Duration::ZERO, interval: Duration::ZERO };
/// The batches of archive.
const BY_THOUSAND: Batching = Batching { records_max: 1_000, ..BY_HUNDRED };

#[test]
fn batches_are_as_large_as_the_terraform_makes_them_on_aws() {
    let size = |batching: Batching| batching.records_max;
    for (file, sizes) in [
        ("pipeline.tf", [size(BY_HUNDRED), size(BY_THOUSAND)]),
        ("modules/subscription/main.tf", [size(BY_HUNDRED), RECEIVE_MESSAGES_MAX]),
    ] {
        let text = std::fs::read_to_string(module().join(file)).unwrap();
        let lines = text.lines().filter_map(|line| line.trim().strip_prefix("batch_size")?.split_once('='));
        let stated: Vec<u32> = lines.map(|(_, size)| size.trim().parse().unwrap()).collect();
        assert_eq!(stated, sizes, "{file}");
    }
}

/// Event table, rows and bus, and mappings to work on them.
struct Shop {
    mappings: JoinSet<()>,
    pace: watch::Sender<Pace>,
    account: Account,
    dynamo: LocalDynamo,
    sqlite: Sqlite,
    _folder: TempDir,
}

impl Shop {
    /// An empty one; what is not DynamoDB is at `others`.
    async fn new(others: Option<SocketAddr>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let dynamo = LocalDynamo::start(&folder.path().join("dynamodb.sqlite")).unwrap();
        create_tables(&dynamo.client(), &TableNames::default()).await.unwrap();
        Self {
            mappings: JoinSet::new(),
            pace: watch::Sender::new(Pace::Batching),
            account: Account::of(dynamo.address(), others).await,
            sqlite: pipeline_db::open(&folder.path().join("pipeline.sqlite")).unwrap(),
            dynamo,
            _folder: folder,
        }
    }

    /// The same with every event of its carts in the table.
    async fn with_events(others: Option<SocketAddr>) -> Self {
        let shop = Self::new(others).await;
        let table = Events::new(shop.dynamo.client(), TableNames::default().events, Tokens::Omit, WallClock::default());
        for event in events() {
            table.append(&[event]).await.unwrap();
        }
        shop
    }

    /// A bus of one shard with these records.
    async fn bus(&self, records: Vec<BusRecord>) -> LocalBus {
        let readers = vec!["reader".to_owned()];
        let bus = LocalBus::open(self.sqlite.clone(), LocalClock::system(), 1, readers).await.unwrap();
        assert!(bus.put(records).await.unwrap().iter().all(Result::is_ok));
        bus
    }

    /// A program that may use tables and rows of this shop.
    fn program(&self, name: &str, variables: &[(&str, &str)]) -> Invoked {
        let tables = TableNames::default();
        let program = FunctionProgram::of_this_build(name)
            .env("TILLROLL_EVENTS_TABLE", tables.events)
            .env("TILLROLL_ROWS_TABLE", tables.rows);
        let program = variables.iter().fold(program, |program, (name, value)| program.env(name, *value));
        Invoked::new(program, &self.account)
    }

    /// Delivers a shard to a program from now on.
    fn map<S: Source>(&mut self, source: S, batching: Batching, function: &Invoked) -> StatusCell
    where
        Invoked: tillroll_local::mappings::Function<S::Batch>,
    {
        let checkpoints = Checkpoints::new(self.sqlite.clone());
        let mapping =
            ShardMapping::new("reader", batching, source, function.clone(), checkpoints, LocalClock::system());
        let status = mapping.status();
        self.mappings.spawn(mapping.run(self.pace.subscribe()));
        status
    }

    /// Delivers the bus to a program from now on.
    fn map_bus(&mut self, bus: &LocalBus, batching: Batching, function: &Invoked) -> StatusCell {
        self.map(BusSource::new(bus.clone(), bus.shards()[0].clone()), batching, function)
    }

    /// Requests that name the troubled cart meet trouble: so many after so many.
    fn trouble(&self, operation: &'static str, after: u32, times: u32, trouble: Trouble) {
        self.account.ordain(Fate { operation, text: event_table::stream(TROUBLED).to_string(), after, times, trouble });
    }

    /// What stands in the rows table, by key, but for how far readers came. An entry's revision says in which batch it
    /// was written; that of a cart's row, in the partition of a lane, is the version applied last.
    async fn rows(&self) -> BTreeMap<String, String> {
        let scanned = self.dynamo.client().scan().table_name(TableNames::default().rows).send().await.unwrap();
        let rows = scanned.items().iter().map(|item| {
            let mut item: BTreeMap<_, _> = item.iter().map(|(name, value)| (name.as_str(), value)).collect();
            let key = ["Partition", "Sort"].map(|name| item[name].as_s().unwrap().as_str());
            let is_lane = |word: &str| word.len() == 2 && word.bytes().all(|digit| digit.is_ascii_digit());
            if !key[0].rsplit('#').next().is_some_and(is_lane) {
                item.remove("Revision");
            }
            (key.join(" "), format!("{item:?}"))
        });
        rows.filter(|(key, _)| !key.starts_with("progress#")).collect()
    }
}

/// Waits until something is so of a program.
async fn until(function: &Invoked, what: &str, is_so: impl Fn() -> bool) {
    let so = async {
        while !is_so() {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    tokio::time::timeout(PATIENCE, so).await.unwrap_or_else(|_| panic!("never {what}: {:?}", story(function)));
}

/// Waits until a mapping has finished so many records.
async fn finished(status: &StatusCell, records: usize, function: &Invoked) {
    let records = u64::try_from(records).unwrap();
    until(function, &format!("{records} records"), || status.read().records >= records).await;
    assert_eq!(status.read().records, records);
}

/// An event of a cart: it is opened, then each version adds as many pieces.
fn event(cart: u128, version: u64) -> EventRecord {
    let stream = event_table::stream(cart);
    let event = event_table::event(stream, version, cart * 100 + u128::from(version));
    if version == 1 {
        let data = json!({"shopping_cart_uuid": stream, "currency": "EUR"});
        return EventRecord { name: "CartOpened".to_owned(), data, ..event };
    }
    let name = format!("item {version}");
    let data = json!({
        "shopping_cart_uuid": stream, "item_name": name, "quantity": version, "price": {"minor": 100},
    });
    EventRecord { data, ..event }
}

/// Every event, the carts by turns: version 1 of each, version 2 of each.
pub(super) fn events() -> Vec<EventRecord> {
    (1..=VERSIONS).flat_map(|version| (1..=CARTS).map(move |cart| event(cart, version))).collect()
}

fn on_bus(event: &EventRecord) -> BusRecord {
    BusRecord { partition_key: event.stream.to_string(), data: event.to_json() }
}

/// What was delivered and what came of it, by the places of the records in the first delivery, which had them all.
fn story(function: &Invoked) -> Vec<String> {
    let deliveries = function.deliveries();
    let all = deliveries.first().map(|first| first.items.clone()).unwrap_or_default();
    let place = |item: &String| all.iter().position(|other| other == item).map_or("?".to_owned(), |at| at.to_string());
    let places = |items: &[String]| items.iter().map(place).collect::<Vec<_>>().join(" ");
    let told = |Delivery { items, ended }: &Delivery| {
        let ended = match ended {
            Ended::Answered(back) if back.is_empty() => "done".to_owned(),
            Ended::Answered(back) => format!("back: {}", places(back)),
            Ended::Failed(_) => "failed".to_owned(),
            Ended::Killed => "killed".to_owned(),
        };
        match items.as_slice() {
            [first, .., last] if items.len() > 3 => format!("{} to {}, {ended}", place(first), place(last)),
            items => format!("{}, {ended}", places(items)),
        }
    };
    deliveries.iter().map(told).collect()
}

/// The first time each event of a cart appears.
fn first_times(seen: &[(StreamId, u64)], cart: StreamId) -> Vec<u64> {
    let mut first = Vec::new();
    for (_, version) in seen.iter().filter(|(other, _)| *other == cart) {
        if !first.contains(version) {
            first.push(*version);
        }
    }
    first
}
