//! Pausing, resuming, cancelling and rolling back, asked for at any moment.

use super::*;

const BACK: Uuid = Uuid::from_u128(79);

async fn finished(world: &World) {
    world.replay().start(Followed::NAME, options(), &KNOWN).await.unwrap();
    assert_eq!(drive(world, &world.replay()).await, Step::Finished);
}

async fn generations_of(world: &World) -> (u32, Option<u32>, Option<u32>) {
    let generations = generations::read(&world.rows, Followed::NAME).await.unwrap();
    (generations.live, generations.filling.map(|filling| filling.generation), generations.previous)
}

#[tokio::test]
async fn e28_a_replay_that_is_paused_at_any_port_call_goes_on_when_it_is_resumed() {
    for call in 1..ROUNDS_MAX as u64 {
        let world = world().await;
        lose_from_archive(&world, 3).await;
        let options = Options { rate: Some(100), ..options() };
        world.replay().start(Followed::NAME, options, &KNOWN).await.unwrap();
        let ports = Interrupted::new(&world, call, Interruption::OtherPauses(RUN));
        let ended = drive(&world, &ports.replay()).await;
        if ended == Step::Stopped {
            let paused = run_of(&world).await;
            assert!(paused.paused_at.is_some() && !paused.ended() && paused.error.is_none(), "{paused:?}");
            // New events go into the generation all the same, so that nothing has to be sent after it.
            world.write(cart(9), 2).await;
            world.settle().await;
            let there = world.stored(2).into_keys().any(|(_, sort)| sort == cart(9).to_string());
            assert!(there, "at call {call}");
            assert_eq!(world.replay().step(&RUN.to_string()).await.unwrap(), Step::Stopped);
            for _ in 0..2 {
                world.replay().resume(&RUN.to_string(), None).await.unwrap();
            }
            assert_eq!(drive(&world, &world.replay()).await, Step::Finished, "at call {call}");
        } else {
            assert_eq!(ended, Step::Finished);
        }
        assert_eq!(world.stored(2), world.expected(2).await, "at call {call}");
        if !ports.fired() {
            return;
        }
    }
    panic!("the run never ended undisturbed");
}

#[tokio::test]
async fn e28_a_replay_that_is_cancelled_at_any_port_call_leaves_the_live_generation_and_the_way_free() {
    for call in 1..ROUNDS_MAX as u64 {
        let world = world().await;
        world.replay().start(Followed::NAME, options(), &KNOWN).await.unwrap();
        let ports = Interrupted::new(&world, call, Interruption::OtherCancels(RUN));
        let ended = drive(&world, &ports.replay()).await;
        // What the document says is what happened.
        let phase = run_of(&world).await.phase;
        let (live, filling, _) = generations_of(&world).await;
        match (ended, phase) {
            (Step::Finished, Phase::Finished) => assert_eq!((live, filling), (2, None), "at call {call}"),
            (Step::Stopped, Phase::Cancelled) => assert_eq!(live, 1, "at call {call}"),
            other => panic!("{other:?} at call {call}"),
        }
        world.settle().await;
        assert_eq!(world.stored(live), world.expected(live).await, "at call {call}");

        let second = Uuid::from_u128(78);
        let replay = world.replay();
        replay.start(Followed::NAME, Options::new(second), &KNOWN).await.unwrap();
        assert_eq!(drive_run(&world, &replay, second).await, Step::Finished, "at call {call}");
        let (live, filling, _) = generations_of(&world).await;
        assert_eq!((world.stored(live), filling), (world.expected(live).await, None), "at call {call}");
        if !ports.fired() {
            return;
        }
    }
    panic!("the run never ended undisturbed");
}

#[tokio::test]
async fn a_cancel_that_dies_at_any_port_call_is_done_by_the_next_one() {
    for interruption in [Interruption::DieBefore, Interruption::DieAfter] {
        for call in 1..ROUNDS_MAX as u64 {
            let world = world().await;
            world.replay().start(Followed::NAME, options(), &KNOWN).await.unwrap();
            world.replay().step(&RUN.to_string()).await.unwrap();
            let ports = Interrupted::new(&world, call, interruption);
            let died = ports.replay().cancel(&RUN.to_string()).await.is_err();
            assert_eq!(died, ports.fired());
            if run_of(&world).await.ended() {
                // Whoever comes next finds the way free, whether or not somebody cancels once more.
                let other = Uuid::from_u128(78);
                world.replay().start(Followed::NAME, Options::new(other), &KNOWN).await.unwrap();
                world.replay().cancel(&other.to_string()).await.unwrap();
            }
            assert_eq!(world.replay().cancel(&RUN.to_string()).await.unwrap().phase, Phase::Cancelled);
            assert_eq!(generations_of(&world).await, (1, None, None));
            if !ports.fired() {
                break;
            }
        }
    }
}

