//! The archive, compared with the table event for event.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use tillroll_core::hash::Fingerprint;
use tillroll_core::id::StreamId;

use super::report::{FindingKind, HOP_ARCHIVE, HOP_TABLE, Report};
use super::sort::{Digest, Sorted, Sorter};
use super::table::digest_of;
use super::{Verifier, scratch};
use crate::archive_object::ArchiveObject;
use crate::ports::{Archive, Clock, EventTable, Fault, Progress, Rows};

/// Keys listed at a time, and how often: ten million objects.
const LIST_KEYS_MAX: usize = 1_000;
const LIST_PAGES_MAX: usize = 10_000;
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
    fn step(&mut self, cart: StreamId, version: u64, report: &mut Report) {
        let archived_only = std::mem::take(&mut self.archived_only);
        let between = version.saturating_sub(self.version).saturating_sub(1);
        let count = between.saturating_sub(archived_only.len() as u64);
        if count > 0 {
            let holes = (self.version + 1..version).filter(|version| !archived_only.contains(version));
            report.find_holes(cart, holes, count);
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
    pub(super) async fn compare_archive(&self, table: Sorter, report: &mut Report) -> Result<(), Fault> {
        let mut archived = self.read_archive().await?.sorted().map_err(scratch)?.peekable();
        let mut table = table.sorted().map_err(scratch)?.peekable();
        let mut later = Later::default();
        let mut walk = Walk::default();
        while let Some(versions) = next_slot(&mut table, &mut archived).map_err(scratch)? {
            let Some(digest) = versions.table else {
                if let Some(first) = versions.archived.first() {
                    walk.enter(first.cart);
                    walk.archived_only.insert(first.version);
                }
                self.compare_later(&versions.archived, &mut later, report).await?;
                continue;
            };
            report.events += 1;
            report.carts += u64::from(walk.enter(digest.cart));
            walk.step(digest.cart, digest.version, report);
            if versions.archived.is_empty() {
                report.find(HOP_ARCHIVE, digest.cart, digest.version, FindingKind::Missing);
            } else if versions.archived.iter().any(|archived| *archived != digest) {
                report.find(HOP_ARCHIVE, digest.cart, digest.version, FindingKind::Different);
            }
        }
        Ok(())
    }

    async fn read_archive(&self) -> Result<Sorter, Fault> {
        let mut sorter = Sorter::new(self.scratch, "archive");
        let mut after: Option<String> = None;
        for _ in 0..LIST_PAGES_MAX {
            let keys = self.archive.list(after.as_deref(), LIST_KEYS_MAX).await?;
            for key in &keys {
                let object = ArchiveObject::read(self.archive, key).await?;
                for (index, line) in object.lines().enumerate() {
                    let slot: Slot =
                        serde_json::from_slice(line).map_err(|error| object.not_an_event(index, error.into()))?;
                    let fingerprint = Fingerprint::of_bytes(line).get();
                    let digest = Digest { cart: slot.subject, version: slot.sequence, fingerprint };
                    sorter.push(digest).map_err(scratch)?;
                }
            }
            match keys.into_iter().next_back() {
                Some(last) => after = Some(last),
                None => break,
            }
        }
        Ok(sorter)
    }

    /// Events that the archive has and the scan did not see: written since then, or lost by the table.
    async fn compare_later(&self, archived: &[Digest], later: &mut Later, report: &mut Report) -> Result<(), Fault> {
        let Some(&Digest { cart, version, .. }) = archived.first() else { return Ok(()) };
        if later.cart != Some(cart) || !later.events.contains_key(&version) {
            let events = self.table.load(cart, version.saturating_sub(1), Some(LATER_EVENTS_MAX)).await?;
            later.cart = Some(cart);
            later.events = events.iter().map(|event| (event.version, digest_of(event))).collect();
        }
        match later.events.get(&version) {
            None => report.find(HOP_TABLE, cart, version, FindingKind::Missing),
            Some(event) if archived.iter().any(|archived| archived != event) => {
                report.find(HOP_ARCHIVE, cart, version, FindingKind::Different);
            }
            Some(_) => {}
        }
        Ok(())
    }
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
