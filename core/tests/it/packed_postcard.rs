//! The packed layout, which the core reads and writes by hand, against postcard of types that say the same.

use proptest::collection::vec;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use tillroll_core::cart::event::CloseReason;
use tillroll_core::cart::{Cart, CartEvent, Rule};
use tillroll_core::money::{Minor, Price};
use tillroll_core::packed::bytes::{Reader, Sink};
use tillroll_core::packed::{Header, LAYOUT_VERSION, MAGIC, Packed as _, PackedErrorKind};
use tillroll_core::time::Timestamp;
use uuid::Uuid;

use super::packed::{Record, event, header, packed, record, stream};

#[derive(Serialize)]
struct HeaderLayout<'a> {
    stream: Uuid,
    after: u64,
    beside: &'a [u8],
}

#[derive(Serialize)]
enum ContentLayout<'a> {
    Known(EventLayout<'a>),
    Unknown(&'a str, &'a [u8]),
}

#[derive(Serialize, Deserialize)]
enum EventLayout<'a> {
    CartOpened(Option<Uuid>, Option<&'a str>, Option<&'a str>, Option<&'a str>),
    CartClaimed(Option<Uuid>, &'a str),
    ItemAdded(Option<Uuid>, &'a str, Option<&'a str>, u64, Option<(u64, u64)>),
    ItemQuantityChanged(Option<Uuid>, &'a str, u64),
    ItemRemoved(Option<Uuid>, &'a str),
    DiscountApplied(Option<Uuid>, &'a str, #[serde(borrow)] RuleLayout<'a>),
    DiscountRemoved(Option<Uuid>, &'a str),
    CartClosed(Option<Uuid>, Option<ReasonLayout>),
}

#[derive(Serialize, Deserialize)]
enum RuleLayout<'a> {
    PercentOff(u64, Option<&'a str>, Option<u64>),
    AmountOff(u64, Option<&'a str>, Option<u64>),
}

#[derive(Serialize, Deserialize)]
enum ReasonLayout {
    CheckedOut,
    Abandoned,
    Discarded,
}

#[derive(Serialize)]
struct RecordingLayout<'a> {
    stored: Option<&'a [u8]>,
    event_id: Uuid,
    source: Option<&'a str>,
    happened_at_ms: Option<i64>,
    recorded_at_ms: Option<i64>,
    command: Option<(Uuid, u64)>,
    correlation_id: Option<&'a str>,
    causation_id: Option<&'a str>,
    traceparent: Option<&'a str>,
    actor: Option<&'a str>,
    reducer: Option<&'a str>,
    schema_version: u32,
}

fn laid_out(event: &CartEvent) -> EventLayout<'_> {
    let named = |cart: Uuid| (cart != stream().uuid()).then_some(cart);
    match event {
        CartEvent::CartOpened(it) => EventLayout::CartOpened(
            named(it.shopping_cart_uuid),
            it.currency.as_deref(),
            it.owner_ref.as_deref(),
            it.token_hash.as_deref(),
        ),
        CartEvent::CartClaimed(it) => EventLayout::CartClaimed(named(it.shopping_cart_uuid), &it.owner_ref),
        CartEvent::ItemAdded(it) => {
            let price = it.price.map(|Price { minor, per }| (minor.get(), per.get()));
            let cart = named(it.shopping_cart_uuid);
            EventLayout::ItemAdded(cart, &it.item_name, it.sku.as_deref(), it.quantity.get(), price)
        }
        CartEvent::ItemQuantityChanged(it) => {
            EventLayout::ItemQuantityChanged(named(it.shopping_cart_uuid), &it.sku, it.quantity.get())
        }
        CartEvent::ItemRemoved(it) => EventLayout::ItemRemoved(named(it.shopping_cart_uuid), &it.sku),
        CartEvent::DiscountApplied(it) => {
            let rule = match &it.rule {
                Rule::PercentOff { basis_points, sku, min_subtotal_minor } => {
                    RuleLayout::PercentOff(*basis_points, sku.as_deref(), min_subtotal_minor.map(Minor::get))
                }
                Rule::AmountOff { minor, sku, min_subtotal_minor } => {
                    RuleLayout::AmountOff(minor.get(), sku.as_deref(), min_subtotal_minor.map(Minor::get))
                }
            };
            EventLayout::DiscountApplied(named(it.shopping_cart_uuid), &it.code, rule)
        }
        CartEvent::DiscountRemoved(it) => EventLayout::DiscountRemoved(named(it.shopping_cart_uuid), &it.code),
        CartEvent::CartClosed(it) => {
            let reason = it.reason.map(|reason| match reason {
                CloseReason::CheckedOut => ReasonLayout::CheckedOut,
                CloseReason::Abandoned => ReasonLayout::Abandoned,
                CloseReason::Discarded => ReasonLayout::Discarded,
            });
            EventLayout::CartClosed(named(it.shopping_cart_uuid), reason)
        }
    }
}

fn frame<T: Serialize>(layout: &T, bytes: &mut Vec<u8>) {
    let body = postcard::to_allocvec(layout).unwrap();
    bytes.extend(postcard::to_allocvec(&u32::try_from(body.len()).unwrap()).unwrap());
    bytes.extend(body);
}

fn packed_by_postcard(header: &Header, records: &[Record]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.push(LAYOUT_VERSION);
    frame(&HeaderLayout { stream: header.stream.uuid(), after: header.after, beside: &header.beside }, &mut bytes);
    for Record { event, stored, circumstances: noted } in records {
        let content = match event {
            Ok(event) => ContentLayout::Known(laid_out(event)),
            Err((name, data)) => ContentLayout::Unknown(name, data),
        };
        let recording = RecordingLayout {
            stored: stored.as_deref(),
            event_id: noted.event_id.uuid(),
            source: noted.source.as_deref(),
            happened_at_ms: noted.happened_at.map(Timestamp::unix_ms),
            recorded_at_ms: noted.recorded_at.map(Timestamp::unix_ms),
            command: noted.command.map(|mark| (mark.id.uuid(), mark.hash.get())),
            correlation_id: noted.correlation_id.as_deref(),
            causation_id: noted.causation_id.as_deref(),
            traceparent: noted.traceparent.as_deref(),
            actor: noted.actor.as_deref(),
            reducer: noted.reducer.as_deref(),
            schema_version: noted.schema_version,
        };
        frame(&(content, recording), &mut bytes);
    }
    bytes.push(0);
    let checksum = xxhash_rust::xxh3::xxh3_64(&bytes);
    bytes.extend(checksum.to_le_bytes());
    bytes
}

/// What both readers make of bytes: the event as it is written, and how much was left.
fn read_both(bytes: &[u8]) -> [Option<(Vec<u8>, usize)>; 2] {
    let by_postcard = postcard::take_from_bytes::<EventLayout<'_>>(bytes).ok();
    let by_postcard = by_postcard.map(|(layout, rest)| (postcard::to_allocvec(&layout).unwrap(), rest.len()));
    let mut from = Reader::new(bytes);
    let by_hand = match Cart::read(stream(), &mut from) {
        Ok(event) => {
            let mut sink = Sink::default();
            Cart::write(stream(), &Cart::own(&event), &mut sink);
            Some((sink.0, from.rest().len()))
        }
        // Postcard knows nothing of ranges.
        Err(PackedErrorKind::OutOfRange) => by_postcard.clone(),
        Err(_) => None,
    };
    [by_postcard, by_hand]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_is_written_by_hand_is_what_postcard_writes(header in header(), records in vec(record(), 0..12)) {
        prop_assert_eq!(packed(&header, &records), packed_by_postcard(&header, &records));
    }

    #[test]
    fn what_is_read_by_hand_is_what_postcard_reads(
        event in event(), changes in vec((any::<prop::sample::Index>(), any::<u8>()), 0..4), cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = postcard::to_allocvec(&laid_out(&event)).unwrap();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        let [by_postcard, by_hand] = read_both(&bytes);
        prop_assert_eq!(by_hand, by_postcard);
        let [by_postcard, by_hand] = read_both(&bytes[..cut.index(bytes.len())]);
        prop_assert_eq!(by_hand, by_postcard);
    }

    #[test]
    fn numbers_are_spelled_and_read_as_postcard_does(number in any::<u64>(), shift in 0..64_u32, bytes in vec(any::<u8>(), 0..12)) {
        let number = number >> shift;
        let mut sink = Sink::default();
        sink.number(number).signed(number.cast_signed()).signed(number.cast_signed().wrapping_neg());
        let expected = (number, number.cast_signed(), number.cast_signed().wrapping_neg());
        prop_assert_eq!(&sink.0, &postcard::to_allocvec(&expected).unwrap());
        let mut from = Reader::new(&sink.0);
        prop_assert_eq!((from.number().unwrap(), from.signed().unwrap(), from.signed().unwrap()), expected);
        // Bytes that go on and on, as spellings of one number do.
        let long: Vec<_> = bytes.iter().map(|byte| byte | (u8::from(byte % 8 > 0) << 7)).collect();
        for bytes in [bytes, long] {
            prop_assert_eq!(Reader::new(&bytes).number().ok(), postcard::from_bytes::<u64>(&bytes).ok());
            prop_assert_eq!(Reader::new(&bytes).small().ok(), postcard::from_bytes::<u32>(&bytes).ok());
            prop_assert_eq!(Reader::new(&bytes).signed().ok(), postcard::from_bytes::<i64>(&bytes).ok());
        }
    }
}
