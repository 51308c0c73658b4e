//! The lines that `POST /imports` takes: one cart each, its commands in order.
//!
//! These are the wire's shapes and nothing more; what a command means is the core's affair.

use serde::{Deserialize, Serialize};
use tillroll_core::time::Timestamp;
use uuid::Uuid;

use super::plan::CloseReason;

/// One cart, as one NDJSON line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportCart {
    /// Derived from source and cart value, see [`super::ids`].
    pub cart_id: Uuid,
    /// Where the cart comes from.
    pub source: String,
    /// In the order in which they are to be decided: open, lines, discounts, close.
    pub commands: Vec<ImportCommand>,
    /// What the file has in the cart column; for messages, not sent.
    #[serde(skip)]
    pub value: String,
    /// The cart's total in minor units as the file says it; for comparison, not sent.
    #[serde(skip)]
    pub total_minor: u128,
}

/// One command with its id and its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportCommand {
    /// Derived, see [`super::ids`].
    pub command_id: Uuid,
    /// `type` and `data` of the wire.
    #[serde(flatten)]
    pub body: CommandBody,
    /// RFC 3339 in UTC; absent when the file has no time column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub happened_at: Option<Timestamp>,
    /// The file's 1-based row that caused the command, so that a refusal can name it; not sent.
    #[serde(skip)]
    pub row: u64,
}

/// What a command asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum CommandBody {
    /// Opens the cart.
    OpenCart {
        /// ISO 4217; absent when the plan names none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        currency: Option<String>,
    },
    /// Adds a line.
    AddItem {
        /// For people.
        item_name: String,
        /// The line's key: the item, with `#2`, `#3`, … when the cart already has it.
        sku: String,
        /// 1 to 1,000,000 pieces.
        quantity: u32,
        /// Absent when the file has no amount column.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        price: Option<LinePrice>,
    },
    /// Takes an amount off the cart.
    ApplyDiscount {
        /// The name of the discount column.
        code: String,
        /// How much.
        rule: Rule,
    },
    /// Closes the cart.
    CloseCart {
        /// Why.
        reason: CloseReason,
    },
}

/// `minor` units of the currency for `per` pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinePrice {
    /// The line's whole amount, 0 to 2^53 - 1.
    pub minor: u64,
    /// The line's quantity, so that the line's total is `minor` exactly.
    pub per: u32,
}

/// The one rule an import needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Rule {
    /// So many minor units off the cart.
    AmountOff {
        /// Minor units of the currency.
        minor: u64,
    },
}
