//! The reading half of `tillroll import FILE`: any CSV or Parquet file of sales becomes carts of commands.
//!
//! [`read`] goes through the file once, judges every row, spools the good ones to a temporary database and answers with
//! [`Carts`]: an iterator of [`ImportCart`] in the order in which the carts first appear, each the JSON line that
//! `POST /imports` takes, and beside it the [`Report`]. Memory is flat in the number of rows and carts; only the
//! rows of the cart at hand are held.
//!
//! A bad row is counted, kept (the first [`report::KEPT_ROWS_MAX`]) and left out; it never stops the others. A file
//! that cannot be read at all is an [`ImportError`] that says what to do.
//!
//! # What the command line offers
//!
//! | Flag | Field |
//! |---|---|
//! | `--cart-column NAME` | [`Columns::cart`]: rows with one value are one cart |
//! | `--item-column NAME` | [`Columns::item`]: becomes the sku and, without another source of names, the name; `item` without it |
//! | `--item-name-column NAME` | [`ItemNames::Column`] |
//! | `--quantity-column NAME` | [`Columns::quantity`]; 1 without it |
//! | `--amount-column NAME` | [`Columns::amount`]: the line's total; no prices without it |
//! | `--time-column NAME` | [`Columns::time`] |
//! | `--discount-column NAME` (repeatable) | [`Columns::discounts`]: each becomes one `amount_off` of the cart |
//! | `--amount-is gross\|net` | [`AmountIs`] |
//! | `--currency CODE` | [`Currency`] |
//! | `--close REASON` | [`CloseReason`]; carts stay open without it |
//! | `--source NAME` | [`ImportPlan::source`]; default [`Input::default_source`] |
//! | `--delimiter CHAR` | [`ImportPlan::delimiter`] |
//! | `--preset completejourney` `--products FILE` `--households N` | [`Preset`] |
//!
//! # What becomes what
//!
//! Ids are derived (see [`ids`]), so importing a file twice changes nothing. A line's price is
//! `{minor: amount, per: quantity}`: its total is the amount exactly. Rows of one cart with the same item are lines of
//! their own (`item`, `item#2`, …), because identical rows are real sales. Rows of quantity 0 and rows with a negative
//! quantity or amount are skipped and their money is reported; a cart of zero-quantity rows alone still opens, one of
//! negative rows alone does not. Discounts are read by their absolute value: some shops write them negative.
//!
//! Left to others: flags, posting and progress bars (the command line), and whether a cart may have that many lines
//! (the core).

mod carts;
mod cell;
mod command;
mod csv_rows;
mod decimal;
mod error;
pub mod ids;
mod input;
mod item_names;
mod parquet_rows;
mod plan;
mod preset;
pub mod report;
mod row;
mod shelf;
mod spool;
mod time;

pub use carts::{Carts, Progress, read};
pub use command::{CommandBody, ImportCart, ImportCommand, LinePrice, Rule};
pub use decimal::Currency;
pub use error::ImportError;
pub use input::Input;
pub use item_names::{ItemNames, NameTable};
pub use plan::{AmountIs, CloseReason, Columns, ImportPlan, Sample};
pub use preset::Preset;
pub use report::Report;
pub use shelf::{ShelfPlan, shelf};

#[cfg(test)]
mod tests;
