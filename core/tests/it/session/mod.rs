//! The optimistic session: what it does in single situations, and what holds in all of them.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "versions and times of a simulation are small numbers"
)]

mod checks;
mod examples;
mod server;
mod steps;
mod world;

use proptest::prelude::*;

use self::steps::{Step, schedule};
use self::world::World;

/// Schedules that are run when nobody asks for more.
const SCHEDULES: u32 = 300;

/// `TILLROLL_SCHEDULES=100000` runs that many.
fn schedules() -> u32 {
    std::env::var("TILLROLL_SCHEDULES").ok().and_then(|count| count.parse().ok()).unwrap_or(SCHEDULES)
}

/// Runs a schedule, looks at everything after every step, lets everything arrive, and compares.
fn run(schedule: &[Step]) {
    let mut world = World::new();
    for step in schedule {
        world.step(step);
    }
    world.heal();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(schedules()))]

    #[test]
    fn whatever_happens_nothing_is_lost_doubled_or_flickers_and_all_agree_in_the_end(schedule in schedule()) {
        run(&schedule);
    }

    #[test]
    fn a_schedule_survives_being_written_down(schedule in schedule()) {
        let json = serde_json::to_string(&schedule).unwrap();
        prop_assert_eq!(serde_json::from_str::<Vec<Step>>(&json).unwrap(), schedule);
    }
}
