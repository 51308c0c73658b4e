//! The core for JavaScript: a session and a timeline as objects that keep their state on this side. Thin: convert in,
//! call the core, convert out. No rule of the domain is written here.
//!
//! | module | what it does |
//! |---|---|
//! | `session` | `CartSession`: one cart as one client has it |
//! | `timeline` | `CartTimeline`: any moment of a packed history |
//! | `wire` | commands, replies and events, as the API writes them |
//! | `rows` | the queue as rows of a storage |
//! | `read`, `write` | between JavaScript values and serde |
//! | `error` | what is thrown |
//!
//! What crosses: small objects (commands, refusals, snapshots) as objects whose members are named as in the API's JSON;
//! histories as bytes in the core's packed layout, never as an object for each event.
//!
//! # Errors
//!
//! What the caller got wrong, and what arrived damaged, is thrown: an `Error` with a stable `code` and `data` (see
//! `error`). What can happen to anybody (the domain says no, the queue is full, a command is gone) is a result. Nothing
//! that is passed in makes this panic. An object whose getters throw leaves a session unusable, because JavaScript's
//! exceptions pass through without tidying up; plain data has none.
//!
//! Numbers are JavaScript's: whole ones up to 2^53-1 come in; larger ones, which only a damaged history has, go out as
//! `JSON.parse` would read them.

mod error;
mod read;
mod rows;
mod session;
mod timeline;
mod wire;
mod write;

pub use error::Failure;
pub use session::CartSession;
pub use timeline::CartTimeline;
