//! Turns an archive of the original system into objects of ours.
//!
//! What is written follows from what is read, and from nothing else: converting again creates the same keys and finds
//! them taken, so a run that was broken off is simply started again. [`Options::after`] spares it the reading.

use std::collections::BTreeMap;
use std::error::Error as _;

use futures_util::stream::TryStreamExt as _;
use serde::Serialize;
use tillroll_core::sequence::{PADDED_DIGITS, SequenceNumber};
use tillroll_host_lambda::archive_object::{ArchiveObject, pack};
use tillroll_host_lambda::lambda_events::{BusBatchRecord, BusPayload};
use tillroll_host_lambda::ports::{Archive, Created, Fault, FaultKind};

use super::flaw::Flaw;
use super::report::{Flaws, PLACES_MAX};
use super::source::{Content, Document, documents};

/// The shard under which converted objects stand. No stream of Kinesis has one of this name.
const SHARD: &str = "migrated";
/// When the events came to the bus: nobody noted it. The beginning of time sorts before everything that is archived later.
const ARRIVED_S: f64 = 0.0;
/// Events of one object: as many as a batch of the archive function has.
const EVENTS_MAX: usize = 1_000;
/// Bytes of one object before compression; a batch of Lambda's has 6 MB.
const BYTES_MAX: usize = 4 * 1024 * 1024;

/// How to convert.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Goes on behind this object, where an earlier run said that it stopped.
    pub after: Option<String>,
    /// Reads and reports, and writes nothing.
    pub dry_run: bool,
}

/// What became of the archive.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Converted {
    /// Whether nothing was left.
    pub ok: bool,
    /// Objects read.
    pub objects_read: u64,
    /// Events converted.
    pub events: u64,
    /// Objects of ours that were written.
    pub objects_written: u64,
    /// Objects of ours that an earlier run had written.
    pub objects_there: u64,
    /// Objects that were Tillroll's own to begin with; passed over.
    pub ours: u64,
    /// What was put right in the events.
    pub mended: Flaws,
    /// Objects of which something was left.
    pub left_count: u64,
    /// The first of them.
    pub left: Vec<Left>,
    /// The last object all of whose events are written: where a run that stopped goes on.
    pub after: Option<String>,
}

/// An object of which something was left where it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Left {
    /// Its key.
    pub key: String,
    /// Why.
    pub why: String,
}

/// A conversion under way: what it has done so far stands in its report, also when it breaks off.
#[derive(Debug)]
pub struct Conversion<'a, A> {
    to: &'a A,
    dry_run: bool,
    pending: Vec<BusBatchRecord>,
    pending_bytes: usize,
    /// The last object whose events are in `pending` or before.
    read_up_to: Option<String>,
    /// What is done.
    pub report: Converted,
}

impl<'a, A: Archive> Conversion<'a, A> {
    /// Begins one that writes to `to`.
    pub fn new(to: &'a A, options: &Options) -> Self {
        let report = Converted { after: options.after.clone(), ..Converted::default() };
        let dry_run = options.dry_run;
        Self { to, dry_run, pending: Vec::new(), pending_bytes: 0, read_up_to: None, report }
    }

    /// Converts everything in `from` behind where it begins; `seen` is told how many objects it has read. May be dropped
    /// anywhere.
    pub async fn run<F: Archive>(&mut self, from: &F, mut seen: impl FnMut(u64)) -> Result<(), Fault> {
        let mut documents = std::pin::pin!(documents(from, self.report.after.clone()));
        while let Some(document) = documents.try_next().await? {
            self.report.objects_read += 1;
            self.take(document).await?;
            seen(self.report.objects_read);
        }
        self.write().await?;
        self.report.ok = self.report.left_count == 0;
        Ok(())
    }

