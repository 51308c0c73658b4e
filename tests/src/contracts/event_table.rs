//! What every event table has to do.
#![allow(missing_docs, reason = "the names of the sentences are their documentation")]

use std::collections::BTreeSet;

use serde_json::json;
use tillroll_core::cart::CartEvent;
use tillroll_core::hash::Fingerprint;
use tillroll_core::id::{CommandId, EventId, StreamId};
use tillroll_core::recorded::{Circumstances, CommandMark, Recorded};
use tillroll_host_lambda::ports::{AppendError, COMMIT_EVENTS_MAX, EventTable, Fault, FaultKind, decoded};
use tillroll_host_lambda::record::EventRecord;
use uuid::Uuid;

/// The sentences, each as a test of the adapter that `$fresh` makes; `$races` is how often to race for one version.
#[macro_export]
macro_rules! event_table_contract {
    ($fresh:expr, races: $races:expr) => {
        $crate::sentences!(
            event_table,
            $fresh,
            [
                a_stream_that_does_not_exist_has_no_events,
                events_are_loaded_as_they_were_appended,
                a_load_starts_after_a_version_and_stops_at_its_limit,
                a_version_is_taken_only_once,
                a_commit_lands_whole_or_not_at_all,
                an_append_that_had_landed_is_a_success,
                the_same_event_ids_with_other_content_are_a_conflict,
                what_is_no_commit_is_a_fault_and_writes_nothing,
                eight_writers_racing_for_twenty_versions_win_exactly_twenty,
                a_load_past_one_megabyte_is_complete,
                folding_reads_the_same_events_with_their_ids_and_commands,
                what_stops_folding_ends_the_load,
                a_scan_brings_every_event_once,
            ]
        );

        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn each_of_many_races_for_one_version_has_exactly_one_winner() {
            if let Some((table, _keep)) = $fresh.await {
                $crate::contracts::event_table::each_race_for_one_version_has_exactly_one_winner(table, $races).await;
            }
        }
    };
}

/// What every event table has to do as well, and ministack does not: within a stream it scans versions as text.
#[macro_export]
macro_rules! event_table_scan_order_contract {
    ($fresh:expr) => {
        $crate::sentences!(event_table, $fresh, [a_scan_brings_each_stream_together_and_in_order]);
    };
}

/// A stream that is named by a number.
#[must_use]
pub fn stream(number: u128) -> StreamId {
    StreamId::new(Uuid::from_u128(0x7111_0000 + number))
}

/// An event whose command is named by a number, with little in it.
#[must_use]
pub fn event(stream: StreamId, version: u64, command: u128) -> EventRecord {
    let command = CommandId::new(Uuid::from_u128(0xc000_0000 + command));
    let index = u32::try_from(version).unwrap();
    EventRecord {
        stream,
        version,
        name: "ItemAdded".to_owned(),
        data: json!({"shopping_cart_uuid": stream, "item_name": "Tea", "quantity": 3}),
        circumstances: Circumstances {
            source: Some("tillroll:api".to_owned()),
            recorded_at: Some("2026-01-01T00:00:00.250Z".parse().unwrap()),
            command: Some(CommandMark::new(command, Fingerprint::of_bytes(b"content"))),
            ..Circumstances::bare(EventId::of(stream, command, index))
        },
    }
}

/// Events of one command in consecutive versions.
#[must_use]
pub fn commit(stream: StreamId, versions: std::ops::RangeInclusive<u64>, command: u128) -> Vec<EventRecord> {
    versions.map(|version| event(stream, version, command)).collect()
}

pub async fn a_stream_that_does_not_exist_has_no_events(table: impl EventTable + Clone + 'static) {
    assert_eq!(table.load(stream(1), 0, None).await.unwrap(), []);
    assert_eq!(table.load(stream(1), 5, Some(3)).await.unwrap(), []);
}

