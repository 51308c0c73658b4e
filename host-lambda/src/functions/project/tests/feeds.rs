//! The two feeds: what is answered, what is counted, and that both together converge.

use std::collections::BTreeSet;

use super::{Chance, Picky, projector};
use crate::filter::Filter;
use crate::functions::project::Projector;
use crate::functions::project::message::{NotAReplayMessage, ReplayMessage};
use crate::generations;
use crate::lambda_events::BatchAnswer;
use crate::memory::{MemoryClock, MemoryQueue, MemoryTable, RECEIVES_MAX};
use crate::ports::{DeadLetterQueue as _, QueueMessage, ReplayQueue as _};
use crate::record::EventRecord;
use crate::subscriptions::carts::Carts;
use crate::subscriptions::kit::{
    CrashingRows, Side, actual, append, bus, bus_of, cart, expected, history, message, queue, table_of,
};
use crate::subscriptions::suggestions::Suggestions;
use tillroll_core::time::Timestamp;

fn items(answer: &BatchAnswer) -> Vec<&str> {
    answer.failures.iter().map(|failure| failure.item.as_str()).collect()
}

#[tokio::test]
async fn e10_a_commit_whose_events_come_permuted_and_late_is_filled_from_the_table() {
    let events = history(cart(1), "open +milk +bread done");
    let (projector, rows) = projector(Carts, &table_of(&events).await);
    for version in [3, 2, 4, 1] {
        assert_eq!(projector.live(&bus(&events[version - 1..version])).await.unwrap().failures, []);
    }
    let counts = projector.counts();
    assert_eq!((counts.applied, counts.gaps_filled, counts.duplicates), (4, 1, 3), "the fill reads to the head");
    assert_eq!(actual(&Carts, 1, &rows), expected(&Carts, 1, &[events]));
}

/// Runs a batch with a crash at each call in turn, before and after its work, and delivers until it is done.
#[tokio::test]
async fn e21_a_crash_around_the_effect_leaves_each_event_applied_once() {
    let histories = [history(cart(1), "open +milk +bread -milk"), history(cart(2), "open +milk done")];
    let events = histories.concat();
    let expected = expected(&Suggestions, 1, &histories);
    let table = table_of(&events).await;
    let mut crashes = 0;
    for side in [Side::Before, Side::After] {
        for call in 0.. {
            let rows = CrashingRows::at(call, side);
            let mut deliveries = 0;
            loop {
                // Every delivery is a new process.
                let projector = Projector::new(Suggestions, rows.clone(), table.clone(), "build-1");
                deliveries += 1;
                if projector.live(&bus(&events)).await.is_ok_and(|answer| answer.failures.is_empty()) {
                    break;
                }
                assert!(deliveries < 3, "one crash costs one delivery");
            }
            assert_eq!(actual(&Suggestions, 1, &rows.rows), expected, "crash {side:?} call {call}");
            if rows.calls() <= call {
                break;
            }
            crashes += u64::from(deliveries == 2);
        }
    }
    assert!(crashes >= 10, "{crashes} crashes are not every call on both sides");
}

#[tokio::test]
async fn a_cart_that_cannot_be_written_is_reported_by_its_first_record_and_the_others_are_done() {
    let events: Vec<EventRecord> = [1, 2, 3].into_iter().flat_map(|n| history(cart(n), "open +milk")).collect();
    // Calls: generations, rows, parked carts, then one write a cart.
    let rows = CrashingRows::at(4, Side::Before);
    let projector = Projector::new(Carts, rows.clone(), table_of(&events).await, "build-1");
    assert_eq!(items(&projector.live(&bus(&events)).await.unwrap()), ["3"]);
    let rows_of_carts = || actual(&Carts, 1, &rows.rows).into_iter().filter(|(.., place)| place.is_some());
    let written: BTreeSet<String> = rows_of_carts().map(|(key, ..)| key.sort).collect();
    assert_eq!(written, [cart(1), cart(3)].map(|cart| cart.to_string()).into());
    assert_eq!(items(&projector.live(&bus(&events[2..])).await.unwrap()), [""; 0]);
    assert_eq!(rows_of_carts().count(), 3);
}

#[tokio::test]
async fn a_bus_record_that_is_no_event_of_ours_is_counted_and_blocks_nothing() {
    let events = history(cart(1), "open +milk");
    let (projector, rows) = projector(Carts, &table_of(&events).await);
    let foreign = br#"{"id":"x","type":"somebody.else"}"#.to_vec();
    let payloads = [b"\xff".to_vec(), events[0].to_json(), foreign, events[1].to_json()];
    assert_eq!(projector.live(&bus_of((1..).zip(payloads))).await.unwrap().failures, []);
    assert_eq!(projector.counts().foreign, 2);
    assert_eq!(actual(&Carts, 1, &rows), expected(&Carts, 1, &[events]));
}

