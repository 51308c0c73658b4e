//! Receipts of single events, over a pipeline whose stages move when they are told.

use std::time::Duration;

use serde_json::{Value, json};

use super::{World, add, id, shop, stream};
use crate::api::Api;
use crate::functions::archive::archive;
use crate::functions::project::Projector;
use crate::functions::publish::publish;
use crate::lambda_events::{BusBatch, TableStreamBatch};
use crate::memory::MemoryTamperLog;
use crate::ports::{Clock as _, EventTable as _};
use crate::subscriptions::carts::Carts;
use crate::subscriptions::kit::event;
use crate::subscriptions::suggestions::Suggestions;

const READERS: [&str; 4] = ["archive", "carts", "suggestions", "reminders"];

impl World {
    async fn publish_all(&self) {
        let records = self.table.changes(self.progress.published_count(), 1_000);
        publish(&TableStreamBatch { records }, &self.bus, &MemoryTamperLog::default()).await.unwrap();
        self.progress.published(self.table.change_count());
    }

    fn batches(&self, reader: &str) -> Vec<(String, BusBatch)> {
        let read = |shard: String| {
            let records = self.bus.read(&shard, self.progress.checkpoint(reader, &shard).as_ref(), 1_000);
            (shard, BusBatch { records })
        };
        self.bus.shards().into_iter().map(read).filter(|(_, batch)| !batch.records.is_empty()).collect()
    }

    fn finish(&self, reader: &str) {
        for (shard, batch) in self.batches(reader) {
            let last = batch.records.last().unwrap().kinesis.sequence_number.parse().unwrap();
            self.progress.finished(reader, &shard, last);
        }
    }

    async fn archive_all(&self) {
        for (_, batch) in self.batches("archive") {
            archive(&batch, &self.archive).await.unwrap();
        }
        self.finish("archive");
    }

    async fn project_all(&self) {
        let carts = Projector::new(Carts, self.rows.clone(), self.table.clone(), "build");
        for (_, batch) in self.batches("carts") {
            carts.live(&batch).await.unwrap();
        }
        let suggestions = Projector::new(Suggestions, self.rows.clone(), self.table.clone(), "build");
        for (_, batch) in self.batches("suggestions") {
            suggestions.live(&batch).await.unwrap();
        }
        READERS[1..].iter().for_each(|reader| self.finish(reader));
    }
}

/// Each stage and its state.
async fn states(shop: &Api<World>, cart: &str, version: u64) -> (Value, Vec<(String, String)>) {
    let reply = shop.get(&format!("/carts/{cart}/events/{version}/receipt")).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let receipt = reply.json();
    let word = |stage: &Value, name: &str| stage[name].as_str().unwrap().to_owned();
    let stages = receipt["stages"].as_array().unwrap().iter();
    let standing = stages.map(|stage| (word(stage, "stage"), word(stage, "state"))).collect();
    (receipt, standing)
}

fn said(states: &[(String, String)]) -> Vec<&str> {
    states.iter().map(|(_, state)| state.as_str()).collect()
}

#[tokio::test]
async fn a_receipt_follows_an_event_through_every_stage() {
    let shop = shop();
    let cart = shop.open(7).await;
    shop.ask(&cart, json!([add(1, "milk"), add(2, "bread")])).await;
    let (_, before) = states(&shop, &cart, 2).await;
    let names: Vec<_> = before.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["table", "bus", "archive", "project carts", "project suggestions", "project reminders"]);
    assert_eq!(said(&before), ["done", "pending", "pending", "pending", "pending", "pending"]);

    shop.ports().clock.pause(Duration::from_millis(250)).await;
    shop.ports().publish_all().await;
    let (receipt, on_bus) = states(&shop, &cart, 2).await;
    assert_eq!(said(&on_bus), ["done", "done", "pending", "pending", "pending", "pending"]);
    let bus = &receipt["stages"][1];
    assert_eq!(bus["at"], "2017-07-14T02:40:00.250Z", "{bus}");
    assert!(bus["shard"].as_str().unwrap().starts_with("shardId-") && bus["sequence_number"].is_string(), "{bus}");

    shop.ports().archive_all().await;
    shop.ports().project_all().await;
    let (receipt, done) = states(&shop, &cart, 3).await;
    // The reader of reminders has passed the event, and there is no row of it.
    assert_eq!(said(&done), ["done", "done", "done", "done", "done", "missing"]);
    let archived = &receipt["stages"][2];
    assert!(archived["key"].as_str().unwrap().starts_with("v1/dt=2017-07-14/hh=02/shard="), "{archived}");
    assert_eq!((&archived["line"], &receipt["stages"][3]["applied_version"]), (&json!(3), &json!(3)));
    assert_eq!((&receipt["version"], &receipt["type"]), (&json!(3), &json!("tillroll.cart.ItemAdded")));
}

