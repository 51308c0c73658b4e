//! Two tabs of one shopper, a storage that they share, a wire that loses, doubles and reorders, somebody else who
//! changes the cart, and the server. Every step is followed by looking at everything.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tillroll_core::cart::CartRequest;
use tillroll_core::hash::Fingerprint;
use tillroll_core::id::{CommandId, StreamId};
use tillroll_core::packed::History;
use tillroll_core::session::{
    Answer, Certainty, NotTaken, Outcome, Progress, Reply, Said, Saved, Session, SessionError, Taken, Verdict,
};
use tillroll_core::time::Timestamp;
use uuid::Uuid;

use super::checks::Look;
use super::server::{Asking, REDUCER, Server};
use super::steps::{Step, TABS};
use super::wire;

/// Rounds after which everything that can arrive has arrived.
const HEALING_ROUNDS: usize = 40;

pub(super) struct World {
    pub(super) server: Server,
    pub(super) tabs: Vec<Tab>,
    storage: BTreeMap<CommandId, Saved>,
    settled_through: u64,
    wire: Vec<Packet>,
    now_ms: i64,
    ids: u128,
    /// Commands that were taken.
    taken: BTreeSet<CommandId>,
    /// Commands that somebody gave up, or that died with a tab before they were written.
    given_up: BTreeSet<CommandId>,
    /// Every call of a session with what came of it, where somebody wants to do the same with another build.
    trace: Option<Vec<Value>>,
}

pub(super) struct Tab {
    pub(super) session: Session,
    /// How often it was opened.
    life: usize,
    /// The attempt it waits for.
    attempt: Option<u64>,
    /// A writing of which the storage has not spoken yet.
    ticket: Option<u64>,
    /// What was seen last.
    pub(super) look: Look,
    /// Commands that it took.
    taken: Vec<CommandId>,
    /// Commands whose answers this life of the tab has.
    answered: BTreeSet<CommandId>,
}

#[derive(Clone)]
enum Packet {
    Request { tab: usize, life: usize, attempt: u64, asking: Asking },
    Reply { tab: usize, life: usize, attempt: u64, reply: Result<Reply, Said> },
}

pub(super) fn cart() -> StreamId {
    StreamId::new(Uuid::from_u128(7))
}

impl Tab {
    fn open(life: usize, server: &Server) -> Self {
        let mut session = Session::new(cart(), REDUCER);
        session.set_catalogue(Some(server.catalogue.clone()));
        let look = Look::at(&session);
        Self { session, life, attempt: None, ticket: None, look, taken: Vec::new(), answered: BTreeSet::new() }
    }
}

impl World {
    pub(super) fn new() -> Self {
        let mut server = Server::new(cart());
        let open = super::steps::Wish::Open.request();
        server.judge(0, &vec![(CommandId::new(Uuid::from_u128(1)), open)]).unwrap();
        let tabs = (0..TABS).map(|_| Tab::open(0, &server)).collect();
        Self {
            server,
            tabs,
            storage: BTreeMap::new(),
            settled_through: 0,
            wire: Vec::new(),
            now_ms: 1_000,
            ids: 100,
            taken: BTreeSet::new(),
            given_up: BTreeSet::new(),
            trace: None,
        }
    }

    /// A world that writes down every call of its sessions: `{tab, call, …, result}`, and `snapshot` where it is another
    /// one than before. Requests, replies and events are as the API has them; `save` and `load` are about a storage of
    /// rows that the tabs share, which whoever plays this keeps in a form of their own; of a `save` that is told later a
    /// session hears right before the next `save` or `load` of its tab, if it still lives.
    pub(super) fn traced() -> Self {
        let mut world = Self { trace: Some(Vec::new()), ..Self::new() };
        let catalogue = json!(world.server.catalogue);
        for tab in 0..TABS {
            world.note(tab, || json!({"call": "open", "cart": cart(), "reducer": REDUCER, "catalogue": catalogue}));
        }
        world
    }

    /// What was written down.
    pub(super) fn into_trace(self) -> Vec<Value> {
        self.trace.unwrap_or_default()
    }

