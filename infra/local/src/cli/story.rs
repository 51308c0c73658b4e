//! A cart's story in the words of somebody who works in a shop: what was done, when, and what it cost.
//!
//! Told from the events alone, so a file tells the same story as the running system. Texts from outside are fit for a
//! terminal, see [`shown`].

use serde::Serialize;
use tillroll_core::aggregate::Versioned;
use tillroll_core::cart::event::{CloseReason, DiscountApplied, ItemAdded, ItemQuantityChanged};
use tillroll_core::cart::pricing::price;
use tillroll_core::cart::state::{Contents, Line};
use tillroll_core::cart::{Cart, CartEvent, CartView};
use tillroll_core::recorded::{Recorded, Stored};
use tillroll_core::time::Timestamp;
use tillroll_host_lambda::record::EventRecord;

use super::failure::Failure;
use super::output::{count, counted, money, money_with_code, shown};
use super::state::rule_in_words;

/// As many items added by an import in one minute are told in one sentence.
const BURST_MIN: usize = 4;
/// Items that such a sentence names.
const BURST_NAMES_MAX: usize = 5;
/// `source` of imported events begins so.
const IMPORTED: &str = "tillroll:import:";

/// What a cart went through, and how it stood at the end.
#[derive(Debug)]
pub(crate) struct Story {
    pub(crate) cart: Versioned<Cart>,
    pub(crate) sentences: Vec<Sentence>,
}

/// One thing that happened; several for a burst.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Sentence {
    first_version: u64,
    last_version: u64,
    at: Option<Timestamp>,
    text: String,
}

impl Story {
    /// The story that a cart's events tell, from the first one on.
    pub(crate) fn of(events: &[EventRecord]) -> Result<Self, Failure> {
        let Some(first) = events.first() else { return Err(Failure::new("there are no events to tell of")) };
        let mut cart = Versioned::<Cart>::new(first.stream);
        let mut sentences = Vec::new();
        let mut rest = events;
        while let Some(event) = rest.first() {
            let burst = burst(rest);
            let (sentence, told) = if burst.len() >= BURST_MIN && matches!(cart.state(), Cart::Open(_)) {
                (tell_burst(&mut cart, burst)?, burst.len())
            } else {
                (tell_one(&mut cart, event)?, 1)
            };
            sentences.push(sentence);
            rest = rest.get(told..).unwrap_or_default();
        }
        Ok(Self { cart, sentences })
    }

    /// How the cart stood at the end of the story.
    pub(crate) fn view(&self) -> Option<CartView> {
        CartView::of(&self.cart)
    }

    /// The story as a page: the day once, then the minute and what happened.
    pub(crate) fn page(&self) -> String {
        let mut page = format!("Cart {}{}. Times are in UTC.\n", self.cart.head().stream, self.prices());
        let mut day = None;
        for sentence in &self.sentences {
            let today = sentence.at.map(Timestamp::date);
            if today.is_some() && today != day {
                page = page + "\n" + &today.map_or_else(String::new, date_in_words) + "\n";
                day = today;
            }
            let time = sentence.at.map_or_else(|| "--:--".to_owned(), minute);
            page = page + "  " + &time + "  " + &sentence.text + "\n";
        }
        page + "\n" + &self.ending() + "\n"
    }

    fn prices(&self) -> String {
        let currency = currency(self.cart.state());
        currency.map_or_else(String::new, |code| format!(", prices in {}", shown(code)))
    }

    /// How it stands, in one sentence.
    fn ending(&self) -> String {
        let version = count(self.cart.head().version);
        let Some(view) = self.view() else { return format!("At version {version} nobody had opened it.") };
        let pieces = view.lines.iter().fold(0_u64, |sum, line| sum.saturating_add(line.quantity.get()));
        let total = money_with_code(view.total_minor.get().into(), view.currency.as_deref());
        let status = if matches!(self.cart.state(), Cart::Closed(..)) { "closed" } else { "open" };
        let held = format!("{} in {}", counted(pieces, "piece"), counted(view.lines.len() as u64, "line"));
        format!("At version {version} it is {status} with {held}, total {total}.")
    }

    /// The story as `--json` prints it.
    pub(crate) fn sentences(&self) -> &[Sentence] {
        &self.sentences
    }
}

