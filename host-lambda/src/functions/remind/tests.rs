//! Reminders over a hand-moved time of day, with notices that fail.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use tillroll_core::time::Timestamp;

use super::{CLAIM_EXPIRES_MS, NOTICES_MAX, Reminded, SENT_PARTITION, WELCOME_MS, remind};
use crate::filter::Filter;
use crate::functions::project::Projector;
use crate::generations;
use crate::memory::{MemoryNotices, MemoryRows};
use crate::record::EventRecord;
use crate::subscriptions::kit::{CrashingRows, FIRST_MS, Side, bus, cart, history, message, queue, table_of};
use crate::subscriptions::reminders::{LEFT_ALONE_MS, Reminders};

/// When a cart of `versions` events, the last one recorded `versions` minutes after [`FIRST_MS`], is due.
fn due(versions: i64) -> Timestamp {
    Timestamp::from_unix_ms(FIRST_MS + versions * 60_000 + LEFT_ALONE_MS)
}

async fn project(rows: &MemoryRows, events: &[EventRecord]) {
    let projector = Projector::new(Reminders, rows.clone(), table_of(events).await, "build");
    assert_eq!(projector.live(&bus(events)).await.unwrap().failures, []);
}

fn sent(count: u64) -> Reminded {
    Reminded { sent: count, ..Reminded::default() }
}

#[tokio::test]
async fn a_cart_with_items_is_reminded_of_once_after_fourteen_days() {
    let (rows, notices) = (MemoryRows::default(), MemoryNotices::default());
    project(&rows, &history(cart(1), "open +milk +bread")).await;
    assert_eq!(remind(due(3).plus_ms(-1), &rows, &notices).await.unwrap(), sent(0));
    assert_eq!(remind(due(3), &rows, &notices).await.unwrap(), sent(1));
    for later in [0, CLAIM_EXPIRES_MS, WELCOME_MS / 2] {
        assert_eq!(remind(due(3).plus_ms(later), &rows, &notices).await.unwrap(), sent(0));
    }
    let [notice] = notices.sent().try_into().unwrap();
    assert_eq!((notice.cart, notice.due), (cart(1), due(3)));
}

#[tokio::test]
async fn who_is_gone_empty_closed_or_imported_is_never_reminded_of() {
    let rows = MemoryRows::default();
    let mut imported = history(cart(4), "open +milk");
    imported[1].circumstances.source = Some("tillroll:import:year.csv".to_owned());
    let mut ruby = history(cart(5), "open +milk");
    for event in &mut ruby {
        event.circumstances.recorded_at = None;
    }
    let others = [history(cart(1), "open"), history(cart(2), "open +milk -milk"), history(cart(3), "open +milk done")];
    project(&rows, &[others.concat(), imported, ruby].concat()).await;
    let notices = MemoryNotices::default();
    for versions in 0..4 {
        assert_eq!(remind(due(versions), &rows, &notices).await.unwrap(), sent(0));
    }
    assert_eq!(notices.sent(), []);
}

#[tokio::test]
async fn a_cart_that_changed_is_due_again_later_and_one_due_long_ago_is_left_alone() {
    let (rows, notices) = (MemoryRows::default(), MemoryNotices::default());
    let events = history(cart(1), "open +milk +bread");
    project(&rows, &events[..2]).await;
    project(&rows, &events).await;
    assert_eq!(remind(due(2), &rows, &notices).await.unwrap(), sent(0));
    assert_eq!(remind(due(3).plus_ms(WELCOME_MS + 1), &rows, &notices).await.unwrap(), sent(0));
    assert_eq!(remind(due(3), &rows, &notices).await.unwrap(), sent(1));
}

