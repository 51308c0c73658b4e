//! The event bus on one machine: a log of a few shards in `pipeline.sqlite`.
//!
//! As with Kinesis the partition key picks the shard, sequence numbers rise within a shard, every reader keeps its own
//! checkpoint, and records go after a day. Unlike Kinesis a put is all or none, and nothing goes that a reader has not
//! finished. Sequence numbers here are also without holes, which makes a backlog countable; nobody may rely on that
//! beyond this crate.

use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, OptionalExtension as _, params};
use tillroll_core::hash::Fingerprint;
use tillroll_core::sequence::SequenceNumber;
use tillroll_host_lambda::lambda_events::{BusBatchRecord, BusPayload};
use tillroll_host_lambda::ports::{
    BUS_PUT_RECORDS_MAX, BusRecord, Clock as _, EventBus, Fault, FaultKind, RecordRefused, ShardProgress,
};
use tokio::sync::watch;

use crate::checkpoints::stored_sequence;
use crate::clock::LocalClock;
use crate::recent::Recent;
use crate::sqlite::Sqlite;

/// Shards of a new bus. A bus keeps the number it began with.
pub const SHARDS: u16 = 4;
/// Largest record (Kinesis: 1 MiB by default).
const RECORD_BYTES_MAX: usize = 1024 * 1024;
/// Longest partition key (Kinesis).
const PARTITION_KEY_CHARS_MAX: usize = 256;
/// Records younger than this stay, even when every reader has finished them.
const RETENTION_MS: i64 = 24 * 60 * 60 * 1000;
/// Most records that one trimming step deletes, so that it never holds up a put for long.
const TRIM_RECORDS_MAX: u32 = 5_000;
/// Mean milliseconds in a second, for the arrival time that Lambda gives in seconds.
const MS_PER_SECOND: f64 = 1_000.0;

/// The event bus.
#[derive(Clone, Debug)]
pub struct LocalBus {
    sqlite: Sqlite,
    clock: LocalClock,
    shards: Arc<[BusShard]>,
    readers: Arc<[String]>,
    /// Counts puts.
    puts: watch::Sender<u64>,
}

/// One shard of the bus.
#[derive(Clone, Debug)]
pub struct BusShard {
    number: u16,
    name: Arc<str>,
    /// Sequence number of the newest record, 0 before the first.
    newest: watch::Sender<i64>,
    recent: Arc<Mutex<Recent>>,
}

impl BusShard {
    /// Its name, as in `eventID`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn number(&self) -> u16 {
        self.number
    }

    /// Sequence number of the newest record, 0 before the first; the receiver wakes with every put.
    #[must_use]
    pub fn newest(&self) -> watch::Receiver<i64> {
        self.newest.subscribe()
    }

    fn recent(&self) -> std::sync::MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what was put, once it is in the file.
    fn take(&self, records: Vec<(i64, BusRecord)>, arrival_ms: i64) {
        let mut newest = None;
        let mut recent = self.recent();
        for (sequence, record) in records {
            recent.push(sequence, delivered(&self.name, sequence, arrival_ms, record.partition_key, record.data));
            newest = Some(sequence);
        }
        drop(recent);
        if let Some(newest) = newest {
            self.newest.send_replace(newest);
        }
    }
}

impl LocalBus {
    /// The bus in `sqlite`, with `shards` shards if it is new. `readers` are the names of everybody who reads it: what
    /// one of them has not finished is kept.
    pub async fn open(sqlite: Sqlite, clock: LocalClock, shards: u16, readers: Vec<String>) -> Result<Self, Fault> {
        let newest = sqlite.call("open the event bus in", move |db| open_shards(db, shards.max(1))).await?;
        let shards = newest
            .into_iter()
            .map(|(number, newest)| BusShard {
                number,
                name: format!("shardId-{number:012}").into(),
                newest: watch::Sender::new(newest),
                recent: Arc::default(),
            })
            .collect();
        Ok(Self { sqlite, clock, shards, readers: readers.into(), puts: watch::Sender::new(0) })
    }

