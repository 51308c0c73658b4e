//! Core's tests: the shared vectors, the laws, and a second aggregate to prove that the first is not special.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test stops at the first surprise")]

mod judging;
mod laws;
mod packed;
mod packed_postcard;
mod packed_vectors;
mod reducer;
mod second_aggregate;
mod session;
mod timeline;
mod timeline_vectors;
mod vectors;
mod whatif;
