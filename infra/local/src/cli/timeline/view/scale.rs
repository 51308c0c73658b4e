//! Versions on the columns of the band: in equal steps, or by time with long gaps folded.

use std::ops::Range;

use tillroll_core::time::Timestamp;

use super::super::model::{Axis, Model};

/// Columns that a folded gap takes: enough for what it says.
const FOLD_COLUMNS: u16 = 7;
/// Gaps that are folded at most: more would leave no room for what happened.
const FOLDS_MAX: usize = 5;
/// A gap is long when it is so many times the longest one that is not folded.
const LONG_TIMES: i64 = 6;

/// Where each version stands.
#[derive(Debug)]
pub(in super::super) struct Scale<'a> {
    from: u64,
    to: u64,
    width: u16,
    /// For an axis of time: when the versions from the first to the last happened, and the parts of the axis.
    time: Option<(&'a [Timestamp], Vec<Part>)>,
}

/// A part of an axis of time.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    ms: Range<i64>,
    columns: Range<u16>,
    folded: bool,
}

/// A gap that takes less room than its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fold {
    pub(super) columns: Range<u16>,
    pub(super) ms: i64,
}

impl<'a> Scale<'a> {
    pub(in super::super) fn of(model: &'a Model, width: u16) -> Self {
        let (from, to) = model.shown_versions();
        let time = (model.axis == Axis::Time).then(|| {
            let place = |version: u64| usize::try_from(version).unwrap_or(usize::MAX);
            let times = model.recording.times();
            let times = times.get(place(from.saturating_sub(1))..place(to).min(times.len())).unwrap_or_default();
            let parts = parts(times, width);
            (times, parts)
        });
        Self { from, to, width: width.max(1), time }
    }

    /// The column of a version; none outside of what is shown.
    pub(in super::super) fn column(&self, version: u64) -> Option<u16> {
        if !(self.from..=self.to).contains(&version) {
            return None;
        }
        let last = self.width - 1;
        let Some((times, parts)) = &self.time else {
            return Some(share(version - self.from, self.to - self.from, last));
        };
        let ms = times.get(usize::try_from(version - self.from).ok()?)?.unix_ms();
        let part = parts.iter().find(|part| part.ms.contains(&ms)).or(parts.last())?;
        let length = part.ms.end.saturating_sub(part.ms.start).unsigned_abs();
        let columns = part.columns.end.saturating_sub(part.columns.start).saturating_sub(1);
        let column = share(ms.saturating_sub(part.ms.start).unsigned_abs().min(length), length, columns);
        Some(part.columns.start.saturating_add(column).min(last))
    }

    /// The last version that stands on a column or before it.
    pub(in super::super) fn version(&self, column: u16) -> u64 {
        let (mut known, mut beyond) = (self.from, self.to.saturating_add(1));
        // The column of a version never falls.
        while known.saturating_add(1) < beyond {
            let middle = known + (beyond - known) / 2;
            if self.column(middle).is_some_and(|place| place <= column) {
                known = middle;
            } else {
                beyond = middle;
            }
        }
        known
    }

    pub(super) fn folds(&self) -> Vec<Fold> {
        let parts = self.time.iter().flat_map(|(_, parts)| parts).filter(|part| part.folded);
        parts.map(|part| Fold { columns: part.columns.clone(), ms: part.ms.end - part.ms.start }).collect()
    }
}

/// `number` of `of` on the columns 0 to `last`.
fn share(number: u64, of: u64, last: u16) -> u16 {
    let place = u128::from(number) * u128::from(last) / u128::from(of.max(1));
    u16::try_from(place).unwrap_or(last).min(last)
}

/// The longest gaps between times that follow each other, the longest first: one more than are folded, to compare with.
fn longest_gaps(times: &[Timestamp]) -> Vec<(i64, i64)> {
    let mut longest: Vec<(i64, i64)> = Vec::with_capacity(FOLDS_MAX + 2);
    let mut shortest = i64::MIN;
    for (from, to) in times.iter().zip(times.iter().skip(1)) {
        let (from, to) = (from.unix_ms(), to.unix_ms());
        // Nearly always false: there are many gaps and few long ones.
        if to - from > shortest {
            let place = longest.partition_point(|(longer_from, longer_to)| longer_to - longer_from >= to - from);
            longest.insert(place, (from, to));
            longest.truncate(FOLDS_MAX + 1);
            shortest = longest.get(FOLDS_MAX).map_or(i64::MIN, |(from, to)| to - from);
        }
    }
    longest
}

