//! From the bytes of query answers to a cart: CPU per event, ours beside the bare SDK and others, without a network.

use std::hint::black_box;
use std::time::Duration;

use tillroll_core::aggregate::Versioned;
use tillroll_core::cart::{Cart, CartEvent};
use tillroll_core::id::StreamId;
use tillroll_host_lambda::dynamodb::{Events, Reader, Tokens, events_of_answer};
use tillroll_host_lambda::repository::Repository;
use tillroll_local::clock::LocalClock;
use tillroll_tests::canned::{Answer, Canned};
use tokio::runtime::Runtime;

use crate::bare;
use crate::measure::{median, thread_cpu};
use crate::pages::{self, CART, Layout};
#[cfg(feature = "peers")]
use crate::peers;
use crate::typed;

const ROUNDS: usize = 5;
const EVENTS: [usize; 3] = [10, 1_000, 10_000];
/// CPU time of one cell in one round.
const CELL: Duration = Duration::from_millis(400);

/// A way to the cart; answers its version.
struct Way<'a> {
    name: &'static str,
    load: Box<dyn FnMut() -> u64 + 'a>,
}

pub(crate) fn run() {
    println!(
        "\nrehydrate: from the bytes of query answers to a cart of 20 lines; no network: a transport with prepared"
    );
    println!(
        "answers, in pages of 1 MB of items. CPU ns an event, medians of {ROUNDS} rounds, the ways in turn in each."
    );
    for layout in [Layout::Ruby, Layout::Ours] {
        println!("  {}", layout.description());
        let cells: Vec<_> = EVENTS.iter().map(|events| (*events, measure(layout, *events))).collect();
        for way in 0..cells[0].1.len() {
            let (name, _) = &cells[0].1[way];
            let figures = cells.iter().map(|(events, ways)| format!("{events}: {:6.0}", median(ways[way].1.clone())));
            println!("    {name:<52} {}", figures.collect::<Vec<_>>().join("   "));
        }
        for (events, ways) in &cells {
            for (peer, figures) in ways.iter().filter(|(name, _)| name == BARE || name.starts_with("dynamo-es")) {
                let ratios = ways[OURS].1.iter().zip(figures).map(|(ours, peers)| ours / peers).collect();
                println!(
                    "    {events} events, tillroll / {peer}: {:.3} (median of the rounds' ratios)",
                    median(ratios)
                );
            }
        }
        let linear = cells[2].1[OURS].1.iter().zip(&cells[1].1[OURS].1).map(|(ten, one)| ten / one).collect();
        println!("    tillroll, 10,000 / 1,000 events: {:.2}", median(linear));
    }
}

const BARE: &str = "bare SDK, then fold";
/// Where ours stands among the ways.
const OURS: usize = 1;

/// CPU nanoseconds an event, by way and round.
fn measure(layout: Layout, events: usize) -> Vec<(String, Vec<f64>)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let answers = pages::answers(layout, events);
    let mut ways = ways(&runtime, layout, events, &answers);
    let mut taken: Vec<(String, Vec<f64>)> = ways.iter().map(|way| (way.name.to_owned(), Vec::new())).collect();
    for round in 0..=ROUNDS {
        let count = ways.len();
        for turn in 0..count {
            let way = (round + turn) % count;
            let nanos = cell(&mut ways[way], events);
            // The first round warms up.
            if round > 0 {
                taken[way].1.push(nanos);
            }
        }
    }
    taken
}

fn cell(way: &mut Way<'_>, events: usize) -> f64 {
    let (start, mut loads) = (thread_cpu(), 0_u32);
    loop {
        for _ in 0..(10_000 / events).max(1) {
            assert_eq!(black_box((way.load)()), events as u64, "{}", way.name);
            loads += 1;
        }
        let taken = thread_cpu().saturating_sub(start);
        if taken >= CELL {
            return taken.as_nanos() as f64 / f64::from(loads) / events as f64;
        }
    }
}

fn ways<'a>(runtime: &'a Runtime, layout: Layout, events: usize, answers: &'a [Answer]) -> Vec<Way<'a>> {
    let sdk = Canned::new(answers.to_vec());
    let client = sdk.client();
    let bare = move || {
        sdk.rewind();
        runtime.block_on(bare::fetch(&client, "events", CART))
    };
    let ours = vec![
        Way { name: BARE, load: Box::new(bare) },
        Way { name: "tillroll", load: tillroll(runtime, answers, Reader::Bytes) },
        Way { name: "tillroll, items read by the SDK", load: tillroll(runtime, answers, Reader::Sdk) },
        Way { name: "tillroll's reader and fold alone, no SDK call", load: Box::new(|| alone(answers)) },
        Way { name: "serde_json, typed and borrowed, no SDK call", load: Box::new(|| typed::fold(answers)) },
    ];
    ours.into_iter().chain(peer_ways(runtime, layout, events)).collect()
}

/// A peer has a layout of its own: it is measured once, beside the five attributes whose content it has.
#[cfg(feature = "peers")]
fn peer_ways(runtime: &Runtime, layout: Layout, events: usize) -> Option<Way<'_>> {
    (layout == Layout::Ruby).then(|| Way { name: peers::NAME, load: peers::rehydration(runtime, events) })
}

#[cfg(not(feature = "peers"))]
fn peer_ways(_: &Runtime, _: Layout, _: usize) -> Option<Way<'_>> {
    None
}

fn tillroll<'a>(runtime: &'a Runtime, answers: &[Answer], reader: Reader) -> Box<dyn FnMut() -> u64 + 'a> {
    let canned = Canned::new(answers.to_vec());
    let events = Events::new(canned.client(), "events", Tokens::Omit, LocalClock::system()).with_reader(reader);
    let repository = Repository::<Cart, _>::new(events);
    Box::new(move || {
        canned.rewind();
        runtime.block_on(repository.load(StreamId::new(CART))).expect("a cart").head().version
    })
}

/// What is left of ours without the SDK around it.
fn alone(answers: &[Answer]) -> u64 {
    let stream = StreamId::new(CART);
    let mut cart = Versioned::<Cart>::new(stream);
    for answer in answers {
        for event in events_of_answer::<CartEvent>(&answer.body, stream).expect("plain pages") {
            cart.replay(&event).expect("in order");
        }
    }
    cart.head().version
}
