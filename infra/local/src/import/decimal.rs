//! Decimal numbers from text and columns to whole units, in integers only.
//!
//! Binary floats come in as their shortest decimal text, so `0.1 + 0.2` is read as what was meant and no sum is ever
//! made of floats. A number counts as whole when it lies within a millionth of a unit: enough for the noise of a float,
//! too little to hide a mistake.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// Digits kept behind the point. What lies behind them is far below a millionth of any currency's minor unit.
const FRACTION_DIGITS_MAX: u32 = 18;

/// Digits read before the point; with the fraction they fit an `i128`. Every limit of the core is far below.
const INTEGER_DIGITS_MAX: usize = 20;

/// `unscaled / 10^scale`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Decimal {
    pub(super) unscaled: i128,
    pub(super) scale: u32,
}

impl Decimal {
    /// Reads `12`, `-12.50`, `+.5`, `5.` and, because writers of floats produce it, `1.5e-7`; no separators, no
    /// currency signs.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (number, exponent) = match text.split_once(['e', 'E']) {
            Some((number, exponent)) => (number, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        Some(Self::parse_plain(number)?.shifted(exponent))
    }

    fn parse_plain(text: &str) -> Option<Self> {
        let (negative, digits) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || !all_digits(whole) || !all_digits(fraction) {
            return None;
        }
        let whole = whole.trim_start_matches('0');
        let fraction = fraction[..fraction.len().min(FRACTION_DIGITS_MAX as usize)].trim_end_matches('0');
        if whole.len() > INTEGER_DIGITS_MAX {
            return Some(Self::beyond_limits(negative));
        }
        let magnitude =
            whole.bytes().chain(fraction.bytes()).fold(0_i128, |number, digit| number * 10 + i128::from(digit - b'0'));
        let scale = u32::try_from(fraction.len()).unwrap_or(FRACTION_DIGITS_MAX);
        Some(Self { unscaled: if negative { -magnitude } else { magnitude }, scale })
    }

    /// Times `10^exponent`; digits further behind the point than are kept are cut off.
    fn shifted(self, exponent: i32) -> Self {
        let Some(grown) = u32::try_from(exponent).ok().map(|exponent| exponent.saturating_sub(self.scale)) else {
            let scale = self.scale.saturating_add(exponent.unsigned_abs());
            let divisor = 10_i128.checked_pow(scale.saturating_sub(FRACTION_DIGITS_MAX));
            let unscaled = divisor.map_or(0, |divisor| self.unscaled / divisor);
            return Self { unscaled, scale: scale.min(FRACTION_DIGITS_MAX) };
        };
        let factor = 10_i128.checked_pow(grown);
        let unscaled =
            if self.unscaled == 0 { Some(0) } else { factor.and_then(|factor| self.unscaled.checked_mul(factor)) };
        unscaled.map_or(Self::beyond_limits(self.unscaled < 0), |unscaled| Self {
            unscaled,
            scale: self.scale.saturating_sub(exponent.unsigned_abs()),
        })
    }

    /// Saturating keeps the sign and lets the caller's limit say what is wrong.
    fn beyond_limits(negative: bool) -> Self {
        Self { unscaled: if negative { i128::MIN } else { i128::MAX }, scale: 0 }
    }

    /// The number in units of `10^-exponent`: minor units for a currency's exponent, pieces for 0. `None` when it has
    /// digits below the unit, or is too large for the arithmetic, let alone the limits.
    pub(super) fn to_units(self, exponent: u32) -> Option<i128> {
        let Some(surplus) = self.scale.checked_sub(exponent) else {
            return 10_i128.checked_pow(exponent - self.scale)?.checked_mul(self.unscaled);
        };
        let divisor = 10_i128.checked_pow(surplus)?;
        let below = self.unscaled.div_euclid(divisor);
        let rest = self.unscaled.rem_euclid(divisor);
        let tolerance = divisor / 1_000_000;
        if rest <= tolerance { Some(below) } else { (divisor - rest <= tolerance).then_some(below + 1) }
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.unscaled < 0 { "-" } else { "" };
        let digits = self.unscaled.unsigned_abs().to_string();
        let scale = self.scale as usize;
        if scale == 0 {
            return write!(f, "{sign}{digits}");
        }
        let padded = format!("{digits:0>width$}", width = scale + 1);
        let (whole, fraction) = padded.split_at(padded.len() - scale);
        write!(f, "{sign}{whole}.{fraction}")
    }
}

