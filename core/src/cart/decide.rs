//! The decisions: what a command causes in a cart, or why it does not happen. Pure; the cart is only read.

use alloc::string::String;
use alloc::vec::Vec;

use super::catalogue::{Actor, Tariff, Terms};
use super::command::{CartCommand, Currency, Quantity, StatedPrice};
use super::event::{
    CartClaimed, CartClosed, CartEvent, CartOpened, DiscountApplied, DiscountRemoved, ItemAdded, ItemQuantityChanged,
    ItemRemoved,
};
use super::limits::{DISCOUNTS_MAX, EVENTS_MAX, LINES_MAX, QUANTITY_MAX};
use super::pricing::{is_exact, price};
use super::refusal::CartRefusal;
use super::rule::Rule;
use super::state::{Cart, Contents};
use crate::aggregate::Head;
use crate::money::Price;
use crate::text::Text;

type Decision = Result<Vec<CartEvent>, CartRefusal>;

pub(super) fn decide(cart: &Cart, head: Head, command: &CartCommand, terms: Terms<'_>) -> Decision {
    let contents = match (command, cart) {
        (CartCommand::OpenCart { currency, owner_ref, token_hash }, Cart::Empty) => {
            return open(head, currency.as_ref(), owner_ref.clone(), token_hash.clone(), terms);
        }
        (CartCommand::OpenCart { .. }, Cart::Open(_)) => return Err(CartRefusal::CartAlreadyOpen {}),
        (_, Cart::Empty) => return Err(CartRefusal::CartNotFound {}),
        (_, Cart::Closed(contents, _)) => {
            may_act(contents, command, terms.actor)?;
            return Err(CartRefusal::CartClosed {});
        }
        (_, Cart::Open(contents)) => contents,
    };
    may_act(contents, command, terms.actor)?;
    let closes = matches!(command, CartCommand::CloseCart { .. });
    if head.version >= EVENTS_MAX && !closes {
        return Err(CartRefusal::too_many_events());
    }
    let deciding = Deciding { head, contents, terms };
    match command {
        CartCommand::OpenCart { .. } => Err(CartRefusal::CartAlreadyOpen {}),
        CartCommand::ClaimCart { owner_ref } => deciding.claim(owner_ref),
        CartCommand::AddItem { item_name, sku, quantity, price } => deciding.add(item_name, sku, *quantity, *price),
        CartCommand::ChangeQuantity { sku, quantity } => deciding.change_quantity(sku, *quantity),
        CartCommand::RemoveItem { sku } => deciding.remove(sku),
        CartCommand::ApplyDiscount { code, rule } => deciding.apply_discount(code, rule.as_ref()),
        CartCommand::RemoveDiscount { code } => deciding.remove_discount(code),
        CartCommand::CloseCart { reason } => {
            happened(CartEvent::CartClosed(CartClosed { shopping_cart_uuid: head.stream.uuid(), reason: *reason }))
        }
    }
}

fn happened(event: CartEvent) -> Decision {
    Ok([event].into())
}

fn open(
    head: Head,
    currency: Option<&Currency>,
    owner_ref: Option<String>,
    token_hash: Option<String>,
    terms: Terms<'_>,
) -> Decision {
    let stated = currency.map(|currency| String::from(currency.as_str()));
    let currency = match (stated, terms.tariff) {
        (Some(cart), Tariff::Catalogue(catalogue)) if cart != catalogue.currency => {
            return Err(CartRefusal::CurrencyMismatch { cart, catalogue: catalogue.currency.clone() });
        }
        (None, Tariff::Catalogue(catalogue)) => Some(catalogue.currency.clone()),
        (stated, _) => stated,
    };
    let shopping_cart_uuid = head.stream.uuid();
    happened(CartEvent::CartOpened(CartOpened { shopping_cart_uuid, currency, owner_ref, token_hash }))
}

