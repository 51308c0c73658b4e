//! What operators do and see when something went wrong: dead letters, parked carts, verifications, the log of it all.
#![allow(dead_code, reason = "only the schemas of these types are asked for; nobody makes one")]

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde_json::{Map, Value};

use super::lists::Subscription;
use super::replays::Filter;
use super::values::{CartId, Count, Moment, Uuid, Version};

/// What can be an id of a dead letter.
const LETTER_ID: &str = "^[A-Za-z0-9-]{1,100}$";
/// Text on one line that is not blank.
const LINE: &str = r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$";

/// A page of dead letters.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(in crate::api::openapi) struct DeadLetterPage {
    /// Oldest first.
    dead_letters: Vec<DeadLetterHead>,
    /// `cursor` of the next page; null at the end.
    cursor: Option<String>,
}

/// A dead letter as lists show it. What is inside is there for messages that read.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct DeadLetterHead {
    id: String,
    subscription: String,
    group: String,
    sent_at: Option<Moment>,
    given_up_at: Moment,
    receive_count: Count,
    /// Why it was given up; of a message that does not read, why it does not.
    reason: String,
    #[schemars(skip_serializing_if = "Option::is_none", with = "String")]
    run: Option<String>,
    #[schemars(skip_serializing_if = "Option::is_none", with = "Count")]
    generation: Option<Count>,
    #[schemars(skip_serializing_if = "Option::is_none", with = "Count")]
    events: Option<Count>,
    #[schemars(skip_serializing_if = "Option::is_none", with = "Count")]
    carts: Option<Count>,
    /// The first of them.
    #[schemars(skip_serializing_if = "Option::is_none", with = "Vec<CartId>")]
    cart_ids: Option<Vec<CartId>>,
    #[schemars(skip_serializing_if = "Option::is_none")]
    first_version: Option<Version>,
    #[schemars(skip_serializing_if = "Option::is_none")]
    last_version: Option<Version>,
}

/// One dead letter whole, and what would become of it now.
#[derive(JsonSchema)]
pub(in crate::api::openapi) struct DeadLetter {
    id: String,
    subscription: String,
    group: String,
    sent_at: Option<Moment>,
    given_up_at: Moment,
    receive_count: Count,
    /// Why it was given up; of a message that does not read, why it does not.
    reason: String,
    dry_run: DryRun,
    /// Messages that wait in the queue, behind which a redriven one goes.
    queue_depth: Count,
    /// What is true of every redrive.
    ordering: String,
    /// The message, if it is JSON.
    #[schemars(skip_serializing_if = "Option::is_none")]
    message: Option<Value>,
    /// The message, if it is not.
    #[schemars(skip_serializing_if = "Option::is_none", with = "String")]
    text: Option<String>,
}

/// What a message would do now.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct DryRun {
    /// It would be acknowledged, and no cart would stand still for it.
    would_succeed: bool,
    /// What it would do as a whole.
    effect: String,
    /// Why it does not read, or why it would do nothing.
    #[schemars(skip_serializing_if = "Option::is_none", with = "String")]
    reason: Option<String>,
    /// What it would do to each of its carts.
    carts: Vec<Map<String, Value>>,
}

/// What `POST /dead-letters/redrive` takes: exactly one of `ids`, `subscription` and `all`.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(in crate::api::openapi) struct RedriveRequest {
    /// These letters.
    #[schemars(default, length(min = 1, max = 1_000), inner(regex(pattern = LETTER_ID)))]
    ids: Option<Vec<String>>,
    /// All letters of this subscription.
    #[schemars(default)]
    subscription: Option<Subscription>,
    /// All letters there are.
    #[schemars(default)]
    all: bool,
    /// Most letters a second; at once when absent.
    #[schemars(default, range(min = 1, max = 1_000))]
    rate: Option<u32>,
    /// Why; it is recorded.
    #[schemars(length(min = 1, max = 500), regex(pattern = LINE))]
    reason: String,
    /// Who asks.
    #[schemars(default, length(min = 1, max = 100), regex(pattern = LINE))]
    by: Option<String>,
}

/// What a redrive did.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(in crate::api::openapi) struct Redriven {
    /// Letters that are in their queue again.
    #[schemars(rename = "redriven")]
    letters: Vec<String>,
    /// Letters that were named and are not there, or not any more.
    #[schemars(skip_serializing_if = "Option::is_none", with = "Vec<String>")]
    gone: Option<Vec<String>>,
    /// Letters that were asked for and lie there still; ask again for them.
    left: Count,
    operation: Operation,
}