/// An ISO 4217 code and with it the number of decimals of its minor unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Currency([u8; 3]);

impl Currency {
    /// US dollars, the currency of the Complete Journey data.
    pub const USD: Self = Self(*b"USD");

    /// The code, three capital letters.
    #[must_use]
    pub fn code(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Decimals of the minor unit: 2 but for the few currencies listed here.
    #[must_use]
    pub fn exponent(&self) -> u32 {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG" | b"RWF" | b"UGX"
            | b"UYI" | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            b"CLF" | b"UYW" => 4,
            _ => 2,
        }
    }
}

impl FromStr for Currency {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match <[u8; 3]>::try_from(text.as_bytes()) {
            Ok(code) if code.iter().all(u8::is_ascii_uppercase) => Ok(Self(code)),
            _ => Err(format!("`{}` is not a currency; write its ISO 4217 code, such as USD", text.escape_debug())),
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

    use super::*;

    #[test]
    fn a_decimal_text_becomes_minor_units_exactly() {
        for (text, exponent, expected) in [
            ("12.50", 2, Some(1250)),
            ("12.5", 2, Some(1250)),
            ("12", 2, Some(1200)),
            (".5", 2, Some(50)),
            ("5.", 2, Some(500)),
            ("+0.07", 2, Some(7)),
            ("-0.07", 2, Some(-7)),
            ("-0", 2, Some(0)),
            ("000012.3400000", 2, Some(1234)),
            ("90071992547409.91", 2, Some(9_007_199_254_740_991)),
            ("1500", 0, Some(1500)),
            ("1.234", 3, Some(1234)),
            ("1.776357e-15", 2, Some(0)),
            ("-1e-400", 2, Some(0)),
            ("1.25E1", 2, Some(1250)),
            ("1.25e+1", 2, Some(1250)),
            ("125e-1", 2, Some(1250)),
            ("0e999", 2, Some(0)),
            ("1e3", 0, Some(1000)),
            ("1.005e0", 2, None),
            ("1e-1", 0, None),
            ("1e300", 2, None),
            ("-1e2147483647", 2, None),
            ("1e-2147483648", 2, Some(0)),
            ("0.30000000000000004", 2, Some(30)),
            ("3.5699999999999998", 2, Some(357)),
            ("-3.5699999999999998", 2, Some(-357)),
            ("1.005", 2, None),
            ("-1.005", 2, None),
            ("10.000001", 2, None),
            ("1.5", 0, None),
            ("1.2345", 3, None),
            ("123456789012345678901", 2, None),
        ] {
            assert_eq!(Decimal::parse(text).unwrap().to_units(exponent), expected, "{text} at {exponent}");
        }
    }

    #[test]
    fn what_is_not_a_plain_decimal_is_refused() {
        for text in [
            "",
            ".",
            "-",
            "+",
            "--1",
            "e3",
            "1e",
            "1e1.5",
            "1e99999999999",
            "1,000.00",
            "$5",
            "5 ",
            "0x1",
            "NaN",
            "inf",
            "1.2.3",
            "١",
        ] {
            assert_eq!(Decimal::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn the_edges_of_128_bits_do_not_overflow() {
        for unscaled in [i128::MAX, i128::MIN, i128::MAX - 1] {
            for scale in [0, 1, 18, 38, 39, 4000] {
                for exponent in [0, 2, 4] {
                    let _ = Decimal { unscaled, scale }.to_units(exponent);
                }
            }
        }
    }

    #[test]
    fn a_decimal_prints_as_it_would_be_written() {
        for (unscaled, scale, text) in
            [(31_198_570_044, 0, "31198570044"), (-5, 2, "-0.05"), (1250, 2, "12.50"), (0, 1, "0.0")]
        {
            assert_eq!(Decimal { unscaled, scale }.to_string(), text);
        }
    }

    #[test]
    fn a_currency_knows_its_minor_unit() {
        for (code, exponent) in [("USD", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("XYZ", 2)] {
            assert_eq!(code.parse::<Currency>().unwrap().exponent(), exponent, "{code}");
        }
        for text in ["usd", "US", "DOLLAR", "", "U$D", "€"] {
            assert!(text.parse::<Currency>().is_err(), "{text}");
        }
    }
}
