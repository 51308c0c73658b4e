//! What to read from a file and how, as a value: the import's flags after parsing.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use tillroll_core::cart::limits::DISCOUNTS_MAX;

use super::decimal::Currency;
use super::error::ImportError;
use super::item_names::ItemNames;

/// Sources end up in ids and in every event's `source`.
pub(super) const SOURCE_BYTES_MAX: usize = 256;

/// A sample's values are held in memory.
pub(super) const SAMPLE_VALUES_MAX: u32 = 1_000_000;

/// How a file becomes carts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportPlan {
    /// The name from which all ids derive: importing again under the same name changes nothing.
    pub source: String,
    /// Which columns to read.
    pub columns: Columns,
    /// Whether the amounts still contain the discounts.
    pub amount_is: AmountIs,
    /// Of the amounts. Without one they are read with two decimals and the carts are opened without a currency.
    pub currency: Option<Currency>,
    /// Closes every cart for this reason after its last line; carts stay open without it.
    pub close: Option<CloseReason>,
    /// Where item names come from.
    pub item_names: ItemNames,
    /// Keeps a part of the file only.
    pub sample: Option<Sample>,
    /// Between the fields of a CSV file.
    pub delimiter: u8,
    /// Where the temporary files lie while the import runs; the system's folder without it.
    pub temp_folder: Option<PathBuf>,
}

/// The columns, by their names in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    /// Rows with one value are one cart.
    pub cart: String,
    /// What was sold; without it every row is a line of an item called `item`.
    pub item: Option<String>,
    /// How many; 1 without it.
    pub quantity: Option<String>,
    /// The line's total; no prices without it.
    pub amount: Option<String>,
    /// When.
    pub time: Option<String>,
    /// Money taken off, by column; needs `amount`.
    pub discounts: Vec<String>,
}

/// Whether the amounts still contain the discounts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AmountIs {
    /// Before the discounts: they come off the amounts.
    #[default]
    Gross,
    /// After the discounts: they are added to the lines first, so that the cart's total is the sum of the amounts.
    Net,
}

/// Why a cart ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CloseReason {
    /// Paid.
    CheckedOut,
    /// Left alone.
    Abandoned,
    /// Thrown away.
    Discarded,
}

/// Keeps the rows whose value in a column is among the lowest of that column, so that the choice depends on the file
/// alone. Whole numbers go by their size and come before other texts, which go by their bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// The column, such as one of households.
    pub column: String,
    /// How many different values to keep.
    pub values: u32,
}

impl ImportPlan {
    /// The plan with nothing but carts, to be completed field by field.
    #[must_use]
    pub fn new(source: impl Into<String>, cart_column: impl Into<String>) -> Self {
        Self {
            source: source.into(),
            columns: Columns {
                cart: cart_column.into(),
                item: None,
                quantity: None,
                amount: None,
                time: None,
                discounts: Vec::new(),
            },
            amount_is: AmountIs::default(),
            currency: None,
            close: None,
            item_names: ItemNames::SameAsItem,
            sample: None,
            delimiter: b',',
            temp_folder: None,
        }
    }

    /// The same plan with the column that says what was sold.
    #[must_use]
    pub fn with_items(mut self, item_column: impl Into<String>) -> Self {
        self.columns.item = Some(item_column.into());
        self
    }

    /// Decimals of the amounts' minor unit.
    #[must_use]
    pub fn exponent(&self) -> u32 {
        self.currency.map_or(2, |currency| currency.exponent())
    }

    /// Refuses what cannot be meant, before a file is opened.
    pub(super) fn check(&self) -> Result<(), ImportError> {
        let wrong = |what: String| Err(ImportError::Plan { what });
        let discounts = &self.columns.discounts;
        if self.source.is_empty() || self.source.len() > SOURCE_BYTES_MAX || self.source.chars().any(char::is_control) {
            return wrong(format!(
                "the source must be 1 to {SOURCE_BYTES_MAX} bytes without control characters; set --source"
            ));
        }
        if !discounts.is_empty() && self.columns.amount.is_none() {
            return wrong("--discount-column needs --amount-column: there is nothing to take it off".to_owned());
        }
        if discounts.len() > DISCOUNTS_MAX {
            return wrong(format!(
                "{} discount columns are more than the {DISCOUNTS_MAX} a cart takes",
                discounts.len()
            ));
        }
        if discounts.iter().collect::<BTreeSet<_>>().len() < discounts.len() {
            return wrong("a --discount-column is named twice".to_owned());
        }
        if matches!(self.delimiter, b'"' | b'\r' | b'\n') || !self.delimiter.is_ascii() {
            return wrong("--delimiter must be one ASCII character that is no quote and no line end".to_owned());
        }
        match &self.sample {
            Some(sample) if !(1..=SAMPLE_VALUES_MAX).contains(&sample.values) => {
                wrong(format!("a sample keeps 1 to {SAMPLE_VALUES_MAX} values, not {}", sample.values))
            }
            _ => Ok(()),
        }
    }
}

impl FromStr for AmountIs {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "gross" => Ok(Self::Gross),
            "net" => Ok(Self::Net),
            _ => Err("write gross (before the discounts) or net (after them)".to_owned()),
        }
    }
}

impl FromStr for CloseReason {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "checked_out" => Ok(Self::CheckedOut),
            "abandoned" => Ok(Self::Abandoned),
            "discarded" => Ok(Self::Discarded),
            _ => Err("write checked_out, abandoned or discarded".to_owned()),
        }
    }
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CheckedOut => "checked_out",
            Self::Abandoned => "abandoned",
            Self::Discarded => "discarded",
        })
    }
}
