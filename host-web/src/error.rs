//! What was not done, as a stable code and data that say what and where. The package throws it as an `Error`; sentences for
//! people are its too, as they would be a large part of what a browser loads.

use tillroll_core::id::StreamId;
use tillroll_core::packed::{PackedError, PackedErrorKind, Unpackable};
use tillroll_core::session::SessionError;

use crate::shape::{adjacent, words};

/// Why a call was not done.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A value of the call is none of its type. Which one, `codec.ts` finds out from where it lies.
    Malformed {
        byte: u32,
    },
    ForeignCart {
        cart: StreamId,
        found: StreamId,
    },
    BadHistory {
        byte: u64,
        problem: PackedErrorKind,
    },
    WrongReply {
        reason: &'static str,
    },
    WrongSequence {
        expected: u64,
        found: u64,
    },
    EventTooLarge {
        version: u64,
    },
    Gone,
}

adjacent! {
    /// Why a call was not done.
    [put] Failure = Failure by "code" and "data" {
        Malformed = "malformed" {
            /// Where the value lies in the call's bytes.
            byte: u32,
        },
        /// Events of another cart arrived.
        ForeignCart = "foreign_cart" { cart: StreamId, found: StreamId },
        /// The bytes are no packed history, or no longer are.
        BadHistory = "bad_history" { byte: u64, problem: PackedErrorKind },
        /// The reply contradicts itself.
        WrongReply = "wrong_reply" { reason: &'static str },
        /// Events that do not follow each other, from the first one on.
        WrongSequence = "wrong_sequence" { expected: u64, found: u64 },
        /// An event does not fit into a packed history.
        EventTooLarge = "event_too_large" { version: u64 },
        /// It was freed.
        Gone = "gone" {},
    }
}

words! {
    /// What is wrong with a packed history.
    [put] PackedErrorKind = HistoryProblem {
        NotPacked = "not_packed",
        UnknownLayout = "unknown_layout",
        Cut = "cut",
        TooLarge = "too_large",
        Malformed = "malformed",
        OutOfRange = "out_of_range",
        Surplus = "surplus",
        WrongChecksum = "wrong_checksum",
        DoesNotFollow = "does_not_follow",
    }
}

impl From<PackedError> for Failure {
    fn from(PackedError { at, kind }: PackedError) -> Self {
        Self::BadHistory { byte: at, problem: kind }
    }
}

impl From<SessionError> for Failure {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::ForeignCart { cart, found } => Self::ForeignCart { cart, found },
            SessionError::Packed(error) => error.into(),
            SessionError::WrongReply(reason) => Self::WrongReply { reason },
        }
    }
}

impl From<Unpackable> for Failure {
    fn from(Unpackable { version }: Unpackable) -> Self {
        Self::EventTooLarge { version }
    }
}
