//! Rebuilding a cart while another process projects it: every place at which the one can overtake the other.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use super::{Picky, projector};
use crate::functions::project::Projector;
use crate::functions::project::message::{Mode, ReplayMessage};
use crate::functions::project::rebuild::Rebuilt;
use crate::lambda_events::{BatchAnswer, QueueBatch};
use crate::memory::MemoryTable;
use crate::ports::{Row, RowKey, RowWrite, Rows};
use crate::record::EventRecord;
use crate::subscriptions::Subscription;
use crate::subscriptions::kit::{CrashingRows, actual, append, bus, cart, expected, history, queue, table_of};
use crate::subscriptions::layout::Layout;
use crate::subscriptions::suggestions::Suggestions;
use tillroll_core::id::StreamId;

fn rebuild_of(subscription: &str, carts: &[StreamId]) -> QueueBatch {
    let message = ReplayMessage {
        run: "run".to_owned(),
        mode: Mode::Rebuild,
        subscription: subscription.to_owned(),
        generation: 1,
        lane: 0,
        object: "rebuild".to_owned(),
        part: 4,
        events: Vec::new(),
        skips: Vec::new(),
        carts: carts.to_vec(),
    };
    queue([("lane-00", serde_json::to_string(&message).unwrap())])
}

async fn note<R: Rows>(rows: &R, subscription: &str, cart: StreamId) -> Rebuilt {
    let row = rows.get(&Rebuilt::key(subscription, "run", cart)).await.unwrap().unwrap();
    serde_json::from_str(&row.body).unwrap()
}

/// Other content at the same version, one entry too few and one too many.
async fn spoil<R: Rows>(rows: &R, cart: StreamId) {
    let key = Layout::new("suggestions", 1).row_key(cart);
    let mut row = rows.get(&key).await.unwrap().unwrap();
    row.body = r#"{"opened_at":null,"items":{"milk":"milk","tea":"tea"}}"#.to_owned();
    let tea = RowKey { partition: "suggestions#1#sku#tea".to_owned(), sort: format!("{:015}#{cart}", 0) };
    let tea = Row { key: tea, revision: 1, body: String::new(), index: None };
    rows.write(&[RowWrite::Mend(row), RowWrite::Set(tea)]).await.unwrap();
}

/// Polls until it is done, or `times`.
async fn poll<F: Future>(mut future: Pin<&mut F>, times: usize) -> Option<F::Output> {
    for _ in 0..times {
        let mut context = Context::from_waker(Waker::noop());
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return Some(output);
        }
        // Whoever yielded inside is woken here.
        tokio::task::yield_now().await;
    }
    None
}

#[tokio::test]
async fn a_rebuild_and_a_projection_that_overtake_each_other_anywhere_end_equal_to_the_fold() {
    const FOREVER: usize = 10_000;
    let events = history(cart(1), "open +milk +bread -milk +eggs +salt");
    let (old, new) = events.split_at(4);
    for rebuild_calls in 0..14 {
        for live_calls in 0..8 {
            let table = table_of(old).await;
            let rows = CrashingRows::default();
            let process = || Projector::new(Suggestions, rows.clone(), table.clone(), "build-1");
            process().live(&bus(old)).await.unwrap();
            spoil(&rows, cart(1)).await;

            let (rebuilder, projector) = (process(), process());
            let (order, batch) = (rebuild_of("suggestions", &[cart(1)]), bus(new));
            let mut rebuild = pin!(rebuilder.replayed(&order));
            let mut ordered = poll(rebuild.as_mut(), rebuild_calls).await;
            append(&table, new).await;
            let mut live = pin!(projector.live(&batch));
            let mut projected = poll(live.as_mut(), live_calls).await;
            if ordered.is_none() {
                ordered = poll(rebuild.as_mut(), FOREVER).await;
            }
            if projected.is_none() {
                projected = poll(live.as_mut(), FOREVER).await;
            }
            assert_eq!(ordered.unwrap().unwrap(), BatchAnswer::done());
            assert_eq!(projected.unwrap().unwrap(), BatchAnswer::done());
            let stored = actual(&Suggestions, 1, &rows.rows);
            let whole = expected(&Suggestions, 1, std::slice::from_ref(&events));
            assert_eq!(stored, whole, "after {rebuild_calls} and {live_calls} calls");
        }
    }
}

