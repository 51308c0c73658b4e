//! Replays: what is asked for, what it would do, how far it is.
#![allow(dead_code, reason = "only the schemas of these types are asked for; nobody makes one")]

use std::collections::BTreeMap;

use schemars::JsonSchema;

use super::lists::Subscription;
use super::values::{AnyMoment, CartId, Count, Moment, Uuid};
use crate::functions::replay::{CARTS_MAX, RATE_MAX};

/// What `POST /replays` takes: one of three kinds of runs.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(in crate::api::openapi) enum ReplayRequest {
    /// Archived events into a new generation, which becomes the live one; or into the live one.
    Events(ReplayEvents),
    /// Single carts, rebuilt from the event table.
    Carts(ReplayCarts),
    /// Back to the generation that was live before.
    Back(ReplayBack),
}

/// Archived events into a new generation, which becomes the live one; or into the live one.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(in crate::api::openapi) struct ReplayEvents {
    /// Whose rows to fill.
    subscription: Subscription,
    /// Only say what it would do.
    #[schemars(default)]
    dry_run: Option<bool>,
    /// Into the live generation, where events do nothing unless something is missing there.
    #[schemars(default)]
    in_place: Option<bool>,
    /// Only events of these types; the others move the gate alone.
    #[schemars(default)]
    types: Option<Vec<EventType>>,
    /// Only what happened at this moment or later.
    #[schemars(default)]
    from: Option<AnyMoment>,
    /// Only what happened at this moment or earlier.
    #[schemars(default)]
    to: Option<AnyMoment>,
    /// Most events a second; as fast as it goes when absent.
    #[schemars(default, range(min = 1, max = RATE_MAX))]
    rate: Option<u32>,
}

/// Single carts, rebuilt from the event table.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(in crate::api::openapi) struct ReplayCarts {
    /// Whose rows to rebuild.
    subscription: Subscription,
    /// Only say what it would do.
    #[schemars(default)]
    dry_run: Option<bool>,
    /// The carts, each once.
    #[schemars(length(min = 1, max = CARTS_MAX), extend("uniqueItems" = true))]
    carts: Vec<CartId>,
}

/// Back to the generation that was live before.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(in crate::api::openapi) struct ReplayBack {
    /// Whose rows to go back with.
    subscription: Subscription,
    /// Only say what it would do.
    #[schemars(default)]
    dry_run: Option<bool>,
    #[schemars(extend("const" = true))]
    rollback: bool,
    /// Most events a second; as fast as it goes when absent.
    #[schemars(default, range(min = 1, max = RATE_MAX))]
    rate: Option<u32>,
}

/// What `POST /replays/{run_id}/resume` takes, if anything.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(in crate::api::openapi) struct ResumeRequest {
    /// Most events a second from now on; as before when absent.
    #[schemars(default, range(min = 1, max = RATE_MAX))]
    rate: Option<u32>,
}

/// Names of events.
#[derive(JsonSchema)]
enum EventType {
    CartOpened,
    CartClaimed,
    ItemAdded,
    ItemQuantityChanged,
    ItemRemoved,
    DiscountApplied,
    DiscountRemoved,
    CartClosed,
}

/// Which events a generation is made of.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Filter {
    /// Names of events; all when absent.
    #[schemars(skip_serializing_if = "Vec::is_empty")]
    types: Vec<String>,
    /// Only what happened at this moment or later.
    #[schemars(skip_serializing_if = "Option::is_none", with = "Moment")]
    from: Option<Moment>,
    /// Only what happened at this moment or earlier.
    #[schemars(skip_serializing_if = "Option::is_none", with = "Moment")]
    to: Option<Moment>,
}

/// Where the events of a run go.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum Target {
    /// Into a new generation, which then becomes the live one.
    NewGeneration,
    /// Into the live generation.
    LiveGeneration,
    /// Into the generation that was live before, which then becomes the live one again.
    PreviousGeneration,
    /// Nowhere: single carts are rebuilt.
    Carts,
}

/// The newest runs, and which generations there are.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(in crate::api::openapi) struct RunPage {
    /// Newest first.
    replays: Vec<Run>,
    /// By subscription.
    generations: BTreeMap<String, Generations>,
    /// Always null: there is one page.
    cursor: (),
}

/// What `POST /generations/clear` takes.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(in crate::api::openapi) struct ClearRequest {
    /// Only of this subscription.
    #[schemars(default)]
    subscription: Option<Subscription>,
    /// Only count what would go.
    #[schemars(default)]
    dry_run: bool,
}

/// What was removed of generations that nobody reads any more, or would be.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(in crate::api::openapi) struct ClearedGenerations {
    /// Those of which there was anything.
    generations: Vec<ClearedGeneration>,
    /// Whether there are more rows.
    more: bool,
}

