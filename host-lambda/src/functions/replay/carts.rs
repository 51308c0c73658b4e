//! Single carts: the subscription is asked, by a message for each, to rebuild them from the event table, and notes what
//! became of each in a row that only this run reads.

use tillroll_core::id::StreamId;
use tillroll_core::lane::{LANES, lane_of};

use super::plan::{Sender, deduplication_id};
use super::run::{Draft, Halt};
use super::{Phase, Replay, ReplayPorts, Run, Step, Target, sender_of};
use crate::functions::project::message::{Mode, ReplayMessage};
use crate::functions::project::rebuild::Rebuilt;
use crate::ports::{Fault, FaultKind, QueueMessage, ReplayQueue as _, RowKey, RowWrite, Rows as _, RowsError};

/// Stands for the archive object in messages that have none.
const OBJECT: &str = "rebuild";

impl<P: ReplayPorts> Replay<'_, P> {
    pub(super) async fn send_carts(&self, draft: &mut Draft<'_, P::Runs>) -> Result<Step, Halt> {
        let carts = carts_of(&draft.run);
        let (sender, round) = (sender_of(&draft.run)?, round_of(&draft.run));
        let messages = carts.iter().map(|cart| message(sender, *cart, round)).collect::<Result<Vec<_>, _>>()?;
        let count = messages.len();
        if !self.has_room(&draft.run.subscription, count).await?
            || self.send_messages(&draft.run.subscription, messages).await? < count
        {
            return Ok(Step::Wait);
        }
        draft.run.messages_sent += count as u64;
        draft.run.phase = Phase::Rebuilding;
        draft.save().await?;
        Ok(Step::Continue)
    }

    /// Waits until every cart is rebuilt.
    pub(super) async fn rebuilt(&self, draft: &mut Draft<'_, P::Runs>) -> Result<Step, Halt> {
        // In this order: whatever has left the queue by now has left its note, unless it is a dead letter.
        let waiting = self.queue.depth(&draft.run.subscription).await?;
        let notes = self.notes(&draft.run).await?;
        let run = &draft.run;
        let stands_still = |reason: String| {
            let fault = Fault::new(FaultKind::Permanent, "rebuild carts in replay run", &run.id, reason);
            Err(Halt::Fault(fault))
        };
        for cart in carts_of(run) {
            let subscription = &run.subscription;
            match notes.iter().find(|(noted, _)| noted == cart) {
                None if waiting > 0 => return Ok(Step::Wait),
                None => {
                    return stands_still(format!(
                        "the message for cart {cart} of {subscription} was given up; look at the dead letters, then \
                         resume or cancel the run"
                    ));
                }
                Some((_, Rebuilt { standstill: Some(reason), version, .. })) => {
                    return stands_still(format!(
                        "cart {cart} of {subscription} shows version {version} and cannot go on: {reason}; put that \
                         right, then resume or cancel the run"
                    ));
                }
                Some((_, Rebuilt { standstill: None, .. })) => {}
            }
        }
        draft.run.carts_rebuilt = carts_of(&draft.run).len() as u64;
        draft.run.phase = Phase::Clearing;
        draft.save().await?;
        Ok(Step::Continue)
    }

    /// What the subscription has noted in this round.
    async fn notes(&self, run: &Run) -> Result<Vec<(StreamId, Rebuilt)>, Fault> {
        let unreadable = |key: &RowKey, error| {
            Fault::new(FaultKind::Permanent, "read what became of the cart in", key.to_string(), error)
        };
        let mut notes = Vec::new();
        for row in self.rows.get_many(&keys_of(run)).await? {
            let rebuilt: Rebuilt = serde_json::from_str(&row.body).map_err(|error| unreadable(&row.key, error))?;
            if let (Ok(cart), true) = (row.key.sort.parse(), rebuilt.round == round_of(run)) {
                notes.push((cart, rebuilt));
            }
        }
        Ok(notes)
    }

    /// Removes the notes and ends.
    pub(super) async fn clear(&self, draft: &mut Draft<'_, P::Runs>) -> Result<Step, Halt> {
        self.remove_notes(&draft.run).await?;
        self.finish(draft).await
    }

    /// Removes what the subscription has noted for a run, in one write.
    pub(super) async fn remove_notes(&self, run: &Run) -> Result<(), Fault> {
        let deletes: Vec<RowWrite> = keys_of(run).into_iter().map(RowWrite::Delete).collect();
        if deletes.is_empty() {
            return Ok(());
        }
        match self.rows.write(&deletes).await {
            // Nothing here has a condition.
            Ok(()) | Err(RowsError::Conflict) => Ok(()),
            Err(RowsError::Fault(fault)) => Err(fault),
        }
    }
}

fn carts_of(run: &Run) -> &[StreamId] {
    if let Target::Carts { carts } = &run.target { carts } else { &[] }
}

fn keys_of(run: &Run) -> Vec<RowKey> {
    carts_of(run).iter().map(|cart| Rebuilt::key(&run.subscription, &run.id, *cart)).collect()
}

/// Names the messages of a round, so that those of the next are not taken for a repetition.
fn round_of(run: &Run) -> u32 {
    u32::try_from(run.cursor.fills).unwrap_or(u32::MAX)
}

fn message(sender: Sender<'_>, cart: StreamId, round: u32) -> Result<QueueMessage, Fault> {
    let Sender { run, subscription, generation } = sender;
    let lane = lane_of(cart, LANES);
    let message = ReplayMessage {
        run: run.to_owned(),
        mode: Mode::Rebuild,
        subscription: subscription.to_owned(),
        generation,
        lane,
        object: OBJECT.to_owned(),
        part: round,
        events: Vec::new(),
        skips: Vec::new(),
        carts: vec![cart],
    };
    let body = serde_json::to_string(&message)
        .map_err(|error| Fault::new(FaultKind::Permanent, "write the message for cart", cart.to_string(), error))?;
    let deduplication_id = deduplication_id(run, &format!("{OBJECT}/{cart}"), lane, round);
    Ok(QueueMessage { group: format!("lane-{lane:02}"), deduplication_id, body })
}
