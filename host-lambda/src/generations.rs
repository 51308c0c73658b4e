//! Generations: the rows of a subscription belong to one. A replay fills a new generation beside the live one, and a
//! single conditional write makes it the live one.
//!
//! ```text
//!                begin_filling          switch
//!  live 1 ─────▶ live 1, filling 2 ─────▶ live 2, previous 1 ──begin_rollback──▶ live 2, filling 1 ──▶ live 1, previous 2
//!                        └──abandon──▶ live 1
//! ```
//!
//! A generation may be made of some events only: then it has a [`Filter`], for as long as it lives.
//!
//! A number is never used twice, because the rows of an abandoned generation stay behind. Every change is one
//! conditional write and names its run; asked for twice by the same run, it happens once. Who fills a generation, and
//! how one knows that it has caught up, is the replay's business.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::filter::Filter;
use crate::ports::{Fault, FaultKind, Row, RowKey, RowWrite, Rows, RowsError};

/// Partition of the rows of this module; the sort key is the subscription.
const PARTITION: &str = "subscriptions";
/// The filter of a generation that has none.
static WHOLE: Filter = Filter { types: Vec::new(), from: None, to: None };
/// How often a change is tried again when another one came first. Changes are rare, so two in a row are a surprise.
const TRIES_MAX: u32 = 5;

/// Which generations a subscription has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Generations {
    /// The one that answers queries.
    pub live: u32,
    /// The one that a run is filling. It gets new events too.
    pub filling: Option<Filling>,
    /// The one that was live before; it gets no events any more, unless it is filled for a rollback.
    pub previous: Option<u32>,
    /// What the generations above are made of, where that is not everything.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub filters: BTreeMap<u32, Filter>,
    /// The highest number ever given out.
    newest: u32,
    /// The run that made `live` the live one, so that its second `switch` is recognised.
    switched_by: Option<String>,
}

/// A generation that is being filled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filling {
    /// Its number.
    pub generation: u32,
    /// The run that fills it.
    pub run: String,
}

/// Why a change of generations was not made.
#[derive(Debug, thiserror::Error)]
pub enum GenerationsError {
    /// One run at a time: wait for it, or abandon it.
    #[error("subscription {subscription} is being filled by run {run}; finish or cancel that run first")]
    Busy {
        /// The subscription.
        subscription: String,
        /// The run that is filling it.
        run: String,
    },
    /// The run asked to switch and fills nothing: it was abandoned.
    #[error("run {run} fills no generation of subscription {subscription}; it was cancelled")]
    NotFilling {
        /// The subscription.
        subscription: String,
        /// The run that asked.
        run: String,
    },
    /// There is nothing to roll back to.
    #[error("subscription {subscription} has no previous generation")]
    NoPrevious {
        /// The subscription.
        subscription: String,
    },
    /// Something broke.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Default for Generations {
    /// What a subscription has that was never replayed.
    fn default() -> Self {
        Self { live: 1, filling: None, previous: None, filters: BTreeMap::new(), newest: 1, switched_by: None }
    }
}

impl Generations {
    /// The generations that new events go into: the live one, and the one being filled.
    pub fn fed(&self) -> impl Iterator<Item = u32> + use<> {
        std::iter::once(self.live).chain(self.filling.as_ref().map(|filling| filling.generation))
    }

    /// The generations that nobody reads any more and nothing goes into, and that never come back.
    pub fn superseded(&self) -> impl Iterator<Item = u32> + use<> {
        let in_use: Vec<u32> = self.fed().chain(self.previous).collect();
        (1..=self.newest).filter(move |generation| !in_use.contains(generation))
    }

    /// What a generation is made of.
    #[must_use]
    pub fn filter_of(&self, generation: u32) -> &Filter {
        self.filters.get(&generation).unwrap_or(&WHOLE)
    }

    /// Whether `run` made the live generation the live one.
    #[must_use]
    pub fn switched_by(&self, run: &str) -> bool {
        self.switched_by.as_deref() == Some(run)
    }

    /// Forgets what generations were made of that nobody reads any more.
    fn forget_filters(&mut self) {
        let known: Vec<u32> = self.fed().chain(self.previous).collect();
        self.filters.retain(|generation, _| known.contains(generation));
    }

    fn filled_by(&self, run: &str) -> Option<u32> {
        self.filling.as_ref().filter(|filling| filling.run == run).map(|filling| filling.generation)
    }

