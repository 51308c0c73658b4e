//! A cart's view as a value: the State JSON, lines and discounts under their keys.

use alloc::vec::Vec;

use super::value::Shown;
use super::{Moment, Value};
use crate::cart::view::{DiscountView, LineView, Status};
use crate::cart::{Cart, CartView, Rule};
use crate::money::Minor;

impl Shown for Cart {
    type View = Option<CartView>;

    fn view(moment: &Moment<Self>) -> Option<CartView> {
        moment.view()
    }

    /// Before the first event a cart has no status, and nothing in it.
    fn value(view: &Option<CartView>) -> Value<'_> {
        let view = view.as_ref();
        let minor = |of: fn(&CartView) -> Minor| Value::Number(view.map(of).unwrap_or_default().get());
        let status = view.map(|view| match view.status {
            Status::Open => "open",
            Status::Closed => "closed",
        });
        let lines = view.into_iter().flat_map(|view| &view.lines);
        let discounts = view.into_iter().flat_map(|view| &view.discounts);
        Value::object([
            ("status", Value::text(status)),
            ("currency", Value::text(view.and_then(|view| view.currency.as_deref()))),
            ("owner_ref", Value::text(view.and_then(|view| view.owner_ref.as_deref()))),
            ("lines", Value::keyed(lines.map(|line| (line.sku.as_str(), line_value(line))))),
            ("discounts", Value::keyed(discounts.map(|discount| (discount.code.as_str(), discount_value(discount))))),
            ("subtotal_minor", minor(|view| view.subtotal_minor)),
            ("discount_minor", minor(|view| view.discount_minor)),
            ("total_minor", minor(|view| view.total_minor)),
            ("unknown_events", Value::Number(view.map_or(0, |view| view.unknown_events))),
        ])
    }
}

fn line_value(line: &LineView) -> Value<'_> {
    let price = line.price.map_or(Value::Null, |price| {
        Value::object([("minor", Value::Number(price.minor.get())), ("per", Value::Number(price.per.get()))])
    });
    Value::object([
        ("sku", Value::text(Some(line.sku.as_str()))),
        ("item_name", Value::text(Some(&line.item_name))),
        ("quantity", Value::Number(line.quantity.get())),
        ("price", price),
        ("total_minor", Value::Number(line.total_minor.get())),
    ])
}

fn discount_value(discount: &DiscountView) -> Value<'_> {
    Value::object([
        ("code", Value::text(Some(&discount.code))),
        ("rule", rule_value(&discount.rule)),
        ("amount_minor", Value::Number(discount.amount_minor.get())),
    ])
}

/// As its JSON: what a rule does not say is not there.
fn rule_value(rule: &Rule) -> Value<'_> {
    let (kind, amount, sku, least) = match rule {
        Rule::PercentOff { basis_points, sku, min_subtotal_minor } => {
            ("percent_off", ("basis_points", *basis_points), sku, min_subtotal_minor)
        }
        Rule::AmountOff { minor, sku, min_subtotal_minor } => {
            ("amount_off", ("minor", minor.get()), sku, min_subtotal_minor)
        }
    };
    let (amount_name, amount) = amount;
    let said = [
        Some(("kind", Value::text(Some(kind)))),
        Some((amount_name, Value::Number(amount))),
        sku.as_deref().map(|sku| ("sku", Value::text(Some(sku)))),
        least.map(|least| ("min_subtotal_minor", Value::Number(least.get()))),
    ];
    Value::Object(said.into_iter().flatten().map(|(name, value)| (name.into(), value)).collect::<Vec<_>>())
}
