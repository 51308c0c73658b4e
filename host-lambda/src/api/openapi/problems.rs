//! The one catalogue of problem codes: which status each has, whether the same request may work later, and what it
//! says. A refusal's code is a problem's code too where the request is a single command.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use super::shapes::carts::CartState;
use super::shapes::events::Event;
use super::shapes::refusals;

/// A code that a problem can have.
#[derive(Clone, Copy, Debug)]
pub struct ProblemCode {
    /// The code.
    pub code: &'static str,
    /// The HTTP status it comes with.
    pub status: u16,
    /// Whether the same request may work later.
    pub retryable: bool,
    /// When it is given.
    pub says: &'static str,
}

const fn code(status: u16, code: &'static str, says: &'static str) -> ProblemCode {
    ProblemCode { code, status, retryable: false, says }
}

const fn retryable(status: u16, code: &'static str, says: &'static str) -> ProblemCode {
    ProblemCode { code, status, retryable: true, says }
}

/// All of them that are no refusals, by status.
pub const PROBLEMS: &[ProblemCode] = &[
    code(
        400,
        "malformed_json",
        "The body is not one strict JSON document, or a member is missing or has the wrong type.",
    ),
    code(400, "too_deep", "The body is nested deeper than 16 levels."),
    code(400, "unknown_field", "The body has a member that is not known; `errors` points at it."),
    code(400, "unknown_command", "There is no command of this name."),
    code(400, "too_many_commands", "More than 25 commands, or more events than one commit can hold."),
    code(400, "invalid_command_id", "A command id is missing, is no UUID in lower case, is nil, or comes twice."),
    code(400, "invalid_replay", "The members of the replay do not go together; `errors` points at one."),
    code(400, "invalid_query", "A parameter of the query is unknown, comes twice, or is outside its range."),
    code(400, "invalid_header", "A header of the request cannot be read as what it must be."),
    code(401, "token_needed", "The address needs the bearer token of an operator."),
    code(401, "invalid_token", "The bearer token is forged, over, or of somebody else."),
    code(403, "not_an_operator", "The bearer token is not of an operator."),
    code(403, "disclosure_not_allowed", "The operator is not of the group that may see references to persons."),
    code(404, "cart_not_found", "There is no such cart, or none that the caller may see."),
    code(404, "version_not_found", "The cart never had this version."),
    code(404, "not_found", "There is nothing under this address."),
    code(405, "method_not_allowed", "The address takes other methods; `Allow` lists them."),
    code(406, "not_acceptable", "The address answers in other forms than `Accept` names."),
    code(409, "cart_already_open", "The cart is open, under another command id."),
    retryable(409, "conflict", "Other writers kept coming first, or somebody else is at it."),
    code(410, "cursor_expired", "The event bus does not keep all events behind this place any more."),
    code(410, "cart_closed", "The cart is closed; `state` is what it was at its end."),
    code(412, "version_mismatch", "`If-Match` does not hold; `events` are those the caller has not seen."),
    code(413, "body_too_large", "The body has more bytes than its address takes."),
    code(415, "unsupported_media_type", "The body's content type is not the one its address takes."),
    code(421, "misdirected_request", "The request names a host that this system does not answer for."),
    retryable(429, "too_many_requests", "The cart is being changed too often. Nothing was decided."),
    code(403, "foreign_origin", "A page of another origin asks for a change."),
    code(500, "fault", "Something broke for good; somebody has to look."),
    retryable(
        503,
        "unavailable",
        "Not available now. With `outcome` the request may have been carried out: send the same again.",
    ),
];

/// The code's line in the catalogue; refusals that end a request are 422.
pub(super) fn known(code: &str) -> Option<(u16, &'static str)> {
    PROBLEMS.iter().find(|known| known.code == code).map(|known| (known.status, known.says))
}

/// RFC 9457.
pub(super) struct Problem;

impl JsonSchema for Problem {
    fn schema_name() -> Cow<'static, str> {
        "Problem".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (state, events) = (generator.subschema_for::<CartState>(), generator.subschema_for::<Vec<Event>>());
        json_schema!({
            "description": "RFC 9457. `code` is stable and says what is wrong; `detail` says it to a person and repeats \
                            nothing that was sent; `errors` point at places of the body.",
            "type": "object",
            "properties": {
                "type": {"type": "string", "pattern": "^urn:tillroll:problem:[a-z_]+$"},
                "title": {"type": "string"},
                "status": {"type": "integer", "minimum": 400, "maximum": 599},
                "detail": {"type": "string"},
                "code": {"type": "string", "enum": all_codes()},
                "errors": {"type": "array", "items": {
                    "type": "object",
                    "properties": {
                        "pointer": {"type": "string", "description": "JSON Pointer into the body."},
                        "detail": {"type": "string"},
                    },
                    "required": ["pointer", "detail"],
                    "additionalProperties": false,
                }},
                "retryable": {"type": "boolean", "description": "The same request may work later."},
                "trace_id": {"type": "string", "description": "Names the request in the logs."},
                "details": {"type": "object", "description": "Of a refusal."},
                "state": {"allOf": [state], "description": "Of a closed cart: what it was at its end."},
                "version": {"type": "integer", "minimum": 0, "description": "The cart's version now."},
                "events": {"allOf": [events], "description": "The events that the caller has not seen."},
                "cursor": {"type": ["string", "null"], "description": "`after` for the events that did not fit in here."},
                "run": {"type": "string", "description": "The replay run that is in the way."},
                "id": {"type": "string", "description": "The verification that is under way."},
                "outcome": {"const": "unknown", "description": "The request may have been carried out; the same again tells."},
            },
            "required": ["type", "title", "status", "detail", "code", "errors", "retryable", "trace_id"],
            "additionalProperties": false,
        })
    }
}

fn all_codes() -> Vec<String> {
    let mut codes: Vec<String> = PROBLEMS.iter().map(|known| known.code.to_owned()).collect();
    for code in refusals::codes() {
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    codes
}

/// The answer with this status and one of these codes.
pub(super) fn answer(generator: &mut SchemaGenerator, codes: &[String]) -> Value {
    let problem = generator.subschema_for::<Problem>();
    let lines = codes.iter().map(|code| {
        let says =
            known(code).map_or("A refusal: the request is a single command, and the domain says no.", |(_, says)| says);
        format!("* `{code}`: {says}")
    });
    let description = lines.collect::<Vec<_>>().join("\n");
    let mut headers = json!({});
    if codes.iter().any(|code| code == "unavailable" || code == "too_many_requests") {
        headers["Retry-After"] =
            json!({"schema": {"type": "string", "pattern": "^[0-9]+$"}, "description": "Seconds."});
    }
    json!({
        "description": description,
        "headers": headers,
        "content": {"application/problem+json": {"schema": {
            "allOf": [problem, {"properties": {"code": {"enum": codes}}}],
        }}},
    })
}
