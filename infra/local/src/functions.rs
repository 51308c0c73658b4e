//! The functions of the pipeline with the ports of this machine, as the mappings call them.

use std::sync::Arc;

use tillroll_host_lambda::dynamodb::RowTable;
use tillroll_host_lambda::functions::archive::archive;
use tillroll_host_lambda::functions::project::Projector;
use tillroll_host_lambda::functions::publish::publish;
use tillroll_host_lambda::lambda_events::{BatchAnswer, BusBatch, QueueBatch, TableStreamBatch};
use tillroll_host_lambda::ports::Fault;
use tillroll_host_lambda::subscriptions::Subscription;

use crate::archive::LocalArchive;
use crate::bus::LocalBus;
use crate::clock::LocalClock;
use crate::mappings::Function;
use crate::table::LocalTable;
use crate::tamper::LocalTamperLog;

/// Rows on this machine.
pub type LocalRows = RowTable<LocalClock>;
/// The projector of a subscription on this machine.
pub type LocalProjector<S> = Projector<S, LocalRows, LocalTable>;

/// Table stream to bus.
pub(crate) struct Publish {
    pub(crate) bus: LocalBus,
    pub(crate) tamper: LocalTamperLog,
}

impl Function<TableStreamBatch> for Publish {
    async fn invoke(&self, batch: &TableStreamBatch) -> Result<BatchAnswer, Fault> {
        publish(batch, &self.bus, &self.tamper).await
    }
}

/// Bus to archive.
#[derive(Clone)]
pub(crate) struct ArchiveBus(pub(crate) LocalArchive);

impl Function<BusBatch> for ArchiveBus {
    async fn invoke(&self, batch: &BusBatch) -> Result<BatchAnswer, Fault> {
        archive(batch, &self.0).await
    }
}

/// Bus to the rows of a subscription.
pub(crate) struct Live<S>(pub(crate) Arc<LocalProjector<S>>);

impl<S: Subscription + Send + Sync + 'static> Function<BusBatch> for Live<S> {
    async fn invoke(&self, batch: &BusBatch) -> Result<BatchAnswer, Fault> {
        self.0.live(batch).await
    }
}

/// Replay queue to the rows of a subscription.
pub(crate) struct Replayed<S>(pub(crate) Arc<LocalProjector<S>>);

impl<S: Subscription + Send + Sync + 'static> Function<QueueBatch> for Replayed<S> {
    async fn invoke(&self, batch: &QueueBatch) -> Result<BatchAnswer, Fault> {
        self.0.replayed(batch).await
    }
}
