//! A story in requests: a cart is opened, filled, refused, looked at, closed; another is imported; everything is looked
//! at by operators and replayed. Sent in this order to a fresh system with `docs/examples/catalogue.json`, each is
//! answered with the status here and the body in `answers.json`, which a test compares and `cargo xtask openapi` writes.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Value, json};

/// A request, and how it is answered.
#[derive(Debug)]
pub struct Example {
    /// Of which operation.
    pub operation: &'static str,
    /// Its name in the document.
    pub name: &'static str,
    /// What it shows.
    pub summary: &'static str,
    /// The address.
    pub path: &'static str,
    /// Parameters; none of ours needs encoding here.
    pub query: &'static str,
    /// Headers beside the content type.
    pub headers: &'static [(&'static str, &'static str)],
    /// JSON, or lines of it.
    pub body: Option<&'static str>,
    /// The answer's status.
    pub status: u16,
    /// How the answer is compared.
    pub likeness: Likeness,
}

/// How an answer is compared with the written one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likeness {
    /// Equal but for times and for names of requests and builds.
    Equal,
    /// Of the same shape: it tells of a moment.
    Shape,
}

/// Answers by the names of their examples.
static ANSWERS: LazyLock<BTreeMap<String, Value>> =
    LazyLock::new(|| serde_json::from_str(include_str!("answers.json")).unwrap_or_default());

impl Example {
    /// The request's body as the document shows it: a JSON value, or lines as text.
    pub(super) fn request_body(&self) -> Value {
        let body = self.body.unwrap_or_default();
        serde_json::from_str(body).unwrap_or_else(|_| json!(body))
    }

    /// The answer's body, likewise.
    #[must_use]
    pub fn answer(&self) -> Option<&'static Value> {
        ANSWERS.get(self.name)
    }
}

const CART: &str = "/carts/0f0e0d0c-9dad-41d1-80b4-00c04fd430c8";
const COMMANDS: &str = "/carts/0f0e0d0c-9dad-41d1-80b4-00c04fd430c8/commands";
const EVENTS: &str = "/carts/0f0e0d0c-9dad-41d1-80b4-00c04fd430c8/events";
const RUN: &str = "/replays/7ba7b811-9dad-41d1-80b4-00c04fd430c8";
const RUN_KEY: (&str, &str) = ("Idempotency-Key", "7ba7b811-9dad-41d1-80b4-00c04fd430c8");

const fn get(operation: &'static str, name: &'static str, summary: &'static str, path: &'static str) -> Example {
    Example {
        operation,
        name,
        summary,
        path,
        query: "",
        headers: &[],
        body: None,
        status: 200,
        likeness: Likeness::Equal,
    }
}

impl Example {
    const fn post(self, body: &'static str) -> Self {
        Self { body: Some(body), ..self }
    }

    const fn with_query(self, query: &'static str) -> Self {
        Self { query, ..self }
    }

    const fn with_headers(self, headers: &'static [(&'static str, &'static str)]) -> Self {
        Self { headers, ..self }
    }

    const fn answered(self, status: u16) -> Self {
        Self { status, ..self }
    }

    const fn of_the_moment(self) -> Self {
        Self { likeness: Likeness::Shape, ..self }
    }
}

