//! Packed histories: what goes in comes out, however it is cut into pieces, and nothing else passes for one.

use proptest::collection::vec;
use proptest::prelude::*;
use tillroll_core::aggregate::Aggregate as _;
use tillroll_core::cart::event::{
    CartClaimed, CartClosed, CartOpened, CloseReason, DiscountApplied, DiscountRemoved, ItemAdded, ItemQuantityChanged,
    ItemRemoved,
};
use tillroll_core::cart::{Cart, CartEvent, Rule};
use tillroll_core::hash::Fingerprint;
use tillroll_core::id::{CommandId, EventId, StreamId};
use tillroll_core::money::{Minor, Per, Pieces, Price, SAFE_MAX};
use tillroll_core::packed::{
    Content, FRAME_BYTES_MAX, Frame, Header, History, Incoming, MAGIC, Packed as _, PackedError, PackedErrorKind,
    Unpackable, Writer,
};
use tillroll_core::recorded::{Circumstances, CommandMark};
use tillroll_core::text::SmolStr;
use tillroll_core::time::Timestamp;
use tillroll_core::timeline::Moment;
use uuid::Uuid;

/// An event with all that is recorded, owned.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Record {
    pub(crate) event: Result<CartEvent, (String, Vec<u8>)>,
    pub(crate) stored: Option<Vec<u8>>,
    pub(crate) circumstances: Circumstances,
}

pub(crate) fn bare(version: u128) -> Circumstances {
    Circumstances::bare(EventId::new(Uuid::from_u128(version)))
}

pub(crate) fn stream() -> StreamId {
    StreamId::new(Uuid::from_u128(7))
}

/// The bytes of a whole history of known events.
pub(crate) fn packed_events(stream: StreamId, events: &[CartEvent]) -> Vec<u8> {
    let mut writer = Writer::<Cart>::new(&Header { stream, after: 0, beside: Vec::new() }).unwrap();
    for (version, event) in (1..).zip(events) {
        writer.push(&Content::Known(event), None, &bare(version)).unwrap();
    }
    writer.finish()
}

pub(crate) fn packed(header: &Header, records: &[Record]) -> Vec<u8> {
    let mut writer = Writer::<Cart>::new(header).unwrap();
    let mut bytes = Vec::new();
    for record in records {
        let content = match &record.event {
            Ok(event) => Content::Known(event),
            Err((name, data)) => Content::Unknown { name, data },
        };
        writer.push(&content, record.stored.as_deref(), &record.circumstances).unwrap();
        bytes.extend(writer.take());
    }
    bytes.extend(writer.finish());
    bytes
}

fn owned(entry: &tillroll_core::packed::Entry<'_, CartEvent<&str>>) -> Record {
    let event = match &entry.content {
        Content::Known(event) => Ok(Cart::own(event)),
        Content::Unknown { name, data } => Err(((*name).to_owned(), data.to_vec())),
    };
    Record { event, stored: entry.stored.map(Into::into), circumstances: entry.circumstances.clone() }
}

/// Short enough to lie in an event itself, or longer.
fn text() -> BoxedStrategy<SmolStr> {
    prop_oneof![".{0,12}", ".{20,40}", Just(String::new()), Just("\u{202e}🥛\u{0}".to_owned())].prop_map_into().boxed()
}

fn maybe_text() -> impl Strategy<Value = Option<SmolStr>> {
    prop::option::of(text())
}

fn safe() -> impl Strategy<Value = u64> {
    prop_oneof![0..1_000_u64, 0..=SAFE_MAX, Just(SAFE_MAX)]
}

fn minor() -> impl Strategy<Value = Minor> {
    safe().prop_map(|number| Minor::try_from(number).unwrap())
}

fn pieces() -> impl Strategy<Value = Pieces> {
    safe().prop_map(|number| Pieces::try_from(number).unwrap())
}

fn price() -> impl Strategy<Value = Price> {
    (minor(), 1..=SAFE_MAX).prop_map(|(minor, per)| Price { minor, per: Per::try_from(per).unwrap() })
}

