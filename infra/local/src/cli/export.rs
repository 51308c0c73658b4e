//! `tillroll export`: the whole life of a cart as a timeline file.

use std::fs::{self, File};
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use serde_json::json;
use tillroll_core::id::StreamId;
use tillroll_host_lambda::ports::Clock as _;
use tillroll_host_lambda::timeline_file::TimelineFile;
use tillroll_local::clock::LocalClock;

use super::Session;
use super::cart::{CartName, history};
use super::failure::{Ending, Failure, say};
use super::output::{Output, counted, shown};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Writes to standard output, or to CART.timeline.json here when that is a terminal. `tillroll open` reads it again,
without any running system.

Example:
  tillroll export 0b5e8a8e-6d0f-5c53-9a4e-6f3f1c9d9f21 -o cart.timeline.json")]
pub(crate) struct Arguments {
    /// The cart's id
    #[arg(value_name = "CART")]
    cart: CartName,
    /// Packed: about a quarter of the size, the same content
    #[arg(long)]
    packed: bool,
    /// The file to write
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write over a file that is there
    #[arg(long)]
    force: bool,
}

pub(crate) async fn run(arguments: Arguments, session: &Session) -> Result<Ending, Failure> {
    let Arguments { cart, packed, output, force } = arguments;
    let cart = cart.id()?;
    let to = output.or_else(|| io::stdout().is_terminal().then(|| file_of(cart, packed)));
    if let Some(path) = &to {
        refuse_to_overwrite(path, force)?;
    }
    let file = TimelineFile::new(cart, LocalClock::system().now(), history(session.client(), cart).await?);
    let bytes = if packed { file.to_packed().map_err(|error| Failure::of(&error))? } else { file.to_json() };
    let Some(path) = to else {
        let mut output = Output::new();
        output.bytes(&bytes)?;
        output.end()?;
        return Ok(Ending::Fine);
    };
    write(&path, &bytes, force)?;
    let name = path.display().to_string();
    if session.json() {
        let mut output = Output::new();
        output.json(&json!({"file": name, "cart_id": cart, "events": file.events.len(), "bytes": bytes.len()}))?;
        output.end()?;
    } else {
        say(&format!("wrote {} of cart {cart} to {}", counted(file.events.len() as u64, "event"), shown(&name)));
    }
    Ok(Ending::Fine)
}

fn file_of(cart: StreamId, packed: bool) -> PathBuf {
    PathBuf::from(format!("{cart}.timeline.{}", if packed { "bin" } else { "json" }))
}

/// Before anything is fetched, so that a mistake costs nothing.
fn refuse_to_overwrite(path: &Path, force: bool) -> Result<(), Failure> {
    if !force && path.exists() { Err(is_there(path)) } else { Ok(()) }
}

fn is_there(path: &Path) -> Failure {
    Failure::new(format!("{} is there already", shown(&path.display().to_string())))
        .hint("name another file with -o, or write over it with --force")
}

/// Writes a file that nothing is lost to.
pub(super) fn write(path: &Path, bytes: &[u8], force: bool) -> Result<(), Failure> {
    let cannot =
        |error: &io::Error| Failure::new(format!("cannot write {}: {error}", shown(&path.display().to_string())));
    let opened = if force { File::create(path) } else { File::create_new(path) };
    let mut file = opened
        .map_err(|error| if error.kind() == io::ErrorKind::AlreadyExists { is_there(path) } else { cannot(&error) })?;
    file.write_all(bytes).map_err(|error| {
        // Half a file would only be found out when it is opened.
        let _ = fs::remove_file(path);
        cannot(&error)
    })
}
