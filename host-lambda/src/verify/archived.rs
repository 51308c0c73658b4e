//! The archive, compared with the table event for event.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error as _;

use futures_util::stream::{self, StreamExt as _};
use serde::Deserialize;
use tillroll_core::hash::Fingerprint;
use tillroll_core::id::StreamId;

use super::findings::Findings;
use super::report::{FindingKind, HOP_ARCHIVE, HOP_TABLE};
use super::sort::{Digest, Sorted, Sorter};
use super::table::digest_of;
use super::{Verifier, scratch};
use crate::archive_object::ArchiveObject;
use crate::ports::{Archive, Clock, EventTable, Fault, FaultKind, Progress, Rows};

/// Keys listed at a time, and how often: ten million objects.
const LIST_KEYS_MAX: usize = 1_000;
const LIST_PAGES_MAX: usize = 10_000;
/// Objects read ahead, so that the next one is there when one is digested. Few: each may have 64 MiB.
const OBJECTS_AT_ONCE: usize = 2;
/// Later events of a cart loaded at a time.
const LATER_EVENTS_MAX: u32 = 100;

/// Where an archived event belongs. Its content is compared by the bytes of its line.
#[derive(Deserialize)]
struct Slot {
    subject: StreamId,
    sequence: u64,
}

/// All digests of one place in one cart's stream. Different ones are different events.
#[derive(Default)]
struct Versions {
    table: Option<Digest>,
    archived: Vec<Digest>,
}

/// The cart whose events are compared.
#[derive(Default)]
struct Walk {
    cart: Option<StreamId>,
    /// The version in the table that was compared last.
    version: u64,
    /// Versions since then that only the archive has; they have been looked into.
    archived_only: BTreeSet<u64>,
}

impl Walk {
    /// Goes on to another cart, if it is one.
    fn enter(&mut self, cart: StreamId) -> bool {
        let entered = self.cart != Some(cart);
        if entered {
            *self = Self { cart: Some(cart), ..Self::default() };
        }
        entered
    }

    /// Goes on to a version that the table has. What lies between, and the archive does not have either, is a hole.
    fn step(&mut self, cart: StreamId, version: u64, findings: &mut Findings) {
        let archived_only = std::mem::take(&mut self.archived_only);
        let between = version.saturating_sub(self.version).saturating_sub(1);
        let count = between.saturating_sub(archived_only.len() as u64);
        if count > 0 {
            let holes = (self.version + 1..version).filter(|version| !archived_only.contains(version));
            findings.find_holes(cart, holes, count);
        }
        self.version = version;
    }
}

/// Events of a cart that the table got after it was scanned.
#[derive(Default)]
struct Later {
    cart: Option<StreamId>,
    events: BTreeMap<u64, Digest>,
}