    /// The shards, in order.
    #[must_use]
    pub fn shards(&self) -> &[BusShard] {
        &self.shards
    }

    /// Records of `shard` above `after`, oldest first: at most `records_max`, and not many more than `bytes_max`.
    pub async fn read(
        &self,
        shard: &BusShard,
        after: i64,
        records_max: u32,
        bytes_max: usize,
    ) -> Result<Vec<BusBatchRecord>, Fault> {
        let recent = shard.recent().read(after, usize::try_from(records_max).unwrap_or(usize::MAX), bytes_max);
        if let Some(records) = recent {
            return Ok(records);
        }
        let (number, name) = (shard.number, Arc::clone(&shard.name));
        self.sqlite
            .call("read the event bus in", move |db| read_shard(db, number, &name, after, records_max, bytes_max))
            .await
    }

    /// Wakes with every put.
    pub(crate) fn puts(&self) -> watch::Receiver<u64> {
        self.puts.subscribe()
    }

    pub(crate) fn sqlite(&self) -> &Sqlite {
        &self.sqlite
    }

    /// Sequence number of the oldest record that is kept.
    pub(crate) async fn oldest_kept(&self, shard: &BusShard) -> Result<Option<i64>, Fault> {
        let number = shard.number;
        self.sqlite
            .call("read the event bus in", move |db| {
                db.prepare_cached("SELECT min(sequence) FROM bus_records WHERE shard = ?1")?
                    .query_row([number], |row| row.get(0))
            })
            .await
    }

    /// The shard that takes the records of `partition_key`.
    pub(crate) fn shard_of(&self, partition_key: &str) -> Option<&BusShard> {
        let hash = Fingerprint::of_bytes(partition_key.as_bytes()).get();
        let count = u64::try_from(self.shards.len()).unwrap_or(1).max(1);
        usize::try_from(hash % count).ok().and_then(|index| self.shards.get(index))
    }

    /// Where each shard and each of its readers stands.
    pub(crate) async fn progress(&self) -> Result<Vec<ShardProgress>, Fault> {
        let (shards, readers) = (Arc::clone(&self.shards), Arc::clone(&self.readers));
        self.sqlite
            .call("read the progress in", move |db| {
                let mut select =
                    db.prepare_cached("SELECT sequence FROM checkpoints WHERE mapping = ?1 AND shard = ?2")?;
                let mut all = Vec::with_capacity(shards.len());
                for shard in shards.iter() {
                    let mut finished = Vec::with_capacity(readers.len());
                    for reader in readers.iter() {
                        let at = select.query_row([reader, &*shard.name], stored_sequence).optional()?;
                        finished.push((reader.clone(), at));
                    }
                    let newest = u64::try_from(*shard.newest.borrow()).ok().filter(|newest| *newest > 0);
                    let newest = newest.map(SequenceNumber::from);
                    all.push(ShardProgress { shard: shard.name.to_string(), newest, readers: finished });
                }
                Ok(all)
            })
            .await
    }

    /// When the oldest record above `after` arrived, in milliseconds since 1970.
    pub(crate) async fn oldest_arrival_ms(&self, shard: &BusShard, after: i64) -> Result<Option<i64>, Fault> {
        let number = shard.number;
        self.sqlite
            .call("read the lag in", move |db| {
                db.prepare_cached(
                    "SELECT arrival_ms FROM bus_records WHERE shard = ?1 AND sequence > ?2 ORDER BY sequence LIMIT 1",
                )?
                .query_row(params![number, after], |row| row.get(0))
                .optional()
            })
            .await
    }

    /// Deletes some records that are more than a day old and that every reader has finished; answers how many. Zero
    /// means that nothing is left to trim.
    pub(crate) async fn trim(&self) -> Result<usize, Fault> {
        let (shards, readers) = (Arc::clone(&self.shards), Arc::clone(&self.readers));
        let before_ms = self.clock.now().plus_ms(-RETENTION_MS).unix_ms();
        self.sqlite
            .call("trim the event bus in", move |db| {
                let transaction = db.transaction()?;
                let mut trimmed = 0;
                for shard in shards.iter() {
                    trimmed += trim_shard(&transaction, shard, &readers, before_ms)?;
                }
                transaction.commit()?;
                if trimmed > 0 {
                    shards.iter().for_each(|shard| shard.recent().clear());
                }
                Ok(trimmed)
            })
            .await
    }
}

