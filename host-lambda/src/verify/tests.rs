//! Verify against a pipeline in memory, with one thing wrong at a time.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test stops at the first surprise")]

mod repairing;

use serde_json::json;
use tillroll_core::id::StreamId;
use tillroll_core::lane::{LANES, lane_of};

use super::repair::RepairMode;
use super::*;
use crate::archive_object::{ArchiveObject, pack};
use crate::lambda_events::{BusBatchRecord, BusPayload};
use crate::memory::{MemoryArchive, MemoryClock, MemoryProgress, MemoryRows, MemoryTable};
use crate::ports::{AppendError, Row, RowWrite, RowsError, ScanPage, ScanPosition, ShardProgress, TableStreamProgress};
use crate::record::EventRecord;
use crate::subscriptions::Subscription as _;
use crate::subscriptions::layout::Layout;
use crate::world::{Followed, World, cart, event, named_event};

const WAIT: Duration = Duration::from_secs(30);
const CARTS: u64 = 20;

/// Twenty carts of one to twenty events, more than a page of a scan, through every stage.
async fn world() -> World {
    let world = World::new();
    for number in 1..=CARTS {
        world.write(cart(number.into()), number).await;
    }
    world.settle().await;
    world
}

async fn verify_over<T: EventTable, P: Progress>(world: &World, table: &T, progress: &P) -> Report {
    let folder = tempfile::tempdir().unwrap();
    let course = Course::default();
    let World { archive, rows, clock, .. } = world;
    let scratch = folder.path();
    let verifier = Verifier { table, archive, rows, progress, clock, scratch, course: &course, entries: false };
    let report = verifier.verify(&[&Followed::default()], WAIT).await.unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "scratch files stay behind");
    assert_eq!(report.ok, report.findings_total == 0);
    report
}

type MemoryVerifier<'a> = Verifier<'a, MemoryTable, MemoryArchive, MemoryRows, MemoryProgress, MemoryClock>;

fn verifier<'a>(world: &'a World, scratch: &'a Path, course: &'a Course) -> MemoryVerifier<'a> {
    let World { table, archive, rows, progress, clock, .. } = world;
    Verifier { table, archive, rows, progress, clock, scratch, course, entries: false }
}

async fn verify(world: &World) -> Report {
    verify_over(world, &world.table, &world.progress).await
}

fn found(report: &Report) -> Vec<(&str, StreamId, u64, FindingKind)> {
    let of_events = report.findings.iter().filter_map(|finding| Some((finding, finding.cart?, finding.version?)));
    of_events.map(|(finding, cart, version)| (finding.hop.as_str(), cart, version, finding.kind)).collect()
}

#[tokio::test]
async fn what_agrees_is_counted_and_added_up() {
    let report = verify(&world().await).await;
    assert_eq!(found(&report), []);
    assert_eq!((report.ok, report.carts, report.events), (true, CARTS, CARTS * (CARTS + 1) / 2));
    // Each cart is opened and then takes one piece at 1.00 with every event.
    assert_eq!(report.money, 100 * (CARTS * (CARTS - 1) / 2));
    assert_eq!(report.money_by_currency, [("EUR".to_owned(), report.money)].into());
    assert_eq!(report.slices.iter().map(|slice| slice.events).sum::<u64>(), report.events);
}

#[tokio::test]
async fn an_empty_pipeline_agrees() {
    let report = verify(&World::new()).await;
    assert_eq!(report, Report { ok: true, ..Report::default() });
}

