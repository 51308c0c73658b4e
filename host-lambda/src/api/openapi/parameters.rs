//! Parameters of path, query and headers, each said once.

use schemars::SchemaGenerator;
use serde_json::{Value, json};
use tillroll_core::money::SAFE_MAX;

use super::shapes::lists::Subscription;
use super::shapes::values::{AnyMoment, CommandId, Uuid};
use super::shapes::{SchemaOf, of};
use crate::api::events::{EVENTS_PAGE_MAX, WAIT_S_MAX};
use crate::api::refusals::KEPT_MAX;
use crate::subscriptions::carts::PAGE_CARTS_MAX;

/// Any text but none.
const NOT_EMPTY: &str = r"^[\s\S]+$";

/// A parameter.
#[derive(Clone, Copy)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) place: Place,
    pub(super) required: bool,
    pub(super) description: &'static str,
    pub(super) kind: Kind,
}

/// Where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Path,
    Query,
    Header,
}

/// What it may be.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// A value with a name in the document.
    Named(SchemaOf),
    /// A whole number in decimal digits.
    Whole { min: u64, max: u64, default: Option<u64> },
    /// Text that fits a pattern.
    Matching(&'static str),
    /// Any text: what is not as described is ignored.
    Any,
}

impl Place {
    const fn word(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Header => "header",
        }
    }
}

impl Parameter {
    pub(super) fn document(&self, generator: &mut SchemaGenerator) -> Value {
        let schema = match self.kind {
            Kind::Named(schema) => json!(schema(generator)),
            Kind::Any => json!({"type": "string"}),
            Kind::Matching(pattern) => json!({"type": "string", "pattern": pattern}),
            Kind::Whole { min, max, default: None } => json!({"type": "integer", "minimum": min, "maximum": max}),
            Kind::Whole { min, max, default } => {
                json!({"type": "integer", "minimum": min, "maximum": max, "default": default})
            }
        };
        json!({
            "name": self.name,
            "in": self.place.word(),
            "required": self.required,
            "description": self.description,
            "schema": schema,
        })
    }
}

const fn query(name: &'static str, description: &'static str, kind: Kind) -> Parameter {
    Parameter { name, place: Place::Query, required: false, description, kind }
}

const fn header(name: &'static str, description: &'static str, kind: Kind) -> Parameter {
    Parameter { name, place: Place::Header, required: false, description, kind }
}

const fn limit(max: u64, default: u64) -> Parameter {
    query("limit", "Most entries of the answer.", Kind::Whole { min: 1, max, default: Some(default) })
}

pub(super) const CART_ID: Parameter = Parameter {
    name: "cart_id",
    place: Place::Path,
    required: true,
    description: "The cart. What is no id of ours is a cart that nobody has.",
    kind: Kind::Named(of::<Uuid>),
};
pub(super) const RUN_ID: Parameter = Parameter {
    name: "run_id",
    place: Place::Path,
    required: true,
    description: "The replay run.",
    kind: Kind::Named(of::<Uuid>),
};
pub(super) const LIMIT: Parameter = limit(PAGE_CARTS_MAX as u64, 100);
pub(super) const LIMIT_RUNS: Parameter = limit(1_000, 20);
pub(super) const LIMIT_SUGGESTIONS: Parameter = limit(100, 10);
pub(super) const CURSOR: Parameter =
    query("cursor", "Of the page before. It is nobody's to make or read.", Kind::Matching("^[A-Za-z0-9_-]+$"));
pub(super) const VERSION: Parameter =
    query("version", "As it was right after this event.", Kind::Whole { min: 0, max: u64::MAX, default: None });
pub(super) const AT: Parameter =
    query("at", "As it was at this moment, by the time of recording.", Kind::Named(of::<AnyMoment>));
pub(super) const AFTER: Parameter =
    query("after", "Events above this version.", Kind::Whole { min: 0, max: u64::MAX, default: Some(0) });
pub(super) const WAIT: Parameter = query(
    "wait",
    "Seconds to wait for an event when there is none.",
    Kind::Whole { min: 0, max: WAIT_S_MAX, default: Some(0) },
);
pub(super) const EVENT_VERSION: Parameter = Parameter {
    name: "version",
    place: Place::Path,
    required: true,
    description: "The event's version.",
    kind: Kind::Whole { min: 1, max: SAFE_MAX, default: None },
};
pub(super) const LIMIT_REFUSALS: Parameter = limit(KEPT_MAX as u64, KEPT_MAX as u64);
pub(super) const BUCKETS: Parameter =
    query("buckets", "Most buckets.", Kind::Whole { min: 1, max: 1_000, default: Some(60) });
pub(super) const CHANGED_FROM: Parameter =
    query("from", "Carts that changed from here on.", Kind::Named(of::<AnyMoment>));
