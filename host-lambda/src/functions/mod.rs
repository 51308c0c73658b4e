//! The functions: each takes one batch or one step, calls ports, and says what is to be delivered again.

pub mod archive;
pub mod project;
pub mod publish;
pub mod remind;
