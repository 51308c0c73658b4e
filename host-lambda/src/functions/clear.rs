//! Removing the rows of generations that nobody reads any more: those that a later replay has superseded, and those that
//! were given up half filled. The live generation, the one before it (for a rollback) and one that is being filled stay.
//!
//! A generation that is superseded never comes back: its number is not used again, and a rollback knows only the one
//! before. So nothing here needs a condition, and a removal that was cut off is gone on with by the next one.

use futures_util::stream::{self, StreamExt as _};
use tillroll_core::id::StreamId;
use tillroll_core::lane::LANES;

use crate::generations::Generations;
use crate::ports::{By, Fault, FaultKind, Order, Row, RowKey, RowQuery, RowWrite, Rows, RowsError};
use crate::subscriptions::layout::Layout;
use crate::verify::Projection;

/// Rows read at a time; a large one has some 50 KB.
const PAGE_ROWS: u32 = 100;
/// Lanes that are looked into at the same time: most of what is looked at again and again is empty.
const LANES_AT_ONCE: usize = 8;
/// Rows that are removed at the same time. One by one, because a transaction costs twice as much.
const REMOVALS_AT_ONCE: usize = 16;

/// Whether anything is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClearMode {
    /// Only count.
    DryRun,
    /// Remove.
    ForReal,
}

/// What was removed of a generation, or would be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cleared {
    /// Rows, entries included.
    pub rows: u64,
    /// Whether there may be more.
    pub more: bool,
}

/// Removes the rows of a superseded generation with their entries, lane by lane; ends at the first page after which
/// there are `rows_max`. Anything but a superseded generation is a fault.
pub async fn clear<R: Rows>(
    rows: &R,
    projection: &dyn Projection,
    (generations, generation): (&Generations, u32),
    mode: ClearMode,
    rows_max: u64,
) -> Result<Cleared, Fault> {
    let subscription = projection.name();
    if !generations.superseded().any(|superseded| superseded == generation) {
        let reason = format!("generation {generation} is in use");
        return Err(Fault::new(FaultKind::Permanent, "clear a generation of", subscription, reason));
    }
    let layout = Layout::new(subscription, generation);
    let lanes = (0..LANES).map(|lane| layout.lane_partition(lane));
    let mut cleared = Cleared::default();
    let looks = lanes.chain([layout.parked_partition()]).map(|partition| async move {
        let page = rows.query(&page_of(&partition, None)).await;
        page.map(|page| (partition, page))
    });
    let mut looks = stream::iter(looks).buffered(LANES_AT_ONCE);
    while let Some(look) = looks.next().await {
        let (partition, mut page) = look?;
        while let Some(last) = page.last() {
            if cleared.rows >= rows_max {
                return Ok(Cleared { more: true, ..cleared });
            }
            let after = Some(last.key.sort.clone());
            let removed: Vec<Vec<RowKey>> = page.into_iter().map(|row| keys_of(projection, &layout, row)).collect();
            cleared.rows += removed.iter().map(|keys| keys.len() as u64).sum::<u64>();
            if mode == ClearMode::ForReal {
                let mut removals =
                    stream::iter(removed).map(|keys| remove(rows, keys)).buffer_unordered(REMOVALS_AT_ONCE);
                while let Some(removed) = removals.next().await {
                    removed?;
                }
            }
            page = rows.query(&page_of(&partition, after)).await?;
        }
    }
    Ok(cleared)
}

/// A row's entries, and last the row: as long as that is there, what follows from it can be found.
fn keys_of(projection: &dyn Projection, layout: &Layout, row: Row) -> Vec<RowKey> {
    // What stands for a parked cart has no entries, and neither has a row that does not read.
    let cart: Option<StreamId> = row.key.sort.parse().ok().filter(|_| row.key.partition != layout.parked_partition());
    let entries = cart.map(|cart| projection.entries_of(layout, cart, &row)).unwrap_or_default();
    entries.into_iter().map(|entry| entry.key).chain([row.key]).collect()
}

async fn remove<R: Rows>(rows: &R, keys: Vec<RowKey>) -> Result<(), Fault> {
    for key in keys {
        match rows.write(&[RowWrite::Delete(key)]).await {
            // Nothing here has a condition.
            Ok(()) | Err(RowsError::Conflict) => {}
            Err(RowsError::Fault(fault)) => return Err(fault),
        }
    }
    Ok(())
}

