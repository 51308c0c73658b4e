//! Single carts, rebuilt in the live generation.

use super::*;
use crate::ports::{Row, RowKey, RowWrite};
use crate::subscriptions::layout::{Layout, Parked};

fn carts(numbers: &[u128]) -> Options {
    let carts = numbers.iter().map(|number| cart(*number)).collect();
    Options { target: Target::Carts { carts }, ..options() }
}

fn row_key(number: u128) -> RowKey {
    Layout::new(Followed::NAME, 1).row_key(cart(number))
}

/// Leaves the row of a cart as if something had gone wrong long ago: other content, an entry too many and one too few.
async fn spoil(world: &World, number: u128) {
    let mut row = world.rows.get(&row_key(number)).await.unwrap().unwrap();
    row.body = r#"{"opened_at":null,"items":{"sku-2":"sku-2","sku-gone":"?"}}"#.to_owned();
    let entry = |row: &Row| row.key.sort.ends_with(&format!("#{}", cart(number)));
    let one = world.rows.all().into_iter().find(entry).unwrap();
    let partition = format!("{}#1#sku#sku-gone", Followed::NAME);
    let stale = Row { key: RowKey { partition, sort: format!("{:015}#{}", 0, cart(number)) }, ..one.clone() };
    world.rows.write(&[RowWrite::Mend(row), RowWrite::Set(stale), RowWrite::Delete(one.key)]).await.unwrap();
    assert_ne!(world.stored(1), world.expected(1).await);
}

#[tokio::test]
async fn single_carts_are_rebuilt_with_their_entries_and_no_other_cart_is_touched() {
    let world = world().await;
    let whole = world.rows.all();
    spoil(&world, 3).await;
    spoil(&world, 5).await;
    world.replay().start(Followed::NAME, carts(&[3, 5, 1]), &KNOWN).await.unwrap();
    assert_eq!(drive(&world, &world.replay()).await, Step::Finished);
    let run = run_of(&world).await;
    assert_eq!((run.carts_rebuilt, run.messages_sent, run.generation), (3, 3, Some(1)));
    let but_entries = |rows: Vec<Row>| -> Vec<(RowKey, String, u64)> {
        // The revision of an entry says only when its body last changed.
        let revision = |row: &Row| if row.body.is_empty() { 0 } else { row.revision };
        rows.into_iter().map(|row| (row.key.clone(), row.body.clone(), revision(&row))).collect()
    };
    assert_eq!(but_entries(world.rows.all()), but_entries(whole), "and what the run needed itself is gone");
}

