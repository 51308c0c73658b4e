//! What must hold whenever somebody looks at a session, each as its own sentence.

use std::collections::BTreeSet;

use tillroll_core::aggregate::{Aggregate as _, Head};
use tillroll_core::cart::{Cart, CartEvent, CartView, Tariff, Terms};
use tillroll_core::hash::Fingerprint;
use tillroll_core::id::CommandId;
use tillroll_core::recorded::Stored;
use tillroll_core::session::{Happenings, Outcome, Pending, Progress, Session, Standing};

use super::server::Server;
use super::world::cart;

/// What was seen of a session at one time.
#[derive(Clone, Debug)]
pub(super) struct Look {
    revision: u64,
    seen: Fingerprint,
    queue: BTreeSet<CommandId>,
    confirmed: u64,
    /// How many settlements there were.
    pub(super) settlements: u64,
    ended: BTreeSet<CommandId>,
    newly_settled: Vec<CommandId>,
}

impl Look {
    pub(super) fn at(session: &Session) -> Self {
        let snapshot = session.snapshot();
        let pending = snapshot.pending.iter().map(|pending| pending.id);
        let ended = session.settled_after(0).filter(|it| !matches!(it.outcome, Outcome::Refused(_)));
        Self {
            revision: session.revision(),
            seen: Fingerprint::of(&snapshot),
            queue: pending.chain(snapshot.attention.iter().map(|it| it.id)).collect(),
            confirmed: session.confirmed_version(),
            settlements: session.settled_after(0).last().map_or(0, |settlement| settlement.nth),
            ended: ended.map(|settlement| settlement.id).collect(),
            newly_settled: session.settled_after(0).map(|settlement| settlement.id).collect(),
        }
    }

    /// What holds at any time; `told` are the commands whose answers came to this session itself.
    pub(super) fn check(&self, session: &Session, server: &Server, told: &BTreeSet<CommandId>) {
        let confirmed = usize::try_from(self.confirmed).unwrap();
        assert_eq!(session.confirmed(), server.views[confirmed], "confirmed is what the server had then");
        self.visible_is_confirmed_and_pending(session, server, told);
        for id in &self.queue {
            let version = server.version_of(*id);
            assert!(version.is_none_or(|version| version > self.confirmed), "{id} is shown twice");
            assert!(!self.ended.contains(id), "{id} is settled and there again");
        }
        for settlement in session.settled_after(0) {
            match settlement.outcome {
                Outcome::Confirmed { version, .. } => assert_eq!(server.version_of(settlement.id), Some(version)),
                Outcome::Noop { .. }
                | Outcome::Refused(_)
                | Outcome::Discarded
                | Outcome::Superseded { .. }
                | Outcome::Elsewhere => {}
            }
        }
    }

    /// What holds from one look to the next.
    pub(super) fn follows(&self, before: &Self, server: &Server, given_up: &BTreeSet<CommandId>) {
        assert_eq!(self.revision == before.revision, self.seen == before.seen, "the revision moves with what is seen");
        let gone = before.queue.difference(&self.queue);
        for id in gone {
            assert!(self.newly_settled.contains(id), "{id} is gone and nobody was told");
        }
        assert!(self.confirmed >= before.confirmed, "what is confirmed never goes back");
        // What the server has turned down at some time, or somebody gave up, may be settled before the server does it
        // after all.
        let accounted = |id: &&CommandId| given_up.contains(id) || server.turned_down.contains(id);
        for id in before.queue.difference(&self.queue).filter(|id| !accounted(id)) {
            let landed = server.version_of(*id).is_some_and(|version| version <= self.confirmed);
            assert!(landed, "{id} flickers: it vanished before its event came");
        }
    }

    /// Made anew by somebody else, from what anybody can see.
    fn visible_is_confirmed_and_pending(&self, session: &Session, server: &Server, told: &BTreeSet<CommandId>) {
        let confirmed = usize::try_from(self.confirmed).unwrap();
        let mut state = Cart::Empty;
        let mut head = Head { stream: cart(), version: self.confirmed };
        for event in &server.log[..confirmed] {
            let Stored::Known(event) = &event.event else { unreachable!() };
            state.evolve(event);
        }
        let snapshot = session.snapshot();
        for pending in &snapshot.pending {
            let events = expected(pending, &state, head, session, server, told);
            assert_eq!(owned(pending.now), events, "{pending:?}");
            for event in &events {
                state.evolve(event);
                head.version += 1;
            }
        }
        assert_eq!(snapshot.cart, CartView::at(head, &state, 0), "visible = fold(confirmed) + pending");
        let lines = snapshot.cart.map_or(0, |cart| cart.lines.len());
        assert_eq!(snapshot.lines.len(), lines);
    }
}

fn owned(happenings: Happenings<'_>) -> Vec<CartEvent> {
    happenings.events().map(|event| event.to_owned()).collect()
}

/// What a pending command must count as.
fn expected(
    pending: &Pending<'_>,
    state: &Cart,
    head: Head,
    session: &Session,
    server: &Server,
    told: &BTreeSet<CommandId>,
) -> Vec<CartEvent> {
    if pending.progress == Progress::Answered {
        let fact = server.version_of(pending.id).filter(|_| told.contains(&pending.id));
        return match fact.map(|version| &server.log[version as usize - 1].event) {
            Some(Stored::Known(event)) => vec![event.clone()],
            // A noop, or one that another tab has settled and whose events are not here yet.
            _ => owned(pending.now),
        };
    }
    let tariff = session.catalogue().map_or(Tariff::AsGiven, Tariff::Catalogue);
    let decided =
        pending.request.check().and_then(|command| state.decide(head, &command, Terms { tariff, ..Terms::AS_GIVEN }));
    match (decided, &pending.standing) {
        (Ok(events), Standing::AsMeant) => {
            assert_eq!(owned(pending.meant), events);
            events
        }
        (Ok(events), Standing::Changed) => {
            assert_ne!(owned(pending.meant), events);
            events
        }
        (Err(refusal), Standing::Refused { code, details, .. }) => {
            assert_eq!((*code, *details), (refusal.code(), &refusal));
            Vec::new()
        }
        (decided, standing) => panic!("decided {decided:?}, shown as {standing:?}"),
    }
}
