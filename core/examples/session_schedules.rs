//! Random schedules of the optimistic session, one JSON document a line: its seed, its steps, and every call of a session
//! with what came of it, for playing the same through another build (the one in a browser, for one).
//!
//! `cargo run -p tillroll-core --example session_schedules -- FIRST_SEED COUNT`
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "a simulation stops at the first surprise, prints, and counts small numbers"
)]

#[path = "../tests/it/session/checks.rs"]
mod checks;
#[path = "../tests/it/session/play.rs"]
#[allow(dead_code, reason = "tests play without writing down")]
mod play;
#[path = "../tests/it/session/server.rs"]
mod server;
#[path = "../tests/it/session/steps.rs"]
mod steps;
#[path = "../tests/it/session/wire.rs"]
mod wire;
#[path = "../tests/it/session/world.rs"]
mod world;

/// Schedules when nobody says how many.
const SCHEDULES: u64 = 100;

fn main() {
    let mut numbers = std::env::args().skip(1).map(|number| number.parse::<u64>().unwrap());
    let first = numbers.next().unwrap_or(0);
    let count = numbers.next().unwrap_or(SCHEDULES);
    for seed in first..first.saturating_add(count) {
        println!("{}", play::traced(seed));
    }
}
