//! Everything pending, decided again on what is confirmed now; and which event it was that spoiled a command.

use alloc::vec::Vec;
use core::mem;

use serde::Serialize;

use super::caused::Caused;
use super::queue::{Entry, How, Stage};
use super::settled::Outcome;
use super::{CAUSE_DECISIONS_MAX, Session};
use crate::aggregate::{Aggregate as _, Head};
use crate::cart::catalogue::Actor;
use crate::cart::{Cart, CartCommand, CartRefusal, Catalogue, Tariff, Terms};
use crate::id::CommandId;
use crate::packed::Packed as _;
use crate::timeline::Moment;

/// What made a pending command into one that would be refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "by")]
pub enum Cause {
    /// The confirmed event of this version.
    Event {
        /// The version.
        version: u64,
    },
    /// Other prices or discount rules.
    Catalogue,
    /// An earlier command that does nothing any more.
    Command {
        /// The earlier command.
        id: CommandId,
    },
}

/// Why everything is decided again.
#[derive(Clone, Copy, Debug)]
pub(super) enum Why {
    /// The events after this version were confirmed.
    Events {
        from: u64,
    },
    Catalogue,
    Command {
        id: CommandId,
    },
}

/// A cart to decide on, and where its stream would stand.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ground {
    pub(super) state: Cart,
    pub(super) head: Head,
    /// The newest confirmed version in it.
    confirmed: u64,
}

type Decided = Result<Caused, CartRefusal>;

impl Ground {
    pub(super) fn of(moment: &Moment<Cart>) -> Self {
        Self { state: moment.state.clone(), head: moment.head, confirmed: moment.head.version }
    }

    /// The server knows who asks, the session does not; what it shows is what the caller could see.
    pub(super) fn decide(&self, command: &CartCommand, catalogue: Option<&Catalogue>) -> Decided {
        let tariff = catalogue.map_or(Tariff::AsGiven, Tariff::Catalogue);
        let events = self.state.decide(self.head, command, Terms { tariff, actor: Actor::Trusted })?;
        Ok(Caused::by(self.head.stream, &events))
    }

    pub(super) fn take(&mut self, caused: &Caused) {
        for event in caused.of(self.head.stream).events() {
            self.state.evolve_borrowed(&event);
            self.head.version = self.head.version.saturating_add(1);
        }
    }

    /// Does what a command does now: the events of one that has its answer are facts, any other is decided.
    fn pass(&mut self, entry: &Entry, catalogue: Option<&Catalogue>) -> Decided {
        let caused = match &entry.command {
            _ if entry.stage.is_answered() => entry.now.clone(),
            Some(command) => self.decide(command, catalogue)?,
            // Its refusal is made anew.
            None => self.decide(&entry.request.check()?, catalogue)?,
        };
        self.take(&caused);
        Ok(caused)
    }
}

impl Session {
    /// Makes what is visible anew, and settles what is confirmed.
    pub(super) fn rebase(&mut self, why: Option<Why>) {
        let confirmed = self.confirmed_version();
        let mut queue = mem::take(&mut self.queue);
        let mut ground = Ground::of(self.timeline.newest());
        let mut spoiled = Vec::new();
        let mut changed = false;
        let counting = queue.iter_mut().enumerate().filter(|(_, entry)| entry.counts_at(confirmed));
        for (index, entry) in counting {
            match ground.pass(entry, self.catalogue.as_ref()) {
                Ok(events) => {
                    changed |= entry.refusal.take().is_some() || entry.now != events;
                    entry.now = events;
                }
                Err(refusal) => {
                    if entry.refusal.is_none() {
                        spoiled.push(index);
                    }
                    let refusal = Some((refusal, entry.refusal.as_ref().and_then(|(_, cause)| *cause)));
                    changed |= entry.refusal != refusal;
                    entry.refusal = refusal;
                    entry.now.clear();
                }
            }
        }
        self.blame(&mut queue, &spoiled, why);
        changed |= self.visible != ground;
        self.visible = ground;
        self.queue = queue;
        if self.settle() || changed {
            self.revision = self.revision.saturating_add(1);
        }
    }

    /// Notes what spoiled the commands at these places.
    fn blame(&self, queue: &mut [Entry], spoiled: &[usize], why: Option<Why>) {
        let Some(why) = why else { return };
        let mut decisions_left = CAUSE_DECISIONS_MAX;
        for &index in spoiled {
            let cause = match why {
                Why::Catalogue => Cause::Catalogue,
                Why::Command { id } => Cause::Command { id },
                Why::Events { from } => {
                    Cause::Event { version: self.spoiling_event(queue, index, from, &mut decisions_left) }
                }
            };
            if let Some((_, noted)) = queue.get_mut(index).and_then(|entry| entry.refusal.as_mut()) {
                *noted = Some(cause);
            }
        }
    }

    /// The event after version `from` with which the command at `index` became one that would be refused: halves what
    /// lies between a version where it was fine and one where it was not.
    fn spoiling_event(&self, queue: &[Entry], index: usize, from: u64, decisions_left: &mut usize) -> u64 {
        let (mut fine, mut refused) = (from, self.confirmed_version());
        let queue = queue.get(..=index).unwrap_or_default();
        while refused.saturating_sub(fine) > 1 {
            let Some(left) = decisions_left.checked_sub(queue.len()) else { break };
            *decisions_left = left;
            let middle = fine.midpoint(refused);
            let Some(moment) = self.timeline.at(middle) else { break };
            let mut ground = Ground::of(&moment);
            let counting = queue.iter().filter(|entry| entry.counts_at(middle));
            let last = counting.map(|entry| ground.pass(entry, self.catalogue.as_ref())).last();
            if last.is_some_and(|decided| decided.is_err()) {
                refused = middle;
            } else {
                fine = middle;
            }
        }
        refused
    }

    /// Takes out what the confirmed events have caught up with; whether there was any.
    fn settle(&mut self) -> bool {
        let confirmed = self.confirmed_version();
        let landed = |entry: &Entry| matches!(entry.stage, Stage::Answered { version, .. } if version <= confirmed);
        // What is answered stands first, in the order of its versions.
        let count = self.queue.iter().take_while(|entry| landed(entry)).count();
        let entries: Vec<_> = self.queue.drain(..count).collect();
        for entry in entries {
            let Stage::Answered { version, how } = entry.stage else { continue };
            let changed = entry.now != entry.meant;
            let outcome = match how {
                How::Accepted | How::Seen => Outcome::Confirmed { version, changed },
                How::Noop => Outcome::Noop { version },
                How::Elsewhere => match self.seen(entry.id) {
                    Some((version, _)) => Outcome::Confirmed { version, changed },
                    None => Outcome::Elsewhere,
                },
            };
            self.forget(entry.id, entry.mark, version);
            self.settled.push(entry.id, outcome);
        }
        count > 0
    }
}
