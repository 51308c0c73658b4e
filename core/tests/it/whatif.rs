//! Laws of an edited history, and what it says of carts that one can follow by hand.
#![allow(clippy::wildcard_enum_match_arm, reason = "each match here looks for one alternative")]

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};
use tillroll_core::aggregate::{Aggregate as _, Event as _, Head};
use tillroll_core::cart::request::{AddItem, ApplyDiscount, RemoveItem};
use tillroll_core::cart::{Cart, CartEvent, CartRefusal, CartRequest, Terms};
use tillroll_core::id::StreamId;
use tillroll_core::packed::{Content, Header, History, Packed as _, PackedErrorKind, Writer};
use tillroll_core::recorded::Circumstances;
use tillroll_core::time::Timestamp;
use tillroll_core::timeline::Timeline;
use tillroll_core::whatif::{
    Alternative, EDITS_MAX, EVENTS_MAX, Edit, Fate, Mode, SOURCE, WhatIfError, WhatIfErrorKind, what_if,
};
use uuid::Uuid;

use super::laws::{events_of, request};
use super::packed::{bare, event, packed_events};

const BOTH: [Mode; 2] = [Mode::AsItIs, Mode::DecideAgain];

fn stream() -> StreamId {
    StreamId::new(Uuid::from_u128(7))
}

fn ask(events: &[CartEvent], mode: Mode, edits: &[Edit]) -> Result<Alternative, WhatIfError> {
    let bytes = packed_events(stream(), events);
    what_if(&History::open(&bytes).unwrap(), mode, edits, Vec::new())
}

fn events(packed: &[u8]) -> Vec<CartEvent> {
    let history = History::open(packed).unwrap();
    let event = |content| match content {
        Content::Known(event) => Cart::own(&event),
        Content::Unknown { name, .. } => panic!("{name} is unknown"),
    };
    history.entries::<Cart>().map(|entry| event(entry.unwrap().content)).collect()
}

fn happened(name: &str, mut data: Value) -> CartEvent {
    data["shopping_cart_uuid"] = json!(stream());
    CartEvent::deserialize_data(name, data).unwrap().unwrap()
}

fn added(sku: &str, quantity: u64, minor: u64) -> CartEvent {
    happened(
        "ItemAdded",
        json!({"item_name": sku, "sku": sku, "quantity": quantity, "price": {"minor": minor, "per": 1}}),
    )
}

fn save10(min_subtotal_minor: u64) -> CartEvent {
    let rule = json!({"kind": "percent_off", "basis_points": 1000, "min_subtotal_minor": min_subtotal_minor});
    happened("DiscountApplied", json!({"code": "SAVE10", "rule": rule}))
}

/// Opened, two milk, one bread, SAVE10 (needs 5.00), three milk instead, the bread out again, closed.
fn shopping() -> Vec<CartEvent> {
    vec![
        happened("CartOpened", json!({"currency": "EUR"})),
        added("milk", 2, 199),
        added("bread", 1, 320),
        save10(500),
        happened("ItemQuantityChanged", json!({"sku": "milk", "quantity": 3})),
        happened("ItemRemoved", json!({"sku": "bread"})),
        happened("CartClosed", json!({"reason": "checked_out"})),
    ]
}

/// What became of each step, in a word, with its version and the code of a refusal.
fn told(alternative: &Alternative) -> Vec<String> {
    let steps = alternative.steps.iter().map(|step| {
        let origin = step.origin.map_or_else(|| "-".to_owned(), |version| version.to_string());
        match &step.fate {
            Fate::Refused(refusal) => format!("{origin} {}", refusal.code()),
            fate if fate.happened() => format!("{origin} {fate:?} {}", step.alternative),
            fate => format!("{origin} {fate:?}"),
        }
    });
    steps.collect()
}

