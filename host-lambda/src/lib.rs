//! Tillroll on AWS Lambda: thin functions over ports, and the adapters behind the ports.
//!
//! Functions are plain state machines. They call [`ports`] and the core, never a clock, a socket or an SDK; a host
//! (Lambda, the local process, a simulator) gives them adapters and batches.

pub mod api;
pub mod archive_key;
pub mod archive_object;
pub mod auth;
mod calls;
mod clients;
pub mod derived;
pub mod dynamodb;
pub mod filter;
pub mod functions;
pub mod generations;
pub mod http;
pub mod item;
pub mod kinesis;
pub mod lambda;
pub mod lambda_events;
pub mod memory;
pub mod operations;
pub mod packing;
pub mod ports;
pub mod record;
pub mod repository;
pub mod s3;
pub mod sqs;
pub mod stepfunctions;
pub mod subscriptions;
pub mod timeline_file;
pub mod verify;

#[cfg(test)]
mod cost;
#[cfg(test)]
mod world;
