//! Every type that crosses, as `crate::shape` has it.
//!
//! | module | types |
//! |---|---|
//! | `command` | what a shopper asks for, and why the domain says no |
//! | `event` | what happened |
//! | `cart` | the cart, its catalogue, what differs between two moments |
//! | `snapshot` | all that can be seen of a session, and how commands end |
//! | `server` | what the server says |
//! | `past` | what timelines tell of events |
//! | `row` | the queue in a storage |
//! | `whatif` | questions about a cart's life |

pub(crate) mod cart;
pub(crate) mod command;
pub(crate) mod event;
pub(crate) mod past;
pub(crate) mod row;
pub(crate) mod server;
pub(crate) mod snapshot;
pub(crate) mod whatif;
