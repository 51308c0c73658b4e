//! What goes to the server, and what its answers mean.

use alloc::string::String;
use alloc::vec::Vec;

use super::caused::{Caused, packed};
use super::confirm::{Arrival, SessionError};
use super::queue::{How, Said, Stage};
use super::rebase::Why;
use super::settled::Outcome;
use super::{BATCH_COMMANDS_MAX, Session};
use crate::cart::CartEvent;
use crate::hash::Fingerprint;
use crate::id::CommandId;
use crate::recorded::{Recorded, Stored};
use crate::time::Timestamp;

/// Commands to send as one request, in this order. Their content is [`Session::request`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Names this attempt; its reply, or its failure, is reported with it.
    pub attempt: u64,
    /// The commands, 1..=[`BATCH_COMMANDS_MAX`].
    pub ids: Vec<CommandId>,
    /// How many attempts have failed since the last one that was answered: what a host draws its next pause from.
    pub failures: u32,
}

/// The server's reply to a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// The attempt it replies to.
    pub attempt: u64,
    /// What became of the commands. A command that is missing here is one of which nobody knows.
    pub answers: Vec<Answer>,
    /// The cart's version.
    pub version: u64,
    /// Hash of its state; none when there is no cart.
    pub state_hash: Option<Fingerprint>,
    /// The reducer that the hash was made with.
    pub reducer: String,
}

/// The server's answer to a command.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The command.
    pub id: CommandId,
    /// What became of it.
    pub verdict: Verdict,
}

/// What became of a command.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It happened, now or when it was first sent.
    Accepted {
        /// Its own version.
        version: u64,
        /// Its events.
        events: Vec<Recorded<CartEvent>>,
    },
    /// Already so at this version.
    Noop {
        /// The version at which it was judged.
        version: u64,
    },
    /// The domain says no.
    Refused(Said),
    /// It was not judged.
    Skipped,
}

/// What is known of a batch that got no reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// The server did nothing: it said so, or was never reached.
    NotDone,
    /// It may have been done: a time-out, a broken connection, an error of the server.
    Unknown,
}

/// Where sending stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Sending {
    attempt: u64,
    in_flight: bool,
    failures: u32,
    not_before: Option<Timestamp>,
    /// How many commands go one by one: those of a request that was turned away whole, because of one of them.
    singly: usize,
}

impl Session {
    /// The next batch, which is then on its way: exactly one of [`answered`](Self::answered), [`failed`](Self::failed)
    /// and [`rejected`](Self::rejected) must follow. `None` while one is on its way, until a pause is over, or when
    /// there is nothing to send.
    pub fn next_to_send(&mut self, now: Timestamp) -> Option<Batch> {
        if self.sending.in_flight || self.sending.not_before.is_some_and(|moment| now < moment) {
            return None;
        }
        let most = if self.sending.singly > 0 { 1 } else { BATCH_COMMANDS_MAX };
        let to_send = self.queue.iter().filter(|entry| entry.stage.is_to_send());
        let ids: Vec<_> = to_send.take(most).map(|entry| entry.id).collect();
        if ids.is_empty() {
            return None;
        }
        let attempt = self.sending.attempt.saturating_add(1);
        for id in &ids {
            let Some(index) = self.find(*id) else { continue };
            let Some(entry) = self.queue.get_mut(index) else { continue };
            entry.attempt = attempt;
            let doubtful = entry.stage == Stage::Doubtful;
            self.set_stage(index, Stage::InFlight { doubtful });
        }
        let sending = &mut self.sending;
        (sending.attempt, sending.in_flight, sending.not_before) = (attempt, true, None);
        Some(Batch { attempt, ids, failures: sending.failures })
    }

    /// Takes a reply, in whatever order and however often replies come. Of an attempt that was given up, only what
    /// cannot change any more counts: what was accepted stays so, a refusal is judged again by the newer attempt.
    pub fn answered(&mut self, reply: &Reply) -> Result<Arrival, SessionError> {
        if let Err(error) = self.expect_sound(reply) {
            self.failed(reply.attempt, Certainty::Unknown);
            return Err(error);
        }
        let from = self.confirmed_version();
        let mut spoiling = None;
        for answer in &reply.answers {
            spoiling = self.answer(reply, answer).or(spoiling);
        }
        if self.end_of(reply.attempt, Certainty::Unknown) {
            self.sending.failures = 0;
        }
        let mut taken = Ok(());
        for answer in &reply.answers {
            if let Verdict::Accepted { events, .. } = &answer.verdict {
                taken = taken.and(self.take_events(events));
            }
        }
        self.hear_of(reply.version);
        self.agree(reply.version, reply.state_hash, &reply.reducer);
        let why = match spoiling {
            Some(id) if self.confirmed_version() == from => Why::Command { id },
            _ => Why::Events { from },
        };
        self.rebase(Some(why));
        taken?;
        Ok(Arrival { applied: self.confirmed_version().saturating_sub(from), missing_after: self.missing() })
    }

