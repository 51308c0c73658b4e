//! The ports [`ReplayQueue`](crate::ports::ReplayQueue), [`DeadLetterQueue`](crate::ports::DeadLetterQueue),
//! [`TamperLog`](crate::ports::TamperLog) and [`Notices`](crate::ports::Notices) over SQS and its SDK.
//!
//! | file | the one thing it knows |
//! |---|---|
//! | `queues` | which queues a subscription has, how messages are sent to it, and how many wait |
//! | `letters` | how dead letters are looked at without being lost, and sent back |
//! | `history` | what a dead letter says of its past |
//! | `outside` | the queues that people look at: tampered records, notices |
//! | `text` | which characters SQS takes |
//! | `errors` | SQS's codes: the only file that does |
//! | `client` | how a client has to be set up, and one for an emulator on this machine |

pub mod client;
mod errors;
mod history;
mod letters;
mod outside;
mod queues;
mod text;

pub use outside::{SqsNotices, SqsTamperLog};
pub use queues::{QueueUrls, SqsQueues};
