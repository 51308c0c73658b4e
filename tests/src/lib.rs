//! What tests share: contract suites for the ports, the emulators that tests start, the program as a process,
//! its API as a caller uses it, and the real baskets.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test stops at the first surprise")]
#![allow(clippy::missing_panics_doc, reason = "everything here panics when the sentence it tests does not hold")]

pub mod account;
pub mod api;
pub mod canned;
pub mod cloud;
pub mod contracts;
pub mod dynoxide;
pub mod faulty_wire;
pub mod invoked;
pub mod ministack;
pub mod program;
pub mod real_data;
pub mod recorded;
pub mod runtime_api;
pub mod terraform;
pub mod wall_clock;