pub async fn events_are_loaded_as_they_were_appended(table: impl EventTable + Clone + 'static) {
    let mut full = event(stream(1), 1, 1);
    full.data = json!({
        "shopping_cart_uuid": stream(1), "item_name": "Ärger \u{1f375} \"<script>\" \\ ${x}", "quantity": 1_000_000,
        "price": {"minor": 9_007_199_254_740_991_u64, "per": 3}, "nothing": null, "truth": true, "empty": {},
        "list": [1, -2, 1.5, "x", [], {"deep": [false]}], "blank": "",
    });
    full.circumstances = Circumstances {
        happened_at: Some("2017-01-01T11:53:26Z".parse().unwrap()),
        correlation_id: Some("story".to_owned()),
        causation_id: Some("cause".to_owned()),
        traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
        actor: Some("somebody".to_owned()),
        reducer: Some("0123456789abcdef".to_owned()),
        schema_version: 3,
        ..full.circumstances
    };
    let mut bare = event(stream(1), 2, 2);
    bare.circumstances = Circumstances { source: None, recorded_at: None, command: None, ..bare.circumstances };
    bare.data = json!({});
    let rest = commit(stream(1), 3..=27, 3);
    table.append(std::slice::from_ref(&full)).await.unwrap();
    table.append(std::slice::from_ref(&bare)).await.unwrap();
    table.append(&rest).await.unwrap();
    let expected: Vec<_> = [full, bare].into_iter().chain(rest).collect();
    assert_eq!(table.load(stream(1), 0, None).await.unwrap(), expected);
    assert_eq!(table.load(stream(2), 0, None).await.unwrap(), []);
}

pub async fn a_load_starts_after_a_version_and_stops_at_its_limit(table: impl EventTable + Clone + 'static) {
    table.append(&commit(stream(1), 1..=12, 1)).await.unwrap();
    for (after, limit, expected) in [
        (0, None, (1..=12).collect()),
        (9, None, vec![10, 11, 12]),
        (8, Some(2), vec![9, 10]),
        (0, Some(100), (1..=12).collect()),
        (0, Some(12), (1..=12).collect()),
        (12, None, vec![]),
        (3, Some(0), vec![]),
        (u64::MAX, None, vec![]),
    ] {
        let versions = table.load(stream(1), after, limit).await.unwrap().into_iter().map(|event| event.version);
        assert_eq!(versions.collect::<Vec<u64>>(), expected, "after {after}, limit {limit:?}");
    }
}

pub async fn a_version_is_taken_only_once(table: impl EventTable + Clone + 'static) {
    for (number, first, second) in [(1, 1..=1, 1..=1), (2, 1..=3, 1..=3), (3, 1..=1, 1..=3), (4, 1..=3, 2..=2)] {
        let stream = stream(number);
        let winner = commit(stream, first, 1);
        table.append(&winner).await.unwrap();
        let refused = table.append(&commit(stream, second, 2)).await;
        assert!(matches!(refused, Err(AppendError::Conflict)), "{refused:?}");
        assert_eq!(table.load(stream, 0, None).await.unwrap(), winner);
    }
}

pub async fn a_commit_lands_whole_or_not_at_all(table: impl EventTable + Clone + 'static) {
    let there = commit(stream(1), 3..=3, 1);
    table.append(&there).await.unwrap();
    let refused = table.append(&commit(stream(1), 1..=4, 2)).await;
    assert!(matches!(refused, Err(AppendError::Conflict)), "{refused:?}");
    assert_eq!(table.load(stream(1), 0, None).await.unwrap(), there);
}

pub async fn an_append_that_had_landed_is_a_success(table: impl EventTable + Clone + 'static) {
    for versions in [1..=1, 2..=4, 5..=29] {
        let events = commit(stream(1), versions, 1);
        table.append(&events).await.unwrap();
        table.append(&events).await.unwrap();
    }
    assert_eq!(table.load(stream(1), 0, None).await.unwrap().len(), 29);
}

