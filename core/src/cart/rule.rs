//! Discount rules. A rule is stored whole in the event that applies it, so every host computes the same for ever.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::money::{Minor, divide_half_even};

/// What a discount takes off, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum Rule<T = SmolStr> {
    /// A share of what is left.
    #[serde(rename = "percent_off")]
    PercentOff {
        /// Hundredths of a percent: 1000 is 10 %. More than 10000 counts as 10000.
        basis_points: u64,
        /// Only off this line; absent: off the subtotal.
        #[serde(skip_serializing_if = "Option::is_none")]
        sku: Option<T>,
        /// Takes effect only while the cart's subtotal is at least this.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min_subtotal_minor: Option<Minor>,
    },
    /// A fixed amount, at most what is left.
    #[serde(rename = "amount_off")]
    AmountOff {
        /// The amount.
        minor: Minor,
        /// Only off this line; absent: off the subtotal.
        #[serde(skip_serializing_if = "Option::is_none")]
        sku: Option<T>,
        /// Takes effect only while the cart's subtotal is at least this.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min_subtotal_minor: Option<Minor>,
    },
}

impl<T: AsRef<str>> Rule<T> {
    /// The one line it takes from, if it is not for the whole cart.
    #[must_use]
    pub fn sku(&self) -> Option<&str> {
        match self {
            Self::PercentOff { sku, .. } | Self::AmountOff { sku, .. } => sku.as_ref().map(T::as_ref),
        }
    }

    /// The same rule with a text of its own.
    #[must_use]
    pub fn to_owned(&self) -> Rule {
        let sku = self.sku().map(SmolStr::new);
        match *self {
            Self::PercentOff { basis_points, min_subtotal_minor, .. } => {
                Rule::PercentOff { basis_points, sku, min_subtotal_minor }
            }
            Self::AmountOff { minor, min_subtotal_minor, .. } => Rule::AmountOff { minor, sku, min_subtotal_minor },
        }
    }

    /// The subtotal it needs; zero when it needs none.
    #[must_use]
    pub fn min_subtotal(&self) -> Minor {
        match self {
            Self::PercentOff { min_subtotal_minor, .. } | Self::AmountOff { min_subtotal_minor, .. } => {
                min_subtotal_minor.unwrap_or_default()
            }
        }
    }

    /// What it takes off when `left` is left; never more than that.
    #[must_use]
    pub fn amount_off(&self, left: Minor) -> Minor {
        match self {
            Self::PercentOff { basis_points, .. } => {
                let whole = super::limits::BASIS_POINTS_MAX;
                let share = u128::from(whole.min(*basis_points));
                // Both factors are below 2^53, so the product cannot overflow 128 bits.
                Minor::saturating_from(divide_half_even(u128::from(left.get()).saturating_mul(share), whole))
            }
            Self::AmountOff { minor, .. } => (*minor).min(left),
        }
    }
}
