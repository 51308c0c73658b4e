//! What a cart costs. The same integers on every host.
//!
//! Discounts apply in the order in which they were applied, each on what the earlier ones left of its line or of the
//! subtotal. A rule below its minimum stays, with amount 0.
#![warn(clippy::arithmetic_side_effects)]

use alloc::vec::Vec;

use super::state::{Contents, Line};
use crate::money::{Minor, SAFE_MAX};

/// All the amounts of a cart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Per line, in the cart's order, before discounts.
    pub lines: Vec<Minor>,
    /// Sum of the lines.
    pub subtotal: Minor,
    /// Per discount, in the cart's order: what it takes off.
    pub discounts: Vec<Minor>,
    /// Sum of the discounts.
    pub discount: Minor,
    /// What is to pay.
    pub total: Minor,
}

/// Prices a cart. Total: amounts past [`Minor::MAX`] are held there.
#[must_use]
pub fn price(contents: &Contents) -> Totals {
    let lines: Vec<Minor> = contents.lines.iter().map(|line| Minor::saturating_from(exact_total(line))).collect();
    let subtotal = lines.iter().copied().fold(Minor::ZERO, Minor::saturating_add);
    let mut left_of_lines = lines.clone();
    let mut left = subtotal;
    let mut discounts = Vec::with_capacity(contents.discounts.len());
    for discount in &contents.discounts {
        let amount = if subtotal < discount.rule.min_subtotal() {
            Minor::ZERO
        } else if let Some(sku) = discount.rule.sku() {
            let line = contents.lines.iter().position(|line| line.sku.as_str() == sku);
            match line.and_then(|index| left_of_lines.get_mut(index)) {
                Some(left_of_line) => {
                    // What is left of the cart can be less than of its line, after a discount on the whole cart.
                    let amount = discount.rule.amount_off(*left_of_line).min(left);
                    *left_of_line = left_of_line.saturating_sub(amount);
                    amount
                }
                None => Minor::ZERO,
            }
        } else {
            discount.rule.amount_off(left)
        };
        left = left.saturating_sub(amount);
        discounts.push(amount);
    }
    Totals { lines, subtotal, discounts, discount: subtotal.saturating_sub(left), total: left }
}

/// Whether every amount of the cart is exact: no line total and no subtotal passes 2^53-1.
#[must_use]
pub fn is_exact(contents: &Contents) -> bool {
    let mut lines = contents.lines.iter().map(exact_total);
    let max = u128::from(SAFE_MAX);
    lines.try_fold(0_u128, |sum, line| sum.checked_add(line).filter(|sum| *sum <= max)).is_some()
}

fn exact_total(line: &Line) -> u128 {
    line.price.map_or(0, |price| price.exact_total(line.quantity))
}
