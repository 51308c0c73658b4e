//! What the built module is: what its manifest says, without imports, and indifferent to damage.

use tillroll_core::cart::event::CartOpened;
use tillroll_core::cart::request::AddItem;
use tillroll_core::cart::{CartEvent, CartRequest, Tariff};
use tillroll_core::id::StreamId;
use tillroll_core::packed::{History, LAYOUT_VERSION};
use tillroll_core::reducer::{self, AbiError};
use tillroll_reducers::{Call, Reducer, ReducerError, State, Trust};
use uuid::Uuid;

use crate::both::{Built, built, pack};

fn opened() -> Vec<u8> {
    let stream = StreamId::new(Uuid::from_u128(7));
    let (shopping_cart_uuid, currency) = (stream.uuid(), Some("EUR".into()));
    let opened = CartOpened { shopping_cart_uuid, currency, owner_ref: None, token_hash: None };
    pack(stream, 0, &[Ok(CartEvent::CartOpened(opened))])
}

#[test]
fn the_module_is_what_its_manifest_says_and_imports_nothing() {
    let Some(built) = built() else { return };
    // Loading refuses imports; the section itself is not even there.
    let module = Reducer::load(&built.module, Trust::Trusted).unwrap();
    assert_eq!(built.manifest["abi_version"], module.abi_version());
    assert_eq!(built.manifest["packed_layouts"], serde_json::json!([LAYOUT_VERSION]));
    assert_eq!(built.manifest["bytes"], built.module.len());
    assert_eq!(sections(&built.module).iter().find(|number| **number == 2), None, "an import section");
}

/// The numbers of a module's sections.
fn sections(module: &[u8]) -> Vec<u8> {
    let (mut at, mut found) = (8, Vec::new());
    while at < module.len() {
        found.push(module[at]);
        let (mut length, mut shift) = (0, 0);
        loop {
            at += 1;
            length |= usize::from(module[at] & 0x7f) << shift;
            shift += 7;
            if module[at] & 0x80 == 0 {
                break;
            }
        }
        at += 1 + length;
    }
    found
}

#[test]
fn a_state_of_another_reducer_is_refused_by_name() {
    let Some(built) = built() else { return };
    let mut module = Reducer::load(&built.module, Trust::Dropped).unwrap();
    let history = opened();
    let foreign = reducer::fold(reducer::Mark([7; 8]), &[], &history).unwrap();
    let refused = module.view(&State::from_bytes(foreign));
    assert_eq!(refused, Err(ReducerError::Answered { during: Call::View, error: AbiError::OtherReducer }));
    let state = module.fold(None, &History::open(&history).unwrap()).unwrap();
    assert!(module.view(&state).unwrap().contains("\"currency\":\"EUR\""));
}

/// Hurts a state, a history and a command at random places: the module answers an error or a value, and never stops.
pub(crate) fn damaged(built: &Built, below: &mut dyn FnMut(u64) -> u64) {
    let mut module = Reducer::load(&built.module, Trust::Dropped).unwrap();
    let state = module.fold(None, &History::open(&opened()).unwrap()).unwrap();
    let request = CartRequest::AddItem(AddItem { item_name: "Tea".into(), sku: None, quantity: None, price: None });
    let command = reducer::command(Tariff::AsGiven, &request);
    let history = opened();
    let mut hurt = |bytes: &[u8], with_checksum: bool| {
        let mut bytes = bytes.to_vec();
        for _ in 0..=below(3) {
            let place = usize::try_from(below(bytes.len() as u64)).unwrap();
            match below(3) {
                0 => bytes[place] = u8::try_from(below(256)).unwrap(),
                1 => bytes.truncate(place + 1),
                _ => bytes.insert(place, u8::try_from(below(256)).unwrap()),
            }
        }
        if with_checksum && bytes.len() > 8 {
            // What a damaged writer would make: the damage is deeper inside.
            let end = bytes.len() - 8;
            let sum = tillroll_core::hash::Fingerprint::of_bytes(&bytes[..end]).get();
            bytes[end..].copy_from_slice(&sum.to_le_bytes());
        }
        bytes
    };
    for round in 0..3_000 {
        let with_checksum = round % 4 != 0;
        let (state_bytes, history, command) =
            (hurt(state.as_bytes(), with_checksum), hurt(&history, with_checksum), hurt(&command, false));
        for (name, one, two) in [
            (Call::Fold, &state_bytes, &history),
            (Call::Fold, &Vec::new(), &history),
            (Call::Hash, &state_bytes, &Vec::new()),
            (Call::View, &state_bytes, &Vec::new()),
            (Call::Decide, &state_bytes, &command),
            (Call::Decide, &state.as_bytes().to_vec(), &command),
        ] {
            match module.ask(name, one, two) {
                Ok(_) | Err(ReducerError::Answered { .. }) => {}
                Err(why) => panic!("round {round}, {name}: {why}\nfirst {one:?}\nsecond {two:?}"),
            }
        }
    }
}
