//! Taking up parked carts again, from the table: all of them after a deploy, or one that an operator names.

use serde::{Deserialize, Serialize};
use tillroll_core::id::StreamId;

use super::Projector;
use super::advance::{Feed, Outcome};
use crate::filter::Filter;
use crate::generations;
use crate::ports::{EventTable, Fault, Rows};
use crate::subscriptions::Subscription;
use crate::subscriptions::layout::{Layout, Parked};
use crate::subscriptions::reading::parked_page;

/// What became of parked carts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resumed {
    /// Carts that have caught up with the table.
    pub resumed: u64,
    /// Carts that are parked again, or still.
    pub parked: u64,
}

/// How a cart that was tried again stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// In which generation.
    pub generation: u32,
    /// The version applied last.
    pub version: u64,
    /// Why it stands still there again; `None` when it has caught up with the table.
    pub parked: Option<Parked>,
}

/// Which parked carts to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Those that another build had to park: what a deploy may have cured.
    OfOtherBuilds,
    /// All of them: after a repair of what lies outside the build.
    All,
}

impl<S: Subscription, R: Rows, T: EventTable> Projector<S, R, T> {
    /// Tries parked carts again. To be called once after a deploy; carts that get events in the meantime are tried
    /// again by those.
    pub async fn resume_parked(&self, which: Which) -> Result<Resumed, Fault> {
        let mut resumed = Resumed::default();
        let generations = generations::read(&self.rows, S::NAME).await?;
        for generation in generations.fed() {
            let (layout, filter) = (Layout::new(S::NAME, generation), generations.filter_of(generation));
            let mut after = None;
            loop {
                let page = parked_page(&self.rows, &layout, after).await?;
                let Some(last) = page.last() else { break };
                after = Some(last.0);
                for (cart, parked) in page {
                    if which == Which::All || parked.build != self.build {
                        resumed.note(self.advance_stored(&layout, filter, cart).await?);
                    }
                }
            }
        }
        Ok(resumed)
    }

    /// Tries one cart again, whichever build parked it, in every generation where it is parked; says what became of it
    /// in each.
    pub async fn resume(&self, cart: StreamId) -> Result<Vec<Tried>, Fault> {
        let mut tried = Vec::new();
        let generations = generations::read(&self.rows, S::NAME).await?;
        for generation in generations.fed() {
            let (layout, filter) = (Layout::new(S::NAME, generation), generations.filter_of(generation));
            if self.rows.get(&layout.parked_key(cart)).await?.is_some() {
                self.advance_stored(&layout, filter, cart).await?;
                let stored = self.stored(&layout, &[cart]).await?.remove(&cart).unwrap_or_default();
                let version = stored.row.map_or(0, |row| row.revision);
                tried.push(Tried { generation, version, parked: stored.parked });
            }
        }
        Ok(tried)
    }

    async fn advance_stored(&self, layout: &Layout, filter: &Filter, cart: StreamId) -> Result<Outcome, Fault> {
        let mut stored = self.stored(layout, &[cart]).await?.remove(&cart).unwrap_or_default();
        if let Some(parked) = &mut stored.parked {
            // Asked for by name: what this very build said before does not count.
            parked.build.clear();
        }
        self.advance(layout, filter, cart, stored, Feed::Table).await
    }
}

impl Resumed {
    fn note(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Applied => self.resumed += 1,
            Outcome::Parked => self.parked += 1,
        }
    }
}
