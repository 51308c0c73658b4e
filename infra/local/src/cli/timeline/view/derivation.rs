//! How an amount comes about, in a line.

use tillroll_core::cart::CartView;
use tillroll_core::cart::view::{DiscountView, LineView};
use tillroll_core::timeline::Pointer;

use super::super::super::output::{count, counted, money, shown};

/// How the amount of the selected field comes about.
pub(super) fn derivation(field: &Pointer, view: &CartView) -> Option<String> {
    let currency = view.currency.as_deref();
    let amount = |minor: u64| money(minor.into(), currency);
    let segments: Vec<&str> = field.segments().iter().map(String::as_str).collect();
    match segments.as_slice() {
        ["lines", sku, ..] => line_derivation(view.lines.iter().find(|line| line.sku == *sku)?, currency),
        ["discounts", code, ..] => {
            let discount = view.discounts.iter().find(|discount| discount.code == *code)?;
            Some(discount_derivation(view, discount))
        }
        ["total_minor" | "discount_minor"] if !view.discounts.is_empty() => Some(format!(
            "{} - {} = {}",
            amount(view.subtotal_minor.get()),
            amount(view.discount_minor.get()),
            amount(view.total_minor.get())
        )),
        ["subtotal_minor" | "total_minor"] => Some(format!("sum of {}", counted(view.lines.len() as u64, "line"))),
        _ => None,
    }
}

fn line_derivation(line: &LineView, currency: Option<&str>) -> Option<String> {
    let price = line.price?;
    let (quantity, each) = (count(line.quantity.get()), money(price.minor.get().into(), currency));
    let total = money(line.total_minor.get().into(), currency);
    Some(match price.per.get() {
        1 => format!("{quantity} × {each} = {total}"),
        per => format!("{quantity} × {each} / {} = {total}, rounded half to even", count(per)),
    })
}

fn discount_derivation(view: &CartView, discount: &DiscountView) -> String {
    let currency = view.currency.as_deref();
    let least = discount.rule.min_subtotal();
    let amount = |minor: u64| money(minor.into(), currency);
    if view.subtotal_minor < least {
        return format!("needs {}, has {}", amount(least.get()), amount(view.subtotal_minor.get()));
    }
    let earlier = view.discounts.iter().take_while(|earlier| earlier.code != discount.code);
    let taken: u64 = earlier.map(|earlier| earlier.amount_minor.get()).fold(0, u64::saturating_add);
    let left = view.subtotal_minor.get().saturating_sub(taken);
    let taken = amount(discount.amount_minor.get());
    match discount.rule.sku() {
        None => format!("takes {taken} off the {} that those before it left", amount(left)),
        Some(sku) => format!("takes {taken} off {}", shown(sku)),
    }
}
