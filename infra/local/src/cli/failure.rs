//! How a command ends: its exit status, and what a person reads when it failed.

use std::error::Error;
use std::io::{self, Write as _};
use std::process::ExitCode;

use super::again::completed;

/// How a command that did not fail ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It did what it was asked.
    Fine,
    /// It looked, and has said what is wrong.
    Problems,
    /// It looked, and what should be equal is not.
    Differences,
    /// Ctrl+C, and it has said how to go on.
    Interrupted,
}

impl Ending {
    pub(crate) fn code(self) -> ExitCode {
        ExitCode::from(match self {
            Self::Fine => 0,
            Self::Problems => 1,
            Self::Differences => 3,
            Self::Interrupted => INTERRUPTED,
        })
    }
}

/// Exit status after a wrong usage; clap has the same.
const MISUSED: u8 = 2;

/// Exit status after Ctrl+C: 128 and the number of the signal, as shells have it.
pub(crate) const INTERRUPTED: u8 = 130;

/// Why a command failed, in words for a person.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Something went wrong.
    Said {
        /// What, with its causes.
        what: String,
        /// What to do about it.
        hint: Option<String>,
        /// Whether the command line or the environment has to be written differently; nothing was tried then.
        is_misuse: bool,
    },
    /// Nobody reads the output any more: `| head` has seen enough. No failure in the eyes of a person.
    OutputClosed,
}

impl Failure {
    /// A failure in one sentence, beginning in lower case.
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self::Said { what: what.into(), hint: None, is_misuse: false }
    }

    /// The same for a command line or an environment that has to be written differently.
    pub(crate) fn misuse(what: impl Into<String>) -> Self {
        Self::new(what).misused()
    }

    /// A failure with its causes, outermost first.
    pub(crate) fn of(error: &dyn Error) -> Self {
        let causes = std::iter::successors(Some(error), |cause| (*cause).source());
        let mut what = String::new();
        for cause in causes.map(ToString::to_string) {
            // Some libraries repeat their source in their own words.
            if !what.contains(&cause) {
                let joint = if what.is_empty() { "" } else { ": " };
                what = what + joint + &cause;
            }
        }
        Self::new(what)
    }

    /// The same failure with what to do about it.
    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        match self {
            Self::Said { what, is_misuse, .. } => Self::Said { what, hint: Some(hint.into()), is_misuse },
            Self::OutputClosed => Self::OutputClosed,
        }
    }

    /// The same failure as one of wrong usage.
    pub(crate) fn misused(self) -> Self {
        match self {
            Self::Said { what, hint, .. } => Self::Said { what, hint, is_misuse: true },
            Self::OutputClosed => Self::OutputClosed,
        }
    }

    /// A write to standard output that failed.
    pub(crate) fn of_output(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::OutputClosed;
        }
        Self::new(format!("cannot write the output: {error}"))
    }

    /// Says it on standard error and gives the exit status.
    pub(crate) fn conclude(self) -> ExitCode {
        match self {
            Self::Said { what, hint, is_misuse } => {
                say(&format!("error: {what}"));
                if let Some(hint) = hint {
                    say(&format!("hint: {hint}"));
                }
                if is_misuse { ExitCode::from(MISUSED) } else { ExitCode::FAILURE }
            }
            Self::OutputClosed => ExitCode::SUCCESS,
        }
    }
}

/// One line to standard error, its commands ready to be pasted. A terminal that went away must stop nothing.
pub(crate) fn say(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", completed(line));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the outer: the inner")]
    struct Outer(#[source] Inner);

    #[derive(Debug, thiserror::Error)]
    #[error("the inner")]
    struct Inner(#[source] io::Error);

    #[test]
    fn a_failure_names_each_cause_once() {
        let error = Outer(Inner(io::Error::other("the disk")));
        assert!(
            matches!(Failure::of(&error), Failure::Said { what, hint: None, is_misuse: false } if what == "the outer: the inner: the disk")
        );
    }

    #[test]
    fn a_reader_that_has_seen_enough_is_no_failure() {
        assert!(matches!(Failure::of_output(&io::ErrorKind::BrokenPipe.into()), Failure::OutputClosed));
        assert!(matches!(Failure::of_output(&io::ErrorKind::StorageFull.into()), Failure::Said { .. }));
    }
}
