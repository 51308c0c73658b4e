//! What a repair puts right, and what it leaves for a person.

use super::*;
use crate::memory::MemoryBus;
use crate::ports::{BusRecord, EventBus, RecordRefused};
use crate::verify::repair::Repair;

/// A bus behind which the stages run whenever somebody puts something on it.
struct Flowing<'a>(&'a World);

impl EventBus for Flowing<'_> {
    async fn put(&self, records: Vec<BusRecord>) -> Result<Vec<Result<(), RecordRefused>>, Fault> {
        let answers = self.0.bus.put(records).await?;
        self.0.settle().await;
        Ok(answers)
    }
}

async fn repair(world: &World, mode: RepairMode) -> (Report, Repair) {
    let folder = tempfile::tempdir().unwrap();
    let course = Course::default();
    let verifier = Verifier { entries: true, ..verifier(world, folder.path(), &course) };
    let before = world.table.change_count();
    let repaired = verifier.repair(&[&Followed::default()], WAIT, &Flowing(world), mode).await.unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "scratch files stay behind");
    assert_eq!(world.table.change_count(), before, "the table is never touched");
    repaired
}

fn did(repair: &Repair) -> (u64, u64, u64) {
    (repair.events_republished, repair.rows_rebuilt, repair.rows_left)
}

/// RELIABILITY E14 and E24: what never reached the archive, the last event of a cart included.
#[tokio::test]
async fn e14_e24_what_the_archive_lacks_is_archived_again_from_the_table() {
    let world = world().await;
    for key in world.archive.list(None, 1_000).await.unwrap() {
        world.archive.remove(&key);
    }
    let events = CARTS * (CARTS + 1) / 2;
    let (report, planned) = repair(&world, RepairMode::DryRun).await;
    assert_eq!((did(&planned), report.findings_total, planned.dry_run), ((events, 0, 0), events, true));
    assert_eq!(world.archive.list(None, 10).await.unwrap(), [""; 0], "a dry run does nothing");

    let (report, repaired) = repair(&world, RepairMode::ForReal).await;
    assert_eq!((did(&repaired), found(&report), report.ok), ((events, 0, 0), Vec::new(), true));
    let (report, repaired) = repair(&world, RepairMode::ForReal).await;
    assert_eq!((did(&repaired), report.ok), ((0, 0, 0), true), "again there is nothing to do");
}

#[tokio::test]
async fn single_events_are_found_between_others_and_archived_again() {
    let world = World::new();
    world.write(cart(1), 3_000).await;
    world.settle().await;
    let folder = tempfile::tempdir().unwrap();
    let course = Course::default();
    let verifier = verifier(&world, folder.path(), &course);
    let events = verifier.events_of(cart(1), vec![1, 2, 1_000, 1_001, 2_999, 3_000, 3_001, 9_000]).await.unwrap();
    let versions: Vec<u64> = events.iter().map(|event| event.version).collect();
    assert_eq!(versions, [1, 2, 1_000, 1_001, 2_999, 3_000]);
}

#[tokio::test]
async fn a_row_that_is_gone_or_lags_comes_back_over_the_bus() {
    let world = world().await;
    let expected = world.stored(1);
    let layout = Layout::new(Followed::NAME, 1);
    world.rows.write(&[RowWrite::Delete(layout.row_key(cart(8)))]).await.unwrap();
    // As it was before the last event, with its entries.
    let followed = Followed::default();
    let mut fold = followed.begin(cart(7));
    fold.fold(&(1..=6).map(|version| event(cart(7), version)).collect::<Vec<_>>());
    set_row(&world, fold.stored(&layout).unwrap().0).await;
    let (report, repaired) = repair(&world, RepairMode::ForReal).await;
    assert_eq!((found(&report), did(&repaired)), (Vec::new(), (2, 0, 0)), "the newest event of each brings the others");
    assert_eq!(world.stored(1), expected);
}

