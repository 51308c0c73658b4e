//! A small made-up shop, for those who have no data at hand: a catalogue and some carts in every state that a cart can
//! be in. Made from a fixed seed, so it is the same on every machine and sending it twice changes nothing.

use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

/// What the shop sells: sku, name, cents.
const ITEMS: [(&str, &str, u64); 12] = [
    ("apples-1kg", "Apples, 1 kg", 299),
    ("bread-rye", "Rye bread", 345),
    ("butter", "Butter", 229),
    ("candles-6", "Candles, box of 6", 480),
    ("cheese-hard", "Hard cheese", 615),
    ("coffee-500g", "Coffee, 500 g", 749),
    ("eggs-10", "Eggs, box of 10", 319),
    ("milk-1l", "Milk, 1 l", 119),
    ("pasta-500g", "Pasta, 500 g", 139),
    ("soap", "Soap", 95),
    ("tea-green", "Green tea", 389),
    ("tomatoes", "Tomatoes", 259),
];
/// Three oranges have one price, so that a line's unit price is not always a whole cent.
const BY_THREE: (&str, &str, u64) = ("oranges", "Oranges, net of 3", 200);
const CURRENCY: &str = "EUR";
const SEED: u64 = 0x7111_7011;
const CARTS: u64 = 20;
/// Changes of mind in one cart.
const STEPS_MAX: u64 = 9;

/// A cart of the demo: its id and the commands that a shopper gave, in order.
#[derive(Debug, Serialize)]
pub(crate) struct DemoCart {
    /// The cart.
    pub(crate) id: Uuid,
    /// As `POST /carts/{id}/commands` takes them.
    pub(crate) commands: Vec<Value>,
}

/// The catalogue, in the form of a catalogue file.
pub(crate) fn catalogue() -> Value {
    let item = |(sku, name, minor): &(&str, &str, u64), per: u64| json!({"sku": sku, "item_name": name, "price": {"minor": minor, "per": per}});
    let items: Vec<Value> = ITEMS.iter().map(|one| item(one, 1)).chain([item(&BY_THREE, 3)]).collect();
    catalogue_of("demo-1", CURRENCY, &items)
}

/// A catalogue file of some shop's items, with the demo's discount codes: on everything, from an amount on, on one item.
pub(crate) fn catalogue_of(version: &str, currency: &str, items: &[Value]) -> Value {
    let mut discounts = vec![
        json!({"code": "WELCOME", "rule": {"kind": "percent_off", "basis_points": 1_000}}),
        json!({"code": "FIVE", "rule": {"kind": "amount_off", "minor": 500, "min_subtotal_minor": 1_000}}),
    ];
    discounts.extend(items.first().map(
        |item| json!({"code": "FIRST25", "rule": {"kind": "percent_off", "basis_points": 2_500, "sku": item["sku"]}}),
    ));
    json!({"version": version, "currency": currency, "items": items, "discounts": discounts})
}

/// The carts.
pub(crate) fn carts() -> Vec<DemoCart> {
    let mut dice = Dice(SEED);
    (0..CARTS).map(|number| cart(number, &mut dice)).collect()
}

fn cart(number: u64, dice: &mut Dice) -> DemoCart {
    let id = Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("tillroll:demo:cart:{number}").as_bytes());
    let mut shopper = Shopper { cart: id, commands: Vec::new(), skus: Vec::new() };
    shopper.says("OpenCart", &json!({"currency": CURRENCY}));
    for _ in 0..2 + dice.below(STEPS_MAX - 1) {
        shopper.changes_mind(dice);
    }
    match dice.below(4) {
        0 => shopper.says("ApplyDiscount", &json!({"code": "WELCOME"})),
        1 => shopper.says("ApplyDiscount", &json!({"code": "FIVE"})),
        _ => {}
    }
    match dice.below(5) {
        0 | 1 => shopper.says("CloseCart", &json!({"reason": "checked_out"})),
        2 => shopper.says("CloseCart", &json!({"reason": "abandoned"})),
        _ => {}
    }
    DemoCart { id, commands: shopper.commands }
}

struct Shopper {
    cart: Uuid,
    commands: Vec<Value>,
    /// What lies in the cart.
    skus: Vec<&'static str>,
}

