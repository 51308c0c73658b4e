//! `tillroll state`: one cart, now or at any moment of its life.

use tillroll_core::cart::CartView;
use tillroll_core::cart::rule::Rule;
use tillroll_core::cart::view::Status;
use tillroll_core::money::Price;

use super::Session;
use super::cart::{CartName, Moment, State};
use super::failure::{Ending, Failure};
use super::output::{Output, count, money, money_with_code, shown};
use super::table::{Column, Table};

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  tillroll state 0b5e8a8e-6d0f-5c53-9a4e-6f3f1c9d9f21 --at 3")]
pub(crate) struct Arguments {
    /// The cart's id
    #[arg(value_name = "CART")]
    cart: CartName,
    /// As it was then: a version, or a time such as 2017-01-31T12:00:00Z
    #[arg(long, value_name = "VERSION|TIME", allow_negative_numbers = true)]
    at: Option<Moment>,
}

pub(crate) async fn run(arguments: Arguments, session: &Session) -> Result<Ending, Failure> {
    let state = State::fetch(session.client(), arguments.cart.id()?, arguments.at).await?;
    let mut output = Output::new();
    if session.json() {
        output.line(state.json())?;
    } else {
        output.text(&page(&state.view()?))?;
    }
    output.end()?;
    Ok(Ending::Fine)
}

/// The cart as a receipt.
pub(crate) fn page(cart: &CartView) -> String {
    let currency = cart.currency.as_deref();
    let mut facts = Table::new([Column::word(""), Column::word("")]);
    facts.row(["cart".into(), cart.cart_id.to_string()]);
    facts.row(["status".into(), if cart.status == Status::Open { "open".into() } else { "closed".into() }]);
    facts.row(["version".into(), count(cart.version)]);
    facts.row(["currency".into(), currency.map_or("none".into(), |code| shown(code).into_owned())]);
    if let Some(owner) = &cart.owner_ref {
        facts.row(["owner".into(), shown(owner).into_owned()]);
    }
    if cart.unknown_events > 0 {
        let note =
            format!("{}, which this build does not know: they are not in what follows", count(cart.unknown_events));
        facts.row(["unknown events".into(), note]);
    }
    facts.row(["state hash".into(), cart.state_hash.to_string()]);

    let mut page = facts.render();
    if !cart.lines.is_empty() {
        page = page + "\n" + &lines(cart).render();
    }
    page + "\n" + &totals(cart).render()
}

fn lines(cart: &CartView) -> Table {
    let currency = cart.currency.as_deref();
    let mut table = Table::new([
        Column::text("SKU"),
        Column::text("ITEM"),
        Column::number("QUANTITY"),
        Column::number("PRICE"),
        Column::number("TOTAL"),
    ]);
    for line in &cart.lines {
        table.row([
            shown(&line.sku).into_owned(),
            shown(&line.item_name).into_owned(),
            count(line.quantity.get()),
            line.price.map_or_else(String::new, |price| price_in_words(price, currency)),
            money(line.total_minor.get().into(), currency),
        ]);
    }
    table
}

fn totals(cart: &CartView) -> Table {
    let currency = cart.currency.as_deref();
    let mut table = Table::new([Column::text(""), Column::text(""), Column::number("")]);
    table.row(["subtotal".into(), String::new(), money(cart.subtotal_minor.get().into(), currency)]);
    for discount in &cart.discounts {
        let taken = -i128::from(discount.amount_minor.get());
        let rule = rule_in_words(&discount.rule, currency);
        table.row([format!("discount {}", shown(&discount.code)), rule, money(taken, currency)]);
    }
    table.row(["total".into(), String::new(), money_with_code(cart.total_minor.get().into(), currency)]);
    table
}

/// `1.25`, or `10.00 for 3`.
pub(crate) fn price_in_words(price: Price, currency: Option<&str>) -> String {
    let amount = money(price.minor.get().into(), currency);
    match price.per.get() {
        1 => amount,
        per => format!("{amount} for {}", count(per)),
    }
}

/// `10 % off`, `5.00 off milk from 20.00`.
pub(crate) fn rule_in_words(rule: &Rule, currency: Option<&str>) -> String {
    let off = match rule {
        Rule::PercentOff { basis_points, .. } => match (basis_points / 100, basis_points % 100) {
            (percent, 0) => format!("{percent} % off"),
            (percent, rest) => format!("{percent}.{rest:02} % off"),
        },
        Rule::AmountOff { minor, .. } => format!("{} off", money(minor.get().into(), currency)),
    };
    let item = rule.sku().map(|sku| format!(" {}", shown(sku))).unwrap_or_default();
    let from = match rule.min_subtotal().get() {
        0 => String::new(),
        minor => format!(" from {}", money(minor.into(), currency)),
    };
    off + &item + &from
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

    use super::*;

    #[test]
    fn a_state_reads_as_a_receipt() {
        let state = r#"{
            "cart_id": "0b5e8a8e-6d0f-5c53-9a4e-6f3f1c9d9f21", "status": "closed", "version": 5, "currency": "USD",
            "owner_ref": null, "unknown_events": 0, "state_hash": "0123456789abcdef",
            "lines": [
                {"sku": "milk", "item_name": "Milk\u202e", "quantity": 3, "price": {"minor": 1000, "per": 3}, "total_minor": 1000},
                {"sku": "bag", "item_name": "Bag", "quantity": 1, "price": null, "total_minor": 0}
            ],
            "discounts": [{"code": "TEN", "rule": {"kind": "percent_off", "basis_points": 1000}, "amount_minor": 100}],
            "subtotal_minor": 1000, "discount_minor": 100, "total_minor": 900
        }"#;
        let expected = "\
cart        0b5e8a8e-6d0f-5c53-9a4e-6f3f1c9d9f21
status      closed
version     5
currency    USD
state hash  0123456789abcdef

SKU   ITEM          QUANTITY        PRICE  TOTAL
milk  Milk\\u{202e}         3  10.00 for 3  10.00
bag   Bag                  1                0.00

subtotal                   10.00
discount TEN  10 % off     -1.00
total                   USD 9.00
";
        assert_eq!(page(&serde_json::from_str(state).unwrap()), expected);
    }

    #[test]
    fn rules_read_as_people_say_them() {
        let cases = [
            (r#"{"kind":"percent_off","basis_points":1250}"#, "12.50 % off"),
            (r#"{"kind":"percent_off","basis_points":500,"sku":"milk"}"#, "5 % off milk"),
            (r#"{"kind":"amount_off","minor":500,"min_subtotal_minor":2000}"#, "5.00 off from 20.00"),
        ];
        for (rule, words) in cases {
            assert_eq!(rule_in_words(&serde_json::from_str(rule).unwrap(), Some("EUR")), words);
        }
    }
}
