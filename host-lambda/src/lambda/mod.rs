//! The host of functions on AWS Lambda: what lies between Lambda's Runtime API and the functions over ports.
//!
//! | module | the one thing it knows |
//! |---|---|
//! | [`configuration`] | the environment: complete, or refused with everything that is missing or wrong |
//! | [`run`] | the loop |
//! | `broken` | what becomes of a function that panics |
//! | `by_hand` | what the Runtime API is told where the loop's library cannot |
//! | [`invocation`] | what a function is given, and what it answers |
//! | [`clients`] | how clients of AWS are made, and who is believed to be AWS |
//! | [`web`] | HTTP, for the two functions that have it |
//! | [`key_source`] | where the keys of tokens come from |
//! | [`logs`], [`metrics`] | what is written down of an invocation |
//! | [`batch`] | batches |
//! | [`verifications`], [`machines`] | verifications as rows, and who starts them |
//! | [`absent`] | ports that a function has not got |
//! | [`clock`] | time |
//!
//! The programs themselves are in `src/bin`: each says which adapters its function works with, and nothing else.

pub mod absent;
pub mod batch;
mod broken;
mod by_hand;
pub mod clients;
pub mod clock;
pub mod configuration;
pub mod invocation;
pub mod key_source;
pub mod logs;
pub mod machines;
pub mod metrics;
pub mod run;
pub mod verifications;
pub mod web;

pub use configuration::Configuration;
pub use run::{Function, run};

/// The version of this build; names it to projectors, so that a cart which another build had to park is tried again.
pub const BUILD: &str = env!("CARGO_PKG_VERSION");