/// RELIABILITY E14, E20, E24 and E31: what never reached the archive, or is not there any more, is found; also the
/// last event of a cart, which no gap shows.
#[tokio::test]
async fn an_event_that_the_archive_lacks_is_missing() {
    let world = world().await;
    let lost = event(cart(7), 7);
    let mut expected = Vec::new();
    for key in world.archive.list(None, 1_000).await.unwrap() {
        let object = ArchiveObject::read(&world.archive, &key).await.unwrap();
        if object.lines().any(|line| line == lost.to_json()) {
            let events = object.events().map(|event| event.unwrap().0);
            expected.extend(events.map(|event| (HOP_ARCHIVE, event.stream, event.version, FindingKind::Missing)));
            world.archive.remove(&key);
        }
    }
    expected.sort_by_key(|finding| (finding.1, finding.2));
    assert!(expected.contains(&(HOP_ARCHIVE, cart(7), 7, FindingKind::Missing)));
    let report = verify(&world).await;
    assert_eq!(found(&report), expected);
    let dated = report.findings.iter().map(|finding| finding.recorded_at);
    let when = report.findings.iter().map(|finding| event(finding.cart.unwrap(), finding.version.unwrap()));
    assert!(dated.eq(when.map(|event| event.circumstances.recorded_at)));
}

/// RELIABILITY E17: the same events in two objects agree. E32: two contents for one place do not.
#[tokio::test]
async fn an_event_archived_twice_agrees_and_two_events_for_one_place_are_different() {
    let world = world().await;
    put_in_archive(&world, &event(cart(7), 3)).await;
    assert!(verify(&world).await.ok);

    let mut other = event(cart(7), 3);
    other.circumstances.event_id = event(cart(8), 3).circumstances.event_id;
    put_in_archive(&world, &other).await;
    assert_eq!(found(&verify(&world).await), [(HOP_ARCHIVE, cart(7), 3, FindingKind::Different)]);
}

async fn put_in_archive(world: &World, event: &EventRecord) {
    let kinesis = BusPayload {
        partition_key: event.stream.to_string(),
        sequence_number: "1000".to_owned(),
        arrival: 0.0,
        data: event.to_json(),
    };
    let packed = pack("other", &[&BusBatchRecord { event_id: "other:1000".to_owned(), kinesis }]).unwrap();
    world.archive.create(&packed.key.to_string(), packed.bytes).await.unwrap();
}

/// RELIABILITY E7: a hole in a cart is a finding, once, whether the archive knows the event or not.
#[tokio::test]
async fn a_hole_in_the_table_is_missing() {
    let world = world().await;
    world.table.lose(cart(7), 3);
    assert_eq!(found(&verify(&world).await), [(HOP_TABLE, cart(7), 3, FindingKind::Missing)]);
    world.table.lose(cart(7), 1);
    let holes = [1, 3].map(|version| (HOP_TABLE, cart(7), version, FindingKind::Missing));
    assert_eq!(found(&verify(&world).await), holes);
}

#[tokio::test]
async fn a_hole_as_wide_as_numbers_go_is_counted_without_being_walked() {
    let world = World::new();
    world.table.append(&[event(cart(1), 5_000_000_000)]).await.unwrap();
    world.settle().await;
    let report = verify(&world).await;
    assert_eq!(report.findings.len(), FINDINGS_LISTED_MAX);
    assert_eq!(report.findings_total, 5_000_000_000);
}

/// RELIABILITY E38 as far as verify sees it: the table lost its newest events, archive and rows still have them.
#[tokio::test]
async fn events_that_only_the_archive_has_are_missing_from_the_table() {
    let world = world().await;
    world.table.lose(cart(7), 7);
    world.table.lose(cart(7), 6);
    world.table.lose(cart(1), 1);
    let report = verify(&world).await;
    assert_eq!(
        found(&report),
        [
            (HOP_TABLE, cart(1), 1, FindingKind::Missing),
            (HOP_TABLE, cart(7), 6, FindingKind::Missing),
            (HOP_TABLE, cart(7), 7, FindingKind::Missing),
            (Followed::NAME, cart(1), 1, FindingKind::Doubled),
            (Followed::NAME, cart(7), 7, FindingKind::Different),
        ]
    );
}

#[tokio::test]
async fn an_event_that_does_not_read_is_different() {
    let world = world().await;
    let bad = named_event(cart(30), 1, "CartOpened", json!({"shopping_cart_uuid": 5}));
    world.table.append(&[bad]).await.unwrap();
    world.settle().await;
    let report = verify(&world).await;
    assert_eq!(
        found(&report),
        [(HOP_TABLE, cart(30), 1, FindingKind::Different), (Followed::NAME, cart(30), 1, FindingKind::Missing),]
    );
}

