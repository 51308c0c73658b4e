//! The life of one stream, any moment of it at once.
//!
//! | module | the question it answers |
//! |---|---|
//! | [`checkpoints`] | how was it at version v? |
//! | [`value`], [`diff`] | what is different between two moments? |
//! | [`life`] | when did this one value change, and how? |
//! | [`divergence`] | where do two ways of folding the same events first disagree? |
//!
//! All of it works on events in their packed form, so the browser and the command line look at a million events with
//! the same code and without a million objects.

mod cart;
pub mod checkpoints;
pub mod diff;
pub mod divergence;
pub mod life;
mod log;
mod moment;
pub mod value;

pub use checkpoints::{Playback, Timeline};
pub use diff::{Change, diff};
pub use life::{Turn, life};
pub use moment::Moment;
pub use value::{Pointer, Value};
