//! `tillroll replay`: the archived events go to one subscription again. The run is the system's own; this only asks for
//! it and follows it, so it can be left and followed again.

use std::io::{self, IsTerminal as _};
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tillroll_host_lambda::functions::replay::Phase;
use tokio::task::spawn_blocking;

use super::Session;
use super::client::Answer;
use super::failure::{Ending, Failure, say};
use super::output::{Output, counted, shown};
use super::progress::{Progress, duration, per_second};

/// Short enough to look alive, long enough to cost nothing.
const POLL: Duration = Duration::from_millis(200);

#[derive(Debug, clap::Args)]
#[command(after_help = "\
A replay fills a new generation of the subscription's rows beside the one that serves, and switches when it has caught
up; nobody who reads notices. --in-place sends the events to the live generation instead: what it has already applied,
it leaves alone.

Examples:
  tillroll replay suggestions
  tillroll replay suggestions --resume 0b5e8a8e-6d0f-5c53-9a4e-6f3f1c9d9f21")]
pub(crate) struct Arguments {
    /// The subscription: carts, suggestions or reminders
    #[arg(value_name = "SUBSCRIPTION")]
    subscription: String,
    /// Send to the live generation instead of filling a new one
    #[arg(long)]
    in_place: bool,
    /// Do not ask before --in-place
    #[arg(long, short)]
    yes: bool,
    /// Follow a run that was begun before
    #[arg(long, value_name = "RUN", conflicts_with = "in_place")]
    resume: Option<String>,
    /// Only begin; do not wait for the end
    #[arg(long)]
    no_wait: bool,
}

#[derive(Serialize)]
struct Ask<'a> {
    subscription: &'a str,
    in_place: bool,
}

/// A run, as far as a person follows it.
#[derive(Debug, Deserialize)]
struct Run {
    id: String,
    subscription: String,
    in_place: bool,
    phase: Phase,
    generation: Option<u64>,
    events_sent: u64,
    messages_sent: u64,
    objects_done: u64,
    objects_total: Option<u64>,
    error: Option<String>,
}

impl Run {
    fn has_ended(&self) -> bool {
        self.error.is_some() || matches!(self.phase, Phase::Finished | Phase::Cancelled)
    }
}

pub(crate) async fn run(arguments: Arguments, session: &Session) -> Result<Ending, Failure> {
    if arguments.in_place && !arguments.yes {
        match agreement(&arguments.subscription, session).await? {
            Agreement::Yes => {}
            Agreement::No => return Err(Failure::new("nothing was done")),
            Agreement::Interrupted => return Ok(Ending::Interrupted),
        }
    }
    let started = Instant::now();
    let first = match &arguments.resume {
        Some(run) => resume(run, session).await?,
        None => begin(&arguments, session).await?,
    };
    let run: Run = first.read()?;
    if run.subscription != arguments.subscription {
        let (run, subscription) = (shown(&run.id), shown(&run.subscription));
        return Err(Failure::new(format!("run {run} is of the subscription {subscription}")));
    }
    let (answer, run) = if arguments.no_wait { (first, run) } else { follow(first, run, session).await? };
    print(&answer, &run, started, session)?;
    conclude(&run, arguments.no_wait, session)
}

fn conclude(run: &Run, no_wait: bool, session: &Session) -> Result<Ending, Failure> {
    let again = format!("tillroll replay {} --resume {}", shown(&run.subscription), shown(&run.id));
    if let Some(error) = &run.error {
        let failure = Failure::new(format!("the replay stands still: {}", shown(error)));
        return Err(failure.hint(format!("when that is mended: {again}")));
    }
    match run.phase {
        Phase::Cancelled => Err(Failure::new("the replay was cancelled")),
        Phase::Finished => Ok(Ending::Fine),
        Phase::Planning | Phase::Sending | Phase::Draining | Phase::CatchingUp | Phase::Switching => {
            let state = if session.reach.is_elsewhere() { "goes on by itself" } else { "is kept where it stands" };
            say(&format!("the run {state}; to follow it: {again}"));
            Ok(if no_wait { Ending::Fine } else { Ending::Interrupted })
        }
    }
}

