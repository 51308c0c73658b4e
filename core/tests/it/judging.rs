//! Requests of several commands, and what a cart remembers of commands.

use tillroll_core::aggregate::Versioned;
use tillroll_core::cart::limits::EVENTS_MAX;
use tillroll_core::cart::request::{AddItem, ChangeQuantity, CloseCart, OpenCart, RemoveItem};
use tillroll_core::cart::{Cart, CartRefusal, CartRequest, Terms};
use tillroll_core::id::{CommandId, StreamId};
use tillroll_core::judge::{Asked, Atomicity, Outcome, judge};
use tillroll_core::recorded::CommandMark;
use uuid::Uuid;

fn asked(id: u128, request: &CartRequest) -> Asked<Cart> {
    let mark = CommandMark::new(CommandId::new(Uuid::from_u128(id)), request.fingerprint());
    Asked { mark, command: request.check() }
}

fn open() -> CartRequest {
    CartRequest::OpenCart(OpenCart::default())
}

fn add(item_name: &str) -> CartRequest {
    CartRequest::AddItem(AddItem { item_name: item_name.into(), sku: None, quantity: None, price: None })
}

fn accepted(version: u64) -> Outcome<CartRefusal> {
    Outcome::Accepted { first_version: version, last_version: version }
}

fn new_cart() -> Versioned<Cart> {
    Versioned::new(StreamId::new(Uuid::from_u128(7)))
}

#[test]
fn each_command_sees_what_the_earlier_ones_left() {
    let mut cart = new_cart();
    let set = CartRequest::ChangeQuantity(ChangeQuantity { sku: "milk".into(), quantity: 1 });
    let request = [asked(1, &open()), asked(2, &add("milk")), asked(3, &set), asked(4, &add("tea"))];
    let outcomes = judge(&mut cart, &request, Terms::AS_GIVEN, Atomicity::EachOnItsOwn);
    assert_eq!(outcomes, [accepted(1), accepted(2), Outcome::Noop { version: 2 }, accepted(3)]);
    assert_eq!((cart.head().version, cart.stored_version(), cart.changes().len()), (3, 0, 3));
    cart.clear();
    assert_eq!(cart.stored_version(), 3);
}

#[test]
fn a_refused_command_is_skipped_and_the_rest_land() {
    let mut cart = new_cart();
    let remove = CartRequest::RemoveItem(RemoveItem { sku: "tea".into() });
    let request = [asked(1, &open()), asked(2, &remove), asked(3, &add("milk"))];
    let outcomes = judge(&mut cart, &request, Terms::AS_GIVEN, Atomicity::EachOnItsOwn);
    assert_eq!(outcomes[1], Outcome::Refused(CartRefusal::LineNotFound { sku: "tea".into() }));
    assert_eq!(outcomes[2], accepted(2));
}

#[test]
fn one_refusal_of_an_atomic_request_leaves_the_cart_as_it_was() {
    let mut cart = new_cart();
    judge(&mut cart, &[asked(1, &open())], Terms::AS_GIVEN, Atomicity::AllOrNothing);
    cart.clear();
    let remove = CartRequest::RemoveItem(RemoveItem { sku: "tea".into() });
    let request = [asked(2, &add("milk")), asked(3, &remove), asked(1, &open())];
    let outcomes = judge(&mut cart, &request, Terms::AS_GIVEN, Atomicity::AllOrNothing);
    assert_eq!(
        outcomes,
        [
            Outcome::Skipped,
            Outcome::Refused(CartRefusal::LineNotFound { sku: "tea".into() }),
            Outcome::Resent { first_version: 1, last_version: 1 },
        ]
    );
    assert_eq!((cart.head().version, cart.changes().len()), (1, 0));
    assert_eq!(cart.seen(CommandId::new(Uuid::from_u128(2))), None);
}

#[test]
fn a_seen_command_is_answered_even_on_a_closed_cart() {
    let mut cart = new_cart();
    let close = CartRequest::CloseCart(CloseCart::default());
    let request = [asked(1, &open()), asked(2, &add("milk")), asked(3, &close)];
    judge(&mut cart, &request, Terms::AS_GIVEN, Atomicity::EachOnItsOwn);
    let again = [asked(2, &add("milk")), asked(2, &add("tea")), asked(4, &add("tea"))];
    let outcomes = judge(&mut cart, &again, Terms::AS_GIVEN, Atomicity::EachOnItsOwn);
    assert_eq!(
        outcomes,
        [
            Outcome::Resent { first_version: 2, last_version: 2 },
            Outcome::Refused(CartRefusal::CommandReused {}),
            Outcome::Refused(CartRefusal::CartClosed {}),
        ]
    );
}

#[test]
fn refused_and_noop_commands_leave_no_trace_and_are_judged_again() {
    let mut cart = new_cart();
    let early = judge(&mut cart, &[asked(9, &add("milk"))], Terms::AS_GIVEN, Atomicity::EachOnItsOwn);
    assert_eq!(early, [Outcome::Refused(CartRefusal::CartNotFound {})]);
    judge(&mut cart, &[asked(1, &open())], Terms::AS_GIVEN, Atomicity::EachOnItsOwn);
    let again = judge(&mut cart, &[asked(9, &add("milk"))], Terms::AS_GIVEN, Atomicity::EachOnItsOwn);
    assert_eq!(again, [accepted(2)]);
}

#[test]
fn f14_after_ten_thousand_events_a_cart_can_only_be_closed() {
    let mut cart = new_cart();
    let outcome_of = |cart: &mut Versioned<Cart>, id: u64, request: &CartRequest| {
        let outcomes = judge(cart, &[asked(u128::from(id), request)], Terms::AS_GIVEN, Atomicity::EachOnItsOwn);
        cart.clear();
        outcomes
    };
    assert_eq!(outcome_of(&mut cart, 1, &open()), [accepted(1)]);
    for version in 2..=EVENTS_MAX {
        assert_eq!(outcome_of(&mut cart, version, &add("milk")), [accepted(version)]);
    }
    let late = EVENTS_MAX + 1;
    let refused = outcome_of(&mut cart, late, &add("milk"));
    assert!(matches!(refused[..], [Outcome::Refused(CartRefusal::TooManyEvents { .. })]), "{refused:?}");
    assert_eq!(outcome_of(&mut cart, late, &CartRequest::CloseCart(CloseCart::default())), [accepted(late)]);
}
