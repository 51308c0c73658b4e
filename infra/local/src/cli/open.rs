//! `tillroll open`: a timeline file, read without any running system.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use serde_json::json;
use tillroll_host_lambda::record::EventRecord;
use tillroll_host_lambda::timeline_file::{ClientStatus, FILE_BYTES_MAX, Hypothetical, HypotheticalMode, TimelineFile};

use super::failure::{Ending, Failure};
use super::output::{Output, count, counted, shown};
use super::state;
use super::story::Story;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Reads what `tillroll export` wrote, as JSON or packed, and packed answers of the API that were saved.

Example:
  tillroll open cart.timeline.json --at 3")]
pub(crate) struct Arguments {
    /// The file; - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// As the cart was at this version
    #[arg(long, value_name = "VERSION")]
    at: Option<u64>,
}

pub(crate) fn run(arguments: &Arguments, json: bool) -> Result<Ending, Failure> {
    let file = read(&arguments.file)?;
    let story = Story::of(first_versions(&file.events, arguments.at)?)?;
    let view = story.view();
    let mut output = Output::new();
    if json {
        output.json(&json!({
            "cart_id": file.cart,
            "exported_at": file.exported_at,
            "redactions": file.redactions,
            "hypothetical": file.hypothetical,
            "versions": file.events.len(),
            "story": story.sentences(),
            "state": view,
            "annotations": file.annotations,
            "client_records": file.client_records,
        }))?;
    } else {
        output.text(&hypothetical(&file))?;
        output.text(&story.page())?;
        if let Some(view) = &view {
            output.text("\n")?;
            output.text(&state::page(view))?;
        }
        output.text(&notes(&file))?;
    }
    output.end()?;
    Ok(Ending::Fine)
}

/// That it never happened, before anything else is said of it.
pub(crate) fn hypothetical(file: &TimelineFile) -> String {
    let Some(Hypothetical { mode, recorded_version, edits }) = &file.hypothetical else { return String::new() };
    let how = match mode {
        HypotheticalMode::AsItIs => "its events folded as they are",
        HypotheticalMode::DecideAgain => "its events decided again by the rules",
    };
    let (edits, version) = (counted(edits.len() as u64, "edit"), count(*recorded_version));
    format!("HYPOTHETICAL: this never happened so. It is version {version} of the cart with {edits}, {how}.\n\n")
}

/// What stands beside the events.
fn notes(file: &TimelineFile) -> String {
    let mut lines = Vec::new();
    for note in &file.annotations {
        let author = note.author.as_deref().map(|author| format!(" by {}", shown(author))).unwrap_or_default();
        lines.push(format!("note on version {}{author}: {}", count(note.version), shown(&note.text)));
    }
    for record in &file.client_records {
        let status = match record.status {
            ClientStatus::Pending => "was waiting for its answer",
            ClientStatus::Refused => "was refused",
            ClientStatus::Rebased => "was decided again",
        };
        let code = record.code.as_deref().map(|code| format!(" ({})", shown(code))).unwrap_or_default();
        lines.push(format!("after version {}: {} {status}{code}", count(record.version), shown(&record.r#type)));
    }
    if !file.redactions.is_empty() {
        let places: Vec<_> = file.redactions.iter().map(|place| shown(place)).collect();
        lines.push(format!("left out of this file: {}", places.join(", ")));
    }
    lines
        .into_iter()
        .fold(String::new(), |text, line| if text.is_empty() { format!("\n{line}\n") } else { text + &line + "\n" })
}

/// The events up to a version.
pub(crate) fn first_versions(events: &[EventRecord], at: Option<u64>) -> Result<&[EventRecord], Failure> {
    let newest = events.len() as u64;
    let version = at.unwrap_or(newest);
    let first = usize::try_from(version).ok().filter(|count| *count > 0).and_then(|count| events.get(..count));
    first.ok_or_else(|| {
        let failure = Failure::new(format!("the cart has no version {}", count(version)));
        failure.hint(format!("its versions are 1 to {}", count(newest)))
    })
}

/// Reads a timeline file of either form.
pub(crate) fn read(path: &Path) -> Result<TimelineFile, Failure> {
    let is_stdin = path == Path::new("-");
    let name = if is_stdin { "standard input".to_owned() } else { path.display().to_string() };
    let cannot = |error: &io::Error| Failure::new(format!("cannot read {}: {error}", shown(&name)));
    let mut bytes = Vec::new();
    // One byte more says that there are too many.
    let limit = FILE_BYTES_MAX.saturating_add(1);
    if is_stdin {
        io::stdin().lock().take(limit).read_to_end(&mut bytes).map_err(|error| cannot(&error))?;
    } else {
        let file = File::open(path).map_err(|error| cannot(&error))?;
        file.take(limit).read_to_end(&mut bytes).map_err(|error| cannot(&error))?;
    }
    if bytes.len() as u64 > FILE_BYTES_MAX {
        let most = counted(FILE_BYTES_MAX, "byte");
        return Err(Failure::new(format!("{} has more than {most}, which is no timeline file", shown(&name))));
    }
    TimelineFile::read(&bytes).map_err(|error| {
        let why = match Failure::of(&error) {
            Failure::Said { what, .. } => what,
            Failure::OutputClosed => String::new(),
        };
        Failure::new(format!("cannot open {}: {}", shown(&name), shown(&why)))
            .hint("`tillroll export CART -o FILE` writes a file that opens")
    })
}
