//! The API over ports in memory: what a caller sends, and what comes back. Tests of rows of the table of bad inputs
//! bear the row's number.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test stops at the first surprise")]
#![allow(
    clippy::needless_pass_by_value,
    reason = "JSON is written where it is used; a & before each json! says nothing"
)]

mod all_events;
mod carts;
mod commands;
mod histogram;
mod imports;
mod lists;
mod openapi;
mod operations;
mod owners;
mod receipts;
mod refusals;
mod replays;
mod requests;
mod stream;
mod timeline;

use std::sync::Mutex;

use serde_json::{Value, json};
use tillroll_core::cart::Catalogue;
use tillroll_core::id::StreamId;
use tillroll_core::time::Timestamp;
use uuid::Uuid;

use super::audience::Everybody;
use super::{Api, ApiRequest, Body, Ports, Settings};
use crate::memory::{
    MemoryArchive, MemoryBus, MemoryClock, MemoryProgress, MemoryQueue, MemoryRows, MemoryRuns, MemoryStarter,
    MemoryTable, ProcessNews,
};
use crate::ports::{Clock as _, DeadLetters, Fault, PipelineSnapshot, PipelineView, Stage, StageState};
use crate::verify::repair::Repair;
use crate::verify::run::{Ask, Begun, Then, Verification, Verifications};
use crate::verify::{Phase, Report, Standing};

/// 2017-07-14T02:40:00Z.
const START_MS: i64 = 1_500_000_000_000;
const REDUCER: &str = "0123456789abcdef";

struct World {
    table: MemoryTable,
    rows: MemoryRows,
    runs: MemoryRuns,
    progress: MemoryProgress,
    archive: MemoryArchive,
    queue: MemoryQueue,
    clock: MemoryClock,
    bus: MemoryBus,
    news: ProcessNews<MemoryClock>,
    starter: MemoryStarter,
    /// Each with the moment at which it ends.
    verifications: Mutex<Vec<(u64, Verification)>>,
}

impl Ports for World {
    type Audience = Everybody;
    type Table = MemoryTable;
    type Rows = MemoryRows;
    type Runs = MemoryRuns;
    type Progress = MemoryProgress;
    type Archive = MemoryArchive;
    type Queue = MemoryQueue;
    type Clock = MemoryClock;
    type News = ProcessNews<MemoryClock>;
    type Feed = MemoryBus;
    type Pipeline = Self;
    type DeadLetters = MemoryQueue;
    type Verifications = Self;
    type Starter = MemoryStarter;

    fn table(&self) -> &MemoryTable {
        &self.table
    }
    fn rows(&self) -> &MemoryRows {
        &self.rows
    }
    fn runs(&self) -> &MemoryRuns {
        &self.runs
    }
    fn progress(&self) -> &MemoryProgress {
        &self.progress
    }
    fn archive(&self) -> &MemoryArchive {
        &self.archive
    }
    fn queue(&self) -> &MemoryQueue {
        &self.queue
    }
    fn clock(&self) -> &MemoryClock {
        &self.clock
    }
    fn news(&self) -> &ProcessNews<MemoryClock> {
        &self.news
    }
    fn feed(&self) -> &MemoryBus {
        &self.bus
    }
    fn pipeline(&self) -> &Self {
        self
    }
    fn dead_letters(&self) -> &MemoryQueue {
        &self.queue
    }
    fn verifications(&self) -> &Self {
        self
    }
    fn starter(&self) -> &MemoryStarter {
        &self.starter
    }
}

/// A verification takes as long as its wait, and finds nothing.
impl Verifications for World {
    async fn begin(&self, ask: Ask) -> Result<Begun, Fault> {
        let repair = match ask.then {
            Then::Report => None,
            Then::Plan => Some(Repair { dry_run: true, ..Repair::default() }),
            Then::Repair(operation) => Some(Repair { operation: Some(operation.id), ..Repair::default() }),
        };
        let mut runs = self.verifications.lock().unwrap();
        let begun = Verification {
            id: id(runs.len() as u128 + 1),
            standing: Standing::default(),
            started_at: self.clock.now(),
            finished_at: None,
            error: None,
            repair,
            report: None,
        };
        runs.push((self.clock.elapsed_ms() + u64::try_from(ask.wait.as_millis()).unwrap(), begun.clone()));
        Ok(Begun::Started(begun))
    }

    async fn get(&self, id: &str) -> Result<Option<Verification>, Fault> {
        let runs = self.verifications.lock().unwrap();
        let run = runs.iter().find(|(_, run)| run.id == id);
        Ok(run.map(|(until_ms, run)| {
            let mut run = run.clone();
            if self.clock.elapsed_ms() >= *until_ms {
                run.standing.phase = Phase::Finished;
                run.finished_at = Some(self.clock.now());
                run.report = Some(Report { ok: true, ..Report::default() });
            }
            run
        }))
    }

    async fn latest(&self) -> Result<Option<Verification>, Fault> {
        let id = self.verifications.lock().unwrap().last().map(|(_, run)| run.id.clone());
        match id {
            Some(id) => self.get(&id).await,
            None => Ok(None),
        }
    }
}

