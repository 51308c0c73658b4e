//! Taking commands: decided at once by the very rules that the server decides by, on the cart as the shopper sees it.

use alloc::sync::Arc;

use super::caused::{Caused, Happenings};
use super::queue::{Entry, Stage};
use super::rebase::Why;
use super::saving::Mark;
use super::settled::Outcome;
use super::{QUEUE_MAX, Session};
use crate::aggregate::Aggregate as _;
use crate::cart::request::{AddItem, RequestedPrice};
use crate::cart::{Cart, CartCommand, CartEvent, CartRefusal, CartRequest};
use crate::id::CommandId;
use crate::time::Timestamp;

/// A command was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is visible and waits to be sent.
    Applied,
    /// Already so: there is nothing to do, and nothing to send.
    Noop,
    /// It was taken before, and may be settled by now.
    Again,
}

/// A command was not taken, and nothing changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// The domain says no.
    #[error(transparent)]
    Refused(#[from] CartRefusal),
    /// There is no room for it.
    #[error(
        "{max} commands wait or need attention: connect, so that they are sent, or discard those that were refused"
    )]
    QueueFull {
        /// How many there may be.
        max: usize,
    },
    /// The cart has events of a newer build, so nothing can be decided on it.
    #[error("the cart has events that this build does not know: reload to get the newer one")]
    UpdateNeeded,
    /// The id is the nil UUID.
    #[error("the nil UUID names no command: make an id for each")]
    NilId,
    /// There is no such command to try again.
    #[error("no such command needs attention")]
    Unknown,
}

/// A command was not discarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotDiscarded {
    /// It was sent: what it did can only be undone by another command.
    #[error("the command was sent and may be done: undo it by another one")]
    Sent,
    /// There is no such command.
    #[error("no such command is pending or needs attention")]
    Unknown,
}

/// A command that was decided.
struct Decided {
    request: Arc<CartRequest>,
    command: CartCommand,
    meant: Caused,
}

impl Session {
    /// Takes a command that the caller named, or says at once why not.
    ///
    /// An `AddItem` that states no price is given the one that is shown, so that the server refuses it as
    /// `price_changed` where it has another one by then, instead of selling at a price that nobody saw. A quantity
    /// that is set anew before the last one was sent takes its place.
    pub fn dispatch(&mut self, id: CommandId, request: CartRequest, now: Timestamp) -> Result<Taken, NotTaken> {
        if id.is_nil() {
            return Err(NotTaken::NilId);
        }
        if let Some(taken) = self.taken_before(id, &request) {
            return taken;
        }
        if self.timeline.newest().unknown_events > 0 {
            return Err(NotTaken::UpdateNeeded);
        }
        let decided = self.decide(Arc::new(request))?;
        let superseded = self.superseded_by(&decided.command);
        if superseded.is_none() && decided.meant.is_empty() {
            return Ok(Taken::Noop);
        }
        if superseded.is_none() && self.queue.len() >= QUEUE_MAX {
            return Err(NotTaken::QueueFull { max: QUEUE_MAX });
        }
        if let Some(older) = superseded {
            self.take_out(older, Outcome::Superseded { by: id });
        }
        self.append(id, decided, now);
        if superseded.is_some() {
            self.rebase(None);
            // Meant is what it is without the one that it takes the place of.
            if let Some(last) = self.queue.last_mut() {
                last.meant = last.now.clone();
            }
        }
        Ok(Taken::Applied)
    }

    /// Tries a refused command again, at the end of the queue and with the same id: should the server have done it
    /// after all, it is not done twice. Of a pending one, ends the pause before it is sent.
    pub fn retry(&mut self, id: CommandId, now: Timestamp) -> Result<Taken, NotTaken> {
        let index = self.find(id).ok_or(NotTaken::Unknown)?;
        let entry = self.queue.get(index).ok_or(NotTaken::Unknown)?;
        if !matches!(entry.stage, Stage::Refused(_)) {
            self.resume();
            return Ok(Taken::Again);
        }
        if self.timeline.newest().unknown_events > 0 {
            return Err(NotTaken::UpdateNeeded);
        }
        let decided = self.decide(Arc::clone(&entry.request))?;
        // As if it were new: a late answer to an earlier attempt is none to this one, and a row that another tab removes
        // is not this one's.
        self.queue.remove(index);
        self.append(id, decided, now);
        Ok(Taken::Applied)
    }

