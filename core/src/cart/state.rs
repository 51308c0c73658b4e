//! The cart, and how each fact changes it.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::catalogue::Terms;
use super::command::CartCommand;
use super::decide::decide;
use super::event::{CartEvent, CartOpened, CloseReason, ItemAdded};
use super::refusal::CartRefusal;
use super::rule::Rule;
use super::sku::{Sku, Sought};
use crate::aggregate::{Aggregate, Head};
use crate::money::{Pieces, Price};

/// A shopping cart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cart {
    /// Nobody took it yet.
    #[default]
    Empty,
    /// In use.
    Open(Contents),
    /// At its end, with what was in it then.
    Closed(Contents, Option<CloseReason>),
}

/// What is in a cart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// ISO 4217 code of every amount.
    pub currency: Option<String>,
    /// Opaque reference to the owner.
    pub owner_ref: Option<String>,
    /// SHA-256 of the cart's token.
    pub token_hash: Option<String>,
    /// In the order in which their items were first added.
    pub lines: Vec<Line>,
    /// In the order in which they were applied.
    pub discounts: Vec<Discount>,
}

/// One item and how many pieces of it. Its texts lie in the line itself as long as they are short, as skus and most
/// names are: what is folded a million times a second allocates for hardly any line, and searching the lines of a cart
/// stays in one place of memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Key of the line.
    pub sku: Sku,
    /// What the shopper calls the item.
    pub item_name: SmolStr,
    /// Pieces.
    pub quantity: Pieces,
    /// The price of the newest add that stated one.
    pub price: Option<Price>,
}

/// A discount code and what it does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discount {
    /// The code.
    pub code: String,
    /// What it does.
    pub rule: Rule,
}

impl Cart {
    /// What is in it; nothing for a cart that was never opened.
    #[must_use]
    pub const fn contents(&self) -> Option<&Contents> {
        match self {
            Self::Empty => None,
            Self::Open(contents) | Self::Closed(contents, _) => Some(contents),
        }
    }
}

impl Contents {
    /// The line with this sku.
    #[must_use]
    pub fn line(&self, sku: &str) -> Option<&Line> {
        let sought = Sought::new(sku);
        self.lines.iter().find(|line| sought.is(&line.sku))
    }

    /// The discount with this code.
    #[must_use]
    pub fn discount(&self, code: &str) -> Option<&Discount> {
        self.discounts.iter().find(|discount| discount.code == code)
    }

    #[inline]
    pub(super) fn add<T: AsRef<str>>(&mut self, added: &ItemAdded<T>) {
        let sku = added.line_sku();
        if let Some(line) = self.line_mut(sku) {
            line.quantity = line.quantity.saturating_add(added.quantity);
            line.price = added.price.or(line.price);
        } else {
            self.begin(sku, added.item_name.as_ref(), added.quantity, added.price);
        }
    }

    /// Apart from raising a line, which is what most additions to a long history do.
    #[inline(never)]
    fn begin(&mut self, sku: &str, item_name: &str, quantity: Pieces, price: Option<Price>) {
        self.lines.push(Line { sku: sku.into(), item_name: item_name.into(), quantity, price });
    }

    #[inline]
    fn line_mut(&mut self, sku: &str) -> Option<&mut Line> {
        let sought = Sought::new(sku);
        self.lines.iter_mut().find(|line| sought.is(&line.sku))
    }

    pub(super) fn remove(&mut self, sku: &str) {
        let sought = Sought::new(sku);
        if let Some(place) = self.lines.iter().position(|line| sought.is(&line.sku)) {
            self.lines.remove(place);
        }
    }

    #[inline]
    pub(super) fn set_quantity(&mut self, sku: &str, quantity: Pieces) {
        if let Some(line) = self.line_mut(sku) {
            line.quantity = quantity;
        }
    }

    pub(super) fn apply_discount<T: AsRef<str>>(&mut self, code: &str, rule: &Rule<T>) {
        self.discounts.push(Discount { code: code.into(), rule: rule.to_owned() });
    }
}

impl Cart {
    /// How each fact changes the cart, whoever owns the fact's texts. Every event by every state is said here; a fact
    /// that makes no sense in a state changes nothing.
    #[cfg_attr(feature = "quick", inline(always))]
    pub fn evolve_by<T: AsRef<str>>(&mut self, event: &CartEvent<T>) {
        match (event, &mut *self) {
            (CartEvent::CartOpened(opened), Self::Empty) => *self = Self::Open(Contents::opened(opened)),
            (CartEvent::CartClaimed(claimed), Self::Open(contents)) => {
                contents.owner_ref = Some(claimed.owner_ref.as_ref().into());
            }
            (CartEvent::ItemAdded(added), Self::Open(contents)) => contents.add(added),
            (CartEvent::ItemQuantityChanged(changed), Self::Open(contents)) => {
                contents.set_quantity(changed.sku.as_ref(), changed.quantity);
            }
            (CartEvent::ItemRemoved(removed), Self::Open(contents)) => {
                contents.remove(removed.sku.as_ref());
            }
            (CartEvent::DiscountApplied(applied), Self::Open(contents)) => {
                contents.apply_discount(applied.code.as_ref(), &applied.rule);
            }
            (CartEvent::DiscountRemoved(removed), Self::Open(contents)) => {
                contents.discounts.retain(|discount| discount.code != removed.code.as_ref());
            }
            (CartEvent::CartClosed(closed), Self::Open(contents)) => {
                *self = Self::Closed(core::mem::take(contents), closed.reason);
            }
            (CartEvent::CartOpened(_), Self::Open(_) | Self::Closed(..))
            | (
                CartEvent::CartClaimed(_)
                | CartEvent::ItemAdded(_)
                | CartEvent::ItemQuantityChanged(_)
                | CartEvent::ItemRemoved(_)
                | CartEvent::DiscountApplied(_)
                | CartEvent::DiscountRemoved(_)
                | CartEvent::CartClosed(_),
                Self::Empty | Self::Closed(..),
            ) => {}
        }
    }
}

impl Aggregate for Cart {
    type Event = CartEvent;
    type Command = CartCommand;
    type Refusal = CartRefusal;
    type Terms<'a> = Terms<'a>;

    fn decide(&self, head: Head, command: &CartCommand, terms: Terms<'_>) -> Result<Vec<CartEvent>, CartRefusal> {
        decide(self, head, command, terms)
    }

    fn evolve(&mut self, event: &CartEvent) {
        self.evolve_by(event);
    }

    fn command_reused() -> CartRefusal {
        CartRefusal::CommandReused {}
    }

    fn ended(&self) -> bool {
        matches!(self, Self::Closed(..))
    }
}

impl Contents {
    fn opened<T: AsRef<str>>(opened: &CartOpened<T>) -> Self {
        let own = |text: &Option<T>| text.as_ref().map(|text| text.as_ref().into());
        Self {
            currency: own(&opened.currency),
            owner_ref: own(&opened.owner_ref),
            token_hash: own(&opened.token_hash),
            lines: Vec::new(),
            discounts: Vec::new(),
        }
    }
}