impl PipelineView for World {
    async fn snapshot(&self) -> Result<PipelineSnapshot, Fault> {
        let stage = Stage {
            name: "publish".to_owned(),
            state: StageState::Running,
            lag_events: 3,
            lag_ms: 20,
            since: None,
            rates: None,
            last_error: None,
        };
        let dead_letters = vec![DeadLetters { subscription: "carts".to_owned(), messages: 0 }];
        Ok(PipelineSnapshot { stages: vec![stage], dead_letters, ..PipelineSnapshot::default() })
    }
}

/// A shop without a catalogue, where every caller is trusted.
fn shop() -> Api<World> {
    shop_with(|_| {})
}

fn shop_with(set: impl FnOnce(&mut Settings)) -> Api<World> {
    let mut settings = Settings {
        catalogue: None,
        reducer: REDUCER.to_owned(),
        version: "1.2.3".to_owned(),
        check_owner: false,
        cart_rate: None,
    };
    set(&mut settings);
    let clock = MemoryClock::new(Timestamp::from_unix_ms(START_MS), 1);
    let table = MemoryTable::default();
    let bus = MemoryBus::new(2, clock.clone());
    let world = World {
        rows: MemoryRows::default(),
        runs: MemoryRuns::default(),
        progress: MemoryProgress::new(table.clone(), bus.clone(), &["archive"]),
        bus,
        archive: MemoryArchive::default(),
        queue: MemoryQueue::new(clock.clone()),
        news: ProcessNews::new(clock.clone()),
        starter: MemoryStarter::default(),
        verifications: Mutex::default(),
        clock,
        table,
    };
    Api::new(world, settings)
}

/// Milk for 1.00 and bread at 10.00 for 3, and a code that takes 10 % off.
fn catalogue() -> Catalogue {
    serde_json::from_value(json!({
        "version": "2017-07",
        "currency": "EUR",
        "items": [
            {"sku": "milk", "item_name": "Oat milk", "price": {"minor": 100, "per": 1}},
            {"sku": "bread", "item_name": "Bread", "price": {"minor": 1000, "per": 3}},
        ],
        "discounts": [{"code": "SUMMER", "rule": {"kind": "percent_off", "basis_points": 1000}}],
    }))
    .unwrap()
}

struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    text: String,
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(present, _)| *present == name).map(|(_, value)| value.as_str())
    }

    /// Status and code of a problem, after making sure that it is one.
    #[track_caller]
    fn problem(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{}", self.text);
        let json = self.json();
        assert_eq!(json["status"], self.status);
        assert_eq!(json["type"], format!("urn:tillroll:problem:{}", json["code"].as_str().unwrap()));
        for member in ["title", "detail", "errors", "retryable", "trace_id"] {
            assert!(!json[member].is_null(), "{member} is missing: {json}");
        }
        (self.status, json["code"].as_str().unwrap().to_owned())
    }

    /// Status of each command's result, or the code of its refusal.
    #[track_caller]
    fn verdicts(&self) -> Vec<String> {
        assert_eq!(self.status, 200, "{}", self.text);
        let json = self.json();
        let word = |result: &Value| match result["status"].as_str().unwrap() {
            "refused" => result["code"].as_str().unwrap().to_owned(),
            status => status.to_owned(),
        };
        json["results"].as_array().unwrap().iter().map(word).collect()
    }
}

impl Api<World> {
    async fn send(&self, request: ApiRequest) -> Reply {
        let response = self.answer(&request).await;
        assert_eq!(response.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(response.header("access-control-allow-origin"), None);
        assert!(response.header("cache-control").is_some());
        let text = String::from_utf8(response.body.into_whole().expect("a whole body")).unwrap();
        Reply { status: response.status, headers: response.headers, text }
    }

    async fn get(&self, path: &str) -> Reply {
        self.send(request("GET", path)).await
    }

    async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send(posting(path, body.to_string())).await
    }

    /// Opens cart `n`.
    async fn open(&self, n: u128) -> String {
        let reply = self.post("/carts", &json!({"command_id": id(1_000 + n), "cart_id": id(n)})).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        id(n)
    }

    async fn ask(&self, cart: &str, commands: Value) -> Reply {
        self.post(&format!("/carts/{cart}/commands"), &json!({"commands": commands})).await
    }

    /// How many events the table has.
    fn event_count(&self) -> usize {
        self.ports().table.change_count()
    }
}

fn request(method: &str, path: &str) -> ApiRequest {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    ApiRequest {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        request_id: "feedfacefeedfacefeedfacefeedface".to_owned(),
        ..ApiRequest::default()
    }
}

fn posting(path: &str, body: impl Into<Vec<u8>>) -> ApiRequest {
    let headers = vec![("content-type".to_owned(), "application/json; charset=utf-8".to_owned())];
    ApiRequest { headers, body: Body::Whole(body.into()), ..request("POST", path) }
}

impl ApiRequest {
    fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// A UUID by number.
fn id(n: u128) -> String {
    Uuid::from_u128(n).to_string()
}

fn stream(n: u128) -> StreamId {
    StreamId::new(Uuid::from_u128(n))
}

/// `AddItem` of one piece at 1.00, with command id `n`.
fn add(n: u128, item_name: &str) -> Value {
    json!({"command_id": id(n), "type": "AddItem", "data": {"item_name": item_name, "price": {"minor": 100}}})
}

fn sent(n: u128, name: &str, data: Value) -> Value {
    json!({"command_id": id(n), "type": name, "data": data})
}
