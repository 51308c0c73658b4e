//! Generations that are made of some events only.

use super::*;
use crate::functions::project::message::{Mode, ReplayMessage, Skip};
use crate::lambda_events::{BatchAnswer, QueueAttributes, QueueBatch, QueueBatchRecord};
use crate::ports::{Row, RowWrite};

fn only(types: &[&str]) -> Filter {
    Filter { types: types.iter().map(|name| (*name).to_owned()).collect(), ..Filter::default() }
}

fn filtered(filter: &Filter) -> Options {
    Options { target: Target::NewGeneration { filter: filter.clone() }, ..options() }
}

fn gates(world: &World, generation: u32) -> Vec<(String, u64)> {
    let prefix = format!("{}#{generation}#", Followed::NAME);
    let rows = world.rows.all().into_iter();
    let of_carts = rows.filter(|row| {
        row.key.partition.strip_prefix(&prefix).is_some_and(|lane| lane.bytes().all(|byte| byte.is_ascii_digit()))
    });
    of_carts.map(|row| (row.key.sort, row.revision)).collect()
}

#[tokio::test]
async fn what_a_filter_does_not_let_through_moves_the_gate_and_nothing_else() {
    let world = world().await;
    let filter = only(&["ItemAdded"]);
    world.replay().start(Followed::NAME, filtered(&filter), &KNOWN).await.unwrap();
    assert_eq!(drive(&world, &world.replay()).await, Step::Finished);
    let run = run_of(&world).await;
    assert_eq!((run.events_sent, run.events_skipped, run.carts_filled), (10, 5, 0));
    assert_eq!(world.stored(2), world.expected_through(2, &filter).await);
    assert_ne!(world.stored(2), world.expected(2).await);
    assert_eq!(gates(&world, 2), gates(&world, 1));

    // What comes live goes through the filter of the generation too, and so does what fills a gap.
    world.write(cart(7), 3).await;
    world.write(cart(1), 4).await;
    world.settle().await;
    assert_eq!(world.stored(2), world.expected_through(2, &filter).await);
    let generations = generations::read(&world.rows, Followed::NAME).await.unwrap();
    assert_eq!((generations.live, generations.filter_of(2)), (2, &filter));
}

#[tokio::test]
async fn e28_a_filtered_replay_that_dies_at_any_port_call_ends_equal_to_the_filtered_fold() {
    let filter = only(&["CartOpened"]);
    for interruption in [Interruption::DieBefore, Interruption::DieAfter, Interruption::OtherSteps(RUN)] {
        for call in 1..ROUNDS_MAX as u64 {
            let world = world().await;
            // Of one cart the archive lacks everything, so that the table fills in.
            lose_from_archive(&world, 3).await;
            let options = Options { rate: Some(50), ..filtered(&filter) };
            world.replay().start(Followed::NAME, options, &KNOWN).await.unwrap();
            let ports = Interrupted::new(&world, call, interruption);
            assert_eq!(drive(&world, &ports.replay()).await, Step::Finished);
            assert_eq!(world.stored(2), world.expected_through(2, &filter).await, "{interruption:?} at call {call}");
            if !ports.fired() {
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_filter_by_time_is_whole_on_one_side_and_empty_on_the_other() {
    let recorded = Timestamp::from_unix_ms(1_772_603_999_000);
    let everything = Filter { from: Some(recorded), to: Some(recorded), ..Filter::default() };
    let nothing = Filter { from: Some(recorded.plus_ms(1)), ..Filter::default() };
    for (filter, sent) in [(everything, 15), (nothing, 0)] {
        let world = world().await;
        world.replay().start(Followed::NAME, filtered(&filter), &KNOWN).await.unwrap();
        assert_eq!(drive(&world, &world.replay()).await, Step::Finished);
        let run = run_of(&world).await;
        assert_eq!((run.events_sent, run.events_skipped, run.carts_filled), (sent, 15 - sent, 0));
        assert_eq!(world.stored(2), world.expected_through(2, &filter).await);
        assert_eq!(gates(&world, 2), gates(&world, 1));
    }
}

/// A live generation that lacks events shall get them. Skipping over them would lose them for ever.
#[tokio::test]
async fn a_filter_in_place_chooses_what_is_sent_and_never_moves_the_gate_over_the_rest() {
    let world = world().await;
    let whole = world.stored(1);
    let lost = |row: &Row| row.key.sort.contains(&cart(5).to_string());
    for row in world.rows.all().into_iter().filter(lost) {
        world.rows.write(&[RowWrite::Delete(row.key)]).await.unwrap();
    }
    let into_live = |run, types: &[&str]| Options {
        target: Target::LiveGeneration { filter: only(types) },
        ..Options::new(Uuid::from_u128(run))
    };
    let replay = world.replay();
    replay.start(Followed::NAME, into_live(1, &["CartClosed"]), &KNOWN).await.unwrap();
    assert_eq!(drive_run(&world, &replay, Uuid::from_u128(1)).await, Step::Finished);
    let run = replay.get(&Uuid::from_u128(1).to_string()).await.unwrap().unwrap();
    assert_eq!((run.messages_sent, run.events_skipped), (0, 0));
    assert!(!gates(&world, 1).iter().any(|(sort, _)| *sort == cart(5).to_string()));
    replay.start(Followed::NAME, into_live(2, &["ItemAdded"]), &KNOWN).await.unwrap();
    assert_eq!(drive_run(&world, &replay, Uuid::from_u128(2)).await, Step::Finished);
    assert_eq!(world.stored(1), whole, "the gap before the first item was filled from the table");
}

#[tokio::test]
async fn a_skip_for_a_whole_generation_is_a_gap() {
    let world = world().await;
    world.write(cart(6), 3).await;
    let skip = |first, last| Skip { subject: cart(6), first, last };
    let message = |skips| ReplayMessage {
        run: "run".to_owned(),
        mode: Mode::Replay,
        subscription: Followed::NAME.to_owned(),
        generation: 1,
        lane: 0,
        object: "v1/object".to_owned(),
        part: 0,
        events: Vec::new(),
        skips,
        carts: Vec::new(),
    };
    let batch = |skips| QueueBatch {
        records: vec![QueueBatchRecord {
            message_id: "m".to_owned(),
            body: serde_json::to_string(&message(skips)).unwrap(),
            attributes: QueueAttributes { group: "lane-00".to_owned(), receive_count: "1".to_owned() },
        }],
    };
    assert_eq!(world.projector.replayed(&batch(vec![skip(1, 3)])).await.unwrap(), BatchAnswer::done());
    assert!(!gates(&world, 1).iter().any(|(sort, _)| *sort == cart(6).to_string()));
    // What is no range of versions, or far too wide, is no message of ours.
    for nonsense in
        [vec![skip(0, 3)], vec![skip(3, 2)], vec![skip(1, u64::MAX)], vec![skip(1, 60_000), skip(1, 60_000)]]
    {
        let answer = world.projector.replayed(&batch(nonsense.clone())).await.unwrap();
        assert_eq!(answer, BatchAnswer::again(["m".to_owned()]), "{nonsense:?}");
    }
}