/// An owned cart is its owner's; a cart with a token and no owner is for whoever has the token. Claiming takes the
/// token alone: it is how a cart gets its owner.
fn may_act(contents: &Contents, command: &CartCommand, actor: Actor<'_>) -> Result<(), CartRefusal> {
    let Actor::Shopper { owner_ref, token_hash } = actor else {
        return match (command, &contents.owner_ref) {
            (CartCommand::ClaimCart { owner_ref }, Some(owner)) if owner_ref != owner => Err(CartRefusal::NotOwner {}),
            _ => Ok(()),
        };
    };
    let claims_for_another = match command {
        CartCommand::ClaimCart { owner_ref: claimed } => owner_ref != Some(claimed),
        _ => false,
    };
    let allowed = match (&contents.owner_ref, &contents.token_hash) {
        (Some(owner), _) => owner_ref == Some(owner),
        (None, Some(hash)) => token_hash == Some(hash),
        (None, None) => true,
    };
    if allowed && !claims_for_another { Ok(()) } else { Err(CartRefusal::NotOwner {}) }
}

/// An open cart, and somebody who may change it.
struct Deciding<'a> {
    head: Head,
    contents: &'a Contents,
    terms: Terms<'a>,
}

impl Deciding<'_> {
    fn claim(&self, owner_ref: &str) -> Decision {
        happened(CartEvent::CartClaimed(CartClaimed {
            shopping_cart_uuid: self.head.stream.uuid(),
            owner_ref: owner_ref.into(),
        }))
    }

    fn add(&self, item_name: &Text, sku: &Text, quantity: Quantity, stated: Option<StatedPrice>) -> Decision {
        let price = self.price_of(sku, stated)?;
        match self.contents.line(sku.as_str()) {
            None if self.contents.lines.len() >= LINES_MAX => return Err(CartRefusal::too_many_lines()),
            Some(line) if line.quantity.saturating_add(quantity.pieces()).get() > QUANTITY_MAX => {
                return Err(CartRefusal::InvalidQuantity { min: 1, max: QUANTITY_MAX });
            }
            _ => {}
        }
        let added = ItemAdded {
            shopping_cart_uuid: self.head.stream.uuid(),
            item_name: item_name.as_str().into(),
            sku: Some(sku.as_str().into()),
            quantity: quantity.pieces(),
            price,
        };
        self.stays_exact(|contents| contents.add(&added))?;
        happened(CartEvent::ItemAdded(added))
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
        let line = self.line(sku)?;
        if line == quantity.pieces() {
            return Ok(Vec::new());
        }
        self.stays_exact(|contents| contents.set_quantity(sku.as_str(), quantity.pieces()))?;
        happened(CartEvent::ItemQuantityChanged(ItemQuantityChanged {
            shopping_cart_uuid: self.head.stream.uuid(),
            sku: sku.as_str().into(),
            quantity: quantity.pieces(),
        }))
    }

    fn remove(&self, sku: &Text) -> Decision {
        self.line(sku)?;
        happened(CartEvent::ItemRemoved(ItemRemoved {
            shopping_cart_uuid: self.head.stream.uuid(),
            sku: sku.as_str().into(),
        }))
    }

    fn line(&self, sku: &Text) -> Result<crate::money::Pieces, CartRefusal> {
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
        happened(CartEvent::DiscountApplied(DiscountApplied {
            shopping_cart_uuid: self.head.stream.uuid(),
            code: discount_code,
            rule,
        }))
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
        happened(CartEvent::DiscountRemoved(DiscountRemoved {
            shopping_cart_uuid: self.head.stream.uuid(),
            code: code.as_str().into(),
        }))
    }

    /// Tries a change on a copy: a command that would take any total past 2^53-1 is refused.
    fn stays_exact(&self, change: impl FnOnce(&mut Contents)) -> Result<(), CartRefusal> {
        let mut after = self.contents.clone();
        change(&mut after);
        if is_exact(&after) { Ok(()) } else { Err(CartRefusal::total_too_large()) }
    }
}