    /// Writes down a call that was just made.
    fn note(&mut self, tab: usize, call: impl FnOnce() -> Value) {
        let Some(trace) = &mut self.trace else { return };
        let mut call = call();
        call["tab"] = json!(tab);
        let snapshot = json!(self.tabs[tab].session.snapshot());
        let newest = trace.iter().rev().filter(|it| it["tab"] == tab).find_map(|it| it.get("snapshot"));
        if newest != Some(&snapshot) {
            call["snapshot"] = snapshot;
        }
        trace.push(call);
    }

    /// Does a step, and looks at everything.
    pub(super) fn step(&mut self, step: &Step) {
        match *step {
            Step::Dispatch { tab, wish, again } => self.dispatch(tab, &wish.request(), again),
            Step::Send { tab } => self.send(tab),
            Step::Arrive { nth, twice } => self.arrive(nth, twice),
            Step::Lose { nth } => drop(self.off_the_wire(nth, false)),
            Step::GiveUp { tab } => self.give_up(tab),
            Step::TurnAway { tab, pause_ms } => self.turn_away(tab, pause_ms),
            Step::Nonsense { tab } => self.nonsense(tab),
            Step::Stream { tab, skip, count, backwards } => self.stream(tab, skip, count, backwards),
            Step::Fetch { tab } => self.fetch(tab),
            Step::Rebuild { tab } => self.rebuild(tab),
            Step::Foreign { tab } => self.foreign(tab),
            Step::Other { wish } => {
                let id = self.next_id();
                let _ = self.server.judge(0, &vec![(id, wish.request())]);
            }
            Step::Reprice => self.server.reprice(),
            Step::Refresh { tab } => self.refresh(tab),
            Step::Save { tab, slow } => self.save(tab, slow),
            Step::Load { tab } => self.load(tab),
            Step::Reload { tab } => self.reload(tab),
            Step::Retry { tab, nth } => self.retry(tab, nth),
            Step::Discard { tab, nth } => self.discard(tab, nth),
            Step::Tick { ms } => self.now_ms += ms,
            Step::Resume { tab } => {
                self.tabs[tab].session.resume();
                self.note(tab, || json!({"call": "resume"}));
            }
        }
        self.look();
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_unix_ms(self.now_ms)
    }

    fn next_id(&mut self) -> CommandId {
        self.ids += 1;
        CommandId::new(Uuid::from_u128(self.ids))
    }

    fn refresh(&mut self, tab: usize) {
        let catalogue = self.server.catalogue.clone();
        self.tabs[tab].session.set_catalogue(Some(catalogue.clone()));
        self.note(tab, || json!({"call": "set_catalogue", "catalogue": catalogue}));
    }

    fn dispatch(&mut self, tab: usize, request: &CartRequest, again: Option<usize>) {
        let now = self.now();
        let earlier = again.and_then(|nth| self.tabs[tab].taken.get(nth).copied());
        let id = earlier.unwrap_or_else(|| self.next_id());
        let session = &mut self.tabs[tab].session;
        let before = Fingerprint::of(&session.snapshot());
        let taken = session.dispatch(id, request.clone(), now);
        match &taken {
            Ok(Taken::Applied) => {
                self.taken.insert(id);
                self.tabs[tab].taken.push(id);
                self.given_up.remove(&id);
            }
            Ok(Taken::Noop | Taken::Again) | Err(NotTaken::Refused(_)) => {
                assert_eq!(before, Fingerprint::of(&session.snapshot()));
            }
            Err(other) => panic!("{other:?}"),
        }
        let result = wire::taken(&taken);
        self.note(tab, || {
            json!({"call": "dispatch", "id": id, "request": wire::request(request), "now_ms": now.unix_ms(), "result": result})
        });
    }

