//! What somebody writes to say what happens instead, or what is asked for: `set oat-milk 3`.

use serde_json::{Map, Value, json};
use tillroll_core::cart::{CartEvent, CartRequest, CartView};
use tillroll_core::id::StreamId;
use tillroll_host_lambda::record::EventRecord;

use super::super::output::{money, shown};

/// What the prompt says about itself.
pub(super) const SYNTAX: &str =
    "add 2 Oat milk at 1.99, set oat-milk 3, remove oat-milk, discount SAVE10 10%, undiscount SAVE10, close abandoned";

/// A phrase that was understood: as a command, and as the event that would follow from it.
#[derive(Debug, PartialEq)]
pub(super) struct Phrase {
    command: &'static str,
    event: &'static str,
    data: Map<String, Value>,
}

impl Phrase {
    /// Reads a phrase. What it leaves open of an item is what the cart has.
    pub(super) fn read(text: &str, cart: Option<&CartView>) -> Result<Self, String> {
        let text = text.trim();
        let (verb, rest) = text.split_once(' ').unwrap_or((text, ""));
        let rest = rest.trim();
        let need = |what: &str| if rest.is_empty() { Err(format!("{verb} what? {what}")) } else { Ok(()) };
        let (command, event, data) = match verb.to_lowercase().as_str() {
            "add" => {
                need("add 2 Oat milk at 1.99")?;
                ("AddItem", "ItemAdded", added(rest, cart)?)
            }
            "set" => {
                let (sku, quantity) = rest.rsplit_once(' ').ok_or("set which line to what? set oat-milk 3")?;
                let quantity = whole(quantity).ok_or_else(|| format!("{} is no quantity", shown(quantity)))?;
                (
                    "ChangeQuantity",
                    "ItemQuantityChanged",
                    json!({"sku": sku_of(sku.trim(), cart), "quantity": quantity}),
                )
            }
            "remove" => {
                need("remove oat-milk")?;
                ("RemoveItem", "ItemRemoved", json!({"sku": sku_of(rest, cart)}))
            }
            "discount" => {
                need("discount SAVE10 10%")?;
                ("ApplyDiscount", "DiscountApplied", discount(rest)?)
            }
            "undiscount" => {
                need("undiscount SAVE10")?;
                ("RemoveDiscount", "DiscountRemoved", json!({"code": rest}))
            }
            "close" if rest.is_empty() => ("CloseCart", "CartClosed", json!({})),
            "close" => ("CloseCart", "CartClosed", json!({"reason": rest.replace(' ', "_")})),
            _ => return Err(format!("nothing begins with {}; write {SYNTAX}", shown(verb))),
        };
        let Value::Object(data) = data else { return Err("that cannot be said".to_owned()) };
        Ok(Self { command, event, data })
    }

    /// As the command, and as JSON has it.
    pub(super) fn request(self) -> Result<(CartRequest, Value), String> {
        let Self { command, data, .. } = self;
        let data = Value::Object(data);
        let request = CartRequest::deserialize_data(command, &data).map_err(|error| error.to_string())?;
        let request = request.ok_or_else(|| format!("there is no {command}"))?;
        Ok((request, json!({"type": command, "data": data})))
    }

    /// As the event, and as JSON has it.
    pub(super) fn event(self, cart: StreamId) -> Result<(CartEvent, Value), String> {
        use tillroll_core::aggregate::Event as _;
        let Self { event: name, mut data, .. } = self;
        if name == "DiscountApplied" && !data.contains_key("rule") {
            return Err("an event says what a discount does: discount SAVE10 10%".to_owned());
        }
        data.insert("shopping_cart_uuid".to_owned(), json!(cart));
        let data = Value::Object(data);
        let event = CartEvent::deserialize_data(name, &data).map_err(|error| error.to_string())?;
        let event = event.ok_or_else(|| format!("there is no {name}"))?;
        Ok((event, json!({"type": name, "data": data})))
    }
}

/// An event as a phrase, to be changed; empty for one that has no phrase.
pub(super) fn of(event: &EventRecord, currency: Option<&str>) -> String {
    let text = |name: &str| event.data.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let quantity = event.data.get("quantity").and_then(Value::as_u64).unwrap_or(1);
    match event.name.as_str() {
        "ItemAdded" => {
            let price = event.data.get("price").filter(|price| price.get("per").is_none_or(|per| *per == 1));
            let minor = price.and_then(|price| price.get("minor")?.as_i64());
            let at = minor.map(|minor| format!(" at {}", money(minor.into(), currency))).unwrap_or_default();
            format!("add {quantity} {}{at}", text("item_name"))
        }
        "ItemQuantityChanged" => format!("set {} {quantity}", text("sku")),
        "ItemRemoved" => format!("remove {}", text("sku")),
        "DiscountApplied" => {
            let points = event.data.pointer("/rule/basis_points").and_then(Value::as_u64);
            let percent = points.map(|points| format!(" {}%", points / 100)).unwrap_or_default();
            format!("discount {}{percent}", text("code"))
        }
        "DiscountRemoved" => format!("undiscount {}", text("code")),
        "CartClosed" => format!("close {}", text("reason")).trim_end().to_owned(),
        _ => String::new(),
    }
}

