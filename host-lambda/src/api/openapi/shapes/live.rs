//! What became of events and commands: receipts, refusals that were kept, when carts changed.
#![allow(dead_code, reason = "only the schemas of these types are asked for; nobody makes one")]

use schemars::JsonSchema;

use super::values::{CartId, CommandId, Count, Moment, Uuid, Version};
use crate::api::refusals::KEPT_MAX;

/// How far one event has come.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(in crate::api::openapi) struct Receipt {
    /// The cart.
    cart_id: CartId,
    /// The event's version.
    version: Version,
    /// Its id.
    event_id: Uuid,
    /// Its type.
    r#type: String,
    /// When the host recorded it.
    recordedtime: Option<Moment>,
    /// In the order of the flow; the subscriptions last.
    stages: Vec<ReceiptStage>,
}

/// How far the event has come in one stage.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct ReceiptStage {
    /// `table`, `bus`, `archive`, or the name of a subscription with `project` in front.
    stage: String,
    /// What became of it there.
    state: ReceiptState,
    /// When it came there, where that is known.
    #[schemars(skip_serializing_if = "Option::is_none", with = "Moment")]
    at: Option<Moment>,
    /// Bus: the shard.
    #[schemars(skip_serializing_if = "Option::is_none", with = "String")]
    shard: Option<String>,
    /// Bus: the place in the shard, in decimal digits.
    #[schemars(skip_serializing_if = "Option::is_none", with = "String")]
    sequence_number: Option<String>,
    /// Archive: the object.
    #[schemars(skip_serializing_if = "Option::is_none", with = "String")]
    key: Option<String>,
    /// Archive: the line in the object, from 1.
    #[schemars(skip_serializing_if = "Option::is_none", with = "Version")]
    line: Option<Version>,
    /// Subscription: the generation that answers queries.
    #[schemars(skip_serializing_if = "Option::is_none", with = "Count")]
    generation: Option<Count>,
    /// Subscription: the version of the cart that it has applied last.
    #[schemars(skip_serializing_if = "Option::is_none", with = "Count")]
    applied_version: Option<Count>,
    /// Subscription: it stands still before this version of the cart.
    #[schemars(skip_serializing_if = "Option::is_none", with = "Version")]
    parked_at: Option<Version>,
    /// Bus, archive: how often it is there beside the first time, among what was looked through.
    #[schemars(skip_serializing_if = "Option::is_none", with = "Count")]
    doubles: Option<Count>,
    /// Bus: it came behind this later version of its cart.
    #[schemars(skip_serializing_if = "Option::is_none", with = "Version")]
    behind_version: Option<Version>,
    /// Why it is so, where that is not plain.
    #[schemars(skip_serializing_if = "Option::is_none", with = "String")]
    reason: Option<String>,
}

/// What became of an event in a stage.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum ReceiptState {
    /// It is there.
    Done,
    /// It is on its way.
    Pending,
    /// The subscription parked the cart before it.
    Parked,
    /// It was there and is not kept so long.
    Expired,
    /// It should be there and is not: a hole.
    Missing,
    /// It was not found within bounds.
    Unknown,
}

/// What was refused to a cart.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(in crate::api::openapi) struct RefusalList {
    /// Newest first, none older than 30 days.
    #[schemars(length(max = KEPT_MAX))]
    refusals: Vec<KeptRefusal>,
    /// Refusals of any cart that this process could not keep since it was started.
    lost: Count,
}

/// A command that was refused.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct KeptRefusal {
    /// When.
    time: Moment,
    /// Its id.
    command_id: CommandId,
    /// Its name.
    r#type: String,
    /// The refusal's code.
    code: String,
    /// The same as a sentence.
    message: String,
    /// What a person needs to understand it.
    details: serde_json::Map<String, serde_json::Value>,
    /// The cart's version it was judged on.
    version: Count,
    /// Who asked, as an opaque reference, where that is known.
    actor: Option<String>,
}

/// When carts changed last.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(in crate::api::openapi) struct Histogram {
    /// Where the first bucket begins; null when there is no cart and no range was asked for.
    from: Option<Moment>,
    /// Where the last bucket ends.
    to: Option<Moment>,
    /// Width of a bucket in milliseconds: whole hours, days or weeks.
    bucket_ms: Count,
    /// One after the other, empty ones too.
    buckets: Vec<Bucket>,
    /// Carts in all buckets.
    carts: Count,
    /// Those of them that are open.
    open: Count,
    /// Those of them that are closed.
    closed: Count,
    /// There are more carts than were counted: those that changed longest ago are left out.
    truncated: bool,
}

/// Carts that last changed within one stretch of time.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Bucket {
    /// Where it begins; it ends where the next one does.
    from: Moment,
    /// Open carts.
    open: Count,
    /// Closed carts.
    closed: Count,
}

/// What is different between two versions of a cart.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(in crate::api::openapi) struct Difference {
    /// The cart.
    cart_id: CartId,
    /// Of every amount.
    currency: Option<String>,
    /// The one version.
    from: Count,
    /// The other.
    to: Count,
    /// Made to the state at `from` in this order, they give the state at `to`.
    changes: Vec<Change>,
}

/// One difference.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Change {
    /// JSON Pointer into the state, with lines and discounts under their keys.
    path: String,
    /// What was there; null for a member that came.
    from: serde_json::Value,
    /// What is there now; null for a member that went.
    to: serde_json::Value,
}
