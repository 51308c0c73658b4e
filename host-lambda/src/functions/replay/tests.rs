//! Replays of a pipeline in memory, interrupted at every single port call.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test stops at the first surprise")]

mod carts;
mod estimates;
mod filters;
mod interrupted;
mod machine;
mod scale;
mod steering;

use std::time::Duration;

use tillroll_core::time::Timestamp;
use uuid::Uuid;

use self::interrupted::{Interrupted, Interruption};
use super::*;
use crate::archive_object::ArchiveObject;
use crate::filter::Filter;
use crate::generations;
use crate::subscriptions::Subscription as _;
use crate::world::{Followed, ROUNDS_MAX, World, cart};

const KNOWN: [&str; 1] = [Followed::NAME];
const RUN: Uuid = Uuid::from_u128(77);

fn options() -> Options {
    Options::new(RUN)
}

fn in_place() -> Options {
    Options { target: Target::LiveGeneration { filter: Filter::default() }, ..options() }
}

/// Five carts of one to five events, published, archived and projected.
async fn world() -> World {
    let world = World::new();
    for number in 1..=5_u64 {
        world.write(cart(number.into()), number).await;
    }
    world.settle().await;
    assert_eq!(world.stored(1), world.expected(1).await);
    world
}

/// Drives a run to its end; a step that fails is a crash, and the next one goes on.
async fn drive<P: ReplayPorts>(world: &World, replay: &Replay<'_, P>) -> Step {
    drive_run(world, replay, RUN).await
}

async fn drive_run<P: ReplayPorts>(world: &World, replay: &Replay<'_, P>, run: Uuid) -> Step {
    for _ in 0..ROUNDS_MAX {
        match replay.step(&run.to_string()).await {
            Ok(ended @ (Step::Finished | Step::Stopped)) => return ended,
            Ok(Step::Continue) | Err(ReplayError::Fault(_)) => {}
            Ok(Step::Wait) => {
                world.clock.advance(Duration::from_millis(50));
                world.flow().await;
                world.deliver().await;
            }
            Err(other) => panic!("{other}"),
        }
    }
    panic!("the run does not end");
}

