//! What an import read, left out and adds up to.

use std::fmt;

use serde::Serialize;

use super::decimal::Currency;

/// Rows kept by number for each kind of complaint; all are counted.
pub const KEPT_ROWS_MAX: usize = 20;

/// What came of the file. Complete when [`super::Carts`] has given its last cart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The plan's source.
    pub source: String,
    /// Of all money here; `None` means two decimals of nobody knows what.
    pub currency: Option<Currency>,
    /// Rows of the file, header not counted.
    pub rows: u64,
    /// Carts, those without a line included.
    pub carts: u64,
    /// Lines: `AddItem` commands.
    pub lines: u64,
    /// All commands.
    pub commands: u64,
    /// Rows outside the sample.
    pub not_sampled: u64,
    /// Rows of quantity 0.
    pub zero_quantity: Skipped,
    /// Rows of negative quantity or amount: a return is no cart.
    pub negative: Skipped,
    /// Rows that could not be understood.
    pub bad: BadRows,
    /// Minor units: the sum of the carts' totals, after discounts.
    pub total_minor: u128,
    /// Minor units: what the discounts took off.
    pub discounts_minor: u128,
}

/// Rows left out on purpose.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// How many.
    pub count: u64,
    /// Minor units they hold in the amount column.
    pub money_minor: i128,
    /// The first of them.
    pub first: Vec<Place>,
}

/// Rows left out because they are wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct BadRows {
    /// How many.
    pub count: u64,
    /// The first of them.
    pub first: Vec<BadRow>,
}

/// Where a row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Place {
    /// From 1, header not counted.
    pub row: u64,
    /// From 1, in a text file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
}

/// One wrong row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BadRow {
    /// Where.
    #[serde(flatten)]
    pub place: Place,
    /// In which column; `None` when it is the row as a whole.
    pub column: Option<String>,
    /// What stands there, shortened, control characters escaped.
    pub found: String,
    /// What should.
    pub expected: String,
}

impl Skipped {
    pub(super) fn add(&mut self, place: Place, money_minor: i128) {
        self.count += 1;
        self.money_minor = self.money_minor.saturating_add(money_minor);
        if self.first.len() < KEPT_ROWS_MAX {
            self.first.push(place);
        }
    }
}

impl BadRows {
    pub(super) fn add(&mut self, bad: BadRow) {
        self.count += 1;
        if self.first.len() < KEPT_ROWS_MAX {
            self.first.push(bad);
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "row {} (line {line})", self.row),
            None => write!(f, "row {}", self.row),
        }
    }
}

impl fmt::Display for BadRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.place)?;
        if let Some(column) = &self.column {
            write!(f, ", column `{column}`")?;
        }
        write!(f, ": found {}, expected {}", self.found, self.expected)
    }
}
