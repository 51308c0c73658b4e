//! A run as a person follows it.

use std::time::Duration;

use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::json;
use tillroll_host_lambda::functions::replay::Phase;

use super::super::Session;
use super::super::client::Answer;
use super::super::failure::{Ending, Failure, say};
use super::super::output::{Output, count, counted, shown};
use super::super::progress::{Progress, duration};

/// Short enough to look alive, long enough to cost nothing.
const POLL: Duration = Duration::from_millis(200);

/// A run, as far as a person follows it.
#[derive(Debug, Deserialize)]
pub(super) struct Run {
    pub(super) id: String,
    pub(super) subscription: String,
    pub(super) target: Target,
    pub(super) phase: Phase,
    generation: Option<u64>,
    rate: Option<u64>,
    pub(super) events_sent: u64,
    events_skipped: u64,
    messages_sent: u64,
    objects_done: u64,
    objects_total: Option<u64>,
    carts_filled: u64,
    carts_rebuilt: u64,
    pub(super) started_at: String,
    pub(super) paused_at: Option<String>,
    finished_at: Option<String>,
    pub(super) error: Option<String>,
    events_per_second: Option<u64>,
    seconds_left: Option<u64>,
}

/// Where its events go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Target {
    NewGeneration,
    LiveGeneration,
    PreviousGeneration,
    Carts,
}

impl Target {
    pub(super) const fn in_words(self) -> &'static str {
        match self {
            Self::NewGeneration => "a new generation",
            Self::LiveGeneration => "the live generation",
            Self::PreviousGeneration => "the previous generation",
            Self::Carts => "single carts",
        }
    }
}

impl Run {
    fn has_ended(&self) -> bool {
        matches!(self.phase, Phase::Finished | Phase::Cancelled)
    }

    /// Whether nothing more happens unless somebody asks for it.
    fn rests(&self) -> bool {
        self.has_ended() || self.error.is_some() || self.paused_at.is_some()
    }

    /// What it is doing, in a few words.
    pub(super) fn state(&self) -> &'static str {
        match (self.has_ended(), &self.error, &self.paused_at) {
            (false, Some(_), _) => "stands still",
            (false, None, Some(_)) => "paused",
            _ => in_words(self.phase),
        }
    }

    /// Everything there is to tell.
    fn page(&self) -> String {
        let mut page = format!("run {} of {}: {}\n", shown(&self.id), shown(&self.subscription), self.state());
        let mut line = |line: String| {
            page.push_str(&line);
            page.push('\n');
        };
        if self.target == Target::Carts {
            line(format!("{} rebuilt from the event table", counted(self.carts_rebuilt, "cart")));
        } else {
            let skipped = match self.events_skipped {
                0 => String::new(),
                some => format!(" and {} skipped", count(some)),
            };
            let events = counted(self.events_sent, "event");
            let messages = counted(self.messages_sent, "message");
            let objects = counted(self.objects_done, "archive object");
            line(format!("{events} sent{skipped} in {messages} from {objects}"));
        }
        if self.carts_filled > 0 {
            line(format!("{} brought up to date from the event table", counted(self.carts_filled, "cart")));
        }
        let speed =
            self.events_per_second.filter(|rate| *rate > 0).map(|rate| format!("{} a second", counted(rate, "event")));
        let rate = self.rate.map(|rate| format!("at most {} asked for", count(rate)));
        let left = self.seconds_left.map(|seconds| format!("{} left", duration(Duration::from_secs(seconds))));
        let tempo: Vec<String> = speed.into_iter().chain(rate).chain(left).collect();
        if !tempo.is_empty() && self.target != Target::Carts {
            line(tempo.join(", "));
        }
        let finished = self.finished_at.as_ref().map(|at| format!(", ended {}", shown(at)));
        let paused = self.paused_at.as_ref().map(|at| format!(", paused {}", shown(at)));
        let moments: String = paused.into_iter().chain(finished).collect();
        line(format!("started {}{moments}", shown(&self.started_at)));
        if let (Phase::Finished, Some(generation)) = (self.phase, self.generation) {
            line(match self.target {
                Target::NewGeneration | Target::PreviousGeneration => format!("generation {generation} is live now"),
                Target::LiveGeneration => "the live generation has seen them all".to_owned(),
                Target::Carts => "the live generation shows them as rebuilt".to_owned(),
            });
        }
        page
    }

    fn again(&self) -> String {
        format!("`tillroll replay {} --resume {}`", shown(&self.subscription), shown(&self.id))
    }
}

/// One look at a run.
pub(super) async fn look(run: &str, session: &Session) -> Result<Answer, Failure> {
    let answer = session.client().get(&path(run, "")?, &[]).await?;
    known(answer, run)
}

