//! Real carts: the baskets of the sample data, every prefix of each.

use tillroll_core::aggregate::Versioned;
use tillroll_core::cart::{Cart, CartRequest, Terms};
use tillroll_core::id::{CommandId, StreamId};
use tillroll_core::judge::{Asked, Atomicity, judge};
use tillroll_core::recorded::CommandMark;
use tillroll_reducers::Trust;
use tillroll_tests::real_data;

use crate::both::{Both, built, pack};

const CARTS: usize = 1_000;
/// Households that have made so many together.
const HOUSEHOLDS: u32 = 40;

#[test]
fn every_prefix_of_a_thousand_real_carts_folds_alike() {
    let (Some(built), Some(transactions)) = (built(), real_data::transactions()) else { return };
    let mut both = Both::new(built, "carts", Trust::Trusted);
    let baskets = real_data::baskets(&transactions, HOUSEHOLDS);
    assert!(baskets.len() >= CARTS, "{} carts are too few", baskets.len());
    for basket in &baskets[..CARTS] {
        let stream = StreamId::new(basket.cart_id);
        let mut cart = Versioned::<Cart>::new(stream);
        let asked: Vec<Asked<Cart>> = basket
            .commands
            .iter()
            .map(|command| {
                let body = serde_json::to_value(&command.body).unwrap();
                let name = body["type"].as_str().unwrap();
                let request = CartRequest::deserialize_data(name, &body["data"]).unwrap().unwrap();
                let mark = CommandMark::new(CommandId::new(command.command_id), request.fingerprint());
                Asked { mark, command: request.check() }
            })
            .collect();
        judge(&mut cart, &asked, Terms::HISTORY, Atomicity::EachOnItsOwn);
        both.begin();
        let mut view = serde_json::Value::Null;
        for (after, change) in (0..).zip(cart.changes()) {
            view = both.fold(&pack(stream, after, &[Ok(change.event.clone())]));
        }
        assert_eq!(view["total_minor"], serde_json::json!(u64::try_from(basket.total_minor).unwrap()));
    }
    both.finish();
}
