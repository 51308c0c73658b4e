//! The system as a whole: everything between an append and what follows from it, also when it is cut off.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
use std::path::Path;

use tillroll_core::hash::Fingerprint;
use tillroll_core::id::{CommandId, EventId, StreamId};
use tillroll_core::recorded::{Circumstances, CommandMark};
use tillroll_host_lambda::archive_object::ArchiveObject;
use tillroll_host_lambda::functions::replay;
use tillroll_host_lambda::ports::{
    Archive as _, EventTable as _, PipelineView as _, Progress as _, Rows as _, StageState,
};
use tillroll_host_lambda::record::EventRecord;
use tillroll_host_lambda::subscriptions::layout::Layout;

use super::*;

const PATIENCE: Duration = Duration::from_mins(1);

async fn start(folder: &Path) -> System {
    System::start(Options::new(folder)).await.unwrap()
}

/// A cart that was opened and got `items` items.
fn cart(number: u128, items: u64) -> Vec<EventRecord> {
    let stream = StreamId::new(uuid::Uuid::from_u128((number << 64) | 1));
    let event = |version: u64| {
        let command = CommandId::new(uuid::Uuid::from_u128((number << 64) | u128::from(version + 1)));
        let (name, data) = if version == 1 {
            ("CartOpened", serde_json::json!({"shopping_cart_uuid": stream}))
        } else {
            ("ItemAdded", serde_json::json!({"shopping_cart_uuid": stream, "item_name": format!("item {version}")}))
        };
        EventRecord {
            stream,
            version,
            name: name.to_owned(),
            data,
            circumstances: Circumstances {
                source: Some("tillroll:api".to_owned()),
                command: Some(CommandMark::new(command, Fingerprint::of_bytes(b"content"))),
                ..Circumstances::bare(EventId::of(stream, command, 0))
            },
        }
    };
    (1..=items + 1).map(event).collect()
}

async fn append(system: &System, events: &[EventRecord]) {
    for commit in events.chunks(5) {
        system.ports().table.append(commit).await.unwrap();
    }
}

/// Every event of the archive as (cart, version), sorted; what is there twice comes twice.
async fn archived(system: &System) -> Vec<(StreamId, u64)> {
    let archive = &system.ports().archive;
    let mut all = Vec::new();
    for key in archive.list(None, 10_000).await.unwrap() {
        let object = ArchiveObject::read(archive, &key).await.unwrap();
        all.extend(object.events().map(|event| event.map(|(event, _)| (event.stream, event.version)).unwrap()));
    }
    all.sort_unstable();
    all
}

async fn gate_of(system: &System, stream: StreamId) -> u64 {
    let layout = Layout::new(Carts::NAME, 1);
    let row = system.ports().rows.get(&layout.row_key(stream)).await.unwrap();
    row.map_or(0, |row| row.revision)
}

