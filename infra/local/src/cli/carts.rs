//! `tillroll carts`: the directory of all carts, those with the newest events first.

use serde::Deserialize;

use super::Session;
use super::failure::{Ending, Failure, say};
use super::lists::{Entry, List};
use super::output::{Output, count, money_with_code, shown};
use super::table::{Column, Table};

/// Rows when nobody says how many: a screen or two.
const LIMIT_DEFAULT: u64 = 50;

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  tillroll carts --status open --limit 10")]
pub(crate) struct Arguments {
    /// Only carts that are open, or closed
    #[arg(long, value_name = "STATUS", value_parser = ["open", "closed"])]
    status: Option<String>,
    /// How many carts to list
    #[arg(long, value_name = "N", default_value_t = LIMIT_DEFAULT, value_parser = clap::value_parser!(u64).range(1..))]
    limit: u64,
    /// Go on where an earlier list ended
    #[arg(long, value_name = "CURSOR")]
    cursor: Option<String>,
}

/// What a person wants to see of a cart at a glance.
#[derive(Debug, Deserialize)]
struct Listed {
    cart_id: String,
    status: String,
    version: u64,
    currency: Option<String>,
    lines_count: u64,
    total_minor: u64,
    last_event: Option<LastEvent>,
    #[serde(default)]
    flags: Flags,
}

#[derive(Debug, Deserialize)]
struct LastEvent {
    name: String,
    time: Option<String>,
    recordedtime: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Flags {
    parked_at: Option<u64>,
}

pub(crate) async fn run(arguments: Arguments, session: &Session) -> Result<Ending, Failure> {
    let Arguments { status, limit, cursor } = arguments;
    let mut list = List::new(session.client(), "/carts".into(), "carts", "cursor").from(cursor).limit(limit);
    if let Some(status) = status.clone() {
        list = list.keep(move |entry| entry.read::<Listed>().is_ok_and(|cart| cart.status == status));
    }
    if session.json() {
        return list.print_json().await;
    }
    let mut output = Output::new();
    let mut page = list.next().await?;
    if page.is_empty() {
        say("there are no such carts; `tillroll import FILE` brings some");
    }
    while !page.is_empty() {
        output.text(&table(&page)?.render())?;
        output.flush()?;
        page = list.next().await?;
    }
    output.end()?;
    if let Some(cursor) = list.cursor() {
        let status = status.map(|status| format!(" --status {status}")).unwrap_or_default();
        say(&format!("there are more: `tillroll carts{status} --cursor {}`", shown(cursor)));
    }
    Ok(Ending::Fine)
}

fn table(page: &[Entry]) -> Result<Table, Failure> {
    let mut table = Table::new([
        Column::id("CART"),
        Column::word("STATUS"),
        Column::number("LINES"),
        Column::number("TOTAL"),
        Column::number("VERSION"),
        Column::word("LAST EVENT"),
        Column::word("TIME"),
    ]);
    for entry in page {
        let cart: Listed = entry.read()?;
        let status = match cart.flags.parked_at {
            Some(version) => format!("{}, parked before version {}", shown(&cart.status), count(version)),
            None => shown(&cart.status).into_owned(),
        };
        let (name, time) = cart
            .last_event
            .map_or_else(Default::default, |last| (last.name, last.time.or(last.recordedtime).unwrap_or_default()));
        table.row([
            shown(&cart.cart_id).into_owned(),
            status,
            count(cart.lines_count),
            money_with_code(cart.total_minor.into(), cart.currency.as_deref()),
            count(cart.version),
            shown(&name).into_owned(),
            shown(&time).into_owned(),
        ]);
    }
    Ok(table)
}
