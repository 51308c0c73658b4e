//! `tillroll explain`: a cart's story in plain words, from the running system or from a timeline file.

use std::path::PathBuf;

use serde_json::json;
use tillroll_host_lambda::record::EventRecord;

use super::Session;
use super::cart::{CartName, history};
use super::failure::{Ending, Failure};
use super::open::{self, first_versions};
use super::output::Output;
use super::story::Story;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tillroll explain 0b5e8a8e-6d0f-5c53-9a4e-6f3f1c9d9f21
  tillroll explain --file cart.timeline.json --at 3")]
pub(crate) struct Arguments {
    /// The cart's id
    #[arg(value_name = "CART", required_unless_present = "file", conflicts_with = "file")]
    cart: Option<CartName>,
    /// A timeline file instead of the running system; - for standard input
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Only up to this version
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
    let Some(cart) = arguments.cart else { return Err(Failure::new("no cart was named")) };
    let events = history(session.client(), cart.id()?).await?;
    tell("", &events, arguments.at, session.json())
}

pub(crate) fn run_on_file(arguments: &Arguments, json: bool) -> Result<Ending, Failure> {
    let Some(path) = &arguments.file else { return Err(Failure::new("no file was named")) };
    let file = open::read(path)?;
    tell(&open::hypothetical(&file), &file.events, arguments.at, json)
}

/// `before` comes before the story.
fn tell(before: &str, events: &[EventRecord], at: Option<u64>, json: bool) -> Result<Ending, Failure> {
    let story = Story::of(first_versions(events, at)?)?;
    let mut output = Output::new();
    if json {
        let (cart, version) = (story.cart.head().stream, story.cart.head().version);
        output.json(&json!({"cart_id": cart, "version": version, "story": story.sentences()}))?;
    } else {
        output.text(before)?;
        output.text(&story.page())?;
    }
    output.end()?;
    Ok(Ending::Fine)
}
