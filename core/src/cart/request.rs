//! What callers send: the right types, any values. A request becomes a [`CartCommand`] by passing the checks here, the
//! same ones on the network and in the browser. A wrong value is that command's refusal, not the request's fault.

use alloc::string::String;

use serde::{Deserialize, Deserializer, Serialize};
use smol_str::SmolStr;

use super::command::{CartCommand, Currency, Quantity, StatedPrice};
use super::event::CloseReason;
use super::limits::{BASIS_POINTS_MAX, PRICE_PER_MAX, QUANTITY_MAX, REFERENCE_BYTES_MAX};
use super::refusal::CartRefusal;
use super::rule::Rule;
use crate::hash::Fingerprint;
use crate::money::{Minor, SAFE_MAX};
use crate::text::Text;

/// A command as sent. The wire form is `{"type": "AddItem", "data": {…}}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum CartRequest {
    /// Take a cart.
    OpenCart(OpenCart),
    /// Become its owner.
    ClaimCart(ClaimCart),
    /// Put pieces in.
    AddItem(AddItem),
    /// Set a line's quantity.
    ChangeQuantity(ChangeQuantity),
    /// Take a line out.
    RemoveItem(RemoveItem),
    /// Enter a discount code.
    ApplyDiscount(ApplyDiscount),
    /// Take a discount code out.
    RemoveDiscount(RemoveDiscount),
    /// End it.
    CloseCart(CloseCart),
}

/// Data of `OpenCart`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenCart {
    /// Three capital letters; the catalogue's currency when absent.
    #[serde(default)]
    pub currency: Option<String>,
    /// The owner, if there is one already.
    #[serde(default)]
    pub owner_ref: Option<String>,
    /// SHA-256 of the cart's token, 64 lower-case hexadecimal digits.
    #[serde(default)]
    pub token_hash: Option<String>,
}

/// Data of `ClaimCart`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimCart {
    /// The owner.
    pub owner_ref: String,
}

/// Data of `AddItem`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddItem {
    /// What the shopper calls it.
    pub item_name: String,
    /// Key of the line; the item's name when absent.
    #[serde(default)]
    pub sku: Option<String>,
    /// Pieces; 1 when absent.
    #[serde(default)]
    pub quantity: Option<i64>,
    /// What the caller believes it costs.
    #[serde(default)]
    pub price: Option<RequestedPrice>,
}

/// A price as sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestedPrice {
    /// Minor units for `per` pieces.
    pub minor: i64,
    /// Pieces; 1 when absent.
    #[serde(default = "one")]
    pub per: i64,
}

const fn one() -> i64 {
    1
}

/// Data of `ChangeQuantity`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeQuantity {
    /// The line.
    pub sku: String,
    /// Its quantity from now on.
    pub quantity: i64,
}

/// Data of `RemoveItem`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoveItem {
    /// The line.
    pub sku: String,
}

/// Data of `ApplyDiscount`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApplyDiscount {
    /// The code.
    pub code: String,
    /// What it does; only an import states it, otherwise the catalogue says.
    #[serde(default)]
    pub rule: Option<RequestedRule>,
}

/// A rule as sent: its kind, and the members that kind has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestedRule {
    /// `percent_off` or `amount_off`.
    pub kind: RuleKind,
    /// For `percent_off`: 1..=10000.
    #[serde(default)]
    pub basis_points: Option<i64>,
    /// For `amount_off`: at least 1.
    #[serde(default)]
    pub minor: Option<i64>,
    /// Only off this line.
    #[serde(default)]
    pub sku: Option<String>,
    /// Only while the subtotal is at least this.
    #[serde(default)]
    pub min_subtotal_minor: Option<i64>,
}

/// The kinds of rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RuleKind {
    /// A share.
    #[serde(rename = "percent_off")]
    PercentOff,
    /// A fixed amount.
    #[serde(rename = "amount_off")]
    AmountOff,
}

/// Data of `RemoveDiscount`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoveDiscount {
    /// The code.
    pub code: String,
}