impl EventBus for LocalBus {
    async fn put(&self, records: Vec<BusRecord>) -> Result<Vec<Result<(), RecordRefused>>, Fault> {
        if !(1..=BUS_PUT_RECORDS_MAX).contains(&records.len()) {
            let found = format!("{} records in one put, 1 to {BUS_PUT_RECORDS_MAX} are taken", records.len());
            return Err(Fault::new(FaultKind::Permanent, "put records on the event bus", "pipeline.sqlite", found));
        }
        let mut answers = Vec::with_capacity(records.len());
        let mut taken = Vec::with_capacity(records.len());
        for record in records {
            let shard = self.shard_of(&record.partition_key);
            answers.push(match (refusal_of(&record), shard) {
                (None, Some(shard)) => {
                    taken.push((shard.number, record));
                    Ok(())
                }
                (Some(reason), _) => Err(RecordRefused { reason: reason.to_owned() }),
                (None, None) => Err(RecordRefused { reason: "the bus has no shards".to_owned() }),
            });
        }
        let arrival_ms = self.clock.now().unix_ms();
        let (shards, puts) = (Arc::clone(&self.shards), self.puts.clone());
        self.sqlite
            .call("put records on the event bus in", move |db| {
                let sequences = append(db, &taken, arrival_ms)?;
                let mut by_shard: Vec<Vec<_>> = shards.iter().map(|_| Vec::new()).collect();
                for (sequence, (shard, record)) in sequences.into_iter().zip(taken) {
                    if let Some(records) = by_shard.get_mut(usize::from(shard)) {
                        records.push((sequence, record));
                    }
                }
                for (shard, records) in shards.iter().zip(by_shard) {
                    shard.take(records, arrival_ms);
                }
                puts.send_modify(|puts| *puts = puts.wrapping_add(1));
                Ok(())
            })
            .await?;
        Ok(answers)
    }
}

fn refusal_of(record: &BusRecord) -> Option<&'static str> {
    if record.data.len() > RECORD_BYTES_MAX {
        Some("the record is larger than 1 MiB")
    } else if record.partition_key.is_empty() {
        Some("the partition key is empty")
    } else if record.partition_key.chars().count() > PARTITION_KEY_CHARS_MAX {
        Some("the partition key is longer than 256 characters")
    } else {
        None
    }
}

fn open_shards(db: &mut Connection, shards: u16) -> rusqlite::Result<Vec<(u16, i64)>> {
    let transaction = db.transaction()?;
    let known: u16 = transaction.query_row("SELECT count(*) FROM bus_shards", [], |row| row.get(0))?;
    if known == 0 {
        for shard in 0..shards {
            transaction.execute("INSERT INTO bus_shards (shard, newest) VALUES (?1, 0)", [shard])?;
        }
    }
    let newest = transaction
        .prepare("SELECT shard, newest FROM bus_shards ORDER BY shard")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    transaction.commit()?;
    Ok(newest)
}

/// Appends all records in one transaction; answers their sequence numbers.
fn append(db: &mut Connection, records: &[(u16, BusRecord)], arrival_ms: i64) -> rusqlite::Result<Vec<i64>> {
    let transaction = db.transaction()?;
    let mut sequences = Vec::with_capacity(records.len());
    {
        let mut next = transaction
            .prepare_cached("UPDATE bus_shards SET newest = newest + 1 WHERE shard = ?1 RETURNING newest")?;
        let mut insert = transaction.prepare_cached(
            "INSERT INTO bus_records (shard, sequence, arrival_ms, partition_key, data) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        for (shard, record) in records {
            let sequence: i64 = next.query_row([shard], |row| row.get(0))?;
            insert.execute(params![shard, sequence, arrival_ms, record.partition_key, record.data])?;
            sequences.push(sequence);
        }
    }
    transaction.commit()?;
    Ok(sequences)
}

