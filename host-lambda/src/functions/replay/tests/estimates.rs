//! What a replay would do, compared with what it then does.

use super::*;

const NO_WAIT: Duration = Duration::ZERO;

async fn estimate(world: &World, options: &Options) -> Estimate {
    world.replay().estimate(Followed::NAME, options, &KNOWN, NO_WAIT).await.unwrap()
}

#[tokio::test]
async fn a_plan_counts_what_the_run_then_sends_and_changes_nothing() {
    let world = world().await;
    let filter = Filter { types: vec!["ItemAdded".to_owned()], ..Filter::default() };
    let some = Options { target: Target::NewGeneration { filter }, ..options() };
    for (options, types) in [(options(), 2), (some, 1)] {
        let before = world.rows.all();
        let runs = world.replay().list(10).await.unwrap().len();
        let planned = estimate(&world, &options).await;
        assert_eq!(world.rows.all(), before);
        assert_eq!(world.replay().list(10).await.unwrap().len(), runs);
        assert!(planned.complete && !planned.carts_are_more);
        assert_eq!(planned.by_type.len(), types);
        assert_eq!(planned.by_type.values().sum::<u64>(), planned.events);

        let run = Uuid::new_v5(&RUN, types.to_string().as_bytes());
        world.replay().start(Followed::NAME, Options { run, ..options }, &KNOWN).await.unwrap();
        assert_eq!(drive_run(&world, &world.replay(), run).await, Step::Finished);
        let done = world.replay().get(&run.to_string()).await.unwrap().unwrap();
        assert_eq!(
            (planned.events, planned.events_skipped, planned.messages, planned.objects),
            (done.events_sent, done.events_skipped, done.messages_sent, done.objects_done)
        );
    }
}

#[tokio::test]
async fn a_plan_of_carts_or_of_a_rollback_counts_what_the_table_has() {
    let world = world().await;
    let some = Options { target: Target::Carts { carts: vec![cart(3), cart(5)] }, ..options() };
    let planned = estimate(&world, &some).await;
    assert_eq!((planned.events, planned.carts_count, planned.messages, planned.objects), (8, 2, 2, 0));
    let back = Options { target: Target::PreviousGeneration, ..options() };
    let none = world.replay().estimate(Followed::NAME, &back, &KNOWN, NO_WAIT).await.unwrap_err();
    assert!(matches!(none, ReplayError::NoPrevious { .. }), "{none}");

    world.replay().start(Followed::NAME, options(), &KNOWN).await.unwrap();
    assert_eq!(drive(&world, &world.replay()).await, Step::Finished);
    world.write(cart(2), 6).await;
    world.write(cart(8), 3).await;
    world.settle().await;
    let planned = estimate(&world, &back).await;
    assert_eq!((planned.events, planned.carts_count), (7, 2));
}

#[tokio::test]
async fn a_plan_says_when_the_archive_was_not_there_in_time() {
    let world = world().await;
    world.write(cart(6), 3).await;
    world.publish().await;
    let before_ms = world.clock.elapsed_ms();
    let wait = Duration::from_secs(1);
    let early = world.replay().estimate(Followed::NAME, &options(), &KNOWN, wait).await.unwrap();
    assert_eq!((early.complete, early.events), (false, 15));
    assert!((1_000..1_200).contains(&(world.clock.elapsed_ms() - before_ms)));
    world.settle().await;
    let whole = estimate(&world, &options()).await;
    assert_eq!((whole.complete, whole.events, whole.carts_count), (true, 18, 6));
}

#[tokio::test]
async fn the_time_of_a_plan_says_where_it_is_from() {
    let world = world().await;
    let planned = estimate(&world, &Options { rate: Some(4), ..options() }).await;
    assert_eq!((planned.seconds, planned.seconds_from), (4, TimeFrom::Rate));
    let planned = estimate(&world, &options()).await;
    assert_eq!((planned.seconds, planned.seconds_from), (1, TimeFrom::Assumption));

    let mut draft = Draft::new(world.replay().runs, Run::new(Followed::NAME, options(), world.clock.now()));
    draft.run.phase = Phase::Finished;
    draft.run.events_sent = 20_000;
    draft.run.finished_at = Some(draft.run.started_at.plus_ms(20_000_000));
    draft.save().await.unwrap();
    let planned = estimate(&world, &options()).await;
    assert_eq!((planned.seconds, planned.seconds_from), (15, TimeFrom::Run(RUN.to_string())));
}

#[tokio::test]
async fn the_cost_of_a_plan_is_made_of_its_requests() {
    let world = world().await;
    let planned = estimate(&world, &options()).await;
    let Cost { s3_requests, sqs_requests, dynamodb_writes, micro_usd, prices } = planned.cost;
    assert!(s3_requests > planned.objects && sqs_requests >= 3 * planned.objects);
    assert!(dynamodb_writes >= planned.carts_count && dynamodb_writes <= planned.events);
    // A few requests cost a few millionths, rounded up.
    assert!((1..100).contains(&micro_usd), "{micro_usd}");
    assert!(prices.contains("2026"));
}
