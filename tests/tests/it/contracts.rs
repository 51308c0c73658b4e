//! Every contract suite over every adapter: in memory, and DynamoDB's against two emulators.

use std::any::Any;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tillroll_core::time::Timestamp;
use tillroll_host_lambda::derived::RowRuns;
use tillroll_host_lambda::dynamodb::client::emulator_client;
use tillroll_host_lambda::dynamodb::tables::{TableNames, create_tables};
use tillroll_host_lambda::dynamodb::{Events, RowTable, Tokens};
use tillroll_host_lambda::lambda_events::QueueBatchRecord;
use tillroll_host_lambda::memory::{
    MemoryArchive, MemoryBus, MemoryClock, MemoryQueue, MemoryRows, MemoryRuns, MemoryTable,
};
use tillroll_host_lambda::ports::{DeadLetterQueue, Fault, QueueMessage, RecordRefused, ReplayQueue};
use tillroll_tests::contracts::replay_queue::ReceiveMessages;
use tillroll_tests::wall_clock::WallClock;
use tillroll_tests::{dynoxide, ministack};

/// What a test keeps as long as its adapter.
type Keep = Box<dyn Any + Send>;

fn kept<T>(adapter: T) -> std::future::Ready<Option<(T, Keep)>> {
    std::future::ready(Some((adapter, Box::new(()))))
}

/// Numbers the tables of this process: one emulator may serve several tests.
static TABLES: AtomicU32 = AtomicU32::new(0);

/// New tables of the emulator at `address`.
async fn tables(address: SocketAddr, tokens: Tokens) -> (Events<WallClock>, RowTable<WallClock>) {
    let client = emulator_client(address);
    let number = TABLES.fetch_add(1, Ordering::Relaxed);
    let names = TableNames { events: format!("events-{number}"), rows: format!("rows-{number}") };
    create_tables(&client, &names).await.unwrap();
    let clock = WallClock::default();
    (Events::new(client.clone(), names.events, tokens, clock), RowTable::new(client, names.rows, tokens, clock))
}

mod in_memory {
    use super::*;

    fn clock() -> MemoryClock {
        MemoryClock::new(Timestamp::UNIX_EPOCH.plus_ms(1_000), 1)
    }

    mod event_table {
        use super::*;
        tillroll_tests::event_table_contract!(kept(MemoryTable::default()), races: 1_000);
        tillroll_tests::event_table_scan_order_contract!(kept(MemoryTable::default()));
    }

    mod rows {
        use super::*;
        tillroll_tests::rows_contract!(kept(MemoryRows::default()));
    }

    mod event_bus {
        use super::*;
        tillroll_tests::event_bus_contract!(kept(MemoryBus::new(4, clock())));
    }

    mod event_feed {
        use super::*;
        tillroll_tests::event_feed_contract!(kept(MemoryBus::new(4, clock())));
    }

    mod archive {
        use super::*;
        tillroll_tests::archive_contract!(kept(MemoryArchive::default()));
    }

    mod runs {
        use super::*;
        tillroll_tests::runs_contract!(kept(MemoryRuns::default()));
    }

    mod runs_in_rows {
        use super::*;
        tillroll_tests::runs_contract!(kept(RowRuns::new(MemoryRows::default(), clock())));
    }

    mod replay_queue {
        use super::*;
        tillroll_tests::replay_queue_contract!(kept(MovedQueue::new(clock())));
        tillroll_tests::dead_letters_contract!(kept(MovedQueue::new(clock())));
    }
}

mod dynamodb_on_dynoxide {
    use super::*;

    mod event_table {
        use super::*;

        async fn fresh() -> Option<(Events<WallClock>, Keep)> {
            let (events, _) = tables(dynoxide::start().await, Tokens::Omit).await;
            Some((events, Box::new(())))
        }

        tillroll_tests::event_table_contract!(fresh(), races: 1_000);
        tillroll_tests::event_table_scan_order_contract!(fresh());
    }

    mod rows {
        use super::*;

        async fn fresh() -> Option<(RowTable<WallClock>, Keep)> {
            let (_, rows) = tables(dynoxide::start().await, Tokens::Omit).await;
            Some((rows, Box::new(())))
        }

        tillroll_tests::rows_contract!(fresh());
    }
}

mod dynamodb_on_ministack {
    use super::*;

    mod event_table {
        use super::*;

        async fn fresh() -> Option<(Events<WallClock>, Keep)> {
            let ministack = ministack::shared().await?;
            let (events, _) = tables(ministack.address(), Tokens::Send).await;
            Some((events, Box::new(ministack)))
        }

        tillroll_tests::event_table_contract!(fresh(), races: 50);
    }

    mod rows {
        use super::*;

        async fn fresh() -> Option<(RowTable<WallClock>, Keep)> {
            let ministack = ministack::shared().await?;
            let (_, rows) = tables(ministack.address(), Tokens::Send).await;
            Some((rows, Box::new(ministack)))
        }

        tillroll_tests::rows_contract!(fresh());
    }

    mod runs_in_rows {
        use super::*;

        async fn fresh() -> Option<(RowRuns<RowTable<WallClock>, WallClock>, Keep)> {
            let ministack = ministack::shared().await?;
            let (_, rows) = tables(ministack.address(), Tokens::Send).await;
            Some((RowRuns::new(rows, WallClock::default()), Box::new(ministack)))
        }

        tillroll_tests::runs_contract!(fresh());
    }
}

/// The queue in memory with the clock that moves it.
struct MovedQueue {
    queue: MemoryQueue,
    clock: MemoryClock,
}

impl MovedQueue {
    fn new(clock: MemoryClock) -> Self {
        Self { queue: MemoryQueue::new(clock.clone()), clock }
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
        self.queue.receive(subscription, messages_max).records
    }

    async fn delete(&self, subscription: &str, message: &QueueBatchRecord) {
        self.queue.delete(subscription, std::slice::from_ref(&message.message_id));
    }

    async fn release(&self, subscription: &str, message: &QueueBatchRecord) {
        self.queue.release(subscription, std::slice::from_ref(&message.message_id));
    }

    fn dead_letters(&self) -> &impl DeadLetterQueue {
        &self.queue
    }

    async fn advance(&self, duration: Duration) {
        self.clock.advance(duration);
    }
}