/// RELIABILITY E23, E25 and E30: a cart that is parked lacks the events from there on, and says so.
#[tokio::test]
async fn a_parked_cart_lacks_the_event_it_is_parked_before() {
    let world = world().await;
    let unknown = named_event(cart(7), 8, "ItemGiftWrapped", json!({}));
    world.table.append(&[unknown]).await.unwrap();
    world.table.append(&[event(cart(7), 9)]).await.unwrap();
    world.settle().await;
    let report = verify(&world).await;
    assert_eq!(found(&report), [(Followed::NAME, cart(7), 8, FindingKind::Missing)]);
    assert_eq!(report.money, 100 * (CARTS * (CARTS - 1) / 2) + 100, "readers fold on over what they do not know");
}

async fn edit_row(world: &World, cart: StreamId, edit: impl Fn(&mut Row)) {
    let mut row = world.rows.get(&Layout::new(Followed::NAME, 1).row_key(cart)).await.unwrap().unwrap();
    edit(&mut row);
    set_row(world, row).await;
}

async fn set_row(world: &World, row: Row) {
    let written: Result<(), RowsError> = world.rows.write(&[RowWrite::Set(row)]).await;
    written.unwrap();
}

#[tokio::test]
async fn a_row_that_lags_or_is_gone_is_missing() {
    let world = world().await;
    edit_row(&world, cart(7), |row| row.revision = 5).await;
    let key = Layout::new(Followed::NAME, 1).row_key(cart(8));
    world.rows.write(&[RowWrite::Delete(key)]).await.unwrap();
    let expected =
        [(Followed::NAME, cart(7), 6, FindingKind::Missing), (Followed::NAME, cart(8), 1, FindingKind::Missing)];
    assert_eq!(found(&verify(&world).await), expected);
}

#[tokio::test]
async fn a_row_with_another_content_or_place_is_different() {
    let world = world().await;
    edit_row(&world, cart(7), |row| row.body = row.body.replace("sku-2", "sku-3")).await;
    edit_row(&world, cart(8), |row| row.index = Some(row.key.clone())).await;
    edit_row(&world, cart(9), |row| row.revision = 10).await;
    let expected = [
        (Followed::NAME, cart(7), 7, FindingKind::Different),
        (Followed::NAME, cart(8), 8, FindingKind::Different),
        (Followed::NAME, cart(9), 10, FindingKind::Different),
    ];
    assert_eq!(found(&verify(&world).await), expected);
}

#[tokio::test]
async fn a_row_that_should_not_be_there_is_doubled() {
    let world = world().await;
    let layout = Layout::new(Followed::NAME, 1);
    let mut row = world.rows.get(&layout.row_key(cart(7))).await.unwrap().unwrap();
    let stray_lane = (lane_of(cart(7), LANES) + 1) % LANES;
    row.key.partition = layout.lane_partition(stray_lane);
    set_row(&world, row.clone()).await;
    row.key = layout.row_key(cart(99));
    set_row(&world, row).await;
    let expected =
        [(Followed::NAME, cart(7), 7, FindingKind::Doubled), (Followed::NAME, cart(99), 7, FindingKind::Doubled)];
    assert_eq!(found(&verify(&world).await), expected);
}

/// A table that gets more events, which go through every stage, as soon as it was scanned.
struct WrittenAfterScan<'a>(&'a World);

impl EventTable for WrittenAfterScan<'_> {
    async fn load(&self, stream: StreamId, after: u64, limit: Option<u32>) -> Result<Vec<EventRecord>, Fault> {
        self.0.table.load(stream, after, limit).await
    }

    async fn append(&self, events: &[EventRecord]) -> Result<(), AppendError> {
        self.0.table.append(events).await
    }

    async fn scan(&self, from: Option<ScanPosition>) -> Result<ScanPage, Fault> {
        let page = self.0.table.scan(from).await?;
        if page.next.is_none() {
            self.0.write(cart(7), 300).await;
            self.0.write(cart(77), 3).await;
            self.0.settle().await;
        }
        Ok(page)
    }
}

