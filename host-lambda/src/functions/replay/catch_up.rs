//! The last check before a switch: no cart of the filled generation stands behind the live one.
//!
//! Both generations get new events, so they are equal but for what the archive lacks, what the queue lost, and what is
//! just being written. A cart that is behind gets its events from the table, through the queue like all others; when
//! the queue is empty again it must have reached where the live one stood when they were compared. Not where that
//! stands now: then a switch under steady writes would never come.

use std::collections::BTreeMap;

use tillroll_core::id::StreamId;
use tillroll_core::lane::LANES;

use super::plan::parcels_of_events;
use super::run::{Draft, Halt, Laggard};
use super::{Phase, Replay, ReplayPorts, Run, Step, sender_of};
use crate::generations;
use crate::ports::{
    By, EventTable as _, Fault, FaultKind, Order, ROWS_GET_MAX, Row, RowKey, RowQuery, Rows as _, Runs,
};
use crate::subscriptions::layout::Layout;

/// Rows compared at a time.
const PAGE_ROWS: u32 = 1_000;
/// Pages compared in one step.
const STEP_PAGES_MAX: usize = 16;
/// Carts that wait for the queue at once: they stand in the run's document.
const LAGGARDS_MAX: usize = 200;
/// How often a cart is filled. One that is still behind does not come by itself: it is parked.
const ROUNDS_MAX: u32 = 5;
/// Events of a cart read at a time, and how often: carts of a million events.
const LOAD_EVENTS_MAX: u32 = 500;
const LOADS_MAX: usize = 2_000;

