//! What every event bus has to show to those who look on.
#![allow(missing_docs, reason = "the names of the sentences are their documentation")]

use std::time::Duration;

use tillroll_core::sequence::SequenceNumber;
use tillroll_core::time::Timestamp;
use tillroll_host_lambda::lambda_events::BusBatchRecord;
use tillroll_host_lambda::ports::{BusRecord, EventBus, EventFeed, FeedPosition};

/// The sentences, each as a test of the adapter that `$fresh` makes.
#[macro_export]
macro_rules! event_feed_contract {
    ($fresh:expr) => {
        $crate::sentences!(
            event_feed,
            $fresh,
            [
                a_shard_is_read_in_its_order_from_any_place,
                shards_say_how_far_they_have_come,
                a_wait_ends_with_the_put_it_waits_for,
                records_of_a_key_are_behind_the_place_of_their_time,
            ]
        );
    };
}

/// Longer than any put takes.
const PATIENCE: Duration = Duration::from_mins(1);

async fn put(bus: &impl EventBus, keys: impl IntoIterator<Item = u32>) {
    for key in keys {
        let record = BusRecord { partition_key: format!("cart {key}"), data: key.to_string().into_bytes() };
        assert_eq!(bus.put(vec![record]).await.unwrap(), [Ok(())]);
    }
}

fn sequence(record: &BusBatchRecord) -> SequenceNumber {
    record.kinesis.sequence_number.parse().unwrap()
}

async fn whole(feed: &impl EventFeed) -> Vec<Vec<BusBatchRecord>> {
    let mut shards = Vec::new();
    for shard in feed.shards().await.unwrap() {
        shards.push(feed.read(&shard.name, None, usize::MAX).await.unwrap());
    }
    shards
}

pub async fn a_shard_is_read_in_its_order_from_any_place(feed: impl EventBus + EventFeed) {
    put(&feed, 0..60).await;
    let shards = whole(&feed).await;
    assert_eq!(shards.iter().map(Vec::len).sum::<usize>(), 60);
    for records in shards {
        assert!(records.iter().map(sequence).is_sorted());
        for (index, record) in records.iter().enumerate() {
            let rest = feed.read(record.shard(), Some(&sequence(record)), 3).await.unwrap();
            let ids = |records: &[BusBatchRecord]| records.iter().map(|r| r.event_id.clone()).collect::<Vec<_>>();
            assert_eq!(ids(&rest), ids(&records[index + 1..records.len().min(index + 4)]));
        }
    }
    assert!(feed.read("no such shard", None, 9).await.unwrap().is_empty());
}

pub async fn shards_say_how_far_they_have_come(feed: impl EventBus + EventFeed) {
    for shard in feed.shards().await.unwrap() {
        assert_eq!((shard.trimmed, shard.newest), (None, None), "{}", shard.name);
    }
    put(&feed, 0..60).await;
    let shards = feed.shards().await.unwrap();
    for (shard, records) in shards.iter().zip(whole(&feed).await) {
        assert_eq!(shard.newest, records.last().map(sequence), "{}", shard.name);
        assert_eq!(shard.trimmed, None, "{}", shard.name);
        assert!(records.iter().all(|record| record.shard() == shard.name));
    }
}

pub async fn a_wait_ends_with_the_put_it_waits_for(feed: impl EventBus + EventFeed) {
    let mut position = FeedPosition::default();
    assert!(!feed.wait(&position, Duration::from_millis(1)).await, "nothing is there");
    for key in 0..20 {
        let (came, ()) = tokio::join!(feed.wait(&position, PATIENCE), put(&feed, [key]));
        assert!(came, "put {key}");
        assert!(feed.wait(&position, PATIENCE).await, "what is there already is not waited for");
        for record in whole(&feed).await.concat() {
            position.seen(record.shard(), sequence(&record));
        }
        assert!(!feed.wait(&position, Duration::from_millis(1)).await, "everything is seen");
    }
}

pub async fn records_of_a_key_are_behind_the_place_of_their_time(feed: impl EventBus + EventFeed) {
    put(&feed, (0..60).chain(0..60)).await;
    let all = whole(&feed).await.concat();
    for record in &all {
        let place = feed.place_of(&record.kinesis.partition_key, record.arrived_at()).await.unwrap();
        assert_eq!(place.shard, record.shard());
        assert!(place.after.as_ref() < Some(&sequence(record)), "{} is not behind {place:?}", record.event_id);
    }
    for key in ["cart 1", "a cart that nobody has"] {
        let place = feed.place_of(key, Timestamp::UNIX_EPOCH).await.unwrap();
        assert_eq!(place.after, None, "everything is behind the beginning");
        let place = feed.place_of(key, Timestamp::from_unix_ms(253_402_300_799_999)).await.unwrap();
        let newest = all.iter().rfind(|record| record.shard() == place.shard).map(sequence);
        assert_eq!(place.after, newest, "nothing arrived in the year 9999");
    }
}