fn read_shard(
    db: &mut Connection,
    number: u16,
    name: &str,
    after: i64,
    records_max: u32,
    bytes_max: usize,
) -> rusqlite::Result<Vec<BusBatchRecord>> {
    let mut select = db.prepare_cached(
        "SELECT sequence, arrival_ms, partition_key, data FROM bus_records
         WHERE shard = ?1 AND sequence > ?2 ORDER BY sequence LIMIT ?3",
    )?;
    let mut rows = select.query(params![number, after, records_max])?;
    let mut records = Vec::new();
    let mut bytes: usize = 0;
    while let Some(row) = rows.next()? {
        let sequence: i64 = row.get(0)?;
        let arrival_ms: i64 = row.get(1)?;
        let data: Vec<u8> = row.get(3)?;
        bytes = bytes.saturating_add(data.len());
        // The first record always goes, however large.
        if bytes > bytes_max && !records.is_empty() {
            break;
        }
        records.push(delivered(name, sequence, arrival_ms, row.get(2)?, data));
    }
    Ok(records)
}

/// A record as its readers get it.
fn delivered(shard: &str, sequence: i64, arrival_ms: i64, partition_key: String, data: Vec<u8>) -> BusBatchRecord {
    let (sequence_number, arrival) = (sequence.to_string(), seconds(arrival_ms));
    BusBatchRecord {
        event_id: format!("{shard}:{sequence}"),
        kinesis: BusPayload { partition_key, sequence_number, arrival, data },
    }
}

#[allow(clippy::cast_precision_loss, reason = "milliseconds of any year up to 9999 are far below 2^53")]
fn seconds(ms: i64) -> f64 {
    ms as f64 / MS_PER_SECOND
}

