//! `tillroll parked`: carts at which a subscription stands still, and trying them again.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tillroll_local::aws::names::SUBSCRIPTIONS;

use super::Session;
use super::ask::by;
use super::cart::CartName;
use super::client::Answer;
use super::failure::{Ending, Failure};
use super::lists::List;
use super::output::{Output, count, shown};
use super::table::{Column, Table};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
A cart is parked in a subscription at an event that cannot be applied there; all other carts go on. A new build tries
every parked cart again when it starts; `resume` tries one now.

Examples:
  tillroll parked list
  tillroll parked resume 0b5e8a8e-6d0f-5c53-9a4e-6f3f1c9d9f21 --reason 'the price list is back'")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List them with why
    List(ListArguments),
    /// Try one again, or all
    Resume(ResumeArguments),
}

#[derive(Debug, clap::Args)]
struct ListArguments {
    /// Only those of one subscription
    #[arg(long, value_name = "SUBSCRIPTION", value_parser = SUBSCRIPTIONS)]
    subscription: Option<String>,
    /// At most so many
    #[arg(long, value_name = "NUMBER", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..))]
    limit: u64,
    /// Go on where a page ended
    #[arg(long, value_name = "TEXT")]
    cursor: Option<String>,
}

#[derive(Debug, clap::Args)]
struct ResumeArguments {
    /// The cart
    #[arg(value_name = "CART", required_unless_present = "all", conflicts_with = "all")]
    cart: Option<CartName>,
    /// Every parked cart
    #[arg(long)]
    all: bool,
    /// Only in one subscription
    #[arg(long, value_name = "SUBSCRIPTION", value_parser = SUBSCRIPTIONS)]
    subscription: Option<String>,
    /// Why; it is recorded
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Who; it is recorded (default: the user of this machine)
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Parked {
    subscription: String,
    cart_id: String,
    version: u64,
    reason: String,
    build: String,
    since: Option<String>,
}

#[derive(Debug, Serialize)]
struct Ask<'a> {
    subscription: Option<&'a str>,
    reason: &'a str,
    by: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Answered {
    results: Vec<Outcome>,
}

#[derive(Debug, Deserialize)]
struct Outcome {
    subscription: String,
    #[serde(rename = "outcome")]
    word: String,
    version: u64,
    parked: Option<Standstill>,
}

#[derive(Debug, Deserialize)]
struct Standstill {
    version: u64,
    reason: String,
}

pub(crate) async fn run(arguments: Arguments, session: &Session) -> Result<Ending, Failure> {
    match arguments.command {
        Command::List(arguments) => list(arguments, session).await,
        Command::Resume(arguments) => resume(&arguments, session).await,
    }
}

fn parked<'a>(subscription: Option<&str>, session: &'a Session) -> List<'a> {
    let list = List::new(session.client(), "/parked".to_owned(), "parked", "cursor");
    list.with_some("subscription", subscription)
}

async fn list(arguments: ListArguments, session: &Session) -> Result<Ending, Failure> {
    let mut list = parked(arguments.subscription.as_deref(), session).limit(arguments.limit).from(arguments.cursor);
    if session.json() {
        return list.print_json().await;
    }
    let mut table = Table::new([
        Column::id("CART"),
        Column::word("SUBSCRIPTION"),
        Column::number("VERSION"),
        Column::word("SINCE"),
        Column::word("BUILD"),
        Column::text("REASON"),
    ]);
    list.each(|Parked { subscription, cart_id, version, reason, build, since }| {
        let since = since.unwrap_or_else(|| "-".to_owned());
        let cells = [cart_id, subscription, count(version), since, build, reason];
        table.row(cells.map(|cell| shown(&cell).into_owned()));
    })
    .await?;
    list.print_table(&table, "no cart is parked")
}

async fn resume(arguments: &ResumeArguments, session: &Session) -> Result<Ending, Failure> {
    let carts = match &arguments.cart {
        Some(cart) => BTreeSet::from([cart.id()?.to_string()]),
        None => all_parked(arguments.subscription.as_deref(), session).await?,
    };
    let mut output = Output::new();
    let mut still_parked: u64 = 0;
    for cart in &carts {
        let answer = ask(cart, arguments, session).await?;
        let Answered { results } = answer.read()?;
        if results.is_empty() && !arguments.all {
            let failure = Failure::new(format!("cart {} is parked nowhere", shown(cart)));
            return Err(failure.hint("`tillroll parked list` has those that are"));
        }
        still_parked += u64::from(results.iter().any(|result| result.parked.is_some()));
        if session.json() {
            output.bytes(&answer.body)?;
            output.line("")?;
            continue;
        }
        for result in results {
            output.line(&in_words(cart, &result))?;
        }
    }
    if carts.is_empty() && !session.json() {
        output.line("no cart is parked")?;
    }
    output.end()?;
    if still_parked > 0 {
        let failure =
            Failure::new(format!("{} of {} stand still again", count(still_parked), count(carts.len() as u64)));
        return Err(failure.hint("the reason is above; a build that can apply the event tries again when it starts"));
    }
    Ok(Ending::Fine)
}

async fn ask(cart: &str, arguments: &ResumeArguments, session: &Session) -> Result<Answer, Failure> {
    let ResumeArguments { subscription, reason, by: named, .. } = arguments;
    let ask = Ask { subscription: subscription.as_deref(), reason, by: by(named.as_deref()) };
    session.client().post(&format!("/parked/{cart}/resume"), &ask).await?.accepted()
}

/// Each cart once, in whichever subscriptions it is parked.
async fn all_parked(subscription: Option<&str>, session: &Session) -> Result<BTreeSet<String>, Failure> {
    let mut carts = BTreeSet::new();
    parked(subscription, session).each(|Parked { cart_id, .. }| carts.extend([cart_id])).await?;
    Ok(carts)
}

fn in_words(cart: &str, result: &Outcome) -> String {
    let Outcome { subscription, word, version, parked } = result;
    let of = format!("{} in {}", shown(cart), shown(subscription));
    match parked {
        None if word == "resumed" => format!("{of}: goes on, at version {version} now"),
        None => format!("{of}: {}", shown(word)),
        Some(Standstill { version, reason }) => {
            format!("{of}: stands still again before version {version}: {}", shown(reason))
        }
    }
}
