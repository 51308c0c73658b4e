//! Times as they are shown and asked for: in UTC, where this machine is, or since the first event. One choice, everywhere
//! alike.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use tillroll_core::time::Timestamp;

const SECOND_MS: i64 = 1_000;
const MINUTE_MS: i64 = 60 * SECOND_MS;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// How times are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Times {
    #[default]
    Utc,
    Local,
    /// Since the first event.
    Since,
}

impl Times {
    pub(super) fn next(self) -> Self {
        match self {
            Self::Utc => Self::Local,
            Self::Local => Self::Since,
            Self::Since => Self::Utc,
        }
    }
}

/// Shows and reads times.
#[derive(Clone, Debug)]
pub(super) struct Clock {
    pub(super) times: Times,
    pub(super) local: TimeZone,
    pub(super) first: Timestamp,
}

/// How much of a time a column has to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    /// `09:14:03`, where everything is of one day.
    Time,
    /// `03-02 09:14:03`, where everything is of one year.
    Day,
    /// `2026-03-02 09:14:03`.
    Year,
}

/// A clock time that somebody asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) time: Timestamp,
    /// What has to be known about it.
    pub(super) remark: Option<&'static str>,
}

impl Clock {
    fn zone(&self) -> TimeZone {
        match self.times {
            Times::Local => self.local.clone(),
            Times::Utc | Times::Since => TimeZone::UTC,
        }
    }

    fn civil(&self, time: Timestamp) -> DateTime {
        // Every Timestamp of ours is in jiff's range, which is wider.
        let instant = jiff::Timestamp::from_millisecond(time.unix_ms()).unwrap_or_default();
        self.zone().to_datetime(instant)
    }

    /// What the shown times are.
    pub(super) fn name(&self) -> &'static str {
        match self.times {
            Times::Utc => "UTC",
            Times::Local => "local time",
            Times::Since => "since the first event",
        }
    }

    /// As much as is needed to tell the times between two apart.
    pub(super) fn detail(&self, from: Timestamp, to: Timestamp) -> Detail {
        let (from, to) = (self.civil(from), self.civil(to));
        if self.times == Times::Since || from.date() == to.date() {
            Detail::Time
        } else if from.year() == to.year() {
            Detail::Day
        } else {
            Detail::Year
        }
    }

    /// A time for a column.
    pub(super) fn short(&self, time: Timestamp, detail: Detail) -> String {
        if self.times == Times::Since {
            return self.since_first(time);
        }
        let civil = self.civil(time);
        let clock = format!("{:02}:{:02}:{:02}", civil.hour(), civil.minute(), civil.second());
        match detail {
            Detail::Time => clock,
            Detail::Day => format!("{:02}-{:02} {clock}", civil.month(), civil.day()),
            Detail::Year => format!("{:04}-{:02}-{:02} {clock}", civil.year(), civil.month(), civil.day()),
        }
    }

    /// A time in full: to the millisecond where it has any, with its offset from UTC.
    pub(super) fn full(&self, time: Timestamp) -> String {
        match self.times {
            Times::Since => format!("{} ({time})", self.since_first(time)),
            Times::Utc => self.short(time, Detail::Year) + &milliseconds(time) + " UTC",
            Times::Local => {
                let instant = jiff::Timestamp::from_millisecond(time.unix_ms()).unwrap_or_default();
                let seconds = self.local.to_offset(instant).seconds();
                let (hours, minutes) = (seconds.abs() / 3_600, seconds.abs() / 60 % 60);
                let sign = if seconds < 0 { '-' } else { '+' };
                format!("{}{} {sign}{hours:02}:{minutes:02}", self.short(time, Detail::Year), milliseconds(time))
            }
        }
    }

    fn since_first(&self, time: Timestamp) -> String {
        let ms = time.unix_ms().saturating_sub(self.first.unix_ms());
        format!("{}{}", if ms < 0 { '-' } else { '+' }, duration(ms.saturating_abs()))
    }

    /// Reads a clock time: `14:03`, `14:03:22`, either with a date, a time with an offset as RFC 3339 writes it, or
    /// `+1h30m` since the first event. A time without a date is of the day of `near`.
    pub(super) fn read(&self, text: &str, near: Timestamp) -> Option<Asked> {
        let text = text.trim();
        if let Ok(time) = text.parse::<Timestamp>() {
            return Some(Asked { time, remark: None });
        }
        if let Some(rest) = text.strip_prefix('+') {
            return Some(Asked { time: self.first.plus_ms(read_duration(rest)?), remark: None });
        }
        let (date, clock) = match text.split_once([' ', 'T']) {
            Some((date, clock)) => (date.parse::<Date>().ok()?, read_clock(clock.trim())?),
            None if text.contains(':') => (self.civil(near).date(), read_clock(text)?),
            None => (text.parse::<Date>().ok()?, Time::midnight()),
        };
        self.at(date.to_datetime(clock))
    }

    fn at(&self, civil: DateTime) -> Option<Asked> {
        let ambiguous = self.zone().to_ambiguous_zoned(civil);
        let remark = match ambiguous.offset() {
            AmbiguousOffset::Unambiguous { .. } => None,
            AmbiguousOffset::Gap { .. } => Some("the clock skipped that time; an hour later was taken"),
            AmbiguousOffset::Fold { .. } => Some("the clock showed that time twice; the first was taken"),
        };
        let ms = ambiguous.compatible().ok()?.timestamp().as_millisecond();
        Some(Asked { time: Timestamp::from_unix_ms(ms), remark })
    }
}