/// The items at the front that an import added within one minute.
fn burst(events: &[EventRecord]) -> &[EventRecord] {
    let Some(first) = events.first() else { return events };
    let length = events.iter().take_while(|event| {
        let imported = event.circumstances.source.as_deref().is_some_and(|source| source.starts_with(IMPORTED));
        imported && event.name == "ItemAdded" && at(event).map(minute_of) == at(first).map(minute_of)
    });
    events.get(..length.count()).unwrap_or_default()
}

fn tell_burst(cart: &mut Versioned<Cart>, events: &[EventRecord]) -> Result<Sentence, Failure> {
    let before = subtotal(cart.state());
    let mut items = Vec::new();
    for event in events {
        if let Stored::Known(CartEvent::ItemAdded(added)) = &step(cart, event)?.event
            && items.len() < BURST_NAMES_MAX
        {
            items.push(format!("{} {}", count(added.quantity.get()), shown(&added.item_name)));
        }
    }
    let more = events.len().saturating_sub(items.len()) as u64;
    let more = if more == 0 { String::new() } else { format!(", and {} more", count(more)) };
    let cost = money(subtotal(cart.state()) - before, currency(cart.state()));
    let (first, last) = (events.first(), events.last());
    let version = |event: Option<&EventRecord>| event.map_or(0, |event| event.version);
    let text = format!("added {} ({cost}): {}{more}", counted(events.len() as u64, "item"), items.join(", "));
    Ok(Sentence { first_version: version(first), last_version: version(last), at: first.and_then(at), text })
}

fn tell_one(cart: &mut Versioned<Cart>, record: &EventRecord) -> Result<Sentence, Failure> {
    let before = cart.state().clone();
    let recorded = step(cart, record)?;
    let text = sentence(&before, cart.state(), &recorded.event);
    Ok(Sentence { first_version: record.version, last_version: record.version, at: at(record), text })
}

/// What an event did to a cart, as one sentence.
pub(crate) fn sentence(before: &Cart, after: &Cart, event: &Stored<CartEvent>) -> String {
    match event {
        Stored::Unknown { name } => format!("{}: something that this build does not know", shown(name)),
        Stored::Known(event) if after == before => format!("{}, which changed nothing", attempt(event)),
        Stored::Known(event) => Told { before, after }.sentence(event),
    }
}

fn step(cart: &mut Versioned<Cart>, record: &EventRecord) -> Result<Recorded<CartEvent>, Failure> {
    let recorded = record.clone().decode::<CartEvent>().map_err(|error| Failure::of(&error))?;
    cart.replay(&recorded).map_err(|error| Failure::of(&error))?;
    Ok(recorded)
}

/// What was tried, where nothing came of it.
fn attempt(event: &CartEvent) -> String {
    match event {
        CartEvent::CartOpened(_) => "opened again".into(),
        CartEvent::CartClaimed(claimed) => format!("taken over by {}", shown(&claimed.owner_ref)),
        CartEvent::ItemAdded(added) => format!("added {}", shown(&added.item_name)),
        CartEvent::ItemQuantityChanged(changed) => {
            format!("set {} to {}", shown(&changed.sku), count(changed.quantity.get()))
        }
        CartEvent::ItemRemoved(removed) => format!("took out {}", shown(&removed.sku)),
        CartEvent::DiscountApplied(applied) => format!("entered discount {}", shown(&applied.code)),
        CartEvent::DiscountRemoved(removed) => format!("took out discount {}", shown(&removed.code)),
        CartEvent::CartClosed(_) => "closed again".into(),
    }
}

/// A change, told from what was before it and what is after it.
struct Told<'a> {
    before: &'a Cart,
    after: &'a Cart,
}

