//! `POST /replays` starts a run or says what it would do, `GET /replays` and `GET /replays/{id}` say how far runs are,
//! `pause`, `resume`, `cancel` and `rollback` steer one. A run is worked on by the host's own loop; here it is only
//! written down and looked at.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use tillroll_core::id::StreamId;
use tillroll_core::time::Timestamp;
use uuid::Uuid;

use super::{Answer, Api, ApiRequest, ApiResponse, Body, Ports, Problem};
use crate::filter::Filter;
use crate::functions::project::by_name::SUBSCRIPTIONS;
use crate::functions::replay::{Options, Replay, ReplayError, ReplayPorts, Run, Target};
use crate::generations;
use crate::ports::{Clock as _, ReplayStarter as _};
use crate::record::TYPE_PREFIX;

/// Runs in the list when the caller does not say.
const RUNS_PAGE: u32 = 20;
/// Most runs in the list.
const RUNS_PAGE_MAX: u32 = 1_000;
/// How long a dry run waits for the archive when the caller does not say, in seconds.
const DRY_RUN_WAIT_S: u64 = 30;
/// Longest such wait.
const DRY_RUN_WAIT_S_MAX: u64 = 600;
/// The names of all events, as a filter takes them.
pub(super) const EVENT_TYPES: [&str; 8] = [
    "CartOpened",
    "CartClaimed",
    "ItemAdded",
    "ItemQuantityChanged",
    "ItemRemoved",
    "DiscountApplied",
    "DiscountRemoved",
    "CartClosed",
];

/// What is asked for. A member that is null counts as left out.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReplayBody {
    subscription: String,
    dry_run: Option<bool>,
    in_place: Option<bool>,
    rollback: Option<bool>,
    carts: Option<Vec<String>>,
    types: Option<Vec<String>>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    rate: Option<u64>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ResumeBody {
    rate: Option<u64>,
}

impl<P: Ports> ReplayPorts for P {
    type Archive = P::Archive;
    type Queue = P::Queue;
    type Rows = P::Rows;
    type Runs = P::Runs;
    type Progress = P::Progress;
    type Table = P::Table;
    type Clock = P::Clock;
}

