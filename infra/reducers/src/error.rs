//! What can go wrong with a module, and what to do about it.

use std::fmt;

use tillroll_core::packed::PackedError;
use tillroll_core::reducer::{ABI_VERSION, AbiError};

use crate::limits::{ANSWER_BYTES_MAX, CALL_MAX, FUEL_PER_CALL, FUEL_PER_EVENT, MEMORY_BYTES_MAX, MODULE_BYTES_MAX};

/// What was asked of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// Being made ready, `abi_version` included.
    Start,
    /// `fold`.
    Fold,
    /// `hash`.
    Hash,
    /// `view`.
    View,
    /// `decide`.
    Decide,
}

/// A module was rejected, or a call to it failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReducerError {
    /// The file is too large.
    #[error("the file has {bytes} bytes and a reducer at most {MODULE_BYTES_MAX}: give the .wasm file of a reducer")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// It cannot be read as wasm, or uses what is switched off.
    #[error("the file is no wasm module that can be run here ({reason}): give the .wasm file of a reducer")]
    NotWasm {
        /// What the compiler says.
        reason: String,
    },
    /// It wants something from its host.
    #[error("the module imports `{module}.{name}`, and a reducer imports nothing: `cargo xtask reducer` builds one")]
    HasImports {
        /// Where the first import is from.
        module: String,
        /// What it is called.
        name: String,
    },
    /// Something in it would run before it is asked.
    #[error("the module has a start function, and a reducer does nothing unasked: `cargo xtask reducer` builds one")]
    HasStart,
    /// A function or the memory is not there.
    #[error("the module does not export `{name}`, so it is no reducer: docs/reducers.md lists what one exports")]
    MissingExport {
        /// What is missing.
        name: &'static str,
    },
    /// It is there, and something else.
    #[error("the module's export `{name}` is not {expected}: docs/reducers.md lists what a reducer exports")]
    WrongExport {
        /// What it is called.
        name: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// Another version of what crosses.
    #[error("the module speaks ABI {found} and this build ABI {ABI_VERSION}: run it with the build that it is from")]
    OtherAbi {
        /// What `abi_version` answered.
        found: u32,
    },
    /// It burned all its fuel.
    #[error(
        "the module did not finish {during} within {FUEL_PER_CALL} units of fuel and {FUEL_PER_EVENT} for each event: \
         it loops, or is far too slow"
    )]
    OutOfFuel {
        /// What it was doing.
        during: Call,
    },
    /// It took too long.
    #[error("the module did not finish {during} within {} seconds: it loops, or the machine is very busy", CALL_MAX.as_secs())]
    OutOfTime {
        /// What it was doing.
        during: Call,
    },
    /// It wanted more memory than it may have.
    #[error(
        "the module wanted more than {MEMORY_BYTES_MAX} bytes of memory during {during}: fold fewer events, or another cart"
    )]
    OutOfMemory {
        /// What it was doing.
        during: Call,
    },
    /// It stopped itself, or did what no module may.
    #[error("the module stopped during {during}: {reason}; whoever built it has a fault")]
    Trapped {
        /// What it was doing.
        during: Call,
        /// What the machine says.
        reason: String,
    },
    /// It points to where it has no memory.
    #[error("the module pointed outside its memory during {during}: whoever built it has a fault")]
    OutsideMemory {
        /// What it was doing.
        during: Call,
    },
    /// Its answer is too long.
    #[error(
        "the module answered {bytes} bytes to {during}, and {ANSWER_BYTES_MAX} are the most: whoever built it has a fault"
    )]
    AnswerTooLarge {
        /// What it was doing.
        during: Call,
        /// How long the answer is.
        bytes: u32,
    },
    /// Its answer is not of the form that it should have.
    #[error("the module's answer to {during} is not {expected}: whoever built it has a fault")]
    BadAnswer {
        /// What it was doing.
        during: Call,
        /// What it should be.
        expected: &'static str,
    },
    /// It answered that it cannot.
    #[error("the module cannot do {during}: {error}")]
    Answered {
        /// What it was doing.
        during: Call,
        /// Why not.
        error: AbiError,
    },
    /// It answered a number that this ABI does not have.
    #[error(
        "the module answered error {number} to {during}, which ABI {ABI_VERSION} does not have: whoever built it has a fault"
    )]
    AnsweredUnknown {
        /// What it was doing.
        during: Call,
        /// The number.
        number: u32,
    },
    /// The history cannot be read.
    #[error("the history to fold cannot be read")]
    History(#[from] PackedError),
    /// This machine cannot run modules.
    #[error("a reducer cannot be run on this machine: {reason}")]
    Machine {
        /// What it lacks.
        reason: String,
    },
}

impl ReducerError {
    /// The stable code: `reducer_rejected` when the module was not even started, `history_unreadable` when the module is
    /// not to blame, else `reducer_failed`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. }
            | Self::NotWasm { .. }
            | Self::HasImports { .. }
            | Self::HasStart
            | Self::MissingExport { .. }
            | Self::WrongExport { .. }
            | Self::OtherAbi { .. } => "reducer_rejected",
            Self::History(_) => "history_unreadable",
            Self::OutOfFuel { .. }
            | Self::OutOfTime { .. }
            | Self::OutOfMemory { .. }
            | Self::Trapped { .. }
            | Self::OutsideMemory { .. }
            | Self::AnswerTooLarge { .. }
            | Self::BadAnswer { .. }
            | Self::Answered { .. }
            | Self::AnsweredUnknown { .. }
            | Self::Machine { .. } => "reducer_failed",
        }
    }

    /// Whether the module ended the call in good order.
    pub(crate) const fn is_an_answer(&self) -> bool {
        matches!(self, Self::Answered { .. })
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Start => "its start",
            Self::Fold => "`fold`",
            Self::Hash => "`hash`",
            Self::View => "`view`",
            Self::Decide => "`decide`",
        })
    }
}
