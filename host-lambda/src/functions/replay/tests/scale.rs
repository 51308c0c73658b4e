//! Replays that a state machine carries: in slices, in parts, with several senders.

use serde_json::{Value, json};

use super::machine::{Ended, definition, execute};
use super::*;
use crate::functions::replay::work::{Next, REMAINDER_MS, SENDERS_MAX, Task};
use crate::memory::{MemoryArchive, MemoryClock, MemoryProgress, MemoryRows, MemoryRuns, MemoryTable};
use crate::ports::RecordRefused;

/// One event, one object: `objects` of them, of carts with one to three events.
async fn archived_world(objects: u64) -> World {
    let world = World::new();
    for number in 0..objects {
        let (number, version) = (number / 3, number % 3 + 1);
        world.write(cart(u128::from(number) + 1), version).await;
        world.flow().await;
    }
    world.settle().await;
    assert_eq!(world.archive.list(None, 1_000).await.unwrap().len() as u64, objects);
    world
}

async fn begun(world: &World, options: Options) {
    world.replay().start(Followed::NAME, options, &KNOWN).await.unwrap();
}

fn advance() -> Task {
    Task::Advance { run: RUN.to_string(), attempt: 0, senders: 4 }
}

fn send(part: u32) -> Task {
    Task::Send { run: RUN.to_string(), attempt: 0, part }
}

/// Calls the function one slice at a time, all open parts in turn; a call that fails is made again.
async fn carry<P: ReplayPorts>(world: &World, replay: &Replay<'_, P>) -> Next {
    let slice = async |task| {
        for _ in 0..ROUNDS_MAX {
            match replay.work(&task, world.clock.now()).await {
                Ok(answer) => return answer,
                Err(ReplayError::Fault(_)) => {}
                Err(other) => panic!("{other}"),
            }
        }
        panic!("the function never answers");
    };
    for _ in 0..ROUNDS_MAX {
        let answer = slice(advance()).await;
        match answer.next {
            Next::Send => {
                for part in answer.parts {
                    slice(send(part)).await;
                }
            }
            Next::Continue | Next::Wait => {
                world.flow().await;
                world.deliver().await;
            }
            ended @ (Next::Finished | Next::Stopped | Next::Failed) => return ended,
        }
    }
    panic!("the run does not end");
}

async fn assert_replayed(world: &World, objects: u64, place: &str) {
    assert_eq!(world.stored(2), world.expected(2).await, "{place}");
    let run = run_of(world).await;
    assert_eq!((run.phase, run.objects_done, run.objects_total), (Phase::Finished, objects, Some(objects)), "{place}");
    let left: Vec<_> = world.rows.all().into_iter().filter(|row| row.key.partition.starts_with("replay#")).collect();
    assert_eq!(left, [], "{place}: parts are removed");
}

#[tokio::test]
async fn the_state_machine_carries_a_replay_to_its_end() {
    for objects in [0, 1, 16, 17, 80] {
        let world = archived_world(objects).await;
        begun(&world, options()).await;
        // Live writes in the middle of it.
        world.write(cart(1_000), 2).await;
        assert_eq!(execute(&world, &world.replay(), 0).await, Ended::Succeeded("Finished"), "{objects}");
        world.settle().await;
        assert_eq!(world.stored(2), world.expected(2).await, "{objects}");
        let run = run_of(&world).await;
        assert_eq!(Some(run.objects_done), run.objects_total);
        assert_eq!(run.events_sent, objects, "each archived event was sent once");
    }
}

#[tokio::test]
async fn every_target_is_carried_by_the_state_machine() {
    let world = archived_world(20).await;
    let carts = Options { target: Target::Carts { carts: vec![cart(1), cart(2)] }, ..options() };
    for options in [in_place(), carts, Options { rate: Some(3), ..options() }] {
        let run = Uuid::new_v5(&RUN, format!("{options:?}").as_bytes());
        let options = Options { run, ..options };
        world.replay().start(Followed::NAME, options, &KNOWN).await.unwrap();
        let task = Task::Advance { run: run.to_string(), attempt: 0, senders: 4 };
        for _ in 0..ROUNDS_MAX {
            let answer = world.replay().work(&task, world.clock.now().plus_ms(REMAINDER_MS)).await.unwrap();
            for part in answer.parts {
                let task = Task::Send { run: run.to_string(), attempt: 0, part };
                world.replay().work(&task, world.clock.now().plus_ms(REMAINDER_MS)).await.unwrap();
            }
            world.deliver().await;
            if answer.next == Next::Finished {
                break;
            }
        }
        assert_eq!(world.replay().get(&run.to_string()).await.unwrap().unwrap().phase, Phase::Finished);
    }
}

