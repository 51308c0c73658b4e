//! The decisions: what a command causes in a cart, or why it does not happen. Pure; the cart is only read.

use alloc::string::String;
use alloc::vec::Vec;

use smol_str::SmolStr;

use super::catalogue::{Actor, Tariff, Terms};
use super::command::{CartCommand, Currency, Quantity, StatedPrice};
use super::event::{
    CartClaimed, CartClosed, CartEvent, CartOpened, CloseReason, DiscountApplied, DiscountRemoved, ItemAdded,
    ItemQuantityChanged, ItemRemoved,
};
use super::limits::{DISCOUNTS_MAX, EVENTS_MAX, LINES_MAX, QUANTITY_MAX};
use super::pricing::{is_exact, price};
use super::refusal::CartRefusal;
use super::rule::Rule;
use super::state::{Cart, Contents};
use crate::aggregate::Head;
use crate::money::{Pieces, Price};
use crate::text::Text;

type Decision = Result<Vec<CartEvent>, CartRefusal>;

pub(super) fn decide(cart: &Cart, head: Head, command: &CartCommand, terms: Terms<'_>) -> Decision {
    match cart {
        Cart::Empty => {
            if let CartCommand::OpenCart { currency, owner_ref, token_hash } = command {
                open(head, currency.as_ref(), owner_ref.clone(), token_hash.clone(), terms)
            } else {
                Err(CartRefusal::CartNotFound {})
            }
        }
        Cart::Closed(contents, _) => {
            may_act(contents, command, terms.actor)?;
            Err(CartRefusal::CartClosed {})
        }
        Cart::Open(contents) => {
            may_act(contents, command, terms.actor)?;
            Deciding { head, contents, terms }.decide(command)
        }
    }
}

/// The one event that a command causes.
fn happened(event: CartEvent) -> Vec<CartEvent> {
    [event].into()
}

fn open(
    head: Head,
    currency: Option<&Currency>,
    owner_ref: Option<String>,
    token_hash: Option<String>,
    terms: Terms<'_>,
) -> Decision {
    let stated = currency.map(|currency| SmolStr::new(currency.as_str()));
    let currency = match (stated, terms.tariff) {
        (Some(cart), Tariff::Catalogue(catalogue)) if cart != catalogue.currency => {
            return Err(CartRefusal::CurrencyMismatch { cart: cart.into(), catalogue: catalogue.currency.clone() });
        }
        (None, Tariff::Catalogue(catalogue)) => Some(SmolStr::new(&catalogue.currency)),
        (stated, _) => stated,
    };
    let (owner_ref, token_hash) = (owner_ref.map(SmolStr::from), token_hash.map(SmolStr::from));
    let shopping_cart_uuid = head.stream.uuid();
    Ok(happened(CartEvent::CartOpened(CartOpened { shopping_cart_uuid, currency, owner_ref, token_hash })))
}

/// Who may see a cart may change it. Claiming takes the token alone: it is how a cart gets its owner. Opening is
/// anybody's: it can only find the cart open already.
fn may_act(contents: &Contents, command: &CartCommand, actor: Actor<'_>) -> Result<(), CartRefusal> {
    let claimed = match command {
        CartCommand::OpenCart { .. } => return Ok(()),
        CartCommand::ClaimCart { owner_ref } => Some(owner_ref.as_str()),
        CartCommand::AddItem { .. }
        | CartCommand::ChangeQuantity { .. }
        | CartCommand::RemoveItem { .. }
        | CartCommand::ApplyDiscount { .. }
        | CartCommand::RemoveDiscount { .. }
        | CartCommand::CloseCart { .. } => None,
    };
    let allowed = match actor {
        Actor::Trusted => {
            let owner = contents.owner_ref.as_deref();
            claimed.is_none() || owner.is_none() || claimed == owner
        }
        Actor::Shopper { owner_ref, .. } => actor.may_see(contents) && (claimed.is_none() || claimed == owner_ref),
    };
    if allowed { Ok(()) } else { Err(CartRefusal::NotOwner {}) }
}