/// RELIABILITY E29 for verify: it pauses nobody.
#[tokio::test]
async fn later_writes_are_no_findings() {
    let world = world().await;
    let report = verify_over(&world, &WrittenAfterScan(&world), &world.progress).await;
    assert_eq!(found(&report), []);
    assert_eq!((report.carts, report.events), (CARTS, CARTS * (CARTS + 1) / 2));
}

#[tokio::test]
async fn a_later_write_with_another_content_is_a_finding() {
    let world = world().await;
    let mut other = event(cart(7), 9);
    "ItemRemoved".clone_into(&mut other.name);
    put_in_archive(&world, &other).await;
    let report = verify_over(&world, &WrittenAfterScan(&world), &world.progress).await;
    assert_eq!(found(&report), [(HOP_ARCHIVE, cart(7), 9, FindingKind::Different)]);
}

/// Stages that move on whenever somebody asks how far they are.
struct Moving<'a>(&'a World);

impl Progress for Moving<'_> {
    async fn bus(&self) -> Result<Vec<ShardProgress>, Fault> {
        self.0.archive().await;
        self.0.project().await;
        self.0.progress.bus().await
    }

    async fn table_stream(&self) -> Result<TableStreamProgress, Fault> {
        let before = self.0.progress.table_stream().await?;
        self.0.publish().await;
        Ok(before)
    }
}

/// Stages that keep up with writers who never pause: whenever somebody asks, there is an event that is not published.
struct UnderSteadyWrites<'a>(&'a World);

impl Progress for UnderSteadyWrites<'_> {
    async fn bus(&self) -> Result<Vec<ShardProgress>, Fault> {
        Moving(self.0).bus().await
    }

    async fn table_stream(&self) -> Result<TableStreamProgress, Fault> {
        self.0.publish().await;
        self.0.write(cart(1), self.0.table.change_count() as u64 + 1).await;
        self.0.progress.table_stream().await
    }
}

#[tokio::test]
async fn it_waits_for_what_it_saw_and_not_for_the_writers_to_pause() {
    let world = World::new();
    world.write(cart(1), 30).await;
    let started_ms = world.clock.elapsed_ms();
    assert_eq!(found(&verify_over(&world, &world.table, &UnderSteadyWrites(&world)).await), []);
    assert!(world.clock.elapsed_ms() - started_ms < 30_000);
}

#[tokio::test]
async fn it_waits_for_stages_that_are_behind() {
    let world = World::new();
    world.write(cart(1), 30).await;
    world.write(cart(2), 30).await;
    let started_ms = world.clock.elapsed_ms();
    assert_eq!(found(&verify_over(&world, &world.table, &Moving(&world)).await), []);
    assert!(world.clock.elapsed_ms() - started_ms < 30_000);
}

#[tokio::test]
async fn stages_that_do_not_move_lack_what_they_lack_when_the_time_is_over() {
    let world = World::new();
    world.write(cart(1), 2).await;
    let started_ms = world.clock.elapsed_ms();
    let expected = [
        (HOP_ARCHIVE, cart(1), 1, FindingKind::Missing),
        (HOP_ARCHIVE, cart(1), 2, FindingKind::Missing),
        (Followed::NAME, cart(1), 1, FindingKind::Missing),
    ];
    assert_eq!(found(&verify(&world).await), expected);
    assert!(world.clock.elapsed_ms() - started_ms >= 30_000);
}

/// Stages of which nobody knows how far publish is, as on AWS: it is taken to keep up.
struct Assumed<'a>(&'a MemoryProgress);

impl Progress for Assumed<'_> {
    const UNSEEN_MS: i64 = 60_000;

    async fn bus(&self) -> Result<Vec<ShardProgress>, Fault> {
        self.0.bus().await
    }

    async fn table_stream(&self) -> Result<TableStreamProgress, Fault> {
        let TableStreamProgress { newest, .. } = self.0.table_stream().await?;
        Ok(TableStreamProgress { published: newest.clone(), newest })
    }
}

