//! The core for JavaScript: sessions and timelines that keep their state on this side. Thin: read what is said, call the
//! core, write what it gives. No rule of the domain is written here. Each of the two is a wasm module of its own:
//! `host-web/session` and `host-web/timeline` export what is written here.
//!
//! | module | what it does |
//! |---|---|
//! | `abi` | the functions that a module exports |
//! | `session`, `timeline` | what can be asked of each |
//! | `whatif` | the answer to a question about a whole history |
//! | `types` | every type that crosses |
//! | `shape` | how a type is described: macros that make its reader, its writer and its TypeScript |
//! | `wire` | values as bytes |
//! | `error` | why a call was not done |
//! | `describe` | writes the TypeScript; in tests only |
//!
//! What crosses are bytes, both ways. Their other side, `web/cart/src/wasm`, turns them from and into objects whose members
//! are named as in the API's JSON. The modules import nothing.
//!
//! # Errors
//!
//! What the caller got wrong, and what arrived damaged, is an error, which the other side throws. What can happen to
//! anybody (the domain says no, the queue is full, a command is gone) is a result. Nothing that is passed in makes this
//! panic, and objects are read before this is entered: what their getters do cannot leave a session half changed.
//!
//! Without the standard library in the wasm, so that a panic is a trap and nothing else: with it, what makes messages and
//! their texts were a ninth of what a page loads.
#![cfg_attr(target_family = "wasm", no_std)]

extern crate alloc;

pub mod abi;
#[cfg(test)]
mod describe;
mod error;
pub mod session;
mod shape;
pub mod timeline;
mod types;
mod whatif;
mod wire;
