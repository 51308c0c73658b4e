//! Writes whose request or answer gets lost on the way: the adapters say what really happened.

use std::collections::BTreeSet;

use tillroll_core::time::Timestamp;
use tillroll_host_lambda::dynamodb::client::emulator_client;
use tillroll_host_lambda::dynamodb::tables::{TableNames, create_tables};
use tillroll_host_lambda::dynamodb::{Events, RowTable, Tokens};
use tillroll_host_lambda::memory::MemoryClock;
use tillroll_host_lambda::ports::{AppendError, EventTable, FaultKind, Row, RowKey, RowWrite, Rows, RowsError};
use tillroll_tests::contracts::event_table::{commit, stream};
use tillroll_tests::dynoxide;
use tillroll_tests::faulty_wire::{FaultyWire, Loss};
use tillroll_tests::wall_clock::WallClock;

/// Longer than any budget lasts.
const ALWAYS: usize = 1_000;

struct World {
    wire: FaultyWire,
    /// Over the wire.
    events: Events<WallClock>,
    rows: RowTable<WallClock>,
    /// Past the wire.
    other_writer: Events<WallClock>,
}

async fn world(tokens: Tokens) -> World {
    let server = dynoxide::start().await;
    let wire = FaultyWire::to(server).await;
    let (names, clock) = (TableNames::default(), WallClock::default());
    create_tables(&emulator_client(server), &names).await.unwrap();
    World {
        events: Events::new(emulator_client(wire.address()), &names.events, tokens, clock),
        rows: RowTable::new(emulator_client(wire.address()), &names.rows, tokens, clock),
        other_writer: Events::new(emulator_client(server), &names.events, tokens, clock),
        wire,
    }
}