/// Folds the longest gaps and shares the columns among the rest.
fn parts(times: &[Timestamp], width: u16) -> Vec<Part> {
    let (Some(first), Some(last)) = (times.first(), times.last()) else { return Vec::new() };
    let (first, last) = (first.unix_ms(), last.unix_ms());
    let gaps = longest_gaps(times);
    let folds_max = usize::from(width / 2 / FOLD_COLUMNS).min(FOLDS_MAX);
    let length = |gap: &(i64, i64)| gap.1 - gap.0;
    let is_long = |pair: &[(i64, i64)]| match pair {
        [longer, shorter] => length(longer) >= 2 && length(longer) >= length(shorter).saturating_mul(LONG_TIMES),
        _ => false,
    };
    let folds = gaps.windows(2).take(folds_max).rposition(is_long).map_or(0, |place| place + 1);
    let mut long: Vec<(i64, i64)> = gaps.into_iter().take(folds).collect();
    let left = last - first - long.iter().map(length).sum::<i64>();
    long.sort_unstable();
    let folded = FOLD_COLUMNS * u16::try_from(long.len()).unwrap_or(0);
    let open = width.saturating_sub(folded);
    let mut parts = Vec::new();
    let (mut ms, mut column, mut before) = (first, 0, 0_i64);
    for (from, to) in long {
        before += from - ms;
        let end = folded_columns(&parts) + share_of_time(before, left, open);
        parts.push(Part { ms: ms..from + 1, columns: column..end.max(column + 1), folded: false });
        let end = end.max(column + 1);
        parts.push(Part { ms: from + 1..to, columns: end.min(width)..(end + FOLD_COLUMNS).min(width), folded: true });
        (ms, column) = (to, end + FOLD_COLUMNS);
    }
    parts.push(Part { ms: ms..last + 1, columns: column..width.max(column + 1), folded: false });
    parts
}

fn folded_columns(parts: &[Part]) -> u16 {
    FOLD_COLUMNS * u16::try_from(parts.iter().filter(|part| part.folded).count()).unwrap_or(0)
}

fn share_of_time(ms: i64, of: i64, columns: u16) -> u16 {
    share(ms.unsigned_abs(), of.unsigned_abs(), columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(times: &[i64]) -> Vec<Timestamp> {
        times.iter().copied().map(Timestamp::from_unix_ms).collect()
    }

    fn scale(times: &[Timestamp], width: u16) -> Scale<'_> {
        Scale { from: 1, to: times.len() as u64, width, time: Some((times, parts(times, width))) }
    }

    #[test]
    fn a_column_never_falls_and_leads_back_to_its_version() {
        let day = 86_400_000;
        for times in [
            vec![0, 0, 0, 0],
            vec![0, 1_000, 2_000, 3 * day, 3 * day + 1_000, 9 * day],
            vec![5; 100],
            (0..500).map(|n| n * n * 10).collect(),
            vec![7],
        ] {
            let times = at(&times);
            for width in [10, 40, 200] {
                let scale = scale(&times, width);
                let columns: Vec<_> = (1..=times.len() as u64).filter_map(|version| scale.column(version)).collect();
                assert_eq!(columns.len(), times.len());
                assert!(columns.is_sorted() && columns.iter().all(|column| *column < width), "{times:?} {columns:?}");
                for version in 1..=times.len() as u64 {
                    let column = scale.column(version).unwrap_or(0);
                    assert!(scale.version(column) >= version && scale.column(scale.version(column)) == Some(column));
                }
            }
        }
    }

    #[test]
    fn a_long_gap_is_folded_and_says_how_long_it_was() {
        let day = 86_400_000;
        let folds = scale(&at(&[0, 1_000, 2_000, 3 * day, 3 * day + 1_000]), 60).folds();
        assert_eq!(folds.len(), 1);
        assert!((3 * day - 3_000..3 * day).contains(&folds[0].ms) && folds[0].columns.len() == 7);
        assert_eq!(scale(&at(&[0, 1_000, 2_000, 3_000, 4_000, 5_000, 6_000]), 60).folds(), []);
    }
}