/// A page of parked carts.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(in crate::api::openapi) struct ParkedPage {
    parked: Vec<ParkedCart>,
    /// `cursor` of the next page; null at the end.
    cursor: Option<String>,
}

/// A cart at which a subscription stands still.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct ParkedCart {
    subscription: Subscription,
    generation: Count,
    cart_id: CartId,
    /// The version that could not be applied.
    version: Version,
    /// Its event, unless the table does not have it.
    event_id: Option<Uuid>,
    reason: String,
    /// The build that could not. Another build tries again.
    build: String,
    /// When the event was recorded: the row shows the cart as it was just before.
    since: Option<Moment>,
}

/// What `POST /parked/{cart_id}/resume` takes.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(in crate::api::openapi) struct ResumeParkedRequest {
    /// Only in this subscription.
    #[schemars(default)]
    subscription: Option<Subscription>,
    /// Why; it is recorded.
    #[schemars(length(min = 1, max = 500), regex(pattern = LINE))]
    reason: String,
    /// Who asks.
    #[schemars(default, length(min = 1, max = 100), regex(pattern = LINE))]
    by: Option<String>,
}

/// What became of a parked cart.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(in crate::api::openapi) struct ResumedParked {
    cart_id: Uuid,
    /// One for each generation in which it stood still.
    results: Vec<Map<String, Value>>,
    /// Null when it was not parked.
    operation: Option<Operation>,
}

/// A page of what people did.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(in crate::api::openapi) struct OperationPage {
    /// Newest first.
    operations: Vec<Operation>,
    /// `cursor` of the next page; null at the end.
    cursor: Option<String>,
}

/// Something that somebody did.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Operation {
    /// Names it, and sorts as it happened.
    id: String,
    kind: OperationKind,
    /// When it began.
    at: Moment,
    /// Who asked for it, as far as they said.
    by: Option<String>,
    /// Why, in their words.
    reason: String,
    /// What it was asked to work on.
    subject: Value,
    /// What became of it; null while it is under way, or when it never came to an end.
    outcome: Value,
}

/// What people do.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum OperationKind {
    /// Dead letters went back to their queue.
    Redrive,
    /// A parked cart was tried again.
    Resume,
    /// What verify found was put right from the table.
    Repair,
    /// References to persons of a cart were shown.
    Disclose,
}

/// What `POST /carts/{cart_id}/disclosures` takes.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(in crate::api::openapi) struct DisclosureRequest {
    /// Why; it is recorded.
    #[schemars(length(min = 1, max = 500), regex(pattern = LINE))]
    reason: String,
    /// Who asks, where no token says it.
    #[schemars(default, length(min = 1, max = 100), regex(pattern = LINE))]
    by: Option<String>,
}

/// References to persons may be shown now.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(in crate::api::openapi) struct Disclosed {
    cart_id: Uuid,
    operation: Operation,
}

/// What `POST /verify` takes, if anything.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(in crate::api::openapi) struct VerifyRequest {
    /// Seconds that the stages may take to pass what is there now; 30 when absent.
    #[schemars(default, range(min = 0, max = 600))]
    wait: Option<u64>,
    /// Look up entries too.
    #[schemars(default)]
    entries: bool,
    /// Put right what is found; needs a `reason`.
    #[schemars(default)]
    repair: bool,
    /// Of a repair: only say what it would do.
    #[schemars(default)]
    dry_run: bool,
    /// Why; it is recorded with a repair.
    #[schemars(default, length(min = 1, max = 500), regex(pattern = LINE))]
    reason: Option<String>,
    /// Who asks.
    #[schemars(default, length(min = 1, max = 100), regex(pattern = LINE))]
    by: Option<String>,
}