fn rule() -> impl Strategy<Value = Rule> {
    let least = || prop::option::of(minor());
    prop_oneof![
        (any::<u64>(), maybe_text(), least()).prop_map(|(basis_points, sku, min_subtotal_minor)| Rule::PercentOff {
            basis_points,
            sku,
            min_subtotal_minor
        }),
        (minor(), maybe_text(), least()).prop_map(|(minor, sku, min_subtotal_minor)| Rule::AmountOff {
            minor,
            sku,
            min_subtotal_minor
        }),
    ]
}

pub(crate) fn event() -> impl Strategy<Value = CartEvent> {
    let cart = || prop_oneof![Just(stream().uuid()), any::<u128>().prop_map(Uuid::from_u128)];
    let reason = prop::sample::select(vec![CloseReason::CheckedOut, CloseReason::Abandoned, CloseReason::Discarded]);
    prop_oneof![
        (cart(), maybe_text(), maybe_text(), maybe_text()).prop_map(
            |(shopping_cart_uuid, currency, owner_ref, token_hash)| {
                CartEvent::CartOpened(CartOpened { shopping_cart_uuid, currency, owner_ref, token_hash })
            }
        ),
        (cart(), text()).prop_map(|(shopping_cart_uuid, owner_ref)| {
            CartEvent::CartClaimed(CartClaimed { shopping_cart_uuid, owner_ref })
        }),
        (cart(), text(), maybe_text(), pieces(), prop::option::of(price())).prop_map(
            |(shopping_cart_uuid, item_name, sku, quantity, price)| {
                CartEvent::ItemAdded(ItemAdded { shopping_cart_uuid, item_name, sku, quantity, price })
            }
        ),
        (cart(), text(), pieces()).prop_map(|(shopping_cart_uuid, sku, quantity)| {
            CartEvent::ItemQuantityChanged(ItemQuantityChanged { shopping_cart_uuid, sku, quantity })
        }),
        (cart(), text())
            .prop_map(|(shopping_cart_uuid, sku)| CartEvent::ItemRemoved(ItemRemoved { shopping_cart_uuid, sku })),
        (cart(), text(), rule()).prop_map(|(shopping_cart_uuid, code, rule)| {
            CartEvent::DiscountApplied(DiscountApplied { shopping_cart_uuid, code, rule })
        }),
        (cart(), text()).prop_map(|(shopping_cart_uuid, code)| {
            CartEvent::DiscountRemoved(DiscountRemoved { shopping_cart_uuid, code })
        }),
        (cart(), prop::option::of(reason))
            .prop_map(|(shopping_cart_uuid, reason)| CartEvent::CartClosed(CartClosed { shopping_cart_uuid, reason })),
    ]
}

fn circumstances() -> impl Strategy<Value = Circumstances> {
    let time = || prop::option::of(any::<i64>().prop_map(Timestamp::from_unix_ms));
    let command = prop::option::of((any::<u128>(), any::<u64>()));
    let said = || maybe_text().prop_map(|text| text.map(String::from));
    let texts = (said(), said(), said(), said(), said(), said());
    (any::<u128>(), time(), time(), command, texts, any::<u32>()).prop_map(
        |(
            id,
            happened_at,
            recorded_at,
            command,
            (source, correlation_id, causation_id, traceparent, actor, reducer),
            version,
        )| {
            let mark = |(id, hash)| CommandMark::new(CommandId::new(Uuid::from_u128(id)), Fingerprint::new(hash));
            Circumstances {
                event_id: EventId::new(Uuid::from_u128(id)),
                source,
                happened_at,
                recorded_at,
                command: command.map(mark),
                correlation_id,
                causation_id,
                traceparent,
                actor,
                reducer,
                schema_version: version,
            }
        },
    )
}

pub(crate) fn record() -> impl Strategy<Value = Record> {
    let event =
        prop_oneof![6 => event().prop_map(Ok), 1 => (text().prop_map_into(), vec(any::<u8>(), 0..20)).prop_map(Err)];
    let stored = prop::option::of(vec(any::<u8>(), 0..20));
    (event, stored, circumstances()).prop_map(|(event, stored, circumstances)| Record { event, stored, circumstances })
}

pub(crate) fn header() -> impl Strategy<Value = Header> {
    let after = prop_oneof![Just(0), 0..=SAFE_MAX];
    (after, vec(any::<u8>(), 0..20)).prop_map(|(after, beside)| Header { stream: stream(), after, beside })
}

