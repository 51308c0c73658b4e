//! DynamoDB on one machine: dynoxide in this process, over loopback HTTP, so that the adapter which talks to AWS talks
//! to it too; and the table stream, read straight from dynoxide's file.
//!
//! dynoxide answers a request on the thread that took it, under one lock. It therefore runs on threads of its own.
//!
//! dynoxide keeps SQLite's `synchronous = FULL`: what the table acknowledged survives a power loss too, so nothing that
//! follows from it (kept less strictly, see [`crate::sqlite`]) can ever be ahead of it.
//!
//! The stream table has no index, and every write looks up its newest number, so this file adds two. Reading the stream
//! through the API would parse and print every image twice under that same lock; a second connection reads it beside
//! the writers. Both lean on dynoxide's layout, which is checked at every start: dynoxide's version is pinned.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use rusqlite::{Connection, params};
use tillroll_core::sequence::SequenceNumber;
use tillroll_host_lambda::dynamodb::client::emulator_client;
use tillroll_host_lambda::lambda_events::{Image, ItemChange, TableStreamRecord};
use tillroll_host_lambda::ports::{Clock as _, Fault};
use tokio::sync::{oneshot, watch};

use crate::checkpoints::Checkpoints;
use crate::clock::LocalClock;
use crate::sqlite::{OpenError, Sqlite};

/// Threads that answer requests: one works on the table while the other parses or prints.
const SERVER_THREADS: usize = 2;
/// Columns of dynoxide 3.2's stream table, in order.
const STREAM_COLUMNS: [&str; 11] = [
    "id",
    "table_name",
    "event_name",
    "keys_json",
    "new_image",
    "old_image",
    "sequence_number",
    "shard_id",
    "created_at",
    "user_identity",
    "event_id",
];
/// Both in the very words of dynoxide's queries; other words would not use the index.
const STREAM_INDEXES: &str = "
    CREATE INDEX IF NOT EXISTS tillroll_stream_newest
        ON _stream_records (table_name, CAST(sequence_number AS INTEGER));
    CREATE INDEX IF NOT EXISTS tillroll_stream_in_order
        ON _stream_records (table_name, shard_id, CAST(sequence_number AS INTEGER));
";
/// What the API adds to a stored sequence number to make 21 digits.
const SEQUENCE_OFFSET: u128 = 100_000_000_000_000_000_000;
/// Stream records younger than this stay, even when they are published.
const RETENTION_S: i64 = 24 * 60 * 60;
/// Most stream records that one trimming step deletes: writers wait for it.
const TRIM_RECORDS_MAX: u32 = 1_000;
/// Between two such steps writers have their turn; SQLite's lock is not fair.
const TRIM_PAUSE: Duration = Duration::from_millis(50);

/// The embedded DynamoDB.
#[derive(Debug)]
pub struct LocalDynamo {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
    stream: Sqlite,
}