#[tokio::test]
async fn an_event_that_was_recorded_just_now_is_on_its_way_and_later_it_is_missing() {
    let world = World::new();
    world.write(cart(1), 2).await;
    world.settle().await;
    world.write(cart(1), 5).await;
    world.write(cart(2), 1).await;
    let late = verify_over(&world, &world.table, &Assumed(&world.progress)).await;
    assert_eq!((found(&late), late.events), (vec![], 6));
    assert_eq!(late.on_their_way, [(HOP_ARCHIVE.to_owned(), 4), (Followed::NAME.to_owned(), 4)].into());

    world.clock.advance(Duration::from_mins(1));
    let lost = verify_over(&world, &world.table, &Assumed(&world.progress)).await;
    let missing = |hop, number, version| (hop, cart(number), version, FindingKind::Missing);
    assert_eq!(
        found(&lost),
        [
            missing(HOP_ARCHIVE, 1, 3),
            missing(HOP_ARCHIVE, 1, 4),
            missing(HOP_ARCHIVE, 1, 5),
            missing(HOP_ARCHIVE, 2, 1),
            missing(Followed::NAME, 1, 3),
            missing(Followed::NAME, 2, 1),
        ]
    );
    assert!(lost.on_their_way.is_empty());
}

#[tokio::test]
async fn what_is_on_its_way_hides_neither_an_older_hole_nor_another_content() {
    let world = world().await;
    // The archive and the row of cart 7 lack an old event; the newest ones of it are under way.
    let mut old = event(cart(7), 8);
    old.circumstances.recorded_at = Some(world.clock.now().plus_ms(-60_000));
    world.table.append(&[old]).await.unwrap();
    world.table.append(&[event(cart(7), 9)]).await.unwrap();
    let mut other = event(cart(8), 8);
    other.circumstances.event_id = event(cart(9), 9).circumstances.event_id;
    put_in_archive(&world, &other).await;
    edit_row(&world, cart(8), |row| row.body = row.body.replace("sku-2", "sku-x")).await;
    let report = verify_over(&world, &world.table, &Assumed(&world.progress)).await;
    assert_eq!(
        found(&report),
        [
            (HOP_ARCHIVE, cart(7), 8, FindingKind::Missing),
            (HOP_ARCHIVE, cart(8), 8, FindingKind::Different),
            (Followed::NAME, cart(7), 8, FindingKind::Missing),
            (Followed::NAME, cart(8), 8, FindingKind::Different),
        ]
    );
    assert_eq!(report.on_their_way, [(HOP_ARCHIVE.to_owned(), 1)].into());
}

/// A repair sends nothing twice that only takes its time.
#[tokio::test]
async fn a_repair_leaves_alone_what_is_on_its_way() {
    let world = World::new();
    world.write(cart(1), 3).await;
    let folder = tempfile::tempdir().unwrap();
    let course = Course::default();
    let World { table, archive, rows, clock, progress, .. } = &world;
    let (progress, scratch, course) = (&Assumed(progress), folder.path(), &course);
    let verifier = Verifier { table, archive, rows, progress, clock, scratch, course, entries: false };
    let repaired = verifier.repair(&[&Followed::default()], WAIT, &world.bus, RepairMode::ForReal).await.unwrap();
    assert_eq!((repaired.0.ok, repaired.1.events_republished), (true, 0));
    assert_eq!(world.bus.shards().iter().filter_map(|shard| world.bus.newest(shard)).count(), 0);
}

#[tokio::test]
async fn a_thousand_findings_are_listed_and_all_are_counted() {
    let world = World::new();
    world.write(cart(1), 1_200).await;
    world.clock.advance(WAIT);
    let report = verify(&world).await;
    assert_eq!((report.findings.len(), report.findings_total), (FINDINGS_LISTED_MAX, 1_201));
}