/// Of one generation.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct ClearedGeneration {
    /// Whose.
    subscription: Subscription,
    /// Its number.
    generation: u32,
    /// Its rows, entries included.
    rows: Count,
}

/// Which generations a subscription has.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Generations {
    /// The one that answers queries.
    live: Count,
    /// The one that a run is filling.
    filling: Option<Count>,
    /// The one that was live before.
    previous: Option<Count>,
    /// What they are made of, by number, where that is not everything.
    filters: BTreeMap<String, Filter>,
}

/// A replay run.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(in crate::api::openapi) struct Run {
    /// Names the run.
    id: Uuid,
    /// Whose rows are filled.
    subscription: Subscription,
    /// Where the events go.
    target: Target,
    /// Which events, when not all.
    #[schemars(skip_serializing_if = "Option::is_none", with = "Filter")]
    filter: Option<Filter>,
    /// The carts that are rebuilt.
    #[schemars(skip_serializing_if = "Option::is_none", with = "Vec<CartId>")]
    carts: Option<Vec<CartId>>,
    /// Most events sent in a second.
    rate: Option<Count>,
    /// What is being done.
    phase: Phase,
    /// The generation that the events go into; null while planning.
    generation: Option<Count>,
    /// Events in confirmed messages; an event that lies in two objects counts twice.
    events_sent: Count,
    /// Events that travelled as skips, because the filter does not let them through.
    events_skipped: Count,
    /// Messages the queue has confirmed.
    messages_sent: Count,
    /// Archive objects of which every message is confirmed.
    objects_done: Count,
    /// Archive objects to send; null until the archive has everything.
    objects_total: Option<Count>,
    /// Carts found behind the live generation and filled from the table.
    carts_filled: Count,
    /// Single carts that were rebuilt.
    carts_rebuilt: Count,
    /// When it was started.
    started_at: Moment,
    /// Since when it stands still on request.
    paused_at: Option<Moment>,
    /// How long it stood still on request before that, in milliseconds.
    paused_ms: Count,
    /// When it was finished or cancelled.
    finished_at: Option<Moment>,
    /// Why it stands still.
    error: Option<String>,
    /// How fast it has been.
    events_per_second: Option<Count>,
    /// How long it will take if it stays so fast.
    seconds_left: Option<Count>,
}

/// What a run is doing.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum Phase {
    /// Taking a generation, and noting how far the event bus has come.
    Planning,
    /// Putting the archive into the queue, once it has everything up to there; or the carts that are to be rebuilt.
    Sending,
    /// Waiting for the subscription to empty the queue.
    Draining,
    /// Comparing the filled generation with the live one, cart by cart.
    CatchingUp,
    /// Waiting until each of the carts is rebuilt.
    Rebuilding,
    /// Making the filled generation the live one.
    Switching,
    /// Removing what was only there for the run.
    Clearing,
    /// Done.
    Finished,
    /// Given up on request.
    Cancelled,
}

/// What a replay would do.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(in crate::api::openapi) struct Estimate {
    /// Whose rows.
    subscription: Subscription,
    /// Where the events would go.
    target: Target,
    /// Which events, when not all.
    #[schemars(skip_serializing_if = "Option::is_none", with = "Filter")]
    filter: Option<Filter>,
    /// The carts that would be rebuilt.
    #[schemars(skip_serializing_if = "Option::is_none", with = "Vec<CartId>")]
    carts: Option<Vec<CartId>>,
    /// Carts with any of the events.
    carts_count: Count,
    /// Events in messages; an event that lies in two objects counts twice.
    events: Count,
    /// Events that would travel as skips.
    events_skipped: Count,
    /// Events by name, those in messages.
    by_type: BTreeMap<String, u64>,
    /// Whether there are more carts than were told apart.
    carts_are_more: bool,
    /// Messages.
    messages: Count,
    /// Archive objects.
    objects: Count,
    /// Whether the archive had everything by the end of the wait. If not, there is more than is counted here.
    complete: bool,
    /// How long it would take.
    seconds: Count,
    /// From what that is known.
    seconds_from: TimeFrom,
    /// What it would cost on AWS.
    cost: Cost,
}

/// From what it is known how long a replay takes.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum TimeFrom {
    /// From the rate that was asked for.
    Rate,
    /// From how long this run took.
    Run(Uuid),
    /// From nothing that was measured here.
    Assumption,
}

/// What a replay would cost on AWS, at least.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Cost {
    /// Objects read and listed.
    s3_requests: Count,
    /// Messages sent, received and deleted, by ten.
    sqs_requests: Count,
    /// Rows of carts written, each of up to 1 KB.
    dynamodb_writes: Count,
    /// All of that together, in millionths of a dollar.
    micro_usd: Count,
    /// Which prices these are.
    prices: String,
}
