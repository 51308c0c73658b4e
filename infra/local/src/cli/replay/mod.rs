//! `tillroll replay`: events go to one subscription again. A run is the system's own; this only asks for it, follows it
//! and steers it, so it can be left and followed again.

mod clear;
mod control;
mod estimate;
mod run;

use reqwest::StatusCode;
use serde::Serialize;
use tillroll_core::time::Timestamp;
use tillroll_host_lambda::functions::replay::RATE_MAX;

use super::Session;
use super::ask::{Agreement, agreement};
use super::client::Answer;
use super::failure::{Ending, Failure};
use super::output::shown;
use control::Control;
pub(super) use control::filter_in_words;
use run::Run;

#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "\
A replay fills a new generation of the subscription's rows beside the one that serves, and switches when it has caught
up; nobody who reads notices. The one before is kept for --rollback. What is filtered out by --type, --from or --to is
left out of the new generation for as long as it lives, and `tillroll verify` says so.

Examples:
  tillroll replay suggestions --dry-run
  tillroll replay suggestions --rate 2000
  tillroll replay carts --cart 0b5e8a8e-6d0f-5c53-9a4e-6f3f1c9d9f21
  tillroll replay carts --rollback
  tillroll replay list"
)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch; those that do not go together conflict")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    control: Option<Control>,
    /// The subscription: carts, suggestions or reminders
    #[arg(value_name = "SUBSCRIPTION", required = true)]
    subscription: Option<String>,
    /// Only say how many events, messages and writes that would be, how long it would take and what it would cost
    #[arg(long)]
    dry_run: bool,
    /// Rebuild this cart alone, from the event table; may be given up to 100 times
    #[arg(long = "cart", value_name = "CART", conflicts_with_all = ["types", "from", "to", "rate", "in_place", "rollback"])]
    carts: Vec<String>,
    /// Only events of this type, such as `ItemAdded`; may be given several times
    #[arg(long = "type", value_name = "TYPE")]
    types: Vec<String>,
    /// Only what happened at this moment or later: `2026-01-31` or `2026-01-31T12:00:00Z`
    #[arg(long, value_name = "TIME", value_parser = beginning)]
    from: Option<Timestamp>,
    /// Only what happened at this moment or earlier; a day counts whole
    #[arg(long, value_name = "TIME", value_parser = end)]
    to: Option<Timestamp>,
    /// Send at most so many events a second
    #[arg(long, value_name = "EVENTS", value_parser = clap::value_parser!(u32).range(1..=i64::from(RATE_MAX)))]
    rate: Option<u32>,
    /// Send to the live generation instead of filling a new one; what it has already applied, it leaves alone
    #[arg(long, conflicts_with = "rollback")]
    in_place: bool,
    /// Make the generation live again that was live before, after bringing it up to date
    #[arg(long, conflicts_with_all = ["types", "from", "to"])]
    rollback: bool,
    /// Do not ask before --in-place
    #[arg(long, short)]
    yes: bool,
    /// Follow a run that was begun before; one that is paused or stands still goes on
    #[arg(
        long,
        value_name = "RUN",
        conflicts_with_all = ["dry_run", "carts", "types", "from", "to", "in_place", "rollback"]
    )]
    resume: Option<String>,
    /// Only begin; do not wait for the end
    #[arg(long)]
    no_wait: bool,
}

/// What the API is asked for.
#[derive(Default, Serialize)]
struct Ask<'a> {
    subscription: &'a str,
    dry_run: bool,
    in_place: bool,
    rollback: bool,
    carts: Option<&'a [String]>,
    types: Option<&'a [String]>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    rate: Option<u32>,
}

pub(crate) async fn run(arguments: Arguments, session: &Session) -> Result<Ending, Failure> {
    if let Some(control) = arguments.control {
        return control::run(control, session).await;
    }
    let subscription = arguments.subscription.as_deref().unwrap_or_default();
    if arguments.dry_run {
        let answer = ask(subscription, &arguments, session).await?;
        return estimate::print(&answer, session);
    }
    if arguments.in_place && !arguments.yes {
        let question = format!("Send archived events to the live generation of {}?", shown(subscription));
        match agreement(&question, "--in-place changes what is live", session).await? {
            Agreement::Yes => {}
            Agreement::No => return Err(Failure::new("nothing was done")),
            Agreement::Interrupted => return Ok(Ending::Interrupted),
        }
    }
    let first = match &arguments.resume {
        Some(id) => {
            let answer = run::look(id, session).await?;
            let of: Run = answer.read()?;
            if of.subscription != subscription {
                let (id, of) = (shown(id), shown(&of.subscription));
                return Err(Failure::misuse(format!("run {id} is of the subscription {of}")));
            }
            run::resume(answer, arguments.rate, session).await?
        }
        None => ask(subscription, &arguments, session).await?,
    };
    run::follow_to_the_end(first, arguments.no_wait, session).await
}

async fn ask(subscription: &str, arguments: &Arguments, session: &Session) -> Result<Answer, Failure> {
    let given = |list: &'_ [String]| -> bool { !list.is_empty() };
    let ask = Ask {
        subscription,
        dry_run: arguments.dry_run,
        in_place: arguments.in_place,
        rollback: arguments.rollback,
        carts: Some(arguments.carts.as_slice()).filter(|list| given(list)),
        types: Some(arguments.types.as_slice()).filter(|list| given(list)),
        from: arguments.from,
        to: arguments.to,
        rate: arguments.rate,
    };
    let answer = session.client().post("/replays", &ask).await?;
    if answer.status == StatusCode::NOT_FOUND && answer.problem().code == "not_found" {
        let failure = Failure::misuse(format!("there is no subscription {}", shown(subscription)));
        return Err(failure.hint("the subscriptions are carts, suggestions and reminders"));
    }
    if answer.status == StatusCode::CONFLICT {
        return Err(answer.failure().hint("`tillroll replay list` shows the runs and what they fill"));
    }
    answer.accepted()
}

fn beginning(text: &str) -> Result<Timestamp, String> {
    moment(text, "T00:00:00Z")
}

fn end(text: &str) -> Result<Timestamp, String> {
    moment(text, "T23:59:59.999Z")
}

/// A moment, or a day, of which `of_day` is meant.
fn moment(text: &str, of_day: &str) -> Result<Timestamp, String> {
    let parsed = text.parse().or_else(|_| format!("{text}{of_day}").parse());
    parsed.map_err(|_| "write it like 2026-01-31 or 2026-01-31T12:00:00Z".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_counts_whole() {
        let text = |moment: Result<Timestamp, String>| moment.map(|moment| moment.to_string());
        assert_eq!(text(beginning("2026-01-31")), Ok("2026-01-31T00:00:00Z".to_owned()));
        assert_eq!(text(end("2026-01-31")), Ok("2026-01-31T23:59:59.999Z".to_owned()));
        for parse in [beginning, end] {
            assert_eq!(text(parse("2026-01-31T12:00:00+01:00")), Ok("2026-01-31T11:00:00Z".to_owned()));
            for nonsense in ["", "yesterday", "2026-02-30", "2026"] {
                assert!(parse(nonsense).is_err(), "{nonsense}");
            }
        }
    }
}