impl<P: ReplayPorts> Replay<'_, P> {
    /// Looks at the carts that were behind, then compares further pages; after the last one the run goes on to
    /// switching. Carts that are behind send it back to draining.
    pub(super) async fn catch_up(&self, draft: &mut Draft<'_, P::Runs>) -> Result<Step, Halt> {
        let subscription = draft.run.subscription.clone();
        let live = Layout::new(&subscription, generations::read(self.rows, &subscription).await?.live);
        let filled = Layout::new(&subscription, sender_of(&draft.run)?.generation);
        if draft.run.cursor.filled < draft.run.cursor.laggards.len() {
            return self.fill(draft).await;
        }
        if !draft.run.cursor.laggards.is_empty() {
            return self.look_again(draft, &filled).await;
        }
        for _ in 0..STEP_PAGES_MAX {
            let lane = draft.run.cursor.lane;
            if lane >= LANES {
                draft.run.phase = Phase::Switching;
                draft.save().await?;
                return Ok(Step::Continue);
            }
            let after = draft.run.cursor.cart.clone();
            let partitions = (live.lane_partition(lane), filled.lane_partition(lane));
            let (laggards, last) = self.compare_page(&partitions.0, &partitions.1, after).await?;
            draft.run.cursor.lane = if last.is_some() { lane } else { lane + 1 };
            draft.run.cursor.cart = last;
            if !laggards.is_empty() {
                draft.run.carts_filled += laggards.len() as u64;
                return begin_round(draft, laggards).await;
            }
        }
        draft.save().await?;
        Ok(Step::Continue)
    }

    /// Sends what carts lack, as far as the rate allows, and then lets the queue drain.
    async fn fill(&self, draft: &mut Draft<'_, P::Runs>) -> Result<Step, Halt> {
        let mut allowance = self.allowance(draft).await?;
        if !allowance.is_ready() {
            return Ok(Step::Wait);
        }
        while let Some(laggard) = draft.run.cursor.laggards.get(draft.run.cursor.filled).copied() {
            if !allowance.admits() || !self.send_from_table(&draft.run, laggard).await? {
                draft.run.cursor.bucket = allowance.bucket();
                draft.save().await?;
                return Ok(Step::Wait);
            }
            allowance.take(laggard.wanted.saturating_sub(laggard.applied));
            draft.run.cursor.filled += 1;
        }
        draft.run.cursor.bucket = allowance.bucket();
        draft.run.phase = Phase::Draining;
        draft.save().await?;
        Ok(Step::Continue)
    }

    async fn look_again(&self, draft: &mut Draft<'_, P::Runs>, filled: &Layout) -> Result<Step, Halt> {
        let mut laggards = std::mem::take(&mut draft.run.cursor.laggards);
        let keys: Vec<RowKey> = laggards.iter().map(|laggard| filled.row_key(laggard.cart)).collect();
        let mut gates = BTreeMap::new();
        for keys in keys.chunks(ROWS_GET_MAX) {
            let rows = self.rows.get_many(keys).await?;
            gates.extend(rows.into_iter().map(|row| (row.key.sort, row.revision)));
        }
        for laggard in &mut laggards {
            laggard.applied = gates.get(&laggard.cart.to_string()).copied().unwrap_or(0);
        }
        laggards.retain(|laggard| laggard.applied < laggard.wanted);
        let Some(behind) = laggards.first() else {
            draft.run.cursor.rounds = 0;
            draft.save().await?;
            return Ok(Step::Continue);
        };
        if draft.run.cursor.rounds >= ROUNDS_MAX {
            let Laggard { cart, applied, wanted } = behind;
            let subscription = &draft.run.subscription;
            let reason = format!(
                "cart {cart} of {subscription} stays at version {applied} of {wanted}; see whether it is parked, \
                 then resume or cancel the run"
            );
            return Err(Fault::new(FaultKind::Permanent, "catch up in replay run", &draft.run.id, reason).into());
        }
        draft.run.cursor.rounds += 1;
        begin_round(draft, laggards).await
    }

    /// Compares the gates of a page of the live generation; answers also the last cart compared, none after the last.
    pub(super) async fn compare_page(
        &self,
        live: &str,
        filled: &str,
        after: Option<String>,
    ) -> Result<(Vec<Laggard>, Option<String>), Fault> {
        let mut live = self.page(live, after.clone(), None).await?;
        let Some(last) = live.last().map(|row| row.key.sort.clone()) else { return Ok((Vec::new(), None)) };
        let filled = self.page(filled, after, Some(last)).await?;
        let full_page = filled.len() == PAGE_ROWS as usize;
        if let Some(row) = filled.last().filter(|_| full_page) {
            // More carts here than there: compare as far as this page goes.
            live.retain(|live| live.key.sort <= row.key.sort);
        }
        let mut last = live.last().or(filled.last()).map(|row| row.key.sort.clone());
        let gates: BTreeMap<&str, u64> = filled.iter().map(|row| (row.key.sort.as_str(), row.revision)).collect();
        let mut laggards = Vec::new();
        for row in &live {
            let applied = gates.get(row.key.sort.as_str()).copied().unwrap_or(0);
            if applied < row.revision {
                laggards.push(Laggard { cart: cart_of(row)?, applied, wanted: row.revision });
            }
            if laggards.len() == LAGGARDS_MAX {
                last = Some(row.key.sort.clone());
                break;
            }
        }
        Ok((laggards, last))
    }

    async fn page(&self, partition: &str, after: Option<String>, until: Option<String>) -> Result<Vec<Row>, Fault> {
        let query = RowQuery {
            by: By::Key,
            partition: partition.to_owned(),
            after,
            until,
            order: Order::Ascending,
            limit: PAGE_ROWS,
        };
        self.rows.query(&query).await
    }

    /// Sends what a cart lacks; false when the queue does not take all of it now.
    async fn send_from_table(&self, run: &Run, laggard: Laggard) -> Result<bool, Fault> {
        let Laggard { cart, applied, .. } = laggard;
        let mut after = applied;
        for _ in 0..LOADS_MAX {
            let events = self.table.load(cart, after, Some(LOAD_EVENTS_MAX)).await?;
            let Some(last) = events.last().map(|event| event.version) else { break };
            // The count is in the name, so that what is sent because it got lost is not swallowed as a repetition.
            let object = format!("table/{cart}/{after}/fill-{}", run.cursor.fills);
            let sender = sender_of(run)?;
            let messages = parcels_of_events(cart, &events, LANES)?.into_iter();
            let messages =
                messages.map(|parcel| parcel.into_message(sender, &object)).collect::<Result<Vec<_>, _>>()?;
            let count = messages.len();
            if !self.has_room(&run.subscription, count).await?
                || self.send_messages(&run.subscription, messages).await? < count
            {
                return Ok(false);
            }
            after = last;
        }
        Ok(true)
    }
}

/// Writes down which carts are to be filled, under a new number.
async fn begin_round<U: Runs>(draft: &mut Draft<'_, U>, laggards: Vec<Laggard>) -> Result<Step, Halt> {
    draft.run.cursor.laggards = laggards;
    draft.run.cursor.filled = 0;
    draft.run.cursor.fills += 1;
    draft.save().await?;
    Ok(Step::Continue)
}

fn cart_of(row: &Row) -> Result<StreamId, Fault> {
    let not_a_cart = |error| Fault::new(FaultKind::Permanent, "compare row", row.key.to_string(), error);
    row.key.sort.parse::<StreamId>().map_err(not_a_cart)
}
