//! Shards: which there are, which follow which after a reshard, and which of them takes a key.

use std::collections::BTreeMap;

use aws_sdk_kinesis::types::Shard;
use md5::{Digest as _, Md5};

use super::KinesisBus;
use super::errors::failure;
use crate::calls::{self, Failure};
use crate::ports::{Clock, Fault};

/// Most shards that are listed: more than a stream has by default in any region, closed ones included.
const SHARDS_MAX: usize = 20_000;
/// Pages of up to 1,000 shards.
const PAGES_MAX: usize = 100;

pub(super) const LIST: &str = "list the shards of the event bus";

/// What is looked at of a shard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) name: String,
    /// Whether it takes records: it was not split or merged.
    pub(super) is_open: bool,
    /// The hashes of its keys, both ends included.
    hashes: (u128, u128),
    /// The shards it was made of, as far as they are still listed.
    parents: Vec<String>,
}

impl Listed {
    fn of(shard: Shard) -> Option<Self> {
        let range = shard.hash_key_range?;
        let hashes = (range.starting_hash_key.parse().ok()?, range.ending_hash_key.parse().ok()?);
        let is_open = shard.sequence_number_range.is_none_or(|range| range.ending_sequence_number.is_none());
        let parents = shard.parent_shard_id.into_iter().chain(shard.adjacent_parent_shard_id).collect();
        Some(Self { name: shard.shard_id, is_open, hashes, parents })
    }

    /// Whether it takes, or took, the records of this key.
    pub(super) fn takes(&self, partition_key: &str) -> bool {
        let hash = u128::from_be_bytes(Md5::digest(partition_key.as_bytes()).into());
        (self.hashes.0..=self.hashes.1).contains(&hash)
    }
}

impl<C: Clock> KinesisBus<C> {
    /// All shards that are still kept; a shard comes after those it was made of.
    pub(super) async fn list(&self) -> Result<Vec<Listed>, Fault> {
        let fault = |failure: Failure| failure.into_read_fault(LIST, &*self.stream);
        let mut listed = Vec::new();
        let mut next: Option<String> = None;
        for _ in 0..PAGES_MAX {
            let request = self.client.list_shards();
            let request = match next.take() {
                // A token stands for the name.
                Some(token) => request.next_token(token),
                None => request.stream_name(&*self.stream),
            };
            let page = calls::repeated(&self.clock, || async { request.clone().send().await.map_err(failure) }).await;
            let page = page.map_err(fault)?;
            listed.extend(page.shards.unwrap_or_default().into_iter().filter_map(Listed::of));
            next = page.next_token;
            if listed.len() > SHARDS_MAX {
                return Err(fault(Failure::permanent(format!("it has more than {SHARDS_MAX} shards"))));
            }
            if next.is_none() {
                return Ok(parents_first(listed));
            }
        }
        Err(fault(Failure::permanent("the list never ends its pages")))
    }
}

/// Sorts shards by how many reshards they come after, and then by name.
fn parents_first(mut shards: Vec<Listed>) -> Vec<Listed> {
    let mut depths: BTreeMap<String, usize> = shards.iter().map(|shard| (shard.name.clone(), 0)).collect();
    // Each turn settles one more generation; a circle, which cannot be, ends with the turns.
    for _ in 0..shards.len() {
        let mut settled = true;
        for shard in &shards {
            let parents = shard.parents.iter().filter_map(|parent| depths.get(parent));
            let depth = parents.max().map_or(0, |deepest| deepest + 1);
            if let Some(stored) = depths.get_mut(&shard.name).filter(|stored| **stored != depth) {
                *stored = depth;
                settled = false;
            }
        }
        if settled {
            break;
        }
    }
    shards.sort_by_key(|shard| (depths.get(&shard.name).copied(), shard.name.clone()));
    shards
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shard(name: &str, parents: &[&str]) -> Listed {
        let parents = parents.iter().map(|parent| (*parent).to_owned()).collect();
        Listed { name: name.to_owned(), is_open: true, hashes: (0, u128::MAX), parents }
    }

    #[test]
    fn a_shard_comes_after_those_it_was_made_of() {
        let shards = vec![shard("e", &["c", "d"]), shard("d", &[]), shard("c", &["a"]), shard("b", &["a"])];
        let shards = shards.into_iter().chain([shard("a", &["gone"]), shard("x", &["y"]), shard("y", &["x"])]);
        let sorted: Vec<String> = parents_first(shards.collect()).into_iter().map(|shard| shard.name).collect();
        let place = |name: &str| sorted.iter().position(|other| other == name);
        for (parent, child) in [("a", "b"), ("a", "c"), ("c", "e"), ("d", "e")] {
            assert!(place(parent) < place(child), "{sorted:?}");
        }
        assert_eq!(sorted.len(), 7);
    }

    #[test]
    fn a_key_belongs_where_its_md5_lies() {
        // The hash of the empty text is d41d8cd98f00b204e9800998ecf8427e.
        let empty = 0xd41d_8cd9_8f00_b204_e980_0998_ecf8_427e_u128;
        let with = |from, to| Listed { hashes: (from, to), ..shard("a", &[]) };
        assert!(with(empty, empty).takes(""));
        assert!(!with(empty + 1, u128::MAX).takes("") && !with(0, empty - 1).takes(""));
    }
}
