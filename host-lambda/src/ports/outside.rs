//! What goes out to people: records that look tampered with, and notices to the owners of carts.

use serde::{Deserialize, Serialize};
use tillroll_core::id::StreamId;
use tillroll_core::time::Timestamp;

use super::Fault;

/// Records that are not what they should be: changed or deleted events, images without the right types. Kept for
/// somebody to look at, and alarmed; they never stop the pipeline.
pub trait TamperLog: Send + Sync {
    /// Keeps one record, as JSON text, with the reason.
    fn keep(&self, reason: &str, record: String) -> impl Future<Output = Result<(), Fault>> + Send;
}

/// What leaves the system: notices to the owners of carts. A notice may be sent twice; its id tells.
pub trait Notices: Send + Sync {
    /// Sends one notice.
    fn send(&self, notice: &Notice) -> impl Future<Output = Result<(), Fault>> + Send;
}

/// A reminder that a cart waits with items in it. Whoever sends it finds the owner by the cart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The same for the same reminder, however often it is sent.
    pub id: String,
    /// The cart.
    pub cart: StreamId,
    /// When the reminder was due.
    pub due: Timestamp,
}