pub async fn the_same_event_ids_with_other_content_are_a_conflict(table: impl EventTable + Clone + 'static) {
    for (number, versions) in [(1, 1..=1), (2, 1..=3)] {
        let events = commit(stream(number), versions, 1);
        table.append(&events).await.unwrap();
        let mut others = events.clone();
        others.last_mut().unwrap().data["quantity"] = json!(4);
        let refused = table.append(&others).await;
        assert!(matches!(refused, Err(AppendError::Conflict)), "{refused:?}");
        assert_eq!(table.load(stream(number), 0, None).await.unwrap(), events);
    }
}

pub async fn what_is_no_commit_is_a_fault_and_writes_nothing(table: impl EventTable + Clone + 'static) {
    let too_many = u64::try_from(COMMIT_EVENTS_MAX).unwrap() + 1;
    let with_a_hole = vec![event(stream(1), 1, 1), event(stream(1), 3, 1)];
    let of_two_streams = vec![event(stream(1), 1, 1), event(stream(2), 2, 1)];
    let from_zero = vec![event(stream(1), 0, 1)];
    for events in [Vec::new(), commit(stream(1), 1..=too_many, 1), with_a_hole, of_two_streams, from_zero] {
        let Err(AppendError::Fault(fault)) = table.append(&events).await else { panic!("no fault: {events:?}") };
        assert_eq!(fault.kind, FaultKind::Permanent);
    }
    assert!(table.scan(None).await.unwrap().events.is_empty());
}

pub async fn eight_writers_racing_for_twenty_versions_win_exactly_twenty(table: impl EventTable + Clone + 'static) {
    const VERSIONS: usize = 20;
    let writers = (0..8_u128).map(|writer| {
        let table = table.clone();
        tokio::spawn(async move {
            let mut won = 0_usize;
            let mut tries = 0_u128;
            loop {
                let head = u64::try_from(table.load(stream(1), 0, None).await.unwrap().len()).unwrap();
                if head >= VERSIONS as u64 {
                    return won;
                }
                tries += 1;
                match table.append(&commit(stream(1), head + 1..=head + 1, writer * 1_000 + tries)).await {
                    Ok(()) => won += 1,
                    Err(AppendError::Conflict) => {}
                    Err(AppendError::Fault(fault)) => panic!("{fault:?}"),
                }
            }
        })
    });
    let mut won = 0;
    for writer in writers.collect::<Vec<_>>() {
        won += writer.await.unwrap();
    }
    let versions: Vec<u64> = table.load(stream(1), 0, None).await.unwrap().iter().map(|event| event.version).collect();
    assert_eq!(won, VERSIONS);
    assert_eq!(versions, (1..=20).collect::<Vec<_>>());
}

pub async fn each_race_for_one_version_has_exactly_one_winner(table: impl EventTable + Clone + 'static, races: u64) {
    for version in 1..=races {
        let stream = stream(u128::from(version));
        let race = |last, command| {
            let table = table.clone();
            tokio::spawn(async move { table.append(&commit(stream, version..=last, command)).await })
        };
        // A single put and a transaction race each other.
        let pair = [race(version, 1), race(version + 1, 2)];
        let mut winners = 0;
        for racer in pair {
            match racer.await.unwrap() {
                Ok(()) => winners += 1,
                Err(AppendError::Conflict) => {}
                Err(AppendError::Fault(fault)) => panic!("{fault:?}"),
            }
        }
        assert_eq!(winners, 1, "race {version}");
    }
}

pub async fn a_load_past_one_megabyte_is_complete(table: impl EventTable + Clone + 'static) {
    const EVENTS: u64 = 48;
    for version in 1..=EVENTS {
        let mut large = event(stream(1), version, u128::from(version));
        large.data["item_name"] = json!("x".repeat(60_000));
        table.append(&[large]).await.unwrap();
    }
    let events = table.load(stream(1), 0, None).await.unwrap();
    assert_eq!(events.iter().map(|event| event.version).collect::<Vec<_>>(), (1..=EVENTS).collect::<Vec<_>>());
    assert_eq!(table.load(stream(1), 3, Some(40)).await.unwrap().len(), 40);
}