    async fn take(&mut self, document: Document) -> Result<(), Fault> {
        let Document { key, content } = document;
        match content {
            Content::Ours => self.report.ours += 1,
            Content::Unreadable(why) => self.leave(key.clone(), why),
            Content::Old(events) => {
                let mut left: BTreeMap<Flaw, u64> = BTreeMap::new();
                let mut records = Vec::with_capacity(events.len());
                let sequence = sequence_of(&key);
                for read in events {
                    if !read.is_convertible() {
                        let wrong = read.flaws.iter().filter(|flaw| !flaw.is_mended());
                        wrong.for_each(|flaw| *left.entry(*flaw).or_default() += 1);
                        continue;
                    }
                    for flaw in read.flaws {
                        self.report.mended.add(flaw, || key.clone());
                    }
                    records
                        .extend(read.event.map(|event| record(&sequence, event.stream.to_string(), event.to_json())));
                }
                self.queue(records, &sequence).await?;
                if !left.is_empty() {
                    let why = left.iter().map(|(flaw, count)| format!("{} ({count})", flaw.meaning()));
                    self.leave(key.clone(), why.collect::<Vec<_>>().join(", "));
                }
            }
        }
        self.read_up_to = Some(key);
        Ok(())
    }

    /// Objects are cut between those that were read, so that whoever goes on behind one cuts in the same places.
    async fn queue(&mut self, records: Vec<BusBatchRecord>, sequence: &SequenceNumber) -> Result<(), Fault> {
        let bytes: usize = records.iter().map(|record| record.kinesis.data.len() + 1).sum();
        let last = self.pending.last().and_then(|last| last.kinesis.sequence_number.parse::<SequenceNumber>().ok());
        let is_behind = last.is_some_and(|last| last > *sequence);
        let is_full = self.pending.len() + records.len() > EVENTS_MAX || self.pending_bytes + bytes > BYTES_MAX;
        if is_full || is_behind {
            self.write().await?;
        }
        self.pending_bytes += bytes;
        self.pending.extend(records);
        Ok(())
    }

    async fn write(&mut self) -> Result<(), Fault> {
        let pending = std::mem::take(&mut self.pending);
        self.pending_bytes = 0;
        if !pending.is_empty() {
            let records: Vec<_> = pending.iter().collect();
            let object = pack(SHARD, &records)
                .map_err(|error| Fault::new(FaultKind::Permanent, "pack events of", "the old archive", error))?;
            let name = object.key.to_string();
            let created = if self.dry_run { Created::New } else { self.to.create(&name, object.bytes).await? };
            match created {
                Created::New => self.report.objects_written += 1,
                Created::AlreadyThere => self.report.objects_there += 1,
                Created::Different => {
                    // Keys name lines, not their compression: a build with another compressor wrote it.
                    ArchiveObject::read(self.to, &name).await?;
                    self.report.objects_there += 1;
                }
            }
            self.report.events += pending.len() as u64;
        }
        if self.read_up_to.is_some() {
            self.report.after.clone_from(&self.read_up_to);
        }
        Ok(())
    }

    fn leave(&mut self, key: String, why: String) {
        self.report.left_count += 1;
        if self.report.left.len() < PLACES_MAX {
            self.report.left.push(Left { key, why });
        }
    }
}

fn record(sequence: &SequenceNumber, partition_key: String, data: Vec<u8>) -> BusBatchRecord {
    let sequence_number = sequence.as_str().to_owned();
    BusBatchRecord {
        event_id: format!("{SHARD}:{sequence_number}"),
        kinesis: BusPayload { partition_key, sequence_number, arrival: ARRIVED_S, data },
    }
}

/// The old system named its objects by the bus's sequence numbers; whatever else an object is called, it counts as 0.
fn sequence_of(key: &str) -> SequenceNumber {
    let name = key.rsplit('/').next().unwrap_or(key);
    let number = name.parse().ok().filter(|_| name.len() <= PADDED_DIGITS);
    number.unwrap_or_else(|| SequenceNumber::from(0))
}

/// Why a conversion broke off, with all causes.
#[must_use]
pub fn in_full(fault: &Fault) -> String {
    let causes = std::iter::successors(fault.source(), |cause| (*cause).source());
    causes.fold(fault.to_string(), |text, cause| text + ": " + &cause.to_string())
}
