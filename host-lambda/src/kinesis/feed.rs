//! The bus for those who look on.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use tillroll_core::sequence::SequenceNumber;
use tillroll_core::time::Timestamp;

use super::KinesisBus;
use super::reading::{LOOK_AGAIN_MS, LOOK_EVERY};
use super::shards::Listed;
use crate::lambda_events::BusBatchRecord;
use crate::ports::{Clock, EventFeed, Fault, FeedPlace, FeedPosition, FeedShard};

/// Shards that are looked at at the same time.
const SHARDS_AT_ONCE: usize = 8;

impl<C: Clock> EventFeed for KinesisBus<C> {
    /// A shard comes after those it was made of. A record that Kinesis does not keep any more cannot be named, so
    /// [`FeedShard::trimmed`] is the number right before the oldest one that is kept; and a shard whose records are all
    /// gone says that it had none.
    async fn shards(&self) -> Result<Vec<FeedShard>, Fault> {
        let listed = self.list().await?;
        let whole = self.kept().await?.whole;
        let look = |shard: Listed| async move {
            let newest = self.newest(&shard.name, shard.is_open, 0).await?;
            let oldest = if whole || newest.is_none() { None } else { self.oldest(&shard.name).await? };
            let trimmed = oldest.and_then(|oldest| predecessor(&oldest.number));
            Ok(FeedShard { name: shard.name, trimmed, newest })
        };
        stream::iter(listed).map(look).buffered(SHARDS_AT_ONCE).try_collect().await
    }

    async fn read(
        &self,
        shard: &str,
        after: Option<&SequenceNumber>,
        records_max: usize,
    ) -> Result<Vec<BusBatchRecord>, Fault> {
        self.read_shard(shard, after, records_max).await
    }

    /// Puts of this process wake at once; those of others are seen within a second.
    async fn wait(&self, after: &FeedPosition, max: Duration) -> bool {
        let mut puts = self.known.puts.subscribe();
        let more = async {
            loop {
                puts.mark_unchanged();
                match self.has_more(after).await {
                    Ok(true) => return,
                    Ok(false) => {}
                    Err(fault) => tracing::warn!(%fault, "could not look for news on the event bus"),
                }
                select(pin!(puts.changed()), pin!(self.clock.pause(LOOK_EVERY))).await;
            }
        };
        matches!(select(pin!(more), pin!(self.clock.pause(max))).await, Either::Left(_))
    }

    /// After a reshard: the oldest of the key's shards that has something from `since` on, and else the one that takes
    /// the key now.
    async fn place_of(&self, partition_key: &str, since: Timestamp) -> Result<FeedPlace, Fault> {
        let mut place = FeedPlace { shard: String::new(), after: None };
        for shard in self.list().await?.into_iter().filter(|shard| shard.takes(partition_key)) {
            if !place.shard.is_empty() && self.first_after(&place.shard, since).await? {
                break;
            }
            place.shard = shard.name;
        }
        if !place.shard.is_empty() {
            place.after = self.last_before(&place.shard, Some(since), None).await?.map(|last| last.number);
        }
        Ok(place)
    }
}

impl<C: Clock> KinesisBus<C> {
    async fn has_more(&self, after: &FeedPosition) -> Result<bool, Fault> {
        let known_more = |(shard, known): (&String, &super::KnownShard)| known.newest.as_ref() > after.in_shard(shard);
        if self.known.shards().iter().any(known_more) {
            return Ok(true);
        }
        for shard in self.list().await? {
            if self.newest(&shard.name, shard.is_open, LOOK_AGAIN_MS).await?.as_ref() > after.in_shard(&shard.name) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether a shard has a record that arrived at `since` or later. Kinesis refuses to be asked for the future.
    async fn first_after(&self, shard: &str, since: Timestamp) -> Result<bool, Fault> {
        Ok(since <= self.clock.now() && self.first_at(shard, since, None).await?.is_some())
    }
}

/// The number before; for comparing only, Kinesis never gave it out.
fn predecessor(number: &SequenceNumber) -> Option<SequenceNumber> {
    let mut digits = number.as_str().as_bytes().to_vec();
    for digit in digits.iter_mut().rev() {
        if *digit > b'0' {
            *digit -= 1;
            return String::from_utf8(digits).ok()?.parse().ok();
        }
        *digit = b'9';
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;

    #[test]
    fn a_number_has_the_one_before_it() {
        for (number, before) in [
            ("1", "0"),
            ("10", "9"),
            (
                "49590338271490256608559692538361571095921575989136588900",
                "49590338271490256608559692538361571095921575989136588899",
            ),
        ] {
            assert_eq!(predecessor(&number.parse().unwrap()).unwrap().as_str(), before);
        }
        assert_eq!(predecessor(&"0".parse().unwrap()), None);
    }
}
