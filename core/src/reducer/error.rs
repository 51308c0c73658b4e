//! Why a call to a reducer was not answered. Numbers, because a module has no other way to say it.

use crate::packed::{PackedError, PackedErrorKind};

/// What is wrong with what a reducer was given. The numbers are part of the ABI: never changed, never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AbiError {
    /// The bytes do not lie in the module's memory.
    #[error("the bytes do not lie in the module's memory: give what `alloc` answered")]
    OutsideMemory = 1,
    /// Something else altogether.
    #[error("this is no state: pass on what `fold` answered, or nothing for the beginning")]
    NotAState = 2,
    /// Written under another ABI.
    #[error("the state was written under another ABI version: fold the history again")]
    OtherAbi = 3,
    /// Written by another reducer.
    #[error("the state was written by another reducer: fold the history again with this one")]
    OtherReducer = 4,
    /// No longer what was written.
    #[error("the state is damaged: fold the history again")]
    DamagedState = 5,
    /// No command.
    #[error("the command does not read as its layout says: whoever encoded it has a fault")]
    MalformedCommand = 6,
    /// A decision must not run on a state that lacks something.
    #[error("the history has events that this reducer does not know: it decides nothing on them")]
    UnknownEvents = 7,
    /// What was decided does not fit into a packed history.
    #[error("an event that was decided is too large for a packed history")]
    EventTooLarge = 8,
    /// Not a packed history.
    #[error("this is no packed history")]
    NotPacked = 16,
    /// A packed history of another layout.
    #[error("the history's layout has another version than this ABI's: encode it down")]
    UnknownLayout = 17,
    /// The history's end is missing.
    #[error("the history is cut off: get it again")]
    Cut = 18,
    /// A length that no frame has.
    #[error("a frame of the history claims more bytes than any has: get it again")]
    TooLarge = 19,
    /// A frame that does not fit its layout.
    #[error("a frame of the history does not read as its layout says: get it again")]
    Malformed = 20,
    /// A number that its type cannot represent.
    #[error("a number in the history is out of its range: whoever wrote it has a fault")]
    OutOfRange = 21,
    /// More bytes than the layout has.
    #[error("bytes follow in the history where nothing may")]
    Surplus = 22,
    /// The bytes read well and are not those that were written.
    #[error("the history's checksum differs: get it again")]
    WrongChecksum = 23,
    /// The history is of another stream or another version.
    #[error("the history does not follow the state: another stream, or it begins at another version")]
    DoesNotFollow = 24,
}

impl AbiError {
    /// All of them, by number.
    pub const ALL: [Self; 17] = [
        Self::OutsideMemory,
        Self::NotAState,
        Self::OtherAbi,
        Self::OtherReducer,
        Self::DamagedState,
        Self::MalformedCommand,
        Self::UnknownEvents,
        Self::EventTooLarge,
        Self::NotPacked,
        Self::UnknownLayout,
        Self::Cut,
        Self::TooLarge,
        Self::Malformed,
        Self::OutOfRange,
        Self::Surplus,
        Self::WrongChecksum,
        Self::DoesNotFollow,
    ];

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u32 {
        self as u32
    }

    /// The error with this number.
    #[must_use]
    pub fn numbered(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|error| error.number() == number)
    }

    pub(super) const fn of_history(error: PackedError) -> Self {
        match error.kind {
            PackedErrorKind::NotPacked => Self::NotPacked,
            PackedErrorKind::UnknownLayout(_) => Self::UnknownLayout,
            PackedErrorKind::Cut => Self::Cut,
            PackedErrorKind::TooLarge => Self::TooLarge,
            PackedErrorKind::Malformed => Self::Malformed,
            PackedErrorKind::OutOfRange => Self::OutOfRange,
            PackedErrorKind::Surplus => Self::Surplus,
            PackedErrorKind::WrongChecksum => Self::WrongChecksum,
            PackedErrorKind::DoesNotFollow => Self::DoesNotFollow,
        }
    }
}
