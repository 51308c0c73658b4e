//! `tillroll pipeline`: how far each stage has come; and waiting until they all have come to the end.

use std::time::{Duration, Instant};

use console::Term;
use serde::Deserialize;
use tillroll_core::time::Timestamp;
use tillroll_host_lambda::operations::{Operation, OperationKind};
use tillroll_host_lambda::ports::{PipelineSnapshot, Rates, Stage, StageState};

use super::Session;
use super::again::completed;
use super::client::Client;
use super::failure::{Ending, Failure, say};
use super::output::{Output, count, counted, shown};
use super::progress::{self, Progress};
use super::table::{Column, Table};

const POLL: Duration = Duration::from_millis(100);
/// A stage that goes on failing for so long while others wait for it does not get better by waiting.
const FAILING_MAX: Duration = Duration::from_mins(1);
/// How often `--watch` looks.
const WATCH_EVERY: Duration = Duration::from_secs(2);
/// Clears a terminal and goes to its upper left.
const CLEAR: &str = "\x1b[2J\x1b[H";
/// Parked carts that are named.
const PARKED_SHOWN_MAX: usize = 5;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
OLDEST is how long the oldest of what waits has been waiting; IN and OUT are of the last minute. A stage is stalled when
something waits for it and it has finished nothing for a minute.

Examples:
  tillroll pipeline
  tillroll pipeline --watch
  tillroll pipeline --json")]
pub(crate) struct Arguments {
    /// Show it again every two seconds, until Ctrl+C
    #[arg(long, short)]
    watch: bool,
}

/// What the system says of itself.
#[derive(Debug, Deserialize)]
struct Pipeline {
    #[serde(flatten)]
    flow: PipelineSnapshot,
    /// Carts at which a subscription stands still.
    #[serde(default)]
    parked: Vec<Parked>,
    reconciliation: Option<Reconciliation>,
    #[serde(default)]
    operations: Vec<Operation>,
}

#[derive(Debug, Deserialize)]
struct Parked {
    subscription: String,
    cart_id: String,
}

#[derive(Debug, Deserialize)]
struct Reconciliation {
    finished_at: Option<Timestamp>,
    ok: bool,
    carts: u64,
    events: u64,
    findings_total: u64,
}

pub(crate) async fn run(arguments: &Arguments, session: &Session) -> Result<Ending, Failure> {
    let mut looks: u64 = 0;
    loop {
        let answer = session.client().get("/pipeline", &[]).await?.accepted()?;
        let mut output = Output::new();
        if session.json() {
            output.bytes(&answer.body)?;
            output.line("")?;
        } else {
            let page = page(&answer.read()?);
            // On a terminal each look takes the place of the one before, elsewhere it follows it.
            let before = match (Term::stdout().is_term(), looks) {
                _ if !arguments.watch => "",
                (true, _) => CLEAR,
                (false, 0) => "",
                (false, _) => "\n",
            };
            output.text(before)?;
            output.text(&page)?;
        }
        output.end()?;
        if !arguments.watch {
            return Ok(Ending::Fine);
        }
        looks += 1;
        tokio::time::sleep(WATCH_EVERY).await;
    }
}

fn page(pipeline: &Pipeline) -> String {
    let mut stages = Table::new([
        Column::word("STAGE"),
        Column::number("WAITING"),
        Column::number("OLDEST"),
        Column::number("IN/MIN"),
        Column::number("OUT/MIN"),
        Column::text("STATE"),
    ]);
    for stage in &pipeline.flow.stages {
        // A replay queue knows its messages, each of which holds many events.
        let what = if stage.name.starts_with("replay ") { "message" } else { "event" };
        let rate =
            |of: fn(&Rates) -> u64| stage.rates.as_ref().map_or_else(|| "-".to_owned(), |rates| count(of(rates)));
        stages.row([
            shown(&stage.name).into_owned(),
            counted(stage.lag_events, what),
            progress::duration(Duration::from_millis(stage.lag_ms)),
            rate(|rates| rates.in_per_minute),
            rate(|rates| rates.out_per_minute),
            state_in_words(stage),
        ]);
    }
    let notes = notes(pipeline);
    let between = if notes.is_empty() { "" } else { "\n" };
    stages.render() + between + &notes.into_iter().map(|note| completed(&note).into_owned() + "\n").collect::<String>()
}

