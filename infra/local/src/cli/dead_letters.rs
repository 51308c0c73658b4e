//! `tillroll dead-letters`: messages of the replay queues that were given up, and sending them back.

use std::collections::BTreeMap;

use reqwest::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tillroll_local::aws::names::SUBSCRIPTIONS;

use super::Session;
use super::ask::{Agreement, agreement, by};
use super::client::Answer;
use super::failure::{Ending, Failure, say};
use super::lists::List;
use super::output::{Output, count, counted, shown};
use super::table::{Column, Table};

/// Letters that a dry run looks at.
const DRY_RUN_MAX: u64 = 100;
/// Carts of a letter that are shown to a person.
const CARTS_SHOWN_MAX: usize = 20;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
A message becomes a dead letter when it has failed for the last time. Nothing is lost with it: what its carts lack they
read from the table with their next event, or when it is sent back.

Examples:
  tillroll dead-letters list
  tillroll dead-letters show 17
  tillroll dead-letters redrive 17 --reason 'fixed in 1.4'
  tillroll dead-letters redrive --all --dry-run")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List them, oldest first
    List(ListArguments),
    /// Show one, and what would become of it now
    Show {
        /// Its id
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Send some back to the queue they come from
    Redrive(RedriveArguments),
}

#[derive(Debug, clap::Args)]
struct ListArguments {
    /// Only those of one subscription
    #[arg(long, value_name = "SUBSCRIPTION", value_parser = SUBSCRIPTIONS)]
    subscription: Option<String>,
    /// At most so many
    #[arg(long, value_name = "NUMBER", default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..))]
    limit: u64,
    /// Go on where a page ended
    #[arg(long, value_name = "TEXT")]
    cursor: Option<String>,
}

#[derive(Debug, clap::Args)]
struct RedriveArguments {
    /// These
    #[arg(value_name = "ID", required_unless_present_any = ["subscription", "all"], conflicts_with_all = ["subscription", "all"])]
    ids: Vec<String>,
    /// All of one subscription
    #[arg(long, value_name = "SUBSCRIPTION", value_parser = SUBSCRIPTIONS, conflicts_with = "all")]
    subscription: Option<String>,
    /// All there are
    #[arg(long)]
    all: bool,
    /// Why; it is recorded
    #[arg(long, value_name = "TEXT", required_unless_present = "dry_run")]
    reason: Option<String>,
    /// Who; it is recorded (default: the user of this machine)
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// At most so many letters a second
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=1000))]
    rate: Option<u32>,
    /// Only say what would become of them
    #[arg(long)]
    dry_run: bool,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

/// A letter, as far as it is shown in a list.
#[derive(Debug, Deserialize)]
struct Head {
    id: String,
    subscription: String,
    given_up_at: String,
    receive_count: u64,
    reason: String,
    #[serde(default)]
    events: Option<u64>,
    #[serde(default)]
    carts: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct Letter {
    #[serde(flatten)]
    head: Head,
    group: String,
    sent_at: Option<String>,
    run: Option<String>,
    generation: Option<u64>,
    dry_run: DryRun,
    queue_depth: u64,
    ordering: String,
}

#[derive(Debug, Deserialize)]
struct DryRun {
    would_succeed: bool,
    effect: String,
    reason: Option<String>,
    carts: Vec<CartOutlook>,
}

#[derive(Debug, Deserialize)]
struct CartOutlook {
    cart_id: String,
    first_version: u64,
    last_version: u64,
    applied_version: u64,
    outlook: String,
    reason: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
struct Ask<'a> {
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    ids: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    subscription: Option<&'a str>,
    all: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    rate: Option<u32>,
    reason: &'a str,
    by: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Redriven {
    #[serde(rename = "redriven")]
    moved: Vec<String>,
    #[serde(default)]
    gone: Option<Vec<String>>,
    left: u64,
}

pub(crate) async fn run(arguments: Arguments, session: &Session) -> Result<Ending, Failure> {
    match arguments.command {
        Command::List(arguments) => list(arguments, session).await,
        Command::Show { id } => show(&id, session).await,
        Command::Redrive(arguments) if arguments.dry_run => dry_run(&arguments, session).await,
        Command::Redrive(arguments) => redrive(&arguments, session).await,
    }
}

async fn list(arguments: ListArguments, session: &Session) -> Result<Ending, Failure> {
    let mut list = letters(arguments.subscription.as_deref(), session).limit(arguments.limit).from(arguments.cursor);
    if session.json() {
        return list.print_json().await;
    }
    let mut table = Table::new([
        Column::word("ID"),
        Column::word("SUBSCRIPTION"),
        Column::word("GIVEN UP"),
        Column::number("TRIES"),
        Column::number("EVENTS"),
        Column::number("CARTS"),
        Column::text("REASON"),
    ]);
    let number = |number: Option<u64>| number.map_or_else(|| "-".to_owned(), count);
    list.each(|head: Head| {
        table.row([
            shown(&head.id).into_owned(),
            shown(&head.subscription).into_owned(),
            shown(&head.given_up_at).into_owned(),
            count(head.receive_count),
            number(head.events),
            number(head.carts),
            shown(&head.reason).into_owned(),
        ]);
    })
    .await?;
    list.print_table(&table, "no dead letters")
}

fn letters<'a>(subscription: Option<&str>, session: &'a Session) -> List<'a> {
    let list = List::new(session.client(), "/dead-letters".to_owned(), "dead_letters", "cursor").page(100);
    list.with_some("subscription", subscription)
}