/// The embedded DynamoDB did not start.
#[derive(Debug, thiserror::Error)]
pub enum DynamoError {
    /// dynoxide does not open its file.
    #[error("dynoxide cannot open {file}: the data folder must be writable and the file whole")]
    Database {
        /// The file.
        file: String,
        /// dynoxide's own words.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The stream table cannot be indexed or read.
    #[error(transparent)]
    Stream(#[from] OpenError),
    /// No loopback port, no thread.
    #[error("cannot start the embedded DynamoDB")]
    Server(#[from] std::io::Error),
}

impl LocalDynamo {
    /// Opens `file`, creating it when missing, and serves it on a free loopback port.
    pub fn start(file: &Path) -> Result<Self, DynamoError> {
        let name = file.display().to_string();
        let database = dynoxide::Database::new(&name)
            .map_err(|source| DynamoError::Database { file: name, source: Box::new(source) })?;
        let stream = Sqlite::open(file, |connection| prepare(file, connection))?;

        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(SERVER_THREADS)
            .thread_name("dynoxide")
            .enable_all()
            .build()?;
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::Builder::new().name("dynoxide-server".into()).spawn(move || {
            let served = runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).map_err(|error| error.to_string())?;
                // The sender going away without a word is a stop as well.
                let stopped = async { stopped.await.unwrap_or_default() };
                dynoxide::server::serve_with_shutdown(listener, database, stopped).await
            });
            if let Err(error) = served {
                tracing::error!(error, "the embedded DynamoDB stopped");
            }
        })?;
        Ok(Self { address, stop: Some(stop), thread: Some(thread), stream })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// An SDK client for it.
    #[must_use]
    pub fn client(&self) -> Client {
        emulator_client(self.address)
    }

    /// The stream of `table`.
    #[must_use]
    pub fn table_stream(&self, table: &str) -> TableStream {
        TableStream {
            sqlite: self.stream.clone(),
            table: table.into(),
            shard: format!("shardId-00000001-{table}").into(),
            appended: watch::Sender::new(0),
        }
    }

    /// Stops serving once the requests under way are answered, and closes the file. Clients must be gone or idle.
    pub(crate) async fn stop(mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the server was reported by its thread.
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}

/// Whether a file has the layout of the dynoxide that is linked; if not, what was found. Changes nothing.
pub(crate) fn looks_right(connection: &Connection) -> rusqlite::Result<Result<(), String>> {
    let columns = stream_columns(connection)?;
    let found = || format!("its table _stream_records has the columns [{}], not dynoxide 3.2's", columns.join(", "));
    Ok(if columns == STREAM_COLUMNS { Ok(()) } else { Err(found()) })
}

fn stream_columns(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut select = connection.prepare("SELECT name FROM pragma_table_info('_stream_records') ORDER BY cid")?;
    select.query_map([], |row| row.get(0))?.collect()
}

fn prepare(file: &Path, connection: &mut Connection) -> Result<(), OpenError> {
    let refused = |source| OpenError::sqlite(file, source);
    let columns = stream_columns(connection).map_err(refused)?;
    if columns != STREAM_COLUMNS {
        let found = format!(
            "its table _stream_records has the columns [{}]; it was written by another version of dynoxide than 3.2, \
             move it away or start with --fresh",
            columns.join(", ")
        );
        return Err(OpenError::Layout { file: file.display().to_string(), found });
    }
    connection.execute_batch(STREAM_INDEXES).map_err(refused)
}

/// The table stream of one table: one shard, as dynoxide has it.
#[derive(Clone, Debug)]
pub struct TableStream {
    sqlite: Sqlite,
    table: Arc<str>,
    shard: Arc<str>,
    appended: watch::Sender<u64>,
}

/// A row of the stream table.
struct StreamRow {
    event_name: String,
    keys: String,
    new_image: Option<String>,
    sequence: i64,
}

impl TableStream {
    /// The shard's name.
    pub(crate) fn shard(&self) -> &str {
        &self.shard
    }

    /// Tells the reader that so many events were written, so that it need not wait for its next look; none is also
    /// news, of a write whose outcome nobody knows.
    pub(crate) fn announce(&self, events: usize) {
        let events = u64::try_from(events).unwrap_or(0);
        self.appended.send_modify(|appended| *appended = appended.wrapping_add(events));
    }

    /// Wakes with every announced write; the events announced since the process began.
    pub(crate) fn appended(&self) -> watch::Receiver<u64> {
        self.appended.subscribe()
    }

    /// Records above `after`, oldest first: at most `records_max`, and not many more than `bytes_max`.
    pub(crate) async fn read(
        &self,
        after: Option<&SequenceNumber>,
        records_max: u32,
        bytes_max: usize,
    ) -> Result<Vec<TableStreamRecord>, Fault> {
        let (table, shard, after) = (Arc::clone(&self.table), Arc::clone(&self.shard), stored(after));
        let rows = self
            .sqlite
            .call("read the table stream in", move |db| {
                let mut select = db.prepare_cached(
                    "SELECT event_name, keys_json, new_image, CAST(sequence_number AS INTEGER) FROM _stream_records
                     WHERE table_name = ?1 AND shard_id = ?2 AND CAST(sequence_number AS INTEGER) > ?3
                     ORDER BY CAST(sequence_number AS INTEGER) LIMIT ?4",
                )?;
                let mut rows = select.query(params![&*table, &*shard, after, records_max])?;
                let mut read: Vec<StreamRow> = Vec::new();
                let mut bytes: usize = 0;
                while let Some(row) = rows.next()? {
                    let row = StreamRow {
                        event_name: row.get(0)?,
                        keys: row.get(1)?,
                        new_image: row.get(2)?,
                        sequence: row.get(3)?,
                    };
                    bytes = bytes.saturating_add(row.new_image.as_ref().map_or(0, String::len));
                    // The first record always goes, however large.
                    if bytes > bytes_max && !read.is_empty() {
                        break;
                    }
                    read.push(row);
                }
                Ok(read)
            })
            .await?;
        Ok(rows.into_iter().map(TableStreamRecord::from).collect())
    }

    /// Whether at least `records` records lie above `after`.
    pub(crate) async fn has(&self, after: Option<&SequenceNumber>, records: u32) -> Result<bool, Fault> {
        let (table, after) = (Arc::clone(&self.table), stored(after));
        self.sqlite
            .call("look at the table stream in", move |db| {
                db.prepare_cached(
                    "SELECT 1 FROM _stream_records WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) > ?2
                     ORDER BY CAST(sequence_number AS INTEGER) LIMIT 1 OFFSET ?3",
                )?
                .exists(params![&*table, after, records.saturating_sub(1)])
            })
            .await
    }

    /// The newest record's sequence number, if there is a record.
    pub(crate) async fn newest(&self) -> Result<Option<SequenceNumber>, Fault> {
        let table = Arc::clone(&self.table);
        let newest: Option<i64> = self
            .sqlite
            .call("look at the table stream in", move |db| {
                db.prepare_cached(
                    "SELECT max(CAST(sequence_number AS INTEGER)) FROM _stream_records WHERE table_name = ?1",
                )?
                .query_row([&*table], |row| row.get(0))
            })
            .await?;
        Ok(newest.and_then(|newest| public(newest).parse().ok()))
    }

    /// How many records lie above `after`, and when the oldest of them was written, in milliseconds since 1970.
    pub(crate) async fn lag(&self, after: Option<&SequenceNumber>) -> Result<(u64, Option<i64>), Fault> {
        let (table, after) = (Arc::clone(&self.table), stored(after));
        self.sqlite
            .call("read the lag of the table stream in", move |db| {
                // dynoxide counts sequence numbers in microseconds since 1970.
                db.prepare_cached(
                    "SELECT count(*), min(CAST(sequence_number AS INTEGER)) / 1000 FROM _stream_records
                     WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) > ?2",
                )?
                .query_row(params![&*table, after], |row| Ok((row.get(0)?, row.get(1)?)))
            })
            .await
    }

    /// Deletes some records that are more than a day old and up to `published`; answers how many. The newest record
    /// stays: dynoxide counts on from it.
    pub(crate) async fn trim(&self, published: Option<&SequenceNumber>) -> Result<usize, Fault> {
        let (table, published) = (Arc::clone(&self.table), stored(published));
        // dynoxide stamps records with the system's clock, whatever the clock file says.
        let before_s = LocalClock::system().now().unix_ms() / 1000 - RETENTION_S;
        self.sqlite
            .call("trim the table stream in", move |db| {
                db.prepare_cached(
                    "DELETE FROM _stream_records WHERE id IN (
                         SELECT id FROM _stream_records
                         WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) <= ?2 AND created_at < ?3
                           AND CAST(sequence_number AS INTEGER) < (
                               SELECT max(CAST(sequence_number AS INTEGER)) FROM _stream_records WHERE table_name = ?1)
                         ORDER BY CAST(sequence_number AS INTEGER) LIMIT ?4)",
                )?
                .execute(params![&*table, published, before_s, TRIM_RECORDS_MAX])
            })
            .await
    }
}

