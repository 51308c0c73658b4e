//! The archive into the queue: object by object, and inside an object message by message, as the rate allows.

use tillroll_core::lane::LANES;

use super::plan::{Parcel, Sieve, parcels_of_object};
use super::rate::Allowance;
use super::run::{Draft, Halt, PartlySent, Phase, Run};
use super::{Replay, ReplayPorts, Step, Target, sender_of};
use crate::archive_object::ArchiveObject;
use crate::filter::Filter;
use crate::ports::{Archive as _, Clock as _, Fault};

/// Objects listed and sent in one step; a step stays far below the 15 minutes of a Lambda.
pub(super) const OBJECTS_LISTED_MAX: usize = 16;
/// Keys listed at a time to count them (S3 `ListObjectsV2`).
pub(super) const LIST_KEYS_MAX: usize = 1_000;
/// Most such pages: ten million objects.
const LIST_PAGES_MAX: usize = 10_000;

/// The filter of a run that has none.
static EVERYTHING: Filter = Filter { types: Vec::new(), from: None, to: None };

impl<P: ReplayPorts> Replay<'_, P> {
    /// Sends objects, from the checkpoint on; or looks whether the senders of its parts have done so.
    pub(super) async fn send(&self, draft: &mut Draft<'_, P::Runs>) -> Result<Step, Halt> {
        if draft.run.objects_total.is_none() {
            return self.survey(draft).await;
        }
        if draft.run.cursor.parts.is_some() {
            return self.gather(draft).await;
        }
        let mut allowance = self.allowance(draft).await?;
        if !allowance.is_ready() {
            return Ok(Step::Wait);
        }
        let after = draft.run.cursor.sent_object.clone();
        let mut keys = self.archive.list(after.as_deref(), OBJECTS_LISTED_MAX).await?;
        keys.retain(|key| draft.run.cursor.last_object.as_ref().is_some_and(|last| key <= last));
        if keys.is_empty() {
            draft.run.phase = Phase::Draining;
            draft.run.cursor.partly_sent = None;
            draft.save().await?;
            return Ok(Step::Continue);
        }
        for key in keys {
            let partly = draft.run.cursor.partly_sent.as_ref().filter(|partly| partly.object == key);
            let confirmed = partly.map_or(0, |partly| partly.messages);
            let Some(sent) = self.send_object(&draft.run, &key, confirmed, &mut allowance).await? else {
                return Ok(Step::Wait);
            };
            let whole = sent.whole();
            note_sent(&mut draft.run, key, &sent);
            draft.run.cursor.bucket = allowance.bucket();
            draft.save().await?;
            if !whole {
                return Ok(Step::Wait);
            }
        }
        Ok(Step::Continue)
    }

    /// What the rate of a run allows now. A rate that is new begins to earn with this call.
    pub(super) async fn allowance(&self, draft: &mut Draft<'_, P::Runs>) -> Result<Allowance, Halt> {
        let allowance = Allowance::at(self.clock.elapsed_ms(), draft.run.rate, draft.run.cursor.bucket);
        if draft.run.cursor.bucket.is_some() != allowance.bucket().is_some() {
            draft.run.cursor.bucket = allowance.bucket();
            draft.save().await?;
        }
        Ok(allowance)
    }

    /// How many objects there are, and the last one.
    pub(super) async fn count_objects(&self) -> Result<(u64, Option<String>), Fault> {
        let mut last_object: Option<String> = None;
        let mut objects = 0;
        for _ in 0..LIST_PAGES_MAX {
            let keys = self.archive.list(last_object.as_deref(), LIST_KEYS_MAX).await?;
            objects += keys.len() as u64;
            let Some(last) = keys.into_iter().next_back() else { break };
            last_object = Some(last);
        }
        Ok((objects, last_object))
    }

    /// Sends what is left of an object behind its first `confirmed` messages, as far as the rate allows; none when the
    /// queue has no room for that.
    pub(super) async fn send_object(
        &self,
        run: &Run,
        key: &str,
        confirmed: usize,
        allowance: &mut Allowance,
    ) -> Result<Option<Sent>, Fault> {
        let object = ArchiveObject::read(self.archive, key).await?;
        let parcels = parcels_of_object(&object, LANES, sieve_of(&run.target), |_, _| {})?;
        drop(object);
        let total = parcels.len();
        let confirmed = confirmed.min(total);
        let mut due: Vec<Parcel> = Vec::new();
        for parcel in parcels.into_iter().skip(confirmed) {
            if !allowance.admits() {
                break;
            }
            allowance.take(cost_of(&parcel));
            due.push(parcel);
        }
        // Every sender may have looked at the same moment.
        let senders = usize::try_from(run.cursor.senders).unwrap_or(usize::MAX).max(1);
        if !self.has_room(&run.subscription, due.len().saturating_mul(senders)).await? {
            return Ok(None);
        }
        let loads: Vec<(u64, u64)> = due.iter().map(|parcel| (parcel.events.len() as u64, parcel.skipped())).collect();
        let sender = sender_of(run)?;
        let messages = due.into_iter().map(|parcel| parcel.into_message(sender, key));
        let messages = messages.collect::<Result<Vec<_>, _>>()?;
        let taken = self.send_messages(&run.subscription, messages).await?;
        let taken_loads = loads.get(..taken).unwrap_or(&loads);
        Ok(Some(Sent {
            confirmed: confirmed + taken,
            total,
            messages: taken as u64,
            events: taken_loads.iter().map(|(events, _)| events).sum(),
            skipped: taken_loads.iter().map(|(_, skipped)| skipped).sum(),
        }))
    }
}

/// How far an object was sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    /// Messages of its plan that are confirmed by now, from the first.
    pub(super) confirmed: usize,
    /// Messages of its plan.
    total: usize,
    /// Messages that were confirmed now, with their events and skips.
    pub(super) messages: u64,
    pub(super) events: u64,
    pub(super) skipped: u64,
}

impl Sent {
    pub(super) const fn whole(&self) -> bool {
        self.confirmed == self.total
    }
}

fn note_sent(run: &mut Run, object: String, sent: &Sent) {
    run.messages_sent += sent.messages;
    run.events_sent += sent.events;
    run.events_skipped += sent.skipped;
    if sent.whole() {
        run.objects_done += 1;
        run.cursor.sent_object = Some(object);
        run.cursor.partly_sent = None;
    } else {
        run.cursor.partly_sent = Some(PartlySent { object, messages: sent.confirmed });
    }
}

/// What a message costs of the rate: its events, and one when it only has skips.
pub(super) fn cost_of(parcel: &Parcel) -> u64 {
    parcel.events.len().max(1) as u64
}

/// Which events the messages of a run carry. Only a generation of its own takes skips: the live one shall get what it
/// lacks, and a skip would move its gate over that.
pub(super) fn sieve_of(target: &Target) -> Sieve<'_> {
    match target {
        Target::NewGeneration { filter } => Sieve { filter, skips: true },
        Target::LiveGeneration { filter } => Sieve { filter, skips: false },
        Target::PreviousGeneration | Target::Carts { .. } => Sieve { filter: &EVERYTHING, skips: false },
    }
}
