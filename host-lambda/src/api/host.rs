//! What a host gives the API: its adapters, and what it decides once.

use tillroll_core::cart::Catalogue;

use super::audience::Audience;
use crate::ports::{
    Archive, Clock, DeadLetterQueue, EventFeed, EventTable, News, PipelineView, Progress, ReplayQueue, ReplayStarter,
    Rows, Runs,
};
use crate::verify::run::Verifications;

/// The adapters that a host gives the API.
pub trait Ports: Send + Sync + 'static {
    /// Whose routes the host has.
    type Audience: Audience;
    /// The event table.
    type Table: EventTable;
    /// Projections.
    type Rows: Rows;
    /// Replay runs.
    type Runs: Runs;
    /// Where the stages stand.
    type Progress: Progress;
    /// The archive.
    type Archive: Archive;
    /// The replay queues.
    type Queue: ReplayQueue;
    /// Time.
    type Clock: Clock;
    /// News of appends.
    type News: News;
    /// The event bus for onlookers.
    type Feed: EventFeed;
    /// How the pipeline is doing.
    type Pipeline: PipelineView;
    /// Messages that were given up.
    type DeadLetters: DeadLetterQueue;
    /// Comparisons of everything. The host runs them, because it knows where there is room to sort.
    type Verifications: Verifications;
    /// Whoever carries replays from step to step.
    type Starter: ReplayStarter;

    /// The event table.
    fn table(&self) -> &Self::Table;
    /// Projections.
    fn rows(&self) -> &Self::Rows;
    /// Replay runs.
    fn runs(&self) -> &Self::Runs;
    /// Where the stages stand.
    fn progress(&self) -> &Self::Progress;
    /// The archive.
    fn archive(&self) -> &Self::Archive;
    /// The replay queues.
    fn queue(&self) -> &Self::Queue;
    /// Time.
    fn clock(&self) -> &Self::Clock;
    /// News of appends.
    fn news(&self) -> &Self::News;
    /// The event bus for onlookers.
    fn feed(&self) -> &Self::Feed;
    /// How the pipeline is doing.
    fn pipeline(&self) -> &Self::Pipeline;
    /// Messages that were given up.
    fn dead_letters(&self) -> &Self::DeadLetters;
    /// Comparisons of everything.
    fn verifications(&self) -> &Self::Verifications;
    /// Whoever carries replays.
    fn starter(&self) -> &Self::Starter;
}

/// What a host decides once.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Prices and rules, if the shop has a catalogue.
    pub catalogue: Option<Catalogue>,
    /// The first 16 hexadecimal digits of the reducer's hash.
    pub reducer: String,
    /// Version of the build.
    pub version: String,
    /// Whether shoppers reach their own carts only, signed in or by `Tillroll-Cart-Token`, and operators alone what is
    /// theirs. Off: every caller is trusted.
    pub check_owner: bool,
    /// Requests a second that may change one cart, as far as this process sees; `None` without limit.
    pub cart_rate: Option<u32>,
}

/// Stands for the reducer in events and replies: two builds with the same one compute the same states. The first 16 digits
/// of the reducer module's hash, as the sources say it.
#[must_use]
pub fn built_in_reducer() -> String {
    const LOCK: &str = include_str!("../../../reducer.lock");
    let sha256 = LOCK.lines().find_map(|line| line.strip_prefix("sha256 = \""));
    sha256.unwrap_or_default().chars().take(16).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_reducer_is_named_by_the_locked_module() {
        let reducer = super::built_in_reducer();
        assert!(reducer.parse::<tillroll_core::hash::Fingerprint>().is_ok(), "{reducer}");
    }
}
