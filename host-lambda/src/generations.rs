//! Generations: the rows of a subscription belong to one. A replay fills a new generation beside the live one, and a
//! single conditional write makes it the live one.
//!
//! ```text
//!                begin_filling          switch
//!  live 1 ─────▶ live 1, filling 2 ─────▶ live 2, previous 1 ──begin_rollback──▶ live 2, filling 1 ──▶ live 1, previous 2
//!                        └──abandon──▶ live 1
//! ```
//!
//! A number is never used twice, because the rows of an abandoned generation stay behind. Every change is one
//! conditional write and names its run; asked for twice by the same run, it happens once. Who fills a generation, and
//! how one knows that it has caught up, is the replay's business.

use serde::{Deserialize, Serialize};

use crate::ports::{Fault, FaultKind, Row, RowKey, RowWrite, Rows, RowsError};

/// Partition of the rows of this module; the sort key is the subscription.
const PARTITION: &str = "subscriptions";
/// How often a change is tried again when another one came first. Changes are rare, so two in a row are a surprise.
const TRIES_MAX: u32 = 5;

/// Which generations a subscription has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Generations {
    /// The one that answers queries.
    pub live: u32,
    /// The one that a run is filling. It gets new events too.
    pub filling: Option<Filling>,
    /// The one that was live before; it gets no events any more.
    pub previous: Option<u32>,
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
        Self { live: 1, filling: None, previous: None, newest: 1, switched_by: None }
    }
}

impl Generations {
    /// The generations that new events go into: the live one, and the one being filled.
    pub fn fed(&self) -> impl Iterator<Item = u32> + use<> {
        std::iter::once(self.live).chain(self.filling.as_ref().map(|filling| filling.generation))
    }

    fn filled_by(&self, run: &str) -> Option<u32> {
        self.filling.as_ref().filter(|filling| filling.run == run).map(|filling| filling.generation)
    }
}

/// The generations of `subscription`.
pub async fn read<R: Rows>(rows: &R, subscription: &str) -> Result<Generations, Fault> {
    Ok(load(rows, subscription).await?.1)
}

/// Gives `run` a new generation to fill, and answers its number.
pub async fn begin_filling<R: Rows>(rows: &R, subscription: &str, run: &str) -> Result<u32, GenerationsError> {
    let generations = change(rows, subscription, |generations| {
        if claimed(generations, subscription, run)? {
            return Ok(());
        }
        generations.newest += 1;
        generations.filling = Some(Filling { generation: generations.newest, run: run.to_owned() });
        Ok(())
    })
    .await?;
    Ok(generations.newest)
}

/// Gives `run` the previous generation to bring up to date, so that a switch makes it the live one again.
pub async fn begin_rollback<R: Rows>(rows: &R, subscription: &str, run: &str) -> Result<u32, GenerationsError> {
    let generations = change(rows, subscription, |generations| {
        if claimed(generations, subscription, run)? {
            return Ok(());
        }
        let no_previous = || GenerationsError::NoPrevious { subscription: subscription.to_owned() };
        let generation = generations.previous.take().ok_or_else(no_previous)?;
        generations.filling = Some(Filling { generation, run: run.to_owned() });
        Ok(())
    })
    .await?;
    generations
        .filled_by(run)
        .ok_or_else(|| GenerationsError::NotFilling { subscription: subscription.to_owned(), run: run.to_owned() })
}

/// Makes the generation that `run` fills the live one; the live one becomes the previous one.
pub async fn switch<R: Rows>(rows: &R, subscription: &str, run: &str) -> Result<(), GenerationsError> {
    change(rows, subscription, |generations| {
        let Some(generation) = generations.filled_by(run) else {
            let done_before = generations.switched_by.as_deref() == Some(run);
            let not_filling =
                || GenerationsError::NotFilling { subscription: subscription.to_owned(), run: run.to_owned() };
            return if done_before { Ok(()) } else { Err(not_filling()) };
        };
        generations.previous = Some(generations.live);
        generations.live = generation;
        generations.filling = None;
        generations.switched_by = Some(run.to_owned());
        Ok(())
    })
    .await
    .map(drop)
}

/// Gives up what `run` was filling; nothing happens if it fills nothing. The rows stay behind, under a number that is
/// not used again.
pub async fn abandon<R: Rows>(rows: &R, subscription: &str, run: &str) -> Result<(), GenerationsError> {
    change(rows, subscription, |generations| {
        if generations.filled_by(run).is_some() {
            generations.filling = None;
        }
        Ok(())
    })
    .await
    .map(drop)
}

/// Whether `run` fills a generation already; an error when another one does.
fn claimed(generations: &Generations, subscription: &str, run: &str) -> Result<bool, GenerationsError> {
    match &generations.filling {
        None => Ok(false),
        Some(filling) if filling.run == run => Ok(true),
        Some(filling) => {
            Err(GenerationsError::Busy { subscription: subscription.to_owned(), run: filling.run.clone() })
        }
    }
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
