//! Archive: a batch of the event bus becomes an object that is kept for ever.
//!
//! The batch is acknowledged only after the object is confirmed. Delivered again with the same borders it makes the
//! same key, and finding it taken is success; with other borders it makes another object, and readers deduplicate.
//! Payloads are never parsed, so no content can stop the archive.

use std::collections::BTreeMap;

use crate::archive_object::{ArchiveObject, PackedObject, pack};
use crate::lambda_events::{BatchAnswer, BusBatch, BusBatchRecord};
use crate::ports::{Archive, Created, Fault, FaultKind};

/// Stores the batch: one object for each shard (Lambda's batches are of one shard).
pub async fn archive<A: Archive>(batch: &BusBatch, archive: &A) -> Result<BatchAnswer, Fault> {
    let mut shards: BTreeMap<&str, Vec<&BusBatchRecord>> = BTreeMap::new();
    for record in &batch.records {
        shards.entry(record.shard()).or_default().push(record);
    }
    for (shard, records) in shards {
        let object = pack(shard, &records)
            .map_err(|error| Fault::new(FaultKind::Permanent, "pack a batch of shard", shard, error))?;
        store(object, archive).await?;
    }
    Ok(BatchAnswer::done())
}

async fn store<A: Archive>(object: PackedObject, archive: &A) -> Result<(), Fault> {
    let PackedObject { key, bytes } = object;
    let name = key.to_string();
    match archive.create(&name, bytes).await? {
        Created::New | Created::AlreadyThere => Ok(()),
        // The key names the content, not its compression: an earlier attempt of a build with another compressor.
        Created::Different => match ArchiveObject::read(archive, &name).await {
            Ok(_) => Ok(()),
            Err(fault) if fault.kind == FaultKind::Permanent => {
                tracing::error!(key = %name, "an archive object does not hold what its key names; keep it and look");
                Err(Fault::new(FaultKind::Permanent, "create archive object", name, fault))
            }
            Err(fault) => Err(fault),
        },
    }
}

#[cfg(test)]
mod tests;
