//! Steering runs that exist: list, show, pause, resume, cancel, rollback.

use std::collections::BTreeMap;

use serde::Deserialize;
use tillroll_host_lambda::filter::Filter;
use tillroll_host_lambda::functions::replay::RATE_MAX;

use super::super::Session;
use super::super::client::Answer;
use super::super::failure::{Ending, Failure, say};
use super::super::output::{Output, count, shown};
use super::super::table::{Column, Table};
use super::clear;
use super::run::{self, Run};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Control {
    /// List the newest runs, and which generations there are
    List {
        /// At most so many runs
        #[arg(long, value_name = "RUNS", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1_000))]
        limit: u32,
    },
    /// Show a run
    Show {
        /// Its id
        run: String,
    },
    /// Let a run stand still; what it fills still gets new events
    Pause {
        /// Its id
        run: String,
    },
    /// Let a run go on that is paused or has stumbled, and follow it
    Resume {
        /// Its id
        run: String,
        /// From now on send at most so many events a second
        #[arg(long, value_name = "EVENTS", value_parser = clap::value_parser!(u32).range(1..=i64::from(RATE_MAX)))]
        rate: Option<u32>,
        /// Do not wait for the end
        #[arg(long)]
        no_wait: bool,
    },
    /// End a run before its time; what is live stays as it is
    Cancel {
        /// Its id
        run: String,
    },
    /// Remove what generations left behind that nobody reads any more
    Clear(clear::Arguments),
    /// Make the generation live again that a run has replaced, and follow that
    Rollback {
        /// The id of the run that switched
        run: String,
        /// Do not wait for the end
        #[arg(long)]
        no_wait: bool,
    },
}

#[derive(Deserialize)]
struct Runs {
    replays: Vec<Run>,
    generations: BTreeMap<String, Generations>,
}

#[derive(Deserialize)]
struct Generations {
    live: u32,
    filling: Option<u32>,
    previous: Option<u32>,
    #[serde(default)]
    filters: BTreeMap<u32, Filter>,
}

pub(super) async fn run(control: Control, session: &Session) -> Result<Ending, Failure> {
    match control {
        Control::List { limit } => list(limit, session).await,
        Control::Show { run } => show(&run::look(&run, session).await?, session),
        Control::Pause { run } => {
            let answer = run::change(&run, "pause", session).await?;
            let ending = show(&answer, session)?;
            say(&format!("to let it go on: `tillroll replay resume {}`", shown(&run)));
            Ok(ending)
        }
        Control::Resume { run, rate, no_wait } => {
            let seen = run::look(&run, session).await?;
            let answer = run::resume(seen, rate, session).await?;
            run::follow_to_the_end(answer, no_wait, session).await
        }
        Control::Cancel { run } => show(&run::change(&run, "cancel", session).await?, session),
        Control::Clear(arguments) => clear::run(&arguments, session).await,
        Control::Rollback { run, no_wait } => {
            let answer = run::change(&run, "rollback", session).await?;
            run::follow_to_the_end(answer, no_wait, session).await
        }
    }
}

fn show(answer: &Answer, session: &Session) -> Result<Ending, Failure> {
    let run: Run = answer.read()?;
    run::print(answer, &run, session)?;
    if let (Some(error), false) = (&run.error, session.json()) {
        say(&format!("it stands still: {}", shown(error)));
    }
    Ok(Ending::Fine)
}

async fn list(limit: u32, session: &Session) -> Result<Ending, Failure> {
    let answer = session.client().get("/replays", &[("limit", limit.to_string())]).await?.accepted()?;
    let mut output = Output::new();
    if session.json() {
        output.bytes(&answer.body)?;
        output.line("")?;
    } else {
        output.text(&answer.read::<Runs>()?.page())?;
    }
    output.end()?;
    Ok(Ending::Fine)
}

impl Runs {
    fn page(&self) -> String {
        let mut generations = Table::new([
            Column::word("SUBSCRIPTION"),
            Column::number("LIVE"),
            Column::number("PREVIOUS"),
            Column::number("FILLING"),
            Column::word("MADE OF"),
        ]);
        let number = |generation: Option<u32>| generation.map_or_else(|| "-".to_owned(), |number| number.to_string());
        for (subscription, Generations { live, filling, previous, filters }) in &self.generations {
            let made_of = filters.get(live).map_or_else(|| "all events".to_owned(), filter_in_words);
            let cells = [live.to_string(), number(*previous), number(*filling), made_of];
            let [live, previous, filling, made_of] = cells;
            generations.row([shown(subscription).into_owned(), live, previous, filling, made_of]);
        }
        let mut runs = Table::new([
            Column::id("RUN"),
            Column::word("SUBSCRIPTION"),
            Column::word("TARGET"),
            Column::word("STATE"),
            Column::number("EVENTS"),
            Column::word("STARTED"),
        ]);
        for run in &self.replays {
            runs.row([
                shown(&run.id).into_owned(),
                shown(&run.subscription).into_owned(),
                run.target.in_words().to_owned(),
                run.state().to_owned(),
                count(run.events_sent),
                shown(&run.started_at).into_owned(),
            ]);
        }
        let runs = if self.replays.is_empty() { "no runs yet\n".to_owned() } else { runs.render() };
        format!("{}\n{runs}", generations.render())
    }
}

/// Which events a filter lets through.
pub(crate) fn filter_in_words(filter: &Filter) -> String {
    let types = if filter.types.is_empty() { "events".to_owned() } else { filter.types.join(", ") };
    let bounds = [("from", filter.from), ("to", filter.to)].into_iter();
    let bounds = bounds.filter_map(|(word, moment)| moment.map(|moment| format!(" {word} {moment}")));
    format!("only {}{}", shown(&types), bounds.collect::<String>())
}
