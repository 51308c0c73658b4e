//! `tillroll explain`: a cart's story in plain words, from the running system or from a timeline file.

use serde_json::json;
use tillroll_host_lambda::record::EventRecord;

use super::Session;
use super::cart::history;
use super::failure::{Ending, Failure};
use super::open::{self, first_versions};
use super::output::Output;
use super::story::Story;
use super::subject::Subject;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tillroll explain 0b5e8a8e-6d0f-5c53-9a4e-6f3f1c9d9f21
  tillroll explain --file cart.timeline.json --at 3")]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) subject: Subject,
}

pub(crate) async fn run(arguments: Arguments, session: &Session) -> Result<Ending, Failure> {
    let events = history(session.client(), arguments.subject.cart()?).await?;
    tell("", &events, arguments.subject.at, session.json())
}

pub(crate) fn run_on_file(subject: &Subject, json: bool) -> Result<Ending, Failure> {
    let file = open::read(subject.path()?)?;
    tell(&open::hypothetical(&file), &file.events, subject.at, json)
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
