//! Events at random, sensible and not: whatever folds, folds alike, and every host says the same after each of them.

use std::env;

use tillroll_core::cart::event::{
    CartClaimed, CartClosed, CartOpened, CloseReason, DiscountApplied, DiscountRemoved, ItemAdded, ItemQuantityChanged,
    ItemRemoved,
};
use tillroll_core::cart::{CartEvent, Rule};
use tillroll_core::id::StreamId;
use tillroll_core::money::{Minor, Per, Pieces, Price, SAFE_MAX};
use tillroll_reducers::Trust;
use uuid::Uuid;

use crate::both::{Both, built};

const EVENTS: u64 = 100_000;
/// Most events of one cart here, and of one history.
const CART_EVENTS_MAX: u64 = 400;
const HISTORY_EVENTS_MAX: u64 = 40;
const NAMES: [&str; 8] =
    ["Tea", "tea", "", "__proto__", "käse \u{1f9c0}", "a\"b\\c\u{1}\u{2028}", "A name that is longer than a line", "0"];

/// `SplitMix64`: small, and the same everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.roll() % end
    }

    fn maybe<T>(&mut self, value: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.below(2) == 0).then(|| value(self))
    }

    fn name<T: From<&'static str>>(&mut self) -> T {
        NAMES[usize::try_from(self.below(8)).unwrap()].into()
    }

    /// Small mostly, at an end at times.
    fn number(&mut self) -> u64 {
        match self.below(20) {
            0 => SAFE_MAX,
            1 => self.below(SAFE_MAX + 1),
            _ => self.below(1_000),
        }
    }

    fn price(&mut self) -> Price {
        let (minor, per) = (self.number(), self.number().max(1));
        Price { minor: Minor::try_from(minor).unwrap(), per: Per::try_from(per).unwrap() }
    }

    fn pieces(&mut self) -> Pieces {
        Pieces::try_from(self.number()).unwrap()
    }

    fn rule(&mut self) -> Rule {
        let sku = self.maybe(Self::name);
        let min_subtotal_minor = self.maybe(|dice| Minor::try_from(dice.number()).unwrap());
        match self.maybe(|dice| dice.below(12_000)) {
            Some(basis_points) => Rule::PercentOff { basis_points, sku, min_subtotal_minor },
            None => Rule::AmountOff { minor: Minor::try_from(self.number()).unwrap(), sku, min_subtotal_minor },
        }
    }

    fn event(&mut self, stream: StreamId) -> Result<CartEvent, String> {
        // The cart's own now and then too seldom matters: nothing reads it.
        let shopping_cart_uuid = if self.below(50) == 0 { Uuid::from_u128(9) } else { stream.uuid() };
        Ok(match self.below(1_000) {
            0..3 => {
                let reasons = [CloseReason::CheckedOut, CloseReason::Abandoned, CloseReason::Discarded];
                let reason = self.maybe(|dice| reasons[usize::try_from(dice.below(3)).unwrap()]);
                CartEvent::CartClosed(CartClosed { shopping_cart_uuid, reason })
            }
            3..10 => return Err(self.name()),
            10..20 => CartEvent::CartOpened(CartOpened {
                shopping_cart_uuid,
                currency: self.maybe(|_| "EUR".into()),
                owner_ref: self.maybe(Self::name),
                token_hash: self.maybe(Self::name),
            }),
            20..30 => CartEvent::CartClaimed(CartClaimed { shopping_cart_uuid, owner_ref: self.name() }),
            30..500 => CartEvent::ItemAdded(ItemAdded {
                shopping_cart_uuid,
                item_name: self.name(),
                sku: self.maybe(|dice| format!("{}{}", NAMES[0], dice.below(40)).into()),
                quantity: self.pieces(),
                price: self.maybe(Self::price),
            }),
            500..700 => {
                let (sku, quantity) = (self.name(), self.pieces());
                CartEvent::ItemQuantityChanged(ItemQuantityChanged { shopping_cart_uuid, sku, quantity })
            }
            700..900 => CartEvent::ItemRemoved(ItemRemoved { shopping_cart_uuid, sku: self.name() }),
            900..950 => {
                let (code, rule) = (self.name(), self.rule());
                CartEvent::DiscountApplied(DiscountApplied { shopping_cart_uuid, code, rule })
            }
            _ => CartEvent::DiscountRemoved(DiscountRemoved { shopping_cart_uuid, code: self.name() }),
        })
    }
}

#[test]
fn a_hundred_thousand_random_events_fold_alike_one_by_one_and_many_at_once() {
    let Some(built) = built() else { return };
    let seed = env::var("TILLROLL_SEED").map_or_else(|_| u64::from(std::process::id()), |seed| seed.parse().unwrap());
    println!("TILLROLL_SEED={seed}");
    let mut dice = Dice(seed);
    let mut both = Both::new(built, "random", Trust::Dropped);
    let (mut folded, mut cart) = (0, 0_u128);
    while folded < EVENTS {
        cart += 1;
        let stream = StreamId::new(Uuid::from_u128(cart));
        let length = (1 + dice.below(CART_EVENTS_MAX)).min(EVENTS - folded);
        let mut after = 0;
        both.begin();
        while after < length {
            let count = (1 + dice.below(HISTORY_EVENTS_MAX)).min(length - after);
            // Most carts are opened first, as carts are.
            let opened = (after == 0 && dice.below(20) > 0).then(|| {
                let (shopping_cart_uuid, currency) = (stream.uuid(), Some("EUR".into()));
                Ok(CartEvent::CartOpened(CartOpened {
                    shopping_cart_uuid,
                    currency,
                    owner_ref: None,
                    token_hash: None,
                }))
            });
            let events: Vec<_> = opened
                .into_iter()
                .chain((0..count).map(|_| dice.event(stream)))
                .take(usize::try_from(count).unwrap())
                .collect();
            both.fold_each(stream, after, &events);
            after += count;
        }
        folded += length;
    }
    both.finish();
}

#[test]
fn no_bytes_make_the_module_trap() {
    let Some(built) = built() else { return };
    let seed = env::var("TILLROLL_SEED").map_or_else(|_| u64::from(std::process::id()), |seed| seed.parse().unwrap());
    println!("TILLROLL_SEED={seed}");
    let mut dice = Dice(seed);
    crate::agreement::damaged(built, &mut |end| dice.below(end));
}
