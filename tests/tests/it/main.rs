//! One binary for all integration tests: one link, one process, one `mod` per area.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test stops at the first surprise")]

mod cli;
mod contracts;
mod contracts_aws;
mod contracts_local;
mod functions;
mod house;
mod http;
mod items;
mod kill;
mod lost_answers;
mod mappings;
mod openapi;
mod packed_bounds;
mod panics;
mod reader;
mod recorded_errors;
mod replay_machine;
mod repository;
mod runtime_api;
mod schemathesis;
mod slice;
mod terraform;
