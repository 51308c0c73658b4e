//! What is wrong with bytes that are no packed history, and with events that do not fit into one.

use super::{FRAME_BYTES_MAX, LAYOUT_VERSION};

/// Bytes that are no packed history, or no longer are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("packed history, byte {at}: {kind}")]
pub struct PackedError {
    /// Where it was noticed, counted from 0.
    pub at: u64,
    /// What is wrong there.
    pub kind: PackedErrorKind,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PackedErrorKind {
    /// Something else altogether.
    #[error("it does not begin as one does, with `tillroll`: this is something else")]
    NotPacked,
    /// Written by a newer build.
    #[error("its layout has version {0}, and this build reads version {LAYOUT_VERSION}: use the build that wrote it")]
    UnknownLayout(u8),
    /// The end is missing.
    #[error("the bytes end before the history does: it was cut off, get it again")]
    Cut,
    /// A length that no frame has.
    #[error("a frame claims more than {FRAME_BYTES_MAX} bytes: it is damaged, get it again")]
    TooLarge,
    /// A frame's bytes do not fit its layout.
    #[error("the frame there does not read as its layout says: it is damaged, get it again")]
    Malformed,
    /// A number that its type cannot represent.
    #[error("a number in the frame there is out of its range: whoever wrote it has a fault")]
    OutOfRange,
    /// More bytes than the layout has.
    #[error("bytes follow where nothing may")]
    Surplus,
    /// The bytes read well and are not those that were written.
    #[error("the checksum differs: bytes were changed since it was written, get it again")]
    WrongChecksum,
    /// The history is folded onto something that it does not follow.
    #[error("its events are not those that follow here: another stream, or they begin at another version")]
    DoesNotFollow,
}

/// An event, or what stands beside the events, that is too large for a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("version {version} does not fit into a packed history: it needs more than {FRAME_BYTES_MAX} bytes")]
pub struct Unpackable {
    /// Version of the event; the version before the first event for the header.
    pub version: u64,
}
