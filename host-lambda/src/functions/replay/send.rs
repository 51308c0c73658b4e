//! The archive into the queue: object by object, and inside an object message by message, as the rate allows.

use tillroll_core::lane::LANES;

use super::plan::{Parcel, Sieve, parcels_of_object};
use super::rate::Allowance;
use super::run::{Draft, Halt, PartlySent, Phase, Run};
use super::{ARCHIVE_READER, Replay, ReplayPorts, Step, Target, sender_of};
use crate::archive_object::ArchiveObject;
use crate::filter::Filter;
use crate::ports::{Archive as _, Clock as _, Fault};

/// Objects listed and sent in one step; a step stays far below the 15 minutes of a Lambda.
pub(super) const OBJECTS_LISTED_MAX: usize = 16;
/// Keys listed at a time to count them (S3 `ListObjectsV2`).
const LIST_KEYS_MAX: usize = 1_000;
/// Most such pages: ten million objects.
const LIST_PAGES_MAX: usize = 10_000;

/// The filter of a run that has none.
static EVERYTHING: Filter = Filter { types: Vec::new(), from: None, to: None };

impl<P: ReplayPorts> Replay<'_, P> {
    /// Sends objects, from the checkpoint on.
    pub(super) async fn send(&self, draft: &mut Draft<'_, P::Runs>) -> Result<Step, Halt> {
        if draft.run.objects_total.is_none() {
            return self.survey(draft).await;
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
            if !self.send_object(draft, key, &mut allowance).await? {
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

    /// Waits until the archive has everything up to the marks, then counts what there is to send.
    async fn survey(&self, draft: &mut Draft<'_, P::Runs>) -> Result<Step, Halt> {
        if !self.passed_by(&draft.run, ARCHIVE_READER).await? {
            return Ok(Step::Wait);
        }
        let (objects, last_object) = self.count_objects().await?;
        draft.run.cursor.last_object = last_object;
        draft.run.objects_total = Some(objects);
        draft.save().await?;
        Ok(Step::Continue)
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

    /// Sends what is left of an object, as far as the rate allows, and writes down how far that went; false when the
    /// rest has to wait.
    async fn send_object(
        &self,
        draft: &mut Draft<'_, P::Runs>,
        key: String,
        allowance: &mut Allowance,
    ) -> Result<bool, Halt> {
        let object = ArchiveObject::read(self.archive, &key).await?;
        let parcels = parcels_of_object(&object, LANES, sieve_of(&draft.run.target), |_, _| {})?;
        drop(object);
        let total = parcels.len();
        let confirmed = draft.run.cursor.partly_sent.as_ref().filter(|partly| partly.object == key);
        let confirmed = confirmed.map_or(0, |partly| partly.messages).min(total);
        let mut due: Vec<Parcel> = Vec::new();
        for parcel in parcels.into_iter().skip(confirmed) {
            if !allowance.admits() {
                break;
            }
            allowance.take(cost_of(&parcel));
            due.push(parcel);
        }
        if !self.has_room(&draft.run.subscription, due.len()).await? {
            return Ok(false);
        }
        let loads: Vec<(u64, u64)> = due.iter().map(|parcel| (parcel.events.len() as u64, parcel.skipped())).collect();
        let sender = sender_of(&draft.run)?;
        let messages = due.into_iter().map(|parcel| parcel.into_message(sender, &key));
        let messages = messages.collect::<Result<Vec<_>, _>>()?;
        let sent = self.send_messages(&draft.run.subscription, messages).await?;
        note_sent(&mut draft.run, key, confirmed + sent, total, loads.get(..sent).unwrap_or(&loads));
        draft.run.cursor.bucket = allowance.bucket();
        draft.save().await?;
        Ok(confirmed + sent == total)
    }
}

/// Writes down that so many of the messages of an object are confirmed; `loads` are the events and skips of those that
/// were confirmed now.
fn note_sent(run: &mut Run, object: String, messages: usize, total: usize, loads: &[(u64, u64)]) {
    run.messages_sent += loads.len() as u64;
    run.events_sent += loads.iter().map(|(events, _)| events).sum::<u64>();
    run.events_skipped += loads.iter().map(|(_, skipped)| skipped).sum::<u64>();
    if messages == total {
        run.objects_done += 1;
        run.cursor.sent_object = Some(object);
        run.cursor.partly_sent = None;
    } else {
        run.cursor.partly_sent = Some(PartlySent { object, messages });
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
