//! Lanes: the fixed spread of carts over the groups of a replay and the partitions of a projection.

use crate::id::StreamId;

/// Lanes of a replay queue and of a generation's rows, unless configured otherwise.
pub const LANES: u16 = 64;

/// The lane of a stream among `lanes` (at least 1). A fixed hash: the same on every host and in every build.
#[must_use]
pub fn lane_of(stream: StreamId, lanes: u16) -> u16 {
    let hash = xxhash_rust::xxh3::xxh3_64(stream.uuid().as_bytes());
    let lane = hash.checked_rem(u64::from(lanes)).unwrap_or(0);
    u16::try_from(lane).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_cart_stays_in_its_lane_and_carts_spread_over_all() {
        let lanes: alloc::collections::BTreeSet<u16> =
            (0..2_000).map(|n| lane_of(StreamId::new(Uuid::from_u128(n)), LANES)).collect();
        assert_eq!(lanes.len(), usize::from(LANES));
        assert_eq!(lane_of(StreamId::new(Uuid::from_u128(1)), LANES), 59);
    }
}
