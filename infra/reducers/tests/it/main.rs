//! Reducer modules in wasmtime: ours says what the core says, byte for byte, and no other one does harm.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test stops at the first surprise, and says its seed"
)]

mod agreement;
mod both;
mod carts;
mod hostile;
mod random;
mod vectors;
