//! Links the functions without tables for unwinding where nothing unwinds: `cargo xtask package`, which aborts on panics,
//! says so by a variable, because cargo does not tell a build script how a profile panics.

use std::env;

const VARIABLE: &str = "TILLROLL_NO_UNWINDING";
const SCRIPT: &str = "no_unwinding.ld";

fn main() {
    println!("cargo::rerun-if-env-changed={VARIABLE}");
    println!("cargo::rerun-if-changed={SCRIPT}");
    if let (Some(_), Ok(folder)) = (env::var_os(VARIABLE), env::var("CARGO_MANIFEST_DIR")) {
        println!("cargo::rustc-link-arg-bins=-Wl,-T,{folder}/{SCRIPT}");
    }
}
