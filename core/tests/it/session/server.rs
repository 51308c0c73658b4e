//! The server of the simulator: the core's own judge over one cart, and nothing else.

use serde_json::json;
use tillroll_core::aggregate::Versioned;
use tillroll_core::cart::{Cart, CartEvent, CartRequest, CartView, Catalogue, Tariff, Terms};
use tillroll_core::id::{CommandId, StreamId};
use tillroll_core::judge::{Asked, Atomicity, Outcome, judge};
use tillroll_core::recorded::{Circumstances, CommandMark, Recorded, Stored};
use tillroll_core::session::{Answer, Reply, Said, Verdict};
use tillroll_core::time::Timestamp;

/// Stands for the reducer of server and clients alike.
pub(super) const REDUCER: &str = "0000000000000001";

/// What went over the wire.
pub(super) type Asking = Vec<(CommandId, CartRequest)>;

pub(super) struct Server {
    cart: Versioned<Cart>,
    folded: Versioned<Cart>,
    /// Every event, by version from 1.
    pub(super) log: Vec<Recorded<CartEvent>>,
    /// The cart after every version, from 0.
    pub(super) views: Vec<Option<CartView>>,
    /// Commands that were answered with something else than their events.
    pub(super) turned_down: Vec<CommandId>,
    pub(super) catalogue: Catalogue,
    prices: usize,
}

impl Server {
    pub(super) fn new(cart: StreamId) -> Self {
        Self {
            cart: Versioned::new(cart),
            folded: Versioned::new(cart),
            log: Vec::new(),
            views: vec![None],
            turned_down: Vec::new(),
            catalogue: catalogue(0),
            prices: 0,
        }
    }

    pub(super) fn reprice(&mut self) {
        self.prices += 1;
        self.catalogue = catalogue(self.prices);
    }

    /// Judges a request; the refusal of all of it when there is no cart.
    pub(super) fn judge(&mut self, attempt: u64, asking: &Asking) -> Result<Reply, Said> {
        let opens = matches!(asking.first(), Some((_, CartRequest::OpenCart(_))));
        if self.log.is_empty() && !opens {
            self.turned_down.extend(asking.iter().map(|(id, _)| *id));
            return Err(Said {
                code: "cart_not_found".into(),
                message: "there is no such cart".into(),
                details: "{}".into(),
            });
        }
        let asked: Vec<_> = asking.iter().map(|(id, request)| asked(*id, request)).collect();
        let terms = Terms { tariff: Tariff::Catalogue(&self.catalogue), ..Terms::AS_GIVEN };
        let outcomes = judge(&mut self.cart, &asked, terms, Atomicity::EachOnItsOwn);
        self.store();
        let answers = asking.iter().zip(outcomes).map(|((id, _), outcome)| {
            let verdict = match outcome {
                Outcome::Accepted { first_version, last_version } | Outcome::Resent { first_version, last_version } => {
                    let events = self.log[first_version as usize - 1..last_version as usize].to_vec();
                    Verdict::Accepted { version: last_version, events }
                }
                Outcome::Noop { version } => Verdict::Noop { version },
                Outcome::Refused(refusal) => Verdict::Refused(Said {
                    code: refusal.code().into(),
                    message: refusal.to_string(),
                    details: serde_json::to_string(&refusal).unwrap(),
                }),
                Outcome::Skipped => Verdict::Skipped,
            };
            Answer { id: *id, verdict }
        });
        let answers: Vec<_> = answers.collect();
        let down = answers.iter().filter(|answer| !matches!(answer.verdict, Verdict::Accepted { .. }));
        self.turned_down.extend(down.map(|answer| answer.id));
        let state_hash = CartView::of(&self.cart).map(|view| view.state_hash);
        Ok(Reply { attempt, answers, version: self.version(), state_hash, reducer: REDUCER.into() })
    }

    pub(super) fn version(&self) -> u64 {
        self.log.len() as u64
    }

    /// Version of the command's event, if it was ever accepted.
    pub(super) fn version_of(&self, id: CommandId) -> Option<u64> {
        let bears = |event: &&Recorded<CartEvent>| event.circumstances.command.is_some_and(|mark| mark.id == id);
        self.log.iter().find(bears).map(|event| event.version)
    }

    fn store(&mut self) {
        let stream = self.cart.head().stream;
        for change in self.cart.changes() {
            self.log.push(Recorded {
                stream,
                version: change.version,
                event: Stored::Known(change.event.clone()),
                circumstances: Circumstances {
                    command: Some(change.command),
                    recorded_at: Some(Timestamp::from_unix_ms(change.version as i64)),
                    ..Circumstances::bare(change.event_id)
                },
            });
        }
        self.cart.clear();
        for event in &self.log[self.views.len() - 1..] {
            self.folded.replay(event).unwrap();
            self.views.push(CartView::of(&self.folded));
        }
    }
}

pub(super) fn asked(id: CommandId, request: &CartRequest) -> Asked<Cart> {
    Asked { mark: CommandMark::new(id, request.fingerprint()), command: request.check() }
}

/// Today's prices and rules: the first item and the first code change from day to day, and the last ones are only
/// there every other day.
pub(super) fn catalogue(day: usize) -> Catalogue {
    let item = |item: usize, minor: usize| json!({"sku": format!("item-{item}"), "item_name": format!("Item {item}"), "price": {"minor": minor, "per": 1}});
    let mut items = vec![item(0, 499 + 50 * (day % 2)), item(1, 200), item(2, 1_000)];
    let mut discounts = vec![
        json!({"code": "CODE0", "rule": {"kind": "percent_off", "basis_points": 1_000 + 500 * (day % 2)}}),
        json!({"code": "CODE1", "rule": {"kind": "amount_off", "minor": 300, "min_subtotal_minor": 1_000}}),
    ];
    if day.is_multiple_of(2) {
        items.push(item(3, 1));
        discounts.push(json!({"code": "CODE2", "rule": {"kind": "amount_off", "minor": 50, "sku": "item-1"}}));
    }
    let file = json!({"version": format!("day-{day}"), "currency": "EUR", "items": items, "discounts": discounts});
    serde_json::from_value(file).unwrap()
}
