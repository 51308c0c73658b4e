//! Where to go: a number or a time that was typed, or the next change of a field.

use tillroll_core::timeline::{Pointer, life};

use super::super::output::{count, shown};
use super::clock::Clock;
use super::recording::Recording;

/// Events that are looked through at a time for a change: the nearest one is mostly near.
const CHUNK_VERSIONS: u64 = 1_024;

/// The version that was asked for, and what has to be known about it.
pub(super) fn target(
    text: &str,
    recording: &Recording,
    clock: &Clock,
    near: u64,
) -> Result<(u64, Option<&'static str>), String> {
    let text = text.trim();
    let newest = recording.newest();
    if let Ok(version) = text.replace([',', '_'], "").parse::<u64>() {
        return match version {
            0 => Ok((1, Some("version 0 is before the first event"))),
            version if version > newest => Err(format!("the newest event is {}", count(newest))),
            version => Ok((version, None)),
        };
    }
    let near = recording.time_in_order(near).unwrap_or(clock.first);
    let Some(asked) = clock.read(text, near) else {
        let example = "a number, 14:03, 14:03:22, 2026-03-02 14:03, or +90s since the first event";
        return Err(format!("{} is no place on the timeline; write {example}", shown(text)));
    };
    match recording.version_at(asked.time) {
        0 => Ok((1, Some("that is before the first event"))),
        version => Ok((version, asked.remark)),
    }
}

/// The nearest version before or after another one that changed the field and is shown.
pub(super) fn change(
    recording: &Recording,
    field: &Pointer,
    version: u64,
    onwards: bool,
    is_shown: impl Fn(u64) -> bool,
) -> Option<u64> {
    let newest = recording.timeline().newest().head.version;
    let mut edge = if onwards { version.saturating_add(1) } else { version.checked_sub(1)? };
    while (1..=newest).contains(&edge) {
        let (from, to) = if onwards {
            (edge, edge.saturating_add(CHUNK_VERSIONS - 1).min(newest))
        } else {
            (edge.saturating_sub(CHUNK_VERSIONS - 1).max(1), edge)
        };
        let turns = life(recording.timeline(), field, from..=to);
        let mut versions = turns.iter().map(|turn| turn.version).filter(|version| is_shown(*version));
        let found = if onwards { versions.next() } else { versions.next_back() };
        if found.is_some() {
            return found;
        }
        edge = if onwards { to.checked_add(1)? } else { from.checked_sub(1)? };
    }
    None
}