#[test]
fn edits_are_folded_or_decided_again() {
    let bread = || Edit::Drop { version: 3 };
    let issue = |after, request| Edit::Issue { after, request };
    let add =
        |sku: &str| CartRequest::AddItem(AddItem { item_name: sku.into(), sku: None, quantity: Some(1), price: None });
    let code = |code: &str| CartRequest::ApplyDiscount(ApplyDiscount { code: code.into(), rule: None });
    let remove = |sku: &str| CartRequest::RemoveItem(RemoveItem { sku: sku.into() });
    for (mode, edits, untouched, expected, total) in [
        (Mode::AsItIs, vec![], 7, &[][..], 537),
        (Mode::DecideAgain, vec![], 7, &[], 537),
        // Without the bread, SAVE10 would not have been taken, and there is no bread to take out.
        (Mode::AsItIs, vec![bread()], 2, &["3 Dropped", "4 Same 3", "5 Same 4", "6 Same 5", "7 Same 6"], 537),
        (
            Mode::DecideAgain,
            vec![bread()],
            2,
            &["3 Dropped", "4 discount_minimum_not_met", "5 Same 3", "6 line_not_found", "7 Same 4"],
            597,
        ),
        (Mode::DecideAgain, vec![Edit::Fork { version: 4 }], 4, &["5 Dropped", "6 Dropped", "7 Dropped"], 646),
        (
            Mode::DecideAgain,
            vec![Edit::Replace {
                version: 5,
                event: happened("ItemQuantityChanged", json!({"sku": "milk", "quantity": 2})),
            }],
            4,
            &["5 AlreadySo", "6 Same 5", "7 Same 6"],
            398,
        ),
        (
            Mode::DecideAgain,
            vec![Edit::Replace { version: 2, event: added("milk", 1, 199) }],
            1,
            &["2 Changed 2", "3 Same 3", "4 Same 4", "5 Same 5", "6 Same 6", "7 Same 7"],
            537,
        ),
        (
            Mode::DecideAgain,
            vec![Edit::Move { version: 7, after: 4 }],
            4,
            &["7 Moved 5", "5 cart_closed", "6 cart_closed", "7 MovedAway"],
            646,
        ),
        (
            Mode::AsItIs,
            vec![Edit::Move { version: 6, after: 1 }],
            1,
            &["6 Moved 2", "2 Same 3", "3 Same 4", "4 Same 5", "5 Same 6", "6 MovedAway", "7 Same 7"],
            825,
        ),
        // A price and a rule that the command leaves open are those that the history states, even later.
        (
            Mode::AsItIs,
            vec![issue(1, add("bread")), issue(5, code("SAVE10")), issue(5, code("SAVE20")), issue(6, remove("tea"))],
            1,
            &[
                "- Inserted 2",
                "2 Same 3",
                "3 Same 4",
                "4 Same 5",
                "5 Same 6",
                "- discount_already_applied",
                "- discount_unknown",
                "6 Same 7",
                "- line_not_found",
                "7 Same 8",
            ],
            537,
        ),
        (
            Mode::DecideAgain,
            vec![issue(2, code("SAVE10"))],
            2,
            &["- discount_minimum_not_met", "3 Same 3", "4 Same 4", "5 Same 5", "6 Same 6", "7 Same 7"],
            537,
        ),
        (
            Mode::DecideAgain,
            vec![Edit::Insert { after: 7, event: added("tea", 1, 1) }, Edit::Drop { version: 7 }],
            6,
            &["7 Dropped", "- Inserted 7"],
            538,
        ),
    ] {
        let alternative = ask(&shopping(), mode, &edits).unwrap();
        assert_eq!(
            (told(&alternative), alternative.untouched),
            (expected.iter().map(ToString::to_string).collect(), untouched),
            "{edits:?}"
        );
        let money = alternative.money();
        assert_eq!((money.recorded.get(), money.alternative.get()), (537, total), "{edits:?}");
        assert_eq!(money.difference, Some(i64::try_from(total).unwrap() - 537));
    }
}

#[test]
fn the_first_difference_is_a_difference_of_carts() {
    let nothing = Edit::Insert { after: 2, event: happened("ItemRemoved", json!({"sku": "tea"})) };
    for (edits, divergence) in [
        (vec![], None),
        (vec![nothing.clone()], None),
        (vec![Edit::Drop { version: 3 }], Some(0)),
        (vec![nothing, Edit::Drop { version: 4 }], Some(2)),
        // The bread comes later, and there it is for both.
        (vec![Edit::Move { version: 2, after: 3 }], Some(0)),
    ] {
        let alternative = ask(&shopping(), Mode::AsItIs, &edits).unwrap();
        assert_eq!(alternative.divergence, divergence, "{edits:?}");
    }
}

