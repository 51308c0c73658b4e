//! Versions as the original system wrote them: Ruby prints a big decimal as `0.1e1`, and such a text is what its archive
//! holds.

/// Most digits of a mantissa, and largest exponent, that are looked at; a version needs 16.
const DIGITS_MAX: usize = 40;
const EXPONENT_MAX: i32 = 40;

/// A whole number above 0, in whatever decimal notation; `None` when the text is none, exactly.
pub(super) fn whole(text: &str) -> Option<u64> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (integer, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{integer}{fraction}");
    let only_digits = !integer.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !only_digits || digits.len() > DIGITS_MAX || exponent.abs() > EXPONENT_MAX {
        return None;
    }
    // Where the point comes to stand.
    let point = i64::try_from(integer.len()).ok()? + i64::from(exponent);
    let point = usize::try_from(point).ok()?;
    let (whole, rest) = digits.split_at_checked(point).unwrap_or((&digits, ""));
    if rest.bytes().any(|byte| byte != b'0') {
        return None;
    }
    let whole = format!("{whole:0<point$}");
    whole.parse().ok().filter(|version| *version > 0)
}

/// Whether the text is how DynamoDB writes a whole number: digits, no leading zero.
pub(super) fn is_plain(text: &str) -> bool {
    text.parse::<u64>().is_ok_and(|number| number.to_string() == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_in_every_notation_and_only_if_it_is_whole() {
        for (text, expected) in [
            ("1", Some(1)),
            ("12", Some(12)),
            ("0.1e1", Some(1)),
            ("0.12e2", Some(12)),
            ("1E0", Some(1)),
            ("1.0", Some(1)),
            ("1E+2", Some(100)),
            ("120e-1", Some(12)),
            ("0012", Some(12)),
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("0.15e1", None),
            ("1.5", None),
            ("0", None),
            ("0e5", None),
            ("-1", None),
            ("", None),
            (".5e1", None),
            ("1e", None),
            ("1e999999999", None),
            ("NaN", None),
            ("1 ", None),
        ] {
            assert_eq!(whole(text), expected, "{text:?}");
        }
    }

    #[test]
    fn only_digits_without_leading_zeros_are_plain() {
        for (text, plain) in [("1", true), ("10", true), ("01", false), ("1.0", false), ("1E0", false), ("", false)] {
            assert_eq!(is_plain(text), plain, "{text:?}");
        }
    }
}
