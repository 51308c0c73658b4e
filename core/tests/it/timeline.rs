//! Laws of the timeline: a seek is a fold, a diff is what must be done, a life is what changed.

use std::num::NonZeroU64;

use proptest::collection::vec;
use proptest::prelude::*;
use tillroll_core::cart::{Cart, CartEvent, CartView};
use tillroll_core::hash::Fingerprint;
use tillroll_core::id::StreamId;
use tillroll_core::packed::bytes::{Reader, Sink};
use tillroll_core::packed::{Content, History, Packed as _};
use tillroll_core::timeline::divergence::{Native, STRIDE, first_divergence};
use tillroll_core::timeline::value::Shown as _;
use tillroll_core::timeline::{Change, Moment, Pointer, Timeline, Value, diff, life};
use uuid::Uuid;

use super::laws::{events_of, request};
use super::packed::packed_events;

fn stream() -> StreamId {
    StreamId::new(Uuid::from_u128(7))
}

fn timeline(events: &[CartEvent]) -> Timeline<Cart> {
    Timeline::of(&History::open(&packed_events(stream(), events)).unwrap()).unwrap()
}

fn written(event: &CartEvent) -> Vec<u8> {
    let mut sink = Sink::default();
    Cart::write(stream(), event, &mut sink);
    sink.0
}

fn fold(events: &[CartEvent]) -> Moment<Cart> {
    let mut moment = Moment::before(stream());
    for event in events {
        let bytes = written(event);
        moment.step(&Content::Known(Cart::read(stream(), &mut Reader::new(&bytes)).unwrap()));
    }
    moment
}

/// A history of many events: the decided ones, and then edits of one line that no longer ask anybody.
fn long(events: Vec<CartEvent>, edits: usize) -> Vec<CartEvent> {
    let open = events.into_iter().filter(|event| !matches!(event, CartEvent::CartClosed(_)));
    let edited = (0..edits).map(|n| {
        let data =
            serde_json::json!({"shopping_cart_uuid": stream(), "item_name": format!("item {}", n % 7), "quantity": n});
        tillroll_core::aggregate::Event::deserialize_data("ItemAdded", &data).unwrap().unwrap()
    });
    open.chain(edited).collect()
}

/// What the changes make of a value.
fn applied(value: &Value<'static>, changes: &[Change<'_>]) -> Value<'static> {
    changes
        .iter()
        .fold(value.clone(), |value, change| put(value, change.path.segments(), change.to.clone().into_owned()))
}

