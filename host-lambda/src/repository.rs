//! The one place where aggregates are read from the event table and written back.
//!
//! `store` takes only an aggregate that was folded from its stream here, or a new one, never a bare version: so nobody
//! can write behind a hole or at a version that was made up.

use std::io;
use std::marker::PhantomData;

use tillroll_core::aggregate::{Aggregate, Change, Versioned};
use tillroll_core::id::StreamId;
use tillroll_core::recorded::{Circumstances, Recorded};

use crate::ports::{AppendError, COMMIT_EVENTS_MAX, EventTable, Fault, FaultKind, decoded};
use crate::record::EventRecord;

/// Most bytes of event data, as JSON, in one commit: a transaction may hold 4 MB, a person's request a hundredth.
pub const COMMIT_BYTES_MAX: usize = 64 * 1024;

/// Reads and stores aggregates of one kind.
#[derive(Clone, Debug)]
pub struct Repository<A, T> {
    table: T,
    aggregate: PhantomData<fn() -> A>,
}

/// Why an aggregate's changes were not stored. It keeps them.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another writer appended first. Load again and decide again.
    #[error("another writer appended first")]
    Conflict,
    /// One commit holds fewer events.
    #[error("a commit has at most {COMMIT_EVENTS_MAX} events, not {0}; send fewer commands at a time")]
    TooManyEvents(usize),
    /// One commit holds fewer bytes.
    #[error("a commit has at most {COMMIT_BYTES_MAX} bytes, not {0}; send fewer commands at a time")]
    TooLarge(usize),
    /// Something broke.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl<A, T> Repository<A, T>
where
    A: Aggregate + Send,
    A::Event: Send + 'static,
    T: EventTable,
{
    /// A repository over this table.
    pub const fn new(table: T) -> Self {
        Self { table, aggregate: PhantomData }
    }

    /// The table underneath.
    pub const fn table(&self) -> &T {
        &self.table
    }

    /// The aggregate with all its events folded; without events a new one. A hole in the stream, or an event that
    /// does not read as what its name says, is a permanent fault that names cart and version.
    pub async fn load(&self, stream: StreamId) -> Result<Versioned<A>, Fault> {
        self.load_first(stream, None).await
    }

    /// The aggregate as it was at `version`; `None` when its stream never came that far.
    pub async fn load_at(&self, stream: StreamId, version: u64) -> Result<Option<Versioned<A>>, Fault> {
        let Ok(limit) = u32::try_from(version) else { return Ok(None) };
        let aggregate = self.load_first(stream, Some(limit)).await?;
        Ok((aggregate.stored_version() == version).then_some(aggregate))
    }

    /// The aggregate with the first `limit` of its events folded, or all of them.
    async fn load_first(&self, stream: StreamId, limit: Option<u32>) -> Result<Versioned<A>, Fault> {
        let mut aggregate = Versioned::new(stream);
        self.table.load_decoded(stream, limit, |recorded| replay(&mut aggregate, &recorded)).await?;
        Ok(aggregate)
    }

    /// Folds the events of a stream from its first one on. Fails as [`load`](Self::load) does.
    pub fn fold(stream: StreamId, records: Vec<EventRecord>) -> Result<Versioned<A>, Fault> {
        let mut aggregate = Versioned::new(stream);
        records.into_iter().try_for_each(|record| replay(&mut aggregate, &decoded(record)?))?;
        Ok(aggregate)
    }

    /// The aggregate, unless its stream has no events or it has ended.
    pub async fn fetch(&self, stream: StreamId) -> Result<Option<Versioned<A>>, Fault> {
        let aggregate = self.load(stream).await?;
        let there = aggregate.stored_version() > 0 && !aggregate.state().ended();
        Ok(there.then_some(aggregate))
    }

    /// Stores the queued changes as one commit and takes them as stored; answers them as recorded, none when there was
    /// nothing to store. Their event ids and commands are their own, everything else is `template`'s.
    pub async fn store(
        &self,
        aggregate: &mut Versioned<A>,
        template: &Circumstances,
    ) -> Result<Vec<EventRecord>, StoreError> {
        self.store_each(aggregate, |_| template.clone()).await
    }

    /// The same, with circumstances for each change.
    pub async fn store_each(
        &self,
        aggregate: &mut Versioned<A>,
        circumstances: impl Fn(&Change<A::Event>) -> Circumstances + Send,
    ) -> Result<Vec<EventRecord>, StoreError> {
        let changes = aggregate.changes();
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        if changes.len() > COMMIT_EVENTS_MAX {
            return Err(StoreError::TooManyEvents(changes.len()));
        }
        let stream = aggregate.head().stream;
        let records: Result<Vec<_>, _> =
            changes.iter().map(|change| EventRecord::of_change(stream, change, circumstances(change))).collect();
        let unwritable =
            |error| Fault::new(FaultKind::Permanent, "write the events of cart", stream.to_string(), error);
        let records = records.map_err(unwritable)?;
        let bytes = data_bytes(&records).map_err(unwritable)?;
        if bytes > COMMIT_BYTES_MAX {
            return Err(StoreError::TooLarge(bytes));
        }
        match self.table.append(&records).await {
            Ok(()) => {
                aggregate.clear();
                Ok(records)
            }
            Err(AppendError::Conflict) => Err(StoreError::Conflict),
            Err(AppendError::Fault(fault)) => Err(StoreError::Fault(fault)),
        }
    }
}

/// Folds the next event in; a permanent fault that names the missing version when another one comes.
fn replay<A: Aggregate>(aggregate: &mut Versioned<A>, recorded: &Recorded<A::Event>) -> Result<(), Fault> {
    aggregate.replay(recorded).map_err(|error| {
        let place = format!("{} at version {}", error.stream, error.newest.saturating_add(1));
        Fault::new(FaultKind::Permanent, "fold cart", place, error)
    })
}

fn data_bytes(records: &[EventRecord]) -> Result<usize, serde_json::Error> {
    let mut length = Length(0);
    for record in records {
        serde_json::to_writer(&mut length, &record.data)?;
    }
    Ok(length.0)
}

/// Counts what is written to it.
struct Length(usize);

impl io::Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