#[tokio::test]
async fn a_replay_into_a_new_generation_reminds_nobody_again() {
    let (rows, notices) = (MemoryRows::default(), MemoryNotices::default());
    let events = history(cart(1), "open +milk");
    project(&rows, &events).await;
    assert_eq!(remind(due(2), &rows, &notices).await.unwrap(), sent(1));
    generations::begin_filling(&rows, "reminders", "run", &Filter::default()).await.unwrap();
    let projector = Projector::new(Reminders, rows.clone(), table_of(&events).await, "build");
    projector.replayed(&queue([("lane-00", message("reminders", 2, &events))])).await.unwrap();
    generations::switch(&rows, "reminders", "run").await.unwrap();
    assert_eq!(remind(due(2).plus_ms(CLAIM_EXPIRES_MS), &rows, &notices).await.unwrap(), sent(0));
    assert_eq!(notices.sent().len(), 1);
}

#[tokio::test]
async fn a_generation_that_is_made_of_some_events_reminds_nobody() {
    let (rows, notices) = (MemoryRows::default(), MemoryNotices::default());
    let filter = Filter { types: vec!["CartOpened".to_owned(), "ItemAdded".to_owned()], ..Filter::default() };
    generations::begin_filling(&rows, "reminders", "run", &filter).await.unwrap();
    // It was closed, and this generation does not know.
    project(&rows, &history(cart(1), "open +milk done")).await;
    generations::switch(&rows, "reminders", "run").await.unwrap();
    assert_eq!(remind(due(2), &rows, &notices).await.unwrap(), sent(0));
    assert!(notices.sent().is_empty());
}

/// Crashes at every call in turn, before and after its work; the next call, later than a claim lasts, goes on.
#[tokio::test]
async fn e22_a_crash_around_a_notice_sends_it_at_least_once_with_one_id() {
    let events = history(cart(1), "open +milk");
    let mut twice = 0;
    for side in [Side::Before, Side::After] {
        for call in 0.. {
            let (rows, notices) = (CrashingRows::at(call, side), MemoryNotices::default());
            project(&rows.rows, &events).await;
            if remind(due(2), &rows, &notices).await.is_ok() {
                break;
            }
            remind(due(2).plus_ms(CLAIM_EXPIRES_MS), &rows, &notices).await.unwrap();
            let ids: Vec<String> = notices.sent().into_iter().map(|notice| notice.id).collect();
            assert!(!ids.is_empty() && ids.iter().all(|id| *id == ids[0]), "crash {side:?} call {call}: {ids:?}");
            let records = rows.rows.all().into_iter().filter(|row| row.key.partition == SENT_PARTITION);
            assert!(records.map(|row| row.body).all(|body| body.contains("\"sent\"")));
            twice += usize::from(ids.len() == 2);
        }
    }
    assert_eq!(twice, 1, "only a crash between sending and confirming sends twice");
}

#[tokio::test]
async fn a_notice_that_fails_is_sent_by_a_later_call_and_does_not_stop_the_others() {
    let (rows, notices) = (MemoryRows::default(), MemoryNotices::default());
    project(&rows, &[history(cart(1), "open +milk"), history(cart(2), "open +milk")].concat()).await;
    notices.faults().fail_next(1);
    let first = remind(due(2), &rows, &notices).await.unwrap();
    assert_eq!(first, Reminded { sent: 1, failed: 1, ..Reminded::default() });
    assert_eq!(remind(due(2), &rows, &notices).await.unwrap(), sent(0), "somebody may still be at it");
    assert_eq!(remind(due(2).plus_ms(CLAIM_EXPIRES_MS), &rows, &notices).await.unwrap(), sent(1));
}

#[tokio::test]
async fn one_call_sends_so_many_and_the_next_one_goes_on() {
    let (rows, notices) = (MemoryRows::default(), MemoryNotices::default());
    let carts = u128::from(NOTICES_MAX) + 50;
    let events: Vec<_> = (0..carts).flat_map(|number| history(cart(number), "open +milk")).collect();
    project(&rows, &events).await;
    let first = remind(due(2), &rows, &notices).await.unwrap();
    assert_eq!(first, Reminded { sent: NOTICES_MAX, more: true, ..Reminded::default() });
    assert_eq!(remind(due(2), &rows, &notices).await.unwrap(), sent(50));
    assert_eq!(notices.sent().len(), usize::try_from(carts).unwrap());
}