fn put(value: Value<'static>, path: &[String], to: Value<'static>) -> Value<'static> {
    let Some((name, rest)) = path.split_first() else {
        return match (value, to) {
            (Value::Keyed(mut members), Value::List(order)) => {
                members.sort_by_key(|(key, _)| order.iter().position(|at| *at == Value::Text(key.clone())));
                Value::Keyed(members)
            }
            (_, to) => to,
        };
    };
    let found = |members: &[(std::borrow::Cow<'_, str>, _)]| members.iter().position(|(key, _)| key == name);
    match value {
        Value::Object(mut members) => {
            let at = found(&members).expect("a member that is always there");
            members[at].1 = put(members[at].1.clone(), rest, to);
            Value::Object(members)
        }
        Value::Keyed(mut members) => {
            match (found(&members), rest, to) {
                (Some(at), [], Value::Null) => drop(members.remove(at)),
                (Some(at), rest, to) => members[at].1 = put(members[at].1.clone(), rest, to),
                (None, [], to) => members.push((name.clone().into(), to)),
                (None, ..) => panic!("{path:?} is below something that is not there"),
            }
            Value::Keyed(members)
        }
        leaf @ (Value::Null | Value::Number(_) | Value::Text(_) | Value::List(_)) => {
            panic!("{path:?} points into {leaf:?}")
        }
    }
}

/// Values as states have them, of any content.
fn value() -> impl Strategy<Value = Value<'static>> {
    let leaf = prop_oneof![
        Just(Value::Null),
        (0..4_u64).prop_map(Value::Number),
        "[ab]{0,1}".prop_map(|text| Value::Text(text.into())),
    ];
    let line = (leaf.clone(), leaf)
        .prop_map(|(name, quantity)| Value::object([("name", name), ("price", Value::object([("minor", quantity)]))]));
    let lines = prop::collection::hash_map("[a-d/~]{1,2}", line, 0..5);
    lines.prop_map(|lines| {
        let lines: Vec<_> = lines.into_iter().collect();
        let keyed = Value::keyed(lines.iter().map(|(key, line)| (key.as_str(), line.clone())));
        Value::object([("lines", keyed.into_owned())])
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_seek_is_a_fold_of_the_first_events(
        requests in vec(request(), 0..20), edits in 0..300_usize, place in any::<prop::sample::Index>(),
    ) {
        let events = long(events_of(&requests), edits);
        let timeline = timeline(&events);
        let version = place.index(events.len() + 1);
        prop_assert_eq!(timeline.at(version as u64), Some(fold(&events[..version])));
        prop_assert!(timeline.at(events.len() as u64).as_ref() == Some(timeline.newest()));
        prop_assert_eq!(timeline.at(events.len() as u64 + 1), None);
    }

    #[test]
    fn the_view_of_a_moment_is_the_view_of_the_fold(requests in vec(request(), 0..20)) {
        let events = events_of(&requests);
        let moment = timeline(&events).at(events.len() as u64).unwrap();
        let view = CartView::at(fold(&events).head, &fold(&events).state, 0);
        prop_assert_eq!(moment.view(), view);
    }

    #[test]
    fn a_diff_made_to_the_one_state_gives_the_other(
        requests in vec(request(), 0..30), from in any::<prop::sample::Index>(), to in any::<prop::sample::Index>(),
    ) {
        let events = events_of(&requests);
        let timeline = timeline(&events);
        let at = |place: &prop::sample::Index| Cart::view(&timeline.at(place.index(events.len() + 1) as u64).unwrap());
        let (before, after) = (at(&from), at(&to));
        let (before, after) = (Cart::value(&before), Cart::value(&after));
        prop_assert_eq!(applied(&before.clone().into_owned(), &diff(&before, &after)), after.clone().into_owned());
        prop_assert_eq!(diff(&after, &after), vec![]);
    }

    #[test]
    fn a_diff_of_any_values_made_to_the_one_gives_the_other(before in value(), after in value()) {
        prop_assert_eq!(applied(&before, &diff(&before, &after)), after);
    }

    #[test]
    fn a_life_tells_every_change_and_nothing_else(
        requests in vec(request(), 0..30),
        pointer in prop::sample::select(vec!["/total_minor", "/lines/tea/quantity", "/lines/milk", "/status", "/nothing"]),
        first in 1..20_u64,
    ) {
        let events = events_of(&requests);
        let timeline = timeline(&events);
        let pointer: Pointer = pointer.parse().unwrap();
        let at = |version| {
            let view = Cart::view(&timeline.at(version).unwrap());
            Cart::value(&view).at(&pointer).unwrap_or(&Value::Null).clone().into_owned()
        };
        let last = events.len() as u64;
        let expected: Vec<_> = (first..=last)
            .map(|version| (version, at(version - 1), at(version)))
            .filter(|(_, from, to)| from != to)
            .collect();
        let turns: Vec<_> = life(&timeline, &pointer, first..=last)
            .into_iter()
            .map(|turn| (turn.version, turn.from, turn.to))
            .collect();
        prop_assert_eq!(turns, expected);
    }

    #[test]
    fn the_first_divergence_is_where_the_states_part(requests in vec(request(), 0..60), edits in 0..200_usize) {
        let events = long(events_of(&requests), edits);
        let bytes = packed_events(stream(), &events);
        let history = History::open(&bytes).unwrap();
        let of_today = || Native::<Cart> { evolve: Cart::evolve_borrowed, fingerprint };
        let mut today = of_today();
        let mut other = Native::<Cart> { evolve: keeps_what_is_removed, fingerprint };
        let (mut one, mut two) = (Cart::default(), Cart::default());
        let parted: Vec<_> = events.iter().map(|event| {
            let bytes = written(event);
            let borrowed = Cart::read(stream(), &mut Reader::new(&bytes)).unwrap();
            one.evolve_borrowed(&borrowed);
            keeps_what_is_removed(&mut two, &borrowed);
            one != two
        }).collect();
        let parted = |version: u64| version > 0 && parted[usize::try_from(version).unwrap() - 1];
        let first = (1..=events.len() as u64).find(|version| parted(*version));
        let found = first_divergence(&history, &mut today, &mut other, NonZeroU64::MIN).unwrap();
        prop_assert_eq!(found.map(|found| found.version), first);
        if let Some(found) = first_divergence(&history, &mut today, &mut other, STRIDE).unwrap() {
            prop_assert!(parted(found.version) && !parted(found.version - 1));
        }
        let same = first_divergence(&history, &mut today, &mut of_today(), STRIDE).unwrap();
        prop_assert!(same.is_none());
    }
}

fn fingerprint(moment: &Moment<Cart>) -> Fingerprint {
    moment.view().map_or(Fingerprint::new(0), |view| view.state_hash)
}

/// Another way to fold carts: nothing ever leaves.
fn keeps_what_is_removed(cart: &mut Cart, event: &CartEvent<&str>) {
    if !matches!(event, CartEvent::ItemRemoved(_)) {
        cart.evolve_by(event);
    }
}