/// What somebody should look at, and what was last done.
fn notes(pipeline: &Pipeline) -> Vec<String> {
    let mut notes = Vec::new();
    for dead in pipeline.flow.dead_letters.iter().filter(|dead| dead.messages > 0) {
        let (messages, of) = (counted(dead.messages, "dead letter"), shown(&dead.subscription));
        notes.push(format!("{messages} of {of}: `tillroll dead-letters list` says why"));
    }
    for parked in pipeline.parked.iter().take(PARKED_SHOWN_MAX) {
        notes.push(format!("{} stands still at cart {}", shown(&parked.subscription), shown(&parked.cart_id)));
    }
    if let Some(more) = pipeline.parked.len().checked_sub(PARKED_SHOWN_MAX).filter(|more| *more > 0) {
        notes.push(format!("and at {more} more or others: `tillroll parked list` says why"));
    }
    if pipeline.flow.tampered > 0 {
        let records = counted(pipeline.flow.tampered, "record");
        notes.push(format!("tampering: {records} of the table stream kept and not published"));
    }
    if let Some(Reconciliation { finished_at, ok, carts, events, findings_total }) = &pipeline.reconciliation {
        let when = finished_at.map(|at| format!(" at {at}")).unwrap_or_default();
        let what = format!("{} of {}", counted(*events, "event"), counted(*carts, "cart"));
        let verdict = if *ok { "all agree".to_owned() } else { counted(*findings_total, "difference") };
        notes.push(format!("verified{when}: {what}, {verdict}"));
    }
    for Operation { at, kind, by, reason, .. } in &pipeline.operations {
        let kind = match kind {
            OperationKind::Redrive => "redrive",
            OperationKind::Resume => "resume",
            OperationKind::Repair => "repair",
            OperationKind::Disclose => "disclose",
        };
        let by = by.as_deref().map(|by| format!(" by {}", shown(by))).unwrap_or_default();
        notes.push(format!("{at} {kind}{by}: {}", shown(reason)));
    }
    notes
}

fn state_in_words(stage: &Stage) -> String {
    let since = stage.since.map(|since| format!(" since {since}")).unwrap_or_default();
    let words = match stage.state {
        StageState::Idle => "nothing to do".to_owned(),
        StageState::Running => "at work".to_owned(),
        StageState::Retrying => format!("failing{since}, tries again"),
        StageState::Stalled => format!("stalled{since}"),
        StageState::Stopped => "stopped".to_owned(),
    };
    match &stage.last_error {
        Some(error) => format!("{words}: {}", shown(error)),
        None => words,
    }
}

/// Waits until every stage has come to the end of what there is, or Ctrl+C.
pub(crate) async fn drained(session: &Session) -> Result<(), Failure> {
    if session.reach.is_on_aws() {
        // Nobody can ask the table stream how far publish is, so there is nothing to wait for.
        say("stored in the event table; the functions bring it to archive and projections, which takes up to a minute");
        say("hint: `tillroll pipeline` shows what waits for them, `tillroll verify` waits and compares");
        return Ok(());
    }
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
        match (pipeline.stages.iter().find(|stage| stage.last_error.is_some()), failing_since) {
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
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use tillroll_host_lambda::ports::DeadLetters;

    use super::*;

    #[test]
    fn stages_are_shown_with_their_lag_by_count_and_time() {
        let stage = |name: &str, lag_events, lag_ms, state, error: Option<&str>| Stage {
            name: name.into(),
            state,
            lag_events,
            lag_ms,
            since: error.map(|_| "2026-01-01T00:00:00Z".parse().unwrap()),
            rates: (name != "publish").then_some(Rates { in_per_minute: 1_200, out_per_minute: 60 }),
            last_error: error.map(Into::into),
        };
        let flow = PipelineSnapshot {
            stages: vec![
                stage("publish", 0, 0, StageState::Idle, None),
                stage("project carts", 1_200, 2_500, StageState::Running, None),
                stage("archive", 1, 61_000, StageState::Retrying, Some("the disk is full")),
                stage("project reminders", 1, 361_000, StageState::Stalled, Some("the disk is full")),
                stage("replay carts", 12, 430, StageState::Running, None),
            ],
            dead_letters: vec![
                DeadLetters { subscription: "carts".into(), messages: 0 },
                DeadLetters { subscription: "reminders".into(), messages: 2 },
            ],
            projections: Vec::new(),
            tampered: 1,
            lags: Vec::new(),
        };
        let pipeline = Pipeline {
            flow,
            parked: vec![Parked { subscription: "carts".into(), cart_id: "0b5e8a8e".into() }],
            reconciliation: Some(Reconciliation {
                finished_at: None,
                ok: true,
                carts: 1,
                events: 3,
                findings_total: 0,
            }),
            operations: vec![Operation {
                id: "1".into(),
                kind: OperationKind::Redrive,
                at: "2026-01-01T00:00:00Z".parse().unwrap(),
                by: Some("ada".into()),
                reason: "fixed".into(),
                subject: serde_json::Value::Null,
                outcome: None,
            }],
        };
        let expected = "\
STAGE                  WAITING      OLDEST  IN/MIN  OUT/MIN  STATE
publish               0 events         0 s       -        -  nothing to do
project carts     1,200 events       2.5 s   1,200       60  at work
archive                1 event   1 min 1 s   1,200       60  failing since 2026-01-01T00:00:00Z, tries again: the disk is full
project reminders      1 event   6 min 1 s   1,200       60  stalled since 2026-01-01T00:00:00Z: the disk is full
replay carts       12 messages       0.4 s   1,200       60  at work

2 dead letters of reminders: `tillroll dead-letters list` says why
carts stands still at cart 0b5e8a8e
tampering: 1 record of the table stream kept and not published
verified: 3 events of 1 cart, all agree
2026-01-01T00:00:00Z redrive by ada: fixed
";
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(words(&page(&pipeline)), words(expected));
    }
}