/// `14:03`, `14:03:22`, `14:03:22.123`. A time that is given to the second or minute is the end of it, so that what
/// happened in it is there.
fn read_clock(text: &str) -> Option<Time> {
    let mut parts = text.split(':');
    let hour = parts.next()?.parse().ok()?;
    let minute = parts.next()?.parse().ok()?;
    let (second, ms): (i8, i32) = match parts.next() {
        None => (59, 999),
        Some(second) => match second.split_once('.') {
            None => (second.parse().ok()?, 999),
            Some((second, ms)) if (1..=3).contains(&ms.len()) => {
                (second.parse().ok()?, format!("{ms:0<3}").parse().ok()?)
            }
            Some(_) => return None,
        },
    };
    if parts.next().is_some() {
        return None;
    }
    Time::new(hour, minute, second, ms.checked_mul(1_000_000)?).ok()
}

fn milliseconds(time: Timestamp) -> String {
    match time.unix_ms().rem_euclid(SECOND_MS) {
        0 => String::new(),
        ms => format!(".{ms:03}"),
    }
}

/// `1h30m`, `90s`, `2d`, `250ms`.
fn read_duration(text: &str) -> Option<i64> {
    let mut rest = text.trim();
    let mut sum: i64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|char: char| !char.is_ascii_digit())?;
        let number: i64 = rest.get(..digits)?.parse().ok()?;
        let after = rest.get(digits..)?;
        let unit = after.find(|char: char| char.is_ascii_digit() || char == ' ').unwrap_or(after.len());
        let ms = match after.get(..unit)? {
            "ms" => 1,
            "s" => SECOND_MS,
            "m" => MINUTE_MS,
            "h" => HOUR_MS,
            "d" => DAY_MS,
            _ => return None,
        };
        sum = sum.checked_add(number.checked_mul(ms)?)?;
        rest = after.get(unit..)?.trim_start();
    }
    Some(sum)
}

/// A length of time in its two largest units: `3d 4h`, `2m 5s`, `40ms`.
pub(super) fn duration(ms: i64) -> String {
    let pair = |large: i64, large_name: &str, small: i64, small_name: &str| {
        let rest = ms % large / small;
        let head = format!("{}{large_name}", ms / large);
        if rest == 0 { head } else { format!("{head} {rest}{small_name}") }
    };
    match ms {
        DAY_MS.. => pair(DAY_MS, "d", HOUR_MS, "h"),
        HOUR_MS.. => pair(HOUR_MS, "h", MINUTE_MS, "m"),
        MINUTE_MS.. => pair(MINUTE_MS, "m", SECOND_MS, "s"),
        0 => "0s".to_owned(),
        ms if ms % SECOND_MS == 0 => format!("{}s", ms / SECOND_MS),
        ms if ms > SECOND_MS => format!("{}.{}s", ms / SECOND_MS, ms % SECOND_MS / 100),
        ms => format!("{ms}ms"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;

    /// Central European time, by rule and so without the machine's database.
    pub(crate) fn berlin() -> TimeZone {
        TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()
    }

    fn clock(times: Times) -> Clock {
        Clock { times, local: berlin(), first: time("2026-03-29T00:00:00Z") }
    }

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn times_are_shown_alike_in_utc_in_local_time_and_since_the_first_event() {
        let moment = time("2026-03-29T01:30:05.250Z");
        for (times, short, full) in [
            (Times::Utc, "03-29 01:30:05", "2026-03-29 01:30:05.250 UTC"),
            (Times::Local, "03-29 03:30:05", "2026-03-29 03:30:05.250 +02:00"),
            (Times::Since, "+1h 30m", "+1h 30m (2026-03-29T01:30:05.250Z)"),
        ] {
            assert_eq!(clock(times).short(moment, Detail::Day), short);
            assert_eq!(clock(times).full(moment), full);
        }
    }

    #[test]
    fn a_time_is_found_across_the_change_to_summer_time_and_back() {
        let near = time("2026-03-29T12:00:00Z");
        let local = clock(Times::Local);
        for (text, expected, remark) in [
            ("01:59:59", "2026-03-29T00:59:59.999Z", None),
            ("02:30", "2026-03-29T01:30:59.999Z", Some("the clock skipped that time; an hour later was taken")),
            ("03:00:00.000", "2026-03-29T01:00:00Z", None),
            (
                "2026-10-25 02:30:00.0",
                "2026-10-25T00:30:00Z",
                Some("the clock showed that time twice; the first was taken"),
            ),
            ("2026-10-25 03:00:00.0", "2026-10-25T02:00:00Z", None),
            ("2026-10-25T02:30:00+01:00", "2026-10-25T01:30:00Z", None),
            ("2026-10-25", "2026-10-24T22:00:00Z", None),
        ] {
            assert_eq!(local.read(text, near), Some(Asked { time: time(expected), remark }), "{text}");
        }
        assert_eq!(clock(Times::Utc).read("02:30:00.5", near).unwrap().time, time("2026-03-29T02:30:00.500Z"));
    }

    #[test]
    fn a_time_since_the_first_event_is_read_and_nonsense_is_not() {
        let since = clock(Times::Since);
        for (text, expected) in [("+90s", 90_000), ("+1h30m", 5_400_000), ("+1d 2h", 93_600_000), ("+250ms", 250)] {
            assert_eq!(since.read(text, since.first).unwrap().time, since.first.plus_ms(expected), "{text}");
        }
        for text in ["", "yesterday", "25:00", "12:60", "1:2:3:4", "+5", "+x", "2026-02-30", "+99999999999999999999d"] {
            assert_eq!(since.read(text, since.first), None, "{text}");
        }
    }

    #[test]
    fn a_length_of_time_is_told_in_its_two_largest_units() {
        for (ms, text) in
            [(0, "0s"), (40, "40ms"), (1_500, "1.5s"), (61_000, "1m 1s"), (7_200_000, "2h"), (273_600_000, "3d 4h")]
        {
            assert_eq!(duration(ms), text);
        }
    }
}