/// Data of `CloseCart`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CloseCart {
    /// How it ended.
    #[serde(default)]
    pub reason: Option<CloseReason>,
}

impl CartRequest {
    /// Wire names of all requests, with the members their data may have; what is not listed is unknown.
    pub const SHAPES: [(&'static str, &'static [&'static str]); 8] = [
        ("OpenCart", &["currency", "owner_ref", "token_hash"]),
        ("ClaimCart", &["owner_ref"]),
        ("AddItem", &["item_name", "sku", "quantity", "price"]),
        ("ChangeQuantity", &["sku", "quantity"]),
        ("RemoveItem", &["sku"]),
        ("ApplyDiscount", &["code", "rule"]),
        ("RemoveDiscount", &["code"]),
        ("CloseCart", &["reason"]),
    ];

    /// Reads the data of the request called `name`; `None` when there is no such request. Fails on a wrong type, a
    /// missing member or an unknown one.
    pub fn deserialize_data<'de, D: Deserializer<'de>>(name: &str, data: D) -> Result<Option<Self>, D::Error> {
        Ok(Some(match name {
            "OpenCart" => Self::OpenCart(Deserialize::deserialize(data)?),
            "ClaimCart" => Self::ClaimCart(Deserialize::deserialize(data)?),
            "AddItem" => Self::AddItem(Deserialize::deserialize(data)?),
            "ChangeQuantity" => Self::ChangeQuantity(Deserialize::deserialize(data)?),
            "RemoveItem" => Self::RemoveItem(Deserialize::deserialize(data)?),
            "ApplyDiscount" => Self::ApplyDiscount(Deserialize::deserialize(data)?),
            "RemoveDiscount" => Self::RemoveDiscount(Deserialize::deserialize(data)?),
            "CloseCart" => Self::CloseCart(Deserialize::deserialize(data)?),
            _ => return Ok(None),
        }))
    }

    /// The wire name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::OpenCart(_) => "OpenCart",
            Self::ClaimCart(_) => "ClaimCart",
            Self::AddItem(_) => "AddItem",
            Self::ChangeQuantity(_) => "ChangeQuantity",
            Self::RemoveItem(_) => "RemoveItem",
            Self::ApplyDiscount(_) => "ApplyDiscount",
            Self::RemoveDiscount(_) => "RemoveDiscount",
            Self::CloseCart(_) => "CloseCart",
        }
    }

    /// Fingerprint of the content as sent. Stored beside every event, so this layout never changes: new members come
    /// at the end of a new request type.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self)
    }

    /// Checks every value.
    pub fn check(&self) -> Result<CartCommand, CartRefusal> {
        self.checked().map_err(Wrong::refusal)
    }

    fn checked(&self) -> Result<CartCommand, Wrong> {
        Ok(match self {
            Self::OpenCart(open) => CartCommand::OpenCart {
                currency: open.currency.as_deref().map(currency).transpose()?,
                owner_ref: open.owner_ref.as_deref().map(reference).transpose()?,
                token_hash: open.token_hash.as_deref().map(token_hash).transpose()?,
            },
            Self::ClaimCart(claim) => CartCommand::ClaimCart { owner_ref: reference(&claim.owner_ref)? },
            Self::AddItem(add) => {
                let item_name = text(&add.item_name, Wrong::ItemName)?;
                let sku = match &add.sku {
                    Some(sku) => text(sku, Wrong::Sku)?,
                    None => item_name.clone(),
                };
                let quantity = quantity(add.quantity.unwrap_or(1))?;
                let price = add.price.map(price).transpose()?;
                CartCommand::AddItem { item_name, sku, quantity, price }
            }
            Self::ChangeQuantity(change) => CartCommand::ChangeQuantity {
                sku: text(&change.sku, Wrong::Sku)?,
                quantity: quantity(change.quantity)?,
            },
            Self::RemoveItem(remove) => CartCommand::RemoveItem { sku: text(&remove.sku, Wrong::Sku)? },
            Self::ApplyDiscount(apply) => CartCommand::ApplyDiscount {
                code: text(&apply.code, Wrong::Discount)?,
                rule: apply.rule.as_ref().map(RequestedRule::check).transpose()?,
            },
            Self::RemoveDiscount(remove) => CartCommand::RemoveDiscount { code: text(&remove.code, Wrong::Discount)? },
            Self::CloseCart(close) => CartCommand::CloseCart { reason: close.reason },
        })
    }
}