/// RELIABILITY E31 and F28.
#[tokio::test]
async fn f28_an_archive_object_that_does_not_read_is_a_finding_that_names_it() {
    let world = world().await;
    let key = world.archive.list(None, 1).await.unwrap().remove(0);
    let mut bytes = world.archive.read(&key).await.unwrap().unwrap();
    let events = ArchiveObject::read(&world.archive, &key).await.unwrap().lines().count();
    bytes.truncate(bytes.len() / 2);
    world.archive.tamper(&key, bytes);
    world.archive.tamper("v1/README.txt", b"hello".to_vec());
    let report = verify(&world).await;
    let damaged = |kind| report.summary.iter().find(|of| of.hop == HOP_ARCHIVE && of.kind == kind).unwrap();
    assert_eq!(damaged(FindingKind::Damaged).findings, 2);
    assert_eq!(damaged(FindingKind::Missing).findings, events as u64, "what only that object had");
    let named: Vec<_> = report.findings.iter().filter_map(|finding| finding.object.as_deref()).collect();
    assert_eq!(named, ["v1/README.txt", key.as_str()]);
    let reasons: Vec<_> = report.findings.iter().filter_map(|finding| finding.reason.as_deref()).collect();
    assert!(reasons[1].contains("cut off or damaged"), "{reasons:?}");
}

/// An archive that is only away is no finding: nothing can be said.
#[tokio::test]
async fn an_archive_that_is_not_available_breaks_off() {
    let world = world().await;
    world.archive.faults().fail_next(1);
    let folder = tempfile::tempdir().unwrap();
    let course = Course::default();
    let fault = verifier(&world, folder.path(), &course).verify(&[], WAIT).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Transient);
    assert_eq!(course.standing().phase, Phase::Comparing);
}

/// The rows of a lane that needs many pages, with lanes read side by side.
#[tokio::test]
async fn rows_of_more_than_a_page_a_lane_are_all_compared() {
    let world = World::new();
    // One lane gets two full pages and a bit.
    let of_one_lane = (0_u128..).map(cart).filter(|cart| lane_of(*cart, LANES) == 7);
    for cart in of_one_lane.take(510) {
        world.write(cart, 1).await;
    }
    world.write(cart(3), 2).await;
    world.settle().await;
    let folder = tempfile::tempdir().unwrap();
    let course = Course::default();
    let report = verifier(&world, folder.path(), &course).verify(&[&Followed::default()], WAIT).await.unwrap();
    assert_eq!((found(&report), report.ok), (Vec::new(), true));
    assert_eq!((course.standing().rows_read, course.standing().events_read), (report.carts, report.events));
}

#[test]
fn a_report_is_json_with_the_words_of_the_design() {
    let mut report = Report::default();
    report.add_money(Some("EUR"), 5);
    report.add_money(None, 7);
    report.find(Finding::of_event("carts", cart(1), 3, FindingKind::Missing));
    report.find(Finding::of_object("v1/x", "it is no key of ours".to_owned()));
    let id = cart(1).to_string();
    let advice: Vec<String> = report.summary.iter().map(|of| of.advice.clone()).collect();
    assert_eq!(
        serde_json::to_value(&report).unwrap(),
        json!({
            "ok": false, "carts": 0, "events": 0, "money": 12, "money_by_currency": {"EUR": 5, "XXX": 7},
            "findings": [
                {"hop": "carts", "cart": id, "version": 3, "kind": "missing"},
                {"hop": "archive", "object": "v1/x", "kind": "damaged", "reason": "it is no key of ours"},
            ],
            "findings_total": 2,
            "summary": [
                {"hop": "carts", "kind": "missing", "findings": 1, "advice": advice[0]},
                {"hop": "archive", "kind": "damaged", "findings": 1, "advice": advice[1]},
            ],
        })
    );
}

#[test]
fn verifying_can_run_as_a_task_of_its_own() {
    fn is_send<T: Send>(_: &T) {}
    let world = World::new();
    let course = Course::default();
    let verifier = verifier(&world, Path::new("."), &course);
    is_send(&verifier.verify(&[], WAIT));
    is_send(&verifier.repair(&[], WAIT, &world.bus, RepairMode::ForReal));
}