/// `2 Oat milk at 1.99`
fn added(text: &str, cart: Option<&CartView>) -> Result<Value, String> {
    let (text, price) = match text.rsplit_once(" at ") {
        Some((item, price)) => {
            let minor = amount(price.trim(), cart.and_then(|cart| cart.currency.as_deref()));
            (item.trim(), Some(minor.ok_or_else(|| format!("{} is no price; write 1.99", shown(price)))?))
        }
        None => (text, None),
    };
    let (quantity, name) = match text.split_once(' ').and_then(|(first, rest)| Some((whole(first)?, rest.trim()))) {
        Some(both) => both,
        None => (1, text),
    };
    let line = cart.and_then(|cart| cart.lines.iter().find(|line| line.sku == name || line.item_name == name));
    let mut data = json!({"item_name": name, "quantity": quantity});
    if let Some(line) = line {
        data["item_name"] = json!(line.item_name);
        data["sku"] = json!(line.sku);
        data["price"] = json!(line.price);
    }
    if let Some(minor) = price {
        data["price"] = json!({"minor": minor});
    }
    if data.get("price").is_some_and(Value::is_null)
        && let Value::Object(members) = &mut data
    {
        members.remove("price");
    }
    Ok(data)
}

/// `SAVE10`, or `SAVE10 10%`
fn discount(text: &str) -> Result<Value, String> {
    let Some((code, percent)) = text.rsplit_once(' ').filter(|(_, last)| last.ends_with('%')) else {
        return Ok(json!({"code": text}));
    };
    let points = amount(percent.trim_end_matches('%'), None).filter(|points| (1..=10_000).contains(points));
    let points = points.ok_or_else(|| format!("{} is no share; write 10%", shown(percent)))?;
    Ok(json!({"code": code.trim(), "rule": {"kind": "percent_off", "basis_points": points}}))
}

/// A line by its sku, or by its name where that is what somebody writes.
fn sku_of(text: &str, cart: Option<&CartView>) -> String {
    let line = cart.and_then(|cart| cart.lines.iter().find(|line| line.sku != text && line.item_name == text));
    line.map_or_else(|| text.to_owned(), |line| line.sku.to_string())
}

fn whole(text: &str) -> Option<i64> {
    text.parse().ok().filter(|number| *number >= 0)
}

/// `1.99` in the smallest unit of the currency.
fn amount(text: &str, currency: Option<&str>) -> Option<i64> {
    // As many places as amounts are shown with.
    let places = money(1, currency).split_once('.').map_or(0, |(_, places)| places.len());
    let (units, part) = text.split_once('.').unwrap_or((text, ""));
    if part.len() > places || !part.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    whole(&format!("{units}{part:0<places$}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_writes_is_a_command_and_an_event() {
        for (text, command, data) in [
            (
                "add 2 Oat milk at 1.99",
                "AddItem",
                json!({"item_name": "Oat milk", "quantity": 2, "price": {"minor": 199}}),
            ),
            ("add Oat milk", "AddItem", json!({"item_name": "Oat milk", "quantity": 1})),
            ("set oat-milk 3", "ChangeQuantity", json!({"sku": "oat-milk", "quantity": 3})),
            ("remove oat-milk", "RemoveItem", json!({"sku": "oat-milk"})),
            ("discount SAVE10", "ApplyDiscount", json!({"code": "SAVE10"})),
            (
                "Discount SAVE10 12.5%",
                "ApplyDiscount",
                json!({"code": "SAVE10", "rule": {"kind": "percent_off", "basis_points": 1_250}}),
            ),
            ("undiscount SAVE10", "RemoveDiscount", json!({"code": "SAVE10"})),
            ("close", "CloseCart", json!({})),
            ("close checked out", "CloseCart", json!({"reason": "checked_out"})),
        ] {
            let said = Phrase::read(text, None).and_then(Phrase::request).map(|(_, json)| json);
            assert_eq!(said, Ok(json!({"type": command, "data": data})), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_understood_is_said_with_what_can() {
        for (text, says) in [
            ("", "write add 2 Oat milk"),
            ("buy milk", "nothing begins with buy"),
            ("set oat-milk", "set oat-milk 3"),
            ("set oat-milk many", "many is no quantity"),
            ("add", "add 2 Oat milk"),
            ("add milk at 1.999", "1.999 is no price"),
            ("discount SAVE10 200%", "200% is no share"),
            ("close whenever", "unknown variant"),
        ] {
            let said = Phrase::read(text, None).and_then(Phrase::request).map(|_| ());
            assert!(said.as_ref().is_err_and(|said| said.contains(says)), "{text}: {said:?}");
        }
    }
}
