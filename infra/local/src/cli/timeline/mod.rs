//! `tillroll timeline`: any moment of a cart, in a terminal. The same screen as in the browser, with the same keys.
//!
//! [`model`] says what is shown, [`update`] how it changes, [`view`] draws it; they know no terminal, no network and no clock.
//! [`screen`] is the terminal, [`feed`] brings events, [`input`] makes actions of keys and of the mouse, [`run`] joins them.

mod clock;
mod feed;
mod fields;
mod filter;
mod input;
mod keys;
mod model;
mod moves;
mod recording;
mod run;
mod screen;
mod seek;
#[cfg(test)]
mod tests;
mod update;
mod view;

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use tillroll_core::id::StreamId;
use tillroll_host_lambda::timeline_file::{ClientRecord, ClientStatus, TimelineFile};

use super::Session;
use super::cart::{CartName, Moment, State};
use super::failure::{Ending, Failure};
use super::interrupt::Interrupt;
use super::open::{self, first_versions};
use model::{Action, Link, Model, Source};
use recording::Refusal;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Shows what happened to a cart, what was refused and why, and how the cart was at any moment: step through it with the
arrow keys, press ? for all keys. It follows the cart until q.

Examples:
  tillroll timeline 0b5e8a8e-6d0f-5c53-9a4e-6f3f1c9d9f21
  tillroll timeline --file cart.timeline.json --at 3")]
pub(crate) struct Arguments {
    /// The cart's id
    #[arg(value_name = "CART", required_unless_present = "file", conflicts_with = "file")]
    cart: Option<CartName>,
    /// A timeline file instead of the running system; - for standard input
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Begin at this version; at the newest one without it
    #[arg(long, value_name = "VERSION")]
    at: Option<u64>,
}

impl Arguments {
    /// Whether no system is needed.
    pub(crate) fn is_of_a_file(&self) -> bool {
        self.file.is_some()
    }
}

pub(crate) async fn run(arguments: Arguments, session: &Session) -> Result<Ending, Failure> {
    let Some(name) = arguments.cart else { return Err(Failure::new("no cart was named")) };
    need_a_terminal(None, session.json())?;
    let (client, cart) = (session.client(), name.id()?);
    // Both say in a person's words that there is no such thing, before the screen changes.
    if let Some(version) = arguments.at {
        State::fetch(client, cart, Some(Moment::Version(version))).await?;
    }
    let versions = State::fetch(client, cart, None).await?.view()?.version;
    let (source, link) = (Source::System(client.base().to_owned()), Link::Loading { versions });
    let model = Model::new(cart, source, link, TimeZone::system(), arguments.at);
    run::run(model, Some(client), &session.interrupt).await
}

pub(crate) async fn run_on_file(arguments: &Arguments, json: bool, interrupt: &Interrupt) -> Result<Ending, Failure> {
    let Some(path) = &arguments.file else { return Err(Failure::new("no file was named")) };
    need_a_terminal(Some(path), json)?;
    let file = open::read(path)?;
    if arguments.at.is_some() {
        first_versions(&file.events, arguments.at)?;
    }
    run::run(of_file(path, file, TimeZone::system(), arguments.at), None, interrupt).await
}

/// Everything that a file says.
fn of_file(path: &Path, file: TimelineFile, local: TimeZone, at: Option<u64>) -> Model {
    let source = Source::File(path.display().to_string());
    let TimelineFile { cart, events, annotations, client_records, hypothetical, .. } = file;
    let mut model = Model::new(cart, source, Link::File, local, at);
    model.recording.notes = annotations;
    model.recording.hypothetical = hypothetical.is_some();
    model.update(Action::Arrived(events));
    model.update(Action::Refused(client_records.into_iter().filter_map(refusal_of).collect()));
    model
}

/// What a client saw refused.
fn refusal_of(record: ClientRecord) -> Option<Refusal> {
    (record.status == ClientStatus::Refused).then(|| Refusal {
        time: record.at,
        command_id: record.command_id.to_string(),
        name: record.r#type,
        code: record.code.clone().unwrap_or_default(),
        message: String::new(),
        details: record.details.unwrap_or(record.data),
        version: record.version,
        actor: None,
    })
}

/// Keys come from standard input unless the file does: then the terminal is asked itself.
fn need_a_terminal(file: Option<&PathBuf>, json: bool) -> Result<(), Failure> {
    let hint = match file {
        Some(path) => format!("`tillroll explain --file {}`", super::again::quoted(&path.display().to_string())),
        None => "`tillroll explain CART`".to_owned(),
    };
    let hint = format!("{hint} tells the same story as text, and takes --json");
    if json {
        return Err(Failure::misuse("a timeline is a screen, and no JSON document").hint(hint));
    }
    let is_from_stdin = file.is_some_and(|path| path == Path::new("-"));
    if io::stdout().is_terminal() && (is_from_stdin || io::stdin().is_terminal()) {
        return Ok(());
    }
    Err(Failure::misuse("a timeline needs a terminal").hint(hint))
}

/// A cart's place in the API.
fn path_of(cart: StreamId) -> String {
    format!("/carts/{cart}")
}