    fn send(&mut self, tab: usize) {
        let now = self.now();
        let Tab { session, life, attempt, answered, .. } = &mut self.tabs[tab];
        let paused = session.paused_until().is_some_and(|until| now < until);
        let to_send = session.snapshot().pending.iter().any(|pending| pending.progress != Progress::Answered);
        let Some(batch) = session.next_to_send(now) else {
            assert!(attempt.is_some() || paused || !to_send, "nothing is sent though something waits");
            self.note(tab, || json!({"call": "next_to_send", "now_ms": now.unix_ms(), "result": null}));
            return;
        };
        assert!(attempt.is_none() && !paused, "one batch at a time, and none in a pause");
        assert!(batch.ids.iter().all(|id| !answered.contains(id)), "what has its answer is sent again");
        let asking: Asking = batch.ids.iter().map(|id| (*id, session.request(*id).unwrap().clone())).collect();
        *attempt = Some(batch.attempt);
        let result = wire::batch(&batch, &asking);
        self.wire.push(Packet::Request { tab, life: *life, attempt: batch.attempt, asking });
        self.note(tab, || json!({"call": "next_to_send", "now_ms": now.unix_ms(), "result": result}));
    }

    fn off_the_wire(&mut self, nth: usize, copy: bool) -> Option<Packet> {
        if self.wire.is_empty() {
            return None;
        }
        let nth = nth % self.wire.len();
        Some(if copy { self.wire[nth].clone() } else { self.wire.remove(nth) })
    }

    fn arrive(&mut self, nth: usize, twice: bool) {
        match self.off_the_wire(nth, twice) {
            None => {}
            Some(Packet::Request { tab, life, attempt, asking }) => {
                let reply = self.server.judge(attempt, &asking);
                self.wire.push(Packet::Reply { tab, life, attempt, reply });
            }
            // A page that is gone hears nothing any more.
            Some(Packet::Reply { tab, life, .. }) if self.tabs[tab].life != life => {}
            Some(Packet::Reply { tab, attempt, reply, .. }) => {
                self.tabs[tab].hear(attempt, &reply);
                self.note(tab, || wire::reply(attempt, &reply));
            }
        }
    }

    fn give_up(&mut self, tab: usize) {
        if let Some(attempt) = self.tabs[tab].attempt.take() {
            self.tabs[tab].session.failed(attempt, Certainty::Unknown);
            self.note(tab, || json!({"call": "failed", "attempt": attempt, "certainty": "unknown"}));
        }
    }

    fn turn_away(&mut self, tab: usize, pause_ms: i64) {
        let now = self.now();
        let Tab { session, life, attempt, .. } = &mut self.tabs[tab];
        let of_attempt = |packet: &Packet| matches!(packet, Packet::Request { tab: of, life: in_life, attempt: nth, .. } if (*of, *in_life, Some(*nth)) == (tab, *life, *attempt));
        if let Some(place) = self.wire.iter().position(of_attempt) {
            self.wire.remove(place);
            let (attempt, until) = (attempt.take().unwrap(), now.plus_ms(pause_ms));
            session.failed(attempt, Certainty::NotDone);
            self.note(tab, || json!({"call": "failed", "attempt": attempt, "certainty": "not_done"}));
            self.tabs[tab].session.pause(until);
            self.note(tab, || json!({"call": "pause", "until_ms": until.unix_ms()}));
        }
    }

    fn nonsense(&mut self, tab: usize) {
        let Tab { session, attempt, .. } = &mut self.tabs[tab];
        let Some(nth) = attempt.take() else { return };
        // Whatever it is about, nothing of it counts.
        let id = session.snapshot().pending.first().map_or(CommandId::new(Uuid::nil()), |pending| pending.id);
        let verdict = Verdict::Accepted { version: 1_000_000, events: Vec::new() };
        let (answers, reducer) = (vec![Answer { id, verdict }], REDUCER.into());
        let reply = Reply { attempt: nth, answers, version: 3, state_hash: None, reducer };
        assert!(matches!(session.answered(&reply), Err(SessionError::WrongReply(_))));
        self.note(tab, || wire::reply(nth, &Ok(reply)));
    }

    fn stream(&mut self, tab: usize, skip: i8, count: usize, backwards: bool) {
        let session = &mut self.tabs[tab].session;
        let confirmed = session.confirmed_version();
        let first = usize::try_from(confirmed as i64 + i64::from(skip)).unwrap_or(0);
        let mut events: Vec<_> = self.server.log.iter().skip(first).take(count).cloned().collect();
        if backwards {
            events.reverse();
        }
        let arrival = session.confirm(&events).unwrap();
        assert_eq!(arrival.applied, session.confirmed_version() - confirmed);
        if skip > 0 && !events.is_empty() {
            assert_eq!(arrival.missing_after, Some(confirmed), "a gap says from where to fetch");
        }
        self.note(tab, || json!({"call": "confirm", "events": wire::events(&events), "result": arrival}));
    }

