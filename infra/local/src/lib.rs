//! The whole of Tillroll in one process on one machine: adapters over SQLite and a folder, local event source mappings
//! with AWS's rules, and the functions that Lambda runs.

pub mod archive;
pub mod bus;
pub mod checkpoints;
pub mod clock;
pub mod import;
pub mod pipeline_db;
pub mod queue;
pub mod runs;
pub mod sqlite;
pub mod tamper;