/// Everything that reads, over bytes that may be anything. Gives the records if they were a whole history.
fn read_all(bytes: &[u8]) -> Option<Vec<Record>> {
    let history = History::open(bytes);
    let whole = history.as_ref().ok().and_then(|history| {
        let _ = history.fold(&mut Moment::<Cart>::before(stream()));
        history.entries::<Cart>().map(|entry| entry.map(|entry| owned(&entry))).collect::<Result<_, _>>().ok()
    });
    let pieces: Vec<_> = bytes.chunks(3).collect();
    assert_eq!(read_in_pieces(&pieces), whole, "both readers judge alike");
    whole
}

fn read_in_pieces(pieces: &[&[u8]]) -> Option<Vec<Record>> {
    let mut incoming = Incoming::default();
    let mut records = Vec::new();
    for piece in pieces {
        incoming.push(piece);
        while let Some(entry) = incoming.entry::<Cart>().ok()? {
            records.push(owned(&entry));
        }
    }
    incoming.finish().ok()?;
    Some(records)
}

/// Each event's version, place and content, and the error behind them: asked for one by one, or all that is there.
fn taken(pieces: &[&[u8]], one_by_one: bool) -> (Vec<String>, Option<PackedError>) {
    let mut incoming = Incoming::default();
    let mut taken = Vec::new();
    let mut take = |frame: &Frame<'_>| {
        taken.push(format!("{} {} {:?}", frame.version, frame.at(), frame.content::<Cart>()?));
        Ok(())
    };
    let mut all = |incoming: &mut Incoming| {
        while one_by_one && let Some(frame) = incoming.frame()? {
            take(&frame)?;
        }
        if one_by_one { Ok(()) } else { incoming.each(&mut take) }
    };
    let mut pieces = pieces.iter();
    let failed = pieces.find_map(|piece| {
        incoming.push(piece);
        all(&mut incoming).err()
    });
    (taken, failed.or_else(|| incoming.finish().err()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_was_packed_comes_out(header in header(), records in vec(record(), 0..12)) {
        let bytes = packed(&header, &records);
        let history = History::open(&bytes).unwrap();
        prop_assert_eq!(history.header(), &header);
        let versions: Vec<_> = history.entries::<Cart>().map(|entry| entry.unwrap().version).collect();
        let expected: Vec<_> = (header.after + 1..).take(records.len()).collect();
        prop_assert_eq!(versions, expected);
        prop_assert_eq!(read_all(&bytes), Some(records));
    }

    #[test]
    fn pieces_of_any_size_are_one_history(records in vec(record(), 0..6), cuts in vec(any::<prop::sample::Index>(), 0..9)) {
        let bytes = packed(&Header { stream: stream(), after: 0, beside: Vec::new() }, &records);
        let mut places: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len())).chain([0, bytes.len()]).collect();
        places.sort_unstable();
        let pieces: Vec<_> = places.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
        prop_assert_eq!(read_in_pieces(&pieces), Some(records));
    }

    #[test]
    fn all_that_is_there_is_what_comes_one_by_one_up_to_the_same_error(
        records in vec(record(), 0..6), cuts in vec(any::<prop::sample::Index>(), 0..4),
        damage in prop::option::of((any::<prop::sample::Index>(), 1..=255_u8)), surplus in 0..3_usize,
    ) {
        let mut bytes = packed(&Header { stream: stream(), after: 0, beside: Vec::new() }, &records);
        bytes.extend([0].repeat(surplus));
        if let Some((place, flip)) = damage {
            let place = place.index(bytes.len());
            bytes[place] ^= flip;
        }
        let mut places: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len())).chain([0, bytes.len()]).collect();
        places.sort_unstable();
        let pieces: Vec<_> = places.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
        prop_assert_eq!(taken(&pieces, false), taken(&pieces, true));
    }

    #[test]
    fn folding_what_is_borrowed_is_folding_what_is_owned(events in vec(event(), 0..40)) {
        let mut cart = Cart::default();
        cart.evolve(&CartEvent::CartOpened(CartOpened {
            shopping_cart_uuid: stream().uuid(), currency: None, owner_ref: None, token_hash: None,
        }));
        let mut moment = Moment { state: cart.clone(), ..Moment::before(stream()) };
        for event in &events {
            cart.evolve(event);
        }
        History::open(&packed_events(stream(), &events)).unwrap().fold(&mut moment).unwrap();
        prop_assert_eq!(moment.state, cart);
    }

    #[test]
    fn no_bytes_panic(bytes in vec(any::<u8>(), 0..200)) {
        read_all(&bytes);
        let with_a_head: Vec<_> = MAGIC.iter().copied().chain([1]).chain(bytes).collect();
        read_all(&with_a_head);
    }

    #[test]
    fn a_history_that_was_cut_or_changed_is_never_read_as_a_whole_one(
        records in vec(record(), 1..6), place in any::<prop::sample::Index>(), flip in 1..=255_u8,
    ) {
        let bytes = packed(&Header { stream: stream(), after: 0, beside: Vec::new() }, &records);
        let place = place.index(bytes.len());
        prop_assert_eq!(read_all(&bytes[..place]), None);
        let mut flipped = bytes.clone();
        flipped[place] ^= flip;
        prop_assert_eq!(read_all(&flipped), None);
        let followed: Vec<_> = bytes.iter().copied().chain([flip]).collect();
        prop_assert_eq!(read_all(&followed), None);
    }
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let whole = packed_events(stream(), &[]);
    let last = whole.len() - 1;
    let with = |place: usize, byte: u8| {
        let mut bytes = whole.clone();
        bytes[place] = byte;
        bytes
    };
    let frame_of = |length: &[u8]| [&whole[..last - 8], length].concat();
    for (bytes, at, kind) in [
        (b"{\"header\":{}}".to_vec(), 0, PackedErrorKind::NotPacked),
        (with(8, 2), 0, PackedErrorKind::UnknownLayout(2)),
        (Vec::new(), 0, PackedErrorKind::Cut),
        (whole[..4].to_vec(), 4, PackedErrorKind::Cut),
        (whole[..last].to_vec(), last as u64 - 8, PackedErrorKind::Cut),
        (with(last, whole[last] ^ 1), last as u64 - 8, PackedErrorKind::WrongChecksum),
        ([&whole[..], b"x"].concat(), last as u64 + 1, PackedErrorKind::Surplus),
        (frame_of(&[0x81, 0x80, 0x40]), last as u64 - 8, PackedErrorKind::TooLarge),
        (frame_of(&[0xff; 9]), last as u64 - 8, PackedErrorKind::TooLarge),
        (frame_of(&[0x81, 0x00]), last as u64 - 8, PackedErrorKind::Malformed),
        (frame_of(&[0x80, 0x80, 0x40]), last as u64 - 8, PackedErrorKind::Cut),
        (frame_of(&[3, 9, 9, 9]), last as u64 - 8, PackedErrorKind::Malformed),
    ] {
        let error = History::open(&bytes).and_then(|history| history.entries::<Cart>().collect::<Result<Vec<_>, _>>());
        let error = error.unwrap_err();
        assert_eq!((error.at, error.kind), (at, kind), "{bytes:?}");
        assert!(error.to_string().starts_with(&format!("packed history, byte {at}: ")), "{error}");
    }
}

#[test]
fn a_history_is_only_folded_where_it_follows() {
    let header = Header { stream: stream(), after: 5, beside: Vec::new() };
    let bytes = packed(&header, &[]);
    let error = History::open(&bytes).unwrap().fold(&mut Moment::<Cart>::before(stream())).unwrap_err();
    assert_eq!(error.kind, PackedErrorKind::DoesNotFollow);
}

#[test]
fn what_no_reader_would_take_is_not_written() {
    let mut writer = Writer::<Cart>::new(&Header { stream: stream(), after: 0, beside: Vec::new() }).unwrap();
    let data = vec![b' '; FRAME_BYTES_MAX];
    let content = Content::Unknown { name: "Huge", data: &data };
    assert_eq!(writer.push(&content, None, &bare(1)), Err(Unpackable { version: 1 }));
    let small = Content::Unknown { name: "Small", data: b"{}" };
    writer.push(&small, None, &bare(1)).unwrap();
    assert_eq!(read_all(&writer.finish()).unwrap().len(), 1);
}