impl Told<'_> {
    fn sentence(&self, event: &CartEvent) -> String {
        match event {
            CartEvent::CartOpened(_) => "opened".into(),
            CartEvent::CartClaimed(claimed) => format!("taken over by {}", shown(&claimed.owner_ref)),
            CartEvent::ItemAdded(added) => self.added(added),
            CartEvent::ItemQuantityChanged(changed) => self.quantity_changed(changed),
            CartEvent::ItemRemoved(removed) => {
                let line = line(self.before, &removed.sku);
                let quantity = line.map_or(0, |line| line.quantity.get());
                let name = line.map_or(removed.sku.as_str(), |line| &line.item_name);
                format!("took out {} {} ({})", count(quantity), shown(name), self.money(-line_cost(self.before, line)))
            }
            CartEvent::DiscountApplied(applied) => self.discount_applied(applied),
            CartEvent::DiscountRemoved(removed) => {
                let gained = total(self.after) - total(self.before);
                format!("discount {} taken out: +{}", shown(&removed.code), self.money(gained))
            }
            CartEvent::CartClosed(closed) => {
                let how = match closed.reason {
                    Some(CloseReason::CheckedOut) => "closed, checked out",
                    Some(CloseReason::Abandoned) => "closed, abandoned",
                    Some(CloseReason::Discarded) => "closed, thrown away",
                    None => "closed",
                };
                format!("{how}: total {}", money_with_code(total(self.after), currency(self.after)))
            }
        }
    }

    fn added(&self, added: &ItemAdded) -> String {
        let line_before = line(self.before, added.line_sku());
        let line_after = line(self.after, added.line_sku());
        let name = shown(line_after.map_or(added.item_name.as_str(), |line| &line.item_name)).into_owned();
        let quantity = count(added.quantity.get());
        let cost = self.cost_in_brackets(line_after);
        match (line_before, line_after) {
            (Some(_), Some(now)) => format!("added {quantity} more {name}, now {}{cost}", count(now.quantity.get())),
            _ => format!("added {quantity} {name}{cost}"),
        }
    }

    fn quantity_changed(&self, changed: &ItemQuantityChanged) -> String {
        let (then, now) = (line(self.before, &changed.sku), line(self.after, &changed.sku));
        let name = now.map_or(changed.sku.as_str(), |line| &line.item_name);
        let quantity = |line: Option<&Line>| count(line.map_or(0, |line| line.quantity.get()));
        format!("{}: {} instead of {}{}", shown(name), quantity(now), quantity(then), self.cost_in_brackets(now))
    }

    fn discount_applied(&self, applied: &DiscountApplied) -> String {
        let rule = rule_in_words(&applied.rule, currency(self.after));
        let taken = total(self.before) - total(self.after);
        let effect = if taken == 0 { "nothing yet".to_owned() } else { self.money(-taken) };
        format!("discount {} ({rule}) applied: {effect}", shown(&applied.code))
    }

    /// What the line costs now; nothing where nobody stated a price.
    fn cost_in_brackets(&self, line: Option<&Line>) -> String {
        let priced = line.filter(|line| line.price.is_some());
        priced.map_or_else(String::new, |_| format!(" ({})", self.money(line_cost(self.after, line))))
    }

    fn money(&self, minor: i128) -> String {
        money(minor, currency(self.after))
    }
}

pub(crate) fn currency(cart: &Cart) -> Option<&str> {
    cart.contents().and_then(|contents| contents.currency.as_deref())
}

fn line<'a>(cart: &'a Cart, sku: &str) -> Option<&'a Line> {
    cart.contents().and_then(|contents: &Contents| contents.line(sku))
}

fn line_cost(cart: &Cart, line: Option<&Line>) -> i128 {
    let cost = line.zip(cart.contents()).and_then(|(line, contents)| {
        let place = contents.lines.iter().position(|each| each.sku == line.sku)?;
        price(contents).lines.get(place).map(|minor| minor.get())
    });
    cost.unwrap_or_default().into()
}

/// What is to pay.
pub(crate) fn total(cart: &Cart) -> i128 {
    cart.contents().map_or(0, |contents| price(contents).total.get().into())
}

fn subtotal(cart: &Cart) -> i128 {
    cart.contents().map_or(0, |contents| price(contents).subtotal.get().into())
}

/// When it happened, or else when it was written down.
pub(crate) fn at(event: &EventRecord) -> Option<Timestamp> {
    event.circumstances.happened_at.or(event.circumstances.recorded_at)
}

fn minute_of(at: Timestamp) -> i64 {
    at.unix_ms().div_euclid(60_000)
}

/// `09:05`.
fn minute(at: Timestamp) -> String {
    format!("{:02}:{:02}", at.hour(), minute_of(at).rem_euclid(60))
}