/// Distinct bodies of the writes that were sent.
fn writes(wire: &FaultyWire) -> BTreeSet<String> {
    wire.bodies().into_iter().filter(|body| body.contains("\"Item\"")).collect()
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_has_landed_once_and_is_a_success() {
    for tokens in [Tokens::Send, Tokens::Omit] {
        for versions in [1..=1, 1..=3] {
            let world = world(tokens).await;
            let events = commit(stream(1), versions, 1);
            world.wire.lose_next(&[Loss::Answer, Loss::Answer]);
            world.events.append(&events).await.unwrap();
            assert_eq!(world.events.load(stream(1), 0, None).await.unwrap(), events);
        }
    }
}

#[tokio::test]
async fn a_write_that_was_lost_is_sent_again_with_the_same_bytes() {
    for tokens in [Tokens::Send, Tokens::Omit] {
        for versions in [1..=1, 1..=3] {
            let world = world(tokens).await;
            let events = commit(stream(1), versions, 1);
            world.wire.lose_next(&[Loss::Request, Loss::Request]);
            world.events.append(&events).await.unwrap();
            assert_eq!(writes(&world.wire).len(), 1, "every attempt sends the same bytes");
            assert_eq!(world.events.load(stream(1), 0, None).await.unwrap(), events);
        }
    }
}

#[tokio::test]
async fn a_lost_write_whose_place_another_writer_took_is_a_conflict() {
    for versions in [1..=1, 1..=3] {
        let world = world(Tokens::Omit).await;
        let winner = commit(stream(1), 1..=1, 2);
        world.other_writer.append(&winner).await.unwrap();
        world.wire.lose_next(&[Loss::Answer, Loss::Request]);
        let refused = world.events.append(&commit(stream(1), versions, 1)).await;
        assert!(matches!(refused, Err(AppendError::Conflict)), "{refused:?}");
        assert_eq!(world.events.load(stream(1), 0, None).await.unwrap(), winner);
    }
}

#[tokio::test]
async fn a_write_that_never_gets_through_ends_within_the_budget_as_an_unknown_outcome() {
    let world = world(Tokens::Omit).await;
    let clock = MemoryClock::new(Timestamp::UNIX_EPOCH, 1);
    let hurried = Events::new(emulator_client(world.wire.address()), TableNames::default().events, Tokens::Omit, clock);
    let events = commit(stream(1), 1..=2, 1);
    world.wire.lose_next(&[Loss::Request; ALWAYS]);
    let Err(AppendError::Fault(fault)) = hurried.append(&events).await else { panic!("it cannot have landed") };
    assert_eq!(fault.kind, FaultKind::UnknownOutcome);
    world.wire.lose_next(&[]);
    // The same request again tells.
    world.events.append(&events).await.unwrap();
    assert_eq!(world.events.load(stream(1), 0, None).await.unwrap(), events);
}

#[tokio::test]
async fn a_transaction_without_token_carries_none_and_one_with_token_the_same_each_time() {
    for (tokens, expected) in [(Tokens::Send, true), (Tokens::Omit, false)] {
        let world = world(tokens).await;
        world.wire.lose_next(&[Loss::Request]);
        world.events.append(&commit(stream(1), 1..=2, 1)).await.unwrap();
        let writes = writes(&world.wire);
        assert_eq!(writes.len(), 1);
        assert!(writes.iter().all(|body| body.contains("ClientRequestToken") == expected), "{writes:?}");
    }
}

fn row(sort: &str, revision: u64) -> Row {
    let key = RowKey { partition: "p".to_owned(), sort: sort.to_owned() };
    Row { key, revision, body: format!("{revision}"), index: None }
}

fn put(expected: u64, row: Row) -> RowWrite {
    RowWrite::Put { expected, row }
}

#[tokio::test]
async fn gated_rows_whose_answer_was_lost_have_landed_once() {
    let world = world(Tokens::Omit).await;
    let alone = vec![put(0, row("alone", 1))];
    let together = vec![put(0, row("gate", 1)), put(0, row("other gate", 4)), RowWrite::Set(row("follows", 1))];
    let mended = vec![RowWrite::Mend(Row { body: "mended".to_owned(), ..row("alone", 1) })];
    for writes in [alone, together, mended] {
        world.wire.lose_next(&[Loss::Answer]);
        world.rows.write(&writes).await.unwrap();
        for write in &writes {
            let (RowWrite::Put { row, .. } | RowWrite::Mend(row) | RowWrite::Set(row)) = write else {
                panic!("nothing is deleted here")
            };
            assert_eq!(world.rows.get(&row.key).await.unwrap().as_ref(), Some(row));
        }
    }
    world.wire.lose_next(&[Loss::Answer]);
    let refused = world.rows.write(&[put(0, row("gate", 2))]).await;
    assert!(matches!(refused, Err(RowsError::Conflict)), "{refused:?}");
}

#[tokio::test]
async fn a_mended_row_that_stood_there_before_does_not_vouch_for_what_follows_from_it() {
    let world = world(Tokens::Omit).await;
    world
        .rows
        .write(&[put(0, row("gate", 1)), RowWrite::Set(row("follows", 1)), RowWrite::Set(row("goes", 1))])
        .await
        .unwrap();
    let clock = MemoryClock::new(Timestamp::UNIX_EPOCH, 1);
    let names = TableNames::default();
    let hurried = RowTable::new(emulator_client(world.wire.address()), &names.rows, Tokens::Omit, clock);
    for follows in [RowWrite::Set(row("follows", 2)), RowWrite::Delete(row("goes", 1).key)] {
        let writes = [RowWrite::Mend(row("gate", 1)), follows.clone()];
        // Only the reading back gets through.
        world.wire.lose_all_with(Some("TransactItems"));
        let Err(RowsError::Fault(fault)) = hurried.write(&writes).await else { panic!("it cannot have landed") };
        assert_eq!(fault.kind, FaultKind::UnknownOutcome);
        world.wire.lose_all_with(None);
        world.rows.write(&writes).await.unwrap();
        assert!(follows.leaves(world.rows.get(follows.key()).await.unwrap().as_ref()));
    }
}