impl<P: Ports> Api<P> {
    fn replay(&self) -> Replay<'_, P> {
        let ports = &self.ports;
        Replay {
            archive: ports.archive(),
            queue: ports.queue(),
            rows: ports.rows(),
            runs: ports.runs(),
            progress: ports.progress(),
            table: ports.table(),
            clock: ports.clock(),
        }
    }

    pub(super) async fn start_replay(&self, request: &ApiRequest) -> Answer {
        let wait = request.query(&["wait"])?.number("wait", 0..=DRY_RUN_WAIT_S_MAX)?.unwrap_or(DRY_RUN_WAIT_S);
        let body: ReplayBody = request.json()?;
        let rate = body.rate.map(saturated);
        let target = body.target()?;
        let run = self.new_run(request, &body.subscription)?;
        let options = Options { run, target, rate };
        if body.dry_run == Some(true) {
            let wait = Duration::from_secs(wait);
            let estimate = self.replay().estimate(&body.subscription, &options, &SUBSCRIPTIONS, wait).await?;
            return Ok(ApiResponse::json(200, &estimate));
        }
        let run = self.replay().start(&body.subscription, options, &SUBSCRIPTIONS).await?;
        self.started(&run).await
    }

    /// Answers with a run that begins. Whoever carries it is told each time that the beginning is asked for: the time
    /// before may have been cut off in between.
    async fn started(&self, run: &Run) -> Answer {
        self.carry(run).await?;
        let location = format!("/replays/{}", run.id);
        Ok(ApiResponse::json(202, &self.run_json(run)?).with("location", location))
    }

    async fn carry(&self, run: &Run) -> Result<(), Problem> {
        if !run.goes_on() {
            return Ok(());
        }
        Ok(self.ports.starter().start(&run.id, run.attempt()).await?)
    }

    /// The id of a new run: the caller's, or else one from the moment and a random number, both of the clock's.
    fn new_run(&self, request: &ApiRequest, what: &str) -> Result<Uuid, Problem> {
        if let Some(key) = request.idempotency_key()? {
            return Ok(key.uuid());
        }
        let (now, chance) = (self.ports.clock().now().unix_ms(), self.ports.clock().jitter(u64::MAX));
        Ok(Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("tillroll:replay:{what}:{now}:{chance}").as_bytes()))
    }

    pub(super) async fn replays(&self, request: &ApiRequest) -> Answer {
        let limit = request.query(&["limit"])?.limit(RUNS_PAGE, RUNS_PAGE_MAX)?;
        let mut generations = Map::new();
        for subscription in SUBSCRIPTIONS {
            generations.insert(subscription.to_owned(), self.generations_json(subscription).await?);
        }
        let replays = self.newest_runs(limit).await?;
        Ok(ApiResponse::json(200, &json!({"replays": replays, "generations": generations, "cursor": null})))
    }

    /// Which rows of a subscription are read, which are being filled, and which can be rolled back to.
    async fn generations_json(&self, subscription: &str) -> Result<Value, Problem> {
        let generations = generations::read(self.ports.rows(), subscription).await?;
        let filling = generations.filling.as_ref().map(|filling| filling.generation);
        Ok(json!({
            "live": generations.live,
            "filling": filling,
            "previous": generations.previous,
            "filters": generations.filters,
        }))
    }

    /// The newest runs as the API shows them.
    pub(super) async fn newest_runs(&self, limit: u32) -> Result<Vec<Value>, Problem> {
        self.replay().list(limit).await?.iter().map(|run| self.run_json(run)).collect()
    }

    pub(super) async fn replay_of(&self, request: &ApiRequest, run: &str) -> Answer {
        request.query(&[])?;
        let run = self.replay().get(run_id(run)?).await?.ok_or_else(unknown_run)?;
        Ok(ApiResponse::json(200, &self.run_json(&run)?))
    }

    pub(super) async fn change_replay(&self, request: &ApiRequest, run: &str, change: RunChange) -> Answer {
        request.query(&[])?;
        let id = run_id(run)?;
        let run = match change {
            RunChange::Pause => self.replay().pause(id).await?,
            RunChange::Resume => {
                let ResumeBody { rate } = optional_body(request)?;
                let run = self.replay().resume(id, rate.map(saturated)).await?;
                self.carry(&run).await?;
                run
            }
            RunChange::Cancel => self.replay().cancel(id).await?,
            RunChange::Rollback => {
                let back = self.new_run(request, id)?;
                let run = self.replay().roll_back(id, back, &SUBSCRIPTIONS).await?;
                return self.started(&run).await;
            }
        };
        Ok(ApiResponse::json(200, &self.run_json(&run)?))
    }

    /// A run without the function's own notes, and with what they say about its pace.
    fn run_json(&self, run: &Run) -> Result<Value, Problem> {
        let unreadable = |_| Problem::new(500, "fault", "the run does not become JSON");
        let mut json = serde_json::to_value(run).map_err(unreadable)?;
        let pace = serde_json::to_value(run.pace(self.ports.clock().now())).map_err(unreadable)?;
        if let (Some(members), Value::Object(pace)) = (json.as_object_mut(), pace) {
            members.remove("cursor");
            members.extend(pace);
        }
        Ok(json)
    }
}

