//! The archive in parts, so that several senders of one run go side by side. Each part is a range of keys with a
//! checkpoint of its own in a row of its own: no two senders write the same row, and of two that send the same part
//! only one gets through. Nothing depends on the order in which parts are sent: the gate.

use serde::{Deserialize, Serialize};

use super::rate::Allowance;
use super::run::{Draft, Halt, PartlySent, Phase, Run};
use super::send::{LIST_KEYS_MAX, OBJECTS_LISTED_MAX, Sent};
use super::{ARCHIVE_READER, Replay, ReplayError, ReplayPorts, Step};
use crate::ports::{
    Archive as _, Clock as _, Fault, FaultKind, ROWS_GET_MAX, ROWS_WRITE_MAX, Row, RowKey, RowWrite, Rows as _,
    RowsError,
};

/// Most parts of a run: while the archive is listed their borders stand in the run's document, and a row of DynamoDB
/// has at most 400 KB. Far more than there are senders at a time, so that one slow part does not hold the rest up.
pub(super) const PARTS_MAX: usize = 256;
/// Fewest objects of a part: as many as are sent in one step.
const PART_OBJECTS_MIN: u64 = OBJECTS_LISTED_MAX as u64;
/// Pages of keys listed in one step.
const SURVEY_PAGES_MAX: usize = 100;
/// Most pages of a survey: ten million objects.
const SURVEY_OBJECTS_MAX: u64 = 10_000_000;
/// Sort key of a part's row, which has its partition for itself.
const PART: &str = "part";

/// A listing of the archive under way: what there is to send, and where it can be cut.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Survey {
    objects: u64,
    last_object: Option<String>,
    /// Every so many objects there is a border.
    stride: u64,
    /// The last object of each whole stride.
    borders: Vec<String>,
    /// Whether it came to its end. Only then the parts are written, so that they are the same however often that is
    /// tried.
    complete: bool,
}

/// A part: which objects it has, and how far it is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Part {
    /// Its objects are behind this one.
    after: Option<String>,
    /// Its last object.
    until: String,
    done: bool,
    sent_object: Option<String>,
    partly_sent: Option<PartlySent>,
    bucket: Option<super::rate::Bucket>,
    objects_done: u64,
    messages_sent: u64,
    events_sent: u64,
    events_skipped: u64,
    /// A random number of whoever wrote this: two that write the same progress have not written the same.
    writer: u64,
}

/// What the senders of a run have done so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Parts {
    /// Parts that are not done, by number.
    pub(super) open: Vec<u32>,
    objects_done: u64,
    messages_sent: u64,
    events_sent: u64,
    events_skipped: u64,
}

/// How far a part is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PartStanding {
    pub(super) step: Step,
    pub(super) checkpoint: Option<String>,
    pub(super) messages_sent: u64,
    pub(super) events_sent: u64,
}

impl PartStanding {
    /// Of a part that is not there any more.
    pub(super) fn none() -> Self {
        Part::default().standing(Step::Stopped)
    }
}

impl Default for Survey {
    fn default() -> Self {
        Self { objects: 0, last_object: None, stride: PART_OBJECTS_MIN, borders: Vec::new(), complete: false }
    }
}

impl Survey {
    fn add(&mut self, keys: Vec<String>, cut: bool) {
        for key in keys {
            self.objects += 1;
            if cut && self.objects.is_multiple_of(self.stride) {
                self.borders.push(key.clone());
            }
            if self.borders.len() == PARTS_MAX {
                // Twice as long from here on, and so far.
                self.stride *= 2;
                let mut number = 0_usize;
                self.borders.retain(|_| {
                    number += 1;
                    number.is_multiple_of(2)
                });
            }
            self.last_object = Some(key);
        }
    }