/// RELIABILITY E28 for senders side by side: whichever call dies, before or after its effect, the next one goes on.
#[tokio::test]
async fn e28_a_replay_in_parts_that_dies_at_any_port_call_ends_equal_to_the_fold() {
    for interruption in [Interruption::DieBefore, Interruption::DieAfter] {
        let mut calls_survived = 0;
        for call in 1..ROUNDS_MAX as u64 {
            let world = archived_world(18).await;
            begun(&world, options()).await;
            let ports = Interrupted::new(&world, call, interruption);
            assert_eq!(carry(&world, &ports.replay()).await, Next::Finished);
            assert_replayed(&world, 18, &format!("{interruption:?} at call {call}")).await;
            if !ports.fired() {
                calls_survived = call - 1;
                break;
            }
        }
        assert!(calls_survived > 80, "only {calls_survived} calls: is anything replayed?");
    }
}

/// RELIABILITY E28: two that send one part. At every port call of the first, the second does a whole slice.
#[tokio::test]
async fn e28_two_senders_of_one_part_fence_each_other() {
    for other in [Interruption::OtherSends(RUN, 0), Interruption::OtherSends(RUN, 1), Interruption::OtherAdvances(RUN)]
    {
        for call in 1..ROUNDS_MAX as u64 {
            let world = archived_world(18).await;
            begun(&world, options()).await;
            let ports = Interrupted::new(&world, call, other);
            assert_eq!(carry(&world, &ports.replay()).await, Next::Finished);
            assert_replayed(&world, 18, &format!("{other:?} at call {call}: no object counts twice")).await;
            if !ports.fired() {
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_run_in_parts_is_also_carried_by_whoever_has_no_senders() {
    let world = archived_world(40).await;
    begun(&world, options()).await;
    while world.replay().work(&advance(), world.clock.now()).await.unwrap().next != Next::Send {}
    assert_eq!(drive(&world, &world.replay()).await, Step::Finished);
    assert_replayed(&world, 40, "by steps alone").await;
}

#[tokio::test]
async fn of_two_that_save_one_part_only_one_advances_it() {
    let world = archived_world(40).await;
    begun(&world, options()).await;
    let far = world.clock.now().plus_ms(2 * REMAINDER_MS);
    assert_eq!(world.replay().work(&advance(), far).await.unwrap().next, Next::Send);
    let run = Draft::open(&world.runs, &RUN.to_string()).await.unwrap().run;
    let replay = world.replay();
    let both = futures_util::future::join(replay.step_of_part(&run, 0), replay.step_of_part(&run, 0)).await;
    let steps = [both.0.unwrap().step, both.1.unwrap().step];
    // In memory nothing waits, so the second begins where the first has ended.
    assert_eq!(steps, [Step::Finished, Step::Finished]);
    assert_eq!(run_of(&world).await.objects_done, 16, "a part of sixteen objects, counted once");
}

#[tokio::test]
async fn a_call_ends_before_its_time_does_and_always_does_something() {
    let world = archived_world(80).await;
    begun(&world, options()).await;
    let replay = world.replay();
    // With no time at all, one slice.
    let mut calls = 0;
    let answer = loop {
        calls += 1;
        let answer = replay.work(&advance(), world.clock.now()).await.unwrap();
        if answer.next == Next::Send {
            break answer;
        }
        assert_eq!((answer.next, answer.wait_seconds), (Next::Continue, 0));
    };
    assert!(calls > 3, "{calls}");
    assert_eq!(answer.parts, [0, 1, 2, 3, 4]);
    // A full queue is waited for, and the waiting ends before the time does.
    let full = Full(&world);
    let begun_ms = world.clock.elapsed_ms();
    let waiting = full.replay().work(&send(0), world.clock.now().plus_ms(REMAINDER_MS + 7_000)).await.unwrap();
    assert_eq!(waiting.next, Next::Continue);
    let took_ms = world.clock.elapsed_ms() - begun_ms;
    assert!((6_000..=9_000).contains(&took_ms), "{took_ms}");
    let waiting = full.replay().work(&send(0), world.clock.now().plus_ms(10 * REMAINDER_MS)).await.unwrap();
    assert_eq!((waiting.next, waiting.wait_seconds, waiting.messages_sent), (Next::Wait, 30, 0));
}

/// The ports of a world whose replay queue is as full as it may be, and takes nothing.
struct Full<'a>(&'a World);

impl ReplayPorts for Full<'_> {
    type Archive = MemoryArchive;
    type Queue = Self;
    type Rows = MemoryRows;
    type Runs = MemoryRuns;
    type Progress = MemoryProgress;
    type Table = MemoryTable;
    type Clock = MemoryClock;
}

impl Full<'_> {
    fn replay(&self) -> Replay<'_, Self> {
        let World { archive, rows, runs, progress, table, clock, .. } = self.0;
        Replay { archive, queue: self, rows, runs, progress, table, clock }
    }
}

impl ReplayQueue for Full<'_> {
    async fn send(&self, _: &str, _: Vec<QueueMessage>) -> Result<Vec<Result<(), RecordRefused>>, Fault> {
        panic!("nothing is sent to a full queue")
    }

    async fn depth(&self, _: &str) -> Result<u64, Fault> {
        Ok(QUEUE_DEPTH_MAX)
    }
}