impl<T, A, R, P, C> Verifier<'_, T, A, R, P, C>
where
    T: EventTable,
    A: Archive,
    R: Rows,
    P: Progress,
    C: Clock,
{
    /// Reads the whole archive and compares it with the table's events; counts those.
    pub(super) async fn compare_archive(&self, table: Sorter, findings: &mut Findings) -> Result<(), Fault> {
        let mut archived = self.read_archive(findings).await?.sorted().map_err(scratch)?.peekable();
        let mut table = table.sorted().map_err(scratch)?.peekable();
        let mut later = Later::default();
        let mut walk = Walk::default();
        while let Some(versions) = next_slot(&mut table, &mut archived).map_err(scratch)? {
            let Some(digest) = versions.table else {
                if let Some(first) = versions.archived.first() {
                    walk.enter(first.cart);
                    walk.archived_only.insert(first.version);
                }
                self.compare_later(&versions.archived, &mut later, findings).await?;
                continue;
            };
            findings.report.events += 1;
            findings.report.carts += u64::from(walk.enter(digest.cart));
            walk.step(digest.cart, digest.version, findings);
            if versions.archived.is_empty() && digest.is_recent {
                findings.on_their_way(HOP_ARCHIVE, 1);
            } else if versions.archived.is_empty() {
                findings.not_archived(digest.cart, digest.version)?;
            } else if versions.archived.iter().any(|archived| archived.fingerprint != digest.fingerprint) {
                findings.find(HOP_ARCHIVE, digest.cart, digest.version, FindingKind::Different);
            }
        }
        Ok(())
    }

    /// Digests the events of all objects. One that cannot be read for good is a finding, and so is a line of it that is
    /// no event; one that cannot be read now breaks off.
    async fn read_archive(&self, findings: &mut Findings) -> Result<Sorter, Fault> {
        let mut sorter = Sorter::new(self.scratch, "archive");
        let mut after: Option<String> = None;
        for _ in 0..LIST_PAGES_MAX {
            let keys = self.archive.list(after.as_deref(), LIST_KEYS_MAX).await?;
            let reads: Vec<_> = keys.iter().map(|key| ArchiveObject::read(self.archive, key)).collect();
            let mut read = stream::iter(reads).buffered(OBJECTS_AT_ONCE);
            for key in &keys {
                let Some(object) = read.next().await else { break };
                self.course.read_objects(1);
                let unread = match object {
                    Ok(object) => take_object(&object, &mut sorter)?,
                    Err(fault) if fault.kind == FaultKind::Permanent => Some(fault),
                    Err(fault) => return Err(fault),
                };
                if let Some(fault) = unread {
                    findings.find_object(key, in_full(&fault));
                }
            }
            match keys.last() {
                Some(last) => after = Some(last.clone()),
                None => return Ok(sorter),
            }
        }
        let reason = format!("it has more than {} objects", LIST_KEYS_MAX * LIST_PAGES_MAX);
        Err(Fault::new(FaultKind::Permanent, "read", "the archive", reason))
    }

    /// Events that the archive has and the scan did not see: written since then, or lost by the table.
    async fn compare_later(
        &self,
        archived: &[Digest],
        later: &mut Later,
        findings: &mut Findings,
    ) -> Result<(), Fault> {
        let Some(&Digest { cart, version, .. }) = archived.first() else { return Ok(()) };
        if later.cart != Some(cart) || !later.events.contains_key(&version) {
            let events = self.table.load(cart, version.saturating_sub(1), Some(LATER_EVENTS_MAX)).await?;
            later.cart = Some(cart);
            later.events = events.iter().map(|event| (event.version, digest_of(event))).collect();
        }
        match later.events.get(&version) {
            None => findings.find(HOP_TABLE, cart, version, FindingKind::Missing),
            Some(event) if archived.iter().any(|archived| archived != event) => {
                findings.find(HOP_ARCHIVE, cart, version, FindingKind::Different);
            }
            Some(_) => {}
        }
        Ok(())
    }
}

/// Digests the events of an object, up to the first line that is none; what that is, if there is one.
fn take_object(object: &ArchiveObject, sorter: &mut Sorter) -> Result<Option<Fault>, Fault> {
    for (index, line) in object.lines().enumerate() {
        let slot: Slot = match serde_json::from_slice(line) {
            Ok(slot) => slot,
            Err(error) => return Ok(Some(object.not_an_event(index, error.into()))),
        };
        let fingerprint = Fingerprint::of_bytes(line).get();
        let digest = Digest { cart: slot.subject, version: slot.sequence, fingerprint, is_recent: false };
        sorter.push(digest).map_err(scratch)?;
    }
    Ok(None)
}

/// Why an object does not read, without its name, which stands beside it.
fn in_full(fault: &Fault) -> String {
    let causes = std::iter::successors(fault.source(), |cause| (*cause).source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

type Peekable = std::iter::Peekable<Sorted>;

/// The next place of any cart that either side has.
fn next_slot(table: &mut Peekable, archived: &mut Peekable) -> std::io::Result<Option<Versions>> {
    let place = |digest: &Digest| (digest.cart, digest.version);
    let Some(next) = [peek(table)?, peek(archived)?].iter().flatten().map(place).min() else { return Ok(None) };
    let mut versions = Versions::default();
    while peek(table)?.as_ref().map(place) == Some(next) {
        versions.table = table.next().transpose()?;
    }
    while peek(archived)?.as_ref().map(place) == Some(next) {
        versions.archived.extend(archived.next().transpose()?);
    }
    Ok(Some(versions))
}

fn peek(digests: &mut Peekable) -> std::io::Result<Option<Digest>> {
    match digests.peek() {
        Some(Ok(digest)) => Ok(Some(*digest)),
        None => Ok(None),
        // Only `next` can hand the error out.
        Some(Err(_)) => digests.next().transpose(),
    }
}
