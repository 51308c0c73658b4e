//! Derived ids: the same file gives the same carts and commands for ever, so that a second import changes nothing.
//!
//! With `source` = the plan's source and `value` = the cart column's value as text:
//!
//! ```text
//! S       = UUIDv5(URL namespace, "tillroll:import:" + source)
//! cart    = UUIDv5(S, value)
//! command = UUIDv5(cart, "row:step")
//! ```
//!
//! `row` is the 1-based row of the file (header not counted, skipped and bad rows counted) that caused the command. The
//! steps are `open`, `add`, `discount:<column>` and `close`; all but `add` stand at the cart's first row, which stays
//! the same when rows are appended to the file.

use uuid::Uuid;

/// The namespace of one source's carts.
#[must_use]
pub fn source_namespace(source: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("tillroll:import:{source}").as_bytes())
}

/// The cart of one value of the cart column.
#[must_use]
pub fn cart_id(source_namespace: &Uuid, value: &str) -> Uuid {
    Uuid::new_v5(source_namespace, value.as_bytes())
}

/// The command that `row` causes at `step`.
#[must_use]
pub fn command_id(cart_id: &Uuid, row: u64, step: &str) -> Uuid {
    Uuid::new_v5(cart_id, format!("{row}:{step}").as_bytes())
}