    /// The ranges between the borders, the last one up to the last object.
    fn parts(&self) -> Vec<Part> {
        let mut ends = self.borders.clone();
        if let Some(last) = self.last_object.as_ref().filter(|last| ends.last() != Some(last)) {
            ends.push(last.clone());
        }
        let mut after = None;
        let part = |until: String| {
            let after = after.replace(until.clone());
            Part { after, until, ..Part::default() }
        };
        ends.into_iter().map(part).collect()
    }
}

impl Parts {
    /// Adds what was sent to what a run says of itself.
    pub(super) fn add_to(&self, run: &mut Run) {
        run.objects_done += self.objects_done;
        run.messages_sent += self.messages_sent;
        run.events_sent += self.events_sent;
        run.events_skipped += self.events_skipped;
    }

    fn count(&mut self, number: u32, part: &Part) {
        if !part.done {
            self.open.push(number);
        }
        self.objects_done += part.objects_done;
        self.messages_sent += part.messages_sent;
        self.events_sent += part.events_sent;
        self.events_skipped += part.events_skipped;
    }
}

impl Part {
    fn note_sent(&mut self, object: String, sent: &Sent) {
        self.messages_sent += sent.messages;
        self.events_sent += sent.events;
        self.events_skipped += sent.skipped;
        if sent.whole() {
            self.objects_done += 1;
            self.partly_sent = None;
            self.done = object == self.until;
            self.sent_object = Some(object);
        } else {
            self.partly_sent = Some(PartlySent { object, messages: sent.confirmed });
        }
    }

    fn standing(&self, step: Step) -> PartStanding {
        PartStanding {
            step,
            checkpoint: self.sent_object.clone(),
            messages_sent: self.messages_sent,
            events_sent: self.events_sent,
        }
    }

    fn of_row(row: &Row) -> Result<Self, Fault> {
        serde_json::from_str(&row.body).map_err(|error| {
            Fault::new(FaultKind::Permanent, "read the part of a replay in", row.key.to_string(), error)
        })
    }

    fn to_row(&self, key: RowKey, revision: u64) -> Result<Row, Fault> {
        let body = serde_json::to_string(self).map_err(|error| {
            Fault::new(FaultKind::Permanent, "write the part of a replay in", key.to_string(), error)
        })?;
        Ok(Row { key, revision, body, index: None })
    }
}

