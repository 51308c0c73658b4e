//! What a host says of itself.

use super::super::parameters::{IF_NONE_MATCH, TRACEPARENT};
use super::super::shapes::{host, of};
use super::{ANY, Answer, Body, Header, NOT_MODIFIED, Operation, STORED, Tag, Verb, json, ok};

/// By address.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        path: "/healthz",
        verb: Verb::Get,
        id: "getHealth",
        tag: Tag::Host,
        summary: "Whether it answers",
        description: "Looks at nothing.",
        parameters: parameters![],
        body: Body::None,
        answers: &[ok("It does.", &[json(of::<host::Health>)])],
        problems: &[ANY],
        refusals: &[],
    },
    Operation {
        path: "/openapi.json",
        verb: Verb::Get,
        id: "getDescription",
        tag: Tag::Host,
        summary: "This document",
        description: "OpenAPI 3.1, made from the types that the program reads and writes.",
        parameters: parameters![IF_NONE_MATCH],
        body: Body::None,
        answers: &[
            Answer {
                status: 200,
                description: "The document.",
                headers: &[Header::ETag],
                content: &[json(of::<serde_json::Map<String, serde_json::Value>>)],
            },
            NOT_MODIFIED,
        ],
        problems: &[ANY],
        refusals: &[],
    },
    Operation {
        path: "/readyz",
        verb: Verb::Get,
        id: "getReadiness",
        tag: Tag::Host,
        summary: "Whether the event table answers it",
        description: "Reads one key.",
        parameters: parameters![],
        body: Body::None,
        answers: &[ok("It does.", &[json(of::<host::Health>)])],
        problems: &[ANY, STORED],
        refusals: &[],
    },
    Operation {
        path: "/version",
        verb: Verb::Get,
        id: "getVersion",
        tag: Tag::Host,
        summary: "Which build answers",
        description: "Of the program, and of the fold.",
        parameters: parameters![],
        body: Body::None,
        answers: &[ok("The build.", &[json(of::<host::BuildVersion>)])],
        problems: &[ANY],
        refusals: &[],
    },
];