    fn fetch(&mut self, tab: usize) {
        let session = &mut self.tabs[tab].session;
        let after = session.missing().unwrap_or(session.confirmed_version());
        let page = self.server.log[usize::try_from(after).unwrap()..].to_vec();
        let arrival = session.confirm(&page).unwrap();
        assert_eq!(session.missing(), None);
        self.note(tab, || json!({"call": "confirm", "events": wire::events(&page), "result": arrival}));
    }

    fn rebuild(&mut self, tab: usize) {
        let mut whole = Session::new(cart(), REDUCER);
        whole.confirm(&self.server.log).unwrap();
        let bytes = whole.packed(0).unwrap();
        let session = &mut self.tabs[tab].session;
        session.rebuild(&[History::open(&bytes).unwrap()]).unwrap();
        assert_eq!(session.confirmed_version(), self.server.version());
        let log = wire::events(&self.server.log);
        self.note(tab, || json!({"call": "rebuild", "events": log}));
    }

    fn foreign(&mut self, tab: usize) {
        let mut event = self.server.log[0].clone();
        event.stream = StreamId::new(Uuid::from_u128(8));
        let refused = self.tabs[tab].session.confirm(std::slice::from_ref(&event));
        assert!(matches!(refused, Err(SessionError::ForeignCart { .. })), "{refused:?}");
        self.note(tab, || json!({"call": "confirm", "events": wire::events(&[event]), "result": "foreign_cart"}));
    }

    fn save(&mut self, tab: usize, slow: bool) {
        let Tab { session, ticket, .. } = &mut self.tabs[tab];
        if let Some(ticket) = ticket.take() {
            session.saved(ticket);
        }
        let Some(unsaved) = session.unsaved() else { return };
        for id in unsaved.removed {
            self.storage.remove(&id);
        }
        self.storage.extend(unsaved.rows.into_iter().map(|row| (row.id, row)));
        self.settled_through = self.settled_through.max(unsaved.settled_through);
        if slow {
            *ticket = Some(unsaved.ticket);
        } else {
            session.saved(unsaved.ticket);
        }
        let stored: Vec<_> = self.storage.keys().collect();
        let result = json!({"stored": stored, "settled_through": self.settled_through});
        self.note(tab, || json!({"call": "save", "told_later": slow, "result": result}));
    }

    fn load(&mut self, tab: usize) {
        let Tab { session, ticket, .. } = &mut self.tabs[tab];
        // The storage keeps its own order: the writing was done before this reading.
        if let Some(ticket) = ticket.take() {
            session.saved(ticket);
        }
        session.merge(self.storage.values().cloned().collect(), self.settled_through);
        self.note(tab, || json!({"call": "load"}));
    }

    fn reload(&mut self, tab: usize) {
        let life = self.tabs[tab].life + 1;
        let snapshot = self.tabs[tab].session.snapshot();
        let ids = snapshot.pending.iter().map(|pending| pending.id).chain(snapshot.attention.iter().map(|it| it.id));
        self.given_up.extend(ids.filter(|id| !self.storage.contains_key(id)));
        self.tabs[tab] = Tab::open(life, &self.server);
        let catalogue = json!(self.server.catalogue);
        self.note(tab, || json!({"call": "open", "cart": cart(), "reducer": REDUCER, "catalogue": catalogue}));
        self.load(tab);
        self.tabs[tab].look = Look::at(&self.tabs[tab].session);
    }

    fn retry(&mut self, tab: usize, nth: usize) {
        let now = self.now();
        let session = &mut self.tabs[tab].session;
        let attention: Vec<_> = session.snapshot().attention.iter().map(|it| it.id).collect();
        if attention.is_empty() {
            return;
        }
        let id = attention[nth % attention.len()];
        let taken = session.retry(id, now);
        assert!(matches!(taken, Ok(Taken::Applied) | Err(NotTaken::Refused(_))), "{taken:?}");
        let result = wire::taken(&taken);
        self.note(tab, || json!({"call": "retry", "id": id, "now_ms": now.unix_ms(), "result": result}));
    }

