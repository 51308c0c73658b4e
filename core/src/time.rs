//! Moments, as hosts state them. The core compares and prints them; it never asks what time it is.

use alloc::string::{String, ToString};
use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

const MS_PER_SECOND: i64 = 1_000;
const MS_PER_DAY: i64 = 86_400 * MS_PER_SECOND;

/// A moment in UTC: milliseconds since 1970-01-01T00:00:00Z, between the years 0000 and 9999.
/// As text it is RFC 3339 with `Z`, with milliseconds only when there are any.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// The text is no RFC 3339 date-time with an offset (`2017-01-01T11:53:26Z`), or its year has more than four digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an RFC 3339 date-time such as 2017-01-01T11:53:26Z")]
pub struct NotATime;

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const UNIX_EPOCH: Self = Self(0);
    /// 9999-12-31T23:59:59.999Z, the last moment RFC 3339 can write.
    pub const MAX: Self = Self(253_402_300_799_999);
    /// 0000-01-01T00:00:00Z, the first one.
    pub const MIN: Self = Self(-62_167_219_200_000);

    /// The moment `ms` milliseconds after the Unix epoch, held inside the years 0000 to 9999.
    #[must_use]
    pub fn from_unix_ms(ms: i64) -> Self {
        Self(ms.clamp(Self::MIN.0, Self::MAX.0))
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub const fn unix_ms(self) -> i64 {
        self.0
    }

    /// This moment and `ms` milliseconds, held inside the years 0000 to 9999.
    #[must_use]
    pub fn plus_ms(self, ms: i64) -> Self {
        Self::from_unix_ms(self.0.saturating_add(ms))
    }

    /// Year, month (1..=12) and day (1..=31) in UTC.
    #[must_use]
    pub fn date(self) -> (i64, i64, i64) {
        date_of_day(self.0.div_euclid(MS_PER_DAY))
    }

    /// Hour of the day in UTC, 0..=23.
    #[must_use]
    pub fn hour(self) -> i64 {
        self.0.rem_euclid(MS_PER_DAY) / (3_600 * MS_PER_SECOND)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.date();
        let ms_of_day = self.0.rem_euclid(MS_PER_DAY);
        let seconds = ms_of_day / MS_PER_SECOND;
        let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        match ms_of_day % MS_PER_SECOND {
            0 => f.write_str("Z"),
            ms => write!(f, ".{ms:03}Z"),
        }
    }
}

impl FromStr for Timestamp {
    type Err = NotATime;