#[tokio::test]
async fn a_paused_run_ends_its_execution_and_a_resumed_one_is_carried_by_the_next() {
    let world = archived_world(40).await;
    begun(&world, options()).await;
    let (replay, id) = (world.replay(), RUN.to_string());
    while replay.work(&advance(), world.clock.now()).await.unwrap().next != Next::Send {}
    replay.work(&send(1), world.clock.now()).await.unwrap();
    assert_eq!(run_of(&world).await.objects_done, 16, "what the senders have done is seen at once");
    replay.pause(&id).await.unwrap();
    assert_eq!(replay.work(&send(0), world.clock.now()).await.unwrap().next, Next::Stopped);
    assert_eq!(execute(&world, &replay, 0).await, Ended::Succeeded("Stopped"));
    assert_eq!(replay.resume(&id, None).await.unwrap().attempt(), 1);
    assert_eq!(replay.resume(&id, None).await.unwrap().attempt(), 1, "twice is once");
    assert_eq!(execute(&world, &replay, 0).await, Ended::Succeeded("Stopped"), "the one before lets go");
    assert_eq!(execute(&world, &replay, 1).await, Ended::Succeeded("Finished"));
    assert_replayed(&world, 40, "after a pause").await;
}

#[tokio::test]
async fn a_cancelled_run_leaves_no_parts_and_says_what_was_sent() {
    let world = archived_world(40).await;
    begun(&world, options()).await;
    let (replay, id) = (world.replay(), RUN.to_string());
    while replay.work(&advance(), world.clock.now()).await.unwrap().next != Next::Send {}
    replay.work(&send(0), world.clock.now()).await.unwrap();
    let cancelled = replay.cancel(&id).await.unwrap();
    assert_eq!((cancelled.phase, cancelled.objects_done), (Phase::Cancelled, 16));
    assert_eq!(replay.work(&send(1), world.clock.now()).await.unwrap().next, Next::Stopped);
    assert_eq!(execute(&world, &replay, 0).await, Ended::Succeeded("Stopped"));
    assert!(world.rows.all().iter().all(|row| !row.key.partition.starts_with("replay#")));
}

#[tokio::test]
async fn what_breaks_for_good_stops_every_sender_and_the_run_says_why() {
    let world = archived_world(40).await;
    let foreign = "v1/a-foreign-object";
    world.archive.create(foreign, vec![1]).await.unwrap();
    begun(&world, options()).await;
    assert_eq!(execute(&world, &world.replay(), 0).await, Ended::Failed);
    let error = run_of(&world).await.error.unwrap();
    assert!(error.contains(foreign), "{error}");
    world.archive.remove(foreign);
    world.replay().resume(&RUN.to_string(), None).await.unwrap();
    assert_eq!(execute(&world, &world.replay(), 1).await, Ended::Succeeded("Finished"));
    assert_eq!(world.stored(2), world.expected(2).await);
}

#[tokio::test]
async fn what_does_not_go_away_is_written_into_the_run_by_the_state_machine() {
    let world = archived_world(20).await;
    begun(&world, options()).await;
    world.archive.faults().fail_next(u32::MAX);
    assert_eq!(execute(&world, &world.replay(), 0).await, Ended::Failed);
    let run = run_of(&world).await;
    assert!(run.error.is_some() && !run.ended(), "{run:?}");
    world.archive.faults().fail_next(0);
    world.replay().resume(&RUN.to_string(), None).await.unwrap();
    assert_eq!(execute(&world, &world.replay(), 1).await, Ended::Succeeded("Finished"));
    assert_replayed(&world, 20, "after a long fault").await;
}

/// The definition calls the function with what it takes, and knows every answer.
#[test]
fn the_state_machine_has_a_way_for_every_answer_and_an_end_for_every_way() {
    let definition = definition();
    let states = definition["States"].as_object().unwrap();
    let answers = [Next::Continue, Next::Wait, Next::Send, Next::Finished, Next::Stopped];
    let choices = states["WhatNext"]["Choices"].as_array().unwrap();
    let known: Vec<&Value> = choices.iter().map(|choice| &choice["StringEquals"]).collect();
    assert_eq!(json!(known), serde_json::to_value(answers).unwrap());
    assert_eq!(states["WhatNext"]["Default"], "Failed");
    let map = &states["SendParts"];
    assert_eq!(map["ToleratedFailurePercentage"], 0);
    assert_eq!(map["ItemProcessor"]["ProcessorConfig"]["Mode"], "DISTRIBUTED");
    assert_eq!(map["MaxConcurrency"], states["Advance"]["Parameters"]["senders"], "as many as the function is told");
    assert!(map["MaxConcurrency"].as_u64().unwrap() <= u64::from(SENDERS_MAX));
}
