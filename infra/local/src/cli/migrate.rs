//! `tillroll migrate`: tables and archives of the original Ruby system, looked at where they lie, and converted.

use std::path::{Path, PathBuf};

use tillroll_host_lambda::ports::{Archive, Fault};
use tillroll_local::archive::LocalArchive;
use tillroll_local::folder;
use tillroll_local::migrate::check::{Checked, check_archive, check_table};
use tillroll_local::migrate::convert::{Conversion, Converted, Options, in_full};
use tillroll_local::migrate::report::Flaws;
use tillroll_local::migrate::source;

use super::aws::{account, bucket, endpoint, old_bucket};
use super::failure::{Ending, Failure, say};
use super::interrupt::Interrupt;
use super::output::{Output, count, counted, shown};
use super::table::{Column, Table};

/// How an archive in S3 is written.
const BUCKET: &str = "s3://";
/// How often it is said how far long work is.
const SAY_EVERY: u64 = 10_000;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
The original system kept an item for each event (AggregateUuid, Version, EventUuid, Name, Data), or, before that, an item
for each cart with a list of `Events`; and one object for each event in its archive. Tables of the first kind need no
migration: Tillroll reads them where they lie.

Examples:
  tillroll migrate check scd-es-table
  tillroll migrate check s3://scd-6ba7b811
  tillroll migrate archive old-archive/ converted/ --dry-run")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Say what is wrong in a table or an archive; changes nothing
    #[command(after_help = "Exit status: 0 when nothing is wrong, 3 when something is, 1 when it could not look.")]
    Check {
        /// A DynamoDB table by its name, a folder, or `s3://BUCKET`
        #[arg(value_name = "TABLE|FOLDER|s3://BUCKET")]
        place: String,
    },
    /// Convert an archive into objects of ours; what cannot be converted is named and left
    #[command(after_help = "\
Nothing is changed or removed in FROM. Converting again, or going on after Ctrl+C, writes nothing twice.
Exit status: 0 when everything was converted, 3 when something was left, 1 when it broke off.")]
    Archive {
        /// The old archive: a folder or `s3://BUCKET`
        #[arg(value_name = "FROM")]
        from: String,
        /// The new one: a folder or `s3://BUCKET`
        #[arg(value_name = "TO")]
        to: String,
        /// Go on behind this object of FROM
        #[arg(long, value_name = "KEY")]
        after: Option<String>,
        /// Only say what would become of it
        #[arg(long)]
        dry_run: bool,
    },
}

/// Where old events lie.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    Folder(PathBuf),
    Bucket(String),
    Table(String),
}

impl Place {
    fn of(text: &str) -> Self {
        match text.strip_prefix(BUCKET) {
            Some(bucket) => Self::Bucket(bucket.trim_end_matches('/').to_owned()),
            None if text.contains(['/', '\\']) || text.starts_with('.') || Path::new(text).is_dir() => {
                Self::Folder(text.into())
            }
            None => Self::Table(text.to_owned()),
        }
    }
}

