//! From an event back to the command that would cause it. Every price and every rule in the event is stated by the
//! command, as an import states them, so that no catalogue of another day is asked.

use alloc::string::String;

use crate::cart::event::{
    CartClaimed, CartClosed, CartOpened, DiscountApplied, DiscountRemoved, ItemAdded, ItemQuantityChanged, ItemRemoved,
};
use crate::cart::request::{
    AddItem, ApplyDiscount, ChangeQuantity, ClaimCart, CloseCart, OpenCart, RemoveDiscount, RemoveItem, RequestedPrice,
    RequestedRule, RuleKind,
};
use crate::cart::{CartEvent, CartRequest, Rule};
use crate::money::{Minor, Price};

/// The command whose event this is. Its values need not pass their checks: facts have no limits.
pub(super) fn request_of<T: AsRef<str>>(event: &CartEvent<T>) -> CartRequest {
    let own = |text: &T| String::from(text.as_ref());
    let maybe = |text: &Option<T>| text.as_ref().map(own);
    match event {
        CartEvent::CartOpened(CartOpened { shopping_cart_uuid: _, currency, owner_ref, token_hash }) => {
            let (owner_ref, token_hash) = (maybe(owner_ref), maybe(token_hash));
            CartRequest::OpenCart(OpenCart { currency: maybe(currency), owner_ref, token_hash })
        }
        CartEvent::CartClaimed(CartClaimed { shopping_cart_uuid: _, owner_ref }) => {
            CartRequest::ClaimCart(ClaimCart { owner_ref: own(owner_ref) })
        }
        CartEvent::ItemAdded(ItemAdded { shopping_cart_uuid: _, item_name, sku, quantity, price }) => {
            CartRequest::AddItem(AddItem {
                item_name: own(item_name),
                sku: maybe(sku),
                quantity: Some(signed(quantity.get())),
                price: price.map(stated_price),
            })
        }
        CartEvent::ItemQuantityChanged(ItemQuantityChanged { shopping_cart_uuid: _, sku, quantity }) => {
            CartRequest::ChangeQuantity(ChangeQuantity { sku: own(sku), quantity: signed(quantity.get()) })
        }
        CartEvent::ItemRemoved(ItemRemoved { shopping_cart_uuid: _, sku }) => {
            CartRequest::RemoveItem(RemoveItem { sku: own(sku) })
        }
        CartEvent::DiscountApplied(DiscountApplied { shopping_cart_uuid: _, code, rule }) => {
            CartRequest::ApplyDiscount(ApplyDiscount { code: own(code), rule: Some(stated_rule(rule)) })
        }
        CartEvent::DiscountRemoved(DiscountRemoved { shopping_cart_uuid: _, code }) => {
            CartRequest::RemoveDiscount(RemoveDiscount { code: own(code) })
        }
        CartEvent::CartClosed(CartClosed { shopping_cart_uuid: _, reason }) => {
            CartRequest::CloseCart(CloseCart { reason: *reason })
        }
    }
}

pub(super) fn stated_price(price: Price) -> RequestedPrice {
    RequestedPrice { minor: signed(price.minor.get()), per: signed(price.per.get()) }
}

pub(super) fn stated_rule<T: AsRef<str>>(rule: &Rule<T>) -> RequestedRule {
    let (kind, basis_points, minor) = match rule {
        Rule::PercentOff { basis_points, .. } => (RuleKind::PercentOff, Some(signed(*basis_points)), None),
        Rule::AmountOff { minor, .. } => (RuleKind::AmountOff, None, Some(signed(minor.get()))),
    };
    let (Rule::PercentOff { min_subtotal_minor, .. } | Rule::AmountOff { min_subtotal_minor, .. }) = rule;
    RequestedRule {
        kind,
        basis_points,
        minor,
        sku: rule.sku().map(Into::into),
        min_subtotal_minor: min_subtotal_minor.map(Minor::get).map(signed),
    }
}

/// A number as a command has it. What is too large for one is too large for every limit as well.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
