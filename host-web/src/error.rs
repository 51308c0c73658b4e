//! What is thrown: an `Error` with a stable `code`, which is its message too, and `data` that says what and where.
//! Sentences for people are the package's: they would be a large part of what a browser loads.

use core::fmt;

use serde::{Serialize, de, ser};
use tillroll_core::id::StreamId;
use tillroll_core::packed::{PackedError, PackedErrorKind, Unpackable};
use tillroll_core::session::SessionError;
use tillroll_core::timeline::Pointer;
use wasm_bindgen::JsValue;

use crate::write;

/// Why a call was not done.
#[derive(Debug)]
pub struct Failure {
    /// The stable code.
    pub(crate) code: &'static str,
    /// Its details.
    pub(crate) data: Details,
}

/// What and where.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Details {
    /// Of `malformed`: the place in what was passed, and what is wrong there.
    Misfit { at: Pointer, problem: &'static str },
    /// Of `foreign_cart`.
    Carts { cart: StreamId, found: StreamId },
    /// Of `bad_history`.
    History { byte: u64, problem: &'static str },
    /// Of `wrong_reply`.
    Reason { reason: &'static str },
    /// Of `event_too_large`.
    Version { version: u64 },
}

/// A value that is not what it should be, and where it lies.
#[derive(Debug)]
pub(crate) struct Misfit {
    /// Innermost first: it is put together on the way out.
    path: Vec<String>,
    problem: &'static str,
}

impl Misfit {
    /// Of another type than is expected, or there where nothing is.
    pub(crate) const WRONG_TYPE: &'static str = "wrong_type";
    /// Of the right type, and not one of the values that may be.
    pub(crate) const WRONG_VALUE: &'static str = "wrong_value";
    /// A member that nothing here knows.
    const UNKNOWN: &'static str = "unknown";
    /// A member that must be there.
    const MISSING: &'static str = "missing";
    /// Objects within objects, more than anything here has.
    pub(crate) const TOO_DEEP: &'static str = "too_deep";
    /// More than there may be.
    pub(crate) const TOO_MANY: &'static str = "too_many";

    pub(crate) fn new(problem: &'static str) -> Self {
        Self { path: Vec::new(), problem }
    }

    /// The same, seen from one level further out.
    pub(crate) fn under(mut self, segment: &str) -> Self {
        self.path.push(segment.to_owned());
        self
    }

    /// The same, seen from a list.
    pub(crate) fn under_nth(self, index: u32) -> Self {
        let mut digits = Vec::new();
        let mut rest = index;
        loop {
            digits.push(char::from_digit(rest % 10, 10).unwrap_or('0'));
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        let text: String = digits.iter().rev().collect();
        self.under(&text)
    }

    fn at(&self) -> Pointer {
        self.path.iter().rev().fold(Pointer::default(), |place, segment| place.under(segment))
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.problem)
    }
}

impl std::error::Error for Misfit {}

/// What serde says in sentences is said by a word here, because the sentences would have to be loaded.
impl de::Error for Misfit {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::new(Self::WRONG_VALUE)
    }

    fn invalid_type(_: de::Unexpected<'_>, _: &dyn de::Expected) -> Self {
        Self::new(Self::WRONG_TYPE)
    }

    fn invalid_value(_: de::Unexpected<'_>, _: &dyn de::Expected) -> Self {
        Self::new(Self::WRONG_VALUE)
    }

    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Self {
        Self::new(Self::WRONG_VALUE)
    }

    fn unknown_field(field: &str, _: &'static [&'static str]) -> Self {
        Self::new(Self::UNKNOWN).under(field)
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(Self::MISSING).under(field)
    }
}

impl ser::Error for Misfit {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::new(Self::WRONG_VALUE)
    }
}

impl From<Misfit> for Failure {
    fn from(misfit: Misfit) -> Self {
        Self { code: "malformed", data: Details::Misfit { at: misfit.at(), problem: misfit.problem } }
    }
}

impl From<PackedError> for Failure {
    fn from(PackedError { at, kind }: PackedError) -> Self {
        Self { code: "bad_history", data: Details::History { byte: at, problem: problem(kind) } }
    }
}

impl From<SessionError> for Failure {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::ForeignCart { cart, found } => {
                Self { code: "foreign_cart", data: Details::Carts { cart, found } }
            }
            SessionError::Packed(error) => error.into(),
            SessionError::WrongReply(reason) => Self { code: "wrong_reply", data: Details::Reason { reason } },
        }
    }
}

impl From<Unpackable> for Failure {
    fn from(Unpackable { version }: Unpackable) -> Self {
        Self { code: "event_too_large", data: Details::Version { version } }
    }
}

impl From<Failure> for JsValue {
    fn from(Failure { code, data }: Failure) -> Self {
        let error = js_sys::Error::new(code).into();
        let data = write::value(&data).unwrap_or(JsValue::NULL);
        write::set(&error, "code", &code.into());
        write::set(&error, "data", &data);
        error
    }
}

const fn problem(kind: PackedErrorKind) -> &'static str {
    match kind {
        PackedErrorKind::NotPacked => "not_packed",
        PackedErrorKind::UnknownLayout(_) => "unknown_layout",
        PackedErrorKind::Cut => "cut",
        PackedErrorKind::TooLarge => "too_large",
        PackedErrorKind::Malformed => "malformed",
        PackedErrorKind::OutOfRange => "out_of_range",
        PackedErrorKind::Surplus => "surplus",
        PackedErrorKind::WrongChecksum => "wrong_checksum",
        PackedErrorKind::DoesNotFollow => "does_not_follow",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;

    #[test]
    fn the_place_of_a_misfit_is_a_json_pointer_from_the_outside_in() {
        let misfit = <Misfit as de::Error>::missing_field("sku").under("data").under_nth(10).under("a/b");
        let failure = Failure::from(misfit);
        assert_eq!(failure.code, "malformed");
        let Details::Misfit { at, problem } = failure.data else { unreachable!() };
        assert_eq!((at.to_string().as_str(), problem), ("/a~1b/10/data/sku", "missing"));
    }

    #[test]
    fn every_error_of_the_core_has_its_code() {
        let packed = PackedError { at: 7, kind: PackedErrorKind::Cut };
        let id = StreamId::opened_by("6ba7b811-9dad-11d1-80b4-00c04fd430c8".parse().unwrap());
        for (failure, code) in [
            (Failure::from(packed), "bad_history"),
            (SessionError::Packed(packed).into(), "bad_history"),
            (SessionError::ForeignCart { cart: id, found: id }.into(), "foreign_cart"),
            (SessionError::WrongReply("no").into(), "wrong_reply"),
            (Unpackable { version: 3 }.into(), "event_too_large"),
            (Misfit::new(Misfit::TOO_DEEP).into(), "malformed"),
        ] {
            assert_eq!(failure.code, code);
        }
    }
}
