//! The ports [`EventTable`](crate::ports::EventTable) and [`Rows`](crate::ports::Rows) over DynamoDB and its SDK.
//!
//! | file | the one thing it knows |
//! |---|---|
//! | `events` | how a commit becomes a conditional put or a transaction, and how a stream is read back whole |
//! | `shortcut` | how the answer to a query gets past the SDK's own reading of it: the only file that does |
//! | `page` | events, read from the bytes of such an answer |
//! | `attribute`, `cursor` | DynamoDB's JSON, and JSON |
//! | `rows` | how rows are written under their conditions, and found again |
//! | `items` | the SDK's attribute values |
//! | `errors` | the SDK's errors: the only file that does |
//! | `attempts` | when to send the same request again, and when to stop |
//! | `token` | the client request token of a transaction |
//! | `tables` | the layout of both tables, for those who create them without Terraform |
//! | `client` | how a client has to be set up, and one for an emulator on this machine |
//!
//! The adapters retry themselves, because only they know that the same request again is safe and what an answer to it
//! means; so the SDK's own retries are switched off ([`client::base_config`]).

mod attempts;
mod attribute;
pub mod client;
mod cursor;
mod errors;
mod events;
mod items;
mod page;
mod rows;
mod shortcut;
pub mod tables;
mod token;

pub use events::{Events, Reader};
pub use page::events_of_answer;
pub use rows::RowTable;
pub use token::Tokens;
