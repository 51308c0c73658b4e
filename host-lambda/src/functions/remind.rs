//! Reminding: sends a notice for each cart whose reminder is due, according to the rows of
//! [`reminders`](crate::subscriptions::reminders). To be called every few minutes.
//!
//! A notice leaves the system, so it cannot be in one write with what it follows from. A record is written before it
//! is sent and confirmed afterwards: a crash in between sends the same notice again. **At least once**, then, and
//! each notice bears an id by which its receiver can tell. The record belongs to the cart and the due moment, not to
//! a generation, so a replay never reminds anybody again.

use serde::{Deserialize, Serialize};
use tillroll_core::id::StreamId;
use tillroll_core::time::Timestamp;

use crate::generations;
use crate::ports::{By, Fault, FaultKind, Notice, Notices, Order, Row, RowKey, RowQuery, RowWrite, Rows, RowsError};
use crate::subscriptions::Subscription as _;
use crate::subscriptions::layout::{Layout, ORDER_SHARDS, padded_ms};
use crate::subscriptions::reading::{get_all, rows_of};
use crate::subscriptions::reminders::{Attention, Reminders, due_sort, due_word};

/// How long after it was due a reminder is still welcome. It also bounds what one call has to look through.
pub const WELCOME_MS: i64 = 7 * 24 * 60 * 60 * 1_000;
/// Most notices of one call; the next call goes on.
pub const NOTICES_MAX: u64 = 1_000;
/// Carts looked at in one read.
const PAGE_ROWS: u32 = 100;
/// After this long a record that was not confirmed counts as a crash, and its notice is sent again.
const CLAIM_EXPIRES_MS: i64 = 5 * 60 * 1_000;
/// Partition of the records.
const SENT_PARTITION: &str = "reminders#sent";

/// What one call did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reminded {
    /// Notices sent.
    pub sent: u64,
    /// Notices that failed; a later call sends them.
    pub failed: u64,
    /// Carts that got events between the look at the order and the look at their row.
    pub changed: u64,
    /// Whether there may be more to send right now.
    pub more: bool,
}

/// The record of a notice.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Record {
    state: RecordState,
    /// When it was last written.
    at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RecordState {
    Sending,
    Sent,
}

/// Sends what is due at `now`.
pub async fn remind<R: Rows, N: Notices>(now: Timestamp, rows: &R, notices: &N) -> Result<Reminded, Fault> {
    let generations = generations::read(rows, Reminders::NAME).await?;
    let mut reminded = Reminded::default();
    if !generations.filter_of(generations.live).is_open() {
        // Made of some events only, the rows do not know which carts were closed.
        tracing::debug!("nobody is reminded as long as the live generation has a filter");
        return Ok(reminded);
    }
    let layout = Layout::new(Reminders::NAME, generations.live);
    for shard in 0..ORDER_SHARDS {
        let mut query = RowQuery {
            by: By::Index,
            partition: layout.word_partition(&due_word(shard)),
            after: Some(padded_ms(now.plus_ms(-WELCOME_MS).unix_ms())),
            // `~` sorts after everything that can follow the moment.
            until: Some(format!("{}~", padded_ms(now.unix_ms()))),
            order: Order::Ascending,
            limit: PAGE_ROWS,
        };
        loop {
            let page = rows.query(&query).await?;
            let Some(last) = page.last() else { break };
            query.after = last.index.as_ref().map(|place| place.sort.clone());
            for (notice, record) in due_notices(rows, &layout, &page, now, &mut reminded).await? {
                if reminded.sent + reminded.failed >= NOTICES_MAX {
                    reminded.more = true;
                    return Ok(reminded);
                }
                match send(rows, notices, now, &notice, record).await? {
                    Some(true) => reminded.sent += 1,
                    Some(false) => reminded.failed += 1,
                    None => {}
                }
            }
        }
    }
    Ok(reminded)
}

/// The notices of a page that were not sent yet, each with the revision of its record.
async fn due_notices<R: Rows>(
    rows: &R,
    layout: &Layout,
    page: &[Row],
    now: Timestamp,
    reminded: &mut Reminded,
) -> Result<Vec<(Notice, u64)>, Fault> {
    let carts: Vec<StreamId> = page.iter().filter_map(|row| row.key.sort.parse().ok()).collect();
    let mut notices = Vec::with_capacity(carts.len());
    // The order may lag behind the rows, so it is the rows themselves that say what is due.
    for (cart, row) in rows_of(rows, layout, carts).await? {
        let unreadable = |error| Fault::new(FaultKind::Permanent, "read the row of cart", &row.key.sort, error);
        let attention: Attention = serde_json::from_str(&row.body).map_err(unreadable)?;
        match attention.due().filter(|due| *due <= now) {
            Some(due) => notices.push(Notice { id: due_sort(due, cart), cart, due }),
            None => reminded.changed += 1,
        }
    }
    let keys: Vec<RowKey> = notices.iter().map(record_key).collect();
    let records = get_all(rows, &keys).await?;
    let pending = |notice: Notice| {
        let stored = records.iter().find(|row| row.key.sort == notice.id);
        let Some(row) = stored else { return Some((notice, 0)) };
        let record = serde_json::from_str::<Record>(&row.body).ok();
        let waits = record
            .is_none_or(|record| record.state == RecordState::Sending && record.at.plus_ms(CLAIM_EXPIRES_MS) <= now);
        waits.then_some((notice, row.revision))
    };
    Ok(notices.into_iter().filter_map(pending).collect())
}

/// Claims, sends and confirms one notice: whether it was sent; `None` when somebody else is at it.
async fn send<R: Rows, N: Notices>(
    rows: &R,
    notices: &N,
    now: Timestamp,
    notice: &Notice,
    expected: u64,
) -> Result<Option<bool>, Fault> {
    if !write_record(rows, notice, expected, Record { state: RecordState::Sending, at: now }).await? {
        return Ok(None);
    }
    if let Err(fault) = notices.send(notice).await {
        tracing::warn!(cart = %notice.cart, %fault, "a reminder was not sent");
        return Ok(Some(false));
    }
    // If this write is lost, the notice is sent a second time: that is what "at least once" says.
    write_record(rows, notice, expected + 1, Record { state: RecordState::Sent, at: now }).await?;
    Ok(Some(true))
}

/// Writes a record if its revision is still `expected`.
async fn write_record<R: Rows>(rows: &R, notice: &Notice, expected: u64, record: Record) -> Result<bool, Fault> {
    // An enum and a text always serialize.
    let body = serde_json::to_string(&record).unwrap_or_default();
    let row = Row { key: record_key(notice), revision: expected + 1, body, index: None };
    match rows.write(&[RowWrite::Put { expected, row }]).await {
        Ok(()) => Ok(true),
        Err(RowsError::Conflict) => Ok(false),
        Err(RowsError::Fault(fault)) => Err(fault),
    }
}

fn record_key(notice: &Notice) -> RowKey {
    RowKey { partition: SENT_PARTITION.to_owned(), sort: notice.id.clone() }
}

#[cfg(test)]
mod tests;
