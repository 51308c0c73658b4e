//! Where prices and discount rules come from, and what else a decision may look at besides the cart.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::rule::Rule;
use super::state::Contents;
use crate::index::Index;
use crate::money::Price;

/// What a decision may look at besides the cart.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// Where prices and rules come from.
    pub tariff: Tariff<'a>,
    /// Who asks.
    pub actor: Actor<'a>,
}

/// Where prices and rules come from.
#[derive(Clone, Copy, Debug)]
pub enum Tariff<'a> {
    /// There is no catalogue: prices are taken as given, and no discount code is known.
    AsGiven,
    /// The catalogue says. A stated price that differs has changed; an item that is not listed is unknown.
    Catalogue(&'a Catalogue),
    /// History is written down: prices and rules are taken as given.
    History,
}

/// Who asks. A host that switches no checks on answers [`Actor::Trusted`].
#[derive(Clone, Copy, Debug)]
pub enum Actor<'a> {
    /// The host vouches for the caller: operators, imports, a shop without accounts.
    Trusted,
    /// A shopper, with what they could prove.
    Shopper {
        /// Reference of the signed-in owner.
        owner_ref: Option<&'a str>,
        /// SHA-256 of the token they sent.
        token_hash: Option<&'a str>,
    },
}

impl Actor<'_> {
    /// Whether a cart with these contents is theirs to look at: an owned cart is its owner's, a cart with a token and
    /// no owner is for whoever has the token, one with neither is for everybody.
    #[must_use]
    pub fn may_see(self, contents: &Contents) -> bool {
        match (self, contents.owner_ref.as_deref(), contents.token_hash.as_deref()) {
            (Self::Trusted, ..) | (Self::Shopper { .. }, None, None) => true,
            (Self::Shopper { owner_ref, .. }, Some(owner), _) => owner_ref == Some(owner),
            (Self::Shopper { token_hash, .. }, None, Some(hash)) => token_hash == Some(hash),
        }
    }
}

impl Terms<'_> {
    /// No catalogue, a trusted caller.
    pub const AS_GIVEN: Self = Terms { tariff: Tariff::AsGiven, actor: Actor::Trusted };
    /// Writing history down.
    pub const HISTORY: Self = Terms { tariff: Tariff::History, actor: Actor::Trusted };
}

/// Prices and discount rules as the shop has them today.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "CatalogueFile", into = "CatalogueFile")]
pub struct Catalogue {
    /// Names this state of the catalogue; served as its `ETag`.
    pub version: String,
    /// ISO 4217 code of every amount in it.
    pub currency: String,
    items: Vec<CatalogueItem>,
    by_sku: Index,
    discounts: Vec<CatalogueDiscount>,
    by_code: Index,
}

/// An item for sale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogueItem {
    /// Its key.
    pub sku: String,
    /// What shoppers call it.
    pub item_name: String,
    /// What it costs.
    pub price: Price,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CatalogueFile {
    version: String,
    currency: String,
    items: Vec<CatalogueItem>,
    #[serde(default)]
    discounts: Vec<CatalogueDiscount>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CatalogueDiscount {
    code: String,
    rule: Rule,
}

impl Catalogue {
    /// A catalogue of items, and of discount codes with what they do. Of a sku or a code that comes again the last one
    /// counts.
    #[must_use]
    pub fn new(
        version: String,
        currency: String,
        items: Vec<CatalogueItem>,
        discounts: impl Iterator<Item = (String, Rule)>,
    ) -> Self {
        let discounts = discounts.map(|(code, rule)| CatalogueDiscount { code, rule }).collect();
        CatalogueFile { version, currency, items, discounts }.into()
    }

    /// All items.
    pub(crate) fn items(&self) -> &[CatalogueItem] {
        &self.items
    }

    /// All codes and what they do.
    pub(crate) fn discounts(&self) -> impl Iterator<Item = (&str, &Rule)> {
        self.discounts.iter().map(|discount| (discount.code.as_str(), &discount.rule))
    }

    /// The item with this sku.
    #[must_use]
    pub fn item(&self, sku: &str) -> Option<&CatalogueItem> {
        self.items.get(self.by_sku.get(sku)?)
    }

    /// What the code does.
    #[must_use]
    pub fn discount(&self, code: &str) -> Option<&Rule> {
        self.discounts.get(self.by_code.get(code)?).map(|discount| &discount.rule)
    }
}

impl From<CatalogueFile> for Catalogue {
    fn from(file: CatalogueFile) -> Self {
        let CatalogueFile { version, currency, items, discounts } = file;
        let by_sku = Index::of(items.iter().map(|item| item.sku.as_str()));
        let by_code = Index::of(discounts.iter().map(|discount| discount.code.as_str()));
        Self { version, currency, items, by_sku, discounts, by_code }
    }
}

impl From<Catalogue> for CatalogueFile {
    fn from(catalogue: Catalogue) -> Self {
        let Catalogue { version, currency, items, discounts, .. } = catalogue;
        Self { version, currency, items, discounts }
    }
}
