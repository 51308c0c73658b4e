//! Schedules as plain values: what shoppers, tabs, network and server do, one after the other. They can be drawn from a
//! seed, written as JSON, and run by any host.

use proptest::collection::vec;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use tillroll_core::cart::CartRequest;
use tillroll_core::cart::event::CloseReason;
use tillroll_core::cart::request::{
    AddItem, ApplyDiscount, ChangeQuantity, CloseCart, OpenCart, RemoveDiscount, RemoveItem, RequestedPrice,
};

/// How many tabs one shopper has.
pub(super) const TABS: usize = 2;
/// Most steps of a schedule.
pub(super) const STEPS_MAX: usize = 80;

/// What a shopper wants.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Wish {
    Open,
    Add { item: u8, quantity: i64, price: Option<i64> },
    Change { item: u8, quantity: i64 },
    Remove { item: u8 },
    Apply { code: u8 },
    Unapply { code: u8 },
    Close,
}

/// One step. A number that names one of several things counts round when there are fewer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Step {
    /// A shopper wants something; with `again` it comes with the id of an earlier one.
    Dispatch { tab: usize, wish: Wish, again: Option<usize> },
    /// A tab sends what it has to send.
    Send { tab: usize },
    /// Something on the wire arrives; the wire keeps a copy of it with `twice`.
    Arrive { nth: usize, twice: bool },
    /// Something on the wire is lost.
    Lose { nth: usize },
    /// A tab stops waiting for its reply.
    GiveUp { tab: usize },
    /// The server turns a tab's request away for now: it never did anything.
    TurnAway { tab: usize, pause_ms: i64 },
    /// A reply comes that contradicts itself.
    Nonsense { tab: usize },
    /// A tab's stream brings events: so many, from so far before or behind what it has.
    Stream { tab: usize, skip: i8, count: usize, backwards: bool },
    /// A tab fetches what it lacks.
    Fetch { tab: usize },
    /// A tab fetches everything anew.
    Rebuild { tab: usize },
    /// Events of another cart come.
    Foreign { tab: usize },
    /// Somebody else changes the cart.
    Other { wish: Wish },
    /// The shop has other prices and rules.
    Reprice,
    /// A tab gets today's prices and rules.
    Refresh { tab: usize },
    /// A tab writes its queue; with `slow` the storage says so only later.
    Save { tab: usize, slow: bool },
    /// A tab reads the queue that is stored.
    Load { tab: usize },
    /// A tab is killed and opened again.
    Reload { tab: usize },
    /// The shopper tries a refused command again.
    Retry { tab: usize, nth: usize },
    /// The shopper discards a command.
    Discard { tab: usize, nth: usize },
    /// Time passes.
    Tick { ms: i64 },
    /// There is a connection again.
    Resume { tab: usize },
}

/// Any schedule.
pub(super) fn schedule() -> impl Strategy<Value = Vec<Step>> {
    vec(step(), 1..STEPS_MAX)
}

fn wish() -> impl Strategy<Value = Wish> {
    let item = 0_u8..4;
    let price = prop_oneof![3 => Just(None), 1 => Just(Some(499)), 1 => Just(Some(549))];
    prop_oneof![
        1 => Just(Wish::Open),
        6 => (item.clone(), 0_i64..4, price).prop_map(|(item, quantity, price)| Wish::Add { item, quantity, price }),
        5 => (item.clone(), 0_i64..4).prop_map(|(item, quantity)| Wish::Change { item, quantity }),
        3 => item.prop_map(|item| Wish::Remove { item }),
        2 => (0_u8..3).prop_map(|code| Wish::Apply { code }),
        1 => (0_u8..3).prop_map(|code| Wish::Unapply { code }),
        1 => Just(Wish::Close),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let tab = 0..TABS;
    let nth = || 0_usize..6;
    let again = prop_oneof![9 => Just(None), 1 => nth().prop_map(Some)];
    prop_oneof![
        14 => (tab.clone(), wish(), again).prop_map(|(tab, wish, again)| Step::Dispatch { tab, wish, again }),
        10 => tab.clone().prop_map(|tab| Step::Send { tab }),
        14 => (nth(), any::<bool>()).prop_map(|(nth, twice)| Step::Arrive { nth, twice }),
        3 => nth().prop_map(|nth| Step::Lose { nth }),
        4 => tab.clone().prop_map(|tab| Step::GiveUp { tab }),
        2 => (tab.clone(), 0_i64..2_000).prop_map(|(tab, pause_ms)| Step::TurnAway { tab, pause_ms }),
        1 => tab.clone().prop_map(|tab| Step::Nonsense { tab }),
        6 => (tab.clone(), -2_i8..2, 1_usize..5, any::<bool>()).prop_map(|(tab, skip, count, backwards)| {
            Step::Stream { tab, skip, count, backwards }
        }),
        4 => tab.clone().prop_map(|tab| Step::Fetch { tab }),
        1 => tab.clone().prop_map(|tab| Step::Rebuild { tab }),
        1 => tab.clone().prop_map(|tab| Step::Foreign { tab }),
        5 => wish().prop_map(|wish| Step::Other { wish }),
        2 => Just(Step::Reprice),
        3 => tab.clone().prop_map(|tab| Step::Refresh { tab }),
        6 => (tab.clone(), any::<bool>()).prop_map(|(tab, slow)| Step::Save { tab, slow }),
        6 => tab.clone().prop_map(|tab| Step::Load { tab }),
        2 => tab.clone().prop_map(|tab| Step::Reload { tab }),
        3 => (tab.clone(), nth()).prop_map(|(tab, nth)| Step::Retry { tab, nth }),
        3 => (tab.clone(), nth()).prop_map(|(tab, nth)| Step::Discard { tab, nth }),
        2 => (0_i64..3_000).prop_map(|ms| Step::Tick { ms }),
        1 => tab.prop_map(|tab| Step::Resume { tab }),
    ]
}

impl Wish {
    pub(super) fn request(self) -> CartRequest {
        let sku = |item: u8| format!("item-{item}");
        match self {
            Self::Open => CartRequest::OpenCart(OpenCart::default()),
            Self::Add { item, quantity, price } => CartRequest::AddItem(AddItem {
                item_name: format!("Item {item}"),
                sku: Some(sku(item)),
                quantity: Some(quantity),
                price: price.map(|minor| RequestedPrice { minor, per: 1 }),
            }),
            Self::Change { item, quantity } => CartRequest::ChangeQuantity(ChangeQuantity { sku: sku(item), quantity }),
            Self::Remove { item } => CartRequest::RemoveItem(RemoveItem { sku: sku(item) }),
            Self::Apply { code } => {
                CartRequest::ApplyDiscount(ApplyDiscount { code: format!("CODE{code}"), rule: None })
            }
            Self::Unapply { code } => CartRequest::RemoveDiscount(RemoveDiscount { code: format!("CODE{code}") }),
            Self::Close => CartRequest::CloseCart(CloseCart { reason: Some(CloseReason::Discarded) }),
        }
    }
}
