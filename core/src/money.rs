//! Money and quantities: whole numbers, rounded in one way, never past what a browser can hold exactly.
#![warn(clippy::arithmetic_side_effects)]

use core::fmt;

use serde::{Deserialize, Serialize};

/// 2^53-1, the largest integer that every host, JavaScript included, holds exactly.
pub const SAFE_MAX: u64 = 9_007_199_254_740_991;

/// An amount in the smallest unit of its currency (cents), 0..=[`SAFE_MAX`]. Arithmetic saturates at the ends, so
/// a fold over any stored history is total; decisions refuse long before that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct Minor(u64);

/// A number of pieces as stored, 0..=[`SAFE_MAX`]. Commands carry a [`Quantity`](Quantity) instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct Pieces(u64);

/// What `per` pieces cost: "10.00 for 3" is 1000 minor units per 3. `per` is at least 1 and given as 1 when absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Price {
    /// Minor units for `per` pieces.
    pub minor: Minor,
    /// Pieces that `minor` pays for.
    #[serde(default)]
    pub per: Per,
}

/// The divisor of a [`Price`], 1..=[`SAFE_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct Per(u64);

/// The stored number lies outside the range its type can represent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("number out of range: {0}")]
pub struct OutOfRange(u64);

impl Minor {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The largest amount there is.
    pub const MAX: Self = Self(SAFE_MAX);

    /// `amount` minor units, held at [`Minor::MAX`].
    #[must_use]
    pub fn saturating_from(amount: u128) -> Self {
        Self(u64::try_from(amount).unwrap_or(SAFE_MAX).min(SAFE_MAX))
    }

    /// The amount as a number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// This and `other`, held at [`Minor::MAX`].
    #[must_use]
    pub fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0).min(SAFE_MAX))
    }

    /// This less `other`, held at zero.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Pieces {
    /// One piece, what an event without a quantity adds.
    pub const ONE: Self = Self(1);

    /// The number of pieces.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// This and `other`, held at [`SAFE_MAX`].
    #[must_use]
    pub fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0).min(SAFE_MAX))
    }
}

impl Price {
    /// What `pieces` cost: half-even rounding of pieces x minor / per, before any limit.
    #[must_use]
    pub fn exact_total(self, pieces: Pieces) -> u128 {
        // Both factors are below 2^53, so the product is below 2^106.
        divide_half_even(u128::from(pieces.0).saturating_mul(u128::from(self.minor.0)), self.per.0)
    }
}

impl Per {
    /// A price for a single piece.
    pub const ONE: Self = Self(1);

    /// The number of pieces.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl Default for Per {
    fn default() -> Self {
        Self::ONE
    }
}

impl Default for Pieces {
    fn default() -> Self {
        Self::ONE
    }
}

impl TryFrom<u64> for Minor {
    type Error = OutOfRange;

    fn try_from(number: u64) -> Result<Self, OutOfRange> {
        if number <= SAFE_MAX { Ok(Self(number)) } else { Err(OutOfRange(number)) }
    }
}

impl TryFrom<u64> for Pieces {
    type Error = OutOfRange;

    fn try_from(number: u64) -> Result<Self, OutOfRange> {
        if number <= SAFE_MAX { Ok(Self(number)) } else { Err(OutOfRange(number)) }
    }
}

impl TryFrom<u64> for Per {
    type Error = OutOfRange;

    fn try_from(number: u64) -> Result<Self, OutOfRange> {
        if (1..=SAFE_MAX).contains(&number) { Ok(Self(number)) } else { Err(OutOfRange(number)) }
    }
}

impl From<Minor> for u64 {
    fn from(amount: Minor) -> Self {
        amount.0
    }
}

impl From<Pieces> for u64 {
    fn from(pieces: Pieces) -> Self {
        pieces.0
    }
}

impl From<Per> for u64 {
    fn from(per: Per) -> Self {
        per.0
    }
}

impl fmt::Display for Minor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Pieces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Per {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// `numerator / denominator`, a half going to the even neighbour ("banker's rounding"), so that many small
/// roundings do not drift in one direction. A zero denominator gives zero.
#[must_use]
pub fn divide_half_even(numerator: u128, denominator: u64) -> u128 {
    let Some((quotient, remainder)) = divide(numerator, denominator) else { return 0 };
    let to_next = denominator.saturating_sub(remainder);
    let rounds_up = remainder > to_next || (remainder == to_next && quotient & 1 == 1);
    quotient.saturating_add(u128::from(rounds_up))
}

/// Quotient and remainder; nothing by zero. What people pay fits into 64 bits. What does not is divided bit by bit, as the
/// compiler's division of 128 bits is much code for a browser to load.
fn divide(numerator: u128, denominator: u64) -> Option<(u128, u64)> {
    if let Ok(numerator) = u64::try_from(numerator) {
        return Some((numerator.checked_div(denominator)?.into(), numerator.checked_rem(denominator)?));
    }
    let whole = u128::from(denominator);
    let (mut rest, mut quotient, mut remainder) = (numerator, 0, 0_u128);
    for _ in 0..u128::BITS {
        // Below the denominator, it has room for one bit more.
        remainder = remainder << 1 | rest >> 127;
        rest <<= 1;
        let less = remainder.checked_sub(whole);
        quotient = quotient << 1 | u128::from(less.is_some());
        remainder = less.unwrap_or(remainder);
    }
    Some((quotient, u64::try_from(remainder).ok().filter(|_| denominator > 0)?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;

    #[test]
    fn halves_go_to_the_even_neighbour() {
        for (numerator, denominator, rounded) in
            [(1, 2, 0), (3, 2, 2), (5, 2, 2), (7, 2, 4), (10, 3, 3), (11, 3, 4), (0, 7, 0), (9, 0, 0), (1, 1, 1)]
        {
            assert_eq!(divide_half_even(numerator, denominator), rounded, "{numerator}/{denominator}");
        }
    }

    proptest::proptest! {
        #[test]
        fn numbers_of_any_size_are_divided_as_the_processor_does(numerator: u128, shift in 0..128_u32, denominator: u64) {
            let numerator = numerator >> shift;
            let expected = numerator.checked_div(denominator.into()).zip(numerator.checked_rem(denominator.into()));
            let divided = divide(numerator, denominator).map(|(quotient, remainder)| (quotient, remainder.into()));
            proptest::prop_assert_eq!(divided, expected);
            proptest::prop_assert_eq!(divide(numerator, 0), None);
        }
    }

    #[test]
    fn a_price_for_several_pieces_is_exact_for_all_of_them() {
        let ten_for_three = Price { minor: Minor(1_000), per: Per(3) };
        assert_eq!(ten_for_three.exact_total(Pieces(3)), 1_000);
        assert_eq!(ten_for_three.exact_total(Pieces(1)), 333);
        assert_eq!(ten_for_three.exact_total(Pieces(2)), 667);
        let dearest = Price { minor: Minor::MAX, per: Per::ONE };
        assert_eq!(dearest.exact_total(Pieces(SAFE_MAX)), u128::from(SAFE_MAX).pow(2));
    }

    #[test]
    fn numbers_past_the_safe_range_are_not_decoded() {
        assert!(serde_json::from_str::<Minor>("9007199254740991").is_ok());
        assert!(serde_json::from_str::<Minor>("9007199254740992").is_err());
        assert!(serde_json::from_str::<Minor>("-1").is_err());
        assert!(serde_json::from_str::<Pieces>("1.5").is_err());
        assert!(serde_json::from_str::<Per>("0").is_err());
        assert_eq!(serde_json::from_str::<Price>(r#"{"minor":5}"#).unwrap().per, Per::ONE);
    }
}
