//! The prices and discount rules that a history states: what a command that is issued in it may be judged by.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::asked::{stated_price, stated_rule};
use crate::cart::event::DiscountApplied;
use crate::cart::request::{RequestedPrice, RequestedRule};
use crate::cart::{CartEvent, CartRefusal, CartRequest};

/// What was stated, each with the version that stated it, oldest first.
#[derive(Default)]
pub(super) struct Stated {
    prices: BTreeMap<String, Vec<(u64, RequestedPrice)>>,
    rules: BTreeMap<String, Vec<(u64, RequestedRule)>>,
}

impl Stated {
    /// Notes what an event states.
    pub(super) fn note(&mut self, version: u64, event: &CartEvent<&str>) {
        match event {
            CartEvent::ItemAdded(added) => {
                if let Some(price) = added.price {
                    self.prices.entry(added.line_sku().into()).or_default().push((version, stated_price(price)));
                }
            }
            CartEvent::DiscountApplied(DiscountApplied { code, rule, .. }) => {
                self.rules.entry((*code).into()).or_default().push((version, stated_rule(rule)));
            }
            CartEvent::CartOpened(_)
            | CartEvent::CartClaimed(_)
            | CartEvent::ItemQuantityChanged(_)
            | CartEvent::ItemRemoved(_)
            | CartEvent::DiscountRemoved(_)
            | CartEvent::CartClosed(_) => {}
        }
    }

    /// The request behind a version with what it leaves open filled in. A code whose rule nobody stated is unknown.
    pub(super) fn complete(&self, request: &CartRequest, after: u64) -> Result<CartRequest, CartRefusal> {
        let mut request = request.clone();
        if let CartRequest::AddItem(add) = &mut request {
            let sku = add.sku.as_ref().unwrap_or(&add.item_name).trim();
            let stated = || nearest(self.prices.get(sku)?, after);
            add.price = add.price.or_else(stated);
        } else if let CartRequest::ApplyDiscount(apply) = &mut request {
            let code = apply.code.trim();
            let stated = || nearest(self.rules.get(code)?, after);
            apply.rule = apply.rule.take().or_else(stated);
            if apply.rule.is_none() {
                return Err(CartRefusal::DiscountUnknown { discount_code: code.into() });
            }
        }
        Ok(request)
    }
}

/// What was stated last up to a version, or else first behind it.
fn nearest<T: Clone>(stated: &[(u64, T)], after: u64) -> Option<T> {
    let until = stated.iter().rev().find(|(version, _)| *version <= after);
    until.or_else(|| stated.first()).map(|(_, value)| value.clone())
}