#[test]
fn what_the_rules_never_explained_stays_a_fact() {
    // An older system took out what was not there, closed twice, and went on. Some event of it has no name here.
    let old = [
        Ok(happened("CartOpened", json!({}))),
        Ok(happened("ItemAdded", json!({"item_name": "milk"}))),
        Ok(happened("ItemRemoved", json!({"sku": "tea"}))),
        Err("ItemWeighed"),
        Ok(happened("CartClosed", json!({}))),
        Ok(happened("CartClosed", json!({}))),
    ];
    let mut writer = Writer::<Cart>::new(&Header { stream: stream(), after: 0, beside: Vec::new() }).unwrap();
    for (version, event) in (1..).zip(&old) {
        let content = match event {
            Ok(event) => Content::Known(event),
            Err(name) => Content::Unknown { name, data: br#"{"grams":3}"# },
        };
        writer.push(&content, None, &bare(version)).unwrap();
    }
    let bytes = writer.finish();
    let history = History::open(&bytes).unwrap();
    let alternative = what_if(&history, Mode::DecideAgain, &[Edit::Drop { version: 2 }], Vec::new()).unwrap();
    assert_eq!(told(&alternative), ["2 Dropped", "3 Unjudged 2", "4 Unjudged 3", "5 Same 4", "6 Unjudged 5"]);
    assert_eq!((alternative.recorded.unknown_events, alternative.alternative.unknown_events), (1, 1));
    let packed = History::open(&alternative.packed).unwrap();
    let unknown = packed.entries::<Cart>().nth(2).unwrap().unwrap();
    assert_eq!(unknown.content, Content::Unknown { name: "ItemWeighed", data: br#"{"grams":3}"# });
}

#[test]
fn what_never_happened_says_so_and_stands_where_its_neighbours_do() {
    let at = |seconds: i64| Some(Timestamp::from_unix_ms(seconds * 1_000));
    let mut writer = Writer::<Cart>::new(&Header { stream: stream(), after: 0, beside: Vec::new() }).unwrap();
    for (version, event) in (1_u32..).zip(&shopping()) {
        let circumstances = Circumstances {
            source: Some("tillroll:api".into()),
            happened_at: at(version.into()),
            actor: Some("own_1".into()),
            ..bare(version.into())
        };
        writer.push(&Content::Known(event), None, &circumstances).unwrap();
    }
    let bytes = writer.finish();
    let edits = [
        Edit::Replace { version: 2, event: added("tea", 1, 1) },
        Edit::Insert { after: 3, event: added("tea", 1, 1) },
        Edit::Insert { after: 3, event: added("tea", 1, 1) },
    ];
    let history = History::open(&bytes).unwrap();
    let alternative = what_if(&history, Mode::AsItIs, &edits, b"{}".to_vec()).unwrap();
    let packed = History::open(&alternative.packed).unwrap();
    assert_eq!(packed.header().beside, b"{}");
    let told: Vec<_> = packed
        .entries::<Cart>()
        .map(|entry| entry.unwrap().circumstances)
        .map(|noted| (noted.source.unwrap(), noted.happened_at, noted.actor.is_some()))
        .collect();
    let (api, never) = (|second| ("tillroll:api".to_owned(), at(second), true), SOURCE.to_owned());
    let expected =
        [api(1), (never.clone(), at(2), true), api(3), (never.clone(), at(3), false), (never, at(3), false), api(4)];
    assert_eq!(told[..6], expected);
    let mut ids: Vec<_> = packed.entries::<Cart>().map(|entry| entry.unwrap().circumstances.event_id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 9, "every event has an id of its own");
}

#[test]
fn a_question_without_an_answer_says_which_edit_is_wrong() {
    let drop = |version| Edit::Drop { version };
    let insert = |after| Edit::Insert { after, event: added("tea", 1, 1) };
    let wrong = |edit, kind| WhatIfError::Edit { edit, kind };
    for (edits, error) in [
        (vec![drop(8)], wrong(0, WhatIfErrorKind::NoSuchVersion(8))),
        (vec![drop(7), drop(0)], wrong(1, WhatIfErrorKind::NoSuchVersion(0))),
        (vec![insert(8)], wrong(0, WhatIfErrorKind::NoSuchVersion(8))),
        (vec![Edit::Fork { version: 8 }], wrong(0, WhatIfErrorKind::NoSuchVersion(8))),
        (vec![Edit::Move { version: 2, after: 9 }], wrong(0, WhatIfErrorKind::NoSuchVersion(9))),
        (vec![drop(2), Edit::Move { version: 2, after: 3 }], wrong(1, WhatIfErrorKind::EditedTwice(2))),
        (vec![Edit::Fork { version: 2 }, Edit::Fork { version: 3 }], wrong(1, WhatIfErrorKind::EditedTwice(3))),
        (vec![Edit::Fork { version: 2 }, drop(3)], wrong(1, WhatIfErrorKind::BehindFork(3))),
        (vec![Edit::Fork { version: 2 }, insert(3)], wrong(1, WhatIfErrorKind::BehindFork(3))),
        (vec![insert(0); EDITS_MAX + 1], WhatIfError::TooManyEdits),
    ] {
        for mode in BOTH {
            assert_eq!(ask(&shopping(), mode, &edits), Err(error), "{edits:?}");
        }
    }
    let many = vec![happened("ItemRemoved", json!({"sku": "tea"})); usize::try_from(EVENTS_MAX).unwrap() + 1];
    assert_eq!(ask(&many, Mode::AsItIs, &[]), Err(WhatIfError::TooManyEvents));
    let page = Writer::<Cart>::new(&Header { stream: stream(), after: 3, beside: Vec::new() }).unwrap().finish();
    let asked = what_if(&History::open(&page).unwrap(), Mode::AsItIs, &[], Vec::new());
    assert_eq!(asked, Err(WhatIfError::NotWhole { after: 3 }));
    let whole = packed_events(stream(), &shopping());
    let cut = what_if(&History::open(&whole[..whole.len() - 1]).unwrap(), Mode::AsItIs, &[], Vec::new());
    let Err(WhatIfError::Packed(error)) = cut else { panic!("{cut:?}") };
    assert_eq!(error.kind, PackedErrorKind::Cut);
}

/// An edit of a history with so many events, mostly of something that it has.
fn edit(newest: u64) -> impl Strategy<Value = Edit> {
    let version = move || 1..=newest.max(1);
    let after = move || 0..=newest;
    prop_oneof![
        1 => after().prop_map(|version| Edit::Fork { version }),
        4 => version().prop_map(|version| Edit::Drop { version }),
        3 => (version(), event()).prop_map(|(version, event)| Edit::Replace { version, event }),
        4 => (version(), after()).prop_map(|(version, after)| Edit::Move { version, after }),
        3 => (after(), event()).prop_map(|(after, event)| Edit::Insert { after, event }),
        3 => (after(), request()).prop_map(|(after, request)| Edit::Issue { after, request }),
    ]
}

/// A history that commands made, sometimes with facts in it that no command would make, and edits of it.
fn question() -> impl Strategy<Value = (Vec<CartEvent>, Vec<Edit>)> {
    let facts = prop_oneof![3 => Just(Vec::new()), 1 => vec((any::<prop::sample::Index>(), event()), 1..4)];
    (vec(request(), 0..30), facts).prop_flat_map(|(requests, facts)| {
        let mut events = events_of(&requests);
        for (place, fact) in facts {
            events.insert(place.index(events.len() + 1), fact);
        }
        let newest = events.len() as u64;
        (Just(events), vec(edit(newest), 0..6))
    })
}

/// The command of an event, by way of their JSON, which differ in their names only.
fn asked(event: &CartEvent) -> CartRequest {
    let name = match event.name() {
        "CartOpened" => "OpenCart",
        "CartClaimed" => "ClaimCart",
        "ItemAdded" => "AddItem",
        "ItemQuantityChanged" => "ChangeQuantity",
        "ItemRemoved" => "RemoveItem",
        "DiscountApplied" => "ApplyDiscount",
        "DiscountRemoved" => "RemoveDiscount",
        "CartClosed" => "CloseCart",
        other => panic!("{other}"),
    };
    let mut data = event.serialize_data(serde_json::value::Serializer).unwrap();
    data.as_object_mut().unwrap().remove("shopping_cart_uuid");
    // What no command can say is out of every range.
    for pointer in ["/quantity", "/rule/basis_points"] {
        if let Some(number) = data.pointer_mut(pointer).filter(|number| !number.is_i64()) {
            *number = json!(i64::MAX);
        }
    }
    CartRequest::deserialize_data(name, data).unwrap().unwrap()
}

/// A command with the price or the rule that the history states.
fn complete(recorded: &[CartEvent], after: u64, request: &CartRequest) -> Result<CartRequest, CartRefusal> {
    let before = || recorded[..usize::try_from(after).unwrap()].iter().rev();
    let nearest = || before().chain(recorded);
    match request.clone() {
        CartRequest::AddItem(mut add) if add.price.is_none() => {
            let sku = add.sku.clone().unwrap_or_else(|| add.item_name.clone()).trim().to_owned();
            add.price = nearest().find_map(|event| match asked(event) {
                CartRequest::AddItem(known) if *known.sku.as_ref().unwrap_or(&known.item_name) == sku => known.price,
                _ => None,
            });
            Ok(CartRequest::AddItem(add))
        }
        CartRequest::ApplyDiscount(mut apply) if apply.rule.is_none() => {
            let code = apply.code.trim().to_owned();
            apply.rule = nearest().find_map(|event| match asked(event) {
                CartRequest::ApplyDiscount(known) if known.code == code => known.rule,
                _ => None,
            });
            let unknown = CartRefusal::DiscountUnknown { discount_code: code };
            if apply.rule.is_some() { Ok(CartRequest::ApplyDiscount(apply)) } else { Err(unknown) }
        }
        other => Ok(other),
    }
}

fn decide(events: &[CartEvent], request: &CartRequest) -> Result<Vec<CartEvent>, CartRefusal> {
    let mut cart = Cart::default();
    for event in events {
        cart.evolve(event);
    }
    let head = Head { stream: stream(), version: events.len() as u64 };
    cart.decide(head, &request.check()?, Terms::HISTORY)
}

/// The same by lists, and by folds from the beginning: what became of each event, and the events that are left.
struct Naive<'a> {
    recorded: &'a [CartEvent],
    mode: Mode,
    told: Vec<String>,
    now: Vec<CartEvent>,
}

impl Naive<'_> {
    fn run(mut self, edits: &[Edit]) -> (Vec<String>, Vec<CartEvent>) {
        let untouched = edits.iter().map(first_place).min().unwrap_or(u64::MAX);
        for place in 0..=self.recorded.len() as u64 {
            if place > 0 && place <= untouched {
                self.now.push(self.event(place));
            } else if place > 0 {
                self.recorded(place, edits);
            }
            for edit in edits {
                self.behind(place, edit);
            }
        }
        (self.told, self.now)
    }

    fn recorded(&mut self, version: u64, edits: &[Edit]) {
        let (event, origin) = (self.event(version), version.to_string());
        let about = |edit: &&Edit| match edit {
            Edit::Drop { version: it } | Edit::Replace { version: it, .. } | Edit::Move { version: it, .. } => {
                *it == version
            }
            Edit::Fork { version: last } => version > *last,
            Edit::Insert { .. } | Edit::Issue { .. } => false,
        };
        match edits.iter().find(about) {
            Some(Edit::Replace { event, .. }) => self.happen(&origin, "Changed", self.judged(event)),
            Some(Edit::Move { .. }) => self.told.push(format!("{origin} MovedAway")),
            Some(_) => self.told.push(format!("{origin} Dropped")),
            None if self.mode == Mode::DecideAgain && !self.explained(version) => {
                self.happen(&origin, "Unjudged", Ok(vec![event]));
            }
            None => self.happen(&origin, "Same", self.kept(version)),
        }
    }

    fn behind(&mut self, place: u64, edit: &Edit) {
        match edit {
            Edit::Insert { after, event } if *after == place => self.happen("-", "Inserted", self.judged(event)),
            Edit::Issue { after, request } if *after == place => {
                let request = complete(self.recorded, place, request);
                let decided = request.and_then(|request| decide(&self.now, &request));
                self.happen("-", "Inserted", decided);
            }
            Edit::Move { version, after } if *after == place => {
                self.happen(&version.to_string(), "Moved", self.kept(*version));
            }
            _ => {}
        }
    }

    fn event(&self, version: u64) -> CartEvent {
        self.recorded[usize::try_from(version - 1).unwrap()].clone()
    }

    fn explained(&self, version: u64) -> bool {
        let before = &self.recorded[..usize::try_from(version - 1).unwrap()];
        decide(before, &asked(&self.event(version))).is_ok_and(|events| !events.is_empty())
    }

    fn judged(&self, event: &CartEvent) -> Result<Vec<CartEvent>, CartRefusal> {
        match self.mode {
            Mode::AsItIs => Ok(vec![event.clone()]),
            Mode::DecideAgain => decide(&self.now, &asked(event)),
        }
    }

    fn kept(&self, version: u64) -> Result<Vec<CartEvent>, CartRefusal> {
        let event = self.event(version);
        if self.mode == Mode::AsItIs || !self.explained(version) {
            return Ok(vec![event]);
        }
        decide(&self.now, &asked(&event)).map(|events| if events.is_empty() { events } else { vec![event] })
    }

    fn happen(&mut self, origin: &str, word: &str, decided: Result<Vec<CartEvent>, CartRefusal>) {
        match decided {
            Err(refusal) => self.told.push(format!("{origin} {}", refusal.code())),
            Ok(events) if events.is_empty() => self.told.push(format!("{origin} AlreadySo")),
            Ok(events) => {
                for event in events {
                    self.now.push(event);
                    self.told.push(format!("{origin} {word} {}", self.now.len()));
                }
            }
        }
    }
}

/// Events up to there are as recorded.
fn first_place(edit: &Edit) -> u64 {
    match edit {
        Edit::Fork { version } => *version,
        Edit::Drop { version } | Edit::Replace { version, .. } => version - 1,
        Edit::Move { version, after } => *after.min(&(version - 1)),
        Edit::Insert { after, .. } | Edit::Issue { after, .. } => *after,
    }
}

proptest! {
    #[test]
    fn without_edits_both_ways_give_the_recorded_history(events in vec(event(), 0..30), requests in vec(request(), 0..30)) {
        for events in [events, events_of(&requests)] {
            for mode in BOTH {
                let bytes = packed_events(stream(), &events);
                let alternative = ask(&events, mode, &[]).unwrap();
                prop_assert_eq!(&alternative.packed, &bytes);
                prop_assert_eq!(&alternative.recorded, &alternative.alternative);
                prop_assert!(alternative.steps.is_empty() && alternative.divergence.is_none());
            }
        }
    }

    #[test]
    fn an_edited_history_is_what_lists_and_folds_from_the_beginning_give((recorded, edits) in question()) {
        for mode in BOTH {
            let Ok(alternative) = ask(&recorded, mode, &edits) else {
                prop_assert!(!edits.is_empty());
                continue;
            };
            let naive = Naive { recorded: &recorded, mode, told: Vec::new(), now: Vec::new() };
            let (expected, now) = naive.run(&edits);
            prop_assert_eq!(told(&alternative), expected);
            prop_assert_eq!(events(&alternative.packed), now);
            let folded = Timeline::<Cart>::of(&History::open(&alternative.packed).unwrap()).unwrap();
            prop_assert_eq!(folded.newest(), &alternative.alternative);
            let refused = alternative.refusals().count();
            prop_assert!(mode == Mode::DecideAgain || refused <= edits.len());
        }
    }

    #[test]
    fn the_carts_are_equal_before_the_first_difference_and_differ_there((recorded, edits) in question()) {
        for mode in BOTH {
            let Ok(alternative) = ask(&recorded, mode, &edits) else { continue };
            let timeline = |packed: &[u8]| Timeline::<Cart>::of(&History::open(packed).unwrap()).unwrap();
            let (then, now) = (timeline(&packed_events(stream(), &recorded)), timeline(&alternative.packed));
            for (place, step) in alternative.steps.iter().enumerate() {
                let equal = then.at(step.recorded).unwrap().state == now.at(step.alternative).unwrap().state;
                let first = alternative.divergence.is_none_or(|divergence| place < divergence);
                prop_assert!(equal || !first, "step {place}");
                prop_assert!(!equal || alternative.divergence != Some(place), "step {place}");
            }
        }
    }

    #[test]
    fn no_edits_panic(recorded in vec(event(), 0..8), edits in vec(edit(9), 0..8)) {
        for mode in BOTH {
            let _ = ask(&recorded, mode, &edits);
        }
    }
}