#[tokio::test]
async fn e28_a_rebuild_that_dies_at_any_port_call_while_events_come_ends_equal_to_the_fold() {
    for interruption in [Interruption::DieBefore, Interruption::DieAfter, Interruption::OtherSteps(RUN)] {
        for call in 1..ROUNDS_MAX as u64 {
            let world = world().await;
            spoil(&world, 4).await;
            world.replay().start(Followed::NAME, carts(&[4, 2]), &KNOWN).await.unwrap();
            let ports = Interrupted::new(&world, call, interruption);
            world.write(cart(4), 4 + call).await;
            assert_eq!(drive(&world, &ports.replay()).await, Step::Finished);
            world.settle().await;
            assert_eq!(world.stored(1), world.expected(1).await, "{interruption:?} at call {call}");
            assert!(!world.rows.all().iter().any(|row| row.key.partition.contains("#rebuilt#")));
            if !ports.fired() {
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_parked_cart_goes_on_when_it_now_works() {
    let world = world().await;
    let parked = Parked {
        version: 3,
        event_id: None,
        reason: "what an older build could not do".to_owned(),
        build: "test".to_owned(),
        since: None,
    };
    let key = Layout::new(Followed::NAME, 1).parked_key(cart(2));
    let body = serde_json::to_string(&parked).unwrap();
    world.rows.write(&[RowWrite::Set(Row { key: key.clone(), revision: 3, body, index: None })]).await.unwrap();
    world.write(cart(2), 4).await;
    world.settle().await;
    assert_ne!(world.stored(1), world.expected(1).await, "this very build parked it, so it does not try again");
    world.replay().start(Followed::NAME, carts(&[2]), &KNOWN).await.unwrap();
    assert_eq!(drive(&world, &world.replay()).await, Step::Finished);
    assert_eq!(world.stored(1), world.expected(1).await);
    assert_eq!(world.rows.get(&key).await.unwrap(), None);
}

#[tokio::test]
async fn a_cart_that_cannot_go_on_is_named_and_the_run_goes_on_once_it_can() {
    let world = world().await;
    // An older build applied what this table has not.
    let mut row = world.rows.get(&row_key(2)).await.unwrap().unwrap();
    let before = row.clone();
    row.revision = 9;
    world.rows.write(&[RowWrite::Set(row.clone())]).await.unwrap();
    world.replay().start(Followed::NAME, carts(&[1, 2]), &KNOWN).await.unwrap();
    assert_eq!(drive(&world, &world.replay()).await, Step::Stopped);
    let error = run_of(&world).await.error.unwrap();
    assert!(error.contains(&cart(2).to_string()) && error.contains("the table ends at version 2"), "{error}");
    assert_eq!(world.rows.get(&row.key).await.unwrap(), Some(row), "a gate never goes back");

    world.rows.write(&[RowWrite::Set(before)]).await.unwrap();
    world.replay().resume(&RUN.to_string(), None).await.unwrap();
    assert_eq!(drive(&world, &world.replay()).await, Step::Finished);
    assert_eq!(world.stored(1), world.expected(1).await);
}

#[tokio::test]
async fn e30_a_message_that_was_given_up_stops_the_run_and_a_resume_sends_it_again() {
    let world = world().await;
    spoil(&world, 3).await;
    let replay = world.replay();
    replay.start(Followed::NAME, carts(&[3]), &KNOWN).await.unwrap();
    while run_of(&world).await.phase != Phase::Rebuilding {
        replay.step(&RUN.to_string()).await.unwrap();
    }
    assert_eq!(replay.step(&RUN.to_string()).await.unwrap(), Step::Wait);
    let lost: Vec<String> =
        world.queue.receive(Followed::NAME, 10).records.into_iter().map(|record| record.message_id).collect();
    world.queue.delete(Followed::NAME, &lost);
    assert_eq!(replay.step(&RUN.to_string()).await.unwrap(), Step::Stopped);
    assert!(run_of(&world).await.error.unwrap().contains("dead letters"));
    replay.resume(&RUN.to_string(), None).await.unwrap();
    assert_eq!(drive(&world, &replay).await, Step::Finished);
    assert_eq!(world.stored(1), world.expected(1).await);
}

#[tokio::test]
async fn carts_are_rebuilt_while_a_replay_fills_a_generation_and_neither_waits_for_the_other() {
    let world = world().await;
    spoil(&world, 3).await;
    let replay = world.replay();
    let fill = Uuid::from_u128(78);
    replay.start(Followed::NAME, Options::new(fill), &KNOWN).await.unwrap();
    replay.step(&fill.to_string()).await.unwrap();
    replay.start(Followed::NAME, carts(&[3]), &KNOWN).await.unwrap();
    assert_eq!(drive(&world, &replay).await, Step::Finished);
    assert_eq!(world.stored(1), world.expected(1).await);
    assert_eq!(drive_run(&world, &replay, fill).await, Step::Finished);
    assert_eq!(world.stored(2), world.expected(2).await);
}

#[tokio::test]
async fn f27_carts_that_nobody_has_and_lists_that_are_none_are_refused() {
    let world = world().await;
    let unknown = world.replay().start(Followed::NAME, carts(&[1, 99]), &KNOWN).await.unwrap_err();
    assert!(matches!(unknown, ReplayError::UnknownCart { cart: of } if of == cart(99)), "{unknown}");
    let many: Vec<u128> = (1..=101).collect();
    for wrong in [&[][..], &[1, 1], &many] {
        let refused = world.replay().start(Followed::NAME, carts(wrong), &KNOWN).await.unwrap_err();
        assert!(matches!(refused, ReplayError::Invalid { member: "carts", .. }), "{refused}");
    }
    assert_eq!(world.replay().list(10).await.unwrap(), []);
}