async fn run_of(world: &World) -> Run {
    world.replay().get(&RUN.to_string()).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_replay_fills_a_new_generation_and_makes_it_the_live_one() {
    let world = world().await;
    let started = world.replay().start(Followed::NAME, options(), &KNOWN).await.unwrap();
    assert_eq!((started.phase, started.generation), (Phase::Planning, None));
    assert_eq!(drive(&world, &world.replay()).await, Step::Finished);

    assert_eq!(world.stored(2), world.expected(2).await);
    assert_eq!(world.stored(1), world.expected(1).await);
    let generations = generations::read(&world.rows, Followed::NAME).await.unwrap();
    assert_eq!((generations.live, generations.previous, generations.filling), (2, Some(1), None));
    let run = run_of(&world).await;
    assert_eq!((run.phase, run.generation, run.error.clone()), (Phase::Finished, Some(2), None));
    assert_eq!((run.events_sent, run.carts_filled), (15, 0));
    assert_eq!(Some(run.objects_done), run.objects_total);
    assert!(run.finished_at >= Some(run.started_at));
}

/// RELIABILITY E29: live writes go on during a replay.
#[tokio::test]
async fn writes_during_a_replay_are_in_the_new_generation() {
    let world = world().await;
    let replay = world.replay();
    replay.start(Followed::NAME, options(), &KNOWN).await.unwrap();
    let mut version = 5;
    for round in 0..ROUNDS_MAX as u64 {
        match replay.step(&RUN.to_string()).await.unwrap() {
            Step::Continue => {}
            Step::Wait => world.deliver().await,
            ended @ (Step::Finished | Step::Stopped) => {
                assert_eq!(ended, Step::Finished);
                break;
            }
        }
        // New events in an old cart and in new carts, some of them not yet projected when the run compares.
        if round < 40 {
            version += 1;
            world.write(cart(5), version).await;
            world.write(cart(100 + u128::from(round)), 1).await;
        }
        world.flow().await;
    }
    world.settle().await;
    assert_eq!(run_of(&world).await.phase, Phase::Finished);
    assert_eq!(world.stored(2), world.expected(2).await);
}

/// RELIABILITY B3 for replay, E28: a replay that dies at any port call, before or after its effect, goes on where it
/// was and ends equal to the fold.
#[tokio::test]
async fn a_replay_that_dies_at_any_port_call_ends_equal_to_the_fold() {
    for interruption in [Interruption::DieBefore, Interruption::DieAfter] {
        let mut calls_survived = 0;
        for call in 1..ROUNDS_MAX as u64 {
            let world = world().await;
            // One cart that the archive does not have, so that catching up is interrupted too.
            lose_from_archive(&world, 3).await;
            world.replay().start(Followed::NAME, options(), &KNOWN).await.unwrap();
            let ports = Interrupted::new(&world, call, interruption);
            assert_eq!(drive(&world, &ports.replay()).await, Step::Finished);
            assert_eq!(world.stored(2), world.expected(2).await, "{interruption:?} at call {call}");
            if !ports.fired() {
                calls_survived = call - 1;
                break;
            }
        }
        assert!(calls_survived > 40, "only {calls_survived} calls: is anything replayed?");
    }
}

/// RELIABILITY E28: two replays of one run. At every port call of the first, the second does a whole step.
#[tokio::test]
async fn two_that_drive_one_run_fence_each_other() {
    for call in 1..ROUNDS_MAX as u64 {
        let world = world().await;
        world.replay().start(Followed::NAME, options(), &KNOWN).await.unwrap();
        let ports = Interrupted::new(&world, call, Interruption::OtherSteps(RUN));
        assert_eq!(drive(&world, &ports.replay()).await, Step::Finished);
        assert_eq!(world.stored(2), world.expected(2).await, "at call {call}");
        let run = run_of(&world).await;
        assert_eq!(Some(run.objects_done), run.objects_total, "no object counts twice, at call {call}");
        if !ports.fired() {
            return;
        }
    }
    panic!("the run never ended undisturbed");
}

async fn lose_from_archive(world: &World, number: u128) {
    let lost = cart(number).to_string();
    for key in world.archive.list(None, 1_000).await.unwrap() {
        let object = ArchiveObject::read(&world.archive, &key).await.unwrap();
        if object.lines().any(|line| String::from_utf8_lossy(line).contains(&lost)) {
            world.archive.remove(&key);
        }
    }
}

/// RELIABILITY E14 and E24, as far as a replay can: what the archive lost is filled from the table.
#[tokio::test]
async fn what_the_archive_lacks_is_filled_from_the_table() {
    let world = world().await;
    lose_from_archive(&world, 4).await;
    world.replay().start(Followed::NAME, options(), &KNOWN).await.unwrap();
    assert_eq!(drive(&world, &world.replay()).await, Step::Finished);
    assert_eq!(world.stored(2), world.expected(2).await);
    assert!(run_of(&world).await.carts_filled > 0);
}

/// RELIABILITY E30: a message that ended among the dead letters is made up for from the table.
#[tokio::test]
async fn what_the_queue_lost_is_filled_from_the_table() {
    let world = world().await;
    let replay = world.replay();
    replay.start(Followed::NAME, options(), &KNOWN).await.unwrap();
    while run_of(&world).await.phase != Phase::Draining {
        replay.step(&RUN.to_string()).await.unwrap();
    }
    let batch = world.queue.receive(Followed::NAME, 1_000);
    let lost: Vec<String> = batch.records.into_iter().map(|record| record.message_id).collect();
    assert!(!lost.is_empty());
    world.queue.delete(Followed::NAME, &lost);
    assert_eq!(drive(&world, &replay).await, Step::Finished);
    assert_eq!(world.stored(2), world.expected(2).await);
    assert_eq!(run_of(&world).await.carts_filled, 5);
}

/// RELIABILITY E27: a second replay within five minutes is not swallowed by deduplication.
#[tokio::test]
async fn a_second_replay_right_after_the_first_is_a_whole_replay() {
    let world = world().await;
    let replay = world.replay();
    replay.start(Followed::NAME, options(), &KNOWN).await.unwrap();
    drive(&world, &replay).await;
    let second = Uuid::from_u128(78);
    replay.start(Followed::NAME, Options::new(second), &KNOWN).await.unwrap();
    for _ in 0..ROUNDS_MAX {
        if replay.step(&second.to_string()).await.unwrap() == Step::Finished {
            break;
        }
        world.deliver().await;
    }
    let run = replay.get(&second.to_string()).await.unwrap().unwrap();
    assert_eq!((run.phase, run.events_sent, run.carts_filled), (Phase::Finished, 15, 0));
    assert_eq!(world.stored(3), world.expected(3).await);
}

/// RELIABILITY E27: what is sent again after five minutes is delivered again, and the gate drops it.
#[tokio::test]
async fn a_replay_in_place_changes_nothing_that_is_whole() {
    let world = world().await;
    let before = world.rows.all();
    world.replay().start(Followed::NAME, in_place(), &KNOWN).await.unwrap();
    assert_eq!(drive(&world, &world.replay()).await, Step::Finished);
    assert_eq!(world.rows.all(), before);
    let run = run_of(&world).await;
    assert_eq!((run.phase, run.generation, run.events_sent), (Phase::Finished, Some(1), 15));
}

/// RELIABILITY F27.
#[tokio::test]
async fn an_unknown_subscription_or_run_is_said_to_be_unknown() {
    let world = World::new();
    let replay = world.replay();
    let refused = replay.start("nobody", options(), &KNOWN).await;
    assert!(matches!(refused, Err(ReplayError::UnknownSubscription { .. })));
    let id = RUN.to_string();
    assert!(matches!(replay.step(&id).await, Err(ReplayError::UnknownRun { .. })));
    assert!(matches!(replay.resume(&id, None).await, Err(ReplayError::UnknownRun { .. })));
    assert!(matches!(replay.cancel(&id).await, Err(ReplayError::UnknownRun { .. })));
    assert_eq!(replay.get(&id).await.unwrap(), None);
}

#[tokio::test]
async fn a_subscription_is_replayed_by_one_run_at_a_time() {
    let world = world().await;
    let replay = world.replay();
    replay.start(Followed::NAME, options(), &KNOWN).await.unwrap();
    let second = Options::new(Uuid::from_u128(78));
    match replay.start(Followed::NAME, second.clone(), &KNOWN).await {
        Err(ReplayError::ReplayRunning { run, .. }) => assert_eq!(run, RUN.to_string()),
        other => panic!("{other:?}"),
    }
    // The same start again is the same run; the same id for something else is not.
    assert_eq!(replay.start(Followed::NAME, options(), &KNOWN).await.unwrap().id, RUN.to_string());
    let other = replay.start(Followed::NAME, in_place(), &KNOWN).await;
    assert!(matches!(other, Err(ReplayError::RunTaken { .. })));
    assert_eq!(replay.list(10).await.unwrap().len(), 1);

    replay.cancel(&RUN.to_string()).await.unwrap();
    replay.cancel(&RUN.to_string()).await.unwrap();
    assert!(matches!(replay.resume(&RUN.to_string(), None).await, Err(ReplayError::Ended { .. })));
    assert_eq!(replay.step(&RUN.to_string()).await.unwrap(), Step::Stopped);
    replay.start(Followed::NAME, second.clone(), &KNOWN).await.unwrap();
    let newest: Vec<String> = replay.list(10).await.unwrap().into_iter().map(|run| run.id).collect();
    assert_eq!(newest, [second.run.to_string(), RUN.to_string()]);
}

/// RELIABILITY E31 and F28: the replay stops, names the object, and goes on when that is put right.
#[tokio::test]
async fn a_damaged_object_stops_the_replay_until_it_is_put_right() {
    let world = world().await;
    let key = world.archive.list(None, 10).await.unwrap().remove(1);
    let good = world.archive.read(&key).await.unwrap().unwrap();
    let mut bad = good.clone();
    let middle = bad.len() / 2;
    bad[middle] ^= 0x55;
    world.archive.tamper(&key, bad);

    let replay = world.replay();
    replay.start(Followed::NAME, options(), &KNOWN).await.unwrap();
    assert_eq!(drive(&world, &replay).await, Step::Stopped);
    let error = run_of(&world).await.error.unwrap();
    assert!(error.contains(&key), "{error}");
    assert_eq!(replay.step(&RUN.to_string()).await.unwrap(), Step::Stopped);

    world.archive.tamper(&key, good);
    replay.resume(&RUN.to_string(), None).await.unwrap();
    assert_eq!(drive(&world, &replay).await, Step::Finished);
    assert_eq!(world.stored(2), world.expected(2).await);
}

/// RELIABILITY F28: a foreign object in the archive.
#[tokio::test]
async fn a_foreign_object_stops_the_replay() {
    let world = world().await;
    world.archive.tamper("v1/README.txt", b"hello".to_vec());
    world.replay().start(Followed::NAME, options(), &KNOWN).await.unwrap();
    assert_eq!(drive(&world, &world.replay()).await, Step::Stopped);
    let error = run_of(&world).await.error.unwrap();
    assert!(error.contains("v1/README.txt") && error.contains("not the key of an archive object"), "{error}");
}

#[tokio::test]
async fn a_cart_that_is_parked_in_the_new_generation_keeps_the_old_one_live() {
    let world = world().await;
    // The live row says version 9; the table has nothing to bring the new generation there.
    let mut row = world.rows.all().into_iter().find(|row| row.key.sort == cart(2).to_string()).unwrap();
    row.revision = 9;
    world.rows.write(&[crate::ports::RowWrite::Set(row)]).await.unwrap();
    world.replay().start(Followed::NAME, options(), &KNOWN).await.unwrap();
    assert_eq!(drive(&world, &world.replay()).await, Step::Stopped);
    let error = run_of(&world).await.error.unwrap();
    assert!(error.contains(&cart(2).to_string()) && error.contains("version 2 of 9"), "{error}");
    assert_eq!(generations::read(&world.rows, Followed::NAME).await.unwrap().live, 1);
}

#[tokio::test]
async fn the_archive_is_sent_only_when_it_has_everything_from_before_the_start() {
    let world = World::new();
    world.write(cart(1), 3).await;
    world.publish().await;
    let replay = world.replay();
    replay.start(Followed::NAME, options(), &KNOWN).await.unwrap();
    let id = RUN.to_string();
    assert_eq!(replay.step(&id).await.unwrap(), Step::Continue);
    assert_eq!(replay.step(&id).await.unwrap(), Step::Wait);
    world.archive().await;
    assert_eq!(replay.step(&id).await.unwrap(), Step::Continue);
    assert_eq!(drive(&world, &replay).await, Step::Finished);
    assert_eq!(run_of(&world).await.events_sent, 3);
    assert_eq!(world.stored(2), world.expected(2).await);
}

#[test]
fn a_shard_that_is_not_listed_any_more_was_read_to_its_end() {
    // RELIABILITY E16: the bus was split while the run waited.
    let mark = SequenceNumber::from(10);
    let shard = |position: Option<u64>| ShardProgress {
        shard: "a".to_owned(),
        newest: None,
        readers: vec![(ARCHIVE_READER.to_owned(), position.map(Into::into))],
    };
    assert!(has_passed(&[], "a", ARCHIVE_READER, &mark));
    assert!(!has_passed(&[shard(None)], "a", ARCHIVE_READER, &mark));
    assert!(!has_passed(&[shard(Some(9))], "a", ARCHIVE_READER, &mark));
    assert!(has_passed(&[shard(Some(10))], "a", ARCHIVE_READER, &mark));
    assert!(!has_passed(&[shard(Some(10))], "a", "nobody", &mark));
}
