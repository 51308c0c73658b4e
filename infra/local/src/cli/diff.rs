//! `tillroll diff`: what is different between two versions of a cart.

use serde::Deserialize;
use serde_json::Value;
use tillroll_core::timeline::Pointer;

use super::Session;
use super::cart::{CartName, Moment, no_such_cart, not_then};
use super::failure::{Ending, Failure, say};
use super::output::{Output, count, money, shown};
use super::table::{Column, Table};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Version 0 is before the first event. The first version may be the later one.

Example:
  tillroll diff 0b5e8a8e-6d0f-5c53-9a4e-6f3f1c9d9f21 3 7")]
pub(crate) struct Arguments {
    /// The cart's id
    #[arg(value_name = "CART")]
    cart: CartName,
    /// From this version
    #[arg(value_name = "A")]
    from: u64,
    /// To this one
    #[arg(value_name = "B")]
    to: u64,
}

#[derive(Deserialize)]
struct Difference {
    currency: Option<String>,
    changes: Vec<Change>,
}

#[derive(Deserialize)]
struct Change {
    path: String,
    from: Value,
    to: Value,
}

pub(crate) async fn run(arguments: Arguments, session: &Session) -> Result<Ending, Failure> {
    let Arguments { cart, from, to } = arguments;
    let (client, cart) = (session.client(), cart.id()?);
    let query = [("from", from.to_string()), ("to", to.to_string())];
    let answer = client.get(&format!("/carts/{cart}/diff"), &query).await?;
    match answer.problem().code.as_str() {
        "cart_not_found" => return Err(no_such_cart(&cart.to_string())),
        "version_not_found" => return Err(not_then(client, cart, Moment::Version(from.max(to))).await?),
        _ => {}
    }
    let answer = answer.accepted()?;
    let mut output = Output::new();
    if session.json() {
        output.bytes(&answer.body)?;
        output.text("\n")?;
    } else {
        let difference: Difference = answer.read()?;
        if difference.changes.is_empty() {
            say(&format!("versions {} and {} are alike", count(from), count(to)));
        } else {
            output.text(&table(&difference).render())?;
        }
    }
    output.end()?;
    Ok(Ending::Fine)
}

fn table(difference: &Difference) -> Table {
    let mut table = Table::new([Column::text("WHAT"), Column::text("FROM"), Column::text("TO")]);
    for change in &difference.changes {
        let place = change.path.parse::<Pointer>().unwrap_or_default();
        let place: Vec<_> = place.segments().iter().map(String::as_str).collect();
        let cell = |value| in_words(&place, value, difference.currency.as_deref());
        table.row([named(&place), cell(&change.from), cell(&change.to)]);
    }
    table
}

/// A place of a state as people call it.
pub(crate) fn named(place: &[&str]) -> String {
    match place {
        ["lines"] => "order of the lines".into(),
        ["discounts"] => "order of the discounts".into(),
        ["lines", sku, rest @ ..] => below(sku, rest),
        ["discounts", code, rest @ ..] => below(&format!("discount {code}"), rest),
        ["subtotal_minor"] => "subtotal".into(),
        ["discount_minor"] => "discounts".into(),
        ["total_minor"] => "total".into(),
        rest => shown(&rest.join(" ")).replace('_', " "),
    }
}

fn below(whole: &str, rest: &[&str]) -> String {
    let part = match rest {
        [] => "",
        ["total_minor"] => " total",
        ["price"] | ["price", "minor"] => " price",
        ["price", "per"] => " price is for",
        ["amount_minor"] => " takes off",
        ["item_name"] => " name",
        other => return format!("{} {}", shown(whole), shown(&other.join(" ")).replace('_', " ")),
    };
    format!("{}{part}", shown(whole))
}

/// A value as people write it, by the place it stands at.
pub(crate) fn in_words(place: &[&str], value: &Value, currency: Option<&str>) -> String {
    let is_money = place.last().is_some_and(|name| *name == "minor" || name.ends_with("_minor"));
    match value {
        Value::Null => "-".into(),
        Value::Number(number) => match number.as_u64() {
            Some(minor) if is_money => money(minor.into(), currency),
            Some(number) => count(number),
            None => number.to_string(),
        },
        Value::String(text) => shown(text).into_owned(),
        Value::Array(keys) => {
            let keys = keys.iter().map(|key| in_words(&[], key, currency));
            keys.collect::<Vec<_>>().join(", ")
        }
        Value::Object(members) => object_in_words(place, members, currency),
        Value::Bool(truth) => truth.to_string(),
    }
}

fn object_in_words(place: &[&str], members: &serde_json::Map<String, Value>, currency: Option<&str>) -> String {
    let word = |name: &str| members.get(name).map(|value| in_words(&[name], value, currency)).unwrap_or_default();
    match place {
        ["lines", _] => format!("{} {}, {}", word("quantity"), word("item_name"), word("total_minor")),
        ["discounts", _] => word("amount_minor"),
        _ if members.contains_key("per") => match word("per").as_str() {
            "1" => word("minor"),
            per => format!("{} for {per}", word("minor")),
        },
        _ => shown(&Value::Object(members.clone()).to_string()).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;

    #[test]
    fn differences_read_as_a_shop_speaks() {
        let line = |quantity: u64| serde_json::json!({"sku": "tea", "item_name": "Tea\u{1b}", "quantity": quantity, "price": null, "total_minor": 990});
        let body = serde_json::json!({"currency": "EUR", "changes": [
            {"path": "/status", "from": null, "to": "open"},
            {"path": "/owner_ref", "from": null, "to": "own_1"},
            {"path": "/lines/milk/quantity", "from": 1, "to": 2_000},
            {"path": "/lines/milk/price/minor", "from": 100, "to": 120},
            {"path": "/lines/a~1b/price", "from": null, "to": {"minor": 1_000, "per": 3}},
            {"path": "/lines/tea", "from": null, "to": line(2)},
            {"path": "/lines", "from": ["milk", "tea"], "to": ["tea", "milk"]},
            {"path": "/discounts/TEN/amount_minor", "from": 0, "to": 105},
            {"path": "/total_minor", "from": 100_000, "to": 123_456},
        ]});
        let expected = "\
WHAT                    FROM       TO
status                  -          open
owner ref               -          own_1
milk quantity           1          2,000
milk price              1.00       1.20
a/b price               -          10.00 for 3
tea                     -          2 Tea\\u{1b}, 9.90
order of the lines      milk, tea  tea, milk
discount TEN takes off  0.00       1.05
total                   1,000.00   1,234.56
";
        assert_eq!(table(&serde_json::from_value(body).unwrap()).render(), expected);
    }
}
