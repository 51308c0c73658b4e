//! What is asked for when a replay is started, and which of it makes no sense.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tillroll_core::id::StreamId;
use uuid::Uuid;

use super::ReplayError;
use crate::filter::Filter;

/// Most carts that one run rebuilds: each is a message and a row that says what became of it, and those rows are
/// removed in one write.
pub const CARTS_MAX: usize = 100;
/// Highest rate that can be asked for, in events a second. Nothing here reaches it.
pub const RATE_MAX: u32 = 1_000_000;

/// How to replay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Names the run. The same id with the same target is the same run, so a start can be sent again.
    pub run: Uuid,
    /// Where the events go.
    pub target: Target,
    /// Most events sent in a second; `None` for as fast as it goes.
    pub rate: Option<u32>,
}

/// Where the events of a run go, and which of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "target", rename_all = "snake_case")]
pub enum Target {
    /// Into a new generation, which then becomes the live one.
    NewGeneration {
        /// What that generation is made of.
        #[serde(default, skip_serializing_if = "Filter::is_open")]
        filter: Filter,
    },
    /// Into the live generation, where they do nothing unless something is missing there.
    LiveGeneration {
        /// Which events are sent again.
        #[serde(default, skip_serializing_if = "Filter::is_open")]
        filter: Filter,
    },
    /// Into the generation that was live before, which then becomes the live one again.
    PreviousGeneration,
    /// Nowhere: these carts of the live generation are rebuilt from the event table, each beside its stored row, which
    /// is then replaced.
    Carts {
        /// The carts, each once.
        carts: Vec<StreamId>,
    },
}

impl Options {
    /// A run of everything into a new generation, as fast as it goes.
    #[must_use]
    pub fn new(run: Uuid) -> Self {
        Self { run, target: Target::NewGeneration { filter: Filter::default() }, rate: None }
    }

    pub(super) fn check(&self) -> Result<(), ReplayError> {
        let invalid = |member, reason: String| Err(ReplayError::Invalid { member, reason });
        match &self.target {
            Target::NewGeneration { filter } | Target::LiveGeneration { filter } => {
                if let (Some(from), Some(to)) = (filter.from, filter.to)
                    && from > to
                {
                    return invalid("from", "from is after to: no event happened then".to_owned());
                }
            }
            Target::Carts { carts } => {
                let different: BTreeSet<_> = carts.iter().collect();
                if different.len() != carts.len() || !(1..=CARTS_MAX).contains(&carts.len()) {
                    return invalid("carts", format!("one run rebuilds 1 to {CARTS_MAX} carts, each once"));
                }
                if self.rate.is_some() {
                    return invalid("rate", "single carts are rebuilt at once, without a rate".to_owned());
                }
            }
            Target::PreviousGeneration => {}
        }
        self.rate.map_or(Ok(()), check_rate)
    }
}

pub(super) fn check_rate(rate: u32) -> Result<(), ReplayError> {
    if (1..=RATE_MAX).contains(&rate) {
        return Ok(());
    }
    let reason = format!("a rate is 1 to {RATE_MAX} events a second");
    Err(ReplayError::Invalid { member: "rate", reason })
}
