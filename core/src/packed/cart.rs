//! The events of a cart as postcard has them, see the table in the module above. Changing one changes the ABI; a new
//! event takes the next number.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Packed;
use crate::cart::event::{
    CartClaimed, CartClosed, CartOpened, CloseReason, DiscountApplied, DiscountRemoved, ItemAdded, ItemQuantityChanged,
    ItemRemoved,
};
use crate::cart::{Cart, CartEvent, Rule};
use crate::id::StreamId;
use crate::money::{Minor, OutOfRange, Per, Pieces, Price};

/// The cart that an event's data names: none when it is the stream's own.
type Named = Option<Uuid>;

/// A price: minor, per.
pub(crate) type PriceLayout = (u64, u64);

/// An event of a cart.
#[derive(Serialize, Deserialize)]
#[allow(missing_docs, reason = "the table in the module above says what each field is")]
pub enum CartEventLayout<'a> {
    CartOpened(Named, Option<&'a str>, Option<&'a str>, Option<&'a str>),
    CartClaimed(Named, &'a str),
    ItemAdded(Named, &'a str, Option<&'a str>, u64, Option<PriceLayout>),
    ItemQuantityChanged(Named, &'a str, u64),
    ItemRemoved(Named, &'a str),
    DiscountApplied(Named, &'a str, #[serde(borrow)] RuleLayout<'a>),
    DiscountRemoved(Named, &'a str),
    CartClosed(Named, Option<ReasonLayout>),
}

/// A discount rule: its number, its sku, its least subtotal.
#[derive(Serialize, Deserialize)]
#[allow(missing_docs, reason = "the table in the module above says what each field is")]
pub enum RuleLayout<'a> {
    PercentOff(u64, Option<&'a str>, Option<u64>),
    AmountOff(u64, Option<&'a str>, Option<u64>),
}

/// How a cart ended.
#[derive(Serialize, Deserialize)]
#[allow(missing_docs, reason = "the table in the module above says what each number is")]
pub enum ReasonLayout {
    CheckedOut,
    Abandoned,
    Discarded,
}

impl Packed for Cart {
    type Borrowed<'a> = CartEvent<&'a str>;
    type Layout<'a> = CartEventLayout<'a>;

    fn layout(stream: StreamId, event: &CartEvent) -> CartEventLayout<'_> {
        let named = |cart: Uuid| (cart != stream.uuid()).then_some(cart);
        match event {
            CartEvent::CartOpened(CartOpened { shopping_cart_uuid, currency, owner_ref, token_hash }) => {
                let (owner_ref, token_hash) = (owner_ref.as_deref(), token_hash.as_deref());
                CartEventLayout::CartOpened(named(*shopping_cart_uuid), currency.as_deref(), owner_ref, token_hash)
            }
            CartEvent::CartClaimed(CartClaimed { shopping_cart_uuid, owner_ref }) => {
                CartEventLayout::CartClaimed(named(*shopping_cart_uuid), owner_ref)
            }
            CartEvent::ItemAdded(ItemAdded { shopping_cart_uuid, item_name, sku, quantity, price }) => {
                let price = price.map(price_layout);
                let cart = named(*shopping_cart_uuid);
                CartEventLayout::ItemAdded(cart, item_name, sku.as_deref(), quantity.get(), price)
            }
            CartEvent::ItemQuantityChanged(ItemQuantityChanged { shopping_cart_uuid, sku, quantity }) => {
                CartEventLayout::ItemQuantityChanged(named(*shopping_cart_uuid), sku, quantity.get())
            }
            CartEvent::ItemRemoved(ItemRemoved { shopping_cart_uuid, sku }) => {
                CartEventLayout::ItemRemoved(named(*shopping_cart_uuid), sku)
            }
            CartEvent::DiscountApplied(DiscountApplied { shopping_cart_uuid, code, rule }) => {
                CartEventLayout::DiscountApplied(named(*shopping_cart_uuid), code, RuleLayout::of(rule))
            }
            CartEvent::DiscountRemoved(DiscountRemoved { shopping_cart_uuid, code }) => {
                CartEventLayout::DiscountRemoved(named(*shopping_cart_uuid), code)
            }
            CartEvent::CartClosed(CartClosed { shopping_cart_uuid, reason }) => {
                CartEventLayout::CartClosed(named(*shopping_cart_uuid), reason.map(ReasonLayout::of))
            }
        }
    }

    #[inline]
    fn borrow(stream: StreamId, layout: Self::Layout<'_>) -> Result<Self::Borrowed<'_>, OutOfRange> {
        let named = |cart: Named| cart.unwrap_or(stream.uuid());
        Ok(match layout {
            CartEventLayout::CartOpened(cart, currency, owner_ref, token_hash) => {
                let shopping_cart_uuid = named(cart);
                CartEvent::CartOpened(CartOpened { shopping_cart_uuid, currency, owner_ref, token_hash })
            }
            CartEventLayout::CartClaimed(cart, owner_ref) => {
                CartEvent::CartClaimed(CartClaimed { shopping_cart_uuid: named(cart), owner_ref })
            }
            CartEventLayout::ItemAdded(cart, item_name, sku, quantity, price) => {
                let (shopping_cart_uuid, quantity) = (named(cart), Pieces::try_from(quantity)?);
                let price = price.map(price_of).transpose()?;
                CartEvent::ItemAdded(ItemAdded { shopping_cart_uuid, item_name, sku, quantity, price })
            }
            CartEventLayout::ItemQuantityChanged(cart, sku, quantity) => {
                let (shopping_cart_uuid, quantity) = (named(cart), Pieces::try_from(quantity)?);
                CartEvent::ItemQuantityChanged(ItemQuantityChanged { shopping_cart_uuid, sku, quantity })
            }
            CartEventLayout::ItemRemoved(cart, sku) => {
                CartEvent::ItemRemoved(ItemRemoved { shopping_cart_uuid: named(cart), sku })
            }
            CartEventLayout::DiscountApplied(cart, code, rule) => {
                let (shopping_cart_uuid, rule) = (named(cart), rule.rule()?);
                CartEvent::DiscountApplied(DiscountApplied { shopping_cart_uuid, code, rule })
            }
            CartEventLayout::DiscountRemoved(cart, code) => {
                CartEvent::DiscountRemoved(DiscountRemoved { shopping_cart_uuid: named(cart), code })
            }
            CartEventLayout::CartClosed(cart, reason) => {
                let (shopping_cart_uuid, reason) = (named(cart), reason.map(ReasonLayout::reason));
                CartEvent::CartClosed(CartClosed { shopping_cart_uuid, reason })
            }
        })
    }

    fn own(event: &CartEvent<&str>) -> CartEvent {
        event.to_owned()
    }

    #[inline]
    fn evolve_borrowed(&mut self, event: &CartEvent<&str>) {
        self.evolve_by(event);
    }
}

pub(crate) const fn price_layout(price: Price) -> PriceLayout {
    (price.minor.get(), price.per.get())
}

pub(crate) fn price_of((minor, per): PriceLayout) -> Result<Price, OutOfRange> {
    Ok(Price { minor: Minor::try_from(minor)?, per: Per::try_from(per)? })
}

impl<'a> RuleLayout<'a> {
    pub(crate) fn of(rule: &'a Rule) -> Self {
        match rule {
            Rule::PercentOff { basis_points, sku, min_subtotal_minor } => {
                Self::PercentOff(*basis_points, sku.as_deref(), min_subtotal_minor.map(Minor::get))
            }
            Rule::AmountOff { minor, sku, min_subtotal_minor } => {
                Self::AmountOff(minor.get(), sku.as_deref(), min_subtotal_minor.map(Minor::get))
            }
        }
    }

    #[inline]
    pub(crate) fn rule(self) -> Result<Rule<&'a str>, OutOfRange> {
        let least = |minor: Option<u64>| minor.map(Minor::try_from).transpose();
        Ok(match self {
            Self::PercentOff(basis_points, sku, minor) => {
                Rule::PercentOff { basis_points, sku, min_subtotal_minor: least(minor)? }
            }
            Self::AmountOff(amount, sku, minor) => {
                Rule::AmountOff { minor: Minor::try_from(amount)?, sku, min_subtotal_minor: least(minor)? }
            }
        })
    }
}

impl ReasonLayout {
    pub(crate) const fn of(reason: CloseReason) -> Self {
        match reason {
            CloseReason::CheckedOut => Self::CheckedOut,
            CloseReason::Abandoned => Self::Abandoned,
            CloseReason::Discarded => Self::Discarded,
        }
    }

    pub(crate) const fn reason(self) -> CloseReason {
        match self {
            Self::CheckedOut => CloseReason::CheckedOut,
            Self::Abandoned => CloseReason::Abandoned,
            Self::Discarded => CloseReason::Discarded,
        }
    }
}