fn page_of(partition: &str, after: Option<String>) -> RowQuery {
    let (partition, limit) = (partition.to_owned(), PAGE_ROWS);
    RowQuery { by: By::Key, partition, after, until: None, order: Order::Ascending, limit }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;
    use crate::filter::Filter;
    use crate::generations;
    use crate::subscriptions::Subscription as _;
    use crate::world::{Followed, World, cart};

    /// Carts in generation 1, and generations 2 and 3 that were filled and went live one after the other.
    async fn world() -> World {
        let world = World::new();
        for number in 1..=30 {
            world.write(cart(number), 5).await;
        }
        world.settle().await;
        let first = world.stored(1);
        for (run, generation) in [("a", 2), ("b", 3)] {
            generations::begin_filling(&world.rows, Followed::NAME, run, &Filter::default()).await.unwrap();
            for ((partition, sort), body) in &first {
                let partition = partition.replacen("#1#", &format!("#{generation}#"), 1);
                let row =
                    Row { key: RowKey { partition, sort: sort.clone() }, revision: 5, body: body.clone(), index: None };
                world.rows.write(&[RowWrite::Set(row)]).await.unwrap();
            }
            generations::switch(&world.rows, Followed::NAME, run).await.unwrap();
        }
        world
    }

    async fn cleared(world: &World, generation: u32, mode: ClearMode, rows_max: u64) -> Result<Cleared, Fault> {
        let generations = generations::read(&world.rows, Followed::NAME).await.unwrap();
        clear(&world.rows, &Followed::default(), (&generations, generation), mode, rows_max).await
    }

    #[tokio::test]
    async fn a_superseded_generation_goes_with_its_entries_and_no_other() {
        let world = world().await;
        let parked = Layout::new(Followed::NAME, 1).parked_key(cart(99));
        let parked = Row { key: parked, revision: 1, body: "{}".to_owned(), index: None };
        world.rows.write(&[RowWrite::Set(parked)]).await.unwrap();
        let (of_1, of_2, of_3) = (world.stored(1), world.stored(2), world.stored(3));
        assert!(of_1.len() > 30, "entries too");
        let counted = cleared(&world, 1, ClearMode::DryRun, u64::MAX).await.unwrap();
        assert_eq!(counted, Cleared { rows: of_1.len() as u64, more: false });
        assert_eq!(world.stored(1), of_1, "a dry run removes nothing");
        assert_eq!(cleared(&world, 1, ClearMode::ForReal, u64::MAX).await.unwrap(), counted);
        assert!(world.stored(1).is_empty());
        assert_eq!((world.stored(2), world.stored(3)), (of_2, of_3));
        assert_eq!(cleared(&world, 1, ClearMode::ForReal, 1).await.unwrap(), Cleared::default(), "again: nothing");
    }

    #[tokio::test]
    async fn what_is_in_use_is_never_cleared() {
        let world = world().await;
        generations::begin_filling(&world.rows, Followed::NAME, "c", &Filter::default()).await.unwrap();
        let before = world.rows.all();
        for in_use in [2, 3, 4, 5, 0] {
            let refused = cleared(&world, in_use, ClearMode::ForReal, u64::MAX).await.unwrap_err();
            assert!(refused.to_string().contains("clear a generation of"), "{refused}");
        }
        assert_eq!(world.rows.all(), before);
        generations::abandon(&world.rows, Followed::NAME, "c").await.unwrap();
        let generations = generations::read(&world.rows, Followed::NAME).await.unwrap();
        assert_eq!(generations.superseded().collect::<Vec<_>>(), [1, 4], "what was given up half filled too");
    }

    #[tokio::test]
    async fn a_bounded_removal_says_that_there_is_more_and_the_next_goes_on() {
        let world = world().await;
        let all = world.stored(1).len() as u64;
        let (mut removed, mut calls) = (0, 0);
        loop {
            let Cleared { rows, more } = cleared(&world, 1, ClearMode::ForReal, 20).await.unwrap();
            removed += rows;
            calls += 1;
            if !more {
                break;
            }
        }
        assert!(calls > 2, "{calls}");
        assert_eq!((removed, world.stored(1).len()), (all, 0));
    }
}