    /// Reads RFC 3339; digits past the milliseconds are cut off, a leap second counts as the second before it.
    fn from_str(text: &str) -> Result<Self, NotATime> {
        let mut rest = Reader(text.as_bytes());
        let (year, month, day) = (rest.digits(4, b'-')?, rest.digits(2, b'-')?, rest.number(2)?);
        rest.one_of(b"Tt ")?;
        let (hour, minute, second) = (rest.digits(2, b':')?, rest.digits(2, b':')?, rest.number(2)?);
        let ms = rest.fraction_ms()?;
        let offset_minutes = rest.offset_minutes()?;
        let in_range = (1..=12).contains(&month)
            && (1..=days_in_month(year, month)).contains(&day)
            && hour <= 23
            && minute <= 59
            && second <= 60;
        if !in_range || !rest.0.is_empty() {
            return Err(NotATime);
        }
        let seconds = day_of_date(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second.min(59);
        let unix_ms = (seconds - offset_minutes * 60) * MS_PER_SECOND + ms;
        if (Self::MIN.0..=Self::MAX.0).contains(&unix_ms) { Ok(Self(unix_ms)) } else { Err(NotATime) }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|error: NotATime| serde::de::Error::custom(error.to_string()))
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn one_of(&mut self, accepted: &[u8]) -> Result<u8, NotATime> {
        let (&first, rest) = self.0.split_first().ok_or(NotATime)?;
        if !accepted.contains(&first) {
            return Err(NotATime);
        }
        self.0 = rest;
        Ok(first)
    }

    fn number(&mut self, width: u32) -> Result<i64, NotATime> {
        let mut value = 0;
        for _ in 0..width {
            value = value * 10 + i64::from(self.one_of(b"0123456789")? - b'0');
        }
        Ok(value)
    }

    fn digits(&mut self, width: u32, then: u8) -> Result<i64, NotATime> {
        let value = self.number(width)?;
        self.one_of(&[then]).map(|_| value)
    }

    fn fraction_ms(&mut self) -> Result<i64, NotATime> {
        if self.0.first() != Some(&b'.') {
            return Ok(0);
        }
        self.one_of(b".")?;
        let digits = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (fraction, rest) = self.0.split_at(digits);
        self.0 = rest;
        if fraction.is_empty() {
            return Err(NotATime);
        }
        let first_three = fraction.iter().copied().chain([b'0'; 3]).take(3);
        Ok(first_three.fold(0, |ms, digit| ms * 10 + i64::from(digit - b'0')))
    }

    fn offset_minutes(&mut self) -> Result<i64, NotATime> {
        let sign = match self.one_of(b"Zz+-")? {
            b'+' => 1,
            b'-' => -1,
            _ => return Ok(0),
        };
        let (hours, minutes) = (self.digits(2, b':')?, self.number(2)?);
        if hours <= 23 && minutes <= 59 { Ok(sign * (hours * 60 + minutes)) } else { Err(NotATime) }
    }
}

fn is_leap_year(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap_year(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 of a date in the proleptic Gregorian calendar. Years are counted from March, so that the
/// leap day is a year's last; 400 such years have 146,097 days.
fn day_of_date(year: i64, month: i64, day: i64) -> i64 {
    let year_from_march = if month <= 2 { year - 1 } else { year };
    let month_from_march = (month + 9) % 12;
    let (era, year_of_era) = (year_from_march.div_euclid(400), year_from_march.rem_euclid(400));
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The inverse of [`day_of_date`].
fn date_of_day(day: i64) -> (i64, i64, i64) {
    let from_march_0000 = day + 719_468;
    let (era, day_of_era) = (from_march_0000.div_euclid(146_097), from_march_0000.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;

    #[test]
    fn rfc_3339_text_is_read_and_written() {
        for (text, ms, written) in [
            ("1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00Z"),
            ("2017-01-01T11:53:26Z", 1_483_271_606_000, "2017-01-01T11:53:26Z"),
            ("2017-01-01T12:53:26.5+01:00", 1_483_271_606_500, "2017-01-01T11:53:26.500Z"),
            ("2016-12-31T23:59:60Z", 1_483_228_799_000, "2016-12-31T23:59:59Z"),
            ("2000-02-29t00:00:00.123456z", 951_782_400_123, "2000-02-29T00:00:00.123Z"),
            ("0000-01-01T00:00:00Z", Timestamp::MIN.0, "0000-01-01T00:00:00Z"),
            ("9999-12-31T23:59:59.999Z", Timestamp::MAX.0, "9999-12-31T23:59:59.999Z"),
        ] {
            let moment: Timestamp = text.parse().unwrap();
            assert_eq!((moment.unix_ms(), moment.to_string().as_str()), (ms, written), "{text}");
        }
    }

    #[test]
    fn other_text_is_no_time() {
        for text in [
            "",
            "2017-01-01",
            "2017-01-01T11:53:26",
            "2017-02-29T00:00:00Z",
            "2017-13-01T00:00:00Z",
            "2017-01-01T24:00:00Z",
            "2017-01-01T11:53:26.Z",
            "2017-01-01T11:53:26Zz",
            "-017-01-01T11:53:26Z",
            "9999-12-31T23:59:59-00:01",
        ] {
            assert_eq!(text.parse::<Timestamp>(), Err(NotATime), "{text:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn every_moment_survives_its_own_text(ms in Timestamp::MIN.0..=Timestamp::MAX.0) {
            let moment = Timestamp::from_unix_ms(ms);
            proptest::prop_assert_eq!(moment.to_string().parse::<Timestamp>(), Ok(moment));
        }
    }
}
