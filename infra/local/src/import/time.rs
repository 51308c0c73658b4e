//! The texts and numbers that files use for times, read as the core's moments.
//!
//! A text without an offset is taken as UTC, because a file says nothing about its zone. Below the millisecond times are
//! cut off.

use tillroll_core::time::Timestamp;

const MS_PER_DAY: i64 = 86_400_000;

/// The Julian day number of 1970-01-01, for Parquet's old 96-bit timestamps.
const JULIAN_DAY_OF_1970: i64 = 2_440_588;

/// `YYYY-MM-DD`, and the same with ` HH:MM:SS`.
const DATE_BYTES: usize = 10;
const DATE_TIME_BYTES: usize = 19;

/// Reads RFC 3339, `YYYY-MM-DD` and `YYYY-MM-DD HH:MM:SS`, the last also with a fraction or a `T`.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    if text.len() == DATE_BYTES {
        return format!("{text}T00:00:00Z").parse().ok();
    }
    let has_offset = text.get(DATE_TIME_BYTES..)?.contains(['Z', 'z', '+', '-']);
    if has_offset { text.parse().ok() } else { format!("{text}Z").parse().ok() }
}

/// Milliseconds since 1970; `None` outside the years 0000 to 9999.
pub(super) fn from_millis(ms: i64) -> Option<Timestamp> {
    Some(Timestamp::from_unix_ms(ms)).filter(|time| time.unix_ms() == ms)
}

/// Days since 1970-01-01, at midnight.
pub(super) fn from_days(days: i32) -> Option<Timestamp> {
    from_millis(i64::from(days) * MS_PER_DAY)
}

/// Parquet's INT96: nanoseconds of the day, low word first, then the Julian day.
pub(super) fn from_int96(words: [u32; 3]) -> Option<Timestamp> {
    let nanos = (u64::from(words[1]) << 32) | u64::from(words[0]);
    let days = i64::from(words[2].cast_signed()) - JULIAN_DAY_OF_1970;
    let ms_of_day = i64::try_from(nanos / 1_000_000).ok()?;
    from_millis(days.checked_mul(MS_PER_DAY)?.checked_add(ms_of_day)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(time: Option<Timestamp>) -> Option<String> {
        time.map(|time| time.to_string())
    }

    #[test]
    fn accepted_texts_become_rfc_3339_in_utc() {
        for (given, expected) in [
            ("2017-01-01", "2017-01-01T00:00:00Z"),
            ("2017-01-01 11:53:26", "2017-01-01T11:53:26Z"),
            ("2017-01-01T11:53:26", "2017-01-01T11:53:26Z"),
            ("2017-01-01T11:53:26Z", "2017-01-01T11:53:26Z"),
            ("2017-01-01 11:53:26z", "2017-01-01T11:53:26Z"),
            ("2017-01-01T00:30:00+02:00", "2016-12-31T22:30:00Z"),
            ("2017-12-31 23:30:00-01:30", "2018-01-01T01:00:00Z"),
            ("2017-01-01 11:53:26.123456789", "2017-01-01T11:53:26.123Z"),
            ("2000-02-29", "2000-02-29T00:00:00Z"),
        ] {
            assert_eq!(text(parse(given)).as_deref(), Some(expected), "{given}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for given in [
            "",
            "2017",
            "2017-13-01",
            "2017-02-29",
            "2017-01-01 24:00:00",
            "2017-01-01 11:53",
            "01/02/2017",
            "01.02.2017",
            "2017-01-01x",
            "2017-01-01 11:53:26 ",
            "2017-01-01T11:53:26+2",
            "２017-01-01",
            "1483271606",
        ] {
            assert_eq!(parse(given), None, "{given:?}");
        }
    }

    #[test]
    fn binary_times_keep_their_moment_and_the_unwritable_is_refused() {
        let nanos_of_day = 42_806_u64 * 1_000_000_000;
        let low_word = u32::try_from(nanos_of_day & 0xffff_ffff).unwrap_or_default();
        let high_word = u32::try_from(nanos_of_day >> 32).unwrap_or_default();
        let expected = Some("2017-01-01T11:53:26Z".to_owned());
        assert_eq!(text(from_int96([low_word, high_word, 2_457_755])), expected);
        assert_eq!(text(from_millis(1_483_271_606_000)), expected);
        assert_eq!(text(from_days(17_167)).as_deref(), Some("2017-01-01T00:00:00Z"));
        assert_eq!(from_millis(i64::MAX), None);
        assert_eq!(from_days(i32::MAX), None);
        assert_eq!(from_int96([u32::MAX; 3]), None);
    }
}
