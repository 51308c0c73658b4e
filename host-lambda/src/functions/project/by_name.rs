//! The projectors of all subscriptions that this build has, by name: for whoever is told the name by a person.

use tillroll_core::id::StreamId;

use super::{DryRun, Projector, Tried};
use crate::lambda_events::{BatchAnswer, BusBatch, QueueBatch};
use crate::ports::{Counts, EventTable, Fault, Rows};
use crate::subscriptions::Subscription as _;
use crate::subscriptions::carts::Carts;
use crate::subscriptions::reminders::Reminders;
use crate::subscriptions::suggestions::Suggestions;

/// The subscriptions that this build has.
pub const SUBSCRIPTIONS: [&str; 3] = [Carts::NAME, Suggestions::NAME, Reminders::NAME];

/// The projector of one of them.
#[derive(Debug)]
pub enum AnyProjector<R, T> {
    /// Of the directory.
    Carts(Projector<Carts, R, T>),
    /// Of what is bought together.
    Suggestions(Projector<Suggestions, R, T>),
    /// Of carts that were left behind.
    Reminders(Projector<Reminders, R, T>),
}

impl<R: Rows, T: EventTable> AnyProjector<R, T> {
    /// The projector of the subscription with this name, if there is one; see [`Projector::new`].
    pub fn of(subscription: &str, rows: R, table: T, build: &str) -> Option<Self> {
        Some(match subscription {
            Carts::NAME => Self::Carts(Projector::new(Carts, rows, table, build)),
            Suggestions::NAME => Self::Suggestions(Projector::new(Suggestions, rows, table, build)),
            Reminders::NAME => Self::Reminders(Projector::new(Reminders, rows, table, build)),
            _ => return None,
        })
    }

    /// As [`Projector::live`].
    pub async fn live(&self, batch: &BusBatch) -> Result<BatchAnswer, Fault> {
        match self {
            Self::Carts(projector) => projector.live(batch).await,
            Self::Suggestions(projector) => projector.live(batch).await,
            Self::Reminders(projector) => projector.live(batch).await,
        }
    }

    /// As [`Projector::replayed`].
    pub async fn replayed(&self, batch: &QueueBatch) -> Result<BatchAnswer, Fault> {
        match self {
            Self::Carts(projector) => projector.replayed(batch).await,
            Self::Suggestions(projector) => projector.replayed(batch).await,
            Self::Reminders(projector) => projector.replayed(batch).await,
        }
    }

    /// As [`Projector::counts`].
    pub fn counts(&self) -> Counts {
        match self {
            Self::Carts(projector) => projector.counts(),
            Self::Suggestions(projector) => projector.counts(),
            Self::Reminders(projector) => projector.counts(),
        }
    }

    /// As [`Projector::dry_run`].
    pub async fn dry_run(&self, body: &str) -> Result<DryRun, Fault> {
        match self {
            Self::Carts(projector) => projector.dry_run(body).await,
            Self::Suggestions(projector) => projector.dry_run(body).await,
            Self::Reminders(projector) => projector.dry_run(body).await,
        }
    }

    /// As [`Projector::resume`].
    pub async fn resume(&self, cart: StreamId) -> Result<Vec<Tried>, Fault> {
        match self {
            Self::Carts(projector) => projector.resume(cart).await,
            Self::Suggestions(projector) => projector.resume(cart).await,
            Self::Reminders(projector) => projector.resume(cart).await,
        }
    }
}