pub(crate) async fn run(arguments: Arguments, json: bool, interrupt: &Interrupt) -> Result<Ending, Failure> {
    match arguments.command {
        Command::Check { place } => {
            let checked = tokio::select! {
                checked = check(Place::of(&place), json) => checked?,
                () = interrupt.raised() => return Ok(Ending::Interrupted),
            };
            print(json, &checked, || page_of_check(&checked))?;
            Ok(if checked.ok { Ending::Fine } else { Ending::Differences })
        }
        Command::Archive { from, to, after, dry_run } => {
            let options = Options { after, dry_run };
            let converted = match (Place::of(&from), Place::of(&to)) {
                (Place::Folder(from), Place::Folder(to)) => {
                    let (from, to) = (old_folder(from)?, new_folder(to, dry_run)?);
                    Box::pin(convert(&from, &to, options, json, interrupt)).await?
                }
                (Place::Folder(from), Place::Bucket(to)) => {
                    let (from, to) = (old_folder(from)?, bucket(&to).await?);
                    Box::pin(convert(&from, &to, options, json, interrupt)).await?
                }
                (Place::Bucket(from), Place::Folder(to)) => {
                    let (from, to) = (old_bucket(&from).await?, new_folder(to, dry_run)?);
                    Box::pin(convert(&from, &to, options, json, interrupt)).await?
                }
                (Place::Bucket(from), Place::Bucket(to)) if from == to => {
                    return Err(Failure::misuse("FROM and TO are the same bucket").hint("name another bucket for TO"));
                }
                (Place::Bucket(from), Place::Bucket(to)) => {
                    let (from, to) = (old_bucket(&from).await?, bucket(&to).await?);
                    Box::pin(convert(&from, &to, options, json, interrupt)).await?
                }
                (Place::Table(table), _) | (_, Place::Table(table)) => return Err(no_archive(&table)),
            };
            let Some(converted) = converted else { return Ok(Ending::Interrupted) };
            print(json, &converted, || page_of_conversion(&converted, dry_run))?;
            Ok(if converted.ok { Ending::Fine } else { Ending::Differences })
        }
    }
}

fn no_archive(name: &str) -> Failure {
    Failure::misuse(format!("{} is neither a folder nor a bucket", shown(name))).hint(
        "write ./NAME for a folder that is not there yet, s3://NAME for a bucket; a table needs no converting: \
         `tillroll verify --aws --repair` archives its events",
    )
}

async fn check(place: Place, json: bool) -> Result<Checked, Failure> {
    let seen = |what: &'static str| {
        move |records: u64| {
            if !json && records.is_multiple_of(SAY_EVERY) {
                say(&format!("read {} {what}", count(records)));
            }
        }
    };
    match place {
        Place::Folder(folder) => unless_broken(check_archive(&old_folder(folder)?, seen("objects")).await),
        Place::Bucket(name) => unless_broken(check_archive(&old_bucket(&name).await?, seen("objects")).await),
        Place::Table(table) => {
            let account = account().await?;
            say(&format!("table {} on AWS, region {}{}", shown(&table), account.region(), endpoint(&account)));
            let pages = source::items(&account.retrying_dynamodb(), &table);
            check_table(pages, seen("items")).await.map_err(|error| {
                Failure::of(&error).hint("is it this account and region? a folder is written with a slash: ./NAME")
            })
        }
    }
}

/// Converts; `None` after Ctrl+C, when it has said how to go on.
async fn convert<F: Archive, T: Archive>(
    from: &F,
    to: &T,
    options: Options,
    json: bool,
    interrupt: &Interrupt,
) -> Result<Option<Converted>, Failure> {
    let mut conversion = Conversion::new(to, &options);
    let seen = |objects: u64| {
        if !json && objects.is_multiple_of(SAY_EVERY) {
            say(&format!("read {} objects", count(objects)));
        }
    };
    let outcome = tokio::select! {
        outcome = conversion.run(from, seen) => Some(outcome),
        () = interrupt.raised() => None,
    };
    let go_on = conversion.report.after.as_deref().map(|after| format!("go on with --after {}", shown(after)));
    let go_on = go_on.unwrap_or_else(|| "the same command again is safe".to_owned());
    match outcome {
        Some(Ok(())) => Ok(Some(conversion.report)),
        Some(Err(fault)) => Err(Failure::new(shown(&in_full(&fault))).hint(go_on)),
        None => {
            say(&format!("stopped after {} events; {go_on}", count(conversion.report.events)));
            Ok(None)
        }
    }
}

fn old_folder(folder: PathBuf) -> Result<LocalArchive, Failure> {
    if folder.is_dir() {
        Ok(LocalArchive::existing(folder))
    } else {
        Err(Failure::new(format!("there is no folder {}", shown(&folder.display().to_string()))))
    }
}