async fn show(id: &str, session: &Session) -> Result<Ending, Failure> {
    let answer = look(id, session).await?;
    let mut output = Output::new();
    if session.json() {
        output.bytes(&answer.body)?;
        output.line("")?;
    } else {
        output.text(&page(&answer.read()?))?;
        let members: BTreeMap<String, Value> = answer.read()?;
        let message = members.get("message").or(members.get("text"));
        let text = message.map(|message| format!("{message:#}")).unwrap_or_default();
        output.line("\nmessage:")?;
        for line in text.lines() {
            output.line(&format!("  {}", shown(line)))?;
        }
    }
    output.end()?;
    Ok(Ending::Fine)
}

async fn look(id: &str, session: &Session) -> Result<Answer, Failure> {
    let none = || {
        let failure = Failure::new(format!("there is no dead letter {}", shown(id)));
        failure.hint("`tillroll dead-letters list` has those there are; a redriven one is none any more")
    };
    if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Err(none());
    }
    let answer = session.client().get(&format!("/dead-letters/{id}"), &[]).await?;
    if answer.status == StatusCode::NOT_FOUND { Err(none()) } else { answer.accepted() }
}

fn page(letter: &Letter) -> String {
    let Letter { head, group, sent_at, run, generation, dry_run, queue_depth, ordering } = letter;
    let mut facts = Table::new([Column::word(""), Column::text("")]);
    let mut fact = |name: &str, value: &str| facts.row([name.to_owned(), shown(value).into_owned()]);
    fact("dead letter", &head.id);
    fact("of", &format!("{}, group {group}", head.subscription));
    fact("sent", sent_at.as_deref().unwrap_or("not known"));
    fact("given up", &format!("{}, delivered {} times", head.given_up_at, count(head.receive_count)));
    fact("reason", &head.reason);
    if let (Some(run), Some(generation)) = (run, generation) {
        fact("replay", &format!("run {run}, generation {generation}"));
    }
    fact("would succeed now", &verdict(dry_run));
    fact("waiting before it", &counted(*queue_depth, "message"));
    let mut text = facts.render();
    if !dry_run.carts.is_empty() {
        let mut carts = Table::new([
            Column::id("CART"),
            Column::word("VERSIONS"),
            Column::number("APPLIED"),
            Column::text("WOULD BE"),
        ]);
        for cart in dry_run.carts.iter().take(CARTS_SHOWN_MAX) {
            let outlook = cart.outlook.replace('_', " ");
            carts.row([
                shown(&cart.cart_id).into_owned(),
                format!("{}-{}", cart.first_version, cart.last_version),
                count(cart.applied_version),
                shown(&cart.reason.as_ref().map_or_else(|| outlook.clone(), |reason| format!("{outlook}: {reason}")))
                    .into_owned(),
            ]);
        }
        text = text + "\n" + &carts.render();
        if let Some(more) = dry_run.carts.len().checked_sub(CARTS_SHOWN_MAX).filter(|more| *more > 0) {
            text = format!("{text}and {more} more; --json has all\n");
        }
    }
    text + "\n" + &shown(ordering) + "\n"
}

