//! The catalogue of prices and discount rules in an object, read once and asked for again by its entity tag.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tillroll_core::cart::Catalogue;

use super::signed::{Read, SignedObject};
use crate::calls::{self, Failure};
use crate::ports::{Clock, Fault};

/// Largest catalogue. A function of 128 MB holds one ten times as large, and a shop of 50,000 items needs a tenth.
const CATALOGUE_BYTES_MAX: usize = 50 * 1024 * 1024;

const READ: &str = "read the catalogue";

/// The catalogue in a bucket. Cheap to clone; clones share what was read.
#[derive(Clone, Debug)]
pub struct S3Catalogue<C> {
    object: SignedObject,
    clock: C,
    refresh_ms: u64,
    held: Arc<Mutex<Option<Held>>>,
}

/// What was read last.
#[derive(Clone, Debug)]
struct Held {
    catalogue: Arc<Catalogue>,
    etag: Option<String>,
    /// When it was known to be the newest.
    asked_ms: u64,
}

/// What the bucket said.
enum Asked {
    Unchanged,
    Changed(Arc<Catalogue>, Option<String>),
}

impl<C: Clock> S3Catalogue<C> {
    /// The catalogue in `object`, asked for again when `refresh` has gone by: so much later a new one counts at most.
    pub fn new(object: SignedObject, refresh: Duration, clock: C) -> Self {
        let refresh_ms = u64::try_from(refresh.as_millis()).unwrap_or(u64::MAX);
        Self { object, clock, refresh_ms, held: Arc::default() }
    }

    /// The catalogue as it is now. The first one has to be there and to read. Later ones that do not leave the one
    /// that was read before, and say so in the log: a shop goes on with the prices it had.
    pub async fn current(&self) -> Result<Arc<Catalogue>, Fault> {
        let held = self.held().clone();
        let now_ms = self.clock.elapsed_ms();
        if let Some(held) = held.as_ref().filter(|held| now_ms.saturating_sub(held.asked_ms) < self.refresh_ms) {
            return Ok(Arc::clone(&held.catalogue));
        }
        let etag = held.as_ref().and_then(|held| held.etag.as_deref());
        let asked = calls::repeated(&self.clock, || self.ask(etag)).await;
        let asked = asked.map_err(|failure| failure.into_read_fault(READ, self.object.url()));
        let now = match (asked, held) {
            (Ok(Asked::Changed(catalogue, etag)), _) => Held { catalogue, etag, asked_ms: now_ms },
            (Ok(Asked::Unchanged), Some(held)) => Held { asked_ms: now_ms, ..held },
            (Ok(Asked::Unchanged), None) => {
                let reason = "the bucket says that it has not changed, and it was never read";
                return Err(Failure::permanent(reason).into_fault(READ, self.object.url()));
            }
            (Err(fault), Some(held)) => {
                let source = fault.source.as_ref().map(ToString::to_string).unwrap_or_default();
                tracing::error!(%fault, source, "the catalogue stays as it was");
                Held { asked_ms: now_ms, ..held }
            }
            (Err(fault), None) => return Err(fault),
        };
        let catalogue = Arc::clone(&now.catalogue);
        *self.held() = Some(now);
        Ok(catalogue)
    }

    async fn ask(&self, etag: Option<&str>) -> Result<Asked, Failure> {
        let (bytes, etag) = match self.object.read(etag, CATALOGUE_BYTES_MAX, self.clock.now()).await? {
            Read::Content(bytes, etag) => (bytes, etag),
            Read::Unchanged => return Ok(Asked::Unchanged),
            Read::Missing => {
                return Err(Failure::permanent("there is no such object; upload one or configure no catalogue"));
            }
            Read::TooLarge => return Err(Failure::permanent(format!("it is larger than {CATALOGUE_BYTES_MAX} bytes"))),
        };
        let catalogue: Catalogue = serde_json::from_slice(&bytes)
            .map_err(|error| Failure::permanent(format!("it is not a catalogue: {error}; upload it again")))?;
        Ok(Asked::Changed(Arc::new(catalogue), etag))
    }

    fn held(&self) -> MutexGuard<'_, Option<Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
