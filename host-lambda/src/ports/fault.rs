//! What may go wrong behind any port.

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Something broke: not a refusal of the domain. Names the operation and its object; the cause is its `source`.
#[derive(Debug, thiserror::Error)]
#[error("{operation} {object}: {kind}")]
pub struct Fault {
    /// What was attempted, as a verb phrase: `append to cart`.
    pub operation: &'static str,
    /// What it was attempted on.
    pub object: String,
    /// What a caller may do about it.
    pub kind: FaultKind,
    /// What went wrong underneath.
    #[source]
    pub source: Option<BoxError>,
}

/// What a caller may do about a [`Fault`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultKind {
    /// Nothing was done; the same call may work later.
    #[error("not available now, try again")]
    Transient,
    /// It may or may not have been done; the same call again, with the same ids, is safe and tells.
    #[error("outcome unknown, send the same request again")]
    UnknownOutcome,
    /// Trying again does not help: somebody has to look.
    #[error("failed for good")]
    Permanent,
}

impl Fault {
    /// A fault of this kind with its cause.
    pub fn new(
        kind: FaultKind,
        operation: &'static str,
        object: impl Into<String>,
        source: impl Into<BoxError>,
    ) -> Self {
        Self { operation, object: object.into(), kind, source: Some(source.into()) }
    }
}
