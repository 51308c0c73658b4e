//! What reading a packed history costs in memory: for a fold what the cart keeps, for damaged bytes no more than a few
//! times the bytes themselves, whatever they claim.

use serde_json::json;
use tillroll_core::aggregate::Event as _;
use tillroll_core::cart::{Cart, CartEvent};
use tillroll_core::id::{EventId, StreamId};
use tillroll_core::packed::{Content, Header, History, Incoming, Writer};
use tillroll_core::recorded::Circumstances;
use tillroll_core::timeline::{Moment, Timeline};
use uuid::Uuid;

const LINES: u64 = 20;

fn stream() -> StreamId {
    StreamId::new(Uuid::from_u128(7))
}

fn event(name: &str, mut data: serde_json::Value) -> CartEvent {
    data.as_object_mut().unwrap().insert("shopping_cart_uuid".to_owned(), json!(stream()));
    CartEvent::deserialize_data(name, &data).unwrap().unwrap()
}

/// A cart of [`LINES`] lines, then so many changes of quantity.
fn history(edits: u64) -> Vec<u8> {
    let lines =
        (0..LINES).map(|line| event("ItemAdded", json!({"item_name": "Oat milk", "sku": format!("sku-{line}")})));
    let change =
        |edit: u64| event("ItemQuantityChanged", json!({"sku": format!("sku-{}", edit % LINES), "quantity": edit}));
    let events =
        [event("CartOpened", json!({"currency": "EUR"}))].into_iter().chain(lines).chain((0..edits).map(change));
    let mut writer = Writer::<Cart>::new(&Header { stream: stream(), after: 0, beside: Vec::new() }).unwrap();
    for event in events {
        let circumstances = Circumstances {
            source: Some("tillroll:api".to_owned()),
            correlation_id: Some("a story".to_owned()),
            ..Circumstances::bare(EventId::new(Uuid::nil()))
        };
        writer.push(&Content::Known(&event), None, &circumstances).unwrap();
    }
    writer.finish()
}

#[test]
fn folding_allocates_what_the_cart_keeps_and_nothing_for_an_event() {
    let allocations_of = |bytes: &[u8]| {
        let fold = || {
            let mut moment = Moment::<Cart>::before(stream());
            History::open(bytes).unwrap().fold(&mut moment).unwrap();
        };
        allocation_counter::measure(fold).count_total
    };
    let (few, many) = (allocations_of(&history(0)), allocations_of(&history(5_000)));
    assert_eq!(few, many, "5,000 more events, and nothing more is kept");
    // Two texts a line, the currency, and the list of lines as it grows.
    assert!(few <= 2 * LINES + 1 + 8, "{few} allocations for {LINES} lines");
}

#[test]
fn damaged_bytes_never_cost_more_than_a_few_times_themselves() {
    let seed = 0x9e37_79b9_7f4a_7c15_u64;
    let whole = history(200);
    let mut random = seed;
    for round in 0..2_000 {
        let mut bytes = whole.clone();
        for _ in 0..=round % 4 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let place = usize::try_from(random >> 33).unwrap() % bytes.len();
            bytes[place] = u8::try_from(random >> 16 & 0xff).unwrap();
        }
        let read = || {
            let _ = History::open(&bytes).and_then(|history| Timeline::<Cart>::of(&history).map(drop));
            let _ = History::open(&bytes).map(|history| history.entries::<Cart>().filter_map(Result::ok).count());
            let mut incoming = Incoming::default();
            incoming.push(&bytes);
            while let Ok(Some(_)) = incoming.entry::<Cart>() {}
        };
        let most = allocation_counter::measure(read).bytes_max;
        assert!(most <= 16 * whole.len() as u64, "{most} bytes held, seed {seed:#x}, round {round}");
    }
}