/// `31 January 2024`.
fn date_in_words((year, month, day): (i64, i64, i64)) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let month = usize::try_from(month - 1).ok().and_then(|index| MONTHS.get(index)).unwrap_or(&"");
    format!("{day} {month} {year}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use serde_json::{Value, json};

    use super::*;

    const CART: &str = "0b5e8a8e-6d0f-5c53-9a4e-6f3f1c9d9f21";

    fn events(source: &str, told: &[(&str, &str, Value)]) -> Vec<EventRecord> {
        let event = |(version, (time, name, data)): (u64, &(&str, &str, Value))| {
            let mut data = data.clone();
            data.as_object_mut().unwrap().insert("shopping_cart_uuid".to_owned(), json!(CART));
            let event = json!({
                "id": CART, "source": source, "type": format!("tillroll.cart.{name}"), "subject": CART,
                "sequence": version, "time": format!("2024-01-{time}Z"), "data": data,
            });
            EventRecord::from_json(event.to_string().as_bytes()).unwrap()
        };
        (1..).zip(told).map(event).collect()
    }

    fn milk(quantity: u64) -> Value {
        json!({"item_name": "Oat milk", "sku": "milk", "quantity": quantity, "price": {"minor": 199}})
    }

    #[test]
    fn a_cart_s_story_is_told_in_plain_words() {
        let ten = json!({"code": "SAVE10", "rule": {"kind": "percent_off", "basis_points": 1000}});
        let later = json!({"code": "BIG", "rule": {"kind": "amount_off", "minor": 500, "min_subtotal_minor": 10_000}});
        let told = [
            ("31T10:02:00", "CartOpened", json!({"currency": "EUR"})),
            ("31T10:02:30", "ItemAdded", milk(2)),
            ("31T10:03:00", "ItemAdded", milk(1)),
            ("31T10:04:00", "ItemAdded", json!({"item_name": "Bag\u{202e}", "quantity": 1})),
            ("31T10:05:00", "DiscountApplied", ten),
            ("31T10:05:01", "DiscountApplied", later),
            ("31T10:06:00", "ItemQuantityChanged", json!({"sku": "milk", "quantity": 1})),
            ("31T10:06:30", "ItemQuantityChanged", json!({"sku": "tea", "quantity": 1})),
            ("31T10:07:00", "ItemRemoved", json!({"sku": "milk"})),
            ("31T10:08:00", "ItemWeighed", json!({})),
            ("31T10:09:00", "ItemAdded", milk(2)),
            ("31T23:59:00", "DiscountRemoved", json!({"code": "SAVE10"})),
            ("30T00:00:00", "CartClosed", json!({"reason": "checked_out"})),
            ("30T00:01:00", "ItemAdded", milk(1)),
        ];
        let expected = "\
Cart 0b5e8a8e-6d0f-5c53-9a4e-6f3f1c9d9f21, prices in EUR. Times are in UTC.

31 January 2024
  10:02  opened
  10:02  added 2 Oat milk (3.98)
  10:03  added 1 more Oat milk, now 3 (5.97)
  10:04  added 1 Bag\\u{202e}
  10:05  discount SAVE10 (10 % off) applied: -0.60
  10:05  discount BIG (5.00 off from 100.00) applied: nothing yet
  10:06  Oat milk: 1 instead of 3 (1.99)
  10:06  set tea to 1, which changed nothing
  10:07  took out 1 Oat milk (-1.99)
  10:08  ItemWeighed: something that this build does not know
  10:09  added 2 Oat milk (3.98)
  23:59  discount SAVE10 taken out: +0.40

30 January 2024
  00:00  closed, checked out: total EUR 3.98
  00:01  added Oat milk, which changed nothing

At version 14 it is closed with 3 pieces in 2 lines, total EUR 3.98.
";
        assert_eq!(Story::of(&events("tillroll:api", &told)).unwrap().page(), expected);
    }

    #[test]
    fn an_import_s_burst_of_items_is_one_sentence_and_a_shopper_s_clicks_are_not() {
        let item = |n: u64| json!({"item_name": format!("item {n}"), "quantity": n, "price": {"minor": 100}});
        let mut told = vec![("31T10:02:00", "CartOpened", json!({"currency": "JPY"}))];
        told.extend((1..=7).map(|n| ("31T10:02:00", "ItemAdded", item(n))));
        told.push(("31T10:03:00", "ItemAdded", item(8)));
        let imported = Story::of(&events("tillroll:import:sales.csv", &told)).unwrap();
        let texts: Vec<_> = imported.sentences().iter().map(|sentence| sentence.text.as_str()).collect();
        let burst = "added 7 items (2,800): 1 item 1, 2 item 2, 3 item 3, 4 item 4, 5 item 5, and 2 more";
        assert_eq!(texts, ["opened", burst, "added 8 item 8 (800)"]);
        assert_eq!((imported.sentences()[1].first_version, imported.sentences()[1].last_version), (2, 8));
        assert_eq!(Story::of(&events("tillroll:api", &told)).unwrap().sentences().len(), 9);
    }
}
