//! `tillroll events`: the life of one cart, event by event.

use tillroll_core::cart::CartEvent;
use tillroll_core::cart::event::CloseReason;
use tillroll_core::recorded::Stored;
use tillroll_host_lambda::record::EventRecord;

use super::Session;
use super::cart::{CartName, Moment, State};
use super::failure::{Ending, Failure, say};
use super::lists::{Entry, List};
use super::output::{Output, count, shown};
use super::state::{price_in_words, rule_in_words};
use super::table::{Column, Table};

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  tillroll events 0b5e8a8e-6d0f-5c53-9a4e-6f3f1c9d9f21 --after 3")]
pub(crate) struct Arguments {
    /// The cart's id
    #[arg(value_name = "CART")]
    cart: CartName,
    /// Only events after this version
    #[arg(long, value_name = "VERSION")]
    after: Option<u64>,
    /// At most so many events; all of them without it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
}

pub(crate) async fn run(arguments: Arguments, session: &Session) -> Result<Ending, Failure> {
    let cart = arguments.cart.id()?;
    let client = session.client();
    let mut list = List::new(client, format!("/carts/{cart}/events"), "events", "after")
        .from(arguments.after.map(|version| version.to_string()))
        .limit(arguments.limit.unwrap_or(u64::MAX));
    // The cart's currency is in its first event, and asking for that says early whether there is such a cart.
    let currency = State::fetch(client, cart, Some(Moment::Version(1))).await?.view()?.currency;
    if session.json() {
        return list.print_json().await;
    }
    let mut output = Output::new();
    let mut page = list.next().await?;
    if page.is_empty() {
        say("there are no events after that version");
    }
    while !page.is_empty() {
        output.text(&table(&page, currency.as_deref())?.render())?;
        output.flush()?;
        page = list.next().await?;
    }
    output.end()?;
    if let Some(cursor) = list.cursor() {
        say(&format!("there are more: `tillroll events {cart} --after {}`", shown(cursor)));
    }
    Ok(Ending::Fine)
}

fn table(page: &[Entry], currency: Option<&str>) -> Result<Table, Failure> {
    let mut table =
        Table::new([Column::number("VERSION"), Column::word("TIME"), Column::word("EVENT"), Column::text("WHAT")]);
    for entry in page {
        let event = EventRecord::from_json(entry.json().as_bytes()).map_err(|error| Failure::of(&error))?;
        let circumstances = &event.circumstances;
        let time = circumstances.happened_at.or(circumstances.recorded_at);
        let mut cells = vec![
            count(event.version),
            time.map_or_else(String::new, |time| time.to_string()),
            shown(&event.name).into_owned(),
        ];
        cells.push(what(event, currency));
        table.row(cells);
    }
    Ok(table)
}

/// What happened, in words; for an event that this build does not know, its data.
pub(super) fn what(event: EventRecord, currency: Option<&str>) -> String {
    let data = event.data.to_string();
    match event.decode::<CartEvent>().map(|event| event.event) {
        Ok(Stored::Known(event)) => in_words(&event, currency),
        Ok(Stored::Unknown { .. }) | Err(_) => shown(&data).into_owned(),
    }
}

fn in_words(event: &CartEvent, currency: Option<&str>) -> String {
    match event {
        CartEvent::CartOpened(opened) => {
            let currency = opened.currency.as_deref().map(|code| format!("in {}", shown(code)));
            let owner = opened.owner_ref.as_deref().map(|owner| format!("by {}", shown(owner)));
            [currency, owner].into_iter().flatten().collect::<Vec<_>>().join(" ")
        }
        CartEvent::CartClaimed(claimed) => format!("by {}", shown(&claimed.owner_ref)),
        CartEvent::ItemAdded(added) => {
            let price = added.price.map(|price| format!(" at {}", price_in_words(price, currency)));
            let sku = added.sku.as_deref().filter(|sku| *sku != added.item_name);
            let sku = sku.map(|sku| format!(" ({})", shown(sku)));
            let quantity = count(added.quantity.get());
            let name = shown(&added.item_name);
            format!("{quantity} x {name}{}{}", sku.unwrap_or_default(), price.unwrap_or_default())
        }
        CartEvent::ItemQuantityChanged(changed) => {
            format!("{} is now {}", shown(&changed.sku), count(changed.quantity.get()))
        }
        CartEvent::ItemRemoved(removed) => shown(&removed.sku).into_owned(),
        CartEvent::DiscountApplied(applied) => {
            format!("{}: {}", shown(&applied.code), rule_in_words(&applied.rule, currency))
        }
        CartEvent::DiscountRemoved(removed) => shown(&removed.code).into_owned(),
        CartEvent::CartClosed(closed) => match closed.reason {
            Some(CloseReason::CheckedOut) => "checked out".into(),
            Some(CloseReason::Abandoned) => "abandoned".into(),
            Some(CloseReason::Discarded) => "discarded".into(),
            None => String::new(),
        },
    }
}
