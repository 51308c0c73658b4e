//! The import function: writes down what happened elsewhere, one cart at a time.
//!
//! The commands of a cart go in commits of [`COMMIT_EVENTS_MAX`]. A cart is taken to be new until the table says
//! otherwise, because nearly all are: so a new cart costs its writes and not a single read. The ids of the commands make
//! it safe to import the same file again, whole or from where it broke off: nothing happens twice.

use std::collections::BTreeMap;

use tillroll_core::aggregate::{Change, Versioned};
use tillroll_core::cart::{Cart, CartRefusal, CartView, Terms};
use tillroll_core::id::{CommandId, StreamId};
use tillroll_core::judge::{Asked, Atomicity, Outcome, judge};
use tillroll_core::time::Timestamp;

use super::command::{CommandError, Contest, Origin, Sent, load_known};
use crate::ports::{COMMIT_EVENTS_MAX, Clock, EventTable, News};
use crate::repository::{Repository, StoreError};

/// What happened to one cart.
#[derive(Clone, Debug)]
pub struct CartHistory {
    /// The cart.
    pub cart: StreamId,
    /// In the order in which it happened.
    pub commands: Vec<Happened>,
    /// What is noted beside the events.
    pub origin: Origin,
}

/// A command, and when it was given.
#[derive(Clone, Debug)]
pub struct Happened {
    /// The command.
    pub sent: Sent,
    /// When; the time of the import where nobody knows.
    pub at: Option<Timestamp>,
}

/// What became of it.
#[derive(Clone, Debug, Default)]
pub struct Imported {
    /// The cart's version now.
    pub version: u64,
    /// New events.
    pub events: u64,
    /// Commands that were refused. All others happened, now or in an earlier import.
    pub refused: Vec<(CommandId, CartRefusal)>,
    /// What the cart comes to; absent when there is no cart.
    pub total_minor: Option<u64>,
}

/// Writes the history of one cart down.
pub async fn import_cart<T: EventTable, C: Clock, N: News>(
    history: &CartHistory,
    repository: &Repository<Cart, T>,
    clock: &C,
    news: &N,
) -> Result<Imported, CommandError> {
    let mut imported = Imported::default();
    let mut cart = Versioned::new(history.cart);
    for commands in history.commands.chunks(COMMIT_EVENTS_MAX) {
        cart = import_commit(history, commands, cart, &mut imported, repository, clock).await?;
    }
    imported.version = cart.head().version;
    imported.total_minor = CartView::of(&cart).map(|view| view.total_minor.get());
    if imported.events > 0 {
        news.announce(history.cart, imported.version);
    }
    Ok(imported)
}

/// Judges `commands` on `cart`, which is the stored one or taken to be new, and stores what was accepted.
async fn import_commit<T: EventTable, C: Clock>(
    history: &CartHistory,
    commands: &[Happened],
    mut cart: Versioned<Cart>,
    imported: &mut Imported,
    repository: &Repository<Cart, T>,
    clock: &C,
) -> Result<Versioned<Cart>, CommandError> {
    let asked: Vec<Asked<Cart>> = commands.iter().map(|command| command.sent.asked()).collect();
    let times: BTreeMap<_, _> = commands.iter().filter_map(|command| Some((command.sent.id, command.at?))).collect();
    let mut taken_to_be_new = cart.stored_version() == 0;
    let mut contest = Contest::begin(clock);
    loop {
        let mut outcomes = judge(&mut cart, &asked, Terms::HISTORY, Atomicity::EachOnItsOwn);
        if cart.changes().is_empty() && taken_to_be_new {
            // Without a write nobody would say that the cart is there.
            cart = load_known(repository, history.cart).await?;
            outcomes = judge(&mut cart, &asked, Terms::HISTORY, Atomicity::EachOnItsOwn);
        }
        let now = clock.now();
        let circumstances = |change: &Change<_>| {
            let happened_at = times.get(&change.command.id).copied().unwrap_or(now);
            history.origin.circumstances(happened_at, now)
        };
        match repository.store_each(&mut cart, circumstances).await {
            Ok(recorded) => {
                imported.events = imported.events.saturating_add(recorded.len().try_into().unwrap_or(u64::MAX));
                imported.refused.extend(commands.iter().zip(outcomes).filter_map(|(command, outcome)| match outcome {
                    Outcome::Refused(refusal) => Some((command.sent.id, refusal)),
                    Outcome::Accepted { .. } | Outcome::Resent { .. } | Outcome::Noop { .. } | Outcome::Skipped => None,
                }));
                return Ok(cart);
            }
            // Nearly always because the cart was there after all; only a race with another writer is worth a pause.
            Err(StoreError::Conflict) if taken_to_be_new => taken_to_be_new = false,
            Err(StoreError::Conflict) => contest.lost().await?,
            Err(StoreError::TooManyEvents(_) | StoreError::TooLarge(_)) => return Err(CommandError::TooLarge),
            Err(StoreError::Fault(fault)) => return Err(fault.into()),
        }
        cart = load_known(repository, history.cart).await?;
    }
}