    /// Lets `run` fill the generation that `choose` picks, unless it fills one already or another run does.
    fn fill(
        &mut self,
        subscription: &str,
        run: &str,
        choose: impl FnOnce(&mut Self) -> Result<u32, GenerationsError>,
    ) -> Result<(), GenerationsError> {
        match &self.filling {
            Some(filling) if filling.run == run => Ok(()),
            Some(Filling { run: other, .. }) => {
                Err(GenerationsError::Busy { subscription: subscription.to_owned(), run: other.clone() })
            }
            None => {
                let generation = choose(self)?;
                self.filling = Some(Filling { generation, run: run.to_owned() });
                Ok(())
            }
        }
    }
}

/// The generations of `subscription`.
pub async fn read<R: Rows>(rows: &R, subscription: &str) -> Result<Generations, Fault> {
    Ok(load(rows, subscription).await?.1)
}

/// Gives `run` a new generation to fill with what `filter` lets through, and answers its number.
pub async fn begin_filling<R: Rows>(
    rows: &R,
    subscription: &str,
    run: &str,
    filter: &Filter,
) -> Result<u32, GenerationsError> {
    let begin = |generations: &mut Generations| {
        generations.fill(subscription, run, |generations| {
            generations.newest += 1;
            if !filter.is_open() {
                generations.filters.insert(generations.newest, filter.clone());
            }
            Ok(generations.newest)
        })
    };
    let after = change(rows, subscription, begin).await?;
    after.filled_by(run).ok_or_else(|| not_filling(subscription, run))
}

/// Gives `run` the previous generation to bring up to date, so that a switch makes it the live one again.
pub async fn begin_rollback<R: Rows>(rows: &R, subscription: &str, run: &str) -> Result<u32, GenerationsError> {
    let begin = |generations: &mut Generations| {
        generations.fill(subscription, run, |generations| {
            generations.previous.ok_or_else(|| GenerationsError::NoPrevious { subscription: subscription.to_owned() })
        })
    };
    let after = change(rows, subscription, begin).await?;
    after.filled_by(run).ok_or_else(|| not_filling(subscription, run))
}

/// Makes the generation that `run` fills the live one; the live one becomes the previous one.
pub async fn switch<R: Rows>(rows: &R, subscription: &str, run: &str) -> Result<(), GenerationsError> {
    let switch = |generations: &mut Generations| match generations.filled_by(run) {
        Some(generation) => {
            generations.previous = Some(generations.live);
            generations.live = generation;
            generations.filling = None;
            generations.switched_by = Some(run.to_owned());
            generations.forget_filters();
            Ok(())
        }
        None if generations.switched_by(run) => Ok(()),
        None => Err(not_filling(subscription, run)),
    };
    change(rows, subscription, switch).await.map(drop)
}

/// Gives up what `run` was filling; nothing happens if it fills nothing. The rows stay behind, under a number that is
/// not used again. Answers how things stand afterwards.
pub async fn abandon<R: Rows>(rows: &R, subscription: &str, run: &str) -> Result<Generations, GenerationsError> {
    change(rows, subscription, |generations| {
        if generations.filled_by(run).is_some() {
            generations.filling = None;
            generations.forget_filters();
        }
        Ok(())
    })
    .await
}

fn not_filling(subscription: &str, run: &str) -> GenerationsError {
    GenerationsError::NotFilling { subscription: subscription.to_owned(), run: run.to_owned() }
}

async fn change<R: Rows>(
    rows: &R,
    subscription: &str,
    mut edit: impl FnMut(&mut Generations) -> Result<(), GenerationsError> + Send,
) -> Result<Generations, GenerationsError> {
    for _ in 0..TRIES_MAX {
        let (expected, before) = load(rows, subscription).await?;
        let mut after = before.clone();
        edit(&mut after)?;
        if after == before {
            return Ok(after);
        }
        let body = serde_json::to_string(&after)
            .map_err(|error| Fault::new(FaultKind::Permanent, "write the generations of", subscription, error))?;
        let row = Row { key: key(subscription), revision: expected + 1, body, index: None };
        match rows.write(&[RowWrite::Put { expected, row }]).await {
            Ok(()) => return Ok(after),
            Err(RowsError::Conflict) => {}
            Err(RowsError::Fault(fault)) => return Err(fault.into()),
        }
    }
    let fault = Fault::new(FaultKind::Transient, "change the generations of", subscription, RowsError::Conflict);
    Err(fault.into())
}

async fn load<R: Rows>(rows: &R, subscription: &str) -> Result<(u64, Generations), Fault> {
    let Some(row) = rows.get(&key(subscription)).await? else {
        return Ok((0, Generations::default()));
    };
    let generations = serde_json::from_str(&row.body)
        .map_err(|error| Fault::new(FaultKind::Permanent, "read the generations of", subscription, error))?;
    Ok((row.revision, generations))
}

