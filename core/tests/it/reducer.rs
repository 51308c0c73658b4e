//! The reducer's bytes: a fold goes on where it was left, and nothing that is not its own is taken for it.

use proptest::prelude::*;
use tillroll_core::cart::event::{CartOpened, ItemAdded};
use tillroll_core::cart::request::{AddItem, OpenCart};
use tillroll_core::cart::{Cart, CartEvent, CartRefusal, CartRequest, Catalogue, Tariff};
use tillroll_core::id::{EventId, StreamId};
use tillroll_core::money::Pieces;
use tillroll_core::packed::{Content, Header, History, Writer};
use tillroll_core::recorded::Circumstances;
use tillroll_core::reducer::{self, AbiError, Decided, Mark};
use uuid::Uuid;

const OURS: Mark = Mark(*b"abcdefgh");

fn stream() -> StreamId {
    StreamId::new(Uuid::from_u128(7))
}

fn packed(after: u64, events: &[CartEvent], unknown: bool) -> Vec<u8> {
    let mut writer = Writer::<Cart>::new(&Header { stream: stream(), after, beside: Vec::new() }).unwrap();
    let circumstances = Circumstances::bare(EventId::new(Uuid::nil()));
    for event in events {
        writer.push(&Content::Known(event), None, &circumstances).unwrap();
    }
    if unknown {
        let content = Content::Unknown { name: "ItemWeighed", data: b"{}" };
        writer.push(&content, None, &circumstances).unwrap();
    }
    writer.finish()
}

fn opened() -> CartEvent {
    let shopping_cart_uuid = stream().uuid();
    let currency = Some("EUR".into());
    CartEvent::CartOpened(CartOpened { shopping_cart_uuid, currency, owner_ref: None, token_hash: None })
}

fn added(item: &str) -> CartEvent {
    let (shopping_cart_uuid, quantity) = (stream().uuid(), Pieces::ONE);
    CartEvent::ItemAdded(ItemAdded { shopping_cart_uuid, item_name: item.into(), sku: None, quantity, price: None })
}

#[test]
fn a_fold_goes_on_where_it_was_left() {
    let events = [opened(), added("Tea"), added("A name that is longer than what fits into a line itself")];
    let whole = reducer::fold(OURS, &[], &packed(0, &events, true)).unwrap();
    let first = reducer::fold(OURS, &[], &packed(0, &events[..1], false)).unwrap();
    assert_eq!(reducer::fold(OURS, &first, &packed(1, &events[1..], true)), Ok(whole.clone()));

    let view = reducer::view(OURS, &whole).unwrap().unwrap();
    assert_eq!((view.version, view.lines.len(), view.unknown_events), (4, 2, 1));
    assert_eq!(reducer::hash(OURS, &whole), Ok(view.state_hash));
    assert_eq!(reducer::mark_of(&whole), Some(OURS));
    for (after, expected) in [(0, AbiError::DoesNotFollow), (2, AbiError::DoesNotFollow)] {
        assert_eq!(reducer::fold(OURS, &first, &packed(after, &[], false)), Err(expected));
    }
}

#[test]
fn before_it_is_opened_a_cart_has_no_view_and_the_hash_zero() {
    let state = reducer::fold(OURS, &[], &packed(0, &[], false)).unwrap();
    assert_eq!(reducer::view(OURS, &state), Ok(None));
    assert_eq!(reducer::hash(OURS, &state).map(|hash| hash.to_string()), Ok("0".repeat(16)));
    let command = reducer::command(Tariff::AsGiven, &CartRequest::OpenCart(OpenCart::default()));
    let Decided::Events(history) = reducer::decide(OURS, &state, &command).unwrap() else { panic!("refused") };
    assert_eq!(History::open(&history).unwrap().frames().count(), 1);
    let state = reducer::fold(OURS, &state, &history).unwrap();
    let refused = reducer::decide(OURS, &state, &command);
    assert_eq!(refused, Ok(Decided::Refused(CartRefusal::CartAlreadyOpen {})));
}

#[test]
fn a_state_of_another_reducer_or_abi_is_refused_and_no_byte_of_it_can_change_unnoticed() {
    let state = reducer::fold(OURS, &[], &packed(0, &[opened(), added("Tea")], false)).unwrap();
    assert_eq!(reducer::view(Mark([0; 8]), &state), Err(AbiError::OtherReducer));
    for place in 0..state.len() {
        let mut hurt = state.clone();
        hurt[place] ^= 1;
        let expected = match place {
            0..8 => AbiError::NotAState,
            8 => AbiError::OtherAbi,
            9..17 => AbiError::OtherReducer,
            _ => AbiError::DamagedState,
        };
        assert_eq!(reducer::view(OURS, &hurt), Err(expected), "byte {place}");
        assert!(reducer::view(OURS, &state[..place]).is_err(), "cut at {place}");
    }
    assert_eq!(reducer::view(OURS, &[]), Err(AbiError::NotAState));
}

#[test]
fn a_command_says_where_prices_come_from_and_nothing_is_decided_on_what_is_not_known() {
    let state = reducer::fold(OURS, &[], &packed(0, &[opened()], false)).unwrap();
    let catalogue: Catalogue = serde_json::from_value(serde_json::json!({
        "version": "1", "currency": "EUR",
        "items": [{"sku": "tea", "item_name": "Tea", "price": {"minor": 349}}],
        "discounts": [{"code": "TEN", "rule": {"kind": "percent_off", "basis_points": 1000, "sku": "tea"}}],
    }))
    .unwrap();
    let add = |sku: &str| {
        CartRequest::AddItem(AddItem { item_name: "Tea".into(), sku: Some(sku.into()), quantity: None, price: None })
    };
    let priced = reducer::command(Tariff::Catalogue(&catalogue), &add("tea"));
    let Decided::Events(history) = reducer::decide(OURS, &state, &priced).unwrap() else { panic!("refused") };
    let after = reducer::fold(OURS, &state, &history).unwrap();
    assert_eq!(reducer::view(OURS, &after).unwrap().unwrap().total_minor.get(), 349);
    let unknown = reducer::command(Tariff::Catalogue(&catalogue), &add("cake"));
    let refused = reducer::decide(OURS, &state, &unknown);
    assert_eq!(refused, Ok(Decided::Refused(CartRefusal::ItemUnknown { sku: "cake".into() })));

    for cut in 0..priced.len() {
        assert_eq!(reducer::decide(OURS, &state, &priced[..cut]), Err(AbiError::MalformedCommand), "cut at {cut}");
    }
    let newer = reducer::fold(OURS, &[], &packed(0, &[opened()], true)).unwrap();
    assert_eq!(reducer::decide(OURS, &newer, &priced), Err(AbiError::UnknownEvents));
}

#[test]
fn the_numbers_of_errors_are_fixed() {
    let numbers = AbiError::ALL.map(AbiError::number);
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7, 8, 16, 17, 18, 19, 20, 21, 22, 23, 24]);
    assert!(AbiError::ALL.iter().all(|error| AbiError::numbered(error.number()) == Some(*error)));
    assert_eq!(AbiError::numbered(0), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn no_bytes_make_it_panic(one in prop::collection::vec(any::<u8>(), 0..80), two in prop::collection::vec(any::<u8>(), 0..80)) {
        let state = reducer::fold(OURS, &[], &packed(0, &[opened()], false)).unwrap();
        for state in [&one, &state] {
            let _ = reducer::fold(OURS, state, &two);
            let _ = reducer::view(OURS, state);
            let _ = reducer::decide(OURS, state, &two);
        }
    }
}