/// An open cart, and somebody who may change it.
struct Deciding<'a> {
    head: Head,
    contents: &'a Contents,
    terms: Terms<'a>,
}

impl Deciding<'_> {
    fn decide(&self, command: &CartCommand) -> Decision {
        let closes = matches!(command, CartCommand::CloseCart { .. });
        if self.head.version >= EVENTS_MAX && !closes {
            return Err(CartRefusal::too_many_events());
        }
        match command {
            CartCommand::OpenCart { .. } => Err(CartRefusal::CartAlreadyOpen {}),
            CartCommand::ClaimCart { owner_ref } => Ok(self.claim(owner_ref)),
            CartCommand::AddItem { item_name, sku, quantity, price } => self.add(item_name, sku, *quantity, *price),
            CartCommand::ChangeQuantity { sku, quantity } => self.change_quantity(sku, *quantity),
            CartCommand::RemoveItem { sku } => self.remove(sku),
            CartCommand::ApplyDiscount { code, rule } => self.apply_discount(code, rule.as_ref()),
            CartCommand::RemoveDiscount { code } => self.remove_discount(code),
            CartCommand::CloseCart { reason } => Ok(self.close(*reason)),
        }
    }

    fn claim(&self, owner_ref: &str) -> Vec<CartEvent> {
        happened(CartEvent::CartClaimed(CartClaimed {
            shopping_cart_uuid: self.head.stream.uuid(),
            owner_ref: owner_ref.into(),
        }))
    }

    fn close(&self, reason: Option<CloseReason>) -> Vec<CartEvent> {
        let shopping_cart_uuid = self.head.stream.uuid();
        happened(CartEvent::CartClosed(CartClosed { shopping_cart_uuid, reason }))
    }

    fn add(&self, item_name: &Text, sku: &Text, quantity: Quantity, stated: Option<StatedPrice>) -> Decision {
        let price = self.price_of(sku, stated)?;
        match self.contents.line(sku.as_str()) {
            None if self.contents.lines.len() >= LINES_MAX => return Err(CartRefusal::too_many_lines()),
            Some(line) if line.quantity.saturating_add(quantity.pieces()).get() > QUANTITY_MAX => {
                return Err(CartRefusal::InvalidQuantity { min: 1, max: QUANTITY_MAX });
            }
            Some(_) | None => {}
        }
        let added = ItemAdded {
            shopping_cart_uuid: self.head.stream.uuid(),
            item_name: item_name.as_str().into(),
            sku: Some(sku.as_str().into()),
            quantity: quantity.pieces(),
            price,
        };
        self.stays_exact(|contents| contents.add(&added))?;
        Ok(happened(CartEvent::ItemAdded(added)))
    }

    /// The catalogue's price where there is a catalogue, else the one that was stated.
    fn price_of(&self, sku: &Text, stated: Option<StatedPrice>) -> Result<Option<Price>, CartRefusal> {
        let stated = stated.map(StatedPrice::price);
        let Tariff::Catalogue(catalogue) = self.terms.tariff else { return Ok(stated) };
        self.same_currency(&catalogue.currency)?;
        let Some(item) = catalogue.item(sku.as_str()) else {
            return Err(CartRefusal::ItemUnknown { sku: sku.as_str().into() });
        };
        match stated {
            Some(stated) if stated != item.price => {
                Err(CartRefusal::PriceChanged { sku: sku.as_str().into(), from: stated, to: item.price })
            }
            _ => Ok(Some(item.price)),
        }
    }

    fn same_currency(&self, catalogue: &str) -> Result<(), CartRefusal> {
        match &self.contents.currency {
            Some(cart) if cart != catalogue => {
                Err(CartRefusal::CurrencyMismatch { cart: cart.clone(), catalogue: catalogue.into() })
            }
            _ => Ok(()),
        }
    }

    fn change_quantity(&self, sku: &Text, quantity: Quantity) -> Decision {
        if self.quantity_of(sku)? == quantity.pieces() {
            return Ok(Vec::new());
        }
        self.stays_exact(|contents| contents.set_quantity(sku.as_str(), quantity.pieces()))?;
        Ok(happened(CartEvent::ItemQuantityChanged(ItemQuantityChanged {
            shopping_cart_uuid: self.head.stream.uuid(),
            sku: sku.as_str().into(),
            quantity: quantity.pieces(),
        })))
    }

    fn remove(&self, sku: &Text) -> Decision {
        self.quantity_of(sku)?;
        Ok(happened(CartEvent::ItemRemoved(ItemRemoved {
            shopping_cart_uuid: self.head.stream.uuid(),
            sku: sku.as_str().into(),
        })))
    }

    fn quantity_of(&self, sku: &Text) -> Result<Pieces, CartRefusal> {
        let line = self.contents.line(sku.as_str());
        line.map(|line| line.quantity).ok_or_else(|| CartRefusal::LineNotFound { sku: sku.as_str().into() })
    }

    fn apply_discount(&self, code: &Text, stated: Option<&Rule>) -> Decision {
        let rule = self.rule_of(code, stated)?;
        let discount_code = String::from(code.as_str());
        if self.contents.discount(&discount_code).is_some() {
            return Err(CartRefusal::DiscountAlreadyApplied { discount_code });
        }
        if self.contents.discounts.len() >= DISCOUNTS_MAX {
            return Err(CartRefusal::too_many_discounts());
        }
        let (min_subtotal_minor, subtotal_minor) = (rule.min_subtotal(), price(self.contents).subtotal);
        if subtotal_minor < min_subtotal_minor {
            return Err(CartRefusal::DiscountMinimumNotMet { discount_code, min_subtotal_minor, subtotal_minor });
        }
        Ok(happened(CartEvent::DiscountApplied(DiscountApplied {
            shopping_cart_uuid: self.head.stream.uuid(),
            code: code.clone().into(),
            rule,
        })))
    }

    /// Only history states its own rules; a shopper names a code, and the catalogue says what it does.
    fn rule_of(&self, code: &Text, stated: Option<&Rule>) -> Result<Rule, CartRefusal> {
        let unknown = || CartRefusal::DiscountUnknown { discount_code: code.as_str().into() };
        match (self.terms.tariff, stated) {
            (Tariff::History, Some(rule)) => Ok(rule.clone()),
            (Tariff::History, None) => Err(CartRefusal::InvalidDiscount {}),
            (Tariff::AsGiven, _) => Err(unknown()),
            (Tariff::Catalogue(catalogue), stated) => {
                self.same_currency(&catalogue.currency)?;
                let rule = catalogue.discount(code.as_str()).ok_or_else(unknown)?;
                if stated.is_some_and(|stated| stated != rule) {
                    return Err(CartRefusal::InvalidDiscount {});
                }
                Ok(rule.clone())
            }
        }
    }

    fn remove_discount(&self, code: &Text) -> Decision {
        if self.contents.discount(code.as_str()).is_none() {
            return Err(CartRefusal::DiscountNotApplied { discount_code: code.as_str().into() });
        }
        Ok(happened(CartEvent::DiscountRemoved(DiscountRemoved {
            shopping_cart_uuid: self.head.stream.uuid(),
            code: code.as_str().into(),
        })))
    }

    /// Tries a change on a copy: a command that would take any total past 2^53-1 is refused.
    fn stays_exact(&self, change: impl FnOnce(&mut Contents)) -> Result<(), CartRefusal> {
        let mut after = self.contents.clone();
        change(&mut after);
        if is_exact(&after) { Ok(()) } else { Err(CartRefusal::total_too_large()) }
    }
}