pub(super) const CHANGED_TO: Parameter = query("to", "Carts that changed before this.", Kind::Named(of::<AnyMoment>));
pub(super) const CARTS_TEXT: Parameter = query(
    "q",
    "Carts with this text in their id, owner, an item's sku or name, or a discount code, in whatever case.",
    Kind::Matching(r"^[\s\S]{1,100}$"),
);
pub(super) const CARTS_STATUS: Parameter =
    query("status", "Carts that are open, or closed.", Kind::Matching("^(open|closed)$"));
pub(super) const CARTS_FLAG: Parameter =
    query("flag", "Carts that have this flag.", Kind::Matching("^(parked|imported)$"));
pub(super) const FEED_AFTER: Parameter =
    query("after", "The id of an event of this stream.", Kind::Matching("^[A-Za-z0-9_-]+$"));
pub(super) const FEED_FROM: Parameter = query(
    "from",
    "Where to begin without an id: now, or with the oldest event of the bus.",
    Kind::Matching("^(now|oldest)$"),
);
pub(super) const FEED_TYPE: Parameter = query(
    "type",
    "Only events of these types, with commas between their names.",
    Kind::Matching("^[A-Za-z0-9.]+(,[A-Za-z0-9.]+){0,19}$"),
);
pub(super) const FEED_LAST_EVENT_ID: Parameter =
    header("Last-Event-ID", "The id of the event that the reader has seen last.", Kind::Matching("^[A-Za-z0-9_-]+$"));
const fn required(parameter: Parameter) -> Parameter {
    Parameter { required: true, ..parameter }
}

pub(super) const DIFF_FROM: Parameter = required(query(
    "from",
    "A version; 0 is before the first event.",
    Kind::Whole { min: 0, max: u64::MAX, default: None },
));
pub(super) const DIFF_TO: Parameter =
    required(query("to", "Another version.", Kind::Whole { min: 0, max: u64::MAX, default: None }));
pub(super) const SUBSCRIPTION: Parameter =
    query("subscription", "Only of this subscription.", Kind::Named(of::<Subscription>));
pub(super) const LIMIT_LETTERS: Parameter = limit(100, 20);
pub(super) const LIMIT_OPERATIONS: Parameter = limit(1_000, 50);
pub(super) const ID_CURSOR: Parameter =
    query("cursor", "Of the page before. It is nobody's to make or read.", Kind::Matching("^[A-Za-z0-9-]{1,100}$"));
pub(super) const OPERATION_CURSOR: Parameter =
    query("cursor", "Of the page before. It is nobody's to make or read.", Kind::Matching("^[A-Za-z0-9-]*$"));
pub(super) const PARKED_CURSOR: Parameter =
    query("cursor", "Of the page before. It is nobody's to make or read.", Kind::Matching("^[a-z0-9.-]{1,100}$"));
pub(super) const LETTER_ID: Parameter = named("letter_id", "The dead letter.");
pub(super) const VERIFICATION_ID: Parameter = named("verification_id", "The verification.");

const fn named(name: &'static str, description: &'static str) -> Parameter {
    Parameter { name, place: Place::Path, required: true, description, kind: Kind::Matching("^[A-Za-z0-9-]{1,100}$") }
}

pub(super) const DRY_RUN_WAIT: Parameter = query(
    "wait",
    "Seconds to wait for the stages to pass what is there now.",
    Kind::Whole { min: 0, max: 600, default: Some(30) },
);
pub(super) const SKU: Parameter = Parameter {
    name: "sku",
    place: Place::Query,
    required: true,
    description: "The item.",
    kind: Kind::Matching(NOT_EMPTY),
};
pub(super) const IF_MATCH: Parameter = header(
    "If-Match",
    "Only if the cart is at this version: `\"12\"`, or `*` for any version above 0.",
    Kind::Matching(r#"^(\*|"(0|[1-9][0-9]{0,14})")$"#),
);
pub(super) const IF_NONE_MATCH: Parameter =
    header("If-None-Match", "Entity tags that the caller has; 304 if one is the present one.", Kind::Any);
pub(super) const LAST_EVENT_ID: Parameter =
    header("Last-Event-ID", "The version that the reader has seen last.", Kind::Matching("^(0|[1-9][0-9]{0,14})$"));
pub(super) const IDEMPOTENCY_KEY: Parameter = header(
    "Idempotency-Key",
    "The id of a request's only command, instead of in the body; the same id when both are given.",
    Kind::Named(of::<CommandId>),
);
pub(super) const CART_TOKEN: Parameter =
    header("Tillroll-Cart-Token", "The token of the cart, where the host checks owners.", Kind::Any);
pub(super) const CORRELATION_ID: Parameter = header(
    "Correlation-Id",
    "Noted beside the events, if it is 1 to 128 visible ASCII characters; else the first command's id is.",
    Kind::Any,
);
pub(super) const TRACEPARENT: Parameter =
    header("traceparent", "W3C trace context. One that is none is ignored, and a new trace begins.", Kind::Any);
const _: () = assert!(PAGE_CARTS_MAX == EVENTS_PAGE_MAX, "one LIMIT serves both lists");