/// The story.
pub const EXAMPLES: &[Example] = &[
    get("getCatalogue", "prices_of_today", "What decisions go by", "/catalogue"),
    get("openCart", "open", "A new cart", "/carts")
        .post(r#"{"command_id": "6ba7b811-9dad-41d1-80b4-00c04fd430c8", "cart_id": "0f0e0d0c-9dad-41d1-80b4-00c04fd430c8", "currency": "EUR"}"#)
        .answered(201),
    get("openCart", "open_twice", "It is open already, by another command", "/carts")
        .post(r#"{"command_id": "6ba7b812-9dad-41d1-80b4-00c04fd430c8", "cart_id": "0f0e0d0c-9dad-41d1-80b4-00c04fd430c8"}"#)
        .answered(409),
    get("openCart", "open_in_another_currency", "The catalogue is in euro", "/carts")
        .post(r#"{"command_id": "6ba7b813-9dad-41d1-80b4-00c04fd430c8", "currency": "CHF"}"#)
        .answered(422),
    get("sendCommands", "two_items", "Two items; the catalogue knows their prices", COMMANDS).post(
        r#"{"commands": [
            {"command_id": "6ba7b814-9dad-41d1-80b4-00c04fd430c8", "type": "AddItem", "data": {"item_name": "Oat milk", "sku": "oat-milk", "quantity": 2}},
            {"command_id": "6ba7b815-9dad-41d1-80b4-00c04fd430c8", "type": "AddItem", "data": {"item_name": "Bread rolls", "sku": "bread-rolls", "quantity": 4, "price": {"minor": 1000, "per": 3}}}
        ]}"#,
    ),
    get("sendCommands", "one_of_two_is_refused", "The price of tea has changed; the discount is applied all the same", COMMANDS)
        .post(
            r#"{"commands": [
            {"command_id": "6ba7b816-9dad-41d1-80b4-00c04fd430c8", "type": "AddItem", "data": {"item_name": "Tea", "sku": "tea", "price": {"minor": 299}}},
            {"command_id": "6ba7b817-9dad-41d1-80b4-00c04fd430c8", "type": "ApplyDiscount", "data": {"code": "SUMMER"}}
        ]}"#,
        ),
    get("sendCommands", "all_or_nothing", "Atomic: one refusal, and nothing is stored", COMMANDS).post(
        r#"{"atomic": true, "commands": [
            {"command_id": "6ba7b818-9dad-41d1-80b4-00c04fd430c8", "type": "ChangeQuantity", "data": {"sku": "oat-milk", "quantity": 3}},
            {"command_id": "6ba7b819-9dad-41d1-80b4-00c04fd430c8", "type": "RemoveItem", "data": {"sku": "coffee"}}
        ]}"#,
    ),
    get("sendCommands", "only_at_version_3", "The cart has moved on: the answer has what was missed", COMMANDS)
        .post(r#"{"commands": [{"command_id": "6ba7b81a-9dad-41d1-80b4-00c04fd430c8", "type": "RemoveItem", "data": {"sku": "oat-milk"}}]}"#)
        .with_headers(&[("If-Match", "\"3\"")])
        .answered(412),
    get("getCart", "now", "As it is", CART),
    get("getCart", "at_version_2", "As it was after its second event", CART).with_query("version=2"),
    get("getCart", "a_version_that_never_was", "It has no such version", CART).with_query("version=99").answered(404),
    get("getCart", "a_cart_that_nobody_has", "There is no such cart", "/carts/11111111-9dad-41d1-80b4-00c04fd430c8")
        .answered(404),
    get("diffCart", "what_two_commands_did", "From version 1 to 3", "/carts/0f0e0d0c-9dad-41d1-80b4-00c04fd430c8/diff")
        .with_query("from=1&to=3"),
    get("listEvents", "two_events", "Two events, and there are more", EVENTS).with_query("after=1&limit=2"),
    get("getReceipt", "where_an_event_is", "Stage by stage", "/carts/0f0e0d0c-9dad-41d1-80b4-00c04fd430c8/events/2/receipt")
        .of_the_moment(),
    get("listRefusals", "what_was_refused", "Newest first", "/carts/0f0e0d0c-9dad-41d1-80b4-00c04fd430c8/refusals"),
    get("sendCommands", "check_out", "The end of a cart", COMMANDS)
        .post(r#"{"commands": [{"command_id": "6ba7b81b-9dad-41d1-80b4-00c04fd430c8", "type": "CloseCart", "data": {"reason": "checked_out"}}]}"#),
    get("getCart", "a_closed_cart", "Gone, with its final state", CART).answered(410),
    get("importCarts", "a_basket_of_yesterday", "A cart a line; it happened elsewhere, prices are as given", "/imports").post(
        r#"{"cart_id": "22222222-9dad-41d1-80b4-00c04fd430c8", "source": "till 7", "commands": [{"command_id": "8ba7b811-9dad-41d1-80b4-00c04fd430c8", "type": "OpenCart", "data": {"currency": "EUR"}, "happened_at": "2026-01-31T12:00:00Z"}, {"command_id": "8ba7b812-9dad-41d1-80b4-00c04fd430c8", "type": "AddItem", "data": {"item_name": "Oat milk", "sku": "oat-milk", "price": {"minor": 189}}, "happened_at": "2026-01-31T12:00:00Z"}, {"command_id": "8ba7b813-9dad-41d1-80b4-00c04fd430c8", "type": "CloseCart", "data": {"reason": "checked_out"}, "happened_at": "2026-01-31T12:00:00Z"}]}"#,
    ),
    get("verify", "everything_agrees", "Table, archive and projections, event for event", "/verify")
        .post(r#"{"wait": 30}"#)
        .of_the_moment(),
    get("getNewestVerification", "newest", "The one above", "/verify").of_the_moment(),
    get("listDeadLetters", "none_are_dead", "All is well", "/dead-letters"),
    get("listParked", "none_stand_still", "All is well", "/parked"),
    get("listOperations", "nobody_did_anything", "All is well", "/operations"),
    get(
        "discloseCart",
        "who_is_behind_a_cart",
        "Why is written down before anything is shown",
        "/carts/0f0e0d0c-9dad-41d1-80b4-00c04fd430c8/disclosures",
    )
    .post(r#"{"reason": "ticket 4711", "by": "sam"}"#)
    .of_the_moment(),
    get("listCarts", "newest_first", "The first page", "/carts").with_query("limit=10"),
    get("countChanges", "a_day", "Ten buckets at most", "/carts/histogram").with_query("buckets=10").of_the_moment(),
    get("listSuggestions", "bought_with_oat_milk", "What goes with it", "/suggestions").with_query("sku=oat-milk&limit=5"),
    get("startReplay", "fill_suggestions_anew", "Into a new generation, beside the live one", "/replays")
        .post(r#"{"subscription": "suggestions"}"#)
        .with_headers(&[RUN_KEY])
        .answered(202)
        .of_the_moment(),
    get("startReplay", "what_it_would_do", "Nothing is started; only items and closings would go there", "/replays")
        .post(r#"{"subscription": "reminders", "dry_run": true, "types": ["ItemAdded", "CartClosed"]}"#)
        .of_the_moment(),
    get("startReplay", "what_one_cart_would_take", "A single cart, rebuilt from the event table", "/replays")
        .post(
            r#"{"subscription": "carts", "dry_run": true, "carts": ["0f0e0d0c-9dad-41d1-80b4-00c04fd430c8"]}"#,
        )
        .of_the_moment(),
    get("clearGenerations", "nothing_is_superseded", "Every generation is in use", "/generations/clear")
        .post(r#"{"dry_run": true}"#),
    get("getReplay", "how_far", "A run", RUN).of_the_moment(),
    get("listReplays", "newest_runs", "The newest runs", "/replays").with_query("limit=5").of_the_moment(),
    get("getPipeline", "at_this_moment", "Every stage", "/pipeline").of_the_moment(),
    get("getHealth", "alive", "It answers", "/healthz"),
    get("getReadiness", "ready", "The event table answers it", "/readyz"),
    get("getVersion", "this_build", "Which build", "/version"),
];
