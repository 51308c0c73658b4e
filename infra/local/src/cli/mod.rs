//! The command line. Each command is a file: its arguments, then what it does with a running system over HTTP.
//!
//! Data goes to standard output and everything else to standard error, so that output can be piped; `--json` prints one
//! document and nothing beside it. There are no colours, so `NO_COLOR` is obeyed by nature.

mod again;
mod ask;
mod aws;
mod bench;
mod cart;
mod carts;
mod client;
mod completions;
mod dead_letters;
mod dev;
mod diff;
mod doctor;
mod event_stream;
mod events;
mod explain;
mod export;
mod failure;
mod import;
mod interrupt;
mod lists;
mod migrate;
mod open;
mod output;
mod parked;
mod pipeline;
mod progress;
mod reach;
mod replay;
mod running;
mod seed;
mod state;
mod story;
mod subject;
mod table;
mod tail;
mod timeline;
mod verify;

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use tillroll_local::logs;
use tokio::runtime::Runtime;

use client::Client;
use failure::{Ending, Failure};
use interrupt::Interrupt;
use reach::Reach;

const ABOUT: &str = "An event-sourced shopping cart whose every past state can be seen, replayed and questioned";

const AFTER_HELP: &str = "\
Where the commands find the system, first match:
  --data-dir DIR      the folder of a running `tillroll dev`
  TILLROLL_URL        its address, such as http://127.0.0.1:7070
  TILLROLL_DATA_DIR   the folder, as --data-dir
  .tillroll           of this folder or of the nearest one above it, where it is yours and a `tillroll dev` is running
                      on it (`cargo xtask dev` does)
  ~/.local/share/tillroll   (or tillroll in XDG_DATA_HOME)
With none running on that folder, the command starts the same system in itself, does its work and stops it.
On AWS: --aws or TILLROLL_AWS=1 with the variables of docs/aws.md, or --stack FILE from `terraform output -json`; region
and credentials as every AWS tool finds them.

Exit status:
  0  fine      1  failed      2  wrong usage or settings      3  differences found      130  stopped by Ctrl+C

Examples:
  tillroll dev
  tillroll import sales.csv --cart-column receipt --item-column article --amount-column total --currency EUR
  tillroll verify";

/// Puts what all commands share below what is a command's own.
const GLOBAL_LAST: usize = 900;

#[derive(Debug, Parser)]
#[command(name = "tillroll", version, about = ABOUT, after_help = AFTER_HELP, propagate_version = true)]
struct Arguments {
    /// The folder in which the system keeps everything
    #[arg(long, value_name = "DIR", global = true, display_order = GLOBAL_LAST)]
    data_dir: Option<PathBuf>,
    /// Print one JSON document and nothing else
    #[arg(long, global = true, display_order = GLOBAL_LAST)]
    json: bool,
    #[command(flatten)]
    aws: aws::Choice,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Run the whole system on this machine
    Dev(dev::Arguments),
    /// Read a timeline file, without any running system
    Open(open::Arguments),
    /// Look at what the original Ruby system left, and convert its archive
    Migrate(migrate::Arguments),
    /// Find out what is wrong, and say what to do
    Doctor(doctor::Arguments),
    /// Measure this machine: a short load on a system of its own
    Bench(bench::Arguments),
    /// Print what a shell needs to complete the command line
    Completions(completions::Arguments),
    #[command(flatten)]
    With(WithSystem),
}

/// Commands that need a running system.
#[derive(Debug, clap::Subcommand)]
enum WithSystem {
    /// Turn the sales in a CSV or Parquet file into carts
    Import(Box<import::Arguments>),
    /// List the carts
    Carts(carts::Arguments),
    /// Show the events of a cart
    Events(events::Arguments),
    /// Show a cart, now or at any moment of its life
    State(state::Arguments),
    /// Show events as they happen
    Tail(tail::Arguments),
    /// Show what is different between two versions of a cart
    Diff(diff::Arguments),
    /// Tell a cart's story in plain words
    Explain(explain::Arguments),
    /// Look at any moment of a cart: step through its life on a screen
    Timeline(timeline::Arguments),
    /// Write the whole life of a cart to a timeline file
    Export(export::Arguments),
    /// Check that table, archive and projections agree, event for event
    Verify(verify::Arguments),
    /// Send the archived events to a subscription again
    Replay(Box<replay::Arguments>),
    /// Show how far each stage of the pipeline has come
    Pipeline(pipeline::Arguments),
    /// Messages that were given up: list, show, send back
    DeadLetters(dead_letters::Arguments),
    /// Carts at which a subscription stands still: list, try again
    Parked(parked::Arguments),
}

/// What every command but `dev` works with.
struct Session {
    reach: Reach,
    json: bool,
    interrupt: Interrupt,
}

