//! Laws that hold for every history and every sequence of commands.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;
use tillroll_core::aggregate::{Aggregate, Event, Versioned};
use tillroll_core::cart::event::CloseReason;
use tillroll_core::cart::pricing::{is_exact, price};
use tillroll_core::cart::request::{
    AddItem, ApplyDiscount, ChangeQuantity, ClaimCart, CloseCart, OpenCart, RemoveDiscount, RemoveItem, RequestedPrice,
    RequestedRule, RuleKind,
};
use tillroll_core::cart::{Cart, CartEvent, CartRequest, CartView, Terms};
use tillroll_core::id::{CommandId, StreamId};
use tillroll_core::judge::{Asked, Atomicity, Outcome, judge};
use tillroll_core::money::{Minor, SAFE_MAX};
use tillroll_core::recorded::CommandMark;
use uuid::Uuid;

fn sku() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["milk", "tea", "eggs", " tea ", "", "käse"]).prop_map(String::from)
}

fn quantity() -> impl Strategy<Value = i64> {
    prop_oneof![1_i64..5, -1_i64..2, 999_999_i64..1_000_002, any::<i64>()]
}

fn requested_price() -> impl Strategy<Value = RequestedPrice> {
    let minor = prop_oneof![0_i64..1_000, Just(9_007_199_254_740_991), any::<i64>()];
    let per = prop_oneof![1_i64..4, any::<i64>()];
    (minor, per).prop_map(|(minor, per)| RequestedPrice { minor, per })
}

fn rule() -> impl Strategy<Value = RequestedRule> {
    let number = || prop::option::of(prop_oneof![1_i64..11_000, any::<i64>()]);
    let kind = prop::sample::select(vec![RuleKind::PercentOff, RuleKind::AmountOff]);
    (kind, number(), number(), prop::option::of(sku()), number()).prop_map(
        |(kind, basis_points, minor, sku, min_subtotal_minor)| RequestedRule {
            kind,
            basis_points: basis_points.filter(|_| kind == RuleKind::PercentOff),
            minor: minor.filter(|_| kind == RuleKind::AmountOff),
            sku,
            min_subtotal_minor,
        },
    )
}

pub(crate) fn request() -> impl Strategy<Value = CartRequest> {
    let add = (sku(), prop::option::of(sku()), prop::option::of(quantity()), prop::option::of(requested_price()));
    prop_oneof![
        1 => Just(CartRequest::OpenCart(OpenCart::default())),
        1 => Just(CartRequest::ClaimCart(ClaimCart { owner_ref: "own_1".into() })),
        8 => add.prop_map(|(item_name, sku, quantity, price)| {
            CartRequest::AddItem(AddItem { item_name, sku, quantity, price })
        }),
        3 => (sku(), quantity()).prop_map(|(sku, quantity)| {
            CartRequest::ChangeQuantity(ChangeQuantity { sku, quantity })
        }),
        2 => sku().prop_map(|sku| CartRequest::RemoveItem(RemoveItem { sku })),
        3 => (sku(), prop::option::of(rule())).prop_map(|(code, rule)| {
            CartRequest::ApplyDiscount(ApplyDiscount { code, rule })
        }),
        1 => sku().prop_map(|code| CartRequest::RemoveDiscount(RemoveDiscount { code })),
        1 => Just(CartRequest::CloseCart(CloseCart { reason: Some(CloseReason::Abandoned) })),
    ]
}

fn asked(id: usize, request: &CartRequest) -> Asked<Cart> {
    let id = CommandId::new(Uuid::from_u128(id as u128 + 1));
    Asked { mark: CommandMark::new(id, request.fingerprint()), command: request.check() }
}

fn opened() -> Versioned<Cart> {
    let mut cart = Versioned::new(StreamId::new(Uuid::from_u128(7)));
    let open = asked(usize::MAX, &CartRequest::OpenCart(OpenCart::default()));
    judge(&mut cart, &[open], Terms::HISTORY, Atomicity::EachOnItsOwn);
    cart
}

pub(crate) fn events_of(requests: &[CartRequest]) -> Vec<CartEvent> {
    let mut cart = opened();
    for (id, request) in requests.iter().enumerate() {
        judge(&mut cart, &[asked(id, request)], Terms::HISTORY, Atomicity::EachOnItsOwn);
    }
    cart.changes().iter().map(|change| change.event.clone()).collect()
}

fn fold(start: &Cart, events: &[CartEvent]) -> Cart {
    let mut cart = start.clone();
    for event in events {
        cart.evolve(event);
    }
    cart
}

