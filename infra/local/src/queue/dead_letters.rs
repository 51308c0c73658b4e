//! The dead letters of the replay queues: looked at, counted, and sent back to where they came from.

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params, params_from_iter};
use tillroll_core::time::Timestamp;
use tillroll_host_lambda::ports::{Clock, DeadLetter, DeadLetterQueue, Fault, Letters};

use super::{LocalQueue, number_of};

const COLUMNS: &str = "id, subscription, message_group, receive_count, reason, sent_ms, moved_ms, body";

impl<C: Clock> DeadLetterQueue for LocalQueue<C> {
    async fn list(
        &self,
        subscription: Option<&str>,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<DeadLetter>, Fault> {
        let subscription = subscription.map(str::to_owned);
        // Numbers rise, and what is no number of ours is behind all of them.
        let after = after.map_or(0, |after| after.parse::<i64>().unwrap_or(i64::MAX));
        self.sqlite
            .call("list the dead letters in", move |db| {
                let of = if subscription.is_some() { "subscription = ?1" } else { "?1 IS NULL" };
                db.prepare_cached(&format!(
                    "SELECT {COLUMNS} FROM dead_letters WHERE {of} AND id > ?2 ORDER BY id LIMIT ?3"
                ))?
                .query_map(params![subscription, after, limit], letter)?
                .collect()
            })
            .await
    }

    async fn get(&self, id: &str) -> Result<Option<DeadLetter>, Fault> {
        let id = number_of(id);
        self.sqlite
            .call("read a dead letter in", move |db| {
                db.prepare_cached(&format!("SELECT {COLUMNS} FROM dead_letters WHERE id = ?1"))?
                    .query_row([id], letter)
                    .optional()
            })
            .await
    }

    async fn count(&self, letters: &Letters) -> Result<u64, Fault> {
        let letters = letters.clone();
        self.sqlite
            .call("count the dead letters in", move |db| match letters {
                Letters::All => db.query_row("SELECT count(*) FROM dead_letters", [], |row| row.get(0)),
                Letters::Of(subscription) => {
                    let of = "SELECT count(*) FROM dead_letters WHERE subscription = ?1";
                    db.query_row(of, [subscription], |row| row.get(0))
                }
                Letters::Ids(ids) => {
                    let mut there = db.prepare_cached("SELECT 1 FROM dead_letters WHERE id = ?1")?;
                    ids.iter().try_fold(0, |count, id| Ok(count + u64::from(there.exists([number_of(id)])?)))
                }
            })
            .await
    }

    async fn redrive(&self, letters: &Letters, limit: u32) -> Result<Vec<String>, Fault> {
        if let Letters::Of(subscription) = letters {
            self.known("redrive the dead letters of", subscription)?;
        }
        let (letters, now_ms) = (letters.clone(), self.clock.now().unix_ms());
        let moved =
            self.sqlite.call("redrive the dead letters in", move |db| redrive(db, &letters, limit, now_ms)).await?;
        for (_, subscription) in &moved {
            self.arrived(subscription, 1);
            self.wake(subscription);
        }
        Ok(moved.into_iter().map(|(id, _)| id).collect())
    }
}

/// All of them or none; answers their ids, and the subscriptions they went to.
fn redrive(db: &mut Connection, letters: &Letters, limit: u32, now_ms: i64) -> rusqlite::Result<Vec<(String, String)>> {
    let transaction = db.transaction()?;
    let ids = chosen(&transaction, letters, limit)?;
    let mut moved = Vec::with_capacity(ids.len());
    for id in ids {
        transaction
            .prepare_cached(
                "INSERT INTO queue_messages (subscription, message_group, body, sent_ms)
                 SELECT subscription, message_group, body, ?2 FROM dead_letters WHERE id = ?1",
            )?
            .execute(params![id, now_ms])?;
        let subscription = transaction
            .prepare_cached("DELETE FROM dead_letters WHERE id = ?1 RETURNING subscription")?
            .query_row([id], |row| row.get(0))?;
        moved.push((id.to_string(), subscription));
    }
    transaction.commit()?;
    Ok(moved)
}

/// The numbers of the letters that are there, oldest first.
fn chosen(db: &Transaction<'_>, letters: &Letters, limit: u32) -> rusqlite::Result<Vec<i64>> {
    match letters {
        Letters::All => db
            .prepare_cached("SELECT id FROM dead_letters ORDER BY id LIMIT ?1")?
            .query_map([limit], |row| row.get(0))?
            .collect(),
        Letters::Of(subscription) => db
            .prepare_cached("SELECT id FROM dead_letters WHERE subscription = ?1 ORDER BY id LIMIT ?2")?
            .query_map(params![subscription, limit], |row| row.get(0))?
            .collect(),
        Letters::Ids(ids) => {
            let places = vec!["?"; ids.len()].join(", ");
            db.prepare(&format!("SELECT id FROM dead_letters WHERE id IN ({places}) ORDER BY id LIMIT {limit}"))?
                .query_map(params_from_iter(ids.iter().map(|id| number_of(id))), |row| row.get(0))?
                .collect()
        }
    }
}

fn letter(row: &Row<'_>) -> rusqlite::Result<DeadLetter> {
    Ok(DeadLetter {
        id: row.get::<_, i64>(0)?.to_string(),
        subscription: row.get(1)?,
        group: row.get(2)?,
        receive_count: row.get(3)?,
        reason: row.get(4)?,
        sent_at: row.get::<_, Option<i64>>(5)?.map(Timestamp::from_unix_ms),
        given_up_at: Timestamp::from_unix_ms(row.get(6)?),
        body: row.get(7)?,
    })
}
