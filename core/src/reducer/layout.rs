//! The types that postcard writes, as the tables in the module above have them. Changing one changes the ABI.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::OwnTariff;
use crate::aggregate::Head;
use crate::cart::catalogue::CatalogueItem;
use crate::cart::event::CloseReason;
use crate::cart::state::{Contents, Discount, Line};
use crate::cart::{Cart, Catalogue, Rule, Tariff};
use crate::id::StreamId;
use crate::money::{Minor, OutOfRange, Per, Pieces, Price};
use crate::timeline::Moment;

#[derive(Serialize, Deserialize)]
pub(super) struct StateLayout<'a> {
    stream: Uuid,
    version: u64,
    unknown_events: u64,
    #[serde(borrow)]
    cart: CartLayout<'a>,
}

#[derive(Serialize, Deserialize)]
enum CartLayout<'a> {
    Empty,
    Open(#[serde(borrow)] ContentsLayout<'a>),
    Closed(#[serde(borrow)] ContentsLayout<'a>, Option<ReasonLayout>),
}

#[derive(Serialize, Deserialize)]
struct ContentsLayout<'a> {
    currency: Option<&'a str>,
    owner_ref: Option<&'a str>,
    token_hash: Option<&'a str>,
    #[serde(borrow)]
    lines: Vec<LineLayout<'a>>,
    #[serde(borrow)]
    discounts: Vec<DiscountLayout<'a>>,
}

/// Sku, item name, quantity, price.
type LineLayout<'a> = (&'a str, &'a str, u64, Option<PriceLayout>);
/// Code, rule.
type DiscountLayout<'a> = (&'a str, RuleLayout<'a>);

#[derive(Serialize, Deserialize)]
pub(super) enum TariffLayout<'a> {
    AsGiven,
    History,
    #[serde(borrow)]
    Catalogue(CatalogueLayout<'a>),
}

#[derive(Serialize, Deserialize)]
pub(super) struct CatalogueLayout<'a> {
    version: &'a str,
    currency: &'a str,
    #[serde(borrow)]
    items: Vec<ItemLayout<'a>>,
    #[serde(borrow)]
    discounts: Vec<DiscountLayout<'a>>,
}

/// Sku, item name, price.
type ItemLayout<'a> = (&'a str, &'a str, PriceLayout);

impl<'a> StateLayout<'a> {
    pub(super) fn of(moment: &'a Moment<Cart>) -> Self {
        let cart = match &moment.state {
            Cart::Empty => CartLayout::Empty,
            Cart::Open(contents) => CartLayout::Open(ContentsLayout::of(contents)),
            Cart::Closed(contents, reason) => {
                CartLayout::Closed(ContentsLayout::of(contents), reason.map(ReasonLayout::of))
            }
        };
        let Head { stream, version } = moment.head;
        Self { stream: stream.uuid(), version, unknown_events: moment.unknown_events, cart }
    }

    pub(super) fn moment(self) -> Result<Moment<Cart>, OutOfRange> {
        let state = match self.cart {
            CartLayout::Empty => Cart::Empty,
            CartLayout::Open(contents) => Cart::Open(contents.contents()?),
            CartLayout::Closed(contents, reason) => {
                Cart::Closed(contents.contents()?, reason.map(ReasonLayout::reason))
            }
        };
        let head = Head { stream: StreamId::new(self.stream), version: self.version };
        Ok(Moment { head, state, unknown_events: self.unknown_events })
    }
}

