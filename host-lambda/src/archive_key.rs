//! Names of archive objects:
//! `v1/dt=YYYY-MM-DD/hh=HH/shard=ID/FIRST-LAST-COUNT-HASH.ndjson.zst`.
//!
//! A key names exactly what is in the object, so a create that finds the key taken finds its own earlier attempt, and
//! a reader can check what it reads. HASH is the first 16 hexadecimal digits of the SHA-256 of the object's lines
//! before compression: it does not depend on the compressor, which may change with a release. Date and hour are those
//! of the first record's arrival on the bus, never of the function's own clock.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};
use tillroll_core::sequence::{PADDED_DIGITS, SequenceNumber};
use tillroll_core::time::Timestamp;

/// Longest shard name; the Kinesis API admits 128 characters.
const SHARD_NAME_MAX: usize = 128;
const SUFFIX: &str = ".ndjson.zst";

/// A key, parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchiveKey {
    hour: Timestamp,
    shard: String,
    first: SequenceNumber,
    last: SequenceNumber,
    count: u32,
    content: ContentHash,
}

/// The first 64 bits of the SHA-256 of an object's lines, as 16 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContentHash(u64);

/// The text is no key of an archive object of this layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the key of an archive object: v1/dt=YYYY-MM-DD/hh=HH/shard=ID/FIRST-LAST-COUNT-HASH{SUFFIX}")]
pub struct NotAnArchiveKey;

impl ArchiveKey {
    /// The key of `count` lines from `first` to `last` of a shard. Fails when the shard's name cannot stand in a key.
    pub fn new(
        arrived: Timestamp,
        shard: &str,
        (first, last): (SequenceNumber, SequenceNumber),
        count: u32,
        content: ContentHash,
    ) -> Result<Self, NotAnArchiveKey> {
        const MS_PER_HOUR: i64 = 3_600_000;
        let into_hour = arrived.unix_ms().rem_euclid(MS_PER_HOUR);
        let hour = arrived.plus_ms(-into_hour);
        let named = is_shard_name(shard) && count > 0 && first <= last;
        let key = Self { hour, shard: shard.to_owned(), first, last, count, content };
        named.then_some(key).ok_or(NotAnArchiveKey)
    }

    /// What all keys of a shard begin with whose first record arrived in the hour of this moment.
    #[must_use]
    pub fn hour_prefix(arrived: Timestamp, shard: &str) -> String {
        let ((year, month, day), hh) = (arrived.date(), arrived.hour());
        format!("v1/dt={year:04}-{month:02}-{day:02}/hh={hh:02}/shard={shard}/")
    }

    /// Sequence number of its first record.
    #[must_use]
    pub const fn first(&self) -> &SequenceNumber {
        &self.first
    }

    /// Sequence number of its last record.
    #[must_use]
    pub const fn last(&self) -> &SequenceNumber {
        &self.last
    }

    /// How many lines the object has.
    #[must_use]
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// What its lines hash to.
    #[must_use]
    pub const fn content(&self) -> ContentHash {
        self.content
    }

    /// The shard its records came from.
    #[must_use]
    pub fn shard(&self) -> &str {
        &self.shard
    }
}

impl ContentHash {
    /// The hash of an object's lines, newlines included.
    #[must_use]
    pub fn of(lines: &[u8]) -> Self {
        let digest = Sha256::digest(lines);
        let first = digest.iter().take(size_of::<u64>());
        Self(first.fold(0, |bits, byte| bits << 8 | u64::from(*byte)))
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Display for ArchiveKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { hour, shard, first, last, count, content } = self;
        f.write_str(&Self::hour_prefix(*hour, shard))?;
        write!(f, "{}-{}-{count}-{content}{SUFFIX}", first.padded(), last.padded())
    }
}

impl FromStr for ArchiveKey {
    type Err = NotAnArchiveKey;

    fn from_str(text: &str) -> Result<Self, NotAnArchiveKey> {
        let key = parse(text).ok_or(NotAnArchiveKey)?;
        // One object has one name: `count` without leading zeros, hexadecimal digits in lower case.
        if key.to_string() == text { Ok(key) } else { Err(NotAnArchiveKey) }
    }
}

fn parse(text: &str) -> Option<ArchiveKey> {
    let (dt, rest) = text.strip_prefix("v1/dt=")?.split_once("/hh=")?;
    let (hh, rest) = rest.split_once("/shard=")?;
    let (shard, rest) = rest.split_once('/')?;
    let mut parts = rest.strip_suffix(SUFFIX)?.split('-');
    let (first, last, count, content) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || first.len() < PADDED_DIGITS || last.len() < PADDED_DIGITS {
        return None;
    }
    let hour = format!("{dt}T{hh}:00:00Z").parse().ok()?;
    let content = ContentHash(u64::from_str_radix(content, 16).ok()?);
    let range = (first.parse().ok()?, last.parse().ok()?);
    ArchiveKey::new(hour, shard, range, count.parse().ok()?, content).ok()
}

fn is_shard_name(shard: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    (1..=SHARD_NAME_MAX).contains(&shard.len()) && shard.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;

    fn key() -> ArchiveKey {
        let arrived = "2026-03-04T05:59:59.999Z".parse().unwrap();
        let range = (SequenceNumber::from(9), SequenceNumber::from(10));
        ArchiveKey::new(arrived, "shardId-000000000000", range, 2, ContentHash::of(b"a\nb\n")).unwrap()
    }

    #[test]
    fn a_key_names_hour_shard_range_count_and_content() {
        let written = "v1/dt=2026-03-04/hh=05/shard=shardId-000000000000/\
            00000000000000000000000000000000000000000000000000000009-\
            00000000000000000000000000000000000000000000000000000010-2-911169ddaaf146aa.ndjson.zst";
        assert_eq!(key().to_string().len(), written.len());
        let (name, _hash) = written.rsplit_once('-').unwrap();
        assert_eq!(key().to_string().rsplit_once('-').unwrap().0, name);
        assert_eq!(key().to_string().parse(), Ok(key()));
    }

    #[test]
    fn the_hash_is_the_beginning_of_sha_256() {
        // SHA-256 of the empty text begins with e3b0c44298fc1c14.
        assert_eq!(ContentHash::of(b"").to_string(), "e3b0c44298fc1c14");
    }

    /// RELIABILITY F28: a foreign key is noticed.
    #[test]
    fn a_foreign_key_is_no_key() {
        let good = key().to_string();
        for foreign in [
            String::new(),
            "v1/notes.txt".to_owned(),
            good.replace("v1/", "v2/"),
            good.replace("hh=05", "hh=24"),
            good.replace("hh=05", "hh=5"),
            good.replace("shardId-000000000000", "a%2Fb"),
            good.replace("-2-", "-02-"),
            good.replace("-2-", "-0-"),
            good.replace("-2-", "-+2-"),
            good.replace("0000000009-", "9-"),
            good.replace(SUFFIX, ".ndjson.gz"),
            good.to_uppercase(),
            format!("{good}x"),
        ] {
            assert_eq!(foreign.parse::<ArchiveKey>(), Err(NotAnArchiveKey), "{foreign:?}");
        }
    }

    #[test]
    fn keys_of_a_shard_sort_as_their_sequence_numbers_do() {
        let arrived = Timestamp::UNIX_EPOCH;
        let named = |first: u64| {
            let range = (SequenceNumber::from(first), SequenceNumber::from(first));
            ArchiveKey::new(arrived, "s", range, 1, ContentHash(0)).unwrap().to_string()
        };
        assert!(named(9) < named(10));
    }
}
