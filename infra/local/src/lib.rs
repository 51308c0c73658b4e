//! The whole of Tillroll in one process on one machine: adapters over SQLite and a folder, local event source mappings
//! with AWS's rules, and the functions that Lambda runs.
//!
//! | module | what it is |
//! |---|---|
//! | [`system`] | the assembly: start, drain, shut down; the ports for a front |
//! | [`folder`] | the data folder and its lock |
//! | [`dynamo`], [`table`] | DynamoDB (dynoxide) in this process, its table stream, the event table over it |
//! | [`bus`], [`queue`], [`archive`], [`runs`], [`tamper`], [`notices`], [`clock`] | one adapter a port |
//! | [`pipeline_db`], [`sqlite`], [`checkpoints`] | what these store their things in |
//! | [`mappings`], `functions` | batches, retries and checkpoints as on Lambda; the functions they call |
//! | `feed`, `recent` | the bus for onlookers, and its newest records in memory |
//! | [`progress`], `rates`, `lags` | where every stage stands, how fast it moves, and how far it was behind |
//! | [`http`], [`front`], [`host_check`], [`callers`] | bytes of a socket to and from requests; the API over this system; whom it answers |
//! | [`pages`] | what `web/` was built into, beside the API |
//! | [`import`] | files of rows into carts of commands |
//! | [`migrate`] | tables and archives of the original Ruby system |
//! | [`aws`] | the same system on AWS, for the command line |
//! | [`replays`], [`verifications`] | work on replay runs and verifications to their end |
//! | [`doctor`], [`logs`] | what is wrong with a data folder; what the program logs |
//! | `chores` | what happens from time to time |

pub mod archive;
pub mod aws;
pub mod bus;
pub mod callers;
pub mod checkpoints;
mod chores;
pub mod clock;
pub mod doctor;
pub mod dynamo;
mod feed;
pub mod folder;
pub mod front;
pub mod functions;
pub mod host_check;
pub mod http;
pub mod import;
mod lags;
pub mod logs;
pub mod mappings;
pub mod migrate;
pub mod notices;
pub mod pages;
pub mod pipeline_db;
pub mod progress;
pub mod queue;
mod rates;
mod recent;
pub mod replays;
pub mod runs;
pub mod sqlite;
pub mod system;
pub mod table;
pub mod tamper;
pub mod verifications;
