//! What a module may use. Ours needs a small part of each.

use std::time::Duration;

/// Largest file: ours has a hundredth of it, and compiling takes time for every byte.
pub const MODULE_BYTES_MAX: usize = 2 << 20;
/// Most memory of a running module: the largest piece, a cart of tens of thousands of lines before and after it, and the
/// view of that.
pub const MEMORY_BYTES_MAX: usize = 16 << 20;
/// Most entries of its table of functions.
pub const TABLE_ENTRIES_MAX: usize = 10_000;
/// Stack of a call. Nothing in a fold is recursive.
pub const STACK_BYTES_MAX: usize = 512 << 10;
/// Largest answer: no state or view that fits into the memory beside its making is larger.
pub const ANSWER_BYTES_MAX: usize = 8 << 20;

/// Most events given at once. It bounds how long one call takes.
pub const PIECE_EVENTS_MAX: u64 = 1_024;
/// A piece ends with the event that passes this; one event more is a megabyte more at most.
pub const PIECE_BYTES: usize = 1 << 20;

/// Fuel of any call of a dropped module, whatever it is given: about a tenth of a second.
pub const FUEL_PER_CALL: u64 = 100_000_000;
/// Fuel for each event on top of it, some hundred times what ours burns for an event of a full cart. With a whole piece an
/// endless loop ends after about a second.
pub const FUEL_PER_EVENT: u64 = 1_000_000;

/// How often the clock of a trusted module ticks.
pub const TICK: Duration = Duration::from_millis(50);
/// Ticks after which a call of a trusted module is ended.
pub const TICKS_PER_CALL: u64 = 100;
/// Those ticks: where milliseconds are needed, because the machine may be busy with other things.
pub const CALL_MAX: Duration = TICK.saturating_mul(100);