fn key(subscription: &str) -> RowKey {
    RowKey { partition: PARTITION.to_owned(), sort: subscription.to_owned() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;
    use crate::memory::MemoryRows;

    async fn standing(rows: &MemoryRows) -> (u32, Option<u32>, Option<u32>) {
        let generations = read(rows, "carts").await.unwrap();
        (generations.live, generations.filling.map(|filling| filling.generation), generations.previous)
    }

    #[tokio::test]
    async fn a_subscription_without_a_row_has_one_generation() {
        let rows = MemoryRows::default();
        assert_eq!(standing(&rows).await, (1, None, None));
        assert_eq!(read(&rows, "carts").await.unwrap().fed().collect::<Vec<_>>(), [1]);
    }

    #[tokio::test]
    async fn a_run_fills_a_generation_and_switches_to_it_once_however_often_it_asks() {
        let rows = MemoryRows::default();
        for _ in 0..2 {
            assert_eq!(begin_filling(&rows, "carts", "run-a", &WHOLE).await.unwrap(), 2);
            assert_eq!(standing(&rows).await, (1, Some(2), None));
        }
        assert_eq!(read(&rows, "carts").await.unwrap().fed().collect::<Vec<_>>(), [1, 2]);
        for _ in 0..2 {
            switch(&rows, "carts", "run-a").await.unwrap();
            assert_eq!(standing(&rows).await, (2, None, Some(1)));
        }
        assert_eq!(read(&rows, "reminders").await.unwrap(), Generations::default(), "subscriptions are independent");
    }

    #[tokio::test]
    async fn only_one_run_fills_at_a_time_and_an_abandoned_number_is_not_used_again() {
        let rows = MemoryRows::default();
        begin_filling(&rows, "carts", "run-a", &WHOLE).await.unwrap();
        let busy = begin_filling(&rows, "carts", "run-b", &WHOLE).await.unwrap_err();
        assert!(matches!(busy, GenerationsError::Busy { .. }), "{busy}");
        abandon(&rows, "carts", "run-b").await.unwrap();
        assert_eq!(standing(&rows).await, (1, Some(2), None), "it was not run-b's to abandon");
        abandon(&rows, "carts", "run-a").await.unwrap();
        let cancelled = switch(&rows, "carts", "run-a").await.unwrap_err();
        assert!(matches!(cancelled, GenerationsError::NotFilling { .. }), "{cancelled}");
        assert_eq!(begin_filling(&rows, "carts", "run-b", &WHOLE).await.unwrap(), 3);
    }

    #[tokio::test]
    async fn a_rollback_feeds_the_previous_generation_before_it_goes_live_again() {
        let rows = MemoryRows::default();
        let none = begin_rollback(&rows, "carts", "back").await.unwrap_err();
        assert!(matches!(none, GenerationsError::NoPrevious { .. }), "{none}");
        begin_filling(&rows, "carts", "run-a", &WHOLE).await.unwrap();
        switch(&rows, "carts", "run-a").await.unwrap();
        for _ in 0..2 {
            assert_eq!(begin_rollback(&rows, "carts", "back").await.unwrap(), 1);
            assert_eq!(standing(&rows).await, (2, Some(1), Some(1)));
        }
        abandon(&rows, "carts", "back").await.unwrap();
        assert_eq!(standing(&rows).await, (2, None, Some(1)), "and can be asked for again");
        begin_rollback(&rows, "carts", "back").await.unwrap();
        switch(&rows, "carts", "back").await.unwrap();
        assert_eq!(standing(&rows).await, (1, None, Some(2)));
        assert_eq!(begin_filling(&rows, "carts", "run-b", &WHOLE).await.unwrap(), 3);
    }

    #[tokio::test]
    async fn a_filter_stays_with_its_generation_until_nobody_reads_that_any_more() {
        let rows = MemoryRows::default();
        let some = Filter { types: vec!["ItemAdded".to_owned()], ..Filter::default() };
        begin_filling(&rows, "carts", "run-a", &some).await.unwrap();
        let filters = async || read(&rows, "carts").await.unwrap().filters.into_keys().collect::<Vec<_>>();
        assert_eq!(filters().await, [2]);
        abandon(&rows, "carts", "run-a").await.unwrap();
        assert_eq!(filters().await, [0; 0]);
        begin_filling(&rows, "carts", "run-b", &some).await.unwrap();
        switch(&rows, "carts", "run-b").await.unwrap();
        assert_eq!(read(&rows, "carts").await.unwrap().filter_of(3), &some);
        begin_filling(&rows, "carts", "run-c", &WHOLE).await.unwrap();
        switch(&rows, "carts", "run-c").await.unwrap();
        assert_eq!(filters().await, [3], "it may be rolled back to");
        begin_filling(&rows, "carts", "run-d", &WHOLE).await.unwrap();
        switch(&rows, "carts", "run-d").await.unwrap();
        assert_eq!(filters().await, [0; 0]);
    }
}
