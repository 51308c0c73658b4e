//! Who asks for an operation, and why: members that several bodies share.

use super::{Caller, Problem};
use crate::operations::Motive;

/// Longest reason, in characters: a few sentences and a ticket.
const REASON_CHARS_MAX: usize = 500;
/// Longest name of whoever asks.
const BY_CHARS_MAX: usize = 100;

/// The motive of a request; a problem when it has no reason, or text that cannot be kept. Who has shown a token is
/// recorded as that says, whatever they call themselves.
pub(super) fn motive(caller: &Caller, reason: Option<String>, by: Option<String>) -> Result<Motive, Problem> {
    let wrong = |pointer: &str, detail: String| {
        Problem::new(400, "malformed_json", "a member of the body is missing or cannot be kept").at(pointer, detail)
    };
    let fits = |text: &str, chars_max: usize| {
        !text.trim().is_empty() && text.chars().count() <= chars_max && !text.chars().any(char::is_control)
    };
    let reason = reason.filter(|reason| fits(reason, REASON_CHARS_MAX)).ok_or_else(|| {
        let detail = format!("say why, in 1 to {REASON_CHARS_MAX} characters on one line; it is recorded");
        wrong("/reason", detail)
    })?;
    if by.as_deref().is_some_and(|by| !fits(by, BY_CHARS_MAX)) {
        return Err(wrong("/by", format!("a name has 1 to {BY_CHARS_MAX} characters on one line")));
    }
    let verified = match caller {
        Caller::Operator { name, .. } => name.clone(),
        Caller::Shopper { .. } | Caller::Unknown => None,
    };
    Ok(Motive { by: verified.or(by), reason })
}
