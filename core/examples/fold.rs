//! How quickly this machine reads packed histories without wasm between: `fold FILE...`, pages of one cart in their order.
//! Says the best of 30 rounds in events a second, as `{"timeline":…,"fold":…}`; `web/cart/bench/wasm.mjs` asks for it.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a measurement stops at the first surprise, prints, takes the time, and divides numbers far below 2^53"
)]

use std::time::Instant;

use tillroll_core::cart::Cart;
use tillroll_core::packed::History;
use tillroll_core::timeline::{Moment, Timeline};

const ROUNDS: usize = 30;

fn best(work: impl Fn() -> u64) -> f64 {
    let seconds = (0..ROUNDS).map(|_| {
        let start = Instant::now();
        work() as f64 / start.elapsed().as_secs_f64()
    });
    seconds.fold(0.0, f64::max)
}

fn main() {
    let pages: Vec<_> = std::env::args().skip(1).map(|path| std::fs::read(path).unwrap()).collect();
    let histories: Vec<_> = pages.iter().map(|page| History::open(page).unwrap()).collect();
    let stream = histories[0].header().stream;
    let timeline = best(|| {
        let mut timeline = Timeline::<Cart>::new(stream);
        for history in &histories {
            timeline.append(history).unwrap();
        }
        timeline.newest().head.version
    });
    let fold = best(|| {
        let mut moment = Moment::<Cart>::before(stream);
        for history in &histories {
            history.fold(&mut moment).unwrap();
        }
        moment.head.version
    });
    println!("{{\"timeline\":{timeline:.0},\"fold\":{fold:.0}}}");
}