impl ReplayBody {
    /// What these members together ask for; some do not go together.
    fn target(&self) -> Result<Target, Problem> {
        let filter = self.filter()?;
        let [in_place, rollback] = [self.in_place, self.rollback].map(|flag| flag == Some(true));
        match (&self.carts, in_place, rollback) {
            (None, false, false) => Ok(Target::NewGeneration { filter }),
            (None, true, false) => Ok(Target::LiveGeneration { filter }),
            (None, false, true) if filter.is_open() => Ok(Target::PreviousGeneration),
            (Some(carts), false, false) if filter.is_open() => {
                // What is no cart id names a cart that nobody has.
                let cart = |text: &String| text.parse::<StreamId>().map_err(|_| Problem::cart_not_found());
                Ok(Target::Carts { carts: carts.iter().map(cart).collect::<Result<_, _>>()? })
            }
            (Some(_), ..) => {
                Err(invalid("carts", "single carts are rebuilt whole: no in_place, rollback, types, from or to"))
            }
            (None, ..) => Err(invalid("rollback", "a rollback takes no in_place, types, from or to")),
        }
    }

    fn filter(&self) -> Result<Filter, Problem> {
        let known = |name: &String| {
            let name = name.strip_prefix(TYPE_PREFIX).unwrap_or(name);
            let known = EVENT_TYPES.contains(&name).then(|| name.to_owned());
            known.ok_or_else(|| invalid("types", format!("the types of events are {}", EVENT_TYPES.join(", "))))
        };
        let types = self.types.iter().flatten().map(known).collect::<Result<_, _>>()?;
        Ok(Filter { types, from: self.from, to: self.to })
    }
}

/// A rate out of the range of its type is out of the range of rates as well.
fn saturated(rate: u64) -> u32 {
    u32::try_from(rate).unwrap_or(u32::MAX)
}

/// A body that may be left out altogether.
fn optional_body<T: serde::de::DeserializeOwned + Default>(request: &ApiRequest) -> Result<T, Problem> {
    if matches!(&request.body, Body::Whole(bytes) if bytes.is_empty()) { Ok(T::default()) } else { request.json() }
}

fn invalid(member: &str, reason: impl Into<String>) -> Problem {
    let reason = reason.into();
    Problem::new(400, "invalid_replay", reason.clone()).at(format!("/{member}"), reason)
}

/// A change of a run that somebody asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunChange {
    /// It shall stand still.
    Pause,
    /// It stands still and shall go on.
    Resume,
    /// It shall end before its time.
    Cancel,
    /// What it made live shall be live no longer.
    Rollback,
}

impl RunChange {
    /// The change that the last segment of an address asks for.
    pub(super) fn of(segment: &str) -> Option<Self> {
        Some(match segment {
            "pause" => Self::Pause,
            "resume" => Self::Resume,
            "cancel" => Self::Cancel,
            "rollback" => Self::Rollback,
            _ => return None,
        })
    }
}

/// What is not an id of ours names a run that nobody has.
fn run_id(text: &str) -> Result<&str, Problem> {
    let canonical = Uuid::try_parse(text).is_ok_and(|id| id.hyphenated().to_string() == text);
    if canonical { Ok(text) } else { Err(unknown_run()) }
}

fn unknown_run() -> Problem {
    Problem::not_found("there is no such replay run")
}

impl From<ReplayError> for Problem {
    fn from(error: ReplayError) -> Self {
        match error {
            ReplayError::UnknownSubscription { .. } => {
                let known = SUBSCRIPTIONS.join(", ");
                Self::not_found(format!("there is no such subscription; there are {known}"))
            }
            ReplayError::UnknownRun { .. } => unknown_run(),
            ReplayError::UnknownCart { .. } => Self::new(404, "cart_not_found", error.to_string()),
            ReplayError::Invalid { member, reason } => invalid(member, reason),
            ReplayError::ReplayRunning { ref run, .. } => {
                let run = json!(run);
                Self::conflict(error.to_string()).with("run", run)
            }
            ReplayError::RunTaken { .. }
            | ReplayError::Ended { .. }
            | ReplayError::NoPrevious { .. }
            | ReplayError::NotLive { .. } => Self::new(409, "conflict", error.to_string()),
            ReplayError::Fault(fault) => fault.into(),
        }
    }
}