async fn begin(arguments: &Arguments, session: &Session) -> Result<Answer, Failure> {
    let ask = Ask { subscription: &arguments.subscription, in_place: arguments.in_place };
    let answer = session.client().post("/replays", &ask).await?;
    if answer.status == StatusCode::NOT_FOUND {
        let failure = Failure::new(format!("there is no subscription {}", shown(&arguments.subscription)));
        return Err(failure.hint("the subscriptions are carts, suggestions and reminders"));
    }
    answer.accepted()
}

/// A run that stands still goes on; one that does not is only looked at.
async fn resume(run: &str, session: &Session) -> Result<Answer, Failure> {
    let answer = look(run, session).await?;
    if answer.read::<Run>()?.error.is_none() {
        return Ok(answer);
    }
    session.client().post(&format!("/replays/{run}/resume"), &json!({})).await?.accepted()
}

async fn look(run: &str, session: &Session) -> Result<Answer, Failure> {
    let is_a_name = !run.is_empty() && run.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let no_such_run = || Failure::new(format!("there is no run {}", shown(run)));
    if !is_a_name {
        return Err(no_such_run());
    }
    let answer = session.client().get(&format!("/replays/{run}"), &[]).await?;
    if answer.status == StatusCode::NOT_FOUND {
        return Err(no_such_run());
    }
    answer.accepted()
}

/// Looks at the run until it ends or Ctrl+C.
async fn follow(first: Answer, run: Run, session: &Session) -> Result<(Answer, Run), Failure> {
    let mut progress = Progress::start("replaying", "objects", session.json());
    let (mut answer, mut run) = (first, run);
    let mut told = None;
    while !run.has_ended() && !session.interrupt.is_raised() {
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
        Phase::Sending => "sending archived events",
        Phase::Draining => "waiting until the queue is empty",
        Phase::CatchingUp => "comparing every cart with the live generation",
        Phase::Switching => "switching to the new generation",
        Phase::Finished => "finished",
        Phase::Cancelled => "cancelled",
    }
}

fn print(answer: &Answer, run: &Run, started: Instant, session: &Session) -> Result<(), Failure> {
    let mut output = Output::new();
    if session.json() {
        output.bytes(&answer.body)?;
        output.line("")?;
        return output.end();
    }
    let elapsed = started.elapsed();
    output.line(&format!("run {} of {}: {}", shown(&run.id), shown(&run.subscription), in_words(run.phase)))?;
    let events = counted(run.events_sent, "event");
    let messages = counted(run.messages_sent, "message");
    output.line(&format!("{events} sent in {messages} from {}", counted(run.objects_done, "archive object")))?;
    if run.phase == Phase::Finished {
        let rate = per_second(run.events_sent, elapsed).unwrap_or(0);
        let time = format!("{}, {} a second", duration(elapsed), counted(rate, "event"));
        output.line(&match run.generation {
            Some(generation) if !run.in_place => format!("generation {generation} is live now; {time}"),
            _ => format!("the live generation has seen them all; {time}"),
        })?;
    }
    output.end()
}

enum Agreement {
    Yes,
    No,
    Interrupted,
}

/// Asks whether to send to the live generation. Without somebody to ask, the answer must be on the command line.
async fn agreement(subscription: &str, session: &Session) -> Result<Agreement, Failure> {
    if !io::stdin().is_terminal() || session.json() {
        return Err(Failure::new("--in-place changes what is live, and nobody can be asked").hint("add --yes"));
    }
    say(&format!("Send every archived event to the live generation of {}? [y/N]", shown(subscription)));
    let line = spawn_blocking(|| {
        let mut line = String::new();
        io::stdin().read_line(&mut line).map(|_| line)
    });
    let line = tokio::select! {
        line = line => line,
        () = session.interrupt.raised() => return Ok(Agreement::Interrupted),
    };
    let line = line.map_err(|error| Failure::of(&error))?.map_err(|error| Failure::of(&error))?;
    let is_yes = matches!(line.trim().to_ascii_lowercase().as_str(), "y" | "yes");
    Ok(if is_yes { Agreement::Yes } else { Agreement::No })
}
