//! How often one cart may be changed. A person is slow; what sends hundreds of changes a second to one cart is broken or
//! means harm, and one partition of the event table bears only so much.
//!
//! Each process counts for itself: with several of them the limit is that many times higher, which is still a limit.
//! Limits for a whole stage are the gateway's.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use tillroll_core::id::StreamId;

use super::Problem;

/// Most carts that are remembered. Those that have not been changed for a second are forgotten first.
const CARTS_MAX: usize = 10_000;
/// One request, in thousandths: what a rate of one a second gives back in a millisecond is one of these.
const REQUEST: u64 = 1_000;

/// What each cart may still take.
#[derive(Debug)]
pub(super) struct CartRates {
    per_second: Option<u32>,
    buckets: Mutex<BTreeMap<StreamId, Bucket>>,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    /// In thousandths of a request.
    level: u64,
    at_ms: u64,
}

impl CartRates {
    pub(super) fn new(per_second: Option<u32>) -> Self {
        Self { per_second: per_second.filter(|rate| *rate > 0), buckets: Mutex::default() }
    }

    /// Takes one request to `cart`; a 429 that says when to come back if there is none left. A cart that was not
    /// changed lately may be changed as often at once as it may in a second.
    pub(super) fn take(&self, cart: StreamId, now_ms: u64) -> Result<(), Problem> {
        let Some(per_second) = self.per_second.map(u64::from) else { return Ok(()) };
        let full = per_second * REQUEST;
        let level_now = |bucket: &Bucket| {
            full.min(bucket.level.saturating_add(now_ms.saturating_sub(bucket.at_ms).saturating_mul(per_second)))
        };
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= CARTS_MAX && !buckets.contains_key(&cart) {
            buckets.retain(|_, bucket| level_now(bucket) < full);
            if buckets.len() >= CARTS_MAX {
                // More carts in one second than one process serves: nobody is counted rather than somebody refused.
                return Ok(());
            }
        }
        let level = buckets.get(&cart).map_or(full, level_now);
        let left = level.checked_sub(REQUEST);
        buckets.insert(cart, Bucket { level: left.unwrap_or(level), at_ms: now_ms });
        left.map(drop).ok_or_else(too_many)
    }
}

/// A request more comes back within a second at any rate.
fn too_many() -> Problem {
    let detail = "the cart is being changed more often than a cart may be; nothing was decided";
    Problem::new(429, "too_many_requests", detail).retryable().with_header("retry-after", "1")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use uuid::Uuid;

    use super::*;

    const CART: StreamId = StreamId::new(Uuid::from_u128(1));
    const OTHER: StreamId = StreamId::new(Uuid::from_u128(2));

    #[test]
    fn f23_a_cart_has_its_rate_and_others_have_theirs() {
        let rates = CartRates::new(Some(2));
        for now_ms in [0, 0] {
            rates.take(CART, now_ms).unwrap();
        }
        let refused = rates.take(CART, 100).unwrap_err();
        assert_eq!((refused.status(), refused.code(), refused.is_retryable()), (429, "too_many_requests", true));
        assert_eq!(refused.into_response("").header("retry-after"), Some("1"));
        rates.take(OTHER, 100).unwrap();
        rates.take(CART, 500).unwrap();
        assert!(rates.take(CART, 500).is_err(), "half a second gives one back");
        for _ in 0..2 {
            rates.take(CART, 60_000).unwrap();
        }
        assert!(rates.take(CART, 60_000).is_err(), "and no pause gives more than a second's");
    }

    #[test]
    fn f23_without_a_rate_nothing_is_counted() {
        for rate in [None, Some(0)] {
            let rates = CartRates::new(rate);
            for _ in 0..1_000 {
                rates.take(CART, 0).unwrap();
            }
        }
    }

    #[test]
    fn f23_what_is_remembered_is_bounded() {
        let rates = CartRates::new(Some(1));
        let taken =
            (0..u128::try_from(CARTS_MAX + 10).unwrap()).map(|n| rates.take(StreamId::new(Uuid::from_u128(n)), 0));
        assert!(taken.into_iter().all(|taken| taken.is_ok()));
        assert_eq!(rates.buckets.lock().unwrap().len(), CARTS_MAX);
        rates.take(StreamId::new(Uuid::from_u128(u128::MAX)), 5_000).unwrap();
        assert_eq!(rates.buckets.lock().unwrap().len(), 1, "those at rest are forgotten");
    }
}