#[tokio::test]
async fn e26_a_message_that_fails_returns_the_rest_of_its_group_only() {
    let histories: Vec<_> = (1..=5).map(|number| history(cart(number), "open +milk")).collect();
    let (projector, rows) = projector(Picky::default(), &table_of(&histories.concat()).await);
    let bodies = histories.iter().map(|history| message("picky", 1, history));
    let mut messages: Vec<_> = ["a", "b", "a", "b", "a"].into_iter().zip(bodies).collect();
    messages[2].1 = "not a message".to_owned();
    assert_eq!(items(&projector.replayed(&queue(messages)).await.unwrap()), ["m2", "m4"]);
    for done in [0, 1, 3] {
        let cart = histories[done][0].stream.to_string();
        assert!(rows.all().iter().any(|row| row.key.sort == cart), "message {done} is done");
    }
}

#[tokio::test]
async fn e27_a_message_that_comes_again_changes_nothing() {
    let events = history(cart(1), "open +milk +bread -milk");
    let (projector, rows) = projector(Suggestions, &table_of(&events).await);
    let (first, second) = (message("suggestions", 1, &events[..2]), message("suggestions", 1, &events[2..]));
    for order in [[&first, &second], [&second, &first], [&first, &first]] {
        let messages = order.map(|body| ("lane-00", body.clone()));
        assert_eq!(projector.replayed(&queue(messages)).await.unwrap(), BatchAnswer::done());
        assert_eq!(actual(&Suggestions, 1, &rows), expected(&Suggestions, 1, std::slice::from_ref(&events)));
    }
    assert_eq!((projector.counts().applied, projector.counts().duplicates), (4, 2));
}

#[tokio::test]
async fn e29_a_replay_fills_a_new_generation_while_live_writes_go_on() {
    let carts: Vec<_> = (1..=12).map(|number| history(cart(number), "open +milk +bread -milk +eggs done")).collect();
    let table = MemoryTable::default();
    let (old, new): (Vec<_>, Vec<_>) = carts.concat().into_iter().partition(|event| event.version <= 3);
    append(&table, &old).await;
    let rows = CrashingRows::default();
    let projector = Projector::new(Suggestions, rows.clone(), table.clone(), "build-1");
    assert_eq!(projector.live(&bus(&old)).await.unwrap(), BatchAnswer::done());

    assert_eq!(generations::begin_filling(&rows, "suggestions", "run", &Filter::default()).await.unwrap(), 2);
    append(&table, &new).await;
    let replayed = queue(old.chunks(5).map(|events| ("lane-00", message("suggestions", 2, events))));
    let live = bus(&new);
    // Both feeds reach the same carts of generation 2 at the same time.
    let (from_queue, from_bus) = tokio::join!(projector.replayed(&replayed), projector.live(&live));
    assert_eq!((from_queue.unwrap(), from_bus.unwrap()), (BatchAnswer::done(), BatchAnswer::done()));
    generations::switch(&rows, "suggestions", "run").await.unwrap();
    for generation in [1, 2] {
        assert_eq!(actual(&Suggestions, generation, &rows.rows), expected(&Suggestions, generation, &carts));
    }
}

/// Draws a schedule from a seed: writes, live batches in any order and cut at will, a replay from anywhere on, and
/// crashes of both feeds. Whatever it is, both generations end as one fold of each cart.
#[tokio::test]
async fn e29_every_drawn_schedule_of_writes_replay_and_crashes_converges() {
    const DRAWN_WORDS: [&str; 5] = ["+milk", "+bread", "-milk", "+eggs", "-bread"];
    for seed in 1..=150 {
        let mut chance = Chance(seed);
        let histories: Vec<_> = (1..=4)
            .map(|number| {
                let words: Vec<&str> = (0..=chance.below(9)).map(|_| DRAWN_WORDS[chance.below(5)]).collect();
                history(cart(number), &format!("open {}", words.join(" ")))
            })
            .collect();
        let events = histories.concat();
        let table = table_of(&events).await;
        let rows = CrashingRows::at(chance.below(60) as u64, [Side::Before, Side::After][chance.below(2)]);
        // What was published before the replay began is what it finds in the archive.
        let mut published = events.clone();
        for index in (1..published.len()).rev() {
            published.swap(index, chance.below(index + 1));
        }
        let (old, new) = published.split_at(chance.below(published.len()));
        let process = || Projector::new(Suggestions, rows.clone(), table.clone(), "build-1");
        let deliver_live = async |events: &[EventRecord]| {
            let batch = bus(events);
            if process().live(&batch).await.ok() != Some(BatchAnswer::done()) {
                assert_eq!(process().live(&batch).await.unwrap(), BatchAnswer::done(), "it crashes only once");
            }
        };
        for batch in old.chunks(1 + chance.below(8)) {
            deliver_live(batch).await;
        }
        if generations::begin_filling(&rows, "suggestions", "run", &Filter::default()).await.is_err() {
            generations::begin_filling(&rows, "suggestions", "run", &Filter::default()).await.unwrap();
        }
        let mut archived: Vec<_> = old.chunks(1 + chance.below(8)).map(<[_]>::to_vec).collect();
        let mut live: Vec<_> = new.chunks(1 + chance.below(8)).map(<[_]>::to_vec).collect();
        while !archived.is_empty() || !live.is_empty() {
            if chance.below(2) == 0
                && let Some(batch) = live.pop()
            {
                deliver_live(&batch).await;
            }
            if let Some(part) = archived.pop() {
                let batch = queue([("lane-00", message("suggestions", 2, &part))]);
                if process().replayed(&batch).await.ok() != Some(BatchAnswer::done()) {
                    archived.push(part);
                }
            }
        }
        if generations::switch(&rows, "suggestions", "run").await.is_err() {
            generations::switch(&rows, "suggestions", "run").await.unwrap();
        }
        for generation in [1, 2] {
            let stored = actual(&Suggestions, generation, &rows.rows);
            assert_eq!(stored, expected(&Suggestions, generation, &histories), "seed {seed}, generation {generation}");
        }
    }
}