fn trim_shard(db: &Connection, shard: &BusShard, readers: &[String], before_ms: i64) -> rusqlite::Result<usize> {
    let mut finished = i64::MAX;
    for reader in readers {
        let at: Option<i64> = db
            .prepare_cached("SELECT CAST(sequence AS INTEGER) FROM checkpoints WHERE mapping = ?1 AND shard = ?2")?
            .query_row([reader, &*shard.name], |row| row.get(0))
            .optional()?;
        finished = finished.min(at.unwrap_or(0));
    }
    db.prepare_cached(
        "DELETE FROM bus_records WHERE position IN (
             SELECT position FROM bus_records WHERE shard = ?1 AND sequence <= ?2 AND arrival_ms < ?3
             ORDER BY sequence LIMIT ?4)",
    )?
    .execute(params![shard.number, finished, before_ms, TRIM_RECORDS_MAX])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use std::path::Path;

    use super::*;
    use crate::checkpoints::Checkpoints;

    fn record(key: &str, data: &str) -> BusRecord {
        BusRecord { partition_key: key.into(), data: data.into() }
    }

    async fn bus_in(folder: &Path, clock: LocalClock) -> (LocalBus, Checkpoints) {
        let sqlite = crate::pipeline_db::open(&folder.join("pipeline.sqlite")).unwrap();
        let readers = vec!["archive".to_owned(), "carts".to_owned()];
        (LocalBus::open(sqlite.clone(), clock, 4, readers).await.unwrap(), Checkpoints::new(sqlite))
    }

    async fn everything(bus: &LocalBus) -> Vec<(String, i64, String)> {
        let mut all = Vec::new();
        for shard in bus.shards() {
            for record in bus.read(shard, 0, 1_000, usize::MAX).await.unwrap() {
                let sequence = record.kinesis.sequence_number.parse().unwrap();
                assert_eq!(record.shard(), shard.name());
                all.push((record.kinesis.partition_key, sequence, String::from_utf8(record.kinesis.data).unwrap()));
            }
        }
        all
    }

    #[tokio::test]
    async fn one_key_keeps_its_order_over_a_restart_and_numbers_rise_without_holes() {
        let folder = tempfile::tempdir().unwrap();
        for run in 0..3 {
            let (bus, _) = bus_in(folder.path(), LocalClock::system()).await;
            for step in 0..5 {
                let records = ["a", "b", "c", "d", "e"].map(|key| record(key, &format!("{run}{step}")));
                let answers = bus.put(records.into()).await.unwrap();
                assert_eq!(answers, vec![Ok(()); 5]);
            }
        }
        let (bus, _) = bus_in(folder.path(), LocalClock::system()).await;
        let all = everything(&bus).await;
        assert_eq!(all.len(), 75);
        for key in ["a", "b", "c", "d", "e"] {
            let data: Vec<_> = all.iter().filter(|(of, ..)| of == key).map(|(.., data)| data.clone()).collect();
            assert!(data.is_sorted() && data.len() == 15, "{key}: {data:?}");
        }
        for shard in bus.shards() {
            let newest = *shard.newest().borrow();
            assert_eq!(bus.read(shard, 0, 1_000, usize::MAX).await.unwrap().len(), usize::try_from(newest).unwrap());
        }
    }

    #[tokio::test]
    async fn a_read_stops_at_its_record_and_byte_limits_but_always_moves() {
        let folder = tempfile::tempdir().unwrap();
        let (bus, _) = bus_in(folder.path(), LocalClock::system()).await;
        bus.put((0..10).map(|_| record("a", "0123456789")).collect()).await.unwrap();
        let shard = bus.shard_of("a").unwrap();
        for (after, records_max, bytes_max, read) in [(0, 3, 1_000, 3), (8, 5, 1_000, 2), (0, 10, 35, 3), (0, 10, 1, 1)]
        {
            assert_eq!(bus.read(shard, after, records_max, bytes_max).await.unwrap().len(), read);
        }
    }

    #[tokio::test]
    async fn a_bad_record_is_refused_alone_and_an_oversized_put_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        let (bus, _) = bus_in(folder.path(), LocalClock::system()).await;
        let large = BusRecord { partition_key: "a".into(), data: vec![0; RECORD_BYTES_MAX + 1] };
        let answers = bus.put(vec![record("a", "1"), large, record("", "2"), record("a", "3")]).await.unwrap();
        assert_eq!(answers.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, false, true]);
        assert_eq!(everything(&bus).await.len(), 2);
        assert!(bus.put(vec![record("a", "1"); BUS_PUT_RECORDS_MAX + 1]).await.is_err());
    }

    #[tokio::test]
    async fn records_go_when_they_are_a_day_old_and_every_reader_has_finished_them() {
        let folder = tempfile::tempdir().unwrap();
        let time = folder.path().join("clock");
        std::fs::write(&time, "2026-01-01T00:00:00Z").unwrap();
        let (bus, checkpoints) = bus_in(folder.path(), LocalClock::of_file(time.clone()).unwrap()).await;
        bus.put(vec![record("a", "1"), record("a", "2"), record("a", "3")]).await.unwrap();
        let shard = bus.shard_of("a").unwrap().name().to_owned();
        checkpoints.save("archive", &shard, &SequenceNumber::from(3)).await.unwrap();
        checkpoints.save("carts", &shard, &SequenceNumber::from(2)).await.unwrap();
        assert_eq!(bus.trim().await.unwrap(), 0);
        std::fs::write(&time, "2026-01-02T00:00:01Z").unwrap();
        assert_eq!(bus.trim().await.unwrap(), 2);
        assert_eq!(bus.trim().await.unwrap(), 0);
        assert_eq!(everything(&bus).await, [("a".to_owned(), 3, "3".to_owned())]);
        checkpoints.save("carts", &shard, &SequenceNumber::from(3)).await.unwrap();
        assert_eq!(bus.trim().await.unwrap(), 1);
        bus.put(vec![record("a", "4")]).await.unwrap();
        assert_eq!(everything(&bus).await, [("a".to_owned(), 4, "4".to_owned())]);
    }
}
