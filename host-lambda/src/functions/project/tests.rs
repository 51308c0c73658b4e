//! The projector against feeds that permute, repeat, cut and break, and against rows that crash.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod dry_run;
mod feeds;
mod parking;
mod rebuilding;

use serde_json::json;
use tillroll_core::cart::CartEvent;

use super::Projector;
use crate::memory::{MemoryRows, MemoryTable};
use crate::record::EventRecord;
use crate::subscriptions::carts::Carts;
use crate::subscriptions::kit::{actual, bus, cart, event, expected, history, table_of};
use crate::subscriptions::reminders::Reminders;
use crate::subscriptions::suggestions::Suggestions;
use crate::subscriptions::{Entry, Happened, Place, Poison, Subscription};

/// Takes every event but those of the item it is told to choke on.
#[derive(Clone, Debug, Default)]
struct Picky {
    chokes_on: Option<&'static str>,
}

impl Subscription for Picky {
    const NAME: &'static str = "picky";
    type Event = CartEvent;
    type Row = Vec<String>;

    fn apply(&self, row: &mut Vec<String>, happened: Happened<'_, CartEvent>) -> Result<(), Poison> {
        if let CartEvent::ItemAdded(added) = happened.event {
            // What a failed `apply` leaves behind must not be stored.
            row.push(added.item_name.to_string());
            if self.chokes_on == Some(added.item_name.as_str()) {
                return Err(Poison(format!("cannot swallow {}", added.item_name)));
            }
        }
        Ok(())
    }
}

fn projector<S: Subscription>(
    subscription: S,
    table: &MemoryTable,
) -> (Projector<S, MemoryRows, MemoryTable>, MemoryRows) {
    let rows = MemoryRows::default();
    (Projector::new(subscription, rows.clone(), table.clone(), "build-1"), rows)
}

/// Numbers that look random and follow from a seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}

/// All orders of `items`.
fn permutations<T: Clone>(items: &[T]) -> Vec<Vec<T>> {
    if items.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for index in 0..items.len() {
        let mut rest = items.to_vec();
        let first = rest.remove(index);
        for mut tail in permutations(&rest) {
            tail.insert(0, first.clone());
            all.push(tail);
        }
    }
    all
}

/// Delivers every order of a cart of six events, each with up to two repetitions and cut into batches at will.
async fn every_order_ends_equal_to_the_fold<S: Subscription + Clone>(subscription: S) {
    let events = history(cart(7), "open +milk +bread -milk +eggs done");
    let expected = expected(&subscription, 1, std::slice::from_ref(&events));
    let whole = table_of(&events).await;
    for (seed, order) in (1_u64..).zip(permutations(&events)) {
        let mut chance = Chance(seed);
        let mut arrivals = order.clone();
        for _ in 0..chance.below(3) {
            let repeated = arrivals[chance.below(arrivals.len())].clone();
            arrivals.insert(chance.below(arrivals.len() + 1), repeated);
        }
        let (projector, rows) = projector(subscription.clone(), &whole);
        let mut rest = arrivals.as_slice();
        while !rest.is_empty() {
            let (batch, later) = rest.split_at(1 + chance.below(rest.len()));
            assert_eq!(projector.live(&bus(batch)).await.unwrap().failures, []);
            rest = later;
        }
        let versions: Vec<u64> = arrivals.iter().map(|event| event.version).collect();
        assert_eq!(actual(&subscription, 1, &rows), expected, "seed {seed}: {versions:?}");
        assert_eq!(projector.counts().applied, 6, "seed {seed}: {versions:?}");
    }
}

#[tokio::test]
async fn every_order_of_a_carts_events_ends_in_the_same_directory() {
    every_order_ends_equal_to_the_fold(Carts).await;
}

#[tokio::test]
async fn every_order_of_a_carts_events_ends_in_the_same_suggestions() {
    every_order_ends_equal_to_the_fold(Suggestions).await;
}

#[tokio::test]
async fn every_order_of_a_carts_events_ends_in_the_same_reminders() {
    every_order_ends_equal_to_the_fold(Reminders).await;
}

#[tokio::test]
async fn a_cart_with_more_entries_than_one_write_takes_lands_in_several() {
    let cart = cart(1);
    let mut events = history(cart, "open");
    let add = |version| event(cart, version, "ItemAdded", json!({"item_name": format!("item {version}")}));
    events.extend((2..=500).map(add));
    let (projector, rows) = projector(Suggestions, &table_of(&events).await);
    assert_eq!(projector.live(&bus(&events)).await.unwrap().failures, []);
    assert_eq!(actual(&Suggestions, 1, &rows), expected(&Suggestions, 1, &[events]));
    assert_eq!((projector.counts().applied, projector.counts().parked), (500, 0));
}

#[tokio::test]
async fn one_event_that_changes_more_entries_than_a_write_takes_parks_its_cart() {
    #[derive(Debug)]
    struct Greedy;

    impl Subscription for Greedy {
        const NAME: &'static str = "greedy";
        type Event = CartEvent;
        type Row = bool;

        fn apply(&self, row: &mut bool, happened: Happened<'_, CartEvent>) -> Result<(), Poison> {
            *row |= matches!(happened.event, CartEvent::CartClosed(_));
            Ok(())
        }

        fn entries(&self, cart: tillroll_core::id::StreamId, row: &bool) -> Vec<Entry> {
            let place = |number| Place { word: "many".to_owned(), sort: format!("{cart}#{number}") };
            let entry = |number| Entry { place: place(number), body: String::new() };
            (0..if *row { 99 } else { 0 }).map(entry).collect()
        }
    }

    let events = history(cart(1), "open +milk done");
    let (projector, rows) = projector(Greedy, &table_of(&events).await);
    assert_eq!(projector.live(&bus(&events)).await.unwrap().failures, []);
    let left = rows.all();
    assert_eq!(left.iter().map(|row| row.revision).collect::<Vec<_>>(), [2, 3], "the row, and the parked row");
    assert!(left[1].body.contains("changes 99 entries"), "{}", left[1].body);
}

#[tokio::test]
async fn the_projector_can_run_on_any_thread() {
    let events: Vec<EventRecord> = (0..40).flat_map(|number| history(cart(number), "open +milk +bread")).collect();
    let (projector, rows) = projector(Carts, &table_of(&events).await);
    let batch = bus(&events);
    let answer = tokio::spawn(async move { projector.live(&batch).await }).await.unwrap().unwrap();
    assert_eq!(answer.failures, []);
    assert_eq!(rows.all().into_iter().filter(|row| row.index.is_some()).count(), 40);
}
