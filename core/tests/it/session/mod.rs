//! The optimistic session: what it does in single situations, and what holds in all of them.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "versions and times of a simulation are small numbers"
)]

mod checks;
mod examples;
mod play;
mod server;
mod steps;
mod wire;
mod world;

use proptest::prelude::*;

use self::play::{play, traced};
use self::steps::{Step, schedule};

/// Schedules that are run when nobody asks for more.
const SCHEDULES: u32 = 300;

/// `TILLROLL_SCHEDULES=100000` runs that many.
fn schedules() -> u32 {
    std::env::var("TILLROLL_SCHEDULES").ok().and_then(|count| count.parse().ok()).unwrap_or(SCHEDULES)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(schedules()))]

    #[test]
    fn whatever_happens_nothing_is_lost_doubled_or_flickers_and_all_agree_in_the_end(schedule in schedule()) {
        play(&schedule);
    }

    #[test]
    fn a_schedule_survives_being_written_down(schedule in schedule()) {
        let json = serde_json::to_string(&schedule).unwrap();
        prop_assert_eq!(serde_json::from_str::<Vec<Step>>(&json).unwrap(), schedule);
    }
}

#[test]
fn a_seed_is_the_same_schedule_and_the_same_calls_every_time() {
    for seed in 0..5 {
        let once = traced(seed);
        assert_eq!(once, traced(seed));
        assert!(once["calls"].as_array().unwrap().len() > 2, "{once}");
    }
}