#[tokio::test]
async fn what_has_ended_is_not_paused_and_what_goes_on_is_resumed_without_harm() {
    let world = world().await;
    let (replay, run) = (world.replay(), RUN.to_string());
    replay.start(Followed::NAME, options(), &KNOWN).await.unwrap();
    let going_on = replay.resume(&run, None).await.unwrap();
    assert_eq!(going_on, run_of(&world).await);
    let paused_at = replay.pause(&run).await.unwrap().paused_at;
    world.clock.advance(Duration::from_secs(5));
    assert_eq!(replay.pause(&run).await.unwrap().paused_at, paused_at, "since the first time");
    assert_eq!(replay.resume(&run, Some(7)).await.unwrap().rate, Some(7));
    assert_eq!(run_of(&world).await.paused_ms, 5_000);
    assert!(matches!(replay.resume(&run, Some(0)).await, Err(ReplayError::Invalid { .. })));
    assert_eq!(drive(&world, &replay).await, Step::Finished);
    for again in [replay.pause(&run).await, replay.resume(&run, None).await, replay.cancel(&run).await] {
        assert!(matches!(again, Err(ReplayError::Ended { .. })), "{again:?}");
    }
}

#[tokio::test]
async fn a_rate_is_kept_and_can_be_changed_under_way() {
    let world = world().await;
    let before_ms = world.clock.elapsed_ms();
    world.replay().start(Followed::NAME, Options { rate: Some(2), ..options() }, &KNOWN).await.unwrap();
    assert_eq!(drive(&world, &world.replay()).await, Step::Finished);
    let took_ms = world.clock.elapsed_ms() - before_ms;
    // 15 events, of which one message may go ahead of its time.
    assert!((5_000..=9_000).contains(&took_ms), "{took_ms}");
    assert_eq!(world.stored(2), world.expected(2).await);

    let second = Uuid::from_u128(78);
    let replay = world.replay();
    replay.start(Followed::NAME, Options { rate: Some(1), ..Options::new(second) }, &KNOWN).await.unwrap();
    for _ in 0..8 {
        replay.step(&second.to_string()).await.unwrap();
    }
    let before_ms = world.clock.elapsed_ms();
    replay.resume(&second.to_string(), Some(RATE_MAX)).await.unwrap();
    assert_eq!(drive_run(&world, &replay, second).await, Step::Finished);
    assert!(world.clock.elapsed_ms() - before_ms < 2_000);
}

/// A finished replay to generation 2, and events since, which generation 1 has not got.
async fn replayed_world() -> World {
    let world = world().await;
    finished(&world).await;
    world.write(cart(2), 6).await;
    world.write(cart(8), 3).await;
    world.settle().await;
    assert_ne!(world.stored(1), world.expected(1).await);
    world
}

#[tokio::test]
async fn a_rollback_brings_the_previous_generation_up_to_date_before_it_serves() {
    let world = replayed_world().await;
    let replay = world.replay();
    let started = replay.roll_back(&RUN.to_string(), BACK, &KNOWN).await.unwrap();
    assert_eq!((started.target.clone(), started.phase), (Target::PreviousGeneration, Phase::Planning));
    assert_eq!(replay.roll_back(&RUN.to_string(), BACK, &KNOWN).await.unwrap().id, started.id, "twice is once");
    assert_eq!(generations_of(&world).await, (2, Some(1), Some(1)), "the newer one serves until then");
    assert_eq!(drive_run(&world, &replay, BACK).await, Step::Finished);
    assert_eq!(generations_of(&world).await, (1, None, Some(2)));
    assert_eq!(world.stored(1), world.expected(1).await);

    // And forward again, by rolling back the rollback.
    world.write(cart(8), 5).await;
    world.settle().await;
    let forward = Uuid::from_u128(80);
    replay.roll_back(&BACK.to_string(), forward, &KNOWN).await.unwrap();
    assert_eq!(drive_run(&world, &replay, forward).await, Step::Finished);
    assert_eq!(generations_of(&world).await, (2, None, Some(1)));
    assert_eq!(world.stored(2), world.expected(2).await);
}

#[tokio::test]
async fn e28_a_rollback_that_dies_at_any_port_call_ends_equal_to_the_fold() {
    for interruption in [Interruption::DieBefore, Interruption::DieAfter, Interruption::OtherSteps(BACK)] {
        for call in 1..ROUNDS_MAX as u64 {
            let world = replayed_world().await;
            world.replay().roll_back(&RUN.to_string(), BACK, &KNOWN).await.unwrap();
            let ports = Interrupted::new(&world, call, interruption);
            assert_eq!(drive_run(&world, &ports.replay(), BACK).await, Step::Finished);
            assert_eq!(generations_of(&world).await.0, 1);
            assert_eq!(world.stored(1), world.expected(1).await, "{interruption:?} at call {call}");
            if !ports.fired() {
                break;
            }
        }
    }
}

