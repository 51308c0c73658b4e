//! `tillroll replay clear`: removes what superseded generations left behind.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tillroll_local::aws::names::SUBSCRIPTIONS;

use super::super::Session;
use super::super::failure::{Ending, Failure, say};
use super::super::output::{Output, count, counted, shown};
use super::super::table::{Column, Table};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
The live generation, the one before it and one that is being filled stay, so a rollback still works.
Ctrl+C stops between two steps; the same command goes on.

Example:
  tillroll replay clear --dry-run")]
pub(crate) struct Arguments {
    /// Only of this subscription
    #[arg(value_name = "SUBSCRIPTION", value_parser = SUBSCRIPTIONS)]
    subscription: Option<String>,
    /// Only count what would go
    #[arg(long)]
    dry_run: bool,
}

#[derive(Serialize)]
struct Ask<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    subscription: Option<&'a str>,
    dry_run: bool,
}

#[derive(Deserialize)]
struct Answered {
    generations: Vec<OfGeneration>,
    more: bool,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
struct OfGeneration {
    subscription: String,
    generation: u32,
    rows: u64,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Document {
    dry_run: bool,
    generations: Vec<OfGeneration>,
    /// Whether there is more than was counted or removed.
    more: bool,
}

pub(super) async fn run(arguments: &Arguments, session: &Session) -> Result<Ending, Failure> {
    let Arguments { subscription, dry_run } = arguments;
    let ask = Ask { subscription: subscription.as_deref(), dry_run: *dry_run };
    let mut removed: BTreeMap<(String, u32), u64> = BTreeMap::new();
    loop {
        let answer = session.client().post("/generations/clear", &ask).await?.accepted()?;
        let Answered { generations, more } = answer.read()?;
        for OfGeneration { subscription, generation, rows } in generations {
            *removed.entry((subscription, generation)).or_default() += rows;
        }
        // One request removes a bounded number; one that counts would count the same again.
        if more && !dry_run && !session.interrupt.is_raised() {
            if !session.json() {
                say(&format!("{} so far", counted(removed.values().sum(), "row")));
            }
            continue;
        }
        print(removed, more, *dry_run, session)?;
        return Ok(if session.interrupt.is_raised() { Ending::Interrupted } else { Ending::Fine });
    }
}

fn print(removed: BTreeMap<(String, u32), u64>, more: bool, dry_run: bool, session: &Session) -> Result<(), Failure> {
    let of = |((subscription, generation), rows)| OfGeneration { subscription, generation, rows };
    let generations: Vec<OfGeneration> = removed.into_iter().map(of).collect();
    let mut output = Output::new();
    if session.json() {
        output.json(&Document { dry_run, generations, more })?;
        return output.end();
    }
    if generations.is_empty() {
        output.line("nothing to clear: every row is of a generation in use")?;
        return output.end();
    }
    let mut table = Table::new([Column::word("SUBSCRIPTION"), Column::number("GENERATION"), Column::number("ROWS")]);
    for OfGeneration { subscription, generation, rows } in &generations {
        table.row([shown(subscription).into_owned(), generation.to_string(), count(*rows)]);
    }
    output.text(&table.render())?;
    output.line(match (dry_run, more) {
        (true, true) => "and more: would be removed, nothing was done yet",
        (true, false) => "would be removed, nothing was done yet",
        (false, true) => "removed, and there are more",
        (false, false) => "removed",
    })?;
    output.end()
}
