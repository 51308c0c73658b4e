//! What operators look at: the directory, suggestions, the pipeline, the comparison of everything.
#![allow(dead_code, reason = "only the schemas of these types are asked for; nobody makes one")]

use schemars::JsonSchema;

use super::carts::Status;
use super::repairs::{Operation, ParkedCart};
use super::replays::Run;
use super::values::{CartId, Count, Minor, Moment, Version};

/// A page of the directory.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(in crate::api::openapi) struct CartPage {
    /// Those with the newest events first.
    carts: Vec<ListedCart>,
    /// `cursor` of the next page; null at the end.
    cursor: Option<String>,
}

/// A cart in the directory: its state without lines, discounts and hash.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct ListedCart {
    /// The cart.
    cart_id: CartId,
    /// Open or closed.
    status: Status,
    /// Version of the newest event seen here.
    version: Version,
    /// Of every amount.
    currency: Option<String>,
    /// Opaque reference to the owner.
    owner_ref: Option<String>,
    /// How many lines it has.
    lines_count: Count,
    /// Sum of the lines.
    subtotal_minor: Minor,
    /// Sum of the discounts.
    discount_minor: Minor,
    /// What is to pay.
    total_minor: Minor,
    /// Always 0: an event of an unknown name parks the cart here.
    unknown_events: Count,
    /// When it was opened.
    opened_at: Option<Moment>,
    /// Its newest event.
    last_event: Option<LastEvent>,
    /// What is remarkable about it.
    flags: Flags,
}

/// The newest event of a cart.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct LastEvent {
    /// Its name.
    name: String,
    /// Its version.
    version: Version,
    /// When it happened.
    time: Option<Moment>,
    /// When it was recorded; the directory goes by this.
    recordedtime: Option<Moment>,
}

/// What is remarkable about a cart.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Flags {
    /// Some of its events were read from a file.
    imported: bool,
    /// It stands still here before this version; the event table has more.
    #[schemars(skip_serializing_if = "Option::is_none", with = "Version")]
    parked_at: Option<Version>,
}

/// What is in the same carts as an item.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(in crate::api::openapi) struct SuggestionList {
    /// The item.
    sku: String,
    /// Most frequent first.
    suggestions: Vec<Suggestion>,
}

/// An item that is in the same carts.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Suggestion {
    /// Its sku.
    sku: String,
    /// What the newest of those carts calls it.
    item_name: String,
    /// In how many of the counted carts it is.
    carts: Count,
}

/// How the pipeline is doing.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(in crate::api::openapi) struct Pipeline {
    /// In the order of the flow.
    stages: Vec<Stage>,
    /// One entry for each subscription.
    dead_letters: Vec<DeadLetterCount>,
    /// What the projectors of this process have done, one entry for each subscription.
    projections: Vec<Projected>,
    /// Records of the table stream that were kept as tampered with.
    tampered: Count,
    /// How far the stages were behind in the last day, oldest first, as far as the host keeps it: the last hour by
    /// minutes, what lies before by quarters of an hour.
    #[schemars(length(max = 200))]
    lags: Vec<LagSample>,
    /// Carts at which a subscription stands still, at most 100.
    #[schemars(length(max = 100))]
    parked: Vec<ParkedCart>,
    /// What the newest verification said, in short.
    reconciliation: Option<Reconciliation>,
    /// The newest replay runs, at most 10.
    #[schemars(length(max = 10))]
    replays: Vec<Run>,
    /// The newest operations, at most 5.
    #[schemars(length(max = 5))]
    operations: Vec<Operation>,
}

/// How far the stages were behind at worst within one stretch of time.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct LagSample {
    /// Where it begins.
    at: Moment,
    /// How long it is.
    span_ms: Count,
    /// What waited for each stage, in the order of `stages`.
    lag_events: Vec<Count>,
    /// For how long the oldest of that had been waiting, in the same order.
    lag_ms: Vec<Count>,
}

/// What the projector of a subscription has done since the process began.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Projected {
    subscription: Subscription,
    /// Events applied.
    applied: Count,
    /// Times that missing events were read from the table.
    gaps_filled: Count,
    /// Batches of a cart that held nothing new.
    duplicates: Count,
    /// Times a cart was parked.
    parked: Count,
    /// Batches of a cart that were acknowledged without effect, because the cart is parked.
    held: Count,
    /// Records of the bus that are no events of ours.
    foreign: Count,
    /// Messages of a queue that do not read.
    unreadable: Count,
    /// Messages for a generation that is not filled any more.
    gone: Count,
}

/// What the newest verification said, in short.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Reconciliation {
    id: String,
    finished_at: Option<Moment>,
    ok: bool,
    carts: Count,
    events: Count,
    findings_total: Count,
}

/// A function and its event source.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Stage {
    /// `publish`, `archive`, `project carts`, `replay carts`, …
    name: String,
    /// Whether it runs.
    state: StageState,
    /// Events that wait for it; of a replay queue, its messages, each of which holds many.
    lag_events: Count,
    /// For how long the oldest of them has been waiting, in milliseconds; 0 when none waits.
    lag_ms: Count,
    /// Since when it has been failing or has not moved; only said of a stage that is retrying or stalled.
    #[schemars(skip_serializing_if = "Option::is_none", with = "Moment")]
    since: Option<Moment>,
    /// How much came in and went out lately, where that is measured.
    #[schemars(skip_serializing_if = "Option::is_none", with = "Rates")]
    rates: Option<Rates>,
    /// What it last failed with, until a batch succeeds again.
    #[schemars(skip_serializing_if = "Option::is_none", with = "String")]
    last_error: Option<String>,
}

/// What came to a stage and what it finished, scaled to a minute.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Rates {
    /// What came.
    in_per_minute: Count,
    /// What was finished.
    out_per_minute: Count,
}

/// Whether a stage runs.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum StageState {
    /// Nothing waits.
    Idle,
    /// Its last batch succeeded.
    Running,
    /// Its last batch failed and is tried again.
    Retrying,
    /// Something waits and nothing has been finished for a while.
    Stalled,
    /// It was stopped.
    Stopped,
}

/// What lies in a dead letter queue.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct DeadLetterCount {
    /// Whose queue.
    subscription: Subscription,
    /// How many messages.
    messages: Count,
}

/// The subscriptions of this build.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub(in crate::api::openapi) enum Subscription {
    /// The directory.
    Carts,
    /// What is bought together.
    Suggestions,
    /// Carts left behind.
    Reminders,
}
