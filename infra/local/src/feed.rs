//! The bus of this machine for those who look on.

use std::time::Duration;

use rusqlite::{Connection, params};
use tillroll_core::sequence::SequenceNumber;
use tillroll_core::time::Timestamp;
use tillroll_host_lambda::lambda_events::BusBatchRecord;
use tillroll_host_lambda::ports::{EventFeed, Fault, FeedPlace, FeedPosition, FeedShard};

use crate::bus::{BusShard, LocalBus};

/// Most bytes of one read.
const READ_BYTES_MAX: usize = 1024 * 1024;

impl EventFeed for LocalBus {
    async fn shards(&self) -> Result<Vec<FeedShard>, Fault> {
        let mut shards = Vec::with_capacity(self.shards().len());
        for shard in self.shards() {
            let newest = *shard.newest().borrow();
            let oldest = self.oldest_kept(shard).await?;
            // Sequence numbers have no holes here: what is not kept ends right before what is.
            let trimmed = oldest.map_or(newest, |oldest| oldest - 1);
            shards.push(FeedShard {
                name: shard.name().to_owned(),
                trimmed: sequence(trimmed),
                newest: sequence(newest),
            });
        }
        Ok(shards)
    }

    async fn read(
        &self,
        shard: &str,
        after: Option<&SequenceNumber>,
        records_max: usize,
    ) -> Result<Vec<BusBatchRecord>, Fault> {
        let Some(shard) = self.shards().iter().find(|known| known.name() == shard) else { return Ok(Vec::new()) };
        let records_max = u32::try_from(records_max).unwrap_or(u32::MAX);
        LocalBus::read(self, shard, number(after), records_max, READ_BYTES_MAX).await
    }

    async fn wait(&self, after: &FeedPosition, max: Duration) -> bool {
        let has_more = |shard: &BusShard| *shard.newest().borrow() > number(after.in_shard(shard.name()));
        let mut puts = self.puts();
        let more = async {
            // Puts that come while the shards are looked at are seen by the next turn.
            while !self.shards().iter().any(has_more) {
                if puts.changed().await.is_err() {
                    return std::future::pending().await;
                }
            }
        };
        tokio::time::timeout(max, more).await.is_ok()
    }

    async fn place_of(&self, partition_key: &str, since: Timestamp) -> Result<FeedPlace, Fault> {
        let Some(shard) = self.shard_of(partition_key) else {
            return Ok(FeedPlace { shard: String::new(), after: None });
        };
        let number = shard.number();
        let before = self
            .sqlite()
            .call("look for an event on the bus in", move |db| last_before(db, number, since.unix_ms()))
            .await?;
        Ok(FeedPlace { shard: shard.name().to_owned(), after: sequence(before) })
    }
}

/// The place of a sequence number; 0 is the place before the first.
fn number(after: Option<&SequenceNumber>) -> i64 {
    after.map_or(0, |after| after.as_str().parse().unwrap_or(i64::MAX))
}

fn sequence(number: i64) -> Option<SequenceNumber> {
    u64::try_from(number).ok().filter(|number| *number > 0).map(SequenceNumber::from)
}

/// The last record of a shard that arrived before `since_ms`, found by halving: records lie in the order in which they
/// arrived.
fn last_before(db: &mut Connection, shard: u16, since_ms: i64) -> rusqlite::Result<i64> {
    let bounds: (Option<i64>, Option<i64>) = db
        .prepare_cached("SELECT min(sequence), max(sequence) FROM bus_records WHERE shard = ?1")?
        .query_row([shard], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let (Some(oldest), Some(newest)) = bounds else { return Ok(0) };
    let mut arrival = db.prepare_cached(
        "SELECT arrival_ms FROM bus_records WHERE shard = ?1 AND sequence >= ?2 ORDER BY sequence LIMIT 1",
    )?;
    let (mut low, mut high) = (oldest, newest + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        let arrived_ms: i64 = arrival.query_row(params![shard, middle], |row| row.get(0))?;
        if arrived_ms < since_ms { low = middle + 1 } else { high = middle }
    }
    Ok(low - 1)
}