impl<'a> ContentsLayout<'a> {
    fn of(contents: &'a Contents) -> Self {
        let line = |line: &'a Line| {
            (line.sku.as_str(), line.item_name.as_str(), line.quantity.get(), line.price.map(price_layout))
        };
        Self {
            currency: contents.currency.as_deref(),
            owner_ref: contents.owner_ref.as_deref(),
            token_hash: contents.token_hash.as_deref(),
            lines: contents.lines.iter().map(line).collect(),
            discounts: contents.discounts.iter().map(|it| (it.code.as_str(), RuleLayout::of(&it.rule))).collect(),
        }
    }

    fn contents(self) -> Result<Contents, OutOfRange> {
        let line = |(sku, item_name, quantity, price): LineLayout<'_>| {
            let quantity = Pieces::try_from(quantity)?;
            let price = price.map(price_of).transpose()?;
            Ok(Line { sku: sku.into(), item_name: item_name.into(), quantity, price })
        };
        let discounts = self.discounts.into_iter().map(discount);
        Ok(Contents {
            currency: self.currency.map(Into::into),
            owner_ref: self.owner_ref.map(Into::into),
            token_hash: self.token_hash.map(Into::into),
            lines: self.lines.into_iter().map(line).collect::<Result<_, _>>()?,
            discounts: discounts
                .map(|read| read.map(|(code, rule)| Discount { code: code.into(), rule }))
                .collect::<Result<_, _>>()?,
        })
    }
}

impl<'a> TariffLayout<'a> {
    pub(super) fn of(tariff: Tariff<'a>) -> Self {
        match tariff {
            Tariff::AsGiven => Self::AsGiven,
            Tariff::History => Self::History,
            Tariff::Catalogue(catalogue) => Self::Catalogue(CatalogueLayout::of(catalogue)),
        }
    }

    pub(super) fn tariff(self) -> Result<OwnTariff, OutOfRange> {
        Ok(match self {
            Self::AsGiven => OwnTariff::AsGiven,
            Self::History => OwnTariff::History,
            Self::Catalogue(catalogue) => OwnTariff::Catalogue(catalogue.catalogue()?),
        })
    }
}

impl<'a> CatalogueLayout<'a> {
    fn of(catalogue: &'a Catalogue) -> Self {
        let item = |item: &'a CatalogueItem| (item.sku.as_str(), item.item_name.as_str(), price_layout(item.price));
        Self {
            version: &catalogue.version,
            currency: &catalogue.currency,
            items: catalogue.items().iter().map(item).collect(),
            discounts: catalogue.discounts().map(|(code, rule)| (code, RuleLayout::of(rule))).collect(),
        }
    }

    fn catalogue(self) -> Result<Catalogue, OutOfRange> {
        let item = |(sku, item_name, price): ItemLayout<'_>| {
            Ok(CatalogueItem { sku: sku.into(), item_name: item_name.into(), price: price_of(price)? })
        };
        let items = self.items.into_iter().map(item).collect::<Result<_, _>>()?;
        let discounts = self.discounts.into_iter().map(discount).collect::<Result<Vec<_>, _>>()?;
        let discounts = discounts.into_iter().map(|(code, rule)| (code.into(), rule));
        Ok(Catalogue::new(self.version.into(), self.currency.into(), items, discounts))
    }
}

fn discount((code, rule): DiscountLayout<'_>) -> Result<(&str, Rule), OutOfRange> {
    Ok((code, rule.rule()?.to_owned()))
}

/// A price: minor, per.
type PriceLayout = (u64, u64);

/// A discount rule: its number, its sku, its least subtotal.
#[derive(Serialize, Deserialize)]
enum RuleLayout<'a> {
    PercentOff(u64, Option<&'a str>, Option<u64>),
    AmountOff(u64, Option<&'a str>, Option<u64>),
}

/// How a cart ended.
#[derive(Serialize, Deserialize)]
enum ReasonLayout {
    CheckedOut,
    Abandoned,
    Discarded,
}

const fn price_layout(price: Price) -> PriceLayout {
    (price.minor.get(), price.per.get())
}

fn price_of((minor, per): PriceLayout) -> Result<Price, OutOfRange> {
    Ok(Price { minor: Minor::try_from(minor)?, per: Per::try_from(per)? })
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

    #[inline]
    fn rule(self) -> Result<Rule<&'a str>, OutOfRange> {
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
    const fn of(reason: CloseReason) -> Self {
        match reason {
            CloseReason::CheckedOut => Self::CheckedOut,
            CloseReason::Abandoned => Self::Abandoned,
            CloseReason::Discarded => Self::Discarded,
        }
    }

    const fn reason(self) -> CloseReason {
        match self {
            Self::CheckedOut => CloseReason::CheckedOut,
            Self::Abandoned => CloseReason::Abandoned,
            Self::Discarded => CloseReason::Discarded,
        }
    }
}
