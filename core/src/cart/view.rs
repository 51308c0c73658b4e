//! The cart as readers see it: the State JSON, with every total worked out and a fingerprint of it all.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::pricing::{Totals, price};
use super::rule::Rule;
use super::state::{Cart, Contents};
use crate::aggregate::{Head, Versioned};
use crate::hash::Fingerprint;
use crate::id::StreamId;
use crate::money::{Minor, Pieces, Price};

/// The State JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CartView {
    /// The cart.
    pub cart_id: StreamId,
    /// Open or closed.
    pub status: Status,
    /// Version of its newest event.
    pub version: u64,
    /// ISO 4217 code of every amount.
    pub currency: Option<String>,
    /// Opaque reference to the owner.
    pub owner_ref: Option<String>,
    /// In the order in which their items were first added.
    pub lines: Vec<LineView>,
    /// In the order in which they were applied.
    pub discounts: Vec<DiscountView>,
    /// Sum of the lines.
    pub subtotal_minor: Minor,
    /// Sum of the discounts.
    pub discount_minor: Minor,
    /// What is to pay.
    pub total_minor: Minor,
    /// Events whose names this build does not know: they were not folded.
    pub unknown_events: u64,
    /// Fingerprint of all the above; equal on every host with the same reducer.
    pub state_hash: Fingerprint,
}

/// Where a cart is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// In use.
    Open,
    /// At its end.
    Closed,
}

/// A line with its total.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineView {
    /// Key of the line.
    pub sku: SmolStr,
    /// What the shopper calls the item.
    pub item_name: SmolStr,
    /// Pieces.
    pub quantity: Pieces,
    /// What they cost.
    pub price: Option<Price>,
    /// Half-even rounding of quantity x minor / per.
    pub total_minor: Minor,
}

/// A discount with what it takes off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiscountView {
    /// The code.
    pub code: String,
    /// What it does.
    pub rule: Rule,
    /// What it takes off now.
    pub amount_minor: Minor,
}

impl CartView {
    /// The view of a cart; `None` before it was opened.
    #[must_use]
    pub fn of(cart: &Versioned<Cart>) -> Option<Self> {
        Self::at(cart.head(), cart.state(), cart.unknown_events())
    }

    /// The view of a state where its stream stood at `head`, after as many `unknown_events`.
    #[must_use]
    pub fn at(head: Head, cart: &Cart, unknown_events: u64) -> Option<Self> {
        let (status, contents) = match cart {
            Cart::Empty => return None,
            Cart::Open(contents) => (Status::Open, contents),
            Cart::Closed(contents, _) => (Status::Closed, contents),
        };
        let totals = price(contents);
        let mut view = Self {
            cart_id: head.stream,
            status,
            version: head.version,
            currency: contents.currency.clone(),
            owner_ref: contents.owner_ref.clone(),
            lines: line_views(contents, &totals),
            discounts: discount_views(contents, &totals),
            subtotal_minor: totals.subtotal,
            discount_minor: totals.discount,
            total_minor: totals.total,
            unknown_events,
            state_hash: Fingerprint::of_bytes(&[]),
        };
        view.state_hash = Fingerprint::of(&StateLayout::of(&view));
        Some(view)
    }
}

fn line_views(contents: &Contents, totals: &Totals) -> Vec<LineView> {
    let lines = contents.lines.iter().zip(&totals.lines);
    lines
        .map(|(line, total)| LineView {
            sku: line.sku.text(),
            item_name: line.item_name.clone(),
            quantity: line.quantity,
            price: line.price,
            total_minor: *total,
        })
        .collect()
}

fn discount_views(contents: &Contents, totals: &Totals) -> Vec<DiscountView> {
    let discounts = contents.discounts.iter().zip(&totals.discounts);
    discounts
        .map(|(discount, amount)| DiscountView {
            code: discount.code.clone(),
            rule: discount.rule.clone(),
            amount_minor: *amount,
        })
        .collect()
}

/// What the state hash covers, in this order, in postcard. Fixed: changing it is a new reducer.
#[derive(Serialize)]
struct StateLayout<'a> {
    cart_id: [u8; 16],
    closed: bool,
    version: u64,
    currency: Option<&'a str>,
    owner_ref: Option<&'a str>,
    lines: Vec<LineLayout<'a>>,
    discounts: Vec<DiscountLayout<'a>>,
    subtotal_minor: u64,
    discount_minor: u64,
    total_minor: u64,
    unknown_events: u64,
}

/// Sku, item name, quantity, price as minor and per, total.
type LineLayout<'a> = (&'a str, &'a str, u64, Option<(u64, u64)>, u64);
/// Code, rule, amount.
type DiscountLayout<'a> = (&'a str, RuleLayout<'a>, u64);

#[derive(Serialize)]
enum RuleLayout<'a> {
    PercentOff(u64, Option<&'a str>, Option<u64>),
    AmountOff(u64, Option<&'a str>, Option<u64>),
}

impl<'a> StateLayout<'a> {
    fn of(view: &'a CartView) -> Self {
        let line = |line: &'a LineView| {
            let price = line.price.map(|price| (price.minor.get(), price.per.get()));
            (line.sku.as_str(), line.item_name.as_str(), line.quantity.get(), price, line.total_minor.get())
        };
        let discount = |discount: &'a DiscountView| {
            (discount.code.as_str(), RuleLayout::of(&discount.rule), discount.amount_minor.get())
        };
        Self {
            cart_id: view.cart_id.uuid().into_bytes(),
            closed: view.status == Status::Closed,
            version: view.version,
            currency: view.currency.as_deref(),
            owner_ref: view.owner_ref.as_deref(),
            lines: view.lines.iter().map(line).collect(),
            discounts: view.discounts.iter().map(discount).collect(),
            subtotal_minor: view.subtotal_minor.get(),
            discount_minor: view.discount_minor.get(),
            total_minor: view.total_minor.get(),
            unknown_events: view.unknown_events,
        }
    }
}

impl<'a> RuleLayout<'a> {
    fn of(rule: &'a Rule) -> Self {
        match rule {
            Rule::PercentOff { basis_points, sku, min_subtotal_minor } => {
                Self::PercentOff(*basis_points, sku.as_deref(), min_subtotal_minor.map(Minor::get))
            }
            Rule::AmountOff { minor, sku, min_subtotal_minor } => {
                Self::AmountOff(minor.get(), sku.as_deref(), min_subtotal_minor.map(Minor::get))
            }
        }
    }
}
