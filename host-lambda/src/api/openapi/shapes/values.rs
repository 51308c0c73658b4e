//! The values that every shape is made of: ids, moments, money, text. Each has one name in the document.
//!
//! These types stand for what core reads and writes. They are never made: only their schemas are asked for.

use schemars::{JsonSchema, json_schema};
use std::borrow::Cow;
use tillroll_core::money::SAFE_MAX;
use tillroll_core::text::TEXT_BYTES_MAX;

/// A canonical UUID: 8-4-4-4-12 lower-case hexadecimal digits.
const UUID_PATTERN: &str = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";
const NIL: &str = "00000000-0000-0000-0000-000000000000";
/// RFC 3339 in UTC, with milliseconds only when there are any.
const MOMENT_PATTERN: &str = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{3})?Z$";
/// No character of category Cc.
const TEXT_PATTERN: &str = r"^[^\u0000-\u001f\u007f-\u009f]+$";

macro_rules! value {
    ($(#[doc = $doc:literal])+ $name:ident = $schema:expr) => {
        $(#[doc = $doc])+
        pub(in crate::api::openapi) struct $name;

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let mut schema = $schema;
                schema.insert("description".into(), concat!($($doc),+).trim().into());
                schema
            }
        }
    };
}

value! {
    /// A UUID in lower case, and not nil. The caller makes it, and makes another one for each command:
    /// the same id with the same content is the same command, for ever.
    CommandId = json_schema!({"type": "string", "format": "uuid", "pattern": UUID_PATTERN, "not": {"const": NIL}})
}

value! {
    /// A UUID in lower case, and not nil.
    CartId = json_schema!({"type": "string", "format": "uuid", "pattern": UUID_PATTERN, "not": {"const": NIL}})
}

value! {
    /// A UUID in lower case.
    Uuid = json_schema!({"type": "string", "format": "uuid", "pattern": UUID_PATTERN})
}

value! {
    /// A moment as this system writes it: RFC 3339 in UTC, milliseconds only when there are any.
    Moment = json_schema!({"type": "string", "format": "date-time", "pattern": MOMENT_PATTERN})
}

value! {
    /// A moment as callers may write it: RFC 3339 with any offset.
    AnyMoment = json_schema!({"type": "string", "format": "date-time"})
}

value! {
    /// An amount in the smallest unit of its currency, such as cents: at most 2^53-1, which every host holds exactly.
    Minor = json_schema!({"type": "integer", "minimum": 0, "maximum": SAFE_MAX})
}

value! {
    /// A number of pieces.
    Pieces = json_schema!({"type": "integer", "minimum": 0, "maximum": SAFE_MAX})
}

value! {
    /// How many pieces a price is for.
    Per = json_schema!({"type": "integer", "minimum": 1, "maximum": SAFE_MAX})
}

value! {
    /// A place in the history of a cart: its first event is 1.
    Version = json_schema!({"type": "integer", "minimum": 1, "maximum": SAFE_MAX})
}

value! {
    /// How many there are.
    Count = json_schema!({"type": "integer", "minimum": 0, "maximum": SAFE_MAX})
}

value! {
    /// 64 bits as 16 lower-case hexadecimal digits.
    Fingerprint = json_schema!({"type": "string", "pattern": "^[0-9a-f]{16}$"})
}

value! {
    /// Text that a person wrote: 1 to 256 bytes of UTF-8 after white space at both ends was taken off, without control
    /// characters. (The schema can only count characters; a longer text of several bytes each is refused.)
    Text = json_schema!({"type": "string", "minLength": 1, "maxLength": TEXT_BYTES_MAX, "pattern": TEXT_PATTERN})
}

value! {
    /// ISO 4217: three capital letters.
    Currency = json_schema!({"type": "string", "pattern": "^[A-Z]{3}$"})
}

value! {
    /// An opaque reference to an owner, never a name or an address: 1 to 128 visible ASCII characters.
    OwnerRef = json_schema!({"type": "string", "pattern": "^[!-~]{1,128}$"})
}

value! {
    /// SHA-256 in lower-case hexadecimal digits.
    Sha256 = json_schema!({"type": "string", "pattern": "^[0-9a-f]{64}$"})
}
