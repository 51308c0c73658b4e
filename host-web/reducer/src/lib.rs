//! The core as a module without imports: what a page, Node, wasmtime or an archive can load years from now. Thin: bytes
//! come in, `tillroll_core::reducer` answers, bytes go out. No rule and no layout is written here.
//!
//! | module | what it does |
//! |---|---|
//! | `abi` | the exports: pointers, lengths, memory, errors as numbers. Only in the wasm, and alone unsafe |
//! | `json` | what is answered as JSON: the state, a refusal |
//!
//! docs/reducers.md has the table of calls. `cargo xtask reducer` builds it and names it by its hash.
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

#[cfg(target_arch = "wasm32")]
mod abi;
mod json;

pub use json::{refusal_json, view_json};