    /// The attempt came to nothing, as far as is known: its commands go again, with the same ids and in their place.
    pub fn failed(&mut self, attempt: u64, certainty: Certainty) {
        if self.end_of(attempt, certainty) {
            self.sending.failures = self.sending.failures.saturating_add(1);
        }
    }

    /// The server turned the request away as a whole, for good: there is no such cart for this caller, or it cannot be
    /// read. One command may be to blame, so those of a larger batch go again one by one; a single one is refused.
    pub fn rejected(&mut self, attempt: u64, said: &Said) {
        if !self.is_on_its_way(attempt) {
            return;
        }
        let in_flight = self.queue.iter().filter(|entry| is_in_flight(&entry.stage));
        let ids: Vec<_> = in_flight.map(|entry| entry.id).collect();
        if let [id] = *ids {
            self.refuse(id, said);
            self.rebase(Some(Why::Command { id }));
        } else {
            self.sending.singly = ids.len();
        }
        self.end_of(attempt, Certainty::NotDone);
    }

    /// Sends nothing before this moment, as the server asked, or to try less often what fails.
    pub fn pause(&mut self, until: Timestamp) {
        self.sending.not_before = Some(until);
    }

    /// Ends a pause: there is a connection again.
    pub fn resume(&mut self) {
        self.sending.not_before = None;
    }

    /// When the next batch may go, if there is a pause.
    #[must_use]
    pub fn paused_until(&self) -> Option<Timestamp> {
        self.sending.not_before
    }

    /// What of an answer cannot be true is true of none.
    fn expect_sound(&self, reply: &Reply) -> Result<(), SessionError> {
        for answer in &reply.answers {
            match &answer.verdict {
                Verdict::Accepted { version, events } => {
                    self.expect_own(events)?;
                    if *version > reply.version || *version == 0 {
                        return Err(SessionError::WrongReply("a command's version is not one of the cart's"));
                    }
                    if events.iter().any(|event| event.version > *version) {
                        return Err(SessionError::WrongReply("an event is newer than its command"));
                    }
                }
                Verdict::Noop { version } if *version > reply.version => {
                    return Err(SessionError::WrongReply("a command's version is not one of the cart's"));
                }
                Verdict::Noop { .. } | Verdict::Refused(_) | Verdict::Skipped => {}
            }
        }
        Ok(())
    }

    /// Takes one answer; the command's id when the command does nothing any more.
    fn answer(&mut self, reply: &Reply, answer: &Answer) -> Option<CommandId> {
        let index = self.find(answer.id)?;
        let entry = self.queue.get_mut(index)?;
        let settled = entry.stage.is_answered() || matches!(entry.stage, Stage::Refused(_));
        let judged_again = settled || entry.attempt != reply.attempt;
        match &answer.verdict {
            Verdict::Accepted { version, events } if !entry.stage.is_accepted() => {
                let mut known = Caused::default();
                for event in events {
                    if matches!(event.event, Stored::Known(_)) {
                        known.push(&packed(event));
                    }
                }
                if entry.became(known) {
                    self.revision = self.revision.saturating_add(1);
                }
                self.set_stage(index, Stage::Answered { version: *version, how: How::Accepted });
            }
            Verdict::Noop { version } if !judged_again => {
                entry.became(Caused::default());
                self.set_stage(index, Stage::Answered { version: *version, how: How::Noop });
            }
            Verdict::Refused(said) if !judged_again => {
                self.refuse(answer.id, said);
                return Some(answer.id);
            }
            Verdict::Skipped if !judged_again => self.set_stage(index, Stage::Waiting),
            Verdict::Accepted { .. } | Verdict::Noop { .. } | Verdict::Refused(_) | Verdict::Skipped => return None,
        }
        self.sending.singly = self.sending.singly.saturating_sub(1);
        None
    }

    fn is_on_its_way(&self, attempt: u64) -> bool {
        self.sending.in_flight && self.sending.attempt == attempt
    }

    fn refuse(&mut self, id: CommandId, said: &Said) {
        if let Some(index) = self.find(id) {
            self.set_stage(index, Stage::Refused(said.clone()));
            self.settled.push(id, Outcome::Refused(said.clone()));
            self.sending.singly = self.sending.singly.saturating_sub(1);
        }
    }

    /// Ends an attempt; whether it was the one on its way. What it left without an answer goes again.
    fn end_of(&mut self, attempt: u64, certainty: Certainty) -> bool {
        if !self.is_on_its_way(attempt) {
            return false;
        }
        self.sending.in_flight = false;
        while let Some(index) = self.queue.iter().position(|entry| is_in_flight(&entry.stage)) {
            let sure =
                matches!(self.queue.get(index).map(|entry| &entry.stage), Some(Stage::InFlight { doubtful: false }));
            let not_done = sure && certainty == Certainty::NotDone;
            self.set_stage(index, if not_done { Stage::Waiting } else { Stage::Doubtful });
        }
        true
    }
}

fn is_in_flight(stage: &Stage) -> bool {
    matches!(stage, Stage::InFlight { .. })
}
