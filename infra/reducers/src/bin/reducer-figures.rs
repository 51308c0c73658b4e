//! What a reducer module costs in wasmtime, beside the same rules without wasm: `reducer-figures MODULE`, which `cargo
//! xtask bench reducer` builds and names. No example, because those are built with all that the tests need. All ways take their turn in each round; a ratio is the median of the rounds'.
#![allow(
    unsafe_code,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "wasmtime trusts what was compiled before, which here was compiled a moment ago; and a measurement stops at \
              the first surprise, prints, and divides numbers far below 2^53"
)]

use std::hint::black_box;
use std::time::Instant;

use tillroll_core::cart::event::{CartOpened, ItemAdded, ItemQuantityChanged, ItemRemoved};
use tillroll_core::cart::{Cart, CartEvent};
use tillroll_core::id::{EventId, StreamId};
use tillroll_core::money::{Minor, Per, Pieces, Price};
use tillroll_core::packed::{Content, Header, Writer};
use tillroll_core::recorded::Circumstances;
use tillroll_core::reducer::{self, Mark};
use tillroll_reducers::{Call, Reducer, Trust};
use wasmtime::{Config, Engine, Instance, Module, Store};

const ROUNDS: usize = 31;
const EVENTS: u64 = 100_000;
/// Events of a page, as the API gives them and the runner cuts them.
const PAGE_EVENTS: u64 = 1_000;
/// Instances and loads take microseconds.
const SMALL_ROUNDS: usize = 501;

/// Folds all pages; the last state.
type Way<'a> = Box<dyn FnMut() -> Vec<u8> + 'a>;

fn main() {
    let path = std::env::args().nth(1).unwrap();
    let module = std::fs::read(path).unwrap();
    println!("{:<58} {:>9} bytes", "the module", module.len());
    for lines in [12, 100] {
        folding(&module, lines);
    }
    starting(&module);
}

/// Events a second, in pages onto a state that is taken and given as bytes each time, as every host does it.
fn folding(module: &[u8], lines: u64) {
    let pages = pages(lines);
    let mut trusted = Reducer::load(module, Trust::Trusted).unwrap();
    let mut dropped = Reducer::load(module, Trust::Dropped).unwrap();
    let mark = reducer::mark_of(&trusted.ask(Call::Fold, &[], &pages[0]).unwrap()).unwrap();
    let mut ways: [(&str, Way<'_>); 3] = [
        ("without wasm", Box::new(|| natively(mark, &pages))),
        ("in wasmtime, against the clock", Box::new(|| in_wasm(&mut trusted, &pages))),
        ("in wasmtime, with fuel", Box::new(|| in_wasm(&mut dropped, &pages))),
    ];
    let mut rounds = [const { Vec::new() }; 3];
    let mut states = [const { Vec::new() }; 3];
    for _ in 0..ROUNDS {
        for ((way, seconds), state) in ways.iter_mut().zip(&mut rounds).zip(&mut states) {
            let start = Instant::now();
            *state = (way.1)();
            seconds.push(start.elapsed().as_secs_f64());
        }
    }
    let [native, others @ ..] = &states;
    assert!(others.iter().all(|state| state == native), "the ways answer differently");
    for ((name, _), seconds) in ways.iter().zip(&rounds) {
        let best = seconds.iter().copied().fold(f64::INFINITY, f64::min);
        say(&format!("fold, {lines} lines, {name}: best round"), EVENTS as f64 / best / 1e6, "million events/s");
    }
    let [native, clock, fuel] = &rounds;
    say(&format!("fold, {lines} lines, wasmtime against native"), ratio(native, clock), "x (goal: at least 0.8)");
    say(&format!("fold, {lines} lines, time with fuel against the clock"), ratio(fuel, clock), "x");
}

fn natively(mark: Mark, pages: &[Vec<u8>]) -> Vec<u8> {
    pages.iter().fold(Vec::new(), |state, page| reducer::fold(mark, &state, page).unwrap())
}

fn in_wasm(module: &mut Reducer, pages: &[Vec<u8>]) -> Vec<u8> {
    pages.iter().fold(Vec::new(), |state, page| module.ask(Call::Fold, &state, page).unwrap())
}

/// How long until a module can be called.
fn starting(module: &[u8]) {
    let mut config = Config::new();
    config.cranelift_nan_canonicalization(true).epoch_interruption(true);
    let engine = Engine::new(&config).unwrap();
    say("compile", median(ROUNDS, || Module::new(&engine, module).unwrap()) * 1e3, "ms");
    let compiled = engine.precompile_module(module).unwrap();
    say("compiled, as bytes", compiled.len() as f64 / 1e3, "kB");
    // SAFETY: these bytes are what this very engine has compiled.
    let load = || unsafe { Module::deserialize(&engine, &compiled) }.unwrap();
    say("load what was compiled before", median(SMALL_ROUNDS, load) * 1e3, "ms");
    let loaded = load();
    let instance = || {
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &loaded, &[]).unwrap();
        (store, instance)
    };
    say("an instance", median(SMALL_ROUNDS, instance) * 1e3, "ms");
    say("checked, compiled and ready", median(ROUNDS, || Reducer::load(module, Trust::Trusted).unwrap()) * 1e3, "ms");
}