impl<P: ReplayPorts> Replay<'_, P> {
    /// Waits until the archive has everything up to the marks, then lists what there is to send, and cuts it into
    /// parts when there are to be several senders.
    pub(super) async fn survey(&self, draft: &mut Draft<'_, P::Runs>) -> Result<Step, Halt> {
        if draft.run.cursor.survey.is_none() && !self.passed_by(&draft.run, ARCHIVE_READER).await? {
            return Ok(Step::Wait);
        }
        let cut = draft.run.cursor.senders > 1;
        let mut survey = draft.run.cursor.survey.take().unwrap_or_default();
        if survey.complete {
            draft.run.cursor.parts = Some(self.write_parts(&draft.run, &survey).await?);
        } else {
            self.list_further(&mut survey, cut).await?;
        }
        if survey.complete && (!cut || draft.run.cursor.parts.is_some()) {
            draft.run.cursor.last_object = survey.last_object;
            draft.run.objects_total = Some(survey.objects);
        } else {
            draft.run.cursor.survey = Some(survey);
        }
        draft.save().await?;
        Ok(Step::Continue)
    }

    async fn list_further(&self, survey: &mut Survey, cut: bool) -> Result<(), Fault> {
        for _ in 0..SURVEY_PAGES_MAX {
            let keys = self.archive.list(survey.last_object.as_deref(), LIST_KEYS_MAX).await?;
            if keys.is_empty() || survey.objects >= SURVEY_OBJECTS_MAX {
                survey.complete = true;
                break;
            }
            survey.add(keys, cut);
        }
        Ok(())
    }

    /// Writes the parts of a run, each with an empty checkpoint; those that are there stay as they are.
    async fn write_parts(&self, run: &Run, survey: &Survey) -> Result<u32, Fault> {
        let mut count = 0;
        for part in survey.parts() {
            let row = part.to_row(part_key(&run.id, count), 1)?;
            match self.rows.write(&[RowWrite::Put { expected: 0, row }]).await {
                Ok(()) | Err(RowsError::Conflict) => count += 1,
                Err(RowsError::Fault(fault)) => return Err(fault),
            }
        }
        Ok(count)
    }

    /// Looks how far the senders are; after the last one the run goes on by itself. Whoever steps a run without having
    /// senders sends its parts one after the other.
    pub(super) async fn gather(&self, draft: &mut Draft<'_, P::Runs>) -> Result<Step, Halt> {
        let parts = self.parts_of(&draft.run).await?;
        if let Some(open) = parts.open.first() {
            let key = part_key(&draft.run.id, *open);
            let Some(row) = self.rows.get(&key).await? else { return Ok(Step::Wait) };
            let sent = self.send_part(&draft.run, &mut Part::of_row(&row)?, key, row.revision).await?;
            return Ok(if sent == Step::Wait { Step::Wait } else { Step::Continue });
        }
        parts.add_to(&mut draft.run);
        draft.run.phase = Phase::Draining;
        draft.save().await?;
        Ok(Step::Continue)
    }

    /// What the senders of a run have done so far; nothing when it has none.
    pub(super) async fn parts_of(&self, run: &Run) -> Result<Parts, Fault> {
        let mut parts = Parts::default();
        let numbers: Vec<u32> = (0..run.cursor.parts.unwrap_or(0)).collect();
        for numbers in numbers.chunks(ROWS_GET_MAX) {
            let keys: Vec<RowKey> = numbers.iter().map(|number| part_key(&run.id, *number)).collect();
            let rows = self.rows.get_many(&keys).await?;
            for (number, key) in numbers.iter().zip(&keys) {
                if let Some(row) = rows.iter().find(|row| row.key == *key) {
                    parts.count(*number, &Part::of_row(row)?);
                }
            }
        }
        Ok(parts)
    }

    /// A run as it stands with what its senders have done.
    pub(super) async fn with_parts(&self, mut run: Run) -> Result<Run, Fault> {
        if run.phase == Phase::Sending {
            self.parts_of(&run).await?.add_to(&mut run);
        }
        Ok(run)
    }

    /// Removes the parts of a run. A sender that is still at it finds nothing any more, and stops.
    pub(super) async fn remove_parts(&self, run: &Run) -> Result<(), Fault> {
        let numbers = 0..run.cursor.parts.unwrap_or(0);
        let deletes: Vec<RowWrite> = numbers.map(|number| RowWrite::Delete(part_key(&run.id, number))).collect();
        for deletes in deletes.chunks(ROWS_WRITE_MAX) {
            match self.rows.write(deletes).await {
                // Nothing here has a condition.
                Ok(()) | Err(RowsError::Conflict) => {}
                Err(RowsError::Fault(fault)) => return Err(fault),
            }
        }
        Ok(())
    }

    /// How far a part is, for an answer.
    pub(super) async fn standing_of_part(&self, run: &Run, number: u32) -> Result<PartStanding, Fault> {
        let row = self.rows.get(&part_key(&run.id, number)).await?;
        let part = row.as_ref().map(Part::of_row).transpose()?.unwrap_or_default();
        Ok(part.standing(Step::Wait))
    }

    /// Sends a bounded slice of one part, as [`step`](Self::step) does of a run.
    pub(super) async fn step_of_part(&self, run: &Run, number: u32) -> Result<PartStanding, ReplayError> {
        let key = part_key(&run.id, number);
        let Some(row) = self.rows.get(&key).await? else {
            return Ok(PartStanding::none());
        };
        let mut part = Part::of_row(&row)?;
        let sent = self.send_part(run, &mut part, key, row.revision).await;
        match sent {
            Ok(step) => Ok(part.standing(step)),
            Err(Halt::Fenced) => Ok(part.standing(Step::Wait)),
            Err(Halt::Fault(fault)) if fault.kind == FaultKind::Permanent => {
                Ok(part.standing(self.stop(&run.id, &fault).await?))
            }
            Err(Halt::Fault(fault)) => Err(fault.into()),
        }
    }

    async fn send_part(&self, run: &Run, part: &mut Part, key: RowKey, mut revision: u64) -> Result<Step, Halt> {
        if part.done {
            return Ok(Step::Finished);
        }
        let mut allowance = Allowance::at(self.clock.elapsed_ms(), rate_of_part(run), part.bucket);
        if !allowance.is_ready() && part.bucket.is_some() {
            return Ok(Step::Wait);
        }
        let after = part.sent_object.clone().or_else(|| part.after.clone());
        let mut objects = self.archive.list(after.as_deref(), OBJECTS_LISTED_MAX).await?;
        objects.retain(|object| *object <= part.until);
        part.writer = self.clock.jitter(u64::MAX);
        let mut step = Step::Continue;
        if objects.is_empty() {
            // What there was when the archive was listed is gone; the comparison at the end tells.
            part.done = true;
            self.save_part(part, key, revision).await?;
            return Ok(Step::Finished);
        }
        for object in objects {
            let partly = part.partly_sent.as_ref().filter(|partly| partly.object == object);
            let confirmed = partly.map_or(0, |partly| partly.messages);
            let Some(sent) = self.send_object(run, &object, confirmed, &mut allowance).await? else {
                return Ok(Step::Wait);
            };
            let whole = sent.whole();
            part.note_sent(object, &sent);
            part.bucket = allowance.bucket();
            self.save_part(part, key.clone(), revision).await?;
            revision += 1;
            step = if part.done { Step::Finished } else { Step::Continue };
            if !whole {
                return Ok(Step::Wait);
            }
        }
        Ok(step)
    }

    async fn save_part(&self, part: &Part, key: RowKey, expected: u64) -> Result<(), Halt> {
        let row = part.to_row(key, expected + 1)?;
        match self.rows.write(&[RowWrite::Put { expected, row }]).await {
            Ok(()) => Ok(()),
            Err(RowsError::Conflict) => Err(Halt::Fenced),
            Err(RowsError::Fault(fault)) => Err(Halt::Fault(fault)),
        }
    }
}

