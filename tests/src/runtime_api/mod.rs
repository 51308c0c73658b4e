//! Lambda's Runtime API on a loopback port, as a function's process sees it: one event at a time, an answer, a stream or
//! an error back, and what becomes of a process that ends.
//!
//! | file | what it is |
//! |---|---|
//! | `server` | [`RuntimeApi`], the API alone: events handed over, and what the other side does |
//! | `program` | [`Function`], a real program under it, with the environment that Lambda gives and nothing of this machine's |
//! | `answers` | what a function said, as values to compare |
//!
//! Event sources, retries and freezing between invocations are not here.

mod answers;
mod program;
mod server;

pub use answers::{Answer, FunctionError, Reply, StreamEnd, Streamed};
pub use program::{Function, FunctionProgram, NotReady, Stream};
pub use server::{Invocation, RuntimeApi};

/// What a function may call itself in its environment and logs.
const NAME: &str = "tillroll-under-test";
const REGION: &str = "us-east-1";