/// Any JSON that might lie in a table under an event's name.
fn json_value() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(|truth| json!(truth)),
        any::<i64>().prop_map(|number| json!(number)),
        (0_u64..=SAFE_MAX).prop_map(|number| json!(number)),
        ".{0,8}".prop_map(|text| json!(text)),
        Just(json!("6ba7b811-9dad-11d1-80b4-00c04fd430c8")),
    ];
    let key = prop::sample::select(vec![
        "shopping_cart_uuid",
        "item_name",
        "sku",
        "quantity",
        "price",
        "minor",
        "per",
        "code",
        "rule",
        "kind",
        "reason",
    ]);
    leaf.prop_recursive(3, 24, 6, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
            prop::collection::btree_map(key.clone().prop_map(String::from), inner, 0..6)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn the_same_command_twice_is_harmless(requests in vec(request(), 1..20), again in any::<prop::sample::Index>()) {
        let mut cart = opened();
        for (id, request) in requests.iter().enumerate() {
            judge(&mut cart, &[asked(id, request)], Terms::HISTORY, Atomicity::EachOnItsOwn);
        }
        let before = CartView::of(&cart);
        let index = again.index(requests.len());
        let seen = cart.seen(asked(index, &requests[index]).mark.id);
        let outcome = judge(&mut cart, &[asked(index, &requests[index])], Terms::HISTORY, Atomicity::EachOnItsOwn);
        if seen.is_some() {
            let resent = matches!(outcome[0], Outcome::Resent { .. });
            prop_assert!(resent, "{outcome:?}");
            prop_assert_eq!(CartView::of(&cart), before);
        }
    }

    #[test]
    fn a_fold_splits_anywhere(requests in vec(request(), 0..25), cut in any::<prop::sample::Index>()) {
        let events = events_of(&requests);
        let (first, second) = events.split_at(cut.index(events.len()));
        prop_assert_eq!(fold(&fold(&Cart::Empty, first), second), fold(&Cart::Empty, &events));
    }

    #[test]
    fn totals_add_up_and_are_never_negative(requests in vec(request(), 0..40)) {
        if let Some(contents) = fold(&Cart::Empty, &events_of(&requests)).contents() {
            let totals = price(contents);
            prop_assert!(is_exact(contents), "decisions keep every total exact");
            prop_assert_eq!(totals.lines.iter().map(|line| line.get()).sum::<u64>(), totals.subtotal.get());
            prop_assert_eq!(totals.discounts.iter().map(|amount| amount.get()).sum::<u64>(), totals.discount.get());
            prop_assert_eq!(totals.total.saturating_add(totals.discount), totals.subtotal);
            prop_assert!(totals.total <= Minor::MAX);
        }
    }

    #[test]
    fn events_survive_their_stored_form(requests in vec(request(), 0..20)) {
        for event in events_of(&requests) {
            let data = event.serialize_data(serde_json::value::Serializer).unwrap();
            prop_assert_eq!(CartEvent::deserialize_data(event.name(), &data).unwrap(), Some(event));
        }
    }

    #[test]
    fn whatever_decodes_folds_and_prices(
        stored in vec((prop::sample::select(vec!["ItemAdded", "ItemQuantityChanged", "DiscountApplied"]), json_value()), 0..20)
    ) {
        let mut cart = fold(&Cart::Empty, &events_of(&[]));
        for (name, data) in stored {
            if let Ok(Some(event)) = CartEvent::deserialize_data(name, &data) {
                cart.evolve(&event);
            }
        }
        let totals = cart.contents().map(price).unwrap_or_default();
        prop_assert!(totals.total <= totals.subtotal);
    }

    #[test]
    fn stored_extremes_fold_and_price(
        adds in vec((sku(), 0_u64..=SAFE_MAX, 0_u64..=SAFE_MAX, 1_u64..=SAFE_MAX), 0..30),
        points in any::<u64>(),
    ) {
        let cart_id = "00000000-0000-0000-0000-000000000007";
        let mut cart = fold(&Cart::Empty, &events_of(&[]));
        for (sku, quantity, minor, per) in adds {
            let price = json!({"minor": minor, "per": per});
            let data = json!({"shopping_cart_uuid": cart_id, "item_name": sku, "quantity": quantity, "price": price});
            cart.evolve(&CartEvent::deserialize_data("ItemAdded", &data).unwrap().unwrap());
        }
        let rule = json!({"kind": "percent_off", "basis_points": points});
        let data = json!({"shopping_cart_uuid": cart_id, "code": "X", "rule": rule});
        cart.evolve(&CartEvent::deserialize_data("DiscountApplied", &data).unwrap().unwrap());
        let totals = cart.contents().map(price).unwrap_or_default();
        prop_assert!(totals.subtotal <= Minor::MAX && totals.total <= totals.subtotal);
    }

    #[test]
    fn no_name_and_no_data_panics(name in ".{0,20}", data in json_value()) {
        let _ = CartEvent::deserialize_data(&name, &data);
        let _ = CartRequest::deserialize_data(&name, &data);
        for (name, _) in CartRequest::SHAPES {
            if let Ok(Some(request)) = CartRequest::deserialize_data(name, &data) {
                let _ = request.check();
            }
        }
    }
}