/// The stored form of a public sequence number; 0, below all of them, for none.
fn stored(sequence: Option<&SequenceNumber>) -> i64 {
    sequence
        .and_then(|sequence| sequence.as_str().parse::<u128>().ok())
        .and_then(|public| i64::try_from(public.checked_sub(SEQUENCE_OFFSET)?).ok())
        .unwrap_or(0)
}

/// The public form of a stored sequence number, as the API gives it.
fn public(stored: i64) -> String {
    SEQUENCE_OFFSET.saturating_add(u128::try_from(stored).unwrap_or(0)).to_string()
}

impl From<StreamRow> for TableStreamRecord {
    fn from(row: StreamRow) -> Self {
        // What does not read as an item travels on as a record without one: publish knows what to do with those.
        let image = |json: &str| serde_json::from_str::<Image>(json).ok();
        Self {
            event_name: row.event_name,
            dynamodb: ItemChange {
                sequence_number: public(row.sequence),
                keys: image(&row.keys).unwrap_or_default(),
                new_image: row.new_image.as_deref().and_then(image),
            },
        }
    }
}

/// Trims the stream until nothing more may go, in small steps.
pub(crate) async fn trim_all(stream: &TableStream, checkpoints: &Checkpoints, mapping: &str) -> Result<usize, Fault> {
    let published = checkpoints.load(mapping, stream.shard()).await?;
    let mut trimmed = 0;
    loop {
        match stream.trim(published.as_ref()).await? {
            0 => return Ok(trimmed),
            some => trimmed += some,
        }
        tokio::time::sleep(TRIM_PAUSE).await;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;

    /// A stream of records written so many hours ago, oldest first, with sequence numbers from 1.
    async fn stream_of(folder: &Path, hours_ago: &[i64]) -> TableStream {
        let file = folder.join("dynamodb.sqlite");
        drop(dynoxide::Database::new(file.to_str().unwrap()).unwrap());
        let sqlite = Sqlite::open(&file, |connection| prepare(&file, connection)).unwrap();
        let now_s = LocalClock::system().now().unix_ms() / 1000;
        let created: Vec<i64> = hours_ago.iter().map(|hours| now_s - hours * 3_600).collect();
        let insert = move |db: &mut Connection| {
            for (sequence, created_s) in (1_i64..).zip(created) {
                db.execute(
                    "INSERT INTO _stream_records
                         (table_name, event_name, keys_json, new_image, sequence_number, shard_id, created_at)
                     VALUES ('t', 'INSERT', '{}', '{\"Version\":{\"N\":\"1\"}}', ?1, 'shardId-00000001-t', ?2)",
                    params![sequence.to_string(), created_s],
                )?;
            }
            Ok(())
        };
        sqlite.call("fill", insert).await.unwrap();
        TableStream { sqlite, table: "t".into(), shard: "shardId-00000001-t".into(), appended: watch::Sender::new(0) }
    }

    fn sequence(stored: i64) -> SequenceNumber {
        public(stored).parse().unwrap()
    }

    async fn left(stream: &TableStream) -> Vec<SequenceNumber> {
        let records = stream.read(None, 1_000, usize::MAX).await.unwrap();
        records.iter().map(|record| record.dynamodb.sequence_number.parse().unwrap()).collect()
    }

    #[tokio::test]
    async fn the_stream_is_read_in_order_from_any_place_with_the_numbers_of_the_api() {
        let folder = tempfile::tempdir().unwrap();
        let stream = stream_of(folder.path(), &[0; 12]).await;
        assert_eq!(left(&stream).await, (1..=12).map(sequence).collect::<Vec<_>>());
        let records = stream.read(Some(&sequence(9)), 2, usize::MAX).await.unwrap();
        let numbers: Vec<_> = records.iter().map(|record| record.dynamodb.sequence_number.as_str()).collect();
        assert_eq!(numbers, ["100000000000000000010", "100000000000000000011"]);
        assert!(records.iter().all(|record| record.dynamodb.new_image.is_some()));
        assert_eq!(stream.read(None, 10, 1).await.unwrap().len(), 1, "the first record goes, however large");
        assert_eq!(stream.lag(Some(&sequence(4))).await.unwrap().0, 8);
        assert_eq!(stream.newest().await.unwrap(), Some(sequence(12)));
        assert!(stream.has(Some(&sequence(11)), 1).await.unwrap());
        assert!(!stream.has(Some(&sequence(11)), 2).await.unwrap());
    }

    #[tokio::test]
    async fn what_is_a_day_old_and_published_goes_and_the_newest_stays() {
        for (hours_ago, published, stays) in [
            (&[30, 26, 25, 1][..], Some(4), &[4][..]),
            (&[30, 26, 25, 1], Some(2), &[3, 4]),
            (&[30, 26, 25, 1], None, &[1, 2, 3, 4]),
            (&[30, 26, 25], Some(3), &[3]),
            (&[1, 1], Some(2), &[1, 2]),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let stream = stream_of(folder.path(), hours_ago).await;
            while stream.trim(published.map(sequence).as_ref()).await.unwrap() > 0 {}
            assert_eq!(left(&stream).await, stays.iter().copied().map(sequence).collect::<Vec<_>>(), "{published:?}");
        }
    }
}