impl Shopper {
    fn says(&mut self, name: &str, data: &Value) {
        let id = Uuid::new_v5(&self.cart, self.commands.len().to_string().as_bytes());
        self.commands.push(json!({"command_id": id, "type": name, "data": data}));
    }

    fn changes_mind(&mut self, dice: &mut Dice) {
        let lying = dice.pick(&self.skus).copied();
        match (dice.below(6), lying) {
            (0, Some(sku)) => {
                self.skus.retain(|other| *other != sku);
                self.says("RemoveItem", &json!({"sku": sku}));
            }
            (1, Some(sku)) => self.says("ChangeQuantity", &json!({"sku": sku, "quantity": 1 + dice.below(6)})),
            _ => {
                let (sku, name) = dice.pick(&ITEMS).map_or((BY_THREE.0, BY_THREE.1), |(sku, name, _)| (sku, name));
                let (sku, name) = if dice.below(8) == 0 { (BY_THREE.0, BY_THREE.1) } else { (sku, name) };
                if !self.skus.contains(&sku) {
                    self.skus.push(sku);
                }
                self.says("AddItem", &json!({"item_name": name, "sku": sku, "quantity": 1 + dice.below(3)}));
            }
        }
    }
}

/// `SplitMix64`: a few lines, the same numbers everywhere, and good enough to fill baskets.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `sides`, which is at least 1.
    fn below(&mut self, sides: u64) -> u64 {
        self.next() % sides
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let sides = u64::try_from(from.len()).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.below(sides)).ok().and_then(|index| from.get(index))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

    use std::collections::BTreeSet;

    use tillroll_core::aggregate::Versioned;
    use tillroll_core::cart::catalogue::Actor;
    use tillroll_core::cart::{Cart, CartRequest, CartView, Catalogue, Tariff, Terms};
    use tillroll_core::id::{CommandId, StreamId};
    use tillroll_core::judge::{Asked, Atomicity, Outcome, judge};
    use tillroll_core::recorded::CommandMark;

    use super::*;

    /// Decides a cart of the demo as the system would.
    fn decided(cart: &DemoCart, catalogue: &Catalogue) -> CartView {
        let asked: Vec<Asked<Cart>> = cart.commands.iter().map(asked).collect();
        let mut aggregate = Versioned::new(StreamId::new(cart.id));
        let terms = Terms { tariff: Tariff::Catalogue(catalogue), actor: Actor::Trusted };
        let outcomes = judge(&mut aggregate, &asked, terms, Atomicity::EachOnItsOwn);
        for (outcome, command) in outcomes.iter().zip(&cart.commands) {
            if let Outcome::Refused(refusal) = outcome {
                panic!("{command}: {refusal}");
            }
        }
        CartView::of(&aggregate).unwrap()
    }

    fn asked(command: &Value) -> Asked<Cart> {
        let id: CommandId = command["command_id"].as_str().unwrap().parse().unwrap();
        let name = command["type"].as_str().unwrap();
        let request = CartRequest::deserialize_data(name, command["data"].clone()).unwrap().unwrap();
        Asked { mark: CommandMark::new(id, request.fingerprint()), command: request.check() }
    }

    #[test]
    fn every_command_of_the_demo_is_accepted_under_its_own_catalogue() {
        let catalogue: Catalogue = serde_json::from_value(catalogue()).unwrap();
        let views: Vec<CartView> = carts().iter().map(|cart| decided(cart, &catalogue)).collect();
        assert_eq!(views.len() as u64, CARTS);
        let statuses: BTreeSet<String> = views.iter().map(|view| format!("{:?}", view.status)).collect();
        assert_eq!(statuses.len(), 2, "some carts are open and some are closed");
        assert!(views.iter().any(|view| !view.discounts.is_empty()));
        assert!(views.iter().any(|view| view.lines.iter().any(|line| line.price.is_some_and(|p| p.per.get() == 3))));
    }

    #[test]
    fn the_demo_is_the_same_every_time() {
        let text = || serde_json::to_string(&carts()).unwrap();
        assert_eq!(text(), text());
        let ids: BTreeSet<Uuid> = carts().iter().map(|cart| cart.id).collect();
        assert_eq!(ids.len() as u64, CARTS);
    }

    #[test]
    fn a_cart_of_the_demo_fits_in_one_request() {
        assert!(carts().iter().all(|cart| cart.commands.len() <= 25));
    }
}
