//! The system on AWS, as the command line reaches it.
//!
//! | module | what it knows |
//! |---|---|
//! | [`account`] | region, credentials, endpoint; clients |
//! | [`names`] | what the system is called: tables, bus, bucket, queues |
//! | [`system`] | the ports of the API over the adapters |
//! | [`carrier`] | who carries a replay |
//! | [`doctor`] | what is wrong with it |
//! | [`old_bucket`] | a bucket of the original system |

pub mod account;
pub mod carrier;
pub mod doctor;
pub mod names;
pub mod old_bucket;
pub mod system;