fn verdict(dry_run: &DryRun) -> String {
    let yes = if dry_run.would_succeed { "yes" } else { "no" };
    let effect = match dry_run.effect.as_str() {
        "applies" => "its events would be applied",
        "rebuilds" => "its carts would be rebuilt",
        "nothing" => "all of its events are applied already",
        "parks" => "a cart would be parked, or is",
        "generation_gone" => "it would be acknowledged without effect",
        "unreadable" => "it would come back here",
        other => other,
    };
    match &dry_run.reason {
        Some(reason) => format!("{yes}: {effect}; {reason}"),
        None => format!("{yes}: {effect}"),
    }
}

/// Shows each letter that would move with what would become of it. Nothing moves.
async fn dry_run(arguments: &RedriveArguments, session: &Session) -> Result<Ending, Failure> {
    let mut ids = arguments.ids.clone();
    if ids.is_empty() {
        let mut list = letters(arguments.subscription.as_deref(), session).limit(DRY_RUN_MAX);
        list.each(|head: Head| ids.push(head.id)).await?;
        if list.cursor().is_some() {
            say(&format!("these are the first {DRY_RUN_MAX}"));
        }
    }
    let mut output = Output::new();
    let mut table = Table::new([Column::word("ID"), Column::word("SUBSCRIPTION"), Column::text("WOULD SUCCEED NOW")]);
    let mut documents = Vec::new();
    for id in &ids {
        let answer = look(id, session).await?;
        if session.json() {
            documents.push(answer.read::<Value>()?);
        } else {
            let Letter { head, dry_run, .. } = answer.read()?;
            let cells = [head.id, head.subscription, verdict(&dry_run)];
            table.row(cells.map(|cell| shown(&cell).into_owned()));
        }
    }
    if session.json() {
        output.json(&documents)?;
    } else if table.is_empty() {
        output.line("no dead letters")?;
    } else {
        output.text(&table.render())?;
    }
    output.end()?;
    Ok(Ending::Fine)
}

async fn redrive(arguments: &RedriveArguments, session: &Session) -> Result<Ending, Failure> {
    if !arguments.yes {
        let which = match (&arguments.ids[..], &arguments.subscription) {
            ([_, ..], _) => counted(arguments.ids.len() as u64, "dead letter"),
            ([], Some(subscription)) => format!("all dead letters of {}", shown(subscription)),
            ([], None) => "all dead letters".to_owned(),
        };
        let question = format!(
            "{which} will go back to their queue, behind what waits there. Redriven messages interleave with newer \
             ones; each cart's gate sorts that out. Redrive?"
        );
        match agreement(&question, "a redrive moves messages", session).await? {
            Agreement::Yes => {}
            Agreement::No => return Err(Failure::new("nothing was done")),
            Agreement::Interrupted => return Ok(Ending::Interrupted),
        }
    }
    let ask = Ask {
        ids: &arguments.ids,
        subscription: arguments.subscription.as_deref(),
        all: arguments.all,
        rate: arguments.rate,
        reason: arguments.reason.as_deref().unwrap_or_default(),
        by: by(arguments.by.as_deref()),
    };
    let mut redriven: u64 = 0;
    loop {
        let answer = session.client().post("/dead-letters/redrive", &ask).await?.accepted()?;
        let Redriven { moved, gone, left } = answer.read()?;
        redriven += moved.len() as u64;
        // One request moves a bounded number.
        if left > 0 && !moved.is_empty() && !session.interrupt.is_raised() {
            if !session.json() {
                say(&format!("{} so far, {} to go", counted(redriven, "letter"), count(left)));
            }
            continue;
        }
        let mut output = Output::new();
        if session.json() {
            output.bytes(&answer.body)?;
            output.line("")?;
        } else if redriven == 0 {
            output.line("nothing to redrive")?;
        } else {
            output.line(&format!("{} back in the queue", counted(redriven, "letter")))?;
        }
        output.end()?;
        if let Some(gone) = gone.filter(|gone| !gone.is_empty()) {
            let gone = gone.iter().map(|id| shown(id)).collect::<Vec<_>>().join(", ");
            say(&format!("not there, or not any more: {gone}"));
        }
        return Ok(if session.interrupt.is_raised() { Ending::Interrupted } else { Ending::Fine });
    }
}