/// A batch that was on its way before the generation was registered goes into the live one only: the comparison must
/// not come before it.
#[tokio::test]
async fn a_rollback_compares_only_when_the_subscription_has_passed_what_was_on_the_bus() {
    let world = replayed_world().await;
    world.write(cart(2), 9).await;
    world.publish().await;
    let replay = world.replay();
    replay.roll_back(&RUN.to_string(), BACK, &KNOWN).await.unwrap();
    for _ in 0..3 {
        assert_eq!(replay.step(&BACK.to_string()).await.unwrap(), Step::Wait);
    }
    world.settle().await;
    assert_eq!(replay.step(&BACK.to_string()).await.unwrap(), Step::Continue);
    assert_eq!(drive_run(&world, &replay, BACK).await, Step::Finished);
    assert_eq!(world.stored(1), world.expected(1).await);
}

#[tokio::test]
async fn a_rollback_of_nothing_is_refused_with_the_reason() {
    let world = world().await;
    let replay = world.replay();
    let rollback = || Options { target: Target::PreviousGeneration, ..Options::new(BACK) };
    let none = replay.start(Followed::NAME, rollback(), &KNOWN).await.unwrap_err();
    assert!(matches!(none, ReplayError::NoPrevious { .. }), "{none}");
    let unknown = replay.roll_back(&RUN.to_string(), BACK, &KNOWN).await.unwrap_err();
    assert!(matches!(unknown, ReplayError::UnknownRun { .. }), "{unknown}");
    assert_eq!(replay.list(10).await.unwrap(), [], "nothing was written down");

    replay.start(Followed::NAME, options(), &KNOWN).await.unwrap();
    let early = replay.roll_back(&RUN.to_string(), BACK, &KNOWN).await.unwrap_err();
    assert!(matches!(early, ReplayError::NotLive { .. }), "{early}");
    assert_eq!(drive(&world, &replay).await, Step::Finished);
    let second = Uuid::from_u128(78);
    replay.start(Followed::NAME, Options::new(second), &KNOWN).await.unwrap();
    let busy = replay.start(Followed::NAME, rollback(), &KNOWN).await.unwrap_err();
    assert!(matches!(busy, ReplayError::ReplayRunning { .. }), "{busy}");
    assert_eq!(drive_run(&world, &replay, second).await, Step::Finished);
    let older = replay.roll_back(&RUN.to_string(), BACK, &KNOWN).await.unwrap_err();
    assert!(matches!(older, ReplayError::NotLive { .. }), "only the newest switch: {older}");
}

#[test]
fn a_run_says_how_fast_it_is_and_how_long_it_will_take() {
    let at = |ms| Timestamp::from_unix_ms(ms);
    let mut run = Run::new(Followed::NAME, options(), at(1_000));
    assert_eq!(run.pace(at(1_000)), Pace { events_per_second: None, seconds_left: None });
    (run.phase, run.events_sent, run.objects_done, run.objects_total) = (Phase::Sending, 500, 1, Some(4));
    assert_eq!(run.pace(at(2_000)), Pace { events_per_second: Some(500), seconds_left: Some(3) });
    run.paused_at = Some(at(2_000));
    assert_eq!(run.pace(at(90_000)), Pace { events_per_second: Some(500), seconds_left: None });
    run.unpause(at(90_000));
    assert_eq!(run.pace(at(91_000)), Pace { events_per_second: Some(250), seconds_left: Some(6) });
}

#[test]
fn a_document_from_before_there_were_targets_still_reads() {
    let document = |in_place| {
        serde_json::json!({
            "id": RUN, "subscription": "carts", "in_place": in_place, "phase": "sending", "generation": 1,
            "events_sent": 5, "messages_sent": 1, "objects_done": 1, "objects_total": 2, "carts_filled": 0,
            "started_at": "2026-01-31T12:00:00Z", "finished_at": null, "error": null,
            "cursor": {"marks": [["shard", "7"]], "last_object": "b", "sent_object": "a", "partly_sent": null,
                       "lane": 0, "cart": null, "laggards": [], "rounds": 0, "fills": 0},
        })
    };
    let filter = Filter::default();
    for (in_place, target) in
        [(false, Target::NewGeneration { filter: filter.clone() }), (true, Target::LiveGeneration { filter })]
    {
        let run = Run::parse("run", &document(in_place).to_string()).unwrap();
        assert_eq!((run.target, run.cursor.sent_object), (target, Some("a".to_owned())));
    }
    assert!(Run::parse("run", "[]").is_err() && Run::parse("run", "{}").is_err());
}