    fn discard(&mut self, tab: usize, nth: usize) {
        let session = &mut self.tabs[tab].session;
        let snapshot = session.snapshot();
        let sent = snapshot.pending.iter().map(|it| (it.id, it.progress != Progress::Waiting));
        let all: Vec<_> = sent.chain(snapshot.attention.iter().map(|it| (it.id, false))).collect();
        if all.is_empty() {
            return;
        }
        let (id, sent) = all[nth % all.len()];
        assert_eq!(session.discard(id).is_err(), sent);
        if !sent {
            self.given_up.insert(id);
        }
        self.note(tab, || json!({"call": "discard", "id": id, "result": if sent { "sent" } else { "discarded" }}));
    }

    /// Looks at every tab, and at what changed since the last look.
    fn look(&mut self) {
        for tab in &mut self.tabs {
            let look = Look::at(&tab.session);
            look.check(&tab.session, &self.server, &tab.answered);
            let settled = tab.session.settled_after(tab.look.settlements);
            let superseded = settled.filter(|it| matches!(it.outcome, Outcome::Superseded { .. }));
            self.given_up.extend(superseded.map(|settlement| settlement.id));
            look.follows(&tab.look, &self.server, &self.given_up);
            tab.look = look;
        }
    }

    /// Lets everything arrive, and then everybody must agree.
    pub(super) fn heal(&mut self) {
        for _ in 0..HEALING_ROUNDS {
            while !self.wire.is_empty() {
                self.step(&Step::Arrive { nth: 0, twice: false });
            }
            self.now_ms += 10_000;
            for tab in 0..TABS {
                for step in [
                    Step::GiveUp { tab },
                    Step::Refresh { tab },
                    Step::Fetch { tab },
                    Step::Save { tab, slow: false },
                    Step::Load { tab },
                    Step::Save { tab, slow: false },
                    Step::Send { tab },
                ] {
                    self.step(&step);
                }
            }
            let calm = |tab: &Tab| tab.session.snapshot().pending.is_empty() && tab.attempt.is_none();
            if self.wire.is_empty() && self.tabs.iter().all(calm) {
                break;
            }
        }
        for tab in 0..TABS {
            self.step(&Step::Load { tab });
            self.step(&Step::Save { tab, slow: false });
        }
        self.agree();
    }

    fn agree(&self) {
        let server = self.server.views.last().cloned().flatten();
        let mut attention = BTreeSet::new();
        for tab in &self.tabs {
            let snapshot = tab.session.snapshot();
            assert!(snapshot.pending.is_empty(), "something is stuck: {:?}", snapshot.pending);
            assert_eq!(snapshot.cart, server, "the shopper sees what the server has");
            assert_eq!(tab.session.confirmed(), server);
            assert_eq!((snapshot.sync.diverged, snapshot.sync.update_needed), (None, false));
            attention.extend(snapshot.attention.iter().map(|it| it.id));
        }
        let stored: BTreeSet<_> = self.storage.keys().copied().collect();
        assert_eq!(stored, attention, "what is stored is what still needs somebody");
        for id in &self.taken {
            let done = self.server.version_of(*id).is_some();
            let told = self.server.turned_down.contains(id) || self.given_up.contains(id);
            assert!(done || told, "command {id} was taken and is lost");
            assert!(!(done && attention.contains(id)), "command {id} is done and still needs attention");
        }
    }
}

impl Tab {
    fn hear(&mut self, attempt: u64, reply: &Result<Reply, Said>) {
        if self.attempt == Some(attempt) {
            self.attempt = None;
        }
        match reply {
            Err(said) => self.session.rejected(attempt, said),
            Ok(reply) => {
                self.session.answered(reply).unwrap();
                // A refusal is no end: the other tab may try again.
                let snapshot = self.session.snapshot();
                let taken = reply.answers.iter().filter(|answer| {
                    let open = snapshot.pending.iter().find(|pending| pending.id == answer.id);
                    let done = open.is_none_or(|pending| pending.progress == Progress::Answered);
                    done && !matches!(answer.verdict, Verdict::Refused(_))
                });
                self.answered.extend(taken.map(|answer| answer.id));
            }
        }
    }
}
