//! `tillroll pipeline`: how far each stage has come; and waiting until they all have come to the end.

use std::time::{Duration, Instant};

use serde::Deserialize;
use tillroll_host_lambda::ports::{PipelineSnapshot, Stage, StageState};

use super::Session;
use super::client::Client;
use super::failure::{Ending, Failure, say};
use super::output::{Output, count, counted, shown};
use super::progress::{self, Progress};
use super::table::{Column, Table};

const POLL: Duration = Duration::from_millis(100);
/// A stage that goes on failing for so long while others wait for it does not get better by waiting.
const FAILING_MAX: Duration = Duration::from_mins(1);

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  tillroll pipeline --json")]
pub(crate) struct Arguments {}

/// What the system says of itself.
#[derive(Debug, Deserialize)]
struct Pipeline {
    #[serde(flatten)]
    flow: PipelineSnapshot,
    /// Carts at which a subscription stands still.
    #[serde(default)]
    parked: Vec<Parked>,
}

#[derive(Debug, Deserialize)]
struct Parked {
    subscription: String,
    cart_id: String,
}

pub(crate) async fn run(_: &Arguments, session: &Session) -> Result<Ending, Failure> {
    let answer = session.client().get("/pipeline", &[]).await?.accepted()?;
    let mut output = Output::new();
    if session.json() {
        output.bytes(&answer.body)?;
        output.line("")?;
    } else {
        output.text(&page(&answer.read()?))?;
    }
    output.end()?;
    Ok(Ending::Fine)
}

fn page(pipeline: &Pipeline) -> String {
    let mut stages =
        Table::new([Column::word("STAGE"), Column::number("WAITING"), Column::number("SINCE"), Column::text("STATE")]);
    for stage in &pipeline.flow.stages {
        // A replay queue knows its messages, each of which holds many events.
        let what = if stage.name.starts_with("replay ") { "message" } else { "event" };
        let since = progress::duration(Duration::from_millis(stage.lag_ms));
        stages.row([shown(&stage.name).into_owned(), counted(stage.lag_events, what), since, state_in_words(stage)]);
    }
    let dead = pipeline.flow.dead_letters.iter().filter(|dead| dead.messages > 0);
    let dead = dead.map(|dead| format!("\ndead letters of {}: {}", shown(&dead.subscription), count(dead.messages)));
    let parked = pipeline.parked.iter();
    let parked = parked
        .map(|parked| format!("\n{} stands still at cart {}", shown(&parked.subscription), shown(&parked.cart_id)));
    let notes: String = dead.chain(parked).collect();
    stages.render() + notes.trim_end() + if notes.is_empty() { "" } else { "\n" }
}

fn state_in_words(stage: &Stage) -> String {
    let words = match stage.state {
        StageState::Idle => "nothing to do",
        StageState::Running => "at work",
        StageState::Retrying => "failing, tries again",
        StageState::Stopped => "stopped",
    };
    match &stage.last_error {
        Some(error) => format!("{words}: {}", shown(error)),
        None => words.into(),
    }
}

/// Waits until every stage has come to the end of what there is, or Ctrl+C.
pub(crate) async fn drained(session: &Session) -> Result<(), Failure> {
    let watching = watch(session.client(), session.json());
    tokio::select! {
        drained = watching => drained,
        () = session.reach.hurry() => Ok(()),
        () = session.interrupt.raised() => {
            say("not waiting for the pipeline any longer; nothing is lost, it goes on from where it stands");
            Ok(())
        }
    }
}

async fn watch(client: &Client, quiet: bool) -> Result<(), Failure> {
    let mut progress = Progress::start("draining", "events", quiet);
    let (mut most, mut failing_since) = (0, None);
    loop {
        let pipeline: PipelineSnapshot = client.get("/pipeline", &[]).await?.accepted()?.read()?;
        let waiting: u64 = pipeline.stages.iter().map(|stage| stage.lag_events).sum();
        most = most.max(waiting);
        progress.at(most - waiting, most);
        if waiting == 0 {
            progress.end();
            return Ok(());
        }
        match (pipeline.stages.iter().find(|stage| stage.state == StageState::Retrying), failing_since) {
            (None, _) => failing_since = None,
            (Some(_), None) => failing_since = Some(Instant::now()),
            (Some(stage), Some(since)) if since.elapsed() > FAILING_MAX => return Err(stuck(stage)),
            (Some(_), Some(_)) => {}
        }
        tokio::time::sleep(POLL).await;
    }
}

fn stuck(stage: &Stage) -> Failure {
    let name = shown(&stage.name);
    Failure::new(format!("everything is stored, but the stage {name} does not get through: {}", state_in_words(stage)))
        .hint("`tillroll pipeline` shows when it does; nothing is lost meanwhile")
}

#[cfg(test)]
mod tests {
    use tillroll_host_lambda::ports::DeadLetters;

    use super::*;

    #[test]
    fn stages_are_shown_with_their_lag_by_count_and_time() {
        let stage = |name: &str, lag_events, lag_ms, state, error: Option<&str>| Stage {
            name: name.into(),
            state,
            lag_events,
            lag_ms,
            last_error: error.map(Into::into),
        };
        let flow = PipelineSnapshot {
            stages: vec![
                stage("publish", 0, 0, StageState::Idle, None),
                stage("project carts", 1_200, 2_500, StageState::Running, None),
                stage("archive", 1, 61_000, StageState::Retrying, Some("the disk is full")),
                stage("replay carts", 12, 430, StageState::Running, None),
            ],
            dead_letters: vec![
                DeadLetters { subscription: "carts".into(), messages: 0 },
                DeadLetters { subscription: "reminders".into(), messages: 2 },
            ],
        };
        let parked = vec![Parked { subscription: "carts".into(), cart_id: "0b5e8a8e".into() }];
        let expected = "\
STAGE               WAITING      SINCE  STATE
publish            0 events        0 s  nothing to do
project carts  1,200 events      2.5 s  at work
archive             1 event  1 min 1 s  failing, tries again: the disk is full
replay carts    12 messages      0.4 s  at work

dead letters of reminders: 2
carts stands still at cart 0b5e8a8e
";
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(words(&page(&Pipeline { flow, parked })), words(expected));
    }
}
