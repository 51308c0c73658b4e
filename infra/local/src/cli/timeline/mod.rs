//! `tillroll timeline`: any moment of a cart, in a terminal. The same screen as in the browser, with the same keys.
//!
//! [`model`] says what is shown, [`update`] how it changes, [`view`] draws it; they know no terminal, no network and no clock.
//! [`screen`] is the terminal, [`feed`] brings events, [`input`] makes actions of keys and of the mouse, [`run`] joins them.

mod asking;
mod clock;
mod events;
mod feed;
mod fields;
mod filter;
mod input;
mod keys;
mod model;
mod moves;
mod persons;
mod phrase;
mod recording;
mod run;
mod screen;
mod seek;
#[cfg(test)]
mod tests;
mod ticket;
mod update;
mod view;
mod whatif;

use std::io::{self, IsTerminal as _};
use std::path::Path;

use jiff::tz::TimeZone;
use tillroll_core::id::StreamId;
use tillroll_host_lambda::record::EventRecord;
use tillroll_host_lambda::timeline_file::{ClientRecord, ClientStatus, TimelineFile};

use tokio::sync::mpsc::channel;
use uuid::Uuid;

use super::Session;
use super::cart::{Moment, State};
use super::failure::{Ending, Failure};
use super::interrupt::Interrupt;
use super::open::{self, first_versions};
use super::subject::Subject;
use model::{Action, Link, Model, Source};
use recording::Refusal;
use run::System;

/// What waits to be shown. Whoever brings more waits: a page has a thousand events.
const WAITING_MAX: usize = 16;
/// Events of a file that are taken between two drawings: some milliseconds of folding.
const PIECE_EVENTS: usize = 1_000;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Shows what happened to a cart, what was refused and why, and how the cart was at any moment: step through it with the
arrow keys, press ? for all keys. It follows the cart until q.

Examples:
  tillroll timeline 0b5e8a8e-6d0f-5c53-9a4e-6f3f1c9d9f21
  tillroll timeline --file cart.timeline.json --at 3")]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) subject: Subject,
}

pub(crate) async fn run(arguments: Arguments, session: &Session) -> Result<Ending, Failure> {
    let Subject { at, .. } = arguments.subject;
    need_a_terminal(None, session.json())?;
    let (client, cart) = (session.client(), arguments.subject.cart()?);
    // Both say in a person's words that there is no such thing, before the screen changes.
    if let Some(version) = at {
        State::fetch(client, cart, Some(Moment::Version(version))).await?;
    }
    let versions = State::fetch(client, cart, None).await?.view()?.version;
    let (source, link) = (Source::System(client.base().to_owned()), Link::Loading { versions });
    let mut model = Model::new(cart, source, link, TimeZone::system(), at);
    // A link to a system that ends with this program would lead nowhere.
    model.page = session.reach.is_elsewhere().then(|| client.base().to_owned());
    let (to, told) = channel(WAITING_MAX);
    let feed = feed::follow(client.clone(), cart, to.clone());
    let system = System { client: client.clone(), cart, to };
    run::run(model, told, feed, Some(system), &session.interrupt).await
}

/// The screen is there at once; a large file takes its time.
pub(crate) async fn run_on_file(subject: &Subject, json: bool, interrupt: &Interrupt) -> Result<Ending, Failure> {
    let (path, at) = (subject.path()?.to_owned(), subject.at);
    need_a_terminal(Some(&path), json)?;
    let bytes = std::fs::metadata(&path).map_or(0, |file| file.len());
    let source = Source::File(path.display().to_string());
    let model = Model::new(StreamId::new(Uuid::nil()), source, Link::Reading { bytes }, TimeZone::system(), at);
    let (to, told) = channel(WAITING_MAX);
    let reading = async move {
        let read = tokio::task::spawn_blocking(move || {
            let file = open::read(&path)?;
            if at.is_some() {
                first_versions(&file.events, at)?;
            }
            for action in told_by(file) {
                // Nobody looks any more.
                if to.blocking_send(action).is_err() {
                    break;
                }
            }
            Ok(())
        });
        read.await.map_err(|error| Failure::of(&error))?
    };
    run::run(model, told, reading, None, interrupt).await
}

/// Everything that a file says, in pieces that the screen can follow.
fn told_by(file: TimelineFile) -> impl Iterator<Item = Action> {
    let TimelineFile { cart, events, annotations, client_records, hypothetical, .. } = file;
    let versions = events.len() as u64;
    let head = [
        Action::Opened { cart, notes: annotations, hypothetical: hypothetical.is_some() },
        Action::Link(Link::Loading { versions }),
    ];
    let refusals = client_records.into_iter().filter_map(refusal_of).collect();
    let mut events = events.into_iter();
    let pieces = std::iter::from_fn(move || {
        let piece: Vec<EventRecord> = events.by_ref().take(PIECE_EVENTS).collect();
        (!piece.is_empty()).then_some(Action::Arrived(piece))
    });
    head.into_iter().chain(pieces).chain([Action::Refused(refusals), Action::Link(Link::File)])
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
fn need_a_terminal(file: Option<&Path>, json: bool) -> Result<(), Failure> {
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
