//! Folding packed histories, and seeking in long ones. Nothing but the core: `core/examples/timeline.rs` runs the same.
//!
//! The carts have 20 lines with names and skus as the sample data has them. *Journeys* are what that data holds: opened,
//! every line added once, a discount, closed. *Edits* are what shoppers do to a cart that lives: quantities changed and
//! raised, lines taken out and put back, a code now and then.

use std::hint::black_box;
use std::time::Instant;

use tillroll_core::cart::event::{
    CartClosed, CartOpened, CloseReason, DiscountApplied, DiscountRemoved, ItemAdded, ItemQuantityChanged, ItemRemoved,
};
use tillroll_core::cart::{Cart, CartEvent, Rule};
use tillroll_core::hash::Fingerprint;
use tillroll_core::id::{CommandId, EventId, StreamId};
use tillroll_core::money::{Minor, Per, Pieces, Price};
use tillroll_core::packed::{Content, Header, History, Writer};
use tillroll_core::recorded::{Circumstances, CommandMark};
use tillroll_core::text::SmolStr;
use tillroll_core::time::Timestamp;
use tillroll_core::timeline::{Moment, Timeline};
use uuid::Uuid;

use crate::measure::{median, memory_mb, percentile, thread_cpu};

const LINES: u64 = 20;
const CARTS: u64 = 5_000;
const ROUNDS: usize = 25;
const SEEKS: usize = 20_000;

pub(crate) fn run() {
    // First, while the allocator holds nothing yet, so that what the process grows by is what the timeline takes.
    for events in [100_000, 1_000_000] {
        seek(events);
    }
    println!(
        "fold from packed bytes, {CARTS} carts of {LINES} lines, every event as recorded by the API, CPU time, {ROUNDS} rounds"
    );
    let journeys = |cart| whole(cart, opening(cart).chain(lines(cart)).collect(), true);
    let mixed = |cart| whole(cart, opening(cart).chain(lines(cart)).chain(edits(cart, 40)).collect(), true);
    fold("journeys", &histories(journeys));
    fold(
        "edits",
        &histories(|cart| whole(cart, opening(cart).chain(lines(cart)).chain(edits(cart, 1_000)).collect(), false)),
    );
    fold("both", &histories(mixed));
}

fn histories(events: impl Fn(u64) -> Vec<CartEvent>) -> Vec<Vec<u8>> {
    let mut carts = Vec::new();
    let mut events_left = 2_000_000_u64;
    for cart in 0..CARTS {
        let events = events(cart);
        events_left = events_left.saturating_sub(events.len() as u64);
        carts.push(pack(stream(cart), &events));
        if events_left == 0 {
            break;
        }
    }
    carts
}

fn fold(name: &str, histories: &[Vec<u8>]) {
    let mut rates = Vec::new();
    let mut events = 0;
    for _ in 0..ROUNDS {
        events = 0;
        let begun = thread_cpu();
        for bytes in histories {
            let history = History::open(bytes).expect("a history");
            let mut moment = Moment::<Cart>::before(history.header().stream);
            history.fold(&mut moment).expect("a whole history");
            events += moment.head.version;
            black_box(&moment);
        }
        rates.push(events as f64 / thread_cpu().saturating_sub(begun).as_secs_f64() / 1e6);
    }
    let bytes: usize = histories.iter().map(Vec::len).sum();
    let best = rates.iter().copied().fold(0.0, f64::max);
    let (rate, each) = (median(rates), bytes as f64 / events as f64);
    println!(
        "  {name:<9} {events:>9} events of {each:>4.0} bytes: {rate:>5.1} M events/s ({:.0} ns an event), best round {best:.1}",
        1e3 / rate,
    );
}

/// A packed life of so many events.
pub(crate) fn long_life(events: u64) -> Vec<u8> {
    let all = opening(0).chain(lines(0)).chain(edits(0, events));
    pack(stream(0), &all.take(usize::try_from(events).expect("a count")).collect::<Vec<_>>())
}

fn seek(events: u64) {
    let before_mb = memory_mb(std::process::id(), "VmRSS");
    let begun = Instant::now();
    let mut timeline = Timeline::<Cart>::new(stream(0));
    for event in opening(0).chain(lines(0)).chain(edits(0, events)).take(usize::try_from(events).expect("a count")) {
        timeline.push(&Content::Known(&event)).expect("an event");
    }
    let built = begun.elapsed();
    let memory = memory_mb(std::process::id(), "VmRSS") - before_mb;
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut seeks = Vec::new();
    let mut views = Vec::new();
    for _ in 0..SEEKS {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let version = (random >> 11) % (events + 1);
        let begun = Instant::now();
        let moment = black_box(timeline.at(version).expect("a version"));
        seeks.push(begun.elapsed().as_secs_f64() * 1e6);
        black_box(moment.view());
        views.push(begun.elapsed().as_secs_f64() * 1e6);
    }
    seeks.sort_by(f64::total_cmp);
    views.sort_by(f64::total_cmp);
    println!(
        "seek in {events} events: p50 {:.1} µs, p99 {:.1} µs; with the view of it p50 {:.1}, p99 {:.1}; {memory:.0} MB; built in {:.2} s",
        percentile(&seeks, 50),
        percentile(&seeks, 99),
        percentile(&views, 50),
        percentile(&views, 99),
        built.as_secs_f64(),
    );
}

