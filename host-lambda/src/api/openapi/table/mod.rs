//! The one table of the API: every operation with its parameters, bodies, answers and problem codes.
//!
//! The document is made from it, requests are named in logs by it, and tests hold it against the router, the strict
//! readers and a running system. A route that is not here, or not as it is here, is a failing test.

/// Parameters of an operation, with the one that every operation has.
macro_rules! parameters {
    ($($parameter:expr),* $(,)?) => { &[$($parameter,)* TRACEPARENT] };
}

mod carts;
mod host;
mod operators;

use super::parameters::Parameter;
use super::shapes::SchemaOf;

/// One method of one address.
pub struct Operation {
    /// `/carts/{cart_id}`.
    pub path: &'static str,
    /// How it is used.
    pub verb: Verb,
    /// Its name in the document.
    pub id: &'static str,
    /// Who calls it.
    pub(super) tag: Tag,
    pub(super) summary: &'static str,
    pub(super) description: &'static str,
    /// Of path, query and headers.
    pub(super) parameters: &'static [Parameter],
    pub(super) body: Body,
    pub(super) answers: &'static [Answer],
    /// Codes of the problems it can answer with.
    pub(super) problems: &'static [&'static [&'static str]],
    /// Codes of the refusals it can answer with as a 422.
    pub(super) refusals: &'static [&'static str],
}

/// How an address is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// `GET`, and `HEAD` with it.
    Get,
    /// `POST`.
    Post,
}

/// Who calls an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    Carts,
    Operators,
    Host,
}

/// What an operation takes.
pub(super) enum Body {
    /// Nothing: what is sent is not read.
    None,
    /// One JSON document.
    Json(SchemaOf),
    /// One JSON document, or nothing.
    JsonIfAny(SchemaOf),
    /// Lines of JSON.
    Lines(SchemaOf),
}

/// A body of some type.
pub(super) struct Content {
    pub(super) media: &'static str,
    pub(super) schema: SchemaOf,
}

/// An answer that is no problem.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) description: &'static str,
    pub(super) headers: &'static [Header],
    pub(super) content: &'static [Content],
}

/// A header of an answer.
#[derive(Clone, Copy)]
pub(super) enum Header {
    ETag,
    Location,
}

/// The media type of JSON documents.
const JSON: &str = "application/json";
/// The media type of lines of JSON.
const LINES: &str = "application/x-ndjson";

impl Body {
    /// The body as content, and whether it must be there.
    pub(super) fn content(&self) -> Option<(Content, bool)> {
        match self {
            Self::None => None,
            Self::Json(schema) => Some((json(*schema), true)),
            Self::JsonIfAny(schema) => Some((json(*schema), false)),
            Self::Lines(schema) => Some((lines(*schema), true)),
        }
    }
}

impl Verb {
    /// As the document writes it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Post => "post",
        }
    }
}

impl Tag {
    pub(super) const ALL: [(Self, &'static str); 3] = [
        (Self::Carts, "What shoppers and their programs use."),
        (Self::Operators, "Looking at everything, and repairing it."),
        (Self::Host, "What a host says of itself."),
    ];

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Carts => "carts",
            Self::Operators => "operators",
            Self::Host => "host",
        }
    }
}

const fn json(schema: SchemaOf) -> Content {
    Content { media: JSON, schema }
}

const fn lines(schema: SchemaOf) -> Content {
    Content { media: LINES, schema }
}

const fn ok(description: &'static str, content: &'static [Content]) -> Answer {
    Answer { status: 200, description, headers: &[], content }
}

/// The caller has it already.
const NOT_MODIFIED: Answer =
    Answer { status: 304, description: "`If-None-Match` names what there is.", headers: &[Header::ETag], content: &[] };

/// Every operation can say these.
const ANY: &[&str] = &["invalid_query", "invalid_token", "misdirected_request"];
/// Whatever is for those who run the shop.
const OPERATOR: &[&str] = &["token_needed", "not_an_operator"];
/// Whatever reads a store.
const STORED: &[&str] = &["fault", "unavailable"];
/// Whatever takes a JSON body.
const JSON_BODY: &[&str] = &["malformed_json", "unknown_field", "too_deep", "body_too_large", "unsupported_media_type"];
/// Whatever changes something.
const CHANGE: &[&str] = &["foreign_origin"];
/// Whatever decides commands.
const COMMAND: &[&str] = &["invalid_command_id", "invalid_header", "conflict", "version_mismatch"];

/// Every operation there is.
pub fn operations() -> impl Iterator<Item = &'static Operation> + Clone {
    [carts::OPERATIONS, operators::OPERATIONS, host::OPERATIONS].into_iter().flatten()
}

/// All addresses. A list of its own, so that a program that names requests in its logs does not hold the whole table; a
/// test holds it to the table.
pub const PATHS: [&str; 34] = [
    "/carts",
    "/carts/histogram",
    "/carts/{cart_id}",
    "/carts/{cart_id}/commands",
    "/carts/{cart_id}/diff",
    "/carts/{cart_id}/disclosures",
    "/carts/{cart_id}/events",
    "/carts/{cart_id}/events/{version}/receipt",
    "/carts/{cart_id}/refusals",
    "/carts/{cart_id}/stream",
    "/catalogue",
    "/dead-letters",
    "/dead-letters/redrive",
    "/dead-letters/{letter_id}",
    "/events/stream",
    "/generations/clear",
    "/healthz",
    "/imports",
    "/openapi.json",
    "/operations",
    "/parked",
    "/parked/{cart_id}/resume",
    "/pipeline",
    "/readyz",
    "/replays",
    "/replays/{run_id}",
    "/replays/{run_id}/cancel",
    "/replays/{run_id}/pause",
    "/replays/{run_id}/resume",
    "/replays/{run_id}/rollback",
    "/suggestions",
    "/verify",
    "/verify/{verification_id}",
    "/version",
];

/// The address of a request as the table writes it, so that logs name no carts and no nonsense.
#[must_use]
pub fn template(path: &str) -> Option<&'static str> {
    let fits = |template: &str| {
        let (mut asked, mut written) = (path.split('/'), template.split('/'));
        loop {
            match (asked.next(), written.next()) {
                (None, None) => return true,
                (Some(asked), Some(written)) if written == asked || (written.starts_with('{') && !asked.is_empty()) => {
                }
                _ => return false,
            }
        }
    };
    let fitting = PATHS.into_iter().filter(|template| fits(template));
    // `/carts/histogram` is no cart.
    fitting.min_by_key(|template| template.matches('{').count())
}