impl Session {
    fn client(&self) -> &Client {
        self.reach.client()
    }

    fn json(&self) -> bool {
        self.json
    }

    /// Runs a command that leaves nothing half done, so that Ctrl+C can drop it anywhere.
    async fn unless_interrupted(
        &self,
        command: impl Future<Output = Result<Ending, Failure>>,
    ) -> Result<Ending, Failure> {
        tokio::select! {
            ending = command => ending,
            () = self.interrupt.raised() => Ok(Ending::Interrupted),
        }
    }
}

pub(crate) fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help goes to standard output and ends with 0, a wrong usage to standard error with 2.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    again::remember(arguments.data_dir.as_deref(), &arguments.aws);
    let runtime = match Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return Failure::new(format!("cannot start: {error}")).conclude(),
    };
    let format = match &arguments.command {
        Command::Dev(arguments) => arguments.log_format.into(),
        Command::Open(_)
        | Command::Migrate(_)
        | Command::Doctor(_)
        | Command::Bench(_)
        | Command::Completions(_)
        | Command::With(_) => logs::Format::default(),
    };
    // A screen and lines of a log on one terminal would destroy each other; `2> FILE` has both.
    let is_a_screen = matches!(&arguments.command, Command::With(WithSystem::Timeline(_)));
    if is_a_screen && io::stderr().is_terminal() {
        return conclude(runtime, arguments);
    }
    if let Err(error) = logs::to_stderr(std::env::var(logs::VARIABLE).ok().as_deref(), format) {
        return Failure::of(&error).misused().conclude();
    }
    conclude(runtime, arguments)
}

fn conclude(runtime: Runtime, arguments: Arguments) -> ExitCode {
    let outcome = runtime.block_on(run(arguments));
    // Whatever still sits in a blocking call, such as reading a terminal, is not waited for.
    runtime.shutdown_background();
    outcome.map_or_else(Failure::conclude, Ending::code)
}

async fn run(arguments: Arguments) -> Result<Ending, Failure> {
    let Arguments { data_dir, json, aws, command } = arguments;
    let interrupt = Interrupt::listen()?;
    let command = match command {
        Command::Dev(_) | Command::Bench(_) if aws.is_asked_for() => {
            return Err(Failure::misuse("dev and bench work on this machine only").hint("leave --aws and --stack out"));
        }
        Command::Dev(arguments) => return dev::run(arguments, data_dir, json, interrupt).await,
        Command::Open(arguments) => return open::run(&arguments, json),
        Command::Migrate(arguments) => return Box::pin(migrate::run(arguments, json, &interrupt)).await,
        Command::With(WithSystem::Explain(explain::Arguments { subject })) if subject.file().is_some() => {
            return explain::run_on_file(&subject, json);
        }
        Command::With(WithSystem::Timeline(timeline::Arguments { subject })) if subject.file().is_some() => {
            return timeline::run_on_file(&subject, json, &interrupt).await;
        }
        Command::Doctor(arguments) => return doctor::run(&arguments, data_dir, &aws, json).await,
        Command::Bench(arguments) => return bench::run(&arguments, json, &interrupt).await,
        Command::Completions(arguments) => return completions::run(&arguments),
        Command::With(command) => command,
    };
    let session = Session { reach: Reach::find(data_dir, &aws).await?, json, interrupt };
    let outcome = match command {
        WithSystem::Import(arguments) => import::run(*arguments, &session).await,
        WithSystem::Replay(arguments) => replay::run(*arguments, &session).await,
        WithSystem::Tail(arguments) => tail::run(arguments, &session).await,
        WithSystem::Timeline(arguments) => timeline::run(arguments, &session).await,
        WithSystem::Carts(arguments) => session.unless_interrupted(carts::run(arguments, &session)).await,
        WithSystem::Events(arguments) => session.unless_interrupted(events::run(arguments, &session)).await,
        WithSystem::State(arguments) => session.unless_interrupted(state::run(arguments, &session)).await,
        WithSystem::Diff(arguments) => session.unless_interrupted(diff::run(arguments, &session)).await,
        WithSystem::Explain(arguments) => session.unless_interrupted(explain::run(arguments, &session)).await,
        WithSystem::Export(arguments) => session.unless_interrupted(export::run(arguments, &session)).await,
        WithSystem::Verify(arguments) => verify::run(arguments, &session).await,
        WithSystem::Pipeline(arguments) => session.unless_interrupted(pipeline::run(&arguments, &session)).await,
        WithSystem::DeadLetters(arguments) => dead_letters::run(arguments, &session).await,
        WithSystem::Parked(arguments) => session.unless_interrupted(parked::run(arguments, &session)).await,
    };
    let Session { reach, .. } = session;
    reach.end().await;
    outcome
}