#[tokio::test]
async fn e21_a_rebuild_that_dies_at_any_call_is_done_by_its_next_delivery() {
    use crate::subscriptions::kit::Side::{After, Before};
    let histories = [history(cart(1), "open +milk +bread -milk"), history(cart(2), "open +milk")];
    for side in [Before, After] {
        for call in 0.. {
            let table = table_of(&histories.concat()).await;
            let (whole, rows) = projector(Suggestions, &table);
            whole.live(&bus(&histories.concat())).await.unwrap();
            spoil(&rows, cart(1)).await;
            let crashing = CrashingRows::over(rows.clone(), call, side);
            let process = Projector::new(Suggestions, crashing.clone(), table.clone(), "build-1");
            let order = rebuild_of("suggestions", &[cart(1)]);
            if process.replayed(&order).await.ok() != Some(BatchAnswer::done()) {
                assert_eq!(process.replayed(&order).await.unwrap(), BatchAnswer::done());
            }
            assert_eq!(actual(&Suggestions, 1, &rows), expected(&Suggestions, 1, &histories), "call {call}");
            assert_eq!(note(&rows, "suggestions", cart(1)).await, Rebuilt { round: 4, version: 4, standstill: None });
            if crashing.calls() < call {
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_cart_with_more_entries_than_one_write_takes_is_rebuilt_in_several() {
    let words: Vec<String> = (0..250).map(|number| format!("+sku{number}")).collect();
    let events = history(cart(1), &format!("open {}", words.join(" ")));
    let table = table_of(&events).await;
    let (projector, rows) = projector(Suggestions, &table);
    projector.live(&bus(&events)).await.unwrap();
    let whole = expected(&Suggestions, 1, std::slice::from_ref(&events));
    for (key, _, _) in whole.iter().filter(|(key, _, _)| key.partition.contains("#sku#")) {
        rows.write(&[RowWrite::Delete(key.clone())]).await.unwrap();
    }
    assert_eq!(projector.replayed(&rebuild_of("suggestions", &[cart(1)])).await.unwrap(), BatchAnswer::done());
    assert_eq!(actual(&Suggestions, 1, &rows), whole);
}

#[tokio::test]
async fn a_cart_that_still_cannot_go_on_stays_parked_and_says_so_to_whoever_asked() {
    let events: Vec<EventRecord> = history(cart(1), "open +milk +poison +bread");
    let table: MemoryTable = table_of(&events).await;
    let picky = Picky { chokes_on: Some("poison") };
    let (choking, rows) = projector(picky, &table);
    choking.live(&bus(&events)).await.unwrap();
    let before = rows.all();
    assert_eq!(choking.replayed(&rebuild_of("picky", &[cart(1)])).await.unwrap(), BatchAnswer::done());
    let noted = note(&rows, "picky", cart(1)).await;
    assert_eq!((noted.round, noted.version), (4, 2));
    assert!(noted.standstill.unwrap().contains("before version 3: the subscription cannot apply the event"));
    let but_note = |rows: Vec<Row>| -> Vec<Row> {
        rows.into_iter().filter(|row| !row.key.partition.contains("#rebuilt#")).collect()
    };
    assert_eq!(but_note(rows.all()), before);

    // A build that can take it up does, and the very first event may have been the trouble.
    let cured = Projector::new(Picky::default(), rows.clone(), table, "build-1");
    assert_eq!(cured.replayed(&rebuild_of("picky", &[cart(1)])).await.unwrap(), BatchAnswer::done());
    assert_eq!(note(&rows, "picky", cart(1)).await, Rebuilt { round: 4, version: 4, standstill: None });
    assert_eq!(actual(&Picky::default(), 1, &rows), expected(&Picky::default(), 1, &[events]));
    assert_eq!(Picky::NAME, "picky");
}
