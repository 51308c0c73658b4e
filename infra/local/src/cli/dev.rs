//! `tillroll dev`: the whole system in the foreground, until Ctrl+C.

use std::fs;
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use serde::Serialize;
use tillroll_local::callers::Callers;
use tillroll_local::folder;
use tillroll_local::host_check::Hosts;
use tillroll_local::logs;
use tillroll_local::pages::Pages;
use tillroll_local::system::Options;

use super::Session;
use super::failure::{Ending, Failure, say};
use super::interrupt::Interrupt;
use super::output::{Output, counted};
use super::reach::{self, Reach};
use super::running::Running;
use super::seed::{self, Demo};
use super::table::{Column, Table};

pub(crate) const PORT: u16 = 7070;
/// What a data folder of ours has at least one of, once anything has happened in it.
const OUR_FILES: [&str; 3] = ["dynamodb.sqlite", "pipeline.sqlite", "dev.lock"];

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Everything runs in this one process, on 127.0.0.1 alone, and is kept in the data folder; the next start goes on there.
A new folder is seeded with 100 households of the sample data, if that lies in .data/ here or above, or at
TILLROLL_DEMO_DATA, and with a catalogue of what sold best there; otherwise with a small generated demo and its
catalogue. The pages of web/ are served when they were built (`cargo xtask dev` does).
Whoever reaches it is trusted. With TILLROLL_ISSUER, TILLROLL_AUDIENCE and TILLROLL_JWKS callers show tokens as on AWS
(docs/aws.md), and there is no demo.

Example:
  tillroll dev --data-dir ./shop --no-demo --catalogue prices.json")]
pub(crate) struct Arguments {
    /// The port of the API; the next free one if it is taken, any free one for 0
    #[arg(long, value_name = "PORT", default_value_t = PORT)]
    port: u16,
    /// Empty the data folder first
    #[arg(long)]
    fresh: bool,
    /// Start empty and without a catalogue
    #[arg(long)]
    no_demo: bool,
    /// Prices and discount rules; without them prices are taken as given
    #[arg(long, value_name = "FILE")]
    catalogue: Option<PathBuf>,
    /// A further host name that requests may name, beside localhost
    #[arg(long, value_name = "NAME")]
    allow_host: Vec<String>,
    /// How lines are logged; `TILLROLL_LOG` says what: error, warn, info, debug or trace
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(crate) log_format: LogFormat,
    /// A file that holds the time of day, for tests
    #[arg(long, value_name = "FILE")]
    clock_file: Option<PathBuf>,
}

/// How lines are logged.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
pub(crate) enum LogFormat {
    /// For a person
    #[default]
    Text,
    /// One JSON object a line
    Json,
}

impl From<LogFormat> for logs::Format {
    fn from(format: LogFormat) -> Self {
        match format {
            LogFormat::Text => Self::Text,
            LogFormat::Json => Self::Json,
        }
    }
}

/// What a start says, as `--json` prints it.
#[derive(Serialize)]
struct Ready<'a> {
    event: &'static str,
    api: &'a str,
    data_dir: &'a Path,
    pid: u32,
}

pub(crate) async fn run(
    arguments: Arguments,
    data_dir: Option<PathBuf>,
    json: bool,
    interrupt: Interrupt,
) -> Result<Ending, Failure> {
    let hosts = Hosts::with(&arguments.allow_host).map_err(|error| Failure::of(&error).misused())?;
    let callers = Callers::told(&|name| std::env::var(name).ok()).map_err(|error| Failure::of(&error).misused())?;
    let data_dir = reach::folder_for_dev(data_dir)?;
    let is_used = OUR_FILES.iter().any(|name| data_dir.join(name).exists());
    if arguments.fresh && !is_used && !is_empty(&data_dir) {
        let failure = Failure::new(format!("{} does not look like a data folder of tillroll", data_dir.display()));
        return Err(failure.hint("--fresh only empties what tillroll has filled; empty it yourself, or take another"));
    }
    let in_use = folder::occupant(&data_dir).is_some();
    if arguments.fresh && !in_use {
        seed::forget(&data_dir);
    }
    let is_new = arguments.fresh || !is_used;
    // A folder in use is refused below, before anything is written to it. Where callers show tokens, the demo has none.
    let demo = if arguments.no_demo || in_use || callers.are_checked() {
        None
    } else {
        Demo::choose(&data_dir, is_new, arguments.catalogue.is_some())?
    };
    let catalogue = arguments.catalogue.or_else(|| demo.as_ref().and_then(Demo::catalogue));
    let options = Options {
        data_folder: data_dir.clone(),
        fresh: arguments.fresh,
        clock_file: arguments.clock_file,
        catalogue_file: catalogue,
    };
    let pages = Pages::find();
    let running = Running::start_for(hosts, callers, &pages, options, arguments.port).await?;
    let port = running.port();
    if arguments.port != 0 && port != arguments.port {
        say(&format!("port {} is taken; {port} is used instead", arguments.port));
    }
    let session = Session { reach: Reach::to(running)?, json, interrupt };
    announce(&session, &pages, &data_dir)?;
    if let Some(demo) = demo {
        plant(&demo, &session).await;
    }
    session.interrupt.raised().await;
    let Session { reach, .. } = session;
    reach.end().await;
    Ok(Ending::Fine)
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none())
}

fn announce(session: &Session, pages: &Pages, data_dir: &Path) -> Result<(), Failure> {
    let api = session.client().base();
    let data_dir = &std::path::absolute(data_dir).unwrap_or_else(|_| data_dir.to_owned());
    let mut output = Output::new();
    if session.json() {
        output.json(&Ready { event: "ready", api, data_dir, pid: std::process::id() })?;
    } else {
        let mut table = Table::new([Column::word(""), Column::word("")]);
        table.row(["API".into(), api.to_owned()]);
        for page in pages.addresses() {
            table.row([page.trim_matches('/').to_owned(), format!("{api}{page}")]);
        }
        table.row(["data folder".into(), data_dir.display().to_string()]);
        output.text(&table.render())?;
    }
    output.end()?;
    if io::stderr().is_terminal() && !session.json() {
        say("Ctrl+C stops it.");
    }
    Ok(())
}

/// Seeds the system while it serves. Whatever goes wrong here, the system goes on.
async fn plant(demo: &Demo, session: &Session) {
    let Some(announcement) = demo.announcement() else { return };
    let tell = |line: &str| {
        if !session.json() {
            say(line);
        }
    };
    tell(&announcement);
    match demo.seed(session).await {
        Ok(_) if session.interrupt.is_raised() => tell("stopped while seeding; the next start goes on"),
        Ok(carts) => tell(&format!("seeded with {}", counted(carts, "cart"))),
        Err(Failure::Said { what, .. }) => say(&format!("error: the demo could not be brought in: {what}")),
        Err(Failure::OutputClosed) => {}
    }
}