fn stream(cart: u64) -> StreamId {
    StreamId::new(Uuid::from_u64_pair(0x6ba7_b811_9dad_41d1, cart))
}

fn pack(stream: StreamId, events: &[CartEvent]) -> Vec<u8> {
    let mut writer = Writer::<Cart>::new(&Header { stream, after: 0, beside: Vec::new() }).expect("a header");
    for (version, event) in (1..).zip(events) {
        writer.push(&Content::Known(event), None, &circumstances(stream, version)).expect("an event");
    }
    writer.finish()
}

/// As the API records a shopper's click.
fn circumstances(stream: StreamId, version: u32) -> Circumstances {
    let command = CommandId::new(Uuid::from_u64_pair(u64::from(version), 0x1234_5678_9abc_def0));
    let at = Timestamp::from_unix_ms(1_700_000_000_000 + i64::from(version) * 1_500);
    Circumstances {
        event_id: EventId::of(stream, command, 0),
        source: Some("tillroll:api".to_owned()),
        happened_at: Some(at),
        recorded_at: Some(at),
        command: Some(CommandMark::new(command, Fingerprint::of_bytes(&version.to_le_bytes()))),
        correlation_id: None,
        causation_id: None,
        traceparent: None,
        actor: None,
        reducer: Some("0123456789abcdef".to_owned()),
        schema_version: 1,
    }
}

fn opening(cart: u64) -> impl Iterator<Item = CartEvent> {
    let opened = CartOpened {
        shopping_cart_uuid: stream(cart).uuid(),
        currency: Some("USD".into()),
        owner_ref: None,
        token_hash: None,
    };
    std::iter::once(CartEvent::CartOpened(opened))
}

fn sku(line: u64) -> SmolStr {
    format!("{}", 1_029_743 + line * 7_919).into()
}

fn added(cart: u64, line: u64, quantity: u64) -> CartEvent {
    let price = Price { minor: Minor::try_from(99 + line * 13).expect("an amount"), per: Per::ONE };
    CartEvent::ItemAdded(ItemAdded {
        shopping_cart_uuid: stream(cart).uuid(),
        item_name: format!("FLUID MILK WHITE ONLY {line}").into(),
        sku: Some(sku(line)),
        quantity: Pieces::try_from(quantity).expect("a quantity"),
        price: Some(price),
    })
}

fn lines(cart: u64) -> impl Iterator<Item = CartEvent> {
    (0..LINES).map(move |line| added(cart, line, 1 + line % 3))
}

/// Of a hundred: 50 quantities changed, 34 raised by adding again, 7 lines out and in again, 1 code in and out again.
fn edits(cart: u64, count: u64) -> impl Iterator<Item = CartEvent> {
    let shopping_cart_uuid = stream(cart).uuid();
    (0..count).map(move |step| {
        let line = (step * 11 + step / 14) % LINES;
        match step % 100 {
            40 => CartEvent::DiscountApplied(DiscountApplied {
                shopping_cart_uuid,
                code: "SAVE10".into(),
                rule: Rule::PercentOff { basis_points: 1_000, sku: None, min_subtotal_minor: None },
            }),
            90 => CartEvent::DiscountRemoved(DiscountRemoved { shopping_cart_uuid, code: "SAVE10".into() }),
            at if at % 14 == 12 => {
                CartEvent::ItemRemoved(ItemRemoved { shopping_cart_uuid, sku: sku((step / 14) % LINES) })
            }
            at if at % 14 == 13 => added(cart, (step / 14) % LINES, 1),
            at if at % 5 < 3 => CartEvent::ItemQuantityChanged(ItemQuantityChanged {
                shopping_cart_uuid,
                sku: sku(line),
                quantity: Pieces::try_from(1 + step % 9).expect("a quantity"),
            }),
            _ => added(cart, line, 1),
        }
    })
}

fn whole(cart: u64, mut events: Vec<CartEvent>, closes: bool) -> Vec<CartEvent> {
    if closes {
        let shopping_cart_uuid = stream(cart).uuid();
        let rule =
            Rule::AmountOff { minor: Minor::try_from(50).expect("an amount"), sku: None, min_subtotal_minor: None };
        events.push(CartEvent::DiscountApplied(DiscountApplied {
            shopping_cart_uuid,
            code: "retail_disc".into(),
            rule,
        }));
        events.push(CartEvent::CartClosed(CartClosed { shopping_cart_uuid, reason: Some(CloseReason::CheckedOut) }));
    }
    events
}
