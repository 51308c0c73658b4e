//! The judgement over one row: a line to add, skipped, bad, or outside the sample.
//!
//! The limits are those under which the core takes a command, so that what a file gets wrong is said with its row and
//! column here and not as a refusal later.

use std::borrow::Cow;
use std::collections::BTreeSet;

use tillroll_core::cart::limits::QUANTITY_MAX;
use tillroll_core::money::SAFE_MAX;
use tillroll_core::text::{TEXT_BYTES_MAX, Text};
use tillroll_core::time::Timestamp;

use super::cell::Cell;
use super::input::Rows;
use super::item_names::ItemNames;
use super::plan::{AmountIs, ImportPlan};

/// Bytes of a cart's value: it is only hashed, but kept in an index until then.
const CART_BYTES_MAX: usize = 1_024;

/// Pieces of one row.
const PIECES_MAX: i128 = QUANTITY_MAX as i128;

/// Minor units of one row or one discount.
const MINOR_MAX: i128 = SAFE_MAX as i128;

/// What is sold where no column says so.
const ITEM_UNNAMED: &str = "item";

/// What a row is.
#[derive(Debug)]
pub(super) enum Verdict<'a> {
    /// A line of a cart.
    Sale { cart: Cow<'a, str>, at: Option<Timestamp>, sale: Sale },
    /// A row of a cart that sells nothing.
    ZeroQuantity { cart: Cow<'a, str>, at: Option<Timestamp>, money_minor: i128 },
    /// A return, or money the wrong way.
    Negative { money_minor: i128 },
    /// Not to be understood.
    Bad { column: String, found: String, expected: String },
    /// Outside the sample.
    NotSampled,
}

/// What a row sells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sale {
    pub(super) item: String,
    /// From a name column; `None` when there is none or it is empty.
    pub(super) name: Option<String>,
    pub(super) quantity: u32,
    /// Minor units before discounts, whatever the file says.
    pub(super) amount: Option<u64>,
    /// Minor units, in the order of the plan's discount columns.
    pub(super) discounts: Vec<u64>,
}

/// A value of the sample's column, in the order in which the lowest are chosen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum SampleKey {
    Number(i128),
    Text(String),
}

impl SampleKey {
    pub(super) fn of(cell: &Cell<'_>) -> Option<Self> {
        let text = cell.text()?;
        Some(text.parse().map_or_else(|_| Self::Text(text.into_owned()), Self::Number))
    }
}

/// Reads rows as the plan says. The plan's columns are numbered in the order in which [`RowJudge::columns`] lists them.
pub(super) struct RowJudge<'p> {
    plan: &'p ImportPlan,
    columns: Vec<String>,
    item: Option<usize>,
    quantity: Option<usize>,
    amount: Option<usize>,
    time: Option<usize>,
    name: Option<usize>,
    sample: Option<usize>,
    first_discount: usize,
    kept: BTreeSet<SampleKey>,
}

const CART: usize = 0;

/// A wrong cell: slot, what stands there, what should.
type Wrong = (usize, String, String);

impl<'p> RowJudge<'p> {
    pub(super) fn new(plan: &'p ImportPlan, kept: BTreeSet<SampleKey>) -> Self {
        let mut columns = vec![plan.columns.cart.clone()];
        let mut place = |column: Option<&String>| {
            column.map(|column| {
                columns.push(column.clone());
                columns.len() - 1
            })
        };
        let item = place(plan.columns.item.as_ref());
        let quantity = place(plan.columns.quantity.as_ref());
        let amount = place(plan.columns.amount.as_ref());
        let time = place(plan.columns.time.as_ref());
        let name = place(match &plan.item_names {
            ItemNames::Column(column) => Some(column),
            ItemNames::SameAsItem | ItemNames::Table(_) => None,
        });
        let sample = place(plan.sample.as_ref().map(|sample| &sample.column));
        let first_discount = columns.len();
        columns.extend(plan.columns.discounts.iter().cloned());
        Self { plan, columns, item, quantity, amount, time, name, sample, first_discount, kept }
    }

    /// The columns to read, in the order that [`RowJudge::judge`] relies on.
    pub(super) fn columns(&self) -> &[String] {
        &self.columns
    }

