//! The port [`Archive`](crate::ports::Archive) over S3 and its SDK, and the catalogue of prices in an object.
//!
//! | file | the one thing it knows |
//! |---|---|
//! | `archive` | how an object is created once, and what a refused create means |
//! | `catalogue` | how the catalogue is kept fresh without reading it for every request |
//! | `signed` | how one object is read without the SDK |
//! | `status` | S3's statuses and codes: the only file that does |
//! | `errors` | where the SDK keeps them |
//! | `client` | how a client has to be set up, and one for an emulator on this machine |

mod archive;
mod catalogue;
pub mod client;
mod errors;
mod signed;
mod status;

pub use archive::S3Archive;
pub use catalogue::S3Catalogue;
pub use signed::SignedObject;
