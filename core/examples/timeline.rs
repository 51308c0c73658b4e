//! The benchmark of the timeline alone, without the SDKs that the other benchmarks need: it builds in seconds.
//!
//! `cargo run --release -p tillroll-core --example timeline`, or all of them with `cargo xtask bench`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a measurement stops at the first surprise, prints, takes the time, and divides numbers far below 2^53"
)]

#[path = "../../tests/src/bin/bench/measure.rs"]
#[allow(dead_code, reason = "other benchmarks use the rest")]
mod measure;
#[path = "../../tests/src/bin/bench/timeline.rs"]
#[allow(dead_code, reason = "other benchmarks use its long life")]
mod timeline;

fn main() {
    println!("machine: {}", measure::machine());
    timeline::run();
}