/// The folder to write to; not one that a running system works in.
fn new_folder(path: PathBuf, dry_run: bool) -> Result<LocalArchive, Failure> {
    if dry_run {
        return Ok(LocalArchive::existing(path));
    }
    if let Some(occupant) = path.parent().and_then(folder::occupant) {
        let path = path.display().to_string();
        return Err(Failure::new(format!("process {} works in {}", occupant.pid, shown(&path)))
            .hint("stop that `tillroll dev` first, or convert into another folder"));
    }
    LocalArchive::open(path).map_err(|fault| Failure::of(&fault))
}

fn unless_broken(checked: Result<Checked, Fault>) -> Result<Checked, Failure> {
    checked.map_err(|fault| Failure::new(shown(&in_full(&fault))))
}

fn print<T: serde::Serialize>(json: bool, document: &T, page: impl FnOnce() -> String) -> Result<(), Failure> {
    let mut output = Output::new();
    if json {
        output.json(document)?;
    } else {
        output.text(&page())?;
    }
    output.end()
}

fn page_of_check(checked: &Checked) -> String {
    let (records, events) = (counted(checked.records, "record"), counted(checked.events, "event"));
    let mut page = vec![format!("{records}, {events}, {}", counted(checked.carts, "cart"))];
    if checked.ours > 0 {
        page.push(format!("Tillroll's own already: {}", counted(checked.ours, "object")));
    }
    if checked.repeated > 0 {
        page.push(format!("again with the same content, which is fine: {}", counted(checked.repeated, "event")));
    }
    if !checked.histories_complete {
        page.push("too many events to remember: not all versions were compared".to_owned());
    }
    if checked.ok {
        page.push("nothing is wrong\n".to_owned());
    } else {
        let readable = checked.events.saturating_sub(checked.unreadable_in_place);
        page.push(format!("Tillroll reads {} of these events where they lie\n", count(readable)));
        page.push(flaws(&checked.flaws));
    }
    page.join("\n")
}

fn page_of_conversion(converted: &Converted, dry_run: bool) -> String {
    let would = if dry_run { "would become" } else { "became" };
    let mut page = vec![format!(
        "read {}: {} {would} {}, {} there already",
        counted(converted.objects_read, "object"),
        counted(converted.events, "event"),
        counted(converted.objects_written, "new object"),
        counted(converted.objects_there, "object"),
    )];
    if converted.ours > 0 {
        page.push(format!("Tillroll's own already, passed over: {}", counted(converted.ours, "object")));
    }
    if !converted.mended.is_empty() {
        page.push(format!("\nPut right on the way:\n{}", flaws(&converted.mended).trim_end()));
    }
    if converted.left_count > 0 {
        page.push(format!("\nLeft, in whole or in part: {}", counted(converted.left_count, "object")));
        page.extend(converted.left.iter().map(|left| format!("  {}: {}", shown(&left.key), shown(&left.why))));
    }
    page.join("\n") + "\n"
}

fn flaws(flaws: &Flaws) -> String {
    let mut table = Table::new([Column::number("EVENTS"), Column::text("WHAT"), Column::text("FOR EXAMPLE")]);
    for (_, found) in flaws.iter() {
        let example = found.first.first().map_or("", String::as_str);
        table.row([count(found.count), found.meaning.to_owned(), shown(example).into_owned()]);
    }
    table.render()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_bucket_a_folder_or_else_a_table() {
        for (text, place) in [
            ("s3://scd-1", Place::Bucket("scd-1".to_owned())),
            ("s3://scd-1/", Place::Bucket("scd-1".to_owned())),
            ("./old", Place::Folder("./old".into())),
            ("/srv/old", Place::Folder("/srv/old".into())),
            ("scd-es-table", Place::Table("scd-es-table".to_owned())),
        ] {
            assert_eq!(Place::of(text), place, "{text}");
        }
    }
}
