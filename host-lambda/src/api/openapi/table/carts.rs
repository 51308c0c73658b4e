//! What shoppers and their programs use.

use tillroll_core::packed::MEDIA_TYPE;

use super::super::parameters::{
    AFTER, AT, CART_ID, CART_TOKEN, CORRELATION_ID, DIFF_FROM, DIFF_TO, EVENT_VERSION, IDEMPOTENCY_KEY, IF_MATCH,
    IF_NONE_MATCH, LAST_EVENT_ID, LIMIT, LIMIT_REFUSALS, LIMIT_SUGGESTIONS, SKU, TRACEPARENT, VERSION, WAIT,
};
use super::super::shapes::{carts, events, host, lists, live, of, requests};
use super::{
    ANY, Answer, Body, CHANGE, COMMAND, Content, Header, JSON_BODY, NOT_MODIFIED, OPERATOR, Operation, STORED, Tag,
    Verb, json, ok,
};

/// By address.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        path: "/carts",
        verb: Verb::Post,
        id: "openCart",
        tag: Tag::Carts,
        summary: "Open a cart",
        description: "The same command again answers the same again. Without a `cart_id` the cart's id follows from the \
                      command id, so a retry opens the same cart.",
        parameters: parameters![IDEMPOTENCY_KEY, IF_MATCH, CART_TOKEN, CORRELATION_ID],
        body: Body::Json(of::<requests::OpenCartRequest>),
        answers: &[Answer {
            status: 201,
            description: "It is open.",
            headers: &[Header::Location, Header::ETag],
            content: &[json(of::<carts::OpenedCart>)],
        }],
        problems: &[ANY, CHANGE, JSON_BODY, COMMAND, &["cart_already_open"], STORED],
        refusals: &["invalid_currency", "invalid_name", "currency_mismatch", "cart_closed", "command_reused"],
    },
    Operation {
        path: "/carts/{cart_id}",
        verb: Verb::Get,
        id: "getCart",
        tag: Tag::Carts,
        summary: "A cart, now or at any moment of its life",
        description: "Without parameters: as it is now, folded from the event table; once closed, 410 with its final \
                      state. `version` and `at` exclude each other; what they show never changes.",
        parameters: parameters![CART_ID, VERSION, AT, IF_NONE_MATCH, CART_TOKEN],
        body: Body::None,
        answers: &[
            Answer {
                status: 200,
                description: "Its state. The entity tag is its version.",
                headers: &[Header::ETag],
                content: &[json(of::<carts::CartState>)],
            },
            NOT_MODIFIED,
        ],
        problems: &[ANY, &["cart_not_found", "version_not_found", "cart_closed"], STORED],
        refusals: &[],
    },
    Operation {
        path: "/carts/{cart_id}/commands",
        verb: Verb::Post,
        id: "sendCommands",
        tag: Tag::Carts,
        summary: "Ask for changes",
        description: "Ids that were seen before are answered first; then `If-Match` is judged; then the new commands are \
                      decided in order, each on what the earlier ones left, and land in one commit. A refusal stops no \
                      other command, unless the request is `atomic`. Values outside their limits are that command's \
                      refusal; a wrong type or an unknown member is the request's fault, and nothing is decided.",
        parameters: parameters![CART_ID, IDEMPOTENCY_KEY, IF_MATCH, CART_TOKEN, CORRELATION_ID],
        body: Body::Json(of::<requests::CommandsRequest>),
        answers: &[Answer {
            status: 200,
            description: "One result for each command. The entity tag is the cart's version.",
            headers: &[Header::ETag],
            content: &[json(of::<carts::CommandsReply>)],
        }],
        problems: &[
            ANY,
            &["too_many_requests"],
            CHANGE,
            JSON_BODY,
            COMMAND,
            &["cart_not_found", "unknown_command", "too_many_commands"],
            STORED,
        ],
        refusals: &[],
    },
    Operation {
        path: "/carts/{cart_id}/diff",
        verb: Verb::Get,
        id: "diffCart",
        tag: Tag::Carts,
        summary: "What is different between two versions of a cart",
        description: "`from` may be the later one.",
        parameters: parameters![CART_ID, DIFF_FROM, DIFF_TO, IF_NONE_MATCH, CART_TOKEN],
        body: Body::None,
        answers: &[
            Answer {
                status: 200,
                description: "The differences.",
                headers: &[Header::ETag],
                content: &[json(of::<live::Difference>)],
            },
            NOT_MODIFIED,
        ],
        problems: &[ANY, &["cart_not_found", "version_not_found"], STORED],
        refusals: &[],
    },
    Operation {
        path: "/carts/{cart_id}/events",
        verb: Verb::Get,
        id: "listEvents",
        tag: Tag::Carts,
        summary: "The history of a cart",
        description: "With `wait`, an empty page is held back until there is an event or the time is over (long poll).",
        parameters: parameters![CART_ID, AFTER, LIMIT, WAIT, CART_TOKEN],
        body: Body::None,
        answers: &[ok(
            "Events in the order of their versions. Packed, `Link` says where the next page is.",
            &[json(of::<events::EventPage>), Content { media: MEDIA_TYPE, schema: of::<events::PackedEvents> }],
        )],
        problems: &[ANY, &["cart_not_found", "not_acceptable"], STORED],
        refusals: &[],
    },
    Operation {
        path: "/carts/{cart_id}/events/{version}/receipt",
        verb: Verb::Get,
        id: "getReceipt",
        tag: Tag::Carts,
        summary: "How far one event has come",
        description: "Event table, event bus, archive, each subscription. Nothing is scanned: beyond a bound a stage is `unknown`.",
        parameters: parameters![CART_ID, EVENT_VERSION, CART_TOKEN],
        body: Body::None,
        answers: &[ok("Stage by stage.", &[json(of::<live::Receipt>)])],
        problems: &[ANY, OPERATOR, &["cart_not_found", "version_not_found"], STORED],
        refusals: &[],
    },
    Operation {
        path: "/carts/{cart_id}/refusals",
        verb: Verb::Get,
        id: "listRefusals",
        tag: Tag::Carts,
        summary: "What was asked of a cart and refused",
        description: "The newest of them. Refusals are no events: nothing follows from them.",
        parameters: parameters![CART_ID, LIMIT_REFUSALS, CART_TOKEN],
        body: Body::None,
        answers: &[ok("Newest first.", &[json(of::<live::RefusalList>)])],
        problems: &[ANY, &["cart_not_found"], STORED],
        refusals: &[],
    },
    Operation {
        path: "/carts/{cart_id}/stream",
        verb: Verb::Get,
        id: "streamEvents",
        tag: Tag::Carts,
        summary: "The events of a cart as they happen",
        description: "Server-sent events: the id is the version, the event the type, the data the recorded event as JSON. \
                      `Last-Event-ID`, or else `after`, says what the reader has. A comment every 15 seconds; the stream \
                      ends after some 14 minutes, and its reader comes back for the rest.",
        parameters: parameters![CART_ID, AFTER, LAST_EVENT_ID, CART_TOKEN],
        body: Body::None,
        answers: &[ok("A stream.", &[Content { media: "text/event-stream", schema: of::<String> }])],
        problems: &[ANY, &["invalid_header", "cart_not_found", "version_not_found"], STORED],
        refusals: &[],
    },
    Operation {
        path: "/catalogue",
        verb: Verb::Get,
        id: "getCatalogue",
        tag: Tag::Carts,
        summary: "Prices and discount rules of today",
        description: "What decisions go by, so that a client can decide alike.",
        parameters: parameters![IF_NONE_MATCH],
        body: Body::None,
        answers: &[
            Answer {
                status: 200,
                description: "The catalogue. The entity tag is its version.",
                headers: &[Header::ETag],
                content: &[json(of::<host::Catalogue>)],
            },
            NOT_MODIFIED,
        ],
        problems: &[ANY, &["not_found"]],
        refusals: &[],
    },
    Operation {
        path: "/suggestions",
        verb: Verb::Get,
        id: "listSuggestions",
        tag: Tag::Carts,
        summary: "What is in the same carts as an item",
        description: "Counted over the newest 1,000 carts with the item.",
        parameters: parameters![SKU, LIMIT_SUGGESTIONS],
        body: Body::None,
        answers: &[ok("Most frequent first.", &[json(of::<lists::SuggestionList>)])],
        problems: &[ANY, STORED],
        refusals: &[],
    },
];
