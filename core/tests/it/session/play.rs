//! Drawing schedules from a seed, and playing them.

use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

use super::steps::{Step, schedule};
use super::world::World;

/// Runs a schedule, looks at everything after every step, lets everything arrive, and compares.
pub(super) fn play(schedule: &[Step]) {
    played(World::new(), schedule);
}

/// Schedule number `seed` and every call that playing it made, the same on every machine.
pub(super) fn traced(seed: u64) -> Value {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let steps = schedule().new_tree(&mut runner).unwrap().current();
    let calls = played(World::traced(), &steps).into_trace();
    json!({"seed": seed, "steps": steps, "calls": calls})
}

fn played(mut world: World, schedule: &[Step]) -> World {
    for step in schedule {
        world.step(step);
    }
    world.heal();
    world
}
