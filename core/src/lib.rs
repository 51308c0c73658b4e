//! The cart itself: pure, synchronous, without IO, clock, randomness or floats.
//!
//! Read in this order:
//!
//! | module | the one idea in it |
//! |---|---|
//! | [`aggregate`] | what a domain supplies (`decide`, `evolve`) and what every aggregate gets (version, changes, ids seen) |
//! | [`cart`] | the shopping cart: events, requests, commands, decisions, pricing, the view |
//! | [`judge`] | one request of several commands, judged in order against one loaded aggregate |
//! | [`recorded`] | an event with its place in history |
//! | [`packed`] | recorded events as bytes: compact, read in place, the same everywhere |
//! | [`timeline`] | any moment of a stream, what differs between two, when one value changed |
//! | [`whatif`] | one cart's history with a few edits: what it would have become
//! | [`session`] | one cart as one client has it: right at once, and right in the end
//! | [`reducer`] | all that as bytes in and bytes out, so that two versions of the rules can be compared
//! | [`gate`], [`batch`], [`sequence`], [`lane`] | the rules by which consumers of the pipeline stay correct |
//! | [`given`] | the test kit: given events, when a command, then events or a refusal |
//! | [`id`], [`time`], [`money`], [`text`], [`hash`] | small typed values |
//!
//! Hosts bring what is missing here: JSON, tables, sockets, the time of day. The core is told, it never asks.
#![no_std]
#![allow(clippy::inline_always, reason = "measured for each, and only where the feature `quick` asks for it")]

extern crate alloc;

pub mod aggregate;
pub mod batch;
pub mod cart;
pub mod gate;
pub mod given;
pub mod hash;
pub mod id;
mod index;
pub mod judge;
pub mod lane;
pub mod money;
pub mod packed;
pub mod recorded;
pub mod reducer;
pub mod sequence;
pub mod session;
pub mod text;
pub mod time;
pub mod timeline;
pub mod whatif;