#[tokio::test]
async fn a_message_for_a_generation_that_is_gone_is_acknowledged_and_counted() {
    let events = history(cart(1), "open");
    let (projector, rows) = projector(Carts, &table_of(&events).await);
    let messages = [("lane-00", message("carts", 3, &events))];
    assert_eq!(projector.replayed(&queue(messages)).await.unwrap(), BatchAnswer::done());
    assert_eq!((projector.counts().gone, rows.all()), (1, Vec::new()));
}

#[tokio::test]
async fn f30_a_message_that_is_not_ours_ends_among_the_dead_letters_and_other_carts_go_on() {
    let events = history(cart(1), "open +milk");
    let (projector, rows) = projector(Carts, &table_of(&events).await);
    let queue = MemoryQueue::new(MemoryClock::new(Timestamp::UNIX_EPOCH, 1));
    let to = |group: &str, number: u8, body: String| QueueMessage {
        group: group.to_owned(),
        deduplication_id: number.to_string(),
        body,
    };
    let not_ours = message("suggestions", 1, &events);
    let messages = vec![
        to("lane-01", 1, not_ours.clone()),
        to("lane-01", 2, message("carts", 1, &events[1..])),
        to("lane-02", 3, message("carts", 1, &events[..1])),
    ];
    assert!(queue.send("carts", messages).await.unwrap().iter().all(Result::is_ok));
    for _ in 0..=RECEIVES_MAX {
        let batch = queue.receive("carts", 10);
        let returned: Vec<String> =
            items(&projector.replayed(&batch).await.unwrap()).iter().map(|item| (*item).to_owned()).collect();
        let done = batch.records.into_iter().map(|record| record.message_id).filter(|id| !returned.contains(id));
        queue.delete("carts", &done.collect::<Vec<_>>());
        queue.release("carts", &returned);
    }
    assert_eq!(actual(&Carts, 1, &rows), expected(&Carts, 1, &[events]), "a returned message does not hold carts up");
    let dead = queue.list(Some("carts"), None, 10).await.unwrap();
    assert!(dead.iter().any(|message| message.body == not_ours));
    let reason = ReplayMessage::read(&not_ours, "carts").unwrap_err();
    assert!(matches!(reason, NotAReplayMessage::OtherSubscription { .. }), "{reason}");
    assert_eq!(reason.to_string(), "the message is for subscription suggestions, and this is carts");
}

#[test]
fn a_message_is_read_with_all_its_members_or_not_at_all() {
    let events = history(cart(1), "open");
    let good = message("carts", 1, &events);
    assert_eq!(ReplayMessage::read(&good, "carts").unwrap().1, events);
    for (bad, reason) in [
        (good.replace("replay", "erase"), "unknown variant `erase`"),
        (good.replace("\"lane\":0", "\"lane\":64"), "the message is of lane 64, and there are 64"),
        (good.replace("tillroll.cart.", "other."), "event 0 of the message: not an event of a cart"),
        (good.replace("\"generation\":1,", ""), "missing field `generation`"),
        (String::new(), "EOF"),
    ] {
        let error = ReplayMessage::read(&bad, "carts").unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
}

#[tokio::test]
async fn two_invocations_that_race_for_the_same_carts_apply_each_event_once() {
    let histories: Vec<_> = (1..=20).map(|number| history(cart(number), "open +milk +bread -milk")).collect();
    let events = histories.concat();
    let (rows, table) = (CrashingRows::default(), table_of(&events).await);
    let invocation = || Projector::new(Suggestions, rows.clone(), table.clone(), "build-1");
    let (one, other) = (invocation(), invocation());
    let early: Vec<_> = events.iter().filter(|event| event.version <= 2).cloned().collect();
    let (early, all) = (bus(&early), bus(&events));
    let (from_one, from_other) = tokio::join!(one.live(&early), other.live(&all));
    assert_eq!((from_one.unwrap(), from_other.unwrap()), (BatchAnswer::done(), BatchAnswer::done()));
    assert_eq!(actual(&Suggestions, 1, &rows.rows), expected(&Suggestions, 1, &histories));
    assert_eq!(one.counts().applied + other.counts().applied, 80);
    assert!(rows.calls() > 2 * (3 + 20), "some lost the race and read again: {} calls", rows.calls());
}