impl RequestedRule {
    /// The rule, if its members fit its kind and lie in their ranges.
    fn check(&self) -> Result<Rule, Wrong> {
        let sku = self.sku.as_deref().map(|sku| text(sku, Wrong::Sku)).transpose()?.map(SmolStr::from);
        let min_subtotal_minor = self.min_subtotal_minor.map(|minor| within(minor, 0, SAFE_MAX)).transpose()?;
        let min_subtotal_minor = min_subtotal_minor.map(|minor| Minor::saturating_from(minor.into()));
        match (self.kind, self.basis_points, self.minor) {
            (RuleKind::PercentOff, Some(points), None) => {
                let basis_points = within(points, 1, BASIS_POINTS_MAX)?;
                Ok(Rule::PercentOff { basis_points, sku, min_subtotal_minor })
            }
            (RuleKind::AmountOff, None, Some(minor)) => {
                let minor = Minor::saturating_from(within(minor, 1, SAFE_MAX)?.into());
                Ok(Rule::AmountOff { minor, sku, min_subtotal_minor })
            }
            _ => Err(Wrong::Discount),
        }
    }
}

/// The value that is none of its type. In here instead of the refusal, because refusals own texts, and what may own
/// something is carried along and cleared away behind every single check.
#[derive(Clone, Copy)]
enum Wrong {
    Currency,
    OwnerRef,
    TokenHash,
    ItemName,
    Sku,
    Quantity,
    Price,
    Discount,
}

impl Wrong {
    fn refusal(self) -> CartRefusal {
        match self {
            Self::Currency => CartRefusal::InvalidCurrency {},
            Self::OwnerRef => CartRefusal::InvalidName { field: "owner_ref" },
            Self::TokenHash => CartRefusal::InvalidName { field: "token_hash" },
            Self::ItemName => CartRefusal::InvalidName { field: "item_name" },
            Self::Sku => CartRefusal::InvalidName { field: "sku" },
            Self::Quantity => CartRefusal::InvalidQuantity { min: 1, max: QUANTITY_MAX },
            Self::Price => CartRefusal::InvalidPrice { minor_max: SAFE_MAX, per_max: PRICE_PER_MAX },
            Self::Discount => CartRefusal::InvalidDiscount {},
        }
    }
}

fn currency(given: &str) -> Result<Currency, Wrong> {
    Currency::parse(given).ok_or(Wrong::Currency)
}

fn text(given: &str, otherwise: Wrong) -> Result<Text, Wrong> {
    Text::parse(given).ok_or(otherwise)
}

fn quantity(given: i64) -> Result<Quantity, Wrong> {
    Quantity::parse(given).ok_or(Wrong::Quantity)
}

fn price(given: RequestedPrice) -> Result<StatedPrice, Wrong> {
    StatedPrice::parse(given).ok_or(Wrong::Price)
}

fn within(number: i64, min: u64, max: u64) -> Result<u64, Wrong> {
    u64::try_from(number).ok().filter(|n| (min..=max).contains(n)).ok_or(Wrong::Discount)
}

/// References are made by programs, so nothing is trimmed or mended.
fn reference(given: &str) -> Result<String, Wrong> {
    let fits = (1..=REFERENCE_BYTES_MAX).contains(&given.len()) && given.bytes().all(|byte| byte.is_ascii_graphic());
    if fits { Ok(given.into()) } else { Err(Wrong::OwnerRef) }
}

fn token_hash(given: &str) -> Result<String, Wrong> {
    let is_sha256 = given.len() == 64 && given.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if is_sha256 { Ok(given.into()) } else { Err(Wrong::TokenHash) }
}
