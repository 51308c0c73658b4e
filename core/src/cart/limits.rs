//! What a cart may hold. Limits guard commands only: a stored event always folds, whatever today's limits are.

/// Most pieces of one line, and in one command.
pub const QUANTITY_MAX: u64 = 1_000_000;
/// Most pieces one price may be stated for.
pub const PRICE_PER_MAX: u64 = 1_000_000;
/// Most lines of a cart.
pub const LINES_MAX: usize = 500;
/// Most discounts of a cart.
pub const DISCOUNTS_MAX: usize = 20;
/// Most events of a cart on the command path; closing is always possible.
pub const EVENTS_MAX: u64 = 10_000;
/// Basis points of a whole: 100 %.
pub const BASIS_POINTS_MAX: u64 = 10_000;
/// Longest owner reference or token hash in bytes.
pub const REFERENCE_BYTES_MAX: usize = 128;
