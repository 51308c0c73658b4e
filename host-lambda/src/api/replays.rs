//! `POST /replays` starts one, `GET /replays` and `GET /replays/{id}` say how far they are, `resume` and `cancel` steer
//! one. A run is worked on by the host's own loop; here it is only written down and looked at.

use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::lists::SUBSCRIPTIONS;
use super::{Answer, Api, ApiRequest, ApiResponse, Ports, Problem};
use crate::functions::replay::{Options, Replay, ReplayError, Run};
use crate::ports::Clock as _;

/// Runs in the list when the caller does not say.
const RUNS_PAGE: u32 = 20;
/// Most runs in the list.
const RUNS_PAGE_MAX: u32 = 1_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReplayBody {
    subscription: String,
    #[serde(default)]
    in_place: bool,
}

type PortsReplay<'a, P> = Replay<
    'a,
    <P as Ports>::Archive,
    <P as Ports>::Queue,
    <P as Ports>::Rows,
    <P as Ports>::Runs,
    <P as Ports>::Progress,
    <P as Ports>::Table,
    <P as Ports>::Clock,
>;

impl<P: Ports> Api<P> {
    fn replay(&self) -> PortsReplay<'_, P> {
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
        request.query(&[])?;
        let ReplayBody { subscription, in_place } = request.json()?;
        let run = match request.idempotency_key()? {
            Some(key) => key.uuid(),
            None => self.new_run(&subscription),
        };
        let run = self.replay().start(&subscription, Options { run, in_place }, &SUBSCRIPTIONS).await?;
        let location = format!("/replays/{}", run.id);
        Ok(ApiResponse::json(202, &run_json(&run)?).with("location", location))
    }

    /// An id for a run whose caller brought none: from the moment and a random number, both of the clock's.
    fn new_run(&self, subscription: &str) -> Uuid {
        let (now, chance) = (self.ports.clock().now().unix_ms(), self.ports.clock().jitter(u64::MAX));
        Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("tillroll:replay:{subscription}:{now}:{chance}").as_bytes())
    }

    pub(super) async fn replays(&self, request: &ApiRequest) -> Answer {
        let limit = request.query(&["limit"])?.limit(RUNS_PAGE, RUNS_PAGE_MAX)?;
        Ok(ApiResponse::json(200, &json!({"replays": self.newest_runs(limit).await?, "cursor": null})))
    }

    /// The newest runs as the API shows them.
    pub(super) async fn newest_runs(&self, limit: u32) -> Result<Vec<Value>, Problem> {
        self.replay().list(limit).await?.iter().map(run_json).collect()
    }

    pub(super) async fn replay_of(&self, request: &ApiRequest, run: &str) -> Answer {
        request.query(&[])?;
        let run = self.replay().get(run_id(run)?).await?.ok_or_else(unknown_run)?;
        Ok(ApiResponse::json(200, &run_json(&run)?))
    }

    pub(super) async fn change_replay(&self, request: &ApiRequest, run: &str, change: RunChange) -> Answer {
        request.query(&[])?;
        let run = match change {
            RunChange::Resume => self.replay().resume(run_id(run)?).await?,
            RunChange::Cancel => self.replay().cancel(run_id(run)?).await?,
        };
        Ok(ApiResponse::json(200, &run_json(&run)?))
    }
}

/// A change of a run that somebody asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RunChange {
    /// It stands still and shall go on.
    Resume,
    /// It shall end before its time.
    Cancel,
}

/// What is not an id of ours names a run that nobody has.
fn run_id(text: &str) -> Result<&str, Problem> {
    let canonical = Uuid::try_parse(text).is_ok_and(|id| id.hyphenated().to_string() == text);
    if canonical { Ok(text) } else { Err(unknown_run()) }
}

fn unknown_run() -> Problem {
    Problem::not_found("there is no such replay run")
}

/// A run without the function's own notes.
fn run_json(run: &Run) -> Result<Value, Problem> {
    let unreadable = |_| Problem::new(500, "fault", "the run does not become JSON");
    let mut json = serde_json::to_value(run).map_err(unreadable)?;
    if let Some(members) = json.as_object_mut() {
        members.remove("cursor");
    }
    Ok(json)
}

impl From<ReplayError> for Problem {
    fn from(error: ReplayError) -> Self {
        match error {
            ReplayError::UnknownSubscription { .. } => {
                let known = SUBSCRIPTIONS.join(", ");
                Self::not_found(format!("there is no such subscription; there are {known}"))
            }
            ReplayError::UnknownRun { .. } => unknown_run(),
            ReplayError::ReplayRunning { ref run, .. } => {
                let run = json!(run);
                Self::conflict(error.to_string()).with("run", run)
            }
            ReplayError::RunTaken { .. } | ReplayError::Ended { .. } => Self::new(409, "conflict", error.to_string()),
            ReplayError::Fault(fault) => fault.into(),
        }
    }
}
