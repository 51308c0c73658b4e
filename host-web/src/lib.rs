//! The core for the browser. Bare so far: it only proves that the core compiles for this host.
//!
//! What comes here is thin: convert in, call the core, convert out. No rule of the domain is written here.

pub use tillroll_core as core;
