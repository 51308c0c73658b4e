//! What the functions need from the world, as traits. One adapter per trait and world: DynamoDB, Kinesis, S3, SQS on
//! AWS; files on one machine; memory in tests and in the simulator. Every adapter passes the same contract suite.
//!
//! Functions call these and nothing else: no clock, no randomness, no socket of their own.

mod archive;
mod bus;
mod clock;
mod dead_letters;
mod fault;
mod feed;
mod news;
mod outside;
mod pipeline;
mod progress;
mod queue;
mod replay_starter;
mod rows;
mod runs;
mod table;

pub use archive::{Archive, Created};
pub use bus::{BUS_PUT_RECORDS_MAX, BusRecord, EventBus, RecordRefused};
pub use clock::Clock;
pub use dead_letters::{DeadLetter, DeadLetterQueue, Letters};
pub use fault::{Fault, FaultKind};
pub use feed::{EventFeed, FeedPlace, FeedPosition, FeedShard};
pub use news::{Heard, Listening, News};
pub use outside::{Notice, Notices, TamperLog};
pub use pipeline::{
    Counts, DeadLetters, LagSample, PipelineSnapshot, PipelineView, Projected, Rates, Stage, StageState,
};
pub use progress::{Progress, ShardProgress, TableStreamProgress};
pub use queue::{QUEUE_SEND_MESSAGES_MAX, QueueMessage, ReplayQueue};
pub use replay_starter::ReplayStarter;
pub use rows::{
    By, Order, ROWS_GET_MAX, ROWS_WRITE_MAX, Row, RowKey, RowQuery, RowWrite, Rows, RowsError, check_writes,
};
pub use runs::Runs;
pub use table::{AppendError, COMMIT_EVENTS_MAX, EventTable, ScanPage, ScanPosition, check_commit, decoded};
