//! The `tillroll` command line.

fn main() {}
