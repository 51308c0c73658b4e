//! What would become of a message of the replay queue, were it delivered now: the projector's own rules, and no write.

use std::collections::BTreeMap;

use serde::Serialize;
use tillroll_core::id::StreamId;

use super::advance::{FILL_EVENTS_MAX, FILL_READS_MAX, Feed, StoredCart, gapless};
use super::message::{Mode, ReplayMessage, Skip};
use super::plan::Standing;
use super::{Arrivals, Projector, in_order};
use crate::filter::Filter;
use crate::generations;
use crate::ports::{EventTable, Fault, FaultKind, Rows};
use crate::subscriptions::Subscription;
use crate::subscriptions::fold::{Arrival, Folded, Obstacle, Standstill};
use crate::subscriptions::layout::Layout;

/// What would become of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DryRun {
    /// It would be acknowledged, and no cart would stand still for it.
    pub would_succeed: bool,
    /// What it would do as a whole.
    pub effect: Effect,
    /// Why it does not read, or why it would do nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What it would do to each of its carts.
    pub carts: Vec<CartOutlook>,
}

/// What a message would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Events would be applied.
    Applies,
    /// Its carts would be folded anew from the table.
    Rebuilds,
    /// All of its events are applied already.
    Nothing,
    /// A cart would be parked, or is and stays so.
    Parks,
    /// Its generation is not filled any more: it would be acknowledged and that is all.
    GenerationGone,
    /// It is no message of ours: it would come back to the dead letters.
    Unreadable,
}

/// What a message would do to one cart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CartOutlook {
    /// The cart.
    pub cart_id: StreamId,
    /// Version of its first event in the message.
    pub first_version: u64,
    /// Version of the last one.
    pub last_version: u64,
    /// The version that is applied now.
    pub applied_version: u64,
    /// What would happen.
    pub outlook: Outlook,
    /// Why the cart would stand still.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What would happen to a cart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outlook {
    /// Its new events would be applied as they are.
    Applied,
    /// What is missing before them would be read from the table, and then all of it applied.
    Filled,
    /// It has them already.
    AlreadyApplied,
    /// It would be parked.
    Parked,
    /// It is parked, and would stay so.
    Held,
}

impl DryRun {
    /// Of a message in the queue of a subscription that this build does not have.
    #[must_use]
    pub fn of_no_subscription() -> Self {
        let reason = "this build has no such subscription".to_owned();
        Self::without_carts(false, Effect::Unreadable, reason)
    }

    fn without_carts(would_succeed: bool, effect: Effect, reason: String) -> Self {
        Self { would_succeed, effect, reason: Some(reason), carts: Vec::new() }
    }

    fn of_rebuild(carts: &[StreamId]) -> Self {
        let carts = format!("{} carts would be folded anew from the event table", carts.len());
        Self::without_carts(true, Effect::Rebuilds, carts)
    }

    fn of(carts: Vec<CartOutlook>) -> Self {
        let stands = |cart: &CartOutlook| matches!(cart.outlook, Outlook::Parked | Outlook::Held);
        let moves = |cart: &CartOutlook| matches!(cart.outlook, Outlook::Applied | Outlook::Filled);
        let parks = carts.iter().any(stands);
        let effect = match (parks, carts.iter().any(moves)) {
            (true, _) => Effect::Parks,
            (false, true) => Effect::Applies,
            (false, false) => Effect::Nothing,
        };
        Self { would_succeed: !parks, effect, reason: None, carts }
    }
}

impl<S: Subscription, R: Rows, T: EventTable> Projector<S, R, T> {
    /// What would become of a message with this body, were it delivered now to this build.
    pub async fn dry_run(&self, body: &str) -> Result<DryRun, Fault> {
        let (message, events) = match ReplayMessage::read(body, S::NAME) {
            Ok(read) => read,
            Err(reason) => return Ok(DryRun::without_carts(false, Effect::Unreadable, reason.to_string())),
        };
        let generation = message.generation;
        let generations = generations::read(&self.rows, S::NAME).await?;
        if message.mode == Mode::Rebuild {
            return Ok(DryRun::of_rebuild(&message.carts));
        }
        if !generations.fed().any(|fed| fed == generation) {
            let reason = format!("generation {generation} is neither live nor being filled");
            return Ok(DryRun::without_carts(true, Effect::GenerationGone, reason));
        }
        let filter = generations.filter_of(generation);
        let mut arrivals: Arrivals = BTreeMap::new();
        for event in events {
            arrivals.entry(event.stream).or_default().push(Arrival::Event(event));
        }
        // As when it is delivered: a whole generation fills from the table what others skip.
        for Skip { subject, first, last } in message.skips.into_iter().filter(|_| !filter.is_open()) {
            arrivals.entry(subject).or_default().extend((first..=last).map(Arrival::Skip));
        }
        in_order(&mut arrivals);
        let layout = Layout::new(S::NAME, generation);
        let ids: Vec<StreamId> = arrivals.keys().copied().collect();
        let mut stored = self.stored(&layout, &ids).await?;
        let mut carts = Vec::with_capacity(ids.len());
        for (cart, arrivals) in &arrivals {
            let stored = stored.remove(cart).unwrap_or_default();
            carts.push(self.outlook(&layout, filter, *cart, stored, arrivals).await?);
        }
        Ok(DryRun::of(carts))
    }