pub async fn folding_reads_the_same_events_with_their_ids_and_commands(table: impl EventTable) {
    for version in 1..=5 {
        table.append(&[event(stream(1), version, u128::from(version))]).await.unwrap();
    }
    let mut expected = Vec::new();
    for record in table.load(stream(1), 0, None).await.unwrap() {
        expected.push(promised(decoded(record).unwrap()));
    }
    assert_eq!(first_decoded(&table, None).await, expected);
    assert_eq!(first_decoded(&table, Some(2)).await, expected[..2]);
}

/// The event without the circumstances that a load for folding may leave out.
fn promised(recorded: Recorded<CartEvent>) -> Recorded<CartEvent> {
    let Circumstances { event_id, command, schema_version, .. } = recorded.circumstances;
    let circumstances = Circumstances { event_id, command, schema_version, ..event(stream(1), 1, 1).circumstances };
    Recorded { circumstances, ..recorded }
}

async fn first_decoded(table: &impl EventTable, limit: Option<u32>) -> Vec<Recorded<CartEvent>> {
    let mut taken = Vec::new();
    let take = |recorded| {
        taken.push(promised(recorded));
        Ok(())
    };
    table.load_decoded(stream(1), limit, take).await.unwrap();
    taken
}

pub async fn what_stops_folding_ends_the_load(table: impl EventTable) {
    table.append(&commit(stream(1), 1..=5, 1)).await.unwrap();
    let mut taken = 0_u32;
    let take = |_: Recorded<CartEvent>| {
        taken += 1;
        if taken < 3 { Ok(()) } else { Err(Fault::new(FaultKind::Permanent, "fold", "cart", "enough")) }
    };
    let stopped = table.load_decoded(stream(1), None, take).await.unwrap_err();
    assert_eq!((stopped.operation, taken), ("fold", 3));
}

pub async fn a_scan_brings_every_event_once(table: impl EventTable) {
    let mut expected = several_streams(&table).await;
    let mut found = scan_all(&table).await;
    expected.sort_by_key(|event| (event.stream, event.version));
    found.sort_by_key(|event| (event.stream, event.version));
    assert_eq!(found, expected);
}

pub async fn a_scan_brings_each_stream_together_and_in_order(table: impl EventTable) {
    several_streams(&table).await;
    let mut seen: BTreeSet<StreamId> = BTreeSet::new();
    let (mut current, mut version) = (None, 0);
    for event in scan_all(&table).await {
        if current != Some(event.stream) {
            assert!(seen.insert(event.stream), "the events of {} do not come together", event.stream);
            (current, version) = (Some(event.stream), 0);
        }
        assert_eq!(event.version, version + 1, "{}", event.stream);
        version = event.version;
    }
}

/// Streams of 1 to 12 events, more than a page of 1 MB.
async fn several_streams(table: &impl EventTable) -> Vec<EventRecord> {
    let mut appended = Vec::new();
    for number in 0..30_u128 {
        let last = 1 + u64::try_from(number % 12).unwrap();
        let mut events = commit(stream(number), 1..=last, 1);
        events[0].data["item_name"] = json!("x".repeat(60_000));
        table.append(&events).await.unwrap();
        appended.extend(events);
    }
    appended
}

async fn scan_all(table: &impl EventTable) -> Vec<EventRecord> {
    let (mut events, mut pages) = (Vec::new(), 0);
    let mut from = None;
    loop {
        let page = table.scan(from).await.unwrap();
        events.extend(page.events);
        pages += 1;
        from = page.next;
        if from.is_none() {
            assert!(pages > 1, "the test wants to see several pages");
            return events;
        }
    }
}