    /// Gives up a command that was refused, or never sent.
    pub fn discard(&mut self, id: CommandId) -> Result<(), NotDiscarded> {
        let index = self.find(id).ok_or(NotDiscarded::Unknown)?;
        match self.queue.get(index).map(|entry| &entry.stage) {
            Some(Stage::Waiting | Stage::Refused(_)) => {
                self.take_out(index, Outcome::Discarded);
                self.rebase(Some(Why::Command { id }));
                Ok(())
            }
            _ => Err(NotDiscarded::Sent),
        }
    }

    /// Takes a command out of the queue for good.
    pub(super) fn take_out(&mut self, index: usize, outcome: Outcome) {
        let entry = self.queue.remove(index);
        self.forget(entry.id, entry.mark, 0);
        self.settled.push(entry.id, outcome);
        self.revision = self.revision.saturating_add(1);
    }

    /// Checks a request and decides it on what is visible; what goes to the server, and what it is to cause.
    fn decide(&self, request: Arc<CartRequest>) -> Result<Decided, CartRefusal> {
        let command = request.check()?;
        let meant = self.visible.decide(&command, self.catalogue.as_ref())?;
        match priced(&request, meant.of(self.cart())) {
            Some(priced) => Ok(Decided { command: priced.check()?, request: Arc::new(priced), meant }),
            None => Ok(Decided { request, command, meant }),
        }
    }

    /// Puts a command at the end of the queue, where it is visible without anything before it being decided again.
    fn append(&mut self, id: CommandId, decided: Decided, now: Timestamp) {
        let Decided { request, command, meant } = decided;
        self.visible.take(&meant);
        let (place, mark) = (self.next_place(now), Mark::new(self.saving.touch()));
        self.insert(Entry {
            id,
            request,
            command: Some(command),
            place,
            dispatched_at: now,
            stage: Stage::Waiting,
            attempt: 0,
            now: meant.clone(),
            meant,
            refusal: None,
            mark,
        });
        self.revision = self.revision.saturating_add(1);
    }

    /// What is to be said of an id that was used before, if it was.
    fn taken_before(&self, id: CommandId, request: &CartRequest) -> Option<Result<Taken, NotTaken>> {
        let same = if let Some(entry) = self.find(id).and_then(|index| self.queue.get(index)) {
            let taken = entry.request.fingerprint();
            let priced = priced(request, entry.meant.of(self.cart()));
            request.fingerprint() == taken || priced.is_some_and(|priced| priced.fingerprint() == taken)
        } else if let Some((_, mark)) = self.seen(id) {
            mark.hash == request.fingerprint()
        } else {
            // Its content is forgotten; that it came to its end is not.
            return self.settled.contains(id).then_some(Ok(Taken::Again));
        };
        Some(if same { Ok(Taken::Again) } else { Err(Cart::command_reused().into()) })
    }

    /// The newest command, if it sets the quantity of the same line and was not sent yet.
    fn superseded_by(&self, newer: &CartCommand) -> Option<usize> {
        let CartCommand::ChangeQuantity { sku, .. } = newer else { return None };
        let last = self.queue.last()?;
        let older = matches!(&last.command, Some(CartCommand::ChangeQuantity { sku: older, .. }) if older == sku);
        (older && last.stage == Stage::Waiting).then(|| self.queue.len().saturating_sub(1))
    }
}

/// An `AddItem` that states no price, with the one that its event has.
fn priced(request: &CartRequest, meant: Happenings<'_>) -> Option<CartRequest> {
    let (CartRequest::AddItem(add), Some(CartEvent::ItemAdded(added))) = (request, meant.events().next()) else {
        return None;
    };
    let price = added.price.filter(|_| add.price.is_none())?;
    let (minor, per) = (i64::try_from(price.minor.get()).ok()?, i64::try_from(price.per.get()).ok()?);
    Some(CartRequest::AddItem(AddItem { price: Some(RequestedPrice { minor, per }), ..add.clone() }))
}