    async fn outlook(
        &self,
        layout: &Layout,
        filter: &Filter,
        cart: StreamId,
        stored: StoredCart,
        arrivals: &[Arrival],
    ) -> Result<CartOutlook, Fault> {
        let version = stored.row.as_ref().map_or(0, |row| row.revision);
        let last_version = arrivals.last().map_or(0, Arrival::version);
        let seen = |outlook, reason: Option<String>| CartOutlook {
            cart_id: cart,
            first_version: arrivals.first().map_or(0, Arrival::version),
            last_version,
            applied_version: version,
            outlook,
            reason,
        };
        let Some(Feed::Arrived(fresh)) = Feed::Arrived(arrivals).after(version) else {
            return Ok(seen(Outlook::AlreadyApplied, None));
        };
        if let Some(parked) = stored.parked.filter(|parked| parked.version > version && parked.build == self.build) {
            return Ok(seen(Outlook::Held, Some(parked.reason)));
        }
        let row = match stored.row.as_ref().map(|row| serde_json::from_str(&row.body)) {
            None => S::Row::default(),
            Some(Ok(row)) => row,
            Some(Err(error)) => return Ok(seen(Outlook::Parked, Some(Obstacle::from(error).to_string()))),
        };
        let mut standing = Standing {
            subscription: &self.subscription,
            layout,
            filter,
            build: &self.build,
            cart,
            folded: Folded { version, row },
            parked: false,
        };
        let follows = fresh.first().is_some_and(|next| next.version() == version + 1) && gapless(fresh);
        let (outlook, standstill) = if follows {
            (Outlook::Applied, advanced(&mut standing, fresh))
        } else {
            (Outlook::Filled, self.filled(&mut standing, last_version).await?)
        };
        Ok(match standstill {
            None => seen(outlook, None),
            Some(standstill) => seen(Outlook::Parked, Some(standstill.cause.to_string())),
        })
    }

    /// Why a cart that reads what it lacks from the table would stand still before `until`.
    async fn filled(&self, standing: &mut Standing<'_, S>, until: u64) -> Result<Option<Standstill>, Fault> {
        for _ in 0..FILL_READS_MAX {
            let version = standing.folded.version;
            if version >= until {
                return Ok(None);
            }
            let events = match self.table.load(standing.cart, version, Some(FILL_EVENTS_MAX)).await {
                Ok(events) => events,
                Err(fault) if fault.kind == FaultKind::Permanent => {
                    return Ok(Some(Standstill::after(version, Obstacle::Refused(fault.to_string()))));
                }
                Err(fault) => return Err(fault),
            };
            if events.is_empty() {
                return Ok(Some(Standstill::after(version, Obstacle::Missing)));
            }
            let arrivals: Vec<Arrival> = events.into_iter().map(Arrival::Event).collect();
            if let Some(standstill) = advanced(standing, &arrivals) {
                return Ok(Some(standstill));
            }
        }
        // A longer gap takes several deliveries, and so far nothing stood in its way.
        Ok(None)
    }
}

/// Moves `standing` over `arrivals` in as many pieces as there would be writes; why it stands still, if it does.
fn advanced<S: Subscription>(standing: &mut Standing<'_, S>, arrivals: &[Arrival]) -> Option<Standstill> {
    let mut rest = arrivals;
    while !rest.is_empty() {
        let plan = standing.plan(rest);
        let applied = usize::try_from(plan.folded.version - standing.folded.version).unwrap_or(usize::MAX);
        standing.folded = plan.folded;
        if plan.standstill.is_some() {
            return plan.standstill;
        }
        rest = rest.get(applied..).unwrap_or_default();
    }
    None
}
