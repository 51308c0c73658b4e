//! The contract suites over the adapters of one machine: SQLite and a folder.

use std::collections::HashMap;
use std::future::{Ready, ready};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tempfile::TempDir;
use tillroll_core::time::Timestamp;
use tillroll_host_lambda::lambda_events::{BusBatchRecord, QueueBatchRecord};
use tillroll_host_lambda::memory::MemoryClock;
use tillroll_host_lambda::ports::{
    BusRecord, DeadLetterQueue, EventBus, Fault, QueueMessage, RecordRefused, ReplayQueue,
};
use tillroll_local::archive::LocalArchive;
use tillroll_local::bus::LocalBus;
use tillroll_local::clock::LocalClock;
use tillroll_local::pipeline_db;
use tillroll_local::queue::LocalQueue;
use tillroll_local::runs::LocalRuns;
use tillroll_local::sqlite::Sqlite;
use tillroll_tests::contracts::event_bus::ReadBus;
use tillroll_tests::contracts::replay_queue::ReceiveMessages;

/// How long a received message stays hidden.
const VISIBILITY: Duration = Duration::from_mins(6);

fn database() -> (TempDir, Sqlite) {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = pipeline_db::open(&folder.path().join("pipeline.sqlite")).unwrap();
    (folder, sqlite)
}

mod event_bus {
    use super::*;

    async fn fresh() -> Option<(ReadableBus, TempDir)> {
        let (folder, sqlite) = database();
        let bus = LocalBus::open(sqlite, LocalClock::system(), 4, Vec::new()).await.unwrap();
        Some((ReadableBus(bus), folder))
    }

    tillroll_tests::event_bus_contract!(fresh());
}

mod event_feed {
    use super::*;

    async fn fresh() -> Option<(LocalBus, TempDir)> {
        let (folder, sqlite) = database();
        Some((LocalBus::open(sqlite, LocalClock::system(), 4, Vec::new()).await.unwrap(), folder))
    }

    tillroll_tests::event_feed_contract!(fresh());
}

mod archive {
    use super::*;

    fn fresh() -> Ready<Option<(LocalArchive, TempDir)>> {
        let folder = tempfile::tempdir().unwrap();
        ready(Some((LocalArchive::open(folder.path().join("archive")).unwrap(), folder)))
    }

    tillroll_tests::archive_contract!(fresh());
}

mod runs {
    use super::*;

    fn fresh() -> Ready<Option<(LocalRuns, TempDir)>> {
        let (folder, sqlite) = database();
        ready(Some((LocalRuns::new(sqlite), folder)))
    }

    tillroll_tests::runs_contract!(fresh());
}

mod replay_queue {
    use super::*;

    async fn fresh() -> Option<(MovedQueue, TempDir)> {
        let (folder, sqlite) = database();
        let clock = MemoryClock::new(Timestamp::UNIX_EPOCH.plus_ms(1_000), 1);
        let subscriptions = ["carts".to_owned(), "suggestions".to_owned()];
        let queue = LocalQueue::open(sqlite, clock.clone(), &subscriptions).await.unwrap();
        Some((MovedQueue { queue, clock, receipts: Mutex::default() }, folder))
    }

    tillroll_tests::replay_queue_contract!(fresh());
    tillroll_tests::dead_letters_contract!(fresh());
}

/// The bus with its readers' view.
struct ReadableBus(LocalBus);

impl EventBus for ReadableBus {
    async fn put(&self, records: Vec<BusRecord>) -> Result<Vec<Result<(), RecordRefused>>, Fault> {
        self.0.put(records).await
    }
}

impl ReadBus for ReadableBus {
    async fn read_all(&self) -> Vec<BusBatchRecord> {
        let mut all = Vec::new();
        for shard in self.0.shards() {
            all.extend(self.0.read(shard, 0, u32::MAX, usize::MAX).await.unwrap());
        }
        all
    }
}

/// The queue with the clock that moves it, and the receipts of what was received.
struct MovedQueue {
    queue: LocalQueue<MemoryClock>,
    clock: MemoryClock,
    receipts: Mutex<HashMap<String, Arc<str>>>,
}

impl MovedQueue {
    fn receipt(&self, message: &QueueBatchRecord) -> Arc<str> {
        let receipts = self.receipts.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&receipts[&message.message_id])
    }
}

impl ReplayQueue for MovedQueue {
    async fn send(
        &self,
        subscription: &str,
        messages: Vec<QueueMessage>,
    ) -> Result<Vec<Result<(), RecordRefused>>, Fault> {
        self.queue.send(subscription, messages).await
    }

    async fn depth(&self, subscription: &str) -> Result<u64, Fault> {
        self.queue.depth(subscription).await
    }
}

impl ReceiveMessages for MovedQueue {
    async fn receive(&self, subscription: &str, messages_max: usize) -> Vec<QueueBatchRecord> {
        let messages_max = messages_max.try_into().unwrap();
        let received = self.queue.receive(subscription, messages_max, VISIBILITY).await.unwrap();
        let mut receipts = self.receipts.lock().unwrap_or_else(PoisonError::into_inner);
        for message in &received.messages {
            receipts.insert(message.message_id.clone(), Arc::clone(&received.receipt));
        }
        received.messages
    }

    async fn delete(&self, subscription: &str, message: &QueueBatchRecord) {
        let ids = vec![message.message_id.clone()];
        self.queue.delete(subscription, &self.receipt(message), ids).await.unwrap();
    }

    async fn release(&self, subscription: &str, message: &QueueBatchRecord) {
        let ids = vec![message.message_id.clone()];
        self.queue.put_back(subscription, &self.receipt(message), ids, Duration::ZERO, None).await.unwrap();
    }

    fn dead_letters(&self) -> &impl DeadLetterQueue {
        &self.queue
    }

    async fn advance(&self, duration: Duration) {
        self.clock.advance(duration);
    }
}