/// A sender's share of the rate of a run.
fn rate_of_part(run: &Run) -> Option<u32> {
    let senders = run.cursor.senders.min(run.cursor.parts.unwrap_or(1)).max(1);
    run.rate.map(|rate| rate.div_ceil(senders))
}

fn part_key(run: &str, number: u32) -> RowKey {
    RowKey { partition: format!("replay#{run}#{number}"), sort: PART.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn surveyed(objects: u64) -> Survey {
        let mut survey = Survey::default();
        let keys: Vec<String> = (1..=objects).map(|number| format!("{number:08}")).collect();
        keys.chunks(LIST_KEYS_MAX).for_each(|page| survey.add(page.to_vec(), true));
        survey
    }

    #[test]
    fn parts_cover_every_object_once_and_are_never_too_many() {
        for objects in [0, 1, 15, 16, 17, 160, 4_095, 4_096, 4_097, 100_000, 1_000_000] {
            let survey = surveyed(objects);
            let parts = survey.parts();
            assert!(parts.len() <= PARTS_MAX, "{objects}: {}", parts.len());
            let mut after = None;
            for part in &parts {
                assert_eq!(part.after, after, "{objects}");
                assert!(part.after < Some(part.until.clone()));
                after = Some(part.until.clone());
            }
            assert_eq!(after, survey.last_object, "{objects}");
            assert!(objects < 100_000 || parts.len() >= PARTS_MAX / 2, "{objects}: {}", parts.len());
        }
    }
}