/// Asks for a change of a run.
pub(super) async fn change(run: &str, change: &str, session: &Session) -> Result<Answer, Failure> {
    known(session.client().post(&path(run, change)?, &json!({})).await?, run)
}

/// The address of a run; what is no name names none.
fn path(run: &str, change: &str) -> Result<String, Failure> {
    let is_a_name = !run.is_empty() && run.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !is_a_name {
        return Err(no_such_run(run));
    }
    Ok(if change.is_empty() { format!("/replays/{run}") } else { format!("/replays/{run}/{change}") })
}

fn no_such_run(run: &str) -> Failure {
    Failure::new(format!("there is no run {}", shown(run))).hint("`tillroll replay list` shows the newest")
}

fn known(answer: Answer, run: &str) -> Result<Answer, Failure> {
    if answer.status == StatusCode::NOT_FOUND { Err(no_such_run(run)) } else { answer.accepted() }
}

/// Lets a run go on that rests; one that does not is only looked at, unless it gets another rate.
pub(super) async fn resume(seen: Answer, rate: Option<u32>, session: &Session) -> Result<Answer, Failure> {
    let run: Run = seen.read()?;
    // On AWS somebody has to carry it from here on, also when it was only left behind.
    let is_carried = !run.rests() && !session.reach.is_on_aws();
    if run.has_ended() || (is_carried && rate.is_none()) {
        return Ok(seen);
    }
    session.client().post(&path(&run.id, "resume")?, &json!({"rate": rate})).await?.accepted()
}

/// Follows a run until it rests or Ctrl+C, unless nobody wants to wait, and says how it stands.
pub(super) async fn follow_to_the_end(first: Answer, no_wait: bool, session: &Session) -> Result<Ending, Failure> {
    let run: Run = first.read()?;
    let (answer, run) = if no_wait { (first, run) } else { follow(first, run, session).await? };
    print(&answer, &run, session)?;
    conclude(&run, no_wait, session)
}

/// Prints a run.
pub(super) fn print(answer: &Answer, run: &Run, session: &Session) -> Result<(), Failure> {
    let mut output = Output::new();
    if session.json() {
        output.bytes(&answer.body)?;
        output.line("")?;
    } else {
        output.text(&run.page())?;
    }
    output.end()
}

fn conclude(run: &Run, no_wait: bool, session: &Session) -> Result<Ending, Failure> {
    let again = run.again();
    if run.phase == Phase::Cancelled {
        return Err(Failure::new("the replay was cancelled"));
    }
    if run.phase == Phase::Finished {
        return Ok(Ending::Fine);
    }
    if let Some(error) = &run.error {
        let failure = Failure::new(format!("the replay stands still: {}", shown(error)));
        let what_to_do = if error.starts_with("read archive object") {
            "put the object right, or move it out of the archive: what it held is then read from the event table; then"
        } else {
            "when that is mended"
        };
        return Err(failure.hint(format!("{what_to_do}: {again}")));
    }
    if run.paused_at.is_some() {
        let failure = Failure::new("the replay was paused; the generation it fills still gets new events");
        return Err(failure.hint(format!("to let it go on: {again}")));
    }
    let state = if session.reach.is_elsewhere() { "goes on by itself" } else { "is kept where it stands" };
    say(&format!("the run {state}; to follow it: {again}"));
    Ok(if no_wait { Ending::Fine } else { Ending::Interrupted })
}

/// Looks at the run until it rests or Ctrl+C.
async fn follow(first: Answer, run: Run, session: &Session) -> Result<(Answer, Run), Failure> {
    let mut progress = Progress::start("replaying", "objects", session.json());
    let (mut answer, mut run) = (first, run);
    let mut told = None;
    while !run.rests() && !session.interrupt.is_raised() {
        progress.at(run.objects_done, run.objects_total.unwrap_or(run.objects_done));
        if told != Some(run.phase) {
            progress.note(in_words(run.phase));
            told = Some(run.phase);
        }
        tokio::select! {
            () = tokio::time::sleep(POLL) => {}
            () = session.interrupt.raised() => {}
        }
        answer = look(&run.id, session).await?;
        run = answer.read()?;
    }
    progress.end();
    Ok((answer, run))
}

const fn in_words(phase: Phase) -> &'static str {
    match phase {
        Phase::Planning => "planning",
        Phase::Sending => "sending",
        Phase::Draining => "waiting until the queue is empty",
        Phase::CatchingUp => "comparing every cart with the live generation",
        Phase::Rebuilding => "waiting until each cart is rebuilt",
        Phase::Switching => "switching to the filled generation",
        Phase::Clearing => "clearing up",
        Phase::Finished => "finished",
        Phase::Cancelled => "cancelled",
    }
}