/// A cart that is opened, filled, and then changed at random: mostly quantities, some lines that go and come back.
fn pages(lines: u64) -> Vec<Vec<u8>> {
    let stream: StreamId = "00000000-0000-4000-8000-000000000001".parse().unwrap();
    let shopping_cart_uuid = stream.uuid();
    let mut seed = 42_u32;
    let mut below = |end: u64| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        u64::from(seed) % end
    };
    let mut event = |version: u64| {
        if version == 1 {
            let currency = Some("EUR".into());
            return CartEvent::CartOpened(CartOpened {
                shopping_cart_uuid,
                currency,
                owner_ref: None,
                token_hash: None,
            });
        }
        let filling = version <= lines + 1;
        let nth = if filling { version - 2 } else { below(lines) };
        let sku = format!("B00{nth:07}").into();
        let kind = if filling { 2 } else { below(20) };
        if kind == 1 {
            CartEvent::ItemRemoved(ItemRemoved { shopping_cart_uuid, sku })
        } else if kind < 10 {
            let price = Some(Price { minor: Minor::try_from(100 + nth).unwrap(), per: Per::try_from(1).unwrap() });
            let (item_name, quantity) = (format!("Item {nth}").into(), Pieces::try_from(1).unwrap());
            CartEvent::ItemAdded(ItemAdded { shopping_cart_uuid, item_name, sku: Some(sku), quantity, price })
        } else {
            let quantity = Pieces::try_from(1 + below(9)).unwrap();
            CartEvent::ItemQuantityChanged(ItemQuantityChanged { shopping_cart_uuid, sku, quantity })
        }
    };
    let page = |after: u64| {
        let mut writer = Writer::<Cart>::new(&Header { stream, after, beside: Vec::new() }).unwrap();
        for version in after + 1..=(after + PAGE_EVENTS).min(EVENTS) {
            // Nothing reads an event's id here.
            let circumstances = Circumstances::bare(EventId::new(shopping_cart_uuid));
            writer.push(&Content::Known(&event(version)), None, &circumstances).unwrap();
        }
        writer.finish()
    };
    (0..EVENTS).step_by(usize::try_from(PAGE_EVENTS).unwrap()).map(page).collect()
}

/// Seconds of the middle round. What is made is given up when the time was taken.
fn median<T>(rounds: usize, mut make: impl FnMut() -> T) -> f64 {
    let seconds = (0..rounds).map(|_| {
        let start = Instant::now();
        let ready = black_box(make());
        let seconds = start.elapsed().as_secs_f64();
        drop(ready);
        seconds
    });
    middle(seconds.collect())
}

/// How many times one takes as long as the other, round by round.
fn ratio(one: &[f64], other: &[f64]) -> f64 {
    middle(one.iter().zip(other).map(|(one, other)| one / other).collect())
}

fn middle(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn say(what: &str, value: f64, unit: &str) {
    println!("{what:<58} {value:>9.3} {unit}");
}