    pub(super) fn judge<'a>(&self, rows: &'a Rows) -> Verdict<'a> {
        let in_sample =
            self.sample.is_none_or(|slot| SampleKey::of(&rows.cell(slot)).is_some_and(|key| self.kept.contains(&key)));
        if !in_sample {
            return Verdict::NotSampled;
        }
        self.understand(rows).unwrap_or_else(|(slot, found, expected)| {
            let column = self.columns.get(slot).cloned().unwrap_or_default();
            Verdict::Bad { column, found, expected }
        })
    }

    fn understand<'a>(&self, rows: &'a Rows) -> Result<Verdict<'a>, Wrong> {
        let cart = cart_value(rows)?;
        let item = self.item.map_or_else(
            || Ok(ITEM_UNNAMED.to_owned()),
            |slot| name_text(rows, slot)?.ok_or_else(|| wrong(rows, slot, "the item")),
        )?;
        let name = self.name.map(|slot| name_text(rows, slot)).transpose()?.flatten();
        let pieces = || format!("a whole number of pieces, 0 to {PIECES_MAX}");
        let quantity = self.quantity.map_or(Ok(1), |slot| whole(rows, slot, 0, PIECES_MAX, pieces))?;
        let amount = self.amount.map(|slot| self.money(rows, slot)).transpose()?;
        let discounts = self.discounts(rows)?;
        let at = self.time.map(|slot| {
            let expected = "a time such as 2017-01-31, 2017-01-31 18:45:00 (UTC) or RFC 3339";
            rows.cell(slot).time().ok_or_else(|| wrong(rows, slot, expected))
        });
        let at = at.transpose()?;

        let money_minor = amount.unwrap_or_default();
        if quantity < 0 || money_minor < 0 {
            return Ok(Verdict::Negative { money_minor });
        }
        if quantity == 0 {
            return Ok(Verdict::ZeroQuantity { cart, at, money_minor });
        }
        let taken_off: i128 = match self.plan.amount_is {
            AmountIs::Gross => 0,
            AmountIs::Net => discounts.iter().map(|discount| i128::from(*discount)).sum(),
        };
        let gross = money_minor + taken_off;
        if let (Some(slot), true) = (self.amount, gross > MINOR_MAX) {
            return Err(wrong(rows, slot, &format!("with the discounts at most {MINOR_MAX} minor units")));
        }
        let amount = amount.and_then(|_| u64::try_from(gross).ok());
        let quantity = u32::try_from(quantity).unwrap_or(u32::MAX);
        Ok(Verdict::Sale { cart, at, sale: Sale { item, name, quantity, amount, discounts } })
    }

    fn money(&self, rows: &Rows, slot: usize) -> Result<i128, Wrong> {
        let decimals = self.plan.exponent();
        let expected = || format!("an amount with at most {decimals} decimals and {MINOR_MAX} minor units");
        whole(rows, slot, decimals, MINOR_MAX, expected)
    }

    /// An empty discount is none; a negative one is how some shops write it.
    fn discounts(&self, rows: &Rows) -> Result<Vec<u64>, Wrong> {
        (self.first_discount..self.columns.len())
            .map(|slot| {
                if rows.cell(slot) == Cell::Empty {
                    return Ok(0);
                }
                self.money(rows, slot).map(|minor| u64::try_from(minor.unsigned_abs()).unwrap_or(u64::MAX))
            })
            .collect()
    }
}

fn wrong(rows: &Rows, slot: usize, expected: &str) -> Wrong {
    (slot, rows.cell(slot).shown(), expected.to_owned())
}

fn cart_value(rows: &Rows) -> Result<Cow<'_, str>, Wrong> {
    rows.cell(CART)
        .into_text()
        .filter(|value| value.len() <= CART_BYTES_MAX)
        .ok_or_else(|| wrong(rows, CART, &format!("the cart's value, 1 to {CART_BYTES_MAX} bytes")))
}

/// A trimmed text that the core takes as a name; `None` when the cell is empty.
fn name_text(rows: &Rows, slot: usize) -> Result<Option<String>, Wrong> {
    let cell = rows.cell(slot);
    if cell == Cell::Empty {
        return Ok(None);
    }
    let text = cell.text().and_then(|text| Text::parse(&text)).map(String::from);
    text.map(Some)
        .ok_or_else(|| wrong(rows, slot, &format!("1 to {TEXT_BYTES_MAX} bytes of text without control characters")))
}

/// A number that is whole in units of `10^-exponent` and at most `max` of them, either way of zero.
fn whole(rows: &Rows, slot: usize, exponent: u32, max: i128, expected: impl Fn() -> String) -> Result<i128, Wrong> {
    let units = rows.cell(slot).decimal().and_then(|number| number.to_units(exponent));
    units.filter(|units| (-max..=max).contains(units)).ok_or_else(|| wrong(rows, slot, &expected()))
}