#[tokio::test]
async fn a_row_or_an_entry_with_another_content_is_written_again_from_the_table() {
    let world = world().await;
    let expected = world.stored(1);
    edit_row(&world, cart(7), |row| row.body = row.body.replace("sku-2", "sku-X")).await;
    edit_row(&world, cart(8), |row| row.body = "not JSON".to_owned()).await;
    edit_row(&world, cart(9), |row| row.index = Some(row.key.clone())).await;
    // The first entry of cart 10 is gone, and one of cart 11 says something else.
    let layout = Layout::new(Followed::NAME, 1);
    let entries_of = async |number| {
        let row = world.rows.get(&layout.row_key(cart(number))).await.unwrap().unwrap();
        Followed::default().entries_of(&layout, cart(number), &row)
    };
    world.rows.write(&[RowWrite::Delete(entries_of(10).await.remove(0).key)]).await.unwrap();
    set_row(&world, Row { body: "other".to_owned(), ..entries_of(11).await.remove(0) }).await;

    let (report, planned) = repair(&world, RepairMode::DryRun).await;
    let kinds: Vec<_> = found(&report).into_iter().map(|(_, cart, _, kind)| (cart, kind)).collect();
    let different: Vec<_> = (7..=11).map(|number| (cart(number), FindingKind::Different)).collect();
    assert_eq!((kinds, did(&planned)), (different, (0, 5, 0)));

    let (report, repaired) = repair(&world, RepairMode::ForReal).await;
    assert_eq!((found(&report), did(&repaired)), (Vec::new(), (0, 5, 0)));
    assert_eq!(world.stored(1), expected, "wrong entries went with the wrong row");
}

/// More entries than one write takes.
#[tokio::test]
async fn a_row_with_hundreds_of_entries_is_written_again() {
    let world = World::new();
    world.write(cart(1), 350).await;
    world.settle().await;
    let expected = world.stored(1);
    edit_row(&world, cart(1), |row| row.body = row.body.replace("sku-", "eku-")).await;
    let (report, repaired) = repair(&world, RepairMode::ForReal).await;
    assert_eq!((found(&report), did(&repaired)), (Vec::new(), (0, 1, 0)));
    assert_eq!(world.stored(1), expected);
}

#[tokio::test]
async fn what_needs_a_person_is_left_and_said() {
    let world = world().await;
    // The table lost the newest event of cart 7, which archive and row still have.
    world.table.lose(cart(7), 7);
    // A row of a cart that nobody knows.
    let layout = Layout::new(Followed::NAME, 1);
    let mut row = world.rows.get(&layout.row_key(cart(8))).await.unwrap().unwrap();
    row.key = layout.row_key(cart(99));
    set_row(&world, row).await;
    // Another event in the place of one, and an object that is none.
    let mut other = event(cart(9), 3);
    other.circumstances.event_id = event(cart(8), 3).circumstances.event_id;
    put_in_archive(&world, &other).await;
    world.archive.tamper("v1/README.txt", b"hello".to_vec());

    let before = world.rows.all();
    let (report, repaired) = repair(&world, RepairMode::ForReal).await;
    assert_eq!(did(&repaired), (0, 0, 2));
    assert!(world.rows.all() == before, "nothing was written");
    let left: Vec<_> = report.summary.iter().map(|of| (of.hop.as_str(), of.kind, of.findings)).collect();
    assert_eq!(
        left,
        [
            (HOP_ARCHIVE, FindingKind::Damaged, 1),
            (HOP_TABLE, FindingKind::Missing, 1),
            (HOP_ARCHIVE, FindingKind::Different, 1),
            (Followed::NAME, FindingKind::Different, 2),
            (Followed::NAME, FindingKind::Doubled, 1),
        ]
    );
    assert!(report.summary.iter().all(|of| !of.advice.is_empty()));
}

/// Takes only one record of every put.
struct Grudging<'a>(&'a MemoryBus);

impl EventBus for Grudging<'_> {
    async fn put(&self, mut records: Vec<BusRecord>) -> Result<Vec<Result<(), RecordRefused>>, Fault> {
        let rest = records.split_off(1);
        let mut answers = self.0.put(records).await?;
        answers.extend(rest.iter().map(|_| Err(RecordRefused { reason: "throttled".to_owned() })));
        Ok(answers)
    }
}

#[tokio::test]
async fn events_that_the_bus_refuses_are_offered_again_and_not_for_ever() {
    let world = world().await;
    let folder = tempfile::tempdir().unwrap();
    let course = Course::default();
    let verifier = verifier(&world, folder.path(), &course);
    let events = |carts: u128| (1..=carts).map(|number| (cart(number), vec![1])).collect();
    assert_eq!(verifier.republish_some(events(5), &Grudging(&world.bus)).await.unwrap(), 5);
    let fault = verifier.republish_some(events(20), &Grudging(&world.bus)).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Transient);
}