fn slots(carts: &[Vec<EventRecord>]) -> Vec<(StreamId, u64)> {
    let mut slots: Vec<_> = carts.iter().flatten().map(|event| (event.stream, event.version)).collect();
    slots.sort_unstable();
    slots
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_appended_reaches_archive_and_projections() {
    let folder = tempfile::tempdir().unwrap();
    let system = start(folder.path()).await;
    let carts: Vec<_> = (1..=5).map(|number| cart(number, 11)).collect();
    for cart in &carts {
        append(&system, cart).await;
    }
    system.drain(PATIENCE).await.unwrap();
    assert_eq!(archived(&system).await, slots(&carts));
    for cart in &carts {
        assert_eq!(gate_of(&system, cart[0].stream).await, 12);
    }
    let stream = system.ports().progress.table_stream().await.unwrap();
    assert!(stream.newest.is_some() && stream.published == stream.newest, "{stream:?}");
    let snapshot = system.ports().progress.snapshot().await.unwrap();
    let names: Vec<_> = snapshot.stages.iter().map(|stage| stage.name.as_str()).collect();
    assert_eq!(names[..3], ["publish", "archive", "project carts"]);
    assert!(snapshot.stages.iter().all(|stage| stage.state == StageState::Idle && stage.lag_ms == 0));
    system.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_that_was_cut_off_anywhere_goes_on_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut carts = Vec::new();
    for round in 0..4 {
        let system = start(folder.path()).await;
        for number in 0..5 {
            let cart = cart(round * 10 + number + 1, 7);
            append(&system, &cart).await;
            carts.push(cart);
        }
        // Wherever the mappings are now: tasks are cut off at their next await, nothing is finished.
        drop(system);
    }
    let system = start(folder.path()).await;
    system.drain(PATIENCE).await.unwrap();
    let mut archived = archived(&system).await;
    archived.dedup();
    assert_eq!(archived, slots(&carts));
    for cart in &carts {
        assert_eq!(gate_of(&system, cart[0].stream).await, 8, "each event is applied once");
    }
    system.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_that_cannot_be_written_holds_up_the_archive_alone_and_recovers() {
    let folder = tempfile::tempdir().unwrap();
    let system = start(folder.path()).await;
    let unfinished = folder.path().join("archive/.unfinished");
    std::fs::remove_dir(&unfinished).unwrap();
    let cart = cart(1, 3);
    append(&system, &cart).await;
    let failed = async {
        while system.ports().progress.failing().is_none() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, failed).await.unwrap();
    let late = system.drain(Duration::ZERO).await.unwrap_err().to_string();
    assert!(late.contains("archive fails and is tried again"), "{late}");
    let snapshot = system.ports().progress.snapshot().await.unwrap();
    assert_eq!((snapshot.stages[1].state, snapshot.stages[1].lag_events), (StageState::Retrying, 4));
    std::fs::create_dir(&unfinished).unwrap();
    system.drain(PATIENCE).await.unwrap();
    assert_eq!(archived(&system).await, slots(&[cart]));
    system.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_that_was_cut_off_goes_on_by_itself_and_ends_with_a_new_generation_equal_to_the_live_one() {
    let folder = tempfile::tempdir().unwrap();
    let carts: Vec<_> = (1..=30).map(|number| cart(number, 7)).collect();
    let run = uuid::Uuid::from_u128(7);
    {
        let system = start(folder.path()).await;
        for cart in &carts {
            append(&system, cart).await;
        }
        let options = replay::Options::new(run);
        system.ports().replay().start(Carts::NAME, options, &[Carts::NAME]).await.unwrap();
        // Cut off, wherever it is.
    }
    let system = start(folder.path()).await;
    let finished = async {
        loop {
            let found = system.ports().replay().get(&run.to_string()).await.unwrap().unwrap();
            assert_eq!(found.error, None);
            if found.ended() {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let found = tokio::time::timeout(PATIENCE, finished).await.unwrap();
    assert_eq!((found.phase, found.generation), (replay::Phase::Finished, Some(2)));
    let rows = &system.ports().rows;
    for cart in &carts {
        let [old, new] = [1, 2].map(|generation| Layout::new(Carts::NAME, generation).row_key(cart[0].stream));
        let (old, new) = (rows.get(&old).await.unwrap().unwrap(), rows.get(&new).await.unwrap().unwrap());
        assert_eq!((new.revision, new.body), (old.revision, old.body));
    }
    system.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_system_in_the_same_folder_is_refused_and_the_first_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let system = start(folder.path()).await;
    let refused = System::start(Options::new(folder.path())).await.unwrap_err().to_string();
    assert!(refused.contains(&std::process::id().to_string()), "{refused}");
    append(&system, &cart(1, 1)).await;
    system.drain(PATIENCE).await.unwrap();
    system.shutdown().await;
    start(folder.path()).await.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_file_of_another_dynoxide_is_refused_with_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    start(folder.path()).await.shutdown().await;
    let file = rusqlite::Connection::open(folder.path().join("dynamodb.sqlite")).unwrap();
    file.execute_batch("ALTER TABLE _stream_records ADD COLUMN colour TEXT").unwrap();
    drop(file);
    let refused = System::start(Options::new(folder.path())).await.unwrap_err().to_string();
    assert!(refused.contains("_stream_records") && refused.contains("colour"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_event_is_kept_as_tampering_and_not_published() {
    let folder = tempfile::tempdir().unwrap();
    let system = start(folder.path()).await;
    let cart = cart(1, 1);
    append(&system, &cart).await;
    let client = system.dynamo.client();
    let key = |name: &str, value| (name.to_owned(), value);
    let item = std::collections::HashMap::from([
        key("AggregateUuid", aws_sdk_dynamodb::types::AttributeValue::S(cart[0].stream.to_string())),
        key("Version", aws_sdk_dynamodb::types::AttributeValue::N("2".to_owned())),
    ]);
    client.delete_item().table_name("tillroll-events").set_key(Some(item)).send().await.unwrap();
    system.drain(PATIENCE).await.unwrap();
    assert_eq!(system.ports().tamper.count().await.unwrap(), 1);
    assert_eq!(archived(&system).await, slots(&[cart]));
    system.shutdown().await;
}
