//! What a host gives the API: its adapters, and what it decides once.

use tillroll_core::cart::Catalogue;
use tillroll_core::hash::Fingerprint;

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

/// Stands for the reducer in events and replies: two builds with the same one compute the same states. As long as the
/// reducer is built into the program and is no module of its own, that is the program's version.
#[must_use]
pub fn built_in_reducer() -> String {
    Fingerprint::of_bytes(concat!("tillroll ", env!("CARGO_PKG_VERSION")).as_bytes()).to_string()
}
