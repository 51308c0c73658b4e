//! A verification as a run: begun by somebody, worked on by the host, looked at until it has ended.
//!
//! Small systems are verified while a caller waits; a million events take minutes, longer than any connection should
//! be held open. Where there is room to sort, and what goes on when nobody waits, the host knows.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tillroll_core::time::Timestamp;

use super::course::{Phase, Standing};
use super::repair::Repair;
use super::report::Report;
use crate::operations::Operation;
use crate::ports::Fault;

/// Runs verifications, one at a time: two would only take each other's disk.
pub trait Verifications: Send + Sync {
    /// Begins one, unless one is under way.
    fn begin(&self, ask: Ask) -> impl Future<Output = Result<Begun, Fault>> + Send;

    /// The run with this id, if it is remembered.
    fn get(&self, id: &str) -> impl Future<Output = Result<Option<Verification>, Fault>> + Send;

    /// The newest run that is remembered.
    fn latest(&self) -> impl Future<Output = Result<Option<Verification>, Fault>> + Send;
}

/// What to verify.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// How long the stages may take to pass the mark.
    pub wait: Duration,
    /// Whether entries are looked up too.
    pub entries: bool,
    /// What to do about findings.
    pub then: Then,
}

/// What to do about findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Then {
    /// Only report them.
    Report,
    /// Say what a repair would do.
    Plan,
    /// Repair them; recorded as this operation, which is given its outcome at the end.
    Repair(Box<Operation>),
}

/// How a beginning went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// It has begun.
    Started(Verification),
    /// This one is under way, and the other was not begun.
    Busy(Verification),
}

/// A verification, under way or ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    /// Names it.
    pub id: String,
    /// How far it is.
    #[serde(flatten)]
    pub standing: Standing,
    /// When it began.
    pub started_at: Timestamp,
    /// When it came to an end, good or bad.
    pub finished_at: Option<Timestamp>,
    /// Why it broke off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What its repair did, if it was asked for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repair: Option<Repair>,
    /// What it found, once it has come to its end.
    #[serde(flatten)]
    pub report: Option<Report>,
}

impl Verification {
    /// Whether nothing more comes.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        matches!(self.standing.phase, Phase::Finished | Phase::Failed)
    }
}
