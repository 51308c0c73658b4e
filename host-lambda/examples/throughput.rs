//! The benchmark of publish and archive alone, without the local system that the other benchmarks need.
//!
//! `cargo run --release -p tillroll-host-lambda --example throughput`, or all of them with `cargo xtask bench`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a measurement stops at the first surprise, prints, and divides numbers far below 2^53"
)]

#[path = "../../tests/src/bin/bench/measure.rs"]
#[allow(dead_code, reason = "other benchmarks use the rest")]
mod measure;
#[path = "../../tests/src/bin/bench/throughput.rs"]
mod throughput;

fn main() {
    println!("machine: {}", measure::machine());
    throughput::run();
}
