//! The life of one value: every version at which it changed.

use alloc::vec::Vec;
use core::ops::RangeInclusive;

use serde::Serialize;

use super::Timeline;
use super::value::{Pointer, Shown, Value};

/// One change in the life of a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Turn {
    /// The event that changed it.
    pub version: u64,
    /// What was there; null for nothing.
    pub from: Value<'static>,
    /// What is there since; null for nothing.
    pub to: Value<'static>,
}

/// How the value at `pointer` changed by the events in `versions`, oldest first. Every moment in between is looked at,
/// so the range is what bounds the work: some microseconds for each version.
#[must_use]
pub fn life<A: Shown>(timeline: &Timeline<A>, pointer: &Pointer, versions: RangeInclusive<u64>) -> Vec<Turn> {
    let mut turns = Vec::new();
    let Some(mut playback) = timeline.play(versions.start().saturating_sub(1)) else { return turns };
    let mut newest = Value::Null;
    let mut begun = false;
    loop {
        let version = playback.moment().head.version;
        let view = A::view(playback.moment());
        let value = A::value(&view);
        let now = value.at(pointer).unwrap_or(&Value::Null);
        if *now != newest {
            let now = now.clone().into_owned();
            let from = core::mem::replace(&mut newest, now.clone());
            if begun {
                turns.push(Turn { version, from, to: now });
            }
        }
        begun = true;
        if version >= *versions.end() || !playback.advance() {
            return turns;
        }
    }
}