/// A verification, under way or ended. What it found is there once it has come to its end.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(in crate::api::openapi) struct Verification {
    /// Names it.
    id: String,
    /// What it is doing.
    phase: VerificationPhase,
    /// Events of the table that were read, over all rounds.
    events_read: Count,
    /// Objects of the archive.
    objects_read: Count,
    /// Rows of the projections.
    rows_read: Count,
    /// When it began.
    started_at: Moment,
    /// When it came to an end, good or bad.
    finished_at: Option<Moment>,
    /// Why it broke off.
    #[schemars(skip_serializing_if = "Option::is_none", with = "String")]
    error: Option<String>,
    /// What its repair did, if it was asked for one.
    #[schemars(skip_serializing_if = "Option::is_none", with = "Repair")]
    repair: Option<Repair>,
    /// No findings.
    #[schemars(skip_serializing_if = "Option::is_none", with = "bool")]
    ok: Option<bool>,
    /// Carts in the table.
    #[schemars(skip_serializing_if = "Option::is_none", with = "Count")]
    carts: Option<Count>,
    /// Events in the table.
    #[schemars(skip_serializing_if = "Option::is_none", with = "Count")]
    events: Option<Count>,
    /// Sum of all carts' totals, in minor units of whatever currency.
    #[schemars(skip_serializing_if = "Option::is_none", with = "u64")]
    money: Option<u64>,
    /// The same by ISO 4217 code; XXX for carts that state none.
    #[schemars(skip_serializing_if = "Option::is_none", with = "BTreeMap<String, u64>")]
    money_by_currency: Option<BTreeMap<String, u64>>,
    /// The first findings.
    #[schemars(skip_serializing_if = "Option::is_none", with = "Vec<Finding>")]
    findings: Option<Vec<Finding>>,
    /// How many findings there are.
    #[schemars(skip_serializing_if = "Option::is_none", with = "Count")]
    findings_total: Option<Count>,
    /// Subscriptions whose live generation is made of some events only, and of which.
    #[schemars(skip_serializing_if = "Option::is_none", with = "BTreeMap<String, Filter>")]
    filtered: Option<BTreeMap<String, Filter>>,
    /// Events by hop that did not arrive there yet and were recorded so lately that they are on their way: no findings.
    #[schemars(skip_serializing_if = "Option::is_none", with = "BTreeMap<String, u64>")]
    on_their_way: Option<BTreeMap<String, u64>>,
    /// Events in the table by when they were recorded, oldest first; stretches of time that have none are left out.
    #[schemars(skip_serializing_if = "Option::is_none", with = "Vec<Slice>")]
    slices: Option<Vec<Slice>>,
    /// How many findings there are of each kind.
    #[schemars(skip_serializing_if = "Option::is_none", with = "Vec<KindOfFinding>")]
    summary: Option<Vec<KindOfFinding>>,
}

/// What a verification does. With a repair it goes round twice.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum VerificationPhase {
    /// The table is read; what it holds is the mark.
    Reading,
    /// The stages get time to pass the mark.
    Waiting,
    /// Archive and rows are read and compared.
    Comparing,
    /// What differs is put right.
    Repairing,
    /// It has come to its end, and there is a report.
    Finished,
    /// It broke off.
    Failed,
}

/// What a repair did.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Repair {
    /// Nothing was done.
    dry_run: bool,
    /// Events that went on the bus again.
    events_republished: Count,
    /// Rows that were written again.
    rows_rebuilt: Count,
    /// Rows that were not: they moved on meanwhile, or the table does not have what they show.
    rows_left: Count,
    /// The operation that it was recorded as.
    #[schemars(skip_serializing_if = "Option::is_none", with = "String")]
    operation: Option<String>,
}

/// One place where something does not agree.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Finding {
    /// What does not agree with the table: `archive`, or a subscription; or the `table` itself.
    hop: String,
    /// The cart, unless the finding is of a whole object.
    #[schemars(skip_serializing_if = "Option::is_none", with = "Uuid")]
    cart: Option<Uuid>,
    /// The first version concerned.
    #[schemars(skip_serializing_if = "Option::is_none", with = "Count")]
    version: Option<Count>,
    /// When that event was recorded, if the table has it.
    #[schemars(skip_serializing_if = "Option::is_none", with = "Moment")]
    recorded_at: Option<Moment>,
    /// The archive object that does not read.
    #[schemars(skip_serializing_if = "Option::is_none", with = "String")]
    object: Option<String>,
    /// How.
    kind: FindingKind,
    /// Why the object does not read.
    #[schemars(skip_serializing_if = "Option::is_none", with = "String")]
    reason: Option<String>,
}

/// Events of the table that were recorded within one stretch of time.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Slice {
    /// Where it begins.
    from: Moment,
    /// Where it ends.
    to: Moment,
    /// How many.
    events: Count,
}

/// How something does not agree.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum FindingKind {
    /// It is not there, or not yet.
    Missing,
    /// It is there, and the table knows nothing of it.
    Doubled,
    /// It is there with other content.
    Different,
    /// An archive object cannot be read, or is none of ours.
    Damaged,
}

/// Findings of one kind.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct KindOfFinding {
    hop: String,
    kind: FindingKind,
    /// How many there are.
    findings: Count,
    /// What to do about them.
    advice: String,
}