#[tokio::test]
async fn an_event_that_came_twice_or_behind_a_later_one_says_so() {
    let shop = shop();
    let cart = shop.open(7).await;
    shop.ask(&cart, json!([add(1, "milk"), add(2, "bread")])).await;
    let records = shop.ports().table.changes(0, 10);
    // The third before the second, and the second twice.
    for nth in [0, 2, 1, 1] {
        let records = vec![records[nth].clone()];
        publish(&TableStreamBatch { records }, &shop.ports().bus, &MemoryTamperLog::default()).await.unwrap();
    }
    shop.ports().progress.published(3);
    shop.ports().archive_all().await;
    let stages = async |version| states(&shop, &cart, version).await.0["stages"].clone();
    let late = stages(2).await;
    assert_eq!((&late[1]["doubles"], &late[1]["behind_version"]), (&json!(1), &json!(3)), "{late}");
    assert_eq!((&late[2]["line"], &late[2]["doubles"]), (&json!(3), &json!(1)), "{late}");
    for version in [1, 3] {
        let plain = stages(version).await;
        let said = |stage: usize, name: &str| plain[stage].get(name).is_some();
        assert!(!said(1, "doubles") && !said(1, "behind_version") && !said(2, "doubles"), "{plain}");
    }
}

#[tokio::test]
async fn a_hole_is_seen_in_the_stage_where_it_is() {
    let shop = shop();
    let cart = shop.open(7).await;
    shop.ports().progress.published(1);
    let (_, states_of) = states(&shop, &cart, 1).await;
    assert_eq!(states_of[1].1, "missing", "publish says that it has finished it, and the bus does not have it");

    let cart = shop.open(8).await;
    let records = shop.ports().table.changes(1, 10);
    publish(&TableStreamBatch { records }, &shop.ports().bus, &MemoryTamperLog::default()).await.unwrap();
    shop.ports().finish("archive");
    assert_eq!(states(&shop, &cart, 1).await.1[2].1, "missing");
}

#[tokio::test]
async fn what_the_bus_has_forgotten_is_found_in_the_archive_by_its_time() {
    let shop = shop();
    let mut carts = Vec::new();
    for n in 1..=40 {
        carts.push(shop.open(n).await);
        shop.ports().clock.pause(Duration::from_secs(100)).await;
        shop.ports().publish_all().await;
        shop.ports().archive_all().await;
    }
    shop.ports().project_all().await;
    shop.ports().bus.trim();
    for cart in carts {
        let (receipt, states) = states(&shop, &cart, 1).await;
        assert_eq!(said(&states)[..4], ["done", "expired", "done", "done"], "{receipt}");
        assert_eq!(receipt["stages"][2]["line"], 1);
    }
}

#[tokio::test]
async fn a_parked_cart_says_where_it_stands_and_why() {
    let shop = shop();
    let cart = shop.open(7).await;
    shop.ports().table.append(&[event(stream(7), 2, "CartTeleported", json!({}))]).await.unwrap();
    shop.ports().table.append(&[event(stream(7), 3, "ItemAdded", json!({"item_name": "milk"}))]).await.unwrap();
    shop.ports().clock.set("2026-01-01T00:05:00Z".parse().unwrap());
    shop.ports().publish_all().await;
    shop.ports().project_all().await;
    for version in [2, 3] {
        let (receipt, states) = states(&shop, &cart, version).await;
        let carts = &receipt["stages"][3];
        assert_eq!(states[3].1, "parked", "{receipt}");
        assert_eq!((&carts["parked_at"], &carts["applied_version"]), (&json!(2), &json!(1)));
        assert!(!carts["reason"].as_str().unwrap().is_empty());
    }
    assert_eq!(states(&shop, &cart, 1).await.1[3].1, "done");
}

#[tokio::test]
async fn f26_receipts_of_events_that_never_were() {
    let shop = shop();
    let cart = shop.open(7).await;
    for version in ["0", "2", "-1", "x", "1.5", "", "18446744073709551615", "18446744073709551616"] {
        let reply = shop.get(&format!("/carts/{cart}/events/{version}/receipt")).await;
        assert_eq!(reply.problem(), (404, "version_not_found".to_owned()), "{version:?}");
    }
    let reply = shop.get(&format!("/carts/{}/events/1/receipt", id(8))).await;
    assert_eq!(reply.problem(), (404, "cart_not_found".to_owned()));
    assert_eq!(shop.get(&format!("/carts/{cart}/events/1/receipt?x=1")).await.problem().1, "invalid_query");
}
