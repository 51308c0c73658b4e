//! The functions: each takes one request, one batch or one step, calls ports, and says what came of it.

pub mod archive;
pub mod clear;
pub mod command;
pub mod import;
pub mod project;
pub mod publish;
pub mod remind;
pub mod replay;
